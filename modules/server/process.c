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

/* One process's state. The only mutable statics of the server room: they belong to the process, not
 * to a configuration, and are reset in every forked child. */
#include "server/process.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include <apr_strings.h>

#include "core/address.h"
#include "shared/atomic.h"

#include "server/private.h"

enum {
    WAKE_INTERVAL_US = 50000,    /* a worker wakes the writer at most so often */
    CLAIM_INTERVAL_US = 1000000, /* a process without a slot asks again */
    CLAIM_TRIES = 200,           /* of a new worker, before it serves without one */
    CLAIM_PAUSE_US = 10000,
    CATCH_UP_US = 250000,
    CATCH_UP_PAUSE_US = 500,
    ENDINGS_US = 50000,
    ROOM_PAUSE_US = 250,         /* between two looks whether the ring has room */
    ROOM_US = 5000,              /* a wait for room, of all threads together */
    ROOM_LONG_US = 50000,        /* of records of the streams errors and security */
    ROOM_REST = 20,              /* waits take no more than one part in so many of the time */
    STUCK_US = 30000000          /* T2MLogOnFull block: no pass of any writer for so long */
};

/* The threads of a process wait for room together, and then for a while not at all: a site whose
 * logs cannot be written is slowed down by a twentieth and no more. Monotonic times. */
typedef struct {
    apr_int64_t end;  /* of the wait that is going on, or was the last */
    apr_int64_t next; /* when the next may begin */
} patience_t;

static struct {
    t2m_process_memory_t memory;
    pid_t parent;                /* who called t2m_process_inherit; 0: nobody */
    t2m_slot_t slot;
    pthread_mutex_t lock;        /* claiming and seeding */
    t2m_id_generator_t ids;
    int seeded;
    apr_int64_t asked;           /* monotonic time of the last claim that found no slot */
    apr_int64_t woken;           /* of the last wake-up */
    patience_t patience, long_patience;
    apr_uint64_t stuck;          /* passes of the writer + 1 when it was waited for in vain */
    char hostname[APRMAXHOSTLEN + 1];
} process = { .lock = PTHREAD_MUTEX_INITIALIZER };

static __thread int pushing; /* a signal handler of this thread may log in the middle of a push */

/* Runs in the child of every fork: what the parent has mapped and locked is not the child's. */
static void forked(void)
{
    (void)pthread_mutex_init(&process.lock, NULL);
    t2m_slot_reset(&process.slot);
    process.seeded = 0;
    process.asked = 0;
    process.woken = 0;
    process.stuck = 0;
    memset(&process.patience, 0, sizeof(process.patience));
    memset(&process.long_patience, 0, sizeof(process.long_patience));
    pushing = 0;
}

static apr_status_t forget(void *unused)
{
    (void)unused;
    /* Pools are destroyed in exiting children too, whose other threads may still log. */
    if (getpid() == process.parent) {
        t2m_slot_release(&process.slot);
        process.parent = 0;
    }
    return APR_SUCCESS;
}

void t2m_process_inherit(apr_pool_t *pconf, const t2m_process_memory_t *memory)
{
    static int registered;

    if (!registered) {
        registered = pthread_atfork(NULL, NULL, forked) == 0;
        t2m_slot_reset(&process.slot);
    }
    process.memory = *memory;
    process.parent = getpid();
    if (apr_gethostname(process.hostname, sizeof(process.hostname), pconf) != APR_SUCCESS) {
        apr_cpystrn(process.hostname, "localhost", sizeof(process.hostname));
    }
    apr_pool_cleanup_register(pconf, NULL, forget, apr_pool_cleanup_null);
}

static apr_status_t claim(apr_uint32_t index)
{
    apr_status_t status = t2m_slot_claim(&process.slot, process.memory.slots_fd,
                                         process.memory.board_fd, &process.memory.geometry, index,
                                         0);

    if (status == APR_SUCCESS && process.memory.block) {
        t2m_slot_marks(&process.slot, 0);
    }
    return status;
}

apr_status_t t2m_process_claim_parent(void)
{
    return claim(0);
}

static void close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
        *fd = -1;
    }
}

/* With its slot mapped a process needs no way to anyone else's. */
static void close_descriptors(void)
{
    int i;

    close_fd(&process.memory.slots_fd);
    close_fd(&process.memory.board_fd);
    for (i = 0; i < T2M_PROCESS_PRIVATE_FDS; i++) {
        close_fd(&process.memory.private_fds[i]);
    }
}

static void claim_locked(void)
{
    apr_int64_t now = t2m_process_monotonic();

    if (process.slot.index != T2M_SLOTS_MAX || process.memory.slots_fd < 0
        || (process.asked != 0 && now - process.asked < CLAIM_INTERVAL_US)) {
        return;
    }
    process.asked = now;
    if (claim(T2M_SLOTS_MAX) == APR_SUCCESS) {
        close_descriptors();
    }
}

static int has_slot(void)
{
    if (process.parent == 0) {
        return 0;
    }
    if (t2m_load(&process.slot.index) == T2M_SLOTS_MAX) {
        (void)pthread_mutex_lock(&process.lock);
        claim_locked();
        (void)pthread_mutex_unlock(&process.lock);
    }
    return t2m_load(&process.slot.index) != T2M_SLOTS_MAX;
}

static void poke_writer(void)
{
    ssize_t ignored = write(process.memory.wake_fd, "", 1); /* full: it is being woken */

    (void)ignored;
}

/* At most once in an interval, whichever thread comes first. */
static void wake_writer(void)
{
    apr_int64_t now = t2m_process_monotonic();
    apr_int64_t last = t2m_load(&process.woken);

    if (now - last >= WAKE_INTERVAL_US
        && __atomic_compare_exchange_n(&process.woken, &last, now, 0, __ATOMIC_RELAXED,
                                       __ATOMIC_RELAXED)) {
        poke_writer();
    }
}

static apr_status_t ended(void *unused)
{
    (void)unused;
    t2m_slot_close(&process.slot);
    return APR_SUCCESS;
}

/*
 * A restart takes the slots of its killed workers out of use until the writer has seen that they
 * are gone, which a claim in vain hastens: a new worker had rather wait a moment than lose its
 * lines.
 */
static void claim_patiently(void)
{
    int tries;

    for (tries = 0; !has_slot() && process.memory.slots_fd >= 0 && tries < CLAIM_TRIES; tries++) {
        poke_writer();
        apr_sleep(CLAIM_PAUSE_US);
        process.asked = 0;
    }
}

void t2m_process_child_init(apr_pool_t *pool, server_rec *server)
{
    if (process.parent == 0) {
        return;
    }
    claim_patiently();
    if (process.slot.index == T2M_SLOTS_MAX) {
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, server,
                     "T2M0111: no slot for this process: its lines are lost until one is free");
    }
    apr_pool_cleanup_register(pool, NULL, ended, apr_pool_cleanup_null);
}

int t2m_process_ready(void)
{
    return process.parent != 0;
}

/* Sees to it that the writer is awake, naps, and asks for room once more. */
static apr_status_t ask_again(const t2m_ring_record_t *record, const char *line,
                              t2m_inflight_t *entry)
{
    if (t2m_slot_writer_asleep(&process.slot)) {
        wake_writer();
    }
    apr_sleep(ROOM_PAUSE_US);
    return t2m_slot_push(&process.slot, T2M_SLOT_ASK, record, line, entry);
}

/* Until when a thread may wait that finds no room: the end of the common wait, which it begins if
 * it is time for one. Not after now when it may not. */
static apr_int64_t common_wait(patience_t *patience, apr_int64_t now, apr_int64_t limit)
{
    apr_int64_t next = t2m_load(&patience->next);

    if (now >= next
        && __atomic_compare_exchange_n(&patience->next, &next, now + limit + ROOM_REST * limit, 0,
                                       __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {
        t2m_store(&patience->end, now + limit);
    }
    return t2m_load(&patience->end);
}

/* There was room before the end: nobody joins any more, and the rest is as long as the wait was. */
static void end_common_wait(patience_t *patience, apr_int64_t now, apr_int64_t limit)
{
    apr_int64_t end = t2m_load(&patience->end);

    if (now < end) {
        t2m_store(&patience->next, now + ROOM_REST * (limit - (end - now)));
        t2m_store(&patience->end, now);
    }
}

static apr_status_t wait_a_moment(const t2m_ring_record_t *record, const char *line,
                                  t2m_inflight_t *entry)
{
    int is_long = record->stream == T2M_STREAM_ERRORS || record->stream == T2M_STREAM_SECURITY
               || record->flags & T2M_FACT_TWIN;
    patience_t *patience = is_long ? &process.long_patience : &process.patience;
    apr_int64_t limit = is_long ? ROOM_LONG_US : ROOM_US;
    apr_int64_t now = t2m_process_monotonic();
    apr_int64_t end = common_wait(patience, now, limit);
    apr_status_t status = APR_EAGAIN;

    if (now < end) {
        t2m_slot_waited(&process.slot);
    }
    while (now < end && status == APR_EAGAIN) {
        status = ask_again(record, line, entry);
        now = t2m_process_monotonic();
    }
    if (status == APR_SUCCESS) {
        end_common_wait(patience, now, limit);
    }
    return status;
}

/* Of a process that has spoiled its memory the writer reads nothing more: no room will come. */
static int is_given_up(void)
{
    apr_uint64_t owner = t2m_load(&process.slot.view.quarantine[process.slot.index]);

    return owner != 0 && (pid_t)(apr_uint32_t)owner == getpid();
}

/* T2MLogOnFull block: as long as a writer lives, or has not been missing for long. */
static apr_status_t wait_for_writer(const t2m_ring_record_t *record, const char *line,
                                    t2m_inflight_t *entry)
{
    const apr_uint64_t *word = &process.slot.view.header->passes;
    apr_uint64_t passes = t2m_load(word);
    apr_int64_t end = t2m_process_monotonic() + STUCK_US;
    apr_status_t status = APR_EAGAIN;

    if (t2m_load(&process.stuck) == passes + 1) {
        return APR_EAGAIN; /* nothing has happened since it was given up */
    }
    t2m_slot_waited(&process.slot);
    while (status == APR_EAGAIN && t2m_process_monotonic() < end && !is_given_up()) {
        status = ask_again(record, line, entry);
        if (t2m_load(word) != passes) {
            passes = t2m_load(word);
            end = t2m_process_monotonic() + STUCK_US;
        }
    }
    if (status == APR_EAGAIN) {
        t2m_store(&process.stuck, passes + 1);
    }
    return status;
}

/* The parent has a server to look after, and what only counts is not worth a wait. */
static int may_wait(const t2m_ring_record_t *record)
{
    return process.slot.index != 0 && record->size;
}

static apr_status_t push(const t2m_ring_record_t *record, const char *line, t2m_inflight_t *entry)
{
    apr_status_t status;

    if (!may_wait(record)) {
        return t2m_slot_push(&process.slot, T2M_SLOT_WAIT, record, line, entry);
    }
    status = t2m_slot_push(&process.slot, T2M_SLOT_ASK, record, line, entry);
    if (status == APR_EAGAIN && !is_given_up()) {
        status = process.memory.block ? wait_for_writer(record, line, entry)
                                      : wait_a_moment(record, line, entry);
    }
    return status != APR_EAGAIN
         ? status : t2m_slot_push(&process.slot, T2M_SLOT_WAIT, record, line, entry);
}

apr_status_t t2m_process_push(const t2m_ring_record_t *record, const char *line,
                              t2m_inflight_t *entry)
{
    apr_status_t status;

    if (!has_slot()) {
        return APR_EINVAL;
    }
    pushing++;
    status = pushing > 1 ? t2m_slot_push(&process.slot, T2M_SLOT_TRY, record, line, entry)
                         : push(record, line, entry);
    pushing--;
    if (t2m_slot_writer_asleep(&process.slot)) {
        wake_writer();
    }
    return status;
}

/* What has a place at once or is done in another way: not in a signal handler that interrupted
 * such a thing. */
typedef int at_once_f(const void *what, const void *more);

static int do_at_once(at_once_f *act, const void *what, const void *more)
{
    int done = 0;

    if (!has_slot()) {
        return 0;
    }
    pushing++;
    if (pushing == 1) {
        done = act(what, more);
    }
    pushing--;
    if (done && t2m_slot_writer_asleep(&process.slot)) {
        wake_writer();
    }
    return done;
}

static int push_twin(const void *record, const void *lines)
{
    return t2m_slot_push_twin(&process.slot, record, lines);
}

int t2m_process_push_twin(const t2m_ring_record_t *record, const char *lines)
{
    return do_at_once(push_twin, record, lines);
}

static int suppress(const void *suppression, const void *unused)
{
    (void)unused;
    return t2m_suppressed_count(&process.slot, suppression);
}

int t2m_process_suppress(const t2m_suppression_t *suppression)
{
    return do_at_once(suppress, suppression, NULL);
}

int t2m_process_push_exchange(const t2m_slot_exchange_t *exchange, t2m_inflight_t *entry)
{
    int pushed = 0;

    if (!has_slot()) {
        return 0;
    }
    pushing++;
    if (pushing == 1) {
        pushed = t2m_slot_push_exchange(&process.slot, exchange, entry);
    }
    pushing--;
    if (pushed && t2m_slot_writer_asleep(&process.slot)) {
        wake_writer();
    }
    return pushed;
}

apr_status_t t2m_process_push_all(const t2m_slot_item_t *items, apr_size_t count)
{
    apr_status_t status = APR_SUCCESS, one;
    apr_size_t pushed = 0;

    if (!has_slot()) {
        return APR_EINVAL;
    }
    pushing++;
    if (pushing == 1) {
        pushed = t2m_slot_push_all(&process.slot, items, count);
    }
    pushing--;
    if (pushed > 0 && t2m_slot_writer_asleep(&process.slot)) {
        wake_writer();
    }
    for (; pushed < count; pushed++) {
        one = t2m_process_push(&items[pushed].record, items[pushed].line, items[pushed].entry);
        status = status != APR_SUCCESS ? status : one;
    }
    return status;
}

t2m_inflight_t *t2m_process_begin(const t2m_slot_request_t *request)
{
    return has_slot() ? t2m_slot_begin(&process.slot, request) : NULL;
}

void t2m_process_end(t2m_inflight_t *entry)
{
    if (has_slot()) {
        t2m_slot_end(&process.slot, entry);
    }
}

t2m_crash_t *t2m_process_crash(void)
{
    return process.parent == 0 ? NULL : t2m_slot_crash(&process.slot);
}

apr_uint32_t t2m_process_entry_number(const t2m_inflight_t *entry)
{
    return t2m_slot_entry_number(&process.slot, entry);
}

const t2m_board_t *t2m_process_board(void)
{
    return has_slot() ? &process.slot.view : NULL;
}

static void nap(void)
{
    apr_sleep(CATCH_UP_PAUSE_US);
}

static int wait_for_passes(const t2m_board_header_t *header, apr_uint64_t passes)
{
    apr_int64_t end = t2m_process_monotonic() + CATCH_UP_US;

    while (t2m_load(&header->passes) - passes < 2) {
        if (t2m_process_monotonic() > end) {
            return 0;
        }
        nap();
    }
    return 1;
}

static void wait_for_endings(const t2m_board_header_t *header, apr_uint64_t passes)
{
    apr_int64_t end = t2m_process_monotonic() + ENDINGS_US;

    while ((t2m_load(&header->asked) <= passes || t2m_load(&header->ending) != 0)
           && t2m_process_monotonic() < end) {
        nap();
    }
}

int t2m_process_catch_up(void)
{
    const t2m_board_t *board = t2m_process_board();
    apr_uint64_t passes;
    int caught_up;

    if (!board) {
        return 0;
    }
    passes = t2m_load(&board->header->passes);
    if (t2m_load(&board->header->asleep)) {
        poke_writer();
    }
    caught_up = wait_for_passes(board->header, passes);
    if (caught_up) {
        wait_for_endings(board->header, passes);
    }
    return caught_up;
}

/* A process that a handler forks has the request but not the memory of its entry. */
void t2m_process_ending(t2m_inflight_t *entry, apr_int64_t now)
{
    if (t2m_slot_entry_number(&process.slot, entry)) {
        t2m_store(&entry->ending, now);
    }
}

static void seed(void)
{
    unsigned char key[T2M_ID_KEY_SIZE];

    (void)pthread_mutex_lock(&process.lock);
    if (!process.seeded && apr_generate_random_bytes(key, sizeof(key)) == APR_SUCCESS) {
        t2m_id_seed(&process.ids, key);
        t2m_store(&process.seeded, 1);
    }
    (void)pthread_mutex_unlock(&process.lock);
}

t2m_id_generator_t *t2m_process_ids(void)
{
    if (!t2m_load(&process.seeded)) {
        seed();
    }
    return &process.ids;
}

const unsigned char *t2m_process_address_key(void)
{
    return process.memory.address_key;
}

const char *t2m_process_hostname(void)
{
    return process.hostname;
}

apr_int64_t t2m_process_monotonic(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (apr_int64_t)now.tv_sec * APR_USEC_PER_SEC + now.tv_nsec / 1000;
}
