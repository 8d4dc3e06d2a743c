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

/* Tests of modules/server/answer_records.c: which records a query finds, and what is no text. */
#include "answer_world.h"

static void finds(site_t *site, const char *query, const char *want)
{
    t2m_answer_t answer;
    json_t *found;

    site_query(site, query);
    t2m_answer_begin(&answer, &site->question);
    found = t2m_answer_recent(&answer, T2M_STREAM_ERRORS);
    is_names(site, found, "n", want, query);
    json_decref(found);
    json_decref(t2m_answer_end(&answer));
}

static void fill(site_t *site)
{
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 3600,
              "{\"n\":\"a\",\"endpoint\":\"GET /a\",\"error_id\":\"0123456789ab\","
              "\"request_id\":\"request-a\",\"seq\":7}");
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_CRITICAL, 60,
              "{\"n\":\"b\",\"endpoint\":\"GET /\\\"b\\\"\",\"event\":\"flood\",\"seq\":8}");
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 120,
              "{\"n\":\"c\",\"metric\":\"GET /c\",\"message\":\"say \\\"no\\\"\",\"seq\":9}");
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_INFO, 60, "{\"n\":\"d\",\"zero\":\"\\u0000\"}");
}

static void test_filters(site_t *site)
{
    finds(site, "", "d b c a");
    finds(site, "limit=2", "d b");
    finds(site, "since=60s", "d b");
    finds(site, "until=120s", "c a");
    finds(site, "since=120s&until=61s", "c");
    finds(site, "level=ERROR", "b c a");
    finds(site, "level=CRITICAL", "b");
    finds(site, "endpoint=GET+/a", "a");
    finds(site, "endpoint=GET+/%22b%22", "b");
    finds(site, "endpoint=GET+/c", "c");
    finds(site, "endpoint=GET+/", "");
    finds(site, "endpoint=GET+/ab", "");
    finds(site, "id=0123456789AB", "a");
    finds(site, "id=0123456789ac", "");
    finds(site, "request_id=request-a", "a");
    finds(site, "request_id=request-", "");
    finds(site, "event=flood", "b");
    finds(site, "q=say+%22no%22", "c");
    finds(site, "q=%22seq%22:8", "b");
    finds(site, "q=SAY", "");
    finds(site, "after=7", "b c");
    finds(site, "after=9", "");
    finds(site, "after=0", "b c a");
    site->question.id = "request-a";
    finds(site, "", "a");
    finds(site, "level=CRITICAL", "");
    site->question.id = NULL;
}

/* T2MLogLayout nested: the members stand within another. */
static void test_nested(site_t *site)
{
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_INFO, 0,
              "{\"n\":\"x\",\"request_id\":\"request-x\",\"extra_fields\":{\"endpoint\":\"GET /x\","
              "\"event\":\"nested\",\"request_id\":\"other\"},\"seq\":20}");
    finds(site, "event=nested", "x");
    finds(site, "endpoint=GET+/x&request_id=request-x&after=19", "x");
    finds(site, "request_id=other", "");
    finds(site, "event=nest", "");
}

/* The longest value that a query can have, and one more character behind it. */
static void test_longest(site_t *site)
{
    const char *name = apr_psprintf(site->pool, "%0256d", 1);

    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_INFO, 0,
              apr_psprintf(site->pool, "{\"n\":\"l\",\"endpoint\":\"%s\"}", name));
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_INFO, 0,
              apr_psprintf(site->pool, "{\"n\":\"m\",\"endpoint\":\"%s1\"}", name));
    finds(site, apr_pstrcat(site->pool, "endpoint=", name, NULL), "l");
}

/* A worker that was taken over may push any bytes. */
static void test_unreadable(site_t *site)
{
    t2m_answer_t answer;
    json_t *found, *json;
    const char *lines[] = { "", "{", "[1]", "{\"n\":\"\xff\"}", "{\"n\":1}{", "null" };

    for (apr_size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        site_line(site, T2M_STREAM_APP, T2M_LEVEL_INFO, 1, lines[i]);
    }
    site_line(site, T2M_STREAM_APP, T2M_LEVEL_INFO, 2, "{\"n\":\"whole\"}");
    site_query(site, "limit=1");
    t2m_answer_begin(&answer, &site->question);
    found = t2m_answer_recent(&answer, T2M_STREAM_APP);
    is_names(site, found, "n", "whole", "lines that are no JSON objects are left out");
    is_number((long long)answer.matched, 1, "and do not count");
    json_decref(found);
    json = t2m_answer_end(&answer);
    is_at(json, "unreadable", "6", "but are told of");
    is_at(json, "skipped_rows", "(none)", "nothing was skipped");
    json_decref(json);
}

static void test_skipped(site_t *site)
{
    t2m_answer_t answer;
    json_t *found, *json;
    t2m_event_t row;

    site_query(site, "");
    t2m_answer_begin(&answer, &site->question);
    site_busy(&site->board.tables->recents[T2M_STREAM_SECURITY]);
    found = t2m_answer_recent(&answer, T2M_STREAM_SECURITY);
    is_number((long long)json_array_size(found), 0, "a ring that changes all the time");
    json_decref(found);
    site_busy(&site->board.tables->events[3]);
    ok(!t2m_answer_row(&answer, &site->board.tables->events[3], &row, sizeof(row)), "a row too");
    ok(t2m_answer_row(&answer, &site->board.tables->events[4], &row, sizeof(row)), "another not");
    json = t2m_answer_end(&answer);
    is_at(json, "skipped_rows", "2", "both are told of");
    is_at(json, "unreadable", "(none)", "nothing was unreadable");
    json_decref(json);
}

/* The ring holds a megabyte; the newest stay. */
static void test_many(site_t *site)
{
    t2m_answer_t answer;
    json_t *found;
    int i;

    for (i = 0; i < 30000; i++) {
        site_line(site, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, 0,
                  apr_psprintf(site->pool, "{\"n\":\"%d\",\"padding\":\"%060d\"}", i, i));
    }
    site_query(site, "limit=1000");
    t2m_answer_begin(&answer, &site->question);
    found = t2m_answer_recent(&answer, T2M_STREAM_ACCESS);
    is_number((long long)json_array_size(found), 1000, "at most as many as the limit");
    is_at(found, "0.n", "\"29999\"", "the newest first, also of one moment");
    is_at(found, "999.n", "\"29000\"", "the oldest last");
    ok(answer.matched > 5000 && answer.matched < 30000, "all that is in memory was looked at");
    json_decref(found);
    json_decref(t2m_answer_end(&answer));
}

static void shows(site_t *site, const char *text, apr_size_t size, const char *want)
{
    const char *shown = t2m_answer_shown(site->pool, t2m_text_of(text, size));

    is_bytes(shown, strlen(shown), want, want);
}

static void test_texts(site_t *site)
{
    const char *name = t2m_answer_name(site->pool, "GET /\xc3\xa4", 7);

    is_bytes(name ? name : "", name ? strlen(name) : 0, "GET /\xc3\xa4", "a name");
    ok(!t2m_answer_name(site->pool, "", 0), "no name");
    ok(!t2m_answer_name(site->pool, "a\0b", 3), "a NUL in a name");
    ok(!t2m_answer_name(site->pool, "a\xff", 2), "a name that is no UTF-8");
    ok(!t2m_answer_name(site->pool, apr_psprintf(site->pool, "%0200d", 1), T2M_NAME_MAX + 1),
       "a name that is too long");
    shows(site, "", 0, "");
    shows(site, "a\"b", 3, "a\"b");
    shows(site, "a\\\"b", 4, "a\\\\\"b");
    shows(site, "a\\", 2, "a\\\\");
    shows(site, "\\u202e", 6, "\\\\u202e");
    shows(site, "\xe2\x80\xae\x1b[1m\x7f\0\xc2\x85", 11, "\\u202e\\u001b[1m\\u007f\\u0000\\u0085");
    shows(site, "\xff", 1, "\xef\xbf\xbd");
}

static void test_values(site_t *site)
{
    t2m_answer_t answer;
    json_t *json;

    site_query(site, "");
    t2m_answer_begin(&answer, &site->question);
    t2m_answer_set_duration(&answer, answer.json, "duration", 12344.6);
    t2m_answer_set_moment(&answer, answer.json, "moment", NOW + 999999);
    t2m_answer_set_count(&answer, answer.json, "large", ~(apr_uint64_t)0);
    t2m_answer_set_text(&answer, answer.json, "text", t2m_text("a\xc3\xa4\n\\n"));
    t2m_answer_set_text(&answer, answer.json, "ill", t2m_text("a\xff\n\\"));
    t2m_answer_set_text(&answer, answer.json, "empty", t2m_text(NULL));
    json = t2m_answer_end(&answer);
    is_at(json, "duration", "12.345", "a duration in milliseconds");
    is_at(json, "moment", "1705320000", "a moment in seconds");
    is_at(json, "large", "9223372036854775807", "a count beyond JSON's");
    is_at(json, "text", "\"a\xc3\xa4\\n\\\\n\"", "a text as it is");
    is_at(json, "ill", "\"a\xef\xbf\xbd\\\\n\\\\\\\\\"", "one that is no UTF-8");
    is_at(json, "empty", "(none)", "an empty text is absent");
    json_decref(json);

    t2m_answer_begin(&answer, &site->question);
    t2m_answer_set(&answer, answer.json, "nothing", NULL);
    ok(!t2m_answer_end(&answer), "memory that is short fails the answer");
    t2m_answer_begin(&answer, &site->question);
    t2m_answer_append(&answer, NULL, json_true());
    ok(!t2m_answer_end(&answer), "an array that is none too");
}

int main(void)
{
    site_t site;

    apr_initialize();
    site_make(&site);
    fill(&site);
    test_filters(&site);
    test_nested(&site);
    test_longest(&site);
    test_unreadable(&site);
    test_skipped(&site);
    test_many(&site);
    test_texts(&site);
    test_values(&site);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
