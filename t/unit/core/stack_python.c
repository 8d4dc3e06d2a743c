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

/* Tests core/stack_python with the samples of stack_python_samples.h: joined line by line and read
 * as one text. */
#include "core/stack.h"

#include <stdlib.h>

#include "core/record.h"
#include "core/stack_join.h"
#include "stack_python_samples.h"
#include "stack_told.h"
#include "tap.h"

/* Lines that may or may not end a traceback as its `Type: message`. */
static const struct {
    const char *line;
    int type_size; /* 0: refused */
} endings[] = {
    { "E", 1 }, { "E:", 1 }, { "E: ", 1 }, { "E:  x", 1 }, { "a.b.C: x", 5 }, { "_x9: y", 3 },
    { "f.<locals>.E", 12 }, { "Gr\xc3\xb6\xc3\x9f" "e: x", 7 }, { "ExceptionGroup: x: y", 14 },
    { "E:x", 0 }, { "http://x/", 0 }, { "9E: x", 0 }, { "a.9: x", 0 }, { "a.: x", 0 },
    { ".a: x", 0 }, { "a..b: x", 0 }, { "a.", 0 }, { ": x", 0 }, { "two words", 0 },
    { "two words: x", 0 }, { "E(x)", 0 }, { "[pid 7] E: x", 0 }, { "died at x line 3.", 0 },
    { "f.<local>.E: x", 0 }, { "PHP Warning:  x", 0 }, { "12:30:01 x", 0 }, { "E\t", 0 },
};

static t2m_stack_join_t *join;
static t2m_stack_t stack;

/* Feeds a line from memory of its own size, so that a byte read too far is seen. */
static int feed(const char *line, size_t size)
{
    char *copy = malloc(size ? size : 1);
    int kept;

    memcpy(copy, line, size);
    kept = t2m_stack_join_line(join, t2m_text_of(copy, size));
    free(copy);
    return kept;
}

static void print_items(FILE *out)
{
    static char lines[16384];
    size_t size = t2m_stack_write_lines(&stack, lines, sizeof lines);

    for (size_t i = 0; i < size; i++) {
        if (i == 0 || lines[i] == T2M_LINE_SEPARATOR) {
            fputs(i ? "\n* " : "* ", out);
        }
        if (lines[i] != T2M_LINE_SEPARATOR) {
            fputc(lines[i], out);
        }
    }
    fprintf(out, "%s= %.*s | %.*s\n", size ? "\n" : "", (int)stack.type.size, stack.type.data,
            (int)stack.message.size, stack.message.size ? stack.message.data : "");
}

/* What is held: as a trace, or as the lines that it is when it is none. */
static void print_held(FILE *out)
{
    int truncated;
    t2m_text_t text = t2m_stack_join_text(join, &truncated);

    if (t2m_stack_python.parse(text, &stack)) {
        print_items(out);
    } else {
        fprintf(out, "> %.*s\n", (int)text.size, text.data);
    }
    t2m_stack_join_reset(join);
}

/* Does what a caller does: a line that is refused ends what is open and is offered again. */
static void print_line(const char *line, size_t size, FILE *out)
{
    if (feed(line, size)) {
        return;
    }
    if (t2m_stack_join_open(join)) {
        print_held(out);
        if (feed(line, size)) {
            return;
        }
    }
    fprintf(out, "> %.*s\n", (int)size, line);
}

static void test_samples(void)
{
    for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        const char *line = samples[i].lines;
        char *got = NULL;
        size_t got_size = 0;
        FILE *out = open_memstream(&got, &got_size);

        t2m_stack_join_reset(join);
        while (*line) {
            size_t size = strcspn(line, "\n");

            print_line(line, size, out);
            line += size + 1;
        }
        if (t2m_stack_join_open(join)) {
            print_held(out);
        }
        fclose(out);
        is_bytes(got, got_size, samples[i].want, samples[i].name);
        free(got);
    }
}

static void test_endings(void)
{
    char text[200];

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        int size = snprintf(text, sizeof text, "Traceback (most recent call last):\n"
                            "  File \"a.py\", line 1, in f\n%s", endings[i].line), kept;

        t2m_stack_join_reset(join);
        (void)feed(text, strcspn(text, "\n"));
        kept = feed(endings[i].line, strlen(endings[i].line));
        ok(t2m_stack_python.parse(t2m_text_of(text, (size_t)size), &stack)
           && kept == (endings[i].type_size != 0)
           && (kept ? stack.type.size == (size_t)endings[i].type_size
                          && memcmp(stack.type.data, endings[i].line, stack.type.size) == 0
                    : stack.type.size == 9),
           "type of: %s", endings[i].line);
    }
}

/* Lines that begin nothing, not even perhaps. */
static const char *const ordinary[] = {
    "", " ", "Traceback (most recent call last)", " Traceback (most recent call last):",
    "Traceback (most recent call last): ", "Traceback (most recent call last):x",
    "Exception Group Traceback (most recent call last):", "  + Traceback (most recent call last):",
    "  File \"a.py\", line 1, in f", "  File \"a.py\", line 1, in f2", "  File \"a.py\", line ",
    "  File \"a.py\", line x", "  File \"a.py\"", "  File \"a.py\", line 0",
    " File \"a.py\", line 1", "   File \"a.py\", line 1", "  File \"a.py\", line 1 ",
    "ValueError: x", "SyntaxError: x", "\"\"\"", "RemoteTraceback: x", "a.RemoteTraceback",
    "PHP Fatal error:  Uncaught Error: x in /srv/a.php:3",
    "#0 {main}", "died at /srv/a.pl line 3.", "/srv/a.rb:1:in `f': x (RuntimeError)",
    "\tat shop.Cart.add(Cart.java:12)", "    at f (/srv/a.js:3:1)",
    ("During handling of the above exception, "
     "another exception occurred:"),
};

static void test_ordinary(void)
{
    for (size_t i = 0; i < sizeof(ordinary) / sizeof(*ordinary); i++) {
        const char *answers = answers_of(&t2m_stack_python, ordinary[i]);

        ok(strchr("-", answers[0]) != NULL, "begins nothing: %s", ordinary[i]);
        is_number(told_by(&t2m_stack_python, ordinary[i]), 0, "and is nothing");
    }
}

#define QUOTED "\"\"\"\n"
#define FRAME "  File \"/srv/a.py\", line 3, in f\n"
#define SOURCE "    g()\n    ~^^\n"

static const stack_case_t cases[] = {
    { "frames of the site and of libraries",
      HEADER "  File \"/srv/app/a.py\", line 3, in <module>\n    g()\n"
      "  File \"/usr/lib/python3.11/json/decoder.py\", line 337, in decode\n"
      "  File \"/srv/app/venv/lib/python3.12/site-packages/flask/app.py\", line 4, in wsgi\n"
      "  File \"/usr/lib/python3/dist-packages/x.py\", line 5, in x\n"
      "  File \"<frozen importlib._bootstrap>\", line 6, in _find\n"
      "  File \"<string>\", line 7, in <module>\n"
      "  File \"/srv/lib/pythonic/b.py\", line 8, in b\n"
      "  File \"/srv/lib/python\", line 9, in c\n"
      "  File \"/srv/a \", line 1, in b\", line 10, in d\n"
      "  File \"/srv/n.py\", line 99999999999, in e\n"
      "  File \"/srv/o.py\", line x, in e\n"
      "  File \"/srv/no line\n"
      "E: m\n",
      "+++++++++++++++",
      "E: m\n a|<module>|/srv/app/a.py|3\n -|decode|/usr/lib/python3.11/json/decoder.py|337\n"
      " -|wsgi|/srv/app/venv/lib/python3.12/site-packages/flask/app.py|4\n"
      " -|x|/usr/lib/python3/dist-packages/x.py|5\n -|_find|<frozen importlib._bootstrap>|6\n"
      " a|<module>|<string>|7\n a|b|/srv/lib/pythonic/b.py|8\n a|c|/srv/lib/python|9\n"
      " a|d|/srv/a \", line 1, in b|10\n a|e|/srv/n.py|999999999\n a||/srv/o.py|0\n -|||0\n" },
    { "recursion", HEADER FRAME "  [Previous line repeated 996 more times]\nE\n", "++++",
      "E: !\n a|f|/srv/a.py|3\n -|||0\n" },
    { "a syntax error of the script itself",
      "  File \"/srv/a.py\", line 3\n    x = = 1\n        ^\nSyntaxError: invalid syntax\n", ".+++",
      "SyntaxError: invalid syntax\n a||/srv/a.py|3\n" },
    { "without its source", "  File \"/srv/a.py\", line 3\nIndentationError: bad\n", ".+",
      "IndentationError: bad\n a||/srv/a.py|3\n" },
    { "of tabs", "  File \"/srv/a.py\", line 3\nTabError: bad\n", ".+",
      "TabError: bad\n a||/srv/a.py|3\n" },
    { "cut behind the source", "  File \"/srv/a.py\", line 3\n    x = = 1\n", ".+",
      "Traceback: \n a||/srv/a.py|3\n" },
    { "a place and another exception", "  File \"/srv/a.py\", line 3\nValueError: m\n", ".-",
      NULL },
    { "a place and blanks", "  File \"/srv/a.py\", line 3\n     \n", ".-", NULL },
    { "a place alone", "  File \"/srv/a.py\", line 3", ".", NULL },
    { "a first line alone", HEADER, "+", NULL },
    { "that of a group alone", GROUP, "+", NULL },
    { "a first line and the exception", HEADER "E: m\n", "++", "E: m\n" },
    { "broken off in the frames", HEADER FRAME SOURCE, "++++", "Traceback: \n a|f|/srv/a.py|3\n" },
    { "Ruby's of old", HEADER "\t1: from /srv/a.rb:3:in `<main>'\n", "+-", NULL },
    { "CRLF", "Traceback (most recent call last):\r\n  File \"a\", line 1, in f\r\nE\r\n  more\r\n",
      "++++", "E: more\n a|f|a|1\n" },
    { "blank lines", HEADER "\n" FRAME "\nE: m\n\n\n", "+.+.+..", "E: m\n a|f|/srv/a.py|3\n" },
    { "a message and notes", HEADER FRAME "E: one\n\n  two\nthree\n\n", "+++.+-",
      "E: one\n\n  two\nthree\n a|f|/srv/a.py|3\n" },
    { "another traceback behind it", HEADER FRAME "E: m\n" HEADER FRAME "F: n\n", "+++-",
      "E: m\n a|f|/srv/a.py|3\n" },
    { "a group behind it", HEADER FRAME "E: m\n" GROUP "  | F: n\n", "+++-",
      "E: m\n a|f|/srv/a.py|3\n" },
    { "another one before its end", HEADER FRAME HEADER FRAME "F: n\n", "++-",
      "Traceback: \n a|f|/srv/a.py|3\n" },
    { "what is no Python at its end", HEADER FRAME "Segmentation fault (core dumped)\n", "++-",
      "Traceback: \n a|f|/srv/a.py|3\n" },
    { "a chain", HEADER FRAME "A: 1\n\n" CAUSE "\n" HEADER "  File \"b\", line 2, in g\nB: 2\n\n"
      DURING "\n" HEADER "  File \"c\", line 3, in h\nC: 3\n",
      "+++.+.+++.+.+++", "C: 3\n a|h|c|3\n= B: 2\n a|g|b|2\n= A: 1\n a|f|/srv/a.py|3\n" },
    { "a chain without a traceback in the middle", HEADER FRAME "A: 1\n" CAUSE "B: 2\n" DURING
      HEADER FRAME "C\n", "+++++++++",
      "C: \n a|f|/srv/a.py|3\n= B: 2\n= A: 1\n a|f|/srv/a.py|3\n" },
    { "a chain with messages of several lines", HEADER FRAME "A: 1\n  more\n" DURING HEADER FRAME
      "B: 2\n", "++++++++", "B: 2\n a|f|/srv/a.py|3\n= A: 1\n  more\n a|f|/srv/a.py|3\n" },
    { "broken off behind a sentence", HEADER FRAME "A: 1\n\n" CAUSE "\n" HEADER, "+++.+.+",
      "A: 1!\n a|f|/srv/a.py|3\n" },
    { "broken off in the last one", HEADER "A: 1\n\n" CAUSE "\n" HEADER FRAME, "++.+.++",
      "Traceback: \n a|f|/srv/a.py|3\n= A: 1\n" },
    { "a sentence within frames", HEADER FRAME DURING, "++-", "Traceback: !\n a|f|/srv/a.py|3\n" },
    { "a group of each kind",
      GROUP "  |   File \"/srv/a.py\", line 1, in f\n  |     g()\n  |     ~^^\n  | G: m (3)\n"
      "  +-+---------------- 1 ----------------\n"
      "    | Traceback (most recent call last):\n    |   File \"/srv/b.py\", line 2, in g\n"
      "    |     h()\n    | A: 1\n    | \n    | " DURING "    | \n"
      "    | Traceback (most recent call last):\n    |   File \"/srv/c.py\", line 3, in h\n"
      "    | B: 2\n"
      "    +---------------- 2 ----------------\n"
      "    | Exception Group Traceback (most recent call last):\n"
      "    |   File \"/srv/d.py\", line 4, in i\n    | H: n (1)\n"
      "    +-+---------------- 1 ----------------\n      | C: 3\n"
      "      +------------------------------------\n"
      "    +---------------- ... ----------------\n    | and 1 more exception\n"
      "    +------------------------------------\n",
      "++++++++++++++++++++++++++",
      "G: m (3)!\n a|f|/srv/a.py|1\n= B: 2\n a|h|/srv/c.py|3\n= A: 1\n a|g|/srv/b.py|2\n"
      "= H: n (1)\n a|i|/srv/d.py|4\n= C: 3\n" },
    { "a member's message without margins, as C code prints it",
      GROUP "  | G: m (1)\n  +-+---------------- 1 ----------------\n    | A: 1\ntwo\n\n  three\n"
      "    +---------------- 2 ----------------\n    | B: 2\n"
      "    +------------------------------------\nfour\n",
      "++++...+++-", "G: m (1)\n= A: 1\ntwo\n\n  three\n= B: 2\n" },
    { "a member that another traceback follows",
      GROUP "  | G: m (1)\n  +-+---------------- 1 ----------------\n    | A: 1\n" HEADER, "++++-",
      "G: m (1)\n= A: 1\n" },
    { "a group that is cut in a ruler", GROUP "  | G: m (1)\n  +-+---------------- 1 -----\n",
      "+++", "G: m (1)!\n" },
    { "a group without its exception", GROUP "  |   File \"/srv/a.py\", line 1, in f\n"
      "  +-+---------------- 1 ----------------\n    | A: 1\n", "++++",
      "Traceback: \n a|f|/srv/a.py|1\n= A: 1\n" },
    { "a group in a chain, before and behind others",
      HEADER "A: 1\n\n" CAUSE "\n" GROUP "  | G: m (1)\n  +-+---------------- 1 ----------------\n"
      "    | B: 2\n    +------------------------------------\n\n" DURING "\n" HEADER "C: 3\n",
      "++.+.+++++.+.++", "C: 3\n= G: m (1)\n= B: 2\n= A: 1\n" },
    { "another process's traceback",
      "a.b._RemoteTraceback: \n" QUOTED HEADER FRAME "A: 1\n\n" DURING "\n" HEADER FRAME "B: 2\n"
      QUOTED "\n" CAUSE "\n" HEADER FRAME "B: 2\n",
      ".+++++++++++.+.+++",
      "B: 2\n a|f|/srv/a.py|3\n= B: 2\n a|f|/srv/a.py|3\n= A: 1\n a|f|/srv/a.py|3\n" },
    { "behind frames, and cut in its quotes",
      HEADER FRAME "RemoteTraceback:\n" QUOTED HEADER FRAME "A: 1\n", "+++++++",
      "A: 1\n a|f|/srv/a.py|3\n" },
    { "its name and no quotes", "a.RemoteTraceback: \nnothing\n", ".-", NULL },
    { "its name and no quotes, behind frames", HEADER FRAME "RemoteTraceback: \nmore\n", "+++-",
      "RemoteTraceback: more\n a|f|/srv/a.py|3\n" },
    { "quotes elsewhere", HEADER FRAME "E: m\n" QUOTED, "+++-",
      "E: m\n\"\"\"\n a|f|/srv/a.py|3\n" },
};

/* A chain of so many: the newest ones are told. */
static void test_long_chain(void)
{
    t2m_text_t text;

    long_size = 0;
    for (int i = 0; i < 30; i++) {
        write_text("%s" HEADER FRAME "E%d: m\n", i ? "\n" DURING "\n" : "", i);
    }
    text = t2m_text_of(long_text, long_size);
    ok(t2m_stack_python.parse(text, &stack) && stack.truncated && stack.cause_count == 8
       && stack.type.size == 3 && memcmp(stack.type.data, "E29", 3) == 0
       && memcmp(stack.causes[0].type.data, "E28", 3) == 0
       && memcmp(stack.causes[7].type.data, "E21", 3) == 0 && stack.frame_count == 9
       && stack.frames[8].cause == 8, "of a long chain the newest ones are told, and no others");
}

/* Groups in groups, more than Python prints. */
static void test_deep_groups(void)
{
    long_size = 0;
    write_text("%s  | G: 0\n", GROUP);
    for (int i = 1; i < 40; i++) {
        write_text("%*s+-+---------------- 1 ----------------\n%*s| G%d: m\n", 2 * i, "",
                   2 * i + 2, "", i);
    }
    ok(t2m_stack_python.parse(t2m_text_of(long_text, long_size), &stack) && stack.truncated
       && stack.cause_count == 8 && memcmp(stack.causes[7].type.data, "G8", 2) == 0,
       "groups in groups, as many as there is room for");
}

static void test_quoted(void)
{
    t2m_stack_stage_t stage = { 0, 0, 0 };
    int count = 0;

    (void)t2m_stack_python.begins(t2m_text("RemoteTraceback: "), &stage);
    (void)t2m_stack_python.continues(t2m_text("\"\"\""), &stage);
    while (count < 5000 && t2m_stack_python.continues(t2m_text("more"), &stage) != T2M_STACK_NO) {
        count++;
    }
    is_number(count, 1000, "quotes without an end are held only so long");
}

int main(void)
{
    join = malloc(t2m_stack_join_size());
    test_samples();
    test_endings();
    test_ordinary();
    check_cases(&t2m_stack_python, cases, sizeof(cases) / sizeof(*cases));
    test_long_chain();
    test_deep_groups();
    test_quoted();
    free(join);
    return tap_done();
}
