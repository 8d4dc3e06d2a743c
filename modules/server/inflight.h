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

/* Puts each request into the in-flight table while it is served, so that it gets its access line
 * even if its process dies; see t2m_inflight_t in shared/layout.h.
 */
#ifndef T2M_SERVER_INFLIGHT_H
#define T2M_SERVER_INFLIGHT_H

#include <httpd.h>

/** Registers the hook post_read_request, behind t2m_request_register's. */
void t2m_inflight_register(apr_pool_t *pool);

#endif
