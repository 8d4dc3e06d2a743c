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


/* See exchange.h. */
#include "core/exchange.h"

#include "core/encode.h"

t2m_content_e t2m_exchange_content(const t2m_exchange_t *exchange, t2m_exchange_text_e which)
{
    static const unsigned char contents[T2M_EXCHANGE_TEXTS] = {
        [T2M_EXCHANGE_ID] = T2M_CONTENT_SAFE,
        [T2M_EXCHANGE_TRACE_ID] = T2M_CONTENT_SAFE,
        [T2M_EXCHANGE_METHOD] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_PATH] = T2M_CONTENT_PATH,
        [T2M_EXCHANGE_QUERY] = T2M_CONTENT_QUERY,
        [T2M_EXCHANGE_REFERER] = T2M_CONTENT_URL,
        [T2M_EXCHANGE_USER] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_FUNCTION] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_ADDRESS] = T2M_CONTENT_SAFE,
        [T2M_EXCHANGE_USER_AGENT] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_VHOST] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_HOST] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_PROTOCOL] = T2M_CONTENT_NAME,
    };
    t2m_text_t path = exchange->texts[T2M_EXCHANGE_PATH];

    if (which == T2M_EXCHANGE_PATH && (path.size == 0 || path.data[0] != '/')) {
        return T2M_CONTENT_URL;
    }
    return (t2m_content_e)contents[which];
}

/* On the quick way nothing is searched: it was. */
static inline t2m_content_e content(const t2m_line_t *line, const t2m_exchange_t *exchange,
                                    t2m_exchange_text_e which)
{
    return t2m_line_record(line) ? t2m_exchange_content(exchange, which) : T2M_CONTENT_SAFE;
}

#define ADD(line, name, exchange, which) \
    t2m_line_text(line, name, content(line, exchange, which), (exchange)->texts[which])

static void add_request(t2m_line_t *line, const t2m_exchange_t *exchange)
{
    ADD(line, "request_id", exchange, T2M_EXCHANGE_ID);
    ADD(line, "method", exchange, T2M_EXCHANGE_METHOD);
    ADD(line, "path", exchange, T2M_EXCHANGE_PATH);
    ADD(line, "query", exchange, T2M_EXCHANGE_QUERY);
}

static void add_response(t2m_line_t *line, const t2m_exchange_t *exchange)
{
    t2m_line_integer(line, "status", exchange->status);
    t2m_line_milliseconds(line, "duration_ms", exchange->duration);
    t2m_line_integer(line, "content_length", exchange->content_length);
}

static void add_client(t2m_line_t *line, const t2m_exchange_t *exchange)
{
    ADD(line, "ip", exchange, T2M_EXCHANGE_ADDRESS);
    ADD(line, "user_agent", exchange, T2M_EXCHANGE_USER_AGENT);
    ADD(line, "trace_id", exchange, T2M_EXCHANGE_TRACE_ID);
    ADD(line, "vhost", exchange, T2M_EXCHANGE_VHOST);
    ADD(line, "host", exchange, T2M_EXCHANGE_HOST);
    ADD(line, "protocol", exchange, T2M_EXCHANGE_PROTOCOL);
    ADD(line, "referer", exchange, T2M_EXCHANGE_REFERER);
    ADD(line, "user", exchange, T2M_EXCHANGE_USER);
    t2m_line_text(line, "endpoint", T2M_CONTENT_SAFE, exchange->endpoint);
}

static void add_connection(t2m_line_t *line, const t2m_exchange_t *exchange)
{
    if (exchange->first_byte >= 0) {
        t2m_line_milliseconds(line, "ttfb_ms", exchange->first_byte);
    }
    if (exchange->bytes_in >= 0) {
        t2m_line_integer(line, "bytes_in", exchange->bytes_in);
    }
    if (exchange->bytes_out >= 0) {
        t2m_line_integer(line, "bytes_out", exchange->bytes_out);
    }
    t2m_line_integer(line, "connection", exchange->connection);
    t2m_line_plain(line, "outcome", t2m_text(exchange->aborted ? "aborted" : "ok"));
}

void t2m_exchange_access(t2m_line_t *line, const t2m_exchange_t *exchange)
{
    t2m_line_plain(line, "message", t2m_text("request_complete"));
    add_request(line, exchange);
    add_response(line, exchange);
    add_client(line, exchange);
    add_connection(line, exchange);
}

void t2m_exchange_measurement(const t2m_exchange_t *exchange, t2m_measurement_t *measurement)
{
    t2m_text_t function = exchange->texts[T2M_EXCHANGE_FUNCTION];

    t2m_measurement_begin(measurement, exchange->endpoint);
    measurement->duration = exchange->duration;
    measurement->function = function.size ? function : t2m_text("default-handler");
    measurement->module = t2m_text("httpd");
    measurement->request_id = exchange->texts[T2M_EXCHANGE_ID];
    measurement->trace_id = exchange->texts[T2M_EXCHANGE_TRACE_ID];
    measurement->endpoint = exchange->endpoint;
    measurement->status = exchange->status;
    measurement->slow = exchange->slow;
    measurement->path = exchange->texts[T2M_EXCHANGE_PATH];
    measurement->path_content = t2m_exchange_content(exchange, T2M_EXCHANGE_PATH);
}

/* Apart: a record takes a lot of stack, and few lines need one. */
static __attribute__((noinline)) apr_size_t encode_access(const t2m_exchange_t *exchange,
                                                          apr_size_t limit, char *out)
{
    t2m_record_t record;
    t2m_line_t line;

    t2m_record_begin(&record, T2M_STREAM_ACCESS, t2m_exchange_level(exchange->status),
                     exchange->time);
    t2m_line_gather(&line, &record);
    t2m_exchange_access(&line, exchange);
    return t2m_encode(&record, out, limit);
}

apr_size_t t2m_exchange_access_line(const t2m_exchange_t *exchange, const t2m_line_start_t *start,
                                    apr_size_t limit, char *out)
{
    t2m_line_t line;
    apr_size_t size;

    t2m_line_begin(&line, start, t2m_exchange_level(exchange->status), NULL, out,
                   limit - T2M_LINE_TAIL);
    if (exchange->plain) {
        t2m_line_copy(&line);
    }
    t2m_exchange_access(&line, exchange);
    size = t2m_line_end(&line);
    return size ? size : encode_access(exchange, limit, out);
}

static __attribute__((noinline)) apr_size_t encode_performance(
    const t2m_exchange_t *exchange, const t2m_measurement_t *measurement, apr_size_t limit,
    char *out)
{
    t2m_record_t record;
    t2m_line_t line;

    t2m_record_begin(&record, T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO, exchange->time);
    t2m_line_gather(&line, &record);
    t2m_measurement_add(&line, measurement);
    return t2m_encode(&record, out, limit);
}

apr_size_t t2m_exchange_performance_line(const t2m_exchange_t *exchange,
                                         const t2m_line_start_t *start, apr_size_t limit,
                                         char *out)
{
    t2m_measurement_t measurement;
    t2m_line_t line;
    apr_size_t size;

    t2m_exchange_measurement(exchange, &measurement);
    t2m_line_begin(&line, start, T2M_LEVEL_INFO, NULL, out, limit - T2M_LINE_TAIL);
    if (exchange->plain) {
        t2m_line_copy(&line);
    }
    t2m_measurement_add(&line, &measurement);
    size = t2m_line_end(&line);
    return size ? size : encode_performance(exchange, &measurement, limit, out);
}
