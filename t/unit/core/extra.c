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

/* Which fields stand where in each layout. */
#include "core/extra.h"

#include <apr_general.h>

#include "core/encode.h"
#include "tap.h"

static t2m_record_t record;

static void begin(t2m_stream_e stream)
{
    t2m_record_begin(&record, stream, T2M_LEVEL_INFO, 0);
    t2m_record_string(&record, "message", T2M_CONTENT_SAFE, "m");
}

#define HEAD "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"INFO\",\"message\":\"m\""

static void is_line(const char *want, const char *name)
{
    char line[T2M_LINE_MAX];

    is_bytes(line, t2m_encode(&record, line, sizeof(line)), want, name);
}

static void gather_access(void)
{
    begin(T2M_STREAM_ACCESS);
    t2m_record_string(&record, "request_id", T2M_CONTENT_SAFE, "i");
    t2m_record_string(&record, "path", T2M_CONTENT_PATH, "/p");
    t2m_record_string(&record, "trace_id", T2M_CONTENT_SAFE, "t");
    t2m_record_integer(&record, "status", 200);
}

static void test_access(void)
{
    gather_access();
    t2m_extra_arrange(&record, T2M_LAYOUT_FLAT);
    is_line(HEAD ",\"request_id\":\"i\",\"path\":\"/p\",\"trace_id\":\"t\",\"status\":200", "flat");
    gather_access();
    t2m_extra_arrange(&record, T2M_LAYOUT_NESTED);
    is_line(HEAD ",\"request_id\":\"i\",\"trace_id\":\"t\""
            ",\"extra_fields\":{\"path\":\"/p\",\"status\":200}", "nested");
    gather_access();
    t2m_extra_arrange(&record, T2M_LAYOUT_BOTH);
    is_line(HEAD ",\"request_id\":\"i\",\"path\":\"/p\",\"trace_id\":\"t\",\"status\":200"
            ",\"extra_fields\":{\"path\":\"/p\",\"status\":200}", "both");
}

static void gather_error(t2m_stream_e stream)
{
    begin(stream);
    t2m_record_open(&record, "exception");
    t2m_record_string(&record, "type", T2M_CONTENT_NAME, "E");
    t2m_record_lines(&record, "traceback", T2M_CONTENT_MESSAGE, t2m_text(NULL));
    t2m_record_close(&record);
    t2m_record_string(&record, "ip", T2M_CONTENT_SAFE, "a");
    t2m_record_integer(&record, "line", 7);
}

static void test_messages(void)
{
    static const char want[] = HEAD ",\"exception\":{\"type\":\"E\",\"traceback\":[]},\"ip\":\"a\""
                               ",\"extra_fields\":{\"line\":7}";

    gather_error(T2M_STREAM_ERRORS);
    t2m_extra_arrange(&record, T2M_LAYOUT_NESTED);
    is_line(want, "errors: what the reference shows stays at the top");
    gather_error(T2M_STREAM_APP);
    t2m_extra_arrange(&record, T2M_LAYOUT_NESTED);
    is_line(want, "app too");
    gather_error(T2M_STREAM_SECURITY);
    t2m_extra_arrange(&record, T2M_LAYOUT_NESTED);
    is_line(HEAD ",\"extra_fields\":{\"exception\":{\"type\":\"E\",\"traceback\":[]},\"ip\":\"a\""
            ",\"line\":7}", "an object goes as a whole");
}

static void test_edges(void)
{
    begin(T2M_STREAM_ACCESS);
    t2m_extra_arrange(&record, T2M_LAYOUT_BOTH);
    is_line(HEAD, "no extra field, no object");
    begin(T2M_STREAM_ACCESS);
    t2m_record_integer(&record, "a", 1);
    t2m_record_close(&record);
    t2m_record_integer(&record, "b", 2);
    t2m_extra_arrange(&record, T2M_LAYOUT_BOTH);
    is_line(HEAD ",\"a\":1,\"b\":2,\"extra_fields\":{\"a\":1,\"b\":2}",
            "an end without a beginning ends nothing");
    begin(T2M_STREAM_ACCESS);
    t2m_record_open(&record, "o");
    t2m_record_integer(&record, "level", 1);
    t2m_extra_arrange(&record, T2M_LAYOUT_NESTED);
    is_line(HEAD ",\"extra_fields\":{\"o\":{\"level\":1}}", "an object left open");
}

static void test_full(void)
{
    int i;

    begin(T2M_STREAM_ACCESS);
    for (i = 3; i < T2M_RECORD_FIELDS_MAX; i++) {
        t2m_record_integer(&record, "number", i);
    }
    t2m_extra_arrange(&record, T2M_LAYOUT_BOTH);
    is_number(record.field_count, 2 * T2M_RECORD_FIELDS_MAX - 3 + 2, "a full record, twice");
    t2m_extra_arrange(&record, T2M_LAYOUT_NESTED);
    is_number(record.field_count, 2 * T2M_RECORD_FIELDS_MAX - 3 + 2,
              "what has no room is left as it is");
}

static void test_masked(const t2m_mask_t *mask)
{
    begin(T2M_STREAM_ACCESS);
    t2m_record_string(&record, "query", T2M_CONTENT_QUERY, "password=abcdef");
    t2m_record_mask(&record, mask);
    t2m_extra_arrange(&record, T2M_LAYOUT_BOTH);
    is_number(record.span_count, 1, "searched once");
    is_line(HEAD ",\"query\":\"password=[REDACTED]\""
            ",\"extra_fields\":{\"query\":\"password=[REDACTED]\"}", "masked twice");
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    test_access();
    test_messages();
    test_edges();
    test_full();
    test_masked(t2m_mask_create(pool));
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
