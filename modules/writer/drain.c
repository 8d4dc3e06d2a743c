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

/* See drain.h; layout.h draws the memories. */
#include "writer/drain.h"

#include <stdlib.h>
#include <string.h>

#include "shared/atomic.h"
#include "shared/step.h"

apr_status_t t2m_drain_open(t2m_drain_t *drain, int slots_fd, int board_fd)
{
    apr_status_t status = t2m_slots_attach(&drain->slots, slots_fd);
    apr_uint32_t i;

    if (status == APR_SUCCESS) {
        status = t2m_board_attach(&drain->board, board_fd, &drain->slots.geometry, 1, 1);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    drain->settings = calloc(1, sizeof(*drain->settings));
    drain->sinks = calloc(T2M_FILES_MAX, sizeof(*drain->sinks));
    drain->batch = t2m_batch_create(&drain->slots.geometry);
    if (!drain->settings || !drain->sinks || !drain->batch) {
        return APR_ENOMEM;
    }
    for (i = 0; i < T2M_FILES_MAX; i++) {
        t2m_sink_reset(&drain->sinks[i]);
    }
    t2m_drain_settings(drain);
    return APR_SUCCESS;
}

void t2m_drain_settings(t2m_drain_t *drain)
{
    apr_uint64_t generation = t2m_settings_generation(drain->slots.memory);

    if (generation == t2m_load(&drain->board.header->settings)
        && drain->settings->file_count != 0) {
        return;
    }
    generation = t2m_settings_read(drain->slots.memory, &drain->slots.geometry, drain->settings);
    if (generation) {
        t2m_store(&drain->board.header->settings, generation);
    }
}

/* Opens the file if it is not, and continues its numbers. */
static apr_status_t ready(t2m_drain_t *drain, apr_uint32_t file)
{
    t2m_sink_t *sink = &drain->sinks[file];
    t2m_board_file_t *row = &drain->board.files[file];
    apr_status_t status = APR_SUCCESS;

    drain->failed_file = file;
    drain->failed_why = NULL;
    if (sink->fd < 0) {
        status = t2m_sink_open(sink, &drain->settings->files[file], &drain->failed_why);
        if (status == APR_SUCCESS && !row->known) {
            row->seq = sink->last_seq;
            t2m_store(&row->known, 1);
        }
    }
    return status;
}

static apr_status_t ready_all(t2m_drain_t *drain)
{
    const t2m_batch_part_t *parts;
    apr_uint32_t count = t2m_batch_parts(drain->batch, &parts), i;
    apr_status_t status = APR_SUCCESS;

    for (i = 0; i < count && status == APR_SUCCESS; i++) {
        status = ready(drain, parts[i].file);
        if (status == APR_SUCCESS) {
            status = t2m_sink_mend(&drain->sinks[parts[i].file]);
        }
    }
    return status;
}

static void fill_step(t2m_drain_t *drain, const t2m_batch_part_t *part, t2m_intent_step_t *step)
{
    const t2m_sink_t *sink = &drain->sinks[part->file];

    step->file = part->file;
    step->offset = sink->size;
    step->bytes = part->size;
    step->device = sink->device;
    step->inode = sink->inode;
    step->seq_after = part->seq;
    step->lines_after = drain->board.files[part->file].lines + part->lines;
    step->done = 0;
}

/* Says on the board what the batch is about to do. bury: NULL for ring records. */
static void publish(t2m_drain_t *drain, const t2m_intent_t *bury)
{
    t2m_intent_t *intent = &drain->board.header->intent;
    const t2m_batch_part_t *parts;
    apr_uint32_t count = t2m_batch_parts(drain->batch, &parts), i;

    if (bury) {
        *intent = *bury;
    } else {
        intent->bury_owner = 0;
    }
    intent->batch = drain->board.header->done_batch + 1;
    intent->moment = t2m_batch_moment(drain->batch);
    intent->step_count = count;
    for (i = 0; i < count; i++) {
        fill_step(drain, &parts[i], &drain->board.steps[i]);
    }
    for (i = 0; i < drain->slots.geometry.slot_count; i++) {
        drain->board.targets[i] = t2m_batch_target(drain->batch, i);
        memcpy(drain->board.drop_targets + i * (apr_size_t)T2M_DROPS,
               t2m_batch_drops(drain->batch, i), T2M_DROPS * sizeof(apr_uint64_t));
    }
    T2M_STEP("intent filled");
    t2m_store(&intent->phase, T2M_INTENT_WRITE);
    T2M_STEP("intent published");
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
        return APR_SUCCESS; /* somebody put another file there: it has nothing of the batch */
    }
    return t2m_sink_rewind(sink, step->offset, step->bytes);
}

static apr_status_t write_step(t2m_drain_t *drain, t2m_intent_step_t *step)
{
    const t2m_batch_part_t *part = part_of(drain, step->file);
    t2m_sink_t *sink = &drain->sinks[step->file];
    apr_status_t status = ready(drain, step->file);

    if (status == APR_SUCCESS) {
        status = rewind_step(sink, step);
    }
    if (status != APR_SUCCESS || !part) {
        return status == APR_EEXIST ? APR_SUCCESS : status;
    }
    status = t2m_sink_mend(sink);
    if (status == APR_SUCCESS) {
        status = t2m_sink_write(sink, t2m_batch_bytes(drain->batch, part), part->size);
    }
    if (status == APR_SUCCESS) {
        t2m_store(&step->done, 1);
    }
    T2M_STEP("step written");
    return status;
}

static int is_empty(const t2m_totals_t *added)
{
    return added->lines == 0 && added->dropped[T2M_DROP_FULL] == 0
        && added->dropped[T2M_DROP_REENTRY] == 0;
}

/* Adds the batch to the totals, each row at most once for the batch's number. */
static void fold(t2m_drain_t *drain)
{
    apr_uint64_t batch = drain->board.header->intent.batch;
    t2m_totals_t added[T2M_STREAM_COUNT];
    int stream, level, reason;

    memset(added, 0, sizeof(added));
    t2m_batch_totals(drain->batch, added);
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        t2m_totals_t row = drain->board.totals[stream];

        if (row.row.batch == batch || is_empty(&added[stream])) {
            continue;
        }
        row.row.batch = batch;
        row.lines += added[stream].lines;
        row.bytes += added[stream].bytes;
        row.worker_died += added[stream].worker_died;
        for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
            row.dropped[reason] += added[stream].dropped[reason];
        }
        for (level = 0; level < T2M_LEVEL_COUNT; level++) {
            row.levels[level] += added[stream].levels[level];
        }
        t2m_board_replace(&drain->board, &drain->board.totals[stream], &row, sizeof(row));
    }
}

/* Only absolute values: doing it twice does the same. */
static void advance(t2m_drain_t *drain)
{
    t2m_board_header_t *header = drain->board.header;
    apr_uint32_t steps = header->intent.step_count, i;

    for (i = 0; i < steps && i < T2M_FILES_MAX; i++) {
        const t2m_intent_step_t *step = &drain->board.steps[i];

        drain->board.files[step->file].seq = step->seq_after;
        t2m_store(&drain->board.files[step->file].lines, step->lines_after);
    }
    T2M_STEP("files advanced");
    for (i = 0; i < drain->slots.geometry.slot_count; i++) {
        t2m_store(&drain->board.heads[i], drain->board.targets[i]);
    }
    memcpy(drain->board.drops, drain->board.drop_targets,
           drain->slots.geometry.slot_count * (apr_size_t)T2M_DROPS * sizeof(apr_uint64_t));
    T2M_STEP("heads advanced");
    if (header->intent.bury_owner) {
        t2m_slots_free(&drain->slots, header->intent.bury_slot, header->intent.bury_owner);
    }
    header->done_moment = header->intent.moment;
    t2m_store(&header->done_batch, header->intent.batch);
    T2M_STEP("batch done");
    t2m_store(&header->intent.phase, T2M_INTENT_NONE);
    T2M_STEP("intent cleared");
}

/* The batch is rendered and the intent published: now do what it says. */
static apr_status_t carry_out(t2m_drain_t *drain)
{
    t2m_board_header_t *header = drain->board.header;
    apr_uint32_t i;

    for (i = 0; i < header->intent.step_count && i < T2M_FILES_MAX; i++) {
        apr_status_t status = write_step(drain, &drain->board.steps[i]);

        if (status != APR_SUCCESS) {
            return status;
        }
    }
    fold(drain);
    t2m_store(&header->intent.phase, T2M_INTENT_ADVANCE);
    T2M_STEP("phase advance");
    advance(drain);
    return APR_SUCCESS;
}

apr_status_t t2m_drain_finish(t2m_drain_t *drain)
{
    t2m_intent_t *intent = &drain->board.header->intent;
    t2m_batch_trouble_t told = { 0, 0 }; /* counted when the batch was first gathered */

    t2m_board_undo(&drain->board);
    if (intent->phase == T2M_INTENT_ADVANCE) {
        advance(drain);
    }
    if (intent->phase == T2M_INTENT_NONE) {
        return APR_SUCCESS;
    }
    if (intent->bury_owner) {
        (void)t2m_batch_bury(drain->batch, &drain->slots, &drain->board, drain->settings, intent);
    } else {
        (void)t2m_batch_gather(drain->batch, &drain->slots, &drain->board, drain->settings,
                               intent, 0, &told);
    }
    t2m_batch_render(drain->batch, &drain->slots, drain->settings, drain->board.files);
    return carry_out(drain);
}

apr_status_t t2m_drain_pass(t2m_drain_t *drain, apr_time_t now, int *moved)
{
    t2m_board_header_t *header = drain->board.header;
    t2m_batch_trouble_t trouble = { 0, 0 };
    apr_status_t status = t2m_drain_finish(drain);

    *moved = 0;
    if (status != APR_SUCCESS) {
        return status;
    }
    (void)t2m_batch_gather(drain->batch, &drain->slots, &drain->board, drain->settings, NULL,
                           now, &trouble);
    if (!t2m_batch_moves(drain->batch)) {
        return APR_SUCCESS;
    }
    *moved = 1;
    status = ready_all(drain);
    if (status != APR_SUCCESS) {
        return status;
    }
    t2m_batch_render(drain->batch, &drain->slots, drain->settings, drain->board.files);
    header->corrupt += trouble.corrupt;
    header->unknown_file += trouble.unknown_file;
    publish(drain, NULL);
    return carry_out(drain);
}

apr_status_t t2m_drain_bury(t2m_drain_t *drain, apr_uint32_t slot, apr_uint64_t owner,
                            int stopped, apr_time_t now, apr_int64_t monotonic)
{
    t2m_intent_t intent;
    apr_status_t status = t2m_drain_finish(drain);

    if (status != APR_SUCCESS) {
        return status;
    }
    memset(&intent, 0, sizeof(intent));
    intent.bury_owner = owner;
    intent.bury_slot = slot;
    intent.bury_stopped = stopped != 0;
    intent.bury_time = now;
    intent.bury_monotonic = monotonic;
    if (t2m_batch_bury(drain->batch, &drain->slots, &drain->board, drain->settings, &intent) == 0) {
        t2m_slots_free(&drain->slots, slot, owner);
        return APR_SUCCESS;
    }
    status = ready_all(drain);
    if (status != APR_SUCCESS) {
        return status;
    }
    t2m_batch_render(drain->batch, &drain->slots, drain->settings, drain->board.files);
    publish(drain, &intent);
    return carry_out(drain);
}

int t2m_drain_waiting(const t2m_drain_t *drain)
{
    apr_uint32_t i;

    for (i = 0; i < drain->slots.geometry.slot_count; i++) {
        apr_uint64_t head = drain->board.heads[i];

        if (t2m_slots_tail(&drain->slots, i, head) != head) {
            return 1;
        }
    }
    return 0;
}
