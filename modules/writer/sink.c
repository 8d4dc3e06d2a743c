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

/* Opening, appending to and mending log files. */
#include "writer/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/backup_name.h"
#include "core/encode.h"
#include "shared/atomic.h"
#include "shared/step.h"
#include "writer/confine.h"
#include "writer/last_seq.h"

enum {
    STREAM_WAIT_MS = 20,     /* for the reader of a pipe or terminal */
    STREAM_LIMIT_US = 200000 /* however much it reads, the other files have their turn */
};

void t2m_sink_reset(t2m_sink_t *sink)
{
    memset(sink, 0, sizeof(*sink));
    sink->fd = -1;
}

void t2m_sink_close(t2m_sink_t *sink)
{
    if (sink->fd >= 0 && sink->regular) {
        (void)close(sink->fd); /* every byte went through write, whose errors were seen */
    }
    t2m_sink_reset(sink);
}

apr_status_t t2m_sink_directory(const char *path, int *directory, const char **name)
{
    char parent[T2M_PATH_MAX];
    const char *slash = strrchr(path, '/');
    apr_size_t size = slash ? (apr_size_t)(slash - path) : 0;

    if (!slash || size >= sizeof(parent)) {
        return EINVAL;
    }
    memcpy(parent, path, size);
    parent[size] = '\0';
    *name = slash + 1;
    *directory = open(size ? parent : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*directory < 0) {
        int error = errno;

        (void)t2m_confine_reaches_beside(path);
        return error;
    }
    return APR_SUCCESS;
}

static apr_status_t open_file(int directory, const char *name, int *fd)
{
    int flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
    struct stat information;

    *fd = openat(directory, name, flags);
    if (*fd >= 0 || errno != ENOENT) {
        return *fd < 0 ? errno : APR_SUCCESS;
    }
    *fd = openat(directory, name, flags | O_CREAT | O_EXCL, 0640);
    if (*fd < 0) {
        return errno;
    }
    /* Only a courtesy to whoever reads the directory: the lines matter more than the group. */
    if (fstat(directory, &information) == 0 && fchown(*fd, (uid_t)-1, information.st_gid) == 0) {
        (void)fchmod(*fd, 0640);
    }
    return APR_SUCCESS;
}

static apr_status_t refuse(const struct stat *information, const char **why)
{
    if (!S_ISREG(information->st_mode)) {
        *why = "it is not a regular file";
        return EMLINK;
    }
    if (information->st_nlink != 1) {
        *why = "it has a second name (hard link)";
        return EMLINK;
    }
    if (information->st_uid != geteuid()) {
        *why = "it belongs to another user than the writer's";
        return EPERM;
    }
    return APR_SUCCESS;
}

static apr_uint64_t last_seq_of(int directory, const char *name)
{
    struct stat information;
    apr_uint64_t seq = 0;
    int fd, ragged;

    fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return 0;
    }
    if (fstat(fd, &information) == 0 && S_ISREG(information.st_mode)) {
        seq = t2m_last_seq(fd, (apr_uint64_t)information.st_size, &ragged);
    }
    (void)close(fd);
    return seq;
}

/* An empty file goes on from the one that rotation has moved away last. */
static apr_uint64_t last_seq_before(int directory, const char *name)
{
    char before[T2M_BACKUP_NAME_MAX];

    if (t2m_backup_name_write(before, sizeof(before), name, 1, T2M_COMPRESSION_NONE) == 0) {
        return 0;
    }
    return last_seq_of(directory, before);
}

apr_uint64_t t2m_sink_last_seq(const t2m_settings_file_t *file)
{
    const char *name;
    apr_uint64_t seq;
    int directory;

    if (file->to_descriptor || t2m_sink_directory(file->path, &directory, &name) != APR_SUCCESS) {
        return 0;
    }
    seq = last_seq_of(directory, name);
    seq = seq ? seq : last_seq_before(directory, name);
    (void)close(directory);
    return seq;
}

static void open_descriptor(t2m_sink_t *sink, int fd)
{
    t2m_sink_reset(sink);
    sink->fd = fd;
}

static void take(t2m_sink_t *sink, int fd, const struct stat *information)
{
    sink->fd = fd;
    sink->regular = 1;
    sink->size = (apr_uint64_t)information->st_size;
    sink->device = (apr_uint64_t)information->st_dev;
    sink->inode = (apr_uint64_t)information->st_ino;
    sink->modified = apr_time_from_sec(information->st_mtime);
}

apr_status_t t2m_sink_open(t2m_sink_t *sink, const t2m_settings_file_t *file, const char **why)
{
    struct stat information;
    const char *name;
    int directory = -1, fd = -1;
    apr_status_t status;

    *why = NULL;
    if (file->to_descriptor) {
        open_descriptor(sink, file->to_descriptor);
        return APR_SUCCESS;
    }
    t2m_sink_reset(sink);
    status = t2m_sink_directory(file->path, &directory, &name);
    if (status != APR_SUCCESS) {
        *why = "its directory cannot be opened";
        return status;
    }
    status = open_file(directory, name, &fd);
    if (status == ELOOP || status == EISDIR) {
        *why = status == ELOOP ? "it is a symbolic link" : "it is a directory";
    }
    if (status == APR_SUCCESS) {
        status = fstat(fd, &information) != 0 ? errno : refuse(&information, why);
    }
    if (status == APR_SUCCESS) {
        take(sink, fd, &information);
        sink->last_seq = sink->size ? t2m_last_seq(fd, sink->size, &sink->ragged)
                                    : last_seq_before(directory, name);
    } else if (fd >= 0) {
        (void)close(fd);
    }
    (void)close(directory);
    return status;
}

/* Writes all, or as much as went before the error; *written says how much. */
static apr_status_t write_all(int fd, const char *bytes, apr_size_t size, apr_size_t *written)
{
    *written = 0;
    while (*written < size) {
        ssize_t got = write(fd, bytes + *written, size - *written);

        T2M_STEP("bytes written");
        if (got > 0) {
            *written += (apr_size_t)got;
        } else if (got == 0) {
            return EIO; /* no file system says so; it would never end */
        } else if (errno != EINTR) {
            return errno;
        }
    }
    return APR_SUCCESS;
}

/* A pipe with room takes so much at once (pipe(7)): a reader that stands still holds nobody up. */
static apr_status_t write_stream(int fd, const char *bytes, apr_size_t size, apr_size_t *written)
{
    apr_status_t status = APR_SUCCESS;

    *written = 0;
    while (*written < size && status == APR_SUCCESS) {
        struct pollfd one = { fd, POLLOUT, 0 };
        apr_size_t piece = size - *written < PIPE_BUF ? size - *written : PIPE_BUF, went;

        if (poll(&one, 1, STREAM_WAIT_MS) <= 0) {
            return EAGAIN;
        }
        status = write_all(fd, bytes + *written, piece, &went);
        *written += went;
    }
    return status;
}

static apr_status_t cut_back(t2m_sink_t *sink, apr_uint64_t size)
{
    while (ftruncate(sink->fd, (off_t)size) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    sink->size = size;
    sink->ragged = 0;
    return APR_SUCCESS;
}

apr_status_t t2m_sink_write(t2m_sink_t *sink, const char *bytes, apr_size_t size)
{
    apr_size_t written;
    apr_status_t status = sink->regular ? write_all(sink->fd, bytes, size, &written)
                                        : write_stream(sink->fd, bytes, size, &written);

    if (status == APR_SUCCESS || !sink->regular) {
        sink->size += written;
        return status;
    }
    if (written > 0 && cut_back(sink, sink->size) != APR_SUCCESS) {
        sink->size += written;
        sink->ragged = bytes[written - 1] != '\n';
    }
    return status;
}

apr_status_t t2m_sink_hand_on(t2m_sink_t *sink, const char *bytes, apr_size_t size,
                              apr_uint64_t *taken)
{
    apr_time_t began = apr_time_now();
    apr_status_t status = APR_SUCCESS;

    while (*taken < size && status == APR_SUCCESS) {
        apr_uint64_t before = sink->size;
        apr_size_t rest = size - (apr_size_t)*taken;

        if (apr_time_now() - began > STREAM_LIMIT_US || apr_time_now() < began) {
            return EAGAIN;
        }
        status = t2m_sink_write(sink, bytes + *taken, rest < PIPE_BUF ? rest : PIPE_BUF);
        t2m_store(taken, *taken + (sink->size - before));
    }
    return status;
}

apr_status_t t2m_sink_mend(t2m_sink_t *sink)
{
    apr_status_t status;

    if (!sink->ragged) {
        return APR_SUCCESS;
    }
    status = t2m_sink_write(sink, "\n", 1);
    if (status == APR_SUCCESS) {
        sink->ragged = 0;
    }
    return status;
}

apr_status_t t2m_sink_rewind(t2m_sink_t *sink, apr_uint64_t offset, apr_uint64_t bytes)
{
    if (sink->size >= offset + bytes) {
        return APR_EEXIST;
    }
    if (sink->size <= offset) {
        return APR_SUCCESS;
    }
    return cut_back(sink, offset);
}
