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

/* The answer `errors`: the groups of errors, and the records of the stream errors. */
#include "server/answer_records.h"

#include <stdlib.h>

static t2m_text_t message_of(const t2m_group_t *group)
{
    return t2m_text_of(group->message, group->message_size);
}

static int has_q(const t2m_answer_t *answer, const t2m_group_t *group)
{
    return t2m_answer_has_q(answer, message_of(group))
           || t2m_answer_has_q(answer, t2m_text_of(group->type, group->type_size))
           || t2m_answer_has_q(answer, t2m_text_of(group->logger, group->logger_size))
           || t2m_answer_has_q(answer, t2m_text_of(group->endpoint, group->endpoint_size));
}

static int is_id(const t2m_group_t *group, const char *id, apr_size_t size)
{
    return size == sizeof(group->id) && memcmp(group->id, id, size) == 0;
}

/* Nonzero when one of the records that were found is of the group. */
static int is_among(const json_t *records, const t2m_group_t *group)
{
    apr_size_t i;

    for (i = 0; i < json_array_size(records); i++) {
        const json_t *id = t2m_answer_member(json_array_get(records, i), "error_id");

        if (json_is_string(id) && is_id(group, json_string_value(id), json_string_length(id))) {
            return 1;
        }
    }
    return 0;
}

static int is_wanted(const t2m_answer_t *answer, const json_t *records, const t2m_group_t *group)
{
    const t2m_query_t *query = answer->question->query;

    return (!query->since || group->last >= query->since)
           && (!query->until || group->first <= query->until)
           && (query->level >= T2M_LEVEL_COUNT || group->level >= (apr_uint32_t)query->level)
           && (query->id.size == 0 || is_id(group, query->id.data, query->id.size))
           && (query->endpoint.size == 0
               || t2m_answer_is(t2m_text_of(group->endpoint, group->endpoint_size),
                                query->endpoint))
           && has_q(answer, group) && (query->request_id.size == 0 || is_among(records, group));
}

static json_t *series(t2m_answer_t *answer, const t2m_minutes_t *minutes, apr_int64_t now)
{
    apr_uint32_t counts[T2M_MINUTES];
    json_t *array = json_array();
    int i;

    t2m_minutes_series(minutes, now, counts);
    for (i = 0; i < T2M_MINUTES; i++) {
        t2m_answer_append(answer, array, json_integer(counts[i]));
    }
    return array;
}

static json_t *describe(t2m_answer_t *answer, const t2m_group_t *group)
{
    apr_int64_t now = apr_time_sec(answer->question->now) / 60;
    const char *level = t2m_level_name((t2m_level_e)group->level);
    json_t *object = json_object();

    t2m_answer_set_count(answer, object, "count_last_hour",
                         t2m_minutes_sum(&group->minutes, now));
    t2m_answer_set_moment(answer, object, "last_seen", group->last);
    t2m_answer_set_moment(answer, object, "first_seen", group->first);
    t2m_answer_set_count(answer, object, "count_total", group->total);
    t2m_answer_set_raw(answer, object, "level", t2m_text(level));
    t2m_answer_set_raw(answer, object, "logger",
                       t2m_text_of(group->logger, group->logger_size));
    t2m_answer_set_raw(answer, object, "type", t2m_text_of(group->type, group->type_size));
    t2m_answer_set_raw(answer, object, "message", message_of(group));
    t2m_answer_set_raw(answer, object, "endpoint",
                       t2m_text_of(group->endpoint, group->endpoint_size));
    t2m_answer_set_raw(answer, object, "sample_request_id",
                       t2m_text_of(group->request_id, group->request_id_size));
    t2m_answer_set(answer, object, "per_minute", series(answer, &group->minutes, now));
    return object;
}

/* What is counted without a place of its own, and how often a group lost its place. */
static json_t *describe_others(t2m_answer_t *answer, apr_uint64_t count)
{
    json_t *object = json_object();

    t2m_answer_set_count(answer, object, "count_total", count);
    t2m_answer_set_count(answer, object, "evicted_groups",
                         answer->question->board->tables->evictions[1]);
    return object;
}

static int latest_first(const void *left, const void *right)
{
    const t2m_group_t *a = left, *b = right;

    if (a->last != b->last) {
        return a->last > b->last ? -1 : 1;
    }
    return memcmp(a->id, b->id, sizeof(a->id));
}

/* The groups in use into groups; what all rows have counted into *total, and what of it has no
 * group into *others. */
static unsigned read_groups(t2m_answer_t *answer, t2m_group_t *groups, apr_uint64_t *total,
                            apr_uint64_t *others)
{
    const t2m_tables_t *tables = answer->question->board->tables;
    unsigned count = 0, i;

    *total = *others = 0;
    for (i = 0; i < T2M_GROUPS_MAX; i++) {
        t2m_group_t *group = &groups[count];

        if (!t2m_answer_row(answer, &tables->groups[i], group, sizeof(*group))) {
            continue;
        }
        *total += group->total + group->evicted;
        *others += group->evicted + (i == 0 ? group->total : 0);
        count += i > 0 && group->used;
    }
    return count;
}

json_t *t2m_answer_errors(const t2m_question_t *question)
{
    t2m_group_t *groups = apr_palloc(question->request->pool, T2M_GROUPS_MAX * sizeof(*groups));
    t2m_answer_t answer;
    json_t *summary = json_object(), *records;
    apr_uint64_t total, others;
    unsigned count, i;

    t2m_answer_begin(&answer, question);
    records = t2m_answer_recent(&answer, T2M_STREAM_ERRORS);
    count = read_groups(&answer, groups, &total, &others);
    qsort(groups, count, sizeof(*groups), latest_first);
    for (i = 0; i < count; i++) {
        if (is_wanted(&answer, records, &groups[i])) {
            char id[T2M_FINGERPRINT_SIZE + 1] = "";

            memcpy(id, groups[i].id, T2M_FINGERPRINT_SIZE);
            t2m_answer_set(&answer, summary, id, describe(&answer, &groups[i]));
        }
    }
    t2m_answer_set(&answer, answer.json, "error_summary", summary);
    if (others) {
        t2m_answer_set(&answer, answer.json, "other", describe_others(&answer, others));
    }
    t2m_answer_set(&answer, answer.json, "recent_errors", records);
    t2m_answer_set_count(&answer, answer.json, "matched", answer.matched);
    t2m_answer_set_count(&answer, answer.json, "total_errors_logged", total);
    return t2m_answer_end(&answer);
}
