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

#ifndef T2M_CLIENTS_DURATIONS_H
#define T2M_CLIENTS_DURATIONS_H

#include <stdint.h>

enum {
    DURATIONS_SHADES = 64, /* parts of a power of two: percentiles are within 1.6 % */
    DURATIONS_BUCKETS = DURATIONS_SHADES * 24
};

/** How many requests took how long; all zero: none. */
typedef struct {
    uint64_t count[DURATIONS_BUCKETS];
    uint64_t longest; /* microseconds */
} durations_t;

/** Counts one of so many microseconds. */
void durations_add(durations_t *durations, uint64_t us);

/** Adds the others' counts. */
void durations_join(durations_t *durations, const durations_t *others);

/** The microseconds that this part of them (0.99) did not exceed; 0 of none. */
uint64_t durations_percentile(const durations_t *durations, double part);

#endif
