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

/* The line that stands for records which were lost: what was dropped takes its numbers with it. */
#ifndef T2M_WRITER_GAP_H
#define T2M_WRITER_GAP_H

#include <apr_time.h>

#include "shared/layout.h"

typedef struct {
    t2m_stream_e stream;
    t2m_drop_e reason;
    apr_uint64_t count;      /* records lost, at least 1 */
    apr_uint64_t first_seq;  /* the first of the count numbers that they took */
    apr_time_t from, to;     /* when; from 0: not known, then it is left out */
} t2m_gap_t;

/**
 * Writes the line (without its end) into out, which has room for T2M_LINE_MIN bytes, and returns
 * its size. The same gap always gives the same bytes.
 */
apr_uint32_t t2m_gap_line(const t2m_gap_t *gap, char *out);

#endif
