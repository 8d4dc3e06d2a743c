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

/* The rename chain on real files, killed at every step, with and without RENAME_NOREPLACE.
 *
 * Shown to fail: with renameat in place of renameat2, without undo, with the numbers of foreign
 * things used, with a file beside something foreign left where it is, with links followed; without
 * join_pairs in backups.c, or without its look at a move that was begun, a pair stays torn.
 */
#include "writer/rotate.h"

#include <sys/wait.h>

#include "tap.h"
#include "writer/backups.h"
#include "writer/rotate_world.h"

/* ---- one call ------------------------------------------------------------------------------ */

/* Runs the chain, killed at a step (0: never). Returns its status, or -1 when it was killed. */
static int run(int at)
{
    apr_status_t status;

    steps = 0;
    kill_at = at;
    last_memory = NULL;
    if (setjmp(killed)) {
        kill_at = 0;
        free(last_memory);
        return -1;
    }
    status = t2m_rotate_chain(directory, live);
    kill_at = 0;
    return status;
}

static int live_is_there(void)
{
    return faccessat(directory, live, F_OK, 0) == 0;
}

/* ---- killed at every step ------------------------------------------------------------------ */

static long runs, failures;

static void check(int holds, const char *world, int first, int second, const char *what)
{
    char listing[LISTING];

    runs++;
    if (!holds && failures++ < 5) {
        printf("# %s killed at %d, %d: %s: %s\n", world, first, second, what, list(listing));
    }
}

/* What must hold when the chain has come to its end, however often it was killed before. */
static void check_end(const char *world, const char *want, int first, int second)
{
    char listing[LISTING];

    list(listing);
    check(contents_in_order(listing) == contents_of(world), world, first, second,
          "a content is lost, doubled or out of order");
    check(foreign_untouched(world), world, first, second, "something foreign was touched");
    check(!live_is_there(), world, first, second, "the live file is still there");
    check(!want || strcmp(listing, want) == 0, world, first, second, "not the usual numbers");
}

/* Mends what a kill left, in a process that is killed at a step (0: never). Returns -1 when it
 * was. */
static int mend(int at)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        steps = 0;
        kill_at = at;
        if (setjmp(killed) == 0) {
            (void)t2m_backups_clean(directory, live);
            _exit(0);
        }
        _exit(1);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? 0 : -1;
}

/* Whoever starts after a kill: brings a live file with two names back, joins a torn pair, then
 * rotates. */
static void go_on(const char *world, const char *want, int first, int second)
{
    if (t2m_rotate_mend(directory, live) != APR_SUCCESS) {
        check(0, world, first, second, "cannot be mended");
    }
    (void)t2m_backups_clean(directory, live);
    if (live_is_there()) {
        struct stat information;

        check(fstatat(directory, live, &information, 0) == 0 && information.st_nlink == 1, world,
              first, second, "the live file has two names");
        check(run(0) == APR_SUCCESS, world, first, second, "does not go on");
    }
    check_end(world, want, first, second);
}

static void kill_twice(const char *world, const char *want, int first)
{
    int second, dead = 1;

    for (second = 1; dead; second++) {
        make(world);
        (void)run(first);
        (void)t2m_backups_clean(directory, live);
        dead = run(second) == -1;
        go_on(world, want, first, second);
    }
}

static void kill_mending(const char *world, const char *want, int first)
{
    int second, dead = 1;

    for (second = 1; dead; second++) {
        make(world);
        (void)run(first);
        dead = mend(second) == -1;
        go_on(world, want, first, second);
    }
}

/* Two files that are no pair may be torn apart when a kill comes between their renames: no fixed
 * numbers then, everything else holds. */
static void kill_everywhere(const char *world, int twice)
{
    char want[LISTING];
    int first, dead = 1, is_fixed = !strchr(world, 'u');

    make(world);
    check(run(0) == APR_SUCCESS, world, 0, 0, "fails");
    check_end(world, NULL, 0, 0);
    list(want);
    for (first = 1; dead; first++) {
        make(world);
        dead = run(first) == -1;
        go_on(world, is_fixed ? want : NULL, first, 0);
        if (dead && twice) {
            kill_twice(world, is_fixed ? want : NULL, first);
            kill_mending(world, is_fixed ? want : NULL, first);
        }
    }
}

static void every_world(const char *letters, int size, int twice)
{
    char world[8] = "";
    size_t count = strlen(letters), digit[8] = { 0 };
    int i;

    do {
        for (i = 0; i < size; i++) {
            world[i] = letters[digit[i]];
        }
        kill_everywhere(world, twice);
        for (i = 0; i < size && ++digit[i] == count; i++) {
            digit[i] = 0;
        }
    } while (i < size);
}

static void test_kills(const char *how)
{
    int size;

    runs = failures = 0;
    for (size = 0; size <= 3; size++) {
        every_world("-pgbde", size, 0);
    }
    every_world("-ze", 4, 0);
    every_world("-p", 5, 0);
    ok(failures == 0 && runs > 10000, "%s: killed once at every step: %ld checks", how, runs);
    runs = failures = 0;
    every_world("-pe", 3, 1);
    every_world("pb", 3, 1);
    every_world("bu", 2, 1);
    ok(failures == 0 && runs > 2000, "%s: killed twice: %ld checks", how, runs);
}

/* ---- one by one ---------------------------------------------------------------------------- */

static void world_becomes(const char *world, const char *want)
{
    char listing[LISTING];

    make(world);
    is_number(run(0), APR_SUCCESS, world);
    list(listing);
    is_bytes(listing, strlen(listing), want, "becomes what it must");
}

static void test_worlds(void)
{
    world_becomes("", "1=0 ");
    world_becomes("p", "1=0 2=1 ");
    world_becomes("pgz", "1=0 2=1 3.gz=2.gz 4.zst=3.zst ");
    world_becomes("-pg", "1=0 2=2 3.gz=3.gz ");
    world_becomes("pp-p", "1=0 2=1 3=2 4=4 ");
    world_becomes("pbp", "1=0 2=1 3=2 3.gz=2.gz 4=3 ");
    world_becomes("d", "1=directory 2=0 ");
    world_becomes("pdg", "1=0 2=directory 3=1 4.gz=3.gz ");
    world_becomes("pdd-p", "1=0 2=directory 3=directory 4=1 5=5 ");
    world_becomes("ppepp", "1=0 2=1 3=directory 4=2 5.gz=3.gz 6=4 7=5 ");
}

static void refused(apr_status_t want, const char *what)
{
    char before[LISTING], after[LISTING];

    list(before);
    is_number(run(0), want, what);
    list(after);
    is_bytes(after, strlen(after), before, "and nothing has moved");
}

static void test_live(void)
{
    make("pp");
    (void)unlinkat(directory, live, 0);
    refused(ENOENT, "no live file");
    is_number(t2m_rotate_mend(directory, live), APR_SUCCESS, "nothing to mend in it");
    (void)mkdirat(directory, live, 0700);
    refused(EMLINK, "a directory");
    make("pp");
    (void)unlinkat(directory, live, 0);
    (void)symlinkat(numbered(1, ""), directory, live);
    refused(EMLINK, "a symbolic link");
    make("pp");
    (void)linkat(directory, live, directory, "other name", 0);
    (void)linkat(directory, "access.log.2", directory, "of number two", 0);
    refused(EMLINK, "a second name elsewhere");
    is_number(t2m_rotate_mend(directory, live), APR_SUCCESS, "is not mended");
    ok(faccessat(directory, "other name", F_OK, 0) == 0, "nor removed");
    (void)linkat(directory, live, directory, "third name", 0);
    refused(EMLINK, "three names");
    make("pp");
    if (geteuid() == 0) {
        (void)fchownat(directory, live, 12345, 12345, 0);
        refused(EPERM, "another user's file");
    }
}

static void test_names(void)
{
    char name[300];

    make("");
    is_number(t2m_rotate_chain(directory, ""), EINVAL, "no name");
    is_number(t2m_rotate_chain(directory, "a/b"), EINVAL, "a path");
    is_number(t2m_rotate_mend(directory, "a/b"), EINVAL, "to mend a path");
    memset(name, 'x', sizeof(name));
    name[245] = '\0';
    is_number(t2m_rotate_chain(directory, name), ENAMETOOLONG, "a name without room for a number");
    name[244] = '\0';
    put(name, "long");
    is_number(t2m_rotate_chain(directory, name), APR_SUCCESS, "the longest name");
    is_number(t2m_rotate_chain(-1, live), EBADF, "no directory");
}

static void test_sync(void)
{
    int ends[2];

    is_number(t2m_rotate_sync(directory), APR_SUCCESS, "the directory is written out");
    is_number(t2m_rotate_sync(-1), EBADF, "which may fail");
    if (pipe(ends) == 0) {
        is_number(t2m_rotate_sync(ends[0]), APR_SUCCESS, "or be impossible");
        (void)close(ends[0]);
        (void)close(ends[1]);
    }
}

/* ---- foreign things ------------------------------------------------------------------------ */

static int content_is(const char *name, const char *want)
{
    char content[64] = "";
    int fd = openat(directory, name, O_RDONLY);
    ssize_t size = fd < 0 ? -1 : read(fd, content, sizeof(content) - 1);

    (void)close(fd);
    return size == (ssize_t)strlen(want) && memcmp(content, want, strlen(want)) == 0;
}

static void test_other_names(void)
{
    static const char *const names[] = {
        "access.log.1.bak", "access.log.2~", "access.log.01", "access.log.1\n", "access.log.\n1",
        "access.log.1.gz.tmp", "access.log.+1", "access.log.-1", "access.log. 1", "access.log.1.GZ",
        "access.log.1.gz.gz", "access.log.", "access.log..1", "access.log.4294967297",
        "access.log1",
    };
    size_t i, count = sizeof(names) / sizeof(names[0]), kept = 0;

    make("pgp");
    for (i = 0; i < count; i++) {
        put(names[i], names[i]);
    }
    is_number(run(0), APR_SUCCESS, "a directory with similar names rotates");
    for (i = 0; i < count; i++) {
        kept += content_is(names[i], names[i]) != 0;
    }
    is_number((long long)kept, (long long)count, "which all stay");
    ok(content_is("access.log.1", "0") && content_is("access.log.2", "1")
       && content_is("access.log.3.gz", "2.gz") && content_is("access.log.4", "3"), "as usual");
}

/* Numbers 1 to 6 foreign, each in its way, and 7 ours. */
static void make_foreign(void)
{
    make("dd----p");
    (void)unlinkat(directory, "access.log.2", AT_REMOVEDIR);
    put("elsewhere", "elsewhere");
    (void)symlinkat("elsewhere", directory, "access.log.2");
    put("access.log.3", "unreadable");
    (void)fchmodat(directory, "access.log.3", 0, 0);
    (void)mkfifoat(directory, "access.log.4.gz", 0600);
    put("access.log.5", "two names");
    (void)linkat(directory, "access.log.5", directory, "second", 0);
    (void)symlinkat("nowhere", directory, "access.log.6.zst");
    if (geteuid() == 0) {
        (void)unlinkat(directory, "access.log.6.zst", 0);
        put("access.log.6", "foreign");
        (void)fchownat(directory, "access.log.6", 12345, 12345, 0);
    }
}

static void test_foreign(void)
{
    struct stat information;

    make_foreign();
    is_number(run(0), APR_SUCCESS, "foreign things at six numbers");
    ok(content_is("access.log.7", "0") && content_is("access.log.8", "7"), "are gone round");
    put(live, "next");
    is_number(run(0), APR_SUCCESS, "again");
    ok(content_is("access.log.7", "next") && content_is("access.log.8", "0")
       && content_is("access.log.9", "7"), "in order");
    ok(fstatat(directory, "access.log.1", &information, AT_SYMLINK_NOFOLLOW) == 0
       && S_ISDIR(information.st_mode), "the directory stays");
    ok(fstatat(directory, "access.log.2", &information, AT_SYMLINK_NOFOLLOW) == 0
       && S_ISLNK(information.st_mode) && content_is("elsewhere", "elsewhere"), "the link");
    ok(fstatat(directory, "access.log.3", &information, AT_SYMLINK_NOFOLLOW) == 0
       && (information.st_mode & 0777) == 0, "the unreadable file");
    ok(fstatat(directory, "access.log.4.gz", &information, AT_SYMLINK_NOFOLLOW) == 0
       && S_ISFIFO(information.st_mode), "the pipe");
    ok(content_is("access.log.5", "two names") && content_is("second", "two names"), "both names");
    ok(geteuid() != 0 || content_is("access.log.6", "foreign"), "another user's file");
}

/* ---- failures ------------------------------------------------------------------------------ */

#ifdef RENAME_NOREPLACE
/* Each rename of a chain of four fails once; the next call finishes it. */
static void test_failed_renames(void)
{
    static const int errors[] = { ENOSPC, EIO, EROFS, EDQUOT };
    char listing[LISTING];
    int call;

    for (call = 1; call <= 4; call++) {
        make("pgp");
        faults.call = 0;
        faults.fail_call = call;
        faults.error = errors[call - 1];
        is_number(run(0), faults.error, "a rename fails");
        ok(live_is_there(), "the live file stays");
        is_number(run(0), APR_SUCCESS, "the next call goes on");
        list(listing);
        is_bytes(listing, strlen(listing), "1=0 2=1 3.gz=2.gz 4=3 ", "to the same end");
    }
    no_faults();
}

static void test_immovable(void)
{
    char listing[LISTING];

    make("ppp");
    faults.fail_from = "access.log.2";
    faults.error = EPERM;
    is_number(run(0), APR_SUCCESS, "an immutable file");
    list(listing);
    is_bytes(listing, strlen(listing), "1=0 2=2 3=1 4=3 ", "is gone round");
    make("ppp");
    faults.fail_from = live;
    is_number(run(0), EPERM, "an immutable live file");
    list(listing);
    is_bytes(listing, strlen(listing), "0=0 2=1 3=2 4=3 ", "is an error, its number is free");
    refused(EPERM, "the next call");
    no_faults();
}

static void block_target(const char *from, const char *to)
{
    (void)from;
    faults.meanwhile = NULL;
    put(to, "9");
}

static void remove_source(const char *from, const char *to)
{
    (void)to;
    faults.meanwhile = NULL;
    (void)unlinkat(directory, from, 0);
}

static void test_meanwhile(int no_renameat2)
{
    char listing[LISTING];

    faults.no_renameat2 = no_renameat2;
    make("pp");
    faults.meanwhile = block_target;
    is_number(run(0), EEXIST, "somebody makes the next number meanwhile");
    list(listing);
    is_bytes(listing, strlen(listing), "0=0 1=1 2=2 3=9 ", "nothing is overwritten");
    is_number(run(0), APR_SUCCESS, "the next call");
    list(listing);
    is_bytes(listing, strlen(listing), "1=0 2=1 3=2 4=9 ", "takes it along");
    make("pp");
    faults.meanwhile = remove_source;
    is_number(run(0), APR_SUCCESS, "somebody deletes the last file meanwhile");
    list(listing);
    is_bytes(listing, strlen(listing), "1=0 2=1 ", "the others move");
    make("");
    faults.meanwhile = block_target;
    is_number(run(0), EEXIST, "somebody takes the live file's number");
    ok(content_is(live, "0") && content_is("access.log.1", "9"), "both are there");
    no_faults();
}

static void test_all_immovable(void)
{
    unsigned number;

    make("");
    for (number = 1; number <= 1000; number++) {
        put_number(number, "");
    }
    faults.fail_call = -1;
    faults.no_renameat2 = EACCES;
    is_number(run(0), APR_EAGAIN, "a thousand immovable files are given up");
    no_faults();
    is_number(run(0), APR_SUCCESS, "for this time");
}
#endif

static void test_errors(void)
{
    make("pp");
    faults.stat_error = EIO;
    if (fstatat(directory, "access.log.1", &(struct stat){ 0 }, 0) == 0) {
        ok(1, "fstatat # SKIP it has another name here");
    } else {
        is_number(run(0), EIO, "a file that cannot be looked at");
        faults.stat_error = 0;
        faults.endless = 1;
        is_number(run(0), ERANGE, "all numbers are foreign");
        is_number(faults.endless, 1 + 3 * T2M_ROTATE_MAX, "none is left out");
    }
    no_faults();
    faults.no_memory = 1;
    refused(ENOMEM, "no memory");
    no_faults();
    is_number(run(0), APR_SUCCESS, "nothing of it lasts");
}

static void test_denied(void)
{
    make("p");
    if (geteuid() == 0) {
        (void)fchownat(directory, live, 65534, (gid_t)-1, 0);
        (void)fchownat(directory, "access.log.1", 65534, (gid_t)-1, 0);
        (void)fchmod(directory, 0555);
        if (seteuid(65534) != 0) {
            ok(1, "denied # SKIP cannot become another user");
            return;
        }
    }
    (void)fchmod(directory, 0555);
    is_number(run(0), EACCES, "a directory that cannot be written to");
    if (geteuid() != getuid() && seteuid(getuid()) != 0) {
        abort();
    }
    (void)fchmod(directory, 0750);
    ok(content_is(live, "0") && content_is("access.log.1", "1"), "everything is where it was");
}

/* ---- many files ---------------------------------------------------------------------------- */

static void test_many(void)
{
    unsigned number, wrong = 0;
    char content[16];

    make("");
    for (number = 1; number <= 1000; number++) {
        put_number(number, suffixes[number > 1 ? number % 3 : 0]);
    }
    is_number(run(0), APR_SUCCESS, "a thousand files");
    put(live, "new");
    is_number(run(0), APR_SUCCESS, "twice");
    for (number = 0; number <= 1000; number++) {
        const char *suffix = suffixes[number > 1 ? number % 3 : 0];

        (void)snprintf(content, sizeof(content), "%u%s", number, suffix);
        wrong += !content_is(numbered(number + 2, suffix), content);
    }
    is_number(wrong, 0, "each is two numbers on");
    ok(content_is("access.log.1", "new"), "behind the last one");
}

int main(void)
{
    (void)snprintf(base, sizeof(base), "%s/t2mlog-rotate-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(base) || (directory = open(base, O_RDONLY | O_DIRECTORY)) < 0) {
        return 1;
    }
    test_worlds();
    test_live();
    test_names();
    test_sync();
    test_other_names();
    test_foreign();
#ifdef RENAME_NOREPLACE
    test_failed_renames();
    test_immovable();
    test_meanwhile(0);
    test_meanwhile(ENOSYS);
    test_all_immovable();
#endif
    test_errors();
    test_denied();
    test_many();
    test_kills("renameat2");
    faults.no_renameat2 = EINVAL;
    test_worlds();
    test_kills("link and unlink");
    faults.no_renameat2 = ENOSYS;
    test_many();
    no_faults();
    clear();
    (void)close(directory);
    return rmdir(base) == 0 ? tap_done() : 1;
}
