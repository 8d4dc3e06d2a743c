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

/* Tests modules/writer/group_file.c, which is killed at each of its steps. */
#include "writer/group_file.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <openssl/evp.h>

#include "folder.h"
#include "shared/handover.h"
#include "shared/step.h"
#include "shared/world.h"
#include "writer/group_sample.h"

#define DAMAGED T2M_GROUP_FILE ".damaged"

static world_t world;
static t2m_board_t board;
static t2m_kept_group_t kept;
static const char *why;
static unsigned groups;
static int step, kill_at;
static char text[40000];

void t2m_model_step(const char *name)
{
    (void)name;
    if (++step == kill_at) {
        _exit(7);
    }
}

/* As a server that starts has it. The memory is that of all processes. */
static void new_board(void)
{
    t2m_tables_t *tables = board.tables;

    if (t2m_group_file_mark(&board)) {
        memset(tables->groups, 0, sizeof(tables->groups));
        memset(tables->samples, 0, sizeof(tables->samples));
    }
    tables->restored = tables->forgotten = tables->evictions[1] = 0;
    board.undo->size = 0;
    board.header->done_batch = 0;
    board.header->intent.phase = T2M_INTENT_NONE;
}

static void put(const t2m_kept_group_t *one)
{
    t2m_tables_t *tables = board.tables;
    int i;

    t2m_board_replace(&board, &tables->groups[one->number], &one->group, sizeof(one->group));
    for (i = 0; i < T2M_SAMPLES; i++) {
        t2m_board_replace(&board, &tables->samples[one->number][i], &one->samples[i],
                          sizeof(one->samples[i]));
    }
}

static apr_status_t load(void)
{
    return t2m_group_file_load(folder, &board, &groups, &why);
}

static int has_same(const t2m_kept_group_t *one)
{
    const t2m_group_t *group = &board.tables->groups[one->number];
    const t2m_sample_t *samples = board.tables->samples[one->number];
    int i, same = memcmp((const char *)group + sizeof(t2m_row_t),
                         (const char *)&one->group + sizeof(t2m_row_t),
                         sizeof(*group) - sizeof(t2m_row_t)) == 0;

    for (i = 0; i < T2M_SAMPLES; i++) {
        same &= samples[i].size == one->samples[i].size
             && memcmp(samples[i].id, one->samples[i].id, sizeof(samples[i].id)) == 0
             && memcmp(samples[i].line, one->samples[i].line, samples[i].size) == 0;
    }
    return same && group->row.batch == 0;
}

static int is_empty(void)
{
    return t2m_group_file_mark(&board) == 0 && board.tables->restored
        && board.tables->forgotten == 0;
}

/* Full rows, a row without a group, and row 0. */
static void fill(void)
{
    group_full(&kept, 1);
    memset(&kept.group.vhosts, 0, sizeof(kept.group.vhosts));
    put(&kept);
    group_full(&kept, 511);
    memset(&kept.group.vhosts, 0, sizeof(kept.group.vhosts));
    memset(kept.samples, 0, sizeof(kept.samples));
    put(&kept);
    memset(&kept, 0, sizeof(kept));
    kept.number = 17;
    kept.group.evicted = 5;
    put(&kept);
    memset(&kept, 0, sizeof(kept));
    kept.group.before = 3;
    kept.group.total = 9;
    put(&kept);
    board.tables->forgotten = 12;
    board.tables->evictions[1] = 2;
}

static void check_round_trip(void)
{
    struct stat information;

    new_board();
    is_number(load(), APR_ENOENT, "no file");
    ok(why == NULL && groups == 0 && is_empty(), "is nothing to tell of");
    fill();
    (void)umask(077);
    is_number(t2m_group_file_save(folder, &board), APR_SUCCESS, "groups are saved");
    (void)umask(022);
    is_number(folder_count(), 1, "into one file");
    (void)fstatat(folder, T2M_GROUP_FILE, &information, 0);
    is_number(information.st_mode & 07777, 0640, "for its owner, and its group to read");
    new_board();
    is_number(load(), APR_SUCCESS, "and read");
    ok(why == NULL, "without a complaint");
    is_number(groups, 2, "as many");
    group_full(&kept, 1);
    memset(&kept.group.vhosts, 0, sizeof(kept.group.vhosts));
    ok(has_same(&kept), "the same group, with its samples");
    group_full(&kept, 511);
    memset(&kept.group.vhosts, 0, sizeof(kept.group.vhosts));
    memset(kept.samples, 0, sizeof(kept.samples));
    ok(has_same(&kept), "and the other one, without");
    ok(board.tables->groups[17].evicted == 5 && !board.tables->groups[17].used, "a free row");
    ok(board.tables->groups[0].before == 3 && board.tables->groups[0].total == 9, "row 0");
    ok(board.tables->forgotten == 12 && board.tables->evictions[1] == 2, "what was forgotten");
    is_number((long long)t2m_group_file_mark(&board), 8, "nothing else has changed");
    is_number((long long)board.tables->samples[511][0].row.sequence, 0, "no sample either");
}

static void check_once(void)
{
    group_small(&kept, 2);
    put(&kept);
    is_number(load(), APR_SUCCESS, "a board that was asked before");
    ok(groups == 0 && has_same(&kept), "stays as it is");
    new_board();
    board.header->done_batch = 1;
    is_number(load(), APR_SUCCESS, "one that has seen a batch, too");
    ok(groups == 0 && is_empty(), "it was asked now");
    new_board();
    board.header->intent.phase = T2M_INTENT_WRITE;
    is_number(load(), APR_SUCCESS, "or is about to");
    ok(groups == 0 && is_empty(), "also");
}

/* Ids that are none or there twice, and a group in row 0: nothing that could not be read again. */
static void check_hostile(void)
{
    new_board();
    fill();
    group_small(&kept, 3);
    kept.group.id[4] = 'g';
    put(&kept);
    group_small(&kept, 511);
    kept.number = 510;
    put(&kept);
    kept.number = 0;
    put(&kept);
    is_number(t2m_group_file_save(folder, &board), APR_SUCCESS, "rows of a worker gone bad");
    new_board();
    ok(load() == APR_SUCCESS && !why, "are read");
    is_number(groups, 2, "as far as they are groups");
    ok(board.tables->groups[510].used && !board.tables->groups[511].used
       && !board.tables->groups[0].used && !board.tables->groups[3].used, "once");
    board.tables->groups[510].row.sequence |= 1;
    is_number(t2m_group_file_save(folder, &board), APR_EAGAIN, "a row that is always changing");
    new_board();
    ok(load() == APR_SUCCESS && groups == 2, "leaves the file as it was");
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* The small file that is damaged, and its size. */
static size_t small_file(void)
{
    ssize_t size;

    folder_empty();
    new_board();
    group_small(&kept, 7);
    memcpy(kept.group.message, "a \"b\"\n", 6);
    kept.group.message_size = 6;
    put(&kept);
    (void)t2m_group_file_save(folder, &board);
    size = folder_get(T2M_GROUP_FILE, text, sizeof(text));
    return size < 0 ? 0 : (size_t)size;
}

/* The file is set aside, told of, and the table is empty. */
static int is_refused(const char *bytes, size_t size)
{
    static char there[sizeof(text)];

    folder_empty();
    folder_put(T2M_GROUP_FILE, bytes, size);
    new_board();
    return load() == APR_EINVAL && why && groups == 0 && is_empty()
        && !folder_has(T2M_GROUP_FILE) && folder_count() == 1
        && folder_get(DAMAGED, there, sizeof(there)) == (ssize_t)size
        && memcmp(there, bytes, size) == 0;
}

static void check_every_byte(void)
{
    static char changed[sizeof(text)];
    size_t size = small_file(), i;
    int cut = 1, flipped = 1, bit;

    ok(size > 600 && size < sizeof(text), "a small file: %d bytes", (int)size);
    for (i = 0; i < size; i++) {
        cut &= is_refused(text, i);
        for (bit = 0; bit < 8; bit += 1 + (int)(i % 3)) {
            memcpy(changed, text, size);
            changed[i] = (char)(changed[i] ^ 1 << bit);
            flipped &= is_refused(changed, size);
        }
    }
    ok(cut, "cut off anywhere it is set aside");
    ok(flipped, "and with any byte another");
    text[size] = '\n';
    ok(is_refused(text, size + 1), "with a line's end more");
    memcpy(text + size, text, size);
    ok(is_refused(text, size * 2), "and twice");
    folder_put(T2M_GROUP_FILE, text, size);
    new_board();
    ok(load() == APR_SUCCESS && groups == 1 && has_same(&kept), "as it was it is read");
}

/* A file with these lines and the sum that they have. */
static size_t with_sum(char *out, const char *lines)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned made, i;
    int size = snprintf(out, sizeof(text), "%s", lines);

    (void)EVP_Digest(lines, (size_t)size, digest, &made, EVP_sha256(), NULL);
    size += snprintf(out + size, 32, "{\"sha256\":\"");
    for (i = 0; i < made; i++) {
        size += snprintf(out + size, 3, "%02x", digest[i]);
    }
    return (size_t)(size + snprintf(out + size, 8, "\"}\n"));
}

static int takes(const char *lines)
{
    size_t size = with_sum(text, lines);

    new_board();
    why = t2m_group_file_read(text, size, &board, &groups);
    return why == NULL;
}

#define HEAD "{\"format\":\"t2mlog-error-groups\",\"version\":1}\n"
#define GROUP(row, id) "{\"row\":" row ",\"id\":\"0123456789" id "\"}\n"

static void check_lines(void)
{
    static const char *const wrong[] = {
        "", "\n", "{}\n", "[]\n", "null\n", "x\n",
        "{\"format\":\"t2mlog-error-groups\",\"version\":2}\n",
        "{\"format\":\"t2mlog-error-groups\",\"version\":\"1\"}\n",
        "{\"format\":\"t2mlog-error-groups\"}\n",
        "{\"format\":\"t2mlog-error-group\",\"version\":1}\n",
        "{\"format\":1,\"version\":1}\n",
        HEAD "\n", HEAD "5\n", HEAD "{}\n", HEAD "{\"row\":5\n", HEAD "\xff\n",
        HEAD "{\"row\":1,\"row\":1}\n", HEAD "{\"row\":1,\"total\":99999999999999999999}\n",
        HEAD "{\"row\":1,\"a\":\"\xff\"}\n", HEAD "{\"row\":1}{\"row\":2}\n", HEAD HEAD,
        HEAD GROUP("1", "ab") GROUP("1", "ac"), HEAD GROUP("1", "ab") GROUP("2", "ab"),
        HEAD "{\"row\":1}\n{\"row\":1}\n", HEAD GROUP("0", "ab"), GROUP("1", "ab") HEAD
    };
    size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        ok(!takes(wrong[i]) && groups == 0 && t2m_group_file_mark(&board) == 0,
           "no file: %.40s: %s", wrong[i][0] == '\n' ? "an empty line" : wrong[i],
           why ? why : "taken");
    }
    ok(takes(HEAD) && groups == 0, "one without groups");
    ok(takes(HEAD GROUP("1", "ab") GROUP("2", "ac") "{\"row\":3}\n{\"row\":4}\n") && groups == 2,
       "one with two");
    ok(takes("{\"version\":1,\"new\":[],\"format\":\"t2mlog-error-groups\"}\n"
             "{\"new\":{},\"row\":9}\n"), "what is not known is passed over");
    ok(takes("{\"format\":\"t2mlog-error-groups\",\"version\":1,\"forgotten\":-5,"
             "\"evictions\":\"many\"}\n") && !board.tables->forgotten, "numbers that are none");
    ok(t2m_group_file_read("", 0, &board, &groups) != NULL, "no bytes");
    ok(t2m_group_file_read("\n", 1, &board, &groups) != NULL, "one");
}

/* ---- what stands in the way ------------------------------------------------------------------ */

static void refused(apr_status_t status, const char *what)
{
    new_board();
    is_number(load(), status, what);
    ok(why != NULL && groups == 0 && is_empty(), "%s: %s", what, why ? why : "no reason");
}

static void check_files(void)
{
    int fd;

    (void)small_file();
    (void)renameat(folder, T2M_GROUP_FILE, folder, "other");
    (void)symlinkat("other", folder, T2M_GROUP_FILE);
    refused(APR_EINVAL, "a link");
    ok(folder_has(DAMAGED) && !folder_has(T2M_GROUP_FILE), "is set aside");
    (void)mkdirat(folder, T2M_GROUP_FILE, 0700);
    (void)unlinkat(folder, DAMAGED, 0);
    refused(APR_EINVAL, "a directory");
    ok(folder_has(DAMAGED) && !folder_has(T2M_GROUP_FILE), "also");
    (void)mkfifoat(folder, T2M_GROUP_FILE, 0600);
    refused(EISDIR, "a pipe, while a directory is where it would go");
    ok(folder_has(T2M_GROUP_FILE), "stays");
    folder_empty();
    fd = openat(folder, T2M_GROUP_FILE, O_WRONLY | O_CREAT, 0600);
    (void)(ftruncate(fd, T2M_GROUP_FILE_MAX + 1) == 0 && close(fd) == 0);
    refused(APR_EINVAL, "too large");
    ok(why && strstr(why, "large"), "is not read");
    folder_put(T2M_GROUP_FILE, "second", 6);
    refused(APR_EINVAL, "the next one");
    ok(folder_count() == 1 && folder_get(DAMAGED, text, sizeof(text)) == 6, "takes its place");
    folder_empty();
    folder_put(T2M_GROUP_FILE ".tmp", "half", 4);
    new_board();
    is_number(load(), APR_ENOENT, "what a killed writer left is no file");
    is_number(folder_count(), 0, "and is gone");
}

/* In a child, which may be of another user or may not write so much. */
static int saves_as(uid_t user, rlim_t most)
{
    const struct rlimit limit = { most, most };
    pid_t child = fork();
    int status;

    if (child == 0) {
        (void)signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0 || (user && setuid(user) != 0)) {
            _exit(1);
        }
        _exit(t2m_group_file_save(folder, &board));
    }
    (void)waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void check_no_room(void)
{
    size_t size = small_file();
    static char after[sizeof(text)];

    group_small(&kept, 8);
    put(&kept);
    is_number(saves_as(0, 100), EFBIG, "no room for all of it");
    is_number(folder_count(), 1, "what was written is gone");
    ok(folder_get(T2M_GROUP_FILE, after, sizeof(after)) == (ssize_t)size
       && memcmp(text, after, size) == 0, "and the file as it was");
    if (geteuid() == 0) {
        (void)fchmodat(AT_FDCWD, folder_path, 0755, 0);
        is_number(saves_as(65534, RLIM_INFINITY), EACCES, "a directory of others");
    }
    is_number(t2m_group_file_save(-1, &board), EBADF, "none");
    (void)mkdirat(folder, T2M_GROUP_FILE ".tmp", 0700);
    is_number(t2m_group_file_save(folder, &board), EEXIST, "a directory in the way");
    folder_empty();
    (void)mkdirat(folder, T2M_GROUP_FILE, 0700);
    is_number(t2m_group_file_save(folder, &board), EISDIR, "one where it is to stand");
    is_number(folder_count(), 1, "leaves nothing else");
    folder_empty();
    folder_put(T2M_GROUP_FILE ".tmp", "half", 4);
    is_number(saves_as(0, RLIM_INFINITY), APR_SUCCESS, "and with room");
    ok(folder_count() == 1 && folder_has(T2M_GROUP_FILE), "what a killed writer left is gone");
}

/* ---- kills ----------------------------------------------------------------------------------- */

/* Does it in a child that is killed at that step. Returns nonzero when it was. */
static int killed_at(int at, int loads)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        step = 0;
        kill_at = at;
        _exit((loads ? load() : t2m_group_file_save(folder, &board)) == APR_SUCCESS ? 0 : 1);
    }
    (void)waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 7;
}

static unsigned saved_groups(void)
{
    new_board();
    return load() == APR_SUCCESS ? groups : 0;
}

static void check_kills(void)
{
    int at, was = 1, whole = 1;
    unsigned before = 0, after = 0;

    for (at = 1; was; at++) {
        unsigned there;

        (void)small_file();
        group_small(&kept, 8);
        put(&kept);
        was = killed_at(at, 0);
        there = saved_groups();
        whole &= there == 1 || there == 2;
        before += there == 1;
        after += there == 2;
        whole &= folder_count() == 1;
    }
    ok(whole && before > 1 && after > 1, "killed while it saves: the old file or the new one");
    folder_empty();
    new_board();
    fill();
    (void)t2m_group_file_save(folder, &board);
    for (at = 1, was = whole = 1; was; at++) {
        new_board();
        was = killed_at(at, 1);
        whole &= was ? !board.tables->restored : board.tables->restored == 1;
        if (was) {
            whole &= load() == APR_SUCCESS && groups == 2;
        }
        group_full(&kept, 1);
        memset(&kept.group.vhosts, 0, sizeof(kept.group.vhosts));
        whole &= has_same(&kept) && board.tables->restored == 1
              && board.tables->groups[1].row.sequence % 2 == 0
              && board.tables->groups[511].row.sequence % 2 == 0;
    }
    ok(whole && at > 20, "killed while it loads: the next one loads all of it (%d steps)", at);
}

int main(void)
{
    folder_make();
    world_make(&world, 2);
    t2m_board_view(&board, world.board_memory, &world.geometry);
    check_round_trip();
    check_once();
    check_hostile();
    check_lines();
    check_files();
    check_no_room();
    check_kills();
    check_every_byte();
    folder_remove();
    return tap_done();
}
