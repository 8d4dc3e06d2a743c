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

/* What a batch does with errors: the two lines of a twin, verdicts, and what processes have counted
 * themselves. */
#include "writer/batch_internal.h"

#include <string.h>

#include "shared/suppressed.h"
#include "writer/quarantine.h"

enum { WORDS = T2M_SUPPRESSED + 1 };

/* ---- twins ----------------------------------------------------------------------------------- */

void t2m_batch_twin(const t2m_batch_t *batch, const t2m_merge_item_t *item,
                    t2m_batch_pair_t *pair)
{
    t2m_ring_record_t *app = &pair->records[0], *errors = &pair->records[1];

    pair->count = 2;
    pair->made = 0;
    *app = *errors = item->record;
    app->size = item->record.split;
    app->flags = item->record.flags & T2M_FACT_ASK;
    app->name_size = 0;
    app->value = 0;
    app->also = app->split = 0;
    errors->size = item->record.size - item->record.split;
    errors->file = item->record.also;
    errors->stream = T2M_STREAM_ERRORS;
    errors->flags = 0;
    errors->also = errors->split = 0;
    pair->positions[0] = batch->targets[item->slot] + sizeof(t2m_ring_record_t);
    pair->positions[1] = pair->positions[0] + app->size;
}

/* ---- verdicts -------------------------------------------------------------------------------- */

/* Their lines stand before that of the record which they come before. */
static void place(t2m_batch_t *batch, apr_uint32_t waiting)
{
    const t2m_suppressed_t *copy = &batch->repeats[waiting - 1];
    const t2m_ring_record_t record = { .stream = T2M_STREAM_ERRORS, .level = copy->level,
                                       .time = copy->last, .name_size = T2M_FINGERPRINT_SIZE };
    t2m_batch_line_t *line = t2m_batch_new_line(batch, T2M_BATCH_REPEATS, &record);

    line->slot = waiting - 1;
    line->position = batch->growth[waiting - 1];
    memcpy(batch->names[line - batch->lines], copy->id, sizeof(copy->id));
    batch->growth[waiting - 1] = 0;
    batch->repeats_left--;
}

apr_uint16_t t2m_batch_judge(t2m_batch_t *batch, const t2m_slots_t *slots, apr_uint32_t slot,
                             const t2m_ring_record_t *record, apr_uint64_t position)
{
    char id[T2M_FINGERPRINT_SIZE];
    apr_uint32_t first;
    apr_uint16_t verdict;

    if (record->stream != T2M_STREAM_ERRORS || record->name_size < T2M_FINGERPRINT_SIZE
        || record->flags & T2M_FACT_STATE) {
        return 0;
    }
    t2m_slots_copy(slots, slot, position + record->size, id, sizeof(id));
    if (record->size == 0 || t2m_batch_shed_reason(batch, record) != T2M_DROP_COUNT) {
        t2m_verdicts_count(batch->verdicts, id, record->time);
        return 0;
    }
    verdict = t2m_verdicts_decide(batch->verdicts, id, record->time, &first);
    for (; first; first = t2m_verdicts_next(batch->verdicts, first)) {
        place(batch, first);
    }
    return verdict;
}

/* ---- what processes count themselves --------------------------------------------------------- */

static const apr_uint64_t *before(const t2m_board_t *board, apr_uint32_t slot)
{
    return board->suppressed + slot * (apr_size_t)WORDS;
}

static apr_uint32_t changed(const apr_uint64_t *now, const apr_uint64_t *then)
{
    apr_uint32_t count = 0, i;

    for (i = 0; i < T2M_SUPPRESSED; i++) {
        count += now[i] != then[i];
    }
    return count;
}

/* Reads a slot's counts. Returns how many entries they are of; 0 also when there are too many for
 * this batch. */
static apr_uint32_t look(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                         apr_uint32_t slot, apr_uint32_t room, int again)
{
    const apr_uint64_t *then = before(board, slot);
    apr_uint64_t *now = batch->suppressed + slot * (apr_size_t)WORDS;
    apr_uint32_t count;

    if (again) {
        memcpy(now, board->suppressed_targets + slot * (apr_size_t)WORDS, WORDS * sizeof(*now));
    } else if (t2m_slots_owner(slots, slot) == 0 || t2m_quarantine_has(board, slots, slot)) {
        return 0;
    } else if (t2m_suppressed_counts(slots, slot, then, now)) {
        t2m_quarantine_put(board, slots, slot);
        return 0;
    }
    if (t2m_batch_is_still(now, then) || memcmp(now, then, WORDS * sizeof(*now)) == 0) {
        return 0;
    }
    count = changed(now, then);
    batch->grown[slot] = count <= room;
    return batch->grown[slot] ? count : 0;
}

/* What has no entry that can be read has grown by itself. Returns 0 then. */
static int copy_entries(t2m_batch_t *batch, const t2m_slots_t *slots, const t2m_board_t *board,
                        apr_uint32_t slot, int again)
{
    const apr_uint64_t *then = before(board, slot);
    const apr_uint64_t *now = batch->suppressed + slot * (apr_size_t)WORDS;
    apr_uint32_t at = batch->repeat_count, i;

    for (i = 0; i < T2M_SUPPRESSED; i++) {
        if (now[i] == then[i]) {
            continue;
        }
        if (at < T2M_BATCH_REPEATS_MAX
            && t2m_suppressed_entry(slots, slot, i, &batch->repeats[at])) {
            batch->growth[at++] = now[i] - then[i];
        } else if (!again) {
            return 0;
        }
    }
    for (i = batch->repeat_count; i < at; i++) {
        t2m_verdicts_wait(batch->verdicts, batch->repeats[i].id, batch->growth[i],
                          batch->repeats[i].last);
    }
    batch->repeats_left += at - batch->repeat_count;
    batch->repeat_count = at;
    return 1;
}

/* In the order of the slots, whichever was looked at first: made again they come in the same. */
static void take_grown(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                       apr_uint32_t slot, int again)
{
    if (!batch->grown[slot]) {
        return;
    }
    if (copy_entries(batch, slots, board, slot, again)) {
        batch->moves = 1;
    } else {
        batch->grown[slot] = 0;
        t2m_quarantine_put(board, slots, slot);
    }
}

void t2m_batch_repeats(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board, int again)
{
    apr_uint32_t room = T2M_BATCH_REPEATS_MAX, first = again ? 0 : batch->repeat_from, i;

    for (i = 0; i < batch->slot_count; i++) {
        apr_uint32_t slot = (first + i) % batch->slot_count;
        apr_uint32_t count = look(batch, slots, board, slot, room, again);

        room -= count;
        batch->repeat_from = count ? slot + 1 : batch->repeat_from; /* no slot waits for ever */
    }
    for (i = 0; i < batch->slot_count; i++) {
        take_grown(batch, slots, board, i, again);
    }
}

void t2m_batch_slot_repeats(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                            apr_uint32_t slot, int again)
{
    (void)look(batch, slots, board, slot, T2M_SUPPRESSED, again);
    take_grown(batch, slots, board, slot, again);
}

void t2m_batch_place_repeats(t2m_batch_t *batch)
{
    apr_uint32_t i;

    for (i = 1; batch->repeats_left && i <= batch->repeat_count; i++) {
        if (batch->growth[i - 1]) {
            place(batch, i);
        }
    }
}
