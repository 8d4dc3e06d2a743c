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

/* Counts per hour for the last seven days. Plain memory without pointers; all zeros is an empty
 * table. One writer at a time, readers copy. */
#ifndef T2M_CORE_HOURS_H
#define T2M_CORE_HOURS_H

#include <apr.h>

enum { T2M_HOURS = 7 * 24 };

typedef struct {
    apr_int64_t hour;               /* since 1970, the newest that was counted */
    apr_uint32_t counts[T2M_HOURS]; /* of the week that ends with it; hour h at h % T2M_HOURS */
} t2m_hours_t;

/**
 * Counts n in an hour. As t2m_minutes_add does with minutes, a week taking the place of the hour,
 * but an hour that is over a day before the newest starts the table anew.
 */
void t2m_hours_add(t2m_hours_t *hours, apr_int64_t hour, apr_uint64_t n);

/** The counts of the T2M_HOURS hours that end with now_hour, oldest first. As minutes do. */
void t2m_hours_series(const t2m_hours_t *hours, apr_int64_t now_hour,
                      apr_uint32_t out[T2M_HOURS]);

#endif
