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

/* What a restart asks for and cannot have: the site goes on with what it had. Parent only. */
#ifndef T2M_SERVER_STAY_H
#define T2M_SERVER_STAY_H

#include <httpd.h>

#include "server/retained.h"

/**
 * In the configuration of all servers, files below T2MLogDir stand below directory instead, and
 * T2MLogDir is that one. directory NULL: there was none, and these streams are off.
 */
void t2m_stay_in_directory(apr_pool_t *pconf, server_rec *main_server, const char *directory);

/** A T2MLogUser that does not exist, or that only root could become, is what the writer has. */
void t2m_stay_with_user(apr_pool_t *pconf, server_rec *main_server,
                        const t2m_retained_t *retained);

/** Nonzero when the path is a file below the directory. */
int t2m_stay_is_below(const char *path, const char *directory);

#endif
