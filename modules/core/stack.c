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

enum {
    HALF = T2M_STACK_FRAMES_MAX / 2,
    NOTE_ROOM = 24 /* of "[frames left out]" and its separators */
};

static const char left_out[] = "[frames left out]";

void t2m_stack_clear(t2m_stack_t *stack)
{
    memset(stack, 0, offsetof(t2m_stack_t, frames));
}

t2m_stack_frame_t *t2m_stack_add_frame(t2m_stack_t *stack, t2m_text_t text)
{
    t2m_stack_frame_t *frame;

    if (stack->frame_count == T2M_STACK_FRAMES_MAX) {
        memmove(&stack->frames[HALF], &stack->frames[HALF + 1],
                (T2M_STACK_FRAMES_MAX - HALF - 1) * sizeof(*frame));
        stack->frame_count--;
        stack->truncated = 1;
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
    t2m_stack_cause_t chain[T2M_STACK_CAUSES_MAX + 1]; /* as they stand: the exception, its causes */

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

/* Items that are written as long as they fit. */
typedef struct {
    char *start, *next;
    const char *end;
} items_t;

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

/* A separator in the text becomes a blank. */
static void put(items_t *items, t2m_text_t text)
{
    char *separator = items->next;

    if (text.size <= (apr_size_t)(items->end - items->next)) {
        items->next = t2m_text_copy(items->next, text.data, text.size);
        while ((separator = memchr(separator, T2M_LINE_SEPARATOR,
                                   (apr_size_t)(items->next - separator)))) {
            *separator = ' ';
        }
    }
    else {
        items->next = (char *)(apr_uintptr_t)items->end; /* it will be taken back */
    }
}

static char *begin_item(items_t *items)
{
    char *before = items->next;

    if (items->next > items->start && items->next < items->end) {
        *items->next++ = T2M_LINE_SEPARATOR;
    }
    return before;
}

/* Takes an item back that has no byte left behind it. Returns nonzero when it stays. */
static int end_item(items_t *items, char *before)
{
    if (items->next >= items->end) {
        items->next = before;
        return 0;
    }
    return 1;
}

static int put_frame(items_t *items, t2m_text_t text)
{
    char *before = begin_item(items), *first = items->next;
    t2m_text_t line;

    while (t2m_stack_next_line(&text, &line)) {
        line = trimmed(line);
        if (items->next > first && line.size > 1 && line.data[0] == '|' && line.data[1] == ' ') {
            line = trimmed(t2m_text_of(line.data + 1, line.size - 1)); /* a group's margin */
        }
        if (is_marks(line)) {
            continue;
        }
        if (items->next > first) {
            put(items, t2m_text("\n"));
        }
        put(items, line);
    }
    return end_item(items, before);
}

static int put_cause(items_t *items, const t2m_stack_cause_t *cause)
{
    char *before = begin_item(items);

    put(items, t2m_text("Caused by: "));
    put(items, cause->type);
    if (cause->type.size && cause->message.size) {
        put(items, t2m_text(": "));
    }
    put(items, cause->message);
    return end_item(items, before);
}

/* Writes the items from *frame on, and whatever causes stand before them. */
static int put_next(items_t *items, const t2m_stack_t *stack, unsigned frame, unsigned *cause)
{
    while (frame < stack->frame_count && *cause < stack->frames[frame].cause) {
        if (!put_cause(items, &stack->causes[*cause])) {
            return 0;
        }
        (*cause)++;
    }
    return frame >= stack->frame_count || put_frame(items, stack->frames[frame].text);
}

/* How many frames at the end fit into room. */
static unsigned count_last(const t2m_stack_t *stack, apr_size_t room)
{
    apr_size_t size = 0;
    unsigned count = 0;

    while (count < stack->frame_count) {
        size += stack->frames[stack->frame_count - 1 - count].text.size + 1;
        if (size > room) {
            break;
        }
        count++;
    }
    return count;
}

static void put_rest(items_t *items, const t2m_stack_t *stack, unsigned frame, unsigned cause)
{
    int fits = 1;

    for (; fits && frame < stack->frame_count; frame++) {
        fits = put_next(items, stack, frame, &cause);
    }
    for (; fits && cause < stack->cause_count; cause++) {
        fits = put_cause(items, &stack->causes[cause]);
    }
}

apr_size_t t2m_stack_write_lines(const t2m_stack_t *stack, char *out, apr_size_t room)
{
    items_t items = { out, out, out + room };
    unsigned cause = 0, frame = 0, last;

    while (frame < stack->frame_count && put_next(&items, stack, frame, &cause)) {
        frame++;
    }
    if (frame == stack->frame_count) {
        put_rest(&items, stack, frame, cause);
        return (apr_size_t)(items.next - out);
    }
    items.next = out; /* once more, with a middle that is left out */
    items.end = out + room / 2;
    for (frame = cause = 0; put_next(&items, stack, frame, &cause); frame++) {
    }
    last = stack->frame_count - count_last(stack, room > room / 2 + NOTE_ROOM
                                                      ? room - room / 2 - NOTE_ROOM : 0);
    items.end = out + room;
    (void)put_frame(&items, t2m_text(left_out));
    last = last > frame ? last : frame;
    while (cause < stack->cause_count && last < stack->frame_count
           && cause < stack->frames[last].cause) {
        cause++; /* of frames that are left out */
    }
    put_rest(&items, stack, last, cause);
    return (apr_size_t)(items.next - out);
}
