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

/* Tests modules/writer/control_server.c: what it answers, and clients that want to hold it up. */
#include "writer/chores_internal.h"

#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <jansson.h>
#include <pthread.h>

#include "shared/atomic.h"
#include "writer/chores_world.h"
#include "writer/control.h"

static char answer[T2M_CONTROL_ANSWER_MAX];

static int connect_to(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%.60s/%s", folder_path,
                   T2M_CONTROL_SOCKET);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        abort();
    }
    return fd;
}

/* Reads to the end while the writer goes round. Closes. */
static const char *rest(int fd)
{
    apr_time_t end = apr_time_now() + apr_time_from_sec(20);
    size_t size = 0;

    while (apr_time_now() < end) {
        struct pollfd one = { fd, POLLIN, 0 };
        ssize_t got;

        (void)chores_pass(CHORES_NOW);
        if (poll(&one, 1, 5) <= 0) {
            continue;
        }
        got = read(fd, answer + size, sizeof(answer) - 1 - size);
        if (got <= 0) {
            break;
        }
        size += (size_t)got;
    }
    (void)close(fd);
    answer[size] = '\0';
    return answer;
}

static const char *ask(const char *command)
{
    int fd = connect_to();

    (void)!write(fd, command, strlen(command));
    return rest(fd);
}

static void begins(const char *got, const char *want, const char *name)
{
    ok(strncmp(got, want, strlen(want)) == 0, "%s", name);
    if (strncmp(got, want, strlen(want)) != 0) {
        printf("#  got: %.200s\n# want: %s\n", got, want);
    }
}

static void rotates(void)
{
    chores_push(T2M_STREAM_APP, "{\"n\":1");
    chores_push(T2M_STREAM_ACCESS, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    begins(ask("rotate app\n"), "ok\n", "rotate a stream");
    ok(folder_has("talk2me.log.1") && folder_has("talk2me.log"), "it is done when it is answered");
    ok(!folder_has("access.log.1"), "and no other");
    begins(ask("rotate all\n"), "ok\n", "rotate all");
    ok(folder_has("access.log.1") && !folder_has("talk2me.log.2"), "which is not empty");
    begins(ask("rotate nothing\n"), "error unknown stream", "a stream that there is not");
    begins(ask("rotate \n"), "error unknown stream", "or none");
    chores_push(T2M_STREAM_ERRORS, "{\"n\":1");
    (void)chores_pass(CHORES_NOW);
    (void)linkat(folder, "errors.log", folder, "second", 0);
    begins(ask("rotate errors\n"), "error ", "a file that cannot be");
    (void)unlinkat(folder, "second", 0);
    settings->files[T2M_STREAM_ERRORS].retired = 1;
    chores_publish();
    (void)chores_pass(CHORES_NOW);
    begins(ask("rotate errors\n"), "error the stream has no file", "a stream that is off");
    settings->files[T2M_STREAM_ERRORS].retired = 0;
    chores_publish();
    (void)chores_pass(CHORES_NOW);
}

static void says_status(void)
{
    json_t *state, *files;
    const char *text = ask("status\n");

    begins(text, "ok\n", "status");
    state = json_loads(text + 3, 0, NULL);
    if (!ok(state != NULL, "is JSON")) {
        return;
    }
    is_number(json_integer_value(json_object_get(state, "writer_pid")), getpid(), "writer_pid");
    files = json_object_get(state, "files");
    is_number((long)json_array_size(files), T2M_STREAM_COUNT, "files");
    is_number(json_integer_value(json_object_get(json_array_get(files, 0), "rotations")), 1,
              "rotations");
    ok(json_is_true(json_object_get(json_array_get(files, 0), "open")), "open");
    ok(json_is_integer(json_object_get(json_object_get(state, "disk"), "free")), "disk");
    is_number((long)json_array_size(json_object_get(state, "shed")), 0, "shed: none");
    json_decref(state);
}

static void audits(void)
{
    char bytes[2048];
    ssize_t size;

    begins(ask("audit tail -f access\n"), "ok\n", "audit");
    size = folder_get("security.log", bytes, sizeof(bytes) - 1);
    bytes[size < 0 ? 0 : size] = '\0';
    ok(strstr(bytes, "\"detail\":\"tail -f access\"") != NULL,
       "is in the file when it is answered");
}

/* ---- those who mean no good ------------------------------------------------------------------ */

static void odd_commands(void)
{
    char bytes[T2M_CONTROL_LINE_MAX + 100];

    begins(ask("\n"), "error unknown command", "an empty line");
    begins(ask("statusquo\n"), "error unknown command", "a longer word");
    begins(ask("rotate\n"), "error unknown command", "a word too few");
    memset(bytes, 'x', sizeof(bytes));
    bytes[T2M_CONTROL_LINE_MAX - 1] = '\n';
    bytes[T2M_CONTROL_LINE_MAX] = '\0';
    begins(ask(bytes), "error no command", "a line one byte too long");
    bytes[T2M_CONTROL_LINE_MAX - 2] = '\n';
    bytes[T2M_CONTROL_LINE_MAX - 1] = '\0';
    begins(ask(bytes), "error unknown command", "the longest line");
    begins(ask("status\nrotate all\n"), "ok\n", "one command, whatever follows");
}

/* Whatever a client does, the next one is answered within seconds. */
static void still_serves(const char *what)
{
    apr_time_t before = apr_time_now();

    ok(strncmp(ask("status\n"), "ok\n", 3) == 0
       && apr_time_now() - before < apr_time_from_sec(8), "%s: the next one is served", what);
}

static void *drip(void *data)
{
    int fd = *(int *)data, i;

    for (i = 0; i < 40 && send(fd, "x", 1, MSG_NOSIGNAL) == 1; i++) {
        apr_sleep(400000);
    }
    return NULL;
}

static void hostile(void)
{
    int fd = connect_to(), i;
    pthread_t thread;

    still_serves("one who says nothing");
    (void)close(fd);
    fd = connect_to();
    (void)!write(fd, "status", 6);
    begins(rest(fd), "error no command", "no end of line");
    fd = connect_to();
    (void)!write(fd, "stat", 4);
    (void)shutdown(fd, SHUT_WR);
    begins(rest(fd), "error no command", "half a line");
    for (i = 0; i < 5; i++) {
        (void)close(connect_to());
    }
    still_serves("those who go at once");
    fd = connect_to();
    (void)!write(fd, "status\n", 7);
    (void)close(fd);
    still_serves("one who does not wait for the answer");
    fd = connect_to();
    if (pthread_create(&thread, NULL, drip, &fd) == 0) {
        still_serves("a byte now and then");
        (void)pthread_join(thread, NULL);
    }
    (void)close(fd);
}

/* Enough files that the answer does not fit into the socket's buffer; a client that never reads. */
static void large_answer(void)
{
    int fd, i;

    for (i = 0; i < 1500; i++) {
        char path[600];

        (void)snprintf(path, sizeof(path), "%s/%0400d/x.log", folder_path, i);
        (void)t2m_settings_add(settings, T2M_STREAM_APP, path);
    }
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    (void)t2m_drain_settings(&drain);
    (void)chores_pass(CHORES_NOW);
    fd = connect_to();
    (void)!write(fd, "status\n", 7);
    (void)chores_pass(CHORES_NOW);
    still_serves("one who never reads");
    ok(strlen(answer) > 600000, "a large answer comes whole");
    (void)close(fd);
}

static void socket_file(void)
{
    struct stat information;
    int fd;

    ok(fstatat(folder, T2M_CONTROL_SOCKET, &information, 0) == 0
       && (information.st_mode & 07777) == 0600, "nobody else may connect");
    t2m_chores_stop(chores);
    ok(!folder_has(T2M_CONTROL_SOCKET), "gone at the end");
    fd = t2m_control_listen();
    ok(fd >= 0, "made");
    (void)close(fd);
    fd = t2m_control_listen();
    ok(fd >= 0, "made again when a killed writer left it");
    t2m_control_close(fd);
    folder_put(T2M_CONTROL_SOCKET, "mine", 4);
    is_number(t2m_control_listen(), -1, "a file of that name is somebody's");
    chores_file_is(T2M_CONTROL_SOCKET, "mine", "and stays");
    t2m_control_close(-1);
    (void)unlinkat(folder, T2M_CONTROL_SOCKET, 0);
    (void)close(T2M_FD_DIRECTORY);
    is_number(t2m_control_listen(), -1, "no log directory, no socket");
}

/* Somebody deletes the socket, or moves the whole directory away and makes it again. */
static void follows(void)
{
    char other[sizeof(folder_path) + 8];
    struct stat before, after;

    (void)dup2(folder, T2M_FD_DIRECTORY);
    chores->socket_fd = -1;
    t2m_control_follow(chores);
    (void)fstatat(folder, T2M_CONTROL_SOCKET, &before, 0);
    t2m_control_follow(chores);
    ok(fstatat(folder, T2M_CONTROL_SOCKET, &after, 0) == 0 && before.st_ino == after.st_ino,
       "the socket stays");
    (void)unlinkat(folder, T2M_CONTROL_SOCKET, 0);
    t2m_control_follow(chores);
    ok(folder_has(T2M_CONTROL_SOCKET), "is made again where it was deleted");
    (void)snprintf(other, sizeof(other), "%s-other", folder_path);
    ok(mkdir(other, 0700) == 0, "another directory");
    (void)snprintf(chores->shared.directory, sizeof(chores->shared.directory), "%s", other);
    t2m_control_follow(chores);
    ok(!folder_has(T2M_CONTROL_SOCKET), "is left");
    ok(stat(other, &before) == 0 && fstat(T2M_FD_DIRECTORY, &after) == 0
       && before.st_ino == after.st_ino
       && fstatat(T2M_FD_DIRECTORY, T2M_CONTROL_SOCKET, &after, 0) == 0, "and followed");
    t2m_control_close(chores->socket_fd);
    chores->socket_fd = -1;
    (void)rmdir(other);
    t2m_control_follow(chores);
    ok(chores->socket_fd < 0, "a directory that is gone has none");
}

int main(void)
{
    (void)signal(SIGPIPE, SIG_IGN);
    (void)apr_initialize();
    chores_make();
    chores = t2m_chores_start(&drain);
    if (!chores) {
        return 1;
    }
    rotates();
    says_status();
    audits();
    odd_commands();
    hostile();
    large_answer();
    socket_file();
    follows();
    folder_remove();
    return tap_done();
}
