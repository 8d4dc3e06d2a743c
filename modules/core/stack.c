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

/* See stack.h: a stack trace as it is filled and told. */
#include "core/stack.h"

#include <stddef.h>

#include "core/record.h"

enum { ITEMS_MAX = T2M_STACK_FRAMES_MAX + T2M_STACK_CAUSES_MAX };

static const char left_out[] = "[frames left out]";

void t2m_stack_clear(t2m_stack_t *stack)
{
    memset(stack, 0, offsetof(t2m_stack_t, frames));
}

/* Takes a frame out of the middle of the exception that has most, so that each keeps its first ones
 * and its last ones. Frames of one stand together. */
static void leave_out_frame(t2m_stack_t *stack)
{
    unsigned start = 0, best_start = 0, best_count = 0, middle;

    for (unsigned i = 1; i <= stack->frame_count; i++) {
        if (i < stack->frame_count && stack->frames[i].cause == stack->frames[start].cause) {
            continue;
        }
        if (i - start >= best_count) {
            best_start = start;
            best_count = i - start;
        }
        start = i;
    }
    middle = best_start + best_count / 2;
    stack->frame_count--;
    memmove(&stack->frames[middle], &stack->frames[middle + 1],
            (stack->frame_count - middle) * sizeof(*stack->frames));
    stack->truncated = 1;
}

t2m_stack_frame_t *t2m_stack_add_frame(t2m_stack_t *stack, t2m_text_t text)
{
    t2m_stack_frame_t *frame;

    if (stack->frame_count == T2M_STACK_FRAMES_MAX) {
        leave_out_frame(stack);
    }
    frame = &stack->frames[stack->frame_count++];
    memset(frame, 0, sizeof(*frame));
    frame->text = text;
    frame->cause = stack->cause_count;
    return frame;
}

int t2m_stack_add_cause(t2m_stack_t *stack, t2m_text_t type, t2m_text_t message)
{
    if (stack->cause_count == T2M_STACK_CAUSES_MAX) {
        stack->truncated = 1;
        return 0;
    }
    stack->causes[stack->cause_count].type = type;
    stack->causes[stack->cause_count].message = message;
    stack->cause_count++;
    return 1;
}

/* Moves the frames of each exception, from the last to the first, to the end of the list. */
static void reverse_frames(t2m_stack_t *stack)
{
    t2m_stack_frame_t frames[T2M_STACK_FRAMES_MAX];
    unsigned count = 0;

    memcpy(frames, stack->frames, stack->frame_count * sizeof(*frames));
    for (int cause = stack->cause_count; cause >= 0; cause--) {
        for (unsigned i = 0; i < stack->frame_count; i++) {
            if (frames[i].cause == cause) {
                stack->frames[count] = frames[i];
                stack->frames[count++].cause = (unsigned char)(stack->cause_count - cause);
            }
        }
    }
}

void t2m_stack_reverse(t2m_stack_t *stack)
{
    unsigned last = stack->cause_count;
    t2m_stack_cause_t chain[T2M_STACK_CAUSES_MAX + 1]; /* as they stand, itself first */

    chain[0].type = stack->type;
    chain[0].message = stack->message;
    memcpy(chain + 1, stack->causes, last * sizeof(*chain));
    stack->type = chain[last].type;
    stack->message = chain[last].message;
    for (unsigned i = 0; i < last; i++) {
        stack->causes[i] = chain[last - 1 - i];
    }
    reverse_frames(stack);
}

int t2m_stack_next_line(t2m_text_t *rest, t2m_text_t *line)
{
    const char *end;
    apr_size_t size;

    if (rest->size == 0) {
        return 0;
    }
    end = memchr(rest->data, '\n', rest->size);
    size = end ? (apr_size_t)(end - rest->data) : rest->size;
    *line = t2m_text_of(rest->data, size);
    *rest = t2m_text_of(rest->data + size + (end != NULL), rest->size - size - (end != NULL));
    if (line->size > 0 && line->data[line->size - 1] == '\r') {
        line->size--;
    }
    return 1;
}

static int is_slash(char byte)
{
    return byte == '/' || byte == '\\';
}

/* Nonzero when segment stands in path at `at` and ends at a slash or with the path. */
static int stands(t2m_text_t path, apr_size_t at, t2m_text_t segment)
{
    return segment.size <= path.size - at && memcmp(path.data + at, segment.data, segment.size) == 0
           && (segment.size == path.size - at || is_slash(path.data[at + segment.size]));
}

/* One that begins with a slash names a root: it stands at the start, and its last part may go on
 * ("/usr/lib/python3" in "/usr/lib/python3.11/json"). */
static int has_segment(t2m_text_t path, t2m_text_t segment)
{
    if (segment.size > 0 && segment.data[0] == '/') {
        return segment.size <= path.size && memcmp(path.data, segment.data, segment.size) == 0;
    }
    for (apr_size_t at = 0; at < path.size; at++) {
        if ((at == 0 || is_slash(path.data[at - 1])) && stands(path, at, segment)) {
            return 1;
        }
    }
    return 0;
}

int t2m_stack_path_has(t2m_text_t path, const char *const *segments)
{
    for (; *segments; segments++) {
        if (has_segment(path, t2m_text(*segments))) {
            return 1;
        }
    }
    return 0;
}

/* ---- its lines ---- */

/* What is written of a stack: a frame, or what stands before those of a cause. */
typedef struct {
    const t2m_stack_frame_t *frame; /* NULL: the cause */
    const t2m_stack_cause_t *cause;
    apr_size_t size;                /* as it is written */
} item_t;

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static t2m_text_t trimmed(t2m_text_t line)
{
    while (line.size > 0 && is_blank(line.data[0])) {
        line = t2m_text_of(line.data + 1, line.size - 1);
    }
    while (line.size > 0 && is_blank(line.data[line.size - 1])) {
        line.size--;
    }
    return line;
}

/* Nothing but the marks under a source line. */
static int is_marks(t2m_text_t line)
{
    for (apr_size_t i = 0; i < line.size; i++) {
        if (line.data[i] != '~' && line.data[i] != '^' && line.data[i] != ' ') {
            return 0;
        }
    }
    return 1;
}

/* Writes text behind size bytes of out, if there is an out, and returns their number with it. A
 * separator in the text becomes a blank. */
static apr_size_t put(char *out, apr_size_t size, t2m_text_t text)
{
    for (apr_size_t i = 0; out && i < text.size; i++) {
        out[size + i] = text.data[i] == T2M_LINE_SEPARATOR ? ' ' : text.data[i];
    }
    return size + text.size;
}

/* The margin of further lines in a Python group is `| `. */
static apr_size_t put_frame(char *out, t2m_text_t text)
{
    apr_size_t size = 0;
    t2m_text_t line;

    while (t2m_stack_next_line(&text, &line)) {
        line = trimmed(line);
        if (size > 0 && line.size > 1 && line.data[0] == '|' && line.data[1] == ' ') {
            line = trimmed(t2m_text_of(line.data + 1, line.size - 1));
        }
        if (!is_marks(line)) {
            size = put(out, size, t2m_text_of("\n", size > 0));
            size = put(out, size, line);
        }
    }
    return size;
}

static apr_size_t put_cause(char *out, const t2m_stack_cause_t *cause)
{
    apr_size_t size = put(out, 0, t2m_text("Caused by: "));

    size = put(out, size, cause->type);
    if (cause->type.size && cause->message.size) {
        size = put(out, size, t2m_text(": "));
    }
    return put(out, size, cause->message);
}

static apr_size_t put_item(char *out, const item_t *item)
{
    return item->frame ? put_frame(out, item->frame->text) : put_cause(out, item->cause);
}

/* Adds an item, unless nothing is written of it. */
static int list(item_t *items, int count, const t2m_stack_frame_t *frame,
                const t2m_stack_cause_t *cause)
{
    items[count].frame = frame;
    items[count].cause = cause;
    items[count].size = put_item(NULL, &items[count]);
    return count + (items[count].size > 0);
}

/* All items in their order. */
static int list_all(const t2m_stack_t *stack, item_t items[ITEMS_MAX])
{
    unsigned cause = 0;
    int count = 0;

    for (unsigned i = 0; i < stack->frame_count; i++) {
        for (; cause < stack->frames[i].cause; cause++) {
            count = list(items, count, NULL, &stack->causes[cause]);
        }
        count = list(items, count, &stack->frames[i], NULL);
    }
    for (; cause < stack->cause_count; cause++) {
        count = list(items, count, NULL, &stack->causes[cause]);
    }
    return count;
}

/* How many items from `at` on, step by step, have room with a separator each. */
static int count_fitting(const item_t *items, int at, int step, int most, apr_size_t *room)
{
    int count = 0;

    for (; count < most && items[at].size + 1 <= *room; at += step) {
        *room -= items[at].size + 1;
        count++;
    }
    return count;
}

/* Writes an item behind size bytes of out. */
static apr_size_t append(char *out, apr_size_t size, const item_t *item)
{
    if (size > 0) {
        out[size++] = T2M_LINE_SEPARATOR;
    }
    return size + put_item(out + size, item);
}

apr_size_t t2m_stack_write_lines(const t2m_stack_t *stack, char *out, apr_size_t room)
{
    static const t2m_stack_frame_t note = { .text = { left_out, sizeof(left_out) - 1 } };
    const item_t left = { &note, NULL, sizeof(left_out) - 1 };
    item_t items[ITEMS_MAX];
    int count = list_all(stack, items), first, last = 0;
    apr_size_t size = 0, half, rest = room + 1; /* the first one has no separator */

    first = count_fitting(items, 0, 1, count, &rest);
    if (first < count) {
        if (room + 1 < sizeof(left_out)) {
            return 0;
        }
        rest = room + 1 - sizeof(left_out);
        half = rest / 2;
        rest -= half;
        first = count_fitting(items, 0, 1, count, &half);
        rest += half;
        last = count_fitting(items, count - 1, -1, count - first, &rest);
    }
    for (int i = 0; i < first; i++) {
        size = append(out, size, &items[i]);
    }
    if (first + last < count) {
        size = append(out, size, &left);
    }
    for (int i = count - last; i < count; i++) {
        size = append(out, size, &items[i]);
    }
    return size;
}
