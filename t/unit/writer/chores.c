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

/* Tests modules/writer/chores.c: the thread, what it is told and what it finds. */
#include "writer/chores.h"

#include <poll.h>

#include "shared/atomic.h"
#include "writer/chores_world.h"

static int new_file(void)
{
    return folder_has("talk2me.log");
}

static int token_counts(void)
{
    return drain.board.tables->tokens.count == 1;
}

static int space_is_known(void)
{
    return drain.board.header->disk_size != 0;
}

static int two_backups(void)
{
    return folder_has("talk2me.log.2") && !folder_has("talk2me.log.3")
        && drain.board.header->deleted == 2;
}

static int is_packed(void)
{
    return folder_has("errors.log.2.gz") && drain.board.header->compressed == 1;
}

/* The thread is on, the writer goes round. */
static void works(void)
{
    static const char tokens[] =
        "ops:00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";
    int i;

    chores_push(T2M_STREAM_APP, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    (void)renameat(folder, "talk2me.log", folder, "talk2me.log.backup");
    ok(chores_until(new_file, 5), "a file that was moved away: a new one");
    ok(chores_until(space_is_known, 5), "disk space is known");
    folder_put("tokens", tokens, sizeof(tokens) - 1);
    (void)fchmodat(folder, "tokens", 0600, 0);
    (void)snprintf(settings->token_file, sizeof(settings->token_file), "%s/tokens", folder_path);
    settings->files[T2M_STREAM_APP].rotation.keep = 2;
    settings->files[T2M_STREAM_ERRORS].rotation.compression = T2M_COMPRESSION_GZIP;
    for (i = 1; i <= 4; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "talk2me.log.%d", i);
        folder_put(name, "{}\n", 3);
    }
    folder_put("errors.log.1", "{}\n", 3);
    folder_put("errors.log.2", "{}\n", 3);
    chores_publish();
    ok(chores_until(token_counts, 5), "new settings: the token file is read");
    chores->last_retain = 0; /* else ten seconds later */
    (void)t2m_add(&drain.board.files[T2M_STREAM_APP].rotations, 1);
    ok(chores_until(two_backups, 10), "after a rotation what is too much goes, and is counted");
    ok(chores_until(is_packed, 10), "and what is to be packed is");
}

static void exchanges(void)
{
    struct pollfd news = { t2m_chores_fd(chores), POLLIN, 0 };
    apr_uint64_t notices = drain.board.header->notice_count;
    int i;

    (void)t2m_chores_exchange(chores, &drain);
    ok(t2m_chores_exchange(chores, &drain) == 0 && poll(&news, 1, 0) == 0, "no news");
    t2m_chores_notice(chores, T2M_LEVEL_WARNING, "T2M0000: %s", "a notice");
    ok(poll(&news, 1, 0) == 1, "news wake the thread that writes");
    ok(t2m_chores_exchange(chores, &drain) != 0, "which takes them");
    ok(poll(&news, 1, 0) == 0, "once");
    is_bytes(chores_notice(), strlen(chores_notice()), "T2M0000: a notice", "a notice");
    for (i = 0; i < 100; i++) {
        t2m_chores_notice(chores, T2M_LEVEL_WARNING, "T2M0000: %d", i);
    }
    (void)t2m_chores_exchange(chores, &drain);
    is_number((long)(drain.board.header->notice_count - notices), 1 + T2M_CHORES_NOTICES,
              "no more than so many in one round");
    ok(strstr(chores_notice(), ": 7") != NULL, "the first ones");
}

static void rows(void)
{
    t2m_chores_file_t file;
    int i;

    for (i = 0; t2m_chores_file(chores, (apr_uint32_t)i, &file); i++) {
    }
    is_number(i, T2M_STREAM_COUNT, "a row for each file");
    chores_push(T2M_STREAM_ACCESS, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    (void)t2m_chores_exchange(chores, &drain);
    (void)t2m_chores_file(chores, T2M_STREAM_ACCESS, &file);
    ok(file.seq == 1 && file.lines == 1 && file.size == 16
       && file.inode == drain.sinks[T2M_STREAM_ACCESS].inode, "says how it stands");
    t2m_sink_close(&drain.sinks[T2M_STREAM_ACCESS]);
    (void)t2m_chores_exchange(chores, &drain);
    (void)t2m_chores_file(chores, T2M_STREAM_ACCESS, &file);
    ok(file.inode == 0 && file.device == 0, "and that it is not open");
    (void)t2m_drain_ready(&drain, T2M_STREAM_ACCESS);
}

/* What a report is about may be over when it is taken. */
static void late_reports(void)
{
    apr_uint64_t inode = drain.sinks[T2M_STREAM_APP].inode;
    int fd = drain.sinks[T2M_STREAM_APP].fd;

    chores->shared.moved[T2M_STREAM_APP] = inode + 1;
    chores->shared.news = 1;
    (void)t2m_chores_exchange(chores, &drain);
    ok(drain.sinks[T2M_STREAM_APP].fd == fd && chores->shared.moved[T2M_STREAM_APP] == 0,
       "a file that was replaced meanwhile stays open");
}

static unsigned char security_rotates(void)
{
    return chores->shared.rotate[T2M_STREAM_SECURITY];
}

/* While a file refuses its batch: a token is revoked, somebody takes the file away. */
static void pending(void)
{
    apr_uint64_t inode = drain.sinks[T2M_STREAM_APP].inode;
    apr_uint64_t rotations = drain.board.files[T2M_STREAM_SECURITY].rotations;

    chores_push(T2M_STREAM_SECURITY, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    (void)renameat(folder, "talk2me.log", folder, "talk2me.log.taken");
    drain.board.header->intent.phase = T2M_INTENT_WRITE;
    memset(&chores->shared.tokens, 0, sizeof(chores->shared.tokens));
    chores->shared.tokens_new = chores->shared.news = 1;
    chores->shared.moved[T2M_STREAM_APP] = inode;
    chores->shared.rotate[T2M_STREAM_SECURITY] = 1;
    (void)t2m_chores_exchange(chores, &drain);
    ok(!token_counts(), "while a batch is pending a revoked token counts no more");
    ok(drain.sinks[T2M_STREAM_APP].inode != inode && new_file(),
       "a file that was taken away is closed");
    ok(security_rotates() && drain.board.files[T2M_STREAM_SECURITY].rotations == rotations,
       "nothing is rotated");
    drain.board.header->intent.phase = T2M_INTENT_NONE;
    (void)t2m_chores_exchange(chores, &drain);
    ok(!security_rotates() && drain.board.files[T2M_STREAM_SECURITY].rotations == rotations + 1,
       "but afterwards, without being asked again");
}

/* A new writer begins with what the last one knew. */
static void inherits(void)
{
    drain.board.header->shed = 1 << T2M_STREAM_PERFORMANCE;
    drain.board.header->logs_size = 4711;
    chores_idle();
    is_number((long)chores->shared.logs_size, 4711, "a new writer knows the size of the logs");
    t2m_chores_notice(chores, T2M_LEVEL_INFO, "T2M0000: x");
    (void)t2m_chores_exchange(chores, &drain);
    is_number(drain.board.header->shed, 1 << T2M_STREAM_PERFORMANCE,
              "what is shed stays so until it has looked");
    drain.board.header->shed = 0;
}

static void nothing_there(void)
{
    t2m_chores_stop(NULL);
    is_number(t2m_chores_fd(NULL), -1, "without a thread there are no news");
}

int main(void)
{
    static t2m_chores_t *volatile before; /* the sanitizer asks for it */

    chores_make();
    nothing_there();
    folder_put("talk2me.log.7.gz.tmp", "x", 1);
    chores = t2m_chores_start(&drain);
    if (!chores) {
        return 1;
    }
    ok(!folder_has("talk2me.log.7.gz.tmp"), "what a killed writer left half packed is gone");
    ok(folder_has("t2mlog.sock"), "the control socket is there");
    works();
    t2m_chores_stop(chores);
    ok(!folder_has("t2mlog.sock"), "and goes with the thread");
    exchanges();
    rows();
    late_reports();
    pending();
    before = chores;
    inherits();
    ok(before != chores, "it has chores of its own");
    folder_remove();
    return tap_done();
}
