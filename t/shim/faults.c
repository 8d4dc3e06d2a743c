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

/* LD_PRELOAD: lets calls on chosen files fail. The environment says which:
 *
 *   T2M_FAULT       CALL:WHAT/N, more of them separated by commas. Every N-th of these calls on
 *                   such a file fails. CALL: write fdatasync fsync rename open ftruncate malloc;
 *                   WHAT: an errno's name, `short` (write: half of it), `slow` (it first sleeps as
 *                   many milliseconds as T2M_FAULT_MS says) or `once` (malloc: only the N-th,
 *                   and with T2M_FAULT_COUNT that of the first process that comes so far)
 *   T2M_FAULT_PATH  files whose name has this in it, as it was given to open; none: all
 *   T2M_FAULT_COUNT a file of 64 bytes: how many of each of these calls failed, as 8 bytes each
 *   T2M_FAULT_ROLE  only in a process that has this word among its arguments; none: in all
 *
 * `open` means one that may create the file. The counts are the process's own. Descriptors are told
 * apart by what was opened, for a process that is confined may not be able to ask /proc. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { FAULTS_MAX = 16, DESCRIPTORS = 4096, SHORT = -1, SLOW = -2 };

typedef enum { WRITE, SYNC, RENAME, OPEN, TRUNCATE, MALLOC, CALLS } call_e;

typedef struct {
    call_e call;
    int what; /* an errno, SHORT or SLOW */
    unsigned long every;
    int once;
    atomic_ulong calls;
} fault_t;

static fault_t faults[FAULTS_MAX];
static int fault_count;
static const char *path_part;
static struct timespec pause_time;
static atomic_ulong no_counts[8];
static atomic_ulong *counts = no_counts; /* or the file, shared by all processes */
static unsigned char chosen[DESCRIPTORS];

/* The next library's function, with the type of ours. */
#define NEXT(name) \
    static __typeof__(&name) next; \
    if (!next) { \
        *(void **)&next = dlsym(RTLD_NEXT, #name); \
    }

/* ---- what the environment says --------------------------------------------------------------- */

static int role_fits(const char *role)
{
    char text[4096];
    int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1), at;

    if (fd >= 0) {
        (void)close(fd);
    }
    if (size <= 0) {
        return 0;
    }
    text[size] = '\0';
    for (at = 0; at < size; at += (ssize_t)strlen(text + at) + 1) {
        if (strcmp(text + at, role) == 0) {
            return 1;
        }
    }
    return 0;
}

static int errno_of(const char *name)
{
    static const struct {
        const char *name;
        int number;
    } list[] = { { "EINTR", EINTR }, { "EIO", EIO }, { "ENOSPC", ENOSPC }, { "EDQUOT", EDQUOT },
                 { "EFBIG", EFBIG }, { "EROFS", EROFS }, { "EAGAIN", EAGAIN }, { "EACCES", EACCES },
                 { "EMFILE", EMFILE }, { "ENOMEM", ENOMEM }, { "EPERM", EPERM },
                 { "short", SHORT }, { "slow", SLOW }, { "once", ENOMEM } };
    size_t i;

    for (i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (strcmp(list[i].name, name) == 0) {
            return list[i].number;
        }
    }
    return 0;
}

static int call_of(const char *name)
{
    static const char *const names[CALLS] = { "write", "fdatasync", "rename", "open", "ftruncate",
                                              "malloc" };
    int i;

    for (i = 0; i < CALLS; i++) {
        if (strcmp(names[i], name) == 0) {
            return i;
        }
    }
    return strcmp(name, "fsync") == 0 ? SYNC : -1;
}

/* A mistake in the environment must not look like a test that passed. */
static void read_fault(const char *text)
{
    char call[16], what[16];
    unsigned long every;
    int number;

    if (sscanf(text, "%15[a-z]:%15[A-Za-z]/%lu", call, what, &every) != 3 || every == 0
        || fault_count == FAULTS_MAX || (number = call_of(call)) < 0 || errno_of(what) == 0) {
        static const char message[] = "faults.c: T2M_FAULT is wrong\n";

        (void)!write(STDERR_FILENO, message, sizeof(message) - 1);
        _exit(99);
    }
    faults[fault_count].call = (call_e)number;
    faults[fault_count].what = errno_of(what);
    faults[fault_count].once = strcmp(what, "once") == 0;
    faults[fault_count++].every = every;
}

/* Before the process is confined: a mapping stays. */
static void map_counts(const char *path)
{
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *memory;

    if (fd < 0) {
        return;
    }
    memory = mmap(NULL, sizeof(no_counts), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED) {
        counts = memory;
    }
    (void)close(fd);
}

__attribute__((constructor)) static void prepare(void)
{
    const char *text = getenv("T2M_FAULT"), *role = getenv("T2M_FAULT_ROLE");
    const char *ms = getenv("T2M_FAULT_MS");
    long milliseconds = ms ? strtol(ms, NULL, 10) : 100;

    pause_time.tv_sec = milliseconds / 1000;
    pause_time.tv_nsec = milliseconds % 1000 * 1000000;
    path_part = getenv("T2M_FAULT_PATH");
    if (!text || (role && !role_fits(role))) {
        return;
    }
    map_counts(getenv("T2M_FAULT_COUNT"));
    for (; text; text = strchr(text, ',') ? strchr(text, ',') + 1 : NULL) {
        read_fault(text);
    }
}

/* ---- whether this call fails ----------------------------------------------------------------- */

/* 0, an errno or SHORT. The first fault that is due counts; the others count this call too. */
static int due(call_e call)
{
    int i, what = 0;

    for (i = 0; i < fault_count; i++) {
        unsigned long number;

        if (faults[i].call != call) {
            continue;
        }
        number = atomic_fetch_add(&faults[i].calls, 1) + 1;
        if (faults[i].once ? number != faults[i].every || atomic_load(&counts[call])
                           : number % faults[i].every != 0) {
            continue;
        }
        if (faults[i].what == SLOW) {
            (void)nanosleep(&pause_time, NULL);
        } else if (!what) {
            what = faults[i].what;
        }
    }
    return what;
}

static int name_fits(const char *name)
{
    return fault_count > 0 && name && (!path_part || strstr(name, path_part) != NULL);
}

static int is_chosen(int fd) { return fd >= 0 && fd < DESCRIPTORS && chosen[fd]; }

/* Whether the call is to fail; errno is set then. */
static int fails(call_e call, int applies)
{
    int what = applies ? due(call) : 0;

    if (what <= 0) {
        return 0;
    }
    atomic_fetch_add(&counts[call], 1);
    errno = what;
    return 1;
}

static int opened(int fd, const char *name)
{
    if (fd >= 0 && fd < DESCRIPTORS) {
        chosen[fd] = (unsigned char)name_fits(name);
    }
    return fd;
}

/* A descriptor made of another is of the same file. */
int fcntl(int fd, int command, ...)
{
    va_list arguments;
    void *argument;
    int made;
    NEXT(fcntl)

    va_start(arguments, command);
    argument = va_arg(arguments, void *);
    va_end(arguments);
    made = next(fd, command, argument);
    if ((command == F_DUPFD || command == F_DUPFD_CLOEXEC) && fd >= 0 && fd < DESCRIPTORS
        && made >= 0 && made < DESCRIPTORS) {
        chosen[made] = chosen[fd];
    }
    return made;
}

/* ---- the calls ------------------------------------------------------------------------------- */

ssize_t write(int fd, const void *bytes, size_t size)
{
    int what = fault_count && is_chosen(fd) ? due(WRITE) : 0;
    NEXT(write)

    if (what) {
        atomic_fetch_add(&counts[WRITE], 1);
    }
    if (what > 0) {
        errno = what;
        return -1;
    }
    return next(fd, bytes, what == SHORT && size > 1 ? size / 2 : size);
}

ssize_t writev(int fd, const struct iovec *vector, int count)
{
    NEXT(writev)

    return fails(WRITE, is_chosen(fd)) ? -1 : next(fd, vector, count);
}

int fdatasync(int fd)
{
    NEXT(fdatasync)

    return fails(SYNC, is_chosen(fd)) ? -1 : next(fd);
}

int fsync(int fd)
{
    NEXT(fsync)

    return fails(SYNC, is_chosen(fd)) ? -1 : next(fd);
}

int ftruncate(int fd, off_t size)
{
    NEXT(ftruncate)

    return fails(TRUNCATE, is_chosen(fd)) ? -1 : next(fd, size);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to,
              unsigned flags)
{
    NEXT(renameat2)

    return fails(RENAME, name_fits(from)) ? -1
         : next(from_directory, from, to_directory, to, flags);
}

int renameat(int from_directory, const char *from, int to_directory, const char *to)
{
    NEXT(renameat)

    return fails(RENAME, name_fits(from)) ? -1 : next(from_directory, from, to_directory, to);
}

/* The mode, which is there only when a file may be created. */
#define MODE_ARGUMENT \
    va_list arguments; \
    mode_t mode = 0; \
    int creates = (flags & O_CREAT) != 0; \
    va_start(arguments, flags); \
    if (creates) { \
        mode = va_arg(arguments, mode_t); \
    } \
    va_end(arguments);

int open(const char *name, int flags, ...)
{
    MODE_ARGUMENT
    NEXT(open)

    return fails(OPEN, creates && name_fits(name)) ? -1 : opened(next(name, flags, mode), name);
}

int open64(const char *name, int flags, ...)
{
    MODE_ARGUMENT
    NEXT(open64)

    return fails(OPEN, creates && name_fits(name)) ? -1 : opened(next(name, flags, mode), name);
}

int openat(int directory, const char *name, int flags, ...)
{
    MODE_ARGUMENT
    NEXT(openat)

    return fails(OPEN, creates && name_fits(name)) ? -1
         : opened(next(directory, name, flags, mode), name);
}

int openat64(int directory, const char *name, int flags, ...)
{
    MODE_ARGUMENT
    NEXT(openat64)

    return fails(OPEN, creates && name_fits(name)) ? -1
         : opened(next(directory, name, flags, mode), name);
}

int close(int fd)
{
    NEXT(close)

    if (fd >= 0 && fd < DESCRIPTORS) {
        chosen[fd] = 0;
    }
    return next(fd);
}

extern void *__libc_malloc(size_t size); /* dlsym would itself allocate */

void *malloc(size_t size)
{
    return fault_count && fails(MALLOC, 1) ? NULL : __libc_malloc(size);
}
