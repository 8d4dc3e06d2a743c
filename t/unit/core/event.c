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

/* JSON that is hostile or odd, names of fields, the scratch. */
#include "core/event.h"

#include <stdlib.h>

#include "core/event_internal.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static t2m_event_t event;
static char detail[160];
static t2m_event_reason_e reason;

/* In memory of its own size. */
static json_t *parse_exact(const char *text, size_t size)
{
    char *exact = malloc(size ? size : 1);
    json_t *value;

    memcpy(exact, text, size);
    memcpy(detail, "untouched", sizeof("untouched"));
    value = t2m_event_json(t2m_text_of(exact, size), &reason, detail, sizeof(detail));
    free(exact);
    return value;
}

static json_t *parse(const char *text)
{
    return parse_exact(text, strlen(text));
}

/* Cases as those of JSONTestSuite (github.com/nst/JSONTestSuite), in its order: what must be taken,
 * what must not, and of what may go either way, what is. */
static const struct {
    const char *text;
    size_t size; /* 0: up to the NUL */
    t2m_event_reason_e reason;
} cases[] = {
    { "[[]   ]", 0, T2M_EVENT_OK },
    { "[]", 0, T2M_EVENT_OK },
    { "[1\n,\n1]", 0, T2M_EVENT_OK },
    { "[null, 1, \"1\", {}]", 0, T2M_EVENT_OK },
    { "[0e+1, 1E22, -0, -0.0, 20e1, 123.456e-7]", 0, T2M_EVENT_OK },
    { "{\"\":0}", 0, T2M_EVENT_OK },
    { "[\"\\u0060\\u012a\\u12AB\"]", 0, T2M_EVENT_OK },
    { "[\"\\uD801\\udc37\"]", 0, T2M_EVENT_OK },
    { "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]", 0, T2M_EVENT_OK },
    { "[\"\\\\a\", \"\\\\u0000\"]", 0, T2M_EVENT_OK },
    { "[\"\\u0000\"]", 0, T2M_EVENT_OK },
    { "[\"\\uDBFF\\uDFFF \xe2\x80\xa8 \xc2\xa0\x7f\"]", 0, T2M_EVENT_OK },
    { "\"\"", 0, T2M_EVENT_OK },
    { "42", 0, T2M_EVENT_OK },
    { "true", 0, T2M_EVENT_OK },
    { "null", 0, T2M_EVENT_OK },
    { " [] \n", 0, T2M_EVENT_OK },
    { "", 0, T2M_EVENT_NOT_JSON },
    { " ", 0, T2M_EVENT_NOT_JSON },
    { "[1 true]", 0, T2M_EVENT_NOT_JSON },
    { "[\"\",]", 0, T2M_EVENT_NOT_JSON },
    { "[1,,2]", 0, T2M_EVENT_NOT_JSON },
    { "[\"x\"]]", 0, T2M_EVENT_NOT_JSON },
    { "[\"x\"", 0, T2M_EVENT_NOT_JSON },
    { "[*]", 0, T2M_EVENT_NOT_JSON },
    { "[++1]", 0, T2M_EVENT_NOT_JSON },
    { "[-01]", 0, T2M_EVENT_NOT_JSON },
    { "[.5]", 0, T2M_EVENT_NOT_JSON },
    { "[1.]", 0, T2M_EVENT_NOT_JSON },
    { "[1e]", 0, T2M_EVENT_NOT_JSON },
    { "[0x1]", 0, T2M_EVENT_NOT_JSON },
    { "[NaN]", 0, T2M_EVENT_NOT_JSON },
    { "[Infinity]", 0, T2M_EVENT_NOT_JSON },
    { "{\"a\" b}", 0, T2M_EVENT_NOT_JSON },
    { "{a: 1}", 0, T2M_EVENT_NOT_JSON },
    { "{'a': 1}", 0, T2M_EVENT_NOT_JSON },
    { "{\"a\":1,}", 0, T2M_EVENT_NOT_JSON },
    { "{\"a\":1}#", 0, T2M_EVENT_NOT_JSON },
    { "[\"a\nb\"]", 0, T2M_EVENT_NOT_JSON },
    { "[\"\t\"]", 0, T2M_EVENT_NOT_JSON },
    { "[\"a\0b\"]", 8, T2M_EVENT_NOT_JSON },
    { "[1]\0", 4, T2M_EVENT_NOT_JSON },
    { "[\"\\u00A\"]", 0, T2M_EVENT_NOT_JSON },
    { "[\"\\uD834\\u", 0, T2M_EVENT_NOT_JSON },
    { "[\"\\x00\"]", 0, T2M_EVENT_NOT_JSON },
    { "[\"\\\xe5\"]", 0, T2M_EVENT_NOT_JSON },
    { "[\"\\", 0, T2M_EVENT_NOT_JSON },
    { "\xef\xbb\xbf{}", 0, T2M_EVENT_NOT_JSON },
    { "[\xff]", 0, T2M_EVENT_NOT_JSON },
    { "abc", 0, T2M_EVENT_NOT_JSON },
    { "<!doctype html>", 0, T2M_EVENT_NOT_JSON },
    /* either way */
    { "[1e999]", 0, T2M_EVENT_NOT_JSON },
    { "[-1e9999]", 0, T2M_EVENT_NOT_JSON },
    { "[1e-400]", 0, T2M_EVENT_OK },
    { "[18446744073709551615]", 0, T2M_EVENT_OK },
    { "[-123123123123123123123123123123]", 0, T2M_EVENT_OK },
    { "[18446744073709551615, \"\\uD888\"]", 0, T2M_EVENT_OK },
    { "[\"\\uD888\"]", 0, T2M_EVENT_OK },
    { "[\"\\uDd1e\\uD834\"]", 0, T2M_EVENT_OK },
    { "[\"\\uD800\\u0041\\n\"]", 0, T2M_EVENT_OK },
    { "[\"\xed\xa0\x80 \xe9 \xf4\xbf\xbf\xbf \xc0\xaf\"]", 0, T2M_EVENT_OK },
    { "{\"\\ud800\":1}", 0, T2M_EVENT_OK },
    { "{\"a\\u0000b\":1}", 0, T2M_EVENT_NOT_JSON },
    { "{\"a\":1,\"a\":1}", 0, T2M_EVENT_DUPLICATE_KEY },
    { "{\"a\":{\"b\":1,\"\\u0062\":2}}", 0, T2M_EVENT_DUPLICATE_KEY },
    { "{\"a\\ud800\":1,\"a\xff\":1}", 0, T2M_EVENT_DUPLICATE_KEY },
};

static void test_cases(void)
{
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        size_t size = cases[i].size ? cases[i].size : strlen(cases[i].text);
        json_t *value = parse_exact(cases[i].text, size);

        if (!ok(reason == cases[i].reason && !value == (reason != T2M_EVENT_OK),
                "case %d: %s", (int)i, t2m_event_reason_name(cases[i].reason))) {
            printf("# %s: %s, %s\n", cases[i].text, t2m_event_reason_name(reason), detail);
        }
        json_decref(value);
    }
}

static void is_string(const json_t *value, const char *want, const char *name)
{
    is_bytes(json_string_value(value), json_string_length(value), want, name);
}

static void test_details(void)
{
    json_t *value = parse("[\"\\uD888x\", \"\xff\\uDC00y\"]");

    is_string(json_array_get(value, 0), "\xef\xbf\xbdx", "half a surrogate is replaced");
    is_string(json_array_get(value, 1), "\xef\xbf\xbd\xef\xbf\xbdy", "so is a byte");
    json_decref(value);
    value = parse("\"\\uD83D\\uDE00\\uD83D\"");
    is_string(value, "\xf0\x9f\x98\x80\xef\xbf\xbd", "a pair is kept when half of one is not");
    json_decref(value);
    value = parse("\"a\\u0000b\"");
    is_number((long long)json_string_length(value), 3, "a NUL is kept");
    json_decref(value);
    ok(!parse("{\"password\": hunter2}"), "refused");
    is_bytes(detail, strlen(detail), "invalid token at byte 19", "no byte of it is told");
    ok(!parse("[\"\xff\" x]"), "refused even if repaired");
    is_bytes(detail, strlen(detail), "']' expected at byte 8", "and why");
    ok(!parse("{\"a\":1,\"a\":2}"), "refused");
    is_bytes(detail, strlen(detail), "duplicate object key at byte 10", "as a key that is there");
    is_bytes(t2m_event_reason_name(T2M_EVENT_REASONS), 7, "invalid", "no reason has no other name");
}

static void test_depth(void)
{
    enum { DEEP = 100000 };
    char *text = malloc(2 * DEEP);
    json_t *value;
    int i;

    memset(text, '[', DEEP);
    ok(!parse_exact(text, DEEP), "a depth of 10^5");
    is_number(reason, T2M_EVENT_TOO_DEEP, "is too deep");
    is_bytes(detail, strlen(detail), "more than 32 brackets within brackets", "and told so");
    memset(text + T2M_EVENT_DEPTH_MAX, ']', T2M_EVENT_DEPTH_MAX);
    value = parse_exact(text, 2 * T2M_EVENT_DEPTH_MAX);
    ok(value != NULL, "as deep as can be");
    json_decref(value);
    ok(!parse_exact(text, 2 * T2M_EVENT_DEPTH_MAX + 1) && reason == T2M_EVENT_NOT_JSON,
       "a bracket that closes nothing");
    text[T2M_EVENT_DEPTH_MAX] = '[';
    ok(!parse_exact(text, 2 * T2M_EVENT_DEPTH_MAX + 2) && reason == T2M_EVENT_TOO_DEEP,
       "and one more");
    for (i = 0; i < DEEP; i++) {
        text[i] = i == 0 ? '"' : i == DEEP - 1 ? '"' : '[';
    }
    value = parse_exact(text, DEEP);
    ok(value != NULL, "brackets in a string are not deep");
    json_decref(value);
    value = parse("[\"\\\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"]");
    ok(value != NULL, "nor are they behind a quote in it");
    json_decref(value);
    free(text);
}

static void test_keys(void)
{
    enum { KEYS = 1000000 };
    char *text = malloc(20 * KEYS), *at = text;
    json_t *value;
    int i;

    for (i = 0; i < KEYS; i++) {
        at += snprintf(at, (size_t)(text + 20 * KEYS - at), "%c\"k%d\":%d", i ? ',' : '{', i, i);
    }
    *at++ = '}';
    ok(!parse_exact(text, (size_t)(at - text)), "10^6 keys");
    is_number(reason, T2M_EVENT_TOO_LARGE, "are too many");
    is_bytes(detail, strlen(detail), "more than 131072 values", "and told so");
    for (i = 0, at = text; i < T2M_EVENT_VALUES_MAX; i++) { /* a bracket, and a comma less */
        at += snprintf(at, (size_t)(text + 20 * KEYS - at), "%c%d", i ? ',' : '[', i % 10);
    }
    *at++ = ']';
    value = parse_exact(text, (size_t)(at - text));
    is_number((long long)json_array_size(value), T2M_EVENT_VALUES_MAX, "as many as can be");
    json_decref(value);
    memcpy(at - 1, ",1]", 3);
    ok(!parse_exact(text, (size_t)(at + 2 - text)) && reason == T2M_EVENT_TOO_LARGE, "one more");
    free(text);
}

/* Adds a field and compares its name; NULL: it is not added. */
static void check_name(const char *prefix, const char *name, const char *want)
{
    json_t *value = json_integer(1);

    t2m_event_clear(&event);
    t2m_event_add_field(&event, prefix, name, value);
    if (want) {
        const char *got = event.field_count == 1 ? event.fields[0].name : "nothing";

        is_bytes(got, strlen(got), want, want);
    } else {
        ok(event.field_count == 0 && event.truncated, "%s is left out", name);
    }
    json_decref(value);
}

#define X32 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static void test_names(void)
{
    check_name(NULL, "team", "team");
    check_name("", "__a__b", "__a__b");
    check_name("user", "id", "user_id");
    check_name("user_", "id", "user_id");
    check_name("Laravel Job", "maxTries", "laravel_job_max_tries");
    check_name(NULL, "userPassword", "user_password");
    check_name(NULL, "APIKey", "api_key");
    check_name(NULL, "X-Api-Key", "x_api_key");
    check_name(NULL, "key2Value", "key2_value");
    check_name(NULL, "HTTP", "http");
    check_name(NULL, "http.status_code", "http_status_code");
    check_name(NULL, "a . b", "a_b");
    check_name(NULL, "gr\xc3\xb6\xc3\x9f" "e", "gr_e");
    check_name(NULL, "\xe5\x90\x8d", "_");
    check_name(NULL, "", "_");
    check_name(NULL, X32 X32, X32 X32);
    check_name(NULL, X32 X32 "x", NULL);
    check_name("p", X32 X32, NULL);
    check_name(NULL, X32 X32 X32 X32 "Password", NULL);
}

static void check_text(const t2m_field_t *field, const char *name, const char *want)
{
    is_bytes(field->name, strlen(field->name), name, name);
    is_number(field->kind, T2M_FIELD_TEXT, "is a text");
    is_bytes(field->text.data, field->text.size, want, want);
}

static void test_values(void)
{
    json_t *object = parse("{\"t\":\"text\",\"n\":-7,\"r\":1.5,\"y\":true,\"f\":false,"
                                 "\"z\":null,\"e\":\"\",\"a\":[1,\"b\\\"\",null],\"o\":{\"k\":{}},"
                                 "\"T\":\"twice\"}"), *value;
    const char *name;

    t2m_event_clear(&event);
    t2m_event_add_field(&event, NULL, "none", NULL);
    is_number(event.field_count + event.truncated, 0, "what is not there is no field");
    json_object_foreach(object, name, value) {
        t2m_event_add_field(&event, NULL, name, value);
    }
    is_number(event.field_count, 7, "null and empty are none, one name is there");
    ok(event.truncated, "which is told");
    check_text(&event.fields[0], "t", "text");
    ok(event.fields[1].kind == T2M_FIELD_INTEGER && event.fields[1].number == -7, "a number");
    ok(event.fields[2].kind == T2M_FIELD_REAL && event.fields[2].real == 1.5, "a real number");
    ok(event.fields[3].kind == T2M_FIELD_BOOLEAN && event.fields[3].number == 1, "true");
    ok(event.fields[4].kind == T2M_FIELD_BOOLEAN && event.fields[4].number == 0, "false");
    check_text(&event.fields[5], "a", "[1,\"b\\\"\",null]");
    check_text(&event.fields[6], "o", "{\"k\":{}}");
    json_decref(object);
}

static void test_too_many(void)
{
    json_t *value = json_integer(1);
    char name[16];
    int i;

    t2m_event_clear(&event);
    for (i = 0; i < T2M_EVENT_FIELDS_MAX; i++) {
        snprintf(name, sizeof(name), "n%d", i);
        t2m_event_add_field(&event, NULL, name, value);
    }
    ok(event.field_count == T2M_EVENT_FIELDS_MAX && !event.truncated, "as many as can be");
    t2m_event_add_field(&event, NULL, "more", value);
    ok(event.field_count == T2M_EVENT_FIELDS_MAX && event.truncated, "one more");
    json_decref(value);
}

/* An array of texts that have commas and quotes, longer than what is kept of one. */
static json_t *long_array(void)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < 200; i++) {
        json_array_append_new(array, json_string("item, \"quoted\""));
    }
    return array;
}

static void test_long(void)
{
    static const char item[] = "\"item, \\\"quoted\\\"\"";
    json_t *array = long_array(), *text = json_array();
    t2m_text_t got;

    t2m_event_clear(&event);
    t2m_event_add_field(&event, NULL, "a", array);
    got = event.fields[0].text;
    ok(event.truncated && got.size > 1900 && got.size <= 2048, "a long array is cut");
    is_number((long long)(got.size % (strlen(item) + 1)), 0, "behind a whole item");
    is_bytes(got.data + got.size - strlen(item), strlen(item), item, "which it ends with");
    json_array_append_new(text, json_stringn(item, 3));
    json_array_clear(text);
    json_array_append(text, json_array_get(array, 0));
    event.scratch_size = sizeof(event.scratch) - 8;
    event.truncated = 0;
    t2m_event_add_field(&event, NULL, "cut", text);
    ok(event.field_count == 1 && event.truncated, "half an item is none");
    event.scratch_size = sizeof(event.scratch) - 3;
    event.truncated = 0;
    t2m_event_add_field(&event, NULL, "name", text);
    ok(event.field_count == 1 && event.truncated, "no room for a name");
    json_decref(array);
    json_decref(text);
}

static void test_keep(void)
{
    t2m_text_t kept;

    t2m_event_clear(&event);
    kept = t2m_event_keep(&event, t2m_text("abc"));
    ok(kept.data == event.scratch && event.scratch_size == 3, "in the scratch");
    is_bytes(kept.data, kept.size, "abc", "as it was");
    is_number((long long)t2m_event_keep(&event, t2m_text(NULL)).size, 0, "nothing");
    event.scratch_size = sizeof(event.scratch) - 4;
    kept = t2m_event_keep(&event, t2m_text("abc\xc3\xa4"));
    is_bytes(kept.data, kept.size, "abc", "cut between characters");
    ok(event.truncated, "and told");
    t2m_event_clear(&event);
    ok(!event.truncated && event.scratch_size == 0, "cleared");
}

static void test_helpers(void)
{
    static const struct {
        const char *url, *path;
    } urls[] = { { "http://a:80/b/c?d#e", "/b/c" }, { "https://a", "/" }, { "http://a?x/y", "/" },
                 { "/b/c?d=http://x/y", "/b/c" }, { "/b#c", "/b" }, { "*", "*" }, { "", "" },
                 { "a:b", "a:b" }, { "x://", "/" } };
    t2m_text_t pieces[] = { t2m_text("ab"), t2m_text(NULL), t2m_text("c") }, joined;
    size_t i;

    for (i = 0; i < COUNT(urls); i++) {
        t2m_text_t path = t2m_event_path(t2m_text(urls[i].url));

        is_bytes(path.data, path.size, urls[i].path, urls[i].url);
    }
    t2m_event_clear(&event);
    joined = t2m_event_join(&event, 3, pieces, 3);
    is_bytes(joined.data, joined.size, "abc", "joined");
    is_number((long long)t2m_event_join(&event, 5, pieces, 3).size, 0, "no room");
    is_number((long long)t2m_event_join(&event, 2, pieces, 3).size, 0, "none at all");
    is_number((long long)t2m_event_join(&event, 9, pieces + 1, 1).size, 0, "nothing to join");
}

static void check_time(const char *text, apr_time_t want)
{
    json_t *value = parse(text);
    apr_time_t time = -1;

    ok(t2m_event_time(value, &time) == (want != 0), "%s", text);
    is_number(time, want ? want : -1, "is that time");
    json_decref(value);
}

static void test_times(void)
{
    check_time("1795406863.205", APR_INT64_C(1795406863205000));
    check_time("1795406863", APR_INT64_C(1795406863000000));
    check_time("\"1795406863.5\"", APR_INT64_C(1795406863500000));
    check_time("\"2026-11-23T04:07:41.338804Z\"", APR_INT64_C(1795406861338804));
    check_time("\"2026-11-23T05:07:41+01:00\"", APR_INT64_C(1795406861000000));
    check_time("\"2026-11-23T04:07:41.5\"", APR_INT64_C(1795406861500000));
    check_time("253402300800", 0);
    check_time("1795406863205000", 0);
    check_time("0", 0);
    check_time("-1", 0);
    check_time("\"0s\"", 0);
    check_time("\"15m\"", 0);
    check_time("\"\"", 0);
    check_time("\"2026-11-23T04:07:41.33880400000000000000000000000Z\"", 0);
    check_time("true", 0);
    check_time("null", 0);
}

static void check_status(const char *text, int want)
{
    json_t *value = parse(text);

    is_number(t2m_event_status(value), want, text);
    json_decref(value);
}

static void test_ids(void)
{
    check_status("200", 200);
    check_status("\"503\"", 503);
    check_status("99", 0);
    check_status("600", 0);
    check_status("\"5o3\"", 0);
    check_status("\"0503\"", 0);
    check_status("[]", 0);
    t2m_event_clear(&event);
    ok(!t2m_event_set_trace(&event, t2m_text("0af7651916cd43dd8448eb211c80319"), t2m_text("")),
       "a short trace id");
    ok(!t2m_event_set_trace(&event, t2m_text("00000000000000000000000000000000"), t2m_text("")),
       "a trace id of zeros");
    ok(!t2m_event_set_trace(&event, t2m_text("0af7651916cd43dd8448eb211c80319g"), t2m_text("")),
       "a trace id with another letter");
    ok(t2m_event_set_trace(&event, t2m_text("0AF7651916cd43dd8448eb211c80319c"),
                           t2m_text("B7ad6b7169203331")), "an id in upper case");
    is_bytes(event.trace_id.data, event.trace_id.size, "0af7651916cd43dd8448eb211c80319c",
             "is made lower case");
    is_bytes(event.span_id.data, event.span_id.size, "b7ad6b7169203331", "as its span is");
    ok(t2m_event_set_trace(&event, event.trace_id, t2m_text("b7ad")), "a bad span id");
    is_number((long long)event.span_id.size, 0, "is none");
    event.scratch_size = sizeof(event.scratch) - 47;
    ok(!t2m_event_set_trace(&event, event.trace_id, event.span_id), "no room for them");
    ok(t2m_event_set_ip(&event, t2m_text("2001:db8::1")), "an IPv6 address");
    ok(!t2m_event_set_ip(&event, t2m_text("{{auto}}")), "no address");
    ok(!t2m_event_set_ip(&event, t2m_text_of("1.2.3.4\0", 8)), "an address with a NUL");
    ok(!t2m_event_set_ip(&event, t2m_text(X32 X32)), "a long one");
    is_bytes(event.ip.data, event.ip.size, "2001:db8::1", "the first one stays");
}

static void test_levels(void)
{
    static const struct {
        const char *name;
        t2m_level_e level;
    } levels[] = {
        { "fatal", T2M_LEVEL_CRITICAL }, { "CRITICAL", T2M_LEVEL_CRITICAL },
        { "crit", T2M_LEVEL_CRITICAL }, { "alert", T2M_LEVEL_CRITICAL },
        { "emerg", T2M_LEVEL_CRITICAL }, { "emergency", T2M_LEVEL_CRITICAL },
        { "Error", T2M_LEVEL_ERROR }, { "err", T2M_LEVEL_ERROR }, { "warn", T2M_LEVEL_WARNING },
        { "warning", T2M_LEVEL_WARNING }, { "notice", T2M_LEVEL_INFO }, { "info", T2M_LEVEL_INFO },
        { "log", T2M_LEVEL_INFO }, { "debug", T2M_LEVEL_DEBUG }, { "trace", T2M_LEVEL_DEBUG },
        { "loud", T2M_LEVEL_COUNT }, { "", T2M_LEVEL_COUNT }
    };
    size_t i;

    for (i = 0; i < COUNT(levels); i++) {
        is_number(t2m_event_level(t2m_text(levels[i].name), T2M_LEVEL_COUNT), levels[i].level,
                  levels[i].name);
    }
}

int main(void)
{
    test_cases();
    test_details();
    test_depth();
    test_keys();
    test_names();
    test_values();
    test_too_many();
    test_long();
    test_keep();
    test_helpers();
    test_times();
    test_ids();
    test_levels();
    return tap_done();
}
