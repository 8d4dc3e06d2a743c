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

/* Proves with the key that the lines of a chain are those that were written, and finds out what was
 * done to those that are not. Constant memory; one thread. */
#ifndef T2M_WRITER_VERIFY_CHAIN_H
#define T2M_WRITER_VERIFY_CHAIN_H

#include "core/chain.h"
#include "writer/verify_anchors.h"
#include "writer/verify_finding.h"

enum { T2M_VERIFY_ENDS = 256, T2M_VERIFY_LINE = 65536 + 1024 };

/* A line with the HMAC of its text, which the line behind it has to carry. */
typedef struct {
    unsigned char prev[T2M_CHAIN_SIZE]; /* its own; zeros: none */
    unsigned char next[T2M_CHAIN_SIZE];
    t2m_verify_place_t place;
} t2m_verify_link_t;

/* A line whose prev is of no line before it. */
typedef struct {
    unsigned char prev[T2M_CHAIN_SIZE];
    t2m_verify_place_t place;
    t2m_verify_place_t before; /* the line of the chain that stands before it */
    int only_prev; /* all of it is as it was but its prev */
    int followed;  /* the line behind it is of it */
    int twin;      /* the line before it has the same prev: one of both was put in */
} t2m_verify_orphan_t;

typedef struct {
    const t2m_chain_t *chain; /* NULL: no key, and only what carries a prev is counted */
    const t2m_verify_anchors_t *anchors;
    int anchors_path;         /* which of them are of the file; -1: none */
    t2m_verify_findings_t *findings;
    int begun;                /* a line had a prev */
    apr_uint64_t before;      /* lines before the first that had one */
    apr_uint64_t lines;       /* that had one */
    int shared;               /* there were lines of other streams */
    t2m_verify_place_t first; /* of them */
    t2m_verify_link_t last;   /* the line before; place.file NULL: none */
    int last_orphan;          /* its index, its text is kept; -1: that line is none */
    t2m_verify_link_t ends[T2M_VERIFY_ENDS]; /* lines that another one than theirs stands behind */
    unsigned end_count;       /* so far; the newest is at (count - 1) % T2M_VERIFY_ENDS */
    t2m_verify_orphan_t orphans[T2M_VERIFY_ENDS];
    unsigned orphan_count;
    apr_uint64_t more_orphans;
    apr_uint64_t anchored;    /* the last number that an anchor has proven; 0: none */
    apr_uint64_t largest;     /* number with a prev */
    apr_size_t kept_size, kept_digits; /* of the text, and where its prev's digits begin */
    char kept[T2M_VERIFY_LINE]; /* the line before, of an orphan or where no chain has begun */
} t2m_verify_chain_t;

/**
 * Begins with the file of that path; what is found is added to findings. chain (NULL: no key),
 * anchors and findings are borrowed.
 */
void t2m_verify_chain_begin(t2m_verify_chain_t *it, const t2m_chain_t *chain,
                            const t2m_verify_anchors_t *anchors, const char *path,
                            t2m_verify_findings_t *findings);

/**
 * The next line that has a number, without its LF. A file that several streams share: those of
 * other streams are passed over.
 */
void t2m_verify_chain_line(t2m_verify_chain_t *it, const char *line, apr_size_t size,
                           const t2m_verify_place_t *place);

/**
 * No more lines. Call it after t2m_verify_numbers_end: says of what is in findings how the chain
 * explains it, and adds what the numbers do not show.
 */
void t2m_verify_chain_end(t2m_verify_chain_t *it);

#endif
