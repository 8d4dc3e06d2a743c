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

/* See stack_group.h. */
#include "core/stack_group.h"

#include <apr_strings.h>

#include "core/program_place.h"

#define VERSION "1"

enum {
    FRAME_MAX = 1024,
    PARTS_BEFORE = 3
};

typedef struct {
    apr_size_t count;
    t2m_text_t parts[PARTS_BEFORE + T2M_ERROR_GROUP_FRAMES];
    char room[T2M_ERROR_GROUP_FRAMES][FRAME_MAX];
} parts_t;

static t2m_text_t cut(t2m_text_t text, apr_size_t most)
{
    return t2m_text_of(text.data, text.size < most ? text.size : most);
}

/* `FILE` LF `FUNCTION`, or LF and the line. */
static t2m_text_t describe(const t2m_stack_frame_t *frame, char *out)
{
    t2m_text_t file = cut(frame->file, FRAME_MAX / 2);
    t2m_text_t function = cut(frame->function, FRAME_MAX / 2 - 1);
    char line[16];
    char *next = out + (file.size ? t2m_program_place_file(file, out) : 0);

    if (!function.size) {
        apr_snprintf(line, sizeof(line), "%u", frame->line);
        function = t2m_text(line);
    }
    *next++ = '\n';
    next = t2m_text_copy(next, function.data, function.size);
    return t2m_text_of(out, (apr_size_t)(next - out));
}

static int is_same(t2m_text_t one, t2m_text_t other)
{
    return one.size == other.size && memcmp(one.data, other.data, one.size) == 0;
}

static void take(parts_t *parts, const t2m_stack_frame_t *frame)
{
    apr_size_t own = parts->count - PARTS_BEFORE;
    t2m_text_t part = describe(frame, parts->room[own]);

    if (own == 0 || !is_same(part, parts->parts[parts->count - 1])) {
        parts->parts[parts->count++] = part;
    }
}

/* The innermost frames of the exception itself that are the site's, or a library's. */
static void pick(parts_t *parts, const t2m_stack_t *stack, int in_app)
{
    unsigned count = stack->frame_count;

    for (unsigned i = 0; i < count && parts->count < PARTS_BEFORE + T2M_ERROR_GROUP_FRAMES; i++) {
        const t2m_stack_frame_t *frame = &stack->frames[stack->innermost_first ? i : count - 1 - i];

        if (frame->cause == 0 && (frame->in_app != 0) == in_app
            && (frame->file.size || frame->function.size)) {
            take(parts, frame);
        }
    }
}

void t2m_stack_group(const t2m_stack_t *stack, t2m_text_t pattern, char out[T2M_ERROR_GROUP_SIZE])
{
    parts_t parts;

    parts.count = PARTS_BEFORE;
    parts.parts[0] = t2m_text(VERSION);
    parts.parts[1] = t2m_text("exception");
    parts.parts[2] = stack->type;
    pick(&parts, stack, 1);
    if (parts.count == PARTS_BEFORE) {
        pick(&parts, stack, 0);
    }
    if (parts.count == PARTS_BEFORE) {
        parts.parts[1] = t2m_text("message of");
        parts.parts[parts.count++] = pattern;
    }
    t2m_fingerprint(parts.parts, parts.count, out);
}
