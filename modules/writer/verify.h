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

/* Reads a log file and its backups from the oldest line to the newest and says what is wrong with
 * them. Constant memory, whatever their size; one thread. */
#ifndef T2M_WRITER_VERIFY_H
#define T2M_WRITER_VERIFY_H

#include <apr_time.h>

#include "core/chain.h"
#include "writer/verify_anchors.h"
#include "writer/verify_finding.h"

typedef struct {
    const t2m_chain_t *chain; /* NULL: no key */
    const t2m_verify_anchors_t *anchors; /* may be empty */
    apr_interval_time_t patience; /* for a last line that is being written */
    /* Told of a file that cannot be read, or not to its end, as t2m_history_report_t. */
    void (*trouble)(void *context, const char *path, apr_status_t status);
    void *context;
} t2m_verify_how_t;

typedef struct {
    char *path;       /* of the live file */
    char **paths;     /* of all that were read */
    unsigned files;
    int unreadable;   /* not all could be read */
    apr_uint64_t lines, bytes;
    apr_uint64_t first_seq, last_seq; /* 0: no line has a number */
    apr_uint64_t gaps, gap_numbers;   /* gap records, and what they name */
    apr_uint64_t chained;     /* lines with a prev */
    apr_uint64_t unchained;   /* lines before the first of them */
    t2m_verify_place_t chain_begin, chain_end;
    unsigned char head[T2M_CHAIN_SIZE]; /* with a key: the HMAC of the last one */
    apr_uint64_t anchored;    /* the largest number that an anchor has proven; 0: none */
    t2m_verify_findings_t findings;
} t2m_verify_result_t;

/**
 * Verifies the file of that path with its backups. Returns APR_SUCCESS when it was read, with
 * whatever was found, else the failures of t2m_history_open or APR_ENOMEM. Give the result back in
 * any case.
 */
apr_status_t t2m_verify(const char *path, const t2m_verify_how_t *how,
                        t2m_verify_result_t *result);

/** Gives its memory back. */
void t2m_verify_free(t2m_verify_result_t *result);

#endif
