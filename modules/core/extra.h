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

/* Extra fields of a record under `extra_fields`, where the reference system has them. */
#ifndef T2M_CORE_EXTRA_H
#define T2M_CORE_EXTRA_H

#include "core/record.h"

/* T2MLogLayout: at the top, under `extra_fields`, or in both places. */
typedef enum { T2M_LAYOUT_FLAT, T2M_LAYOUT_NESTED, T2M_LAYOUT_BOTH } t2m_layout_e;

/**
 * Moves (NESTED) or copies (BOTH) the extra fields of record into an object `extra_fields` at its
 * end; FLAT leaves all as it is, and so does a record without extra fields. On access, security and
 * performance all fields are extra but timestamp, level, message, app, environment, hostname,
 * process, thread, request_id and trace_id; on app and errors those that the reference system's
 * examples do not show. To be called after t2m_record_mask, whose finds the copies share, at most
 * once, and nothing is added after. Any thread.
 */
void t2m_extra_arrange(t2m_record_t *record, t2m_layout_e layout);

#endif
