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

/* The end of a request: its access record and its performance record.
 *
 * Field by field: `path` and `query` are what the client asked for, never what a redirect made of
 * it, `status` is what it got. `connection` is httpd's number of the connection (of the client's,
 * for a stream of HTTP/2), unique among those open at the time. `content_length` is the size of the
 * body httpd made; `bytes_in` and `bytes_out` are of the connection (see bytes.h). The level is
 * INFO below status 400, WARNING below 500, else ERROR.
 */
#ifndef T2M_SERVER_ACCESS_H
#define T2M_SERVER_ACCESS_H

#include <apr_pools.h>

/** Registers the hook log_transaction, before the classic access log, which then has the id. */
void t2m_access_register(apr_pool_t *pool);

#endif
