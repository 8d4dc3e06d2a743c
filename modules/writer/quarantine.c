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

/* See quarantine.h. */
#include "writer/quarantine.h"

#include <stdio.h>

#include "shared/atomic.h"
#include "shared/suppressed.h"

static apr_uint64_t owner_of(const t2m_slots_t *slots, apr_uint32_t slot)
{
    return t2m_slots_owner(slots, slot) & ~T2M_OWNER_STOPPED;
}

int t2m_quarantine_has(const t2m_board_t *board, const t2m_slots_t *slots, apr_uint32_t slot)
{
    return board->quarantine[slot] != 0 && board->quarantine[slot] == owner_of(slots, slot);
}

void t2m_quarantine_put(t2m_board_t *board, const t2m_slots_t *slots, apr_uint32_t slot)
{
    apr_uint64_t owner = owner_of(slots, slot);
    char text[T2M_NOTICE_SIZE];

    if (owner == 0 || board->quarantine[slot] == owner) {
        return;
    }
    t2m_store(&board->quarantine[slot], owner);
    board->header->quarantined++;
    (void)snprintf(text, sizeof(text), "T2M0214: process %d has spoiled its memory of log records: "
                   "nothing more is read from it until it ends", t2m_slots_owner_pid(owner));
    t2m_board_notice(board, T2M_LEVEL_CRITICAL, text);
}

/* Also of a slot that was read to its end: a table whose total stays is not looked at, and what was
 * spoiled there would be the next owner's. */
static void mend_suppressed(const t2m_board_t *board, t2m_slots_t *slots, apr_uint32_t slot,
                            apr_uint64_t owner)
{
    if (owner_of(slots, slot) == (owner & ~T2M_OWNER_STOPPED)) {
        t2m_suppressed_mend(slots, slot,
                            board->suppressed + slot * (apr_size_t)(T2M_SUPPRESSED + 1));
    }
}

void t2m_quarantine_free(t2m_board_t *board, t2m_slots_t *slots, apr_uint32_t slot,
                         apr_uint64_t owner)
{
    if (board->quarantine[slot] != 0 && t2m_slots_owner(slots, slot) == owner) {
        t2m_slots_mend(slots, slot, board->heads[slot],
                       board->drops + slot * (apr_size_t)T2M_DROPS);
    }
    mend_suppressed(board, slots, slot, owner);
    t2m_slots_free(slots, slot, owner);
    if (board->quarantine[slot] == (owner & ~T2M_OWNER_STOPPED)) {
        t2m_store(&board->quarantine[slot], 0);
    }
}
