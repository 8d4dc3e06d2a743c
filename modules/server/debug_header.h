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

/* T2MLogDebugHeader: a request with a signed X-T2M-Debug is logged at level trace8, and no other.
 *
 * The header is judged when the request was read, before other modules see it, and taken out of it.
 * From then on r->log of the request, of its subrequests and internal redirects is a configuration
 * of our own, put back wherever httpd replaces it by that of a directory. The state's `debug` says
 * that its lines are written whatever T2MLogLevel says.
 */
#ifndef T2M_SERVER_DEBUG_HEADER_H
#define T2M_SERVER_DEBUG_HEADER_H

#include <apr_pools.h>

/**
 * Registers the hooks check_config, which reads the key as whoever starts httpd and refuses the
 * configuration when it cannot be used, post_read_request, translate_name and post_perdir_config.
 */
void t2m_debug_header_register(apr_pool_t *pool);

#endif
