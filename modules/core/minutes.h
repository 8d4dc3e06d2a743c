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

/* Counts per minute for the last hour. Plain memory without pointers; all zeros is an empty table.
 * One writer at a time, readers copy. */
#ifndef T2M_CORE_MINUTES_H
#define T2M_CORE_MINUTES_H

#include <apr.h>

enum {
    T2M_MINUTES = 60,
    T2M_MINUTES_BACK = 24 * 60 /* a clock that goes back further than this was wrong before */
};

typedef struct {
    apr_int64_t minute;               /* since 1970, the newest that was counted */
    apr_uint32_t counts[T2M_MINUTES]; /* of the hour that ends with it; minute m at m % 60 */
} t2m_minutes_t;

/**
 * Counts n in a minute (since 1970; before: the first). A minute newer than all begins it and
 * forgets what an hour leaves behind. An older one is counted where it belongs or, when that is
 * over an hour before the newest, in the oldest minute there is. One more than T2M_MINUTES_BACK
 * before the newest starts the table anew: else a clock once set to next year would hold it there.
 * A count stops at 2^32-1.
 */
void t2m_minutes_add(t2m_minutes_t *minutes, apr_int64_t minute, apr_uint64_t n);

/**
 * The sum of the 60 minutes that end with now_minute. Where the clock went back, by at most
 * T2M_MINUTES_BACK, those that end with the newest; further: 0.
 */
apr_uint64_t t2m_minutes_sum(const t2m_minutes_t *minutes, apr_int64_t now_minute);

/** The counts that t2m_minutes_sum adds up, oldest first. */
void t2m_minutes_series(const t2m_minutes_t *minutes, apr_int64_t now_minute,
                        apr_uint32_t out[T2M_MINUTES]);

#endif
