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

/* Buckets of durations. An index is found without a logarithm: the highest bit says which power of
 * two, sixteen boundaries say which part of it. */
#include "core/histogram.h"

#include <stddef.h>

enum {
    PARTS = 1 << T2M_HISTOGRAM_SCALE, /* buckets for each power of two */
    TOP_BIT = 63,
    OVERFLOW_BUCKET = T2M_HISTOGRAM_BUCKETS - 1
};

static const apr_int64_t largest = APR_INT64_C(1) << 32;

/* 2^(63 + i/16), rounded down. But for the first they are irrational, so that no integer lies
 * between a boundary and what stands here. */
static const apr_uint64_t boundaries[PARTS] = {
    APR_UINT64_C(0x8000000000000000), APR_UINT64_C(0x85aac367cc487b14),
    APR_UINT64_C(0x8b95c1e3ea8bd6e6), APR_UINT64_C(0x91c3d373ab11c336),
    APR_UINT64_C(0x9837f0518db8a96f), APR_UINT64_C(0x9ef5326091a111ad),
    APR_UINT64_C(0xa5fed6a9b15138ea), APR_UINT64_C(0xad583eea42a14ac6),
    APR_UINT64_C(0xb504f333f9de6484), APR_UINT64_C(0xbd08a39f580c36be),
    APR_UINT64_C(0xc5672a115506dadd), APR_UINT64_C(0xce248c151f8480e3),
    APR_UINT64_C(0xd744fccad69d6af4), APR_UINT64_C(0xe0ccdeec2a94e111),
    APR_UINT64_C(0xeac0c6e7dd24392e), APR_UINT64_C(0xf5257d152486cc2c)
};

/* How many boundaries are below value, whose top bit is set: 0 to PARTS. */
static unsigned boundaries_below(apr_uint64_t value)
{
    unsigned found = 0, step;

    for (step = PARTS / 2; step > 0; step /= 2) {
        found += boundaries[found + step - 1] < value ? step : 0;
    }
    return found + (boundaries[found] < value);
}

unsigned t2m_histogram_index(apr_int64_t microseconds)
{
    unsigned shift;

    if (microseconds < 1) {
        return 0;
    }
    if (microseconds > largest) {
        return OVERFLOW_BUCKET;
    }
    shift = (unsigned)__builtin_clzll((unsigned long long)microseconds);
    return (TOP_BIT - shift) * PARTS + boundaries_below((apr_uint64_t)microseconds << shift);
}

void t2m_histogram_add(t2m_histogram_t *histogram, apr_int64_t microseconds)
{
    histogram->counts[t2m_histogram_index(microseconds)]++;
}

void t2m_histogram_merge(t2m_histogram_t *histogram, const t2m_histogram_t *other)
{
    unsigned i;

    for (i = 0; i < T2M_HISTOGRAM_BUCKETS; i++) {
        histogram->counts[i] += other->counts[i];
    }
}

apr_uint64_t t2m_histogram_count(const t2m_histogram_t *histogram)
{
    apr_uint64_t count = 0;
    unsigned i;

    for (i = 0; i < T2M_HISTOGRAM_BUCKETS; i++) {
        count += histogram->counts[i];
    }
    return count;
}

/* The smallest k from 1 to count with k / count >= q. The product may be off by its rounding, the
 * quotient says what 0.95 of 100 is. */
static apr_uint64_t rank_of(apr_uint64_t count, double q)
{
    double product = q > 0 ? q * (double)count : 0;
    apr_uint64_t rank;

    if (q >= 1 || product >= (double)count) {
        return count;
    }
    rank = (apr_uint64_t)product;
    if (rank == 0 || (double)rank / (double)count < q) {
        rank++;
    }
    else if (rank > 1 && (double)(rank - 1) / (double)count >= q) {
        rank--;
    }
    return rank;
}

/* The bucket that holds the duration of that rank; the last one when there are fewer. */
static unsigned bucket_of_rank(const t2m_histogram_t *histogram, apr_uint64_t rank)
{
    unsigned i = 0;

    while (i < OVERFLOW_BUCKET && histogram->counts[i] < rank) {
        rank -= histogram->counts[i];
        i++;
    }
    return i;
}

/* The largest integer of a bucket that is not the last one. */
static apr_uint64_t last_of_bucket(unsigned index)
{
    return boundaries[index % PARTS] >> (TOP_BIT - index / PARTS);
}

/* What is nearest, measured in parts of it, to both the smallest and the largest integer of the
 * bucket: half the base's distance from 1, over half of 1 and the base, is 2.17 %. */
static double representative(unsigned index)
{
    double low, high;

    if (index == 0) {
        return 1;
    }
    if (index == OVERFLOW_BUCKET) {
        return (double)largest;
    }
    low = (double)(last_of_bucket(index - 1) + 1);
    high = (double)last_of_bucket(index);
    return 2 * low * high / (low + high);
}

double t2m_histogram_quantile(const t2m_histogram_t *histogram, apr_uint64_t count, double q,
                              apr_int64_t min, apr_int64_t max)
{
    double value;

    if (count == 0) {
        return 0;
    }
    value = representative(bucket_of_rank(histogram, rank_of(count, q)));
    if (max <= 0) {
        return value;
    }
    if (value > (double)max) {
        return (double)max;
    }
    return value < (double)min ? (double)min : value;
}

static const struct {
    apr_int64_t microseconds;
    const char *le;
} classic[T2M_CLASSIC_BUCKETS] = {
    { 1000, "0.001" },   { 2500, "0.0025" },  { 5000, "0.005" },  { 10000, "0.01" },
    { 25000, "0.025" },  { 50000, "0.05" },   { 100000, "0.1" },  { 250000, "0.25" },
    { 500000, "0.5" },   { 1000000, "1" },    { 2500000, "2.5" }, { 5000000, "5" },
    { 10000000, "10" },  { 30000000, "30" }
};

unsigned t2m_classic_index(apr_int64_t microseconds)
{
    unsigned index = 0;

    while (index < T2M_CLASSIC_BUCKETS && classic[index].microseconds < microseconds) {
        index++;
    }
    return index;
}

const char *t2m_classic_le(unsigned index)
{
    if (index >= T2M_CLASSIC_BUCKETS) {
        return index == T2M_CLASSIC_BUCKETS ? "+Inf" : NULL;
    }
    return classic[index].le;
}
