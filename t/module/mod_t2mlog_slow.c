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

/* For t/lib/T2M/Faults.pm: a page that takes its time and costs nothing else. The handler
 * `t2mlog-slow` answers after as many milliseconds as the path ends in: /slow/1000. */
#include <stdlib.h>

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

static int handle(request_rec *r)
{
    const char *number;
    apr_time_t end;

    if (!r->handler || strcmp(r->handler, "t2mlog-slow") != 0) {
        return DECLINED;
    }
    number = strrchr(r->uri, '/');
    end = apr_time_now() + apr_time_from_msec(number ? atoi(number + 1) : 0);
    while (apr_time_now() < end) {
        apr_sleep(end - apr_time_now()); /* which a signal may end early */
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

module AP_MODULE_DECLARE_DATA t2mlog_slow_module = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0
};
