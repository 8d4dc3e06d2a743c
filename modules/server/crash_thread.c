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

/* See crash_thread.h. */
#include "server/crash_thread.h"

#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/id.h"
#include "shared/atomic.h"

enum {
    PLACES = 1024,      /* threads of a process that are known at a time */
    STACK_SIZE = 65536, /* the handler with the unwinder, above what the system needs */
    KEPT = 64           /* bytes that tell an entry's requests apart */
};

typedef struct {
    long thread;            /* 0: free */
    void *stack;            /* with its guard page; NULL: not ours */
    apr_size_t stack_size;
    apr_uint32_t number;    /* of the entry; 0: serves none */
    const t2m_inflight_t *entry;
    char kept[KEPT]; /* what the entry said */
} place_t;

/* The moment when a request began, the sizes of its texts and all of an id of ours (a peer's: its
 * first 45 bytes). They stay as they are while the request is in the entry. */
static inline const char *to_keep(const t2m_inflight_t *entry)
{
    _Static_assert(offsetof(t2m_inflight_t, started_monotonic) + KEPT
                       >= offsetof(t2m_inflight_t, id) + T2M_ID_SIZE, "an id is kept whole");
    return (const char *)entry + offsetof(t2m_inflight_t, started_monotonic);
}

static place_t places[PLACES];
static pthread_key_t key;
static int started;
static __thread place_t *own; /* never read in a signal handler */
static __thread int refused;  /* all places were taken */

long t2m_crash_thread_number(void)
{
#ifdef SYS_gettid
    return syscall(SYS_gettid);
#else
    return (long)getpid();
#endif
}

static apr_size_t stack_room(void)
{
    long least = 0;

#ifdef _SC_MINSIGSTKSZ
    least = sysconf(_SC_MINSIGSTKSZ); /* registers of newer processors are large */
#endif
    return (STACK_SIZE + (apr_size_t)(least > 0 ? least : 0) + T2M_PAGE - 1)
         & ~(apr_size_t)(T2M_PAGE - 1);
}

/* Its lowest page is a guard: what runs over it does not spoil somebody's memory. */
static void give_stack(place_t *place)
{
    apr_size_t room = stack_room(), page = (apr_size_t)sysconf(_SC_PAGESIZE);
    stack_t stack;
    unsigned char *memory;

    if (sigaltstack(NULL, &stack) != 0 || !(stack.ss_flags & SS_DISABLE)) {
        return; /* somebody else gave it one, a sanitizer perhaps */
    }
    memory = mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return;
    }
    memset(&stack, 0, sizeof stack);
    stack.ss_sp = memory + page;
    stack.ss_size = room;
    if (mprotect(memory, page, PROT_NONE) != 0 || sigaltstack(&stack, NULL) != 0) {
        (void)munmap(memory, room + page);
        return;
    }
    place->stack = memory;
    place->stack_size = room + page;
}

static void take_stack(place_t *place)
{
    stack_t none = { .ss_flags = SS_DISABLE };

    if (place->stack && sigaltstack(&none, NULL) == 0) {
        (void)munmap(place->stack, place->stack_size);
    }
    place->stack = NULL;
}

/* Runs at the end of a thread. */
static void end(void *data)
{
    place_t *place = data;

    place->number = 0;
    own = NULL;
    take_stack(place);
    t2m_store(&place->thread, 0);
}

static place_t *find_place(long thread)
{
    int i;

    for (i = 0; i < PLACES; i++) {
        long nobody = 0;

        if (__atomic_compare_exchange_n(&places[i].thread, &nobody, thread, 0, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            return &places[i];
        }
    }
    return NULL;
}

/* Once in a thread. NULL: there is no place for it, or nothing has begun. */
static __attribute__((noinline)) place_t *settle(void)
{
    place_t *place;

    if (refused || !t2m_load(&started)) {
        return NULL;
    }
    place = find_place(t2m_crash_thread_number());
    if (!place) {
        refused = 1;
        return NULL;
    }
    place->number = 0;
    own = place;
    give_stack(place);
    (void)pthread_setspecific(key, place);
    return place;
}

int t2m_crash_thread_start(void)
{
    if (!started && pthread_key_create(&key, end) == 0) {
        memset(places, 0, sizeof places); /* after a fork they are another process's */
        own = NULL;
        refused = 0;
        t2m_store(&started, 1);
    }
    return started;
}

void t2m_crash_thread_stop(void)
{
    if (started) {
        t2m_store(&started, 0);
        (void)pthread_key_delete(key);
    }
}

void t2m_crash_thread_enter(const t2m_inflight_t *entry, apr_uint32_t number)
{
    place_t *place = own; /* read once: finding thread-local memory is a call */

    if (!place) {
        place = settle();
    }
    if (!place) {
        return;
    }
    place->number = 0; /* a signal may come between any two of these */
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    if (!entry) {
        return;
    }
    place->entry = entry;
    memcpy(place->kept, to_keep(entry), KEPT);
    __atomic_signal_fence(__ATOMIC_SEQ_CST);
    place->number = number;
}

void t2m_crash_thread_leave(void)
{
    if (own) {
        own->number = 0;
    }
}

static const place_t *place_of(long thread)
{
    int i;

    for (i = 0; i < PLACES; i++) {
        if (t2m_load(&places[i].thread) == thread) {
            return &places[i];
        }
    }
    return NULL;
}

/* The request may have ended on another thread, and its entry serve the next one. */
static int is_still(const place_t *place)
{
    return t2m_load(&place->entry->busy) == 1
        && memcmp(to_keep(place->entry), place->kept, KEPT) == 0;
}

apr_uint32_t t2m_crash_thread_entry(void)
{
    const place_t *place = place_of(t2m_crash_thread_number());
    apr_uint32_t number = place ? place->number : 0;

    return number && is_still(place) ? number : 0;
}
