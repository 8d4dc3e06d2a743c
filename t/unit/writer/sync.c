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

/* The thread that synchronises, with a disk that the test is: slow, broken or stuck. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"
#include "writer/sync.h"
#include "writer/sync_internal.h"

enum { CALLS = 256, PATIENCE_MS = 10000 };

/* What was synchronised, by inode, in order; and what the disk answers. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t released;
    ino_t inodes[CALLS];
    int is_directory[CALLS];
    int fds[CALLS];
    int count, begun;
    int stuck;          /* calls do not return */
    int error, errors;  /* of the next so many calls */
} disk = { .lock = PTHREAD_MUTEX_INITIALIZER, .released = PTHREAD_COND_INITIALIZER };

static int answer(int fd, int is_directory)
{
    struct stat information;
    int error = 0;

    (void)pthread_mutex_lock(&disk.lock);
    disk.begun++;
    while (disk.stuck) {
        (void)pthread_cond_wait(&disk.released, &disk.lock);
    }
    if (disk.errors > 0) {
        disk.errors--;
        error = disk.error;
    }
    if (disk.count < CALLS && fstat(fd, &information) == 0) {
        disk.fds[disk.count] = fd;
        disk.inodes[disk.count] = information.st_ino;
        disk.is_directory[disk.count++] = is_directory;
    }
    (void)pthread_mutex_unlock(&disk.lock);
    errno = error;
    return error ? -1 : 0;
}

static int on_data(int fd) { return answer(fd, 0); }
static int on_directory(int fd) { return answer(fd, 1); }

static const t2m_sync_calls_t calls = { on_data, on_directory, 300000 };
static const t2m_sync_calls_t patient = { on_data, on_directory, 3600000000LL };

static void set_disk(int stuck, int error, int errors)
{
    (void)pthread_mutex_lock(&disk.lock);
    disk.stuck = stuck;
    disk.error = error;
    disk.errors = errors;
    (void)pthread_cond_broadcast(&disk.released);
    (void)pthread_mutex_unlock(&disk.lock);
}

static void forget(void)
{
    set_disk(0, 0, 0);
    (void)pthread_mutex_lock(&disk.lock);
    disk.count = disk.begun = 0;
    (void)pthread_mutex_unlock(&disk.lock);
}

static long long now_us(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void rest(int milliseconds)
{
    struct timespec pause = { milliseconds / 1000, (milliseconds % 1000) * 1000000L };

    (void)nanosleep(&pause, NULL);
}

static int number_of(const int *what)
{
    int number;

    (void)pthread_mutex_lock(&disk.lock);
    number = *what;
    (void)pthread_mutex_unlock(&disk.lock);
    return number;
}

static int comes_to(const int *what, int number)
{
    int waited;

    for (waited = 0; waited < PATIENCE_MS && number_of(what) < number; waited++) {
        rest(1);
    }
    return number_of(what) == number;
}

/* A file without a name. */
static int make_file(void)
{
    char path[] = "/tmp/t2mlog-sync-XXXXXX";
    int fd = mkstemp(path);

    if (fd < 0) {
        perror(path);
        exit(1);
    }
    (void)unlink(path);
    return fd;
}

static ino_t inode_of(int fd)
{
    struct stat information;

    return fstat(fd, &information) == 0 ? information.st_ino : 0;
}

static int open_descriptors(void)
{
    int fd, count = 0;

    for (fd = 0; fd < 512; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

static apr_status_t failure(t2m_sync_t *sync, apr_uint32_t *file, int *reopen)
{
    apr_status_t error = APR_SUCCESS;
    int waited;

    *file = T2M_FILES_MAX;
    *reopen = -1;
    for (waited = 0; waited < PATIENCE_MS && error == APR_SUCCESS; waited++) {
        error = t2m_sync_failed(sync, file, reopen);
        rest(1);
    }
    return error;
}

/* ---- when ------------------------------------------------------------------------------------ */

static void test_when(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&patient);
    int fd = make_file(), other = make_file();

    forget();
    t2m_sync_written(sync, 0, fd, T2M_SYNC_NONE, 1);
    t2m_sync_written(sync, 1, other, T2M_SYNC_SECOND, 0);
    rest(50);
    is_number(number_of(&disk.begun), 0, "neither none nor a second is at once");
    t2m_sync_written(sync, 0, fd, T2M_SYNC_BATCH, 0);
    ok(comes_to(&disk.count, 1) && disk.inodes[0] == inode_of(fd), "a batch is");
    t2m_sync_written(sync, 1, other, T2M_SYNC_SECOND, 1);
    ok(comes_to(&disk.count, 2) && disk.inodes[1] == inode_of(other), "so is what is urgent");
    rest(50);
    is_number(number_of(&disk.begun), 2, "once");
    t2m_sync_written(sync, T2M_FILES_MAX, fd, T2M_SYNC_BATCH, 0);
    t2m_sync_stop(sync);
    is_number(number_of(&disk.begun), 2, "at the end nothing is left to do");
    (void)close(fd);
    (void)close(other);
}

static void test_second(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&calls);
    int fd = make_file(), writes = 0;
    long long begin = now_us(), took;

    forget();
    while (number_of(&disk.count) == 0 && writes++ < PATIENCE_MS) {
        t2m_sync_written(sync, 3, fd, T2M_SYNC_SECOND, 0);
        rest(1);
    }
    took = now_us() - begin;
    ok(number_of(&disk.count) > 0, "writes that go on do not put it off");
    ok(took >= calls.second_us, "nor is it before its time (%lld us)", took);
    ok(writes > 10 && number_of(&disk.begun) == 1, "many writes cost one (%d)", writes);
    t2m_sync_written(sync, 3, fd, T2M_SYNC_SECOND, 0);
    ok(comes_to(&disk.count, 2), "the next write brings the next");
    is_number(disk.fds[0], disk.fds[1], "by the same descriptor");
    ok(disk.fds[0] != fd, "which is its own");
    t2m_sync_stop(sync);
    (void)close(fd);
}

static long long processor_us(void)
{
    struct timespec used;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (long long)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

static void test_sleep(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&patient);
    int fd = make_file();
    long long used;

    forget();
    t2m_sync_written(sync, 0, fd, T2M_SYNC_SECOND, 0);
    rest(20);
    used = processor_us();
    rest(400);
    ok(processor_us() - used < 20000, "until something is due it sleeps");
    t2m_sync_written(sync, 0, fd, T2M_SYNC_SECOND, 1);
    ok(comes_to(&disk.count, 1), "an urgent line does not wait for the others");
    t2m_sync_stop(sync);
    (void)close(fd);
}

/* ---- a slow disk ----------------------------------------------------------------------------- */

static void test_slow(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&calls);
    int fd = make_file(), other = make_file(), i;
    long long begin, took;

    forget();
    set_disk(1, 0, 0);
    t2m_sync_written(sync, 0, fd, T2M_SYNC_BATCH, 0);
    ok(comes_to(&disk.begun, 1), "the disk is stuck");
    begin = now_us();
    for (i = 0; i < 1000; i++) {
        apr_uint32_t file;
        int reopen;

        t2m_sync_written(sync, 0, fd, T2M_SYNC_BATCH, 0);
        t2m_sync_written(sync, 1, other, T2M_SYNC_BATCH, 0);
        (void)t2m_sync_failed(sync, &file, &reopen);
    }
    t2m_sync_closed(sync, 0);
    took = now_us() - begin;
    ok(number_of(&disk.count) == 0 && took < 5000000, "and holds nobody up (%lld us)", took);
    set_disk(0, 0, 0);
    ok(comes_to(&disk.count, 3), "what was written meanwhile is synchronised, each once");
    rest(50);
    is_number(number_of(&disk.begun), 3, "and no more");
    ok(disk.inodes[1] == inode_of(fd), "what was closed meanwhile before the rest");
    ok(disk.inodes[2] == inode_of(other), "then the other");
    t2m_sync_stop(sync);
    (void)close(fd);
    (void)close(other);
}

/* More descriptors than it keeps: the rest fails, and is told. */
static void test_too_many(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&calls);
    int fd = make_file(), i, before = open_descriptors(), failures = 0, reopen;
    apr_uint32_t file;

    forget();
    set_disk(1, 0, 0);
    t2m_sync_written(sync, 0, fd, T2M_SYNC_BATCH, 0);
    (void)comes_to(&disk.begun, 1);
    for (i = 0; i < 260; i++) {
        t2m_sync_written(sync, 1, fd, T2M_SYNC_BATCH, 0);
        t2m_sync_closed(sync, 1);
    }
    is_number(open_descriptors() - before, 257, "descriptors for a stuck disk are limited");
    while (t2m_sync_failed(sync, &file, &reopen) == EBUSY) {
        failures += file == 1 && !reopen;
    }
    is_number(failures, 4, "what exceeds them fails");
    set_disk(0, 0, 0);
    ok(comes_to(&disk.begun, 257), "the others are synchronised");
    t2m_sync_stop(sync);
    is_number(open_descriptors(), before, "and no descriptor stays");
    (void)close(fd);
}

/* ---- files that change ----------------------------------------------------------------------- */

static void test_rotation(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&patient);
    int fd = make_file(), next = make_file(), directory = open("/tmp", O_RDONLY | O_DIRECTORY);
    int before = open_descriptors();
    ino_t old = inode_of(fd);

    forget();
    t2m_sync_written(sync, 7, fd, T2M_SYNC_SECOND, 0);
    t2m_sync_closed(sync, 7);
    (void)close(fd);
    t2m_sync_directory(sync, 7, directory);
    t2m_sync_written(sync, 7, next, T2M_SYNC_SECOND, 0);
    ok(comes_to(&disk.count, 2), "a file that is closed does not wait for its second");
    ok(disk.inodes[0] == old && !disk.is_directory[0], "the old file first");
    ok(disk.inodes[1] == inode_of(directory) && disk.is_directory[1], "then its directory");
    t2m_sync_stop(sync);
    ok(number_of(&disk.count) == 3 && disk.inodes[2] == inode_of(next),
       "the new one at the end at the latest");
    is_number(open_descriptors(), before - 1, "no descriptor stays");
    (void)close(next);
    (void)close(directory);
}

static void test_closed_clean(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&patient);
    int fd = make_file(), before = open_descriptors();

    forget();
    t2m_sync_written(sync, 0, fd, T2M_SYNC_BATCH, 0);
    ok(comes_to(&disk.count, 1), "written");
    t2m_sync_closed(sync, 0);
    t2m_sync_closed(sync, 0);
    t2m_sync_closed(sync, T2M_FILES_MAX);
    t2m_sync_stop(sync);
    is_number(number_of(&disk.begun), 1, "what is on the disk is not synchronised when closed");
    is_number(open_descriptors(), before, "but its descriptor is closed");
    (void)close(fd);
}

static void test_useless(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&calls);
    int pipe_fds[2], reopen, i;
    apr_uint32_t file;

    forget();
    if (pipe(pipe_fds) != 0) {
        exit(1);
    }
    set_disk(0, EINVAL, CALLS);
    for (i = 0; i < 20; i++) {
        t2m_sync_written(sync, 0, pipe_fds[1], T2M_SYNC_BATCH, 0);
        rest(2);
    }
    is_number(number_of(&disk.begun), 1, "a pipe is asked once");
    is_number(t2m_sync_failed(sync, &file, &reopen), APR_SUCCESS, "which is no failure");
    t2m_sync_closed(sync, 0);
    t2m_sync_stop(sync);
    is_number(number_of(&disk.begun), 1, "nor is it asked when it is closed");
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

/* ---- failures -------------------------------------------------------------------------------- */

static void test_failure(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&calls);
    int fd = make_file(), next = make_file(), reopen = -1;
    apr_uint32_t file;

    forget();
    is_number(t2m_sync_failed(sync, &file, &reopen), APR_SUCCESS, "nothing has failed");
    set_disk(0, EIO, 1);
    t2m_sync_written(sync, 5, fd, T2M_SYNC_BATCH, 0);
    is_number(failure(sync, &file, &reopen), EIO, "a failure is told");
    ok(file == 5 && reopen == 1, "of which file, which is to be opened anew");
    is_number(t2m_sync_failed(sync, &file, &reopen), APR_SUCCESS, "once");
    t2m_sync_written(sync, 5, fd, T2M_SYNC_BATCH, 0);
    t2m_sync_written(sync, 6, fd, T2M_SYNC_BATCH, 0);
    rest(50);
    is_number(number_of(&disk.begun), 2, "it is final: no second attempt would say the truth");
    t2m_sync_closed(sync, 5);
    t2m_sync_written(sync, 5, next, T2M_SYNC_BATCH, 0);
    ok(comes_to(&disk.count, 4), "opened anew, it is synchronised again");
    ok(disk.inodes[2] == inode_of(fd) && disk.inodes[3] == inode_of(next),
       "after what was written to the old one since");
    t2m_sync_stop(sync);
    (void)close(fd);
    (void)close(next);
}

/* The answer comes when the file has been closed already. */
static void test_late_failure(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&calls);
    int fd = make_file(), next = make_file(), reopen = -1;
    apr_uint32_t file;

    forget();
    set_disk(1, EIO, 1);
    t2m_sync_written(sync, 2, fd, T2M_SYNC_BATCH, 0);
    (void)comes_to(&disk.begun, 1);
    t2m_sync_closed(sync, 2);
    t2m_sync_written(sync, 2, next, T2M_SYNC_BATCH, 0);
    set_disk(0, EIO, 1);
    is_number(failure(sync, &file, &reopen), EIO, "a late failure is told");
    ok(file == 2 && reopen == 0, "but the file in its place is sound");
    ok(comes_to(&disk.count, 2) && disk.inodes[1] == inode_of(next), "and synchronised");
    set_disk(0, ENOSPC, 1);
    t2m_sync_directory(sync, 2, fd);
    is_number(failure(sync, &file, &reopen), ENOSPC, "a directory's failure is told, too");
    ok(file == 2 && reopen == 0, "with the file that it was for");
    set_disk(0, EROFS, 1);
    t2m_sync_written(sync, 2, next, T2M_SYNC_BATCH, 0);
    t2m_sync_closed(sync, 2);
    is_number(failure(sync, &file, &reopen), EROFS, "a file system that gave up is a failure");
    t2m_sync_stop(sync);
    (void)close(fd);
    (void)close(next);
}

static void test_interrupted(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&calls);
    int fd = make_file(), reopen;
    apr_uint32_t file;

    forget();
    set_disk(0, EINTR, 3);
    t2m_sync_written(sync, 0, fd, T2M_SYNC_BATCH, 0);
    ok(comes_to(&disk.count, 4), "an interrupted call is repeated");
    is_number(t2m_sync_failed(sync, &file, &reopen), APR_SUCCESS, "and is no failure");
    t2m_sync_stop(sync);
    (void)close(fd);
}

static void test_no_descriptor(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&calls);
    int reopen = -1, fd = make_file();
    apr_uint32_t file = 0;

    forget();
    t2m_sync_written(sync, 9, -1, T2M_SYNC_BATCH, 0);
    is_number(t2m_sync_failed(sync, &file, &reopen), EBADF, "no descriptor is a failure");
    ok(file == 9 && !reopen, "that opening anew does not mend");
    t2m_sync_directory(sync, 9, -1);
    is_number(t2m_sync_failed(sync, &file, &reopen), EBADF, "for a directory, too");
    t2m_sync_written(sync, 9, fd, T2M_SYNC_BATCH, 0);
    ok(comes_to(&disk.count, 1), "the next write tries again");
    t2m_sync_stop(sync);
    (void)close(fd);
}

/* ---- the end --------------------------------------------------------------------------------- */

static void test_stop(void)
{
    t2m_sync_t *sync = t2m_sync_start_with(&patient);
    int fds[10], i, before = open_descriptors();

    forget();
    for (i = 0; i < 10; i++) {
        fds[i] = make_file();
        t2m_sync_written(sync, (apr_uint32_t)i, fds[i], T2M_SYNC_SECOND, 0);
    }
    t2m_sync_stop(sync);
    is_number(number_of(&disk.count), 10, "a stop waits for all");
    for (i = 0; i < 10; i++) {
        (void)close(fds[i]);
    }
    is_number(open_descriptors(), before, "and leaves nothing open");
    t2m_sync_written(NULL, 0, 0, T2M_SYNC_BATCH, 0);
    t2m_sync_closed(NULL, 0);
    t2m_sync_directory(NULL, 0, 0);
    is_number(t2m_sync_failed(NULL, NULL, NULL), APR_SUCCESS, "without a thread nothing fails");
    t2m_sync_stop(NULL);
}

static void test_real(void)
{
    t2m_sync_t *sync = t2m_sync_start();
    int fd = make_file(), directory = open("/tmp", O_RDONLY | O_DIRECTORY), reopen;
    int pipe_fds[2];
    apr_uint32_t file;

    if (pipe(pipe_fds) != 0 || write(fd, "x\n", 2) != 2) {
        exit(1);
    }
    t2m_sync_written(sync, 0, fd, T2M_SYNC_BATCH, 0);
    t2m_sync_written(sync, 1, pipe_fds[1], T2M_SYNC_BATCH, 0);
    t2m_sync_directory(sync, 0, directory);
    rest(100);
    is_number(t2m_sync_failed(sync, &file, &reopen), APR_SUCCESS, "the system itself is content");
    t2m_sync_stop(sync);
    (void)close(fd);
    (void)close(directory);
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

int main(void)
{
    test_when();
    test_second();
    test_sleep();
    test_slow();
    test_too_many();
    test_rotation();
    test_closed_clean();
    test_useless();
    test_failure();
    test_late_failure();
    test_interrupted();
    test_no_descriptor();
    test_stop();
    test_real();
    return tap_done();
}
