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

/* What t/unit/core/minutes.c tests with the other size, here against the same obvious model. */
#include "core/hours.h"

#include <stdlib.h>

#include "tap.h"

enum { NOW = 490000, DAY = 24 }; /* some hour of 2025 */

static long long sum_of(const t2m_hours_t *hours, apr_int64_t now)
{
    apr_uint32_t series[T2M_HOURS];
    long long sum = 0;
    int i;

    t2m_hours_series(hours, now, series);
    for (i = 0; i < T2M_HOURS; i++) {
        sum += series[i];
    }
    return sum;
}

static void test_plain(void)
{
    t2m_hours_t hours = { 0, { 0 } };
    apr_uint32_t series[T2M_HOURS];

    is_number(sum_of(&hours, NOW) + sum_of(&hours, 0), 0, "empty");
    t2m_hours_add(&hours, NOW, 3);
    t2m_hours_add(&hours, NOW, 4);
    t2m_hours_add(&hours, NOW + 2, 10);
    t2m_hours_series(&hours, NOW + 3, series);
    ok(series[167] == 0 && series[166] == 10 && series[165] == 0 && series[164] == 7
       && series[163] == 0, "the current hour comes last");
    is_number(sum_of(&hours, NOW + 167), 17, "the last hour of the week is in");
    is_number(sum_of(&hours, NOW + 168), 10, "the one before is not");
    is_number(sum_of(&hours, NOW + 169), 10, "the newest after a week less an hour");
    is_number(sum_of(&hours, NOW + 170), 0, "and after a week");
    is_number(sum_of(&hours, APR_INT64_MAX), 0, "and at the end of time");
    t2m_hours_add(&hours, NOW + 169, 1);
    is_number(sum_of(&hours, NOW + 169), 11, "reused places are empty");
    t2m_hours_add(&hours, NOW + 169 + T2M_HOURS, 1);
    is_number(sum_of(&hours, NOW + 169 + T2M_HOURS), 1, "a gap of a week empties all");
}

static void test_clock(void)
{
    t2m_hours_t hours = { 0, { 0 } };
    apr_uint32_t series[T2M_HOURS];

    t2m_hours_add(&hours, NOW, 1);
    t2m_hours_add(&hours, NOW - 23, 2);
    t2m_hours_add(&hours, NOW - DAY, 4);
    t2m_hours_series(&hours, NOW - 10, series);
    is_number(hours.hour, NOW, "the newest stays");
    ok(series[167] == 1 && series[144] == 2 && series[143] == 4,
       "what is older is counted where it belongs, as far back as a day");
    is_number(sum_of(&hours, NOW - DAY), 7, "read a day back: all");
    is_number(sum_of(&hours, NOW - DAY - 1), 0, "further: none");
    t2m_hours_add(&hours, NOW - DAY - 1, 5);
    is_number(hours.hour, NOW - DAY - 1, "one that is further back starts anew");
    is_number(sum_of(&hours, hours.hour), 5, "with that alone");
    t2m_hours_add(&hours, -7, 1);
    is_number(hours.hour, 0, "before 1970 is its first hour");
    ok(sum_of(&hours, -7) == 1 && sum_of(&hours, APR_INT64_MIN) == 1, "also for reading");
    t2m_hours_add(&hours, APR_INT64_MAX, 1);
    is_number(sum_of(&hours, APR_INT64_MAX), 1, "the end of time");
    t2m_hours_add(&hours, APR_INT64_MAX - 3, 1);
    is_number(sum_of(&hours, APR_INT64_MAX), 2, "and shortly before");
}

static void test_saturation(void)
{
    t2m_hours_t hours = { 0, { 0 } };

    t2m_hours_add(&hours, NOW, APR_UINT32_MAX - 1);
    t2m_hours_add(&hours, NOW, 1);
    is_number(sum_of(&hours, NOW), APR_UINT32_MAX, "up to 2^32-1");
    t2m_hours_add(&hours, NOW, 1);
    is_number(sum_of(&hours, NOW), APR_UINT32_MAX, "and not beyond");
    t2m_hours_add(&hours, NOW + 1, APR_UINT64_MAX);
    is_number(sum_of(&hours, NOW + 1), 2LL * APR_UINT32_MAX, "at once");
}

/* Random steps forward and a little back; the model has a place for each hour there is. */
static void test_model(void)
{
    enum { SPAN = 40000 };
    static apr_uint32_t model[SPAN];
    t2m_hours_t hours = { 0, { 0 } };
    apr_int64_t newest = 0, now = 0;
    unsigned step;
    int wrong = 0;

    srand(7);
    for (step = 0; step < 3000 && now < SPAN - 400; step++) {
        apr_uint32_t series[T2M_HOURS], n = (apr_uint32_t)rand() % 100;
        apr_int64_t i, last;

        now += rand() % 8 == 0 ? rand() % 250 : rand() % 2;
        i = now - rand() % 20;
        i = i < 0 ? 0 : i;
        newest = i > newest ? i : newest;
        model[i] += n;
        t2m_hours_add(&hours, i, n);
        last = now > newest ? now : newest;
        t2m_hours_series(&hours, now, series);
        for (i = 0; i < T2M_HOURS; i++) {
            apr_int64_t hour = last - (T2M_HOURS - 1) + i;

            wrong += series[i] != (hour < 0 ? 0 : model[hour]);
        }
    }
    ok(step > 1000, "the model goes far");
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
