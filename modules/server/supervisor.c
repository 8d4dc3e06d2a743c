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

/* fork and exec of the supervisor with exactly the descriptors it needs. */
#include "server/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <apr_thread_proc.h>

#include "shared/handover.h"

enum { SAFE_FD = 64 }; /* above every number that is handed over */

static void close_from(int first)
{
    int fd, last = 1024;
    struct rlimit limit;

#if defined(HAVE_CLOSE_RANGE)
    if (close_range((unsigned)first, ~0U, 0) == 0) {
        return;
    }
#endif
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536) {
        last = (int)limit.rlim_cur;
    }
    for (fd = first; fd < last; fd++) {
        (void)close(fd);
    }
}

/* Copies of all descriptors above the numbers that they shall get, so that none overwrites
 * another. */
static void place(const int *from, int count, int first)
{
    int safe[T2M_FD_END], i;

    for (i = 0; i < count; i++) {
        safe[i] = fcntl(from[i], F_DUPFD, SAFE_FD);
    }
    for (i = 0; i < count; i++) {
        (void)dup2(safe[i], first + i);
    }
}

/*
 * Signals for httpd's process group (prefork ends its children so) and terminal are not for the
 * writer. All are blocked from before the fork until they are ignored: none can hit in between.
 */
static void settle_signals(void)
{
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGWINCH, SIGQUIT,
                                   SIGPIPE, SIGXFSZ, SIGTSTP, SIGTTIN, SIGTTOU };
    sigset_t none;
    int number;
    apr_size_t i;

    for (number = 1; number < NSIG; number++) {
        (void)signal(number, SIG_DFL);
    }
    for (i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++) {
        (void)signal(ignored[i], SIG_IGN);
    }
    (void)setsid();
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void become_program(const t2m_supervisor_t *supervisor)
{
    int null = open("/dev/null", O_RDWR);
    int fds[T2M_FD_END];
    char *arguments[4];

    fds[0] = null;
    fds[1] = supervisor->stdout_fd >= 0 ? supervisor->stdout_fd : null;
    fds[2] = supervisor->stderr_fd >= 0 ? supervisor->stderr_fd : null;
    fds[T2M_FD_SLOTS] = supervisor->slots_fd;
    fds[T2M_FD_BOARD] = supervisor->board_fd;
    fds[T2M_FD_DIRECTORY] = supervisor->directory_fd;
    fds[T2M_FD_LIFELINE] = supervisor->lifeline_fd;
    fds[T2M_FD_WAKE] = supervisor->wake_fd;
    place(fds, T2M_FD_END, 0);
    close_from(T2M_FD_END);
    settle_signals();
    arguments[0] = (char *)(apr_uintptr_t)supervisor->program;
    arguments[1] = (char[]){ "supervise" };
    arguments[2] = arguments[0];
    arguments[3] = NULL;
    (void)execv(supervisor->program, arguments);
    _exit(127);
}

apr_status_t t2m_supervisor_start(apr_pool_t *process_pool, const t2m_supervisor_t *supervisor,
                                  pid_t *pid)
{
    apr_proc_t *process = apr_pcalloc(process_pool, sizeof(*process));
    apr_status_t status = APR_SUCCESS;
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    process->pid = fork();
    if (process->pid == 0) {
        become_program(supervisor);
    }
    if (process->pid < 0) {
        status = errno;
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    if (status != APR_SUCCESS) {
        return status;
    }
    apr_pool_note_subprocess(process_pool, process, APR_JUST_WAIT);
    *pid = process->pid;
    return APR_SUCCESS;
}
