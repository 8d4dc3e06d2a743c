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

/* The request id in the response, and the moment the response began.
 *
 * One output filter just before httpd writes the response's headers, behind everything that may put
 * the header of a script, a back end or a cache there. Runs on the thread that sends.
 */
#ifndef T2M_SERVER_HEADER_H
#define T2M_SERVER_HEADER_H

#include <apr_pools.h>

/** Registers the filter and the hooks post_read_request, insert_filter and insert_error_filter. */
void t2m_header_register(apr_pool_t *pool);

#endif
