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


/* Shows what a language makes of a text, for its unit test. */
#ifndef T2M_UNIT_STACK_SHOWN_H
#define T2M_UNIT_STACK_SHOWN_H

#include <stdlib.h>

#include "core/stack.h"
#include "tap.h"

/* LF in a message shows as a pilcrow, so that a line stays one. */
static inline void put_message(FILE *out, t2m_text_t message)
{
    apr_size_t i;

    for (i = 0; i < message.size; i++) {
        if (message.data[i] == '\n') {
            fputs("\xc2\xb6", out);
        }
        else {
            fputc(message.data[i], out);
        }
    }
    fputc('\n', out);
}

static inline void put_frames(FILE *out, const t2m_stack_t *stack, int cause)
{
    int i;

    for (i = 0; i < stack->frame_count; i++) {
        const t2m_stack_frame_t *frame = &stack->frames[i];

        if (frame->cause == cause) {
            fprintf(out, "%c %.*s %.*s:%u\n", frame->in_app ? '*' : '-', (int)frame->function.size,
                    frame->function.data, (int)frame->file.size, frame->file.data,
                    (unsigned)frame->line);
        }
    }
}

/* Type | message, then the frames (`*` in_app, else `-`; function, file:line), then each cause with
 * its frames; `!` when truncated. */
static inline void put_stack(FILE *out, const t2m_stack_t *stack)
{
    int i;

    fprintf(out, "%.*s | ", (int)stack->type.size, stack->type.data);
    put_message(out, stack->message);
    put_frames(out, stack, 0);
    for (i = 0; i < stack->cause_count; i++) {
        fprintf(out, "= %.*s | ", (int)stack->causes[i].type.size, stack->causes[i].type.data);
        put_message(out, stack->causes[i].message);
        put_frames(out, stack, i + 1);
    }
    fputs(stack->truncated ? "!" : "", out);
}

/* Parses from memory of the text's own size, so that a byte read too far is seen. The texts of the
 * stack point there: free it after use. */
static inline char *stack_parsed(const t2m_stack_language_t *language, const char *text,
                                 size_t size, t2m_stack_t *stack, int *found)
{
    char *copy = malloc(size ? size : 1);

    memcpy(copy, text, size);
    memset(stack, 0xee, sizeof(*stack));
    *found = language->parse(t2m_text_of(copy, size), stack);
    return copy;
}

/* Compares what language makes of text with want; NULL: no trace. */
static inline void is_shown(const t2m_stack_language_t *language, const char *text,
                            const char *want, const char *name)
{
    static t2m_stack_t stack;
    size_t size;
    int found;
    char *copy = stack_parsed(language, text, strlen(text), &stack, &found), *got = NULL;
    FILE *out;

    if (!want || !found) {
        is_number(found != 0, want != NULL, name);
    }
    else {
        out = open_memstream(&got, &size);
        put_stack(out, &stack);
        fclose(out);
        is_bytes(got, size, want, name);
        free(got);
    }
    free(copy);
}

/* The answers to each line of a text: `Y`, `?` or `N`; by begins to the first one and to those
 * behind N, by continues to the others. */
#define SPOILT " and the stage is not as before"

static inline void stack_answers(const t2m_stack_language_t *language, const char *text,
                                 char *out)
{
    t2m_stack_stage_t stage = { 0, 0, 0 }, before;
    t2m_text_t rest = t2m_text(text), line;
    t2m_stack_answer_e answer = T2M_STACK_NO;
    int begun = 0, spoilt = 0;

    while (t2m_stack_next_line(&rest, &line)) {
        char *copy = malloc(line.size ? line.size : 1);

        memcpy(copy, line.data, line.size);
        if (!begun) {
            memset(&stage, 0, sizeof(stage));
        }
        before = stage;
        answer = begun ? language->continues(t2m_text_of(copy, line.size), &stage)
                       : language->begins(t2m_text_of(copy, line.size), &stage);
        spoilt |= answer == T2M_STACK_NO && memcmp(&before, &stage, sizeof(stage)) != 0;
        begun = answer != T2M_STACK_NO;
        *out++ = "N?Y"[answer];
        free(copy);
    }
    *out = '\0';
    if (spoilt) {
        memcpy(out, SPOILT, sizeof(SPOILT));
    }
}

#endif
