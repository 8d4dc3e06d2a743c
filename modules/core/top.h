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

/* The most frequent texts of a stream of texts: Space-Saving (Metwally, Agrawal, El Abbadi 2005)
 * with 8 counters. Plain memory without pointers; all zeros is an empty list. */
#ifndef T2M_CORE_TOP_H
#define T2M_CORE_TOP_H

#include "core/text.h"

enum {
    T2M_TOP_COUNTERS = 8,
    T2M_TOP_SHOWN = 5,
    T2M_TOP_TEXT = 126 /* bytes of a text that count; a longer one is cut at a character */
};

typedef struct {
    apr_uint64_t count; /* 0: free; at least as often as it was seen */
    apr_uint64_t error; /* and by at most so many too much */
    apr_uint16_t size;
    char text[T2M_TOP_TEXT];
} t2m_top_counter_t;

typedef struct {
    t2m_top_counter_t counters[T2M_TOP_COUNTERS];
} t2m_top_t;

/** Counts text n times. An empty text is nothing. */
void t2m_top_add(t2m_top_t *top, t2m_text_t text, apr_uint64_t n);

/**
 * The most frequent ones, the first first, ties in the order of their texts: pointers into top in
 * out. Returns how many there are, at most T2M_TOP_SHOWN. A size that is none is taken as 0.
 */
unsigned t2m_top_list(const t2m_top_t *top, const t2m_top_counter_t *out[T2M_TOP_SHOWN]);

#endif
