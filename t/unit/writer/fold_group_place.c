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

/* Tests modules/writer/fold_group_place.c. */
#include <sys/resource.h>

#include "writer/fold_group_world.h"

#define DAY (86400 * APR_USEC_PER_SEC)

/* ---- newcomers ------------------------------------------------------------------------------- */

static t2m_fold_newcomer_t note(apr_uint64_t count, apr_uint32_t first)
{
    const t2m_fold_newcomer_t newcomer = { count, first, first + 1 };

    return t2m_fold_group_note(folds[0], newcomer);
}

static void newcomers(void)
{
    t2m_fold_t *fold = folds[0];
    apr_uint32_t i, wrong = 0;

    fold->newcomer_count = 0;
    for (i = 0; i < T2M_FOLD_NEW_ROWS; i++) {
        wrong += note(10 + i % 3, i).count != 0;
    }
    is_number(wrong, 0, "as many as there is room for");
    for (i = 1; i < T2M_FOLD_NEW_ROWS; i++) {
        const t2m_fold_newcomer_t *a = &fold->newcomers[i - 1], *b = a + 1;

        wrong += a->count < b->count || (a->count == b->count && a->first > b->first);
    }
    is_number(wrong, 0, "the largest first, then as they came");
    ok(note(10, 100).first == 100, "one more of the least has to wait");
    ok(note(1, 101).count == 1, "and a smaller one");
    ok(note(11, 102).first == 30 && fold->newcomer_count == T2M_FOLD_NEW_ROWS,
       "a larger one takes the place of the last of the least");
    ok(note(99, 103).first == 27 && fold->newcomers[0].first == 103, "the largest is the first");
}

/* ---- who gives way --------------------------------------------------------------------------- */

static t2m_fold_groups_t groups_now(void)
{
    const t2m_fold_groups_t all = { folds[0], &board, indexes[0], &settings->repeat, batch,
                                    number };

    return all;
}

/* All rows are dear but for the ones that a test makes cheaper. */
static void fill(void)
{
    apr_uint32_t i;

    memset(board.tables->groups, 0, sizeof(board.tables->groups));
    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        t2m_group_t *row = &board.tables->groups[i];

        row->used = 1;
        row->weight = row->total = 1000;
        row->last = FOLD_START;
        (void)snprintf(row->id, sizeof(row->id), "%011x", i);
    }
}

static int places_are(apr_uint32_t wanted, apr_uint32_t count, const apr_uint32_t *want)
{
    t2m_fold_groups_t all = groups_now();
    apr_uint32_t i, found;

    folds[0]->newcomer_count = wanted;
    found = t2m_fold_group_places(&all);
    for (i = 0; i < found && i < count; i++) {
        if (folds[0]->places[i] != want[i]) {
            return 0;
        }
    }
    return found == count;
}

static void order(void)
{
    static const apr_uint32_t want[] = { 9, 500, 17, 33, 40, 77, 60, 1, 2 };
    t2m_group_t *rows = board.tables->groups;

    fold_gather();
    fill();
    rows[500].used = 0;
    rows[9].used = 0;
    rows[17].weight = 1;
    rows[33].weight = 900;
    rows[33].last -= DAY;
    rows[40].weight = 500;
    rows[77].last -= 2;
    rows[60].last -= 1;
    rows[5].weight = rows[6].weight = rows[7].weight = rows[8].weight = 0;
    rows[5].state.state = T2M_GROUP_ONGOING;
    rows[6].state.state = T2M_GROUP_RESOLVED;
    rows[7].state.state = T2M_GROUP_IGNORED;
    rows[8].state.state = T2M_GROUP_REGRESSED;
    ok(places_are(9, 9, want), "free ones, the least worth, the oldest, those of a lower number");
    ok(places_are(3, 3, want), "or fewer");
    ok(places_are(0, 0, NULL), "or none");
    rows[9].row.batch = rows[17].row.batch = number;
    {
        static const apr_uint32_t others[] = { 500, 33 };

        ok(places_are(2, 2, others), "none that this batch has changed");
    }
}

static void kept(void)
{
    static const apr_uint32_t want[] = { 7, 400, 3 };
    t2m_group_t *rows = board.tables->groups;
    apr_uint32_t i;

    fill();
    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        rows[i].row.batch = i == 3 || i == 7 || i == 400 ? 0 : number;
        rows[i].state.state = i == 400 ? 1 + i % (T2M_GROUP_STATES - 1) : T2M_GROUP_OPEN;
    }
    rows[3].state.state = APR_UINT64_MAX;
    rows[3].weight = 2;
    rows[400].weight = 1;
    ok(places_are(3, 3, want), "what somebody has a word on comes after all others");
    ok(places_are(32, 3, want), "when there are too few: those");
}

/* ---- what they begin with -------------------------------------------------------------------- */

static void begins(void)
{
    t2m_group_t *rows = board.tables->groups, row;
    t2m_fold_groups_t all = groups_now();

    fill();
    board.tables->forgotten = 0;
    rows[0].before = 7;
    rows[3].evicted = 5;
    rows[3].before = 20;
    rows[3].last = FOLD_START - DAY;
    rows[3].row.batch = 1;
    t2m_fold_group_begin(&all, &rows[3], "0123456789ab", &row);
    is_number((long)board.tables->forgotten, 1013, "forgotten: what may have been counted there");
    ok(row.before == 1020 && row.total == 0, "before: that, and what row 0 may have of it");
    ok(row.weight == 500 && row.evicted == 1005, "its worth is inherited, the sum stays");
    ok(row.used == 1 && memcmp(row.id, "0123456789ab", 12) == 0 && row.row.batch == 1
       && row.hours.hour == 0, "nothing else is");
    rows[4].total = 1;
    t2m_fold_group_begin(&all, &rows[4], "0123456789ab", &row);
    is_number((long)board.tables->forgotten, 1013, "a smaller one changes nothing");
    rows[4].used = 0;
    rows[4].total = 5000;
    t2m_fold_group_begin(&all, &rows[4], "0123456789ab", &row);
    ok(row.weight == 0 && board.tables->forgotten == 1013, "nor does a free row");
    board.tables->forgotten = 0;
    rows[0].before = 0;
}

/* ---- a million messages ---------------------------------------------------------------------- */

enum { MESSAGES = 1000000, HEAVY = 20, EACH = MESSAGES / 20 / HEAVY, KINDS = 3000 };

static apr_uint64_t truth[KINDS + 1]; /* of the heavy ones, then of some that come again */

static int is_bounded(const t2m_group_t *row, apr_uint64_t count)
{
    return row->total <= count && count <= row->total + row->before;
}

/* Of the process, at most so far. */
static long kilobytes(void)
{
    struct rusage usage;

    (void)getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/* Every 20th is heavy; of the others some come again after long, all else is new each time. */
static unsigned kind_of(unsigned i)
{
    if (i % 20 == 0) {
        return i / 20 % HEAVY;
    }
    return i % 20 == 7 ? HEAVY + i / 20 % (KINDS - HEAVY) : KINDS + i;
}

static void flood(void)
{
    unsigned i, kind, wrong = 0, present = 0, bounded = 0, again = 0;
    apr_uint64_t sum = 0;
    long used = 0;
    char id[16];

    memset(board.tables->groups, 0, sizeof(board.tables->groups));
    board.tables->forgotten = board.tables->evictions[1] = 0;
    fold_writer = -1;
    for (i = 0; i < MESSAGES; i++) {
        kind = kind_of(i);
        truth[kind < KINDS ? kind : KINDS]++;
        (void)snprintf(id, sizeof(id), "%012x", kind * 2654435761U);
        group_push(id, NULL, FOLD_START + i);
        if (i % T2M_BATCH_LINES == T2M_BATCH_LINES - 1) {
            fold_all();
            used = used || i < MESSAGES / 4 ? used : kilobytes();
        }
    }
    fold_all();
    ok(kilobytes() - used < 1024, "a million messages take no more memory than a quarter of them");
    for (kind = 0; kind < KINDS; kind++) {
        (void)snprintf(id, sizeof(id), "%012x", kind * 2654435761U);
        if (group_row(id)->used) {
            present += kind < HEAVY;
            again += kind >= HEAVY;
            bounded += is_bounded(group_row(id), truth[kind]) != 0;
            wrong += kind < HEAVY && group_row(id)->total != EACH;
        }
    }
    for (i = 0; i < T2M_GROUPS_MAX; i++) {
        sum += board.tables->groups[i].total + board.tables->groups[i].evicted;
    }
    is_number(present, HEAVY, "the heavy ones are in the table");
    is_number(wrong, 0, "and were from the start");
    ok(bounded == present + again, "total <= truth <= total + before, also of %u others", again);
    is_number((long)sum, MESSAGES, "together they are all");
    ok(board.tables->groups[0].before < 1000 && board.tables->forgotten < 1000,
       "what is not known is little");
}

/* Groups that lose their rows and get others: the bound holds all the time. */
static void bounds(void)
{
    static apr_uint64_t count[1500];
    unsigned round, i, k, seed = 7, wrong = 0, moved = 0;
    char id[16];

    memset(board.tables->groups, 0, sizeof(board.tables->groups));
    board.tables->forgotten = 0;
    fold_writer = -1;
    for (round = 0; round < 150; round++) {
        for (i = 0; i < 700; i++) {
            seed = seed * 1103515245 + 12345;
            k = (seed >> 16) % 10 ? (round * 10 + (seed >> 8) % 40) % 1500 : (seed >> 8) % 1500;
            count[k]++;
            (void)snprintf(id, sizeof(id), "%012x", k);
            group_push(id, NULL, FOLD_START + round);
        }
        fold_all();
        for (i = 1; i < T2M_GROUPS_MAX; i++) {
            const t2m_group_t *row = &board.tables->groups[i];

            (void)snprintf(id, sizeof(id), "%.12s", row->id);
            k = row->used ? (unsigned)strtoul(id, NULL, 16) : 0;
            wrong += row->used && !is_bounded(row, count[k]);
            moved += row->used && row->before && row->total != count[k];
        }
    }
    is_number(wrong, 0, "rows that change hands: truth is between the bounds all the time");
    ok(moved > 100, "and is not the total (%u times)", moved);
}

static void killed(void)
{
    unsigned i;
    char id[16];

    fill();
    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        board.tables->groups[i].before = i % 7;
        board.tables->groups[i].total = i;
        board.tables->groups[i].state.state = i % 3 == 0 ? T2M_GROUP_ONGOING : T2M_GROUP_OPEN;
    }
    fold_writer = -1;
    for (i = 0; i < 8; i++) {
        (void)snprintf(id, sizeof(id), "%012x", 0xfeed0000U + i % 6);
        group_push(id, "{\"message\":\"x\"", FOLD_START + i);
    }
    group_killed_anywhere("rows that change hands");
}

int main(void)
{
    fold_make_of(1048576);
    newcomers();
    order();
    kept();
    begins();
    flood();
    bounds();
    killed();
    return tap_done();
}
