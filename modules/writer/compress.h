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

/* Packs a rotated file: name.N becomes name.N.gz or name.N.zst. Only the housekeeping thread.
 *
 *   name.N.gz.tmp is made and written   killed here: t2m_backups_clean removes it
 *   its time is set, it is synchronised
 *   it is renamed to name.M.gz          killed here: both are there; the next call compares them
 *   the directory is synchronised
 *   name.M is unlinked
 *
 * Another thread rotates meanwhile: it may raise the number of the file that is being packed from N
 * to M. Both renaming and unlinking are therefore done under the mutex that the rotation holds, on
 * the name under which the inode that was read then stands. That mutex is never held while data is
 * read, written or synchronised. The original goes only after all of the packed file is on the disk
 * under its name, and after any error it stays and the temporary goes.
 */
#ifndef T2M_WRITER_COMPRESS_H
#define T2M_WRITER_COMPRESS_H

#include <pthread.h>

#include <apr_errno.h>

#include "core/rotation.h"

typedef struct t2m_compress_t t2m_compress_t;

/** Asked between two steps; nonzero: give up. */
typedef int (*t2m_compress_stop_fn)(void *baton);

/** Nonzero when the build can pack so: zstd is optional. */
int t2m_compress_available(t2m_compression_e how);

/**
 * Begins to pack base.number of the open directory, which stays open as long as *job. lock: the
 * mutex of the rotation, or NULL when nothing else renames. base and lock are borrowed. Where the
 * number is there packed already, the job compares the two and removes the plain one if they are
 * alike. Fails with APR_ENOTIMPL for a compression that the build has not, APR_EINVAL for a file
 * that is not the writer's own, APR_EEXIST when something foreign has the packed name or the
 * temporary's, else with the system's error; *job is then NULL.
 */
apr_status_t t2m_compress_begin(t2m_compress_t **job, int directory, const char *base,
                                apr_uint32_t number, t2m_compression_e how, pthread_mutex_t *lock);

/**
 * One step of some milliseconds, but for the last ones, which wait for the disk. APR_SUCCESS: call
 * it again; APR_EOF: all is done. Else it failed and the original is as it was: APR_EBUSY when it
 * changed while it was read, APR_ENOENT when it went away, APR_EEXIST when a packed file with
 * other content has its name, or the system's error.
 */
apr_status_t t2m_compress_step(t2m_compress_t *job);

/** Ends the job, whether it is done or not: the temporary goes. Harmless with NULL. */
void t2m_compress_end(t2m_compress_t *job);

/**
 * All of it at once. stop may be NULL. Returns APR_SUCCESS, APR_EINTR when stop said so, or what
 * the step that failed returned.
 */
apr_status_t t2m_compress_file(int directory, const char *base, apr_uint32_t number,
                               t2m_compression_e how, pthread_mutex_t *lock,
                               t2m_compress_stop_fn stop, void *baton);

#endif
