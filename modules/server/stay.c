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

/* See stay.h. */
#include "server/stay.h"

#include <string.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_user.h>

#include "server/config.h"
#include "server/private.h"

int t2m_stay_is_below(const char *path, const char *directory)
{
    apr_size_t size = strlen(directory);

    return path && strncmp(path, directory, size) == 0 && path[size] == '/';
}

void t2m_stay_in_directory(apr_pool_t *pconf, server_rec *main_server, const char *directory)
{
    t2m_global_config_t *global = t2m_config_global(main_server);
    const char *wanted = global->directory;
    apr_size_t size = strlen(wanted);
    server_rec *server;
    int stream;

    for (server = main_server; server; server = server->next) {
        t2m_server_config_t *config = t2m_config_server(server);

        /* Virtual hosts may share the main server's: what was changed is not below any more. */
        for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
            if (t2m_stay_is_below(config->path[stream], wanted)) {
                config->path[stream] = directory
                    ? apr_pstrcat(pconf, directory, config->path[stream] + size, NULL) : NULL;
            }
        }
    }
    if (directory) {
        global->directory = apr_pstrdup(pconf, directory);
    }
}

void t2m_stay_with_user(apr_pool_t *pconf, server_rec *main_server,
                        const t2m_retained_t *retained)
{
    t2m_global_config_t *global = t2m_config_global(main_server);
    const char *now = retained->arrangement.user;
    apr_uid_t uid;
    apr_gid_t gid;

    if (t2m_retained_made(retained) && global->user
        && (geteuid() != 0
            || apr_uid_get(&uid, &gid, global->user, pconf) != APR_SUCCESS)) {
        global->user = *now ? apr_pstrdup(pconf, now) : NULL;
    }
}
