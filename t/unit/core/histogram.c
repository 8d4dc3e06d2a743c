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

/* Indices against exact bounds, quantiles against sorted values. */
#include "core/histogram.h"

#include <math.h>
#include <stdlib.h>

#include "tap.h"

enum { VALUES_MAX = 20000 };

static const double error_max = 0.022;
static apr_uint64_t random_state = 88172645463325252U;

static double random_unit(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (double)(random_state >> 11) / 9007199254740992.0;
}

/* Nonzero when bucket i holds v: v^16 against 2^i, in long double. */
static int belongs(apr_int64_t v, unsigned i)
{
    long double position = 16.0L * log2l((long double)v);

    if ((v & (v - 1)) == 0) {
        return i == 16 * (unsigned)__builtin_ctzll((unsigned long long)v);
    }
    return position > (long double)i - 1 && position < (long double)i;
}

static void test_index(void)
{
    static const struct {
        apr_int64_t value;
        unsigned index;
    } cases[] = {
        { APR_INT64_MIN, 0 }, { -1, 0 }, { 0, 0 }, { 1, 0 }, { 2, 16 }, { 3, 26 }, { 4, 32 },
        { APR_INT64_C(4294967295), 512 }, { APR_INT64_C(4294967296), 512 },
        { APR_INT64_C(4294967297), 513 }, { APR_INT64_MAX, 513 },
    };
    apr_int64_t v;
    unsigned last = 0, i;
    int wrong = 0, falling = 0;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        is_number(t2m_histogram_index(cases[i].value), cases[i].index, "a bound");
    }
    for (v = 1; v <= 300000; v++) {
        unsigned index = t2m_histogram_index(v);

        wrong += !belongs(v, index);
        falling += index < last;
        last = index;
    }
    is_number(wrong, 0, "each integer up to 300 000 is in its bucket");
    is_number(falling, 0, "indices never fall");
    for (i = 0, wrong = 0; i < 300000; i++) {
        v = (apr_int64_t)exp2(32 * random_unit());
        wrong += !belongs(v, t2m_histogram_index(v));
    }
    is_number(wrong, 0, "and so are many up to 2^32");
}

/* On both sides of every boundary, where a table's mistake would be. */
static void test_boundaries(void)
{
    unsigned i;
    int wrong = 0;

    for (i = 1; i <= 512; i++) {
        apr_int64_t v = (apr_int64_t)floorl(exp2l((long double)i / 16));

        wrong += !belongs(v, t2m_histogram_index(v)) || t2m_histogram_index(v) > i;
        wrong += t2m_histogram_index(v + 1) <= i;
    }
    is_number(wrong, 0, "both sides of all 512 boundaries");
}

static int compare(const void *left, const void *right)
{
    apr_int64_t a = *(const apr_int64_t *)left, b = *(const apr_int64_t *)right;

    return (a > b) - (a < b);
}

/* The k-th smallest, k the smallest from 1 on with k / count >= q: found by trying all. */
static apr_int64_t exact_quantile(const apr_int64_t *sorted, unsigned count, double q)
{
    unsigned k = 1;

    while (k < count && (double)k / count < q) {
        k++;
    }
    return sorted[k - 1];
}

/* The largest relative error over many quantiles; values are sorted in place. */
static double worst_error(apr_int64_t *values, unsigned count, int clamp)
{
    static const double quantiles[] = { 0,   0.001, 0.01, 0.05, 0.1,  0.25,  0.5,
                                        0.7, 0.75,  0.9,  0.95, 0.99, 0.999, 1 };
    t2m_histogram_t histogram = { { 0 } };
    double worst = 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        t2m_histogram_add(&histogram, values[i]);
    }
    qsort(values, count, sizeof(values[0]), compare);
    for (i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        double exact = (double)exact_quantile(values, count, quantiles[i]);
        double got = t2m_histogram_quantile(&histogram, t2m_histogram_count(&histogram),
                                            quantiles[i], clamp ? values[0] : 0,
                                            clamp ? values[count - 1] : 0);
        double error = fabs(got - exact) / exact;

        worst = error > worst ? error : worst;
    }
    return worst;
}

typedef enum {
    UNIFORM, EXPONENTIAL, BIMODAL, ANY_SIZE, POWERS, ABOVE_POWERS, CONSTANT, SMALL, KIND_COUNT
} kind_e;

static apr_int64_t make(kind_e kind, unsigned i)
{
    double random = random_unit();

    switch (kind) {
    case UNIFORM:
        return 1 + (apr_int64_t)(random * 1e6);
    case EXPONENTIAL:
        return 1 + (apr_int64_t)(-5e4 * log(1 - random));
    case BIMODAL:
        return (apr_int64_t)(i % 10 ? 200 + random * 50 : 3000000 + random * 1e6);
    case ANY_SIZE:
        return (apr_int64_t)exp2(32 * random);
    case POWERS:
        return APR_INT64_C(1) << (i % 33);
    case ABOVE_POWERS:
        return (APR_INT64_C(1) << (i % 32)) + 1;
    case SMALL:
        return 1 + i % 23;
    default:
        return 12345;
    }
}

static void test_quantiles(void)
{
    static const char *const names[] = { "uniform",       "exponential",    "bimodal",  "any size",
                                         "powers of two", "one above them", "constant", "1 to 23" };
    static const unsigned sizes[] = { 1, 2, 3, 7, 100, 1000, VALUES_MAX };
    static apr_int64_t values[VALUES_MAX];
    unsigned kind;
    size_t size;

    for (kind = 0; kind < KIND_COUNT; kind++) {
        for (size = 0; size < sizeof(sizes) / sizeof(sizes[0]); size++) {
            unsigned i, count = sizes[size];
            double most = kind == SMALL ? 0 : error_max, unclamped, clamped;

            for (i = 0; i < count; i++) {
                values[i] = make((kind_e)kind, i);
            }
            unclamped = worst_error(values, count, 0);
            clamped = worst_error(values, count, 1);
            ok(unclamped <= most && clamped <= unclamped,
               "%u x %s: off by %.3f %%, %.3f %% between min and max", count, names[kind],
               100 * unclamped, 100 * clamped);
        }
    }
}

/* Every value that a bucket can hold is near what the bucket stands for. */
static void test_each_value(void)
{
    double worst = 0;
    unsigned i;

    for (i = 0; i < 400000; i++) {
        apr_int64_t v = i < 200000 ? i + 1 : (apr_int64_t)exp2(32 * random_unit());
        t2m_histogram_t one = { { 0 } };
        double error;

        t2m_histogram_add(&one, v);
        error = fabs(t2m_histogram_quantile(&one, 1, 0.5, 0, 0) - (double)v) / (double)v;
        worst = error > worst ? error : worst;
    }
    ok(worst <= error_max && worst > 0.02, "one value alone: off by %.4f %% at most", 100 * worst);
}

static void test_corners(void)
{
    t2m_histogram_t histogram = { { 0 } }, other = { { 0 } };
    unsigned i;

    ok(t2m_histogram_quantile(&histogram, 0, 0.5, 0, 0) <= 0, "no value, 0");
    t2m_histogram_add(&histogram, -5);
    ok(t2m_histogram_quantile(&histogram, 1, 0.5, 0, 0) >= 1, "below 1 us counts as 1");
    t2m_histogram_add(&histogram, APR_INT64_MAX);
    ok(t2m_histogram_quantile(&histogram, 2, 1, 0, 0) >= 4294967296.0, "the last bucket is 2^32");
    ok(t2m_histogram_quantile(&histogram, 2, 1, 1, 9) <= 9, "not above max");
    ok(t2m_histogram_quantile(&histogram, 2, 0, 8, 9) >= 8, "not below min");
    ok(t2m_histogram_quantile(&histogram, 2, -1, 0, 0) <= 1, "q below 0 is 0");
    ok(t2m_histogram_quantile(&histogram, 2, 7, 0, 0) > 1, "q above 1 is 1");
    ok(t2m_histogram_quantile(&histogram, 2, (double)NAN, 0, 0) <= 1, "no number is 0");
    ok(t2m_histogram_quantile(&histogram, 9, 0.99, 0, 0) > 1, "a count too large: the last");
    ok(t2m_histogram_quantile(&histogram, APR_UINT64_MAX, 0.5, 0, 0) > 1, "also the largest");
    for (i = 1; i <= 100; i++) {
        t2m_histogram_add(&other, i <= 7 ? 10 : 20);
    }
    ok(t2m_histogram_quantile(&other, 100, 0.07, 0, 0) <= 10, "0.07 of 100 is 7, not 8");
    t2m_histogram_merge(&histogram, &other);
    is_number((long long)t2m_histogram_count(&histogram), 102, "merged");
    is_number((long long)histogram.counts[t2m_histogram_index(20)], 93, "bucket by bucket");
    is_number((long long)t2m_histogram_count(&other), 100, "the other stays");
    is_number(sizeof(t2m_histogram_t), 8 * T2M_HISTOGRAM_BUCKETS, "counts and nothing else");
}

static void test_classic(void)
{
    static const char *const texts[] = { "0.001", "0.0025", "0.005", "0.01", "0.025",
                                         "0.05",  "0.1",    "0.25",  "0.5",  "1",
                                         "2.5",   "5",      "10",    "30",   "+Inf" };
    unsigned i;

    for (i = 0; i <= T2M_CLASSIC_BUCKETS; i++) {
        apr_int64_t bound = llround(strtod(texts[i], NULL) * 1e6);

        is_bytes(t2m_classic_le(i), strlen(t2m_classic_le(i)), texts[i], texts[i]);
        if (i < T2M_CLASSIC_BUCKETS) {
            is_number(t2m_classic_index(bound), i, "holds its bound");
            is_number(t2m_classic_index(bound + 1), i + 1, "and no more");
        }
    }
    ok(t2m_classic_le(T2M_CLASSIC_COUNTS) == NULL, "none beyond");
    is_number(t2m_classic_index(APR_INT64_MIN), 0, "below zero is the first");
    is_number(t2m_classic_index(APR_INT64_MAX), T2M_CLASSIC_BUCKETS, "the longest has none");
}

int main(void)
{
    test_index();
    test_boundaries();
    test_quantiles();
    test_each_value();
    test_corners();
    test_classic();
    return tap_done();
}
