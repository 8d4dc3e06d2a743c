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

/* See sync.h. The lock is held for moments only, never while the disk works. */
#include "writer/sync_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "shared/atomic.h"

enum {
    SECOND_US = 800000, /* the disk needs some of the second, too */
    GIVEN_UP_MAX = 256, /* descriptors kept open for a disk that hangs */
    FAILURES_MAX = 64   /* not yet taken */
};

#define NEVER APR_INT64_MAX

typedef struct {
    int fd;            /* the thread's own; -1: none */
    int useless;       /* it cannot be synchronised */
    int failed;        /* not again before it is closed */
    unsigned opened;   /* how often there was an fd */
    apr_int64_t due;   /* monotonic microseconds; NEVER: all is on the disk */
} file_t;

/* A file that was closed, or a directory, in the order in which they came. */
typedef struct given_up_t {
    struct given_up_t *next;
    int fd, is_directory, is_due;
    apr_uint32_t file;
} given_up_t;

typedef struct {
    apr_uint32_t file;
    apr_status_t error;
    unsigned opened; /* of the file, then; 0: none that is to be opened anew */
} failure_t;

struct t2m_sync_t {
    const t2m_sync_calls_t *calls;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;
    int stop;
    apr_int64_t wakes;      /* when the thread does by itself */
    apr_uint32_t file_end;  /* one more than the last file that is known */
    file_t files[T2M_FILES_MAX];
    given_up_t *first, **last;
    unsigned given_up;
    unsigned failure_count; /* atomic to look at */
    failure_t failures[FAILURES_MAX];
};

static const t2m_sync_calls_t system_calls = { fdatasync, fsync, SECOND_US };

static apr_int64_t monotonic(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void lock(t2m_sync_t *sync)
{
    (void)pthread_mutex_lock(&sync->lock);
}

static void unlock(t2m_sync_t *sync)
{
    (void)pthread_mutex_unlock(&sync->lock);
}

static void fail(t2m_sync_t *sync, apr_uint32_t file, apr_status_t error, unsigned opened)
{
    if (sync->failure_count < FAILURES_MAX) { /* else nobody asks */
        failure_t *failure = &sync->failures[sync->failure_count];

        failure->file = file;
        failure->error = error;
        failure->opened = opened;
        t2m_store(&sync->failure_count, sync->failure_count + 1);
    }
}

/* ---- the thread ------------------------------------------------------------------------------ */

/* Without the lock. */
static apr_status_t call(int (*function)(int fd), int fd)
{
    while (function(fd) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return APR_SUCCESS;
}

static int is_useless(apr_status_t error)
{
    return error == EINVAL || error == ENOTSUP; /* EROFS is a file system that gave up */
}

static void do_given_up(t2m_sync_t *sync)
{
    given_up_t *one = sync->first;
    apr_status_t error = APR_SUCCESS;

    sync->first = one->next;
    if (!sync->first) {
        sync->last = &sync->first;
    }
    unlock(sync);
    if (one->is_due) {
        error = call(one->is_directory ? sync->calls->directory : sync->calls->data, one->fd);
    }
    (void)close(one->fd); /* of a large file that was removed it takes its time, too */
    lock(sync);
    sync->given_up--;
    if (error != APR_SUCCESS && !is_useless(error)) {
        fail(sync, one->file, error, 0);
    }
    free(one);
}

/* What is written meanwhile is due anew. */
static void do_file(t2m_sync_t *sync, apr_uint32_t number)
{
    file_t *file = &sync->files[number];
    int fd = file->fd; /* nobody but this thread closes it */
    unsigned opened = file->opened;
    apr_status_t error;

    file->due = NEVER;
    unlock(sync);
    error = call(sync->calls->data, fd);
    lock(sync);
    if (error == APR_SUCCESS) {
        return;
    }
    if (file->opened == opened && file->fd >= 0) {
        file->useless = is_useless(error);
        file->failed = !file->useless;
    }
    if (!is_useless(error)) {
        fail(sync, number, error, opened);
    }
}

/* The file that is due first; file_end: none has to be synchronised. */
static apr_uint32_t next_file(const t2m_sync_t *sync)
{
    apr_uint32_t found = sync->file_end, i;
    apr_int64_t due = NEVER;

    for (i = 0; i < sync->file_end; i++) {
        const file_t *file = &sync->files[i];

        if (file->due < due && !file->failed && !file->useless) {
            due = file->due;
            found = i;
        }
    }
    return found;
}

static void wait_until(t2m_sync_t *sync, apr_int64_t moment)
{
    struct timespec until;

    sync->wakes = moment;
    if (moment == NEVER) {
        (void)pthread_cond_wait(&sync->work, &sync->lock);
    } else {
        until.tv_sec = (time_t)(moment / 1000000);
        until.tv_nsec = (long)(moment % 1000000) * 1000;
        (void)pthread_cond_timedwait(&sync->work, &sync->lock, &until);
    }
    sync->wakes = 0; /* it looks by itself before it sleeps again */
}

static void *work(void *data)
{
    t2m_sync_t *sync = data;

    lock(sync);
    for (;;) {
        apr_uint32_t next = next_file(sync);
        apr_int64_t due = next < sync->file_end ? sync->files[next].due : NEVER;

        if (sync->first) {
            do_given_up(sync);
        } else if (due != NEVER && (sync->stop || due <= monotonic())) {
            do_file(sync, next);
        } else if (sync->stop) {
            break;
        } else {
            wait_until(sync, due);
        }
    }
    unlock(sync);
    return NULL;
}

/* ---- the thread that writes ------------------------------------------------------------------ */

/* With the lock held; a thread that is at work looks for more by itself. */
static void wake_for(t2m_sync_t *sync, apr_int64_t due)
{
    if (due < sync->wakes) {
        sync->wakes = 0;
        (void)pthread_cond_signal(&sync->work);
    }
}

static int keep_descriptor(t2m_sync_t *sync, apr_uint32_t number, int fd)
{
    file_t *file = &sync->files[number];

    if (file->fd >= 0) {
        return 1;
    }
    file->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (file->fd < 0) {
        fail(sync, number, errno, 0);
        return 0;
    }
    file->opened++;
    return 1;
}

void t2m_sync_written(t2m_sync_t *sync, apr_uint32_t file, int fd, t2m_sync_e how, int urgent)
{
    apr_int64_t due;

    if (!sync || how == T2M_SYNC_NONE || file >= T2M_FILES_MAX) {
        return;
    }
    due = monotonic() + (how == T2M_SYNC_BATCH || urgent ? 0 : sync->calls->second_us);
    lock(sync);
    if (file >= sync->file_end) {
        sync->file_end = file + 1;
    }
    if (keep_descriptor(sync, file, fd) && due < sync->files[file].due) {
        sync->files[file].due = due;
        if (!sync->files[file].useless && !sync->files[file].failed) {
            wake_for(sync, due);
        }
    }
    unlock(sync);
}

/* With the lock held. Takes the descriptor. */
static void give_up(t2m_sync_t *sync, apr_uint32_t file, int fd, int is_due, int is_directory)
{
    given_up_t *one = sync->given_up < GIVEN_UP_MAX ? malloc(sizeof(*one)) : NULL;

    if (!one) {
        (void)close(fd);
        if (is_due) {
            fail(sync, file, EBUSY, 0);
        }
        return;
    }
    one->next = NULL;
    one->fd = fd;
    one->file = file;
    one->is_due = is_due;
    one->is_directory = is_directory;
    *sync->last = one;
    sync->last = &one->next;
    sync->given_up++;
    wake_for(sync, 0);
}

void t2m_sync_closed(t2m_sync_t *sync, apr_uint32_t file)
{
    if (!sync || file >= T2M_FILES_MAX) {
        return;
    }
    lock(sync);
    if (sync->files[file].fd >= 0) {
        file_t *closed = &sync->files[file];

        give_up(sync, file, closed->fd, closed->due != NEVER && !closed->useless, 0);
        closed->fd = -1;
        closed->due = NEVER;
        closed->failed = closed->useless = 0;
    }
    unlock(sync);
}

void t2m_sync_directory(t2m_sync_t *sync, apr_uint32_t file, int directory)
{
    int fd;

    if (!sync || file >= T2M_FILES_MAX) {
        return;
    }
    fd = fcntl(directory, F_DUPFD_CLOEXEC, 0);
    lock(sync);
    if (fd >= 0) {
        give_up(sync, file, fd, 1, 1);
    } else {
        fail(sync, file, errno, 0);
    }
    unlock(sync);
}

apr_status_t t2m_sync_failed(t2m_sync_t *sync, apr_uint32_t *file, int *reopen)
{
    apr_status_t error = APR_SUCCESS;

    if (!sync || t2m_load(&sync->failure_count) == 0) {
        return APR_SUCCESS;
    }
    lock(sync);
    if (sync->failure_count > 0) {
        const failure_t *failure = &sync->failures[sync->failure_count - 1];
        const file_t *now = &sync->files[failure->file];

        *file = failure->file;
        *reopen = failure->opened && now->fd >= 0 && now->opened == failure->opened;
        error = failure->error;
        t2m_store(&sync->failure_count, sync->failure_count - 1);
    }
    unlock(sync);
    return error;
}

/* ---- beginning and end ----------------------------------------------------------------------- */

static int make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);

    if (!error) {
        (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
        error = pthread_cond_init(condition, &attributes);
        (void)pthread_condattr_destroy(&attributes);
    }
    return error;
}

/* The first thread alone takes signals. */
static int start_thread(t2m_sync_t *sync)
{
    sigset_t all, before;
    int error;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&sync->thread, NULL, work, sync);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

t2m_sync_t *t2m_sync_start_with(const t2m_sync_calls_t *calls)
{
    t2m_sync_t *sync = calloc(1, sizeof(*sync));
    apr_uint32_t i;

    if (!sync) {
        return NULL;
    }
    sync->calls = calls;
    sync->last = &sync->first;
    for (i = 0; i < T2M_FILES_MAX; i++) {
        sync->files[i].fd = -1;
        sync->files[i].due = NEVER;
    }
    if (pthread_mutex_init(&sync->lock, NULL) != 0 || make_condition(&sync->work) != 0
        || start_thread(sync) != 0) {
        free(sync);
        return NULL;
    }
    return sync;
}

t2m_sync_t *t2m_sync_start(void)
{
    return t2m_sync_start_with(&system_calls);
}

void t2m_sync_stop(t2m_sync_t *sync)
{
    apr_uint32_t i;

    if (!sync) {
        return;
    }
    lock(sync);
    sync->stop = 1;
    (void)pthread_cond_signal(&sync->work);
    unlock(sync);
    (void)pthread_join(sync->thread, NULL);
    for (i = 0; i < sync->file_end; i++) {
        if (sync->files[i].fd >= 0) {
            (void)close(sync->files[i].fd);
        }
    }
    (void)pthread_cond_destroy(&sync->work);
    (void)pthread_mutex_destroy(&sync->lock);
    free(sync);
}
