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

/* Two coroutines that run the real code of shared/ and writer/, a producer and a writer, and stop
 * at each T2M_STEP; worlds in which a schedule says who goes on at each stop and who is killed
 * where; and all such schedules of small cases. All streams share one file: its numbers then order
 * everything. What the producer does and what must hold in the end is the including test's. */
#ifndef T2M_UNIT_SCHEDULES_H
#define T2M_UNIT_SCHEDULES_H

#include <fcntl.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#include "shared/memory.h"
#include "shared/slot.h"
#include "shared/step.h"
#include "tap.h"
#include "writer/drain.h"

enum { PRODUCER, WRITER, ACTORS };
enum { STACK = 262144 };

/* ---- coroutines ---------------------------------------------------------------------------- */

typedef struct {
    ucontext_t context;
    char *stack;
    int running; /* started, not ended, not killed */
    int steps;   /* stops so far */
} actor_t;

static actor_t actors[ACTORS];
static ucontext_t scheduler;
static int current = -1; /* which actor runs; -1: the scheduler, for which steps mean nothing */

static t2m_slot_t slot;
static t2m_drain_t drain;
static int slots_fd, board_fd;
static t2m_geometry_t geometry = { 2, 2, 65536 };
static char log_path[64];
static int producer_gone;

/* ---- the including test's ------------------------------------------------------------------- */

/* What the producer does in its life. */
static void produce(void);

/* It is at the step of that name. */
static void see_step(const char *name);

/* A new world: what else there is to clear. */
static void forget(void);

/* What is wrong in the end; NULL: nothing. */
static const char *verdict(int producer_ended);

/* ---- actors --------------------------------------------------------------------------------- */

void t2m_model_step(const char *name)
{
    if (current == PRODUCER) {
        see_step(name);
    }
    if (current >= 0) {
        actors[current].steps++;
        (void)swapcontext(&actors[current].context, &scheduler);
    }
}

/* Each write to the log goes in two halves, so that a kill leaves a torn line. */
ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    return __real_write(fd, bytes, fd > 2 && size > 1 ? size / 2 : size);
}

static void end_life(int actor)
{
    actors[actor].running = 0;
    current = -1;
    (void)setcontext(&scheduler);
}

static void producer_life(void)
{
    produce();
    end_life(PRODUCER);
}

/* What the writer's loop does until nothing is left. */
static void drain_all(void)
{
    static const t2m_drain_end_t killed = { 0 };
    int moved = 1;

    if (t2m_drain_finish(&drain) != APR_SUCCESS) {
        abort();
    }
    while (moved) {
        if (t2m_drain_pass(&drain, 3, &moved) != APR_SUCCESS) {
            abort();
        }
    }
    if (producer_gone && t2m_slots_owner(&drain.slots, 1) && !t2m_drain_waiting(&drain)
        && t2m_drain_bury(&drain, 1, t2m_slots_owner(&drain.slots, 1), &killed, 5, 5)
               != APR_SUCCESS) {
        abort();
    }
}

static void writer_life(void)
{
    drain_all();
    drain_all();
    end_life(WRITER);
}

/* ---- one world ----------------------------------------------------------------------------- */

static void start(int actor, void (*life)(void))
{
    actors[actor].steps = 0;
    actors[actor].running = 1;
    (void)getcontext(&actors[actor].context);
    actors[actor].context.uc_stack.ss_sp = actors[actor].stack;
    actors[actor].context.uc_stack.ss_size = STACK;
    actors[actor].context.uc_link = NULL;
    makecontext(&actors[actor].context, life, 0);
}

/* Lets an actor go on to its next stop. */
static void run(int actor)
{
    current = actor;
    (void)swapcontext(&scheduler, &actors[actor].context);
    current = -1;
}

static void close_sinks(void)
{
    int i;

    for (i = 0; i < T2M_STREAM_COUNT; i++) {
        t2m_sink_close(&drain.sinks[i]);
    }
}

static void kill_actor(int actor)
{
    actors[actor].running = 0;
    if (actor == WRITER) {
        close_sinks();
        drain.indexed = 0; /* nor does the next one know where which group is */
    } else {
        producer_gone = 1;
    }
}

static void world_reset(void)
{
    t2m_slots_map_t *map = &drain.slots.map;

    t2m_slot_release(&slot);
    close_sinks();
    memset(drain.board.memory, 0, drain.board.map.steps + T2M_PAGE);
    memset(drain.board.files, 0, T2M_STREAM_COUNT * sizeof(*drain.board.files));
    memset(drain.board.totals, 0, T2M_STREAM_COUNT * sizeof(*drain.board.totals));
    drain.board.undo->size = 0;
    t2m_board_format(drain.board.memory, &geometry);
    memset(drain.slots.memory + map->directory, 0, map->directory_size);
    memset(drain.slots.memory + map->slots, 0, 2 * map->slot_size - geometry.ring_size);
    drain.board.header->settings = t2m_settings_generation(drain.slots.memory);
    drain.indexed = 0;
    producer_gone = 0;
    forget();
    (void)truncate(log_path, 0);
    if (t2m_slot_claim(&slot, slots_fd, board_fd, &geometry, T2M_SLOTS_MAX, 1) != APR_SUCCESS) {
        abort();
    }
    start(PRODUCER, producer_life);
    start(WRITER, writer_life);
}

/* Whoever still lives goes on to the end; then the last writer finishes. */
static const char *finish_world(int producer_killed)
{
    while (actors[PRODUCER].running) {
        run(PRODUCER);
    }
    while (actors[WRITER].running) {
        run(WRITER);
    }
    producer_gone = 1;
    close_sinks();
    drain_all();
    drain_all();
    return verdict(!producer_killed);
}

/* ---- all schedules -------------------------------------------------------------------------- */

static long schedules, failures;

static void report(const char *failure, const char *schedule)
{
    schedules++;
    if (failure && failures++ < 5) {
        printf("# %s: %s\n", schedule, failure);
    }
}

/*
 * Every order of the steps of a producer and a writer. A schedule is a string of p and w; P and W
 * kill instead of going on, each at most once; a killed writer's place is taken by a new one.
 * Enumerated as an odometer: the string is played, then its last digit is raised.
 */
typedef struct {
    char choice[128];
    int size;
} schedule_t;

static int allowed(char choice, int killed[ACTORS])
{
    switch (choice) {
    case 'p': return actors[PRODUCER].running;
    case 'w': return actors[WRITER].running;
    case 'P': return actors[PRODUCER].running && !killed[PRODUCER];
    default: return actors[WRITER].running && !killed[WRITER];
    }
}

static void play(char choice, int killed[ACTORS])
{
    if (choice == 'p') {
        run(PRODUCER);
    } else if (choice == 'w') {
        run(WRITER);
    } else if (choice == 'P') {
        kill_actor(PRODUCER);
        killed[PRODUCER] = 1;
    } else {
        kill_actor(WRITER);
        killed[WRITER] = 1;
        start(WRITER, writer_life);
    }
}

static const char order[] = "pwPW";

/* The first allowed choice from `from` on in order; 0 when there is none. */
static char next_choice(const char *from, int killed[ACTORS])
{
    for (; *from; from++) {
        if (allowed(*from, killed)) {
            return *from;
        }
    }
    return 0;
}

/* Plays the schedule's choices as far as they go, then free ones up to the limit. */
static void play_schedule(schedule_t *schedule, int limit)
{
    int killed[ACTORS] = { 0, 0 };
    int i;

    world_reset();
    for (i = 0; i < limit; i++) {
        if (i >= schedule->size) {
            schedule->choice[i] = next_choice(order, killed);
            schedule->size = i + 1;
        } else if (!allowed(schedule->choice[i], killed)) {
            schedule->choice[i] = next_choice(strchr(order, schedule->choice[i]), killed);
        }
        if (!schedule->choice[i]) {
            schedule->size = i;
            break;
        }
        play(schedule->choice[i], killed);
    }
    schedule->choice[schedule->size] = '\0';
    report(finish_world(killed[PRODUCER]), schedule->choice);
}

/* Raises the last digit that can be raised; what is not allowed is skipped when it is played. */
static int next_schedule(schedule_t *schedule)
{
    while (schedule->size > 0) {
        const char *at = strchr(order, schedule->choice[schedule->size - 1]);

        if (at[1]) {
            schedule->choice[schedule->size - 1] = at[1];
            return 1;
        }
        schedule->size--;
    }
    return 0;
}

static void every_interleaving(int limit)
{
    schedule_t schedule = { { 0 }, 0 };

    do {
        play_schedule(&schedule, limit);
    } while (next_schedule(&schedule));
}

/* The producer is killed before its step p, then a writer at its w, the next one at its v. */
static void every_double_kill(void)
{
    int p, w, v, ended_p = 0;

    for (p = 0; !ended_p; p++) {
        int ended_w = 0;

        for (w = 0; !ended_w; w++) {
            int ended_v = 0;

            for (v = 0; !ended_v; v++) {
                char name[64];
                int i;

                world_reset();
                for (i = 0; i < p && actors[PRODUCER].running; i++) {
                    run(PRODUCER);
                }
                ended_p = !actors[PRODUCER].running;
                if (!ended_p) {
                    kill_actor(PRODUCER);
                }
                producer_gone = 1;
                for (i = 0; i < w && actors[WRITER].running; i++) {
                    run(WRITER);
                }
                ended_w = !actors[WRITER].running;
                kill_actor(WRITER);
                start(WRITER, writer_life);
                for (i = 0; i < v && actors[WRITER].running; i++) {
                    run(WRITER);
                }
                ended_v = !actors[WRITER].running;
                kill_actor(WRITER);
                (void)snprintf(name, sizeof(name), "p%d w%d v%d", p, w, v);
                report(finish_world(!ended_p), name);
            }
        }
    }
}

static void make_world(void)
{
    t2m_slots_map_t map;
    t2m_board_map_t board_map;
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    void *slots, *board;
    int i;

    t2m_slots_map(&geometry, &map);
    t2m_board_map(&geometry, &board_map);
    if (!settings || t2m_memory_create("slots", map.size, &slots_fd) != APR_SUCCESS
        || t2m_memory_create("board", board_map.size, &board_fd) != APR_SUCCESS
        || t2m_memory_map(slots_fd, 0, map.size, 1, 1, &slots) != APR_SUCCESS
        || t2m_memory_map(board_fd, 0, board_map.size, 1, 1, &board) != APR_SUCCESS) {
        abort();
    }
    t2m_slots_format(slots, &geometry);
    t2m_board_format(board, &geometry);
    settings->repeat.first = 1;
    settings->repeat.every = apr_time_from_sec(60);
    (void)t2m_settings_add(settings, T2M_STREAM_APP, log_path);
    (void)t2m_settings_publish(slots, &geometry, settings);
    free(settings);
    if (t2m_drain_open(&drain, slots_fd, board_fd) != APR_SUCCESS) {
        abort();
    }
    for (i = 0; i < ACTORS; i++) {
        actors[i].stack = malloc(STACK);
    }
    t2m_slot_reset(&slot);
}

/* Goes through all of them; what: their name. */
static void every_schedule(const char *what, int limit)
{
    schedules = failures = 0;
    every_double_kill();
    ok(failures == 0, "%s: %ld schedules with three killed", what, schedules);
    ok(schedules > 3000, "which are all there are");
    schedules = failures = 0;
    every_interleaving(limit);
    ok(failures == 0, "%s: %ld interleavings with at most one kill each", what, schedules);
    ok(schedules > 8000, "which are all there are up to the limit");
}

/* An empty log and a world; 0 when there can be none. */
static int begin_schedules(void)
{
    int fd;

    (void)snprintf(log_path, sizeof(log_path), "%s/t2mlog-model-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    fd = mkstemp(log_path);
    if (fd < 0) {
        return 0;
    }
    (void)close(fd);
    make_world();
    return 1;
}

/* T2M_MODEL_STEPS says up to how many steps every order of them is gone through. */
static int schedule_limit(int usual)
{
    const char *limit = getenv("T2M_MODEL_STEPS");

    return limit ? atoi(limit) : usual;
}

/* The bytes of the log, with a NUL, into room for them. */
static void read_bytes(char *bytes, size_t room)
{
    int fd = open(log_path, O_RDONLY);
    ssize_t size = read(fd, bytes, room - 1);

    (void)close(fd);
    bytes[size < 0 ? 0 : size] = '\0';
}

#endif
