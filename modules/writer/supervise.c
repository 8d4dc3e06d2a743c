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

/* Waits for two things: the writer's end and the lifeline's. Holds no log file and reads no
 * record, so that hardly anything can go wrong here. */
#include "writer/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "shared/handover.h"
#include "shared/settings.h"
#include "shared/slots.h"
#include "writer/writer.h"

enum {
    SETTLED_MS = 1000,   /* a writer that lived so long was sound: the next one starts at once */
    PAUSE_MAX_MS = 1000, /* between writers that die at once */
    DRAIN_SECONDS = 10
};

static apr_int64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_child(int signal_number)
{
    (void)signal_number; /* it is enough that it ends the wait */
}

/* Whatever ends httpd's group or terminal was set to be ignored before the program began. */
static void settle_signals(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_child;
    (void)sigaction(SIGCHLD, &action, NULL);
}

/* A writer is this program once more. Returns its pid, or -1. */
static pid_t start_writer(char *program)
{
    char parent[16];
    char *arguments[] = { program, (char[]){ "writer" }, parent, NULL };
    pid_t pid;

    (void)snprintf(parent, sizeof(parent), "%ld", (long)getpid());
    pid = fork();
    if (pid == 0) {
        sigset_t none;

        (void)sigemptyset(&none);
        (void)sigprocmask(SIG_SETMASK, &none, NULL);
        /* The file of this very program, even when a package upgrade replaced it meanwhile. */
        (void)execv("/proc/self/exe", arguments);
        (void)execv(program, arguments);
        _exit(T2M_WRITER_UNUSABLE);
    }
    return pid;
}

typedef struct {
    char *program;
    sigset_t open_mask;  /* the mask without SIGCHLD blocked */
    pid_t writer;        /* 0: none runs */
    apr_int64_t born_ms, start_ms;
    apr_int64_t deadline_ms; /* 0: the server has not ended */
    int pause_ms;
    int waiting;         /* for the end of a predecessor: no writer before that */
    int stopping;
} supervisor_t;

/*
 * Waits until a child ended, the lifeline hung up, the predecessor ended or the time is over;
 * signals only arrive here. Of a pipe's write end, an error says that nobody reads it any more.
 */
static void wait_for_news(supervisor_t *supervisor)
{
    struct pollfd pipes[2] = { { supervisor->stopping ? -1 : T2M_FD_LIFELINE, 0, 0 },
                               { supervisor->waiting ? T2M_FD_PREDECESSOR : -1, 0, 0 } };
    int idle = supervisor->waiting || (supervisor->writer > 0 && !supervisor->stopping);
    const struct timespec pause = { 0, 10000000 };

    if (ppoll(pipes, 2, idle ? NULL : &pause, &supervisor->open_mask) <= 0) {
        return;
    }
    if (pipes[0].revents) {
        supervisor->stopping = 1;
    }
    if (pipes[1].revents) {
        supervisor->waiting = 0;
    }
}

/* killed: from outside, which says nothing of the program: the next one starts at once. */
static void note_death(supervisor_t *supervisor, int killed)
{
    apr_int64_t now = now_ms();

    supervisor->writer = 0;
    if (killed || now - supervisor->born_ms >= SETTLED_MS) {
        supervisor->pause_ms = 0;
    } else {
        supervisor->pause_ms = supervisor->pause_ms ? supervisor->pause_ms * 2 : 10;
    }
    if (supervisor->pause_ms > PAUSE_MAX_MS) {
        supervisor->pause_ms = PAUSE_MAX_MS;
    }
    /* The first death costs no pause at all. */
    supervisor->start_ms = now + (supervisor->pause_ms > 10 ? supervisor->pause_ms : 0);
}

/* Takes notice of an ended writer. Returns the exit code to end with, or -1 to go on. */
static int reap(supervisor_t *supervisor)
{
    int status;
    pid_t pid = waitpid(-1, &status, WNOHANG);

    if (pid <= 0 || pid != supervisor->writer) {
        return -1;
    }
    note_death(supervisor, WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    if (WIFEXITED(status) && WEXITSTATUS(status) == T2M_WRITER_DRAINED) {
        return 0;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == T2M_WRITER_UNUSABLE) {
        return 1;
    }
    return -1;
}

static void start_if_due(supervisor_t *supervisor)
{
    if (!supervisor->waiting && supervisor->writer == 0 && now_ms() >= supervisor->start_ms) {
        supervisor->born_ms = now_ms();
        supervisor->writer = start_writer(supervisor->program);
        if (supervisor->writer < 0) {
            note_death(supervisor, 0);
        }
    }
}

static int time_is_over(supervisor_t *supervisor)
{
    if (!supervisor->stopping || supervisor->waiting) {
        return 0;
    }
    if (supervisor->deadline_ms == 0) {
        supervisor->deadline_ms = now_ms() + DRAIN_SECONDS * 1000;
    }
    if (now_ms() < supervisor->deadline_ms) {
        return 0;
    }
    if (supervisor->writer > 0) {
        (void)kill(supervisor->writer, SIGKILL);
        (void)waitpid(supervisor->writer, NULL, 0);
    }
    (void)fprintf(stderr, "t2mlog supervise: not everything was written within %d seconds\n",
                  DRAIN_SECONDS);
    return 1;
}

/* What only the supervisor has ends with it. */
static void keep_from_writers(void)
{
    int fd;

    for (fd = T2M_FD_END; fd < T2M_FD_SUPERVISOR_END; fd++) {
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
}

static int supervise(supervisor_t *supervisor)
{
    sigset_t child;
    int code = -1;

#ifdef PR_SET_NAME
    (void)prctl(PR_SET_NAME, "t2mlog");
#endif
    settle_signals();
    keep_from_writers();
    (void)sigemptyset(&child);
    (void)sigaddset(&child, SIGCHLD);
    (void)sigprocmask(SIG_BLOCK, &child, &supervisor->open_mask);
    (void)sigdelset(&supervisor->open_mask, SIGCHLD);

    while (code < 0) {
        start_if_due(supervisor);
        wait_for_news(supervisor);
        code = reap(supervisor);
        if (code < 0 && time_is_over(supervisor)) {
            code = 1;
        }
    }
    return code;
}

int t2m_supervise_main(int argc, char **argv)
{
    supervisor_t supervisor = { 0 };

    if (argc > 2 && strcmp(argv[1], T2M_SUPERVISE_FITS) == 0) {
        return strtol(argv[2], NULL, 10) == T2M_LAYOUT_VERSION ? 0 : T2M_EXIT_UNFIT;
    }
    supervisor.program = argc > 1 ? argv[1] : argv[0];
    supervisor.waiting = argc > 2 && strcmp(argv[2], T2M_SUPERVISE_AFTER) == 0;
    return supervise(&supervisor);
}
