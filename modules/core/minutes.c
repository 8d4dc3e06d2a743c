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

/* See minutes.h. */
#include "core/minutes.h"

#include "core/count_ring.h"

static const t2m_count_ring_t ring = { T2M_MINUTES, T2M_MINUTES_BACK };

void t2m_minutes_add(t2m_minutes_t *minutes, apr_int64_t minute, apr_uint64_t n)
{
    t2m_count_ring_add(&ring, &minutes->minute, minutes->counts, minute, n);
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
    t2m_count_ring_series(&ring, minutes->minute, minutes->counts, now_minute, out);
}
