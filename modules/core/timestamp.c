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

#include <string.h>

static const apr_int64_t last_moment = APR_INT64_C(253402300799999999); /* the end of 9999 */

enum {
    SECONDS_PER_DAY = 86400,
    DAYS_PER_ERA = 146097,     /* 400 years of the Gregorian calendar */
    DAYS_BEFORE_1970 = 719468, /* from 0000-03-01 to 1970-01-01 */
    DAYS_PER_CENTURY = 36524,
    DAYS_PER_FOUR_YEARS = 1460 /* the leap day that ends them left out */
};

typedef struct {
    unsigned year, month, day;
} date_t;

static void write_digits(char *out, unsigned value, int width)
{
    while (width-- > 0) {
        out[width] = (char)('0' + value % 10);
        value /= 10;
    }
}

/* Years begin in March here, so that the leap day is the last day of its year. */
static date_t date_of_day(unsigned days_since_1970)
{
    unsigned days = days_since_1970 + DAYS_BEFORE_1970;
    unsigned era = days / DAYS_PER_ERA;
    unsigned day_of_era = days % DAYS_PER_ERA;
    unsigned year_of_era = (day_of_era - day_of_era / DAYS_PER_FOUR_YEARS
                            + day_of_era / DAYS_PER_CENTURY - day_of_era / (DAYS_PER_ERA - 1))
                           / 365;
    unsigned day_of_year = day_of_era
                           - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    unsigned month = (5 * day_of_year + 2) / 153; /* March is 0; 153 days are five months */
    date_t date;

    date.day = day_of_year - (153 * month + 2) / 5 + 1;
    date.month = month < 10 ? month + 3 : month - 9;
    date.year = era * 400 + year_of_era + (date.month <= 2);
    return date;
}

void t2m_timestamp_write(apr_time_t time, char *out)
{
    apr_int64_t moment = time < 0 ? 0 : time > last_moment ? last_moment : time;
    unsigned milliseconds = (unsigned)(moment % APR_USEC_PER_SEC / 1000);
    apr_int64_t seconds = moment / APR_USEC_PER_SEC;
    unsigned second_of_day = (unsigned)(seconds % SECONDS_PER_DAY);
    date_t date = date_of_day((unsigned)(seconds / SECONDS_PER_DAY));

    memcpy(out, "0000-00-00T00:00:00.000Z", T2M_TIMESTAMP_SIZE);
    write_digits(out, date.year, 4);
    write_digits(out + 5, date.month, 2);
    write_digits(out + 8, date.day, 2);
    write_digits(out + 11, second_of_day / 3600, 2);
    write_digits(out + 14, second_of_day / 60 % 60, 2);
    write_digits(out + 17, second_of_day % 60, 2);
    write_digits(out + 20, milliseconds, 3);
}
