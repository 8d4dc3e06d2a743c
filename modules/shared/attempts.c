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

/* See attempts.h. */
#include "shared/attempts.h"

#include <string.h>

#include "shared/step.h"

enum { SETS = T2M_ATTEMPTS_MAX / T2M_ATTEMPTS_WAYS };

const t2m_rate_t t2m_rate_admin = { 10, APR_USEC_PER_SEC * 6 };

static t2m_attempt_t *set_of(const t2m_board_t *board, apr_uint64_t key)
{
    return &board->tables->attempts[key % SETS * T2M_ATTEMPTS_WAYS];
}

void t2m_attempts_read(const t2m_board_t *board, apr_uint64_t key, t2m_attempt_t *attempt)
{
    const t2m_attempt_t *set = set_of(board, key);
    int way;

    for (way = 0; way < T2M_ATTEMPTS_WAYS; way++) {
        if (t2m_board_read(&set[way], attempt, sizeof(*attempt)) && attempt->key == key) {
            return;
        }
    }
    memset(attempt, 0, sizeof(*attempt));
    attempt->key = key;
}

apr_uint64_t t2m_attempts_next(const t2m_attempt_t *attempt, apr_time_t now)
{
    return now - attempt->last < T2M_ATTEMPTS_PAUSE ? attempt->count + 1 : 1;
}

/* An arrival further ahead than advance() can have brought it is of before the clock went back: it
 * counts for nothing, else its client waited until the clock is there again. */
static apr_time_t bounded_arrival(const t2m_attempt_t *attempt, const t2m_rate_t *rate,
                                  apr_time_t now)
{
    apr_interval_time_t burst = rate->interval * (apr_interval_time_t)rate->burst;

    if (attempt->arrival > now + 3 * burst) {
        return now;
    }
    return attempt->arrival < now + burst ? attempt->arrival : now + burst;
}

int t2m_attempts_allowed(const t2m_attempt_t *attempt, const t2m_rate_t *rate, apr_time_t now)
{
    apr_interval_time_t ahead = bounded_arrival(attempt, rate, now) - now;

    return ahead <= rate->interval * ((apr_interval_time_t)rate->burst - 1);
}

/* The key's row, else a free one, else the one that was quiet for the longest time. */
static t2m_attempt_t *row_for(t2m_board_t *board, apr_uint64_t key)
{
    t2m_attempt_t *set = set_of(board, key), *oldest = set;
    int way;

    for (way = 0; way < T2M_ATTEMPTS_WAYS; way++) {
        if (set[way].key == key) {
            return &set[way];
        }
        if (set[way].last < oldest->last) { /* a free one has 0 */
            oldest = &set[way];
        }
    }
    return oldest;
}

static apr_time_t advance(const t2m_attempt_t *row, apr_uint64_t count, apr_time_t last)
{
    apr_time_t arrival = bounded_arrival(row, &t2m_rate_admin, last);
    apr_uint64_t most = 2 * (apr_uint64_t)t2m_rate_admin.burst;

    if (arrival < last) {
        arrival = last;
    }
    return arrival + t2m_rate_admin.interval * (apr_interval_time_t)(count < most ? count : most);
}

void t2m_attempts_add(t2m_board_t *board, apr_uint64_t key, apr_uint64_t count, apr_time_t last,
                      apr_uint64_t batch)
{
    t2m_attempt_t *place = row_for(board, key);
    t2m_attempt_t row = *place;

    if (row.key == key && row.row.batch == batch) {
        return;
    }
    if (row.key != key) {
        apr_uint64_t sequence = row.row.sequence;

        memset(&row, 0, sizeof(row));
        row.row.sequence = sequence;
        row.key = key;
    }
    row.count = t2m_attempts_next(&row, last) - 1 + count;
    row.arrival = advance(&row, count, last);
    row.last = last;
    row.row.batch = batch;
    t2m_board_replace(board, place, &row, sizeof(row));
}
