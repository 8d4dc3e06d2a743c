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

/* What an ID says that somebody looks for. Pure; any thread. */
#ifndef T2M_WRITER_FIND_ID_H
#define T2M_WRITER_FIND_ID_H

#include <apr_time.h>

#include "core/text.h"

/**
 * The moment for which t2m_id_make made the ID, cut to milliseconds, in microseconds since 1970.
 * Returns 0, and leaves *time, when it looks like none of ours. Others may make ids that do.
 */
int t2m_find_id_time(t2m_text_t id, apr_time_t *time);

/** Nonzero for a line with that request_id, trace_id or error_id, at its top or in its
 * extra_fields. */
int t2m_find_id_is_in(t2m_text_t id, t2m_text_t line);

/** Nonzero for the last line of a request but for small disorder: a record of the stream access. */
int t2m_find_id_is_end(t2m_text_t line);

#endif
