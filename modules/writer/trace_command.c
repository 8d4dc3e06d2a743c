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

/* See trace_command.h. */
#include "writer/trace_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/json.h"
#include "core/record.h"
#include "core/stack.h"
#include "writer/options.h"
#include "writer/terminal.h"

enum {
    INPUT_MAX = 1048576, /* bytes that are read; whole lines of them */
    STARTS_MAX = 64,     /* lines that are tried as the first one */
    NAMES_MAX = 16384,   /* bytes of the members' names and of what is no text */
    EXPANSION = 20       /* bytes at most of each that is read: escaped, in up to three places */
};

static const apr_getopt_option_t options[] = { T2M_OPTIONS_END };

static const t2m_command_t command = {
    "t2mlog trace", "[< FILE]",
    "Reads a stack trace of Python, PHP, Perl, Ruby, Node.js, Java or Go from the standard input\n"
    "and prints the exception as one JSON object, as the errors stream would have it but for the\n"
    "masking: the language, the type and the message, the frames, what it was caused by. Lines\n"
    "before the stack trace do not matter. The exit code is 1 when there is none.\n",
    options, NULL
};

/* What is read of the input, and of which language it is. */
typedef struct {
    const t2m_stack_language_t *language;
    t2m_stack_t stack;
} trace_t;

static int parse(trace_t *trace, t2m_text_t text)
{
    for (const t2m_stack_language_t *const *next = t2m_stack_languages; *next; next++) {
        if ((*next)->parse(text, &trace->stack)) {
            trace->language = *next;
            return 1;
        }
    }
    return 0;
}

static int may_begin(t2m_text_t line)
{
    for (const t2m_stack_language_t *const *next = t2m_stack_languages; *next; next++) {
        t2m_stack_stage_t stage = { 0, 0, 0 };

        if ((*next)->begins(line, &stage) != T2M_STACK_NO) {
            return 1;
        }
    }
    return 0;
}

/* The text, or the first stack trace in it. Returns 0 when there is none. */
static int find(trace_t *trace, t2m_text_t text)
{
    t2m_text_t rest = text, line, here = rest;
    int starts = 0;

    if (parse(trace, text)) {
        return 1;
    }
    while (starts < STARTS_MAX && t2m_stack_next_line(&rest, &line)) {
        if (may_begin(line)) {
            starts++;
            if (parse(trace, here)) {
                return 1;
            }
        }
        here = rest;
    }
    return 0;
}

/* ---- output ---- */

static void put_text(t2m_json_t *json, const char *name, t2m_text_t text)
{
    t2m_json_name(json, name);
    t2m_json_string(json, text.size ? text.data : "", text.size);
}

static void put_known(t2m_json_t *json, const char *name, t2m_text_t text)
{
    if (text.size) {
        put_text(json, name, text);
    }
}

static void put_lines(t2m_json_t *json, t2m_text_t lines)
{
    t2m_json_name(json, "traceback");
    t2m_json_open(json, '[');
    while (lines.size) {
        const char *end = memchr(lines.data, T2M_LINE_SEPARATOR, lines.size);
        apr_size_t size = end ? (apr_size_t)(end - lines.data) : lines.size;

        t2m_json_string(json, lines.data, size);
        size += end != NULL;
        lines = t2m_text_of(lines.data + size, lines.size - size);
    }
    t2m_json_close(json, ']');
}

/* What is no place, as "[Previous line repeated 996 more times]", is only among the lines. */
static void put_frame(t2m_json_t *json, const t2m_stack_frame_t *frame)
{
    if (!frame->function.size && !frame->file.size) {
        return;
    }
    t2m_json_open(json, '{');
    put_known(json, "function", frame->function);
    put_known(json, "file", frame->file);
    if (frame->line) {
        t2m_json_name(json, "line");
        t2m_json_unsigned(json, frame->line);
    }
    t2m_json_name(json, "in_app");
    t2m_json_boolean(json, frame->in_app);
    if (frame->cause) {
        t2m_json_name(json, "cause");
        t2m_json_unsigned(json, frame->cause);
    }
    t2m_json_close(json, '}');
}

static void put_frames(t2m_json_t *json, const t2m_stack_t *stack)
{
    t2m_json_name(json, "frames");
    t2m_json_open(json, '[');
    for (unsigned i = 0; i < stack->frame_count; i++) {
        put_frame(json, &stack->frames[i]);
    }
    t2m_json_close(json, ']');
}

static void put_causes(t2m_json_t *json, const t2m_stack_t *stack)
{
    t2m_json_name(json, "causes");
    t2m_json_open(json, '[');
    for (unsigned i = 0; i < stack->cause_count; i++) {
        t2m_json_open(json, '{');
        put_text(json, "type", stack->causes[i].type);
        put_text(json, "message", stack->causes[i].message);
        t2m_json_close(json, '}');
    }
    t2m_json_close(json, ']');
}

static void put_trace(t2m_json_t *json, const trace_t *trace, t2m_text_t lines, int truncated)
{
    t2m_json_open(json, '{');
    put_text(json, "language", t2m_text(trace->language->name));
    put_text(json, "type", trace->stack.type);
    put_text(json, "message", trace->stack.message);
    put_lines(json, lines);
    put_frames(json, &trace->stack);
    put_causes(json, &trace->stack);
    t2m_json_name(json, "truncated");
    t2m_json_boolean(json, truncated || trace->stack.truncated);
    t2m_json_close(json, '}');
}

/* Prints the trace, which was read from size bytes. Returns the exit code. */
static int show(const trace_t *trace, apr_size_t size, int truncated)
{
    apr_size_t room = EXPANSION * size + NAMES_MAX, lines_room = 2 * size + NAMES_MAX;
    char *buffer = malloc(room), *lines = malloc(lines_room);
    int code = T2M_EXIT_TROUBLE;
    t2m_json_t json;

    if (buffer && lines) {
        apr_size_t lines_size = t2m_stack_write_lines(&trace->stack, lines, lines_room);

        t2m_json_begin(&json, buffer, room);
        put_trace(&json, trace, t2m_text_of(lines, lines_size), truncated);
        code = json.full ? T2M_EXIT_TROUBLE : T2M_EXIT_OK;
    }
    if (code == T2M_EXIT_OK) {
        t2m_terminal_line(buffer, t2m_json_size(&json), isatty(STDOUT_FILENO));
    } else {
        t2m_options_note(&command, "no memory");
    }
    free(lines);
    free(buffer);
    return code;
}

/* Returns the exit code. */
static int read_trace(FILE *in)
{
    static char input[INPUT_MAX + 1];
    static trace_t trace;
    apr_size_t size = fread(input, 1, sizeof(input), in);
    int truncated = size > INPUT_MAX;

    if (ferror(in)) {
        t2m_options_note(&command, "the standard input cannot be read: %s", strerror(errno));
        return T2M_EXIT_TROUBLE;
    }
    while (truncated && size > 0 && input[size - 1] != '\n') { /* a line that may not be whole */
        size--;
    }
    if (!find(&trace, t2m_text_of(input, size))) {
        t2m_options_note(&command, "there is no stack trace in it");
        return T2M_EXIT_NOTHING;
    }
    return show(&trace, size, truncated);
}

int t2m_trace_main(int argc, char **argv)
{
    t2m_words_t words;
    int code = t2m_options_read(&command, argc, argv, NULL, &words);

    if (code != T2M_EXIT_NONE) {
        return code;
    }
    if (words.count) {
        return t2m_options_complain(&command, "\"%s\" is too much: a stack trace is read from the "
                                              "standard input", words.words[0]);
    }
    code = read_trace(stdin);
    if (!t2m_terminal_flush()) {
        t2m_options_note(&command, "the output cannot be written");
        code = T2M_EXIT_TROUBLE;
    }
    return code;
}
