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

/* The way of the records from the slots into the files: intent, write, fold, advance. What a file
 * refuses goes to its spill meanwhile, so that it holds no other file up.
 *
 * The intent on the board says what is about to be done before it is done, so that a writer that is
 * killed at any instruction is finished by the next one: nothing twice, nothing torn, nothing lost,
 * every count exact. One thread.
 */
#ifndef T2M_WRITER_DRAIN_H
#define T2M_WRITER_DRAIN_H

#include <pthread.h>

#include "shared/board.h"
#include "shared/settings.h"
#include "shared/slots.h"
#include "writer/batch.h"
#include "writer/fold.h"
#include "writer/sink.h"
#include "writer/sync.h"

typedef struct {
    t2m_slots_t slots;
    t2m_board_t board;
    t2m_settings_t *settings; /* taken over between two batches */
    apr_uint64_t generation;  /* of them; 0: none yet */
    t2m_sink_t *sinks;        /* T2M_FILES_MAX */
    t2m_batch_t *batch;
    t2m_fold_t *fold;
    t2m_group_index_t *groups; /* where the board has which group of errors */
    t2m_sync_t *sync;         /* NULL: none */
    t2m_chain_t *chain;       /* of the stream security; NULL: there is none */
    apr_uint64_t *room;       /* of each file: bytes before it must rotate */
    pthread_mutex_t names;    /* held while files are renamed */
    apr_time_t asked;         /* when a batch last asked for the ledger; 0: never */
    apr_uint32_t failed_file; /* after a failure: which file, and a static text or NULL */
    const char *failed_why;
    apr_status_t failed;      /* why a file has refused since this was last cleared; APR_SUCCESS */
    apr_status_t *refusals;   /* of each file: why it could not be made ready for this batch */
    int mended;               /* what a killed writer has left of its spills is put right */
    int indexed;              /* groups are those of the board: no other writer works on it */
} t2m_drain_t;

/** Attaches to both memories and takes the settings over. Returns the first error. */
apr_status_t t2m_drain_open(t2m_drain_t *drain, int slots_fd, int board_fd);

/**
 * Opens the file if it is not and continues its numbers. Returns the error of t2m_sink_open, with
 * failed_file and failed_why set.
 */
apr_status_t t2m_drain_ready(t2m_drain_t *drain, apr_uint32_t file);

/**
 * Takes newer settings over; while an intent is pending, those by which it was made, if they can
 * still be had. Returns nonzero when others were taken than before: t2m_drain_settle is due once
 * no intent is pending.
 */
int t2m_drain_settings(t2m_drain_t *drain);

/** The same, of the newest settings in any case: t2m_drain_settings is to follow. */
int t2m_drain_newest_settings(t2m_drain_t *drain);

/** Opens the files of the settings before their first line; closes those of no stream any more. */
void t2m_drain_settle(t2m_drain_t *drain);

/**
 * Finishes what the intent on the board says, if it says anything: the first thing a new writer
 * does, and how a batch whose file refused it is tried again. Returns the error of the file.
 */
apr_status_t t2m_drain_finish(t2m_drain_t *drain);

/**
 * Writes one batch, gathered now. *moved is set nonzero when there was anything. A file that
 * refuses is noted in failed and failed_file, its lines go to its spill, and it is asked again
 * after a moment; only with T2MLogOnFull block is its error returned (then the batch is pending,
 * or not begun): call again later.
 */
apr_status_t t2m_drain_pass(t2m_drain_t *drain, apr_time_t now, int *moved);

/* How the owner of a slot ended. */
typedef struct {
    int stopped; /* in order: by itself or with the server */
    int exited;  /* something called exit(3) in the middle of its service */
    int signal;  /* that ended it; 0: none, or not known */
} t2m_drain_end_t;

/**
 * Finds out how the owner, who is gone, ended. alone: the server has ended. Returns 0 while the
 * parent may yet say more.
 */
int t2m_drain_end(const t2m_drain_t *drain, apr_uint32_t slot, apr_uint64_t owner, int alone,
                  t2m_drain_end_t *end);

/**
 * Writes what is left to say of a dead owner (t2m_batch_bury) and frees its slot. The slot's ring
 * must be drained. Returns as t2m_drain_pass.
 */
apr_status_t t2m_drain_bury(t2m_drain_t *drain, apr_uint32_t slot, apr_uint64_t owner,
                            const t2m_drain_end_t *end, apr_time_t now, apr_int64_t monotonic);

/**
 * Names what was shed in gap lines, before the end: no line will come that they could stand before.
 * Returns as t2m_drain_pass.
 */
apr_status_t t2m_drain_tell(t2m_drain_t *drain, apr_time_t now);

/** Nonzero while a batch is begun and not done: its file refused it. */
int t2m_drain_pending(const t2m_drain_t *drain);

/** The files that refuse at present. */
apr_uint32_t t2m_drain_refusing(const t2m_drain_t *drain);

/** The lines that wait in spills, of one stream. */
apr_uint64_t t2m_drain_spilled(const t2m_drain_t *drain, t2m_stream_e stream);

/** Nonzero when any slot has records that are not written, or errors that are not counted. */
int t2m_drain_waiting(const t2m_drain_t *drain);

#endif
