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

/* The error groups are brought into their file when they have changed, at most once a minute. */
#include "writer/chores_internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "shared/handover.h"
#include "writer/group_file.h"

enum { SAVE_US = 60000000 };

/* Where the file is to be, which another T2MLogDir changes. Zero when that directory is no more. */
static int find_directory(apr_uint64_t directory[2])
{
    struct stat information;

    if (!t2m_chores_has_directory() || fstat(T2M_FD_DIRECTORY, &information) != 0) {
        return 0;
    }
    directory[0] = (apr_uint64_t)information.st_dev;
    directory[1] = (apr_uint64_t)information.st_ino;
    return information.st_nlink > 0;
}

/* What a board that has seen no batch has of groups came from the file. A batch that is pending may
 * be in some rows, which then change no more when it is finished. */
void t2m_chores_groups_begin(t2m_chores_t *chores)
{
    const t2m_board_t *board = &chores->drain->board;

    if (board->header->done_batch == 0 && !t2m_drain_pending(chores->drain)
        && find_directory(chores->groups.directory)) {
        chores->groups.mark = t2m_group_file_mark(board);
    }
}

/* Whether there is something to save; *mark and directory are then those of now. */
static int has_changed(const t2m_chores_t *chores, apr_uint64_t *mark, apr_uint64_t directory[2])
{
    *mark = t2m_group_file_mark(&chores->drain->board);
    return *mark && find_directory(directory)
        && (*mark != chores->groups.mark
            || memcmp(directory, chores->groups.directory, sizeof(chores->groups.directory)) != 0);
}

/* A file of groups that are not ours is kept: T2MLogDir was changed, or was mounted late. */
static apr_status_t own_file(t2m_chores_t *chores)
{
    int aside;
    apr_status_t status = t2m_group_file_own(T2M_FD_DIRECTORY, &chores->drain->board, &aside);

    if (aside) {
        t2m_chores_notice(chores, T2M_LEVEL_WARNING, "T2M0225: there were other error groups in "
                          "%s already, which this server has not read; they are kept as %s.before",
                          T2M_GROUP_FILE, T2M_GROUP_FILE);
    }
    return status;
}

static apr_status_t save(t2m_chores_t *chores)
{
    apr_uint64_t mark, directory[2];
    apr_status_t status;

    if (!has_changed(chores, &mark, directory)) {
        return APR_SUCCESS;
    }
    status = own_file(chores);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = t2m_group_file_save(T2M_FD_DIRECTORY, &chores->drain->board);
    if (status == APR_SUCCESS) {
        chores->groups.mark = mark;
        memcpy(chores->groups.directory, directory, sizeof(directory));
    }
    return status;
}

/* Told once, until it works again: a full disk is told of by others as well. */
static void complain(t2m_chores_t *chores, apr_status_t status)
{
    if (status == APR_EAGAIN) {
        return; /* rows were changing all the time */
    }
    if (status != APR_SUCCESS && chores->groups.failed == APR_SUCCESS) {
        t2m_chores_notice(chores, T2M_LEVEL_WARNING, "T2M0223: the error groups cannot be written "
                          "to %s: %s; the next start of the server would not know them",
                          T2M_GROUP_FILE, strerror(status));
    }
    chores->groups.failed = status;
}

apr_int64_t t2m_chores_groups_next(const t2m_chores_t *chores, apr_int64_t monotonic)
{
    apr_uint64_t mark, directory[2];
    apr_int64_t gone = monotonic - chores->groups.tried;

    if (!has_changed(chores, &mark, directory)) {
        return APR_INT64_MAX;
    }
    return chores->groups.tried == 0 || gone >= SAVE_US ? 0 : SAVE_US - gone;
}

void t2m_chores_groups(t2m_chores_t *chores, apr_int64_t monotonic)
{
    if (chores->groups.tried && monotonic - chores->groups.tried < SAVE_US) {
        return;
    }
    if (t2m_chores_groups_next(chores, monotonic) == 0) {
        chores->groups.tried = monotonic;
        complain(chores, save(chores));
    }
}

void t2m_chores_groups_end(t2m_chores_t *chores, FILE *log)
{
    apr_status_t status = chores ? save(chores) : APR_SUCCESS;

    if (status != APR_SUCCESS) {
        (void)fprintf(log, "T2M0224: the error groups cannot be written to %s: %s; the next start "
                      "of the server does not know them\n", T2M_GROUP_FILE, strerror(status));
    }
}
