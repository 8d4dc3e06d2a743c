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

/* Between the files of the drain. */
#ifndef T2M_WRITER_DRAIN_INTERNAL_H
#define T2M_WRITER_DRAIN_INTERNAL_H

#include "writer/drain.h"

/* What a batch of gap lines tells of: intent.telling. */
typedef enum { T2M_TELL_ALL = 1, T2M_TELL_WRITTEN = 2 } t2m_tell_e;

/** Fills a step of the intent out of a rendered part, whose file has refused or is ready. */
void t2m_drain_fill_step(t2m_drain_t *drain, const t2m_batch_part_t *part,
                         t2m_intent_step_t *step);

/**
 * Does what the step says: its lines are in the file, in its spill, or shed. Returns an error only
 * with T2MLogOnFull block: the file refuses.
 */
apr_status_t t2m_drain_write_step(t2m_drain_t *drain, t2m_intent_step_t *step);

/** Brings the file's row up to the step; only absolute values: doing it twice does the same. */
void t2m_drain_advance_file(t2m_drain_t *drain, const t2m_intent_step_t *step);

/** Notes that a file refuses; why: a static text or NULL. */
void t2m_drain_refused(t2m_drain_t *drain, apr_uint32_t file, apr_status_t status,
                       const char *why);

/** Asks the files that refuse whether they take their lines now, each after a moment. */
void t2m_drain_ask_again(t2m_drain_t *drain, apr_time_t now);

/** Frees the spills that a killed writer had emptied already. While no intent is pending. */
void t2m_drain_mend_spills(t2m_drain_t *drain);

#endif
