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

/* See hours.h. */
#include "core/hours.h"

#include "core/count_ring.h"

static const t2m_count_ring_t ring = { T2M_HOURS, 24 };

void t2m_hours_add(t2m_hours_t *hours, apr_int64_t hour, apr_uint64_t n)
{
    t2m_count_ring_add(&ring, &hours->hour, hours->counts, hour, n);
}

void t2m_hours_series(const t2m_hours_t *hours, apr_int64_t now_hour,
                      apr_uint32_t out[T2M_HOURS])
{
    t2m_count_ring_series(&ring, hours->hour, hours->counts, now_hour, out);
}
