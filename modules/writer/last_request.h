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

/* The access line of a request whose process is gone, out of its in-flight entry. */
#ifndef T2M_WRITER_LAST_REQUEST_H
#define T2M_WRITER_LAST_REQUEST_H

#include "core/extra.h"
#include "shared/layout.h"

enum { T2M_LAST_REQUEST_MAX = 1920 };

/**
 * Writes the line (without its end) into out, which has room for T2M_LAST_REQUEST_MAX bytes, and
 * returns its size. `signal` is the name of what ended the process, `unknown` when that is not
 * known though the process was not stopped and did not exit. The same entry and intent always give
 * the same bytes. The entry's texts were masked when they were put there; its sizes must be bounded
 * (t2m_slots_inflight).
 */
apr_uint32_t t2m_last_request_line(const t2m_inflight_t *request, const t2m_intent_t *intent,
                                   t2m_layout_e layout, char *out);

#endif
