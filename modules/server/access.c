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

#include "core/packed_exchange.h"
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
    const t2m_directory_config_t *directory;
    t2m_request_t *state;
    const request_rec *first, *last; /* what httpd read, and what it made of it */
    t2m_exchange_t *exchange;
} finished_t;

/* One that goes as records, with the fields of others. */
typedef struct {
    const finished_t *finished;
    t2m_context_t context;
} gathered_t;

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
    return request->handler;
}

static void note_texts(const finished_t *finished)
{
    t2m_text_t *texts = finished->exchange->texts;
    const request_rec *first = finished->first;
    const char *user = finished->last->user ? finished->last->user : first->user;
    const char *handler = handler_of(first);

    texts[T2M_EXCHANGE_ID] = t2m_request_id(finished->state);
    if (finished->state->trace_id[0]) {
        texts[T2M_EXCHANGE_TRACE_ID] = t2m_text(finished->state->trace_id);
    }
    if (user) {
        texts[T2M_EXCHANGE_USER] = t2m_text(user);
    }
    if (handler) {
        texts[T2M_EXCHANGE_FUNCTION] = t2m_text(handler);
    }
    finished->exchange->endpoint = t2m_request_route(finished->state, first, finished->config);
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

/* sent_bodyct: httpd counts the body of an answer to HEAD too, and sends none. */
static void note_response(const finished_t *finished, const t2m_bytes_t *bytes)
{
    const conn_rec *connection = finished->first->connection;
    const request_rec *last = finished->last;
    t2m_exchange_t *exchange = finished->exchange;

    exchange->status = (apr_uint16_t)last->status;
    exchange->content_length = last->sent_bodyct && !last->header_only ? last->bytes_sent : 0;
    exchange->first_byte = finished->state->first_byte;
    exchange->bytes_in = bytes->counted ? bytes->in : T2M_BYTES_UNKNOWN;
    exchange->bytes_out = bytes->counted ? bytes->out : T2M_BYTES_UNKNOWN;
    exchange->connection = connection->master ? connection->master->id : connection->id;
    exchange->aborted = connection->aborted && !is_delivered(finished);
}

static void gather_access(t2m_line_t *line, const void *data)
{
    const gathered_t *gathered = data;
    const finished_t *finished = gathered->finished;

    t2m_exchange_access(line, finished->exchange);
    t2m_context_add_line(line, finished->config, &gathered->context, finished->state,
                         finished->first);
}

static void write_access(const gathered_t *gathered)
{
    const finished_t *finished = gathered->finished;
    t2m_emit_source_t source = {
        .stream = T2M_STREAM_ACCESS,
        .level = t2m_exchange_level(finished->exchange->status),
        .gather = gather_access,
        .data = gathered,
        .entry = finished->state->entry
    };

    (void)t2m_emit_source(&source, finished->config, finished->exchange->time);
}

static void write_performance(const gathered_t *gathered)
{
    const finished_t *finished = gathered->finished;
    t2m_performance_t performance = {
        .config = finished->config,
        .state = finished->state,
        .origin = finished->first,
        .context = &gathered->context,
        .time = finished->exchange->time,
        .failed = finished->exchange->status >= HTTP_INTERNAL_SERVER_ERROR
    };

    t2m_exchange_measurement(finished->exchange, &performance.measurement);
    (void)t2m_performance_write(&performance);
}

/* As two records, each of which is searched, arranged and encoded here. */
static __attribute__((noinline)) void write_records(const finished_t *finished)
{
    gathered_t gathered;

    gathered.finished = finished;
    t2m_context_collect(&gathered.context, finished->state, finished->first);
    write_access(&gathered);
    write_performance(&gathered);
}

/* The file of its performance line; T2M_FILE_NONE: it is only counted. */
static apr_uint16_t performance_file(const finished_t *finished, unsigned facts)
{
    const t2m_server_config_t *config = finished->config;
    int wanted = facts || finished->directory->performance != T2M_PERFORMANCE_SLOW;

    return wanted && t2m_emit_wants(config, T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO)
               ? config->file_id[T2M_STREAM_PERFORMANCE] : T2M_FILE_NONE;
}

static void describe(const finished_t *finished, t2m_ring_record_t *record)
{
    const t2m_exchange_t *exchange = finished->exchange;
    unsigned facts = (exchange->slow ? T2M_FACT_SLOW : 0u)
                   | (exchange->status >= HTTP_INTERNAL_SERVER_ERROR ? T2M_FACT_FAILED : 0u);

    record->file = finished->config->file_id[T2M_STREAM_ACCESS];
    record->stream = T2M_STREAM_ACCESS;
    record->level = (unsigned char)t2m_exchange_level(exchange->status);
    record->time = exchange->time;
    record->value = (apr_uint64_t)exchange->duration;
    record->status = exchange->status;
    record->flags = (unsigned char)(facts | T2M_FACT_EXCHANGE);
    record->name_size = (unsigned char)exchange->endpoint.size;
    record->also = performance_file(finished, facts);
    record->split = 0;
}

/* A pipelined request begins before the one ahead of it is logged, which may then keep something
 * else. */
static const t2m_packed_common_t *common_of(const finished_t *finished)
{
    const t2m_request_t *state = finished->state;
    const t2m_connection_common_t *common = state->common;
    const request_rec *first = finished->first;

    if (common && common->stamp == state->common_stamp) {
        return &common->packed;
    }
    if (first->connection->keepalive == AP_CONN_KEEPALIVE) {
        t2m_connection_keep(first, finished->config->mask, &state->exchange, state->clean);
    }
    return NULL;
}

/* As what it is, of which the writer makes both lines. Returns 0 when it must be records. */
static int write_exchange(const finished_t *finished)
{
    const t2m_server_config_t *config = finished->config;
    t2m_text_t name = finished->exchange->endpoint;
    t2m_slot_exchange_t pushed;

    describe(finished, &pushed.record);
    pushed.record.size = (apr_uint32_t)t2m_packed_exchange_write(
        finished->exchange, config->mask, finished->state->clean, common_of(finished),
        t2m_emit_limit(config), pushed.packed);
    if (pushed.record.size == 0) {
        return 0;
    }
    (void)t2m_text_copy(pushed.packed + pushed.record.size, name.data, name.size);
    return t2m_process_push_exchange(&pushed, finished->state->entry);
}

/* Nonzero when it has no fields but its own, in the layout flat. */
static int is_plain(const finished_t *finished)
{
    const t2m_server_config_t *config = finished->config;

    return !config->fields && config->global->layout == T2M_LAYOUT_FLAT
           && t2m_emit_wants(config, T2M_STREAM_ACCESS,
                             t2m_exchange_level(finished->exchange->status))
           && finished->exchange->endpoint.size <= T2M_NAME_MAX
           && !t2m_context_has_any(finished->state, finished->first);
}

static void write_request(const finished_t *finished)
{
    if (finished->directory->enabled == 0) {
        t2m_process_end(finished->state->entry);
    } else {
        note_texts(finished);
        if (!is_plain(finished) || !write_exchange(finished)) {
            write_records(finished);
        }
    }
    finished->state->entry = NULL;
}

/* The end on the wall clock, by the monotonic one from the start: a step of the clock in the middle
 * of a request does not part its two ends. */
static void note_end(const finished_t *finished)
{
    t2m_exchange_t *exchange = finished->exchange;
    apr_interval_time_t slow = finished->directory->slow;
    apr_int64_t duration = t2m_process_monotonic() - finished->state->started_monotonic;

    exchange->time = finished->state->started + duration;
    exchange->duration = duration > 0 ? duration : 0;
    exchange->slow = exchange->duration > (slow == T2M_UNSET ? T2M_CONFIG_SLOW : slow);
}

static int log_transaction(request_rec *request)
{
    request_rec *last = last_of(request);
    t2m_request_t *state = t2m_request_get(request);
    finished_t finished = { .state = state, .first = request, .last = last };
    /* What is not logged takes its bytes with it, or they would be the next request's. */
    t2m_bytes_t bytes = t2m_bytes_take(request->connection);

    if (!state || !t2m_process_ready()) {
        return DECLINED;
    }
    t2m_request_settle(state, request, last);
    state->logged = 1;
    finished.config = state->config;
    finished.directory = t2m_config_directory(request);
    finished.exchange = t2m_request_exchange(state, request, finished.config);
    note_end(&finished);
    note_response(&finished, &bytes);
    t2m_errorlog_end_request(state, request, last->status);
    write_request(&finished);
    return OK;
}

void t2m_access_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_log_transaction(log_transaction, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
