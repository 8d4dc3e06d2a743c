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

/* Tests of modules/server/answer_errors.c: the groups, which of them a query asks for, the sum. */
#include "answer_world.h"

static void fill(site_t *site)
{
    t2m_group_t *other = &site->board.tables->groups[0], *group;

    (void)site_group(site, 1, "aaaaaaaaaaaa", "first \"\xc3\xa4\" at C:\\new", 5);
    group = site_group(site, 2, "bbbbbbbbbbbb", "second", 7);
    group->level = T2M_LEVEL_CRITICAL;
    group->evicted = 100;
    group->endpoint_size = 0;
    group->last = NOW - apr_time_from_sec(600);
    group = site_group(site, 5, "cccccccccccc", "third", 1);
    group->last = NOW;
    group = site_group(site, 6, "dddddddddddd", "given up", 1);
    group->used = 0;
    other->total = 3;
    site->board.tables->evictions[1] = 4;
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 30,
              "{\"message\":\"1\",\"extra_fields\":{\"error_id\":\"aaaaaaaaaaaa\","
              "\"request_id\":\"request-1\"}}");
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 20,
              "{\"message\":\"2\",\"error_id\":\"bbbbbbbbbbbb\",\"endpoint\":\"GET /b\"}");
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_WARNING, 10, "{\"message\":\"3\",\"error_id\":1}");
}

static void test_answer(site_t *site)
{
    json_t *json = site_ask(site, t2m_answer_errors, "");

    is_names(site, json, NULL,
             "error_summary other ignored_groups recent_errors matched total_errors_logged",
             "the members");
    is_names(site, at(json, "error_summary"), NULL, "cccccccccccc aaaaaaaaaaaa bbbbbbbbbbbb",
             "the groups, the latest first");
    is_names(site, at(json, "error_summary.aaaaaaaaaaaa"), NULL,
             "count_last_hour last_seen first_seen count_total level logger type message endpoint "
             "sample_request_id per_minute state state_since count_error top_endpoints top_vhosts "
             "clients repeated_pending rank", "the members of a group");
    is_at(json, "error_summary.cccccccccccc.rank", "1", "the place of the first");
    is_at(json, "error_summary.bbbbbbbbbbbb.rank", "3", "and of the last");
    is_at(json, "error_summary.aaaaaaaaaaaa.count_last_hour", "5", "of the last hour");
    is_at(json, "error_summary.aaaaaaaaaaaa.count_total", "10", "of all time");
    is_at(json, "error_summary.aaaaaaaaaaaa.last_seen", "1705319999", "whole seconds");
    is_at(json, "error_summary.aaaaaaaaaaaa.first_seen", "1705312800", "since 1970");
    is_at(json, "error_summary.aaaaaaaaaaaa.level", "\"ERROR\"", "its level");
    is_at(json, "error_summary.aaaaaaaaaaaa.logger", "\"talk2me\"", "its logger");
    is_at(json, "error_summary.aaaaaaaaaaaa.type", "\"AH01215\"", "its type");
    is_at(json, "error_summary.aaaaaaaaaaaa.message", "\"first \\\"\xc3\xa4\\\" at C:\\\\new\"",
          "its message");
    is_at(json, "error_summary.aaaaaaaaaaaa.endpoint", "\"GET /:n\"", "its endpoint");
    is_at(json, "error_summary.aaaaaaaaaaaa.sample_request_id", "\"request-1\"", "a request");
    is_number((long long)json_array_size(at(json, "error_summary.aaaaaaaaaaaa.per_minute")), 60,
              "sixty minutes");
    is_at(json, "error_summary.aaaaaaaaaaaa.per_minute.59", "5", "this minute is the last");
    is_at(json, "error_summary.aaaaaaaaaaaa.per_minute.58", "0", "the one before");
    is_at(json, "error_summary.bbbbbbbbbbbb.endpoint", "(none)", "what is not known is absent");
    is_at(json, "ignored_groups", "0", "no group is ignored");
    is_at(json, "other.count_total", "103", "what has no group of its own");
    is_at(json, "other.evicted_groups", "4", "groups that lost their place");
    is_names(site, at(json, "recent_errors"), "message", "3 2 1", "the records, newest first");
    is_at(json, "matched", "3", "how many there are");
    is_at(json, "total_errors_logged", "131", "all of all groups, evicted ones too");
    json_decref(json);
}

static void summary(site_t *site, const char *query, const char *want, const char *records)
{
    json_t *json = site_ask(site, t2m_answer_errors, query);

    is_names(site, at(json, "error_summary"), NULL, want, query);
    is_names(site, at(json, "recent_errors"), "message", records, query);
    is_at(json, "total_errors_logged", "131", "the sum does not depend on the query");
    json_decref(json);
}

static void test_query(site_t *site)
{
    summary(site, "limit=1", "cccccccccccc aaaaaaaaaaaa bbbbbbbbbbbb", "3");
    summary(site, "since=5m", "cccccccccccc aaaaaaaaaaaa", "3 2 1");
    summary(site, "until=3h", "", "");
    summary(site, "until=20s", "cccccccccccc aaaaaaaaaaaa bbbbbbbbbbbb", "2 1");
    summary(site, "level=CRITICAL", "bbbbbbbbbbbb", "");
    summary(site, "level=ERROR", "cccccccccccc aaaaaaaaaaaa bbbbbbbbbbbb", "2 1");
    summary(site, "id=bbbbbbbbbbbb", "bbbbbbbbbbbb", "2");
    summary(site, "id=dddddddddddd", "", "");
    summary(site, "endpoint=GET+/:n", "cccccccccccc aaaaaaaaaaaa", "");
    summary(site, "request_id=request-1", "aaaaaaaaaaaa", "1");
    summary(site, "request_id=request-2", "", "");
    summary(site, "q=second", "bbbbbbbbbbbb", "");
    summary(site, "q=AH01215", "cccccccccccc aaaaaaaaaaaa bbbbbbbbbbbb", "");
    summary(site, "q=talk2me", "cccccccccccc aaaaaaaaaaaa bbbbbbbbbbbb", "");
    summary(site, "q=GET", "cccccccccccc aaaaaaaaaaaa", "2");
    summary(site, "q=first+%22", "aaaaaaaaaaaa", "");
    summary(site, "q=C:%5cnew", "aaaaaaaaaaaa", "");
}

/* The groups in their order, by the answer's bytes and by their ranks. */
static void order(site_t *site, const char *query, const char *want, const char *ignored)
{
    json_t *json = site_ask(site, t2m_answer_errors, query);
    const char *text = want, *id;
    apr_size_t size;
    int rank = 0, behind = 1;
    char *list = apr_pstrdup(site->pool, want), *last;

    is_names(site, at(json, "error_summary"), NULL, want, query);
    is_at(json, "ignored_groups", ignored, "so many are left out");
    text = t2m_answer_json(site->pool, json, &size);
    for (id = apr_strtok(list, " ", &last); id; id = apr_strtok(NULL, " ", &last)) {
        const char *found = strstr(text, apr_psprintf(site->pool, "\"%s\":{\"count", id));

        behind &= found != NULL;
        text = found ? found : text;
        is_at(json, apr_psprintf(site->pool, "error_summary.%s.rank", id),
              apr_psprintf(site->pool, "%d", ++rank), id);
    }
    ok(behind, "the text has them in this order");
    json_decref(json);
}

/* From here on a is the newest and falls, b is quiet, c rises from nothing, e is steady. */
static void test_sort(site_t *site)
{
    t2m_group_t *groups = site->board.tables->groups, *steady;
    int i;

    steady = site_group(site, 7, "eeeeeeeeeeee", "steady", 0);
    for (i = 0; i < T2M_MINUTES; i++) {
        t2m_minutes_add(&steady->minutes, NOW_SECONDS / 60 - 59 + i, 1);
    }
    memset(&groups[1].minutes, 0, sizeof(groups[1].minutes));
    t2m_minutes_add(&groups[1].minutes, NOW_SECONDS / 60 - 10, 70);
    memset(&groups[2].minutes, 0, sizeof(groups[2].minutes));
    groups[1].first = NOW - apr_time_from_sec(60);
    groups[2].first = NOW - apr_time_from_sec(90000);
    order(site, "", "cccccccccccc aaaaaaaaaaaa eeeeeeeeeeee bbbbbbbbbbbb", "0");
    order(site, "sort=new", "aaaaaaaaaaaa cccccccccccc eeeeeeeeeeee bbbbbbbbbbbb", "0");
    order(site, "sort=frequent", "aaaaaaaaaaaa eeeeeeeeeeee cccccccccccc bbbbbbbbbbbb", "0");
    order(site, "sort=rising", "cccccccccccc eeeeeeeeeeee bbbbbbbbbbbb aaaaaaaaaaaa", "0");
    groups[2].total = 1000;
    memcpy(&groups[2].minutes, &groups[5].minutes, sizeof(groups[2].minutes));
    order(site, "sort=frequent", "aaaaaaaaaaaa eeeeeeeeeeee bbbbbbbbbbbb cccccccccccc", "0");
    groups[2].last = NOW;
    order(site, "", "bbbbbbbbbbbb cccccccccccc aaaaaaaaaaaa eeeeeeeeeeee", "0");
}

static void test_states(site_t *site)
{
    t2m_group_t *groups = site->board.tables->groups;
    json_t *json;

    groups[1].state.state = T2M_GROUP_RESOLVED;
    groups[5].state.state = T2M_GROUP_IGNORED;
    groups[7].state.state = T2M_GROUP_IGNORED;
    groups[7].state.until = NOW - 1;
    order(site, "", "bbbbbbbbbbbb aaaaaaaaaaaa eeeeeeeeeeee", "1");
    order(site, "state=all", "bbbbbbbbbbbb cccccccccccc aaaaaaaaaaaa eeeeeeeeeeee", "0");
    order(site, "state=ignored", "cccccccccccc", "0");
    order(site, "state=resolved,ignored", "cccccccccccc aaaaaaaaaaaa", "0");
    order(site, "state=ongoing", "bbbbbbbbbbbb eeeeeeeeeeee", "1");
    order(site, "state=new", "", "1");
    order(site, "state=regressed", "", "1");
    order(site, "level=CRITICAL", "bbbbbbbbbbbb", "0");
    order(site, "id=cccccccccccc", "cccccccccccc", "0");
    order(site, "id=cccccccccccc&state=new", "", "1");
    json = site_ask(site, t2m_answer_errors, "id=cccccccccccc");
    is_number((long long)json_array_size(at(json, "error_summary.cccccccccccc.per_hour")), 168,
              "who asks for one group gets its hours");
    is_at(json, "error_summary.cccccccccccc.sample.message", "\"kept\"", "and its records");
    json_decref(json);
}

int main(void)
{
    site_t site;
    json_t *json;

    apr_initialize();
    site_make(&site);
    json = site_ask(&site, t2m_answer_errors, "");
    is_names(&site, json, NULL,
             "error_summary ignored_groups recent_errors matched total_errors_logged",
             "an empty board");
    is_at(json, "error_summary", "{}", "has no groups");
    is_at(json, "recent_errors", "[]", "and no records");
    json_decref(json);
    fill(&site);
    test_answer(&site);
    test_query(&site);
    site_busy(&site.board.tables->groups[2]);
    json = site_ask(&site, t2m_answer_errors, "");
    is_names(&site, at(json, "error_summary"), NULL, "cccccccccccc aaaaaaaaaaaa",
             "a group that changes all the time is left out");
    is_at(json, "skipped_rows", "1", "and told of");
    json_decref(json);
    site.board.tables->groups[2].row.sequence = 0;
    memcpy(site.board.tables->samples[5][T2M_SAMPLE_LAST].id, "cccccccccccc", 12);
    memcpy(site.board.tables->samples[5][T2M_SAMPLE_LAST].line, "{\"message\":\"kept\"}", 18);
    site.board.tables->samples[5][T2M_SAMPLE_LAST].size = 18;
    test_sort(&site);
    test_states(&site);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
