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

/* Gathering by time and grouping by file; batch_exchange.c makes the two lines of an exchange,
 * batch_errors.c sees to what is special about errors, batch_made.c gathers the writer's own lines,
 * batch_render.c makes the bytes. */
#include "writer/batch_internal.h"

#include <stdlib.h>
#include <string.h>

#include "writer/quarantine.h"

enum { AHEAD = 1024 }; /* bytes of an exchange that the processor is asked for */

static void destroy(t2m_batch_t *batch)
{
    free(batch->merge);
    free(batch->targets);
    free(batch->taken);
    free(batch->drops);
    free(batch->suppressed);
    free(batch->grown);
    free(batch->verdicts);
    free(batch);
}

t2m_batch_t *t2m_batch_create(const t2m_geometry_t *geometry)
{
    t2m_batch_t *batch = calloc(1, sizeof(*batch));
    apr_size_t count = geometry->slot_count;

    if (!batch) {
        return NULL;
    }
    batch->slot_count = geometry->slot_count;
    batch->start.second = -1;
    batch->merge = t2m_merge_create(geometry->slot_count);
    batch->targets = calloc(count, sizeof(*batch->targets));
    batch->taken = calloc(count, sizeof(*batch->taken));
    batch->drops = calloc(count * T2M_DROPS, sizeof(*batch->drops));
    batch->suppressed = calloc(count * (T2M_SUPPRESSED + 1), sizeof(*batch->suppressed));
    batch->grown = calloc(count, 1);
    batch->verdicts = t2m_verdicts_create();
    if (!batch->merge || !batch->targets || !batch->taken || !batch->drops || !batch->suppressed
        || !batch->grown || !batch->verdicts) {
        destroy(batch);
        return NULL;
    }
    return batch;
}

void t2m_batch_use(t2m_batch_t *batch, const t2m_group_index_t *groups)
{
    t2m_verdicts_use(batch->verdicts, groups);
}

void t2m_batch_start(t2m_batch_t *batch, const t2m_board_t *board,
                     const t2m_repeat_rule_t *rule, const t2m_intent_t *again)
{
    apr_uint32_t i;

    for (i = 0; i < batch->part_count; i++) {
        batch->part_of[batch->parts[i].file] = 0;
    }
    for (i = 0; i < T2M_STREAM_COUNT; i++) {
        batch->first_of[i] = batch->last_of[i] = T2M_BATCH_LINES;
    }
    batch->line_count = 0;
    batch->part_count = 0;
    batch->room = 0;
    batch->made_size = 0;
    batch->moves = 0;
    batch->asks = 0;
    batch->silenced = 0;
    batch->shed = 0;
    batch->limits = NULL;
    batch->files = board->files;
    batch->spills = board->header->spills;
    memset(batch->taken, 0, batch->slot_count * sizeof(*batch->taken));
    memcpy(batch->targets, board->heads, batch->slot_count * sizeof(*batch->targets));
    memcpy(batch->drops, board->drops,
           batch->slot_count * (apr_size_t)T2M_DROPS * sizeof(*batch->drops));
    memset(batch->grown, 0, batch->slot_count);
    batch->repeat_count = 0;
    batch->repeats_left = 0;
    t2m_verdicts_begin(batch->verdicts, board, rule, again);
    batch->before = board->header->done_moment;
}

static apr_uint32_t part_for(t2m_batch_t *batch, apr_uint32_t file)
{
    t2m_batch_part_t *part;

    if (batch->part_of[file] == 0) {
        part = &batch->parts[batch->part_count++];
        memset(part, 0, sizeof(*part));
        part->file = file;
        batch->part_of[file] = batch->part_count;
    }
    return batch->part_of[file] - 1;
}

t2m_batch_line_t *t2m_batch_new_line(t2m_batch_t *batch, t2m_batch_kind_e kind,
                                     const t2m_ring_record_t *record)
{
    apr_uint32_t i = batch->line_count++, *last = &batch->last_of[record->stream];
    t2m_batch_line_t *line = &batch->lines[i];

    memset(line, 0, sizeof(*line));
    line->kind = (apr_uint16_t)kind;
    line->record = *record;
    line->next = T2M_BATCH_LINES;
    *(*last == T2M_BATCH_LINES ? &batch->first_of[record->stream]
                               : &batch->lines[*last].next) = i;
    *last = i;
    return line;
}

static t2m_batch_line_t *place_line(t2m_batch_t *batch, apr_uint32_t file, t2m_batch_kind_e kind,
                                    const t2m_ring_record_t *record)
{
    t2m_batch_line_t *line = t2m_batch_new_line(batch, kind, record);
    t2m_batch_part_t *part;

    line->part = part_for(batch, file);
    line->last = kind == T2M_BATCH_LAST_REQUEST;
    part = &batch->parts[line->part];
    part->lines++;
    part->records += kind != T2M_BATCH_GAP;
    part->urgent |= record->level == T2M_LEVEL_CRITICAL;
    part->room += record->size + T2M_LINE_TAIL;
    batch->room += record->size + T2M_LINE_TAIL;
    return line;
}

static void place_gap(t2m_batch_t *batch, apr_uint32_t file, unsigned char stream,
                      t2m_drop_e reason, apr_uint64_t count)
{
    t2m_ring_record_t record = { 0 };
    t2m_batch_line_t *line;

    record.size = T2M_LINE_MIN;
    record.stream = stream;
    record.level = T2M_LEVEL_ERROR;
    record.time = batch->moment;
    line = place_line(batch, file, T2M_BATCH_GAP, &record);
    line->reason = (apr_uint32_t)reason;
    line->position = count;
    batch->parts[line->part].records += t2m_batch_takes_numbers(reason) ? count : 0;
}

void t2m_batch_place_shed_gap(t2m_batch_t *batch, apr_uint32_t file, unsigned char stream)
{
    const t2m_board_file_t *row = &batch->files[file];

    place_gap(batch, file, stream, (t2m_drop_e)row->shed_reason, row->shed);
}

/* Before the first line of a file that was not written to for a while stands what was left out. */
static t2m_batch_line_t *add_line(t2m_batch_t *batch, apr_uint32_t file, t2m_batch_kind_e kind,
                                     const t2m_ring_record_t *record)
{
    const t2m_batch_part_t *part = &batch->parts[part_for(batch, file)];

    if (part->lines == 0 && batch->files[file].shed) {
        t2m_batch_place_shed_gap(batch, file, record->stream);
    }
    return place_line(batch, file, kind, record);
}

/* Whether a file that refuses takes so many bytes all the same, into its spill. Once something was
 * shed the gap that names it must come first. */
static int spill_takes(const t2m_batch_t *batch, const t2m_batch_part_t *part, apr_uint32_t size)
{
    const t2m_board_file_t *row = &batch->files[part->file];

    return row->spill && row->shed == 0 && part->shed == 0
        && batch->spills[row->spill - 1].size + part->room + size + T2M_LINE_TAIL
               <= T2M_SPILL_SIZE;
}

t2m_drop_e t2m_batch_shed_reason(const t2m_batch_t *batch, const t2m_ring_record_t *record)
{
    const t2m_batch_part_t none = { .file = record->file };

    if (batch->shed >> record->stream & 1) {
        return T2M_DROP_SHED;
    }
    if (batch->files[record->file].error
        && !spill_takes(batch, batch->part_of[record->file]
                                   ? &batch->parts[batch->part_of[record->file] - 1] : &none,
                        record->size)) {
        return T2M_DROP_REFUSED;
    }
    return T2M_DROP_COUNT;
}

static void count_shed(t2m_batch_part_t *part, apr_uint64_t count, t2m_drop_e reason)
{
    if (part->shed == 0) {
        part->shed_reason = reason;
    }
    part->shed += count;
}

/* Whether so many lines of size bytes in all, each with a gap before it, still fit beside the lines
 * that have to come. */
static int lines_fit(const t2m_batch_t *batch, apr_uint32_t count, apr_size_t size)
{
    return batch->line_count + batch->repeats_left + 2 * count <= T2M_BATCH_LINES
        && batch->room + size + count * (apr_size_t)(T2M_LINE_MIN + 2 * T2M_LINE_TAIL)
               <= T2M_BATCH_BYTES;
}

int t2m_batch_has_room(const t2m_batch_t *batch, apr_uint32_t size)
{
    return lines_fit(batch, 1, size);
}

/* A file takes one record over its limit and no more. size: with what ends its lines. */
static int fits_file(const t2m_batch_t *batch, apr_uint32_t file, apr_size_t size)
{
    const t2m_batch_part_t *part;

    if (!batch->limits || file >= T2M_FILES_MAX || batch->part_of[file] == 0) {
        return 1;
    }
    part = &batch->parts[batch->part_of[file] - 1];
    return part->lines == 0 || part->room + size <= batch->limits[file];
}

static int record_fits(const t2m_batch_t *batch, const t2m_ring_record_t *record)
{
    return lines_fit(batch, 1, record->size)
        && fits_file(batch, record->file, record->size + T2M_LINE_TAIL);
}

/* Both lines or none: they are one record of the ring. */
static int pair_fits(const t2m_batch_t *batch, const t2m_batch_pair_t *pair)
{
    const t2m_ring_record_t *access = &pair->records[0], *other = &pair->records[1];
    apr_size_t size = access->size + T2M_LINE_TAIL, more = other->size + T2M_LINE_TAIL;

    if (pair->count == 1) {
        return record_fits(batch, access);
    }
    return lines_fit(batch, pair->count, access->size + (apr_size_t)other->size)
        && (access->file == other->file
                ? fits_file(batch, access->file, size + more)
                : fits_file(batch, access->file, size) && fits_file(batch, other->file, more));
}

/* Asks for what follows a record, which is looked at once it is the earliest. */
static void fetch_behind(const t2m_slots_t *slots, const t2m_merge_item_t *item,
                         apr_uint64_t position)
{
    const t2m_ring_record_t *record = &item->record;
    apr_uint32_t size = record->size + record->name_size;

    t2m_slots_fetch(slots, item->slot, item->next, sizeof(*record)); /* the one after it */
    if (record->flags & T2M_FACT_EXCHANGE) {
        t2m_slots_fetch(slots, item->slot, position + sizeof(*record), size < AHEAD ? size : AHEAD);
    }
}

static void give_up(t2m_batch_trouble_t *trouble, t2m_board_t *board, const t2m_slots_t *slots,
                    apr_uint32_t slot)
{
    trouble->corrupt++;
    t2m_quarantine_put(board, slots, slot);
}

/* Finds the slot's next record. Returns 0 when the batch has no more of the slot. */
static int find_next(const t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                     t2m_merge_item_t *item, t2m_batch_trouble_t *trouble)
{
    apr_uint64_t position = batch->targets[item->slot];

    if (position == item->end || batch->taken[item->slot] >= T2M_BATCH_SLOT_BYTES) {
        return 0;
    }
    item->next = t2m_slots_record(slots, item->slot, position, item->end, &item->record);
    if (item->next == 0) {
        give_up(trouble, board, slots, item->slot);
        return 0;
    }
    fetch_behind(slots, item, position);
    return 1;
}

t2m_batch_line_t *t2m_batch_line_for(t2m_batch_t *batch, t2m_batch_kind_e kind,
                                     const t2m_ring_record_t *record)
{
    t2m_drop_e reason = record->size ? t2m_batch_shed_reason(batch, record) : T2M_DROP_COUNT;
    t2m_batch_line_t *line;

    if (record->size && reason == T2M_DROP_COUNT) {
        return add_line(batch, record->file, kind, record);
    }
    line = t2m_batch_new_line(batch, record->size ? T2M_BATCH_SHED : T2M_BATCH_COUNT, record);
    line->last = kind == T2M_BATCH_LAST_REQUEST;
    if (record->size) {
        line->reason = (apr_uint32_t)reason;
        line->part = part_for(batch, record->file);
        count_shed(&batch->parts[line->part], 1, reason);
    }
    return line;
}

/* Where a record's line is, and what becomes of it. */
typedef struct {
    apr_uint32_t slot;
    apr_uint16_t made;
    apr_uint16_t verdict; /* 0: none was asked for */
    apr_uint64_t position;
} place_t;

static int is_unknown(const t2m_ring_record_t *record, const t2m_settings_t *settings)
{
    return record->size && record->file >= settings->file_count;
}

static void take_line(t2m_batch_t *batch, const t2m_ring_record_t *record, const place_t *place,
                      const t2m_settings_t *settings, t2m_batch_trouble_t *trouble)
{
    t2m_batch_line_t *line;

    if (is_unknown(record, settings)) {
        trouble->unknown_file++;
        return;
    }
    line = t2m_batch_is_held(batch, place->verdict)
               ? t2m_batch_new_line(batch, T2M_BATCH_HELD, record)
               : t2m_batch_line_for(batch, T2M_BATCH_RECORD, record);
    line->slot = place->slot;
    line->position = place->position;
    line->made = place->made;
    line->verdict = place->verdict;
}

static void take_pair(t2m_batch_t *batch, apr_uint32_t slot, const t2m_batch_pair_t *pair,
                      apr_uint16_t verdict, const t2m_settings_t *settings,
                      t2m_batch_trouble_t *trouble)
{
    apr_uint32_t i;

    for (i = 0; i < pair->count; i++) {
        const place_t place = { slot, pair->made != 0, verdict, pair->positions[i] };

        take_line(batch, &pair->records[i], &place, settings, trouble);
    }
}

static void step_over(t2m_batch_t *batch, const t2m_merge_item_t *item)
{
    batch->asks |= item->record.flags & T2M_FACT_ASK;
    batch->taken[item->slot] += item->next - batch->targets[item->slot];
    batch->targets[item->slot] = item->next;
    batch->moves = 1;
}

/* Drops are counted by stream: its first file, the main server's, tells of them. Another server may
 * have the place of one that is retired. */
apr_uint32_t t2m_batch_main_file(const t2m_settings_t *settings, int stream)
{
    apr_uint32_t file, found = T2M_FILES_MAX;

    for (file = settings->file_count; file > 0; file--) {
        const t2m_settings_file_t *one = &settings->files[file - 1];

        if (one->stream == stream && (!one->retired || found == T2M_FILES_MAX)) {
            found = file - 1;
        }
    }
    return found;
}

static void add_dropped(t2m_batch_t *batch, apr_uint32_t part, int drop, apr_uint64_t count)
{
    const t2m_ring_record_t record = { .stream = (unsigned char)(drop / T2M_DROP_COUNT) };
    t2m_batch_line_t *line = t2m_batch_new_line(batch, T2M_BATCH_DROPPED, &record);

    line->part = part;
    line->position = count;
    line->reason = (apr_uint32_t)(drop % T2M_DROP_COUNT);
    count_shed(&batch->parts[part], count, T2M_DROP_REFUSED);
}

static void add_gap(t2m_batch_t *batch, const t2m_settings_t *settings, int drop,
                    apr_uint64_t count)
{
    int stream = drop / T2M_DROP_COUNT;
    apr_uint32_t file = t2m_batch_main_file(settings, stream), part;

    batch->moves = 1;
    if (file == T2M_FILES_MAX) {
        return;
    }
    part = part_for(batch, file);
    if (batch->files[file].error && !spill_takes(batch, &batch->parts[part], T2M_LINE_MIN)) {
        add_dropped(batch, part, drop, count);
        return;
    }
    if (batch->parts[part].lines == 0 && batch->files[file].shed) {
        t2m_batch_place_shed_gap(batch, file, (unsigned char)stream);
    }
    place_gap(batch, file, (unsigned char)stream, (t2m_drop_e)(drop % T2M_DROP_COUNT), count);
}

/* One line for each stream and reason, before the records that found room again. */
static void gather_drops(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                         const t2m_settings_t *settings, int again)
{
    apr_uint64_t count[T2M_DROPS] = { 0 };
    apr_uint32_t slot;
    int drop;

    for (slot = 0; slot < batch->slot_count; slot++) {
        apr_uint64_t *now = batch->drops + slot * (apr_size_t)T2M_DROPS;
        const apr_uint64_t *before = board->drops + slot * (apr_size_t)T2M_DROPS;

        if (again) {
            memcpy(now, board->drop_targets + slot * (apr_size_t)T2M_DROPS,
                   T2M_DROPS * sizeof(*now));
        } else if (!t2m_quarantine_has(board, slots, slot)
                   && t2m_slots_dropped(slots, slot, before, now)) {
            t2m_quarantine_put(board, slots, slot);
        }
        for (drop = 0; drop < T2M_DROPS; drop++) {
            count[drop] += now[drop] - before[drop];
        }
    }
    for (drop = 0; drop < T2M_DROPS; drop++) {
        if (count[drop]) {
            add_gap(batch, settings, drop, count[drop]);
        }
    }
}

/* How far a slot is read: not at all when it is in quarantine or free. */
static apr_uint64_t end_of(const t2m_slots_t *slots, t2m_board_t *board, apr_uint32_t slot,
                           t2m_batch_trouble_t *trouble)
{
    if (t2m_slots_owner(slots, slot) == 0) { /* drained: whoever writes there now is no owner */
        return board->heads[slot];
    }
    if (!t2m_quarantine_has(board, slots, slot)
        && t2m_slots_check(slots, slot, board->heads[slot])) {
        give_up(trouble, board, slots, slot);
    }
    return t2m_quarantine_has(board, slots, slot)
         ? board->heads[slot] : t2m_slots_tail(slots, slot, board->heads[slot]);
}

typedef enum { TAKEN, FULL, SPOILED } taking_e;

/* An exchange becomes its lines only here, where it is the earliest: none is made in vain, and the
 * batch ends with the first that has no room, so that the order of time holds. */
static taking_e take_exchange(t2m_batch_t *batch, const t2m_slots_t *slots,
                              const t2m_merge_item_t *item, const t2m_settings_t *settings,
                              t2m_batch_trouble_t *trouble)
{
    t2m_batch_pair_t pair;
    const t2m_ring_record_t *last;

    if (batch->made_size + T2M_BATCH_PAIR_MAX > sizeof(batch->made)) {
        return FULL;
    }
    if (!t2m_batch_exchange(batch, slots, item, &pair)) {
        return SPOILED;
    }
    if (!pair_fits(batch, &pair)) {
        return FULL;
    }
    take_pair(batch, item->slot, &pair, 0, settings, trouble);
    last = &pair.records[pair.count - 1];
    batch->made_size = pair.positions[pair.count - 1] + last->size + last->name_size;
    step_over(batch, item);
    return TAKEN;
}

/* What becomes of the errors line becomes of the app line, which says the same. */
static taking_e take_twin(t2m_batch_t *batch, const t2m_slots_t *slots,
                          const t2m_merge_item_t *item, const t2m_settings_t *settings,
                          t2m_batch_trouble_t *trouble)
{
    t2m_batch_pair_t pair;
    const t2m_ring_record_t *errors = &pair.records[1];
    apr_uint16_t verdict;

    t2m_batch_twin(batch, item, &pair);
    if (!pair_fits(batch, &pair)) {
        return FULL;
    }
    verdict = is_unknown(errors, settings)
                  ? 0 : t2m_batch_judge(batch, slots, item->slot, errors, pair.positions[1]);
    take_pair(batch, item->slot, &pair, verdict, settings, trouble);
    step_over(batch, item);
    return TAKEN;
}

static taking_e take(t2m_batch_t *batch, const t2m_slots_t *slots, const t2m_merge_item_t *item,
                     const t2m_settings_t *settings, t2m_batch_trouble_t *trouble)
{
    place_t place = { item->slot, 0, 0, batch->targets[item->slot] + sizeof(t2m_ring_record_t) };

    if (item->record.flags & T2M_FACT_EXCHANGE) {
        return take_exchange(batch, slots, item, settings, trouble);
    }
    if (item->record.flags & T2M_FACT_TWIN) {
        return take_twin(batch, slots, item, settings, trouble);
    }
    if (!record_fits(batch, &item->record)) {
        return FULL;
    }
    if (item->record.stream == T2M_STREAM_ERRORS && !is_unknown(&item->record, settings)) {
        place.verdict = t2m_batch_judge(batch, slots, item->slot, &item->record, place.position);
    }
    take_line(batch, &item->record, &place, settings, trouble);
    step_over(batch, item);
    return TAKEN;
}

/* All that fits, by time. */
static void gather_records(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                           const t2m_settings_t *settings, t2m_batch_trouble_t *trouble)
{
    const t2m_merge_item_t *first;
    t2m_merge_item_t item;
    taking_e taking;

    while ((first = t2m_merge_earliest(batch->merge)) != NULL
           && (taking = take(batch, slots, first, settings, trouble)) != FULL) {
        item.slot = first->slot;
        item.end = first->end;
        if (taking == SPOILED) {
            give_up(trouble, board, slots, item.slot);
        }
        if (taking == TAKEN && find_next(batch, slots, board, &item, trouble)) {
            t2m_merge_replace(batch->merge, &item);
        } else {
            t2m_merge_pop(batch->merge);
        }
    }
}

apr_uint32_t t2m_batch_gather(t2m_batch_t *batch, const t2m_slots_t *slots,
                              t2m_board_t *board, const t2m_settings_t *settings,
                              const t2m_intent_t *again, apr_time_t moment,
                              const apr_uint64_t *room, t2m_batch_trouble_t *trouble)
{
    t2m_merge_item_t item;

    t2m_batch_start(batch, board, &settings->repeat, again);
    batch->moment = again ? again->moment : moment;
    batch->shed = again ? again->shed : board->header->shed;
    batch->limits = again ? NULL : room;
    gather_drops(batch, slots, board, settings, again != NULL);
    t2m_merge_clear(batch->merge);
    for (item.slot = 0; item.slot < batch->slot_count; item.slot++) {
        item.end = again ? board->targets[item.slot] : end_of(slots, board, item.slot, trouble);
        if (find_next(batch, slots, board, &item, trouble)) {
            t2m_merge_push(batch->merge, &item);
        }
    }
    t2m_batch_repeats(batch, slots, board, again != NULL); /* all that came before these records */
    gather_records(batch, slots, board, settings, trouble);
    t2m_batch_place_repeats(batch);
    return batch->line_count;
}
