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

/* Tests modules/server/process.c: how a process waits for room in its ring. Time is made here:
 * it passes while the process sleeps, and only then. httpd's log is stood in for below. */
#include "server/process.h"

#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>
#include <apr_time.h>
#include <http_log.h>

#include "server/private.h"
#include "shared/atomic.h"
#include "shared/world.h"
#include "tap.h"

module AP_MODULE_DECLARE_DATA t2mlog_module;

static apr_int64_t now = 1000000;      /* microseconds; also those slept in all */
static void (*while_asleep)(void);     /* NULL: nothing happens meanwhile */
static int errors;

void ap_log_error_(const char *file, int line, int module_index, int level, apr_status_t status,
                   const server_rec *server, const char *format, ...)
{
    (void)file, (void)line, (void)module_index, (void)level, (void)status, (void)server;
    (void)format;
    errors++;
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    (void)clock;
    time->tv_sec = now / APR_USEC_PER_SEC;
    time->tv_nsec = now % APR_USEC_PER_SEC * 1000;
    return 0;
}

void apr_sleep(apr_interval_time_t interval)
{
    now += interval;
    if (while_asleep) {
        while_asleep();
    }
}

/* ---- a process ------------------------------------------------------------------------------ */

static const t2m_geometry_t geometry = { 4, 2, 65536 };
static world_t world;
static t2m_board_t board;
static int wake_pipe[2];
static apr_uint32_t index_of; /* which slot the process has */

static void inherit(apr_pool_t *pool, int block)
{
    t2m_process_memory_t memory = { .geometry = geometry };
    int i;

    memory.slots_fd = dup(world.slots_fd);
    memory.board_fd = dup(world.board_fd);
    memory.wake_fd = wake_pipe[1];
    memory.block = block;
    for (i = 0; i < T2M_PROCESS_PRIVATE_FDS; i++) {
        memory.private_fds[i] = -1;
    }
    t2m_process_inherit(pool, &memory);
}

static t2m_slot_header_t *header(void)
{
    t2m_slots_map_t map;

    t2m_slots_map(&geometry, &map);
    return (t2m_slot_header_t *)((char *)world.slots_memory + map.slots
                                 + index_of * map.slot_size);
}

static apr_uint64_t dropped(t2m_stream_e stream, t2m_drop_e reason)
{
    return header()->dropped[stream * T2M_DROP_COUNT + reason];
}

static void empty_ring(void)
{
    t2m_store(&board.heads[index_of], t2m_load(&header()->tail));
}

static apr_status_t push(t2m_stream_e stream, t2m_level_e level)
{
    static char line[1000];
    t2m_ring_record_t record = { .size = sizeof(line), .stream = (unsigned char)stream,
                                 .level = (unsigned char)level, .time = 1 };

    memset(line, 'x', sizeof(line));
    return t2m_process_push(&record, line, NULL);
}

/* Pushes until one is refused. Returns how long that one took. */
static apr_int64_t fill(t2m_stream_e stream, t2m_level_e level)
{
    apr_int64_t before;

    do {
        before = now;
    } while (push(stream, level) == APR_SUCCESS);
    return now - before;
}

static apr_int64_t refused_after(t2m_stream_e stream, t2m_level_e level)
{
    apr_int64_t before = now;

    return push(stream, level) == APR_ENOSPC ? now - before : -1;
}

/* ---- T2MLogOnFull drop ---------------------------------------------------------------------- */

static void parent_never_waits(void)
{
    index_of = 0;
    is_number(t2m_process_claim_parent(), APR_SUCCESS, "the parent has its slot");
    is_number((long)fill(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 0, "it never waits");
    is_number((long)fill(T2M_STREAM_ERRORS, T2M_LEVEL_ERROR), 0, "not for an error either");
    is_number((long)header()->waited, 0, "which is counted so");
    ok(dropped(T2M_STREAM_ERRORS, T2M_DROP_FULL) == 1, "and drops at once");
}

static void waits_a_moment(void)
{
    apr_uint64_t before = dropped(T2M_STREAM_ACCESS, T2M_DROP_RESERVED);
    apr_int64_t end, slept = 0;
    int refused = 0;

    is_number((long)fill(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 5000, "a worker waits 5 ms for room");
    is_number((long)(dropped(T2M_STREAM_ACCESS, T2M_DROP_RESERVED) - before), 1,
              "then drops the line and says why");
    is_number((long)header()->waited, 1, "one wait is counted");
    is_number((long)refused_after(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 0, "the next does not wait");
    end = now + 10000000;
    while (now < end) { /* a flood of ten seconds, a line a millisecond */
        slept += refused_after(T2M_STREAM_ACCESS, T2M_LEVEL_INFO);
        refused++;
        now += 1000;
    }
    ok(slept > 10000000 / 25 && slept <= 10000000 / 20, "in a flood it waits a twentieth: %ld us",
       (long)slept);
    is_number((long)(dropped(T2M_STREAM_ACCESS, T2M_DROP_RESERVED) - before), 2 + refused,
              "and drops the rest at once");
}

static void waits_longer_for_errors(void)
{
    is_number((long)fill(T2M_STREAM_ERRORS, T2M_LEVEL_ERROR), 50000, "errors are worth 50 ms");
    is_number((long)refused_after(T2M_STREAM_SECURITY, T2M_LEVEL_INFO), 0,
              "one wait for both such streams");
    now += 1000000;
    is_number((long)refused_after(T2M_STREAM_SECURITY, T2M_LEVEL_INFO), 50000,
              "the next a second later");
    ok(dropped(T2M_STREAM_SECURITY, T2M_DROP_FULL) == 2, "each dropped line is counted");
}

static void room_comes(void)
{
    apr_uint64_t waited;

    now += 2000000;
    waited = header()->waited;
    while_asleep = empty_ring;
    is_number(push(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), APR_SUCCESS, "room that comes is taken");
    is_number((long)(header()->waited - waited), 1, "after a wait");
    while_asleep = NULL;
    (void)fill(T2M_STREAM_ACCESS, T2M_LEVEL_INFO);
    now += 20 * 250;
    is_number((long)refused_after(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 5000,
              "a short wait asks for a short rest");
}

static int nested;

static void log_in_handler(void)
{
    apr_int64_t before = now;

    while_asleep = NULL;
    nested = push(T2M_STREAM_ERRORS, T2M_LEVEL_ERROR) == APR_ENOSPC && now == before;
}

static void handlers_never_wait(void)
{
    now += 2000000;
    empty_ring();
    (void)fill(T2M_STREAM_ERRORS, T2M_LEVEL_ERROR);
    now += 2000000;
    while_asleep = log_in_handler;
    (void)push(T2M_STREAM_ACCESS, T2M_LEVEL_INFO);
    ok(nested, "a signal handler that logs while its thread waits does not");
    now += 2000000;
}

static void what_counts_never_waits(void)
{
    t2m_ring_record_t counted = { .name_size = 4, .stream = T2M_STREAM_PERFORMANCE,
                                  .level = T2M_LEVEL_INFO };
    apr_int64_t before = now;

    is_number(t2m_process_push(&counted, "name", NULL), APR_ENOSPC, "a full ring counts nothing");
    ok(now == before && header()->uncounted == 1, "and is not waited for");
}

static void wakes_the_writer(void)
{
    char byte;

    t2m_store(&board.header->asleep, 1);
    now += 2000000;
    (void)push(T2M_STREAM_ERRORS, T2M_LEVEL_ERROR);
    t2m_store(&board.header->asleep, 0);
    ok(read(wake_pipe[0], &byte, 1) == 1, "a sleeping writer is woken for it");
}

/* ---- T2MLogOnFull block --------------------------------------------------------------------- */

static apr_uint64_t naps;

static void pass_on(void)
{
    t2m_store(&board.header->passes, ++naps);
    if (naps == 1000000) { /* 250 seconds of a writer that cannot write */
        empty_ring();
    }
}

static void blocks(void)
{
    apr_uint64_t before;
    apr_int64_t began;

    empty_ring();
    while_asleep = empty_ring;
    before = dropped(T2M_STREAM_ACCESS, T2M_DROP_RESERVED);
    is_number(push(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), APR_SUCCESS, "with block");
    while (header()->waited == 0) {
        (void)push(T2M_STREAM_ACCESS, T2M_LEVEL_INFO);
    }
    ok(dropped(T2M_STREAM_ACCESS, T2M_DROP_RESERVED) == before, "no room is kept");
    while_asleep = NULL;
    is_number((long)fill(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 30000000,
              "a writer that is missing is waited for 30 seconds");
    is_number((long)dropped(T2M_STREAM_ACCESS, T2M_DROP_FULL), 1, "then the line is dropped");
    is_number((long)refused_after(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 0,
              "and as long as there is none, the next ones at once");
    t2m_store(&board.header->passes, 77);
    naps = 77;
    while_asleep = pass_on;
    began = now;
    is_number(push(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), APR_SUCCESS, "one that lives without end");
    ok(now - began > 240000000, "as long as it takes");
    while_asleep = NULL;
}

static void put_in_quarantine(void)
{
    t2m_store(&board.header->passes, ++naps);
    t2m_store(&board.quarantine[index_of], (apr_uint64_t)getpid() | (apr_uint64_t)7 << 32);
}

static void gives_up_with_the_writer(void)
{
    naps = 0;
    while_asleep = put_in_quarantine;
    is_number((long)fill(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 250,
              "a ring that is not read any more is not waited for");
    is_number((long)refused_after(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 0, "from then on");
    while_asleep = NULL;
    t2m_store(&board.header->passes, ++naps);
    t2m_store(&board.quarantine[index_of], (apr_uint64_t)getpid() + 1);
    is_number((long)refused_after(T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 30000000,
              "that of its former owner is");
}

static void life(int block, void (*live)(void))
{
    apr_pool_t *pool;

    (void)apr_pool_create(&pool, NULL);
    inherit(pool, block);
    live();
    apr_pool_destroy(pool);
}

static void worker(void)
{
    index_of = 1;
    ok(t2m_process_crash() == NULL, "without a slot there is no place for a last word");
    t2m_process_end(NULL);
    ok(header()->begun == 1 && header()->silenced == 1,
       "a request that nobody saw begin claims a slot and is counted at its end");
    t2m_process_crash()->address = 4711;
    is_number((long)header()->crash.address, 4711, "then there is one");
    waits_a_moment();
    waits_longer_for_errors();
    room_comes();
    handlers_never_wait();
    what_counts_never_waits();
    wakes_the_writer();
}

static void blocking_worker(void)
{
    index_of = 2;
    blocks();
    gives_up_with_the_writer();
}

int main(void)
{
    (void)apr_initialize();
    world_make_of(&world, &geometry);
    t2m_board_view(&board, world.board_memory, &geometry);
    if (pipe2(wake_pipe, O_NONBLOCK) != 0) {
        return 1;
    }
    life(0, parent_never_waits);
    life(0, worker);
    life(1, blocking_worker);
    is_number(errors, 0, "nothing was complained of");
    return tap_done();
}
