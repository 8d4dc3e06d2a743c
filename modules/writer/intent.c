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

/* See intent.h; layout.h draws the board. */
#include "writer/intent.h"

#include "shared/atomic.h"

static int step_is_sound(const t2m_intent_step_t *step)
{
    return step->file < T2M_FILES_MAX && step->way <= T2M_WAY_SHED && step->spill <= T2M_SPILLS
        && step->bytes <= T2M_BATCH_BYTES && step->taken <= step->bytes
        && step->offset <= APR_INT64_MAX - T2M_BATCH_BYTES && step->shed_reason < T2M_DROP_COUNT
        && (step->way != T2M_WAY_SPILL
            || (step->spill > 0 && step->spill_offset <= T2M_SPILL_SIZE - step->bytes));
}

/* Rings are read forwards, and never by more than they hold; drops are only added to. */
static int targets_are_sound(const t2m_board_t *board)
{
    apr_size_t drops = board->geometry.slot_count * (apr_size_t)T2M_DROPS, i;

    for (i = 0; i < board->geometry.slot_count; i++) {
        if (board->targets[i] - board->heads[i] > board->geometry.ring_size) {
            return 0;
        }
    }
    for (i = 0; i < drops; i++) {
        if (board->drop_targets[i] < board->drops[i]) {
            return 0;
        }
    }
    return 1;
}

static int undo_is_sound(const t2m_board_t *board)
{
    apr_uint64_t size = board->undo->size, offset = board->undo->offset;

    if (size > T2M_UNDO_MAX || offset > board->map.undo - size) {
        return 0;
    }
    return size == 0
        || (size >= sizeof(t2m_row_t) && offset % sizeof(apr_uint64_t) == 0
            && offset >= board->map.totals);
}

/* Counts of suppressed errors only grow; those of a slot that stays are not looked at. */
static int suppressed_are_sound(const t2m_board_t *board)
{
    apr_uint32_t slot, i;

    for (slot = 0; slot < board->geometry.slot_count; slot++) {
        const apr_uint64_t *now = board->suppressed + slot * (apr_size_t)(T2M_SUPPRESSED + 1);
        const apr_uint64_t *then
            = board->suppressed_targets + slot * (apr_size_t)(T2M_SUPPRESSED + 1);

        for (i = 0; !t2m_batch_is_still(now, then) && i < T2M_SUPPRESSED; i++) {
            if (then[i] < now[i]) {
                return 0;
            }
        }
    }
    return 1;
}

int t2m_intent_sound(const t2m_board_t *board)
{
    const t2m_intent_t *intent = &board->header->intent;
    apr_uint32_t i;

    if (!undo_is_sound(board) || intent->phase > T2M_INTENT_ADVANCE) {
        return 0;
    }
    if (intent->phase == T2M_INTENT_NONE) {
        return 1;
    }
    if (intent->step_count > T2M_FILES_MAX || intent->verdict_count > T2M_VERDICTS
        || (intent->bury_owner && intent->bury_slot >= board->geometry.slot_count)) {
        return 0;
    }
    for (i = 0; i < intent->step_count; i++) {
        if (!step_is_sound(&board->steps[i])) {
            return 0;
        }
    }
    return targets_are_sound(board) && suppressed_are_sound(board);
}

int t2m_intent_fits(const t2m_board_t *board, const t2m_batch_t *batch)
{
    const t2m_batch_part_t *parts;
    const apr_uint64_t *verdicts;
    apr_uint32_t count = t2m_batch_parts(batch, &parts), i;

    if (count != board->header->intent.step_count
        || t2m_batch_verdicts(batch, &verdicts) != board->header->intent.verdict_count) {
        return 0;
    }
    for (i = 0; i < count; i++) {
        const t2m_intent_step_t *step = &board->steps[i];

        if (step->file != parts[i].file || step->bytes != parts[i].size
            || step->seq_after != parts[i].seq) {
            return 0;
        }
    }
    return 1;
}

void t2m_intent_forget(t2m_board_t *board)
{
    t2m_store(&board->undo->size, 0);
    board->undo->offset = 0;
    t2m_store(&board->header->intent.phase, T2M_INTENT_NONE);
}
