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

/* Where the board has which error group: a private index of the writer over the rows of the board's
 * table, by a key that nobody outside knows. One thread. */
#ifndef T2M_WRITER_GROUP_INDEX_H
#define T2M_WRITER_GROUP_INDEX_H

#include "shared/board.h"

typedef struct t2m_group_index_t t2m_group_index_t;

/** An index of the rows that the board has now; NULL when there is no memory. Lives until exit. */
t2m_group_index_t *t2m_group_index_create(const t2m_board_t *board);

/** The number of the row of the group with that id (T2M_FINGERPRINT_SIZE digits); 0: none. */
apr_uint32_t t2m_group_index_find(const t2m_group_index_t *index, const char *id);

/** The row has been given to the group with that id; whose it was is not found any more. */
void t2m_group_index_set(t2m_group_index_t *index, apr_uint32_t row, const char *id);

/** Reads all rows anew: after t2m_board_undo, and when rows were restored. */
void t2m_group_index_refresh(t2m_group_index_t *index, const t2m_board_t *board);

#endif
