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

/* A stack trace told as one string, and what joining answers to each of its lines. */
#ifndef T2M_UNIT_STACK_TOLD_H
#define T2M_UNIT_STACK_TOLD_H

#include <stdarg.h>
#include <stdlib.h>

#include "core/stack.h"
#include "tap.h"

static char told[65536];
static size_t told_size;

static void tell(const char *start, t2m_text_t text, const char *end)
{
    told_size += (size_t)snprintf(told + told_size, sizeof(told) - told_size, "%s%.*s%s", start,
                                  (int)text.size, text.size ? text.data : "", end);
}

/* Like:
 *
 *     TypeError: message!              ! truncated
 *      a|f|/srv/a.js|3                 a of the site, - not
 *     = RangeError: message of a cause
 *      a|g|/srv/b.js|7
 */
static void tell_stack(const t2m_stack_t *stack)
{
    unsigned cause = 0, i;
    char line[32];

    told_size = 0;
    tell("", stack->type, ": ");
    tell("", stack->message, stack->truncated ? "!\n" : "\n");
    for (i = 0; i <= stack->frame_count; i++) {
        const t2m_stack_frame_t *frame = &stack->frames[i];
        unsigned wanted = i < stack->frame_count ? frame->cause : stack->cause_count;

        for (; cause < wanted; cause++) {
            tell("= ", stack->causes[cause].type, ": ");
            tell("", stack->causes[cause].message, "\n");
        }
        if (i < stack->frame_count) {
            snprintf(line, sizeof(line), "|%u\n", frame->line);
            tell(frame->in_app ? " a|" : " -|", frame->function, "|");
            tell("", frame->file, line);
        }
    }
}

/* Reads text, which stands in memory of its own size, so that a byte too far is seen. */
static int told_by(const t2m_stack_language_t *language, const char *text)
{
    static t2m_stack_t stack;
    size_t size = strlen(text);
    char *copy = malloc(size ? size : 1);
    int found;

    memcpy(copy, text, size);
    found = language->parse(t2m_text_of(copy, size), &stack);
    if (found) {
        tell_stack(&stack);
    }
    free(copy);
    return found;
}

/* The answers to the lines of text: + yes, . perhaps, - no. After a no the stage must be as before;
 * the first line that is none is followed by no other. */
static const char *answers_of(const t2m_stack_language_t *language, const char *text)
{
    static char answers[256];
    t2m_stack_stage_t stage = { 0, 0, 0 }, before;
    t2m_text_t rest = t2m_text(text), line;
    size_t count = 0;

    while (count < sizeof(answers) - 1 && t2m_stack_next_line(&rest, &line)) {
        t2m_stack_answer_e answer;

        before = stage;
        answer = count ? language->continues(line, &stage) : language->begins(line, &stage);
        answers[count++] = "-.+"[(unsigned)answer];
        if (answer == T2M_STACK_NO) {
            if (memcmp(&before, &stage, sizeof(stage)) != 0) {
                answers[count - 1] = '!';
            }
            break;
        }
    }
    answers[count] = '\0';
    return answers;
}

typedef struct {
    const char *name, *text;
    const char *answers;
    const char *told; /* NULL: no trace */
} stack_case_t;

static void check_cases(const t2m_stack_language_t *language, const stack_case_t *cases,
                        size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        const char *answers = answers_of(language, cases[i].text);
        int found;

        is_bytes(answers, strlen(answers), cases[i].answers, cases[i].name);
        found = told_by(language, cases[i].text);
        if (!cases[i].told) {
            ok(!found, "%s: no trace", cases[i].name);
        }
        else if (ok(found, "%s: a trace", cases[i].name)) {
            is_bytes(told, told_size, cases[i].told, cases[i].name);
        }
    }
}

/* A long text, written bit by bit. */
static char long_text[32768];
static size_t long_size;

__attribute__((unused, format(printf, 1, 2))) static void write_text(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    long_size += (size_t)vsnprintf(long_text + long_size, sizeof(long_text) - long_size, format,
                                   arguments);
    va_end(arguments);
}

/* Wherever a trace is cut, it is read without a byte too far. Returns how many cuts are traces. */
__attribute__((unused)) static size_t count_cuts(const t2m_stack_language_t *language,
                                                 const char *text)
{
    size_t size = strlen(text), cut, found = 0;
    char *copy = malloc(size + 1);

    for (cut = 0; cut <= size; cut++) {
        memcpy(copy, text, cut);
        copy[cut] = '\0';
        found += told_by(language, copy) ? 1 : 0;
    }
    free(copy);
    return found;
}

#endif
