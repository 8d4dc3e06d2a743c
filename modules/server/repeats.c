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

/* See repeats.h. */
#include "server/repeats.h"

#include <pthread.h>
#include <string.h>

#include "server/process.h"
#include "shared/atomic.h"
#include "shared/words.h"

enum { SETS = 128, WAYS = 4 };

/* What the process itself knows of a group. All zeros: free. */
typedef struct {
    char id[T2M_FINGERPRINT_SIZE];
    apr_uint32_t row;     /* of the board; 0: not known */
    apr_uint64_t own;     /* errors since the board last changed its row */
    apr_uint64_t batch;   /* by which it last did */
    apr_time_t last, pushed;
} known_t;

static known_t table[SETS][WAYS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static __thread int holding; /* a signal handler of this thread may log in the middle of it */

/* Runs in the child of every fork: no thread is left there that would give the lock back. */
static void forked(void)
{
    (void)pthread_mutex_init(&lock, NULL);
    holding = 0;
}

void t2m_repeats_start(void)
{
    static int forks_are_seen;

    if (!forks_are_seen) {
        forks_are_seen = pthread_atfork(NULL, NULL, forked) == 0;
    }
    memset(table, 0, sizeof table);
}

static int is_same(const char *id, const char *other)
{
    return memcmp(id, other, T2M_FINGERPRINT_SIZE) == 0;
}

/* The entry of the group; one that was not asked for the longest gives it its place. */
static known_t *find(const t2m_suppression_t *error)
{
    unsigned char low = (unsigned char)(error->id[0] * 31 + error->id[1] * 7 + error->id[2]);
    known_t *set = table[low % SETS], *oldest = set;

    for (int i = 0; i < WAYS; i++) {
        if (is_same(set[i].id, error->id)) {
            return &set[i];
        }
        oldest = set[i].last < oldest->last ? &set[i] : oldest;
    }
    memset(oldest, 0, sizeof *oldest);
    memcpy(oldest->id, error->id, sizeof oldest->id);
    return oldest;
}

static int is_row_of(const t2m_board_t *board, apr_uint32_t row, const char *id)
{
    return row && is_same(board->tables->groups[row].id, id);
}

/* The whole table is searched only for groups that come often. */
static void find_row(known_t *known, const t2m_board_t *board)
{
    for (apr_uint32_t row = 1; row < T2M_GROUPS_MAX; row++) {
        if (is_row_of(board, row, known->id)) {
            known->row = row;
            return;
        }
    }
    known->row = 0;
}

/* Copies the repeat state of the group's row. Returns 0 when there is none, or it is changing. */
static int read_row(known_t *known, const t2m_board_t *board, t2m_repeat_t *repeat,
                    apr_uint64_t *batch)
{
    const t2m_group_t *row = &board->tables->groups[known->row];
    apr_uint64_t before = t2m_load(&row->row.sequence);

    if (!is_row_of(board, known->row, known->id)) {
        return 0;
    }
    *batch = t2m_load(&row->row.batch);
    t2m_words_read(repeat, &row->repeat, sizeof *repeat);
    __atomic_thread_fence(__ATOMIC_ACQUIRE);
    return before % 2 == 0 && t2m_load(&row->row.sequence) == before;
}

/* Pushed is what the board's count makes due; but while the writer has not come to what was pushed
 * already, only a few and then ever fewer. A clock that went back counts as no time gone. */
static int is_due(known_t *known, const t2m_board_t *board, const t2m_repeat_rule_t *rule,
                  apr_time_t time)
{
    t2m_repeat_t repeat;
    apr_uint64_t batch;
    int has_row;

    known->own++;
    if (known->own > rule->first && t2m_repeat_is_marked(rule, known->own)
        && !is_row_of(board, known->row, known->id)) {
        find_row(known, board);
    }
    has_row = known->row && read_row(known, board, &repeat, &batch);
    if (has_row && batch != known->batch) {
        known->batch = batch;
        known->own = 1;
    }
    known->pushed = known->pushed < time ? known->pushed : time;
    if (!t2m_repeat_is_marked(rule, known->own) && time - known->pushed < rule->every) {
        return 0;
    }
    return !has_row || t2m_repeat_is_due(&repeat, rule, 0, time);
}

int t2m_repeats_hold(const t2m_repeat_rule_t *rule, const t2m_suppression_t *error)
{
    const t2m_board_t *board = rule->off ? NULL : t2m_process_board();
    known_t *known;
    int held;

    if (!board || holding) {
        return 0;
    }
    holding = 1;
    (void)pthread_mutex_lock(&lock);
    known = find(error);
    known->last = error->time;
    held = !is_due(known, board, rule, error->time) && t2m_process_suppress(error);
    if (!held) {
        known->pushed = error->time;
    }
    (void)pthread_mutex_unlock(&lock);
    holding = 0;
    return held;
}
