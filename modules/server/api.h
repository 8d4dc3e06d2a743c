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

/* The C API: the optional functions of mod_t2mlog.h. They check what they are handed, for other
 * modules make mistakes; what then happens to it is the business of errorline.h, security.h,
 * performance.h and context.h. */
#ifndef T2M_SERVER_API_H
#define T2M_SERVER_API_H

#include <apr_pools.h>

/** Registers the optional functions. */
void t2m_api_register(apr_pool_t *pool);

#endif
