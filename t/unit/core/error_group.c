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

/* Tests core/error_group: which errors are one group and which are two, and that ids stay. */
#include "core/error_group.h"

#include <stdlib.h>

#include "tap.h"

typedef char group_t[T2M_ERROR_GROUP_SIZE];

static int is_same(const group_t one, const group_t other)
{
    return memcmp(one, other, sizeof(group_t)) == 0;
}

/* ---- templates ---- */

static const struct {
    const char *template;
    int says;
} templates[] = {
    { "AH00128: File does not exist: %s", 1 },
    { "%s", 0 },
    { "%s%s", 0 },
    { "%s: %s", 0 },
    { "%.*s", 0 },
    { "", 0 },
    { "%d", 1 },
    { "%", 1 },
    { "%sstderr from %s: %s", 0 },
    { "%sstderr of %s: %s", 1 },
    { "AH01215: %s", 0 },
    { "AH01071: Got error '%.*s'", 0 },
    { "AH00957: %s: attempt to connect to %pI (%s:%hu) failed", 1 },
};

static void test_is_template(void)
{
    size_t i;

    for (i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
        is_number(t2m_error_group_is_template(templates[i].template), templates[i].says,
                  templates[i].template);
    }
}

static void of_template(const char *module, const char *file, const char *template, int status,
                        group_t out)
{
    static t2m_fingerprints_t known; /* kept between the calls, as a thread does */

    t2m_error_group_template(&known, 7, t2m_text(module), t2m_text(file), t2m_text(template),
                             status, out);
}

static void test_template(void)
{
    char longer[80];
    group_t one, other;

    of_template("proxy", "proxy_util.c", "AH00957: %s", 111, one);
    is_bytes(one, sizeof(one), "71137e0dbf4a", "the id of a template never changes");
    of_template("proxy", "proxy_util.c", "AH00957: %s", 110, other);
    ok(!is_same(one, other), "110 and 111 are two");
    of_template("proxy", "proxy_util.c", "AH00957: %s", 111, other);
    ok(is_same(one, other), "what was asked before is the same");
    of_template("proxy", "proxy_util.c", "AH00957: %d", 111, other);
    ok(!is_same(one, other), "another template");
    of_template("proxy", "mod_proxy.c", "AH00957: %s", 111, other);
    ok(!is_same(one, other), "another file");
    of_template("proxy_http", "proxy_util.c", "AH00957: %s", 111, other);
    ok(!is_same(one, other), "another module");
    of_template("1:proxy", "proxy_util.c", "AH00957: %s", 11, other);
    ok(!is_same(one, other), "a status is no part of a module's name");
    of_template(NULL, NULL, NULL, 0, one);
    of_template(NULL, NULL, NULL, 0, other);
    ok(is_same(one, other), "nothing known is a group too");
    of_template(NULL, NULL, NULL, -2147483647 - 1, other);
    ok(!is_same(one, other), "the lowest status");
    memset(longer, 'm', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    of_template(longer, "a.c", "%d", 2147483647, one);
    longer[70] = 'x';
    of_template(longer, "a.c", "%d", 2147483647, other);
    ok(is_same(one, other), "of a module's name the first 64 bytes count");
    longer[60] = 'x';
    of_template(longer, "a.c", "%d", 2147483647, other);
    ok(!is_same(one, other), "and they do");
}

/* ---- exceptions ---- */

static void of_exception(const char *type, const char *frames, const char *pattern, group_t out)
{
    size_t size = frames ? strlen(frames) : 0;
    char *copy = malloc(size ? size : 1); /* a byte too far is seen */

    memcpy(copy, frames ? frames : "", size);
    t2m_error_group_exception(t2m_text(type), t2m_text_of(copy, size), t2m_text(pattern), out);
    free(copy);
}

#define MAIN "File \"/app/main.py\", line 9, in main\nrun()\x1e"
#define LIBRARY "\x1e" "File \"/usr/lib/python3/dist-packages/x.py\", line 5, in call\nreturn f()"

static const struct {
    const char *name, *type, *frames, *pattern;
    int same; /* as the first exception */
} exceptions[] = {
    { "the same", "ValueError", MAIN "File \"/app/a.py\", line 3, in f\nint(x)", "", 1 },
    { "another message", "ValueError", MAIN "File \"/app/a.py\", line 3, in f\nint(x)", "y", 1 },
    { "a line that moved", "ValueError", MAIN "File \"/app/a.py\", line 33, in f\nint(x)", "", 1 },
    { "a library called", "ValueError",
      MAIN "File \"/app/a.py\", line 3, in f\nint(x)" LIBRARY, "", 1 },
    { "one that calls itself", "ValueError",
      MAIN "File \"/app/a.py\", line 3, in f\nint(x)\x1e"
      "File \"/app/a.py\", line 3, in f\nint(x)\x1e"
      "[Previous line repeated 990 more times]", "", 1 },
    { "another type", "KeyError", MAIN "File \"/app/a.py\", line 3, in f\nint(x)", "", 0 },
    { "another source", "ValueError", MAIN "File \"/app/a.py\", line 3, in f\nint(y)", "", 0 },
    { "another function", "ValueError", MAIN "File \"/app/a.py\", line 3, in g\nint(x)", "", 0 },
    { "another file", "ValueError", MAIN "File \"/app/b.py\", line 3, in f\nint(x)", "", 0 },
    { "another caller", "ValueError", "File \"/app/a.py\", line 3, in f\nint(x)", "", 0 },
    { "no source", "ValueError", MAIN "File \"/app/a.py\", line 3, in f", "", 0 },
    { "a library alone", "ValueError", LIBRARY, "", 0 },
    { "no frames", "ValueError", "", "", 0 },
};

static void test_exceptions(void)
{
    group_t first, other, third;
    size_t i;

    of_exception(exceptions[0].type, exceptions[0].frames, exceptions[0].pattern, first);
    is_bytes(first, sizeof(first), "2763fc114304", "the id of an exception never changes");
    for (i = 0; i < sizeof(exceptions) / sizeof(exceptions[0]); i++) {
        of_exception(exceptions[i].type, exceptions[i].frames, exceptions[i].pattern, other);
        is_number(is_same(first, other), exceptions[i].same, exceptions[i].name);
    }
    of_exception("E", "File \"/app/17/a.py\", line 3, in f\nx", "", first);
    of_exception("E", "File \"/app/18/a.py\", line 3, in f\nx", "", other);
    ok(is_same(first, other), "a file's variable segment");
    of_exception("E", "File \"/app/a.py\", line 3, in f", "", first);
    of_exception("E", "File \"/app/a.py\", line 4, in f", "", other);
    ok(!is_same(first, other), "without source the line counts");
    of_exception("E", "at f (/app/a.js:3:14)", "", first);
    of_exception("E", "at f (/app/a.js:3:15)", "", other);
    of_exception("E", "at f (/app/a.js:4:14)", "", third);
    ok(is_same(first, other) && !is_same(first, third), "frames of others count by their pattern");
    of_exception("E", "", "no * here", first);
    of_exception("E", "", "no * there", other);
    ok(!is_same(first, other), "without frames the message counts");
    of_exception("E", NULL, "no * here", other);
    ok(is_same(first, other), "no frames at all");
}

/* Frames of any size and form: nothing is read or written beyond. */
static void test_hostile(void)
{
    static const char *const frames[] = {
        "File \"", "File \"/app/a.py", "File \"/app/a.py\"", "File \"/app/a.py\", line ",
        "File \"/app/a.py\", line \n", "\x1e\x1e\x1e", "[", "\n", "File \"\", line 3",
    };
    char *large = malloc(20000);
    group_t out, other;
    size_t i;

    for (i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        of_exception("E", frames[i], "x", out);
        of_exception("E", frames[i], "x", other);
        ok(is_same(out, other), "hostile frames %d", (int)i);
    }
    memset(large, 'a', 20000);
    memcpy(large, "File \"/app/a.py\", line 3, in f\n", 31);
    t2m_error_group_exception(t2m_text("E"), t2m_text_of(large, 20000), t2m_text(""), out);
    large[19999] = 'b';
    t2m_error_group_exception(t2m_text("E"), t2m_text_of(large, 20000), t2m_text(""), other);
    ok(is_same(out, other), "of a long frame the beginning counts");
    memset(large + 6, 'a', 19994);
    t2m_error_group_exception(t2m_text("E"), t2m_text_of(large, 20000), t2m_text(""), out);
    ok(!is_same(out, other), "a name that does not end");
    free(large);
}

/* ---- texts ---- */

static void of_pattern(const char *pattern, group_t out)
{
    size_t size = strlen(pattern);
    char *copy = malloc(size ? size : 1); /* a byte too far is seen */

    memcpy(copy, pattern, size);
    t2m_error_group_pattern(t2m_text_of(copy, size), out);
    free(copy);
}

static const struct {
    const char *one, *other;
    int same;
} patterns[] = {
    { "no *", "no *", 1 },
    { "no *", "no", 0 },
    { "", "x", 0 },
    { "AH01618: user ada not found: *", "AH01618: user bob not found: *", 1 },
    { "AH01618: user ada not found: *", "AH01617: user ada not found: *", 0 },
    { "(111)Connection refused: AH00957: a", "(111)Connection refused: AH00957: b", 1 },
    { "(111)Connection refused: AH00957: a", "(110)Connection timed out: AH00957: a", 0 },
    { "(13)Permission denied: [client *] AH00132: a", "(13)Permission denied: AH00132: b", 1 },
    { "(111)Connection refused: AH00957: a", "AH00957: a", 0 },
    { "x AH00957: a", "x AH00957: b", 0 },
    { "(111)x AH00957: a", "(111)x AH00957: b", 0 },
    { "AH957: a", "AH957: b", 0 },
    { "AH00957 a", "AH00957 b", 0 },
    { "AH00957", "AH00957:", 0 },
    { "(", "()", 0 },
    { "(1", "(1)", 0 },
    { "A", "AH", 0 },
};

static void test_patterns(void)
{
    group_t one, other;
    size_t i;

    of_pattern("no * here", one);
    is_bytes(one, sizeof(one), "e7fc4c386fc8", "the id of a text never changes");
    for (i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        of_pattern(patterns[i].one, one);
        of_pattern(patterns[i].other, other);
        is_number(is_same(one, other), patterns[i].same, patterns[i].one);
    }
}

static void test_kinds(void)
{
    group_t one, other;

    of_pattern("E", one);
    of_exception("E", "", "", other);
    ok(!is_same(one, other), "a text and an exception of the same words are two");
}

int main(void)
{
    test_is_template();
    test_template();
    test_exceptions();
    test_hostile();
    test_patterns();
    test_kinds();
    return tap_done();
}
