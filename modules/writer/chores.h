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

/* The writer's second thread: everything that may wait for the disk or for somebody. It notices
 * files that were moved away, deletes and packs what retention says, watches the file system's
 * space, reads the token file, saves the error groups and serves the control socket. It never
 * writes a log file nor the board: what it finds out, the thread that writes takes over between two
 * batches.
 */
#ifndef T2M_WRITER_CHORES_H
#define T2M_WRITER_CHORES_H

#include <stdio.h>

#include "shared/tables.h"
#include "writer/drain.h"

typedef struct t2m_chores_t t2m_chores_t;

/**
 * Starts the thread. drain outlives it; of it the thread uses the slots' descriptor numbers, the
 * lock `names` and, as any reader does, the board's rows. Returns NULL when no thread is to be had:
 * the writer then works without.
 */
t2m_chores_t *t2m_chores_start(t2m_drain_t *drain);

/** Ends the thread, after at most one step of what it does. Harmless with NULL. */
void t2m_chores_stop(t2m_chores_t *chores);

/**
 * At the writer's end, after the last batch and t2m_chores_stop: saves the error groups when they
 * have changed. A failure goes to log, for nobody is left to pass a notice on. Harmless with NULL.
 */
void t2m_chores_groups_end(t2m_chores_t *chores, FILE *log);

/**
 * For the thread that writes, between two batches: hands the state of the files over and takes over
 * what the chores have found. Cheap when there is nothing new. While a batch is pending, because a
 * file refuses it, nothing is rotated; all else goes on. Returns nonzero when there was news.
 */
int t2m_chores_exchange(t2m_chores_t *chores, t2m_drain_t *drain);

/** A descriptor that is readable when there is news; -1 with NULL. */
int t2m_chores_fd(const t2m_chores_t *chores);

/** Nonzero when T2M_FD_DIRECTORY is a directory: without one, all goes to standard output, and the
 * number may be that of something else. */
int t2m_chores_has_directory(void);

/**
 * Lets T2M_FD_DIRECTORY be the directory that now stands under the path of T2MLogDir. Nonzero when
 * it was another one. A writer that follows one which was confined begins with this: what it got
 * may have been moved away.
 */
int t2m_chores_enter(const char *path);

#endif
