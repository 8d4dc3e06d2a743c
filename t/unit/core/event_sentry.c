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

/* Sentry's envelopes and events: what real libraries sent, then each rule of the protocol. */
#include "core/event_internal.h"

#include "event_sentry_samples.h"
#include "event_told.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void envelope(const char *text)
{
    read_size(t2m_event_sentry_envelope, text, strlen(text));
}

static void store(const char *text)
{
    read_size(t2m_event_sentry_store, text, strlen(text));
}

static void is_id(const char *want)
{
    is_bytes(result.event_id, strlen(result.event_id), want, "the id to answer with");
}

static void test_python_exception(void)
{
    store(python_exception);
    is_number(result.taken, 1, "Flask's exception");
    is_id("09452833b3bd4354890612d4eaca4247");
    is_number(last.kind, T2M_EVENT_EXCEPTION, "is one");
    is_number(last.level, T2M_LEVEL_ERROR, "its level");
    is_number(last.time, APR_INT64_C(1795406861338804), "its time");
    is_number(last.stack.frame_count, 4, "frames");
    has("type=OutOfStock");
    has("value=no more of 9");
    has("cause type=KeyError");
    has("cause value='b'");
    has("frame 0=wsgi_app|/usr/lib/python3/dist-packages/flask/app.py|2525|0|0|"
        "File \"/usr/lib/python3/dist-packages/flask/app.py\", line 2525, in wsgi_app\n"
        "    response = self.full_dispatch_request()");
    has("frame 1=cart|/srv/app/app.py|22|1|0|File \"/srv/app/app.py\", line 22, in cart\n"
        "    raise OutOfStock('no more of '+id) from e");
    has("frame 3=load|/srv/app/app.py|10|1|1|File \"/srv/app/app.py\", line 10, in load\n"
        "    return {'a':1}[n]");
    ok(!last.stack.innermost_first, "the outermost first");
    has("request_id=req-12345678");
    has("trace_id=0af7651916cd43dd8448eb211c80319c");
    has("span_id=b7ad6b7169203331");
    has("field sentry_trace_id=4648940e646d4d85a153f3ca8ab214fd");
    has("method=GET");
    has("path=/cart/9");
    has("ip=192.0.2.7");
    has("release=shop@1.2");
    has("environment=production");
    has("hostname=web-1");
    has("event_id=09452833b3bd4354890612d4eaca4247");
    has("field endpoint=cart");
    has("field handled=0");
    has("field platform=python");
    has("field sdk_name=sentry.python");
    has("field sdk_version=1.9.10");
    has("field user_id=42");
    has("field user_email=a@b.example");
    has_not("field user_ip_address");
    has("field team=check out");
    has("field note={\"x\":[1,2]}");
    has("field sys_argv=[\"app.py\"]");
    has("field cart_items=3");
    has("field cart_total=9.5");
    has("field cart_vip=1");
    has_not("field runtime");
    has("breadcrumb 1795406861336049 1 db=opened");
    has("breadcrumb 1795406861336203 2 root=stock of 9 low");
    ok(!last.truncated, "nothing is left out");
}

static void test_python_rest(void)
{
    envelope(python_transaction);
    is_told("cart\n");
    is_id("ab5745acc4a141bcbf65b3c505be2725");
    is_number(last.kind, T2M_EVENT_PERFORMANCE, "a transaction is a metric");
    is_number(last.level, T2M_LEVEL_INFO, "of level INFO");
    is_number(last.duration, 132010, "its duration");
    is_number(last.time, APR_INT64_C(1795406861467254), "its end");
    is_number(last.status, 500, "its status");
    has("function=http.server");
    has("method=GET");
    has("path=/cart/9");
    has("request_id=req-12345678");
    has("field http_status_code=500");
    store(python_message);
    is_told("just a message\n");
    is_number(last.kind, T2M_EVENT_LINE, "a message is a line");
    is_number(last.level, T2M_LEVEL_WARNING, "its level");
    is_number(last.stack.frame_count, 0, "the thread that sent it says nothing");
    store(python_line);
    is_told("stock of x: 7\n");
    is_number(last.level, T2M_LEVEL_ERROR, "logging.error");
    has("logger=shop.cart");
    envelope(python_sessions);
    is_told("unsupported: item 1: sessions is not kept\n");
    is_number(result.unsupported, 1, "counted");
    is_number(result.refused + result.taken + result.lost, 0, "and no error");
    is_number(result.first, T2M_EVENT_OK, "without a reason");
    is_id("");
    envelope(python_report);
    is_told("unsupported: item 1: client_report is not kept\n");
}

static void test_node(void)
{
    envelope(node_exception);
    is_number(result.taken, 1, "Node's exception");
    is_id("890da9d7a189413a88a8a01b07858ee5");
    is_number(last.kind, T2M_EVENT_EXCEPTION, "is one");
    is_number(last.time, APR_INT64_C(1795406863205000), "its time");
    has("type=RangeError");
    has("value=cart /cart/9?x=1 broken");
    has("cause type=SyntaxError");
    has("frame 0=Object.withScope|/srv/app/node_modules/@sentry/server-utils/build/cjs/"
        "async-context.js|22|0|0|at Object.withScope (/srv/app/node_modules/@sentry/server-utils/"
        "build/cjs/async-context.js:22)");
    has("frame 1=load|/srv/app/app.js|4|1|0|at load (/srv/app/app.js:4)");
    has("frame 3=JSON.parse|<anonymous>|0|0|1|at JSON.parse (<anonymous>)");
    has("request_id=req-12345678");
    has("trace_id=0af7651916cd43dd8448eb211c80319c");
    has("path=/cart/9");
    has("ip=127.0.0.1");
    has("field handled=1");
    has("field endpoint=GET /cart/9");
    has("breadcrumb 1795406863204000 1 db=opened");
    has_not("field os");
    envelope(node_message);
    is_told("just a message\n");
    is_number(last.kind, T2M_EVENT_LINE, "a stack without a type makes no exception of it");
    is_number(last.level, T2M_LEVEL_WARNING, "its level");
    envelope(node_check_in);
    is_told("unsupported: item 1: check_in is not kept\n");
    envelope(node_log);
    is_told("hello\n");
    is_number(last.kind, T2M_EVENT_LINE, "a log record");
    is_number(last.level, T2M_LEVEL_INFO, "its level");
    is_number(last.time, APR_INT64_C(1795406863210678), "its time");
    has("trace_id=23e61534a55343e0911798c2b072de61");
    has("hostname=web-1");
    has("release=shop@1.2");
    has("field a=1");
    has("field user_id=42");
    has_not("field sentry");
    has_not("field server");
    envelope(node_spans);
    is_told("GET\nGET 127.0.0.1\n");
    is_number(last.kind, T2M_EVENT_PERFORMANCE, "spans that are whole transactions");
    is_number(last.duration, 31883, "their duration");
    is_number(last.status, 200, "status");
    has("function=http.client");
    has("path=/cart/9");
    has("method=GET");
}

/* develop.sentry.dev/sdk/data-model/envelopes, and what departs from it. */
static const struct {
    const char *body, *told;
    int taken, refused, unsupported;
} framings[] = {
    { "{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dc\"}\n"
      "{\"type\":\"attachment\",\"length\":10,\"filename\":\"hello.txt\"}\n\xef\xbb\xbfHello\r\n\n"
      "{\"type\":\"event\",\"length\":41}\n{\"message\":\"hello world\",\"level\":\"error\"}\n",
      "unsupported: item 1: attachment is not kept\nhello world\n", 1, 0, 1 },
    { "{}\n{\"type\":\"event\",\"length\":41}\n{\"message\":\"hello world\",\"level\":\"error\"}",
      "hello world\n", 1, 0, 0 },
    { "{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"attachment\",\"length\":0}\n\n",
      "unsupported: item 1: attachment is not kept\n"
      "unsupported: item 2: attachment is not kept\n", 0, 0, 2 },
    { "{}\n{\"type\":\"attachment\",\"length\":0}\n\n{\"type\":\"attachment\",\"length\":0}\n",
      "unsupported: item 1: attachment is not kept\n"
      "unsupported: item 2: attachment is not kept\n", 0, 0, 2 },
    { "{}\n{\"type\":\"attachment\"}\nhelloworld\n{\"type\":\"session\"}\n{\"a\":1}",
      "unsupported: item 1: attachment is not kept\nunsupported: item 2: session is not kept\n", 0,
      0, 2 },
    { "{}\n{\"type\":\"event\",\"length\":20}\n{\"message\":\n\n\"two\"}\n\n\n"
      "{\"type\":\"event\",\"length\":null}\n{\"message\":\"three\"}\n", "two\nthree\n", 2, 0, 0 },
    { "{}", "", 0, 0, 0 },
    { "{}\n", "", 0, 0, 0 },
    { "{}\n{\"type\":\"no such\\ntype\"}\nx\n", "unsupported: item 1: unknown type is not kept\n",
      0, 0, 1 },
    { "{}\n{\"type\":\"profile\"}\nx\n{\"type\":\"replay_event\"}\nx\n{\"type\":\"user_report\"}",
      "unsupported: item 1: profile is not kept\nunsupported: item 2: replay_event is not kept\n"
      "unsupported: item 3: user_report is not kept\n", 0, 0, 3 },
    /* a bad item costs itself */
    { "{}\n{\"type\":\"event\"}\n{bad\n{\"type\":\"event\"}\n{\"message\":\"good\"}",
      "not_json: item 1: string or '}' expected at byte 4\ngood\n", 1, 1, 0 },
    { "{}\n{\"type\":\"event\"}\n[]\n{\"type\":\"event\"}\n{\"message\":\"good\"}",
      "invalid: item 1: no object\ngood\n", 1, 1, 0 },
    { "{}\n{\"type\":\"event\"}\n{\"level\":\"error\"}\n{\"type\":\"event\"}\n{\"message\":\"a\"}",
      "invalid: item 1: neither a message nor an exception\na\n", 1, 1, 0 },
    { "{}\n{\"type\":\"event\"}\n{\"a\":1,\"a\":1}\n{\"type\":\"event\"}\n{\"message\":\"a\"}",
      "duplicate_key: item 1: duplicate object key at byte 10\na\n", 1, 1, 0 },
    { "{}\n{\"type\":\"event\"}\n{\"message\":\"\\ud800\xff\"}\n", "\xef\xbf\xbd\xef\xbf\xbd\n", 1,
      0, 0 },
    { "{}\n{\"length\":2}\n{}\n{\"type\":\"event\"}\n{\"message\":\"a\"}",
      "invalid: item 1: no type\na\n", 1, 1, 0 },
    { "{}\n{\"type\":1}\n{}\n{\"type\":\"event\"}\n{\"message\":\"a\"}",
      "invalid: item 1: no type\na\n", 1, 1, 0 },
    { "{}\n{\"type\":\"event\"}", "not_json: item 1: unexpected token at byte 0\n", 0, 1, 0 },
    { "{}\n{\"type\":\"log\"}\n{\"items\":[{\"body\":\"a\"},{},1,{\"body\":\"b\"}]}",
      "a\ninvalid: item 1, record 2: a log record without a body\n"
      "invalid: item 1, record 3: no object\nb\n", 2, 2, 0 },
    { "{}\n{\"type\":\"span\"}\n{\"items\":[{\"name\":\"part\"},{\"is_segment\":true},"
      "{\"is_segment\":true,\"start_timestamp\":1,\"end_timestamp\":2},"
      "{\"is_segment\":true,\"start_timestamp\":2,\"end_timestamp\":1,\"name\":\"n\"}]}",
      "invalid: item 1, record 2: no time of start or end\n"
      "invalid: item 1, record 3: a span without a name\n"
      "invalid: item 1, record 4: it ends before its start\n", 0, 3, 0 },
    { "{}\n{\"type\":\"span\"}\n{\"op\":\"db\"}",
      "unsupported: item 1: no container of several records\n", 0, 0, 1 },
    { "{}\n{\"type\":\"log\"}\n{", "not_json: item 1: string or '}' expected at byte 1\n", 0, 1,
      0 },
    /* behind these nothing can be read: an attachment may hold anything */
    { "{}\n{\"type\":\"attachment\",\"length\":99}\n\n{\"type\":\"event\"}\n{\"message\":\"a\"}",
      "invalid: item 1: the body ends before its length\n", 0, 1, 0 },
    { "{}\n{\"type\":\"attachment\",\"length\":1}\nab\n{\"type\":\"event\"}\n{\"message\":\"a\"}",
      "invalid: item 1: no end of line behind its length\n", 0, 1, 0 },
    { "{}\n{\"type\":\"attachment\",\"length\":-1}\na\n{\"type\":\"event\"}\n{\"message\":\"a\"}",
      "invalid: item 1: length is no whole number\n", 0, 1, 0 },
    { "{}\n{\"type\":\"attachment\",\"length\":\"1\"}\na\n{\"type\":\"event\"}\n{}",
      "invalid: item 1: length is no whole number\n", 0, 1, 0 },
    { "{}\n[]\na\n{\"type\":\"event\"}\n{\"message\":\"a\"}",
      "invalid: item 1: the header is no object\n", 0, 1, 0 },
    { "[]\n{\"type\":\"event\"}\n{\"message\":\"a\"}", "invalid: the header is no object\n", 0, 1,
      0 },
};

static void test_framing(void)
{
    size_t i;

    for (i = 0; i < COUNT(framings); i++) {
        envelope(framings[i].body);
        is_told(framings[i].told);
        ok(result.taken == (unsigned)framings[i].taken
               && result.refused == (unsigned)framings[i].refused
               && result.unsupported == (unsigned)framings[i].unsupported, "and counted");
    }
    envelope("");
    is_number(result.refused, 1, "an empty body is no envelope");
    is_number(result.first, T2M_EVENT_NOT_JSON, "for it is no JSON");
    refuses_to_keep = 1;
    envelope("{}\n{\"type\":\"event\"}\n{\"message\":\"a\"}");
    refuses_to_keep = 0;
    is_number(result.lost, 1, "what could not be kept is counted");
    store("[]");
    is_told("invalid: no object\n");
    is_bytes(result.detail, strlen(result.detail), "no object", "and the answer has it");
    store("{");
    is_number(result.first, T2M_EVENT_NOT_JSON, "no JSON");
}

static void test_ids(void)
{
    envelope("{\"event_id\":\"9EC79C33-ec99-42ab-8353-589fcb2e04dc\"}\n{\"type\":\"event\"}\n"
             "{\"message\":\"a\"}");
    is_id("9ec79c33ec9942ab8353589fcb2e04dc");
    has("event_id=9ec79c33ec9942ab8353589fcb2e04dc");
    envelope("{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dcc\"}\n");
    is_id("");
    envelope("{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04d\"}\n");
    is_id("");
    envelope("{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dx\"}\n");
    is_id("");
    envelope("{\"event_id\":\"9ec79c33ec9942ab8353589fcb2e04dcz\"}\n");
    is_id("");
}

static void test_large(void)
{
    enum { SIZE = T2M_EVENT_ITEM_MAX };
    static const char start[] = "{\"message\":\"";
    char *text = malloc(SIZE + 1);

    memset(text, 'x', SIZE);
    memcpy(text, start, strlen(start));
    memcpy(text + SIZE - 2, "\"}", 2);
    told[0] = '\0';
    t2m_event_sentry_store(t2m_text_of(text, SIZE + 1), &event, take, &event, &result);
    is_told("too_large: more than a megabyte\n");
    free(text);
}

/* The message of an event, as it is told. */
static void check_message(const char *members, const char *want)
{
    char text[512], line[512];

    snprintf(text, sizeof(text), "{%s}", members);
    store(text);
    snprintf(line, sizeof(line), "%s\n", want);
    is_told(line);
}

static void test_messages(void)
{
    char *text = malloc(40000);

    check_message("\"message\":\"a\"", "a");
    check_message("\"message\":{\"formatted\":\"a\",\"message\":\"b\"}", "a");
    check_message("\"message\":\"a\",\"logentry\":{\"message\":\"b\"}", "b");
    check_message("\"logentry\":{\"formatted\":\"f\",\"message\":\"%s\",\"params\":[1]}", "f");
    check_message("\"logentry\":{\"message\":\"%s, %-5.2f%%, %d of {} %s\",\"params\":[\"a\",1.5,"
                  "{\"k\":[true]},null]}", "a, 1.5%, {\"k\":[true]} of null %s");
    check_message("\"logentry\":{\"message\":\"100%\",\"params\":[1]}", "100%");
    check_message("\"logentry\":{\"message\":\"50% of {\",\"params\":[1]}", "50% of {");
    check_message("\"logentry\":{\"message\":\"%s\",\"params\":{\"a\":1}}", "%s");
    check_message("\"logentry\":{\"message\":\"%s {}\",\"params\":[]}", "%s {}");
    (void)snprintf(text, 100, "%s", "{\"logentry\":{\"message\":\"%s!\",\"params\":[\"");
    memset(text + strlen(text) + 1, 0, 1);
    memset(text + strlen(text), 'x', 20000 - strlen(text));
    memcpy(text + 20000, "\"]}}", sizeof("\"]}}"));
    store(text);
    ok(last.truncated && last.message.size == T2M_EVENT_SCRATCH / 4 * 3, "a long one is cut");
    free(text);
}

static void test_exceptions(void)
{
    store("{\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"mechanism\":{\"handled\":true}}],"
          "\"message\":\"m\",\"level\":\"fatal\"}");
    is_told("m\n");
    is_number(last.kind, T2M_EVENT_EXCEPTION, "a list");
    is_number(last.level, T2M_LEVEL_CRITICAL, "fatal");
    has("type=E");
    has("field handled=1");
    store("{\"exception\":{\"values\":[]},\"message\":\"m\"}");
    is_number(last.kind, T2M_EVENT_LINE, "none");
    store("{\"exception\":{\"values\":[{}]}}");
    is_told("invalid: neither a message nor an exception\n");
    store("{\"exception\":{\"values\":[null,{\"value\":\"v\"}]}}");
    is_number(last.kind, T2M_EVENT_EXCEPTION, "a message is enough");
    is_number(last.stack.cause_count, 0, "a cause without type and message is none");
    store("{\"exception\":[{\"value\":\"v\"}],\"message\":\"m\",\"level\":\"error\"}");
    is_number(last.kind, T2M_EVENT_EXCEPTION, "a message that is an error keeps its stack");
    store("{\"platform\":\"python\",\"exception\":[{\"type\":\"E\",\"module\":\"shop.errors\"},"
          "{\"type\":\"F\",\"module\":\"builtins\"}]}");
    has("type=F");
    has("cause type=shop.errors.E");
    store("{\"platform\":\"ruby\",\"exception\":[{\"type\":\"A::E\",\"module\":\"A\"}]}");
    has("type=A::E");
    store("{\"exception\":[{\"type\":\"1\"},{\"type\":\"2\"},{\"type\":\"3\"},{\"type\":\"4\"},"
          "{\"type\":\"5\"},{\"type\":\"6\"},{\"type\":\"7\"},{\"type\":\"8\"},{\"type\":\"9\"},"
          "{\"type\":\"main\"}]}");
    has("type=main");
    is_number(last.stack.cause_count, T2M_STACK_CAUSES_MAX, "as many causes as can be");
    ok(last.stack.truncated, "more are told");
    has("cause type=9");
    has_not("cause type=1");
}

static void frames(const char *platform, const char *list)
{
    char text[1024];

    snprintf(text, sizeof(text), "{\"platform\":\"%s\",\"exception\":[{\"type\":\"E\","
             "\"stacktrace\":{\"frames\":[%s]}}]}", platform, list);
    store(text);
}

static void test_frames(void)
{
    frames("java", "{\"module\":\"com.shop.Cart\",\"function\":\"add\",\"filename\":\"Cart.java\","
           "\"lineno\":12}");
    has("frame 0=com.shop.Cart.add|Cart.java|12|1|0|at com.shop.Cart.add (Cart.java:12)");
    frames("python", "{\"filename\":\"a.py\",\"function\":\"f\",\"lineno\":3}");
    has("frame 0=f|a.py|3|1|0|File \"a.py\", line 3, in f");
    frames("python", "{\"filename\":\"a.py\",\"lineno\":3}");
    has("frame 0=|a.py|3|1|0|at a.py:3");
    frames("php", "{\"function\":\"f\",\"in_app\":true}");
    has("frame 0=f||0|0|0|at f");
    frames("native", "{\"instruction_addr\":\"0x7f\"},{},null,{\"lineno\":3}");
    has("frame 0=0x7f||0|0|0|at 0x7f");
    is_number(last.stack.frame_count, 1, "a frame of nothing is none");
    frames("php", "{\"filename\":\"/srv/vendor/a.php\",\"lineno\":-1,\"in_app\":true},"
           "{\"filename\":\"/srv/a.php\",\"in_app\":false},{\"filename\":\"/srv/b.php\"}");
    has("frame 0=|/srv/vendor/a.php|0|0|0|at /srv/vendor/a.php");
    has("frame 1=|/srv/a.php|0|0|0|at /srv/a.php");
    has("frame 2=|/srv/b.php|0|1|0|at /srv/b.php");
    store("{\"exception\":[{\"type\":\"E\"}],\"threads\":{\"values\":[{\"stacktrace\":{\"frames\":"
          "[{\"function\":\"other\"}]}},{\"current\":true,\"stacktrace\":{\"frames\":["
          "{\"function\":\"current\"}]}},{\"crashed\":true,\"stacktrace\":{\"frames\":["
          "{\"function\":\"crashed\"}]}}]}}");
    has("frame 0=crashed||0|0|0|at crashed");
    store("{\"exception\":[{\"type\":\"E\"}],\"threads\":[{\"current\":true,\"stacktrace\":{"
          "\"frames\":[{\"function\":\"current\"}]}},{\"current\":true}]}");
    has("frame 0=current||0|0|0|at current");
}

/* Many frames, long ones: the middle is left out, and texts that do not fit are short. */
static void test_many_frames(void)
{
    char *text = malloc(120000), *at = text;
    int i;

    at += snprintf(at, 120000, "{\"tags\":{\"a\":\"b\"},\"exception\":[{\"type\":\"E\","
                   "\"stacktrace\":{\"frames\":[");
    for (i = 0; i < 500; i++) {
        at += snprintf(at, (size_t)(text + 120000 - at),
                       "%s{\"function\":\"f%d\",\"filename\":\"/%0200d\"}", i ? "," : "", i, 0);
    }
    memcpy(at, "]}}]}", sizeof("]}}]}"));
    store(text);
    is_number(last.stack.frame_count, T2M_STACK_FRAMES_MAX, "as many as can be");
    ok(last.stack.truncated, "more are told");
    ok(strstr(shown, "\nframe 49=f49|") && strstr(shown, "\nframe 50=f450|")
           && strstr(shown, "\nframe 99=f499|"), "the outermost and the innermost half");
    ok(strstr(shown, "|f499\n") != NULL, "a frame whose text does not fit is its function");
    has("field a=b");
    free(text);
}

#define JAVA "java.lang.IllegalStateException: no stock\\n\\tat com.shop.Cart.add(Cart.java:12)"

static void test_raw_stacks(void)
{
    store("{\"exception\":[{\"type\":\"Cause\"},{\"stacktrace\":\"" JAVA "\"}]}");
    has("type=java.lang.IllegalStateException");
    has("value=no stock");
    has("frame 0=com.shop.Cart.add|Cart.java|12|1|0|at com.shop.Cart.add(Cart.java:12)");
    is_number(last.stack.cause_count, 0, "a whole trace has all");
    store("{\"exception\":[{\"type\":\"E\",\"value\":\"v\",\"stack\":\"" JAVA "\"}]}");
    has("type=E");
    has("value=v");
    store("{\"exception\":[{\"type\":\"E\",\"stack\":\"one\\n \\ntwo\"}]}");
    has("frame 1=||0|0|0|two");
}

static void test_request(void)
{
    store("{\"message\":\"m\",\"request\":{\"url\":\"https://x/y?z\",\"headers\":[[\"Host\",\"h\"],"
          "[\"x-request-id\",\"req-12345678\"],[1,2],3],\"env\":{\"REMOTE_ADDR\":\"192.0.2.9\"}},"
          "\"user\":{\"ip_address\":\"{{auto}}\"},\"contexts\":{\"trace\":{\"trace_id\":"
          "\"0AF7651916cd43dd8448eb211c80319c\",\"span_id\":\"b7ad6b7169203331\"}}}");
    has("path=/y");
    has("request_id=req-12345678");
    has("ip=192.0.2.9");
    has("trace_id=0af7651916cd43dd8448eb211c80319c");
    has("span_id=b7ad6b7169203331");
    has_not("field sentry_trace_id");
    has_not("field user_ip_address");
    store("{\"message\":\"m\",\"request\":{\"headers\":{\"X-Request-ID\":[\"req-12345678\"]}},"
          "\"tags\":{\"request_id\":\"req-87654321\"}}");
    has("request_id=req-12345678");
    store("{\"message\":\"m\",\"tags\":[[\"request_id\",\"no id\"],[\"a\",\"b\"],[7,8],9]}");
    has_not("request_id");
    has("field request_id=no id");
    has("field a=b");
    store("{\"message\":\"m\",\"tags\":{\"request_id\":\"req-87654321\"},\"user\":{\"ip_address\":"
          "\"{{auto}}\"}}");
    has("request_id=req-87654321");
    has("field user_ip_address={{auto}}");
    store("{\"message\":\"m\",\"user\":7,\"tags\":8,\"extra\":[9],\"contexts\":\"x\",\"request\":"
          "[],\"breadcrumbs\":3,\"sdk\":4,\"timestamp\":\"soon\",\"level\":5}");
    is_number(last.field_count, 0, "what is of another kind is nothing");
    is_number(last.level, T2M_LEVEL_ERROR, "an event is an error if it does not say");
    is_number(last.time, 0, "no time");
    store("{\"message\":\"m\",\"contexts\":{\"os\":{\"name\":\"x\"},\"my ctx\":{\"a\":1},"
          "\"other\":7}}");
    has("field my_ctx_a=1");
    is_number(last.field_count, 1, "contexts");
}

static void test_breadcrumbs(void)
{
    char text[4096], *at = text;
    int i;

    at += snprintf(at, sizeof(text), "{\"message\":\"m\",\"breadcrumbs\":[7");
    for (i = 0; i < 25; i++) {
        at += snprintf(at, (size_t)(text + sizeof(text) - at),
                       ",{\"message\":\"b%d\",\"level\":\"fatal\"}", i);
    }
    memcpy(at, ",null]}", sizeof(",null]}"));
    store(text);
    is_number(last.breadcrumb_count, T2M_EVENT_BREADCRUMBS_MAX, "as many as can be");
    has("breadcrumb 0 4 =b6");
    has("breadcrumb 0 4 =b24");
    has("breadcrumb 0 1 =");
    has_not("breadcrumb 0 4 =b5");
}

static void check_transaction(const char *members, int status)
{
    char text[512];

    snprintf(text, sizeof(text), "{\"type\":\"transaction\",\"transaction\":\"t\","
             "\"start_timestamp\":1,\"timestamp\":2.5,%s}", members);
    store(text);
    is_number(result.taken, 1, members);
    is_number(last.duration, 1500000, "its duration");
    is_number(last.status, status, "its status");
}

static void test_transactions(void)
{
    check_transaction("\"contexts\":{\"trace\":{\"status\":\"ok\"}}", 0);
    check_transaction("\"contexts\":{\"trace\":{\"status\":\"not_found\"}}", 404);
    check_transaction("\"contexts\":{\"trace\":{\"status\":\"strange\"}}", 0);
    check_transaction("\"contexts\":{\"response\":{\"status_code\":201},\"trace\":{\"status\":"
                      "\"internal_error\"}}", 201);
    check_transaction("\"tags\":{\"http.status_code\":\"503\"}", 503);
    check_transaction("\"contexts\":{\"trace\":{\"data\":{\"http.response.status_code\":204}}}",
                      204);
    check_transaction("\"contexts\":{\"trace\":{\"data\":{\"http.status_code\":205}}}", 205);
    store("{\"type\":\"transaction\",\"start_timestamp\":1,\"timestamp\":2,\"contexts\":{\"trace\":"
          "{\"op\":\"task\"}}}");
    is_told("task\n");
    store("{\"type\":\"transaction\",\"start_timestamp\":1,\"timestamp\":2}");
    is_told("invalid: a transaction without a name\n");
    store("{\"type\":\"transaction\",\"transaction\":\"t\",\"timestamp\":2}");
    is_told("invalid: no time of start or end\n");
    store("{\"type\":\"transaction\",\"transaction\":\"t\",\"start_timestamp\":3,\"timestamp\":2}");
    is_told("invalid: it ends before its start\n");
    envelope("{}\n{\"type\":\"span\"}\n{\"items\":[{\"is_segment\":true,\"start_timestamp\":1,"
             "\"end_timestamp\":2,\"name\":\"n\",\"status\":\"error\",\"attributes\":{"
             "\"request_id\":{\"value\":\"req-12345678\"},\"http.request.header.traceparent\":{"
             "\"value\":[\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\"]}}}]}");
    is_number(last.status, 500, "a span that failed");
    has("request_id=req-12345678");
    has("trace_id=0af7651916cd43dd8448eb211c80319c");
    envelope("{}\n{\"type\":\"log\"}\n{\"items\":[{\"body\":\"b\",\"attributes\":7}]}");
    is_number(last.field_count, 0, "no attributes");
}

int main(void)
{
    test_python_exception();
    test_python_rest();
    test_node();
    test_framing();
    test_ids();
    test_large();
    test_messages();
    test_exceptions();
    test_frames();
    test_many_frames();
    test_raw_stacks();
    test_request();
    test_breadcrumbs();
    test_transactions();
    return tap_done();
}
