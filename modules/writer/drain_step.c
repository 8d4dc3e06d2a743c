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

/* One file's part in a batch: where its lines go, and the file's row on the board. */
#include "writer/drain_internal.h"

#include <string.h>

#include "shared/atomic.h"
#include "shared/step.h"
#include "writer/spill.h"

/* Nowhere to go: the file refuses, and its spill, if it got one, holds what it can. */
static void set_refused_way(t2m_drain_t *drain, t2m_intent_step_t *step,
                            const t2m_board_file_t *row, const t2m_batch_part_t *part)
{
    step->way = row->spill ? T2M_WAY_SPILL : T2M_WAY_SHED;
    step->spill = row->spill;
    step->error = row->error;
    if (row->spill) {
        step->spill_offset = drain->board.header->spills[row->spill - 1].size;
        step->spilled_after = row->spilled + part->lines;
    }
}

/* The file has just refused: from now on its lines go to a spill, this batch's first. */
static void divert(t2m_drain_t *drain, t2m_intent_step_t *step, apr_status_t error)
{
    apr_uint32_t spill = t2m_spill_take(&drain->board, step->file);

    step->error = error;
    if (spill) {
        t2m_spill_note(&drain->board, spill, step);
        step->spill = spill;
        step->spill_offset = 0;
        step->spilled_after = step->lines_after - drain->board.files[step->file].lines;
    }
    T2M_STEP("diverted");
    t2m_store(&step->way, spill ? T2M_WAY_SPILL : T2M_WAY_SHED);
}

static void set_shed(const t2m_drain_t *drain, const t2m_batch_part_t *part,
                     const t2m_board_file_t *row, t2m_intent_step_t *step)
{
    int goes_on = part->lines == 0 && row->shed; /* no line has named what was shed before */

    step->shed_after = part->shed + (part->lines ? 0 : row->shed);
    step->shed_since_after = goes_on ? row->shed_since : t2m_batch_moment(drain->batch);
    step->shed_reason = goes_on ? row->shed_reason : (apr_uint32_t)part->shed_reason;
}

void t2m_drain_fill_step(t2m_drain_t *drain, const t2m_batch_part_t *part,
                         t2m_intent_step_t *step)
{
    const t2m_sink_t *sink = &drain->sinks[part->file];
    const t2m_board_file_t *row = &drain->board.files[part->file];

    step->file = part->file;
    step->offset = sink->size;
    step->bytes = part->size;
    step->device = sink->device;
    step->inode = sink->inode;
    step->seq_after = part->seq;
    step->lines_after = row->lines + part->lines;
    set_shed(drain, part, row, step);
    step->seq_before = row->seq;
    step->shed_before = row->shed;
    step->records = part->records + part->shed;
    step->chained = part->chained != 0;
    step->chain_seq_after = part->chain_seq;
    memcpy(step->chain_after, part->chain, T2M_CHAIN_SIZE);
    step->taken = 0;
    step->done = 0;
    step->way = T2M_WAY_FILE;
    step->spill = 0;
    step->error = 0;
    if (row->error) {
        set_refused_way(drain, step, row, part);
    } else if (part->lines && drain->refusals[part->file] != APR_SUCCESS) {
        divert(drain, step, drain->refusals[part->file]);
    }
}

static const t2m_batch_part_t *part_of(const t2m_drain_t *drain, apr_uint32_t file)
{
    const t2m_batch_part_t *parts;
    apr_uint32_t count = t2m_batch_parts(drain->batch, &parts), i;

    for (i = 0; i < count; i++) {
        if (parts[i].file == file) {
            return &parts[i];
        }
    }
    return NULL;
}

/* Whether the step's lines are already in the file; cuts away a part of them. */
static apr_status_t rewind_step(t2m_sink_t *sink, const t2m_intent_step_t *step)
{
    if (!sink->regular) {
        return step->done ? APR_EEXIST : APR_SUCCESS;
    }
    if (sink->device != step->device || sink->inode != step->inode) {
        return step->done ? APR_EEXIST : APR_SUCCESS; /* somebody put another file there */
    }
    return t2m_sink_rewind(sink, step->offset, step->bytes);
}

/* A pipe or terminal keeps what it took: it goes on from there. */
static apr_status_t append(t2m_sink_t *sink, t2m_intent_step_t *step, const char *bytes)
{
    return sink->regular ? t2m_sink_write(sink, bytes, (apr_size_t)step->bytes)
                         : t2m_sink_hand_on(sink, bytes, (apr_size_t)step->bytes, &step->taken);
}

static apr_status_t write_file(t2m_drain_t *drain, t2m_intent_step_t *step,
                               const t2m_batch_part_t *part)
{
    t2m_sink_t *sink = &drain->sinks[step->file];
    apr_status_t status = t2m_drain_ready(drain, step->file);

    if (status == APR_SUCCESS) {
        status = rewind_step(sink, step);
    }
    if (status != APR_SUCCESS) {
        return status == APR_EEXIST ? APR_SUCCESS : status;
    }
    status = t2m_sink_mend(sink);
    if (status == APR_SUCCESS) {
        status = append(sink, step, t2m_batch_bytes(drain->batch, part));
    }
    return status;
}

static void write_elsewhere(t2m_drain_t *drain, const t2m_intent_step_t *step,
                            const t2m_batch_part_t *part)
{
    if (step->way == T2M_WAY_SPILL) {
        t2m_spill_put(&drain->board, step->spill, step->spill_offset,
                      t2m_batch_bytes(drain->batch, part), part->size);
    } else {
        t2m_batch_shed_part(drain->batch, step->file);
    }
}

apr_status_t t2m_drain_write_step(t2m_drain_t *drain, t2m_intent_step_t *step)
{
    const t2m_batch_part_t *part = part_of(drain, step->file);

    if (step->bytes == 0 || !part) {
        return APR_SUCCESS;
    }
    if (step->way == T2M_WAY_FILE) {
        apr_status_t status = write_file(drain, step, part);

        if (status != APR_SUCCESS) {
            t2m_drain_refused(drain, step->file, status, NULL);
            if (drain->settings->block) {
                return status;
            }
            divert(drain, step, status);
        }
    }
    if (step->way == T2M_WAY_FILE) {
        t2m_sync_written(drain->sync, step->file, drain->sinks[step->file].fd,
                         (t2m_sync_e)drain->settings->files[step->file].sync, part->urgent);
    }
    if (step->way != T2M_WAY_FILE) {
        write_elsewhere(drain, step, part);
    }
    t2m_store(&step->done, 1);
    T2M_STEP("step written");
    return APR_SUCCESS;
}

static void advance_shed(t2m_board_file_t *row, const t2m_intent_step_t *step)
{
    row->seq = step->seq_before + step->records;
    row->shed = step->shed_before + step->records;
    row->shed_since = step->shed_before ? row->shed_since : step->shed_since_after;
    row->shed_reason = step->shed_before ? row->shed_reason
                     : step->bytes ? T2M_DROP_REFUSED : step->shed_reason;
    t2m_store(&row->error, step->error);
}

static void advance_spill(t2m_drain_t *drain, t2m_board_file_t *row,
                          const t2m_intent_step_t *step)
{
    t2m_spill_t *spill = &drain->board.header->spills[step->spill - 1];

    spill->size = step->spill_offset + step->bytes;
    row->spilled = step->spilled_after;
    row->spill = step->spill;
    t2m_store(&row->error, step->error);
}

void t2m_drain_advance_file(t2m_drain_t *drain, const t2m_intent_step_t *step)
{
    t2m_board_file_t *row = &drain->board.files[step->file];
    const t2m_sink_t *sink = &drain->sinks[step->file];

    if (step->way == T2M_WAY_SHED) {
        advance_shed(row, step);
        return;
    }
    row->seq = step->seq_after;
    row->shed = step->shed_after;
    row->shed_since = step->shed_since_after;
    row->shed_reason = step->shed_reason;
    if (step->chained) {
        row->chain_seq = step->chain_seq_after;
        memcpy(row->chain, step->chain_after, T2M_CHAIN_SIZE);
    }
    if (step->way == T2M_WAY_SPILL) {
        advance_spill(drain, row, step);
    } else if (step->bytes) {
        row->written = t2m_rotation_written(row->written, drain->board.header->intent.moment);
        row->size = sink->fd >= 0 && sink->regular ? sink->size : step->offset + step->bytes;
    }
    t2m_store(&row->lines, step->lines_after);
}
