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

/* Tests modules/writer/control.c against servers that answer in every way. */
#include "writer/control.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static char place[512];
static int directory;

/* A directory whose path is longer than a socket's address. */
static int make_place(void)
{
    char base[] = "/tmp/t2mlog-control-XXXXXX";

    if (!mkdtemp(base)) {
        return 0;
    }
    (void)snprintf(place, sizeof(place), "%s/%0150d", base, 0);
    directory = mkdir(place, 0700) == 0 ? open(place, O_RDONLY | O_DIRECTORY) : -1;
    return directory >= 0;
}

static int listen_there(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)unlinkat(directory, T2M_CONTROL_SOCKET, 0);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory,
                   T2M_CONTROL_SOCKET);
    if (bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 1) != 0) {
        _exit(9);
    }
    return fd;
}

static int read_command(int fd, const char *want)
{
    char line[T2M_CONTROL_LINE_MAX + 1];
    size_t size = 0;

    while (size < sizeof(line) - 1 && read(fd, line + size, 1) == 1 && line[size++] != '\n') {
    }
    line[size] = '\0';
    return strcmp(line, want) == 0;
}

/* A server for one client; its exit code says whether the command was the one wanted. */
static pid_t serve(const char *want, const char *text, size_t repeated)
{
    int fd = listen_there();
    pid_t pid = fork();

    if (pid == 0) {
        int client = accept(fd, NULL, NULL), right = read_command(client, want);

        (void)signal(SIGPIPE, SIG_IGN);
        do {
            (void)write(client, text, strlen(text)); /* in pieces */
        } while (repeated-- > 0);
        _exit(!right);
    }
    (void)close(fd);
    return pid;
}

static void answers(const char *text, apr_status_t status, const char *want, const char *what)
{
    pid_t pid = serve("status\n", text, 0);
    char *answer;
    int code = 1;

    is_number(t2m_control_ask(directory, "status", &answer), status, what);
    is_bytes(answer ? answer : "", answer ? strlen(answer) : 0, want, what);
    free(answer);
    (void)waitpid(pid, &code, 0);
    is_number(code, 0, "the command came as a line");
}

static void nobody(void)
{
    char *answer;
    int fd;

    is_number(t2m_control_ask(directory, "status", &answer), APR_ENOENT, "no socket");
    ok(!answer, "no answer");
    (void)close(listen_there());
    is_number(t2m_control_ask(directory, "status", &answer), APR_ENOENT, "nobody listens any more");
    fd = open("/dev/null", O_RDONLY);
    is_number(t2m_control_ask(fd, "status", &answer), APR_ENOENT, "no directory");
    (void)close(fd);
}

static void refusals(void)
{
    char line[T2M_CONTROL_LINE_MAX];
    char *answer;

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    is_number(t2m_control_ask(directory, line, &answer), APR_EINVAL, "a command that is too long");
    is_number(t2m_control_ask(directory, "a\nb", &answer), APR_EINVAL, "two lines");
    ok(!answer, "no answer");
}

/* A line of the greatest size, and an answer that goes through the socket in many pieces. */
static void large(void)
{
    char line[T2M_CONTROL_LINE_MAX], want[T2M_CONTROL_LINE_MAX + 1], piece[1001];
    char *answer;
    pid_t pid;
    int code = 1;

    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 2] = '\0';
    (void)snprintf(want, sizeof(want), "%s\n", line);
    memset(piece, 'y', sizeof(piece));
    piece[1000] = '\0';
    memcpy(piece, "ok\n", 3);
    pid = serve(want, piece, 899);
    is_number(t2m_control_ask(directory, line, &answer), APR_SUCCESS, "a large answer");
    is_number((long long)strlen(answer), 900000 - 3, "is whole");
    free(answer);
    (void)waitpid(pid, &code, 0);
    is_number(code, 0, "so was the command");
    pid = serve("status\n", piece, 1999);
    is_number(t2m_control_ask(directory, "status", &answer), EMSGSIZE, "one that is too large");
    ok(!answer, "is not given");
    (void)waitpid(pid, &code, 0);
}

static void not_allowed(void)
{
    int status = 1, fd;

    if (geteuid() != 0) {
        return;
    }
    fd = listen_there();
    (void)fchmodat(directory, T2M_CONTROL_SOCKET, 0600, 0);
    if (fork() == 0) {
        char *answer;

        _exit(seteuid(12345) != 0 || t2m_control_ask(directory, "status", &answer) != APR_EACCES
              || answer != NULL);
    }
    (void)wait(&status);
    is_number(status, 0, "a user who may not is told so");
    (void)close(fd);
}

int main(void)
{
    if (!make_place()) {
        return 1;
    }
    nobody();
    answers("ok\n", APR_SUCCESS, "", "done");
    answers("ok\n{\"a\":1}\nmore\n", APR_SUCCESS, "{\"a\":1}\nmore\n", "done, with an answer");
    answers("error no such stream\n", APR_EGENERAL, "no such stream", "refused");
    answers("error \n", APR_EGENERAL, "", "refused without a reason");
    answers("", APR_EGENERAL, "the writer ended without an answer", "nothing");
    answers("ok", APR_EGENERAL, "the writer ended without an answer", "half a line");
    answers("error half", APR_EGENERAL, "the writer ended without an answer", "half a refusal");
    answers("okay\n", APR_EGENERAL, "the writer ended without an answer", "another language");
    refusals();
    large();
    not_allowed();
    (void)unlinkat(directory, T2M_CONTROL_SOCKET, 0);
    (void)rmdir(place);
    *strrchr(place, '/') = '\0';
    (void)rmdir(place);
    return tap_done();
}
