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

/* RFC 3339 timestamps by integer arithmetic alone: no lock, no time zone, no C library calendar.
 * Pure; any thread. */
#include "core/timestamp.h"

#include "core/digits.h"

static const apr_int64_t last_moment = APR_INT64_C(253402300799999999); /* the end of 9999 */

enum {
    SECONDS_PER_DAY = 86400,
    DAYS_PER_ERA = 146097,     /* 400 years of the Gregorian calendar */
    DAYS_BEFORE_1970 = 719468, /* from 0000-03-01 to 1970-01-01 */
    DAYS_BEFORE_JANUARY = 306  /* from the first of March on */
};

typedef struct {
    unsigned year, month, day;
} date_t;

/* The algorithm of Cassio Neri and Lorenz Schneider, "Euclidean affine functions and their
 * application to calendar algorithms" (2022): divisions become multiplications. Years begin in
 * March here, so that the leap day is the last day of its year. */
static inline date_t date_of_day(unsigned days_since_1970)
{
    unsigned quarters = 4 * (days_since_1970 + DAYS_BEFORE_1970) + 3;
    unsigned century = quarters / DAYS_PER_ERA;
    unsigned of_century = quarters % DAYS_PER_ERA | 3; /* quarters of days, and almost one more */
    apr_uint64_t years = APR_UINT64_C(2939745) * of_century; /* 2^32 for each 365.25 days */
    unsigned day_of_year = (unsigned)years / 2939745 / 4;
    unsigned months = 2141 * day_of_year + 197913; /* 2^16 for each, March being the third */
    int is_next = day_of_year >= DAYS_BEFORE_JANUARY;
    date_t date;

    date.day = (months & 0xffff) / 2141 + 1;
    date.month = (months >> 16) - (is_next ? 12 : 0);
    date.year = 100 * century + (unsigned)(years >> 32) + (unsigned)is_next;
    return date;
}

void t2m_timestamp_write(apr_time_t time, char *out)
{
    apr_uint64_t moment = (apr_uint64_t)(time < 0 ? 0 : time > last_moment ? last_moment : time);
    apr_uint64_t milliseconds = moment / 1000;
    apr_uint64_t seconds = milliseconds / 1000;
    unsigned fraction = (unsigned)(milliseconds - seconds * 1000);
    unsigned days = (unsigned)(seconds / SECONDS_PER_DAY);
    unsigned second = (unsigned)(seconds - (apr_uint64_t)days * SECONDS_PER_DAY);
    unsigned minute = second / 60, hour = minute / 60;
    date_t date = date_of_day(days);

    memcpy(out, "0000-00-00T00:00:00.000Z", T2M_TIMESTAMP_SIZE);
    t2m_digits_pair(out, date.year / 100);
    t2m_digits_pair(out + 2, date.year % 100);
    t2m_digits_pair(out + 5, date.month);
    t2m_digits_pair(out + 8, date.day);
    t2m_digits_pair(out + 11, hour);
    t2m_digits_pair(out + 14, minute - hour * 60);
    t2m_digits_pair(out + 17, second - minute * 60);
    t2m_digits_pair(out + 20, fraction / 10);
    out[22] = (char)('0' + fraction % 10);
}
