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

/* Counts of durations in buckets that grow with them. Pure. */
#include "durations.h"

static unsigned bucket_of(uint64_t us)
{
    unsigned octave = 0, bucket;

    if (us < DURATIONS_SHADES) {
        return (unsigned)us; /* the first ones are of one microsecond each */
    }
    while ((us >> octave) >= 2 * DURATIONS_SHADES) {
        octave++;
    }
    bucket = (octave + 1) * DURATIONS_SHADES + (unsigned)((us >> octave) - DURATIONS_SHADES);
    return bucket < DURATIONS_BUCKETS ? bucket : DURATIONS_BUCKETS - 1;
}

/* The longest duration that falls into the bucket. */
static uint64_t bucket_end(unsigned bucket)
{
    unsigned octave = bucket / DURATIONS_SHADES;

    if (octave == 0) {
        return bucket;
    }
    return (((uint64_t)(bucket % DURATIONS_SHADES) + DURATIONS_SHADES + 1) << (octave - 1)) - 1;
}

void durations_add(durations_t *durations, uint64_t us)
{
    durations->count[bucket_of(us)]++;
    if (us > durations->longest) {
        durations->longest = us;
    }
}

void durations_join(durations_t *durations, const durations_t *others)
{
    unsigned i;

    for (i = 0; i < DURATIONS_BUCKETS; i++) {
        durations->count[i] += others->count[i];
    }
    if (others->longest > durations->longest) {
        durations->longest = others->longest;
    }
}

uint64_t durations_percentile(const durations_t *durations, double part)
{
    uint64_t sum = 0, seen = 0;
    unsigned i;

    for (i = 0; i < DURATIONS_BUCKETS; i++) {
        sum += durations->count[i];
    }
    for (i = 0; i < DURATIONS_BUCKETS && sum > 0; i++) {
        seen += durations->count[i];
        if ((double)seen >= part * (double)sum) {
            return bucket_end(i) < durations->longest ? bucket_end(i) : durations->longest;
        }
    }
    return 0;
}
