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

/* See tell.h. */
#include "writer/tell.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "shared/atomic.h"
#include "writer/confine.h"
#include "writer/roll.h"

enum {
    COMPLAIN_US = 60000000,
    TELL_US = 1000000   /* between two notices of what was dropped */
};

static apr_int64_t monotonic(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Goes on while the machine sleeps. */
static apr_int64_t since_boot(void)
{
#ifdef CLOCK_BOOTTIME
    struct timespec now;

    if (clock_gettime(CLOCK_BOOTTIME, &now) == 0) {
        return (apr_int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
    }
#endif
    return monotonic();
}

void t2m_tell_clock(t2m_tell_t *tell, t2m_drain_t *drain)
{
    apr_time_t by = t2m_clock_jump_look(&tell->jump, apr_time_now(), since_boot());
    char text[T2M_NOTICE_SIZE];

    if (by) {
        (void)snprintf(text, sizeof(text), "T2M0221: the clock was set %s by %" APR_INT64_T_FMT
                       " s: the times of log lines leap", by < 0 ? "back" : "forward",
                       apr_time_sec(by < 0 ? -by : by));
        t2m_board_notice(&drain->board, T2M_LEVEL_WARNING, text);
    }
}

static void complain(t2m_tell_t *tell, t2m_drain_t *drain, apr_status_t error)
{
    const t2m_settings_file_t *file = &drain->settings->files[drain->failed_file];
    const char *why = drain->failed_why;
    char text[T2M_NOTICE_SIZE];
    apr_int64_t now = monotonic();

    if (t2m_confine_outdated()) { /* the next writer may reach the file */
        return;
    }
    if (error == tell->last_error && now - tell->last_complaint < COMPLAIN_US) {
        return;
    }
    (void)snprintf(text, sizeof(text), "T2M0201: cannot write %.120s: %s%s%s; lines wait in memory",
                   file->path, why ? why : "", why ? ": " : "", strerror(error));
    t2m_board_notice(&drain->board, T2M_LEVEL_ERROR, text);
    tell->last_error = error;
    tell->last_complaint = now;
}

static void recovered(t2m_tell_t *tell, t2m_drain_t *drain)
{
    if (tell->last_error != APR_SUCCESS) {
        t2m_board_notice(&drain->board, T2M_LEVEL_WARNING,
                         "T2M0202: writing works again");
        tell->last_error = APR_SUCCESS;
    }
}

static const struct {
    t2m_level_e level;
    const char *number, *why;
} drop_notices[T2M_DROP_COUNT] = {
    { T2M_LEVEL_ERROR, "T2M0203", "the memory was full: a larger T2MLogBuffer or a faster disk "
                                  "would help" },
    { T2M_LEVEL_INFO, "T2M0204", "a signal ended their process in the middle of another one" },
    { T2M_LEVEL_WARNING, "T2M0216", "the memory was nearly full, and the rest of it is for more "
                                    "important ones" },
    { T2M_LEVEL_WARNING, "T2M0205", "the file system was nearly full: T2MLogMinFree" },
    { T2M_LEVEL_ERROR, "T2M0217", "their file could not be written (T2M0201)" },
};

/* Gap lines name what was lost in its stream; the administrator hears of it too. */
void t2m_tell_drops(t2m_tell_t *tell, t2m_drain_t *drain)
{
    t2m_board_t *board = &drain->board;
    apr_int64_t now = monotonic();
    int stream, reason;

    if (now - tell->last_told < TELL_US) {
        return;
    }
    for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
        apr_uint64_t sum = 0, *told = &board->header->drops_told[reason];
        char text[T2M_NOTICE_SIZE];

        for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
            sum += board->totals[stream].dropped[reason];
        }
        if (sum != *told) {
            (void)snprintf(text, sizeof(text), "%s: %" APR_UINT64_T_FMT " records were lost as %s",
                           drop_notices[reason].number, sum - *told, drop_notices[reason].why);
            t2m_board_notice(board, drop_notices[reason].level, text);
            *told = sum;
            tell->last_told = now;
        }
    }
}

/* What the last batch met with. */
void t2m_tell_refusals(t2m_tell_t *tell, t2m_drain_t *drain, int moved)
{
    apr_status_t *failed = &drain->failed;

    if (*failed != APR_SUCCESS) {
        complain(tell, drain, *failed);
        *failed = APR_SUCCESS;
    } else if (moved && t2m_drain_refusing(drain) == 0) {
        recovered(tell, drain);
    }
}

/* What the system could not bring to the disk it may have forgotten: only a file opened anew can be
 * believed again. */
void t2m_tell_sync(t2m_tell_t *tell, t2m_drain_t *drain)
{
    apr_int64_t now = monotonic();
    apr_uint32_t file;
    apr_status_t error;
    int reopen;

    while ((error = t2m_sync_failed(drain->sync, &file, &reopen)) != APR_SUCCESS) {
        char text[T2M_NOTICE_SIZE];

        (void)t2m_add(&drain->board.files[file].synced_failed, 1);
        if (tell->last_sync == 0 || now - tell->last_sync >= COMPLAIN_US) {
            (void)snprintf(text, sizeof(text), "T2M0215: cannot bring the lines of %.120s to the "
                           "disk: %s", drain->settings->files[file].path, strerror(error));
            t2m_board_notice(&drain->board, T2M_LEVEL_ERROR, text);
            tell->last_sync = now;
        }
        if (reopen) {
            t2m_roll_reopen(drain, file);
        }
    }
}
