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

/* Members of well-made lines, of any JSON, and of bytes that are none. */
#include "core/member.h"

#include <stdlib.h>

#include "core/json.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kind_names[] = { "none",    "string", "number",
                                          "literal", "object", "array" };

/* In memory of its own size, so that a byte read too far is seen; out takes the value. */
static t2m_member_e find_exact(const char *line, size_t size, const char *name, char *out,
                               size_t *out_size)
{
    char *exact = malloc(size ? size : 1);
    t2m_text_t raw;
    t2m_member_e kind;

    memcpy(exact, line, size);
    kind = t2m_member_find(t2m_text_of(exact, size), name, &raw);
    memcpy(out, raw.data ? raw.data : "", raw.size);
    *out_size = raw.size;
    free(exact);
    return kind;
}

static void test_find(void)
{
    static const struct {
        const char *line, *name;
        t2m_member_e kind;
        const char *raw;
    } cases[] = {
        { "{\"a\":\"b\"}", "a", T2M_MEMBER_STRING, "b" },
        { "{\"a\":\"\"}", "a", T2M_MEMBER_STRING, "" },
        { "{\"a\":12.345,\"b\":-7}", "a", T2M_MEMBER_NUMBER, "12.345" },
        { "{\"a\":12.345,\"b\":-7}", "b", T2M_MEMBER_NUMBER, "-7" },
        { "{\"a\":12", "a", T2M_MEMBER_NUMBER, "12" },
        { "{\"a\":1e+9 }", "a", T2M_MEMBER_NUMBER, "1e+9" },
        { "{\"a\":true}", "a", T2M_MEMBER_LITERAL, "true" },
        { "{\"a\":null,\"b\":false}", "b", T2M_MEMBER_LITERAL, "false" },
        { "{\"a\":{},\"b\":1}", "a", T2M_MEMBER_OBJECT, "{}" },
        { "{\"a\":[[],{}],\"b\":1}", "a", T2M_MEMBER_ARRAY, "[[],{}]" },
        { "{\"x\":{\"a\":1},\"a\":2}", "a", T2M_MEMBER_NUMBER, "2" },
        { "{\"x\":[\"a\",{\"a\":1}],\"a\":2}", "a", T2M_MEMBER_NUMBER, "2" },
        { "{\"x\":\"\\\",\\\"a\\\":1\",\"a\":2}", "a", T2M_MEMBER_NUMBER, "2" },
        { "{\"x\":\"\\\\\",\"a\":2}", "a", T2M_MEMBER_NUMBER, "2" },
        { "{\"x\":{\"y\":\"}\\\"]\"},\"a\":2}", "a", T2M_MEMBER_NUMBER, "2" },
        { "{\"a\":1,\"a\":2}", "a", T2M_MEMBER_NUMBER, "1" },
        { " {\t\"a\" :\r\n\"b\" , \"c\" : 3 } ", "c", T2M_MEMBER_NUMBER, "3" },
        { "{\"\\u0061\\/\":1}", "a/", T2M_MEMBER_NUMBER, "1" },
        { "{\"\\ud83d\\ude00\":1}", "\xf0\x9f\x98\x80", T2M_MEMBER_NUMBER, "1" },
        { "{\"\\u0061\":1}", "\\u0061", T2M_MEMBER_NONE, "" },
        { "{\"\\\\u0061\":1}", "\\u0061", T2M_MEMBER_NUMBER, "1" },
        { "{\"\\u0061\":1}", "ab", T2M_MEMBER_NONE, "" },
        { "{\"\\u0061b\":1}", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\\u0000b\":1}", "a", T2M_MEMBER_NONE, "" },
        { "{\"\":1}", "", T2M_MEMBER_NUMBER, "1" },
        { "{\"ab\":1}", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":1}", "ab", T2M_MEMBER_NONE, "" },
        { "{\"a\":1}", "A", T2M_MEMBER_NONE, "" },
        { "", "a", T2M_MEMBER_NONE, "" },
        { "{", "a", T2M_MEMBER_NONE, "" },
        { "{}", "a", T2M_MEMBER_NONE, "" },
        { "{\"a", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\"", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":}", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":\"b", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":\"b\\", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":\"b\\\"", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":{\"b\"", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":{\"b", "a", T2M_MEMBER_NONE, "" },
        { "{\"a\":[1", "a", T2M_MEMBER_NONE, "" },
        { "{\"x\" 1,\"a\":1}", "a", T2M_MEMBER_NONE, "" },
        { "{\"x\":1 \"a\":1}", "a", T2M_MEMBER_NONE, "" },
        { "{x:1,\"a\":1}", "a", T2M_MEMBER_NONE, "" },
        { "[\"a\",1]", "a", T2M_MEMBER_NONE, "" },
        { "\"a\"", "a", T2M_MEMBER_NONE, "" },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        char raw[64];
        size_t size;
        t2m_member_e kind = find_exact(cases[i].line, strlen(cases[i].line), cases[i].name, raw,
                                       &size);

        ok(kind == cases[i].kind, "%s is a %s in %s", cases[i].name, kind_names[cases[i].kind],
           cases[i].line);
        is_bytes(raw, size, cases[i].raw, "and its value");
    }
}

static void test_scan(void)
{
    static const char line[] = "{\"timestamp\":\"t\",\"level\":\"ERROR\",\"exception\":{\"type\":"
                               "\"AH\\n1\",\"message\":\"m\"},\"n\":5,\"end\":[1]}";
    const char *const names[] = { "n", "none", "exception", "level", "level" };
    t2m_text_t values[COUNT(names)], inner;
    t2m_member_e kinds[COUNT(names)];

    is_number(t2m_member_scan(t2m_text(line), names, COUNT(names), values, kinds), 4, "four");
    is_bytes(values[0].data, values[0].size, "5", "n");
    ok(values[1].data == NULL && values[1].size == 0, "what is not there is empty");
    is_number(kinds[1], T2M_MEMBER_NONE, "and none");
    is_number(kinds[2], T2M_MEMBER_OBJECT, "an object");
    is_bytes(values[3].data, values[3].size, "ERROR", "level");
    is_bytes(values[4].data, values[4].size, "ERROR", "asked for twice");
    is_number(t2m_member_find(values[2], "type", &inner), T2M_MEMBER_STRING, "one level down");
    is_bytes(inner.data, inner.size, "AH\\n1", "as it stands there");
    is_number(t2m_member_scan(t2m_text(line), names, 1, values, NULL), 1, "without kinds");
    is_number(t2m_member_scan(t2m_text(line), names, 0, values, NULL), 0, "no names");
    is_number(t2m_member_scan(t2m_text("{\"n\":1,\"n\":2,\"none\":3}"), names, 2, values, NULL), 2,
              "a name twice is one");
    is_bytes(values[0].data, values[0].size, "1", "the first counts");
    is_number(t2m_member_scan(t2m_text(NULL), names, 2, values, NULL), 0, "no line");
}

static void test_unescape(void)
{
    static const struct {
        const char *raw, *want;
    } cases[] = {
        { "", "" },
        { "plain \xc3\xa9", "plain \xc3\xa9" },
        { "\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t" },
        { "\\u0041\\u00e9\\u20AC", "A\xc3\xa9\xe2\x82\xac" },
        { "\\ud83d\\ude00", "\xf0\x9f\x98\x80" },
        { "\\uDBFF\\uDFFF", "\xf4\x8f\xbf\xbf" },
        { "\\ud83d", "\xef\xbf\xbd" },
        { "\\ud83dx", "\xef\xbf\xbdx" },
        { "\\ud83d\\u0041", "\xef\xbf\xbd" "A" },
        { "\\ud83d\\ud83d\\ude00", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
        { "\\ude00\\ud83d", "\xef\xbf\xbd\xef\xbf\xbd" },
        { "\\u12", "\\u12" },
        { "\\u12g4", "\\u12g4" },
        { "\\x", "\\x" },
        { "\\", "\\" },
        { "a\xff" "b\xc3", "a\xef\xbf\xbd" "b\xef\xbf\xbd" },
    };
    char out[64];
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        size_t size = strlen(cases[i].raw);
        char *exact = malloc(size ? size : 1);

        memcpy(exact, cases[i].raw, size);
        is_bytes(out, t2m_member_unescape(t2m_text_of(exact, size), out, sizeof(out)),
                 cases[i].want, cases[i].raw);
        free(exact);
    }
    is_number((long long)t2m_member_unescape(t2m_text("\\u0000"), out, 1), 1, "a NUL");
    ok(out[0] == '\0', "is one byte");
    is_bytes(out, t2m_member_unescape(t2m_text("a\\u20acb"), out, 3), "a", "cut before what is "
             "too large");
    is_bytes(out, t2m_member_unescape(t2m_text("abc"), out, 2), "ab", "cut");
    is_number((long long)t2m_member_unescape(t2m_text("abc"), out, 0), 0, "no room");
    is_number((long long)t2m_member_unescape(t2m_text(NULL), out, 9), 0, "no text");
}

/* What the writer of lines makes of every code point comes back. */
static void test_round_trip(void)
{
    unsigned first;
    int wrong = 0;

    for (first = 0; first < 0x3000; first += 16) {
        char bytes[16 * 3], line[16 * 6 + 16], out[sizeof(bytes)];
        apr_size_t size = 0;
        unsigned point;
        t2m_json_t json;
        t2m_text_t raw;

        for (point = first; point < first + 16; point++) {
            if (point >= 0x800) {
                bytes[size++] = (char)(0xe0 | point >> 12);
                bytes[size++] = (char)(0x80 | (point >> 6 & 0x3f));
                bytes[size++] = (char)(0x80 | (point & 0x3f));
            }
            else if (point >= 0x80) {
                bytes[size++] = (char)(0xc0 | point >> 6);
                bytes[size++] = (char)(0x80 | (point & 0x3f));
            }
            else {
                bytes[size++] = (char)point;
            }
        }
        t2m_json_begin(&json, line, sizeof(line));
        t2m_json_open(&json, '{');
        t2m_json_name(&json, "text");
        t2m_json_string(&json, bytes, size);
        wrong += t2m_member_find(t2m_text_of(line, t2m_json_size(&json)), "text", &raw)
                 != T2M_MEMBER_STRING;
        wrong += t2m_member_unescape(raw, out, sizeof(out)) != size
                 || memcmp(out, bytes, size) != 0;
    }
    is_number(wrong, 0, "all that the writer escapes is read back");
}

/* Cut anywhere and with every byte changed: never a read outside, and what is found is inside. */
static void test_damage(void)
{
    static const char line[] = "{\"a\":\"x\\ud83d\\ude00\",\"b\":{\"c\":[1,\"]\"]},\"d\":1.5}";
    size_t size = sizeof(line) - 1, at;
    int found = 0, outside = 0;

    for (at = 0; at < size; at++) {
        unsigned byte;

        for (byte = 0; byte < 256; byte++) {
            char *exact = malloc(at + 1);
            t2m_text_t raw;

            memcpy(exact, line, at);
            exact[at] = (char)byte;
            if (t2m_member_find(t2m_text_of(exact, at + 1), "d", &raw)) {
                found++;
                outside += raw.data < exact || raw.data + raw.size > exact + at + 1;
            }
            free(exact);
        }
    }
    ok(found > 0, "cut lines have members too");
    is_number(outside, 0, "all inside the line");
}

static void test_depth(void)
{
    enum { DEPTH = 1000000 };
    char *line = malloc(2 * DEPTH + 16);
    size_t size = 0;
    t2m_text_t raw;

    memcpy(line, "{\"x\":", 5);
    size = 5;
    memset(line + size, '[', DEPTH);
    memset(line + size + DEPTH, ']', DEPTH);
    memcpy(line + size + 2 * DEPTH, ",\"a\":1}", 7);
    is_number(t2m_member_find(t2m_text_of(line, size + 2 * DEPTH + 7), "a", &raw),
              T2M_MEMBER_NUMBER, "behind a million brackets");
    is_number(t2m_member_find(t2m_text_of(line, size + DEPTH), "x", &raw), T2M_MEMBER_NONE,
              "that never close");
    free(line);
}

int main(void)
{
    test_find();
    test_scan();
    test_unescape();
    test_round_trip();
    test_damage();
    test_depth();
    return tap_done();
}
