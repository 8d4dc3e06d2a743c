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

/* Tests modules/writer/compress.c on real files: what it makes, what it refuses, a kill at each of
 * its steps, and a rotation between any two of them.
 *
 * Shown to fail: without the search for the inode, or with the mutex given back before the rename
 * or the unlinking, a rotated file is mixed up with another; with the original unlinked before the
 * rename a kill loses it; without COMPARING what a kill left stays for ever; without the unlinking
 * in t2m_compress_end a full disk keeps its temporary.
 */
#include "writer/compress.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "core/backup_name.h"
#include "shared/step.h"
#include "tap.h"
#include "writer/backups.h"
#include "writer/compressed.h"
#include "writer/folder.h"

enum { SIZE = 300000, NEVER = 1000000 };

static char content[3][SIZE]; /* of .1, .2 and .3; each as long as the others */
static char got[SIZE + 1];
static pthread_mutex_t names = PTHREAD_MUTEX_INITIALIZER;
static int step, kill_at = NEVER, act_at = NEVER, rotated;
static void (*act)(void); /* what somebody else does at the act_at-th step */

/* ---- what happens at a step ------------------------------------------------------------------ */

/* Raises each number by one, however the file is packed. */
static void rotate(void)
{
    static const t2m_compression_e all[] = { T2M_COMPRESSION_NONE, T2M_COMPRESSION_GZIP,
                                             T2M_COMPRESSION_ZSTD };
    char from[64], to[64];
    apr_uint32_t number;
    size_t i;

    if (pthread_mutex_trylock(&names) != 0) {
        return; /* another thread would wait here */
    }
    for (number = 8; number >= 1; number--) {
        for (i = 0; i < 3; i++) {
            (void)t2m_backup_name_write(from, sizeof(from), "b.log", number, all[i]);
            (void)t2m_backup_name_write(to, sizeof(to), "b.log", number + 1, all[i]);
            (void)renameat2(folder, from, folder, to, RENAME_NOREPLACE);
        }
    }
    rotated = 1;
    (void)pthread_mutex_unlock(&names);
}

static void delete_original(void)
{
    (void)unlinkat(folder, "b.log.2", 0);
}

static void delete_packed(void)
{
    (void)unlinkat(folder, "b.log.2.gz", 0);
}

/* As another writer would that starts too early. */
static void replace_temporary(void)
{
    if (unlinkat(folder, "b.log.2.gz.tmp", 0) == 0) {
        folder_put("b.log.2.gz.tmp", "half", 4);
    }
}

void t2m_model_step(const char *name)
{
    (void)name;
    step++;
    if (step == kill_at) {
        _exit(7);
    }
    if (step == act_at) {
        act();
    }
}

/* ---- what is there --------------------------------------------------------------------------- */

/* Nonzero when the file's content is that one. */
static int is_content(const char *name, const char *want)
{
    t2m_compressed_t *file;
    apr_size_t size = 0, more;
    apr_status_t status = t2m_compressed_open(folder, name, &file);

    while (status == APR_SUCCESS) {
        more = sizeof(got) - size;
        status = t2m_compressed_read(file, got + size, &more);
        size += more;
    }
    t2m_compressed_close(file);
    return status == APR_EOF && size == SIZE && memcmp(got, want, SIZE) == 0;
}

/* How many files with that number have that content. */
static int copies(apr_uint32_t number, const char *want)
{
    char name[64];
    int count = 0;
    t2m_compression_e how;

    for (how = T2M_COMPRESSION_NONE; how <= T2M_COMPRESSION_ZSTD; how++) {
        (void)t2m_backup_name_write(name, sizeof(name), "b.log", number, how);
        count += is_content(name, want);
    }
    return count;
}

static void world(void)
{
    folder_empty();
    folder_put("b.log.1", content[0], SIZE);
    folder_put("b.log.2", content[1], SIZE);
    folder_put("b.log.3", content[2], SIZE);
    folder_touch("b.log.2", APR_INT64_C(1790000000123456));
    step = rotated = 0;
    kill_at = act_at = NEVER;
}

static apr_status_t pack(t2m_compression_e how)
{
    return t2m_compress_file(folder, "b.log", 2, how, &names, NULL, NULL);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void packs(t2m_compression_e how, const char *name)
{
    struct stat packed, directory;

    world();
    (void)fchmodat(folder, "b.log.2", 0600, 0);
    is_number(pack(how), APR_SUCCESS, name);
    ok(!folder_has("b.log.2") && is_content(name, content[1]), "packed, and the original is gone");
    is_number(folder_count(), 3, "nothing else");
    (void)fstatat(folder, name, &packed, 0);
    (void)fstat(folder, &directory);
    ok(packed.st_mtim.tv_sec == 1790000000 && packed.st_mtim.tv_nsec == 123456000, "its time");
    ok((packed.st_mode & 07777) == 0640 && packed.st_gid == directory.st_gid, "0640, the group");
    ok(packed.st_size > 1000 && packed.st_size < SIZE * 2 / 3, "smaller");
}

static void reproducible(void)
{
    static unsigned char first[SIZE], second[SIZE];
    ssize_t size, again;

    world();
    (void)pack(T2M_COMPRESSION_GZIP);
    size = folder_get("b.log.2.gz", first, sizeof(first));
    world();
    folder_touch("b.log.2", 1);
    (void)pack(T2M_COMPRESSION_GZIP);
    again = folder_get("b.log.2.gz", second, sizeof(second));
    ok(size == again && size > 0 && memcmp(first, second, (size_t)size) == 0,
       "the same content gives the same file");
    ok(memcmp(first, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8) == 0, "without name and time");
}

static void sizes(void)
{
    static const size_t all[] = { 0, 1, 131071, 131072, 131073, 262144 };
    t2m_compressed_t *file;
    size_t i;

    for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        apr_size_t size = 0, more = 1;

        folder_empty();
        folder_put("b.log.2", content[0], all[i]);
        is_number(pack(T2M_COMPRESSION_GZIP), APR_SUCCESS, "a size at an edge");
        (void)t2m_compressed_open(folder, "b.log.2.gz", &file);
        for (; more > 0; size += more) {
            more = sizeof(got) - size;
            (void)t2m_compressed_read(file, got + size, &more);
        }
        ok(size == all[i] && memcmp(got, content[0], size) == 0, "%d bytes", (int)all[i]);
        t2m_compressed_close(file);
    }
}

static void refuses(apr_uint32_t number, apr_status_t want, const char *what)
{
    t2m_compress_t *job;
    int before = folder_count();

    is_number(t2m_compress_begin(&job, folder, "b.log", number, T2M_COMPRESSION_GZIP, NULL), want,
              what);
    ok(job == NULL && folder_count() == before, "%s: nothing is made", what);
}

static void refusals(void)
{
    t2m_compress_t *job;

    world();
    refuses(7, ENOENT, "a missing file");
    refuses(0, APR_EINVAL, "no number");
    (void)symlinkat("b.log.1", folder, "b.log.4");
    refuses(4, ELOOP, "a symbolic link");
    (void)mkdirat(folder, "b.log.5", 0700);
    refuses(5, APR_EINVAL, "a directory");
    (void)linkat(folder, "b.log.1", folder, "second", 0);
    refuses(1, APR_EINVAL, "a file with two names");
    folder_put("b.log.3.gz.tmp", "x", 1);
    refuses(3, APR_EEXIST, "a temporary of that name");
    ok(folder_has("b.log.3.gz.tmp"), "which stays");
    (void)mkdirat(folder, "b.log.2.gz", 0700);
    refuses(2, APR_EEXIST, "a directory in the way");
    is_number(t2m_compress_begin(&job, folder, "b.log", 3, T2M_COMPRESSION_NONE, NULL),
              APR_ENOTIMPL, "no compression");
    ok(!t2m_compress_available(T2M_COMPRESSION_NONE)
           && t2m_compress_available(T2M_COMPRESSION_GZIP), "gzip is always there");
    is_number(t2m_compress_begin(&job, folder, "b.log", 3, T2M_COMPRESSION_ZSTD, NULL),
              t2m_compress_available(T2M_COMPRESSION_ZSTD) ? APR_SUCCESS : APR_ENOTIMPL, "zstd");
    t2m_compress_end(job);
    t2m_compress_end(NULL);
}

static int stop_after;

static int stop(void *baton)
{
    (void)baton;
    return stop_after-- == 0;
}

static void stops(void)
{
    int after, left = 0;
    apr_status_t status = APR_EINTR;

    for (after = 0; status == APR_EINTR && after < 100; after++) {
        world();
        stop_after = after;
        status = t2m_compress_file(folder, "b.log", 2, T2M_COMPRESSION_GZIP, &names, stop, NULL);
        left += status == APR_EINTR
             && (copies(2, content[1]) < 1 || folder_has("b.log.2.gz.tmp"));
    }
    ok(status == APR_SUCCESS && after > 4, "stopped at each of %d steps", after - 1);
    is_number(left, 0, "the file is always there, and no temporary");
}

/* A limit on the file's size is what a full disk is. */
static void full(void)
{
    struct rlimit old, small;
    apr_status_t status;

    world();
    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 70000;
    (void)setrlimit(RLIMIT_FSIZE, &small);
    status = pack(T2M_COMPRESSION_GZIP);
    (void)setrlimit(RLIMIT_FSIZE, &old);
    is_number(status, EFBIG, "a full disk");
    ok(folder_count() == 3 && is_content("b.log.2", content[1]), "keeps the original and no more");
    is_number(pack(T2M_COMPRESSION_GZIP), APR_SUCCESS, "and goes when there is room");
}

static void changes(int with_its_time)
{
    t2m_compress_t *job;
    apr_status_t status;
    int fd;

    world();
    (void)t2m_compress_begin(&job, folder, "b.log", 2, T2M_COMPRESSION_GZIP, NULL);
    status = t2m_compress_step(job);
    fd = openat(folder, "b.log.2", O_WRONLY | O_APPEND);
    ok(write(fd, "late\n", 5) == 5, "somebody writes to the file");
    (void)close(fd);
    if (!with_its_time) {
        folder_touch("b.log.2", APR_INT64_C(1790000000123456));
    }
    while (status == APR_SUCCESS) {
        status = t2m_compress_step(job);
    }
    t2m_compress_end(job);
    is_number(status, APR_EBUSY, "then it is not packed");
    is_number(folder_count(), 3, "and nothing is left");
}

/* Somebody does that at each step. The file is there afterwards, but for him who deleted it. */
static void meddles(void (*what)(void), const char *name)
{
    int at, wrong = 0, last = 0;

    for (at = 1; !last && at < 100; at++) {
        apr_status_t status;

        world();
        act = what;
        act_at = at;
        status = pack(T2M_COMPRESSION_GZIP);
        last = step < at;
        wrong += folder_has("b.log.2.gz.tmp")
              || (what != delete_original && step > at && copies(2, content[1]) < 1);
        wrong += folder_has("b.log.2.gz") && !is_content("b.log.2.gz", content[1]);
        wrong += status != APR_SUCCESS && status != APR_ENOENT;
        wrong += copies(1, content[0]) != 1 || copies(3, content[2]) != 1;
    }
    ok(last && wrong == 0, "%s at each of %d steps", name, at - 2);
}

/* Both are there, as a kill between renaming and unlinking leaves them. */
static void doubled(void)
{
    world();
    (void)pack(T2M_COMPRESSION_GZIP);
    folder_put("b.log.2", content[1], SIZE);
    is_number(pack(T2M_COMPRESSION_GZIP), APR_SUCCESS, "plain and packed alike");
    ok(!folder_has("b.log.2") && is_content("b.log.2.gz", content[1]), "the packed one stays");
    folder_put("b.log.2", content[1], SIZE - 1);
    is_number(pack(T2M_COMPRESSION_GZIP), APR_EEXIST, "the packed one is longer");
    folder_put("b.log.2", content[0], SIZE);
    is_number(pack(T2M_COMPRESSION_GZIP), APR_EEXIST, "they differ");
    ok(is_content("b.log.2", content[0]) && is_content("b.log.2.gz", content[1]), "both stay");
    folder_put("b.log.2.gz", "\x1f\x8b\x08", 3);
    is_number(pack(T2M_COMPRESSION_GZIP), APR_EEXIST, "the packed one is not whole");
    ok(is_content("b.log.2", content[0]) && folder_count() == 4, "nothing went");
}

/* ---- kills and rotations --------------------------------------------------------------------- */

/* Packs in a process that dies at its at-th step. Returns 0 when it came to its end. */
static int pack_and_die(t2m_compression_e how, int at)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        kill_at = at;
        _exit(pack(how) == APR_SUCCESS ? 0 : 1);
    }
    (void)waitpid(pid, &status, 0);
    return WEXITSTATUS(status);
}

static void kills(t2m_compression_e how)
{
    int at, died = 7, lost = 0, unhealed = 0;

    for (at = 1; died == 7 && at < 200; at++) {
        world();
        died = pack_and_die(how, at);
        lost += copies(2, content[1]) < 1 || copies(1, content[0]) != 1;
        (void)t2m_backups_clean(folder, "b.log");
        unhealed += folder_has("b.log.2") && pack(how) != APR_SUCCESS;
        unhealed += folder_has("b.log.2") || copies(2, content[1]) != 1 || folder_count() != 3;
    }
    ok(died == 0 && at > 8, "killed at each of %d steps", at - 2);
    is_number(lost, 0, "nothing was lost");
    is_number(unhealed, 0, "the next start came to the same end");
}

static void rotations(t2m_compression_e how)
{
    int at, wrong = 0, failed = 0, happened = 0, last = 0;

    for (at = 1; !last && at < 200; at++) {
        apr_uint32_t raised;

        world();
        act = rotate;
        act_at = at;
        failed += pack(how) != APR_SUCCESS;
        last = step < at;
        raised = rotated ? 1 : 0;
        happened += rotated;
        wrong += copies(1 + raised, content[0]) != 1 || copies(2 + raised, content[1]) != 1
              || copies(3 + raised, content[2]) != 1 || folder_count() != 3;
    }
    ok(last && happened > 4, "rotated at %d of %d steps", happened, at - 2);
    is_number(wrong, 0, "each content once, under its number");
    is_number(failed, 0, "and packed all the same");
}

static void make_content(void)
{
    size_t i, k;

    srand(5);
    for (i = 0; i < 3; i++) {
        for (k = 0; k < SIZE; k++) {
            content[i][k] = (char)(k % 100 == 99 ? '\n' : "0123456789abcdef"[rand() % 16]);
        }
    }
}

int main(void)
{
    make_content();
    folder_make();
    packs(T2M_COMPRESSION_GZIP, "b.log.2.gz");
    reproducible();
    sizes();
    refusals();
    stops();
    full();
    changes(1);
    changes(0);
    meddles(delete_original, "the original deleted");
    meddles(delete_packed, "the packed file deleted");
    meddles(replace_temporary, "the temporary replaced");
    doubled();
    kills(T2M_COMPRESSION_GZIP);
    rotations(T2M_COMPRESSION_GZIP);
    if (t2m_compress_available(T2M_COMPRESSION_ZSTD)) {
        packs(T2M_COMPRESSION_ZSTD, "b.log.2.zst");
        kills(T2M_COMPRESSION_ZSTD);
        rotations(T2M_COMPRESSION_ZSTD);
    }
    folder_remove();
    return tap_done();
}
