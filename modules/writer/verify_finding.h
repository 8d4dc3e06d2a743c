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

/* What `t2mlog verify` finds wrong with a log file and its backups, and how it is told. A list of
 * bounded length: what does not fit is counted. One thread. */
#ifndef T2M_WRITER_VERIFY_FINDING_H
#define T2M_WRITER_VERIFY_FINDING_H

#include <stdio.h>

#include <apr.h>
#include <jansson.h>

enum { T2M_VERIFY_FINDINGS = 1000, T2M_VERIFY_TIME = 32 };

/* A line. */
typedef struct {
    const char *file;   /* path; NULL: no line. Lives as long as the verification */
    apr_uint64_t line;  /* from 1 */
    apr_uint64_t seq;   /* 0: it has none */
    char time[T2M_VERIFY_TIME]; /* its timestamp, with a NUL; empty: it has none */
} t2m_verify_place_t;

typedef enum {
    T2M_VERIFY_LOST,      /* numbers that no line has and no gap record names */
    T2M_VERIFY_DROPPED,   /* the same, and the chain shows that they were there */
    T2M_VERIFY_CHANGED,   /* a line is not the one that was written */
    T2M_VERIFY_INSERTED,  /* a line that was not written there */
    T2M_VERIFY_SWAPPED,   /* two lines stand in each other's place */
    T2M_VERIFY_MISPLACED, /* lines stand behind later ones, or before earlier ones */
    T2M_VERIFY_DOUBLED,   /* numbers that were there before */
    T2M_VERIFY_TORN,      /* a line without its end */
    T2M_VERIFY_MALFORMED, /* no record: no JSON object, no number, too long */
    T2M_VERIFY_UNCHAINED, /* a line without prev behind lines that have one */
    T2M_VERIFY_CUT,       /* the error log names a line that is farther than the end */
    T2M_VERIFY_KINDS
} t2m_verify_kind_e;

typedef struct {
    t2m_verify_kind_e kind;
    apr_uint64_t first, last;  /* the numbers that it is about; 0: none */
    t2m_verify_place_t at, to; /* the first and the last line; LOST, DROPPED: those around the hole;
                                * SWAPPED: both */
    const char *why;           /* a static text or NULL */
} t2m_verify_finding_t;

typedef struct {
    t2m_verify_finding_t *list; /* T2M_VERIFY_FINDINGS; NULL: no memory */
    unsigned count;
    apr_uint64_t more; /* for which there was no room */
} t2m_verify_findings_t;

/** An empty list; returns 0 when there is no memory. To be given back with the next one. */
int t2m_verify_findings_make(t2m_verify_findings_t *findings);

/** Gives its memory back. */
void t2m_verify_findings_free(t2m_verify_findings_t *findings);

/** Adds one about a line and its number; NULL, and it is counted, when the list is full. */
t2m_verify_finding_t *t2m_verify_add(t2m_verify_findings_t *findings, t2m_verify_kind_e kind,
                                     const t2m_verify_place_t *at, const char *why);

/** Takes one out, which must be in the list; those behind it move. */
void t2m_verify_remove(t2m_verify_findings_t *findings, t2m_verify_finding_t *finding);

/** Nonzero when both are the same line of the same file. */
int t2m_verify_is_place(const t2m_verify_place_t *one, const t2m_verify_place_t *other);

/** Sorts by number, those without one last: the first wrong line comes first. */
void t2m_verify_sort(t2m_verify_findings_t *findings);

/** "lost", "changed" and so on. */
const char *t2m_verify_kind_name(t2m_verify_kind_e kind);

/** Writes one as a text without a line's end, and a NUL, into size bytes; cut if it must be. */
void t2m_verify_text(const t2m_verify_finding_t *finding, char *out, size_t size);

/** One as a JSON object: kind, first_seq, last_seq, file, line, seq, timestamp, why and so on.
 * NULL: no memory. */
json_t *t2m_verify_json(const t2m_verify_finding_t *finding);

#endif
