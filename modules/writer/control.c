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

/* The command line's side of control.h. */
#include "writer/control.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <apr_time.h>

enum { ASK_SECONDS = 15, RETRY_US = 20000 };

typedef struct {
    int fd;
    apr_time_t end; /* of the monotonic clock */
} connection_t;

static apr_time_t monotonic(void)
{
    struct timespec now = { 0, 0 };

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return apr_time_from_sec(now.tv_sec) + now.tv_nsec / 1000;
}

static int is_over(const connection_t *connection)
{
    return monotonic() >= connection->end;
}

static apr_status_t wait_for(const connection_t *connection, short events)
{
    struct pollfd one = { connection->fd, events, 0 };
    apr_time_t left = connection->end - monotonic();
    int got = left > 0 ? poll(&one, 1, (int)apr_time_as_msec(left) + 1) : 0;

    if (got < 0) {
        return errno == EINTR ? APR_SUCCESS : errno; /* the call behind it says EAGAIN */
    }
    return got > 0 ? APR_SUCCESS : APR_TIMEUP;
}

static apr_status_t status_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ECONNREFUSED: /* a socket that a killed writer left */
        return APR_ENOENT;
    case EPERM:
        return APR_EACCES;
    default:
        return error;
    }
}

/* Through the descriptor: the directory's path may be longer than a socket's address. While the
 * writer's queue is full the system says EAGAIN. */
static apr_status_t connect_to(const connection_t *connection, int directory)
{
    struct sockaddr_un address;

    memset(&address, 0, sizeof(address));
    address.sun_family = AF_UNIX;
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory,
                   T2M_CONTROL_SOCKET);
    while (connect(connection->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        if (errno != EAGAIN && errno != EINTR) {
            return status_of(errno);
        }
        if (is_over(connection)) {
            return APR_TIMEUP;
        }
        (void)usleep(RETRY_US);
    }
    return APR_SUCCESS;
}

static apr_status_t send_all(const connection_t *connection, const char *bytes, size_t size)
{
    size_t sent = 0;

    while (sent < size) {
        ssize_t put = send(connection->fd, bytes + sent, size - sent, MSG_NOSIGNAL);
        apr_status_t status = APR_SUCCESS;

        if (put >= 0) {
            sent += (size_t)put;
        } else {
            status = errno == EAGAIN || errno == EINTR ? wait_for(connection, POLLOUT) : errno;
        }
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    return APR_SUCCESS;
}

/* Reads until the writer hangs up; text gets a NUL. */
static apr_status_t read_all(const connection_t *connection, char *text)
{
    size_t size = 0;

    while (size < T2M_CONTROL_ANSWER_MAX) {
        ssize_t got = recv(connection->fd, text + size, T2M_CONTROL_ANSWER_MAX - size, 0);
        apr_status_t status = APR_SUCCESS;

        if (got > 0) {
            size += (size_t)got;
        } else if (got == 0) {
            text[size] = '\0';
            return APR_SUCCESS;
        } else {
            status = errno == EAGAIN || errno == EINTR ? wait_for(connection, POLLIN) : errno;
        }
        if (status != APR_SUCCESS) {
            return status;
        }
    }
    return EMSGSIZE;
}

/* Leaves in text what belongs to the caller. */
static apr_status_t judge(char *text)
{
    static const char none[] = "the writer ended without an answer";
    static const char refused[] = "error ";
    size_t size = strcspn(text, "\n");
    int whole = text[size] == '\n';

    if (whole && strncmp(text, "ok\n", 3) == 0) {
        memmove(text, text + 3, strlen(text + 3) + 1);
        return APR_SUCCESS;
    }
    text[size] = '\0';
    if (whole && strncmp(text, refused, sizeof(refused) - 1) == 0) {
        memmove(text, text + sizeof(refused) - 1, size - sizeof(refused) + 2);
    } else {
        memcpy(text, none, sizeof(none));
    }
    return APR_EGENERAL;
}

static apr_status_t ask(const connection_t *connection, int directory, const char *line,
                        char *answer)
{
    apr_status_t status = connect_to(connection, directory);

    if (status == APR_SUCCESS) {
        status = send_all(connection, line, strlen(line));
    }
    /* A refusal may come before all was sent; then there is an answer to read. */
    if (status == APR_SUCCESS || status == EPIPE) {
        status = read_all(connection, answer);
    }
    return status == APR_SUCCESS ? judge(answer) : status;
}

apr_status_t t2m_control_ask(int directory, const char *command, char **answer)
{
    char line[T2M_CONTROL_LINE_MAX];
    connection_t connection;
    apr_status_t status;

    *answer = NULL;
    if (strlen(command) > sizeof(line) - 2 || strchr(command, '\n')) {
        return APR_EINVAL;
    }
    (void)snprintf(line, sizeof(line), "%s\n", command);
    connection.end = monotonic() + apr_time_from_sec(ASK_SECONDS);
    connection.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (connection.fd < 0) {
        return errno;
    }
    *answer = malloc(T2M_CONTROL_ANSWER_MAX + 1);
    status = *answer ? ask(&connection, directory, line, *answer) : APR_ENOMEM;
    (void)close(connection.fd);
    if (status != APR_SUCCESS && status != APR_EGENERAL) {
        free(*answer);
        *answer = NULL;
    }
    return status;
}
