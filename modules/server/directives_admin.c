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

/* Who may read the logs through the admin endpoints. */
#include "server/directives_internal.h"

#include "server/paths.h"
#include "server/private.h"
#include "shared/settings.h"

const char *t2m_set_token_file(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *path = *name != '|' ? ap_server_root_relative(cmd->pool, name) : NULL;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (!path) {
        return t2m_directive_refuse(cmd, "\"%s\" is no file; allowed: the path of the file that "
                                    "t2mlog token new NAME --file PATH makes, absolute or "
                                    "relative to ServerRoot; never a token itself", name);
    }
    path = t2m_paths_join(cmd->pool, "/", path);
    if (strlen(path) >= T2M_PATH_MAX) {
        return t2m_directive_refuse(cmd, "the path is too long; allowed: %d bytes",
                                    T2M_PATH_MAX - 1);
    }
    t2m_directive_global(cmd)->token_file = path;
    return NULL;
}

const char *t2m_set_debug_header(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    int is_off = t2m_paths_is_off(name);
    const char *path = is_off || *name == '|' ? NULL : ap_server_root_relative(cmd->pool, name);
    (void)directory;
    if (reason) {
        return reason;
    }
    if (!path && !is_off) {
        return t2m_directive_refuse(cmd, "\"%s\" is no file; allowed: off, or the path of the key "
                                    "that t2mlog debug-token --create --key PATH makes, absolute "
                                    "or relative to ServerRoot", name);
    }
    t2m_directive_global(cmd)->debug_key_file = path;
    return NULL;
}

const char *t2m_set_admin_auth(cmd_parms *cmd, void *directory, const char *name)
{
    static const char *const words[] = {
        [T2M_ADMIN_AUTH_TOKEN] = "token",
        [T2M_ADMIN_AUTH_HTTPD] = "httpd",
        [T2M_ADMIN_AUTH_EITHER] = "either",
        NULL
    };
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    (void)directory;
    return reason ? reason
                  : t2m_directive_word(cmd, name, words, &t2m_directive_global(cmd)->admin_auth);
}

const char *t2m_set_admin_insecure(cmd_parms *cmd, void *directory, int on)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    (void)directory;
    if (!reason) {
        t2m_directive_global(cmd)->admin_insecure = on;
    }
    return reason;
}
