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

/* See crash_handler.h. */
#include "server/crash_handler.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "server/crash_thread.h"
#include "server/crash_trace.h"
#include "shared/atomic.h"

enum {
    TRACE_SECONDS = 2 /* the unwinder may hang on what is broken: then SIGALRM ends the process */
};

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };

enum { SIGNALS = sizeof signals / sizeof signals[0] };

static struct {
    t2m_crash_t *(*area)(void);
    pid_t process; /* 0: not installed */
    int trace;
    int taken;     /* somebody is telling already */
    struct sigaction former[SIGNALS];
    int ours[SIGNALS];
} handler;

static apr_int64_t now(void)
{
    struct timespec moment;

    (void)clock_gettime(CLOCK_REALTIME, &moment);
    return (apr_int64_t)moment.tv_sec * 1000000 + moment.tv_nsec / 1000;
}

/* The instruction itself brought it about, and will again when it is run once more. SIGSYS and
 * SIGTRAP come behind theirs. */
static int is_repeated(int signal, const siginfo_t *info)
{
    return info->si_code > 0 && signal != SIGABRT && signal != SIGSYS && signal != SIGTRAP;
}

/* A process that hangs here would never be replaced by httpd. The threads of httpd's workers keep
 * all such signals out. */
static void trace_in_time(void *context, t2m_crash_t *crash)
{
    struct sigaction alarming = { .sa_handler = SIG_DFL }, former;
    sigset_t set, before;

    (void)sigemptyset(&alarming.sa_mask);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGALRM);
    (void)sigaction(SIGALRM, &alarming, &former);
    (void)pthread_sigmask(SIG_UNBLOCK, &set, &before);
    (void)alarm(TRACE_SECONDS);
    t2m_crash_trace(context, crash);
    (void)alarm(0);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)sigaction(SIGALRM, &former, NULL);
}

/* The signal's number last: it says that the rest is there. */
static void tell(int signal, const siginfo_t *info, void *context)
{
    t2m_crash_t *crash = handler.area();

    if (!crash) {
        return;
    }
    crash->code = info->si_code;
    crash->thread = (apr_uint32_t)t2m_crash_thread_number();
    crash->entry = t2m_crash_thread_entry();
    crash->address = is_repeated(signal, info) ? (apr_uint64_t)(apr_uintptr_t)info->si_addr : 0;
    crash->time = now();
    crash->frame_count = 0;
    t2m_store(&crash->signal, (apr_uint32_t)signal);
    if (handler.trace) {
        trace_in_time(context, crash);
    }
}

/* To this thread, with what is known of it. */
static void raise_again(int signal, siginfo_t *info)
{
    pid_t thread = (pid_t)t2m_crash_thread_number();

#ifdef SYS_rt_tgsigqueueinfo
    if (syscall(SYS_rt_tgsigqueueinfo, getpid(), thread, signal, info) == 0) {
        return;
    }
#endif
    (void)info;
    (void)thread;
    (void)raise(signal);
}

static void leave_to_former(int signal, siginfo_t *info)
{
    int i;

    for (i = 0; i < SIGNALS; i++) {
        if (signals[i] == signal) {
            (void)sigaction(signal, &handler.former[i], NULL);
        }
    }
    if (!is_repeated(signal, info)) {
        raise_again(signal, info);
    }
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
    int error = errno;

    if (getpid() == handler.process && !__atomic_exchange_n(&handler.taken, 1, __ATOMIC_ACQ_REL)) {
        tell(signal, info, context);
    }
    leave_to_former(signal, info);
    errno = error;
}

static int is_ignored(const struct sigaction *action)
{
    return !(action->sa_flags & SA_SIGINFO) && action->sa_handler == SIG_IGN;
}

/* SA_NODEFER: a crash in the handler has to reach the former one. */
void t2m_crash_handler_install(t2m_crash_t *(*area)(void), int trace)
{
    struct sigaction action;
    int i;

    if (handler.process) {
        return;
    }
    memset(&action, 0, sizeof action);
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    (void)sigemptyset(&action.sa_mask);
    handler.area = area;
    handler.trace = trace;
    handler.taken = 0;
    if (trace) {
        t2m_crash_trace_prepare();
    }
    handler.process = getpid();
    for (i = 0; i < SIGNALS; i++) {
        handler.ours[i] = sigaction(signals[i], NULL, &handler.former[i]) == 0
                       && !is_ignored(&handler.former[i])
                       && sigaction(signals[i], &action, NULL) == 0;
    }
}

static int is_installed(const struct sigaction *action)
{
    return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == on_signal;
}

void t2m_crash_handler_remove(void)
{
    struct sigaction action;
    int i;

    for (i = 0; i < SIGNALS && handler.process; i++) {
        if (handler.ours[i] && sigaction(signals[i], NULL, &action) == 0
            && is_installed(&action)) {
            (void)sigaction(signals[i], &handler.former[i], NULL);
        }
    }
    handler.process = 0;
}
