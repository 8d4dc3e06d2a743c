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

/* Tests modules/writer/fold_events.c. */
#include "writer/fold_internal.h"

#include "shared/attempts.h"
#include "writer/fold_world.h"

static void push(const char *name, apr_uint64_t key, int flags, apr_time_t time)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_SECURITY, .time = time, .value = key,
                                 .flags = (unsigned char)flags };

    fold_push(record, "{\"event\":1", name);
}

static long count_of(const char *name)
{
    int i;

    for (i = 1; i < T2M_EVENTS_MAX; i++) {
        const t2m_event_t *row = &board.tables->events[i];

        if (row->name_size == strlen(name) && memcmp(row->name, name, strlen(name)) == 0) {
            return (long)row->count;
        }
    }
    return 0;
}

static long all_events(void)
{
    long sum = 0;
    int i;

    for (i = 0; i < T2M_EVENTS_MAX; i++) {
        sum += (long)board.tables->events[i].count;
    }
    return sum;
}

static long attempts_of(apr_uint64_t key)
{
    t2m_attempt_t row;

    t2m_attempts_read(&board, key, &row);
    return (long)row.count;
}

static void counts(void)
{
    push("admin_log_access", 0, 0, FOLD_START);
    push("malformed_request", 0, 0, FOLD_START);
    push("admin_log_access", 5, T2M_FACT_ATTEMPT, FOLD_START);
    push("admin_log_access", 5, T2M_FACT_ATTEMPT, FOLD_START + 9);
    push("admin_log_access", 6, 0, FOLD_START);
    push("admin_log_access", 0, T2M_FACT_ATTEMPT, FOLD_START);
    push("admin_log_access", 0, T2M_FACT_POLL, FOLD_START);
    push(NULL, 0, 0, FOLD_START);
    fold_all();
    is_number(count_of("admin_log_access"), 5, "events by name; polls have a line already");
    is_number(count_of("malformed_request"), 1, "another name");
    is_number(all_events(), 6, "and none without one");
    is_number(attempts_of(5), 2, "attempts by network");
    is_number(attempts_of(6), 0, "not what was none");
    is_number(attempts_of(0), 0, "nor of an unknown network");
    {
        t2m_attempt_t row;

        t2m_attempts_read(&board, 5, &row);
        is_number(row.last, FOLD_START + 9, "the last one");
    }
    (void)fold_once(1, 0);
    ok(count_of("admin_log_access") == 5 && attempts_of(5) == 2, "done again: counted once");
}

/* ---- more names than rows -------------------------------------------------------------------- */

static long want;

static int sum_holds(void)
{
    return all_events() == want && attempts_of(99) == 3;
}

static void runs_out(void)
{
    char name[T2M_NAME_MAX + 1];
    int i, bad, runs;

    for (i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "event_%d", i);
        push(name, 0, 0, FOLD_START);
    }
    memset(name, 'n', 100);
    name[100] = '\0';
    push(name, 0, 0, FOLD_START);
    want = all_events() + 101;
    for (i = 0; i < 3; i++) {
        push("malformed_request", 99, T2M_FACT_ATTEMPT, FOLD_START);
        want++;
    }
    bad = fold_killed_anywhere(sum_holds, &runs);
    ok(bad == 0 && runs > 300, "killed anywhere, twice: each counts once (%d ways)", runs);
    is_number((long)board.tables->events[0].count, 2 + 100 + 1 - (T2M_EVENTS_MAX - 1),
              "row 0 counts what found no place, or has too long a name");
    is_number((long)board.tables->events[0].name_size, 0, "and has no name");
    is_number(count_of("admin_log_access"), 5, "the names that were there stay");
}

int main(void)
{
    fold_make();
    counts();
    runs_out();
    return tap_done();
}
