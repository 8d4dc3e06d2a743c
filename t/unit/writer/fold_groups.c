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

/* Tests modules/writer/fold_groups.c. */
#include "writer/fold_internal.h"

#include "writer/fold_world.h"

#define MINUTE (60 * APR_USEC_PER_SEC)

static const char full[] =
    "{\"timestamp\":\"2024-01-15T10:30:46.000Z\",\"level\":\"ERROR\","
    "\"message\":\"caf\\u00e9 \\\"x\\\"\","
    "\"logger\":\"talk2me.core\",\"endpoint\":\"GET /a\",\"request_id\":\"r-1\","
    "\"exception\":{\"type\":\"ValueError\",\"message\":\"no\",\"traceback\":[\"a\"]}";

static void push(const char *id, const char *line, apr_time_t time, t2m_level_e level)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_ERRORS, .time = time,
                                 .level = (unsigned char)level };

    fold_push(record, line, id);
}

static const t2m_group_t *row_of(const char *id)
{
    int i;

    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        const t2m_group_t *row = &board.tables->groups[i];

        if (row->used && memcmp(row->id, id, sizeof(row->id)) == 0) {
            return row;
        }
    }
    return NULL;
}

static int text_is(const char *text, apr_uint16_t size, const char *want)
{
    return size == strlen(want) && memcmp(text, want, size) == 0;
}

static void texts(void)
{
    const t2m_group_t *row;
    char line[1200], is_long[900];

    push("0123456789ab", full, FOLD_START, T2M_LEVEL_ERROR);
    fold_all();
    row = row_of("0123456789ab");
    if (!ok(row != NULL, "a group has a row")) {
        return;
    }
    ok(text_is(row->logger, row->logger_size, "talk2me.core"), "logger");
    ok(text_is(row->message, row->message_size, "caf\xc3\xa9 \"x\""), "message, unescaped");
    ok(text_is(row->endpoint, row->endpoint_size, "GET /a"), "endpoint");
    ok(text_is(row->request_id, row->request_id_size, "r-1"), "request id");
    ok(text_is(row->type, row->type_size, "ValueError"), "type of the exception");
    is_number(row->level, T2M_LEVEL_ERROR, "level");
    push("0123456789ab", "{\"message\":\"later\",\"request_id\":\"r-2\"", FOLD_START + 1,
         T2M_LEVEL_CRITICAL);
    push("0123456789ab", NULL, FOLD_START + 2, T2M_LEVEL_CRITICAL);
    fold_all();
    ok(text_is(row->message, row->message_size, "later")
       && text_is(row->request_id, row->request_id_size, "r-2"),
       "the last line's, also with one behind it that only counts");
    ok(row->endpoint_size == 0, "what it does not have is gone");
    ok(text_is(row->type, row->type_size, "ValueError"), "but the type of the exception stays");
    is_number(row->level, T2M_LEVEL_CRITICAL, "the last level");
    is_number((long)row->total, 3, "all are counted");
    memset(is_long, 'x', sizeof(is_long) - 1);
    is_long[sizeof(is_long) - 1] = '\0';
    (void)snprintf(line, sizeof(line), "{\"message\":\"%.383s\\u00e9%s\"", is_long, is_long + 500);
    push("0123456789ab", line, FOLD_START, T2M_LEVEL_ERROR);
    fold_all();
    is_number(row->message_size, 383, "a long text is cut between two characters");
    push("0123456789ab", "not JSON at all", FOLD_START, T2M_LEVEL_ERROR);
    fold_all();
    is_number(row->message_size, 0, "a line that cannot be read");
    is_number((long)row->total, 5, "counts all the same");
}

static void minutes(void)
{
    const t2m_group_t *row;
    apr_int64_t minute = apr_time_sec(FOLD_START) / 60;

    push("cccccccccccc", full, FOLD_START, T2M_LEVEL_ERROR);
    push("cccccccccccc", NULL, FOLD_START + MINUTE, T2M_LEVEL_ERROR);
    push("cccccccccccc", NULL, FOLD_START - 3 * MINUTE, T2M_LEVEL_ERROR);
    fold_all();
    row = row_of("cccccccccccc");
    if (!ok(row != NULL, "a second group")) {
        return;
    }
    is_number(row->first, FOLD_START - 3 * MINUTE, "first");
    is_number(row->last, FOLD_START + MINUTE, "last");
    is_number((long)t2m_minutes_sum(&row->minutes, minute + 1), 3, "its hour");
    is_number((long)t2m_minutes_sum(&row->minutes, minute + 58), 2, "an hour after the first");
    is_number((long)t2m_minutes_sum(&row->minutes, minute + 61), 0, "long after");
}

static void not_groups(void)
{
    apr_uint64_t before = board.tables->groups[0].total;
    t2m_ring_record_t record = { .stream = T2M_STREAM_APP, .time = FOLD_START };

    push(NULL, full, FOLD_START, T2M_LEVEL_ERROR);
    push("short", full, FOLD_START, T2M_LEVEL_ERROR);
    push("no digits at all", full, FOLD_START, T2M_LEVEL_ERROR);
    fold_push(record, full, "ffffffffffff");
    fold_all();
    ok(!row_of("ffffffffffff"), "of another stream: no group");
    ok(!row_of("no digits at"), "nor is it one when its id is none");
    is_number((long)(board.tables->groups[0].total - before), 0, "nor without a group's id");
}

/* ---- a table that is full -------------------------------------------------------------------- */

static apr_uint64_t want;

static apr_uint64_t all_total(void)
{
    apr_uint64_t sum = 0;
    int i;

    for (i = 0; i < T2M_GROUPS_MAX; i++) {
        sum += board.tables->groups[i].total + board.tables->groups[i].evicted;
    }
    return sum;
}

static int used_rows(void)
{
    int i, used = 0;

    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        used += board.tables->groups[i].used != 0;
    }
    return used;
}

static void push_groups(int from, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        char id[16];

        (void)snprintf(id, sizeof(id), "%012x", (unsigned)(from + i % ((count + 1) / 2)));
        push(id, i % 3 ? NULL : "{\"message\":\"x\"", FOLD_START, T2M_LEVEL_ERROR);
        want++;
    }
}

static int sum_holds(void)
{
    return all_total() == want;
}

static void floods(void)
{
    int i, bad, runs;

    want = all_total();
    memset(board.tables->groups, 0, sizeof(board.tables->groups));
    board.tables->evictions[1] = 0;
    want = 0;
    for (i = 0; i < 40; i++) {
        push("eeeeeeeeeeee", NULL, FOLD_START, T2M_LEVEL_ERROR);
        want++;
    }
    fold_all();
    push_groups(0x1000, 200);
    fold_all();
    is_number(used_rows(), 1 + T2M_FOLD_NEW_ROWS, "so many new groups in a batch and no more");
    is_number((long)board.tables->groups[0].total, 2 * (100 - T2M_FOLD_NEW_ROWS),
              "row 0 counts the others");
    is_number((long)board.tables->groups[0].before, 2, "of each of them at most so many");
    ok(sum_holds(), "together they are all");
    push_groups(0x9000, 90);
    bad = fold_killed_anywhere(sum_holds, &runs);
    ok(bad == 0 && runs > 300, "killed anywhere, twice: each counts once (%d ways)", runs);
    for (i = 1; i < 20; i++) {
        push_groups(i * 0x10000, 64);
        fold_all();
    }
    is_number(used_rows(), T2M_GROUPS_MAX - 1, "a full table");
    ok(board.tables->evictions[1] > 0 && sum_holds(), "nothing is lost when rows change hands");
    push_groups(0xfff0000, 90);
    bad = fold_killed_anywhere(sum_holds, &runs);
    ok(bad == 0 && runs > 300, "also killed (%d ways)", runs);
    ok(row_of("eeeeeeeeeeee") && row_of("eeeeeeeeeeee")->total == 40, "the useful stay");
}

/* A group of the batch that has a row keeps it, whatever comes before it in the batch. */
static void known_first(void)
{
    int i;

    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        board.tables->groups[i].weight = board.tables->groups[i].weight + 1000;
    }
    for (i = 1; i <= T2M_FOLD_NEW_ROWS; i++) {
        t2m_group_t *row = &board.tables->groups[i];

        (void)snprintf(row->id, sizeof(row->id), "%011x", 0xabc000 + i);
        row->id[11] = '0';
        row->weight = 1;
    }
    fold_writer = -1;
    for (i = 1; i <= 2 * T2M_FOLD_NEW_ROWS; i++) {
        char id[16];

        (void)snprintf(id, sizeof(id), "%011x0",
                       (unsigned)(i <= T2M_FOLD_NEW_ROWS ? 0xdef000 + i
                                                         : 0xabc000 + i - T2M_FOLD_NEW_ROWS));
        push(id, NULL, FOLD_START, T2M_LEVEL_ERROR);
    }
    fold_all();
    ok(row_of("00000abc0010") && row_of("00000abc0200") && row_of("00000def0010"),
       "none of a batch takes the row of another one of it");
}

static void commands_alone(void)
{
    apr_uint64_t sequence = board.tables->groups[0].row.sequence;
    t2m_group_state_t state = { .state = T2M_GROUP_IGNORED };
    t2m_ring_record_t record = { .stream = T2M_STREAM_ERRORS, .time = FOLD_START,
                                 .flags = T2M_FACT_STATE, .file = T2M_STREAM_ERRORS,
                                 .level = T2M_LEVEL_INFO,
                                 .name_size = T2M_FINGERPRINT_SIZE + sizeof(state) };
    char name[T2M_FINGERPRINT_SIZE + sizeof(state)];

    memcpy(name, "777777777777", T2M_FINGERPRINT_SIZE);
    memcpy(name + T2M_FINGERPRINT_SIZE, &state, sizeof(state));
    if (t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, name, NULL) != APR_SUCCESS) {
        abort();
    }
    fold_all();
    ok(!row_of("777777777777") && board.tables->groups[0].row.sequence == sequence,
       "a command for a group that is not there changes nothing");
}

int main(void)
{
    fold_make();
    texts();
    minutes();
    not_groups();
    floods();
    known_first();
    commands_alone();
    return tap_done();
}
