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

/* See access.h. */
#include "server/access.h"

#include <http_protocol.h>
#include <httpd.h>

#include "core/line.h"
#include "server/bytes.h"
#include "server/context.h"
#include "server/emit.h"
#include "server/errorlog.h"
#include "server/performance.h"
#include "server/private.h"
#include "server/process.h"
#include "server/request.h"

/* A finished request. */
typedef struct {
    const t2m_server_config_t *config;
    t2m_request_t *state;
    const request_rec *first, *last; /* what httpd read, and what it made of it */
    const t2m_request_told_t *told;
    apr_time_t time;
    apr_int64_t duration; /* microseconds */
    t2m_bytes_t bytes;
    t2m_text_t route;
    t2m_context_t context;
} finished_t;

static request_rec *last_of(request_rec *request)
{
    while (request->next) {
        request = request->next;
    }
    return request;
}

static const char default_handler[] = "default-handler";

/* Who produced the response: an error document is not the handler that failed. */
static const char *handler_of(const request_rec *request)
{
    while (request->next && !ap_is_HTTP_ERROR(request->status)) {
        request = request->next;
    }
    return request->handler ? request->handler : default_handler;
}

static t2m_level_e level_of(int status)
{
    if (status < HTTP_BAD_REQUEST) {
        return T2M_LEVEL_INFO;
    }
    return status < HTTP_INTERNAL_SERVER_ERROR ? T2M_LEVEL_WARNING : T2M_LEVEL_ERROR;
}

/* What is known to hold no secret is not searched. A record that is too long is cut by what its
 * texts are, our own words last: there a text of the client is none of them. */
static t2m_content_e unless_clean(const t2m_line_t *line, int clean, t2m_content_e content)
{
    return clean && !t2m_line_record(line) ? T2M_CONTENT_SAFE : content;
}

/* A method that httpd knows is none that a client made up. */
static t2m_content_e content_of_method(const t2m_line_t *line, const request_rec *request)
{
    return unless_clean(line, request->method_number != M_INVALID, T2M_CONTENT_NAME);
}

/* Three bytes behind the slash are no secret. */
static t2m_content_e content_of_protocol(const t2m_line_t *line, t2m_text_t protocol)
{
    return unless_clean(line, protocol.size == 8 && !memcmp(protocol.data, "HTTP/", 5),
                        T2M_CONTENT_NAME);
}

/* The route holds nothing but the path's bytes and what httpd knows. */
static void add_path(t2m_line_t *line, const finished_t *finished)
{
    t2m_request_t *state = finished->state;
    t2m_text_t path = state->told.path;

    if (!state->path_is_clean || t2m_line_record(line)) {
        state->route_is_plain = 0;
        t2m_line_text(line, "path", t2m_request_path_content(path), path);
        return;
    }
    state->route_is_plain = t2m_line_text(line, "path", T2M_CONTENT_SAFE, path)
                            && finished->first->method_number != M_INVALID
                            && finished->route.data == state->route;
}

static void add_request(t2m_line_t *line, const finished_t *finished)
{
    const t2m_request_told_t *told = finished->told;

    t2m_line_plain(line, "request_id", t2m_request_id(finished->state));
    t2m_line_string(line, "method", content_of_method(line, finished->first),
                    finished->first->method);
    add_path(line, finished);
    t2m_line_text(line, "query", T2M_CONTENT_QUERY, told->query);
}

/* sent_bodyct: httpd counts the body of an answer to HEAD too, and sends none. */
static void add_response(t2m_line_t *line, const finished_t *finished)
{
    const request_rec *last = finished->last;

    t2m_line_integer(line, "status", last->status);
    t2m_line_milliseconds(line, "duration_ms", finished->duration);
    t2m_line_integer(line, "content_length",
                     last->sent_bodyct && !last->header_only ? last->bytes_sent : 0);
}

static void add_client(t2m_line_t *line, const finished_t *finished)
{
    const t2m_request_told_t *told = finished->told;

    t2m_line_text(line, "ip", T2M_CONTENT_SAFE, told->address);
    t2m_line_text(line, "user_agent",
                  unless_clean(line, finished->state->agent_is_clean, T2M_CONTENT_NAME),
                  told->user_agent);
    t2m_line_string(line, "trace_id", T2M_CONTENT_SAFE, finished->state->trace_id);
    t2m_line_string(line, "vhost", T2M_CONTENT_NAME, finished->first->server->server_hostname);
    t2m_line_text(line, "host", T2M_CONTENT_NAME, told->host);
    t2m_line_text(line, "protocol", content_of_protocol(line, told->protocol), told->protocol);
}

/* What all requests of a connection have in common is rendered once, unless each has its trace in
 * the midst of it. A pipelined request begins before the one ahead of it is logged, which may then
 * keep something else. */
static void add_common(t2m_line_t *line, const finished_t *finished)
{
    const t2m_connection_common_t *common = finished->state->common;
    apr_size_t size = t2m_line_size(line);
    int kept = size && !finished->state->trace_id[0];

    if (kept && common && common->version == finished->state->common_version) {
        t2m_line_rendered(line, common->members);
        return;
    }
    add_client(line, finished);
    if (kept) {
        t2m_connection_key_t key = t2m_request_key(finished->state, finished->first,
                                                   finished->config);
        t2m_connection_keep(finished->first->connection, &key, finished->state->agent_is_clean,
                            t2m_line_since(line, size));
    }
}

static void add_site(t2m_line_t *line, const finished_t *finished)
{
    const request_rec *first = finished->first;
    const char *user = finished->last->user ? finished->last->user : first->user;

    t2m_line_text(line, "referer", T2M_CONTENT_URL, finished->told->referer);
    t2m_line_string(line, "user", T2M_CONTENT_NAME, user);
    if (finished->state->route_is_plain) {
        t2m_line_plain(line, "endpoint", finished->route);
    } else {
        t2m_line_text(line, "endpoint", T2M_CONTENT_SAFE, finished->route);
    }
}

static void add_bytes(t2m_line_t *line, const t2m_bytes_t *bytes)
{
    if (bytes->counted && bytes->in != T2M_BYTES_UNKNOWN) {
        t2m_line_integer(line, "bytes_in", bytes->in);
    }
    if (bytes->counted && bytes->out != T2M_BYTES_UNKNOWN) {
        t2m_line_integer(line, "bytes_out", bytes->out);
    }
}

/* Nonzero when a stream of HTTP/2, which counts as aborted, was done all the same: its response was
 * complete, and its connection has taken as many bytes since it began. */
static int is_delivered(const finished_t *finished)
{
    const conn_rec *master = finished->first->connection->master;
    const t2m_request_t *state = finished->state;

    return master && state->ended
           && t2m_bytes_out(master) - state->master_out > finished->last->bytes_sent;
}

static void add_connection(t2m_line_t *line, const finished_t *finished)
{
    const conn_rec *connection = finished->first->connection;

    if (finished->state->first_byte >= 0) {
        t2m_line_milliseconds(line, "ttfb_ms", finished->state->first_byte);
    }
    add_bytes(line, &finished->bytes);
    t2m_line_integer(line, "connection",
                     connection->master ? connection->master->id : connection->id);
    t2m_line_plain(line, "outcome",
                   t2m_text(connection->aborted && !is_delivered(finished) ? "aborted" : "ok"));
}

static void gather_access(t2m_line_t *line, const void *data)
{
    const finished_t *finished = data;

    t2m_line_plain(line, "message", t2m_text("request_complete"));
    add_request(line, finished);
    add_response(line, finished);
    add_common(line, finished);
    add_site(line, finished);
    add_connection(line, finished);
    t2m_context_add_line(line, finished->config, &finished->context, finished->state,
                         finished->first);
}

static void write_access(t2m_emit_t *emit, const finished_t *finished)
{
    t2m_emit_source_t source = {
        .stream = T2M_STREAM_ACCESS,
        .level = level_of(finished->last->status),
        .quick = t2m_context_is_empty(&finished->context),
        .gather = gather_access,
        .data = finished,
        .entry = finished->state->entry
    };

    finished->state->entry = NULL;
    t2m_emit_add(emit, &source);
}

static void write_performance(t2m_emit_t *emit, const finished_t *finished)
{
    const char *function = handler_of(finished->first);
    int status = finished->last->status;
    t2m_performance_t performance = {
        .config = finished->config,
        .state = finished->state,
        .origin = finished->first,
        .context = &finished->context,
        .time = finished->time,
        .metric = finished->route,
        .endpoint = finished->route,
        .duration = finished->duration,
        .function = function,
        .by_default = function == default_handler,
        .module = "httpd",
        .status = status,
        .failed = status >= HTTP_INTERNAL_SERVER_ERROR,
        .plain = finished->state->route_is_plain
    };

    t2m_performance_add(emit, &performance);
}

static void write_records(finished_t *finished)
{
    t2m_connection_t *connection = t2m_connection_get(finished->first->connection);
    t2m_emit_t emit;

    if (t2m_config_directory(finished->first)->enabled == 0) {
        t2m_process_end(finished->state->entry);
        finished->state->entry = NULL;
        return;
    }
    finished->route = t2m_request_route(finished->state, finished->first, finished->config);
    t2m_context_collect(&finished->context, finished->state, finished->first);
    t2m_emit_begin(&emit, finished->config, finished->time,
                   connection ? &connection->start : NULL);
    write_access(&emit, finished);
    write_performance(&emit, finished);
    t2m_emit_end(&emit);
}

/* The end on the wall clock, by the monotonic one from the start: a step of the clock in the middle
 * of a request does not part its two ends. */
static void note_end(finished_t *finished)
{
    finished->duration = t2m_process_monotonic() - finished->state->started_monotonic;
    finished->time = finished->state->started + finished->duration;
}

static int log_transaction(request_rec *request)
{
    request_rec *last = last_of(request);
    finished_t finished; /* not all zero: the context is large */

    /* What is not logged takes its bytes with it, or they would be the next request's. */
    finished.bytes = t2m_bytes_take(request->connection);
    finished.state = t2m_request_get(request);
    if (!finished.state || !t2m_process_ready()) {
        return DECLINED;
    }
    t2m_request_settle(finished.state, request, last);
    finished.state->logged = 1;
    finished.config = finished.state->config;
    finished.first = request;
    finished.last = last;
    finished.told = t2m_request_told(finished.state, request, finished.config);
    note_end(&finished);
    t2m_errorlog_end_request(finished.state, request, last->status);
    write_records(&finished);
    return OK;
}

void t2m_access_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_log_transaction(log_transaction, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
