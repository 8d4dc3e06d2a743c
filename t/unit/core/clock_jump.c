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

/* A wall clock that is set, slewed, or goes as it should.
 *
 * Shown to fail: with small steps forgotten between two looks, with each jump told at once, with
 * the slew not followed.
 */
#include "core/clock_jump.h"

#include "tap.h"

#define SECONDS(count) ((apr_time_t)(count) * APR_USEC_PER_SEC)
#define NOW SECONDS(1705314646)

static t2m_clock_jump_t jump;
static apr_time_t wall, monotonic;

static void restart(void)
{
    jump = (t2m_clock_jump_t){ 0, 0, 0, 0 };
    wall = NOW;
    monotonic = SECONDS(5);
    (void)t2m_clock_jump_look(&jump, wall, monotonic);
}

/* Time passes, then somebody sets the clock. */
static apr_time_t after(apr_time_t passed, apr_time_t set)
{
    monotonic += passed;
    wall += passed + set;
    return t2m_clock_jump_look(&jump, wall, monotonic);
}

static void test_steady(void)
{
    int i, told = 0;

    restart();
    is_number(t2m_clock_jump_look(&jump, wall, monotonic), 0, "the same moment twice");
    for (i = 0; i < 100000; i++) {
        told += after(5000 + i, 0) != 0;
    }
    is_number(told, 0, "a clock that goes right");
    is_number(after(SECONDS(86400), 0), 0, "also when nobody looked for a day");
}

static void test_set(void)
{
    static const apr_time_t leaps[] = { 3, -3, 3600, -7200, 86400, -86400, -1705314640,
                                        442618354, 251696931354 };
    size_t i;

    for (i = 0; i < sizeof(leaps) / sizeof(leaps[0]); i++) {
        restart();
        is_number(after(0, SECONDS(leaps[i])), SECONDS(leaps[i]), "set");
        is_number(after(SECONDS(1), 0), 0, "told once");
    }
    restart();
    is_number(after(5000, SECONDS(2)), 0, "two seconds are no jump");
    is_number(after(0, 6), SECONDS(2) + 1, "what is more is one, less what may be slewed");
}

static void test_small_steps(void)
{
    apr_time_t sum = 0;
    int i, told = 0;

    restart();
    for (i = 0; i < 100; i++) {
        apr_time_t by = after(SECONDS(1), -SECONDS(1));

        told += by != 0;
        sum += by;
    }
    is_number(told, 2, "a hundred steps back by a second are told twice");
    sum += after(SECONDS(60), -SECONDS(0));
    ok(sum > -SECONDS(100) && sum < -SECONDS(99), "as what they come to: %ld us", (long)sum);
}

static void test_slew(void)
{
    int i, told = 0;

    restart();
    for (i = 0; i < 10000; i++) {
        told += after(SECONDS(1), -500) != 0;
    }
    is_number(told, 0, "a clock that is slewed by 500 us a second for hours");
    for (i = 0; i < 10000; i++) {
        told += after(SECONDS(1), 1000) != 0;
    }
    is_number(told, 0, "nor ahead, as fast as a clock may be");
    for (i = 0; i < 10000 && !told; i++) {
        told = after(SECONDS(1), 3000) != 0;
    }
    ok(told && i > 900, "faster than that shows after a while: %d s", i);
}

static void test_interval(void)
{
    restart();
    is_number(after(SECONDS(9), SECONDS(10)), SECONDS(10) - 9000, "a jump");
    is_number(after(SECONDS(9), SECONDS(10)), 0, "one more in the same minute waits");
    is_number(after(SECONDS(9), SECONDS(-30)), 0, "and one back");
    ok(after(SECONDS(42), 0) < -SECONDS(19), "then what they come to is told");
    restart();
    (void)after(SECONDS(1), SECONDS(10));
    (void)after(SECONDS(1), -SECONDS(10));
    is_number(after(SECONDS(100), 0), -SECONDS(10) + 101000, "there and back: both are told");
    is_number(after(SECONDS(100), 0), 0, "and that was it");
}

static void test_odd(void)
{
    restart();
    is_number(t2m_clock_jump_look(&jump, wall, monotonic - 1), 0,
              "a monotonic clock that goes back: another machine's");
    is_number(after(SECONDS(1), SECONDS(5)), SECONDS(5) - 1001, "is where it begins anew");
}

int main(void)
{
    test_steady();
    test_set();
    test_small_steps();
    test_slew();
    test_interval();
    test_odd();
    return tap_done();
}
