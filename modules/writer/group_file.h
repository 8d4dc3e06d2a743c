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

/* The error groups in the log directory, so that a server that is stopped and started knows them:
 * the file T2M_GROUP_FILE, one JSON object a line. The first says what it is, each other one is a
 * row (group_json.h), the last has the SHA-256 of all before it. */
#ifndef T2M_WRITER_GROUP_FILE_H
#define T2M_WRITER_GROUP_FILE_H

#include <apr_errno.h>

#include "shared/board.h"

enum { T2M_GROUP_FILE_VERSION = 1, T2M_GROUP_FILE_MAX = 67108864 /* bytes that are read */ };

/** A number that changes with each change of a group; 0: there never was one. Any thread. */
apr_uint64_t t2m_group_file_mark(const t2m_board_t *board);

/**
 * Writes the groups that the board has into the directory (a descriptor), atomically and to the
 * disk itself. Rows are read as everyone reads them: any thread or process. Returns APR_EAGAIN when
 * a row keeps changing, APR_ENOMEM, or the system's error; the file is then as it was.
 */
apr_status_t t2m_group_file_save(int directory, const t2m_board_t *board);

/**
 * Reads the groups into a new board; for the writer's first thread, before its first batch. Does
 * nothing with a board that was asked before or has seen a batch. A writer that is killed meanwhile
 * leaves all of it to the next one. Returns APR_SUCCESS and the number of groups, or APR_ENOENT
 * when there is no file. With *why (valid until strerror is called again) the file cannot be used:
 * it is damaged, of another version or unreadable. It then has the name T2M_GROUP_FILE.damaged,
 * with APR_EINVAL, or could not get it, with the system's error; no row has changed.
 */
apr_status_t t2m_group_file_load(int directory, t2m_board_t *board, unsigned *groups,
                                 const char **why);

/**
 * To be called before the groups are saved: a file in the directory that has those of others, since
 * this board's were neither read from there nor saved there before, gets the name
 * T2M_GROUP_FILE.before. Sets *aside when it did. Returns the system's error when it cannot; the
 * file would then be lost by saving. Not by two threads at once.
 */
apr_status_t t2m_group_file_own(int directory, t2m_board_t *board, int *aside);

/**
 * Reads size bytes, which may be any, as the file's into rows of board, which has no groups.
 * Returns NULL and the number of groups, or what is wrong with them; then no row has changed.
 */
const char *t2m_group_file_read(const char *bytes, apr_size_t size, t2m_board_t *board,
                                unsigned *groups);

#endif
