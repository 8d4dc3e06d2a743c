/* Licensed under the Apache License, Version 2.0 (the "License"); you may not use this file
 * except in compliance with the License. You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software distributed under the
 * License is distributed on an "AS IS" BASIS, WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND,
 * either express or implied. See the License for the specific language governing permissions
 * and limitations under the License.
 */

/* Rotation between two batches: which files are due, and the new file in the old one's place.
 * Called by the thread that writes, while no intent is pending. */
#ifndef T2M_WRITER_ROLL_H
#define T2M_WRITER_ROLL_H

#include "writer/drain.h"

/**
 * Rotates all open files that are due at now, and sets drain->room. A file that cannot be rotated
 * is written on and tried again a minute later; a notice says why.
 */
void t2m_roll_due(t2m_drain_t *drain, apr_time_t now);

/**
 * Rotates one file (number < file_count) whatever its size and age. Returns APR_SUCCESS, also when
 * it was empty and stays; else why it is written on.
 */
apr_status_t t2m_roll_now(t2m_drain_t *drain, apr_uint32_t file);

/** Closes a file that somebody has moved away, so that the next line makes a new one. */
void t2m_roll_reopen(t2m_drain_t *drain, apr_uint32_t file);

/**
 * How long until a file is due by its period, in microseconds; 0: one is, APR_INT64_MAX: none will
 * be without another line.
 */
apr_interval_time_t t2m_roll_next(const t2m_drain_t *drain, apr_time_t now);

#endif
