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

/* mod_t2mlog: structured JSON logging for Apache httpd. The module's record and the list of its
 * hooks; each hook lives in the room modules/server/. */
#include <httpd.h>
#include <http_config.h>
#include <http_log.h>

#include "server/access.h"
#include "server/admin.h"
#include "server/api.h"
#include "server/breadcrumbs.h"
#include "server/bytes.h"
#include "server/check.h"
#include "server/config.h"
#include "server/connection.h"
#include "server/crash.h"
#include "server/debug_header.h"
#include "server/directives.h"
#include "server/early.h"
#include "server/errorlog.h"
#include "server/header.h"
#include "server/inflight.h"
#include "server/request.h"
#include "server/runtime.h"
#include "server/security.h"

static void register_hooks(apr_pool_t *pool)
{
    ap_hook_check_config(t2m_check_config, NULL, NULL, APR_HOOK_MIDDLE);
    t2m_early_register(pool);
    t2m_runtime_register(pool);
    t2m_request_register(pool);
    t2m_debug_header_register(pool);
    t2m_breadcrumbs_register(pool);
    t2m_inflight_register(pool);
    t2m_crash_register(pool);
    t2m_header_register(pool);
    t2m_connection_register(pool);
    t2m_bytes_register(pool);
    t2m_access_register(pool);
    t2m_api_register(pool);
    t2m_errorlog_register(pool);
    t2m_security_register(pool);
    t2m_admin_register(pool);
}

/* All else is hidden; see AM_CFLAGS. */
__attribute__((visibility("default"))) AP_DECLARE_MODULE(t2mlog) = {
    STANDARD20_MODULE_STUFF,
    t2m_config_create_directory,
    t2m_config_merge_directory,
    t2m_config_create_server,
    t2m_config_merge_server,
    t2m_directives,
    register_hooks,
    0
};
