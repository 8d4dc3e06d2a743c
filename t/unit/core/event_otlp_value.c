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

/* Values of OTLP: each kind, nested ones, what is none; and times. */
#include "core/event_otlp_value.h"

#include <stdlib.h>

#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static json_t *parsed(const char *text)
{
    return json_loads(text, JSON_DECODE_ANY, NULL);
}

static void test_values(void)
{
    static const struct {
        const char *any, *plain;
    } cases[] = {
        { "{\"stringValue\":\"a\"}", "\"a\"" },
        { "{\"stringValue\":null,\"intValue\":\"7\"}", "7" },
        { "{\"boolValue\":true}", "true" },
        { "{\"doubleValue\":1.5}", "1.5" },
        { "{\"doubleValue\":\"-Infinity\"}", "\"-Infinity\"" },
        { "{\"bytesValue\":\"AA==\"}", "\"AA==\"" },
        { "{\"intValue\":-7}", "-7" },
        { "{\"intValue\":\"-9223372036854775808\"}", "-9223372036854775808" },
        { "{\"intValue\":\"9223372036854775808\"}", "\"9223372036854775808\"" },
        { "{\"intValue\":\"1.5\"}", "\"1.5\"" },
        { "{\"intValue\":\"[[[[[[[[[]]]]]]]]]\"}", "\"[[[[[[[[[]]]]]]]]]\"" },
        { "{\"intValue\":\"                     7\"}", "\"                     7\"" },
        { "{\"intValue\":\"\"}", "\"\"" },
        { "{\"intValue\":null}", "null" },
        { "{\"arrayValue\":{\"values\":[{\"intValue\":1},{\"intValue\":\"2\"}]}}", "[1,2]" },
        { "{\"arrayValue\":{\"values\":[5,null,[1]]}}", "[null,null,null]" },
        { "{\"arrayValue\":{\"values\":{}}}", "[]" },
        { "{\"arrayValue\":{}}", "[]" },
        { "{\"arrayValue\":5}", "[]" },
        { "{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{\"kvlistValue\":{\"values\":["
          "{\"key\":\"a\",\"value\":{\"arrayValue\":{\"values\":[{\"boolValue\":false}]}}},"
          "{\"key\":\"b\",\"value\":{}}]}}},{\"key\":\"l\",\"value\":{\"intValue\":2}}]}}",
          "{\"k\":{\"a\":[false],\"b\":null},\"l\":2}" },
        { "{\"kvlistValue\":{\"values\":[{\"value\":{\"intValue\":2}},7]}}", "{\"\":null}" },
        { "{\"kvlistValue\":{\"values\":[{\"key\":\"k\",\"value\":{\"arrayValue\":{\"values\":["
          "{\"intValue\":1}]}}},{\"key\":\"k\",\"value\":{\"intValue\":2}}]}}", "{\"k\":2}" },
        { "{\"newValue\":5}", "null" },
        { "{}", "null" },
        { "5", "null" },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        json_t *any = parsed(cases[i].any), *plain = t2m_event_otlp_value(any);
        char *text;

        json_decref(any); /* what it borrowed lives on */
        text = json_dumps(plain, JSON_COMPACT | JSON_ENCODE_ANY);
        is_bytes(text, strlen(text), cases[i].plain, cases[i].any);
        free(text);
        json_decref(plain);
    }
    ok(json_is_null(t2m_event_otlp_value(NULL)), "none");
}

static void test_text_is_kept(void)
{
    json_t *any = parsed("{\"stringValue\":\"a\"}"), *plain = t2m_event_otlp_value(any);

    ok(json_string_value(plain) == json_string_value(json_object_get(any, "stringValue")),
       "a text is not copied");
    json_decref(plain);
    json_decref(any);
}

/* Nested in itself as deep as is asked for. */
static json_t *nested(unsigned depth)
{
    json_t *any = json_pack("{s:i}", "intValue", 1);

    while (depth-- > 0) {
        any = json_pack("{s:{s:[o]}}", "arrayValue", "values", any);
    }
    return any;
}

static unsigned depth_of(const json_t *value)
{
    unsigned depth = 0;

    while (json_is_array(value)) {
        value = json_array_get(value, 0);
        depth++;
    }
    return depth;
}

static void test_bounds(void)
{
    static const unsigned depths[] = { 0, 1, 10, 32, 33, 100 };
    json_t *any, *values = json_array(), *plain;
    size_t i;

    for (i = 0; i < COUNT(depths); i++) {
        any = nested(depths[i]);
        plain = t2m_event_otlp_value(any);
        is_number(depth_of(plain), depths[i] < 33 ? depths[i] : 33, "as deep as is allowed");
        json_decref(plain);
        json_decref(any);
    }
    for (i = 0; i < T2M_EVENT_OTLP_VALUES_MAX + 100; i++) {
        (void)json_array_append_new(values, json_pack("{s:i}", "intValue", 1));
    }
    any = json_pack("{s:{s:o}}", "arrayValue", "values", values);
    plain = t2m_event_otlp_value(any);
    is_number((long long)json_array_size(plain), T2M_EVENT_OTLP_VALUES_MAX, "as many");
    json_decref(plain);
    json_decref(any);
}

static void test_times(void)
{
    static const struct {
        const char *value;
        apr_time_t time; /* -1: none */
    } cases[] = {
        { "\"1700000000123456789\"", 1700000000123456 },
        { "1700000000123456789", 1700000000123456 },
        { "1.7e18", 1700000000000000 },
        { "\"999\"", 0 },
        { "\"1000\"", 1 },
        { "\"0\"", 0 },
        { "0", 0 },
        { "null", 0 },
        { "\"18446744073709551615\"", 18446744073709551 },
        { "\"18446744073709551616\"", -1 },
        { "\"99999999999999999999999\"", -1 },
        { "1e20", -1 },
        { "-1", -1 },
        { "-1.5", -1 },
        { "\"-1\"", -1 },
        { "\"\"", -1 },
        { "\" 1\"", -1 },
        { "\"1.5\"", -1 },
        { "\"12:00\"", -1 },
        { "true", -1 },
        { "[1]", -1 },
        { "{}", -1 },
    };
    apr_time_t time = 5;
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        json_t *value = parsed(cases[i].value);

        time = -1;
        ok(!t2m_event_otlp_time(value, &time) == (cases[i].time < 0), "whether %s is a time",
           cases[i].value);
        is_number(time, cases[i].time, "and which");
        json_decref(value);
    }
    ok(t2m_event_otlp_time(NULL, &time) && time == 0, "none is said");
}

int main(void)
{
    test_values();
    test_text_is_kept();
    test_bounds();
    test_times();
    return tap_done();
}
