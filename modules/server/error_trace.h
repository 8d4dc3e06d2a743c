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

/* Stack traces that scripts write to the error log line by line, put together to one event. */
#ifndef T2M_SERVER_ERROR_TRACE_H
#define T2M_SERVER_ERROR_TRACE_H

#include <http_core.h>

#include "server/errorline.h"
#include "server/request.h"

/**
 * Takes a line of a request that may belong to a trace, or begin one. Returns 0 when it does not:
 * the caller writes it. What is taken is written with the trace, at the latest by
 * t2m_error_trace_end; a line that only might have begun one is then written as it came. message:
 * the line's text, not escaped. A line below ERROR is taken only when it surely is of a trace,
 * whose record is then of level ERROR. For the thread that serves the request.
 */
int t2m_error_trace_take(const t2m_errorline_t *line, const t2m_errorline_place_t *place,
                         const ap_errorlog_info *info, t2m_text_t message);

/** Writes what is still held of a request; nothing is held then. */
void t2m_error_trace_end(t2m_request_t *state);

#endif
