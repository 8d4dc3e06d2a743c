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

#include "core/record.h"
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
    apr_time_t time;
    apr_int64_t duration; /* microseconds */
    t2m_context_t context;
} finished_t;

static request_rec *last_of(request_rec *request)
{
    while (request->next) {
        request = request->next;
    }
    return request;
}

/* Who produced the response: an error document is not the handler that failed. */
static const char *handler_of(const request_rec *request)
{
    while (request->next && !ap_is_HTTP_ERROR(request->status)) {
        request = request->next;
    }
    return request->handler ? request->handler : "default-handler";
}

static t2m_level_e level_of(int status)
{
    if (status < HTTP_BAD_REQUEST) {
        return T2M_LEVEL_INFO;
    }
    return status < HTTP_INTERNAL_SERVER_ERROR ? T2M_LEVEL_WARNING : T2M_LEVEL_ERROR;
}

static const char *header_of(const finished_t *finished, const char *name)
{
    return apr_table_get(finished->first->headers_in, name);
}

static void add_request(t2m_record_t *record, const finished_t *finished)
{
    t2m_text_t path, query;

    t2m_request_target(finished->first, &path, &query);
    t2m_record_string(record, "request_id", T2M_CONTENT_SAFE, finished->state->id);
    t2m_record_string(record, "method", T2M_CONTENT_NAME, finished->first->method);
    t2m_record_text(record, "path", t2m_request_path_content(path), path);
    t2m_record_text(record, "query", T2M_CONTENT_QUERY, query);
}

/* sent_bodyct: httpd counts the body of an answer to HEAD too, and sends none. */
static void add_response(t2m_record_t *record, const finished_t *finished)
{
    const request_rec *last = finished->last;

    t2m_record_integer(record, "status", last->status);
    t2m_record_milliseconds(record, "duration_ms", finished->duration);
    t2m_record_integer(record, "content_length",
                       last->sent_bodyct && !last->header_only ? last->bytes_sent : 0);
}

static void add_client(t2m_record_t *record, const finished_t *finished, char *address)
{
    t2m_record_text(record, "ip", T2M_CONTENT_SAFE,
                    t2m_request_address(finished->state, finished->first, finished->config,
                                        address));
    t2m_record_string(record, "user_agent", T2M_CONTENT_NAME, header_of(finished, "User-Agent"));
    t2m_record_string(record, "trace_id", T2M_CONTENT_SAFE, finished->state->trace_id);
}

static void add_site(t2m_record_t *record, const finished_t *finished)
{
    const request_rec *first = finished->first;
    const char *user = finished->last->user ? finished->last->user : first->user;

    t2m_record_string(record, "vhost", T2M_CONTENT_NAME, first->server->server_hostname);
    t2m_record_string(record, "host", T2M_CONTENT_NAME, header_of(finished, "Host"));
    t2m_record_string(record, "protocol", T2M_CONTENT_NAME, first->protocol);
    t2m_record_string(record, "referer", T2M_CONTENT_URL, header_of(finished, "Referer"));
    t2m_record_string(record, "user", T2M_CONTENT_NAME, user);
    t2m_record_text(record, "endpoint", T2M_CONTENT_SAFE,
                    t2m_request_route(finished->state, first, finished->config));
}

static void add_bytes(t2m_record_t *record, const conn_rec *connection)
{
    apr_int64_t in, out;

    if (!t2m_bytes_take(connection, &in, &out)) {
        return;
    }
    if (in != T2M_BYTES_UNKNOWN) {
        t2m_record_integer(record, "bytes_in", in);
    }
    if (out != T2M_BYTES_UNKNOWN) {
        t2m_record_integer(record, "bytes_out", out);
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

static void add_connection(t2m_record_t *record, const finished_t *finished)
{
    const conn_rec *connection = finished->first->connection;

    if (finished->state->first_byte >= 0) {
        t2m_record_milliseconds(record, "ttfb_ms", finished->state->first_byte);
    }
    add_bytes(record, connection);
    t2m_record_integer(record, "connection",
                       connection->master ? connection->master->id : connection->id);
    t2m_record_string(record, "outcome", T2M_CONTENT_SAFE,
                      connection->aborted && !is_delivered(finished) ? "aborted" : "ok");
}

static void write_access(const finished_t *finished)
{
    t2m_inflight_t *entry = finished->state->entry;
    char address[T2M_ADDRESS_MAX];
    t2m_record_t record;

    finished->state->entry = NULL;
    t2m_record_begin(&record, T2M_STREAM_ACCESS, level_of(finished->last->status),
                     finished->time);
    t2m_record_string(&record, "message", T2M_CONTENT_SAFE, "request_complete");
    add_request(&record, finished);
    add_response(&record, finished);
    add_client(&record, finished, address);
    add_site(&record, finished);
    add_connection(&record, finished);
    t2m_context_add(&record, finished->config, &finished->context, finished->state,
                    finished->first);
    (void)t2m_emit(&record, finished->config, entry); /* a drop is counted in the slot */
}

static void write_performance(const finished_t *finished)
{
    int status = finished->last->status;
    t2m_performance_t performance = {
        .config = finished->config,
        .state = finished->state,
        .origin = finished->first,
        .context = &finished->context,
        .time = finished->time,
        .metric = t2m_request_route(finished->state, finished->first, finished->config),
        .duration = finished->duration,
        .function = handler_of(finished->first),
        .module = "httpd",
        .status = status,
        .failed = status >= HTTP_INTERNAL_SERVER_ERROR
    };

    (void)t2m_performance_write(&performance); /* a drop is counted in the slot */
}

/* What is not logged takes its bytes with it, or they would be the next request's. */
static void forget_bytes(const request_rec *request)
{
    apr_int64_t in, out;

    (void)t2m_bytes_take(request->connection, &in, &out);
}

static void write_records(finished_t *finished)
{
    if (t2m_config_directory(finished->first)->enabled == 0) {
        forget_bytes(finished->first);
        t2m_process_end(finished->state->entry);
        finished->state->entry = NULL;
        return;
    }
    t2m_context_collect(&finished->context, finished->state, finished->first);
    write_access(finished);
    write_performance(finished);
}

static int log_transaction(request_rec *request)
{
    request_rec *last = last_of(request);
    finished_t finished; /* not all zero: the context is large */

    finished.state = t2m_request_get(request);
    if (!finished.state || !t2m_process_ready()) {
        forget_bytes(request);
        return DECLINED;
    }
    t2m_request_settle(finished.state, request, last);
    finished.state->logged = 1;
    finished.config = t2m_config_server(request->server);
    finished.first = request;
    finished.last = last;
    finished.time = apr_time_now();
    finished.duration = t2m_process_monotonic() - finished.state->started_monotonic;
    t2m_errorlog_end_request(finished.state, request, last->status);
    write_records(&finished);
    return OK;
}

void t2m_access_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_log_transaction(log_transaction, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
