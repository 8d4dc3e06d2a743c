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

/* Tests core/stack_ruby_line: what is a frame, a place, a title of Ruby, and what is none. */
#include "core/stack_ruby_line.h"

#include <stdlib.h>

#include "tap.h"

/* A copy of its own size, so that a byte too far is seen; freed by the next one. */
static t2m_text_t copy(const char *text)
{
    static char *last;
    size_t size = strlen(text);

    free(last);
    last = malloc(size ? size : 1);
    memcpy(last, text, size);
    return t2m_text_of(last, size);
}

static void is_text(t2m_text_t got, const char *want, const char *name)
{
    is_bytes(got.size ? got.data : "", got.size, want, name);
}

typedef struct {
    const char *line, *file, *function, *behind, *text; /* file NULL: no place */
    unsigned number;
} place_case_t;

static const place_case_t frames[] = {
    { "\tfrom /srv/a.rb:8:in `f'", "/srv/a.rb", "f", "", "/srv/a.rb:8:in `f'", 8 },
    { "\tfrom /srv/a.rb:8:in 'Cart#f'", "/srv/a.rb", "Cart#f", "", "/srv/a.rb:8:in 'Cart#f'", 8 },
    { "\tfrom /srv/a.rb:8", "/srv/a.rb", "", "", "/srv/a.rb:8", 8 },
    { "\t 12: from /srv/a.rb:8:in `f'", "/srv/a.rb", "f", "", "/srv/a.rb:8:in `f'", 8 },
    { "        from a.rb:8:in `f'\r", "a.rb", "f", "", "a.rb:8:in `f'", 8 },
    { "/srv/a.rb:8:in `f'", "/srv/a.rb", "f", "", "/srv/a.rb:8:in `f'", 8 },
    { "  a:b/c.rb:8:in `f'", "a:b/c.rb", "f", "", "a:b/c.rb:8:in `f'", 8 },
    { "\tfrom C:/a:in b.rb:8:in `f'", "C:/a:in b.rb", "f", "", "C:/a:in b.rb:8:in `f'", 8 },
    { "\tfrom (eval at /srv/a.rb:7):1:in 'f'", "/srv/a.rb", "f", "",
      "(eval at /srv/a.rb:7):1:in 'f'", 7 },
    { "\tfrom (eval at x):1:in 'f'", "(eval at x)", "f", "", "(eval at x):1:in 'f'", 1 },
    { "\tfrom (eval at x:1:in 'f'", "(eval at x", "f", "", "(eval at x:1:in 'f'", 1 },
    { "from /srv/a.rb:8", NULL, NULL, NULL, NULL, 0 },
    { "\t2: /srv/a.rb:8", NULL, NULL, NULL, NULL, 0 },
    { "\tfrom here", NULL, NULL, NULL, NULL, 0 },
    { "\tfrom :8", NULL, NULL, NULL, NULL, 0 },
    { "/srv/a.rb:8", NULL, NULL, NULL, NULL, 0 },
    { "/srv/a.rb:8:in `f': x", NULL, NULL, NULL, NULL, 0 },
    { "/srv/a.rb:8:in `f", NULL, NULL, NULL, NULL, 0 },
    { "/srv/a.rb:in `f'", NULL, NULL, NULL, NULL, 0 },
    { "/srv/a.rb:8:in f'", NULL, NULL, NULL, NULL, 0 },
    { "/srv/a.rb:8:in ", NULL, NULL, NULL, NULL, 0 },
    { "", NULL, NULL, NULL, NULL, 0 },
}, raises[] = {
    { "/srv/a.rb:8:in `f': x (E)", "/srv/a.rb", "f", "x (E)", "/srv/a.rb:8:in `f'", 8 },
    { "/srv/a.rb:8:in 'A#f': it's: x", "/srv/a.rb", "A#f", "it's: x", "/srv/a.rb:8:in 'A#f'", 8 },
    { "a.rb:8: x (SyntaxError)", "a.rb", "", "x (SyntaxError)", "a.rb:8", 8 },
    { "a.rb:8: syntax error, x", "a.rb", "", "syntax error, x", "a.rb:8", 8 },
    { "a: b.rb:8: syntax error, x", "a: b.rb", "", "syntax error, x", "a: b.rb:8", 8 },
    { "ruby: x (LoadError)", "", "", "x (LoadError)", "", 0 },
    { "ruby: x", NULL, NULL, NULL, NULL, 0 },
    { "a.rb:8: warning: x", NULL, NULL, NULL, NULL, 0 },
    { "/srv/a.rb:8:in `f': ", NULL, NULL, NULL, NULL, 0 },
    { " /srv/a.rb:8:in `f': x (E)", NULL, NULL, NULL, NULL, 0 },
    { "\tfrom /srv/a.rb:8:in `f'", NULL, NULL, NULL, NULL, 0 },
    { "x: y", NULL, NULL, NULL, NULL, 0 },
    { "", NULL, NULL, NULL, NULL, 0 },
};

static void check_places(const place_case_t *cases, size_t count,
                         int (*read)(t2m_text_t line, t2m_stack_ruby_place_t *place))
{
    size_t i;

    for (i = 0; i < count; i++) {
        t2m_stack_ruby_place_t place;
        int found = read(copy(cases[i].line), &place);

        if (!cases[i].file) {
            ok(!found, "no place: %s", cases[i].line);
        }
        else if (ok(found, "%s", cases[i].line)) {
            is_text(place.file, cases[i].file, "its file");
            is_text(place.function, cases[i].function, "its function");
            is_text(place.behind, cases[i].behind, "what is behind it");
            is_text(place.text, cases[i].text, "its text");
            is_number(place.line, cases[i].number, "its line");
        }
    }
}

typedef struct {
    const char *text, *type, *message; /* type NULL: none is said */
} type_case_t;

static const type_case_t types[] = {
    { "x (IOError)", "IOError", "x" },
    { "x (y) (Store::QueryError)", "Store::QueryError", "x (y)" },
    { "x (fatal)", "fatal", "x" },
    { "x (Big5::E_1)", "Big5::E_1", "x" },
    { "Stop", "Stop", "" },
    { "Shop::Stop", "Shop::Stop", "" },
    { "unhandled exception", "RuntimeError", "" },
    { "syntax error, unexpected end", "SyntaxError", "syntax error, unexpected end" },
    { "x (lower)", NULL, "x (lower)" },
    { "x (IOError", NULL, "x (IOError" },
    { "x(IOError)", NULL, "x(IOError)" },
    { "(IOError)", NULL, "(IOError)" },
    { "x ()", NULL, "x ()" },
    { "x (A::b)", NULL, "x (A::b)" },
    { "x (A::)", NULL, "x (A::)" },
    { "A::", NULL, "A::" },
    { "x)", NULL, "x)" },
    { "", NULL, "" },
}, titles[] = {
    { "NoMethodError (undefined method `f' for nil):", "NoMethodError",
      "undefined method `f' for nil" },
    { "  A::B (x):", "A::B", "x" },
    { "Stop (x):", "Stop", "x" },
    { "NameError (x", "NameError", "x" },
    { "Stop (x", NULL, NULL },
    { "E, [t #1] ERROR -- : declined: 12 (ArgumentError)", "ArgumentError", "declined: 12" },
    { "E, [t #1] ERROR -- shop: no (Stop)", "Stop", "no" },
    { "ERROR -- no (Stop)", "Stop", "no" },
    { "E, [t #1] ERROR -- : no", NULL, NULL },
    { "[ E t ]: *** Exception Stop in Rack application object (x) (process 1, thread 0x1):", "Stop",
      "x" },
    { "*** Exception stop in x (y) (process 1):", NULL, NULL },
    { "*** Exception Stop in x", NULL, NULL },
    { "*** Exception Stop in x (process 1", NULL, NULL },
    { "*** Exception Stop) (process 1 (y", NULL, NULL },
    { "[t] ERROR IOError: closed", "IOError", "closed" },
    { "IOError: closed", "IOError", "closed" },
    { "t - Shop::Closed - come: later:", "Shop::Closed", "come: later" },
    { "t - Shop::Closed - later", NULL, NULL },
    { "MyException: x", "MyException", "x" },
    { "Stop: x", NULL, NULL },
    { "aIOError: x", NULL, NULL },
    { "IOError", NULL, NULL },
    { "", NULL, NULL },
};

static void check_types(const type_case_t *cases, size_t count,
                        int (*read)(t2m_text_t text, t2m_text_t *type, t2m_text_t *message))
{
    size_t i;

    for (i = 0; i < count; i++) {
        t2m_text_t type, message;
        int found = read(copy(cases[i].text), &type, &message);

        if (!cases[i].type) {
            ok(!found, "none: %s", cases[i].text);
        }
        else if (ok(found, "%s", cases[i].text)) {
            is_text(type, cases[i].type, "its type");
        }
        if (cases[i].message && (found || read == t2m_stack_ruby_line_type)) {
            is_text(message, cases[i].message, "its message");
        }
    }
}

static void test_margin(void)
{
    char wide[300];

    memset(wide, 'x', sizeof(wide));
    wide[0] = '[';
    memcpy(wide + 290, "] ", 3);
    is_number(t2m_stack_ruby_line_margin(t2m_text("[a] [b] c [d] ")), 8, "two tags");
    is_number(t2m_stack_ruby_line_margin(t2m_text("[a]b")), 0, "a bracket");
    is_number(t2m_stack_ruby_line_margin(t2m_text("a")), 0, "none");
    is_number(t2m_stack_ruby_line_margin(t2m_text(wide)), 0, "one that is too wide");
    is_text(t2m_stack_ruby_line_body(t2m_text("[a] [b] c"), 8), "c", "a line without its tags");
    is_text(t2m_stack_ruby_line_body(t2m_text("[a] [b]c"), 8), "[a] [b]c", "with others");
    is_text(t2m_stack_ruby_line_body(t2m_text("[a] bcdef"), 8), "[a] bcdef", "with fewer");
    is_text(t2m_stack_ruby_line_body(t2m_text("[a] bcd ef"), 8), "[a] bcd ef", "with one");
    is_text(t2m_stack_ruby_line_body(t2m_text("abcdef] h"), 8), "abcdef] h", "with none");
    is_text(t2m_stack_ruby_line_body(t2m_text("[a] "), 8), "[a] ", "a short one");
    is_text(t2m_stack_ruby_line_body(t2m_text("[a] "), 0), "[a] ", "without a margin");
}

static void test_others(void)
{
    static const char thread[] =
        "#<Thread:0x1 a.rb:6 run> terminated with exception (report_on_exception is true):";
    t2m_text_t type, message;

    ok(t2m_stack_ruby_line_is_gap(copy("\t ... 10068 levels...")), "a gap");
    ok(!t2m_stack_ruby_line_is_gap(copy("\t ... 10068")), "none");
    ok(!t2m_stack_ruby_line_is_gap(copy(" 10068 levels...")), "none without its start");
    ok(t2m_stack_ruby_line_is_marks(copy("   ^^^^")), "marks");
    ok(t2m_stack_ruby_line_is_marks(copy("    |  ^ unexpected end")), "those of Ruby 3.4");
    ok(t2m_stack_ruby_line_is_marks(copy("Did you mean?  x")), "a suggestion");
    ok(!t2m_stack_ruby_line_is_marks(copy("  x ^")), "no marks");
    ok(!t2m_stack_ruby_line_is_marks(copy("  ")), "nor blanks");
    ok(t2m_stack_ruby_line_is_thread(copy(thread)), "a thread");
    ok(!t2m_stack_ruby_line_is_thread(copy("#<Thread:0x1 a.rb:6 run>")), "none");
    ok(!t2m_stack_ruby_line_is_thread(copy(thread + 1)), "nor this");
    ok(t2m_stack_ruby_line_is_reversed(copy("Traceback (most recent call last):")), "a header");
    ok(!t2m_stack_ruby_line_is_reversed(copy("Traceback (most recent call last): ")), "none");
    ok(t2m_stack_ruby_line_cause(copy("Information for cause: A::B (x):"), &type, &message),
       "a cause");
    is_text(type, "A::B", "its type");
    is_text(message, "x", "its message");
    ok(!t2m_stack_ruby_line_cause(copy("Information for: A::B (x):"), &type, &message), "none");
    ok(!t2m_stack_ruby_line_cause(copy("Information for cause: x"), &type, &message), "nor this");
}

int main(void)
{
    check_places(frames, sizeof(frames) / sizeof(frames[0]), t2m_stack_ruby_line_frame);
    check_places(raises, sizeof(raises) / sizeof(raises[0]), t2m_stack_ruby_line_raise);
    check_types(types, sizeof(types) / sizeof(types[0]), t2m_stack_ruby_line_type);
    check_types(titles, sizeof(titles) / sizeof(titles[0]), t2m_stack_ruby_line_title);
    test_margin();
    test_others();
    (void)copy("");
    return tap_done();
}
