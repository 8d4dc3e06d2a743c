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

/* What httpd's hooks have to do with crashes: a child process gets the handler of crash_handler.h
 * when it starts, and each thread is known by the request that it serves. */
#ifndef T2M_SERVER_CRASH_H
#define T2M_SERVER_CRASH_H

#include <httpd.h>

#include "shared/layout.h"

/**
 * Notes that the calling thread serves the request of entry, until it turns to another connection
 * or request. entry may be NULL: not in the table.
 */
void t2m_crash_serving(const t2m_inflight_t *entry);

/** Registers the hooks child_init, process_connection, suspend_connection and create_request. */
void t2m_crash_register(apr_pool_t *pool);

#endif
