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
#include "server/answer_group.h"

#include <stdlib.h>

enum { RISING_MINUTES = 10 };

static int has_q(const t2m_answer_t *answer, const t2m_group_t *group)
{
    return t2m_answer_has_q(answer, t2m_text_of(group->message, group->message_size))
           || t2m_answer_has_q(answer, t2m_text_of(group->type, group->type_size))
           || t2m_answer_has_q(answer, t2m_text_of(group->logger, group->logger_size))
           || t2m_answer_has_q(answer, t2m_text_of(group->endpoint, group->endpoint_size));
}

static int is_of(const t2m_group_t *group, t2m_text_t endpoint)
{
    return group->endpoint_size == endpoint.size
           && memcmp(group->endpoint, endpoint.data, endpoint.size) == 0;
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
           && (query->endpoint.size == 0 || is_of(group, query->endpoint))
           && has_q(answer, group) && (query->request_id.size == 0 || is_among(records, group));
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

/* A group that was asked for, and what it is sorted by. */
typedef struct {
    json_t *json;
    char id[T2M_FINGERPRINT_SIZE];
    apr_time_t first, last;
    apr_uint64_t hour, total;
    double rise;
} place_t;

/* What the rows of the table come to. */
typedef struct {
    place_t *places;
    unsigned count;
    apr_uint64_t total;   /* all that the rows have counted */
    apr_uint64_t others;  /* of these, what has no group */
    apr_uint64_t ignored; /* groups that are left out for being ignored */
} groups_t;

static int larger_first(apr_uint64_t left, apr_uint64_t right)
{
    return left == right ? 0 : left > right ? -1 : 1;
}

static int later_first(apr_time_t left, apr_time_t right)
{
    return left == right ? 0 : left > right ? -1 : 1;
}

static int latest_first(const void *left, const void *right)
{
    const place_t *a = left, *b = right;
    int order = later_first(a->last, b->last);

    return order ? order : memcmp(a->id, b->id, sizeof(a->id));
}

static int newest_first(const void *left, const void *right)
{
    const place_t *a = left, *b = right;
    int order = later_first(a->first, b->first);

    return order ? order : latest_first(left, right);
}

static int most_frequent_first(const void *left, const void *right)
{
    const place_t *a = left, *b = right;
    int order = larger_first(a->hour, b->hour);

    order = order ? order : larger_first(a->total, b->total);
    return order ? order : latest_first(left, right);
}

static int most_rising_first(const void *left, const void *right)
{
    const place_t *a = left, *b = right;

    if (a->rise > b->rise || a->rise < b->rise) {
        return a->rise > b->rise ? -1 : 1;
    }
    return most_frequent_first(left, right);
}

static void sort_places(groups_t *groups, t2m_query_sort_e sort)
{
    static int (*const orders[])(const void *, const void *) = {
        [T2M_QUERY_SORT_LATEST] = latest_first, [T2M_QUERY_SORT_NEW] = newest_first,
        [T2M_QUERY_SORT_RISING] = most_rising_first,
        [T2M_QUERY_SORT_FREQUENT] = most_frequent_first
    };

    qsort(groups->places, groups->count, sizeof(*groups->places), orders[sort]);
}

/* How the rate of the last ten minutes compares with that of the fifty before: 5a + 1 to b + 1 of
 * their counts. What is steady and what is quiet is at 1, and a new group the higher the larger it
 * is. */
static double rise_of(const t2m_group_t *group, apr_int64_t minute)
{
    apr_uint32_t counts[T2M_MINUTES];
    double before = 0, now = 0;
    int i;

    t2m_minutes_series(&group->minutes, minute, counts);
    for (i = 0; i < T2M_MINUTES; i++) {
        *(i < T2M_MINUTES - RISING_MINUTES ? &before : &now) += counts[i];
    }
    now *= (double)(T2M_MINUTES - RISING_MINUTES) / RISING_MINUTES;
    return (now + 1) / (before + 1);
}

static int has_state(const t2m_answer_t *answer, const t2m_group_t *group)
{
    const t2m_query_t *query = answer->question->query;
    unsigned states = query->states;

    if (!states) { /* who asks for a group by its id gets it */
        states = query->id.size ? T2M_QUERY_STATES_ALL
                                : T2M_QUERY_STATES_ALL & ~(1U << T2M_GROUP_IGNORED);
    }
    return (states & 1U << t2m_answer_group_state(answer, group)) != 0;
}

static void add_place(t2m_answer_t *answer, groups_t *groups, const t2m_group_t *group,
                      unsigned row)
{
    place_t *place = &groups->places[groups->count++];
    apr_int64_t minute = apr_time_sec(answer->question->now) / 60;

    memcpy(place->id, group->id, sizeof(place->id));
    place->first = group->first;
    place->last = group->last;
    place->hour = t2m_minutes_sum(&group->minutes, minute);
    place->total = group->total;
    place->rise = rise_of(group, minute);
    place->json = t2m_answer_group_describe(answer, group,
                                            answer->question->query->id.size ? row : 0);
}

static void take_group(t2m_answer_t *answer, const json_t *records, groups_t *groups,
                       const t2m_group_t *group, unsigned row)
{
    if (!is_wanted(answer, records, group)) {
        return;
    }
    if (has_state(answer, group)) {
        add_place(answer, groups, group, row);
    }
    else {
        groups->ignored += t2m_answer_group_state(answer, group) == T2M_GROUP_IGNORED;
    }
}

static void read_groups(t2m_answer_t *answer, const json_t *records, groups_t *groups)
{
    const t2m_tables_t *tables = answer->question->board->tables;
    t2m_group_t group;
    unsigned i;

    memset(groups, 0, sizeof(*groups));
    groups->places = apr_palloc(answer->pool, T2M_GROUPS_MAX * sizeof(*groups->places));
    for (i = 0; i < T2M_GROUPS_MAX; i++) {
        if (!t2m_answer_row(answer, &tables->groups[i], &group, sizeof(group))) {
            continue;
        }
        groups->total += group.total + group.evicted;
        groups->others += group.evicted + (i == 0 ? group.total : 0);
        if (i > 0 && group.used) {
            take_group(answer, records, groups, &group, i);
        }
    }
}

/* In their order, and with their place in it for whoever reads JSON and loses that. */
static json_t *summary_of(t2m_answer_t *answer, groups_t *groups)
{
    json_t *summary = json_object();
    unsigned i;

    sort_places(groups, answer->question->query->sort);
    for (i = 0; i < groups->count; i++) {
        char id[T2M_FINGERPRINT_SIZE + 1] = "";

        memcpy(id, groups->places[i].id, T2M_FINGERPRINT_SIZE);
        t2m_answer_set_count(answer, groups->places[i].json, "rank", i + 1);
        t2m_answer_set(answer, summary, id, groups->places[i].json);
    }
    return summary;
}

json_t *t2m_answer_errors(const t2m_question_t *question)
{
    t2m_answer_t answer;
    groups_t groups;
    json_t *records;

    t2m_answer_begin(&answer, question);
    records = t2m_answer_recent(&answer, T2M_STREAM_ERRORS);
    read_groups(&answer, records, &groups);
    t2m_answer_set(&answer, answer.json, "error_summary", summary_of(&answer, &groups));
    if (groups.others) {
        t2m_answer_set(&answer, answer.json, "other", describe_others(&answer, groups.others));
    }
    t2m_answer_set_count(&answer, answer.json, "ignored_groups", groups.ignored);
    t2m_answer_set(&answer, answer.json, "recent_errors", records);
    t2m_answer_set_count(&answer, answer.json, "matched", answer.matched);
    t2m_answer_set_count(&answer, answer.json, "total_errors_logged", groups.total);
    return t2m_answer_end(&answer);
}
