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

/* For t/50-cost.t and t/51-scale.t. The handler `t2mlog-groups` logs a line at level error whose
 * format, which makes its group, is the query: as many groups as one likes. Below `/text` the query
 * is passed on by the format `%s`, as what a script prints is. The handler `t2mlog-count` lets
 * callgrind count (/on) or not (/off), which is faster. */
#include <string.h>

#include <httpd.h>
#include <http_config.h>
#include <http_log.h>
#include <http_protocol.h>

#include <apr_strings.h>

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#include <valgrind/callgrind.h>
#endif
#endif
#ifndef CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_START_INSTRUMENTATION
#define CALLGRIND_STOP_INSTRUMENTATION
#endif

APLOG_USE_MODULE(t2mlog_groups);

static void count(const char *path)
{
    if (strstr(path, "/on")) {
        CALLGRIND_START_INSTRUMENTATION;
    } else {
        CALLGRIND_STOP_INSTRUMENTATION;
    }
}

static void log_error(request_rec *r)
{
    if (strstr(r->uri, "/text")) {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r, "%s", r->args);
    } else {
        ap_log_rerror(APLOG_MARK, APLOG_ERR, 0, r,
                      apr_pstrcat(r->pool, r->args, " failed: %s", NULL), "no reason");
    }
}

static int handle(request_rec *r)
{
    const char *name = r->handler ? r->handler : "";

    if (strcmp(name, "t2mlog-groups") != 0 && strcmp(name, "t2mlog-count") != 0) {
        return DECLINED;
    }
    if (strcmp(name, "t2mlog-count") == 0) {
        count(r->uri);
    } else if (r->args) {
        log_error(r);
    }
    ap_set_content_type(r, "text/plain");
    ap_set_content_length(r, 5);
    ap_rputs("done\n", r);
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
}

module AP_MODULE_DECLARE_DATA t2mlog_groups_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0
};
