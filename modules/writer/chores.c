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

/* The second thread's loop and the exchange between the two. */
#include "writer/chores_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <apr_strings.h>

#include "shared/atomic.h"
#include "writer/backups.h"
#include "writer/confine.h"
#include "writer/roll.h"
#include "writer/rotate.h"

enum {
    PAUSE_MS = 250,
    IDLE_MS = 120000,
    ACTIVE_US = 3000000, /* after the last line */
    GATHER_US = 10000,   /* events come in flocks */
    FILES_US = 400000,   /* a file that was moved away is noticed within a second */
    TOKENS_US = 400000,
    DISK_US = 1000000
};

static apr_int64_t monotonic_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void lock(t2m_chores_t *chores)
{
    (void)pthread_mutex_lock(&chores->lock);
}

static void unlock(t2m_chores_t *chores)
{
    (void)pthread_mutex_unlock(&chores->lock);
}

static void poke(int fd)
{
    ssize_t ignored = write(fd, "", 1); /* full: it is awake */

    (void)ignored;
}

static void empty(int fd)
{
    char bytes[64];

    while (read(fd, bytes, sizeof(bytes)) == (ssize_t)sizeof(bytes)) {
    }
}

void t2m_chores_news(t2m_chores_t *chores)
{
    if (!t2m_load(&chores->shared.news)) {
        t2m_store(&chores->shared.news, 1);
        poke(chores->news_fds[1]);
    }
}

int t2m_chores_file(t2m_chores_t *chores, apr_uint32_t i, t2m_chores_file_t *file)
{
    int there;

    lock(chores);
    there = i < chores->shared.file_count;
    if (there) {
        *file = chores->shared.files[i];
    }
    unlock(chores);
    return there;
}

void t2m_chores_notice(t2m_chores_t *chores, t2m_level_e level, const char *format, ...)
{
    t2m_chores_shared_t *shared = &chores->shared;
    char text[T2M_NOTICE_SIZE];
    va_list arguments;

    va_start(arguments, format);
    (void)apr_vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    lock(chores);
    if (shared->notice_count < T2M_CHORES_NOTICES) { /* more in one round would say no more */
        shared->notices[shared->notice_count].level = level;
        memcpy(shared->notices[shared->notice_count++].text, text, sizeof(text));
        t2m_chores_news(chores);
    }
    unlock(chores);
}

static int is_due(apr_int64_t *last, apr_int64_t monotonic, apr_int64_t interval)
{
    if (*last && monotonic - *last < interval) {
        return 0;
    }
    *last = monotonic;
    return 1;
}

/* What others can have changed is looked at again. Not the space: who makes a large file anew has
 * none of it for a moment. */
static void look_at_once(t2m_chores_t *chores)
{
    chores->last_files = chores->last_tokens = chores->last_watch = 0;
}

static void wait_for_work(t2m_chores_t *chores, int milliseconds)
{
    struct pollfd fds[3] = { { chores->wake_fds[0], POLLIN, 0 },
                             { chores->socket_fd, POLLIN, 0 }, { chores->watch.fd, POLLIN, 0 } };

    if (poll(fds, 3, milliseconds) <= 0) {
        return;
    }
    if (fds[0].revents & POLLIN) {
        empty(chores->wake_fds[0]);
    }
    if (fds[1].revents & POLLIN) {
        t2m_control_serve(chores);
    }
    if (fds[2].revents & POLLIN) {
        apr_sleep(GATHER_US);
        if (t2m_chores_watched(chores)) {
            look_at_once(chores);
        }
    }
}

/* Without lines there is nothing to do but to save what the last ones have brought. */
static int idle_ms(const t2m_chores_t *chores, apr_int64_t monotonic)
{
    apr_int64_t next = t2m_chores_groups_next(chores, monotonic) / 1000;

    return next >= IDLE_MS ? IDLE_MS : next < PAUSE_MS ? PAUSE_MS : (int)next + 1;
}

/* How long there is nothing to look after. What is written meanwhile wakes this thread. */
static int pause_ms(t2m_chores_t *chores, apr_int64_t monotonic)
{
    t2m_chores_shared_t *shared = &chores->shared;
    int quiet;

    lock(chores);
    if (shared->active) {
        shared->active = 0;
        chores->last_active = monotonic;
    }
    quiet = monotonic - chores->last_active >= ACTIVE_US && !chores->retain_again
         && shared->shed == 0 && t2m_chores_watch_suffices(chores);
    shared->idle = quiet;
    unlock(chores);
    return quiet ? idle_ms(chores, monotonic) : PAUSE_MS;
}

/* Whether all that is needed is still what the writer was confined to. */
static int is_within_reach(t2m_chores_t *chores)
{
    char directory[T2M_PATH_MAX], token_file[T2M_PATH_MAX];
    t2m_chores_file_t file;
    apr_uint32_t i;

    for (i = 0; t2m_chores_file(chores, i, &file); i++) {
        (void)(file.settings.to_descriptor || t2m_confine_reaches_beside(file.settings.path));
    }
    lock(chores);
    memcpy(directory, chores->shared.directory, sizeof(directory));
    memcpy(token_file, chores->shared.token_file, sizeof(token_file));
    unlock(chores);
    (void)(!*directory || t2m_confine_reaches(directory));
    (void)(!*token_file || t2m_confine_reaches(token_file));
    return t2m_confine_reaches_system() && !t2m_confine_outdated();
}

/* The thread that writes ends the writer when it sees it. */
static int is_outdated(t2m_chores_t *chores)
{
    if (!t2m_confine_outdated()) {
        return 0;
    }
    lock(chores);
    t2m_chores_news(chores);
    unlock(chores);
    return 1;
}

/* What must not wait for the packing of a large file. */
static void look_around(t2m_chores_t *chores, apr_int64_t monotonic)
{
    if (is_due(&chores->last_watch, monotonic, FILES_US)) {
        t2m_chores_watch(chores);
    }
    if (is_due(&chores->last_files, monotonic, FILES_US) && is_within_reach(chores)) {
        t2m_chores_files(chores);
        t2m_control_follow(chores);
    }
    if (!t2m_confine_outdated() && is_due(&chores->last_tokens, monotonic, TOKENS_US)) {
        t2m_chores_tokens(chores);
    }
    if (is_outdated(chores)) {
        return;
    }
    if (is_due(&chores->last_space, monotonic, DISK_US)) {
        t2m_chores_space(chores);
    }
    t2m_chores_groups(chores, monotonic);
}

int t2m_chores_meanwhile(t2m_chores_t *chores)
{
    look_around(chores, monotonic_now());
    wait_for_work(chores, 0);
    return t2m_load(&chores->stop);
}

static void *work(void *data)
{
    t2m_chores_t *chores = data;

    while (!t2m_load(&chores->stop)) {
        apr_int64_t monotonic = monotonic_now();

        look_around(chores, monotonic);
        if (is_due(&chores->last_disk, monotonic, DISK_US)) {
            t2m_chores_disk(chores, apr_time_now(), monotonic);
        }
        wait_for_work(chores, pause_ms(chores, monotonic));
    }
    return NULL;
}

static int make_pipe(int fds[2])
{
    return pipe2(fds, O_CLOEXEC | O_NONBLOCK);
}

static t2m_chores_t *make(void)
{
    t2m_chores_t *chores = calloc(1, sizeof(*chores));
    t2m_chores_shared_t *shared = &chores->shared;

    if (!chores) {
        return NULL;
    }
    shared->files = calloc(T2M_FILES_MAX, sizeof(*shared->files));
    shared->moved = calloc(T2M_FILES_MAX, sizeof(*shared->moved));
    shared->rotate = calloc(T2M_FILES_MAX, sizeof(*shared->rotate));
    if (!shared->files || !shared->moved || !shared->rotate
        || pthread_mutex_init(&chores->lock, NULL) != 0 || make_pipe(chores->wake_fds) != 0
        || make_pipe(chores->news_fds) != 0) {
        free(shared->files);
        free(shared->moved);
        free(shared->rotate);
        free(chores);
        return NULL;
    }
    chores->watch.fd = -1;
    chores->last_active = monotonic_now();
    t2m_slot_reset(&chores->slot);
    return chores;
}

/* What killed writers have left half done; nothing of ours runs yet. */
static apr_time_t mend_file(const char *path)
{
    struct stat information;
    const char *name;
    int directory;
    apr_time_t modified = 0;

    if (t2m_sink_directory(path, &directory, &name) != APR_SUCCESS) {
        return 0;
    }
    (void)t2m_rotate_mend(directory, name);
    (void)t2m_backups_clean(directory, name);
    if (fstatat(directory, name, &information, AT_SYMLINK_NOFOLLOW) == 0) {
        modified = apr_time_from_sec(information.st_mtime);
    }
    (void)close(directory);
    return modified;
}

static void mend_files(t2m_chores_t *chores, const t2m_settings_t *settings)
{
    apr_time_t newest = 0;
    apr_uint32_t i;

    for (i = 0; i < settings->file_count; i++) {
        if (!settings->files[i].to_descriptor) {
            apr_time_t modified = mend_file(settings->files[i].path);

            newest = modified > newest ? modified : newest;
        }
    }
    t2m_retention_clock_start(&chores->clock, apr_time_now(), monotonic_now(), newest);
}

/* What the last writer knew, until this one has looked itself. */
static void inherit(t2m_chores_shared_t *shared, const t2m_board_header_t *header)
{
    shared->shed = header->shed;
    shared->disk_size = header->disk_size;
    shared->disk_free = header->disk_free;
    shared->logs_size = header->logs_size;
}

/* The first thread alone takes signals. */
static int start_thread(t2m_chores_t *chores)
{
    sigset_t all, before;
    int error;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    error = pthread_create(&chores->thread, NULL, work, chores);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return error;
}

t2m_chores_t *t2m_chores_make(t2m_drain_t *drain)
{
    t2m_chores_t *chores = make();

    if (!chores) {
        return NULL;
    }
    chores->drain = drain;
    inherit(&chores->shared, drain->board.header);
    mend_files(chores, drain->settings);
    t2m_chores_groups_begin(chores);
    chores->socket_fd = t2m_control_listen();
    (void)t2m_chores_exchange(chores, drain);
    return chores;
}

t2m_chores_t *t2m_chores_start(t2m_drain_t *drain)
{
    t2m_chores_t *chores = t2m_chores_make(drain);

    if (chores && start_thread(chores) != 0) {
        t2m_control_close(chores->socket_fd);
        free(chores);
        return NULL;
    }
    return chores;
}

void t2m_chores_stop(t2m_chores_t *chores)
{
    if (!chores) {
        return;
    }
    t2m_store(&chores->stop, 1);
    poke(chores->wake_fds[1]);
    (void)pthread_join(chores->thread, NULL);
    t2m_control_close(chores->socket_fd);
}

int t2m_chores_fd(const t2m_chores_t *chores)
{
    return chores ? chores->news_fds[0] : -1;
}

/* ---- what the first thread does, with the lock held ------------------------------------------ */

static void rotate_file(t2m_chores_shared_t *shared, t2m_drain_t *drain, apr_uint32_t i)
{
    apr_status_t status = t2m_roll_now(drain, i);

    shared->rotate_status = status != APR_SUCCESS ? status : shared->rotate_status;
    shared->rotate[i] = 0;
}

/* While a batch is pending nothing is rotated; but a file that somebody took away is closed, for it
 * may be what fills the disk. Returns nonzero when something is left for later. */
static int take_files(t2m_chores_shared_t *shared, t2m_drain_t *drain)
{
    int pending = t2m_drain_pending(drain), later = 0;
    apr_uint32_t i;

    for (i = 0; i < drain->settings->file_count; i++) {
        if (shared->moved[i] && shared->moved[i] == drain->sinks[i].inode) {
            t2m_roll_reopen(drain, i);
        }
        shared->moved[i] = 0;
        if (shared->rotate[i] && !pending) {
            rotate_file(shared, drain, i);
        }
        later |= shared->rotate[i];
    }
    return later;
}

static void take_tokens(t2m_chores_shared_t *shared, t2m_board_t *board)
{
    if (shared->tokens_new) {
        shared->tokens.row = board->tables->tokens.row;
        t2m_board_replace(board, &board->tables->tokens, &shared->tokens, sizeof(shared->tokens));
        shared->tokens_new = 0;
    }
}

static void take_numbers(t2m_chores_shared_t *shared, t2m_board_t *board)
{
    t2m_board_header_t *header = board->header;

    header->disk_size = shared->disk_size;
    header->disk_free = shared->disk_free;
    header->logs_size = shared->logs_size;
    header->shed = shared->shed;
    (void)t2m_add(&header->deleted, shared->deleted); /* the second thread reads both */
    (void)t2m_add(&header->compressed, shared->compressed);
    shared->deleted = shared->compressed = 0;
}

static void take_notices(t2m_chores_shared_t *shared, t2m_board_t *board)
{
    apr_uint32_t i;

    for (i = 0; i < shared->notice_count; i++) {
        t2m_board_notice(board, shared->notices[i].level, shared->notices[i].text);
    }
    shared->notice_count = 0;
}

static void hand_over_file(t2m_chores_file_t *file, const t2m_drain_t *drain, apr_uint32_t i)
{
    const t2m_sink_t *sink = &drain->sinks[i];
    const t2m_board_file_t *row = &drain->board.files[i];

    file->device = sink->regular ? sink->device : 0;
    file->inode = sink->regular ? sink->inode : 0;
    file->size = row->size;
    file->seq = row->seq;
    file->lines = row->lines;
    file->rotations = row->rotations;
}

static void hand_over_settings(t2m_chores_shared_t *shared, const t2m_drain_t *drain)
{
    apr_uint32_t i;

    for (i = 0; i < drain->settings->file_count; i++) {
        shared->files[i].settings = drain->settings->files[i];
    }
    shared->file_count = drain->settings->file_count;
    memcpy(shared->token_file, drain->settings->token_file, sizeof(shared->token_file));
    memcpy(shared->directory, drain->settings->directory, sizeof(shared->directory));
    shared->layout = drain->settings->layout;
    shared->max_total = drain->settings->max_total;
    shared->min_free = drain->settings->min_free;
    shared->generation = drain->board.header->settings;
    shared->active = 1;
}

static void hand_over(t2m_chores_shared_t *shared, const t2m_drain_t *drain)
{
    apr_uint32_t i;

    if (shared->generation != drain->board.header->settings
        || shared->file_count != drain->settings->file_count) {
        hand_over_settings(shared, drain);
    }
    for (i = 0; i < shared->file_count; i++) {
        hand_over_file(&shared->files[i], drain, i);
    }
    shared->passes = drain->board.header->passes;
    shared->made = drain->board.header->made;
}

static void tell_of_lines(t2m_chores_t *chores, const t2m_drain_t *drain)
{
    t2m_chores_shared_t *shared = &chores->shared;

    if (shared->batch == drain->board.header->done_batch && !shared->active) {
        return;
    }
    shared->batch = drain->board.header->done_batch;
    shared->active = 1;
    if (shared->idle) {
        shared->idle = 0;
        poke(chores->wake_fds[1]);
    }
}

int t2m_chores_exchange(t2m_chores_t *chores, t2m_drain_t *drain)
{
    t2m_chores_shared_t *shared = &chores->shared;
    int news;

    lock(chores);
    news = shared->news;
    if (news) {
        empty(chores->news_fds[0]);
        t2m_store(&shared->news, take_files(shared, drain));
        take_tokens(shared, &drain->board);
        take_notices(shared, &drain->board);
    }
    take_numbers(shared, &drain->board);
    hand_over(shared, drain);
    tell_of_lines(chores, drain);
    unlock(chores);
    return news;
}
