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

/* Proves from the numbers of a file's lines that nothing is lost, doubled or out of its place: each
 * number is one line, or is named by a gap record. Constant memory; pure but for that; one thread.
 *
 * A line with another number than the next one is looked at together with the line behind it, so
 * that a number that was changed, a line that was put in and two that were swapped are told from
 * lines that are lost. */
#ifndef T2M_WRITER_VERIFY_NUMBERS_H
#define T2M_WRITER_VERIFY_NUMBERS_H

#include "writer/verify_finding.h"

enum { T2M_VERIFY_HOLES = 4096, T2M_VERIFY_STRAYS = 256 };

/* Numbers that are not there yet. */
typedef struct {
    apr_uint64_t first, last;
    t2m_verify_place_t before, after; /* the lines around them */
} t2m_verify_hole_t;

typedef struct {
    t2m_verify_findings_t *findings;
    int begun;
    apr_uint64_t first;      /* number that was seen */
    apr_uint64_t next;       /* one more than the largest that is in its place */
    t2m_verify_place_t last; /* the line before */
    t2m_verify_place_t waiting; /* a line that is not judged yet; file NULL: none */
    apr_uint64_t bad;        /* lines without a number since the line before */
    t2m_verify_hole_t *holes; /* T2M_VERIFY_HOLES */
    unsigned hole_count;
    apr_uint64_t more_holes; /* that did not fit */
    t2m_verify_place_t strays[T2M_VERIFY_STRAYS]; /* lines that stand too early */
    unsigned stray_count;
} t2m_verify_numbers_t;

/** Begins; what is found is added to findings. Returns 0 when there is no memory. */
int t2m_verify_numbers_begin(t2m_verify_numbers_t *numbers, t2m_verify_findings_t *findings);

/** The next line, which has a number. */
void t2m_verify_numbers_line(t2m_verify_numbers_t *numbers, const t2m_verify_place_t *place);

/** What a gap record names, first to last; before the record's own line. */
void t2m_verify_numbers_gap(t2m_verify_numbers_t *numbers, apr_uint64_t first, apr_uint64_t last,
                            const t2m_verify_place_t *place);

/** A line without a number, which was told as MALFORMED or TORN already. */
void t2m_verify_numbers_bad(t2m_verify_numbers_t *numbers);

/** No more lines: adds what is lost, and gives the memory back. */
void t2m_verify_numbers_end(t2m_verify_numbers_t *numbers);

#endif
