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
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include <apr_thread_proc.h>

#include "shared/handover.h"

enum { SAFE_FD = 64 }; /* above every number that is handed over */

/* What a child becomes: the descriptors that it has under these numbers and no others. */
typedef struct {
    const char *program;
    const char *arguments[5];
    int fds[T2M_FD_SUPERVISOR_END]; /* -1: /dev/null */
} image_t;

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
static void place(const int *fds)
{
    int safe[T2M_FD_SUPERVISOR_END], i, null = open("/dev/null", O_RDWR);

    for (i = 0; i < T2M_FD_SUPERVISOR_END; i++) {
        safe[i] = fcntl(fds[i] >= 0 ? fds[i] : null, F_DUPFD, SAFE_FD);
    }
    for (i = 0; i < T2M_FD_SUPERVISOR_END; i++) {
        (void)dup2(safe[i], i);
    }
    close_from(T2M_FD_SUPERVISOR_END);
}

/* The writer holds each log file open, some of them twice: with files for each of many virtual
 * hosts these are more than the usual limit, which the hard one is far above. */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
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

/* The very file that was chosen; by its path only where that cannot be, as for a script. */
static void become(const image_t *image)
{
    char **arguments = (char **)(apr_uintptr_t)image->arguments;

    place(image->fds);
    raise_limit();
    settle_signals();
    (void)fcntl(T2M_FD_PROGRAM, F_SETFD, FD_CLOEXEC);
    (void)fexecve(T2M_FD_PROGRAM, arguments, environ);
    (void)execv(image->program, arguments);
    _exit(T2M_SUPERVISOR_NOT_EXECUTED);
}

/* All signals are blocked meanwhile: the child must not run httpd's handlers. */
static apr_status_t start(const image_t *image, pid_t *pid)
{
    apr_status_t status = APR_SUCCESS;
    sigset_t all, before;

    (void)sigfillset(&all);
    (void)sigprocmask(SIG_SETMASK, &all, &before);
    *pid = fork();
    if (*pid == 0) {
        become(image);
    }
    if (*pid < 0) {
        status = errno;
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return status;
}

static void describe(image_t *image, const char *program, int program_fd)
{
    memset(image, 0, sizeof(*image));
    memset(image->fds, 0xff, sizeof(image->fds)); /* -1 */
    image->program = program;
    image->fds[T2M_FD_PROGRAM] = program_fd;
    image->arguments[0] = program;
    image->arguments[1] = "supervise";
}

apr_status_t t2m_supervisor_start(apr_pool_t *process_pool, const t2m_supervisor_t *supervisor,
                                  pid_t *pid, int *fd)
{
    image_t image;
    apr_proc_t *process;
    apr_status_t status;

    describe(&image, supervisor->program, supervisor->program_fd);
    image.arguments[2] = supervisor->program;
    image.arguments[3] = supervisor->predecessor_fd >= 0 ? T2M_SUPERVISE_AFTER : NULL;
    image.fds[STDOUT_FILENO] = supervisor->stdout_fd;
    image.fds[STDERR_FILENO] = supervisor->stderr_fd;
    image.fds[T2M_FD_SLOTS] = supervisor->slots_fd;
    image.fds[T2M_FD_BOARD] = supervisor->board_fd;
    image.fds[T2M_FD_DIRECTORY] = supervisor->directory_fd;
    image.fds[T2M_FD_LIFELINE] = supervisor->lifeline_fd;
    image.fds[T2M_FD_WAKE] = supervisor->wake_fd;
    image.fds[T2M_FD_FORMER_DIRECTORY] = supervisor->former_directory_fd;
    image.fds[T2M_FD_PREDECESSOR] = supervisor->predecessor_fd;
    status = start(&image, pid);
    *fd = -1;
    if (status != APR_SUCCESS) {
        return status;
    }
    process = apr_pcalloc(process_pool, sizeof(*process));
    process->pid = *pid;
    apr_pool_note_subprocess(process_pool, process, APR_JUST_WAIT);
#ifdef SYS_pidfd_open
    *fd = (int)syscall(SYS_pidfd_open, *pid, 0);
#endif
    return APR_SUCCESS;
}

apr_status_t t2m_supervisor_try(const char *program, int program_fd, const char *layout,
                                pid_t *pid)
{
    image_t image;

    describe(&image, program, program_fd);
    image.arguments[2] = T2M_SUPERVISE_FITS;
    image.arguments[3] = layout;
    return start(&image, pid);
}

/* The number of a process that httpd reaped may be another one's: the descriptor is the same one's
 * for ever. */
int t2m_supervisor_alive(pid_t pid, int fd)
{
    struct pollfd process = { fd, POLLIN, 0 };

    if (pid <= 0) {
        return 0;
    }
    return fd >= 0 ? poll(&process, 1, 0) == 0 : waitpid(pid, NULL, WNOHANG) == 0;
}

void t2m_supervisor_end(pid_t pid, int fd)
{
    int status = -1;

    if (!t2m_supervisor_alive(pid, fd)) {
        return;
    }
#ifdef SYS_pidfd_send_signal
    status = fd >= 0 ? (int)syscall(SYS_pidfd_send_signal, fd, SIGKILL, NULL, 0) : -1;
#endif
    if (status != 0) {
        (void)kill(pid, SIGKILL);
    }
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}
