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

/* Tests modules/server/crash_trace.c. */
#include "server/crash_trace.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#include "crash_world.h"

#define NOT_INLINED __attribute__((noinline, noclone, no_sanitize("address", "undefined")))
#ifdef __clang__
#undef NOT_INLINED
#define NOT_INLINED __attribute__((noinline, no_sanitize("address", "undefined")))
#endif

static volatile int *volatile nowhere;
static volatile int after;

static apr_uintptr_t base_of(apr_uintptr_t address)
{
    Dl_info information;

    return dladdr((void *)address, &information) ? (apr_uintptr_t)information.dli_fbase : 0;
}

/* The number behind the last + of a frame, as an address in this program; 0: of another file. */
static apr_uintptr_t address_of(const char *frame)
{
    static const char own[] = "crash_trace+0x";
    const char *at = strstr(frame, own);
    unsigned long long offset = 0;

    if (!at || sscanf(at + sizeof(own) - 1, "%llx", &offset) != 1) {
        return 0;
    }
    return (apr_uintptr_t)offset + base_of((apr_uintptr_t)&address_of);
}

static int is_within(const char *frame, apr_uintptr_t function)
{
    apr_uintptr_t address = address_of(frame);

    return address >= function && address < function + 512;
}

static void names(void)
{
    static int data = 1;
    char name[T2M_CRASH_FRAME_SIZE], path[160] = "/tmp/", want[T2M_CRASH_FRAME_SIZE];
    void *memory = MAP_FAILED;
    int fd;

    ok(t2m_crash_trace_name((apr_uintptr_t)&names, name)
       && address_of(name) == (apr_uintptr_t)&names, "code of this program: %s", name);
    ok(!t2m_crash_trace_name((apr_uintptr_t)&data, name)
       && address_of(name) == (apr_uintptr_t)&data, "its data are no code: %s", name);
    ok(t2m_crash_trace_name((apr_uintptr_t)dlsym(RTLD_DEFAULT, "abort"), name)
       && strncmp(name, "libc", 4) == 0, "a library: %s", name);
    ok(!t2m_crash_trace_name(0, name) && strcmp(name, "0x0") == 0, "nowhere");
    ok(!t2m_crash_trace_name((apr_uintptr_t)-1, name)
       && strcmp(name, sizeof(void *) == 8 ? "0xffffffffffffffff" : "0xffffffff") == 0,
       "nor at the other end");
    (void)snprintf(path + 5, sizeof(path) - 5, "t2m-%0100d-%d", 7, (int)getpid());
    fd = open(path, O_RDWR | O_CREAT | O_EXCL, 0700);
    if (fd >= 0 && ftruncate(fd, T2M_PAGE) == 0) {
        memory = mmap(NULL, T2M_PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
    }
    (void)unlink(path);
    if (memory == MAP_FAILED) {
        ok(1, "a long name # SKIP no code from there");
        return;
    }
    (void)snprintf(want, sizeof(want), "t2m-%051d+0x7", 0);
    ok(t2m_crash_trace_name((apr_uintptr_t)memory + 7, name) && strcmp(name, want) == 0,
       "a long name is cut: %s", name);
}

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    t2m_crash_trace(context, &crash_world->crash);
    crash_world->numbers[0]++;
    _exit(number);
}

static void catch_it(void)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = on_signal;
    action.sa_flags = SA_SIGINFO;
    (void)sigaction(SIGSEGV, &action, NULL);
    t2m_crash_trace_prepare();
}

NOT_INLINED static void inner(void)
{
    *nowhere = 1;
    after = 1;
}

NOT_INLINED static void outer(void)
{
    inner();
    after = 2;
}

static void by_fault(void)
{
    catch_it();
    outer();
    after = 3;
}

NOT_INLINED static void call(apr_uintptr_t address)
{
    void (*volatile function)(void) = (void (*)(void))address;

    function();
    after = 1;
}

static void by_call_to_nothing(void)
{
    catch_it();
    call(0);
    after = 3;
}

static void by_call_to_data(void)
{
    static int data;

    catch_it();
    call((apr_uintptr_t)&data);
    after = 3;
}

NOT_INLINED static int deep(int depth)
{
    if (depth == 0) {
        inner();
    }
    after = depth;
    return depth == 0 ? 0 : deep(depth - 1) + after;
}

static void by_deep_fault(void)
{
    catch_it();
    after = deep(200);
}

static void stacks(void)
{
    const t2m_crash_t *crash = &crash_world->crash;
    apr_uint32_t i, right = 0;

    (void)crash_world_run(by_fault);
    ok(crash_world->numbers[0] == 1 && crash->frame_count >= 4, "a fault: %u frames",
       crash->frame_count);
    ok(is_within(crash->frames[0], (apr_uintptr_t)&inner), "where it was: %s", crash->frames[0]);
    ok(is_within(crash->frames[1], (apr_uintptr_t)&outer), "its caller: %s", crash->frames[1]);
    (void)crash_world_run(by_deep_fault);
    for (i = 1; i < crash->frame_count; i++) {
        right += (apr_uint32_t)is_within(crash->frames[i], (apr_uintptr_t)&deep);
    }
    ok(crash->frame_count == T2M_CRASH_FRAMES && right == T2M_CRASH_FRAMES - 1,
       "a deep stack has its innermost frames");
}

static void astray(void)
{
#if defined(__x86_64__) && defined(__linux__)
    const t2m_crash_t *crash = &crash_world->crash;

    (void)crash_world_run(by_call_to_nothing);
    ok(crash_world->numbers[0] == 1 && strcmp(crash->frames[0], "0x0") == 0, "a call to nothing");
    ok(is_within(crash->frames[1], (apr_uintptr_t)&call), "who called: %s", crash->frames[1]);
    (void)crash_world_run(by_call_to_data);
    ok(crash_world->numbers[0] == 1 && is_within(crash->frames[1], (apr_uintptr_t)&call),
       "a call to data: %s, %s", crash->frames[0], crash->frames[1]);
#else
    ok(1, "a call to nothing # SKIP on this machine");
#endif
}

int main(void)
{
    crash_world_make();
    names();
    stacks();
    astray();
    return tap_done();
}
