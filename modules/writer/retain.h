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

/* Carries out what core/retention decides: deletes and packs rotated files. Only the housekeeping
 * thread; the thread that drains rotates meanwhile. */
#ifndef T2M_WRITER_RETAIN_H
#define T2M_WRITER_RETAIN_H

#include <pthread.h>

#include <apr_errno.h>
#include <apr_time.h>

#include "core/retention.h"
#include "core/rotation.h"
#include "core/stream.h"

/* One log file. Everything is borrowed. */
typedef struct {
    int directory;    /* open */
    const char *base; /* its name there */
    t2m_stream_e stream;
    apr_uint64_t live_size;
    const t2m_rotation_t *policy;
} t2m_retain_file_t;

typedef struct {
    apr_time_t now;
    int steady;            /* t2m_retention_clock_steady */
    pthread_mutex_t *lock; /* what the rotation holds while it renames; NULL: nothing rotates */
    int (*stop)(void *baton); /* asked between files and between steps of packing; may be NULL */
    /* Told of each file that went, and of each that was packed (status APR_SUCCESS), and of each
     * that should have been. name: in the file's directory. May be NULL. */
    void (*deleted)(void *baton, const t2m_retain_file_t *file, const char *name,
                    const t2m_backup_t *backup, t2m_retention_reason_e reason,
                    apr_status_t status);
    void (*packed)(void *baton, const t2m_retain_file_t *file, const char *name,
                   apr_status_t status);
    void *baton;
} t2m_retain_t;

/**
 * Deletes what keep and age ask for, at most T2M_RETENTION_PER_RUN, then packs at most one file.
 * Each is checked again just before: a name that means another file by now, because it rotated
 * meanwhile, is left to the next call. *again (may be NULL) is set nonzero when another call would
 * have something to do at once. Returns the first failure, after having tried the others.
 */
apr_status_t t2m_retain_file(const t2m_retain_t *retain, const t2m_retain_file_t *file, int *again);

/**
 * Deletes backups of all files until their sum is at most limit bytes (0: no limit), in the order
 * of t2m_retention_total, at most T2M_RETENTION_PER_RUN. *total: the sum afterwards, also without
 * a limit. A base must not stand in the list twice. Returns the first failure, after having tried
 * the others; a file whose directory cannot be read counts with its live size.
 */
apr_status_t t2m_retain_total(const t2m_retain_t *retain, const t2m_retain_file_t *files,
                              apr_size_t count, apr_uint64_t limit, apr_uint64_t *total);

/**
 * Size of the file system that the open directory is on, and what an ordinary user may still write,
 * in bytes.
 */
apr_status_t t2m_disk_state(int directory, apr_uint64_t *size, apr_uint64_t *free_bytes);

#endif
