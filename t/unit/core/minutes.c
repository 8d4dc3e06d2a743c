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

/* Against an obvious model that keeps every count. */
#include "core/minutes.h"

#include <stdlib.h>

#include "tap.h"

enum { NOW = 29000000 }; /* some minute of 2025 */

static void test_plain(void)
{
    t2m_minutes_t minutes = { 0, { 0 } };
    apr_uint32_t series[T2M_MINUTES];

    is_number((long long)t2m_minutes_sum(&minutes, NOW), 0, "empty");
    is_number((long long)t2m_minutes_sum(&minutes, 0), 0, "empty in 1970 too");
    t2m_minutes_add(&minutes, NOW, 3);
    t2m_minutes_add(&minutes, NOW, 4);
    t2m_minutes_add(&minutes, NOW + 2, 10);
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 2), 17, "two minutes");
    t2m_minutes_series(&minutes, NOW + 3, series);
    is_number(series[59], 0, "the current minute comes last");
    is_number(series[58], 10, "the one before");
    is_number(series[57], 0, "nothing between");
    is_number(series[56], 7, "what was counted twice");
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 59), 17, "the sixtieth minute is in");
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 60), 10, "the one before is not");
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 61), 10, "the newest after 59 minutes");
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 62), 0, "and after an hour");
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 2 + (APR_INT64_C(1) << 32)), 0,
              "and when 32 bits have run over");
    is_number((long long)t2m_minutes_sum(&minutes, APR_INT64_MAX), 0, "and at the end of time");
    t2m_minutes_add(&minutes, NOW + 61, 1);
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 61), 11, "reused places are empty");
    t2m_minutes_add(&minutes, NOW + 5000, 1);
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 5000), 1, "a long gap empties all");
    t2m_minutes_add(&minutes, NOW + 5060, 1);
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 5060), 1, "so does a gap of an hour");
    t2m_minutes_add(&minutes, NOW + 5119, 1);
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 5119), 2, "one of 59 minutes does not");
}

static void test_clock(void)
{
    t2m_minutes_t minutes = { 0, { 0 } };
    apr_uint32_t series[T2M_MINUTES];

    t2m_minutes_add(&minutes, NOW, 1);
    t2m_minutes_add(&minutes, NOW - 59, 2);
    t2m_minutes_add(&minutes, NOW - 60, 4);
    t2m_minutes_add(&minutes, NOW - T2M_MINUTES_BACK, 8);
    t2m_minutes_series(&minutes, NOW - 10, series);
    is_number(minutes.minute, NOW, "the newest stays");
    is_number(series[59], 1, "read earlier, the newest is the last");
    is_number(series[0], 14, "what is older is counted in the oldest");
    is_number((long long)t2m_minutes_sum(&minutes, NOW - T2M_MINUTES_BACK), 15, "a day back");
    is_number((long long)t2m_minutes_sum(&minutes, NOW - T2M_MINUTES_BACK - 1), 0, "further: 0");
    t2m_minutes_add(&minutes, NOW - T2M_MINUTES_BACK - 1, 5);
    is_number(minutes.minute, NOW - T2M_MINUTES_BACK - 1, "further back starts anew");
    is_number((long long)t2m_minutes_sum(&minutes, minutes.minute), 5, "with that alone");
    t2m_minutes_add(&minutes, -7, 1);
    is_number(minutes.minute, 0, "before 1970 is its first minute");
    is_number((long long)t2m_minutes_sum(&minutes, -7), 1, "also for reading");
    t2m_minutes_add(&minutes, APR_INT64_MAX, 1);
    is_number((long long)t2m_minutes_sum(&minutes, APR_INT64_MAX), 1, "the end of time");
    t2m_minutes_add(&minutes, APR_INT64_MAX - 3, 1);
    is_number((long long)t2m_minutes_sum(&minutes, APR_INT64_MAX), 2, "and shortly before");
}

static void test_saturation(void)
{
    t2m_minutes_t minutes = { 0, { 0 } };

    t2m_minutes_add(&minutes, NOW, APR_UINT32_MAX - 1);
    t2m_minutes_add(&minutes, NOW, 1);
    is_number((long long)t2m_minutes_sum(&minutes, NOW), APR_UINT32_MAX, "up to 2^32-1");
    t2m_minutes_add(&minutes, NOW, 1);
    is_number((long long)t2m_minutes_sum(&minutes, NOW), APR_UINT32_MAX, "and not beyond");
    t2m_minutes_add(&minutes, NOW + 1, APR_UINT64_MAX);
    is_number((long long)t2m_minutes_sum(&minutes, NOW + 1), 2LL * APR_UINT32_MAX,
              "at once, in a sum that holds more");
}

/* Random steps forward and a little back; the model has a place for each minute there is. */
static void test_model(void)
{
    enum { SPAN = 20000 };
    static apr_uint32_t model[SPAN];
    t2m_minutes_t minutes = { 0, { 0 } };
    apr_int64_t newest = 0, now = 0;
    unsigned step;
    int wrong = 0;

    srand(7);
    for (step = 0; step < 3000 && now < SPAN - 200; step++) {
        apr_uint32_t series[T2M_MINUTES], n = (apr_uint32_t)rand() % 100;
        apr_int64_t i, last;

        now += rand() % 8 == 0 ? rand() % 90 : rand() % 2;
        i = now - rand() % 20;
        i = i < 0 ? 0 : i;
        newest = i > newest ? i : newest;
        model[i > newest - 59 ? i : newest > 59 ? newest - 59 : 0] += n;
        t2m_minutes_add(&minutes, i, n);
        last = now > newest ? now : newest;
        t2m_minutes_series(&minutes, now, series);
        for (i = 0; i < T2M_MINUTES; i++) {
            wrong += series[i] != (last - 59 + i < 0 ? 0 : model[last - 59 + i]);
        }
    }
    is_number(wrong, 0, "as the model says");
}

int main(void)
{
    test_plain();
    test_clock();
    test_saturation();
    test_model();
    return tap_done();
}
