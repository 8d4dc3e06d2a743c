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

/* How many different things were seen: HyperLogLog (Flajolet, Fusy, Gandouet, Meunier 2007) with
 * 1024 registers, standard error 3.25 %; small counts by linear counting. Plain memory without
 * pointers; all zeros is nothing seen. */
#ifndef T2M_CORE_DISTINCT_H
#define T2M_CORE_DISTINCT_H

#include <apr.h>

enum { T2M_DISTINCT_BITS = 10, T2M_DISTINCT_REGISTERS = 1 << T2M_DISTINCT_BITS };

typedef struct {
    unsigned char registers[T2M_DISTINCT_REGISTERS]; /* each 0 to 64 - T2M_DISTINCT_BITS + 1 */
} t2m_distinct_t;

/** Adds what has that hash: 64 well mixed bits of a keyed hash, one key for all. 0: nothing. */
void t2m_distinct_add(t2m_distinct_t *distinct, apr_uint64_t hash);

/** Adds all that other has seen. Doing it twice does the same. A register too large is bounded. */
void t2m_distinct_merge(t2m_distinct_t *distinct, const t2m_distinct_t *other);

/** How many different ones it has seen, about. */
apr_uint64_t t2m_distinct_estimate(const t2m_distinct_t *distinct);

#endif
