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

/* See stack_join.h. Of more than there is room for the first lines stay, in half of it, and the
 * newest ones. */
#include "core/stack_join.h"

#include <stddef.h>

enum { HALF = T2M_STACK_JOIN_MAX / 2 };

struct t2m_stack_join_t {
    const t2m_stack_language_t *language; /* NULL: nothing is held */
    t2m_stack_stage_t stage;
    unsigned char certain; /* the first line was enough, or another has gone on with it */
    unsigned char several; /* more than the first line is held */
    unsigned char truncated;
    apr_size_t head;       /* bytes that stay; 0: nothing was left out yet */
    apr_size_t size;
    char text[T2M_STACK_JOIN_MAX];
};

apr_size_t t2m_stack_join_size(void)
{
    return sizeof(t2m_stack_join_t);
}

void t2m_stack_join_reset(t2m_stack_join_t *join)
{
    memset(join, 0, offsetof(t2m_stack_join_t, text));
}

static t2m_text_t first_line(t2m_text_t lines)
{
    t2m_text_t line = t2m_text_of(lines.data, 0);

    (void)t2m_stack_next_line(&lines, &line);
    return line;
}

/* The first language that is sure of it, else the first that thinks it may be. */
static t2m_stack_answer_e ask(t2m_text_t line, const t2m_stack_language_t **found,
                              t2m_stack_stage_t *stage)
{
    t2m_stack_answer_e best = T2M_STACK_NO;

    for (const t2m_stack_language_t *const *next = t2m_stack_languages; *next; next++) {
        t2m_stack_stage_t own = { 0, 0, 0 };
        t2m_stack_answer_e answer = (*next)->begins(line, &own);

        if (answer > best) {
            best = answer;
            *found = *next;
            *stage = own;
        }
        if (best == T2M_STACK_YES) {
            break;
        }
    }
    return best;
}

t2m_stack_answer_e t2m_stack_join_begins(t2m_text_t line)
{
    const t2m_stack_language_t *language;
    t2m_stack_stage_t stage;

    return ask(first_line(line), &language, &stage);
}

/* Which language the first line and a second one are of together. */
static t2m_stack_answer_e ask_both(t2m_text_t first, t2m_text_t second,
                                   const t2m_stack_language_t **found, t2m_stack_stage_t *stage)
{
    t2m_stack_answer_e best = T2M_STACK_NO;

    for (const t2m_stack_language_t *const *next = t2m_stack_languages; *next; next++) {
        t2m_stack_stage_t own = { 0, 0, 0 };
        t2m_stack_answer_e answer = (*next)->begins(first, &own) == T2M_STACK_NO
                                        ? T2M_STACK_NO : (*next)->continues(second, &own);

        if (answer > best) {
            best = answer;
            *found = *next;
            *stage = own;
        }
    }
    return best;
}

static void leave_out_a_line(t2m_stack_join_t *join)
{
    char *start = join->text + join->head;
    char *end = memchr(start, '\n', join->size - join->head);
    apr_size_t gone = end ? (apr_size_t)(end + 1 - start) : join->size - join->head;

    memmove(start, start + gone, join->size - join->head - gone);
    join->size -= gone;
}

/* The end of the last whole line in the first half. */
static apr_size_t head_of(const t2m_stack_join_t *join)
{
    apr_size_t size = HALF < join->size ? HALF : join->size;

    while (size > 0 && join->text[size - 1] != '\n') {
        size--;
    }
    return size;
}

/* Each line is kept with its LF. */
static void append(t2m_stack_join_t *join, t2m_text_t line)
{
    if (line.size > HALF / 2) {
        line.size = HALF / 2;
        join->truncated = 1;
    }
    while (join->size + line.size + 1 > sizeof(join->text)) {
        join->head = join->head ? join->head : head_of(join);
        join->truncated = 1;
        leave_out_a_line(join);
    }
    join->size = (apr_size_t)(t2m_text_copy(join->text + join->size, line.data, line.size)
                              - join->text);
    join->text[join->size++] = '\n';
}

/* The other lines of several that came at once. */
static void append_rest(t2m_stack_join_t *join, t2m_text_t rest)
{
    t2m_text_t line;

    while (t2m_stack_next_line(&rest, &line)) {
        if (join->language->continues(line, &join->stage) == T2M_STACK_YES) {
            join->certain = 1;
        }
        append(join, line);
    }
}

static int begin(t2m_stack_join_t *join, t2m_text_t line)
{
    t2m_stack_answer_e answer = ask(line, &join->language, &join->stage);

    join->certain = answer == T2M_STACK_YES;
    return answer != T2M_STACK_NO;
}

static int go_on(t2m_stack_join_t *join, t2m_text_t line)
{
    t2m_text_t before = t2m_text_of(join->text, join->size);
    t2m_stack_answer_e answer;

    if (join->certain || join->several) {
        answer = join->language->continues(line, &join->stage);
    }
    else {
        answer = ask_both(first_line(before), line, &join->language, &join->stage);
    }
    join->certain |= answer == T2M_STACK_YES;
    join->several |= answer != T2M_STACK_NO;
    return answer != T2M_STACK_NO;
}

int t2m_stack_join_line(t2m_stack_join_t *join, t2m_text_t line)
{
    t2m_text_t first = first_line(line);

    if (join->language ? !go_on(join, first) : !begin(join, first)) {
        return 0;
    }
    append(join, first);
    if (first.size < line.size) {
        (void)t2m_stack_next_line(&line, &first);
        append_rest(join, line);
    }
    return 1;
}

int t2m_stack_join_open(const t2m_stack_join_t *join)
{
    return join->language != NULL;
}

int t2m_stack_join_certain(const t2m_stack_join_t *join)
{
    return join->certain;
}

t2m_text_t t2m_stack_join_text(const t2m_stack_join_t *join, int *truncated)
{
    *truncated = join->truncated;
    return t2m_text_of(join->text, join->size ? join->size - 1 : 0);
}
