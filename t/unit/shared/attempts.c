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

/* Tests modules/shared/attempts.c. */
#include "shared/attempts.h"

#include "shared/world.h"
#include "tap.h"

enum { SETS = T2M_ATTEMPTS_MAX / T2M_ATTEMPTS_WAYS };

#define START ((apr_time_t)1705314646000000)
#define SECOND APR_USEC_PER_SEC

static world_t world;
static t2m_board_t board;
static apr_uint64_t batch;

static t2m_attempt_t row_of(apr_uint64_t key)
{
    t2m_attempt_t row;

    t2m_attempts_read(&board, key, &row);
    return row;
}

static int allowed(apr_uint64_t key, apr_time_t now)
{
    t2m_attempt_t row = row_of(key);

    return t2m_attempts_allowed(&row, &t2m_rate_admin, now);
}

/* Tries as often as it is allowed to at that moment. */
static int tries(apr_uint64_t key, apr_time_t now)
{
    int count = 0;

    while (count < 100 && allowed(key, now)) {
        t2m_attempts_add(&board, key, 1, now, ++batch);
        count++;
    }
    return count;
}

static void rates(void)
{
    apr_uint64_t key = 12345;
    int second, sum = 0;

    is_number(tries(key, START), 10, "a burst of ten passes");
    ok(!allowed(key, START + 6 * SECOND - 1) && allowed(key, START + 6 * SECOND),
       "then one in six seconds, to the microsecond");
    is_number(tries(key, START + 6 * SECOND), 1, "and no more");
    is_number(tries(key, START + 30 * SECOND), 4, "what passed adds up");
    is_number(tries(key, START + 10000 * SECOND), 10, "to one burst at most");
    for (second = 1; second <= 600; second++) {
        sum += tries(key, START + (10000 + second) * SECOND);
    }
    is_number(sum, 100, "ten minutes of trying: a hundred");
    ok(allowed(999, START), "a key of which nothing is known");
}

static void batches(void)
{
    apr_uint64_t key = 777;
    t2m_attempt_t row;

    t2m_attempts_add(&board, key, 3, START, ++batch);
    t2m_attempts_add(&board, key, 3, START, batch);
    is_number((long)row_of(key).count, 3, "a batch that is done again counts once");
    t2m_attempts_add(&board, key, 1000000, START, ++batch);
    row = row_of(key);
    is_number((long)row.count, 1000003, "a flood in one batch is counted");
    ok(row.arrival <= START + 180 * SECOND, "and keeps nobody out for more than three bursts");
    ok(!allowed(key, START + 80 * SECOND) && allowed(key, START + 180 * SECOND),
       "but longer than one");
}

static void pauses(void)
{
    apr_uint64_t key = 4242;
    t2m_attempt_t row;

    t2m_attempts_add(&board, key, 5, START, ++batch);
    row = row_of(key);
    is_number((long)t2m_attempts_next(&row, START + T2M_ATTEMPTS_PAUSE - 1), 6, "the next one");
    is_number((long)t2m_attempts_next(&row, START + T2M_ATTEMPTS_PAUSE), 1,
              "after a pause it is the first");
    t2m_attempts_add(&board, key, 2, START + T2M_ATTEMPTS_PAUSE, ++batch);
    is_number((long)row_of(key).count, 2, "which begins the count anew");
}

static void clock_back(void)
{
    apr_uint64_t key = 31337;
    apr_time_t before = START - 86400 * SECOND;

    (void)tries(key, START);
    ok(allowed(key, before), "a clock that went back keeps nobody out for a day");
    is_number(tries(key, before), 10, "a burst passes again");
    ok(!allowed(key, before), "and then no more");
    (void)tries(key, START);
    ok(allowed(key, START - 200 * SECOND) && !allowed(key, START - 30 * SECOND),
       "a little back is a longer wait");
}

/* Keys of one set. */
static void evicts(void)
{
    const apr_uint64_t set = 77;
    apr_uint64_t way;
    int kept = 0;

    for (way = 1; way <= T2M_ATTEMPTS_WAYS; way++) {
        t2m_attempts_add(&board, way * SETS + set, way, START + (apr_time_t)way, ++batch);
    }
    for (way = 1; way <= T2M_ATTEMPTS_WAYS; way++) {
        kept += row_of(way * SETS + set).count == way;
    }
    is_number(kept, T2M_ATTEMPTS_WAYS, "as many keys as a set has rows");
    t2m_attempts_add(&board, 1 * SETS + set, 1, START + 100, ++batch);
    t2m_attempts_add(&board, 99 * SETS + set, 1, START + 101, ++batch);
    is_number((long)row_of(2 * SETS + set).count, 0, "one more takes the quietest one's row");
    is_number((long)row_of(1 * SETS + set).count, 2, "not that of one which was heard of");
    is_number((long)row_of(99 * SETS + set).count, 1, "and begins at nothing");
    is_number((long)row_of(99 * SETS + set).key, (long)(99 * SETS + set), "under its key");
    is_number((long)row_of(5).key, 5, "a key that has no row");
}

/* A row that changes all the time is as good as none. */
static void torn(void)
{
    t2m_attempt_t *row = &board.tables->attempts[123 % SETS * T2M_ATTEMPTS_WAYS];

    t2m_attempts_add(&board, 123, 4, START, ++batch);
    is_number((long)row->key, 123, "the row of a key");
    row->row.sequence++;
    is_number((long)row_of(123).count, 0, "is not read while it changes");
    row->row.sequence++;
    is_number((long)row_of(123).count, 4, "only when it is whole");
}

int main(void)
{
    world_make(&world, 2);
    if (t2m_board_attach(&board, world.board_fd, &world.geometry, 1, 1) != APR_SUCCESS) {
        return 1;
    }
    rates();
    batches();
    pauses();
    clock_back();
    evicts();
    torn();
    return tap_done();
}
