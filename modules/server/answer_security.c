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

/* The answer `security`: the events, and how often each happened. */
#include "server/answer_records.h"

#include <stdlib.h>

/* An event of the answer. */
typedef struct {
    const char *name;
    apr_uint64_t count;
} event_t;

static int is_wanted(const t2m_query_t *query, const char *name)
{
    t2m_text_t text = t2m_text(name);

    return query->event.size == 0
           || (query->event.size == text.size
               && memcmp(query->event.data, text.data, text.size) == 0);
}

static int most_first(const void *left, const void *right)
{
    const event_t *a = left, *b = right;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

/* The events asked for into events; all events into *total, those without a row into *others. */
static unsigned read_events(t2m_answer_t *answer, event_t *events, apr_uint64_t *total,
                            apr_uint64_t *others)
{
    const t2m_tables_t *tables = answer->question->board->tables;
    unsigned count = 0, i;

    *total = *others = 0;
    for (i = 0; i < T2M_EVENTS_MAX; i++) {
        t2m_event_t row;
        const char *name;

        if (!t2m_answer_row(answer, &tables->events[i], &row, sizeof(row))) {
            continue;
        }
        *total += row.count;
        name = row.name_size <= sizeof(row.name)
                   ? t2m_answer_name(answer->pool, row.name, row.name_size)
                   : NULL;
        if (!name) {
            *others += row.count;
        }
        else if (is_wanted(answer->question->query, name)) {
            events[count].name = name;
            events[count++].count = row.count;
        }
    }
    return count;
}

static void set_summary(t2m_answer_t *answer, apr_uint64_t *total)
{
    event_t events[T2M_EVENTS_MAX];
    apr_uint64_t others;
    unsigned count = read_events(answer, events, total, &others), i;
    json_t *summary = json_object(), *other;

    qsort(events, count, sizeof(events[0]), most_first);
    for (i = 0; i < count; i++) {
        t2m_answer_set_count(answer, summary, events[i].name, events[i].count);
    }
    t2m_answer_set(answer, answer->json, "event_summary", summary);
    if (others) {
        other = json_object();
        t2m_answer_set_count(answer, other, "count", others);
        t2m_answer_set(answer, answer->json, "other", other);
    }
}

json_t *t2m_answer_security(const t2m_question_t *question)
{
    t2m_answer_t answer;
    apr_uint64_t total;

    t2m_answer_begin(&answer, question);
    t2m_answer_set(&answer, answer.json, "security_events",
                   t2m_answer_recent(&answer, T2M_STREAM_SECURITY));
    t2m_answer_set_count(&answer, answer.json, "matched", answer.matched);
    set_summary(&answer, &total);
    t2m_answer_set_count(&answer, answer.json, "total_events", total);
    return t2m_answer_end(&answer);
}
