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


/* core/measurement.c: names and order of a performance line's fields, on both ways. Seen to fail:
 * with the trace of no request, with a status of 0, with the path of one that is not slow, with
 * texts searched on neither way, with its path searched as a name, without the clearing of a new
 * one. */
#include "core/measurement.h"

#include <stdlib.h>

#include <apr_general.h>

#include "core/encode.h"

#include "tap.h"

#define TIME APR_INT64_C(1705314645123456)
#define START "{\"timestamp\":\"2024-01-15T10:30:45.123Z\",\"level\":\"INFO\","

static t2m_mask_t *policy;
static t2m_measurement_t measurement;
static char quick[T2M_LINE_MIN], slow[T2M_LINE_MIN];

static apr_size_t by_the_line(void)
{
    t2m_line_start_t start = { .second = -1 };
    t2m_line_t line;

    t2m_line_start(&start, TIME);
    t2m_line_begin(&line, &start, T2M_LEVEL_INFO, NULL, quick, sizeof(quick) - T2M_LINE_TAIL);
    t2m_measurement_add(&line, &measurement);
    return t2m_line_end(&line);
}

static apr_size_t by_the_record(void)
{
    static t2m_record_t record;
    t2m_line_t line;

    t2m_record_begin(&record, T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO, TIME);
    t2m_line_gather(&line, &record);
    t2m_measurement_add(&line, &measurement);
    t2m_record_mask(&record, policy);
    return t2m_encode(&record, slow, sizeof(slow));
}

static void is_line(const char *want, const char *name)
{
    apr_size_t size = by_the_line();

    is_bytes(quick, size, want, name);
    ok(by_the_record() == size && memcmp(quick, slow, size) == 0, "and the same in a record");
}

static void test_begin(void)
{
    memset(&measurement, 0xa5, sizeof(measurement));
    t2m_measurement_begin(&measurement, t2m_text("upload"));
    is_line(START "\"message\":\"Performance metric: upload\",\"metric\":\"upload\","
            "\"duration_ms\":0.000,\"slow\":false", "all but the metric is to be set");
    t2m_measurement_begin(&measurement, t2m_text(""));
    is_line(START "\"message\":\"Performance metric: \",\"duration_ms\":0.000,\"slow\":false",
            "one without a name");
}

/* Behind the message there is nothing that a metric of the greatest size could spoil. */
static void test_longest(void)
{
    t2m_measurement_t *exact = malloc(sizeof(*exact));
    char metric[T2M_ROUTE_MAX];

    memset(metric, 'm', sizeof(metric));
    t2m_measurement_begin(exact, t2m_text_of(metric, sizeof(metric)));
    ok(exact->message_size == sizeof(exact->message)
       && exact->message[exact->message_size - 1] == 'm', "the longest metric just fits");
    free(exact);
}

static void test_fields(void)
{
    t2m_measurement_begin(&measurement, t2m_text("GET /a"));
    measurement.duration = 1234567;
    measurement.function = t2m_text("default-handler");
    measurement.module = t2m_text("httpd");
    measurement.request_id = t2m_text("id-1");
    measurement.trace_id = t2m_text("trace-1");
    measurement.endpoint = t2m_text("GET /b");
    measurement.status = 404;
    measurement.path = t2m_text("/a");
    measurement.path_content = T2M_CONTENT_PATH;
    is_line(START "\"message\":\"Performance metric: GET /a\",\"metric\":\"GET /a\","
            "\"duration_ms\":1234.567,\"function\":\"default-handler\",\"module\":\"httpd\","
            "\"request_id\":\"id-1\",\"trace_id\":\"trace-1\",\"endpoint\":\"GET /b\","
            "\"status\":404,\"slow\":false", "all fields, and no path of what is not slow");
    measurement.slow = 7;
    measurement.trace_id = t2m_text("");
    is_line(START "\"message\":\"Performance metric: GET /a\",\"metric\":\"GET /a\","
            "\"duration_ms\":1234.567,\"function\":\"default-handler\",\"module\":\"httpd\","
            "\"request_id\":\"id-1\",\"endpoint\":\"GET /b\",\"status\":404,\"slow\":true,"
            "\"path\":\"/a\"", "a slow one has its path");
    measurement.trace_id = t2m_text("trace-1");
    measurement.request_id = t2m_text("");
    measurement.status = 0;
    is_line(START "\"message\":\"Performance metric: GET /a\",\"metric\":\"GET /a\","
            "\"duration_ms\":1234.567,\"function\":\"default-handler\",\"module\":\"httpd\","
            "\"slow\":true,\"path\":\"/a\"", "of no request: no trace, no endpoint, no status");
    measurement.path = t2m_text("");
    measurement.function = measurement.module = t2m_text("");
    measurement.duration = -1;
    is_line(START "\"message\":\"Performance metric: GET /a\",\"metric\":\"GET /a\","
            "\"duration_ms\":0.000,\"slow\":true",
            "what is empty is absent, and nothing took less than no time");
}

/* A record is searched, a line of the quick way was. */
static void test_secrets(void)
{
    apr_size_t size;

    t2m_measurement_begin(&measurement, t2m_text("m"));
    measurement.function = t2m_text("Bearer abcdefghijklmnop");
    measurement.module = t2m_text("Bearer qrstuvwxyzabcdef");
    measurement.path = t2m_text("/reset/abcdefghijklmnop");
    measurement.path_content = T2M_CONTENT_PATH;
    measurement.slow = 1;
    size = by_the_record();
    is_bytes(slow, size, START "\"message\":\"Performance metric: m\",\"metric\":\"m\","
             "\"duration_ms\":0.000,\"function\":\"Bearer [REDACTED:authorization]\","
             "\"module\":\"Bearer [REDACTED:authorization]\",\"slow\":true,"
             "\"path\":\"/reset/[REDACTED:path]\"",
             "function, module and path are searched in a record");
    size = by_the_line();
    ok(memmem(quick, size, "Bearer abc", 10) && memmem(quick, size, "Bearer qrs", 10)
       && memmem(quick, size, "/reset/abc", 10), "on the quick way they are left as they are");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    policy = t2m_mask_create(pool);
    test_begin();
    test_longest();
    test_fields();
    test_secrets();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
