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

/* Counts by minute or hour for a while that ends with the newest: what minutes.c and hours.c are
 * made of. Numbers are from 0; the count of number i is at i % size. */
#ifndef T2M_CORE_COUNT_RING_H
#define T2M_CORE_COUNT_RING_H

#include <string.h>

#include <apr.h>

typedef struct {
    apr_int64_t size; /* counts that are kept */
    apr_int64_t back; /* a clock that goes back further than this was wrong before */
} t2m_count_ring_t;

/* Forgets what lies between the newest and number, which becomes the newest. */
static inline void t2m_count_ring_advance(const t2m_count_ring_t *ring, apr_int64_t *newest,
                                          apr_uint32_t *counts, apr_int64_t number)
{
    apr_int64_t passed;

    if (number - *newest >= ring->size) {
        memset(counts, 0, (apr_size_t)ring->size * sizeof(*counts));
    } else {
        for (passed = number - *newest; passed > 0; passed--) {
            counts[(number - passed + 1) % ring->size] = 0;
        }
    }
    *newest = number;
}

/** Counts n under number, as t2m_minutes_add says of a minute. */
static inline void t2m_count_ring_add(const t2m_count_ring_t *ring, apr_int64_t *newest,
                                      apr_uint32_t *counts, apr_int64_t number, apr_uint64_t n)
{
    apr_int64_t oldest;
    apr_uint32_t *count;

    number = number < 0 ? 0 : number;
    if (number < *newest - ring->back) {
        memset(counts, 0, (apr_size_t)ring->size * sizeof(*counts));
        *newest = 0;
    }
    if (number > *newest) {
        t2m_count_ring_advance(ring, newest, counts, number);
    }
    oldest = *newest - (ring->size - 1);
    count = &counts[(number < oldest ? oldest : number) % ring->size];
    *count = n > APR_UINT32_MAX - *count ? APR_UINT32_MAX : *count + (apr_uint32_t)n;
}

/** All counts, those that end with now, oldest first; else as t2m_minutes_sum says. */
static inline void t2m_count_ring_series(const t2m_count_ring_t *ring, apr_int64_t newest,
                                         const apr_uint32_t *counts, apr_int64_t now,
                                         apr_uint32_t *out)
{
    apr_int64_t gone, i;

    memset(out, 0, (apr_size_t)ring->size * sizeof(*out));
    now = now < 0 ? 0 : now;
    if (now < newest - ring->back) {
        return;
    }
    gone = now > newest ? now - newest : 0;
    for (i = gone; i < ring->size; i++) {
        out[i - gone] = counts[(newest % ring->size + 1 + i) % ring->size];
    }
}

#endif
