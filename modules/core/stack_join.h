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

/* Puts a stack trace together from the lines that a web server logs one by one.
 *
 * Fixed memory, linear time, no allocation: the caller owns the t2m_stack_join_t (one per request)
 * and feeds it each line. Not shared between threads.
 */
#ifndef T2M_CORE_STACK_JOIN_H
#define T2M_CORE_STACK_JOIN_H

#include "core/stack.h"

enum { T2M_STACK_JOIN_MAX = 16384 }; /* bytes kept; lines in the middle of more are left out */

typedef struct t2m_stack_join_t t2m_stack_join_t;

/** Bytes the caller must give for one, and its start. */
apr_size_t t2m_stack_join_size(void);
void t2m_stack_join_reset(t2m_stack_join_t *join);

/**
 * Takes a line, or several with LFs between them, without the last end-of-line. Returns nonzero
 * when it belongs to a trace and was kept. Of several lines the first decides about all.
 *
 * A line that cannot belong returns 0 and leaves what is held alone: when t2m_stack_join_open, the
 * caller then reads the result, resets, and offers the line once more (it may begin another trace).
 * Lines that just may be of a trace are kept until another tells, eight of them at most.
 */
int t2m_stack_join_line(t2m_stack_join_t *join, t2m_text_t line);

/** Whether a line like this is kept by one that holds nothing. Quick for most, which are not. */
t2m_stack_answer_e t2m_stack_join_begins(t2m_text_t line);

/** Nonzero while lines are held that have not been reported. */
int t2m_stack_join_open(const t2m_stack_join_t *join);

/** Nonzero when the held lines are a trace, and not just one that might have begun one. */
int t2m_stack_join_certain(const t2m_stack_join_t *join);

/** The held lines as they came, with LFs between them. *truncated: lines were left out. */
t2m_text_t t2m_stack_join_text(const t2m_stack_join_t *join, int *truncated);

#endif
