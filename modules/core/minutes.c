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

/* A ring of sixty counts. Pure; the owner of the memory. */
#include "core/minutes.h"

#include <string.h>

static unsigned place_of(apr_int64_t minute)
{
    return (unsigned)(minute % T2M_MINUTES);
}

/* Forgets the minutes between the newest and minute, which becomes the newest. */
static void advance(t2m_minutes_t *minutes, apr_int64_t minute)
{
    apr_int64_t passed;

    if (minute - minutes->minute >= T2M_MINUTES) {
        memset(minutes->counts, 0, sizeof(minutes->counts));
    }
    else {
        for (passed = minute - minutes->minute; passed > 0; passed--) {
            minutes->counts[place_of(minute - passed + 1)] = 0;
        }
    }
    minutes->minute = minute;
}

/* The minute of the table that an older one is counted in. */
static apr_int64_t nearest(const t2m_minutes_t *minutes, apr_int64_t minute)
{
    apr_int64_t oldest = minutes->minute - (T2M_MINUTES - 1);

    return minute < oldest ? oldest : minute;
}

void t2m_minutes_add(t2m_minutes_t *minutes, apr_int64_t minute, apr_uint64_t n)
{
    apr_uint32_t *count;

    minute = minute < 0 ? 0 : minute;
    if (minute < minutes->minute - T2M_MINUTES_BACK) {
        memset(minutes, 0, sizeof(*minutes));
    }
    if (minute > minutes->minute) {
        advance(minutes, minute);
    }
    count = &minutes->counts[place_of(nearest(minutes, minute))];
    *count = n > APR_UINT32_MAX - *count ? APR_UINT32_MAX : *count + (apr_uint32_t)n;
}

apr_uint64_t t2m_minutes_sum(const t2m_minutes_t *minutes, apr_int64_t now_minute)
{
    apr_uint32_t series[T2M_MINUTES];
    apr_uint64_t sum = 0;
    unsigned i;

    t2m_minutes_series(minutes, now_minute, series);
    for (i = 0; i < T2M_MINUTES; i++) {
        sum += series[i];
    }
    return sum;
}

void t2m_minutes_series(const t2m_minutes_t *minutes, apr_int64_t now_minute,
                        apr_uint32_t out[T2M_MINUTES])
{
    apr_int64_t newest = minutes->minute, now = now_minute < 0 ? 0 : now_minute;
    unsigned oldest = place_of(newest) + 1, i, gone;

    memset(out, 0, T2M_MINUTES * sizeof(*out));
    if (now < newest - T2M_MINUTES_BACK || now - newest >= T2M_MINUTES) {
        return;
    }
    gone = now > newest ? (unsigned)(now - newest) : 0;
    for (i = gone; i < T2M_MINUTES; i++) {
        out[i - gone] = minutes->counts[(oldest + i) % T2M_MINUTES];
    }
}
