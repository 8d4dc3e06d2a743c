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

/* Tests core/stack_perl_line: what each line of a text is. */
#include "core/stack_perl_line.h"

#include <stdlib.h>

#include "tap.h"

/* The bytes of string in memory of its own size, so that a byte read too far is seen. */
static t2m_text_t copy_of(const char *string)
{
    size_t size = strlen(string);
    char *copy = malloc(size ? size : 1);

    memcpy(copy, string, size);
    return t2m_text_of(copy, size);
}

static void release(t2m_text_t text)
{
    free((void *)(apr_uintptr_t)text.data);
}

static void test_stamps(void)
{
    static const struct {
        const char *line, *want;
    } cases[] = {
        { "[Mon Nov 23 05:14:12 2026] a.pl: no", "no" },
        { "[Sun Nov 22 05:14:12 2026] no at a.pl", "no at a.pl" },
        { "[Sun Nov 22 05:14:12 2026] Shop:: no", "Shop:: no" },
        { "[Sun Nov 22 05:14:12 2026] : no", ": no" },
        { "[Sun Nov 22 05:14:12 2026] no", "no" },
        { "[Sun Nov 22 05:14:12 2026]", "[Sun Nov 22 05:14:12 2026]" },
        { "[2026-11-23 05:12:34.74465] [10986] [error] [a] a: no", "a: no" },
        { "[2026-11-23 05:12:34.74465] [error", "[error" },
        { "[error] no", "[error] no" },
        { "[x026-11-23] no", "[x026-11-23] no" },
        { "[202x-11-23] no", "[202x-11-23] no" },
        { "[2026/11/23] no", "[2026/11/23] no" },
        { "[202", "[202" },
        { "\tno", "\tno" },
        { "", "" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t line = copy_of(cases[i].line), got = t2m_stack_perl_without_stamp(line);

        is_bytes(got.data, got.size, cases[i].want, "a stamp");
        release(line);
    }
}

/* kind, text|type|function|file|line|text of the place */
static void test_lines(void)
{
    static const struct {
        const char *line;
        t2m_stack_perl_line_e kind;
        const char *want;
    } cases[] = {
        { "no at a.pl line 3.", T2M_STACK_PERL_MESSAGE, "no|||a.pl|3|at a.pl line 3" },
        { "no at a.pl line 3", T2M_STACK_PERL_MESSAGE, "no|||a.pl|3|at a.pl line 3" },
        { "a at b line 1, c at d e.pl line 34.", T2M_STACK_PERL_MESSAGE,
          "a at b line 1, c|||d e.pl|34|at d e.pl line 34" },
        { "no at (eval 7) line 1, <$fh> line 12.", T2M_STACK_PERL_MESSAGE,
          "no|||(eval 7)|1|at (eval 7) line 1, <$fh> line 12" },
        { "no at a line 1, <STDIN> chunk 2 during global destruction.", T2M_STACK_PERL_MESSAGE,
          "no|||a|1|at a line 1, <STDIN> chunk 2" },
        { "no at a line 1, <STDIN line 2.", T2M_STACK_PERL_MESSAGE,
          "no|||a line 1, <STDIN|2|at a line 1, <STDIN line 2" },
        { "no at a line 1> line 2.", T2M_STACK_PERL_MESSAGE,
          "no|||a line 1>|2|at a line 1> line 2" },
        { "\t(in cleanup) no at a line 1.", T2M_STACK_PERL_MESSAGE,
          "\t(in cleanup) no|||a|1|at a line 1" },
        { "A::Error: b: c at a line 1.", T2M_STACK_PERL_MESSAGE, "b: c|A::Error||a|1|at a line 1" },
        { "A::Exception::B: c at a line 1.", T2M_STACK_PERL_MESSAGE,
          "c|A::Exception::B||a|1|at a line 1" },
        { "A::Error:: c at a line 1.", T2M_STACK_PERL_MESSAGE, "A::Error:: c|||a|1|at a line 1" },
        { "A::Error:c at a line 1.", T2M_STACK_PERL_MESSAGE, "A::Error:c|||a|1|at a line 1" },
        { "A::Error at a line 1.", T2M_STACK_PERL_MESSAGE, "A::Error|||a|1|at a line 1" },
        { "A::Error: at a line 1.", T2M_STACK_PERL_MESSAGE, "A::Error:|||a|1|at a line 1" },
        { "::Error: c at a line 1.", T2M_STACK_PERL_MESSAGE, "::Error: c|||a|1|at a line 1" },
        { "9::Error: c at a line 1.", T2M_STACK_PERL_MESSAGE, "9::Error: c|||a|1|at a line 1" },
        { "A::B: c at a line 1.", T2M_STACK_PERL_MESSAGE, "A::B: c|||a|1|at a line 1" },
        { "Error: c at a line 1.", T2M_STACK_PERL_MESSAGE, "Error: c|||a|1|at a line 1" },
        { "A=HASH(0x1) at a line 1.", T2M_STACK_PERL_MESSAGE, "A=HASH(0x1)|A||a|1|at a line 1" },
        { "syntax error at a.pl line 3, near \"at b line 2;\"", T2M_STACK_PERL_COMPILE,
          "syntax error|||a.pl|3|at a.pl line 3" },
        { "syntax error at a.pl line 3, at EOF", T2M_STACK_PERL_COMPILE,
          "syntax error|||a.pl|3|at a.pl line 3" },
        { "Missing right curly at a.pl line 3, at end of line", T2M_STACK_PERL_COMPILE,
          "Missing right curly|||a.pl|3|at a.pl line 3" },
        { "Bareword \"a\" at a.pl line 3, within string", T2M_STACK_PERL_COMPILE,
          "Bareword \"a\"|||a.pl|3|at a.pl line 3" },
        { "no, near \"x\" at a.pl line 3.", T2M_STACK_PERL_MESSAGE,
          "no, near \"x\"|||a.pl|3|at a.pl line 3" },
        { "A::B=OBJECT(0x55d0) ", T2M_STACK_PERL_OBJECT, "A::B=OBJECT(0x55d0) |A::B|||0|" },
        { "CODE(0x55d0)", T2M_STACK_PERL_OBJECT, "CODE(0x55d0)||||0|" },
        { "A=B=CODE(0x55d0)", T2M_STACK_PERL_OTHER, "A=B=CODE(0x55d0)||||0|" },
        { "A=HASH(0x55d0", T2M_STACK_PERL_OTHER, "A=HASH(0x55d0||||0|" },
        { "A=HASH(0x55d0)x", T2M_STACK_PERL_OTHER, NULL },
        { " at a line 1.", T2M_STACK_PERL_AGAIN, "|||a|1|at a line 1" },
        { "\tmain::f(\" at b line 2\", 'x') called at a line 1", T2M_STACK_PERL_CALL,
          "\tmain::f(\" at b line 2\", 'x') called||main::f|a|1|at a line 1" },
        { "\teval {...} called at a line 1, <STDIN> line 2.", T2M_STACK_PERL_CALL,
          "\teval {...} called||eval {...}|a|1|at a line 1, <STDIN> line 2" },
        { "\teval 'f(1)' called at a line 1", T2M_STACK_PERL_CALL,
          "\teval 'f(1)' called||eval|a|1|at a line 1" },
        { "main::f('a') called at a line 1", T2M_STACK_PERL_CALL,
          "main::f('a') called||main::f|a|1|at a line 1" },
        { "\tmain::f at a line 1", T2M_STACK_PERL_CALL, "\tmain::f||main::f|a|1|at a line 1" },
        { "\t at a line 1", T2M_STACK_PERL_OTHER, "\t|||a|1|at a line 1" },
        { "\t...propagated at a line 1.", T2M_STACK_PERL_ON_ITS_WAY,
          "\t...propagated|||a|1|at a line 1" },
        { "\t...caught at a line 1.", T2M_STACK_PERL_ON_ITS_WAY, "\t...caught|||a|1|at a line 1" },
        { "Compilation failed in require at a line 1.", T2M_STACK_PERL_REQUIRE,
          "Compilation failed in require||require|a|1|at a line 1" },
        { "BEGIN failed--compilation aborted at a line 1.", T2M_STACK_PERL_BEGIN,
          "BEGIN failed--compilation aborted||BEGIN|a|1|at a line 1" },
        { "a.pl had compilation errors.", T2M_STACK_PERL_VERDICT, NULL },
        { "a.pl had too many errors.", T2M_STACK_PERL_VERDICT, NULL },
        { "Execution of a aborted due to compilation errors.", T2M_STACK_PERL_VERDICT, NULL },
        { "Trace begun at a line 1", T2M_STACK_PERL_TRACE, "Trace begun|||a|1|at a line 1" },
        { "Traceback (most recent call first):", T2M_STACK_PERL_MOJO, NULL },
        { "  File \"a b.pl\", line 17, in \"main::f\"", T2M_STACK_PERL_MOJO_CALL,
          "  File \"a b.pl\", line 17, in \"main::f\"||main::f|a b.pl|17|"
          "  File \"a b.pl\", line 17, in \"main::f\"" },
        { "  File \"a\", line 1, in \"main::", T2M_STACK_PERL_MOJO_CALL,
          "  File \"a\", line 1, in \"main::||main::|a|1|  File \"a\", line 1, in \"main::" },
        { "  File \"a\", line 1, in f", T2M_STACK_PERL_OTHER, NULL },
        { "  File \"a\", line x, in \"f\"", T2M_STACK_PERL_OTHER, NULL },
        { "  File \"a\"; line 1, in \"f\"", T2M_STACK_PERL_OTHER, NULL },
        { " File \"a\", line 1, in \"f\"", T2M_STACK_PERL_OTHER, NULL },
        { "  File \"a\", in \"f\"", T2M_STACK_PERL_OTHER, NULL },
        { "", T2M_STACK_PERL_BLANK, "||||0|" },
        { " \t", T2M_STACK_PERL_BLANK, " \t||||0|" },
        { "no at  line 3.", T2M_STACK_PERL_OTHER, NULL },
        { "no at a.pl line x.", T2M_STACK_PERL_OTHER, NULL },
        { "no at a.pl line .", T2M_STACK_PERL_OTHER, NULL },
        { "no at a.pl line 1234567890.", T2M_STACK_PERL_OTHER, NULL },
        { "no in a.pl line 3.", T2M_STACK_PERL_OTHER, NULL },
        { "3", T2M_STACK_PERL_OTHER, "3||||0|" },
        { ".", T2M_STACK_PERL_OTHER, ".||||0|" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t text = copy_of(cases[i].line);
        t2m_stack_perl_line_t line = t2m_stack_perl_line(text);
        char got[512];

        is_number(line.kind, cases[i].kind, cases[i].line);
        snprintf(got, sizeof(got), "%.*s|%.*s|%.*s|%.*s|%u|%.*s", (int)line.text.size,
                 line.text.data, (int)line.type.size, line.type.data, (int)line.function.size,
                 line.function.data, (int)line.place.file.size, line.place.file.data,
                 line.place.file.size ? (unsigned)line.place.line : 0, (int)line.place.text.size,
                 line.place.text.data);
        if (cases[i].want) {
            is_bytes(got, strlen(got), cases[i].want, "its parts");
        }
        release(text);
    }
}

int main(void)
{
    test_stamps();
    test_lines();
    return tap_done();
}
