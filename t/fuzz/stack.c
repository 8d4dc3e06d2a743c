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

/* Fuzzes the readers of stack traces: each language's parse, and joining line by line. Whatever the
 * text is, what comes of it holds together, lies within the text or is a constant, and is told in
 * its room; a line that is refused changes nothing. Input: a byte (the room that lines are told in,
 * whether lines come in pieces of several, and 0x80: fed 40 times) and the lines. */
#include "core/stack.h"
#include "core/stack_join.h"

#include <stdint.h>
#include <stdlib.h>

#include "core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CONSTANT_MAX = 64, TIMES = 40, THOROUGH = 256, OFTEN = 16, PIECES = 0x40, MANY = 0x80 };

static t2m_stack_t stack;

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* Within the whole, or a short constant; either way it can be read. */
static void check_text(t2m_text_t text, t2m_text_t whole)
{
    volatile char sink = 0;

    if (text.size == 0) {
        return;
    }
    if (text.data < whole.data || text.data >= whole.data + whole.size) {
        check(text.size <= CONSTANT_MAX);
    }
    else {
        check(text.size <= (apr_size_t)(whole.data + whole.size - text.data));
    }
    sink = text.data[0];
    sink = text.data[text.size - 1];
    (void)sink;
}

static void check_frames(t2m_text_t whole)
{
    check(stack.frame_count <= T2M_STACK_FRAMES_MAX);
    for (unsigned i = 0; i < stack.frame_count; i++) {
        const t2m_stack_frame_t *frame = &stack.frames[i];

        check(frame->text.size > 0 && frame->cause <= stack.cause_count);
        check(i == 0 || frame->cause >= stack.frames[i - 1].cause);
        check_text(frame->text, whole);
        check_text(frame->file, whole);
        check_text(frame->function, whole);
        check(frame->in_app <= 1);
    }
}

static void check_stack(t2m_text_t whole)
{
    check_text(stack.type, whole);
    check_text(stack.message, whole);
    check(stack.type.size == 0 || !memchr(stack.type.data, '\n', stack.type.size));
    check(stack.cause_count <= T2M_STACK_CAUSES_MAX);
    for (unsigned i = 0; i < stack.cause_count; i++) {
        check(stack.causes[i].type.size + stack.causes[i].message.size > 0);
        check_text(stack.causes[i].type, whole);
        check_text(stack.causes[i].message, whole);
    }
    check_frames(whole);
}

/* No item is empty, begins or ends with an LF. */
static void check_lines(apr_size_t room)
{
    char *out = malloc(room ? room : 1);
    apr_size_t size = t2m_stack_write_lines(&stack, out, room);
    char before = T2M_LINE_SEPARATOR;

    check(size <= room);
    for (apr_size_t i = 0; i < size; i++) {
        check(out[i] != T2M_LINE_SEPARATOR || before != T2M_LINE_SEPARATOR);
        before = out[i];
    }
    check(size == 0 || before != T2M_LINE_SEPARATOR);
    free(out);
}

static void check_parse(t2m_text_t text, apr_size_t room)
{
    int found = t2m_stack_parse(text, &stack);

    for (const t2m_stack_language_t *const *next = t2m_stack_languages; *next; next++) {
        memset(&stack, 0xee, sizeof(stack));
        if ((*next)->parse(text, &stack)) {
            check(found);
            check_stack(text);
            check_lines(room);
            t2m_stack_reverse(&stack);
            check_stack(text);
            check_lines(2 * text.size + 4096);
        }
    }
}

/* A line's answer by each language, which each go on for themselves. */
static void check_answers(t2m_text_t line, t2m_stack_stage_t *stages)
{
    for (int i = 0; t2m_stack_languages[i]; i++) {
        const t2m_stack_language_t *language = t2m_stack_languages[i];
        t2m_stack_stage_t before = stages[i], none = { 0, 0, 0 };
        t2m_stack_answer_e answer = T2M_STACK_NO;

        if (memcmp(&before, &none, sizeof(none)) != 0) {
            answer = language->continues(line, &stages[i]);
            check(answer != T2M_STACK_NO || memcmp(&before, &stages[i], sizeof(before)) == 0);
        }
        if (answer == T2M_STACK_NO) {
            stages[i] = none;
            answer = language->begins(line, &stages[i]);
            check((answer == T2M_STACK_NO) == (memcmp(&none, &stages[i], sizeof(none)) == 0));
        }
    }
}

/* Takes a piece off the text: a line, or four. */
static int next_piece(t2m_text_t *rest, int pieces, t2m_text_t *piece)
{
    t2m_text_t line = { NULL, 0 };
    const char *start = rest->data;
    int lines = 0;

    while (lines < (pieces ? 4 : 1) && t2m_stack_next_line(rest, &line)) {
        lines++;
    }
    *piece = t2m_text_of(start, lines ? (apr_size_t)(line.data + line.size - start) : 0);
    return lines > 0;
}

static void check_held(const t2m_stack_join_t *join, apr_size_t room)
{
    int truncated;
    t2m_text_t text = t2m_stack_join_text(join, &truncated);

    check(text.size <= T2M_STACK_JOIN_MAX);
    check(t2m_stack_join_open(join) || (text.size == 0 && !t2m_stack_join_certain(join)));
    if (room) {
        check_parse(text, room);
    }
}

static void feed(t2m_stack_join_t *join, t2m_text_t piece, unsigned number, apr_size_t room)
{
    static char *before;
    int truncated;

    if (!before) {
        before = malloc(T2M_STACK_JOIN_MAX);
    }
    for (int again = 0; again < 2; again++) {
        t2m_text_t held = t2m_stack_join_text(join, &truncated);
        int open = t2m_stack_join_open(join), kept;

        if (number % THOROUGH == 0 && held.size) {
            memcpy(before, held.data, held.size);
        }
        kept = t2m_stack_join_line(join, piece);
        check(open || !kept == (t2m_stack_join_begins(piece) == T2M_STACK_NO));
        if (kept) {
            check(t2m_stack_join_open(join));
            return;
        }
        check(t2m_stack_join_text(join, &truncated).size == held.size);
        check(number % THOROUGH != 0 || held.size == 0
              || memcmp(before, held.data, held.size) == 0);
        check_held(join, number % OFTEN == 0 ? room : 0);
        t2m_stack_join_reset(join);
    }
}

static void join_all(t2m_text_t text, int pieces, int times, apr_size_t room)
{
    static t2m_stack_join_t *join; /* getting it takes longer than a run */
    t2m_stack_stage_t stages[16] = { { 0, 0, 0 } };
    unsigned number = 0;

    if (!join) {
        join = malloc(t2m_stack_join_size());
    }
    t2m_stack_join_reset(join);
    for (; times > 0; times--) {
        t2m_text_t rest = text, piece;

        while (next_piece(&rest, pieces, &piece)) {
            if (!pieces) {
                check_answers(piece, stages);
            }
            feed(join, piece, number++, room);
        }
    }
    check_held(join, room);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy;

    if (size < 2) {
        return 0;
    }
    copy = malloc(size - 1);
    memcpy(copy, data + 1, size - 1);
    check_parse(t2m_text_of(copy, size - 1), (apr_size_t)(data[0] & 0x3f) * 16 + 1);
    join_all(t2m_text_of(copy, size - 1), data[0] & PIECES, data[0] & MANY ? TIMES : 1,
             (apr_size_t)(data[0] & 0x3f) * 16 + 1);
    free(copy);
    return 0;
}
