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

/* Whether an intent found on the board can be one that a writer left. Only a damaged memory or
 * another program's hand makes one that cannot: it is forgotten, and the rings are read again from
 * where the board says, so that a line may come twice but none is lost. */
#ifndef T2M_WRITER_INTENT_H
#define T2M_WRITER_INTENT_H

#include "shared/board.h"
#include "writer/batch.h"

/** Nonzero when every number of the intent, its steps and the undo row is within its limits. */
int t2m_intent_sound(const t2m_board_t *board);

/**
 * Nonzero when the steps are those of the batch, which was gathered and rendered again: the same
 * files with as many bytes and the same numbers, and as many verdicts.
 */
int t2m_intent_fits(const t2m_board_t *board, const t2m_batch_t *batch);

/** Forgets the intent and what was to be undone. */
void t2m_intent_forget(t2m_board_t *board);

#endif
