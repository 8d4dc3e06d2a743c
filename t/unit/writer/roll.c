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

/* Tests modules/writer/roll.c. */
#include "writer/roll.h"

#include <sys/mount.h>

#include "writer/chores_world.h"

#define HOUR apr_time_from_sec(3600)

static const char long_line[] =
    "{\"message\":\"................................................\"";

static t2m_rotation_t *policy;

static void begin(void)
{
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        t2m_sink_close(&drain.sinks[stream]);
    }
    folder_empty();
    memset(drain.board.files, 0, T2M_STREAM_COUNT * sizeof(*drain.board.files));
    policy = &drain.settings->files[T2M_STREAM_APP].rotation;
    memset(policy, 0, sizeof(*policy));
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        (void)t2m_drain_ready(&drain, (apr_uint32_t)stream);
    }
}

static void by_size(void)
{
    char bytes[8192];
    ssize_t size;
    int i, over = 0, files = 0;
    long lines = 0;

    begin();
    policy->size = 1000;
    for (i = 0; i < 300; i++) {
        chores_push(T2M_STREAM_APP, "{\"message\":\"a line of some length\"");
        if (i % 40 == 39) {
            (void)chores_pass(CHORES_NOW);
        }
    }
    (void)chores_pass(CHORES_NOW);
    for (i = 0; i < 100; i++) {
        char name[32];
        ssize_t at;

        (void)snprintf(name, sizeof(name), i ? "talk2me.log.%d" : "talk2me.log", i);
        size = folder_get(name, bytes, sizeof(bytes));
        if (size < 0) {
            break;
        }
        files++;
        over += size > 1000 + 60;
        for (at = 0; at < size; at++) {
            lines += bytes[at] == '\n';
        }
    }
    is_number(lines, 300, "by size: every line is in some file");
    is_number(over, 0, "no file is over its limit by more than a record");
    ok(files > 12, "there are many, without a hole in their numbers (%d)", files);
    is_number((long)drain.board.files[T2M_STREAM_APP].rotations, files - 1, "each is counted");
    is_number((long)drain.board.files[T2M_STREAM_APP].seq, 300, "numbers go on");
    is_number((long)drain.room[T2M_STREAM_ACCESS], -1, "a file without a limit has any room");
}

static void by_period(void)
{
    begin();
    policy->period = T2M_PERIOD_HOURLY;
    chores_push(T2M_STREAM_APP, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    (void)chores_pass(CHORES_NOW + HOUR / 4);
    ok(!folder_has("talk2me.log.1"), "by the hour: not within it");
    (void)chores_pass(CHORES_NOW + HOUR);
    ok(folder_has("talk2me.log.1"), "after it, also when nothing comes");
    (void)chores_pass(CHORES_NOW + 5 * HOUR);
    ok(!folder_has("talk2me.log.2"), "an empty file stays");
    chores_push(T2M_STREAM_APP, "{\"n\":2");
    (void)chores_pass(CHORES_NOW + 5 * HOUR);
    (void)chores_pass(CHORES_NOW + 500 * HOUR);
    ok(folder_has("talk2me.log.2") && !folder_has("talk2me.log.3"), "many hours: one rotation");
    chores_push(T2M_STREAM_APP, "{\"n\":3");
    (void)chores_pass(CHORES_NOW + 500 * HOUR);
    (void)chores_pass(CHORES_NOW - 500 * HOUR);
    ok(!folder_has("talk2me.log.3"), "a clock that goes back rotates nothing");
    chores_file_is("talk2me.log", "{\"n\":3,\"seq\":3}\n", "the last line is in the live file");
    chores_file_is("talk2me.log.2", "{\"n\":1,\"seq\":1}\n", "the first in the oldest");
}

/* The error of a directory that nothing can be renamed in: for root too. */
static int is_read_only(int on)
{
    return mount(NULL, folder_path, NULL, MS_REMOUNT | MS_BIND | (on ? MS_RDONLY : 0), NULL) == 0;
}

static void fails_and_retries(void)
{
    apr_time_t now = CHORES_NOW;
    apr_uint64_t before;

    begin();
    policy->size = 100;
    folder_put("talk2me.log.1", "", 0);
    (void)unlinkat(folder, "talk2me.log.1", 0);
    chores_push(T2M_STREAM_APP, long_line);
    (void)chores_pass(now);
    chores_push(T2M_STREAM_APP, long_line);
    (void)chores_pass(now);
    (void)chores_pass(now);
    ok(folder_has("talk2me.log.1"), "the first rotation");
    before = drain.board.header->notice_count;
    (void)linkat(folder, "talk2me.log", folder, "second-name", 0);
    chores_push(T2M_STREAM_APP, long_line);
    chores_push(T2M_STREAM_APP, long_line);
    (void)chores_pass(now);
    ok(!folder_has("talk2me.log.2"), "a file that cannot be rotated");
    ok(strstr(chores_notice(), "T2M0206") && strstr(chores_notice(), "written on"), "is told of");
    chores_push(T2M_STREAM_APP, "{\"n\":1");
    chores_push(T2M_STREAM_APP, "{\"n\":2");
    (void)chores_pass(now + 1);
    is_number((long)drain.board.files[T2M_STREAM_APP].lines, 6, "and written on");
    is_number((long)drain.board.header->notice_count, (long)before + 1, "told once");
    (void)unlinkat(folder, "second-name", 0);
    (void)chores_pass(now + apr_time_from_sec(59));
    ok(!folder_has("talk2me.log.2"), "not tried again before a minute");
    (void)chores_pass(now + apr_time_from_sec(61));
    ok(folder_has("talk2me.log.2"), "but then");
    is_number((long)drain.room[T2M_STREAM_APP], 100, "and has its limit again");
    (void)linkat(folder, "talk2me.log", folder, "second-name", 0);
    chores_push(T2M_STREAM_APP, long_line);
    chores_push(T2M_STREAM_APP, long_line);
    (void)chores_pass(now + apr_time_from_sec(61));
    (void)chores_pass(now + apr_time_from_sec(61));
    policy->size = 1000;
    (void)chores_pass(now + apr_time_from_sec(122));
    is_number((long)(drain.room[T2M_STREAM_APP] + drain.sinks[T2M_STREAM_APP].size), 1000,
              "so it has when it is no longer due");
    policy->size = 100;
    (void)chores_pass(now + apr_time_from_sec(122));
    (void)unlinkat(folder, "second-name", 0);
    (void)chores_pass(now - apr_time_from_sec(86400));
    ok(folder_has("talk2me.log.3"), "a clock that went back does not put it off");
}

static void read_only(void)
{
    apr_time_t now = CHORES_NOW;

    begin();
    if (geteuid() != 0 || mount(folder_path, folder_path, NULL, MS_BIND, NULL) != 0) {
        ok(1, "a read-only directory # SKIP cannot mount");
        return;
    }
    /* The files are opened through the mount, the descriptors on them outlive its change. */
    (void)close(folder);
    folder = open(folder_path, O_RDONLY | O_DIRECTORY);
    policy->size = 40;
    chores_push(T2M_STREAM_APP, long_line);
    (void)chores_pass(now);
    if (is_read_only(1)) {
        is_number(t2m_roll_now(&drain, T2M_STREAM_APP), EROFS, "a read-only directory");
        (void)chores_pass(now);
        ok(strstr(chores_notice(), "Read-only") != NULL, "is told of");
        chores_push(T2M_STREAM_APP, "{\"n\":1");
        (void)chores_pass(now);
        is_number((long)drain.board.files[T2M_STREAM_APP].lines, 2, "and the file written on");
        (void)is_read_only(0);
    }
    (void)umount2(folder_path, MNT_DETACH);
    (void)close(folder);
    folder = open(folder_path, O_RDONLY | O_DIRECTORY);
}

static void on_demand(void)
{
    begin();
    is_number(t2m_roll_now(&drain, T2M_STREAM_ERRORS), APR_SUCCESS, "on demand: an empty one");
    ok(!folder_has("errors.log.1"), "stays");
    chores_push(T2M_STREAM_ERRORS, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    is_number(t2m_roll_now(&drain, T2M_STREAM_ERRORS), APR_SUCCESS, "one with a line");
    ok(folder_has("errors.log.1") && folder_has("errors.log"), "rotates");
    chores_push(T2M_STREAM_ERRORS, "{\"n\":2");
    (void)chores_pass(CHORES_NOW);
    (void)unlinkat(folder, "errors.log", 0);
    is_number(t2m_roll_now(&drain, T2M_STREAM_ERRORS), APR_SUCCESS, "one that is gone");
    ok(folder_has("errors.log"), "is made again");
    (void)renameat(folder, "errors.log", folder, "moved");
    t2m_roll_reopen(&drain, T2M_STREAM_ERRORS);
    chores_push(T2M_STREAM_ERRORS, "{\"n\":3");
    (void)chores_pass(CHORES_NOW);
    chores_file_is("errors.log", "{\"n\":3,\"seq\":3}\n", "reopened: a new file, numbers go on");
    (void)snprintf(drain.settings->files[T2M_STREAM_ERRORS].path, T2M_PATH_MAX,
                   "/nonexistent/errors.log");
    is_number(t2m_roll_now(&drain, T2M_STREAM_ERRORS), APR_SUCCESS,
              "whose directory is gone: moved away");
    is_number(drain.sinks[T2M_STREAM_ERRORS].fd, -1, "no new one is to be had");
    is_number(t2m_roll_now(&drain, T2M_STREAM_ERRORS), ENOENT, "one that cannot be opened");
    (void)snprintf(drain.settings->files[T2M_STREAM_ERRORS].path, T2M_PATH_MAX, "%s",
                   chores_path(T2M_STREAM_ERRORS));
}

/* A server that starts on a file that was just rotated goes on with its numbers. */
static void restarts(void)
{
    begin();
    chores_push(T2M_STREAM_APP, "{\"n\":1");
    chores_push(T2M_STREAM_APP, "{\"n\":2");
    (void)chores_pass(CHORES_NOW);
    (void)t2m_roll_now(&drain, T2M_STREAM_APP);
    t2m_sink_close(&drain.sinks[T2M_STREAM_APP]);
    memset(&drain.board.files[T2M_STREAM_APP], 0, sizeof(drain.board.files[0]));
    chores_push(T2M_STREAM_APP, "{\"n\":3");
    (void)chores_pass(CHORES_NOW);
    chores_file_is("talk2me.log", "{\"n\":3,\"seq\":3}\n", "numbers go on over a restart");
}

/* How long the writer may sleep. */
static void next(void)
{
    const apr_time_t end = CHORES_NOW / HOUR * HOUR + HOUR;
    t2m_board_file_t *row = &drain.board.files[T2M_STREAM_APP];

    begin();
    policy->period = T2M_PERIOD_HOURLY;
    ok(t2m_roll_next(&drain, CHORES_NOW) == APR_INT64_MAX, "next: an empty file never rotates");
    chores_push(T2M_STREAM_APP, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    ok(t2m_roll_next(&drain, CHORES_NOW) == end - CHORES_NOW, "the end of the hour");
    is_number((long)t2m_roll_next(&drain, end - 1), 1, "a moment before it");
    is_number((long)t2m_roll_next(&drain, end + HOUR), 0, "it is over");
    drain.sinks[T2M_STREAM_APP].rotate_after = end + 5;
    is_number((long)t2m_roll_next(&drain, end), 5, "after a failure, when it is tried again");
    drain.sinks[T2M_STREAM_APP].rotate_after = 0;
    row->written = 0;
    ok(t2m_roll_next(&drain, end) == APR_INT64_MAX, "no line of ours");
    row->written = CHORES_NOW;
    policy->period = T2M_PERIOD_NONE;
    ok(t2m_roll_next(&drain, end) == APR_INT64_MAX, "no period");
}

int main(void)
{
    chores_make();
    by_size();
    by_period();
    next();
    fails_and_retries();
    read_only();
    on_demand();
    restarts();
    folder_remove();
    return tap_done();
}
