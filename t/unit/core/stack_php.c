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

/* Tests core/stack_php with what PHP 5.6 to 8.5, PHP-FPM, mod_php and Xdebug print. */
#include "core/stack.h"

#include "stack_shown.h"

#define FATAL "PHP Fatal error:  Uncaught "

static const struct {
    const char *name, *text, *want;
} cases[] = {
    { "an exception",
      FATAL "RuntimeException: no tea in /srv/app/a.php:5\n"
      "Stack trace:\n"
      "#0 /srv/app/a.php(6): Shop\\Cart->Shop\\{closure}('a (b): c', 1)\n"
      "#1 [internal function]: Shop\\Cart::add(Array)\n"
      "#2 /srv/app/vendor/a/b.php(8): array_map(Object(Closure), Array)\n"
      "#3 /srv/app/a.php(9): {closure:Shop\\go():7}(NULL)\n"
      "#4 {main}\n"
      "  thrown in /srv/app/a.php on line 5",
      "RuntimeException | no tea\n"
      "* Shop\\Cart->Shop\\{closure} /srv/app/a.php:5\n"
      "* Shop\\Cart::add /srv/app/a.php:6\n"
      "- array_map :0\n"
      "- {closure:Shop\\go():7} /srv/app/vendor/a/b.php:8\n"
      "* {main} /srv/app/a.php:9\n" },
    { "without its last line's margin, with CRLF",
      FATAL "Exception: x in /a.php:5\r\nStack trace:\r\n#0 {main}\r\n"
      "thrown in /a.php on line 5\r\n",
      "Exception | x\n* {main} /a.php:5\n" },
    { "a chain, the first cause first",
      FATAL "A\\First: one in /a.php:1\nStack trace:\n#0 /a.php(2): f()\n#1 {main}\n\n"
      "Next Second: two\nlines in /a.php:3\nStack trace:\n#0 {main}\n\n"
      "Next LogicException in /a.php:4\nStack trace:\n#0 /a.php(5): g()\n#1 {main}\n"
      "  thrown in /a.php on line 4",
      "LogicException | \n* g /a.php:4\n* {main} /a.php:5\n"
      "= Second | two\xc2\xb6lines\n* {main} /a.php:3\n"
      "= A\\First | one\n* f /a.php:1\n* {main} /a.php:2\n" },
    { "an exception in words of its own, next to another",
      FATAL "my own: words in /a.php:1\nStack trace:\n#0 {main}\n\nNext in words too in /a.php:2\n"
      "Stack trace:\n#0 {main}\n\nNext \nStack trace:\n#0 {main}\n  thrown in /a.php on line 2",
      " | Next\n*  /a.php:2\n"
      "=  | in words too\n* {main} /a.php:2\n= Fatal error | my own: words\n* {main} /a.php:1\n" },
    { "an exception in words of its own alone",
      FATAL "I am\nmyself\n  thrown in /a.php on line 2",
      "Fatal error | I am\xc2\xb6myself\n*  /a.php:2\n" },
    { "a class without a name", FATAL "Exception@anonymous in /a.php on line 14",
      "Exception@anonymous | \n*  /a.php:14\n" },
    { "a trace quoted in a message",
      FATAL "B: it: A: x in /a.php:2\nStack trace:\n#0 /a.php(3): f()\n#1 {main} in /a.php:4\n"
      "Stack trace:\n#0 /a.php(5): g()\n#1 {main}\n  thrown in /a.php on line 4",
      "B | it: A: x in /a.php:2\xc2\xb6Stack trace:\xc2\xb6#0 /a.php(3): f()\xc2\xb6#1 {main}\n"
      "* g /a.php:4\n* {main} /a.php:5\n" },
    { "the same in the second of a chain",
      FATAL "A: x in /a.php:1\nStack trace:\n#0 {main}\n\n"
      "Next B: it: A: x in /a.php:2\nStack trace:\n#0 /a.php(3): f()\n#1 {main} in /a.php:4\n"
      "Stack trace:\n#0 {main}\n  thrown in /a.php on line 4",
      "B | it: A: x in /a.php:2\xc2\xb6Stack trace:\xc2\xb6#0 /a.php(3): f()\xc2\xb6#1 {main}\n"
      "* {main} /a.php:4\n= A | x\n* {main} /a.php:1\n" },
    { "words `Stack trace:` in a message",
      FATAL "A: x in /a.php:1\nStack trace:\nStack trace:\n#0 {main}\n  thrown in /a.php on line 1",
      "A | x\n* {main} /a.php:1\n" },
    { "code of eval",
      FATAL "E: e in /a.php(15) : eval()'d code(2) : eval()'d code:3\nStack trace:\n"
      "#0 /a.php(15) : eval()'d code(2): eval()\n#1 /a.php(15): eval()\n#2 {main}\n"
      "  thrown in /a.php(15) : eval()'d code(2) : eval()'d code on line 3",
      "E | e\n* eval /a.php:15\n* eval /a.php:15\n* {main} /a.php:15\n" },
    { "code of create_function, and a bracket without a number",
      FATAL "E: e in /a(b) : eval()'d code:3\nStack trace:\n"
      "#0 /a.php(4) : runtime-created function(1): f()\n#1 {main}",
      "E | e\n* f /a(b) : eval()'d code:3\n* {main} /a.php:4\n" },
    { "PHP 5",
      "PHP Fatal error:  Uncaught exception 'A' with message 'x 'y' in z' in /a.php:3\n"
      "Stack trace:\n#0 {main}\n\nNext exception 'B' in /a.php:4\nStack trace:\n#0 {main}\n"
      "  thrown in /a.php on line 4",
      "B | \n* {main} /a.php:4\n= A | x 'y' in z\n* {main} /a.php:3\n" },
    { "PHP 5, cut", "PHP Fatal error:  Uncaught exception 'Runti",
      "Fatal error | exception 'Runti\n!" },
    { "PHP 5, cut in the message", "PHP Fatal error:  Uncaught exception 'A' with message 'it is",
      "A | it is\n!" },
    { "an exception as a warning",
      "PHP Warning:  Uncaught E: x in /a.php:3\nStack trace:\n#0 {main}\n"
      "  thrown in /a.php on line 3",
      "E | x\n* {main} /a.php:3\n" },
    { "a fatal error, and its trace as of 8.5",
      "PHP Fatal error:  Maximum execution time of 1 second exceeded in /a.php on line 3\n"
      "Stack trace:\n#0 /a.php(7): f()\n#1 {main}",
      "Fatal error | Maximum execution time of 1 second exceeded\n* f /a.php:3\n"
      "* {main} /a.php:7\n" },
    { "a warning", "PHP Warning:  in in a in /a b.php on line 17",
      "Warning | in in a\n*  /a b.php:17\n" },
    { "a warning of lines",
      "PHP Warning:  a\nb in /a.php on line 1\nPHP Notice:  c in /a.php on line 2",
      "Warning | a\xc2\xb6" "b\n*  /a.php:1\n" },
    { "another line behind it", "PHP Notice:  a in /a.php on line 1\nc",
      "Notice | a\n*  /a.php:1\n" },
    { "a fatal error behind a warning",
      "PHP Warning:  a in /a.php on line 1\nPHP Fatal error:  b in /b.php on line 2",
      "Fatal error | b\n*  /b.php:2\n" },
    { "the other names",
      "PHP Recoverable fatal error:  a in /a.php on line 1",
      "Recoverable fatal error | a\n*  /a.php:1\n" },
    { "a parse error",
      "PHP Parse error:  syntax error, unexpected '}' in /a.php(16) : eval()'d code on line 3",
      "Parse error | syntax error, unexpected '}'\n*  /a.php:16\n" },
    { "in no file", "PHP Warning:  PHP Startup: no in Unknown on line 0",
      "Warning | PHP Startup: no\n" },
    { "in no active file", "PHP Fatal error:  x in [no active file] on line 0",
      "Fatal error | x\n" },
    { "an exception in no file",
      FATAL "E: x in [no active file]:0\nStack trace:\n#0 {main}\n"
      "  thrown in [no active file] on line 0",
      "E | x\n" },
    { "as display_errors shows it",
      "\nWarning: a in /a.php on line 1\n", "Warning | a\n*  /a.php:1\n" },
    { "an exception as display_errors shows it",
      "\nFatal error: Uncaught E: a in /a.php:1\nStack trace:\n#0 {main}\n"
      "  thrown in /a.php on line 1\n",
      "E | a\n* {main} /a.php:1\n" },
    { "with a date",
      "[23-Nov-2026 04:52:55 UTC] PHP Warning:  a in /a.php on line 1",
      "Warning | a\n*  /a.php:1\n" },
    { "written into the log by hand",
      "A\\B: a in /a.php:1\nStack trace:\n#0 /a.php(2): f()\n#1 {main}",
      "A\\B | a\n* f /a.php:1\n* {main} /a.php:2\n" },
    { "the same behind words",
      "job 7 failed: MyException: a: b in /a.php:1\nStack trace:\n#0 {main}",
      "MyException | a: b\n* {main} /a.php:1\n" },
    { "a message of lines",
      "SomeError: a\nb in /a.php:1\nStack trace:\n#0 {main}",
      "SomeError | a\xc2\xb6" "b\n* {main} /a.php:1\n" },
    { "a core of WordPress",
      "PHP Warning:  a in /srv/wp-includes/x.php on line 1",
      "Warning | a\n- " " /srv/wp-includes/x.php:1\n" },
    /* what is none */
    { "nothing", "", NULL },
    { "blanks", "\n\n", NULL },
    { "a word", "Warning", NULL },
    { "a warning of others", "Warning: the disk is full", NULL },
    { "an exception of others", "RuntimeException: no tea\n    at f (/a.js:1:2)", NULL },
    { "an exception of others with a place", "RuntimeException: no tea in /a.php:4", NULL },
    { "a level PHP has not", "PHP Catastrophe:  a in /a.php on line 1", NULL },
    { "no colon", "PHP Warning a in /a.php on line 1", NULL },
    { "a number first", "9\\A: a in /a.php:1\nStack trace:\n#0 {main}", NULL },
    /* cut */
    { "cut in the message", FATAL "E: it is no", "E | it is no\n!" },
    { "cut in the type", FATAL "Runtime", "Runtime | \n!" },
    { "cut behind the place", FATAL "E: a in /a.php:3", "E | a\n*  /a.php:3\n!" },
    { "cut in the words", FATAL "E: a in /a.php:3\nStack tr",
      "E | a in /a.php:3\xc2\xb6Stack tr\n!" },
    { "cut before the frames", FATAL "E: a in /a.php:3\nStack trace:", "E | a\n*  /a.php:3\n!" },
    { "cut in a frame's place", FATAL "E: a in /a.php:3\nStack trace:\n#0 /a.php(4",
      "E | a\n*  /a.php:3\n!" },
    { "cut in a frame's function",
      FATAL "E: a in /a.php:3\nStack trace:\n#0 /a.php(4): Car",
      "E | a\n*  /a.php:3\n*  /a.php:4\n!" },
    { "cut in a frame's number",
      FATAL "E: a in /a.php:3\nStack trace:\n#0 /a.php(4): f()\n#1",
      "E | a\n* f /a.php:3\n*  /a.php:4\n!" },
    { "cut in the next one",
      FATAL "A: a in /a.php:3\nStack trace:\n#0 {main}\n\nNext B: it is n",
      "B | it is n\n= A | a\n* {main} /a.php:3\n!" },
    { "cut in a warning", "PHP Warning:  it is", "Warning | it is\n!" },
    { "frames without a first place", FATAL "a\nStack trace:\n#0 /a.php(4): f()\n#1 {main}",
      "a | \n* {main} /a.php:4\n" },
    { "no frames at all", FATAL "a b\nStack trace:\n#0 {main}", "Fatal error | a b\n" },
    /* PHP-FPM by mod_proxy_fcgi */
    { "PHP-FPM",
      "AH01071: Got error 'PHP message: " FATAL "E: deep in /a.php:2\nStack trace:\n"
      "#0 /a.php(4): f()\n#1 {main}\n  thrown in /a.php on line 2'",
      "E | deep\n* f /a.php:2\n* {main} /a.php:4\n" },
    { "PHP-FPM, several, the fatal one",
      "AH01071: Got error 'PHP message: PHP Warning:  u in /a.php on line 3; PHP message: mine; "
      "PHP message: " FATAL "E: deep in /a.php:2\nStack trace:\n#0 /a.php(2): f()\n#1 {main}\n"
      "  thrown in /a.php on line 2', referer: http://r/",
      "E | deep\n* f /a.php:2\n* {main} /a.php:2\n" },
    { "PHP-FPM, several, the first one",
      "AH01071: Got error 'PHP message: mine; PHP message: PHP Notice:  u in /a.php on line 3; "
      "PHP message: PHP Notice:  v in /b.php on line 4'", "Notice | u\n*  /a.php:3\n" },
    { "PHP-FPM of before 7.4, in lines",
      "PHP message: mine\nPHP message: PHP Notice:  a in /a.php on line 3\n"
      "PHP message: PHP Notice:  b in /a.php on line 4",
      "Notice | a\n*  /a.php:3\n" },
    { "PHP-FPM, cut",
      "AH01071: Got error 'PHP message: " FATAL "E: deep in /a.php:2\nStack trace:\n"
      "#0 /a.php(2): f()\n#1 /a.php(2...', referer: http://r/",
      "E | deep\n* f /a.php:2\n*  /a.php:2\n!" },
    { "PHP-FPM, an exception by hand",
      "PHP message: hm; PHP message: AnError: b in /a.php:2\nStack trace:\n#0 {main}",
      "AnError | b\n* {main} /a.php:2\n" },
    { "PHP-FPM, by hand without a trace, and another",
      "PHP message: AnError: b; PHP message: PHP Notice:  v in /b.php on line 4",
      "Notice | v\n*  /b.php:4\n" },
    { "PHP-FPM, one that ends at the next",
      "PHP message: PHP Fatal error:  Uncaught A; PHP message: B: C in /a.php:3\nStack trace:\n",
      "A | \n!" },
    { "PHP-FPM, an end of line in the last one",
      "Got error 'PHP message: PHP Warning:  a\n in /a.php on line 3\n'",
      "Warning | a\xc2\xb6\n*  /a.php:3\n" },
    { "PHP-FPM, the quote cut off",
      "Got error 'PHP message: PHP Warning:  a\nb in /a.php on line 3",
      "Warning | a\xc2\xb6" "b\n*  /a.php:3\n" },
    /* Xdebug */
    { "Xdebug",
      "PHP Warning:  a\nb in /a.php on line 17\nPHP Stack trace:\nPHP   1. {main}() /a.php:0\n"
      "PHP   2. Shop\\go($o = class Shop\\class@anonymous { }) /a.php:10\n"
      "PHP  13. trigger_error($message = 'x) y', $error_level = 512) /vendor/b.php:17",
      "Warning | a\xc2\xb6" "b\n* {main} /a.php:10\n- Shop\\go /vendor/b.php:17\n"
      "* trigger_error /a.php:17\n" },
    { "Xdebug, in code of eval, and a line of another message",
      "[23-Nov-2026 04:52:55 UTC] PHP Warning:  a in /a.php(3) : eval()'d code on line 1\n"
      "[23-Nov-2026 04:52:55 UTC] PHP Stack trace:\n"
      "[23-Nov-2026 04:52:55 UTC] PHP   1. {main}() /a.php:0\n"
      "[23-Nov-2026 04:52:55 UTC] PHP   2. eval() /a.php:3\n"
      "[23-Nov-2026 04:52:55 UTC] PHP   3. f() /a.php(3) : eval()'d code:1\nmore\n"
      "PHP   4. g() /a.php:3\n",
      "Warning | a\n* {main} /a.php:3\n* eval /a.php:3\n* f /a.php:3\n" },
    { "Xdebug, behind what the exception said",
      FATAL "E: a in /a.php:1\nStack trace:\n#0 {main}\n  thrown in /a.php on line 1\n"
      "PHP Stack trace:\nPHP   1. {main}() /a.php:0\nPHP   2. f() /a.php:9",
      "E | a\n* {main} /a.php:1\n" },
    { "Xdebug by PHP-FPM",
      "PHP message: PHP Notice:  a in /a.php on line 2; PHP message: PHP Stack trace:; "
      "PHP message: PHP   1. {main}() /a.php:0; PHP message: PHP   2. f() /a.php:9; "
      "PHP message: PHP Notice:  b in /b.php on line 1",
      "Notice | a\n* {main} /a.php:9\n* f /a.php:2\n" },
    { "Xdebug, of an error in no file",
      "PHP Warning:  a in Unknown on line 0\nPHP Stack trace:\nPHP   1. {main}() /a.php:0",
      "Warning | a\n" },
    { "Xdebug's words twice",
      "PHP Warning:  a in /a.php on line 3\nPHP Stack trace:\nPHP Stack trace:\n"
      "PHP   1. {main}() /a.php:0",
      "Warning | a\n*  /a.php:3\n" },
};

static const struct {
    const char *name, *text, *answers;
} lines[] = {
    { "an exception",
      FATAL "E: a in /a.php:1\nStack trace:\n#0 /a.php(2): f()\n#1 {main}\n"
      "  thrown in /a.php on line 1\n"
      "more", "YYYYYN" },
    { "lines of a message", FATAL "E: a\nb\n\nc in /a.php:1\nStack trace:\n#0 {main}\nx",
      "Y???YYN" },
    { "a chain", FATAL "A: a in /a.php:1\nStack trace:\n#0 {main}\n\nNext B: b\nc in /a.php:2\n"
      "Stack trace:\n#0 {main}\n  thrown in /a.php on line 2\n\n", "YYY?Y?YYYN" },
    { "a trace quoted", FATAL "A: a in /a.php:1\nStack trace:\n#0 {main} in /b.php:2\n"
      "Stack trace:\n#0 {main}",
      "YYYYY" },
    { "warnings", "PHP Warning:  a in /a.php on line 1\nPHP Notice:  b\nc in /a.php on line 2\n"
      "d", "YNNN" },
    { "a message that another one cuts off",
      "PHP Warning:  a\nPHP Notice:  b in /a.php on line 1", "YN" },
    { "a trace of 8.5", "PHP Fatal error:  a in /a.php on line 1\nStack trace:\n#0 {main}\n",
      "YYY" },
    { "plain", "Warning: a in /a.php on line 1\nb", "?N" },
    { "a warning of lines", "PHP Warning:  b\nc in /a.php on line 2\nd", "YYN" },
    { "plain, no place", "Warning: a", "N" },
    { "plain, an exception", "Fatal error: Uncaught E: a\n", "Y" },
    { "by hand", "AnError: a in /a.php:1\nStack trace:\n#0 {main}", "?YY" },
    { "by hand, lines", "A\\B: a\nb in /a.php:1\nStack trace:", "??Y" },
    { "by hand, not", "AnError: a\n1\n2\n3\n4\n5\n6\n7\n8\n9", "?????????N" },
    { "by hand, and a warning", "AnError: a\nPHP Warning:  x in /a.php on line 2", "?N" },
    { "behind words", "it failed: AnError: a in /a.php:1\nStack trace:", "?Y" },
    { "Xdebug", "PHP Warning:  a in /a.php on line 1\nPHP Stack trace:\n"
      "PHP   1. {main}() /a.php:0\n"
      "PHP   2. f() /a.php:3\nStack trace:", "YYYYN" },
    { "Xdebug behind frames", FATAL "A: a in /a.php:1\nStack trace:\n#0 {main}\n"
      "PHP Stack trace:", "YYYY" },
    { "Xdebug with dates", "[23-Nov-2026 04:52:55 UTC] PHP Warning:  a in /a.php on line 1\n"
      "[23-Nov-2026 04:52:55 UTC] PHP Stack trace:\n"
      "[23-Nov-2026 04:52:55 UTC] PHP   1. {main}() /a.php:0\n",
      "YYY" },
    { "PHP-FPM", "AH01071: Got error 'PHP message: mine; PHP message: " FATAL "E: a in /a.php:2\n"
      "Stack trace:\n#0 {main}", "YYY" },
    { "PHP-FPM, a warning last", "PHP message: " FATAL "E; PHP message: PHP Warning:  a in "
      "/a.php on line 2\nb",
      "YN" },
    { "others", "hello\n", "N" },
    { "an empty line", "\n", "N" },
};

/* A text that is cut anywhere is read within its bounds, and is a trace from its first line on. */
static void test_cuts(const char *text, size_t first)
{
    static t2m_stack_t stack;
    size_t size, missed = 0;
    int found;

    for (size = 0; size <= strlen(text); size++) {
        free(stack_parsed(&t2m_stack_php, text, size, &stack, &found));
        missed += size >= first && !found;
    }
    is_number((long long)missed, 0, "all cuts are traces");
}

/* Frames and causes beyond their room. */
static void test_room(void)
{
    static t2m_stack_t stack;
    static char text[32768];
    int found, i;
    size_t size = 0;
    char *copy;

    size += (size_t)snprintf(text, sizeof(text), FATAL "E: a in /a.php:1\nStack trace:\n");
    for (i = 0; i < 150; i++) {
        size += (size_t)snprintf(text + size, sizeof(text) - size,
                                 "#%d /a.php(%d): f%d()\n", i, i + 2, i);
    }
    size += (size_t)snprintf(text + size, sizeof(text) - size,
                                 "#150 {main}\n  thrown in /a.php on line 1");
    copy = stack_parsed(&t2m_stack_php, text, size, &stack, &found);
    is_number(found && stack.truncated && stack.frame_count == T2M_STACK_FRAMES_MAX, 1,
              "more frames than there is room for");
    is_bytes(stack.frames[49].function.data, stack.frames[49].function.size, "f49",
    "the first half");
    is_number(stack.frames[50].line, 102, "the last half");
    is_bytes(stack.frames[99].function.data, stack.frames[99].function.size, "{main}",
    "the last one");
    free(copy);

    size = (size_t)snprintf(text, sizeof(text), FATAL "E: 0 in /a.php:1\nStack trace:\n#0 {main}");
    for (i = 1; i < 12; i++) {
        size += (size_t)snprintf(text + size, sizeof(text) - size,
                                 "\n\nNext E: %d in /a.php:1\nStack trace:\n"
                                "#0 /a.php(%d): g()\n#1 {main}", i, i);
    }
    copy = stack_parsed(&t2m_stack_php, text, size, &stack, &found);
    is_number(stack.truncated && stack.cause_count == T2M_STACK_CAUSES_MAX, 1,
              "more causes than there is room for");
    is_bytes(stack.message.data, stack.message.size, "11", "the one that ended the program");
    is_number(stack.frames[1].line, 11, "its frames");
    is_bytes(stack.causes[7].message.data, stack.causes[7].message.size, "0", "the first one");
    is_number(stack.frame_count, 17, "frames of those that are told");
    free(copy);
}

/* No more lines than a message may have. */
static void test_long_message(void)
{
    t2m_stack_stage_t stage = { 0, 0, 0 };
    int i, kept = 0;

    (void)t2m_stack_php.begins(t2m_text("PHP Warning:  a"), &stage);
    for (i = 0; i < 100; i++) {
        kept += t2m_stack_php.continues(t2m_text("b"), &stage) == T2M_STACK_PERHAPS;
    }
    is_number(kept, 64, "lines of a message");
    is_number(t2m_stack_php.continues(t2m_text("Stack trace:"), &stage), T2M_STACK_YES,
              "its trace is taken all the same");
}

/* Texts of frames, of a text that stays itself. */
static void test_texts(void)
{
    static t2m_stack_t stack;
    int found;
    char *copy = stack_parsed(&t2m_stack_php, cases[0].text, strlen(cases[0].text), &stack, &found);
    char out[256];
    size_t size = t2m_stack_write_lines(&stack, out, sizeof(out));

    is_bytes(out, size, "in /srv/app/a.php:5\x1e"
             "#0 /srv/app/a.php(6): Shop\\Cart->Shop\\{closure}('a (b): c', 1)\x1e"
             "#1 [internal function]: Shop\\Cart::add(Array)\x1e"
             "#2 /srv/app/vendor/a/b.php(8): array_map(Object(Closure), Array)\x1e"
             "#3 /srv/app/a.php(9): {closure:Shop\\go():7}(NULL)", "texts");
    is_number(stack.innermost_first, 1, "innermost first");
    free(copy);
    copy = stack_parsed(&t2m_stack_php, "PHP Notice:  a in /a.php on line 2\nPHP Stack trace:\n"
                        "PHP   1. {main}() /a.php:0", 78, &stack, &found);
    is_number(stack.innermost_first, 0, "Xdebug: outermost first");
    is_bytes(stack.frames[0].text.data, stack.frames[0].text.size, "in /a.php on line 2",
    "its text");
    free(copy);
}

int main(void)
{
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_shown(&t2m_stack_php, cases[i].text, cases[i].want, cases[i].name);
    }
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        char answers[64];

        stack_answers(&t2m_stack_php, lines[i].text, answers);
        is_bytes(answers, strlen(answers), lines[i].answers, lines[i].name);
    }
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (strncmp(cases[i].text, FATAL, sizeof(FATAL) - 1) == 0) {
            test_cuts(cases[i].text, sizeof(FATAL) - 1);
        }
    }
    test_cuts("AH01071: Got error 'PHP message: PHP Warning:  a\n"
    "b in /a.php on line 3', referer: r", 49);
    test_room();
    test_long_message();
    test_texts();
    is_bytes(t2m_stack_php.name, strlen(t2m_stack_php.name), "php", "its name");
    return tap_done();
}
