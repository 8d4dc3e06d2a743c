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

/* Tests modules/writer/verdicts.c: what is written of an error, over several batches, and that a
 * batch made again is told the same.
 *
 * Shown to fail: with what waits counted first or never, without the flag on the board, with the
 * rows of other groups believed, with places of the last batch left, with the limit of a damaged
 * intent left out.
 */
#include "writer/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "shared/world.h"
#include "tap.h"
#include "writer/batch.h"

#define START ((apr_time_t)1705314646000000)

static const t2m_repeat_rule_t rule = { 0, 5, APR_INT64_C(60000000) };
static world_t world;
static t2m_board_t board;
static t2m_verdicts_t *verdicts;
static t2m_repeat_t model; /* what a fold makes of it */

static void begin(const t2m_intent_t *again)
{
    t2m_verdicts_begin(verdicts, &board, &rule, again);
}

/* Decides on one record of the group; counts it in the model as a fold does. */
static apr_uint64_t decide(const char *id, apr_time_t time, apr_uint64_t waiting)
{
    apr_uint32_t first;
    apr_uint16_t number = t2m_verdicts_decide(verdicts, id, time, &first);
    apr_uint64_t verdict = t2m_verdicts_get(verdicts, number);

    if (first) {
        t2m_repeat_add(&model, waiting, time);
    }
    if (t2m_repeat_count(&model, &rule, verdict != T2M_VERDICT_HELD, time)
        != (verdict == T2M_VERDICT_HELD ? 0 : verdict)) {
        ok(0, "the fold agrees");
    }
    return verdict;
}

/* The verdicts of count records as text: a digit is `repeated`, a dot is held back. */
static const char *decided(const char *id, int count, apr_uint64_t waiting)
{
    static char text[128];
    int i;

    for (i = 0; i < count; i++) {
        apr_uint64_t verdict = decide(id, START + i, i ? 0 : waiting);

        text[i] = verdict == T2M_VERDICT_HELD ? '.' : verdict < 10 ? (char)('0' + verdict) : '+';
    }
    text[count] = '\0';
    return text;
}

static void put_row(apr_uint32_t row, const char *id)
{
    t2m_group_t *group = &board.tables->groups[row];

    group->used = 1;
    memcpy(group->id, id, sizeof(group->id));
    group->repeat = model;
}

static void new_group(void)
{
    const char *text;

    begin(NULL);
    text = decided("aaaaaaaaaaaa", 40, 0);
    is_bytes(text, strlen(text), "00000....4.........9...................+",
             "the first five, the 10th, 20th and 40th, with what was held back");
    memset(&model, 0, sizeof(model));
    text = decided("bbbbbbbbbbbb", 6, 0);
    ok(strncmp(text, "00000", 5) == 0, "another group is another one");
}

/* The next batch goes on where the board's row says. */
static void known_group(void)
{
    t2m_group_index_t *index;

    memset(&model, 0, sizeof(model));
    begin(NULL);
    (void)decided("cccccccccccc", 8, 0);
    put_row(7, "cccccccccccc");
    index = t2m_group_index_create(&board);
    memset(&model, 0, sizeof(model));
    begin(NULL);
    ok(decide("cccccccccccc", START, 0) == 0, "without an index it is a new one");
    t2m_verdicts_use(verdicts, index);
    model = board.tables->groups[7].repeat;
    begin(NULL);
    ok(decide("cccccccccccc", START, 0) == T2M_VERDICT_HELD
       && decide("cccccccccccc", START, 0) == 4, "with one it goes on");
    memcpy(board.tables->groups[7].id, "dddddddddddd", T2M_FINGERPRINT_SIZE);
    memset(&model, 0, sizeof(model));
    begin(NULL);
    ok(decide("cccccccccccc", START, 0) == 0, "a row that is another one's by now is not its");
    memcpy(board.tables->groups[7].id, "cccccccccccc", T2M_FINGERPRINT_SIZE);
    board.tables->groups[7].used = 0;
    memset(&model, 0, sizeof(model));
    begin(NULL);
    ok(decide("cccccccccccc", START, 0) == 0, "nor one that is free by now");
    t2m_verdicts_use(verdicts, NULL);
    free(index);
}

static void written_in_any_case(void)
{
    int i;

    memset(&model, 0, sizeof(model));
    begin(NULL);
    for (i = 0; i < 8; i++) {
        t2m_verdicts_count(verdicts, "aaaaaaaaaaaa", START + i);
        (void)t2m_repeat_count(&model, &rule, 1, START + i);
    }
    ok(decide("aaaaaaaaaaaa", START, 0) == T2M_VERDICT_HELD, "what has no verdict counts too");
}

/* A process pushed seven of twenty and counted the rest; the writer sees all at once. */
static void waits(void)
{
    apr_uint32_t first;
    const char *text;

    memset(&model, 0, sizeof(model));
    begin(NULL);
    t2m_verdicts_wait(verdicts, "aaaaaaaaaaaa", 13, START);
    text = decided("aaaaaaaaaaaa", 5, 0);
    is_bytes(text, 5, "00000", "the first lines are written all the same");
    ok(decide("aaaaaaaaaaaa", START, 13) == 13, "what waited comes before the next");
    ok(decide("aaaaaaaaaaaa", START, 13) == 0, "once: now it is the 20th");
    begin(NULL);
    t2m_verdicts_wait(verdicts, "aaaaaaaaaaaa", 7, START);
    t2m_verdicts_wait(verdicts, "bbbbbbbbbbbb", 100, START);
    t2m_verdicts_wait(verdicts, "aaaaaaaaaaaa", 8, START);
    memset(&model, 0, sizeof(model));
    (void)decided("aaaaaaaaaaaa", 5, 0);
    t2m_verdicts_decide(verdicts, "aaaaaaaaaaaa", START, &first);
    ok(first == 3 && t2m_verdicts_next(verdicts, 3) == 1 && t2m_verdicts_next(verdicts, 1) == 0,
       "those of its group, and of no other");
    ok(t2m_verdicts_get(verdicts, 6) == 15, "all of them");
}

static int is_same(apr_uint64_t *want, apr_uint32_t count)
{
    const apr_uint64_t *list;

    return t2m_verdicts_list(verdicts, &list) == count
        && memcmp(list, want, count * sizeof(*want)) == 0;
}

/* The same verdicts whatever the rows say by now, and what waited comes at the same place. */
static void again(void)
{
    apr_uint64_t kept[30];
    const apr_uint64_t *list;
    t2m_intent_t intent = { .verdict_count = 30 };
    apr_uint32_t first, i, at = 0, at_again = 0;

    for (i = 0; i < 60; i++) { /* 30 times as it was first, then as it is again */
        if (i % 30 == 0) {
            begin(i ? &intent : NULL);
            t2m_verdicts_wait(verdicts, "aaaaaaaaaaaa", 3, START);
        }
        (void)t2m_verdicts_decide(verdicts, i % 30 < 8 ? "bbbbbbbbbbbb" : "aaaaaaaaaaaa",
                                  START, &first);
        at = first && i < 30 ? i : at;
        at_again = first && i >= 30 ? i - 30 : at_again;
        if (i == 29) {
            (void)t2m_verdicts_list(verdicts, &list);
            memcpy(kept, list, sizeof(kept));
            memcpy(board.verdicts, list, sizeof(kept));
        }
    }
    ok(is_same(kept, 30), "made again they are the same");
    ok(at == 13 && at_again == at, "and so is where those that waited come");
    ok(t2m_verdicts_get(verdicts, 14) == T2M_VERDICT_HELD
       && board.verdicts[13] == (T2M_VERDICT_HELD ^ T2M_VERDICT_AFTER), "held back after them");
    t2m_verdicts_count(verdicts, "aaaaaaaaaaaa", START);
    intent.verdict_count = 1;
    board.verdicts[0] = board.verdicts[1] = T2M_VERDICT_HELD;
    begin(&intent);
    for (i = 0; i < 2; i++) {
        (void)t2m_verdicts_decide(verdicts, "bbbbbbbbbbbb", START, &first);
    }
    ok(t2m_verdicts_get(verdicts, 1) == T2M_VERDICT_HELD && t2m_verdicts_get(verdicts, 2) == 0,
       "behind the last one of an intent stands nothing");
    ok(t2m_verdicts_get(verdicts, 0) == 0, "no verdict is none");
}

static void id_of(char *id, apr_uint32_t n)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "%012x", n * 7919);
    memcpy(id, text, T2M_FINGERPRINT_SIZE);
}

/* As many groups as a batch can have, twice. */
static void many_groups(void)
{
    char id[T2M_FINGERPRINT_SIZE];
    apr_uint32_t i, round, first, wrong = 0;

    for (round = 0; round < 2; round++) {
        begin(NULL);
        for (i = 0; i < T2M_VERDICTS_WAITING; i++) {
            id_of(id, i + T2M_VERDICTS);
            t2m_verdicts_wait(verdicts, id, 1, START);
        }
        for (i = 0; i < T2M_VERDICTS; i++) {
            id_of(id, i);
            wrong += t2m_verdicts_get(verdicts, t2m_verdicts_decide(verdicts, id, START, &first))
                  || first;
        }
    }
    is_number(wrong, 0, "each of many groups is new, in the next batch too");
}

/* More than any count: the bit beside the sign stays free. */
static void bounded(void)
{
    apr_uint32_t first;

    begin(NULL);
    t2m_verdicts_wait(verdicts, "aaaaaaaaaaaa", APR_UINT64_MAX - 6, START);
    memset(&model, 0, sizeof(model));
    (void)decided("aaaaaaaaaaaa", 5, 0);
    (void)t2m_verdicts_decide(verdicts, "aaaaaaaaaaaa", START, &first);
    ok(first == 1 && t2m_verdicts_get(verdicts, 6) < T2M_VERDICT_AFTER, "a number beyond all");
}

int main(void)
{
    world_make(&world, 2);
    verdicts = t2m_verdicts_create();
    if (!verdicts
        || t2m_board_attach(&board, world.board_fd, &world.geometry, 1, 1) != APR_SUCCESS) {
        return 1;
    }
    new_group();
    known_group();
    written_in_any_case();
    waits();
    again();
    many_groups();
    bounded();
    free(verdicts);
    return tap_done();
}
