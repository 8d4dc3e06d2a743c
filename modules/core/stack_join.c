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
 * newest ones.
 *
 * Whose lines they are may show late: "Error: no space left" may be of three languages. Until one
 * has made it certain each new one is put to all of them, behind those held, which are few.
 */
#include "core/stack_join.h"

#include <stddef.h>

#include "core/json.h"

enum {
    HALF = T2M_STACK_JOIN_MAX / 2,
    KEPT_MAX = HALF / 2,  /* bytes of a line that are kept */
    DROP = HALF / 4,      /* that give way at once, so that a byte is moved but a few times */
    DOUBTFUL_MAX = 8,     /* lines that are held before one has made it certain */
    SEAM_LINES = 3,       /* of a frame, at most: itself, its source, the marks under that */
    SEAM_MAX = 8          /* lines more that give way, so that no half of a frame is left */
};

struct t2m_stack_join_t {
    const t2m_stack_language_t *language; /* NULL: nothing is held */
    t2m_stack_stage_t stage;
    unsigned char certain; /* the first line was enough, or another has gone on with it */
    unsigned char truncated;
    apr_uint32_t lines;    /* taken, with those that have given way */
    apr_size_t head;       /* bytes that stay; 0: nothing has given way yet */
    apr_size_t size;
    char text[T2M_STACK_JOIN_MAX]; /* each line with an LF */
};

apr_size_t t2m_stack_join_size(void)
{
    return sizeof(t2m_stack_join_t);
}

void t2m_stack_join_reset(t2m_stack_join_t *join)
{
    memset(join, 0, offsetof(t2m_stack_join_t, text));
}

/* ---- whose it is ---- */

/* What a language says of line, behind those that are held, if any. */
static t2m_stack_answer_e ask_one(const t2m_stack_language_t *language, t2m_text_t held,
                                  t2m_text_t line, t2m_stack_stage_t *stage, int *certain)
{
    t2m_stack_answer_e answer;
    t2m_text_t first;

    memset(stage, 0, sizeof(*stage));
    if (!t2m_stack_next_line(&held, &first)) {
        answer = language->begins(line, stage);
        *certain = answer == T2M_STACK_YES;
        return answer;
    }
    answer = language->begins(first, stage);
    *certain = answer == T2M_STACK_YES;
    while (answer != T2M_STACK_NO && t2m_stack_next_line(&held, &first)) {
        answer = language->continues(first, stage);
        *certain |= answer == T2M_STACK_YES;
    }
    if (answer != T2M_STACK_NO) {
        answer = language->continues(line, stage);
        *certain |= answer == T2M_STACK_YES;
    }
    return answer;
}

/* Puts line to all languages. What is held becomes the first one's that is surest. */
static t2m_stack_answer_e ask_all(t2m_stack_join_t *join, t2m_text_t line)
{
    t2m_stack_answer_e best = T2M_STACK_NO;
    int best_certain = 0;

    for (const t2m_stack_language_t *const *next = t2m_stack_languages;
         *next && best != T2M_STACK_YES; next++) {
        t2m_stack_stage_t stage;
        int certain;
        t2m_stack_answer_e answer = ask_one(*next, t2m_text_of(join->text, join->size), line,
                                            &stage, &certain);

        if (answer > best || (answer == best && answer != T2M_STACK_NO && certain > best_certain)) {
            best = answer;
            best_certain = certain;
            join->language = *next;
            join->stage = stage;
        }
    }
    join->certain |= (unsigned char)best_certain;
    return best;
}

/* As ask_all, where only a line that makes it certain is wanted. */
static t2m_stack_answer_e ask_last(t2m_stack_join_t *join, t2m_text_t line)
{
    const t2m_stack_language_t *language = join->language;
    t2m_stack_stage_t stage = join->stage;

    if (ask_all(join, line) == T2M_STACK_YES) {
        return T2M_STACK_YES;
    }
    join->language = language;
    join->stage = stage;
    return T2M_STACK_NO;
}

/* The second line is put to all languages even if the first was certain: two have the same. */
static t2m_stack_answer_e ask(t2m_stack_join_t *join, t2m_text_t line)
{
    if (join->lines < 2 || (!join->certain && join->lines < DOUBTFUL_MAX)) {
        return ask_all(join, line);
    }
    if (!join->certain) {
        return join->lines == DOUBTFUL_MAX ? ask_last(join, line) : T2M_STACK_NO;
    }
    return join->language->continues(line, &join->stage);
}

t2m_stack_answer_e t2m_stack_join_begins(t2m_text_t line)
{
    t2m_stack_answer_e best = T2M_STACK_NO;
    t2m_text_t first = t2m_text_of(line.data, 0);

    (void)t2m_stack_next_line(&line, &first);
    for (const t2m_stack_language_t *const *next = t2m_stack_languages;
         *next && best != T2M_STACK_YES; next++) {
        t2m_stack_stage_t stage = { 0, 0, 0 };
        t2m_stack_answer_e answer = (*next)->begins(first, &stage);

        best = answer > best ? answer : best;
    }
    return best;
}

/* ---- what is held ---- */

static apr_size_t indentation(const char *line, const char *end)
{
    const char *at = line;

    while (at < end && (*at == ' ' || *at == '\t' || *at == '|')) {
        at++;
    }
    return (apr_size_t)(at - line);
}

/* The end of the last whole line in the first half. The first line fits there. */
static apr_size_t head_of(const t2m_stack_join_t *join)
{
    apr_size_t size = HALF;

    while (join->text[size - 1] != '\n') {
        size--;
    }
    return size;
}

/* The least indentation of the last lines that stay: that of frames. */
static apr_size_t frame_indentation(const t2m_stack_join_t *join)
{
    const char *end = join->text + join->head;
    apr_size_t least = KEPT_MAX;

    for (int i = 0; i < SEAM_LINES && end > join->text; i++) {
        const char *start = end - 1;
        apr_size_t own;

        while (start > join->text && start[-1] != '\n') {
            start--;
        }
        own = indentation(start, end - 1);
        least = own < least ? own : least;
        end = start;
    }
    return least;
}

/* Some lines of the middle, whole ones: what follows begins with a frame, where it can be told. */
static void give_way(t2m_stack_join_t *join)
{
    char *start, *next, *end = join->text + join->size;
    apr_size_t frame;
    int more = 0;

    join->truncated = 1;
    join->head = join->head ? join->head : head_of(join);
    start = next = join->text + join->head;
    frame = frame_indentation(join);
    while (next < end && (next - start < DROP
                          || (more++ < SEAM_MAX && indentation(next, end) > frame))) {
        next = (char *)memchr(next, '\n', (apr_size_t)(end - next)) + 1;
    }
    memmove(start, next, (apr_size_t)(end - next));
    join->size -= (apr_size_t)(next - start);
}

static void append(t2m_stack_join_t *join, t2m_text_t line)
{
    if (line.size > KEPT_MAX) {
        line.size = t2m_utf8_boundary(line.data, line.size, KEPT_MAX);
        join->truncated = 1;
    }
    while (join->size + line.size + 1 > sizeof(join->text)) {
        give_way(join);
    }
    if (line.size) {
        memcpy(join->text + join->size, line.data, line.size);
    }
    join->size += line.size;
    join->text[join->size++] = '\n';
    join->lines++;
}

int t2m_stack_join_line(t2m_stack_join_t *join, t2m_text_t line)
{
    t2m_text_t next = t2m_text_of(line.data, 0);

    (void)t2m_stack_next_line(&line, &next);
    if (ask(join, next) == T2M_STACK_NO) {
        return 0;
    }
    append(join, next);
    while (t2m_stack_next_line(&line, &next)) { /* they came together: none is refused */
        (void)ask(join, next);
        append(join, next);
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
