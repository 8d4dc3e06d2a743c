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

/* The third thread: brings lines to the disk itself (T2MLogSync), so that however long a disk takes
 * the one that writes never waits for it. There is one such thread: while one disk hangs, files on
 * other disks are not synchronised either. */
#ifndef T2M_WRITER_SYNC_H
#define T2M_WRITER_SYNC_H

#include <apr_errno.h>

#include "shared/settings.h"

/* All functions but t2m_sync_start take NULL and do nothing then: without the thread the system
 * writes back when it likes. All are for one thread, the one that writes; none waits for a disk
 * but t2m_sync_stop. A file is known by its number in the settings. */
typedef struct t2m_sync_t t2m_sync_t;

/** Starts the thread. NULL: there is none to be had. */
t2m_sync_t *t2m_sync_start(void);

/**
 * Lines were written to fd, the file's. They are on the disk as soon as may be with T2M_SYNC_BATCH
 * or when urgent, within a second with T2M_SYNC_SECOND; T2M_SYNC_NONE does nothing. Many calls
 * before the disk is ready cost one synchronisation. A descriptor of its own is kept until
 * t2m_sync_closed, so that the file may be closed at any time. What cannot be synchronised, a
 * pipe or a terminal, is left alone.
 */
void t2m_sync_written(t2m_sync_t *sync, apr_uint32_t file, int fd, t2m_sync_e how, int urgent);

/**
 * The file is closed, or was moved away and another is opened in its place: before the first
 * t2m_sync_written of that one. Lines that are not on the disk yet are still brought there.
 */
void t2m_sync_closed(t2m_sync_t *sync, apr_uint32_t file);

/**
 * Names in the directory have changed (a file of it was made or rotated): the directory is
 * synchronised after all that was given up before. directory may be closed at once.
 */
void t2m_sync_directory(t2m_sync_t *sync, apr_uint32_t file, int directory);

/**
 * Takes a failure: returns its error and the number of its file; APR_SUCCESS when there is
 * none. A failure is final: the system may have forgotten lines that it could not write, and would
 * call the next attempt a success. So the file is not synchronised again before t2m_sync_closed.
 * *reopen: whether it is still open, and to be opened anew for that.
 */
apr_status_t t2m_sync_failed(t2m_sync_t *sync, apr_uint32_t *file, int *reopen);

/** Brings to the disk what is not there yet, ends the thread and frees all. */
void t2m_sync_stop(t2m_sync_t *sync);

#endif
