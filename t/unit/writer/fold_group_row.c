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

/* Tests modules/writer/fold_group_row.c. */
#include "writer/fold_group_world.h"

#define GROUP "aaaaaaaaaaaa"
#define LINE(text, endpoint) \
    "{\"message\":\"" text "\",\"endpoint\":\"" endpoint "\",\"release\":\"v1\""

static int is_top(const t2m_top_t *top, unsigned place, const char *text, apr_uint64_t count)
{
    const t2m_top_counter_t *list[T2M_TOP_SHOWN];

    return place < t2m_top_list(top, list) && list[place]->count == count
           && list[place]->size == strlen(text)
           && memcmp(list[place]->text, text, list[place]->size) == 0;
}

static int text_is(const char *text, apr_uint16_t size, const char *want)
{
    return size == strlen(want) && memcmp(text, want, size) == 0;
}

static unsigned tops(const t2m_top_t *top)
{
    const t2m_top_counter_t *list[T2M_TOP_SHOWN];

    return t2m_top_list(top, list);
}

/* ---- where ----------------------------------------------------------------------------------- */

static void places(void)
{
    const t2m_group_t *row;
    int i;

    for (i = 0; i < 3; i++) {
        group_push(GROUP "one.example", LINE("x", "GET /a"), FOLD_START);
        group_push(GROUP "two.example", LINE("x", "GET /\\u00e9"), FOLD_START);
    }
    group_push(GROUP "two.example", "{\"message\":\"x\"", FOLD_START);
    group_push(GROUP "two.example", LINE("x", "GET /a"), FOLD_START);
    group_push(GROUP "bad\nname", LINE("x", ""), FOLD_START);
    group_push(GROUP "bad\xffname", "{\"endpoint\":17", FOLD_START);
    group_push(GROUP "bad\x7fname", NULL, FOLD_START);
    group_push(GROUP, "no JSON", FOLD_START);
    fold_all();
    row = group_row(GROUP);
    is_number((long)row->total, 12, "all are counted");
    ok(is_top(&row->endpoints, 0, "GET /a", 4) && is_top(&row->endpoints, 1, "GET /\xc3\xa9", 3)
       && tops(&row->endpoints) == 2, "the endpoints of their lines, unescaped");
    ok(is_top(&row->vhosts, 0, "two.example", 5) && is_top(&row->vhosts, 1, "one.example", 3)
       && tops(&row->vhosts) == 2, "servers, but not what is no text");
    group_suppress(GROUP, "GET /a", "two.example", 7, FOLD_START);
    fold_all();
    ok(is_top(&row->endpoints, 0, "GET /a", 11) && is_top(&row->vhosts, 0, "two.example", 12),
       "those that a process counted itself too");
    is_number((long)row->total, 19, "and how many");
    is_number(row->level, T2M_LEVEL_CRITICAL, "and their level");
    group_push(GROUP "two.example", NULL, FOLD_START);
    fold_all();
    ok(is_top(&row->vhosts, 0, "two.example", 13) && is_top(&row->endpoints, 0, "GET /a", 11),
       "without a line: no endpoint, but a server");
}

/* A text that is longer than what counts is the same from a line and from a process. */
static void long_endpoint(void)
{
    static char line[700], endpoint[201];

    memset(endpoint, 'e', 200);
    (void)snprintf(line, sizeof(line), "{\"endpoint\":\"%s\"", endpoint);
    group_push("abababababab", line, FOLD_START);
    group_suppress("abababababab", endpoint, "", 2, FOLD_START);
    fold_all();
    endpoint[T2M_TOP_TEXT] = '\0';
    ok(is_top(&group_row("abababababab")->endpoints, 0, endpoint, 3), "a long endpoint is one");
}

static void clients(void)
{
    const t2m_group_t *row;
    apr_uint64_t i;

    for (i = 0; i < 40; i++) {
        t2m_ring_record_t record = { .time = FOLD_START,
                                     .value = APR_UINT64_C(0x9e3779b97f4a7c15) * (i / 2 + 1) };

        group_push_name(record, NULL, "bbbbbbbbbbbb", T2M_FINGERPRINT_SIZE);
    }
    fold_all();
    row = group_row("bbbbbbbbbbbb");
    is_number((long)t2m_distinct_estimate(&row->clients), 20, "clients, each once");
    group_push("bbbbbbbbbbbb", NULL, FOLD_START);
    group_suppress("bbbbbbbbbbbb", "", "", 25, FOLD_START);
    fold_all();
    is_number((long)t2m_distinct_estimate(&row->clients), 25, "with those of the process");
}

/* ---- when ------------------------------------------------------------------------------------ */

static void times(void)
{
    const t2m_group_t *row;
    apr_uint32_t series[T2M_HOURS];
    apr_int64_t minute = apr_time_sec(FOLD_START) / 60;

    group_suppress("cccccccccccc", "", "", 5, FOLD_START - 61 * GROUP_MINUTE);
    fold_all();
    group_push("cccccccccccc", NULL, FOLD_START - 2 * GROUP_MINUTE);
    group_push("cccccccccccc", NULL, FOLD_START);
    group_push("cccccccccccc", NULL, FOLD_START);
    fold_all();
    row = group_row("cccccccccccc");
    ok(row->first == FOLD_START - 61 * GROUP_MINUTE && row->last == FOLD_START, "first and last");
    is_number((long)t2m_minutes_sum(&row->minutes, minute), 3, "the last hour");
    is_number((long)t2m_minutes_sum(&row->minutes, minute + 58), 2, "each in its minute");
    t2m_hours_series(&row->hours, minute / 60, series);
    ok(series[T2M_HOURS - 1] == 3 && series[T2M_HOURS - 2] == 5, "the last week");
    is_number((long)row->weight, 8, "each weighs as much");
}

/* ---- what is written ------------------------------------------------------------------------- */

static void verdicts(void)
{
    const t2m_group_t *row;
    t2m_repeat_t want = { 0 };
    int i;

    settings->repeat.off = 0;
    settings->repeat.first = 2;
    settings->repeat.every = apr_time_from_sec(60);
    for (i = 0; i < 25; i++) {
        int written = i < 2 || i + 1 == 10 || i + 1 == 20;

        group_push("dddddddddddd", LINE("x", "GET /a"), FOLD_START + i);
        (void)t2m_repeat_count(&want, &settings->repeat, written, FOLD_START + i);
        if (i % 4 == 3) {
            fold_all();
        }
    }
    fold_all();
    row = group_row("dddddddddddd");
    is_number((long)row->total, 25, "those that were held back are counted");
    ok(memcmp(&row->repeat, &want, sizeof(want)) == 0, "written or held back, as it was");
    is_number((long)row->repeat.held, 5, "held back since the last one");
    group_suppress("dddddddddddd", "", "", 3, FOLD_START + 30);
    fold_all();
    t2m_repeat_add(&want, 3, FOLD_START + 30);
    ok(memcmp(&row->repeat, &want, sizeof(want)) == 0, "and by a process");
    board.header->shed = 1U << T2M_STREAM_ERRORS;
    group_push("dddddddddddd", LINE("shed", "GET /b"), FOLD_START + 40);
    fold_all();
    board.header->shed = 0;
    (void)t2m_repeat_count(&want, &settings->repeat, 1, FOLD_START + 40);
    is_number((long)row->total, 29, "what is shed is counted");
    ok(memcmp(&row->repeat, &want, sizeof(want)) == 0, "as if it had been written");
    ok(text_is(row->message, row->message_size, "x"), "but leaves no text");
    settings->repeat.off = 1;
}

/* ---- states ---------------------------------------------------------------------------------- */

static t2m_group_state_t state(t2m_group_state_e is, apr_time_t since, apr_uint64_t count)
{
    t2m_group_state_t result = { .state = is, .since = since, .count = count };

    return result;
}

static int is_state(const char *id, t2m_group_state_e is, apr_time_t since)
{
    const t2m_group_t *row = group_row(id);

    return row->state.state == (apr_uint64_t)is && row->state.since == since;
}

static void states(void)
{
    static const char id[] = "eeeeeeeeeeee";
    apr_uint64_t unplaced = board.tables->groups[0].total;

    group_command(id, state(T2M_GROUP_RESOLVED, 0, 0), FOLD_START);
    fold_all();
    ok(!group_row(id)->used && board.tables->groups[0].total == unplaced,
       "a command makes no group");
    group_command(id, state(T2M_GROUP_RESOLVED, 0, 0), FOLD_START);
    group_push(id, LINE("x", "GET /a"), FOLD_START + 1);
    fold_all();
    ok(is_state(id, T2M_GROUP_OPEN, 0), "nor is it for one that comes after it");
    group_command(id, state(T2M_GROUP_RESOLVED, 0, 0), FOLD_START + 2);
    fold_all();
    ok(is_state(id, T2M_GROUP_RESOLVED, FOLD_START + 2), "resolved, at the time of the command");
    is_number((long)group_row(id)->total, 1, "which is no occurrence");
    group_push(id, LINE("x", "GET /a"), FOLD_START + 3);
    fold_all();
    ok(is_state(id, T2M_GROUP_REGRESSED, FOLD_START + 3), "the next one: regressed");
    group_push(id, LINE("x", "GET /a"), FOLD_START + 4);
    group_command(id, state(T2M_GROUP_ONGOING, FOLD_START - 9, 0), FOLD_START + 5);
    fold_all();
    ok(is_state(id, T2M_GROUP_ONGOING, FOLD_START - 9), "at the time that the command says");
    group_command(id, state(T2M_GROUP_IGNORED, 0, 3), FOLD_START + 6);
    group_push(id, LINE("x", "GET /a"), FOLD_START + 7);
    group_suppress(id, "", "", 1, FOLD_START + 7);
    fold_all();
    group_push(id, LINE("x", "GET /a"), FOLD_START + 8);
    fold_all();
    ok(is_state(id, T2M_GROUP_ONGOING, FOLD_START + 8), "ignored until the third");
    group_command(id, state(T2M_GROUP_STATES, 0, 0), FOLD_START + 9);
    fold_all();
    ok(is_state(id, T2M_GROUP_ONGOING, FOLD_START + 8), "what is no state is none");
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void origins(void)
{
    const t2m_group_t *row;
    char line[1400], longest[1000];
    int i;

    group_push("ffffffffffff", NULL, FOLD_START);
    fold_all();
    row = group_row("ffffffffffff");
    ok(row->template_size == 0 && row->release_size == 0, "no line: no template");
    group_push("ffffffffffff", LINE("no file \\u002ftmp\\u002fone", "GET /a"), FOLD_START);
    group_push("ffffffffffff", "{\"message\":\"no file 17\",\"release\":\"v2\"", FOLD_START + 1);
    fold_all();
    ok(text_is(row->template, row->template_size, "no file *"), "the template of the message");
    ok(text_is(row->message, row->message_size, "no file 17"), "beside the newest message");
    ok(text_is(row->release, row->release_size, "v1"), "and the first release");
    group_push("ffffffffffff", "{\"message\":\"another one\",\"release\":\"v3\"", FOLD_START + 2);
    fold_all();
    ok(text_is(row->template, row->template_size, "no file *")
       && text_is(row->release, row->release_size, "v1"), "both are made once");
    for (i = 0; i + 3 < (int)sizeof(longest); i += 3) {
        memcpy(longest + i, i % 63 ? "\xe2\x82\xac" : "a b", 3);
    }
    longest[i] = '\0';
    (void)snprintf(line, sizeof(line), "{\"message\":\"%s\"", longest);
    group_push("fefefefefefe", line, FOLD_START);
    fold_all();
    row = group_row("fefefefefefe");
    ok(row->template_size > sizeof(row->template) - 3
       && row->template_size <= sizeof(row->template)
       && memcmp(row->template, longest, row->template_size) == 0
       && (longest[row->template_size] & 0xc0) != 0x80, "a long one is cut between characters");
    is_number(row->release_size, 0, "no release");
}

static void killed(void)
{
    settings->repeat.off = 0;
    settings->repeat.first = 2;
    group_push("1111aaaabbbb" "one", LINE("x", "GET /a"), FOLD_START);
    group_push("1111aaaabbbb" "one", LINE("x", "GET /b"), FOLD_START + 1);
    group_push("1111aaaabbbb" "two", LINE("x", "GET /b"), FOLD_START + 2);
    group_push("dddddddddddd", LINE("x", "GET /b"), FOLD_START + 3);
    group_command("eeeeeeeeeeee", state(T2M_GROUP_RESOLVED, 0, 0), FOLD_START + 4);
    group_push("eeeeeeeeeeee", LINE("x", "GET /b"), FOLD_START + 5);
    group_command("ffffffffffff", state(T2M_GROUP_IGNORED, 0, 10), FOLD_START + 6);
    group_suppress("dddddddddddd", "GET /c", "two", 30, FOLD_START + 7);
    group_suppress("2222aaaabbbb", "GET /c", "two", 30, FOLD_START + 7);
    group_killed_anywhere("all that a row has");
    settings->repeat.off = 1;
}

int main(void)
{
    fold_make();
    places();
    long_endpoint();
    clients();
    times();
    verdicts();
    states();
    origins();
    killed();
    return tap_done();
}
