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


/* core/exchange.c: names and order of an access line's fields, its level, what its texts are, and
 * both lines where they are whole and where they are cut. That they are what t2m_encode makes of
 * packed texts is for packed_exchange_lines.c. Seen to fail: with two fields changed about, with a
 * number of 0 left out and one below 0 written, with a query searched as a name, without a path
 * that is a URL, without T2M_LINE_TAIL, with a byte more, with no cut line behind a whole one that
 * fails, with another level or another time in the cut one. */
#include "core/exchange.h"

#include <apr_general.h>

#include "exchange_ways.h"
#include "tap.h"

#define START "{\"timestamp\":\"2024-01-15T10:30:45.123Z\","
#define ID "\"request_id\":\"0190a0b0-7c1d-7abc-8def-0123456789ab\","
#define TRACE "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
#define OF_REQUEST ID "\"method\":\"GET\",\"path\":\"/a/17\",\"query\":\"a=1&b=2\","
#define OF_RESPONSE "\"duration_ms\":12.345,\"content_length\":45,"
#define OF_CLIENT "\"ip\":\"192.0.2.7\",\"user_agent\":\"Mozilla/5.0 (X11; Linux x86_64)\"," TRACE \
                  "\"vhost\":\"www.example.org\",\"host\":\"example.org:8080\"," \
                  "\"protocol\":\"HTTP/1.1\",\"referer\":\"https://example.org/from?x=1\"," \
                  "\"user\":\"someone\",\"endpoint\":\"GET /a/:n\","

static void is_access(const char *want, const char *name)
{
    line_t line = by_the_exchange(T2M_STREAM_ACCESS, &sample.exchange, 8192);

    is_bytes(line.bytes, line.size, want, name);
    free(line.bytes);
}

static void is_performance(const char *want, const char *name)
{
    line_t line = by_the_exchange(T2M_STREAM_PERFORMANCE, &sample.exchange, 8192);

    is_bytes(line.bytes, line.size, want, name);
    free(line.bytes);
}

static void test_access(void)
{
    make();
    is_access(START "\"level\":\"INFO\",\"message\":\"request_complete\"," OF_REQUEST
              "\"status\":200," OF_RESPONSE OF_CLIENT "\"ttfb_ms\":2.500,\"bytes_in\":111,"
              "\"bytes_out\":222,\"connection\":7,\"outcome\":\"ok\"", "an access line, whole");
    sample.exchange.aborted = 1;
    sample.exchange.status = 503;
    sample.exchange.first_byte = 0;
    sample.exchange.bytes_in = sample.exchange.bytes_out = 0;
    is_access(START "\"level\":\"ERROR\",\"message\":\"request_complete\"," OF_REQUEST
              "\"status\":503," OF_RESPONSE OF_CLIENT "\"ttfb_ms\":0.000,\"bytes_in\":0,"
              "\"bytes_out\":0,\"connection\":7,\"outcome\":\"aborted\"", "nothing is a number");
    sample.exchange.first_byte = sample.exchange.bytes_in = sample.exchange.bytes_out = -1;
    is_access(START "\"level\":\"ERROR\",\"message\":\"request_complete\"," OF_REQUEST
              "\"status\":503," OF_RESPONSE OF_CLIENT "\"connection\":7,\"outcome\":\"aborted\"",
              "below 0 is not known, and absent");
    memset(sample.exchange.texts, 0, sizeof(sample.exchange.texts));
    sample.exchange.endpoint = t2m_text("");
    is_access(START "\"level\":\"ERROR\",\"message\":\"request_complete\",\"status\":503,"
              OF_RESPONSE "\"connection\":7,\"outcome\":\"aborted\"", "so is an empty text");
}

static void test_performance(void)
{
    make();
    set(T2M_EXCHANGE_FUNCTION, "proxy-server");
    is_performance(START "\"level\":\"INFO\",\"message\":\"Performance metric: GET /a/:n\","
                   "\"metric\":\"GET /a/:n\",\"duration_ms\":12.345,"
                   "\"function\":\"proxy-server\",\"module\":\"httpd\"," ID TRACE
                   "\"endpoint\":\"GET /a/:n\",\"status\":200,\"slow\":false",
                   "a performance line, whole");
    sample.exchange.slow = 1;
    sample.exchange.status = 500;
    set(T2M_EXCHANGE_FUNCTION, "cgi-script");
    set(T2M_EXCHANGE_TRACE_ID, "");
    is_performance(START "\"level\":\"INFO\",\"message\":\"Performance metric: GET /a/:n\","
                   "\"metric\":\"GET /a/:n\",\"duration_ms\":12.345,"
                   "\"function\":\"cgi-script\",\"module\":\"httpd\"," ID
                   "\"endpoint\":\"GET /a/:n\",\"status\":500,\"slow\":true,\"path\":\"/a/17\"",
                   "a slow one has its path, and its level is no other");
    set(T2M_EXCHANGE_FUNCTION, "");
    is_performance(START "\"level\":\"INFO\",\"message\":\"Performance metric: GET /a/:n\","
                   "\"metric\":\"GET /a/:n\",\"duration_ms\":12.345,"
                   "\"function\":\"default-handler\",\"module\":\"httpd\"," ID
                   "\"endpoint\":\"GET /a/:n\",\"status\":500,\"slow\":true,\"path\":\"/a/17\"",
                   "without a handler it is httpd's own");
}

static void test_levels(void)
{
    static const struct {
        int status;
        t2m_level_e level;
    } cases[] = { { 0, T2M_LEVEL_INFO }, { 100, T2M_LEVEL_INFO }, { 399, T2M_LEVEL_INFO },
                  { 400, T2M_LEVEL_WARNING }, { 499, T2M_LEVEL_WARNING },
                  { 500, T2M_LEVEL_ERROR }, { 65535, T2M_LEVEL_ERROR } };
    unsigned i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char want[32];
        line_t line, cut;

        make();
        sample.exchange.status = (apr_uint16_t)cases[i].status;
        line = by_the_exchange(T2M_STREAM_ACCESS, &sample.exchange, 1024);
        set_long(T2M_EXCHANGE_QUERY, "x", 1200);
        cut = by_the_exchange(T2M_STREAM_ACCESS, &sample.exchange, 1024);
        (void)snprintf(want, sizeof(want), "\"level\":\"%s\",", t2m_level_name(cases[i].level));
        ok(t2m_exchange_level(cases[i].status) == cases[i].level && has(&line, want)
           && is_cut(&cut) && has(&cut, want), "status %d is %s, cut or not", cases[i].status,
           t2m_level_name(cases[i].level));
        free(line.bytes);
        free(cut.bytes);
    }
}

/* What each is, as the privacy policy has it. */
static void test_contents(void)
{
    static const t2m_content_e contents[T2M_EXCHANGE_TEXTS] = {
        [T2M_EXCHANGE_ID] = T2M_CONTENT_SAFE, [T2M_EXCHANGE_METHOD] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_PATH] = T2M_CONTENT_PATH, [T2M_EXCHANGE_TRACE_ID] = T2M_CONTENT_SAFE,
        [T2M_EXCHANGE_QUERY] = T2M_CONTENT_QUERY, [T2M_EXCHANGE_REFERER] = T2M_CONTENT_URL,
        [T2M_EXCHANGE_USER] = T2M_CONTENT_NAME, [T2M_EXCHANGE_FUNCTION] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_ADDRESS] = T2M_CONTENT_SAFE, [T2M_EXCHANGE_USER_AGENT] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_VHOST] = T2M_CONTENT_NAME, [T2M_EXCHANGE_HOST] = T2M_CONTENT_NAME,
        [T2M_EXCHANGE_PROTOCOL] = T2M_CONTENT_NAME
    };
    int which, wrong = 0;

    make();
    for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
        wrong += t2m_exchange_content(&sample.exchange, (t2m_exchange_text_e)which)
                 != contents[which];
    }
    is_number(wrong, 0, "each text is searched as what it is");
    set(T2M_EXCHANGE_PATH, "http://host/a");
    ok(t2m_exchange_content(&sample.exchange, T2M_EXCHANGE_PATH) == T2M_CONTENT_URL
       && t2m_exchange_content(&sample.exchange, T2M_EXCHANGE_QUERY) == T2M_CONTENT_QUERY,
       "a path that is none is a URL");
    set(T2M_EXCHANGE_PATH, "");
    ok(t2m_exchange_content(&sample.exchange, T2M_EXCHANGE_PATH) == T2M_CONTENT_URL,
       "whatever an empty one is, it is not read");
}

/* The record that gathers has them for the masking; the quick way, which does not mask, has not. */
static void test_gathered(void)
{
    static t2m_record_t record;
    t2m_measurement_t measurement;
    t2m_line_t line;
    int i, searched = 0;

    make();
    sample.exchange.slow = 1;
    t2m_record_begin(&record, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, TIME);
    t2m_line_gather(&line, &record);
    t2m_exchange_access(&line, &sample.exchange);
    for (i = 0; i < record.field_count; i++) {
        searched += record.fields[i].kind == T2M_FIELD_TEXT
                    && record.fields[i].content != T2M_CONTENT_SAFE;
    }
    is_number(searched, 9, "nine texts of an access line are searched where it is gathered");
    t2m_record_begin(&record, T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO, TIME);
    t2m_exchange_measurement(&sample.exchange, &measurement);
    t2m_measurement_add(&line, &measurement);
    ok(record.fields[record.field_count - 1].content == T2M_CONTENT_PATH, "and a slow one's path");
    set(T2M_EXCHANGE_PATH, "http://host/a");
    t2m_exchange_measurement(&sample.exchange, &measurement);
    is_number(measurement.path_content, T2M_CONTENT_URL, "as what it is");
}

static void test_not_masked(void)
{
    line_t access, performance;

    make();
    sample.exchange.slow = 1;
    set(T2M_EXCHANGE_QUERY, "token=" SECRET);
    set(T2M_EXCHANGE_PATH, "/reset/" SECRET "abcdefgh");
    access = by_the_exchange(T2M_STREAM_ACCESS, &sample.exchange, 8192);
    performance = by_the_exchange(T2M_STREAM_PERFORMANCE, &sample.exchange, 8192);
    ok(has(&access, "token=" SECRET) && has(&performance, "/reset/" SECRET),
       "the lines mask nothing: it is done");
    free(access.bytes);
    free(performance.bytes);
}

/* Around each limit, the line is whole or cut, never larger, and always the same. */
static int stays_below(t2m_stream_e stream, apr_size_t limit, apr_size_t whole)
{
    line_t line, again;
    int holds;
    json_t *object;

    line = by_the_exchange(stream, &sample.exchange, limit);
    again = by_the_exchange(stream, &sample.exchange, limit);
    object = parse(&line);
    holds = line.size > 0 && line.size <= limit - T2M_LINE_TAIL && line.size == again.size
            && memcmp(line.bytes, again.bytes, line.size) == 0 && object
            && is_cut(&line) == (whole > limit - T2M_LINE_TAIL)
            && (is_cut(&line) || line.size == whole)
            && json_object_get(object, "message") && json_object_get(object, "request_id");
    json_decref(object);
    free(line.bytes);
    free(again.bytes);
    return holds;
}

static void test_cut(void)
{
    static const char *const texts[] = { "long ", "\"", "\xff", "\xf0\x9f\x98\x80", "\x01" };
    unsigned i, which, wrong = 0, around = 0;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        for (which = T2M_EXCHANGE_METHOD; which < T2M_EXCHANGE_TEXTS; which++) {
            t2m_stream_e stream = which == T2M_EXCHANGE_FUNCTION ? T2M_STREAM_PERFORMANCE
                                                                 : T2M_STREAM_ACCESS;
            apr_size_t limit, whole;
            line_t line;

            make();
            set_long((t2m_exchange_text_e)which, texts[i], 1200);
            line = by_the_exchange(stream, &sample.exchange, T2M_LINE_MAX);
            whole = line.size;
            free(line.bytes);
            for (limit = T2M_LINE_MIN; limit < T2M_LINE_MAX; limit += 1 + limit / 3) {
                wrong += !stays_below(stream, limit, whole);
            }
            for (limit = whole + T2M_LINE_TAIL - 2; limit < whole + T2M_LINE_TAIL + 3; limit++) {
                around += !stays_below(stream, limit, whole);
            }
        }
    }
    is_number(wrong, 0, "at any limit a line is whole or cut, and within it");
    is_number(around, 0, "to the byte");
    make();
    for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
        set_long((t2m_exchange_text_e)which, "\x01", 400);
    }
    sample.exchange.slow = 1;
    ok(stays_below(T2M_STREAM_ACCESS, T2M_LINE_MIN, T2M_LINE_MAX)
       && stays_below(T2M_STREAM_PERFORMANCE, T2M_LINE_MIN, T2M_LINE_MAX),
       "also where all is long, ids too");
}

/* The start of a whole line is given, that of a cut one is made of the exchange's own time. */
static void test_time(void)
{
    static const apr_time_t times[] = { 0, 1, TIME, -1, APR_INT64_MAX, APR_INT64_MIN };
    unsigned i;
    int wrong = 0;

    for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
        line_t whole, cut;

        make();
        sample.exchange.time = times[i];
        whole = by_the_exchange(T2M_STREAM_ACCESS, &sample.exchange, 8192);
        set_long(T2M_EXCHANGE_QUERY, "x", 2000);
        cut = by_the_exchange(T2M_STREAM_ACCESS, &sample.exchange, 1024);
        wrong += is_cut(&whole) || !is_cut(&cut)
                 || memcmp(whole.bytes, cut.bytes, T2M_LINE_START_SIZE) != 0;
        free(whole.bytes);
        free(cut.bytes);
    }
    is_number(wrong, 0, "cut or not, a line has the exchange's time");
}

int main(void)
{
    apr_initialize();
    test_access();
    test_performance();
    test_levels();
    test_contents();
    test_gathered();
    test_not_masked();
    test_cut();
    test_time();
    apr_terminate();
    return tap_done();
}
