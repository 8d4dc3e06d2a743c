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
/* Tests modules/core/distinct.c. */
#include "core/distinct.h"

#include <math.h>
#include <string.h>

#include "tap.h"

/* SplitMix64: as good as a keyed hash of 1, 2, 3 ... */
static apr_uint64_t hash_of(apr_uint64_t number)
{
    number *= 0x9e3779b97f4a7c15ULL;
    number = (number ^ number >> 30) * 0xbf58476d1ce4e5b9ULL;
    number = (number ^ number >> 27) * 0x94d049bb133111ebULL;
    return number ^ number >> 31;
}

static void fill(t2m_distinct_t *distinct, apr_uint64_t from, apr_uint64_t count)
{
    apr_uint64_t i;

    for (i = from; i < from + count; i++) {
        t2m_distinct_add(distinct, hash_of(i));
        t2m_distinct_add(distinct, hash_of(i));
    }
}

static double error_of(const t2m_distinct_t *distinct, apr_uint64_t count)
{
    return fabs((double)t2m_distinct_estimate(distinct) - (double)count) / (double)count;
}

static void sizes(void)
{
    static const unsigned counts[] = { 1, 2, 10, 100, 1000, 2560, 5000, 20000, 1000000 };
    t2m_distinct_t distinct;
    unsigned i, round;

    memset(&distinct, 0, sizeof(distinct));
    is_number((long long)t2m_distinct_estimate(&distinct), 0, "nothing was seen");
    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        double sum = 0, worst = 0;
        unsigned rounds = counts[i] > 20000 ? 12 : 50;

        for (round = 0; round < rounds; round++) {
            double error;

            memset(&distinct, 0, sizeof(distinct));
            fill(&distinct, 1 + (apr_uint64_t)round * 10000000, counts[i]);
            error = error_of(&distinct, counts[i]);
            sum += error * error;
            worst = error > worst ? error : worst;
        }
        ok(sqrt(sum / rounds) < 0.04 && worst < 0.13,
           "%u: standard error %.2f %%, at most %.2f %%", counts[i], 100 * sqrt(sum / rounds),
           100 * worst);
    }
}

static void merging(void)
{
    t2m_distinct_t one, other, both;

    memset(&one, 0, sizeof(one));
    memset(&other, 0, sizeof(other));
    memset(&both, 0, sizeof(both));
    fill(&one, 1, 3000);
    fill(&other, 2001, 3000);
    fill(&both, 1, 5000);
    t2m_distinct_merge(&one, &other);
    ok(memcmp(&one, &both, sizeof(one)) == 0, "merged is as if one had seen all");
    t2m_distinct_merge(&one, &other);
    ok(memcmp(&one, &both, sizeof(one)) == 0, "twice is the same");
}

static void edges(void)
{
    t2m_distinct_t distinct, hostile;

    memset(&distinct, 0, sizeof(distinct));
    t2m_distinct_add(&distinct, 0);
    is_number((long long)t2m_distinct_estimate(&distinct), 0, "no hash is nothing");
    t2m_distinct_add(&distinct, 1);
    is_number(distinct.registers[0], 64 - T2M_DISTINCT_BITS, "the least hash has a high rank");
    t2m_distinct_add(&distinct, (apr_uint64_t)1 << (64 - T2M_DISTINCT_BITS));
    is_number(distinct.registers[1], 64 - T2M_DISTINCT_BITS + 1, "the highest rank there is");
    memset(&hostile, 0xff, sizeof(hostile));
    t2m_distinct_merge(&distinct, &hostile);
    is_number(distinct.registers[5], 64 - T2M_DISTINCT_BITS + 1, "no register is larger than that");
    ok(t2m_distinct_estimate(&hostile) > 1000000, "an impossible one has an estimate");
    memset(&hostile, 64 - T2M_DISTINCT_BITS + 1, sizeof(hostile));
    ok(t2m_distinct_estimate(&hostile) > 1000000, "and the highest possible one");
    memset(&hostile, 1, sizeof(hostile));
    is_number((long long)t2m_distinct_estimate(&hostile), 1476, "a low one without an empty place");
}

int main(void)
{
    sizes();
    merging();
    edges();
    return tap_done();
}
