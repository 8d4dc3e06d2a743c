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
/* See distinct.h. */
#include "core/distinct.h"

#include <math.h>

enum { RANK_MAX = 64 - T2M_DISTINCT_BITS + 1 };

#define MOST 1e18 /* only registers that nobody can have brought about say more */

/* Bias correction for 128 registers or more (Flajolet et al. 2007, figure 3). */
#define ALPHA (0.7213 / (1 + 1.079 / T2M_DISTINCT_REGISTERS))

void t2m_distinct_add(t2m_distinct_t *distinct, apr_uint64_t hash)
{
    apr_uint64_t rest = hash << T2M_DISTINCT_BITS | (apr_uint64_t)1 << (T2M_DISTINCT_BITS - 1);
    unsigned char *at = &distinct->registers[hash >> (64 - T2M_DISTINCT_BITS)];
    unsigned char rank = (unsigned char)(__builtin_clzll(rest) + 1);

    if (hash && rank > *at) {
        *at = rank;
    }
}

void t2m_distinct_merge(t2m_distinct_t *distinct, const t2m_distinct_t *other)
{
    unsigned i;

    for (i = 0; i < T2M_DISTINCT_REGISTERS; i++) {
        unsigned char rank = other->registers[i] < RANK_MAX ? other->registers[i] : RANK_MAX;

        if (rank > distinct->registers[i]) {
            distinct->registers[i] = rank;
        }
    }
}

apr_uint64_t t2m_distinct_estimate(const t2m_distinct_t *distinct)
{
    const double count = T2M_DISTINCT_REGISTERS;
    double sum = 0, estimate;
    unsigned zeros = 0, i;

    for (i = 0; i < T2M_DISTINCT_REGISTERS; i++) {
        unsigned char rank = distinct->registers[i];

        sum += ldexp(1, -(int)rank);
        zeros += rank == 0;
    }
    estimate = ALPHA * count * count / sum;
    if (estimate <= 2.5 * count && zeros) { /* linear counting is better there */
        estimate = count * log(count / zeros);
    }
    return estimate < MOST ? (apr_uint64_t)(estimate + 0.5) : (apr_uint64_t)MOST;
}
