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

/* The rename chain: access.log becomes access.log.1, what was .1 becomes .2, and so on.
 *
 *     access.log   .1   .2.gz   (3 is free)   .4.gz        the first gap ends the chain: .4.gz
 *               \    \       \                             stays where it is
 *     (none)     .1   .2      .3.gz           .4.gz
 *
 * It goes from the highest number to the lowest, one rename at a time, and never onto a name that
 * exists. So a writer that is killed between two of them leaves a gap, and the next call ends
 * there: nothing is lost, overwritten or put out of order, and the numbers are those that the
 * killed call would have left.
 *
 * Ours is a regular file of the writer's user that its owner may read, with one name, called
 * NAME.N, NAME.N.gz or NAME.N.zst (N without leading zeros). NAME.N and NAME.N.gz together, which
 * a crash between compressing and deleting leaves, move together; should the writer be killed once
 * more between these two renames, t2m_backups_clean brings them together again.
 *
 * Anything else under such a name (a directory, a link, another user's file) is foreign: its number
 * is left out, as is the number of a file that cannot be moved (an immutable one). The chain goes
 * round it and touches it never. Other names (NAME.1.bak, NAME.01, NAME.2~) are not even looked at.
 * Two of these names for one file are what t2m_rotate_mend describes: the higher one goes.
 */
#ifndef T2M_WRITER_ROTATE_H
#define T2M_WRITER_ROTATE_H

#include <apr_errno.h>

enum { T2M_ROTATE_MAX = 999999 }; /* the highest number */

/**
 * Moves the live file name in the open directory to the lowest number that is not foreign, normally
 * 1, after what must make room for it. Makes no new live file. The descriptor that is open on the
 * live file stays good.
 *
 * Returns APR_SUCCESS when the live file has its number. Otherwise it is still there, to be written
 * on, and a later call goes on from where this one stopped: ENOENT (there is none: nothing was
 * moved), EMLINK (it is no regular file or has a second name), EPERM (another user's), EINVAL (name
 * is empty or has a slash), ENAMETOOLONG, EEXIST (somebody put a file in the way meanwhile), ERANGE
 * (no number is left), EAGAIN (a thousand files cannot be moved), ENOMEM, or the system's error
 * (ENOSPC, EACCES, EROFS, ...).
 *
 * One thread at a time for one directory; whoever compresses, renames or deletes numbered files
 * there waits meanwhile. Costs three fstatat for each number up to the first gap and a rename for
 * each file.
 */
apr_status_t t2m_rotate_chain(int directory, const char *name);

/**
 * Undoes what a kill leaves where the file system has no RENAME_NOREPLACE and a move is a link and
 * an unlink: the live file under two names. To be called before the live file is opened, since one
 * with a second name is refused; t2m_rotate_chain does it too. Returns APR_SUCCESS when there was
 * nothing to do, also without a live file.
 */
apr_status_t t2m_rotate_mend(int directory, const char *name);

/**
 * Makes the renames outlast a loss of power: fsync of the directory, which may take long, so by
 * a thread that nobody waits for. A file system that has no such thing counts as success.
 */
apr_status_t t2m_rotate_sync(int directory);

#endif
