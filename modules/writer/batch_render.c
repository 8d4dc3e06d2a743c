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

/* The bytes of a batch, and what it says of itself and counts. */
#include "writer/batch_internal.h"

#include <string.h>

#include "core/encode.h"
#include "writer/gap.h"

enum { AHEAD = 6 }; /* lines, between asking for the bytes of one and copying them */

const char *t2m_batch_bytes(const t2m_batch_t *batch, const t2m_batch_part_t *part)
{
    return batch->bytes + part->start;
}

static void place_parts(t2m_batch_t *batch, const t2m_board_file_t *files)
{
    apr_size_t start_at = 0;
    apr_uint32_t i;

    for (i = 0; i < batch->part_count; i++) {
        t2m_batch_part_t *part = &batch->parts[i];

        part->seq = files[part->file].seq;
        part->start = start_at;
        part->size = 0;
        part->chained = batch->chain && files[part->file].chained;
        part->chain_seq = files[part->file].chain_seq;
        memcpy(part->chain, files[part->file].chain, T2M_CHAIN_SIZE);
        start_at += part->room;
    }
}

static void clean(char *bytes, apr_size_t size)
{
    char *found = memchr(bytes, '\n', size);

    while (found) {
        *found = ' ';
        found = memchr(found, '\n', size - (apr_size_t)(found - bytes));
    }
}

/* line: where it begins. What it is makes the prev of the next one. */
static void end_line(t2m_batch_t *batch, t2m_batch_part_t *part, const t2m_batch_line_t *line)
{
    char *bytes = batch->bytes + part->start;
    int chained = part->chained && line->record.stream == T2M_STREAM_SECURITY;

    if (chained) {
        part->size += t2m_chain_member(part->chain, bytes + part->size);
    }
    part->seq++;
    part->size += t2m_encode_tail(part->seq, bytes + part->size);
    if (chained) {
        (void)t2m_chain_next(batch->chain, batch->bytes + line->start,
                             part->start + part->size - 1 - line->start, part->chain);
        part->chain_seq = part->seq;
    }
}

static void render_line(t2m_batch_t *batch, const t2m_slots_t *slots,
                        const t2m_settings_t *settings, const t2m_batch_line_t *line)
{
    t2m_batch_part_t *part = &batch->parts[line->part];
    apr_uint32_t size = line->record.size;
    char *out = batch->bytes + part->start + part->size;
    apr_uint64_t repeated = line->record.stream == T2M_STREAM_ERRORS
                                ? t2m_verdicts_get(batch->verdicts, line->verdict) : 0;

    if (line->made) {
        memcpy(out, batch->made + line->position, size);
    } else {
        t2m_slots_copy(slots, line->slot, line->position, out, size);
        clean(out, size);
    }
    part->size += size;
    if (repeated) {
        part->size += t2m_encode_repeated(repeated, batch->bytes + part->start + part->size);
    }
    if (settings->files[part->file].label) {
        part->size += t2m_encode_stream((t2m_stream_e)line->record.stream,
                                        batch->bytes + part->start + part->size);
    }
    end_line(batch, part, line);
}

/* Only now are the numbers known that the lost records take with them; those of shed records were
 * taken already. */
static void render_gap(t2m_batch_t *batch, const t2m_batch_line_t *line)
{
    t2m_batch_part_t *part = &batch->parts[line->part];
    int shed = !t2m_batch_takes_numbers((t2m_drop_e)line->reason);
    t2m_gap_t gap = { (t2m_stream_e)line->record.stream, (t2m_drop_e)line->reason, line->position,
                      shed ? part->seq - line->position + 1 : part->seq + 1,
                      shed ? batch->files[part->file].shed_since : batch->before,
                      batch->moment };

    part->size += t2m_gap_line(&gap, batch->bytes + part->start + part->size);
    part->seq += shed ? 0 : gap.count;
    end_line(batch, part, line);
}

static void copy_name(t2m_batch_t *batch, const t2m_slots_t *slots, apr_uint32_t i)
{
    const t2m_batch_line_t *line = &batch->lines[i];

    if (line->kind == T2M_BATCH_REPEATS) {
        return; /* it is there */
    }
    if (line->made) { /* in no slot */
        memcpy(batch->names[i], batch->made + line->position + line->record.size,
               line->record.name_size);
    } else if (line->record.name_size) {
        t2m_slots_copy(slots, line->slot, line->position + line->record.size, batch->names[i],
                       line->record.name_size);
    }
}

/* What is counted of an error's line is read in it, written or not. */
static void keep_held(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_batch_line_t *line)
{
    apr_uint32_t size = line->record.size;

    line->start = batch->held_size;
    line->size = 0;
    if (line->record.stream == T2M_STREAM_ERRORS && !line->made
        && size <= sizeof(batch->held) - batch->held_size) {
        t2m_slots_copy(slots, line->slot, line->position, batch->held + line->start, size);
        line->size = size;
        batch->held_size += size;
    }
}

/* The ring was written by another processor. */
static void fetch_ahead(const t2m_batch_t *batch, const t2m_slots_t *slots, apr_uint32_t i)
{
    const t2m_batch_line_t *line = i < batch->line_count ? &batch->lines[i] : NULL;

    if (line && !line->made && line->kind != T2M_BATCH_GAP && line->kind != T2M_BATCH_DROPPED
        && line->kind != T2M_BATCH_REPEATS) {
        t2m_slots_fetch(slots, line->slot, line->position,
                        line->record.size + line->record.name_size);
    }
}

void t2m_batch_render(t2m_batch_t *batch, const t2m_chain_t *chain, const t2m_slots_t *slots,
                      const t2m_settings_t *settings, const t2m_board_file_t *files)
{
    apr_uint32_t i;

    batch->chain = chain;
    batch->held_size = 0;
    place_parts(batch, files);
    for (i = 0; i < batch->line_count; i++) {
        t2m_batch_line_t *line = &batch->lines[i];
        t2m_batch_part_t *part = &batch->parts[line->part];

        fetch_ahead(batch, slots, i + AHEAD);
        copy_name(batch, slots, i);
        line->start = part->start + part->size;
        if (line->kind == T2M_BATCH_HELD) {
            keep_held(batch, slots, line);
            continue;
        }
        if (line->kind == T2M_BATCH_GAP) {
            render_gap(batch, line);
        } else if (line->kind == T2M_BATCH_RECORD || line->kind == T2M_BATCH_LAST_REQUEST) {
            render_line(batch, slots, settings, line);
        }
        line->size = part->start + part->size - line->start;
    }
    for (i = 0; i < batch->part_count; i++) {
        batch->parts[i].seq += batch->parts[i].shed;
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

const apr_uint64_t *t2m_batch_suppressed(const t2m_batch_t *batch, apr_uint32_t slot)
{
    return batch->grown[slot] ? batch->suppressed + slot * (apr_size_t)(T2M_SUPPRESSED + 1) : NULL;
}

apr_uint32_t t2m_batch_verdicts(const t2m_batch_t *batch, const apr_uint64_t **verdicts)
{
    return t2m_verdicts_list(batch->verdicts, verdicts);
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

apr_uint32_t t2m_batch_first(const t2m_batch_t *batch, t2m_stream_e stream)
{
    return batch->first_of[stream];
}

apr_uint32_t t2m_batch_next(const t2m_batch_t *batch, apr_uint32_t i)
{
    return batch->lines[i].next;
}

static int stands_for_many(const t2m_batch_line_t *line)
{
    return line->kind == T2M_BATCH_GAP || line->kind == T2M_BATCH_DROPPED
        || line->kind == T2M_BATCH_REPEATS;
}

int t2m_batch_entry(const t2m_batch_t *batch, apr_uint32_t i, t2m_batch_entry_t *entry)
{
    const t2m_batch_line_t *line = &batch->lines[i];
    int is_held = i < batch->line_count && line->kind == T2M_BATCH_HELD;

    if (i >= batch->line_count) {
        return 0;
    }
    entry->kind = (t2m_batch_kind_e)line->kind;
    entry->record = line->record;
    entry->name = t2m_text_of(batch->names[i], line->record.name_size);
    entry->line = t2m_text_of(batch->bytes + line->start,
                              line->size && !is_held ? line->size - 1 : 0);
    entry->held = t2m_text_of(batch->held + line->start, is_held ? line->size : 0);
    entry->count = stands_for_many(line) ? line->position : 0;
    entry->reason = (t2m_drop_e)line->reason;
    entry->suppressed = line->kind == T2M_BATCH_REPEATS ? &batch->repeats[line->slot] : NULL;
    return 1;
}

/* Records that were shed are counted when they are; the gap line that names them later is not. */
static void add_to_totals(const t2m_batch_line_t *line, t2m_totals_t *row)
{
    switch (line->kind) {
    case T2M_BATCH_GAP:
    case T2M_BATCH_DROPPED:
        row->dropped[line->reason]
            += t2m_batch_takes_numbers((t2m_drop_e)line->reason) ? line->position : 0;
        break;
    case T2M_BATCH_SHED:
        row->dropped[line->reason]++;
        row->worker_died += line->last;
        break;
    case T2M_BATCH_RECORD:
    case T2M_BATCH_LAST_REQUEST:
        row->lines++;
        row->bytes += line->size;
        row->levels[line->record.level]++;
        row->worker_died += line->last;
        break;
    case T2M_BATCH_HELD:
        row->held++;
        row->suppressed++;
        break;
    default:
        break;
    }
}

void t2m_batch_totals(const t2m_batch_t *batch, t2m_totals_t totals[T2M_STREAM_COUNT])
{
    apr_uint32_t i;

    for (i = 0; i < batch->line_count; i++) {
        const t2m_batch_line_t *line = &batch->lines[i];

        add_to_totals(line, &totals[line->record.stream]);
        if (line->kind == T2M_BATCH_REPEATS) {
            totals[T2M_STREAM_ERRORS].suppressed += line->position;
            totals[T2M_STREAM_APP].suppressed
                += batch->repeats[line->slot].has_app ? line->position : 0;
        }
    }
}
