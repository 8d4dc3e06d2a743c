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

/* The rotated files of one log file, as they stand in its directory. Any thread. */
#ifndef T2M_WRITER_BACKUPS_H
#define T2M_WRITER_BACKUPS_H

#include <pthread.h>
#include <sys/stat.h>

#include <apr_errno.h>

#include "core/backup_name.h"
#include "core/retention.h"

enum { T2M_BACKUPS_MAX = 4096 };

/**
 * Nonzero for a file that the writer made: regular, with one name, its owner the user that the
 * writer runs as, and readable by that user. What is not stays untouched, whatever its name.
 */
int t2m_backups_own(const struct stat *information);

/**
 * Lists the backups of base in the open directory, the highest number first; of more than most (at
 * most T2M_BACKUPS_MAX) the lowest numbers are only counted. The directory's position is not
 * changed. Memory is bounded by most, whatever lies in the directory; t2m_backups_free gives it
 * back, also after a failure. Returns the system's error, ENOMEM included. While another thread
 * rotates, a file may be listed under the number it had or not at all.
 */
apr_status_t t2m_backups_list(int directory, const char *base, apr_size_t most,
                              t2m_listing_t *listing);

/** Gives back what t2m_backups_list took. */
void t2m_backups_free(t2m_listing_t *listing);

/**
 * The number under which the file with that inode now stands, once rotation has raised it from
 * number on by 64 at most; 0: it is not there, or no longer the writer's own. compression: how the
 * file is packed. Hold the lock that the rotation takes.
 */
apr_uint32_t t2m_backups_find(int directory, const char *base, apr_uint32_t number,
                              t2m_compression_e compression, apr_uint64_t inode);

/**
 * Renames without replacing: APR_EEXIST when to is there. Where the file system cannot do that at
 * once it is a link and an unlink, and a kill in between leaves both names.
 */
apr_status_t t2m_backups_rename(int directory, const char *from, const char *to);

/**
 * Mends what kills left of base. Temporaries of compressions go. A file that stood there plain and
 * packed when the rotation was killed between its two renames (.4 and .3.gz, of the same time) gets
 * one number again, so that it is read once and the next compression can compare the two; nothing
 * but a name changes. Only before the threads that compress and rotate start. Returns how many
 * temporaries went.
 */
apr_size_t t2m_backups_clean(int directory, const char *base);

/**
 * Deletes the backup if its name still means the file that was listed: same inode, size and time.
 * lock: the mutex that the rotation holds while it renames, NULL for none; it is held for the
 * check and the unlinking but not while the file system frees the blocks. Returns APR_ENOENT when
 * the name now means another file or none, else the system's error.
 */
apr_status_t t2m_backups_delete(int directory, const char *base, const t2m_backup_t *backup,
                                pthread_mutex_t *lock);

#endif
