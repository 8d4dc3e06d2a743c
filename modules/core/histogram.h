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

/* Durations counted in buckets: exponential ones, from which quantiles are read, and the classic
 * fourteen that monitoring systems ask for. Plain memory without pointers, so that both may stand
 * in shared memory; one writer at a time, readers copy. Pure: any thread that owns the memory. */
#ifndef T2M_CORE_HISTOGRAM_H
#define T2M_CORE_HISTOGRAM_H

#include <apr.h>

/* The exponential histogram of the OpenTelemetry data model at scale 4: base 2^(1/16), unit 1 us.
 * Bucket 0 holds 1 us (and what is below), bucket i > 0 the values v with
 * 2^((i-1)/16) < v <= 2^(i/16), the last one all above 2^32 us (71 minutes). OpenTelemetry's index
 * of bucket i is i - 1. */
enum {
    T2M_HISTOGRAM_SCALE = 4,
    T2M_HISTOGRAM_BUCKETS = 16 * 32 + 2
};

typedef struct {
    apr_uint64_t counts[T2M_HISTOGRAM_BUCKETS];
} t2m_histogram_t;

/** The bucket of a duration in microseconds. Integer arithmetic only. */
unsigned t2m_histogram_index(apr_int64_t microseconds);

/** Counts one duration in microseconds; below 1 it counts as 1. */
void t2m_histogram_add(t2m_histogram_t *histogram, apr_int64_t microseconds);

/** Adds the counts of other, bucket by bucket: exact, as if all had been added to one. */
void t2m_histogram_merge(t2m_histogram_t *histogram, const t2m_histogram_t *other);

/** How many durations were counted: the sum of all buckets. */
apr_uint64_t t2m_histogram_count(const t2m_histogram_t *histogram);

/**
 * The quantile q (0 to 1) by nearest rank, in microseconds: the k-th smallest duration, k being
 * the smallest number from 1 to count with k / count >= q. What is returned differs from the true
 * one by at most 2.2 % of it, and not at all up to 23 us; beyond 2^32 us it is 2^32.
 *
 * count is t2m_histogram_count of the same copy; 0 gives 0. When max is above 0, min and max are
 * the smallest and the largest duration counted, in microseconds, and the result is kept between
 * them.
 */
double t2m_histogram_quantile(const t2m_histogram_t *histogram, apr_uint64_t count, double q,
                              apr_int64_t min, apr_int64_t max);

enum {
    T2M_CLASSIC_BUCKETS = 14,                    /* with an upper bound: 1 ms to 30 s */
    T2M_CLASSIC_COUNTS = T2M_CLASSIC_BUCKETS + 1 /* and one for what is longer */
};

/** The first classic bucket whose bound is not below the duration; T2M_CLASSIC_BUCKETS: none. */
unsigned t2m_classic_index(apr_int64_t microseconds);

/**
 * The upper bound of a classic bucket in seconds as the text of a label `le`, such as "0.0025";
 * "+Inf" for T2M_CLASSIC_BUCKETS, NULL beyond. The bound itself belongs to the bucket.
 */
const char *t2m_classic_le(unsigned index);

#endif
