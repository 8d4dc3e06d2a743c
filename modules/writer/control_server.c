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

/* The server's side of control.h: one client at a time, a line, an answer. */
#include "writer/chores_internal.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <jansson.h>

#include "shared/atomic.h"
#include "shared/handover.h"
#include "writer/control.h"

enum { CLIENT_US = 1000000, REFUSED_US = 50000, ROTATE_TRIES = 1000, ROTATE_PAUSE_US = 10000 };

/* Through the descriptor: the directory's path may be longer than a socket's address. */
static void address_of(struct sockaddr_un *address)
{
    memset(address, 0, sizeof(*address));
    address->sun_family = AF_UNIX;
    (void)snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s",
                   T2M_FD_DIRECTORY, T2M_CONTROL_SOCKET);
}

/* Only a socket is taken away: a file of that name is somebody's. */
static void remove_old(void)
{
    struct stat information;

    if (fstatat(T2M_FD_DIRECTORY, T2M_CONTROL_SOCKET, &information, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISSOCK(information.st_mode)) {
        (void)unlinkat(T2M_FD_DIRECTORY, T2M_CONTROL_SOCKET, 0);
    }
}

int t2m_control_listen(void)
{
    struct sockaddr_un address;
    int fd;

    if (!t2m_chores_has_directory()) {
        return -1;
    }
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return -1;
    }
    remove_old();
    address_of(&address);
    /* The mode before the name: nobody can connect in between. */
    if (fchmod(fd, 0600) != 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0
        || fchmodat(T2M_FD_DIRECTORY, T2M_CONTROL_SOCKET, 0600, 0) != 0 || listen(fd, 8) != 0) {
        (void)close(fd);
        return -1;
    }
    return fd;
}

void t2m_control_close(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
        remove_old();
    }
}

/* Nonzero when another directory than the open one stands under the path. */
static int is_other(const char *path)
{
    struct stat here, there;

    return *path && fstat(T2M_FD_DIRECTORY, &here) == 0 && stat(path, &there) == 0
        && S_ISDIR(there.st_mode)
        && (here.st_ino != there.st_ino || here.st_dev != there.st_dev);
}

/* A socket of the same name is ours: the directory's lock keeps other writers away. */
static int has_socket(void)
{
    struct stat information;

    return fstatat(T2M_FD_DIRECTORY, T2M_CONTROL_SOCKET, &information, AT_SYMLINK_NOFOLLOW) == 0;
}

int t2m_chores_enter(const char *path)
{
    int fd;

    if (!t2m_chores_has_directory() || !is_other(path)) {
        return 0;
    }
    fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)dup2(fd, T2M_FD_DIRECTORY);
        (void)close(fd);
    }
    return 1;
}

void t2m_control_follow(t2m_chores_t *chores)
{
    char path[T2M_PATH_MAX];

    (void)pthread_mutex_lock(&chores->lock);
    memcpy(path, chores->shared.directory, sizeof(path));
    (void)pthread_mutex_unlock(&chores->lock);
    if (!t2m_chores_has_directory()) {
        return;
    }
    if (!is_other(path) && has_socket()) {
        return;
    }
    t2m_control_close(chores->socket_fd);
    (void)t2m_chores_enter(path);
    chores->socket_fd = t2m_control_listen();
}

/* Waits until the client is ready. However slowly it goes on, its time ends at deadline: nobody
 * looks after the files meanwhile. */
static int wait_for(int fd, short events, apr_time_t deadline)
{
    struct pollfd one = { fd, events, 0 };
    apr_interval_time_t left = deadline - apr_time_now();

    return left > 0 && left <= CLIENT_US && poll(&one, 1, (int)(left / 1000) + 1) > 0;
}

static int read_line(int fd, char *line)
{
    apr_time_t deadline = apr_time_now() + CLIENT_US;
    size_t size = 0;

    while (size < T2M_CONTROL_LINE_MAX - 1) {
        ssize_t got = wait_for(fd, POLLIN, deadline) ? read(fd, line + size, 1) : -1;

        if (got != 1 || line[size] == '\n') {
            line[size] = '\0';
            return got == 1;
        }
        size++;
    }
    return 0;
}

static void answer(int fd, const char *text)
{
    apr_time_t deadline = apr_time_now() + CLIENT_US;
    size_t size = strlen(text), sent = 0;

    while (sent < size) {
        ssize_t put = wait_for(fd, POLLOUT, deadline)
                    ? send(fd, text + sent, size - sent, MSG_NOSIGNAL) : -1;

        if (put <= 0) {
            return;
        }
        sent += (size_t)put;
    }
}

static void refuse(int fd, const char *reason)
{
    char text[T2M_CONTROL_LINE_MAX];

    (void)snprintf(text, sizeof(text), "error %s\n", reason);
    answer(fd, text);
}

static apr_uint32_t ask_for_rotation(t2m_chores_t *chores, t2m_stream_e stream)
{
    t2m_chores_shared_t *shared = &chores->shared;
    apr_uint32_t i, asked = 0;

    (void)pthread_mutex_lock(&chores->lock);
    shared->rotate_status = APR_SUCCESS;
    for (i = 0; i < shared->file_count; i++) {
        const t2m_settings_file_t *file = &shared->files[i].settings;

        if (!file->retired && !file->to_descriptor
            && (stream == T2M_STREAM_COUNT || file->stream == stream)) {
            shared->rotate[i] = 1;
            asked++;
        }
    }
    t2m_chores_news(chores);
    (void)pthread_mutex_unlock(&chores->lock);
    return asked;
}

static int is_done(t2m_chores_t *chores, apr_status_t *status)
{
    apr_uint32_t i;
    int done = 1;

    (void)pthread_mutex_lock(&chores->lock);
    for (i = 0; i < chores->shared.file_count; i++) {
        done &= !chores->shared.rotate[i];
    }
    *status = chores->shared.rotate_status;
    (void)pthread_mutex_unlock(&chores->lock);
    return done;
}

static void rotate(t2m_chores_t *chores, int fd, const char *name)
{
    t2m_stream_e stream = t2m_stream_parse(name);
    apr_status_t status = APR_SUCCESS;
    int tries = 0;

    if (stream == T2M_STREAM_COUNT && strcmp(name, "all") != 0) {
        refuse(fd, "unknown stream; allowed: app, errors, access, security, performance, all");
        return;
    }
    if (ask_for_rotation(chores, stream) == 0) {
        refuse(fd, "the stream has no file");
        return;
    }
    while (!is_done(chores, &status)) {
        if (tries++ == ROTATE_TRIES || t2m_load(&chores->stop)) {
            refuse(fd, "the writer is busy");
            return;
        }
        apr_sleep(ROTATE_PAUSE_US);
    }
    if (status != APR_SUCCESS) {
        refuse(fd, strerror(status));
        return;
    }
    answer(fd, "ok\n");
}

static json_t *file_state(const t2m_chores_file_t *file)
{
    return json_pack("{s:s?, s:s, s:I, s:I, s:I, s:I, s:b}",
                     "stream", t2m_stream_name((t2m_stream_e)file->settings.stream),
                     "path", file->settings.path, "size", (json_int_t)file->size,
                     "seq", (json_int_t)file->seq, "lines", (json_int_t)file->lines,
                     "rotations", (json_int_t)file->rotations, "open", file->inode != 0);
}

static json_t *shed_state(apr_uint32_t shed)
{
    json_t *names = json_array();
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        if (shed >> stream & 1) {
            (void)json_array_append_new(names,
                                        json_string(t2m_stream_name((t2m_stream_e)stream)));
        }
    }
    return names;
}

static json_t *files_state(t2m_chores_t *chores)
{
    json_t *files = json_array();
    t2m_chores_file_t file;
    apr_uint32_t i;

    for (i = 0; t2m_chores_file(chores, i, &file); i++) {
        if (!file.settings.retired) {
            (void)json_array_append_new(files, file_state(&file));
        }
    }
    return files;
}

static json_t *state(t2m_chores_t *chores)
{
    const t2m_board_header_t *header = chores->drain->board.header;

    return json_pack("{s:i, s:I, s:I, s:I, s:{s:I, s:I, s:I}, s:I, s:I, s:o, s:o}",
                     "writer_pid", (int)getpid(), "passes", (json_int_t)t2m_load(&header->passes),
                     "made", (json_int_t)apr_time_sec(header->made),
                     "settings", (json_int_t)t2m_load(&header->settings), "disk",
                     "size", (json_int_t)chores->shared.disk_size,
                     "free", (json_int_t)chores->shared.disk_free,
                     "logs", (json_int_t)chores->shared.logs_size,
                     "deleted", (json_int_t)t2m_load(&header->deleted),
                     "compressed", (json_int_t)t2m_load(&header->compressed),
                     "shed", shed_state(chores->shared.shed), "files", files_state(chores));
}

static void status(t2m_chores_t *chores, int fd)
{
    json_t *json = state(chores);
    char *text = json ? json_dumps(json, JSON_COMPACT) : NULL;

    json_decref(json);
    if (!text) {
        refuse(fd, "out of memory");
        return;
    }
    answer(fd, "ok\n");
    answer(fd, text);
    answer(fd, "\n");
    free(text);
}

static void audit(t2m_chores_t *chores, int fd, const char *command)
{
    struct ucred peer = { 0 };
    socklen_t size = sizeof(peer);
    apr_status_t result;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) {
        refuse(fd, "cannot tell who asks");
        return;
    }
    result = t2m_chores_audit(chores, peer.uid, peer.pid, command);
    if (result == APR_SUCCESS) {
        answer(fd, "ok\n");
    } else {
        refuse(fd, result == APR_ENOENT ? "the stream security is off (T2MLogFile security off): "
                                          "no reading can be recorded"
                                        : "the record could not be written");
    }
}

static void serve(t2m_chores_t *chores, int fd)
{
    char line[T2M_CONTROL_LINE_MAX];

    if (!read_line(fd, line)) {
        refuse(fd, "no command");
    } else if (strncmp(line, "rotate ", 7) == 0) {
        rotate(chores, fd, line + 7);
    } else if (strcmp(line, "status") == 0) {
        status(chores, fd);
    } else if (strncmp(line, "audit ", 6) == 0) {
        audit(chores, fd, line + 6);
    } else {
        refuse(fd, "unknown command; allowed: rotate STREAM|all, status, audit COMMAND");
    }
}

void t2m_control_serve(t2m_chores_t *chores)
{
    int fd = accept4(chores->socket_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (fd < 0) { /* without descriptors it would be asked again at once */
        apr_sleep(REFUSED_US);
        return;
    }
    serve(chores, fd);
    (void)close(fd);
}
