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

/* Tests core/stack_php_line: what each line of a text is. */
#include "core/stack_php_line.h"

#include <stdlib.h>

#include "tap.h"

static char *shown;
static size_t shown_size;

/* Opens what the next check shows. */
static FILE *show(void)
{
    return open_memstream(&shown, &shown_size);
}

static void check(FILE *out, const char *want, const char *name)
{
    fclose(out);
    is_bytes(shown, shown_size, want, name);
    free(shown);
}

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

static void put(FILE *out, const char *before, t2m_text_t text)
{
    fprintf(out, "%s%.*s", before, (int)text.size, text.data);
}

static void put_place(FILE *out, const t2m_stack_php_place_t *place)
{
    put(out, "|", place->file);
    fprintf(out, "|%u", (unsigned)place->line);
}

/* Lines with bars before them, a star where a message starts. */
static void test_lines(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "" },
        { "a\nb\r\n\nc", "|a|b||c" },
        { "PHP message: a", "|a" },
        { "a; PHP message: b; PHP message: c\nd", "|a|*b|*c|d" },
        { "a\nPHP message: b; PHP message: ", "|a|*b" },
        { "AH01071: Got error 'PHP message: a\nb', referer: http://x/", "|a|b" },
        { "AH01071: Got error 'PHP message: a\nb'", "|a|b" },
        { "AH01071: Got error 'PHP message: a\nb", "|a|b" },
        { "AH01071: Got error 'PHP message: a\nit's', referer: x\n", "|a|it's', referer: x" },
        { "AH01071: Got error 'PHP message: a\n'", "|a" },
        { "AH01071: Got error 'PHP message: a', referer: http://x/", "|a" },
        { "AH01215: a\nb'", "|a|b'" },
        { "   \nb", "|   |b" },
        { "AH01071: Got error '\nb", "|AH01071: Got error '|b" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t text = copy_of(cases[i].text), line;
        t2m_stack_php_lines_t lines = t2m_stack_php_lines(text);
        FILE *out = show();

        while (t2m_stack_php_next_line(&lines, &line)) {
            put(out, lines.starts ? "|*" : "|", line);
        }
        check(out, cases[i].want, "lines");
        release(text);
    }
}

static void test_dates(void)
{
    static const struct {
        const char *line, *want;
    } cases[] = {
        { "[23-Nov-2026 04:52:55 UTC] PHP Notice:  a] b", "PHP Notice:  a] b" },
        { "[23-Nov-2026 04:52:55 Europe/Paris] a", "a" },
        { "[23-Nov-2026 04:52:55", "[23-Nov-2026 04:52:55" },
        { "[a3-Nov-2026 04:52:55] a", "[a3-Nov-2026 04:52:55] a" },
        { "[23/Nov-2026 04:52:55] a", "[23/Nov-2026 04:52:55] a" },
        { "[23-Nov 2026 04:52:55] a", "[23-Nov 2026 04:52:55] a" },
        { "(23-Nov-2026 04:52:55] a", "(23-Nov-2026 04:52:55] a" },
        { "[2] a", "[2] a" },
        { "", "" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t line = copy_of(cases[i].line);
        t2m_text_t got = t2m_stack_php_without_date(line);

        is_bytes(got.data, got.size, cases[i].want, "a date");
        release(line);
    }
}

static void test_places(void)
{
    static const struct {
        const char *text, *mark, *want;
    } cases[] = {
        { "a in /b.php:3", ":", "a|/b.php|3|in /b.php:3" },
        { "a in /b in c.php on line 12", " on line ", "a in /b|c.php|12|in c.php on line 12" },
        { "a\nb in /c.php:3", ":", "a\nb|/c.php|3|in /c.php:3" },
        { " in C:\\a.php:3", ":", "|C:\\a.php|3|in C:\\a.php:3" },
        { "a in Unknown on line 0", " on line ", "a||0|in Unknown on line 0" },
        { "a in [no active file]:0", ":", "a||0|in [no active file]:0" },
        { "a in /b.php(3) : eval()'d code:1", ":", "a|/b.php|3|in /b.php(3) : eval()'d code:1" },
        { "a in (3) : eval()'d code:1", ":",
          "a|(3) : eval()'d code|1|in (3) : eval()'d code:1" },
        { "a in 3) : eval()'d code:1", ":", "a|3) : eval()'d code|1|in 3) : eval()'d code:1" },
        { "a in x3) : eval()'d code:1", ":", "a|x3) : eval()'d code|1|in x3) : eval()'d code:1" },
        { "a in x() : eval()'d code:1", ":", "a|x() : eval()'d code|1|in x() : eval()'d code:1" },
        { "a in b:12345678901", ":", "a|b|123456789|in b:12345678901" },
        { "a in b\nc:3", ":", NULL }, /* the place is in the last line */
        { "a in :3", ":", NULL },
        { "a in /b.php:", ":", NULL },
        { "a in /b.php:3 ", ":", NULL },
        { "a in /b.php3", ":", NULL },
        { "a on /b.php:3", ":", NULL },
        { "in /b.php:3", ":", NULL },
        { ":3", ":", NULL },
        { "3", ":", NULL },
        { "", ":", NULL },
        { "e 3", " on line ", NULL },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t text = copy_of(cases[i].text), before;
        t2m_stack_php_place_t place;
        FILE *out;

        if (!t2m_stack_php_place(text, cases[i].mark, &place, &before)) {
            ok(!cases[i].want, "no place: %s", cases[i].text);
        }
        else {
            out = show();
            put(out, "", before);
            put_place(out, &place);
            put(out, "|", place.text);
            check(out, cases[i].want ? cases[i].want : "none", "a place");
        }
        release(text);
    }
}

static void test_heads(void)
{
    static const struct {
        const char *line;
        t2m_stack_php_head_e kind;
        const char *level, *rest;
    } cases[] = {
        { "PHP Fatal error:  a", T2M_STACK_PHP_FATAL, "Fatal error", "a" },
        { "PHP Parse error:  a", T2M_STACK_PHP_FATAL, "Parse error", "a" },
        { "PHP Recoverable fatal error:  a", T2M_STACK_PHP_FATAL, "Recoverable fatal error", "a" },
        { "PHP Catchable fatal error:  a", T2M_STACK_PHP_FATAL, "Catchable fatal error", "a" },
        { "PHP Warning:  ", T2M_STACK_PHP_LEVEL, "Warning", "" },
        { "PHP Notice:  a", T2M_STACK_PHP_LEVEL, "Notice", "a" },
        { "PHP Deprecated:  a", T2M_STACK_PHP_LEVEL, "Deprecated", "a" },
        { "PHP Strict Standards:  a", T2M_STACK_PHP_LEVEL, "Strict Standards", "a" },
        { "PHP Unknown error:  a", T2M_STACK_PHP_LEVEL, "Unknown error", "a" },
        { "[23-Nov-2026 04:52:55] PHP Warning:  a", T2M_STACK_PHP_LEVEL, "Warning", "a" },
        { "Warning: a", T2M_STACK_PHP_PLAIN, "Warning", "a" },
        { "Fatal error: a", T2M_STACK_PHP_PLAIN, "Fatal error", "a" },
        { "Warning:a", T2M_STACK_PHP_NO, "", "Warning:a" },
        { "PHP Warning: a", T2M_STACK_PHP_NO, "", "PHP Warning: a" },
        { "PHP Warning", T2M_STACK_PHP_NO, "", "PHP Warning" },
        { "", T2M_STACK_PHP_NO, "", "" },
        { "A\\B", T2M_STACK_PHP_BARE, "", "A\\B" },
        { "MyException: a b", T2M_STACK_PHP_BARE, "", "MyException: a b" },
        { "MyError in /a.php:3", T2M_STACK_PHP_BARE, "", "MyError in /a.php:3" },
        { "a b: MyError: c d in /a.php:3", T2M_STACK_PHP_BARE, "", "MyError: c d in /a.php:3" },
        { "a b: MyError: c d", T2M_STACK_PHP_NO, "", "a b: MyError: c d" },
        { "My: a in /a.php:3", T2M_STACK_PHP_NO, "", "My: a in /a.php:3" },
        { "MyError a", T2M_STACK_PHP_NO, "", "MyError a" },
        { "1Error: a", T2M_STACK_PHP_NO, "", "1Error: a" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t line = copy_of(cases[i].line);
        t2m_stack_php_head_t head = t2m_stack_php_head(line);

        is_number(head.kind, cases[i].kind, cases[i].line);
        is_bytes(head.level.data, head.level.size, cases[i].level, "its level");
        is_bytes(head.rest.data, head.rest.size, cases[i].rest, "its rest");
        release(line);
    }
}

static void test_exceptions(void)
{
    static const struct {
        const char *text, *type, *message;
    } cases[] = {
        { "A\\B: c: d", "A\\B", "c: d" },
        { "A: ", "A", "" },
        { "A", "A", "" },
        { "class@anonymous: a", "class@anonymous", "a" },
        { "Gr\xc3\xb6\xc3\x9f" "e: a", "Gr\xc3\xb6\xc3\x9f" "e", "a" },
        { "A:b", "", "A:b" },
        { "A b: c", "", "A b: c" },
        { "", "", "" },
        { "exception 'A' with message 'b'", "A", "b" },
        { "exception 'A' with message 'b", "A", "b" },
        { "exception 'A' with message '", "A", "" },
        { "exception 'A'", "A", "" },
        { "exception 'A", "", "exception 'A" },
    };
    char long_name[400];
    t2m_stack_cause_t got;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t text = copy_of(cases[i].text);

        got = t2m_stack_php_exception(text);
        is_bytes(got.type.data, got.type.size, cases[i].type, cases[i].text);
        is_bytes(got.message.data, got.message.size, cases[i].message, "its message");
        release(text);
    }
    memset(long_name, 'A', sizeof(long_name));
    got = t2m_stack_php_exception(t2m_text_of(long_name, 255));
    is_number((long long)got.type.size, 255, "a long name");
    got = t2m_stack_php_exception(t2m_text_of(long_name, 256));
    is_number((long long)got.type.size, 0, "no name is so long");
}

static void test_calls(void)
{
    static const struct {
        const char *line, *want;
    } cases[] = {
        { "#0 /a.php(3): f()", "f|/a.php|3" },
        { "#12 /a(1).php(3): A\\B->c('x): y', (2): z)", "A\\B->c|/a(1).php|3" },
        { "#0 /a b.php(3): {closure:f():3}()", "{closure:f():3}|/a b.php|3" },
        { "#0 [internal function]: A->{closure}(1)", "A->{closure}||0" },
        { "#0 /a.php(3) : eval()'d code(1): f()", "f|/a.php|3" },
        { "#0 /a.php(3): f", "|/a.php|3" },
        { "#0 /a.php(3): }(", "}|/a.php|3" },
        { "#0 /a.php(): f()", NULL },
        { "#0 (3): f()", NULL },
        { "#0 3): f()", NULL },
        { "#0 x3): f()", NULL },
        { "#0 /a.php(3)", NULL },
        { "#0 {main}", NULL },
        { "#0", NULL },
        { "# /a.php(3): f()", NULL },
        { "#0/a.php(3): f()", NULL },
        { "/a.php(3): f()", NULL },
        { "", NULL },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t line = copy_of(cases[i].line);
        t2m_stack_php_call_t call;
        FILE *out;

        if (!t2m_stack_php_call(line, &call)) {
            ok(!cases[i].want, "no call: %s", cases[i].line);
        }
        else {
            out = show();
            put(out, "", call.function);
            put_place(out, &call.place);
            check(out, cases[i].want ? cases[i].want : "none", cases[i].line);
            is_bytes(call.place.text.data, call.place.text.size, cases[i].line, "its text");
        }
        release(line);
    }
}

static void test_main_function(void)
{
    t2m_text_t function = t2m_text(NULL);

    is_number(t2m_stack_php_main(t2m_text("#12 {main}"), &function), 1, "the main program");
    is_bytes(function.data, function.size, "{main}", "its name");
    is_number(t2m_stack_php_main(t2m_text("#1 {main} in /a.php:3"), &function), 1, "quoted");
    is_number(t2m_stack_php_main(t2m_text("#1 {mai"), &function), 0, "cut");
    is_number(t2m_stack_php_main(t2m_text("{main}"), &function), 0, "without a number");
    is_number(t2m_stack_php_numbered(t2m_text("#1 a")), 1, "a number");
    is_number(t2m_stack_php_numbered(t2m_text("#1 ")), 0, "a number alone");
    is_number(t2m_stack_php_numbered(t2m_text("#a b")), 0, "a word");
}

static void test_xdebug(void)
{
    static const struct {
        const char *line, *want;
    } cases[] = {
        { "PHP   1. {main}() /a.php:0", "{main}|/a.php|0" },
        { "PHP  12. A->b($c = 'd) e', $f = 1) /a b.php:17", "A->b|/a b.php|17" },
        { "PHP 123. f() /a.php(3) : eval()'d code:1", "f|/a.php|3" },
        { "PHP   1. f /a.php:1", NULL },
        { "PHP   1. f() /a.php", NULL },
        { "PHP   1 f() /a.php:1", NULL },
        { "PHP   . f() /a.php:1", NULL },
        { "PHP Notice:  f() /a.php:1", NULL },
        { "PHP ", NULL },
        { "1. f() /a.php:1", NULL },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_text_t line = copy_of(cases[i].line);
        t2m_stack_php_call_t call;
        FILE *out;

        if (!t2m_stack_php_xdebug(line, &call)) {
            ok(!cases[i].want, "none: %s", cases[i].line);
        }
        else {
            out = show();
            put(out, "", call.function);
            put_place(out, &call.place);
            check(out, cases[i].want ? cases[i].want : "none", cases[i].line);
        }
        release(line);
    }
}

int main(void)
{
    test_lines();
    test_dates();
    test_places();
    test_heads();
    test_exceptions();
    test_calls();
    test_main_function();
    test_xdebug();
    return tap_done();
}
