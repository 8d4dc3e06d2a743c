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

/* seccomp: a classic BPF program, made by hand so that nothing but the kernel's headers is needed.
 *
 * What is not known to be used fails with EPERM and does not kill: a new libc that does something
 * in another way must not end the logging. What is newer than this file fails as if the kernel did
 * not have it, for which libraries are prepared. Only calls that serve nothing but an attack end
 * the process; the supervisor starts another.
 */
#include "writer/confine_internal.h"

#include <errno.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1 /* sanitizers make system calls of their own */
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) \
    || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(__linux__) && !defined(SANITIZED) \
    && ((defined(__x86_64__) && !defined(__ILP32__)) || defined(__aarch64__))

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#else
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifndef SECCOMP_RET_KILL_PROCESS
#define SECCOMP_RET_KILL_PROCESS 0x80000000U
#endif
#ifndef SECCOMP_FILTER_FLAG_SPEC_ALLOW
#define SECCOMP_FILTER_FLAG_SPEC_ALLOW (1UL << 2)
#endif
#ifndef PR_SET_VMA
#define PR_SET_VMA 0x53564d41 /* malloc names its memory */
#endif

#define REFUSE(error) (SECCOMP_RET_ERRNO | (unsigned)(error))

enum {
    NEWEST = 462,        /* system call that was considered; those of x32 are far above */
    THREAD = 0x00010000, /* CLONE_THREAD */
    PROGRAM_MAX = 512
};

/* The frequent first. */
static const unsigned short allowed[] = {
    SYS_ppoll, SYS_read, SYS_write, SYS_futex, SYS_getppid, SYS_close, SYS_newfstatat, SYS_openat,
    SYS_fstat, SYS_geteuid, SYS_readv, SYS_writev, SYS_pread64, SYS_pwrite64, SYS_lseek,
    SYS_ftruncate, SYS_fsync, SYS_fdatasync, SYS_fallocate, SYS_sync_file_range, SYS_fadvise64,
    SYS_copy_file_range, SYS_sendfile, SYS_fcntl, SYS_flock, SYS_dup, SYS_dup3, SYS_pipe2,
    SYS_getdents64, SYS_unlinkat, SYS_linkat, SYS_renameat2, SYS_readlinkat, SYS_statx,
    SYS_faccessat, SYS_fchmod, SYS_fchmodat, SYS_fchown, SYS_utimensat, SYS_umask, SYS_statfs,
    SYS_fstatfs,
    SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise, SYS_membarrier,
    SYS_clock_gettime, SYS_clock_getres, SYS_clock_nanosleep, SYS_nanosleep, SYS_gettimeofday,
    SYS_pselect6, SYS_sched_yield, SYS_sched_getaffinity, SYS_sched_getparam,
    SYS_sched_getscheduler, SYS_getcpu, SYS_set_robust_list, SYS_set_tid_address, SYS_exit,
    SYS_exit_group, SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_rt_sigreturn, SYS_rt_sigpending,
    SYS_rt_sigtimedwait, SYS_sigaltstack, SYS_restart_syscall,
    SYS_getpid, SYS_gettid, SYS_getuid, SYS_getgid, SYS_getegid, SYS_getgroups, SYS_getresuid,
    SYS_getresgid, SYS_getrusage, SYS_times, SYS_sysinfo, SYS_uname, SYS_getrandom,
    SYS_accept, SYS_accept4, SYS_bind, SYS_listen, SYS_getsockopt, SYS_setsockopt,
    SYS_getsockname, SYS_getpeername, SYS_sendto, SYS_recvfrom, SYS_sendmsg, SYS_recvmsg,
    SYS_shutdown, SYS_inotify_init1, SYS_inotify_add_watch,
    /* Older ways, which a libc may prefer where the architecture has them. */
#ifdef SYS_poll
    SYS_poll,
#endif
#ifdef SYS_select
    SYS_select,
#endif
#ifdef SYS_open
    SYS_open,
#endif
#ifdef SYS_stat
    SYS_stat, SYS_lstat,
#endif
#ifdef SYS_access
    SYS_access,
#endif
#ifdef SYS_rename
    SYS_rename, SYS_link, SYS_unlink, SYS_readlink,
#endif
#ifdef SYS_renameat
    SYS_renameat,
#endif
#ifdef SYS_dup2
    SYS_dup2, SYS_pipe,
#endif
#ifdef SYS_time
    SYS_time,
#endif
    /* Newer ones, which the headers may not have. */
#ifdef SYS_rseq
    SYS_rseq,
#endif
    /* pidfd_open faccessat2 futex_waitv fchmodat2 futex_wake _wait _requeue */
    434, 439, 449, 452, 454, 455, 456
};

/* Nothing in a library calls these without being told to. */
static const unsigned short fatal[] = {
    SYS_execve, SYS_execveat, SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_bpf,
    SYS_mount, SYS_umount2, SYS_pivot_root, SYS_chroot, SYS_unshare, SYS_setns, SYS_init_module,
    SYS_finit_module, SYS_delete_module, SYS_kexec_load, SYS_reboot, SYS_swapon, SYS_swapoff,
    SYS_perf_event_open,
    428, 429, 430, 432, 438 /* open_tree move_mount fsopen fsmount pidfd_getfd */
};

typedef struct {
    struct sock_filter code[PROGRAM_MAX];
    unsigned short count;
} program_t;

/* A value that an argument may have. */
typedef struct {
    unsigned argument, value;
} choice_t;

static void add(program_t *program, int code, unsigned k, int yes, int no)
{
    struct sock_filter one = { (unsigned short)code, (unsigned char)yes, (unsigned char)no, k };

    program->code[program->count++] = one;
}

static void load(program_t *program, size_t offset)
{
    add(program, BPF_LD | BPF_W | BPF_ABS, (unsigned)offset, 0, 0);
}

/* The half that counts: the kernel takes these arguments as 32 bits. Both machines are
 * little-endian. */
static void load_argument(program_t *program, unsigned argument)
{
    load(program, offsetof(struct seccomp_data, args) + argument * sizeof(__u64));
}

static void answer(program_t *program, unsigned what)
{
    add(program, BPF_RET | BPF_K, what, 0, 0);
}

static void on_call(program_t *program, unsigned number, unsigned what)
{
    add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1);
    answer(program, what);
}

/* Allowed when one of the arguments is as said. */
static void on_choice(program_t *program, unsigned number, const choice_t *choices, int count)
{
    int i;

    add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 3 * count + 1);
    for (i = 0; i < count; i++) {
        load_argument(program, choices[i].argument);
        add(program, BPF_JMP | BPF_JEQ | BPF_K, choices[i].value, 0, 1);
        answer(program, SECCOMP_RET_ALLOW);
    }
    answer(program, REFUSE(EPERM));
}

/* Allowed when the argument has the bit, or when it has not. */
static void on_bit(program_t *program, unsigned number, unsigned argument, unsigned bit, int wanted)
{
    add(program, BPF_JMP | BPF_JEQ | BPF_K, number, 0, 4);
    load_argument(program, argument);
    add(program, BPF_JMP | BPF_JSET | BPF_K, bit, wanted ? 0 : 1, wanted ? 1 : 0);
    answer(program, SECCOMP_RET_ALLOW);
    answer(program, REFUSE(EPERM));
}

static void check_arguments(program_t *program)
{
    const unsigned self = (unsigned)getpid();
    const choice_t sockets[] = { { 0, AF_UNIX } };
    const choice_t signals[] = { { 1, 0 }, { 0, self } }; /* to ask whether it lives; to itself */
    const choice_t threads[] = { { 0, self } };
    const choice_t controls[] = { { 1, TCGETS }, { 1, FIONREAD }, { 1, FIONBIO } };
    const choice_t selves[] = { { 0, PR_SET_NAME }, { 0, PR_SET_VMA }, { 0, PR_GET_DUMPABLE } };

    on_bit(program, SYS_mmap, 2, PROT_EXEC, 0);
    on_bit(program, SYS_mprotect, 2, PROT_EXEC, 0);
    on_choice(program, SYS_kill, signals, 2);
    on_choice(program, SYS_socket, sockets, 1);
    on_choice(program, SYS_tgkill, threads, 1);
    on_choice(program, SYS_ioctl, controls, 3);
    on_choice(program, SYS_prctl, selves, 3);
    on_bit(program, SYS_clone, 0, THREAD, 1);
    on_call(program, 435, REFUSE(ENOSYS)); /* clone3, whose flags cannot be seen: clone is tried */
}

static void assemble(program_t *program)
{
    size_t i;

    load(program, offsetof(struct seccomp_data, arch));
    add(program, BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
    answer(program, SECCOMP_RET_KILL_PROCESS);
    load(program, offsetof(struct seccomp_data, nr));
    add(program, BPF_JMP | BPF_JGT | BPF_K, NEWEST, 0, 1);
    answer(program, REFUSE(ENOSYS));
    for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++) {
        on_call(program, allowed[i], SECCOMP_RET_ALLOW);
    }
    check_arguments(program);
    for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) {
        on_call(program, fatal[i], SECCOMP_RET_KILL_PROCESS);
    }
    answer(program, REFUSE(EPERM));
}

_Static_assert(2 * (sizeof(allowed) + sizeof(fatal)) / sizeof(allowed[0]) + 64 < PROGRAM_MAX,
               "the program has room");

/* Without the flag, kernels before 5.16 slow every indirect jump of the process down. */
int t2m_confine_filter(void)
{
    program_t program = { .count = 0 };
    struct sock_fprog code;

    assemble(&program);
    code.len = program.count;
    code.filter = program.code;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_SPEC_ALLOW, &code) == 0
        || syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &code) == 0) {
        return 0;
    }
    return errno;
}

#else

int t2m_confine_filter(void)
{
    return ENOTSUP;
}

#endif
