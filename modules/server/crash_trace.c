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

/* See crash_trace.h. Static memory serves instead of the handler's small stack. */
#include "server/crash_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <ucontext.h>
#include <unistd.h>
#include <unwind.h>

#include "shared/atomic.h"

#if defined(__linux__) && (defined(__x86_64__) || defined(__aarch64__))
#define IS_KNOWN_MACHINE 1
#else
#define IS_KNOWN_MACHINE 0
#endif

enum {
    NAME_MAX_SIZE = 56,  /* of a module in a frame */
    MAPS_BUFFER = 8192,  /* a line has a path of at most 4096 bytes */
    STEPS_MAX = 256      /* frames looked at, the handler's own among them */
};

/* A line of /proc/self/maps: `start-end perms offset device inode   path`. */
typedef struct {
    apr_uintptr_t start, end;
    int executable;
    const char *path; /* with a NUL; empty: none */
} mapping_t;

static char maps[MAPS_BUFFER + 1];

static char *number(char *at, apr_uintptr_t *value)
{
    *value = 0;
    for (;; at++) {
        int digit = *at >= '0' && *at <= '9' ? *at - '0'
                  : *at >= 'a' && *at <= 'f' ? *at - 'a' + 10 : -1;

        if (digit < 0) {
            return at;
        }
        *value = *value * 16 + (apr_uintptr_t)digit;
    }
}

static void parse(char *line, mapping_t *mapping)
{
    char *at = number(line, &mapping->start);
    int blanks;

    at = number(at + (*at == '-'), &mapping->end);
    mapping->executable = strlen(at) > 3 && at[3] == 'x';
    for (blanks = 0; *at && blanks < 5; at++) {
        blanks += *at == ' ' && at[1] != ' ';
    }
    mapping->path = at;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

/* What the lines so far say of an address. */
typedef struct {
    apr_uintptr_t address;
    apr_uintptr_t base;         /* where the last file's mappings begin */
    char name[NAME_MAX_SIZE];   /* of that file */
    int found, executable;
} search_t;

static void keep_name(search_t *search, const char *name)
{
    apr_size_t size = strlen(name);

    size = size < sizeof search->name ? size : sizeof search->name - 1;
    memcpy(search->name, name, size);
    search->name[size] = '\0';
}

/* The mappings of one file follow each other, the lowest first. */
static void look_at(search_t *search, char *line)
{
    mapping_t mapping;
    const char *name;

    parse(line, &mapping);
    name = base_name(mapping.path);
    if (strncmp(search->name, name, sizeof search->name - 1) != 0 || !*name) {
        search->base = mapping.start;
        keep_name(search, name);
    }
    if (search->address >= mapping.start && search->address < mapping.end) {
        search->found = 1;
        search->executable = mapping.executable;
    }
}

static ssize_t read_some(int fd, char *out, apr_size_t room)
{
    ssize_t size;

    do {
        size = read(fd, out, room);
    } while (size < 0 && errno == EINTR);
    return size;
}

/* Reads line by line until the address is found. A line that does not fit is passed over. */
static void search_maps(search_t *search)
{
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    apr_size_t kept = 0;
    ssize_t size;

    search->executable = fd < 0; /* without /proc nobody knows, and the unwinder may try */
    while (fd >= 0 && !search->found
           && (size = read_some(fd, maps + kept, MAPS_BUFFER - kept)) > 0) {
        char *line = maps, *end;

        kept += (apr_size_t)size;
        maps[kept] = '\0';
        while (!search->found && (end = strchr(line, '\n')) != NULL) {
            *end = '\0';
            look_at(search, line);
            line = end + 1;
        }
        kept -= (apr_size_t)(line - maps);
        memmove(maps, line, kept);
        kept = kept < MAPS_BUFFER ? kept : 0;
    }
    if (fd >= 0) {
        (void)close(fd);
    }
}

static void write_hexadecimal(char *out, apr_uintptr_t value)
{
    static const char digits[] = "0123456789abcdef";
    int shift = (int)sizeof(value) * 8 - 4;

    *out++ = '0';
    *out++ = 'x';
    while (shift > 0 && value >> shift == 0) {
        shift -= 4;
    }
    for (; shift >= 0; shift -= 4) {
        *out++ = digits[value >> shift & 15];
    }
    *out = '\0';
}

int t2m_crash_trace_name(apr_uintptr_t address, char *out)
{
    search_t search = { .address = address };
    apr_size_t size;

    search_maps(&search);
    if (!search.found || !search.name[0]) {
        write_hexadecimal(out, address);
        return search.executable;
    }
    size = strlen(search.name);
    memcpy(out, search.name, size);
    out[size] = '+';
    write_hexadecimal(out + size + 1, address - search.base);
    return search.executable;
}

/* Where the thread was; 0 also where we do not know the machine. */
static apr_uintptr_t crashed_at(const ucontext_t *context)
{
#if defined(__x86_64__) && defined(__linux__)
    return (apr_uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__) && defined(__linux__)
    return (apr_uintptr_t)context->uc_mcontext.pc;
#else
    (void)context;
    return 0;
#endif
}

typedef struct {
    t2m_crash_t *crash;
    apr_uintptr_t from; /* frames before that address are the handler's; 0: it was passed */
    int steps;
} trace_t;

static void add(t2m_crash_t *crash, apr_uintptr_t address)
{
    apr_uint32_t count = crash->frame_count;

    if (count < T2M_CRASH_FRAMES) {
        (void)t2m_crash_trace_name(address, crash->frames[count]);
        t2m_store(&crash->frame_count, count + 1);
    }
}

/* A caller's address is that behind the call: one less is within it. */
static _Unwind_Reason_Code on_frame(struct _Unwind_Context *context, void *data)
{
    trace_t *trace = data;
    int exact = 0;
    apr_uintptr_t address = (apr_uintptr_t)_Unwind_GetIPInfo(context, &exact);

    if (trace->from == address) {
        trace->from = 0;
    }
    if (trace->from == 0 && address) {
        add(trace->crash, exact ? address : address - 1);
    }
    return ++trace->steps < STEPS_MAX && trace->crash->frame_count < T2M_CRASH_FRAMES
               ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void unwind(t2m_crash_t *crash, apr_uintptr_t from)
{
    trace_t trace = { crash, from, 0 };

    (void)_Unwind_Backtrace(on_frame, &trace);
    if (trace.from) { /* the way there was not found: all there is, then */
        trace.from = 0;
        trace.steps = 0;
        (void)_Unwind_Backtrace(on_frame, &trace);
    }
}

/* A call to where no code is: the unwinder would read there. Its caller stands on the stack. */
static void unwind_from_caller(ucontext_t *context, t2m_crash_t *crash)
{
#if defined(__x86_64__) && defined(__linux__)
    greg_t *registers = context->uc_mcontext.gregs;
    greg_t wrong = registers[REG_RIP];
    greg_t caller = *(const greg_t *)(apr_uintptr_t)registers[REG_RSP] - 1;
    char name[T2M_CRASH_FRAME_SIZE];

    if (t2m_crash_trace_name((apr_uintptr_t)caller, name)) {
        registers[REG_RIP] = caller;
        registers[REG_RSP] += (greg_t)sizeof(caller);
        unwind(crash, (apr_uintptr_t)caller);
        registers[REG_RSP] -= (greg_t)sizeof(caller);
        registers[REG_RIP] = wrong;
    }
#else
    (void)context;
    (void)crash;
#endif
}

void t2m_crash_trace(void *context, t2m_crash_t *crash)
{
    apr_uintptr_t address = crashed_at(context);
    char name[T2M_CRASH_FRAME_SIZE];

    if (address && t2m_crash_trace_name(address, name)) {
        unwind(crash, address);
    } else if (IS_KNOWN_MACHINE) {
        add(crash, address);
        unwind_from_caller(context, crash);
    } else {
        unwind(crash, 0);
    }
}

void t2m_crash_trace_prepare(void)
{
    static t2m_crash_t nowhere;

    nowhere.frame_count = 0;
    unwind(&nowhere, 0);
}
