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

/* Adds what a batch has written to the board's tables. Each row is changed at most once for
 * a batch's number, so that a batch that is done again after a kill counts once. One thread. */
#ifndef T2M_WRITER_FOLD_H
#define T2M_WRITER_FOLD_H

#include "shared/board.h"
#include "writer/batch.h"
#include "writer/group_index.h"

typedef struct t2m_fold_t t2m_fold_t; /* working memory */

/** NULL when there is no memory. Lives until the exit. */
t2m_fold_t *t2m_fold_create(void);

/**
 * Folds the batch, which is rendered, under its number (> 0). groups: what the board has now; knows
 * the rows that change hands. Of the settings it takes T2MLogRepeat: those that the batch was made
 * by.
 */
void t2m_fold(t2m_fold_t *fold, t2m_board_t *board, t2m_group_index_t *groups,
              const t2m_settings_t *settings, const t2m_batch_t *batch, apr_uint64_t number);

#endif
