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

/* Lines of NDJSON: what they become, what is refused and why, and that a bad one costs itself. */
#include "event_told.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void read_body(const char *text)
{
    read_size(t2m_event_ndjson, text, strlen(text));
}

static void test_app(void)
{
    read_body("{\"stream\":\"app\",\"message\":\"stock is low\",\"level\":\"warn\","
              "\"logger\":\"shop.cart\",\"timestamp\":1795406863.5,\"request_id\":\"req-12345678\","
              "\"trace_id\":\"0af7651916cd43dd8448eb211c80319c\",\"span_id\":\"b7ad6b7169203331\","
              "\"method\":\"GET\",\"path\":\"/cart?x=1\",\"ip\":\"192.0.2.7\","
              "\"hostname\":\"web-1\","
              "\"environment\":\"test\",\"release\":\"r1\",\"product\":42,\"isVip\":true,"
              "\"price\":1.5,\"tags\":[\"a\"],\"none\":null,\"event\":\"e\",\"metric\":\"m\","
              "\"status\":7,\"exception\":\"x\"}");
    is_told("stock is low\n");
    is_number(last.kind, T2M_EVENT_LINE, "a line");
    is_number(last.level, T2M_LEVEL_WARNING, "its level");
    is_number(last.time, APR_INT64_C(1795406863500000), "its time");
    has("logger=shop.cart");
    has("request_id=req-12345678");
    has("trace_id=0af7651916cd43dd8448eb211c80319c");
    has("span_id=b7ad6b7169203331");
    has("method=GET");
    has("path=/cart");
    has("ip=192.0.2.7");
    has("hostname=web-1");
    has("environment=test");
    has("release=r1");
    is_number(last.field_count, 8, "every other member is a field");
    has("field product=42");
    has("field is_vip=1");
    has("field price=1.5");
    has("field tags=[\"a\"]");
    has("field event=e");
    has("field metric=m");
    has("field status=7");
    has("field exception=x");
    ok(!last.truncated, "nothing is left out");
    is_number(result.taken, 1, "taken");
    is_number(result.refused + result.lost + result.unsupported, 0, "nothing else");
    is_number(result.first, T2M_EVENT_OK, "no reason");
}

static void test_defaults(void)
{
    read_body("{\"stream\":\"app\",\"message\":\"m\",\"level\":\"\",\"request_id\":\"\","
              "\"ip\":\"\",\"trace_id\":\"\",\"timestamp\":null,\"logger\":null}");
    is_told("m\n");
    is_number(last.level, T2M_LEVEL_INFO, "INFO");
    is_number(last.time, 0, "no time");
    is_number(last.field_count, 0, "what is empty is nothing");
    read_body("{\"stream\":\"app\",\"message\":\"m\",\"request_id\":\"no id\",\"trace_id\":\"x\"}");
    is_number((long long)(last.request_id.size + last.trace_id.size), 0, "ids that are none");
    is_number(last.field_count, 2, "are fields");
    has("field client_request_id=no id");
    has("field client_trace_id=x");
}

static void test_lines(void)
{
    read_body("\n \t\r\n{\"stream\":\"app\",\"message\":\"one\"}\r\n{\"stream\":\n"
              "{\"stream\":\"app\",\"message\":\"two\"}\n[]\n{\"stream\":\"app\",\"message\":1}\n"
              "{\"stream\":\"app\",\"message\":\"three\",\"a\":1,\"a\":2}\n"
              "{\"stream\":\"app\",\"message\":\"half \\ud83d\"}");
    is_told("one\nnot_json: line 4: unexpected token at byte 10\ntwo\n"
            "invalid: line 6: a line must be an object\n"
            "invalid: line 7: message must be a text\n"
            "duplicate_key: line 8: duplicate object key at byte 43\n"
            "half \xef\xbf\xbd\n");
    is_number(result.taken, 3, "the good ones are taken");
    is_number(result.refused, 4, "the bad ones are refused");
    is_number(result.first, T2M_EVENT_NOT_JSON, "the first one's reason");
    is_bytes(result.detail, strlen(result.detail), "line 4: unexpected token at byte 10",
             "and its detail");
    read_body("");
    is_told("");
    read_body("\n\n");
    is_told("");
    is_number(result.taken + result.refused, 0, "blank lines are nothing");
    refuses_to_keep = 1;
    read_body("{\"stream\":\"app\",\"message\":\"m\"}\n");
    refuses_to_keep = 0;
    is_number(result.lost, 1, "what could not be kept is counted");
    is_number(result.taken + result.refused, 0, "and is not taken");
}

static void test_large(void)
{
    enum { SIZE = T2M_EVENT_LINE_MAX };
    static const char start[] = "{\"stream\":\"app\",\"message\":\"";
    char *text = malloc(SIZE + 1);

    memset(text, 'x', SIZE);
    memcpy(text, start, strlen(start));
    memcpy(text + SIZE - 2, "\"}", 2);
    read_size(t2m_event_ndjson, text, SIZE);
    is_number(result.taken, 1, "as large as can be");
    memcpy(text + SIZE - 2, "x\"}", 3);
    read_size(t2m_event_ndjson, text, SIZE + 1);
    is_told("too_large: line 1: more than 64 KiB\n");
    free(text);
}

/* What is refused, and the words for it. */
static const struct {
    const char *line, *detail;
} refusals[] = {
    { "{}", "stream must be app, errors, security or performance" },
    { "{\"stream\":\"access\",\"message\":\"m\"}",
      "stream must be app, errors, security or performance" },
    { "{\"stream\":1}", "stream must be app, errors, security or performance" },
    { "{\"stream\":\"app\"}", "message must be there" },
    { "{\"stream\":\"app\",\"message\":\"\"}", "message must be there" },
    { "{\"stream\":\"app\",\"message\":\"m\",\"level\":\"loud\"}",
      "level must be DEBUG, INFO, WARNING, ERROR or CRITICAL" },
    { "{\"stream\":\"app\",\"message\":\"m\",\"level\":3}",
      "level must be DEBUG, INFO, WARNING, ERROR or CRITICAL" },
    { "{\"stream\":\"app\",\"message\":\"m\",\"timestamp\":\"today\"}",
      "timestamp must be epoch seconds or an RFC 3339 time" },
    { "{\"stream\":\"app\",\"message\":\"m\",\"ip\":\"localhost\"}", "ip must be an IP address" },
    { "{\"stream\":\"app\",\"message\":\"m\",\"ip\":7}", "ip must be an IP address" },
    { "{\"stream\":\"app\",\"message\":\"m\",\"logger\":7}", "logger must be a text" },
    { "{\"stream\":\"errors\"}", "message or exception must be there" },
    { "{\"stream\":\"errors\",\"message\":\"m\",\"level\":\"INFO\"}",
      "level must be ERROR or CRITICAL in the stream errors" },
    { "{\"stream\":\"errors\",\"exception\":7}",
      "exception must be an object or the text of a trace" },
    { "{\"stream\":\"errors\",\"exception\":{}}",
      "exception.type, exception.message or message must be there" },
    { "{\"stream\":\"errors\",\"exception\":{\"type\":\"T\",\"traceback\":7}}",
      "exception.traceback must be a text or an array of texts" },
    { "{\"stream\":\"errors\",\"exception\":{\"type\":\"T\",\"traceback\":[\"a\",7]}}",
      "exception.traceback must be a text or an array of texts" },
    { "{\"stream\":\"security\"}", "event must be 1 to 64 of a-z, 0-9 and _" },
    { "{\"stream\":\"security\",\"event\":\"Log in\"}", "event must be 1 to 64 of a-z, 0-9 and _" },
    { "{\"stream\":\"security\",\"event\":\"e\",\"attempts\":-1}",
      "attempts must be a whole number" },
    { "{\"stream\":\"security\",\"event\":\"e\",\"attempts\":\"1\"}",
      "attempts must be a whole number" },
    { "{\"stream\":\"security\",\"event\":\"e\",\"blocked\":1}", "blocked must be true or false" },
    { "{\"stream\":\"security\",\"event\":\"e\",\"severity\":\"bad\"}",
      "severity must be DEBUG, INFO, WARNING, ERROR or CRITICAL" },
    { "{\"stream\":\"performance\",\"duration_ms\":1}",
      "metric must be 1 to 128 bytes of printable ASCII" },
    { "{\"stream\":\"performance\",\"metric\":\"a\\nb\",\"duration_ms\":1}",
      "metric must be 1 to 128 bytes of printable ASCII" },
    { "{\"stream\":\"performance\",\"metric\":\"m\"}", "duration_ms must be a number, 0 or more" },
    { "{\"stream\":\"performance\",\"metric\":\"m\",\"duration_ms\":-1}",
      "duration_ms must be a number, 0 or more" },
    { "{\"stream\":\"performance\",\"metric\":\"m\",\"duration_ms\":1e13}",
      "duration_ms must be a number, 0 or more" },
    { "{\"stream\":\"performance\",\"metric\":\"m\",\"duration_ms\":1,\"status\":7}",
      "status must be 100 to 599" },
};

static void test_refusals(void)
{
    char want[256];
    size_t i;

    for (i = 0; i < COUNT(refusals); i++) {
        read_body(refusals[i].line);
        snprintf(want, sizeof(want), "invalid: line 1: %s\n", refusals[i].detail);
        is_told(want);
        is_number(result.refused, 1, refusals[i].line);
    }
}

static void test_exceptions(void)
{
    read_body("{\"stream\":\"errors\",\"message\":\"upload failed\",\"exception\":{\"type\":"
              "\"ValueError\",\"message\":\"too large\",\"traceback\":[\"first\\n\",\"\",\"\\n\","
              "\"second\"]},\"user_id\":7}");
    is_told("upload failed\n");
    is_number(last.kind, T2M_EVENT_EXCEPTION, "an exception");
    is_number(last.level, T2M_LEVEL_ERROR, "of level ERROR");
    has("type=ValueError");
    has("value=too large");
    is_number(last.stack.frame_count, 2, "what is no trace is frames");
    has("frame 0=||0|0|0|first");
    has("frame 1=||0|0|0|second");
    is_number(last.field_count, 1, "the exception is no field");
    has("field user_id=7");
    read_body("{\"stream\":\"errors\",\"level\":\"CRITICAL\",\"exception\":{\"message\":\"m\","
              "\"stack\":\"one\\n \\ntwo\"}}");
    is_number(last.level, T2M_LEVEL_CRITICAL, "a level that is given");
    is_number(last.stack.frame_count, 2, "lines of a text");
    has("frame 1=||0|0|0|two");
    read_body("{\"stream\":\"errors\",\"message\":\"m\",\"exception\":null}");
    is_number(last.kind, T2M_EVENT_LINE, "an error without an exception");
    is_number(last.level, T2M_LEVEL_ERROR, "is a line of level ERROR");
    read_body("{\"stream\":\"errors\",\"level\":\"WARNING\",\"message\":\"m\",\"exception\":{}}");
    is_number(last.kind, T2M_EVENT_EXCEPTION, "an exception with nothing but a message");
    is_number(last.level, T2M_LEVEL_WARNING, "of any level");
}

#define JAVA "java.lang.IllegalStateException: no stock\\n" \
             "\\tat com.shop.Cart.add(Cart.java:12)\\n\\tat com.shop.Main.main(Main.java:3)"

static void test_traces(void)
{
    read_body("{\"stream\":\"errors\",\"exception\":\"" JAVA "\"}");
    has("type=java.lang.IllegalStateException");
    has("value=no stock");
    is_number(last.stack.frame_count, 2, "frames of a trace");
    has("frame 0=com.shop.Cart.add|Cart.java|12|1|0|at com.shop.Cart.add(Cart.java:12)");
    read_body("{\"stream\":\"errors\",\"exception\":{\"type\":\"IllegalStateException\","
              "\"traceback\":\"" JAVA "\"}}");
    has("type=IllegalStateException");
    has("value=no stock");
    read_body("{\"stream\":\"errors\",\"exception\":{\"traceback\":["
              "\"java.lang.IllegalStateException: no stock\\n\","
              "\"\\tat com.shop.Cart.add(Cart.java:12)\"]}}");
    has("type=java.lang.IllegalStateException");
    has("frame 0=com.shop.Cart.add|Cart.java|12|1|0|at com.shop.Cart.add(Cart.java:12)");
}

/* Items that do not fit together are frames each. */
static void test_long_trace(void)
{
    char *text = malloc(40000), *at = text;
    int i;

    at += snprintf(at, 40000, "{\"stream\":\"errors\",\"exception\":{\"type\":\"T\","
                              "\"traceback\":[");
    for (i = 0; i < 300; i++) {
        at += snprintf(at, (size_t)(text + 40000 - at), "%s\"frame %d %0*d\"", i ? "," : "",
                       i, 90, 0);
    }
    memcpy(at, "]}}", sizeof("]}}"));
    read_body(text);
    is_number(result.taken, 1, "a long trace");
    is_number(last.stack.frame_count, T2M_STACK_FRAMES_MAX, "as many frames as can be");
    ok(last.stack.truncated, "which is told");
    is_number((long long)last.scratch_size, 0, "what was joined in vain takes no room");
    ok(strstr(shown, "\nframe 99=||0|0|0|frame 299 ") != NULL, "the last one is there");
    free(text);
}

static void test_security(void)
{
    read_body("{\"stream\":\"security\",\"event\":\"login_failed\",\"severity\":\"error\","
              "\"ip\":\"2001:db8::1\",\"attempts\":5,\"blocked\":true,\"message\":\"five times\","
              "\"user\":\"kim\"}\n{\"stream\":\"security\",\"event\":\"probe\"}");
    is_told("five times\nprobe\n");
    is_number(last.level, T2M_LEVEL_WARNING, "WARNING, if nothing is said");
    is_number(last.field_count, 0, "no fields of the one before");
    read_body("{\"stream\":\"security\",\"user\":\"kim\",\"event\":\"login_failed\",\"ip\":"
              "\"2001:db8::1\",\"severity\":\"error\",\"attempts\":5,\"blocked\":true}");
    is_number(last.kind, T2M_EVENT_SECURITY, "a security event");
    is_number(last.level, T2M_LEVEL_ERROR, "severity is its level");
    has("name=login_failed");
    has("ip=2001:db8::1");
    is_number(last.field_count, 3, "its fields");
    has("field attempts=5");
    has("field blocked=1");
    has("field user=kim");
    ok(!last.truncated, "none is there twice");
}

static void test_performance(void)
{
    read_body("{\"stream\":\"performance\",\"metric\":\"transcribe_audio\",\"duration_ms\":12.3456,"
              "\"function\":\"transcribe\",\"module\":\"app\",\"status\":503,\"input_size\":9}");
    is_number(last.kind, T2M_EVENT_PERFORMANCE, "a metric");
    is_number(last.duration, 12346, "its duration in microseconds");
    is_number(last.status, 503, "its status");
    has("name=transcribe_audio");
    has("function=transcribe");
    has("module=app");
    is_number(last.field_count, 1, "its fields");
    has("field input_size=9");
    read_body("{\"stream\":\"performance\",\"metric\":\"m\",\"duration_ms\":0,\"status\":\"404\"}");
    is_number(last.status, 404, "digits are a status");
    read_body("{\"stream\":\"app\",\"message\":\"m\",\"module\":\"x\",\"duration_ms\":3}");
    is_number(last.field_count, 2, "elsewhere these are fields");
    has("field module=x");
    has("field duration_ms=3");
}

int main(void)
{
    test_app();
    test_defaults();
    test_lines();
    test_large();
    test_refusals();
    test_exceptions();
    test_traces();
    test_long_trace();
    test_security();
    test_performance();
    return tap_done();
}
