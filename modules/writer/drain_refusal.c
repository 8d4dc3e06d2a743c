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

/* Files that refuse: what is known of them, and asking them again. */
#include "writer/drain_internal.h"

#include <unistd.h>

#include "shared/atomic.h"
#include "shared/step.h"
#include "writer/chain_resume.h"
#include "writer/spill.h"

#define ASK_INTERVAL (APR_USEC_PER_SEC / 4)

void t2m_drain_refused(t2m_drain_t *drain, apr_uint32_t file, apr_status_t status, const char *why)
{
    drain->failed = status;
    drain->failed_file = file;
    drain->failed_why = why;
}

/* Its lines were numbered from 0 while nobody could read the file's last number: they come to
 * nothing, and a gap line names them. */
static void forget_spill(t2m_drain_t *drain, apr_uint32_t file)
{
    t2m_board_file_t *row = &drain->board.files[file];
    t2m_totals_t *totals = &drain->board.totals[drain->settings->files[file].stream];
    t2m_totals_t changed = *totals;

    changed.lines -= row->spilled;
    changed.dropped[T2M_DROP_REFUSED] += row->spilled;
    t2m_board_replace(&drain->board, totals, &changed, sizeof(changed));
    row->shed_reason = T2M_DROP_REFUSED;
    row->shed_since = drain->board.header->done_moment;
    row->shed = row->seq;
    row->lines -= row->spilled;
    row->spilled = 0;
    row->chained = 0; /* they are gone from the chain, too */
}

/* What the file says of itself: its numbers go on (lines that came before it could be opened have
 * the next ones), its period is that of its last line. */
static void take_over(t2m_drain_t *drain, apr_uint32_t file)
{
    t2m_board_file_t *row = &drain->board.files[file];
    const t2m_sink_t *sink = &drain->sinks[file];


    if (!row->known) {
        if (sink->last_seq && row->spilled) {
            forget_spill(drain, file);
        }
        row->chained = row->chained && row->spilled; /* else it goes on from the file's last line */
        row->seq += sink->last_seq;
    }
    row->size = sink->size;
    if (sink->size) {
        row->written = t2m_rotation_written(row->written, sink->modified);
    }
    t2m_store(&row->known, 1);
}

/* A file that can at least be read says how its numbers go on. */
static void learn_number(t2m_drain_t *drain, apr_uint32_t file)
{
    t2m_board_file_t *row = &drain->board.files[file];
    apr_uint64_t last = row->known || row->seq ? 0
                      : t2m_sink_last_seq(&drain->settings->files[file]);

    if (last) {
        row->seq = last;
        t2m_store(&row->known, 1);
    }
}

/* Also for a file that only its spill takes lines for. */
static void begin_chain(t2m_drain_t *drain, apr_uint32_t file)
{
    t2m_board_file_t *row = &drain->board.files[file];
    const t2m_settings_file_t *settings = &drain->settings->files[file];

    if (!row->chained && drain->chain
        && (settings->stream == T2M_STREAM_SECURITY || settings->label)) {
        (void)t2m_chain_resume(drain->chain, settings, row->chain, &row->chain_seq);
        t2m_store(&row->chained, 1);
    }
}

/* A file that was made, or put in the place of a rotated one, is on the disk with its name; what a
 * killed writer has left to be brought there, this one's first pass does not know. */
static void sync_opened(t2m_drain_t *drain, apr_uint32_t file)
{
    const t2m_settings_file_t *settings = &drain->settings->files[file];
    const t2m_sink_t *sink = &drain->sinks[file];
    const char *name;
    int directory;

    if (settings->sync == T2M_SYNC_NONE || !sink->regular) {
        return;
    }
    if (sink->size && !drain->mended) {
        t2m_sync_written(drain->sync, file, sink->fd, (t2m_sync_e)settings->sync, 1);
    } else if (sink->size == 0
               && t2m_sink_directory(settings->path, &directory, &name) == APR_SUCCESS) {
        t2m_sync_directory(drain->sync, file, directory);
        (void)close(directory);
    }
}

apr_status_t t2m_drain_ready(t2m_drain_t *drain, apr_uint32_t file)
{
    t2m_sink_t *sink = &drain->sinks[file];
    const char *why;
    apr_status_t status;

    if (sink->fd >= 0) {
        return APR_SUCCESS;
    }
    status = t2m_sink_open(sink, &drain->settings->files[file], &why);
    if (status == APR_SUCCESS) {
        take_over(drain, file);
        sync_opened(drain, file);
    } else {
        learn_number(drain, file);
        t2m_drain_refused(drain, file, status, why);
    }
    begin_chain(drain, file);
    return status;
}

/* The order counts for a writer that is killed here: see t2m_drain_mend_spills. */
static void settle(t2m_drain_t *drain, apr_uint32_t file, apr_time_t now)
{
    t2m_board_file_t *row = &drain->board.files[file];
    apr_uint32_t spill = row->spill;

    if (row->spilled) {
        row->written = t2m_rotation_written(row->written, now);
        row->size = drain->sinks[file].size;
    }
    row->spilled = 0;
    row->error = 0;
    t2m_store(&row->spill, 0);
    T2M_STEP("spill returned");
    if (spill) {
        t2m_spill_free(&drain->board, spill);
    }
}

static apr_status_t ask(t2m_drain_t *drain, apr_uint32_t file)
{
    apr_uint32_t spill = drain->board.files[file].spill;
    apr_status_t status = t2m_drain_ready(drain, file);

    if (status == APR_SUCCESS && spill && drain->board.files[file].spilled) {
        status = t2m_spill_return(&drain->board, spill, &drain->sinks[file]);
        if (status == APR_SUCCESS) {
            t2m_sync_written(drain->sync, file, drain->sinks[file].fd,
                             (t2m_sync_e)drain->settings->files[file].sync, 1);
        } else {
            t2m_drain_refused(drain, file, status, NULL);
        }
    }
    return status;
}

static int is_time(const t2m_sink_t *sink, apr_time_t now)
{
    return now >= sink->ask_after || sink->ask_after > now + ASK_INTERVAL; /* the clock went back */
}

void t2m_drain_ask_again(t2m_drain_t *drain, apr_time_t now)
{
    apr_uint32_t file;

    for (file = 0; file < drain->settings->file_count; file++) {
        t2m_board_file_t *row = &drain->board.files[file];
        apr_status_t status;

        if (row->error == 0 || !is_time(&drain->sinks[file], now)) {
            continue;
        }
        status = ask(drain, file);
        if (status == APR_SUCCESS) {
            settle(drain, file, now);
        } else {
            row->error = status;
            drain->sinks[file].ask_after = now + ASK_INTERVAL;
        }
    }
}

void t2m_drain_mend_spills(t2m_drain_t *drain)
{
    apr_uint32_t spill;

    for (spill = 1; spill <= T2M_SPILLS; spill++) {
        apr_uint32_t used = drain->board.header->spills[spill - 1].used;

        if (used && (used > T2M_FILES_MAX || drain->board.files[used - 1].spill != spill)) {
            t2m_spill_free(&drain->board, spill);
        }
    }
}

apr_uint32_t t2m_drain_refusing(const t2m_drain_t *drain)
{
    apr_uint32_t file, count = 0;

    for (file = 0; file < drain->settings->file_count; file++) {
        count += drain->board.files[file].error != 0;
    }
    return count;
}

apr_uint64_t t2m_drain_spilled(const t2m_drain_t *drain, t2m_stream_e stream)
{
    apr_uint64_t lines = 0;
    apr_uint32_t file;

    for (file = 0; file < drain->settings->file_count; file++) {
        if (drain->settings->files[file].stream == (unsigned char)stream) {
            lines += drain->board.files[file].spilled;
        }
    }
    return lines;
}
