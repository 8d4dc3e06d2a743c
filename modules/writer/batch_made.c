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

/* Batches of the writer's own lines: what is left to say of a process that is gone, and gaps that
 * no record brings with it. */
#include "writer/batch_internal.h"

#include <string.h>

#include "core/encode.h"
#include "writer/crash_line.h"
#include "writer/last_request.h"

/* A line of the writer's own, which stands with its name at the end of made[]. */
static void add_made(t2m_batch_t *batch, const t2m_ring_record_t *record)
{
    t2m_batch_line_t *line = t2m_batch_line_for(batch, T2M_BATCH_LAST_REQUEST, record);

    line->made = 1;
    line->position = batch->made_size;
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
    } else if (t2m_batch_has_room(batch, T2M_LAST_REQUEST_MAX)) {
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
                          : t2m_batch_main_file(settings, T2M_STREAM_ERRORS);
    if (file < settings->file_count) {
        record.file = (apr_uint16_t)file;
        record.size = t2m_crash_line(&report, settings, line, id);
        memcpy(line + record.size, id, sizeof(id));
        add_made(batch, &record);
    }
}

apr_uint32_t t2m_batch_bury(t2m_batch_t *batch, const t2m_slots_t *slots, t2m_board_t *board,
                            const t2m_settings_t *settings, const t2m_intent_t *intent)
{
    int again = intent->phase != T2M_INTENT_NONE;
    apr_uint64_t tail = board->heads[intent->bury_slot]; /* it is drained: all below is written */
    t2m_inflight_t request;
    apr_uint32_t entry;

    t2m_batch_start(batch, board, &settings->repeat, NULL);
    batch->moment = intent->bury_time;
    t2m_batch_slot_repeats(batch, slots, board, intent->bury_slot, again);
    t2m_batch_place_repeats(batch);
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

    t2m_batch_start(batch, board, &settings->repeat, NULL);
    batch->moment = moment;
    batch->shed = shed;
    for (file = 0; file < settings->file_count && t2m_batch_has_room(batch, T2M_LINE_MIN); file++) {
        if (t2m_batch_may_tell(board, settings, shed, all, file)) {
            t2m_batch_place_shed_gap(batch, file, settings->files[file].stream);
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

        if (t2m_batch_has_part(line) && batch->parts[line->part].file == file) {
            shed_line(line);
        }
    }
}
