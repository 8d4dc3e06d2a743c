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

/* Disk space: what is left of it, what retention deletes and packs. */
#include "writer/chores_internal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/shed.h"
#include "shared/handover.h"
#include "writer/retain.h"

enum { RETAIN_US = 10000000, COMPLAIN_US = 60000000 };

/* The log files of a round, with their directories open. */
typedef struct {
    t2m_chores_file_t *rows;
    t2m_retain_file_t *files;
    apr_size_t count;
} round_t;

static int must_stop(void *baton)
{
    return t2m_chores_meanwhile(baton);
}

/* A failure that lasts is told once a minute. */
static int may_complain(t2m_chores_t *chores)
{
    apr_time_t now = apr_time_now();

    if (now - chores->last_complaint < COMPLAIN_US && now >= chores->last_complaint) {
        return 0;
    }
    chores->last_complaint = now;
    return 1;
}

static void count(t2m_chores_t *chores, apr_uint64_t *number)
{
    (void)pthread_mutex_lock(&chores->lock);
    (*number)++;
    t2m_chores_news(chores);
    (void)pthread_mutex_unlock(&chores->lock);
}

static void on_deleted(void *baton, const t2m_retain_file_t *file, const char *name,
                       const t2m_backup_t *backup, t2m_retention_reason_e reason,
                       apr_status_t status)
{
    t2m_chores_t *chores = baton;

    (void)file;
    (void)backup;
    if (status != APR_SUCCESS) {
        if (may_complain(chores)) {
            t2m_chores_notice(chores, T2M_LEVEL_ERROR, "T2M0208: cannot delete %.120s: %s", name,
                              strerror(status));
        }
        return;
    }
    count(chores, &chores->shared.deleted);
    if (reason == T2M_RETENTION_TOTAL) {
        t2m_chores_notice(chores, T2M_LEVEL_WARNING,
                          "T2M0209: %.120s deleted: all logs together exceeded T2MLogMaxTotal",
                          name);
    }
}

static void on_packed(void *baton, const t2m_retain_file_t *file, const char *name,
                      apr_status_t status)
{
    t2m_chores_t *chores = baton;

    (void)file;
    if (status == APR_SUCCESS) {
        count(chores, &chores->shared.compressed);
    } else if (status != APR_EINTR && may_complain(chores)) {
        t2m_chores_notice(chores, T2M_LEVEL_ERROR, "T2M0210: cannot compress %.120s: %s", name,
                          strerror(status));
    }
}

/* Two configurations of a server may name one file twice: it counts once. */
static int is_listed(const round_t *round, const char *path)
{
    apr_size_t i;

    for (i = 0; i < round->count; i++) {
        if (strcmp(round->rows[i].settings.path, path) == 0) {
            return 1;
        }
    }
    return 0;
}

static void add_file(round_t *round, const t2m_chores_file_t *row)
{
    t2m_retain_file_t *file = &round->files[round->count];
    const char *name;

    if (row->settings.to_descriptor || is_listed(round, row->settings.path)
        || t2m_sink_directory(row->settings.path, &file->directory, &name) != APR_SUCCESS) {
        return;
    }
    round->rows[round->count] = *row;
    row = &round->rows[round->count++];
    file->base = strrchr(row->settings.path, '/') + 1;
    file->stream = (t2m_stream_e)row->settings.stream;
    file->live_size = row->size;
    file->policy = &row->settings.rotation;
}

/* What the configuration and the last look say. */
typedef struct {
    apr_uint32_t file_count, shed;
    t2m_limit_t max_total, min_free;
    apr_uint64_t disk_size;
} known_t;

static known_t known_to(t2m_chores_t *chores)
{
    const t2m_chores_shared_t *shared = &chores->shared;
    known_t known;

    (void)pthread_mutex_lock(&chores->lock);
    known.file_count = shared->file_count;
    known.shed = shared->shed;
    known.max_total = shared->max_total;
    known.min_free = shared->min_free;
    known.disk_size = shared->disk_size;
    (void)pthread_mutex_unlock(&chores->lock);
    return known;
}

static int begin_round(t2m_chores_t *chores, apr_uint32_t most, round_t *round)
{
    t2m_chores_file_t row;
    apr_uint32_t i;

    round->count = 0;
    round->rows = calloc(most + 1, sizeof(*round->rows));
    round->files = calloc(most + 1, sizeof(*round->files));
    if (!round->rows || !round->files) {
        free(round->rows);
        free(round->files);
        return 0;
    }
    for (i = 0; i < most && t2m_chores_file(chores, i, &row); i++) {
        add_file(round, &row);
    }
    return 1;
}

static void end_round(round_t *round)
{
    apr_size_t i;

    for (i = 0; i < round->count; i++) {
        (void)close(round->files[i].directory);
    }
    free(round->rows);
    free(round->files);
}

static void retain(t2m_chores_t *chores, apr_time_t now, apr_int64_t monotonic)
{
    t2m_retain_t act = { now, t2m_retention_clock_steady(&chores->clock, now, monotonic),
                         &chores->drain->names, must_stop, on_deleted, on_packed, chores };
    known_t known = known_to(chores);
    apr_uint64_t limit = t2m_limit_bytes(&known.max_total, known.disk_size), total = 0;
    round_t round;
    apr_size_t i;

    if (!begin_round(chores, known.file_count, &round)) {
        return;
    }
    chores->retain_again = 0;
    for (i = 0; i < round.count && !must_stop(chores); i++) {
        int again = 0;

        (void)t2m_retain_file(&act, &round.files[i], &again); /* told by on_deleted, on_packed */
        chores->retain_again |= again;
    }
    if (t2m_retain_total(&act, round.files, round.count, limit, &total)
        == APR_SUCCESS) {
        (void)pthread_mutex_lock(&chores->lock);
        chores->shared.logs_size = total;
        (void)pthread_mutex_unlock(&chores->lock);
    }
    end_round(&round);
}

static void tell_shed(t2m_chores_t *chores, apr_uint32_t before, apr_uint32_t now)
{
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        if ((before ^ now) >> stream & 1) {
            t2m_chores_notice(chores, T2M_LEVEL_WARNING,
                              now >> stream & 1
                              ? "T2M0211: the file system is nearly full (T2MLogMinFree): nothing "
                                "more is written of the stream %s"
                              : "T2M0212: there is room again: the stream %s is written",
                              t2m_stream_name((t2m_stream_e)stream));
        }
    }
}

int t2m_chores_has_directory(void)
{
    struct stat information;

    return fstat(T2M_FD_DIRECTORY, &information) == 0 && S_ISDIR(information.st_mode);
}

void t2m_chores_space(t2m_chores_t *chores)
{
    t2m_chores_shared_t *shared = &chores->shared;
    known_t known = known_to(chores);
    apr_uint64_t size, free_bytes;
    apr_uint32_t shed;

    if (!t2m_chores_has_directory()
        || t2m_disk_state(T2M_FD_DIRECTORY, &size, &free_bytes) != APR_SUCCESS) {
        return;
    }
    shed = t2m_shed(free_bytes, t2m_limit_bytes(&known.min_free, size), known.shed);
    (void)pthread_mutex_lock(&chores->lock);
    shared->disk_size = size;
    shared->disk_free = free_bytes;
    shared->shed = shed;
    if (shed != known.shed) { /* the numbers alone wake nobody */
        t2m_chores_news(chores);
    }
    (void)pthread_mutex_unlock(&chores->lock);
    tell_shed(chores, known.shed, shed);
}

/* After a rotation at once, else from time to time. */
void t2m_chores_disk(t2m_chores_t *chores, apr_time_t now, apr_int64_t monotonic)
{
    apr_uint64_t rotations = 0;
    t2m_chores_file_t file;
    apr_uint32_t i;

    for (i = 0; t2m_chores_file(chores, i, &file); i++) {
        rotations += file.rotations;
    }
    if (chores->last_retain && rotations == chores->rotations && !chores->retain_again
        && monotonic - chores->last_retain < RETAIN_US) {
        return;
    }
    chores->rotations = rotations;
    chores->last_retain = monotonic;
    retain(chores, now, monotonic);
}
