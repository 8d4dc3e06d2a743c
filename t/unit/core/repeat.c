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
/* Tests modules/core/repeat.c. */
#include "core/repeat.h"

#include <string.h>

#include "tap.h"

#define SECOND apr_time_from_sec(1)
#define START apr_time_from_sec((apr_time_t)1790000000)

static const t2m_repeat_rule_t usual = { 0, T2M_REPEAT_FIRST, 60 * SECOND };

/* One more occurrence, as the writer counts it; nonzero when its line is written. */
static int occur(t2m_repeat_t *repeat, const t2m_repeat_rule_t *rule, apr_time_t time,
                 apr_uint64_t *repeated)
{
    int due = t2m_repeat_is_due(repeat, rule, 0, time);

    *repeated = t2m_repeat_count(repeat, rule, due, time);
    return due;
}

/* The numbers of the occurrences that are written, of so many at once. */
static void write_numbers(const t2m_repeat_rule_t *rule, int count, char *out)
{
    t2m_repeat_t repeat = { 0 };
    apr_uint64_t repeated;
    int i;

    *out = '\0';
    for (i = 1; i <= count; i++) {
        if (occur(&repeat, rule, START, &repeated)) {
            out += snprintf(out, 24, "%d(%d) ", i, (int)repeated);
        }
    }
}

static void at_once(void)
{
    static const t2m_repeat_rule_t two = { 0, 2, 60 * SECOND }, fifty = { 0, 50, 60 * SECOND };
    char numbers[512];

    write_numbers(&usual, 200, numbers);
    is_bytes(numbers, strlen(numbers),
             "1(0) 2(0) 3(0) 4(0) 5(0) 10(4) 20(9) 40(19) 80(39) 160(79) ",
             "the first five, then each milestone");
    write_numbers(&two, 25, numbers);
    is_bytes(numbers, strlen(numbers), "1(0) 2(0) 10(7) 20(9) ", "the first two");
    write_numbers(&fifty, 100, numbers);
    ok(strstr(numbers, "49(0) 50(0) 80(29) ") != NULL, "the first fifty hide milestones");
}

static void by_time(void)
{
    t2m_repeat_t repeat = { 0 };
    apr_uint64_t repeated;
    apr_time_t time = START;
    int i;

    for (i = 0; i < 11; i++) {
        (void)occur(&repeat, &usual, time, &repeated);
    }
    ok(!occur(&repeat, &usual, time + 59 * SECOND, &repeated), "not within the minute");
    ok(occur(&repeat, &usual, time + 60 * SECOND, &repeated), "after it");
    is_number((long long)repeated, 2, "with those between");
    ok(!occur(&repeat, &usual, time + 119 * SECOND, &repeated), "from then on the next minute");
    ok(occur(&repeat, &usual, time + 120 * SECOND, &repeated), "counts");
    time += 120 * SECOND;
    ok(!occur(&repeat, &usual, time - 90 * SECOND, &repeated), "a clock that goes back is no time");
    ok(!occur(&repeat, &usual, time - 31 * SECOND, &repeated), "nor what comes within the minute");
    ok(occur(&repeat, &usual, time - 30 * SECOND, &repeated), "but it goes on from there");
}

static void after_a_pause(void)
{
    const apr_time_t pause = apr_time_from_sec(T2M_REPEAT_QUIET);
    t2m_repeat_t repeat = { 0 };
    apr_uint64_t repeated;
    int i, written = 0;

    for (i = 0; i < 100; i++) {
        (void)occur(&repeat, &usual, START, &repeated);
    }
    for (i = 0; i < 9; i++) {
        written += occur(&repeat, &usual, START + pause, &repeated);
        if (i == 0) {
            is_number((long long)repeated, 20, "nothing is forgotten over a pause");
        }
    }
    is_number(written, 5, "after which the first ones are written again");
    ok(occur(&repeat, &usual, START + pause, &repeated), "and the tenth");
    is_number((long long)repeat.count, 10, "the count began anew");
}

/* Where lines may be further apart than the pause, it is the count that begins anew. */
static void seldom(void)
{
    static const t2m_repeat_rule_t rule = { 0, 5, 86400 * SECOND };
    const apr_time_t pause = apr_time_from_sec(T2M_REPEAT_QUIET);
    t2m_repeat_t repeat = { 0 }, other;
    apr_uint64_t repeated;
    int i, written = 0;

    for (i = 0; i < 100; i++) {
        (void)occur(&repeat, &rule, START, &repeated);
    }
    other = repeat;
    ok(!t2m_repeat_is_due(&repeat, &rule, 0, START + pause - 1), "not quite a pause");
    for (i = 0; i < 11; i++) {
        written += occur(&repeat, &rule, START + pause, &repeated);
    }
    is_number(written, 6, "after it five and the tenth");
    t2m_repeat_add(&other, 7, START + pause);
    ok(!t2m_repeat_is_due(&other, &rule, 0, START + pause), "not the eighth");
    t2m_repeat_add(&other, 13, START + pause);
    ok(occur(&other, &rule, START + pause, &repeated) && other.next == 40,
       "or what is behind the tenth of those held elsewhere");
    ok(t2m_repeat_is_due(&repeat, &rule, 9, START + 2 * pause)
       && !t2m_repeat_is_due(&repeat, &rule, 8, START + 2 * pause), "or will have been");
}

static void held_elsewhere(void)
{
    t2m_repeat_rule_t other = usual;
    t2m_repeat_t repeat = { 0 }, early = { 0 };
    apr_uint64_t repeated;
    int i;

    for (i = 0; i < 7; i++) {
        (void)occur(&repeat, &usual, START, &repeated);
    }
    ok(t2m_repeat_is_due(&repeat, &usual, 2, START), "two that are not counted yet: the tenth");
    ok(!t2m_repeat_is_due(&repeat, &usual, 1, START), "one: the ninth");
    t2m_repeat_add(&repeat, 500, START);
    is_number((long long)repeat.held, 502, "they are held");
    ok(occur(&repeat, &usual, START, &repeated), "over milestones they went: the next is due");
    is_number((long long)repeated, 502, "and tells of all");
    ok(!occur(&repeat, &usual, START, &repeated), "once");
    is_number((long long)repeat.next, 640, "then the next milestone");
    other.first = 50;
    t2m_repeat_add(&early, 20, START);
    (void)occur(&early, &other, START, &repeated);
    t2m_repeat_add(&early, 30, START);
    ok(!t2m_repeat_is_due(&early, &other, 0, START), "the first fifty have no milestones");
    t2m_repeat_add(&repeat, 0, START + SECOND * 7200);
    is_number((long long)repeat.count, 509, "none is nothing");
}

static void always(void)
{
    static const t2m_repeat_rule_t off = { 1, 5, 60 * SECOND };
    t2m_repeat_t repeat = { 0 };
    apr_uint64_t repeated, sum = 0;
    int i, written = 0;

    for (i = 0; i < 1000; i++) {
        written += occur(&repeat, &off, START, &repeated);
        sum += repeated;
    }
    is_number(written, 1000, "off: each is written");
    is_number((long long)sum, 0, "and repeats nothing");
    ok(t2m_repeat_is_marked(&off, 11), "and marked");
}

static void marks(void)
{
    static const int marked[] = { 1, 2, 3, 4, 5, 10, 20, 40, 80, 160 };
    apr_uint64_t count;
    int found = 0;

    for (count = 1; count <= 300; count++) {
        if (t2m_repeat_is_marked(&usual, count)) {
            if (found < 10 && marked[found] == (int)count) {
                found++;
            } else {
                ok(0, "%d is no mark", (int)count);
            }
        }
    }
    is_number(found, 10, "the marks are those numbers");
    ok(!t2m_repeat_is_marked(&usual, APR_UINT64_MAX), "the largest number ends");
}

/* Whatever happens, nothing is lost: lines + what they repeat + what is held = all. */
static void sums(void)
{
    t2m_repeat_t repeat = { 0 };
    apr_uint64_t random = 12345, all = 0, told = 0, repeated;
    apr_time_t time = START;
    int i, wrong = 0;

    for (i = 0; i < 100000; i++) {
        random = random * 6364136223846793005ULL + 1442695040888963407ULL;
        time += (apr_time_t)(random >> 33) % (i % 100 == 0 ? 7200 * SECOND : SECOND)
              - (i % 1000 == 0 ? 86400 * SECOND : 0);
        if (random >> 60 == 0) {
            t2m_repeat_add(&repeat, random >> 40 & 0xff, time);
            all += random >> 40 & 0xff;
        } else {
            told += (apr_uint64_t)occur(&repeat, &usual, time, &repeated);
            told += repeated;
            all++;
        }
        wrong += told + repeat.held != all;
    }
    is_number(wrong, 0, "nothing is lost");
}

/* Whatever time a record says it is of, and whatever a file says of the past. */
static void hostile_times(void)
{
    static const apr_time_t times[] = { APR_INT64_MIN, -1, 0, 1, START, APR_INT64_MAX };
    apr_uint64_t repeated, told, all;
    unsigned first, i, wrong = 0;

    for (first = 0; first < 36; first++) {
        t2m_repeat_t repeat = { .last = times[first / 6], .written = times[first % 6] };

        for (i = 0, told = all = 0; i < 6; i++) {
            t2m_repeat_add(&repeat, 2, times[i]);
            told += (apr_uint64_t)occur(&repeat, &usual, times[5 - i], &repeated) + repeated;
            wrong += told + repeat.held != (all += 3);
        }
        for (i = 0; i < 100 && !occur(&repeat, &usual, START, &repeated); i++) {
        }
        wrong += i == 100 || repeat.last != START || repeat.written > START;
    }
    is_number(wrong, 0, "whatever the clock was, it goes on from now");
    ok(!t2m_repeat_is_due(&(t2m_repeat_t){ 6, 0, 10, START, START }, &usual, 0, APR_INT64_MIN),
       "as far back as can be is no time");
    ok(t2m_repeat_is_due(&(t2m_repeat_t){ 6, 0, 10, START, APR_INT64_MIN }, &usual, 0,
                         START), "more than there can be is enough");
}

static void largest_numbers(void)
{
    t2m_repeat_t repeat = { .count = APR_UINT64_MAX - 1, .next = APR_UINT64_MAX / 2, .last = START,
                            .written = START };
    apr_uint64_t repeated;

    ok(t2m_repeat_is_due(&repeat, &usual, 0, START), "a milestone near the end of numbers");
    ok(occur(&repeat, &usual, START, &repeated) && repeat.next > APR_UINT64_MAX / 2, "passes");
}

int main(void)
{
    at_once();
    by_time();
    after_a_pause();
    seldom();
    held_elsewhere();
    always();
    marks();
    sums();
    hostile_times();
    largest_numbers();
    return tap_done();
}
