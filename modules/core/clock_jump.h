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

/* Whether somebody set the wall clock, told by a monotonic one beside it. Pure; one thread. */
#ifndef T2M_CORE_CLOCK_JUMP_H
#define T2M_CORE_CLOCK_JUMP_H

#include <apr_time.h>

/* All zero: nothing known yet. */
typedef struct {
    apr_time_t difference; /* wall clock less monotonic clock, as it should be */
    apr_time_t looked;     /* monotonic: the last look */
    apr_time_t told;       /* monotonic: the last jump that was told */
    int known;             /* 0: before the first look; 1: nothing told yet; 2: told is good */
} t2m_clock_jump_t;

/**
 * How far the wall clock was set since the last jump that was told, in microseconds, negative for
 * back; 0 when it was not, or by two seconds at most in all, or when a jump was told in the last
 * minute (what came since then is told after it, as a sum). What a clock is slewed by, a thousandth
 * of the time that passes, is no jump. now: wall clock; monotonic: microseconds of a clock that
 * nobody sets and that goes on while the machine sleeps, else its sleep shows as a jump ahead.
 */
apr_time_t t2m_clock_jump_look(t2m_clock_jump_t *jump, apr_time_t now, apr_time_t monotonic);

#endif
