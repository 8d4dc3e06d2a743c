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

/* Tests core/stack (with core/stack_languages): how a stack trace is filled, and told. */
#include "core/stack.h"

#include <stdlib.h>

#include "core/record.h"
#include "tap.h"

static t2m_stack_t stack;

static t2m_stack_frame_t *add(const char *text)
{
    return t2m_stack_add_frame(&stack, t2m_text(text));
}

/* n texts of their own, of 4 bytes each, that live on. */
static const char *numbered(int n)
{
    static char texts[400][16];

    snprintf(texts[n], sizeof(texts[n]), "f%03d", n);
    return texts[n];
}

static void fill(int from, int to)
{
    for (int i = from; i < to; i++) {
        (void)add(numbered(i));
    }
}

/* Writes into memory of just that size; each separator shows as `;`, each LF as `,`. */
static const char *lines(size_t room)
{
    static char shown[65536];
    char *out = malloc(room ? room : 1);
    size_t size = t2m_stack_write_lines(&stack, out, room), i;

    for (i = 0; i < size; i++) {
        shown[i] = out[i] == T2M_LINE_SEPARATOR ? ';' : out[i] == '\n' ? ',' : out[i];
    }
    shown[size] = '\0';
    free(out);
    return shown;
}

static void are_lines(size_t room, const char *want, const char *name)
{
    const char *got = lines(room);

    is_bytes(got, strlen(got), want, name);
}

static int is_text(t2m_text_t text, const char *string)
{
    return text.size == strlen(string) && memcmp(text.data, string, text.size) == 0;
}

static void test_frames(void)
{
    t2m_stack_frame_t *frame;

    memset(&stack, 0xee, sizeof(stack));
    t2m_stack_clear(&stack);
    ok(!stack.type.size && !stack.message.size && !stack.frame_count && !stack.cause_count
       && !stack.truncated && !stack.innermost_first, "empty");
    frame = add("one");
    ok(frame == &stack.frames[0] && is_text(frame->text, "one") && !frame->line && !frame->in_app
       && !frame->file.size && !frame->function.size && !frame->cause,
       "a frame is zero but its text");
    ok(t2m_stack_add_cause(&stack, t2m_text("A"), t2m_text("b")), "a cause");
    frame = add("two");
    ok(frame->cause == 1 && stack.frame_count == 2, "what is added from then on is its own");
}

/* Of each exception the first and the last frames stay. */
static void test_many_frames(void)
{
    t2m_stack_clear(&stack);
    fill(0, T2M_STACK_FRAMES_MAX);
    is_number(stack.truncated, 0, "a hundred fit");
    fill(100, 250);
    ok(stack.truncated && stack.frame_count == T2M_STACK_FRAMES_MAX, "more do not");
    ok(is_text(stack.frames[0].text, "f000") && is_text(stack.frames[49].text, "f049")
       && is_text(stack.frames[50].text, "f200") && is_text(stack.frames[99].text, "f249"),
       "the outermost and the innermost half are kept");

    t2m_stack_clear(&stack);
    fill(0, 60);
    (void)t2m_stack_add_cause(&stack, t2m_text("A"), t2m_text(""));
    fill(100, 180);
    (void)t2m_stack_add_cause(&stack, t2m_text("B"), t2m_text(""));
    fill(200, 210);
    is_number(stack.frame_count, T2M_STACK_FRAMES_MAX, "of several exceptions too");
    ok(is_text(stack.frames[0].text, "f000") && is_text(stack.frames[44].text, "f059")
       && is_text(stack.frames[45].text, "f100") && is_text(stack.frames[89].text, "f179")
       && is_text(stack.frames[90].text, "f200") && is_text(stack.frames[99].text, "f209"),
       "each keeps both its ends");
}

static void test_causes(void)
{
    int i;

    t2m_stack_clear(&stack);
    for (i = 0; i < T2M_STACK_CAUSES_MAX; i++) {
        (void)t2m_stack_add_cause(&stack, t2m_text(numbered(i)), t2m_text(""));
    }
    is_number(stack.truncated, 0, "as many causes as there is room for");
    is_number(t2m_stack_add_cause(&stack, t2m_text("X"), t2m_text("")), 0, "no more");
    ok(stack.truncated && stack.cause_count == T2M_STACK_CAUSES_MAX
       && is_text(stack.causes[T2M_STACK_CAUSES_MAX - 1].type, "f007"), "which is said");
}

static void test_reverse(void)
{
    t2m_stack_clear(&stack);
    stack.type = t2m_text("First");
    stack.message = t2m_text("1");
    fill(1, 3);
    t2m_stack_reverse(&stack);
    ok(is_text(stack.type, "First") && is_text(stack.frames[1].text, "f002"), "one alone stays");
    (void)t2m_stack_add_cause(&stack, t2m_text("Second"), t2m_text("2"));
    (void)t2m_stack_add_cause(&stack, t2m_text("Third"), t2m_text("3"));
    fill(5, 8);
    t2m_stack_reverse(&stack);
    are_lines(500, "f005;f006;f007;Caused by: Second: 2;Caused by: First: 1;f001;f002",
              "the last one ended the program, what came before it are its causes");
    ok(is_text(stack.type, "Third") && is_text(stack.message, "3") && stack.cause_count == 2
       && stack.frames[0].cause == 0 && stack.frames[3].cause == 2, "with their numbers");
    t2m_stack_reverse(&stack);
    are_lines(500, "f001;f002;Caused by: Second: 2;Caused by: Third: 3;f005;f006;f007",
              "and back again");
}

static void test_next_line(void)
{
    static const char text[] = "one\n\r\ntwo\r\nthree\rfour\r\n\nfive\r";
    static const char *const wanted[] = { "one", "", "two", "three\rfour", "", "five" };
    t2m_text_t rest = t2m_text_of(text, sizeof(text) - 1), line;
    size_t i;

    for (i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
        ok(t2m_stack_next_line(&rest, &line) && is_text(line, wanted[i]), "line %zu", i + 1);
    }
    is_number(t2m_stack_next_line(&rest, &line), 0, "no more");
    rest = t2m_text(NULL);
    is_number(t2m_stack_next_line(&rest, &line), 0, "none at all");
}

static void test_path(void)
{
    static const char *const segments[] = { "node_modules", "lib/ruby", "/usr/lib/python3", NULL };
    static const struct {
        const char *path;
        int has;
    } paths[] = {
        { "/srv/node_modules/a.js", 1 }, { "node_modules/a.js", 1 }, { "/srv/node_modules", 1 },
        { "C:\\srv\\node_modules\\a.js", 1 }, { "/srv/my_node_modules/a.js", 0 },
        { "/srv/node_modules2/a.js", 0 }, { "/srv/node_module/a.js", 0 }, { "", 0 },
        { "/opt/lib/ruby/a.rb", 1 }, { "/opt/lib/rubygems/a.rb", 0 },
        { "/usr/lib/python3/a.py", 1 }, { "/usr/lib/python3.11/a.py", 1 },
        { "/srv/usr/lib/python3/a.py", 0 }, { "/usr/lib/python", 0 },
    };
    static const char *const none[] = { NULL };
    size_t i;

    for (i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
        size_t size = strlen(paths[i].path);
        char *copy = malloc(size ? size : 1);

        memcpy(copy, paths[i].path, size);
        is_number(t2m_stack_path_has(t2m_text_of(copy, size), segments), paths[i].has,
                  paths[i].path);
        free(copy);
    }
    is_number(t2m_stack_path_has(t2m_text("/a"), none), 0, "no segments");
}

static void test_lines(void)
{
    t2m_stack_clear(&stack);
    are_lines(100, "", "nothing to tell");
    (void)add("at f \x1e (a.js:1)");
    (void)add("  File \"a.py\", line 1 \r\n\t source \n ~~~^^ \n\n   more  ");
    (void)add("File \"b.py\"\n  |     source\n  |     ~~^\n  | x | y\n  |y");
    (void)add(" ^^^ ");
    are_lines(500, "at f   (a.js:1);File \"a.py\", line 1,source,more;File \"b.py\",source,x | y,"
                   "|y",
              "no blanks around a line, no marks, no margins, no separator in it");

    t2m_stack_clear(&stack);
    (void)t2m_stack_add_cause(&stack, t2m_text("A"), t2m_text("one\ntwo"));
    (void)add("f");
    (void)t2m_stack_add_cause(&stack, t2m_text(""), t2m_text("three"));
    (void)t2m_stack_add_cause(&stack, t2m_text("B"), t2m_text(""));
    are_lines(500, "Caused by: A: one,two;f;Caused by: three;Caused by: B",
              "causes with and without frames, types and messages");
}

/* In each room: what fits is there, the ends before the middle. */
static void test_room(void)
{
    size_t room;
    int broken = 0;

    t2m_stack_clear(&stack);
    fill(0, 10);
    are_lines(49, "f000;f001;f002;f003;f004;f005;f006;f007;f008;f009", "all fit to the byte");
    are_lines(48, "f000;f001;f002;[frames left out];f007;f008;f009", "a byte less");
    are_lines(17, "[frames left out]", "no room for more");
    are_lines(0, "", "no room");
    for (room = 0; room < 60; room++) {
        const char *got = lines(room);

        broken += strlen(got) > room;
        broken += room >= 49 ? strchr(got, '[') != NULL : room >= 27 && !strstr(got, "out];");
        broken += room >= 27 && strncmp(got, "f000;", 5) != 0;
        broken += room >= 27 && strcmp(got + strlen(got) - 4, "f009") != 0;
    }
    is_number(broken, 0, "in each room whole items, from both ends");
    (void)t2m_stack_add_cause(&stack, t2m_text("A"), t2m_text("0123456789"));
    fill(10, 12);
    are_lines(60, "f000;f001;f002;f003;[frames left out];f010;f011", "a cause gives way too");
    are_lines(83, "f000;f001;f002;f003;f004;f005;[frames left out];Caused by: A: 0123456789;f010;"
                  "f011", "and stays with its frames where there is room");
}

static void test_languages(void)
{
    const char *seen[16];
    int count = 0, i;

    for (; t2m_stack_languages[count]; count++) {
        seen[count] = t2m_stack_languages[count]->name;
        for (i = 0; i < count; i++) {
            ok(strcmp(seen[i], seen[count]) != 0, "%s is another language", seen[count]);
        }
    }
    is_number(count, 7, "seven languages");
    ok(t2m_stack_languages[0] == &t2m_stack_python, "the surest first");
    ok(t2m_stack_parse(t2m_text("Traceback (most recent call last):\n  File \"a\", line 1, in f\n"
                                "E: m\n"), &stack) && is_text(stack.type, "E"), "a trace");
    ok(t2m_stack_parse(t2m_text("PHP Fatal error:  Uncaught Error: x in /srv/a.php:3\nStack trace:"
                                "\n#0 {main}\n  thrown in /srv/a.php on line 3\n"), &stack)
       && is_text(stack.type, "Error") && is_text(stack.message, "x"), "one of another language");
    is_number(t2m_stack_parse(t2m_text("nothing of that kind\n"), &stack), 0, "none");
    is_number(t2m_stack_parse(t2m_text(""), &stack), 0, "nothing");
}

int main(void)
{
    test_frames();
    test_many_frames();
    test_causes();
    test_reverse();
    test_next_line();
    test_path();
    test_lines();
    test_room();
    test_languages();
    return tap_done();
}
