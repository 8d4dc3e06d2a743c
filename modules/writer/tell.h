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

/* What the writer tells the administrator, by notices that the parent passes on: files that refuse,
 * records that were dropped, lines that did not reach the disk, a clock that was set. What lasts is
 * told once a minute. The thread that writes. */
#ifndef T2M_WRITER_TELL_H
#define T2M_WRITER_TELL_H

#include "core/clock_jump.h"
#include "writer/drain.h"

/* What was told last; all zeros at first. */
typedef struct {
    t2m_clock_jump_t jump;
    apr_int64_t last_complaint, last_told, last_sync; /* monotonic microseconds */
    apr_status_t last_error; /* why a file refuses; APR_SUCCESS: none does */
} t2m_tell_t;

/** After a pass that moved anything or nothing: what refused, or that all write again. */
void t2m_tell_refusals(t2m_tell_t *tell, t2m_drain_t *drain, int moved);

/** What was dropped since the last time; gap lines name it in its stream, too. */
void t2m_tell_drops(t2m_tell_t *tell, t2m_drain_t *drain);

/** What the third thread could not bring to the disk; opens those files anew. */
void t2m_tell_sync(t2m_tell_t *tell, t2m_drain_t *drain);

/** That the clock was set since the last time. */
void t2m_tell_clock(t2m_tell_t *tell, t2m_drain_t *drain);

#endif
