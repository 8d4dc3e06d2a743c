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

/* Against the C library's calendar. */
#include "core/timestamp.h"

#include <time.h>

#include "tap.h"

#define SECONDS(value) (APR_INT64_C(value) * APR_USEC_PER_SEC)

static void test_moments(void)
{
    static const struct {
        apr_time_t time;
        const char *want;
    } cases[] = {
        { 0, "1970-01-01T00:00:00.000Z" },
        { 999, "1970-01-01T00:00:00.000Z" },
        { 1000, "1970-01-01T00:00:00.001Z" },
        { -1, "1970-01-01T00:00:00.000Z" },
        { APR_INT64_MIN, "1970-01-01T00:00:00.000Z" },
        { SECONDS(951782400), "2000-02-29T00:00:00.000Z" },
        { SECONDS(951868799) + 999999, "2000-02-29T23:59:59.999Z" },
        { SECONDS(951868800), "2000-03-01T00:00:00.000Z" },
        { SECONDS(1705314645) + 123456, "2024-01-15T10:30:45.123Z" },
        { SECONDS(2147483647), "2038-01-19T03:14:07.000Z" },
        { SECONDS(2147483648), "2038-01-19T03:14:08.000Z" },
        { SECONDS(4107542399), "2100-02-28T23:59:59.000Z" },
        { SECONDS(4107542400), "2100-03-01T00:00:00.000Z" },
        { SECONDS(253402300799) + 999999, "9999-12-31T23:59:59.999Z" },
        { SECONDS(253402300800), "9999-12-31T23:59:59.999Z" },
        { APR_INT64_MAX, "9999-12-31T23:59:59.999Z" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char out[T2M_TIMESTAMP_SIZE + 1];

        out[T2M_TIMESTAMP_SIZE] = '#';
        t2m_timestamp_write(cases[i].time, out);
        is_bytes(out, T2M_TIMESTAMP_SIZE, cases[i].want, cases[i].want);
        ok(out[T2M_TIMESTAMP_SIZE] == '#', "and not a byte more");
    }
}

/* Nonzero when the C library says the same about this second. */
static int agrees(apr_int64_t seconds)
{
    char got[T2M_TIMESTAMP_SIZE], want[64];
    time_t moment = (time_t)seconds;
    struct tm broken_down;

    gmtime_r(&moment, &broken_down);
    strftime(want, sizeof(want), "%Y-%m-%dT%H:%M:%S.000Z", &broken_down);
    t2m_timestamp_write(seconds * APR_USEC_PER_SEC, got);
    return memcmp(got, want, sizeof(got)) == 0;
}

static void test_calendar(void)
{
    const apr_int64_t end = APR_INT64_C(253402300800);
    apr_int64_t seconds;
    int wrong_days = 0, wrong_steps = 0;

    for (seconds = 0; seconds < end; seconds += 86400) {
        wrong_days += !agrees(seconds) + !agrees(seconds + 86399);
    }
    for (seconds = 0; seconds < end; seconds += 7368787) {
        wrong_steps += !agrees(seconds);
    }
    is_number(wrong_days, 0, "first and last second of every day from 1970 to 9999");
    is_number(wrong_steps, 0, "many other seconds");
}

int main(void)
{
    test_moments();
    test_calendar();
    return tap_done();
}
