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

/* How often something was tried from somewhere, in constant memory: a set-associative table on the
 * board, found by a key that whoever tries cannot aim at. Rates by the generic cell rate
 * algorithm (GCRA, ITU-T I.371): a burst passes, then one in each interval. */
#ifndef T2M_SHARED_ATTEMPTS_H
#define T2M_SHARED_ATTEMPTS_H

#include <apr_time.h>

#include "shared/board.h"

/* A limit: burst attempts at once, one more for each interval that passes (microseconds). */
typedef struct {
    apr_uint32_t burst;
    apr_interval_time_t interval;
} t2m_rate_t;

extern const t2m_rate_t t2m_rate_admin; /* ten a minute */

/** The row of key as the board has it, or all zero but the key. Any process, any thread. */
void t2m_attempts_read(const t2m_board_t *board, apr_uint64_t key, t2m_attempt_t *attempt);

/** How many the next one is: 1 after a pause of T2M_ATTEMPTS_PAUSE. */
apr_uint64_t t2m_attempts_next(const t2m_attempt_t *attempt, apr_time_t now);

/** Nonzero when one more is within the rate. */
int t2m_attempts_allowed(const t2m_attempt_t *attempt, const t2m_rate_t *rate, apr_time_t now);

/** Counts attempts of a batch on the board, each key once for that batch. Writer only. */
void t2m_attempts_add(t2m_board_t *board, apr_uint64_t key, apr_uint64_t count,
                      apr_time_t last, apr_uint64_t batch);

#endif
