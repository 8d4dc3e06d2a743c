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

/* See errorlog.h. */
#include "server/errorlog.h"

#include <apr_strings.h>
#include <http_main.h>

#include "server/breadcrumbs.h"
#include "server/child_end.h"
#include "server/error_trace.h"
#include "server/errorline.h"
#include "server/private.h"
#include "server/process.h"
#include "server/runtime.h"
#include "server/security.h"

enum { TYPE_MAX = 16 }; /* "HTTP 503" */

/* mod_cgid's daemon has a server_rec of its own making, early callers have none. */
static const t2m_server_config_t *config_for(const server_rec *server)
{
    const t2m_server_config_t *config = t2m_config_server(server);

    if (!config && (!server || !server->module_config)) {
        config = t2m_config_server(ap_server_conf);
    }
    return config && config->enabled == 1 ? config : NULL;
}

static void take_line(const ap_errorlog_info *info, const char *text)
{
    const t2m_server_config_t *config = config_for(info->s);
    char decoded[T2M_ERRORLINE_MAX];
    t2m_errorline_place_t place;
    t2m_errorline_t line;
    t2m_text_t message;

    if (!config) {
        return;
    }
    t2m_errorline_read(info, text, &line);
    message = t2m_errorline_message(&line, decoded);
    t2m_errorline_locate(&place, config, info->c, info->r);
    t2m_errorline_group(&line, config, message);
    if (place.state && line.level >= T2M_LEVEL_WARNING) {
        t2m_security_note_cause(place.state, place.origin, line.code, message);
    }
    if (place.state && line.level >= T2M_LEVEL_WARNING) {
        place.state->explained |= line.level >= T2M_LEVEL_ERROR;
        if (t2m_error_trace_take(&line, &place, info, message)) {
            return; /* it is told with the others, as one event */
        }
    }
    if (place.state && line.level < T2M_LEVEL_ERROR) {
        t2m_breadcrumbs_add(&place, &line, message);
    }
    (void)t2m_errorline_write_both(&line, &place, message, NULL);
}

/* httpd tells in no other way which signal ended a child. */
static void take_child_end(const char *text)
{
    int pid, signal;

    if (t2m_child_end_read(t2m_text(text), &pid, &signal)) {
        t2m_runtime_child_ended(pid, signal);
    }
}

/* Whatever is called from here may log, and would come here again. */
static void error_log(const ap_errorlog_info *info, const char *text)
{
    static __thread int depth;

    if (depth) {
        return;
    }
    depth++;
    if (t2m_process_ready()) {
        if (!info->r) { /* it is the parent who tells */
            take_child_end(text);
        }
        take_line(info, text);
    }
    depth--;
}

static void write_unexplained(const request_rec *origin, const t2m_server_config_t *config,
                              int status)
{
    static const char message[] = "The response has a status that no error line explains";
    t2m_errorline_t line = { .time = apr_time_now(), .level = T2M_LEVEL_ERROR };
    char type[TYPE_MAX];
    t2m_errorline_place_t place;
    t2m_exception_t exception = { .message = t2m_text(message) };

    apr_snprintf(type, sizeof type, "HTTP %d", status);
    exception.type = t2m_text(type);
    t2m_fingerprint(&exception.type, 1, line.error_id);
    t2m_errorline_locate(&place, config, NULL, origin);
    (void)t2m_errorline_write_errors(&line, &place, t2m_text(message), &exception);
}

void t2m_errorlog_end_request(t2m_request_t *state, const request_rec *origin, int status)
{
    const t2m_server_config_t *config = t2m_config_server(origin->server);

    t2m_error_trace_end(state);
    if (status >= HTTP_INTERNAL_SERVER_ERROR && !state->explained) {
        write_unexplained(origin, config, status);
    }
}

void t2m_errorlog_register(apr_pool_t *pool)
{
    (void)pool;
    t2m_errorline_start();
    ap_hook_error_log(error_log, NULL, NULL, APR_HOOK_MIDDLE);
}
