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

/* See roll.h; the decisions are core/rotation.h's, the renames rotate.h's. */
#include "writer/roll.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "shared/atomic.h"
#include "shared/step.h"
#include "writer/confine.h"
#include "writer/rotate.h"

#define RETRY_INTERVAL apr_time_from_sec(60)

static void tell(t2m_drain_t *drain, apr_uint32_t file, apr_status_t error)
{
    char text[T2M_NOTICE_SIZE];

    if (t2m_confine_outdated()) { /* the next writer may rotate it */
        return;
    }
    (void)snprintf(text, sizeof(text), "T2M0206: cannot rotate %.120s: %s; it is written on",
                   drain->settings->files[file].path, strerror(error));
    t2m_board_notice(&drain->board, T2M_LEVEL_ERROR, text);
}

static apr_status_t rename_all(t2m_drain_t *drain, const char *path)
{
    const char *name;
    int directory;
    apr_status_t status = t2m_sink_directory(path, &directory, &name);

    if (status != APR_SUCCESS) {
        return status;
    }
    (void)pthread_mutex_lock(&drain->names);
    status = t2m_rotate_chain(directory, name);
    (void)pthread_mutex_unlock(&drain->names);
    (void)close(directory);
    return status;
}

void t2m_roll_reopen(t2m_drain_t *drain, apr_uint32_t file)
{
    t2m_sync_closed(drain->sync, file);
    t2m_sink_close(&drain->sinks[file]);
    T2M_STEP("file closed");
    (void)t2m_drain_ready(drain, file); /* what fails now is told with the next line */
}

apr_status_t t2m_roll_now(t2m_drain_t *drain, apr_uint32_t file)
{
    apr_status_t status = drain->board.files[file].error; /* its spill comes first */

    if (status == APR_SUCCESS) {
        status = t2m_drain_ready(drain, file);
    }
    if (status == APR_SUCCESS && drain->sinks[file].regular && drain->sinks[file].size) {
        status = rename_all(drain, drain->settings->files[file].path);
        if (status == APR_SUCCESS || status == ENOENT) {
            (void)t2m_add(&drain->board.files[file].rotations, 1);
            t2m_roll_reopen(drain, file);
            return APR_SUCCESS;
        }
    }
    return status;
}

static void roll(t2m_drain_t *drain, apr_uint32_t file, apr_time_t now)
{
    t2m_board_file_t *row = &drain->board.files[file];
    apr_status_t status = t2m_roll_now(drain, file);

    if (status == APR_SUCCESS) {
        row->written = t2m_rotation_written(row->written, now);
    } else {
        drain->sinks[file].rotate_after = now + RETRY_INTERVAL;
        tell(drain, file, status);
    }
}

/* A clock that went back lets a failed rotation be tried again at once. */
static int may_rotate(const t2m_sink_t *sink, apr_time_t now)
{
    return now >= sink->rotate_after || sink->rotate_after > now + RETRY_INTERVAL;
}

/* 0: nothing that time alone brings about. */
static apr_time_t due_at(const t2m_drain_t *drain, apr_uint32_t file, apr_time_t now)
{
    const t2m_sink_t *sink = &drain->sinks[file];
    const t2m_rotation_t *policy = &drain->settings->files[file].rotation;
    apr_time_t written = drain->board.files[file].written;

    if (!sink->regular || sink->size == 0 || written == 0 || policy->period == T2M_PERIOD_NONE) {
        return 0;
    }
    return may_rotate(sink, now) ? t2m_rotation_period_end(policy, written) : sink->rotate_after;
}

apr_interval_time_t t2m_roll_next(const t2m_drain_t *drain, apr_time_t now)
{
    apr_interval_time_t least = APR_INT64_MAX;
    apr_uint32_t file;

    for (file = 0; file < drain->settings->file_count; file++) {
        apr_time_t due = due_at(drain, file, now);

        if (due && (due <= now || due - now < least)) {
            least = due <= now ? 0 : due - now;
        }
    }
    return least;
}

void t2m_roll_due(t2m_drain_t *drain, apr_time_t now)
{
    apr_uint32_t file;

    for (file = 0; file < drain->settings->file_count; file++) {
        const t2m_rotation_t *policy = &drain->settings->files[file].rotation;
        t2m_sink_t *sink = &drain->sinks[file];

        drain->room[file] = APR_UINT64_MAX;
        if (!sink->regular || drain->board.files[file].error || !may_rotate(sink, now)) {
            continue;
        }
        sink->rotate_after = 0;
        if (t2m_rotation_due_again(policy, &sink->span, sink->size,
                                   drain->board.files[file].written, now)) {
            roll(drain, file, now);
        }
        if (sink->rotate_after == 0) {
            drain->room[file] = t2m_rotation_room(policy, sink->size);
        }
    }
}
