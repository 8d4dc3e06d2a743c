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

/* Tests modules/server/crash_handler.c with a trace of the test's own. */
#include "server/crash_handler.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>

#include "crash_world.h"
#include "server/crash_thread.h"
#include "server/crash_trace.h"

static volatile int *volatile nowhere;
static volatile int hangs;

void t2m_crash_trace_prepare(void)
{
    crash_world->numbers[6]++;
}

void t2m_crash_trace(void *context, t2m_crash_t *crash)
{
    (void)context;
    crash_world->numbers[7] = (int)crash->signal; /* it is there before the trace */
    while (hangs) {
    }
}

/* Sanitizers would see it coming. */
__attribute__((no_sanitize("address", "undefined"))) static void fault(void)
{
    *nowhere = 1;
}

static void install(void)
{
    t2m_crash_handler_install(crash_world_area, 0);
}

/* As httpd's: runs once, and the default action ends the process. */
static void former(int number, siginfo_t *info, void *context)
{
    (void)context;
    crash_world->numbers[0]++;
    crash_world->numbers[1] = number;
    crash_world->numbers[2] = info->si_code;
    crash_world->numbers[3] = (int)(apr_uintptr_t)info->si_addr;
    (void)kill(getpid(), number);
}

static void install_former(int number)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = former;
    action.sa_flags = SA_SIGINFO | (int)SA_RESETHAND;
    (void)sigaction(number, &action, NULL);
}

/* Nobody handled it before, a sanitizer neither. */
static void no_former(void)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP };
    size_t i;

    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        (void)signal(signals[i], SIG_DFL);
    }
}

static int ended_by(int status, int number)
{
    return WIFSIGNALED(status) && WTERMSIG(status) == number;
}

static void by_fault(void)
{
    no_former();
    install();
    nowhere = (volatile int *)(apr_uintptr_t)0x40;
    fault();
}

static void faults(void)
{
    apr_int64_t before;
    struct timeval now;
    int status;

    (void)gettimeofday(&now, NULL);
    before = (apr_int64_t)now.tv_sec * 1000000 + now.tv_usec;
    status = crash_world_run(by_fault);
    ok(ended_by(status, SIGSEGV), "a fault ends the process as ever");
    is_number(crash_world->crash.signal, SIGSEGV, "and its last word is there");
    ok(crash_world->crash.code > 0 && crash_world->crash.address == 0x40, "with the address");
    ok(crash_world->crash.thread != 0 && crash_world->crash.entry == 0, "and the thread");
    ok(crash_world->crash.time >= before && crash_world->crash.time - before < 60000000,
       "and the time");
    ok(crash_world->crash.frame_count == 0 && crash_world->numbers[7] == 0, "no trace");
}

static void by_fault_with_former(void)
{
    install_former(SIGSEGV);
    install();
    nowhere = (volatile int *)(apr_uintptr_t)0x50;
    fault();
}

static void by_abort_with_former(void)
{
    install_former(SIGABRT);
    install();
    abort();
}

static void by_kill(void)
{
    install_former(SIGSEGV);
    install();
    (void)kill(getpid(), SIGSEGV);
    pause();
}

static void by_sys(void)
{
    install_former(SIGSYS);
    install();
    (void)raise(SIGSYS);
}

static void formers(void)
{
    ok(ended_by(crash_world_run(by_fault_with_former), SIGSEGV), "with a former handler");
    is_number(crash_world->numbers[0], 1, "which runs once");
    ok(crash_world->numbers[2] == SEGV_MAPERR && crash_world->numbers[3] == 0x50,
       "and sees the fault itself");
    is_number(crash_world->crash.signal, SIGSEGV, "after our word");
    ok(ended_by(crash_world_run(by_abort_with_former), SIGABRT), "abort");
    ok(crash_world->numbers[0] == 1 && crash_world->numbers[1] == SIGABRT
       && crash_world->numbers[2] == SI_TKILL, "the former handler sees who sent it");
    is_number(crash_world->crash.signal, SIGABRT, "the word");
    ok(ended_by(crash_world_run(by_kill), SIGSEGV), "a signal from outside");
    ok(crash_world->numbers[0] == 1 && crash_world->numbers[2] == SI_USER, "is passed on");
    ok(crash_world->crash.signal == SIGSEGV && crash_world->crash.address == 0,
       "and has no address");
    ok(ended_by(crash_world_run(by_sys), SIGSYS) && crash_world->numbers[0] == 1, "SIGSYS too");
}

static void *page;

static void mend(int number)
{
    (void)number;
    crash_world->numbers[0]++;
    (void)mprotect(page, T2M_PAGE, PROT_READ | PROT_WRITE);
}

static void lives_on(void)
{
    page = mmap(NULL, T2M_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    (void)signal(SIGSEGV, mend);
    install();
    nowhere = page;
    fault();
    (void)mprotect(page, T2M_PAGE, PROT_NONE);
    fault();
}

static void ignores(void)
{
    (void)signal(SIGTRAP, SIG_IGN);
    install();
    (void)raise(SIGTRAP);
}

static t2m_crash_t *no_area(void)
{
    return NULL;
}

static void nowhere_to_tell(void)
{
    no_former();
    t2m_crash_handler_install(no_area, 1);
    fault();
}

static t2m_crash_t *broken_area(void)
{
    fault();
    return NULL;
}

static void crashes_in_the_handler(void)
{
    install_former(SIGSEGV);
    t2m_crash_handler_install(broken_area, 0);
    fault();
}

static void in_a_fork(void)
{
    int status = 0;
    pid_t child;

    no_former();
    install();
    child = fork();
    if (child == 0) {
        fault();
    }
    (void)waitpid(child, &status, 0);
    crash_world->numbers[0] = ended_by(status, SIGSEGV);
}

static void is_removed(void)
{
    install_former(SIGSEGV);
    install();
    install(); /* does nothing */
    t2m_crash_handler_remove();
    t2m_crash_handler_remove();
    fault();
}

/* Somebody came after us: theirs stays. */
static void is_covered(void)
{
    install();
    install_former(SIGSEGV);
    t2m_crash_handler_remove();
    fault();
}

static void others(void)
{
    ok(crash_world_run(lives_on) == 0 && crash_world->numbers[0] == 2,
       "who mends what is wrong lives, and is asked at once the next time");
    ok(crash_world_run(ignores) == 0 && crash_world->crash.signal == 0,
       "an ignored signal stays ignored");
    ok(ended_by(crash_world_run(nowhere_to_tell), SIGSEGV) && crash_world->numbers[7] == 0,
       "without a place for the word");
    ok(ended_by(crash_world_run(crashes_in_the_handler), SIGSEGV) && crash_world->numbers[0] == 1,
       "a crash of the handler goes to the former one");
    ok(crash_world_run(in_a_fork) == 0 && crash_world->numbers[0] == 1
       && crash_world->crash.signal == 0, "a forked child has no word of ours");
    ok(ended_by(crash_world_run(is_removed), SIGSEGV) && crash_world->crash.signal == 0
       && crash_world->numbers[0] == 1, "removed");
    ok(ended_by(crash_world_run(is_covered), SIGSEGV) && crash_world->crash.signal == 0
       && crash_world->numbers[0] == 1, "another's handler is not removed");
}

static pthread_barrier_t together;

static void *crash_together(void *data)
{
    t2m_inflight_t *entry = data;

    t2m_crash_thread_enter(entry, (apr_uint32_t)(entry - crash_world->entries) + 1);
    (void)pthread_barrier_wait(&together);
    fault();
    return NULL;
}

static void all_at_once(void)
{
    pthread_t thread;
    int i;

    no_former();
    (void)t2m_crash_thread_start();
    install();
    (void)pthread_barrier_init(&together, NULL, 16);
    for (i = 0; i < 16; i++) {
        crash_world->entries[i % 2].busy = 1;
        (void)pthread_create(&thread, NULL, crash_together, &crash_world->entries[i % 2]);
    }
    (void)pthread_join(thread, NULL);
    pause();
}

static void threads(void)
{
    int round, right = 0;

    for (round = 0; round < 20; round++) {
        right += ended_by(crash_world_run(all_at_once), SIGSEGV);
    }
    is_number(right, 20, "many threads crash at the same moment");
    ok(crash_world->crash.signal == SIGSEGV && crash_world->crash.entry >= 1
       && crash_world->crash.entry <= 2, "the first one is told");
}

__attribute__((noinline)) static int overflow(int depth)
{
    volatile char room[4096];

    room[0] = (char)depth;
    return hangs ? 0 : overflow(depth + 1) + room[0];
}

static void *run_over(void *data)
{
    t2m_crash_thread_enter(data, 2);
    (void)overflow(1);
    return NULL;
}

static void by_overflow(void)
{
    pthread_t thread;

    no_former();
    (void)t2m_crash_thread_start();
    install();
    crash_world->entries[1].busy = 1;
    (void)pthread_create(&thread, NULL, run_over, &crash_world->entries[1]);
    (void)pthread_join(thread, NULL);
}

static void traces(void)
{
    no_former();
    t2m_crash_handler_install(crash_world_area, 1);
    fault();
}

static void hangs_in_the_trace(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGALRM);
    (void)sigprocmask(SIG_BLOCK, &set, NULL); /* as httpd's threads have it */
    (void)signal(SIGALRM, SIG_IGN);
    hangs = 1;
    traces();
}

int main(void)
{
    crash_world_make();
    faults();
    formers();
    others();
    threads();
    ok(ended_by(crash_world_run(by_overflow), SIGSEGV), "a thread's stack runs over");
    ok(crash_world->crash.signal == SIGSEGV && crash_world->crash.entry == 2,
       "the handler has its own, and knows the request");
    ok(ended_by(crash_world_run(traces), SIGSEGV) && crash_world->numbers[6] == 1
       && crash_world->numbers[7] == SIGSEGV, "the trace comes after the word");
    ok(ended_by(crash_world_run(hangs_in_the_trace), SIGALRM)
       && crash_world->crash.signal == SIGSEGV, "one that hangs is ended, and the word is true");
    return tap_done();
}
