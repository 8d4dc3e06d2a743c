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

/* Which of the lines of one error are written and which are only counted: the first few, then the
 * 10th, 20th, 40th and so on, and else one in a while. Values; whoever holds them locks them. */
#ifndef T2M_CORE_REPEAT_H
#define T2M_CORE_REPEAT_H

#include <apr_time.h>

enum {
    T2M_REPEAT_FIRST = 5,         /* defaults of T2MLogRepeat */
    T2M_REPEAT_EVERY = 60,        /* seconds */
    T2M_REPEAT_MILESTONE = 10,    /* the first one; each of the others is twice the one before */
    T2M_REPEAT_QUIET = 60 * 60    /* seconds without one, after which the count begins again */
};

typedef struct {
    apr_uint32_t off;   /* nonzero: every line is written */
    apr_uint32_t first; /* so many are written in any case, at least 1 */
    apr_int64_t every;  /* microseconds since the last written line, after which one is written */
} t2m_repeat_rule_t;

/* What is known of one group. All zeros: nothing happened yet. Part of a table row: no padding. */
typedef struct {
    apr_uint64_t count; /* since a pause of T2M_REPEAT_QUIET, those not written included */
    apr_uint64_t held;  /* not written since the last line that was */
    apr_uint64_t next;  /* a line is written when the count has come to it */
    apr_int64_t last;   /* apr_time_t of the newest, written or not; 0: none yet */
    apr_int64_t written; /* of the newest that was written */
} t2m_repeat_t;

/**
 * Whether the line of one more occurrence at time is to be written. Changes nothing. more: those
 * that have happened and are not in the state yet. A clock that went back counts as no time gone.
 */
int t2m_repeat_is_due(const t2m_repeat_t *repeat, const t2m_repeat_rule_t *rule,
                      apr_uint64_t more, apr_time_t time);

/** Nonzero when the line of the count'th occurrence (from 1) is one of the first or a milestone. */
int t2m_repeat_is_marked(const t2m_repeat_rule_t *rule, apr_uint64_t count);

/**
 * Counts an occurrence whose line is written (written nonzero) or held back. Returns how many were
 * held back since the last one that was written: what the line says as `repeated`; 0 for one that
 * is held back. The same calls from the same state always leave the same state.
 */
apr_uint64_t t2m_repeat_count(t2m_repeat_t *repeat, const t2m_repeat_rule_t *rule, int written,
                              apr_time_t time);

/** Counts n occurrences, the newest at time, that were held back elsewhere. */
void t2m_repeat_add(t2m_repeat_t *repeat, apr_uint64_t n, apr_time_t time);

#endif
