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

/* Tests core/stack_python_line: what a line of a traceback is, by itself. */
#include "core/stack_python_line.h"

#include <stdlib.h>

#include "tap.h"

static int is_text(t2m_text_t text, const char *string)
{
    return text.size == strlen(string)
           && (text.size == 0 || memcmp(text.data, string, text.size) == 0);
}

/* A copy of just that size, so that a byte read too far is seen. */
static t2m_text_t copy_of(const char *string)
{
    size_t size = strlen(string);
    char *copy = malloc(size ? size : 1);

    memcpy(copy, string, size);
    return t2m_text_of(copy, size);
}

static void drop(t2m_text_t copy)
{
    free((char *)(apr_uintptr_t)copy.data);
}

static const struct {
    const char *line;
    t2m_stack_python_line_e kind;
} kinds[] = {
    { "", T2M_STACK_PYTHON_BLANK },
    { " \t \r", T2M_STACK_PYTHON_BLANK },
    { "Traceback (most recent call last):", T2M_STACK_PYTHON_HEADER },
    { "Exception Group Traceback (most recent call last):", T2M_STACK_PYTHON_HEADER },
    { "  + Exception Group Traceback (most recent call last):", T2M_STACK_PYTHON_GROUP },
    { "  + Exception Group Traceback", T2M_STACK_PYTHON_INDENTED },
    { " x", T2M_STACK_PYTHON_INDENTED },
    { "\tx", T2M_STACK_PYTHON_INDENTED },
    { "\"\"\"", T2M_STACK_PYTHON_QUOTES },
    { "\"\"\"x", T2M_STACK_PYTHON_OTHER },
    { "During handling of the above exception, another exception occurred:",
      T2M_STACK_PYTHON_SENTENCE },
    { "The above exception was the direct cause of the following exception:",
      T2M_STACK_PYTHON_SENTENCE },
    { "During handling", T2M_STACK_PYTHON_OTHER },
    { "E: m", T2M_STACK_PYTHON_ENDING },
    { "x y", T2M_STACK_PYTHON_OTHER },
};

static void test_kinds(void)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        t2m_text_t line = copy_of(kinds[i].line);

        is_number(t2m_stack_python_line(line), kinds[i].kind, kinds[i].line);
        drop(line);
    }
}

static void test_types(void)
{
    static const struct {
        const char *line;
        int size, remote, syntax;
    } types[] = {
        { "E", 1, 0, 0 },
        { "a.b.E: m", 5, 0, 0 },
        { "f.<locals>.E", 12, 0, 0 },
        { "<lambda>.<locals>.E: m", 19, 0, 0 },
        { "f.<listcomp>.E", 14, 0, 0 },
        { "f.<genexpr>.E", 13, 0, 0 },
        { "f.<module>.E", 0, 0, 0 },
        { "9E", 0, 0, 0 },
        { "E9", 2, 0, 0 },
        { "E:m", 0, 0, 0 },
        { "E.", 0, 0, 0 },
        { "", 0, 0, 0 },
        { "SyntaxError: m", 11, 0, 1 },
        { "IndentationError", 16, 0, 1 },
        { "TabError: m", 8, 0, 1 },
        { "a.SyntaxError: m", 13, 0, 0 },
        { "a._RemoteTraceback: ", 18, 1, 0 },
        { "RemoteTraceback:", 15, 1, 0 },
        { "RemoteTraceback", 15, 0, 0 },
        { "RemoteTraceback: m", 15, 0, 0 },
    };
    char *longest = malloc(300);

    for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
        t2m_text_t line = copy_of(types[i].line);

        ok(t2m_stack_python_type(line) == (size_t)types[i].size
           && !t2m_stack_python_is_remote(line) == !types[i].remote
           && !t2m_stack_python_is_syntax_error(line) == !types[i].syntax, "type of: %s",
           types[i].line);
        drop(line);
    }
    memset(longest, 'T', 300);
    is_number((long long)t2m_stack_python_type(t2m_text_of(longest, 255)), 255, "255 bytes");
    is_number((long long)t2m_stack_python_type(t2m_text_of(longest, 256)), 0, "no more");
    free(longest);
}

static void test_places(void)
{
    static const struct {
        const char *text, *file, *function;
        unsigned line, in_app;
    } places[] = {
        { "File \"/srv/a.py\", line 3, in f", "/srv/a.py", "f", 3, 1 },
        { "File \"/srv/a.py\", line 3", "/srv/a.py", "", 3, 1 },
        { "File \"/srv/a.py\", line 3, in f \r", "/srv/a.py", "f", 3, 1 },
        { "File \"a\", line 1\", line 2", "a\", line 1", "", 2, 1 },
        { "File \"\", line ", "", "", 0, 1 },
        { "File \"a\", line 4294967297, in f", "a", "f", 429496729, 1 },
        { "File \"/usr/lib/python3.11/a.py\", line 3", "/usr/lib/python3.11/a.py", "", 3, 0 },
        { "File \"/x/lib/python/lib/python2.7/a.py\", line 3", "/x/lib/python/lib/python2.7/a.py",
          "", 3, 0 },
        { "File \"/x/lib/python\", line 3", "/x/lib/python", "", 3, 1 },
        { "File \"/srv/site-packages/a.py\", line 3", "/srv/site-packages/a.py", "", 3, 0 },
        { "File \"/srv/dist-packages/a.py\", line 3", "/srv/dist-packages/a.py", "", 3, 0 },
        { "File \"<frozen os>\", line 3", "<frozen os>", "", 3, 0 },
        { "File \"<stdin>\", line 3", "<stdin>", "", 3, 1 },
    };
    t2m_stack_frame_t frame;

    for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
        t2m_text_t text = copy_of(places[i].text);

        memset(&frame, 0, sizeof(frame));
        ok(t2m_stack_python_place(text, &frame) && is_text(frame.file, places[i].file)
           && is_text(frame.function, places[i].function) && frame.line == places[i].line
           && frame.in_app == places[i].in_app, "place: %s", places[i].text);
        drop(text);
    }
    ok(!t2m_stack_python_place(t2m_text("file \"a\", line 1"), &frame)
       && !t2m_stack_python_place(t2m_text("File \"a\", lines 1"), &frame)
       && !t2m_stack_python_place(t2m_text("File \", line 1"), &frame)
       && !t2m_stack_python_place(t2m_text(""), &frame), "no places");
}

static void test_bare_places(void)
{
    ok(t2m_stack_python_is_bare_place(t2m_text("  File \"a\", line 1")), "a bare place");
    ok(!t2m_stack_python_is_bare_place(t2m_text("  File \"a\", line 1, in f1"))
       && !t2m_stack_python_is_bare_place(t2m_text("  File \"a\", line 1,"))
       && !t2m_stack_python_is_bare_place(t2m_text("  File \"a\", line 0"))
       && !t2m_stack_python_is_bare_place(t2m_text("   File \"a\", line 1"))
       && !t2m_stack_python_is_bare_place(t2m_text("File \"a\", line 1"))
       && !t2m_stack_python_is_bare_place(t2m_text("  ")), "none");
}

static void test_groups(void)
{
    static const struct {
        const char *line;
        unsigned margin;
        t2m_stack_python_place_e place;
        const char *body;
        int ends;
    } lines[] = {
        { "  | x", 0, T2M_STACK_PYTHON_OWN, "  | x", 0 },
        { "  | x", 2, T2M_STACK_PYTHON_OWN, "x", 0 },
        { "  |  x", 2, T2M_STACK_PYTHON_OWN, " x", 0 },
        { "  |x", 2, T2M_STACK_PYTHON_OWN, "x", 0 },
        { "  |", 2, T2M_STACK_PYTHON_OWN, "", 0 },
        { "    | x", 2, T2M_STACK_PYTHON_WITHIN, "x", 0 },
        { "  | x", 4, T2M_STACK_PYTHON_FOREIGN, "x", 0 },
        { "    x", 4, T2M_STACK_PYTHON_FOREIGN, "    x", 0 },
        { "    ", 4, T2M_STACK_PYTHON_FOREIGN, "    ", 0 },
        { "", 2, T2M_STACK_PYTHON_FOREIGN, "", 0 },
        { "  +-+---------------- 1 ----------------", 2, T2M_STACK_PYTHON_MEMBER, NULL, 0 },
        { "    +---------------- 2 ----------------", 2, T2M_STACK_PYTHON_MEMBER, NULL, 0 },
        { "    +---------------- ... ----------------", 2, T2M_STACK_PYTHON_MORE, NULL, 0 },
        { "    +------------------------------------", 2, T2M_STACK_PYTHON_END, NULL, 1 },
        { "      +------------------------------------", 2, T2M_STACK_PYTHON_WITHIN, NULL, 1 },
        { "    +-+---------------- 1 ----------------", 2, T2M_STACK_PYTHON_WITHIN, NULL, 0 },
        { "    +-+---------------- 1 ----------------", 4, T2M_STACK_PYTHON_MEMBER, NULL, 0 },
        { "    +---------------- 1 ----------------", 4, T2M_STACK_PYTHON_FOREIGN, NULL, 0 },
        { "    +--", 2, T2M_STACK_PYTHON_FOREIGN, NULL, 0 },
        { "  + x", 2, T2M_STACK_PYTHON_FOREIGN, NULL, 0 },
    };

    for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
        t2m_text_t line = copy_of(lines[i].line), body;

        ok(t2m_stack_python_within(line, lines[i].margin, &body) == lines[i].place
           && (!lines[i].body || is_text(body, lines[i].body))
           && !t2m_stack_python_ends_group(line) == !lines[i].ends, "with a margin of %u: %s",
           lines[i].margin, lines[i].line);
        drop(line);
    }
}

int main(void)
{
    test_kinds();
    test_types();
    test_places();
    test_bare_places();
    test_groups();
    return tap_done();
}
