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

/* The state of the logging itself: the ledger, the files, the writer. */
#ifndef T2M_SERVER_ANSWER_STATE_H
#define T2M_SERVER_ANSWER_STATE_H

#include <apr_tables.h>

#include "server/answer_records.h"

/* What was accepted and what became of it. */
typedef struct {
    t2m_ledger_t ledger;
    t2m_totals_t totals[T2M_STREAM_COUNT];
    int whole;    /* all rows were read; those that were not are zeros */
    int known;    /* and the ledger balances or is as new as the last batch; not when a process has
                   * spoiled its own counts */
    int balanced; /* in all streams */
} t2m_answer_ledger_t;

/**
 * Reads the ledger. While the writer is between a batch and the ledger behind it the two do not
 * agree: reads again then, for 20 ms at most.
 */
void t2m_answer_ledger(t2m_answer_t *answer, t2m_answer_ledger_t *ledger);

/** The records of a stream that were to be written: in the rings, dropped or counted before, or
 * found dead. */
apr_uint64_t t2m_answer_accepted(const t2m_answer_ledger_t *ledger, int stream);

/** Those that were counted and not written, as repeats of others. */
apr_uint64_t t2m_answer_suppressed(const t2m_answer_ledger_t *ledger, int stream);

/** Those that are in their files. */
apr_uint64_t t2m_answer_written(const t2m_answer_ledger_t *ledger, int stream);

/** Those that were dropped, for whatever reason. */
apr_uint64_t t2m_answer_dropped(const t2m_answer_ledger_t *ledger, int stream);

/** The reason of a drop in one word: "full" and so on. */
const char *t2m_answer_drop_name(int reason);

/* A file of the configuration. */
typedef struct {
    t2m_stream_e stream;
    const char *path;
    apr_uint16_t number;
} t2m_answer_file_t;

/** The files of all servers, each once: an array of t2m_answer_file_t in pool. */
apr_array_header_t *t2m_answer_files(apr_pool_t *pool);

/** Nonzero when the writer's process is there. */
int t2m_answer_writer_up(const t2m_board_t *board);

#endif
