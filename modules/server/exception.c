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

/* See exception.h. */
#include "server/exception.h"

#include "core/rows.h"

enum { CELL_MAX = 512 }; /* bytes of a name or a message in a row */

const t2m_column_t t2m_exception_frames[] = {
    { "function", T2M_FIELD_TEXT },
    { "file", T2M_FIELD_TEXT },
    { "line", T2M_FIELD_INTEGER },
    { "in_app", T2M_FIELD_BOOLEAN },
    { "cause", T2M_FIELD_INTEGER },
    { NULL, T2M_FIELD_TEXT }
};

const t2m_column_t t2m_exception_causes[] = {
    { "type", T2M_FIELD_TEXT },
    { "message", T2M_FIELD_TEXT },
    { NULL, T2M_FIELD_TEXT }
};

/* Rows that are written, and with which policy. */
typedef struct {
    t2m_rows_t rows;
    const t2m_mask_t *mask;
    int cut;
} told_t;

static void add_text(told_t *told, t2m_content_e content, t2m_text_t text)
{
    char masked[CELL_MAX];
    int cut = 0;

    text.size = t2m_mask_copy(told->mask, content, text, masked, sizeof masked, &cut);
    t2m_rows_add(&told->rows, t2m_text_of(masked, text.size));
    told->cut |= cut;
}

/* An empty cell: a number that is not known. */
static void add_number(told_t *told, apr_uint32_t number)
{
    if (number) {
        t2m_rows_add_number(&told->rows, number);
    } else {
        t2m_rows_add(&told->rows, t2m_text(NULL));
    }
}

static void add_frame(told_t *told, const t2m_stack_frame_t *frame)
{
    if (!frame->function.size && !frame->file.size) {
        return;
    }
    add_text(told, T2M_CONTENT_MESSAGE, frame->function);
    add_text(told, T2M_CONTENT_MESSAGE, frame->file);
    add_number(told, frame->line);
    t2m_rows_add_number(&told->rows, frame->in_app != 0);
    add_number(told, frame->cause);
    t2m_rows_end(&told->rows);
}

/* Frames from first up to end, the outermost first. */
static void add_frames(told_t *told, const t2m_stack_t *stack, unsigned first, unsigned end)
{
    for (unsigned i = first; i < end; i++) {
        add_frame(told, &stack->frames[stack->innermost_first ? first + end - 1 - i : i]);
    }
}

/* The first of the frames that are not of the same exception as the one at `first`. */
static unsigned end_of(const t2m_stack_t *stack, unsigned first)
{
    unsigned end = first;

    while (end < stack->frame_count && stack->frames[end].cause == stack->frames[first].cause) {
        end++;
    }
    return end;
}

/* From that frame on; what of the exception itself is before it is the outermost part. */
static t2m_text_t tell_frames(told_t *told, const t2m_stack_t *stack, unsigned skipped, char *out)
{
    unsigned end = stack->frame_count ? end_of(stack, 0) : 0;

    t2m_rows_begin(&told->rows, out, T2M_EXCEPTION_FRAMES);
    if (stack->innermost_first) {
        add_frames(told, stack, 0, end - skipped);
    } else {
        add_frames(told, stack, skipped, end);
    }
    for (unsigned first = end; first < stack->frame_count; first = end) {
        end = end_of(stack, first);
        add_frames(told, stack, first, end);
    }
    return t2m_rows_text(&told->rows);
}

static t2m_text_t tell_causes(told_t *told, const t2m_stack_t *stack, char *out)
{
    t2m_rows_begin(&told->rows, out, T2M_EXCEPTION_CAUSES);
    for (unsigned i = 0; i < stack->cause_count; i++) {
        add_text(told, T2M_CONTENT_NAME, stack->causes[i].type);
        add_text(told, T2M_CONTENT_MESSAGE, stack->causes[i].message);
        t2m_rows_end(&told->rows);
    }
    return t2m_rows_text(&told->rows);
}

void t2m_exception_tell(t2m_exception_t *exception, const t2m_stack_t *stack,
                        const t2m_mask_t *mask, t2m_exception_room_t *room)
{
    told_t told = { .mask = mask };
    unsigned own = stack->frame_count ? end_of(stack, 0) : 0, skipped = 0;
    int left_out = 0;

    exception->type = stack->type;
    exception->message = stack->message;
    exception->lines = t2m_text_of(room->lines, t2m_stack_write_lines(stack, room->lines,
                                                                      sizeof room->lines));
    exception->frames = tell_frames(&told, stack, 0, room->frames);
    while (told.rows.left_out && skipped < own) {
        skipped += (own - skipped + 1) / 2; /* the innermost ones matter */
        left_out = 1;
        exception->frames = tell_frames(&told, stack, skipped, room->frames);
    }
    left_out |= told.rows.left_out;
    exception->causes = tell_causes(&told, stack, room->causes);
    exception->truncated = stack->truncated | told.cut | left_out | told.rows.left_out;
}
