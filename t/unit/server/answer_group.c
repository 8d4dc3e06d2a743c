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

/* Tests of modules/server/answer_group.c: all members of a group, its records, its state. */
#include "answer_world.h"

#include "server/answer_group.h"

#define ID "0123456789ab"
#define HOUR apr_time_from_sec(3600)

static void keep_sample(site_t *site, int row, int which, const char *id, const char *line)
{
    t2m_sample_t *sample = &site->board.tables->samples[row][which];

    memcpy(sample->id, id, sizeof(sample->id));
    sample->size = (apr_uint32_t)strlen(line);
    memcpy(sample->line, line, strlen(line));
}

static t2m_group_t *fill(site_t *site)
{
    t2m_group_t *group = site_group(site, 3, ID, "it broke at \"9\"", 5);

    group->before = 4;
    group->repeat.held = 17;
    memcpy(group->template, "it broke at <>", 14);
    group->template_size = 14;
    memcpy(group->release, "v1.2", 4);
    group->release_size = 4;
    t2m_hours_add(&group->hours, NOW_SECONDS / 3600 - 3, 8);
    t2m_hours_add(&group->hours, NOW_SECONDS / 3600, 5);
    t2m_top_add(&group->endpoints, t2m_text("GET /a"), 7);
    t2m_top_add(&group->endpoints, t2m_text("GET /b"), 2);
    group->endpoints.counters[1].error = 1;
    t2m_top_add(&group->vhosts, t2m_text("www.example.org"), 9);
    t2m_distinct_add(&group->clients, 0x123456789abcdef1ULL);
    keep_sample(site, 3, T2M_SAMPLE_FIRST, ID, "{\"message\":\"the first\",\"seq\":1}");
    keep_sample(site, 3, T2M_SAMPLE_LAST, ID, "{\"message\":\"the last\",\"seq\":9}");
    return group;
}

/* A group as it is described; whole: with its records. */
static json_t *describe(site_t *site, const t2m_group_t *group, unsigned whole)
{
    t2m_answer_t answer;
    json_t *ended, *json;

    t2m_answer_begin(&answer, &site->question);
    json = t2m_answer_group_describe(&answer, group, whole);
    ended = t2m_answer_end(&answer);
    ok(ended != NULL, "it can be described");
    t2m_answer_set(&answer, json, "ended", ended);
    return json;
}

#define LISTED "count_last_hour last_seen first_seen count_total level logger type message " \
               "endpoint sample_request_id per_minute state state_since count_error template "
#define REST "top_endpoints top_vhosts clients release repeated_pending "

static void test_members(site_t *site, const t2m_group_t *group)
{
    json_t *json = describe(site, group, 3);

    is_names(site, json, NULL, LISTED "per_hour " REST "sample_first sample ended",
             "the members of one group");
    is_at(json, "count_last_hour", "5", "of the last hour");
    is_at(json, "message", "\"it broke at \\\"9\\\"\"", "its message");
    is_at(json, "count_error", "4", "so many more at most");
    is_at(json, "template", "\"it broke at <>\"", "its template");
    is_number((long long)json_array_size(at(json, "per_hour")), 168, "a week of hours");
    is_at(json, "per_hour.167", "5", "this hour is the last");
    is_at(json, "per_hour.164", "8", "three hours ago");
    is_at(json, "top_endpoints", "[{\"name\":\"GET /a\",\"count\":7,\"error\":0},"
                                 "{\"name\":\"GET /b\",\"count\":2,\"error\":1}]", "where");
    is_at(json, "top_vhosts", "[{\"name\":\"www.example.org\",\"count\":9,\"error\":0}]",
          "of whom");
    is_at(json, "clients", "1", "to whom");
    is_at(json, "release", "\"v1.2\"", "since which release");
    is_at(json, "repeated_pending", "17", "not written since the last line");
    is_at(json, "sample_first.message", "\"the first\"", "the first record");
    is_at(json, "sample.seq", "9", "and the last one, as an object");
    json_decref(json);
    json = describe(site, group, 0);
    is_names(site, json, NULL, LISTED REST "ended", "the members in a list");
    json_decref(json);
}

/* What a process that was taken over has put there. */
static void test_hostile(site_t *site, t2m_group_t *group)
{
    t2m_top_t before = group->vhosts;
    json_t *json;

    memcpy(group->message, "\xff\n\0", 3);
    group->vhosts.counters[0].size = T2M_TOP_TEXT + 1;
    json = describe(site, group, 0);
    is_at(json, "message", "\"\xef\xbf\xbd\\\\n\\\\u0000broke at \\\"9\\\"\"", "no UTF-8");
    is_at(json, "top_vhosts", "[]", "and a size that is none");
    json_decref(json);
    group->vhosts = before;
}

static void test_samples(site_t *site, const t2m_group_t *group)
{
    json_t *json;

    keep_sample(site, 3, T2M_SAMPLE_FIRST, "fedcba987654", "{\"message\":\"of another\"}");
    keep_sample(site, 3, T2M_SAMPLE_LAST, ID, "{\"message\":");
    json = describe(site, group, 3);
    is_at(json, "sample_first", "(none)", "what another group left is not shown");
    is_at(json, "sample", "(none)", "nor what cannot be read");
    is_at(json, "ended.unreadable", "1", "which is told");
    json_decref(json);
    site->board.tables->samples[3][T2M_SAMPLE_LAST].size = sizeof(((t2m_sample_t *)0)->line) + 1;
    json = describe(site, group, 3);
    is_at(json, "sample", "(none)", "nor what is longer than its place");
    is_at(json, "ended.unreadable", "(none)", "which is not even looked at");
    json_decref(json);
    site->board.tables->samples[3][T2M_SAMPLE_LAST].size = 0;
    site_busy(&site->board.tables->samples[3][T2M_SAMPLE_FIRST]);
    json = describe(site, group, 3);
    is_at(json, "sample", "(none)", "nor what is empty");
    is_at(json, "ended.skipped_rows", "1", "nor what changes all the time");
    json_decref(json);
    site->board.tables->samples[3][T2M_SAMPLE_FIRST].row.sequence = 0;
}

static void state(site_t *site, t2m_group_t *group, const char *want, long long since,
                  const char *until, const char *count)
{
    json_t *json = describe(site, group, 0);

    is_at(json, "state", want, want);
    is_number(json_integer_value(at(json, "state_since")), since, "  since");
    is_at(json, "ignored_until", until, "  until");
    is_at(json, "ignored_count", count, "  count");
    json_decref(json);
}

static void test_states(site_t *site, t2m_group_t *group)
{
    const long long now = NOW_SECONDS, first = now - 7200;

    state(site, group, "\"new\"", first, "(none)", "(none)");
    group->first = NOW - 25 * HOUR;
    state(site, group, "\"ongoing\"", now - 3600, "(none)", "(none)");
    group->first = NOW - 2 * HOUR;
    group->state.state = T2M_GROUP_RESOLVED;
    state(site, group, "\"resolved\"", first, "(none)", "(none)");
    group->state.since = NOW - HOUR;
    state(site, group, "\"resolved\"", now - 3600, "(none)", "(none)");
    group->state.state = T2M_GROUP_IGNORED;
    state(site, group, "\"ignored\"", now - 3600, "(none)", "(none)");
    group->state.until = NOW + HOUR;
    group->state.count = 3;
    state(site, group, "\"ignored\"", now - 3600, "1705323600", "3");
    group->state.until = NOW - HOUR / 2;
    state(site, group, "\"ongoing\"", now - 1800, "(none)", "(none)");
    group->state.state = 77; /* of a process that was taken over */
    state(site, group, "\"new\"", first, "(none)", "(none)");
    memset(&group->state, 0, sizeof(group->state));
}

static void test_find(site_t *site, t2m_group_t *group)
{
    t2m_group_t copy;

    is_number(t2m_answer_group_find(&site->board, ID, &copy), 3, "the row of an id");
    is_bytes(copy.id, sizeof(copy.id), ID, "and a copy of it");
    is_number(t2m_answer_group_find(&site->board, "0123456789ac", &copy), 0, "there is no such");
    is_number(t2m_answer_group_find(&site->board, "\0\0\0\0\0\0\0\0\0\0\0\0", &copy), 0,
              "a row that is free is none");
    site_busy(group);
    is_number(t2m_answer_group_find(&site->board, ID, &copy), 0, "nor one that always changes");
    group->row.sequence = 0;
}

static void test_answer(site_t *site)
{
    json_t *json;

    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 30,
              "{\"message\":\"1\",\"error_id\":\"" ID "\"}");
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 20,
              "{\"message\":\"2\",\"error_id\":\"fedcba987654\"}");
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 10,
              "{\"message\":\"3\",\"error_id\":\"" ID "\"}");
    json = site_ask(site, t2m_answer_group, "id=" ID);
    is_names(site, json, NULL, "error_id error_group recent_errors matched", "the answer");
    is_at(json, "error_id", "\"" ID "\"", "names the group");
    is_names(site, at(json, "error_group"), NULL,
             LISTED "per_hour " REST "sample_first sample", "describes all of it");
    is_names(site, at(json, "recent_errors"), "message", "3 1", "and has its records");
    is_at(json, "matched", "2", "all of them");
    json_decref(json);
    json = site_ask(site, t2m_answer_group, "id=" ID "&limit=1");
    is_names(site, at(json, "recent_errors"), "message", "3", "or as many as are asked for");
    json_decref(json);
    json = site_ask(site, t2m_answer_group, "id=0123456789ac");
    is_names(site, json, NULL, "error_id recent_errors matched", "one that went meanwhile");
    json_decref(json);
}

int main(void)
{
    site_t site;
    t2m_group_t *group;

    apr_initialize();
    site_make(&site);
    group = fill(&site);
    test_members(&site, group);
    test_answer(&site);
    test_states(&site, group);
    test_find(&site, group);
    test_samples(&site, group);
    test_hostile(&site, group);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
