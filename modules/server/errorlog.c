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

#include "core/traceback.h"
#include "server/breadcrumbs.h"
#include "server/child_end.h"
#include "server/errorline.h"
#include "server/private.h"
#include "server/process.h"
#include "server/runtime.h"
#include "server/security.h"

enum { TYPE_MAX = 16 }; /* "HTTP 503" */

/* Of one request, in its pool. */
struct t2m_request_traceback_t {
    const request_rec *origin;    /* not the subrequest that logged: it may be gone by now */
    t2m_errorline_t line;         /* the line that began it; its text is not kept */
    t2m_traceback_t *assembler;
};

static int is_open(const t2m_request_t *state)
{
    return state->traceback && t2m_traceback_open(state->traceback->assembler);
}

/* "Type: message", as the traceback's last line had it. */
static t2m_text_t final_line(const t2m_exception_t *exception, char *out, apr_size_t room)
{
    int size = apr_snprintf(out, room, "%.*s%s%.*s", (int)exception->type.size,
                            exception->type.data, exception->message.size ? ": " : "",
                            (int)exception->message.size,
                            exception->message.size ? exception->message.data : "");

    return t2m_text_of(out, (apr_size_t)size);
}

static void write_traceback(t2m_request_t *state, const t2m_server_config_t *config)
{
    t2m_request_traceback_t *traceback = state->traceback;
    t2m_errorline_t line = traceback->line;
    char message[T2M_ERRORLINE_MAX];
    t2m_traceback_result_t result;
    t2m_errorline_place_t place;
    t2m_exception_t exception;
    t2m_text_t text;

    t2m_traceback_result(traceback->assembler, &result);
    exception.type = result.type.size ? result.type : t2m_text("Traceback");
    exception.message = result.message;
    exception.frames = result.frames;
    exception.truncated = result.truncated;
    text = final_line(&exception, message, sizeof message);
    t2m_errorline_group_exception(&line, config, text, &exception);
    t2m_errorline_locate(&place, config, NULL, traceback->origin);
    (void)t2m_errorline_write_both(&line, &place, text, &exception);
    t2m_traceback_reset(traceback->assembler);
}

/* For processes that serve requests and never run log_transaction: daemons of mod_wsgi. */
static apr_status_t end_with_pool(void *data)
{
    t2m_request_t *state = data;
    const t2m_server_config_t *config = t2m_config_server(state->traceback->origin->server);

    if (is_open(state) && config && t2m_process_ready()) {
        write_traceback(state, config);
    }
    return APR_SUCCESS;
}

static void make_traceback(t2m_request_t *state, const request_rec *origin)
{
    apr_pool_t *pool = origin->pool;
    t2m_request_traceback_t *traceback = apr_pcalloc(pool, sizeof *traceback);

    traceback->origin = origin;
    traceback->assembler = apr_palloc(pool, t2m_traceback_size());
    t2m_traceback_reset(traceback->assembler);
    state->traceback = traceback;
    apr_pool_pre_cleanup_register(pool, state, end_with_pool);
}

/* Nonzero for formats that pass a script's own words on: nothing but `%s`, or mod_cgi's. */
static int is_raw(const char *format)
{
    return format && (!strcmp(format, "%s") || strstr(format, "stderr from %s: %s"));
}

/* What the script wrote: mod_cgi puts `stderr from PATH: ` before it. */
static t2m_text_t script_line(const char *path, t2m_text_t message)
{
    static const char words[] = "stderr from ";
    apr_size_t size = sizeof words - 1 + (path ? strlen(path) : 0) + 2;

    if (!path || message.size < size || memcmp(message.data, words, sizeof words - 1)
        || memcmp(message.data + sizeof words - 1, path, size - sizeof words - 1)) {
        return message;
    }
    return t2m_text_of(message.data + size, message.size - size);
}

static int begins_traceback(t2m_text_t text)
{
    static const char start[] = "Traceback (";

    return memmem(text.data, text.size, start, sizeof start - 1) != NULL;
}

/* Nonzero when the line belongs to a traceback and will be told with it. */
static int take_traceback_line(const t2m_errorline_t *line, const t2m_errorline_place_t *place,
                               t2m_text_t text)
{
    t2m_request_t *state = place->state;
    t2m_request_traceback_t *traceback;

    if (!is_open(state) && !begins_traceback(text)) {
        return 0;
    }
    if (!state->traceback) {
        make_traceback(state, place->origin);
    }
    traceback = state->traceback;
    if (is_open(state)) {
        if (t2m_traceback_line(traceback->assembler, text)) {
            return 1;
        }
        write_traceback(state, place->config);
    }
    traceback->line = *line;
    return t2m_traceback_line(traceback->assembler, text);
}

/* Nonzero when what a traceback is made of may be in the line. */
static int is_of_traceback(const t2m_errorline_place_t *place, const char *format, t2m_text_t text)
{
    return is_raw(format) && (is_open(place->state) || begins_traceback(text));
}

/* A line of a traceback is told with it, as one event. */
static void take_error(const t2m_errorline_t *line, const t2m_errorline_place_t *place,
                       const ap_errorlog_info *info, t2m_text_t message)
{
    place->state->explained = 1;
    if (!info->r || !is_of_traceback(place, info->format, message)
        || !take_traceback_line(line, place, script_line(info->r->filename, message))) {
        (void)t2m_errorline_write_both(line, place, message, NULL);
    }
}

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
    if (place.state && line.level >= T2M_LEVEL_ERROR) {
        take_error(&line, &place, info, message);
        return;
    }
    if (place.state) {
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

    if (is_open(state)) {
        write_traceback(state, config);
    }
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
