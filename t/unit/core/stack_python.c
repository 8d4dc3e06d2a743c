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

int main(void)
{
    join = malloc(t2m_stack_join_size());
    test_samples();
    test_endings();
    free(join);
    return tap_done();
}
