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

/* See answer_group.h; and the answer `errors/ID`. */
#include "server/answer_group.h"

enum { TRIES = 10, PAUSE_US = 1000 };

static int is_id(const char *held, const char *id)
{
    return memcmp(held, id, T2M_FINGERPRINT_SIZE) == 0;
}

/* The id of a row that is changing stays what it is, unless another group takes the place. */
unsigned t2m_answer_group_find(const t2m_board_t *board, const char *id, t2m_group_t *copy)
{
    const t2m_group_t *groups = board->tables->groups;
    unsigned row = 1;
    int tries;

    while (row < T2M_GROUPS_MAX && !is_id(groups[row].id, id)) {
        row++;
    }
    for (tries = 0; row < T2M_GROUPS_MAX && tries < TRIES; tries++) {
        if (t2m_board_read(&groups[row], copy, sizeof(*copy))) {
            return copy->used && is_id(copy->id, id) ? row : 0;
        }
        apr_sleep(PAUSE_US);
    }
    return 0;
}

t2m_group_state_e t2m_answer_group_state(const t2m_answer_t *answer, const t2m_group_t *group)
{
    return t2m_group_state_shown(&group->state, group->first, answer->question->now);
}

static json_t *counts_of(t2m_answer_t *answer, const apr_uint32_t *counts, int count)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < count; i++) {
        t2m_answer_append(answer, array, json_integer(counts[i]));
    }
    return array;
}

static json_t *per_minute(t2m_answer_t *answer, const t2m_minutes_t *minutes, apr_int64_t now)
{
    apr_uint32_t counts[T2M_MINUTES];

    t2m_minutes_series(minutes, now, counts);
    return counts_of(answer, counts, T2M_MINUTES);
}

static json_t *per_hour(t2m_answer_t *answer, const t2m_hours_t *hours, apr_int64_t now)
{
    apr_uint32_t counts[T2M_HOURS];

    t2m_hours_series(hours, now, counts);
    return counts_of(answer, counts, T2M_HOURS);
}

static void add_last(t2m_answer_t *answer, json_t *object, const t2m_group_t *group)
{
    apr_int64_t minute = apr_time_sec(answer->question->now) / 60;

    t2m_answer_set_count(answer, object, "count_last_hour",
                         t2m_minutes_sum(&group->minutes, minute));
    t2m_answer_set_moment(answer, object, "last_seen", group->last);
    t2m_answer_set_moment(answer, object, "first_seen", group->first);
    t2m_answer_set_count(answer, object, "count_total", group->total);
    t2m_answer_set_text(answer, object, "level",
                        t2m_text(t2m_level_name((t2m_level_e)group->level)));
    t2m_answer_set_text(answer, object, "logger", t2m_text_of(group->logger, group->logger_size));
    t2m_answer_set_text(answer, object, "type", t2m_text_of(group->type, group->type_size));
    t2m_answer_set_text(answer, object, "message",
                        t2m_text_of(group->message, group->message_size));
    t2m_answer_set_text(answer, object, "endpoint",
                        t2m_text_of(group->endpoint, group->endpoint_size));
    t2m_answer_set_text(answer, object, "sample_request_id",
                        t2m_text_of(group->request_id, group->request_id_size));
    t2m_answer_set(answer, object, "per_minute", per_minute(answer, &group->minutes, minute));
}

/* Since when it is what is shown of it. Nobody notes when a new group has become an old one, or
 * when the time to ignore one is over. */
static apr_time_t since_of(const t2m_group_t *group, t2m_group_state_e shown)
{
    const t2m_group_state_t *state = &group->state;

    if (shown == T2M_GROUP_NEW) {
        return group->first;
    }
    if (state->state == (apr_uint64_t)shown) {
        return state->since ? state->since : group->first;
    }
    return state->state == T2M_GROUP_IGNORED
               ? state->until : group->first + apr_time_from_sec(T2M_GROUP_NEW_FOR);
}

static void add_state(t2m_answer_t *answer, json_t *object, const t2m_group_t *group)
{
    t2m_group_state_e shown = t2m_answer_group_state(answer, group);

    t2m_answer_set_text(answer, object, "state", t2m_text(t2m_group_state_name(shown)));
    t2m_answer_set_moment(answer, object, "state_since", since_of(group, shown));
    if (shown == T2M_GROUP_IGNORED && group->state.until) {
        t2m_answer_set_moment(answer, object, "ignored_until", group->state.until);
    }
    if (shown == T2M_GROUP_IGNORED && group->state.count) {
        t2m_answer_set_count(answer, object, "ignored_count", group->state.count);
    }
}

static json_t *top(t2m_answer_t *answer, const t2m_top_t *counters)
{
    const t2m_top_counter_t *found[T2M_TOP_SHOWN];
    unsigned count = t2m_top_list(counters, found), i;
    json_t *array = json_array();

    for (i = 0; i < count; i++) {
        json_t *object = json_object();

        t2m_answer_set_text(answer, object, "name", t2m_text_of(found[i]->text, found[i]->size));
        t2m_answer_set_count(answer, object, "count", found[i]->count);
        t2m_answer_set_count(answer, object, "error", found[i]->error);
        t2m_answer_append(answer, array, object);
    }
    return array;
}

static void add_rest(t2m_answer_t *answer, json_t *object, const t2m_group_t *group)
{
    t2m_answer_set(answer, object, "top_endpoints", top(answer, &group->endpoints));
    t2m_answer_set(answer, object, "top_vhosts", top(answer, &group->vhosts));
    t2m_answer_set_count(answer, object, "clients", t2m_distinct_estimate(&group->clients));
    t2m_answer_set_text(answer, object, "release",
                        t2m_text_of(group->release, group->release_size));
    t2m_answer_set_count(answer, object, "repeated_pending", group->repeat.held);
}

/* A record that was kept of the group; none when its place has one of the group before. */
static void add_sample(t2m_answer_t *answer, json_t *object, const char *name,
                       const t2m_sample_t *row, const t2m_group_t *group)
{
    t2m_sample_t sample;
    json_t *record;

    if (!t2m_answer_row(answer, row, &sample, sizeof(sample)) || !is_id(sample.id, group->id)
        || sample.size == 0 || sample.size > sizeof(sample.line)) {
        return;
    }
    record = t2m_answer_parse(t2m_text_of(sample.line, sample.size));
    if (record) {
        t2m_answer_set(answer, object, name, record);
    }
    else {
        answer->unreadable++;
    }
}

json_t *t2m_answer_group_describe(t2m_answer_t *answer, const t2m_group_t *group, unsigned whole)
{
    const t2m_tables_t *tables = answer->question->board->tables;
    json_t *object = json_object();

    add_last(answer, object, group);
    add_state(answer, object, group);
    t2m_answer_set_count(answer, object, "count_error", group->before);
    t2m_answer_set_text(answer, object, "template",
                        t2m_text_of(group->template, group->template_size));
    if (whole) {
        t2m_answer_set(answer, object, "per_hour",
                       per_hour(answer, &group->hours,
                                apr_time_sec(answer->question->now) / 3600));
    }
    add_rest(answer, object, group);
    if (whole) {
        add_sample(answer, object, "sample_first", &tables->samples[whole][T2M_SAMPLE_FIRST],
                   group);
        add_sample(answer, object, "sample", &tables->samples[whole][T2M_SAMPLE_LAST], group);
    }
    return object;
}

json_t *t2m_answer_group(const t2m_question_t *question)
{
    const t2m_text_t id = question->query->id;
    t2m_answer_t answer;
    t2m_group_t group;
    unsigned row;

    t2m_answer_begin(&answer, question);
    row = t2m_answer_group_find(question->board, id.data, &group);
    t2m_answer_set(&answer, answer.json, "error_id", json_stringn(id.data, id.size));
    if (row) {
        t2m_answer_set(&answer, answer.json, "error_group",
                       t2m_answer_group_describe(&answer, &group, row));
    }
    t2m_answer_set(&answer, answer.json, "recent_errors",
                   t2m_answer_recent(&answer, T2M_STREAM_ERRORS));
    t2m_answer_set_count(&answer, answer.json, "matched", answer.matched);
    return t2m_answer_end(&answer);
}
