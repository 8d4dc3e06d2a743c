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

/* Slots that are not read any more: their process has put there what no honest one can. It lasts
 * until that process is gone; its lines until then are lost, and no other's. The thread that writes
 * alone calls all of this. */
#ifndef T2M_WRITER_QUARANTINE_H
#define T2M_WRITER_QUARANTINE_H

#include "shared/board.h"
#include "shared/slots.h"

/** Nonzero when the slot's present owner is in quarantine. */
int t2m_quarantine_has(const t2m_board_t *board, const t2m_slots_t *slots, apr_uint32_t slot);

/** Puts the slot's present owner there, counts it and tells the administrator; again: nothing. */
void t2m_quarantine_put(t2m_board_t *board, const t2m_slots_t *slots, apr_uint32_t slot);

/** Frees a slot whose owner is gone, in quarantine or not, for the next one. */
void t2m_quarantine_free(t2m_board_t *board, t2m_slots_t *slots, apr_uint32_t slot,
                         apr_uint64_t owner);

#endif
