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

/* Tests of modules/server/answer_text.c: tables that line up, and bytes that are harmless. */
#include "answer_world.h"

static const char *text_of(site_t *site, const char *json)
{
    json_t *answer = json_loads(json, JSON_ALLOW_NUL, NULL);
    apr_size_t size;
    const char *text = t2m_answer_text(site->pool, answer, &size);

    json_decref(answer);
    return apr_pstrmemdup(site->pool, text, size);
}

static void is_text(site_t *site, const char *json, const char *want, const char *name)
{
    const char *text = text_of(site, json);

    is_bytes(text, strlen(text), want, name);
}

static void test_shapes(site_t *site)
{
    is_text(site, "{\"b\":[],\"a\":1,\"total\":\"x\",\"c\":true,\"d\":1.5,\"e\":null}",
            "a: 1\ntotal: x\nc: true\nd: 1.500\ne: \n\nb\n(none)\n",
            "single values first, then the tables");
    is_text(site, "{\"event_summary\":{\"short\":2,\"a longer one\":{\"x\":[1]}}}",
            "\nevent_summary\nname          value\nshort         2\na longer one  {\"x\":[1]}\n",
            "an object");
    is_text(site, "{\"reasons\":[\"one\",\"two\"]}",
            "\nreasons\nname  value\n1     one\n2     two\n", "a list");
}

static void test_tables(site_t *site)
{
    is_text(site,
            "{\"error_summary\":{\"0123456789ab\":{\"count_last_hour\":5,\"count_total\":150,"
            "\"last_seen\":1705320000,\"state\":\"new\",\"level\":\"ERROR\","
            "\"type\":\"caf\xc3\xa9\","
            "\"message\":\"m\"},"
            "\"ba9876543210\":{\"count_total\":1,\"type\":\"x\",\"message\":\"n\"}}}",
            "\nerror_summary\n"
            "error_id      last hour  total  last seen             state  level  type  message\n"
            "0123456789ab          5    150  2024-01-15T12:00:00Z  new    ERROR  caf\xc3\xa9  m\n"
            "ba9876543210                 1                                      x     n\n",
            "numbers to the right, moments as times, characters and not bytes");
    is_text(site,
            "{\"ledger\":{\"app\":{\"accepted\":3,\"written\":2,\"suppressed\":0,"
            "\"dropped\":{\"full\":1,\"reentry\":0,\"reserved\":0,\"shed\":0,\"refused\":0},"
            "\"waiting\":0,\"worker_died\":0}}}",
            "\nledger\n"
            "stream  accepted  written  suppressed  full  reentry  reserved  shed  refused  "
            "waiting  worker died\n"
            "app            3        2           0     1        0         0     0        0  "
            "      0            0\n",
            "members of members");
    is_text(site,
            "{\"security_events\":[{\"timestamp\":\"t\",\"extra_fields\":{\"event\":\"e\"}}]}",
            "\nsecurity_events\ntimestamp  severity  event  ip  attempts  path\n"
            "t                    e\n", "members under extra_fields");
    is_text(site,
            "{\"slow_requests\":[{\"timestamp\":\"t\",\"duration_ms\":3200.5,"
            "\"status\":200}]}",
            "\nslow_requests\n"
            "timestamp  duration  status  request_id  metric\n"
            "t          3200.500     200\n", "no blanks at the end of a line");
}

/* Every member of the answers has a table of its own; what is in none is shown as it is. */
static void test_members(site_t *site)
{
    static const char *const members[] = {
        "error_summary", "recent_errors", "performance_metrics", "slow_requests",
        "security_events", "records", "ledger", "files", "endpoints"
    };

    for (apr_size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        const char *text = text_of(site, apr_psprintf(site->pool, "{\"%s\":{\"a\":{}}}",
                                                      members[i]));

        ok(strstr(text, "value") == NULL, "%s has columns", members[i]);
    }
}

static unsigned widest(const char *text)
{
    unsigned most = 0, width = 0;

    for (; *text; text++) {
        width = *text == '\n' ? 0 : width + (((unsigned char)*text & 0xc0) != 0x80);
        most = width > most ? width : most;
    }
    return most;
}

/* Rows as wide as they come, whatever the table: numbers are told in full, texts make room. */
static void test_widest(site_t *site, const char *message)
{
    static const char *const members[] = {
        "error_summary", "recent_errors", "performance_metrics", "slow_requests",
        "security_events", "records", "files", "endpoints"
    };
    const char *large = "1000000000000000000", *texts = "", *text;
    static const char *const names[] = {
        "timestamp", "level", "error_id", "endpoint", "message", "type", "metric", "request_id",
        "state", "severity", "event", "ip", "path", "stream", "description"
    };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        texts = apr_pstrcat(site->pool, texts, ",\"", names[i], "\":\"", message, "\"", NULL);
    }
    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        text = text_of(site, apr_pstrcat(site->pool, "{\"", members[i], "\":{\"", message,
                                         "\":{\"duration_ms\":1234567.5,\"avg_ms\":1234567.5,"
                                         "\"attempts\":1000000,\"count\":1000000,"
                                         "\"count_total\":1000000,\"size_bytes\":1000000000000",
                                         texts, "}}}", NULL));
        ok(widest(text) <= 120, "%s: %u columns at most", members[i], widest(text));
    }
    text = text_of(site, apr_psprintf(site->pool,
                                      "{\"performance_metrics\":{\"%s\":{\"count\":%s,"
                                      "\"avg_ms\":%s,\"min_ms\":%s,\"max_ms\":%s,"
                                      "\"p50_ms\":%s,\"p90_ms\":%s}}}",
                                      message, large, large, large, large, large, large));
    ok(strstr(text, "\n\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
                    "\xe2\x80\xa6  1000000000000000000") != NULL,
       "numbers that leave no place are told all the same, and ten characters of the text");
}

static void test_cuts(site_t *site)
{
    char *message = apr_pcalloc(site->pool, 1001);
    const char *text;
    int i;

    for (i = 0; i < 500; i++) {
        memcpy(message + (apr_size_t)i * 2, "\xc3\xa9", 2);
    }
    text = text_of(site, apr_psprintf(site->pool,
                                      "{\"recent_errors\":[{\"timestamp\":\"%.24s\",\"message\":"
                                      "\"%s\"},{\"error_id\":\"0123456789abc\"}]}",
                                      "2024-01-15T10:30:45.123Z", message));
    is_number(widest(text), 120, "the last column is cut where the line ends");
    ok(strstr(text, "\xc3\xa9\xe2\x80\xa6\n") != NULL, "between two characters, and it is said");
    ok(strstr(text, "0123456789a\xe2\x80\xa6") != NULL, "other columns have a most of their own");
    text = text_of(site, apr_psprintf(site->pool, "{\"event_summary\":{\"%0100d\":\"%s\"}}", 1,
                                      message));
    is_number(widest(text), 120, "a long name leaves the value its place");
    test_widest(site, message);
}

static void test_harmless(site_t *site)
{
    const char *text = text_of(site,
                               "{\"re\\u001bd\":\"\\u001b]0;x\\u0007\",\"event_summary\":"
                               "{\"\\u202e\":\"a\\u0000\\u009b1m\\u2028\\u007f\","
                               "\"list\":[\"\\u001b\\u202e\"]},"
                               "\"recent_errors\":[{\"message\":\"\\r\\n\\u2066{\"}]}");
    const char *byte;
    int bad = 0;

    for (byte = text; *byte; byte++) {
        bad += ((unsigned char)*byte < 0x20 && *byte != '\n') || (unsigned char)*byte >= 0x7f;
    }
    is_number(bad, 0, "no control byte, no bidi control");
    ok(strstr(text, "re\\u001bd: \\u001b]0;x\\u0007\n") != NULL, "single values are escaped");
    ok(strstr(text, "\\u202e  a\\u0000\\u009b1m\\u2028\\u007f\n") != NULL, "names and cells too");
    ok(strstr(text, "\\r\\n\\u2066{\n") != NULL, "a line stays one line");
}

static void test_json(site_t *site)
{
    json_t *answer = json_pack("{s:f,s:s,s:s%}", "a", 12.345, "b", "\xc3\xa9\x7f<\xe2\x80\xae", "c",
                               "\0", (size_t)1);
    char *many = apr_pcalloc(site->pool, 10001);
    apr_size_t size;
    const char *text = t2m_answer_json(site->pool, answer, &size);

    memset(many, 0x7f, 10000);
    is_bytes(text, size, "{\"a\":12.345,\"b\":\"\\u00E9\\u007f<\\u202E\",\"c\":\"\\u0000\"}\n",
             "JSON in ASCII, three decimals, DEL escaped");
    json_decref(answer);
    answer = json_array();
    (void)json_array_append_new(answer, json_string(many));
    text = t2m_answer_json(site->pool, answer, &size);
    is_number((long long)size, 60000 + 5, "many of them");
    ok(strspn(text + 2, "\\u007f") == 60000, "and nothing else");
    json_decref(answer);
    ok(t2m_answer_json(site->pool, NULL, &size) == NULL, "no JSON");
}

int main(void)
{
    site_t site;

    apr_initialize();
    site_make(&site);
    test_shapes(&site);
    test_tables(&site);
    test_members(&site);
    test_cuts(&site);
    test_harmless(&site);
    test_json(&site);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
