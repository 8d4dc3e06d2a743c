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

/* For t/43-crash.t: a handler that ends its process in the way that the last segment of the path
 * names; `sleep` waits for so many milliseconds (the query), with `fork` a child ends the request
 * too. With -D MENDING it has a handler for SIGSEGV, installed before mod_t2mlog's, that lives with
 * the fault of `mend`. */
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_log.h>
#include <http_protocol.h>

#include <apr_strings.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NOT_INLINED __attribute__((noinline, noclone))

static volatile int zero;
static int *volatile nowhere;

NOT_INLINED void t2m_crash_segfault(void)
{
    *nowhere = 1;
}

NOT_INLINED void t2m_crash_abort(void)
{
    abort();
}

/* Each call needs its own frame: its result is used after the next one's. */
NOT_INLINED int t2m_crash_overflow(int depth)
{
    volatile char room[4096];

    room[0] = (char)depth;
    return depth == zero ? 0 : t2m_crash_overflow(depth + 1) + room[0];
}

NOT_INLINED int t2m_crash_divide(void)
{
    return (int)getpid() / zero;
}

NOT_INLINED void t2m_crash_illegal(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __asm__ volatile("ud2");
#else
    raise(SIGILL);
#endif
}

NOT_INLINED void t2m_crash_call_nowhere(void)
{
    void (*volatile function)(void) = NULL;

    function();
    zero = 0; /* no tail call: this function stays on the stack */
}

/* Behind the end of a file that is mapped. */
NOT_INLINED void t2m_crash_bus(void)
{
    FILE *file = tmpfile();
    volatile char *memory;

    if (file) {
        memory = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fileno(file), 0);
        zero = memory == MAP_FAILED ? 1 : memory[0];
    }
}

static volatile sig_atomic_t mended;
static volatile long page[1024] __attribute__((aligned(4096)));

static void mend(int signal)
{
    (void)signal;
    mended = 1;
    mprotect((void *)page, sizeof page, PROT_READ | PROT_WRITE);
}

/* Some run-time systems live with faults. */
static void fault_and_live(request_rec *r)
{
    mprotect((void *)page, sizeof page, PROT_NONE);
    page[0] = 1;
    ap_rprintf(r, "mended %d\n", (int)mended);
}

/* As with mod_perl: the child has all that the process had but our memory. */
static void fork_and_answer(request_rec *r)
{
    int status = -1;
    pid_t pid = fork();

    if (pid == 0) {
        ap_finalize_request_protocol(r);
        _exit(0);
    }
    waitpid(pid, &status, 0);
    ap_rprintf(r, "the child ended with %d\n", status);
}

static void end_by(request_rec *r, const char *what)
{
    if (!strcmp(what, "segfault")) {
        t2m_crash_segfault();
    }
    else if (!strcmp(what, "abort")) {
        t2m_crash_abort();
    }
    else if (!strcmp(what, "overflow")) {
        zero = t2m_crash_overflow(1);
    }
    else if (!strcmp(what, "divide")) {
        zero = t2m_crash_divide();
    }
    else if (!strcmp(what, "illegal")) {
        t2m_crash_illegal();
    }
    else if (!strcmp(what, "nowhere")) {
        t2m_crash_call_nowhere();
    }
    else if (!strcmp(what, "bus")) {
        t2m_crash_bus();
    }
    else if (!strcmp(what, "exit")) {
        exit(3);
    }
    else if (!strcmp(what, "mend")) {
        fault_and_live(r);
    }
    else if (!strcmp(what, "fork")) {
        fork_and_answer(r);
    }
    else if (!strcmp(what, "sleep")) {
        apr_sleep(apr_time_from_msec(r->args ? atoi(r->args) : 0));
    }
}

static int handle(request_rec *r)
{
    const char *slash = strrchr(r->uri, '/');

    if (!r->handler || strcmp(r->handler, "t2mlog-crash")) {
        return DECLINED;
    }
    ap_set_content_type(r, "text/plain");
    end_by(r, slash ? slash + 1 : "");
    ap_rputs("alive\n", r);
    return OK;
}

/* Before mod_t2mlog's, with -D MENDING: the one that runs after it. */
static void child_init(apr_pool_t *pool, server_rec *server)
{
    (void)pool;
    (void)server;
    if (ap_exists_config_define("MENDING")) {
        signal(SIGSEGV, mend);
    }
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_REALLY_FIRST);
}

AP_DECLARE_MODULE(t2mlog_crash) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0
};
