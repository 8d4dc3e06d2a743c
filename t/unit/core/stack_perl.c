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

/* Tests core/stack_perl with what perl, Carp, Devel::StackTrace, Exception::Class, Moose, "
"Try::Tiny,
 * Mojolicious and CGI::Carp print. */
#include "core/stack.h"

#include "stack_shown.h"

#define CONFESSED \
    "broken at a.pl line 8.\n" \
    "\tmain::f(\"a string\\x{a}with lf (\", 17, undef, ARRAY(0x564622413ad0)) " \
    "called at a.pl line 25\n" \
    "\tmain::g(1, 2, 3, ...) called at b c.pl line 28\n"

static const struct {
    const char *name, *text, *want;
} cases[] = {
    { "die", "plain at a.pl line 23.", " | plain\n*  a.pl:23\n" },
    { "a warning, with CRLF", "plain at a.pl line 23.\r\n", " | plain\n*  a.pl:23\n" },
    { "behind blank lines", "\n \nplain at a.pl line 23.\n", " | plain\n*  a.pl:23\n" },
    { "what was read last", "at read at a.pl line 26, <$fh> line 2.", " | at read\n*  a.pl:26\n" },
    { "by chunks", "no at a.pl line 26, <STDIN> chunk 2.", " | no\n*  a.pl:26\n" },
    { "at the end of the program",
      "\t(in cleanup) no at a.pl line 2, <$f> line 3 during global destruction.",
      " | \t(in cleanup) no\n*  a.pl:2\n" },
    { "lines", "the order:\n  no tea\n  at all at a.pl line 2.",
      " | the order:\xc2\xb6  no tea\xc2\xb6  at all\n*  a.pl:2\n" },
    { "Carp",
      CONFESSED, " | broken\n* main::f a.pl:8\n* main::g a.pl:25\n*  b c.pl:28\n" },
    { "Carp, and what another one says",
      CONFESSED "plain at a.pl line 3.\n\tmain::h() called at a.pl line 4\n",
      " | broken\n* main::f a.pl:8\n* main::g a.pl:25\n*  b c.pl:28\n" },
    { "Carp by a handler", "no at a.pl line 1.\n at a.pl line 1.\n"
      "\tmain::z(0) called at a.pl line 2",
      " | no\n* main::z a.pl:1\n*  a.pl:2\n" },
    { "evals",
      "in begin at (eval 7) line 1.\n\tmain::BEGIN() called at -e line 1\n"
      "\teval {...} called at -e line 1\n\teval 'f(1)' called at a.pl line 2\n"
      "\trequire Shop.pm called at /usr/share/perl/5.36/b.pl line 3\n"
      "BEGIN failed--compilation aborted at /usr/share/perl/5.36/b.pl line 3.",
      " | in begin\n- main::BEGIN (eval 7):1\n* eval {...} -e:1\n* eval -e:1\n"
      "* require Shop.pm a.pl:2\n-  /usr/share/perl/5.36/b.pl:3\n" },
    { "a module of perl's own", "no at /usr/lib/x86_64-linux-gnu/perl/5.36/a.pm line 18.",
      " | no\n-  /usr/lib/x86_64-linux-gnu/perl/5.36/a.pm:18\n" },
    { "rethrown", "inner at a.pl line 18.\n\t...propagated at b.pl line 19.\n",
      " | inner\n*  a.pl:18\n*  b.pl:19\n" },
    { "caught", "inner at a.pl line 18.\n\t...caught at b.pl line 19.\n",
      " | inner\n*  a.pl:18\n*  b.pl:19\n" },
    /* types */
    { "an object", "Foo::Bar=HASH(0x5633f10db780)", "Foo::Bar | Foo::Bar=HASH(0x5633f10db780)\n" },
    { "an object of Carp's",
      "Foo=ARRAY(0x5633f10db780) at a.pl line 3.\n\tmain::f() called at a.pl line 4",
      "Foo | Foo=ARRAY(0x5633f10db780)\n* main::f a.pl:3\n*  a.pl:4\n" },
    { "a reference", "HASH(0x5633f10db780)\n", " | HASH(0x5633f10db780)\n" },
    { "a class", "Shop::Error::Stock: no tea at a.pl line 3.",
      "Shop::Error::Stock | no tea\n*  a.pl:3\n" },
    { "a class, and lines", "Shop::Exception: no tea\nno cake at a.pl line 3.",
      "Shop::Exception | no tea\xc2\xb6no cake\n*  a.pl:3\n" },
    { "a class of X", "My::X::Stock: no tea at a.pl line 3.",
      "My::X::Stock | no tea\n*  a.pl:3\n" },
    { "the same at the start", "X::Stock: no tea at a.pl line 3.",
      "X::Stock | no tea\n*  a.pl:3\n" },
    { "a module", "IO::Socket::INET: connect: no at a.pl line 3.",
      " | IO::Socket::INET: connect: no\n*  a.pl:3\n" },
    { "a word", "Error: no at a.pl line 3.", " | Error: no\n*  a.pl:3\n" },
    /* what was not compiled */
    { "a syntax error", "syntax error at a.pl line 5, near \"}\"\nExecution of a.pl aborted due to "
      "compilation errors.", " | syntax error at a.pl line 5, near \"}\"\n*  a.pl:5\n" },
    { "at the end of the file", "syntax error at a.pl line 5, at EOF\na.pl had compilation errors.",
      " | syntax error at a.pl line 5, at EOF\n*  a.pl:5\n" },
    { "several",
      "Number found where operator expected at n.pl line 3, near \"3 4\"\n"
      "\t(Missing operator before  4?)\nsyntax error at n.pl line 3, near \"3 4\"\n"
      "Missing right curly or square bracket at n.pl line 4, at end of line\n"
      "n.pl had too many errors.\n",
      " | Number found where operator expected at n.pl line 3, near \"3 4\"\xc2\xb6"
      "\t(Missing operator before  4?)\xc2\xb6syntax error at n.pl line 3, near \"3 4\"\xc2\xb6"
      "Missing right curly or square bracket at n.pl line 4, at end of line\n*  n.pl:3\n" },
    { "required",
      "Global symbol \"$q\" requires explicit package name (did you forget to declare \"my "
      "$q\"?) at "
      "lib/Bad.pm line 3.\nCompilation failed in require at lib/Shop.pm line 2.\n"
      "BEGIN failed--compilation aborted at lib/Shop.pm line 2.\n"
      "Compilation failed in require at r.pl line 4.\n",
      " | Global symbol \"$q\" requires explicit package name (did you forget to declare \"my "
      "$q\"?)\n"
      "* require lib/Bad.pm:3\n* BEGIN lib/Shop.pm:2\n*  r.pl:4\n" },
    { "used elsewhere", "no at a.pl line 3.\nBEGIN failed--compilation aborted at b.pl line 4.",
      " | no\n*  a.pl:3\n* BEGIN b.pl:4\n" },
    { "an error behind the frames",
      "syntax error at a.pl line 5, at EOF\nCompilation failed in require at r.pl line 2.\n"
      "syntax error at b.pl line 5, at EOF\n",
      " | syntax error at a.pl line 5, at EOF\n* require a.pl:5\n*  r.pl:2\n" },
    /* modules */
    { "Exception::Class with a trace",
      "it failed\n\nTrace begun at a.pl line 17\n"
      "main::f('a string\nwith (lf', 17, undef) called at a.pl line 25\n"
      "main::g(1, 2) called at a.pl line 28\n",
      " | it failed\n* main::f a.pl:17\n* main::g a.pl:25\n*  a.pl:28\n" },
    { "the same without a message",
      "Trace begun at a.pl line 17\nmain::g(1, 2) called at a.pl line 28\n",
      " | \n* main::g a.pl:17\n*  a.pl:28\n" },
    { "Devel::StackTrace",
      "my trace at plack.pl line 2\nA::go('A=HASH(0x555727ba24b8)', 1, 'x') called at plack.pl "
      "line 3",
      " | my trace\n* A::go plack.pl:2\n*  plack.pl:3\n" },
    { "Moose",
      "Attribute (x) does not pass the type constraint because: Validation failed for 'Int' "
      "with value q "
      "at /usr/lib/x86_64-linux-gnu/perl5/5.36/Moose/Object.pm line 24\n"
      "\tMoose::Object::new('P', 'x', 'q') called at moose.pl line 2\n"
      "\tmain::mk at moose.pl line 3",
      " | Attribute (x) does not pass the type constraint because: Validation failed for 'Int' "
      "with value q\n"
      "- Moose::Object::new /usr/lib/x86_64-linux-gnu/perl5/5.36/Moose/Object.pm:24\n"
      "* main::mk moose.pl:2\n*  moose.pl:3\n" },
    { "Try::Tiny",
      "negative at t1.pl line 2.\n\tmain::risky(-1) called at t1.pl line 3\n"
      "\tmain::try {...} () called at /usr/share/perl5/Try/Tiny.pm line 102\n"
      "\teval {...} called at /usr/share/perl5/Try/Tiny.pm line 93\n"
      "\tTry::Tiny::try(CODE(0x55f1301a72a8), Try::Tiny::Catch=REF(0x55f1301d4210)) called at "
      "t1.pl line 3",
      " | negative\n* main::risky t1.pl:2\n* main::try {...} t1.pl:3\n"
      "- eval {...} /usr/share/perl5/Try/Tiny.pm:102\n"
      "- Try::Tiny::try /usr/share/perl5/Try/Tiny.pm:93\n"
      "*  t1.pl:3\n" },
    { "Mojolicious",
      "went wrong here at mojo.pl line 3.\nTraceback (most recent call first):\n"
      "  File \"mojo.pl\", line 3, in \"Mojo::Exception::throw\"\n"
      "  File \"mojo.pl\", line 6, in \"main::f2\"\n  File \"b.pl\", line 7, in \"main::f3\"\n",
      " | went wrong here\n* main::f2 mojo.pl:3\n* main::f3 mojo.pl:6\n*  b.pl:7\n" },
    { "Mojolicious, a function that calls itself",
      "no at a.pl line 3.\nTraceback (most recent call first):\n"
      "  File \"a.pl\", line 3, in \"Mojo::Exception::throw\"\n"
      "  File \"a.pl\", line 3, in \"main::f\"\n  File \"a.pl\", line 3, in \"main::f\"\n",
      " | no\n* main::f a.pl:3\n* main::f a.pl:3\n*  a.pl:3\n" },
    { "Mojolicious, the code, and another place",
      "no at template x.html.ep line 3.\nContext:\n  2: a\n  3: % die;\n"
      "Traceback (most recent call first):\n  File \"a.pl\", line 9, in \"main::f\"\n"
      "  (more)\n  File \"b.pl\", line 7, in \"main::g\"\nmore",
      " | no\n*  template x.html.ep:3\n* main::g a.pl:9\n*  b.pl:7\n" },
    { "Mojolicious' log", "[2026-11-23 05:12:34.74465] [10986] [error] [oDSyQ8j9I4N-] no at "
      "lite.pl line 3.",
      " | no\n*  lite.pl:3\n" },
    { "CGI::Carp", "[Mon Nov 23 05:14:12 2026] cc.pl: w at cc.pl line 1.", " | w\n*  cc.pl:1\n" },
    /* what is none */
    { "nothing", "", NULL },
    { "blank lines", "\n\n", NULL },
    { "a line of its own", "no newline\n", NULL },
    { "no line", "look at a.pl line.", NULL },
    { "no file", "look at line 3.", NULL },
    { "no at", "look into a.pl line 3.", NULL },
    { "more behind", "look at a.pl line 3 and 4", NULL },
    { "a number too long", "look at a.pl line 1234567890.", NULL },
    { "a call alone", "\tmain::f() called at a.pl line 3\nlook at a.pl line 3.", NULL },
    { "an object behind words", "look:\nFoo=HASH(0x1)\n", NULL },
    { "no object", "Foo=HASH(0x1", NULL },
};

static const struct {
    const char *name, *text, *answers;
} lines[] = {
    { "Carp", CONFESSED "plain at a.pl line 3.", "?YYN" },
    { "a handler", "no at a.pl line 1.\n at a.pl line 1.\n\tmain::z(0) called at a.pl line 2\n"
      "\n", "?YYN" },
    { "two warnings", "a at a.pl line 1.\nb at a.pl line 2.", "?N" },
    { "an object", "Foo=HASH(0x1)\nb", "?N" },
    { "a trace", "Trace begun at a.pl line 1\nmain::f('a\nb') called at a.pl line 2\nx(\n"
      "y) called at a.pl line 3\n\n",
      "Y?Y?YN" },
    { "a trace behind another", "a at a.pl line 1.\nTrace begun at a.pl line 1", "?N" },
    { "rethrown", "a at a.pl line 1.\n\t...propagated at a.pl line 2.\nb", "?YN" },
    { "no program",
      "Number found where operator expected at n.pl line 3, near \"3 4\"\n\t(Missing?)\n"
      "no at n.pl line 3, near \"3 4\"\nsyntax error at n.pl line 4, at EOF\n"
      "n.pl had compilation errors.\nb", "????YN" },
    { "required", "no at a.pl line 1.\nCompilation failed in require at b.pl line 2.\n"
      "BEGIN failed--compilation aborted at b.pl line 2.\nsyntax error at a.pl line 3, at EOF",
      "?YYN" },
    { "Mojolicious", "no at a.pl line 1.\nContext:\n  1: a\nTraceback (most recent call first):\n"
      "  File \"a.pl\", line 1, in \"main::f\"\n  x\nb", "???YY?N" },
    { "its frames alone", "no at a.pl line 1.\n  File \"a.pl\", line 1, in \"main::f\"\n"
      "Context:", "?YN" },
    { "no context", "no at a.pl line 1.\n  1: a", "?N" },
    { "CGI::Carp", "[Mon Nov 23 05:14:12 2026] cc.pl: w at cc.pl line 1.\n"
      "[Mon Nov 23 05:14:12 2026] cc.pl: \tmain::f(3) called at cc.pl line 1", "?Y" },
    { "words", "hello\n", "N" },
    { "a call", "\tmain::f() called at a.pl line 3", "N" },
    { "an empty line", "\n", "N" },
    { "its end", "a.pl had compilation errors.", "N" },
};

/* A text that is cut anywhere is read within its bounds, and is a trace from its first line on. */
static void test_cuts(const char *text)
{
    static t2m_stack_t stack;
    const char *lf = strchr(text, '\n');
    size_t size, first = lf ? (size_t)(lf - text) : strlen(text), missed = 0;
    int found;

    for (size = 0; size <= strlen(text); size++) {
        free(stack_parsed(&t2m_stack_perl, text, size, &stack, &found));
        missed += size >= first && !found;
    }
    is_number((long long)missed, 0, "all cuts are traces");
}

/* Frames beyond their room. */
static void test_room(void)
{
    static t2m_stack_t stack;
    static char text[16384];
    size_t size = (size_t)snprintf(text, sizeof(text), "no at a.pl line 1.\n");
    int found, i;
    char *copy;

    for (i = 0; i < 150; i++) {
        size += (size_t)snprintf(text + size, sizeof(text) - size,
                                 "\tmain::f%d() called at a.pl line %d\n", i, i + 2);
    }
    copy = stack_parsed(&t2m_stack_perl, text, size, &stack, &found);
    is_number(found && stack.truncated && stack.frame_count == T2M_STACK_FRAMES_MAX, 1,
              "more frames than there is room for");
    is_bytes(stack.frames[49].function.data, stack.frames[49].function.size, "main::f49",
             "the first half");
    is_number(stack.frames[50].line, 102, "the last half");
    is_bytes(stack.frames[98].function.data, stack.frames[98].function.size, "main::f149",
             "the last one but one");
    is_number(stack.innermost_first, 1, "innermost first");
    free(copy);
}

/* No more lines than a message may have, and no more than are taken without a call. */
static void test_many_lines(void)
{
    static t2m_stack_t stack;
    t2m_stack_stage_t stage = { 0, 0, 0 };
    char text[512] = "";
    int found, i, kept = 0;

    for (i = 0; i < 63; i++) {
        memcpy(text + 2 * i, "a\n", 3);
    }
    memcpy(text + strlen(text), "a at b line 3.", sizeof("a at b line 3."));
    free(stack_parsed(&t2m_stack_perl, text, strlen(text), &stack, &found));
    is_number(found, 1, "64 lines of a message");
    memmove(text + 2, text, strlen(text) + 1);
    free(stack_parsed(&t2m_stack_perl, text, strlen(text), &stack, &found));
    is_number(found, 0, "no more");
    (void)t2m_stack_perl.begins(t2m_text("syntax error at a.pl line 3, at EOF"), &stage);
    for (i = 0; i < 100; i++) {
        kept += t2m_stack_perl.continues(t2m_text("b"), &stage) == T2M_STACK_PERHAPS;
    }
    is_number(kept, 32, "lines that tell nothing");
    is_number(t2m_stack_perl.continues(t2m_text("a.pl had compilation errors."), &stage),
              T2M_STACK_YES, "one that does is taken all the same");
}

static void test_texts(void)
{
    static t2m_stack_t stack;
    const char *text = "it failed\n\nTrace begun at a.pl line 17\n"
                       "main::f('a string\nwith lf') called at a.pl line 25";
    int found;
    char *copy = stack_parsed(&t2m_stack_perl, text, strlen(text), &stack, &found), out[256];
    size_t size = t2m_stack_write_lines(&stack, out, sizeof(out));

    is_bytes(out, size,
             "at a.pl line 17\x1e" "main::f('a string\nwith lf') called at a.pl line 25", "texts");
    free(copy);
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_shown(&t2m_stack_perl, cases[i].text, cases[i].want, cases[i].name);
    }
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char answers[64];

        stack_answers(&t2m_stack_perl, lines[i].text, answers);
        is_bytes(answers, strlen(answers), lines[i].answers, lines[i].name);
    }
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (cases[i].want && cases[i].text[0] > ' ' && !strstr(cases[i].want, "\xc2\xb6")
            && strncmp(cases[i].text, "it", 2) != 0) {
            test_cuts(cases[i].text);
        }
    }
    test_room();
    test_many_lines();
    test_texts();
    is_bytes(t2m_stack_perl.name, strlen(t2m_stack_perl.name), "perl", "its name");
    return tap_done();
}
