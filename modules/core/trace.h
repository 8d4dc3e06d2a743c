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

/* The traceparent header of W3C Trace Context (Recommendation 2021, level 2 draft for the random
 * flag). */
#ifndef T2M_CORE_TRACE_H
#define T2M_CORE_TRACE_H

#include "core/text.h"

enum {
    T2M_TRACE_ID_SIZE = 32,   /* lower-case hex, no NUL */
    T2M_SPAN_ID_SIZE = 16,
    T2M_TRACEPARENT_SIZE = 55 /* "00-" trace "-" span "-" flags */
};

typedef struct {
    char trace_id[T2M_TRACE_ID_SIZE];
    char span_id[T2M_SPAN_ID_SIZE]; /* the parent's when parsed, ours when passed on */
    unsigned char flags;            /* 01 sampled, 02 random trace id */
} t2m_trace_t;

/**
 * Reads a header's value. Leading and trailing blanks are allowed. Version 00 must be exactly 55
 * bytes; a higher version may go on after a dash, with any bytes but a comma: several headers,
 * which httpd merges with ", ", are refused. So are version ff, upper case, and all-zero ids.
 * Returns nonzero when taken; trace is only written then.
 */
int t2m_trace_parse(t2m_text_t value, t2m_trace_t *trace);

/**
 * A new trace id (random flag set, not sampled) and span id out of random bytes: 16 and 8. An id
 * of all zeros, which is not allowed, ends in 1 instead.
 */
void t2m_trace_start(t2m_trace_t *trace, const unsigned char random[24]);

/** Gives the trace a new span id out of 8 random bytes (all zeros: ends in 1). */
void t2m_trace_next_span(t2m_trace_t *trace, const unsigned char random[8]);

/** Writes the header's value as version 00, no NUL; only flags 01 and 02 are kept. */
void t2m_trace_write(const t2m_trace_t *trace, char out[T2M_TRACEPARENT_SIZE]);

#endif
