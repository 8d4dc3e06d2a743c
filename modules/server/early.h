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

/* Lines that are logged while httpd reads its configuration, before there is a memory to put them
 * into: kept in the parent, bounded, and told once the memory is there. Only those of the pass
 * whose configuration is used; of a start that fails only the classic log tells. One thread. */
#ifndef T2M_SERVER_EARLY_H
#define T2M_SERVER_EARLY_H

#include <httpd.h>

/**
 * Writes the lines that were kept, by the main server's configuration, and forgets them. For
 * post_config, once t2m_process_ready and t2m_config_resolve are done.
 */
void t2m_early_replay(server_rec *main_server);

/** Registers a hook error_log that acts while there is no memory. pool: pconf, which frees all. */
void t2m_early_register(apr_pool_t *pool);

#endif
