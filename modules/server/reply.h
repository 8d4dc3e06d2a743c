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

/* An answer of the admin endpoints with the headers that all of them have. */
#ifndef T2M_SERVER_REPLY_H
#define T2M_SERVER_REPLY_H

#include <httpd.h>

/**
 * Sends size bytes of that type and the status that stands in request->status. The request's body,
 * if there is one, is not waited for. Returns OK for the handler.
 */
int t2m_reply_send(request_rec *request, const char *type, const char *body, apr_size_t size);

/**
 * JSON without `<`, `>` and `&`, so that a browser cannot take it for a page: escaped as \u003c and
 * so on. text is one JSON value, in whose strings alone they can stand. In pool.
 */
const char *t2m_reply_escape(apr_pool_t *pool, const char *text, apr_size_t *size);

#endif
