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

/* See history.h. The list of files, how they are opened, is in history_files.c. */
#include "writer/history_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "writer/last_seq.h"

enum { BLOCK = 65536 };

apr_status_t t2m_history_open(const char *path, t2m_history_report_t *report, void *context,
                              t2m_history_t **history)
{
    t2m_history_t *it = calloc(1, sizeof(*it));
    apr_status_t status = APR_ENOMEM;

    *history = NULL;
    if (it) {
        it->directory = -1;
        it->report = report;
        it->context = context;
        it->path = strdup(path);
        status = it->path ? t2m_history_take_files(it) : APR_ENOMEM;
    }
    if (status != APR_SUCCESS) {
        t2m_history_close(it);
        return status;
    }
    *history = it;
    return APR_SUCCESS;
}

void t2m_history_close(t2m_history_t *history)
{
    if (history) {
        t2m_log_reader_close(history->reader);
        t2m_history_drop_files(history);
        if (history->directory >= 0) {
            (void)close(history->directory);
        }
        free(history->path);
        free(history);
    }
}

static void tell(const t2m_history_t *history, apr_status_t status)
{
    char *path;

    if (history->report) {
        path = t2m_history_path(history, &history->files[history->at]);
        history->report(history->context, path ? path : history->path, status);
        free(path);
    }
}

/* The reader gets a descriptor of its own, which has the same position. */
static apr_status_t open_reader(const t2m_history_file_t *file, t2m_log_reader_t **reader)
{
    int fd = file->fd < 0 ? -1 : fcntl(file->fd, F_DUPFD_CLOEXEC, 0);

    *reader = NULL;
    if (fd < 0) {
        return file->fd < 0 ? file->failed : errno;
    }
    return t2m_log_reader_of(fd, reader);
}

static apr_status_t begin_file(t2m_history_t *history)
{
    t2m_history_file_t *file = &history->files[history->at];
    apr_status_t status = open_reader(file, &history->reader);
    t2m_log_line_t line;

    file->searched = 1;
    for (; status == APR_SUCCESS && file->skip > 0; file->skip--) {
        status = t2m_log_reader_next(history->reader, &line);
    }
    return status;
}

apr_time_t t2m_history_latest(const t2m_history_t *history)
{
    apr_time_t time = history->reader ? t2m_log_reader_latest(history->reader) : 0;

    return time > history->latest ? time : history->latest;
}

static void close_reader(t2m_history_t *history)
{
    if (history->reader) {
        history->files[history->at].taken += t2m_log_reader_taken(history->reader);
        history->latest = t2m_history_latest(history);
        t2m_log_reader_close(history->reader);
        history->reader = NULL;
    }
}

static void end_file(t2m_history_t *history)
{
    close_reader(history);
    history->at++;
}

static int is_live(const t2m_history_t *history)
{
    return history->files[history->at].number == 0;
}

/* The reader has said that there is no more. Returns nonzero when there is a line all the same:
 * a rotated file gets no end any more. */
static int end_reading(t2m_history_t *history, apr_status_t status, t2m_log_line_t *line)
{
    if (status != APR_EOF) {
        tell(history, status);
        end_file(history);
        return 0;
    }
    if (history->reader && t2m_log_reader_rest(history->reader, line)) {
        return 1;
    }
    end_file(history);
    return 0;
}

static apr_status_t begin_reading(t2m_history_t *history)
{
    apr_status_t status;

    if (history->reader) {
        return APR_SUCCESS;
    }
    tell(history, APR_SUCCESS);
    status = begin_file(history);
    if (history->reader && history->watches) {
        t2m_log_reader_watch(history->reader);
    }
    return status;
}

apr_status_t t2m_history_next(t2m_history_t *history, t2m_log_line_t *line)
{
    while (history->at < history->count) {
        apr_status_t status = begin_reading(history);

        if (status == APR_SUCCESS) {
            status = t2m_log_reader_next(history->reader, line);
        }
        if (status == APR_SUCCESS || (status == APR_EOF && is_live(history))) {
            return status;
        }
        if (end_reading(history, status, line)) {
            return APR_SUCCESS;
        }
    }
    return APR_EOF;
}

apr_status_t t2m_history_find(t2m_history_t *history, const char *bytes, apr_size_t size,
                              t2m_log_line_t *line)
{
    apr_status_t status;

    if (history->at == history->count) {
        return APR_EOF;
    }
    status = begin_reading(history);
    if (status == APR_SUCCESS) {
        status = t2m_log_reader_find(history->reader, bytes, size, line);
    }
    if (status == APR_SUCCESS || status == APR_EAGAIN || (status == APR_EOF && is_live(history))) {
        return status;
    }
    if (end_reading(history, status, line)) {
        return memmem(line->bytes, line->size, bytes, size) ? APR_SUCCESS : APR_EAGAIN;
    }
    line->size = 0;
    return APR_EAGAIN;
}

int t2m_history_waits(const t2m_history_t *history)
{
    return history->reader && t2m_log_reader_waits(history->reader);
}

int t2m_history_rest(t2m_history_t *history, t2m_log_line_t *line)
{
    return history->reader && t2m_log_reader_rest(history->reader, line);
}

void t2m_history_sum(const t2m_history_t *history, t2m_history_sum_t *sum)
{
    apr_size_t i;

    memset(sum, 0, sizeof(*sum));
    for (i = 0; i < history->count; i++) {
        const t2m_history_file_t *file = &history->files[i];

        sum->live |= file->number == 0;
        sum->live_size += file->number == 0 ? file->size : 0;
        sum->rotated += file->number > 0;
        sum->rotated_size += file->number > 0 ? file->size : 0;
    }
}

void t2m_history_rewind(t2m_history_t *history)
{
    apr_size_t i;

    close_reader(history);
    for (i = 0; i < history->count; i++) {
        if (history->files[i].fd >= 0) {
            (void)lseek(history->files[i].fd, 0, SEEK_SET);
        }
    }
    history->at = 0;
}

void t2m_history_costs(const t2m_history_t *history, t2m_history_cost_t *tell_cost, void *context)
{
    apr_size_t i;

    for (i = 0; i < history->count; i++) {
        const t2m_history_file_t *file = &history->files[i];
        char *path = t2m_history_path(history, file);

        tell_cost(context, path ? path : history->path,
                  file->taken + (history->reader && i == history->at
                                     ? t2m_log_reader_taken(history->reader) : 0),
                  file->size, file->searched);
        free(path);
    }
}

static int has_rest(int fd, off_t end)
{
    char last;

    return end > 0 && pread(fd, &last, 1, end - 1) == 1 && last != '\n';
}

/* Where the last `most` lines of a plain file begin; *count becomes how many they are. A rest
 * without an end counts in a rotated file, where it is given as a line. */
static off_t find_lines(const t2m_history_file_t *file, apr_uint64_t most, apr_uint64_t *count)
{
    char block[BLOCK];
    off_t at = lseek(file->fd, 0, SEEK_END);
    ssize_t got = 1;

    *count = file->number && has_rest(file->fd, at) ? 1 : 0;
    if (*count > most) {
        *count = 0;
        return at;
    }
    while (at > 0 && got > 0) {
        size_t size = at < BLOCK ? (size_t)at : BLOCK;
        ssize_t i;

        got = pread(file->fd, block, size, at - (off_t)size);
        for (i = got; i > 0; i--) {
            if (block[i - 1] == '\n' && ++*count > most) {
                --*count;
                return at - (off_t)size + i;
            }
        }
        at -= got > 0 ? got : 0;
    }
    return 0;
}

/* A packed file must be unpacked to know. */
static apr_uint64_t count_packed(const t2m_history_file_t *file)
{
    t2m_log_reader_t *reader;
    t2m_log_line_t line;
    apr_uint64_t count = 0;
    apr_status_t status = open_reader(file, &reader);

    while (status == APR_SUCCESS && (status = t2m_log_reader_next(reader, &line)) == APR_SUCCESS) {
        count++;
    }
    count += status == APR_EOF && reader && t2m_log_reader_rest(reader, &line) ? 1 : 0;
    t2m_log_reader_close(reader);
    (void)lseek(file->fd, 0, SEEK_SET);
    return count;
}

static apr_uint64_t last_of_file(t2m_history_file_t *file, apr_uint64_t most)
{
    apr_uint64_t count;

    if (file->fd < 0) {
        return 0;
    }
    if (file->compression == T2M_COMPRESSION_NONE) {
        off_t start = find_lines(file, most, &count);

        (void)lseek(file->fd, start, SEEK_SET);
        return count;
    }
    count = count_packed(file);
    file->skip = count > most ? count - most : 0;
    return count - file->skip;
}

apr_uint64_t t2m_history_last(t2m_history_t *history, apr_uint64_t most)
{
    apr_uint64_t count = 0;

    history->at = history->count;
    while (history->at > 0 && (count < most || history->at == history->count)) {
        count += last_of_file(&history->files[--history->at], most - count);
    }
    return count;
}

/* The number of the file's first line, without moving its position; 0: none. */
static apr_uint64_t first_seq(const t2m_history_file_t *file)
{
    t2m_log_reader_t *reader;
    t2m_log_line_t line;
    apr_uint64_t seq = 0;

    if (open_reader(file, &reader) == APR_SUCCESS
        && t2m_log_reader_next(reader, &line) == APR_SUCCESS) {
        seq = t2m_seq_of_line(line.bytes, line.size);
    }
    t2m_log_reader_close(reader);
    if (file->fd >= 0) {
        (void)lseek(file->fd, 0, SEEK_SET);
    }
    return seq;
}

/* Index of the file with that inode; count: there is none any more. */
static apr_size_t find_inode(const t2m_history_t *history, ino_t inode)
{
    apr_size_t at = 0;

    while (at < history->count && history->files[at].inode != inode) {
        at++;
    }
    return at;
}

/* Nonzero for a backup whose lines were read before, whatever packing has made of it. Without
 * numbers that cannot be known; then only the live file is new. */
static int is_old(const t2m_history_file_t *file, apr_uint64_t seq)
{
    apr_uint64_t first = seq ? first_seq(file) : 0;

    return file->number != 0 && (seq == 0 || (first > 0 && first <= seq));
}

/* The file that was live is read to its end: what came after it is new. */
static void go_behind(t2m_history_t *history, ino_t inode, apr_uint64_t seq)
{
    apr_size_t at = find_inode(history, inode);

    if (at < history->count) {
        history->at = at + 1;
        return;
    }
    while (at > 0 && !is_old(&history->files[at - 1], seq)) {
        at--;
    }
    history->at = at;
}

static apr_status_t replace_files(t2m_history_t *history, const t2m_history_file_t *old,
                                  apr_uint64_t seq)
{
    t2m_history_t *fresh;
    apr_status_t status = t2m_history_open(history->path, history->report, history->context,
                                           &fresh);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (fresh->count == 0 || fresh->files[fresh->count - 1].number != 0
        || (old && fresh->files[fresh->count - 1].inode == old->inode)) {
        t2m_history_close(fresh); /* the name is gone again, or was put back */
        return APR_EOF;
    }
    if (old) {
        go_behind(fresh, old->inode, seq);
    }
    t2m_history_swap(history, fresh);
    t2m_history_close(fresh);
    return APR_SUCCESS;
}

/* How far it is read, compared with its size: more than 0: something is left; less: it was cut
 * short. */
static off_t left_of(int fd)
{
    struct stat information;

    return fstat(fd, &information) == 0 ? information.st_size - lseek(fd, 0, SEEK_CUR) : 0;
}

static apr_status_t begin_anew(t2m_history_t *history, int fd)
{
    t2m_log_reader_close(history->reader);
    history->reader = NULL;
    return lseek(fd, 0, SEEK_SET) == 0 ? APR_SUCCESS : errno;
}

apr_status_t t2m_history_again(t2m_history_t *history, apr_uint64_t seq)
{
    const t2m_history_file_t *last = history->count ? &history->files[history->count - 1] : NULL;
    int fd = last && history->at < history->count ? last->fd : -1; /* -1: there was no live file */
    struct stat now;

    if (fstatat(history->directory, history->base, &now, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? APR_EOF : errno;
    }
    if (fd >= 0 && now.st_ino == last->inode) {
        return left_of(fd) < 0 ? begin_anew(history, fd) : APR_EOF;
    }
    /* The new file is there, so nobody writes to the old one any more: now it can be ended. */
    if (fd >= 0 && left_of(fd) > 0) {
        return APR_SUCCESS;
    }
    return replace_files(history, last, seq);
}
