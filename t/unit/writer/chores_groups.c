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

/* Tests modules/writer/chores_groups.c. */
#include "writer/chores_internal.h"

#include "writer/chores_world.h"
#include "writer/group_file.h"
#include "writer/group_sample.h"

#define MINUTE APR_INT64_C(60000000)

#define START APR_INT64_C(5000000)

static t2m_kept_group_t kept;
static struct stat before;

/* A batch brings a group, or one more error of it. */
static void happen(unsigned number)
{
    t2m_board_t *board = &drain.board;

    group_small(&kept, number);
    t2m_board_replace(board, &board->tables->groups[number], &kept.group, sizeof(kept.group));
    board->header->done_batch++;
}

/* Nonzero when the file is another one than at the last call. */
static int was_saved(void)
{
    struct stat now;
    int is_there = fstatat(T2M_FD_DIRECTORY, T2M_GROUP_FILE, &now, 0) == 0;
    int other = is_there && (now.st_ino != before.st_ino
                             || now.st_mtim.tv_nsec != before.st_mtim.tv_nsec);

    memset(&before, 0, sizeof(before));
    before = is_there ? now : before;
    return other;
}

static void look(apr_int64_t monotonic)
{
    t2m_chores_groups(chores, monotonic);
    (void)t2m_chores_exchange(chores, &drain);
}

static apr_uint64_t notices(void)
{
    return drain.board.header->notice_count;
}

static void check_interval(void)
{
    look(START);
    ok(!was_saved(), "no groups: no file");
    ok(t2m_chores_groups_next(chores, START) == APR_INT64_MAX, "and nothing to wait for");
    chores->groups.directory[1] = 0;
    ok(t2m_chores_groups_next(chores, START) == APR_INT64_MAX, "in no other directory either");
    happen(1);
    ok(t2m_chores_groups_next(chores, START) == 0, "the first group");
    look(START);
    ok(was_saved(), "is saved at once");
    look(START + 2 * MINUTE);
    ok(!was_saved(), "and then not again");
    ok(t2m_chores_groups_next(chores, START) == APR_INT64_MAX, "nothing to wait for");
    happen(1);
    look(START + MINUTE - 1);
    ok(!was_saved(), "another error within the minute");
    ok(t2m_chores_groups_next(chores, START + MINUTE - 1) == 1, "waits for its end");
    look(START + MINUTE);
    ok(was_saved(), "then it is saved");
    (void)unlinkat(folder, T2M_GROUP_FILE, 0);
    look(START + 3 * MINUTE);
    ok(!was_saved(), "a file that is gone is not missed");
    happen(2);
    look(START + 4 * MINUTE);
    ok(was_saved(), "until something happens");
}

static void check_failure(void)
{
    apr_uint64_t told = notices();

    (void)unlinkat(folder, T2M_GROUP_FILE, 0);
    (void)mkdirat(folder, T2M_GROUP_FILE, 0700);
    happen(3);
    look(START + 10 * MINUTE);
    (void)t2m_chores_exchange(chores, &drain);
    ok(notices() == told + 1 && strstr(chores_notice(), "T2M0223"), "it cannot be written: %s",
       chores_notice());
    look(START + 11 * MINUTE);
    is_number((long long)notices(), (long long)told + 1, "told once");
    ok(t2m_chores_groups_next(chores, START + 11 * MINUTE) == MINUTE, "it is tried again");
    (void)unlinkat(folder, T2M_GROUP_FILE, AT_REMOVEDIR);
    look(START + 12 * MINUTE);
    ok(was_saved(), "and works again");
    drain.board.tables->groups[3].row.sequence++;
    look(START + 13 * MINUTE);
    ok(!was_saved() && notices() == told + 1, "a row that is always changing is no failure");
    drain.board.tables->groups[3].row.sequence++;
    (void)mkdirat(folder, T2M_GROUP_FILE ".tmp", 0700);
    look(START + 14 * MINUTE);
    is_number((long long)notices(), (long long)told + 2, "told anew");
    (void)unlinkat(folder, T2M_GROUP_FILE ".tmp", AT_REMOVEDIR);
}

static void check_end(void)
{
    char text[400] = "";
    FILE *log = tmpfile();

    (void)was_saved();
    happen(4);
    t2m_chores_groups_end(chores, log);
    ok(was_saved(), "saved at the end");
    t2m_chores_groups_end(chores, log);
    ok(!was_saved(), "not when nothing has changed");
    t2m_chores_groups_end(NULL, log);
    is_number(ftell(log), 0, "no complaint");
    happen(5);
    (void)mkdirat(folder, T2M_GROUP_FILE ".tmp", 0700);
    t2m_chores_groups_end(chores, log);
    rewind(log);
    (void)!fread(text, 1, sizeof(text) - 1, log);
    ok(strncmp(text, "T2M0224: ", 9) == 0 && text[strlen(text) - 1] == '\n', "a failure: %s", text);
    (void)unlinkat(folder, T2M_GROUP_FILE ".tmp", AT_REMOVEDIR);
    (void)fclose(log);
}

/* T2M_FD_DIRECTORY follows T2MLogDir. */
static void check_directory(void)
{
    apr_uint64_t told;
    int other;

    look(START + 20 * MINUTE);
    (void)was_saved();
    (void)mkdirat(folder, "other", 0700);
    other = openat(folder, "other", O_RDONLY | O_DIRECTORY);
    (void)close(openat(other, T2M_GROUP_FILE, O_WRONLY | O_CREAT, 0600));
    (void)dup2(other, T2M_FD_DIRECTORY);
    told = notices();
    look(START + 30 * MINUTE);
    ok(was_saved(), "another directory has them, too");
    ok(unlinkat(other, T2M_GROUP_FILE ".before", 0) == 0, "those of others there are kept");
    is_number((long long)(notices() - told), 1, "and it says so");
    look(START + 40 * MINUTE);
    ok(!was_saved(), "once");
    happen(7);
    look(START + 45 * MINUTE);
    ok(was_saved() && unlinkat(other, T2M_GROUP_FILE ".before", 0) != 0, "our own are replaced");
    (void)unlinkat(other, T2M_GROUP_FILE, 0);
    (void)unlinkat(folder, "other", AT_REMOVEDIR);
    happen(6);
    ok(t2m_chores_groups_next(chores, START + 50 * MINUTE) == APR_INT64_MAX,
       "a directory that was removed is waited for");
    (void)dup2(folder, T2M_FD_DIRECTORY);
    look(START + 60 * MINUTE);
    ok(was_saved(), "where they belong");
    (void)close(T2M_FD_DIRECTORY);
    happen(7);
    ok(t2m_chores_groups_next(chores, START + 70 * MINUTE) == APR_INT64_MAX, "no directory at all");
    (void)dup2(folder, T2M_FD_DIRECTORY);
}

/* What the next writer knows of the file. The chores of those before stay as they are. */
static void check_begin(void)
{
    static t2m_chores_t *former[3];

    look(START + 80 * MINUTE);
    (void)was_saved();
    former[0] = chores;
    chores_idle();
    look(START);
    ok(was_saved(), "a writer that follows one that was killed saves what there is");
    drain.board.header->done_batch = 0;
    former[1] = chores;
    chores_idle();
    ok(former[0] != former[1], "three writers, one after the other");
    look(START);
    ok(!was_saved(), "one that has loaded it does not");
    happen(8);
    look(START);
    ok(was_saved(), "until something happens");
    happen(9);
    drain.board.header->done_batch = 0;
    drain.board.header->intent.phase = T2M_INTENT_ADVANCE;
    former[2] = chores;
    chores_idle();
    drain.board.header->intent.phase = T2M_INTENT_NONE;
    look(START);
    ok(was_saved() && former[2] != chores, "a first batch that is pending is not in the file");
}

int main(void)
{
    chores_make();
    chores_idle();
    check_interval();
    check_failure();
    check_end();
    check_directory();
    check_begin();
    folder_remove();
    return tap_done();
}
