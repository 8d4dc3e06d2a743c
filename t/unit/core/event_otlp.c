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

/* Logs of OTLP, as requests are sent. What comes of a request is told as one text. */
#include "core/event.h"

#include <stdlib.h>

#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A request with one record, and one with these attributes. */
#define REQUEST(resource, scope, record) \
    "{\"resourceLogs\":[{" resource "\"scopeLogs\":[{" scope "\"logRecords\":[" record "]}]}]}"
#define RECORD(record) REQUEST("", "", "{" record "}")
#define ATTRIBUTES(list) RECORD("\"attributes\":[" list "]")
#define TEXT(key, value) "{\"key\":\"" key "\",\"value\":{\"stringValue\":\"" value "\"}}"
#define ANY(key, value) "{\"key\":\"" key "\",\"value\":{" value "}}"

#define PYTHON \
    "Traceback (most recent call last):\\n  File \\\"/srv/app/a.py\\\", line 3, in f\\n" \
    "    g()\\nValueError: no\\n"

static char told[65536];
static size_t told_size;
static int lose; /* whether take keeps nothing */

__attribute__((format(printf, 1, 2))) static void tell(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    told_size += (size_t)vsnprintf(told + told_size, sizeof(told) - told_size, format, arguments);
    va_end(arguments);
}

static void tell_text(const char *name, t2m_text_t text)
{
    if (text.size > 0) {
        tell(" %s=%.*s", name, (int)text.size, text.data);
    }
}

static void tell_field(const t2m_field_t *field)
{
    switch (field->kind) {
    case T2M_FIELD_INTEGER:
        tell(" %s:%" APR_INT64_T_FMT, field->name, field->number);
        break;
    case T2M_FIELD_REAL:
        tell(" %s:%g", field->name, field->real);
        break;
    case T2M_FIELD_BOOLEAN:
        tell(" %s:%s", field->name, field->number ? "true" : "false");
        break;
    default:
        tell(" %s:'%.*s'", field->name, (int)field->text.size, field->text.data);
        break;
    }
}

static void tell_stack(const t2m_stack_t *stack)
{
    int i;

    tell_text("type", stack->type);
    tell_text("what", stack->message);
    for (i = 0; i < stack->frame_count; i++) {
        const t2m_stack_frame_t *frame = &stack->frames[i];

        tell(" [%.*s %.*s:%u]", (int)frame->function.size, frame->function.data,
             (int)(frame->file.size ? frame->file.size : frame->text.size),
             frame->file.size ? frame->file.data : frame->text.data, frame->line);
    }
}

static void tell_event(const t2m_event_t *event)
{
    int i;

    tell("%s %s", event->kind == T2M_EVENT_EXCEPTION ? "EXCEPTION" : "LINE",
         t2m_level_name(event->level));
    if (event->time) {
        tell(" %" APR_TIME_T_FMT, event->time);
    }
    tell_text("message", event->message);
    tell_text("logger", event->logger);
    tell_text("release", event->release);
    tell_text("environment", event->environment);
    tell_text("host", event->hostname);
    tell_text("id", event->request_id);
    tell_text("trace", event->trace_id);
    tell_text("span", event->span_id);
    tell_text("method", event->method);
    tell_text("path", event->path);
    tell_text("ip", event->ip);
    if (event->status) {
        tell(" status=%d", event->status);
    }
    tell_stack(&event->stack);
    for (i = 0; i < event->field_count; i++) {
        tell_field(&event->fields[i]);
    }
    tell("%s;", event->truncated ? " truncated" : "");
}

static int take(void *data, const t2m_event_t *event, t2m_event_reason_e reason,
                const char *detail)
{
    (void)data;
    if (event) {
        tell_event(event);
    } else {
        tell("%s: %s;", t2m_event_reason_name(reason), detail);
    }
    return lose;
}

/* Reads a request in memory of its own size; told is what came of it. */
static t2m_event_result_t read_bytes(const char *bytes, size_t size)
{
    static t2m_event_t event;
    t2m_event_result_t result;
    char *exact = malloc(size > 0 ? size : 1);

    memcpy(exact, bytes, size);
    memset(&event, 0xa5, sizeof(event));
    memset(&result, 0xa5, sizeof(result));
    told_size = 0;
    told[0] = '\0';
    t2m_event_otlp_logs(t2m_text_of(exact, size), &event, take, NULL, &result);
    free(exact);
    return result;
}

static t2m_event_result_t is_told(const char *request, const char *want)
{
    t2m_event_result_t result = read_bytes(request, strlen(request));

    is_bytes(told, told_size, want, request);
    return result;
}

typedef struct {
    const char *request, *told;
} case_t;

static void run(const case_t *cases, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        (void)is_told(cases[i].request, cases[i].told);
    }
}

static void test_bodies(void)
{
    static const case_t cases[] = {
        { RECORD("\"body\":{\"stringValue\":\"Hello\"}"), "LINE INFO message=Hello;" },
        { RECORD("\"body\":{\"stringValue\":\"\"}"), "LINE INFO;" },
        { RECORD("\"body\":{\"stringValue\":\"\",\"intValue\":null}"), "LINE INFO;" },
        { RECORD("\"body\":{\"intValue\":\"-42\"}"), "LINE INFO message=-42;" },
        { RECORD("\"body\":{\"intValue\":42}"), "LINE INFO message=42;" },
        { RECORD("\"body\":{\"intValue\":\"9223372036854775807\"}"),
          "LINE INFO message=9223372036854775807;" },
        { RECORD("\"body\":{\"intValue\":\"4x\"}"), "LINE INFO message=4x;" },
        { RECORD("\"body\":{\"doubleValue\":2.5}"), "LINE INFO message=2.5;" },
        { RECORD("\"body\":{\"doubleValue\":\"NaN\"}"), "LINE INFO message=NaN;" },
        { RECORD("\"body\":{\"boolValue\":false}"), "LINE INFO message=false;" },
        { RECORD("\"body\":{\"bytesValue\":\"AAEC\"}"), "LINE INFO message=AAEC;" },
        { RECORD("\"body\":{\"arrayValue\":{\"values\":[{\"intValue\":1},{},"
                 "{\"arrayValue\":{\"values\":[{\"boolValue\":true}]}}]}}"),
          "LINE INFO message=[1,null,[true]];" },
        { RECORD("\"body\":{\"kvlistValue\":{\"values\":[" TEXT("a", "b") ","
                 ANY("c", "\"kvlistValue\":{}") "]}}"),
          "LINE INFO message={\"a\":\"b\",\"c\":{}};" },
        { RECORD("\"body\":{}"), "LINE INFO;" },
        { RECORD("\"body\":null"), "LINE INFO;" },
        { RECORD("\"body\":{},\"eventName\":\"session.start\""),
          "LINE INFO message=session.start event_name:'session.start';" },
        { RECORD("\"body\":{\"stringValue\":\"m\"},\"eventName\":\"e\""),
          "LINE INFO message=m event_name:'e';" },
    };

    run(cases, COUNT(cases));
}

/* A body is no field, and fields can still be added after the longest one. */
static void test_long_body(void)
{
    static char request[65536];
    size_t size = (size_t)snprintf(request, sizeof(request), "%s",
                                   "{\"resourceLogs\":[{\"scopeLogs\":[{\"logRecords\":[{"
                                   "\"attributes\":[" TEXT("a", "b") "," TEXT("body", "c") "],"
                                   "\"body\":{\"arrayValue\":{\"values\":[");
    int i;

    for (i = 0; i < 3000; i++) {
        size += (size_t)snprintf(request + size, sizeof(request) - size,
                                 "%s{\"intValue\":7}", i ? "," : "");
    }
    size += (size_t)snprintf(request + size, sizeof(request) - size, "]}}}]}]}]}");
    (void)read_bytes(request, size);
    ok(strstr(told, "message=[7,7,7") != NULL, "its start is the message");
    ok(told_size > 1500 && told_size < 2500, "cut, %d bytes", (int)told_size);
    ok(strstr(told, "7 a:'b' body:'c' truncated;") != NULL, "the fields are there, and said cut");
}

static void test_severities(void)
{
    static const struct {
        int number;
        const char *level;
    } levels[] = { { 1, "DEBUG" },    { 4, "DEBUG" },     { 5, "DEBUG" },   { 8, "DEBUG" },
                   { 9, "INFO" },     { 12, "INFO" },     { 13, "WARNING" }, { 16, "WARNING" },
                   { 17, "ERROR" },   { 20, "ERROR" },    { 21, "CRITICAL" }, { 24, "CRITICAL" },
                   { 0, "INFO" },     { 25, "INFO" },     { -1, "INFO" } };
    static const case_t cases[] = {
        { RECORD("\"severityText\":\"WARN\""), "LINE WARNING;" },
        { RECORD("\"severityText\":\"Error\""), "LINE ERROR;" },
        { RECORD("\"severityText\":\"FATAL3\",\"severityNumber\":0"), "LINE CRITICAL;" },
        { RECORD("\"severityNumber\":\"SEVERITY_NUMBER_ERROR2\""), "LINE ERROR;" },
        { RECORD("\"severityNumber\":17,\"severityText\":\"ERROR\""), "LINE ERROR;" },
        { RECORD("\"severityNumber\":17,\"severityText\":\"oops\""),
          "LINE ERROR severity_text:'oops';" },
        { RECORD("\"severityNumber\":9,\"severityText\":\"WARN\""),
          "LINE INFO severity_text:'WARN';" },
        { RECORD("\"severityText\":\"42\""), "LINE INFO severity_text:'42';" },
    };
    size_t i;

    for (i = 0; i < COUNT(levels); i++) {
        char request[256], want[32];

        (void)snprintf(request, sizeof(request), RECORD("\"severityNumber\":%d"),
                       levels[i].number);
        (void)snprintf(want, sizeof(want), "LINE %s;", levels[i].level);
        (void)is_told(request, want);
    }
    run(cases, COUNT(cases));
}

static void test_times(void)
{
    static const case_t cases[] = {
        { RECORD("\"timeUnixNano\":\"1700000000123456789\""), "LINE INFO 1700000000123456;" },
        { RECORD("\"timeUnixNano\":1700000000123456789"), "LINE INFO 1700000000123456;" },
        { RECORD("\"timeUnixNano\":\"0\",\"observedTimeUnixNano\":\"5000\""), "LINE INFO 5;" },
        { RECORD("\"timeUnixNano\":\"7000\",\"observedTimeUnixNano\":\"5000\""), "LINE INFO 7;" },
        { RECORD("\"timeUnixNano\":null"), "LINE INFO;" },
        { RECORD("\"timeUnixNano\":\"soon\""), "invalid: resourceLogs[0].scopeLogs[0]."
          "logRecords[0]: timeUnixNano is no number of nanoseconds;" },
        { RECORD("\"observedTimeUnixNano\":[]"), "LINE INFO;" },
    };

    run(cases, COUNT(cases) - 1);
    (void)is_told(cases[COUNT(cases) - 1].request, "invalid: resourceLogs[0].scopeLogs[0]."
                  "logRecords[0]: observedTimeUnixNano is no number of nanoseconds;");
}

static void test_ids(void)
{
    static const case_t cases[] = {
        { RECORD("\"traceId\":\"5B8EFFF798038103D269B633813FC60C\",\"spanId\":"
                 "\"eee19b7ec3c1b174\",\"flags\":1"),
          "LINE INFO trace=5b8efff798038103d269b633813fc60c span=eee19b7ec3c1b174;" },
        { RECORD("\"traceId\":\"00000000000000000000000000000000\",\"spanId\":"
                 "\"0000000000000000\""), "LINE INFO;" },
        { RECORD("\"traceId\":\"\",\"spanId\":null"), "LINE INFO;" },
        { RECORD("\"traceId\":\"W47/95gDgQPSabYzgT/GDA==\""), "LINE INFO truncated;" },
        { RECORD("\"traceId\":\"5b8efff798038103d269b633813fc60\""), "LINE INFO truncated;" },
        { RECORD("\"traceId\":\"5b8efff798038103d269b633813fc60c\",\"spanId\":\"xyz\""),
          "LINE INFO trace=5b8efff798038103d269b633813fc60c truncated;" },
        { RECORD("\"spanId\":\"eee19b7ec3c1b174\""), "LINE INFO truncated;" },
    };

    run(cases, COUNT(cases));
}

static void test_attributes(void)
{
    static const case_t cases[] = {
        { ATTRIBUTES(TEXT("http.request.method", "POST") "," TEXT("url.path", "/buy") ","
                     ANY("http.response.status_code", "\"intValue\":\"503\"") ","
                     TEXT("client.address", "2001:db8::1") ","
                     ANY("http.request.header.x-request-id", "\"arrayValue\":{\"values\":["
                         "{\"stringValue\":\"0191c1d2-7a\"},{\"stringValue\":\"second-one\"}]}")),
          "LINE INFO id=0191c1d2-7a method=POST path=/buy ip=2001:db8::1 status=503;" },
        { ATTRIBUTES(TEXT("http.method", "GET") "," TEXT("http.target", "/a?b=c") ","
                     ANY("http.status_code", "\"intValue\":200") ","
                     TEXT("http.client_ip", "192.0.2.1") ","
                     TEXT("http.request.header.x_request_id", "abcdefgh")),
          "LINE INFO id=abcdefgh method=GET path=/a ip=192.0.2.1 status=200;" },
        { ATTRIBUTES(TEXT("request_id", "abcdefgh")), "LINE INFO id=abcdefgh;" },
        { ATTRIBUTES(TEXT("request_id", "a b")), "LINE INFO request_id:'a b';" },
        { ATTRIBUTES(TEXT("client.address", "host.example")),
          "LINE INFO client_address:'host.example';" },
        { ATTRIBUTES(ANY("http.response.status_code", "\"intValue\":7")),
          "LINE INFO http_response_status_code:7;" },
        { ATTRIBUTES(ANY("url.path", "\"intValue\":7")), "LINE INFO url_path:7;" },
        { ATTRIBUTES(ANY("http.request.method", "\"intValue\":7")),
          "LINE INFO http_request_method:7;" },
        { ATTRIBUTES(TEXT("code.function.name", "main.f") "," TEXT("code.file.path", "/a.py") ","
                     ANY("code.line.number", "\"intValue\":\"3\"")),
          "LINE INFO code_function_name:'main.f' code_file_path:'/a.py' code_line_number:3;" },
        { ATTRIBUTES(ANY("Shop.ItemCount", "\"doubleValue\":1.5") ","
                     ANY("ok", "\"boolValue\":true") ","
                     ANY("list", "\"arrayValue\":{\"values\":[{\"intValue\":\"1\"}]}") ","
                     ANY("none", "")),
          "LINE INFO shop_item_count:1.5 ok:true list:'[1]';" },
        { ATTRIBUTES(TEXT("a.b", "1") "," TEXT("a_b", "2")), "LINE INFO a_b:'1' truncated;" },
        { ATTRIBUTES("{\"value\":{\"stringValue\":\"x\"}},7," TEXT("a", "1")),
          "LINE INFO a:'1' truncated;" },
        { RECORD("\"droppedAttributesCount\":2"), "LINE INFO truncated;" },
        { RECORD("\"droppedAttributesCount\":0,\"attributes\":null"), "LINE INFO;" },
    };

    run(cases, COUNT(cases));
}

static void test_exceptions(void)
{
    static const case_t cases[] = {
        { ATTRIBUTES(TEXT("exception.stacktrace", PYTHON)),
          "EXCEPTION ERROR message=no type=ValueError what=no [f /srv/app/a.py:3];" },
        { ATTRIBUTES(TEXT("exception.type", "app.Bad") "," TEXT("exception.message", "worse") ","
                     TEXT("exception.stacktrace", PYTHON)),
          "EXCEPTION ERROR message=worse type=app.Bad what=worse [f /srv/app/a.py:3];" },
        { ATTRIBUTES(TEXT("exception.type", "Bad") ","
                     TEXT("exception.stacktrace", "   in Shop.Buy\\n\\n   in Shop.Main\\r\\n \\n")),
          "EXCEPTION ERROR message=Bad type=Bad [    in Shop.Buy:0] [    in Shop.Main\r:0];" },
        { ATTRIBUTES(TEXT("exception.message", "only this")),
          "EXCEPTION ERROR message=only this what=only this;" },
        { RECORD("\"severityNumber\":13,\"body\":{\"stringValue\":\"tried\"},\"attributes\":["
                 TEXT("exception.type", "Bad") "," ANY("exception.escaped", "\"boolValue\":true")
                 "]"),
          "EXCEPTION WARNING message=tried type=Bad exception_escaped:true;" },
        { ATTRIBUTES(TEXT("exception.type", "") "," TEXT("exception.message", "") ","
                     TEXT("exception.stacktrace", "")), "LINE INFO;" },
        { ATTRIBUTES(ANY("exception.type", "\"intValue\":5")), "LINE INFO exception_type:5;" },
    };

    run(cases, COUNT(cases));
}

static void test_resources(void)
{
    static const case_t cases[] = {
        { REQUEST("\"resource\":{\"attributes\":[" TEXT("service.name", "shop") ","
                  TEXT("service.version", "1.2") "," TEXT("deployment.environment.name", "live")
                  "," TEXT("host.name", "web1") "," TEXT("host.arch", "amd64") ","
                  TEXT("telemetry.sdk.name", "x") "," ANY("process.pid", "\"intValue\":1") ","
                  TEXT("os.type", "linux") "," TEXT("service.instance.id", "i7") ",7]},",
                  "\"scope\":{\"name\":\"shop.cart\"},",
                  "{" "\"attributes\":[" TEXT("resource", "r") "]},{}"),
          "LINE INFO logger=shop release=1.2 environment=live host=web1 resource:'r' "
          "scope:'shop.cart' resource_service_instance_id:'i7';"
          "LINE INFO logger=shop release=1.2 environment=live host=web1 scope:'shop.cart' "
          "resource_service_instance_id:'i7';" },
        { REQUEST("\"resource\":{\"attributes\":[" TEXT("deployment.environment", "old") "],"
                  "\"droppedAttributesCount\":1},", "", "{}"),
          "LINE INFO environment=old truncated;" },
        { "{\"resourceLogs\":[{\"resource\":{\"attributes\":[" TEXT("service.name", "one") ","
          TEXT("a", "b") "]},\"scopeLogs\":[{\"scope\":{\"name\":\"s\"},\"logRecords\":[{}]},"
          "{\"logRecords\":[{}]}]},{\"scopeLogs\":[{\"logRecords\":[{}]}]}]}",
          "LINE INFO logger=one scope:'s' resource_a:'b';LINE INFO logger=one resource_a:'b';"
          "LINE INFO;" },
        { REQUEST("\"resource\":5,", "\"scope\":5,", "{}"), "LINE INFO;" },
    };

    run(cases, COUNT(cases));
}

/* An array of a resource is a text like any other's, unless it is long. */
static void test_resource_arrays(void)
{
    static char request[4096];
    unsigned count, i;

    for (count = 255; count <= 256; count++) { /* brackets, and two bytes each less a comma */
        size_t size = (size_t)snprintf(request, sizeof(request), "{\"resourceLogs\":[{\"resource\":"
                                       "{\"attributes\":[{\"key\":\"a\",\"value\":{\"arrayValue\":"
                                       "{\"values\":[");

        for (i = 0; i < count; i++) {
            size += (size_t)snprintf(request + size, sizeof(request) - size, "%s{\"intValue\":7}",
                                     i ? "," : "");
        }
        size += (size_t)snprintf(request + size, sizeof(request) - size,
                                 "]}}}]},\"scopeLogs\":[{\"logRecords\":[{}]}]}]}");
        (void)read_bytes(request, size);
        if (count == 255) {
            ok(strncmp(told, "LINE INFO resource_a:'[7,7,7", 28) == 0 && told_size == 22 + 511 + 2,
               "511 bytes are kept: %d", (int)told_size);
        } else {
            is_bytes(told, told_size, "LINE INFO truncated;", "513 are not");
        }
    }
}

/* A resource that says more than is kept of it. */
static void test_many(void)
{
    static char request[16384];
    size_t size = (size_t)snprintf(request, sizeof(request),
                                   "{\"resourceLogs\":[{\"resource\":{\"attributes\":[");
    int i;

    for (i = 0; i < 17; i++) {
        size += (size_t)snprintf(request + size, sizeof(request) - size,
                                 "%s" TEXT("a%d", "b"), i ? "," : "", i);
    }
    size += (size_t)snprintf(request + size, sizeof(request) - size,
                             "]},\"scopeLogs\":[{\"logRecords\":[{\"attributes\":[");
    for (i = 0; i < 33; i++) {
        size += (size_t)snprintf(request + size, sizeof(request) - size, "%s" TEXT("c%d", "d"),
                                 i ? "," : "", i);
    }
    size += (size_t)snprintf(request + size, sizeof(request) - size, "]},{}]}]}]}");
    (void)read_bytes(request, size);
    ok(strstr(told, " c31:'d' truncated;") != NULL, "32 fields of a record");
    ok(strstr(told, "c32") == NULL, "and no more");
    ok(strstr(told, ";LINE INFO resource_a0:'b'") != NULL, "the next one begins anew");
    ok(strstr(told, " resource_a15:'b' truncated;") != NULL, "16 fields of a resource");
}

static void test_shapes(void)
{
    static const case_t cases[] = {
        { "{}", "" },
        { "{\"resourceLogs\":null,\"other\":[1]}", "" },
        { "{\"resourceLogs\":[]}", "" },
        { "{\"resourceLogs\":[{}]}", "" },
        { "{\"resourceLogs\":[{\"scopeLogs\":[{}]}]}", "" },
        { "[]", "invalid: the body is no object;" },
        { "5", "invalid: the body is no object;" },
        { "{\"resourceLogs\":{}}", "invalid: resourceLogs[0]: this is no array;" },
        { "{\"resourceLogs\":[{\"scopeLogs\":5}]}",
          "invalid: resourceLogs[0].scopeLogs[0]: this is no array;" },
        { "{\"resourceLogs\":[{},5,{\"scopeLogs\":[7,{\"logRecords\":[{},8,{}]}]}]}",
          "invalid: resourceLogs[1]: this is no object;"
          "invalid: resourceLogs[2].scopeLogs[0]: this is no object;LINE INFO;"
          "invalid: resourceLogs[2].scopeLogs[1].logRecords[1]: this is no object;LINE INFO;" },
        { REQUEST("", "", "{\"attributes\":{}},{\"body\":\"x\"},{}"),
          "invalid: resourceLogs[0].scopeLogs[0].logRecords[0]: attributes is no array;"
          "invalid: resourceLogs[0].scopeLogs[0].logRecords[1]: body is no object;LINE INFO;" },
    };
    t2m_event_result_t result;

    run(cases, COUNT(cases));
    result = read_bytes(cases[9].request, strlen(cases[9].request));
    is_number(result.taken, 2, "what was taken is counted");
    is_number(result.refused, 3, "and what was not");
    is_number(result.first, T2M_EVENT_INVALID, "the first reason");
    is_bytes(result.detail, strlen(result.detail), "resourceLogs[1]: this is no object",
             "and what it is");
    is_number(result.lost + result.unsupported + (unsigned)result.event_id[0], 0, "nothing else");
}

static void test_no_json(void)
{
    char deep[256] = "{\"resourceLogs\":";
    t2m_event_result_t result = read_bytes("{\"resourceLogs\":", 16);

    ok(strncmp(told, "not_json: ", 10) == 0, "a cut body is no JSON: %s", told);
    is_number(result.refused, 1, "is refused once");
    is_number(result.first, T2M_EVENT_NOT_JSON, "for that");
    (void)read_bytes("", 0);
    ok(strncmp(told, "not_json: ", 10) == 0, "so is an empty one: %s", told);
    (void)read_bytes("{\"a\":1,\"a\":2}", 13);
    ok(strncmp(told, "duplicate_key: ", 15) == 0, "two names that are one: %s", told);
    memset(deep + 16, '[', 100);
    (void)read_bytes(deep, 116);
    ok(strncmp(told, "too_deep: ", 10) == 0, "too deep: %s", told);
}

static void test_lost(void)
{
    t2m_event_result_t result;

    lose = 1;
    result = is_told(REQUEST("", "", "{},{}"), "LINE INFO;LINE INFO;");
    lose = 0;
    is_number(result.lost, 2, "what was not kept is counted");
    is_number(result.taken + result.refused, 0, "and neither taken nor refused");
}

int main(void)
{
    test_bodies();
    test_long_body();
    test_severities();
    test_times();
    test_ids();
    test_attributes();
    test_exceptions();
    test_resources();
    test_resource_arrays();
    test_many();
    test_shapes();
    test_no_json();
    test_lost();
    return tap_done();
}
