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

/* Gathering by time and grouping by file; batch_render.c makes the bytes. */
#include "writer/batch_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/encode.h"
#include "writer/crash_line.h"
#include "writer/last_request.h"
#include "writer/quarantine.h"

t2m_batch_t *t2m_batch_create(const t2m_geometry_t *geometry)
{
    t2m_batch_t *batch = calloc(1, sizeof(*batch));

    if (!batch) {
        return NULL;
    }
    batch->slot_count = geometry->slot_count;
    batch->merge = t2m_merge_create(geometry->slot_count);
    batch->targets = calloc(geometry->slot_count, sizeof(*batch->targets));
    batch->taken = calloc(geometry->slot_count, sizeof(*batch->taken));
    batch->drops = calloc(geometry->slot_count * (apr_size_t)T2M_DROPS, sizeof(*batch->drops));
    if (!batch->merge || !batch->targets || !batch->taken || !batch->drops) {
        free(batch->merge);
        free(batch->targets);
        free(batch->taken);
        free(batch->drops);
        free(batch);
        return NULL;
    }
    return batch;
}

static void start(t2m_batch_t *batch, const t2m_board_t *board)
{
    apr_uint32_t i;

    for (i = 0; i < batch->part_count; i++) {
        batch->part_of[batch->parts[i].file] = 0;
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

static t2m_batch_line_t *new_line(t2m_batch_t *batch, t2m_batch_kind_e kind)
{
    t2m_batch_line_t *line = &batch->lines[batch->line_count++];

    memset(line, 0, sizeof(*line));
    line->kind = kind;
    return line;
}

static t2m_batch_line_t *place_line(t2m_batch_t *batch, apr_uint32_t file, t2m_batch_kind_e kind,
                                    const t2m_ring_record_t *record)
{
    t2m_batch_line_t *line = new_line(batch, kind);
    t2m_batch_part_t *part;

    line->part = part_for(batch, file);
    line->record = *record;
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

/* What was shed before, by the name of its first reason. */
static void place_shed_gap(t2m_batch_t *batch, apr_uint32_t file, unsigned char stream)
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
        place_shed_gap(batch, file, record->stream);
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

/* Why a record of that stream and file is not written; T2M_DROP_COUNT: it is. */
static t2m_drop_e shed_reason(t2m_batch_t *batch, const t2m_ring_record_t *record)
{
    if (batch->shed >> record->stream & 1) {
        return T2M_DROP_SHED;
    }
    if (batch->files[record->file].error
        && !spill_takes(batch, &batch->parts[part_for(batch, record->file)], record->size)) {
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

/* The lines that a record may make: its own and the gap before it. */
static int has_room(const t2m_batch_t *batch, apr_uint32_t size)
{
    return batch->line_count + 2 <= T2M_BATCH_LINES
        && batch->room + size + T2M_LINE_MIN + 2 * T2M_LINE_TAIL <= T2M_BATCH_BYTES;
}

/* A file takes one record over its limit and no more. */
static int fits_file(const t2m_batch_t *batch, const t2m_ring_record_t *record)
{
    const t2m_batch_part_t *part;

    if (!batch->limits || record->file >= T2M_FILES_MAX || batch->part_of[record->file] == 0) {
        return 1;
    }
    part = &batch->parts[batch->part_of[record->file] - 1];
    return part->lines == 0
        || part->room + record->size + T2M_LINE_TAIL <= batch->limits[record->file];
}

/* Puts the slot's next record into the merge. */
static void offer(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                  apr_uint32_t slot, apr_uint64_t end, t2m_batch_trouble_t *trouble)
{
    t2m_merge_item_t item;
    apr_uint64_t position = batch->targets[slot];

    if (position == end || batch->taken[slot] >= T2M_BATCH_SLOT_BYTES) {
        return;
    }
    item.slot = slot;
    item.end = end;
    item.next = t2m_slots_record(slots, slot, position, end, &item.record);
    if (item.next == 0) {
        trouble->corrupt++;
        t2m_quarantine_put(board, slots, slot);
        return;
    }
    t2m_merge_push(batch->merge, &item);
}

static t2m_batch_line_t *line_for(t2m_batch_t *batch, t2m_batch_kind_e kind,
                                  const t2m_ring_record_t *record)
{
    t2m_drop_e reason = record->size ? shed_reason(batch, record) : T2M_DROP_COUNT;
    t2m_batch_line_t *line;

    if (record->size && reason == T2M_DROP_COUNT) {
        return add_line(batch, record->file, kind, record);
    }
    line = new_line(batch, record->size ? T2M_BATCH_SHED : T2M_BATCH_COUNT);
    line->record = *record;
    line->last = kind == T2M_BATCH_LAST_REQUEST;
    if (record->size) {
        line->reason = (apr_uint32_t)reason;
        line->part = part_for(batch, record->file);
        count_shed(&batch->parts[line->part], 1, reason);
    }
    return line;
}

static void take(t2m_batch_t *batch, const t2m_merge_item_t *item,
                 const t2m_settings_t *settings, t2m_batch_trouble_t *trouble)
{
    t2m_batch_line_t *line;

    batch->asks |= item->record.flags & T2M_FACT_ASK;
    if (item->record.size && item->record.file >= settings->file_count) {
        trouble->unknown_file++;
    } else {
        line = line_for(batch, T2M_BATCH_RECORD, &item->record);
        line->slot = item->slot;
        line->position = batch->targets[item->slot] + sizeof(t2m_ring_record_t);
    }
    batch->taken[item->slot] += item->next - batch->targets[item->slot];
    batch->targets[item->slot] = item->next;
    batch->moves = 1;
}

/* Drops are counted by stream: its first file, the main server's, tells of them. */
static apr_uint32_t main_file(const t2m_settings_t *settings, int stream)
{
    apr_uint32_t file;

    for (file = 0; file < settings->file_count; file++) {
        if (settings->files[file].stream == stream) {
            return file;
        }
    }
    return T2M_FILES_MAX;
}

static void add_dropped(t2m_batch_t *batch, apr_uint32_t part, int drop, apr_uint64_t count)
{
    t2m_batch_line_t *line = new_line(batch, T2M_BATCH_DROPPED);

    line->part = part;
    line->position = count;
    line->reason = (apr_uint32_t)(drop % T2M_DROP_COUNT);
    line->record.stream = (unsigned char)(drop / T2M_DROP_COUNT);
    count_shed(&batch->parts[part], count, T2M_DROP_REFUSED);
}

static void add_gap(t2m_batch_t *batch, const t2m_settings_t *settings, int drop,
                    apr_uint64_t count)
{
    int stream = drop / T2M_DROP_COUNT;
    apr_uint32_t file = main_file(settings, stream), part;

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
        place_shed_gap(batch, file, (unsigned char)stream);
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

/* How far a slot is read: not at all when it is in quarantine. */
static apr_uint64_t end_of(const t2m_slots_t *slots, t2m_board_t *board, apr_uint32_t slot,
                           t2m_batch_trouble_t *trouble)
{
    if (!t2m_quarantine_has(board, slots, slot)
        && t2m_slots_check(slots, slot, board->heads[slot])) {
        trouble->corrupt++;
        t2m_quarantine_put(board, slots, slot);
    }
    return t2m_quarantine_has(board, slots, slot)
         ? board->heads[slot] : t2m_slots_tail(slots, slot, board->heads[slot]);
}

apr_uint32_t t2m_batch_gather(t2m_batch_t *batch, const t2m_slots_t *slots,
                              t2m_board_t *board, const t2m_settings_t *settings,
                              const t2m_intent_t *again, apr_time_t moment,
                              const apr_uint64_t *room, t2m_batch_trouble_t *trouble)
{
    t2m_merge_item_t item;
    apr_uint32_t slot;

    start(batch, board);
    batch->moment = again ? again->moment : moment;
    batch->shed = again ? again->shed : board->header->shed;
    batch->limits = again ? NULL : room;
    gather_drops(batch, slots, board, settings, again != NULL);
    t2m_merge_clear(batch->merge);
    for (slot = 0; slot < batch->slot_count; slot++) {
        apr_uint64_t end = again ? board->targets[slot] : end_of(slots, board, slot, trouble);

        offer(batch, slots, board, slot, end, trouble);
    }
    while (t2m_merge_first(batch->merge, &item) && has_room(batch, item.record.size)
           && fits_file(batch, &item.record)) {
        t2m_merge_pop(batch->merge);
        take(batch, &item, settings, trouble);
        offer(batch, slots, board, item.slot, item.end, trouble);
    }
    return batch->line_count;
}

/* A line of the writer's own, which stands with its name at the end of made[]. */
static void add_made(t2m_batch_t *batch, const t2m_ring_record_t *record)
{
    line_for(batch, T2M_BATCH_LAST_REQUEST, record)->position = batch->made_size;
    batch->made_size += record->size + record->name_size;
}

static int is_in_flight(const t2m_slots_t *slots, apr_uint32_t slot, apr_uint32_t entry,
                        apr_uint64_t tail, t2m_inflight_t *request)
{
    return t2m_slots_inflight(slots, slot, entry, tail, request)
        && !t2m_slots_entry_check(slots, slot, entry, tail);
}

static void bury_request(t2m_batch_t *batch, const t2m_settings_t *settings,
                         const t2m_intent_t *intent, const t2m_inflight_t *request)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_ACCESS, .level = T2M_LEVEL_ERROR,
                                 .time = intent->bury_time, .file = request->file };

    if (request->file >= settings->file_count) {
        batch->silenced++;
    } else if (has_room(batch, T2M_LAST_REQUEST_MAX)) {
        record.size = t2m_last_request_line(request, intent, (t2m_layout_e)settings->layout,
                                            batch->made + batch->made_size);
        add_made(batch, &record);
    }
}

/* Which request the process was at: the one that its own word names, else the only one. */
static void find_crashed(const t2m_slots_t *slots, apr_uint32_t slot, apr_uint64_t tail,
                         t2m_crash_report_t *report, t2m_inflight_t *crashed)
{
    apr_uint32_t entry, named = report->crash ? report->crash->entry : 0;
    t2m_inflight_t request;

    for (entry = 0; entry < slots->geometry.inflight_count; entry++) {
        if (is_in_flight(slots, slot, entry, tail, &request)) {
            report->requests++;
            if (named ? entry + 1 == named : report->requests == 1) {
                *crashed = request;
                report->request = crashed;
            }
        }
    }
    if (!named && report->requests > 1) {
        report->request = NULL;
    }
}

static void bury_process(t2m_batch_t *batch, const t2m_slots_t *slots, apr_uint64_t tail,
                         const t2m_settings_t *settings, const t2m_intent_t *intent)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_ERRORS, .level = T2M_LEVEL_CRITICAL,
                                 .time = intent->bury_time, .name_size = T2M_FINGERPRINT_SIZE };
    t2m_crash_report_t report = { .pid = t2m_slots_owner_pid(intent->bury_owner),
                                  .signal = (int)intent->bury_signal,
                                  .exited = intent->bury_exited != 0,
                                  .time = intent->bury_time };
    char *line = batch->made + batch->made_size, id[T2M_FINGERPRINT_SIZE];
    t2m_inflight_t crashed;
    t2m_crash_t crash;
    apr_uint32_t file;

    t2m_slots_crash(slots, intent->bury_slot, &crash);
    report.crash = report.exited || (crash.signal && crash.signal == intent->bury_signal)
                       ? &crash : NULL;
    find_crashed(slots, intent->bury_slot, tail, &report, &crashed);
    if (!report.signal && !report.exited && (intent->bury_stopped || report.requests == 0)) {
        return;
    }
    file = report.request ? report.request->errors_file
                          : main_file(settings, T2M_STREAM_ERRORS);
    if (file < settings->file_count) {
        record.file = (apr_uint16_t)file;
        record.size = t2m_crash_line(&report, settings, line, id);
        memcpy(line + record.size, id, sizeof(id));
        add_made(batch, &record);
    }
}

apr_uint32_t t2m_batch_bury(t2m_batch_t *batch, const t2m_slots_t *slots,
                            const t2m_board_t *board, const t2m_settings_t *settings,
                            const t2m_intent_t *intent)
{
    apr_uint64_t tail = board->heads[intent->bury_slot]; /* it is drained: all below is written */
    t2m_inflight_t request;
    apr_uint32_t entry;

    start(batch, board);
    batch->moment = intent->bury_time;
    bury_process(batch, slots, tail, settings, intent);
    for (entry = 0; entry < slots->geometry.inflight_count; entry++) {
        if (is_in_flight(slots, intent->bury_slot, entry, tail, &request)) {
            bury_request(batch, settings, intent, &request);
        }
    }
    return batch->line_count;
}

int t2m_batch_may_tell(const t2m_board_t *board, const t2m_settings_t *settings,
                       apr_uint32_t shed, int all, apr_uint32_t file)
{
    const t2m_board_file_t *row = &board->files[file];

    return row->shed && row->error == 0
        && (all || !(shed >> settings->files[file].stream & 1));
}

apr_uint32_t t2m_batch_tell(t2m_batch_t *batch, const t2m_board_t *board,
                            const t2m_settings_t *settings, apr_uint32_t shed, int all,
                            apr_time_t moment)
{
    apr_uint32_t file;

    start(batch, board);
    batch->moment = moment;
    batch->shed = shed;
    for (file = 0; file < settings->file_count && has_room(batch, T2M_LINE_MIN); file++) {
        if (t2m_batch_may_tell(board, settings, shed, all, file)) {
            place_shed_gap(batch, file, settings->files[file].stream);
        }
    }
    return batch->line_count;
}

/* Its gap lines are not written either: those of the slots' drops are counted, one of what was
 * shed before stays to be told. */
static void shed_line(t2m_batch_line_t *line)
{
    if (line->kind == T2M_BATCH_GAP) {
        line->kind = T2M_BATCH_DROPPED;
        line->position = t2m_batch_takes_numbers((t2m_drop_e)line->reason) ? line->position : 0;
    } else if (line->kind == T2M_BATCH_RECORD || line->kind == T2M_BATCH_LAST_REQUEST) {
        line->kind = T2M_BATCH_SHED;
        line->reason = T2M_DROP_REFUSED;
    }
    line->size = 0;
}

void t2m_batch_shed_part(t2m_batch_t *batch, apr_uint32_t file)
{
    apr_uint32_t i;

    for (i = 0; i < batch->line_count; i++) {
        t2m_batch_line_t *line = &batch->lines[i];

        if (line->kind != T2M_BATCH_COUNT && batch->parts[line->part].file == file) {
            shed_line(line);
        }
    }
}

int t2m_batch_moves(const t2m_batch_t *batch)
{
    return batch->moves;
}

apr_uint64_t t2m_batch_target(const t2m_batch_t *batch, apr_uint32_t slot)
{
    return batch->targets[slot];
}

const apr_uint64_t *t2m_batch_drops(const t2m_batch_t *batch, apr_uint32_t slot)
{
    return batch->drops + slot * (apr_size_t)T2M_DROPS;
}

apr_time_t t2m_batch_moment(const t2m_batch_t *batch)
{
    return batch->moment;
}

apr_uint32_t t2m_batch_parts(const t2m_batch_t *batch, const t2m_batch_part_t **parts)
{
    *parts = batch->parts;
    return batch->part_count;
}

apr_uint32_t t2m_batch_silenced(const t2m_batch_t *batch)
{
    return batch->silenced;
}

int t2m_batch_asks(const t2m_batch_t *batch)
{
    return batch->asks != 0;
}

apr_uint32_t t2m_batch_shed(const t2m_batch_t *batch)
{
    return batch->shed;
}
