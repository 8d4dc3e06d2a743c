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

/* The model: slot, in-flight table, intent and fold under kill -9 at every instant, without httpd.
 *
 * The real code of shared/ and writer/ runs as two coroutines, a producer and a writer, which stop
 * at each T2M_STEP. A schedule says who goes on at each stop and who is killed where; the test goes
 * through all of them on small cases. After each, whoever was killed is replaced by a new one, and
 * then: each published line stands in the file once, each request that began has one access line,
 * the numbers are 1..n, and the counts on the board are those of the file.
 *
 * Shown to fail: without `position noted` in slot.c a request is logged twice; with heads advanced
 * before the write a line is lost; with `row.row.batch == batch` taken out of drain.c counts
 * double; without t2m_sink_rewind lines are torn or doubled; with `counting` stored before
 * `counting_tail`, and a kill in between, a record counts that nobody published; without
 * `counting_also`, or without its bit, a kill behind the tail loses the count of an exchange's
 * second line.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <ucontext.h>
#include <unistd.h>

#include "core/encode.h"
#include "shared/memory.h"
#include "shared/slot.h"
#include "shared/step.h"
#include "tap.h"
#include "writer/drain.h"
#include "writer/last_seq.h"

enum { PRODUCER, WRITER, ACTORS };
enum { STACK = 262144, NEVER = 1000000 };

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
static int published[T2M_STREAM_COUNT], request_begun, producer_gone;
static t2m_stream_e pushing;
static int exchanging; /* both lines go as one: */
static t2m_slot_exchange_t an_exchange;

void t2m_model_step(const char *name)
{
    if (current == PRODUCER) {
        int is_tail = strcmp(name, "tail published") == 0;

        published[pushing] += is_tail;
        published[T2M_STREAM_PERFORMANCE] += is_tail && exchanging;
        request_begun += strcmp(name, "entry busy") == 0;
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

/* ---- what the actors do -------------------------------------------------------------------- */

static void push(t2m_stream_e stream, const char *line, t2m_inflight_t *entry)
{
    static const char name[] = "GET /";
    t2m_ring_record_t record = { .size = (apr_uint32_t)strlen(line),
                                 .stream = (unsigned char)stream, .level = T2M_LEVEL_INFO,
                                 .time = 1, .value = 1000 };
    char both[64];

    pushing = stream;
    if (stream == T2M_STREAM_PERFORMANCE) {
        record.name_size = sizeof(name) - 1;
    }
    (void)snprintf(both, sizeof(both), "%s%s", line, name);
    (void)t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, both, entry);
}

static void make_exchange(void)
{
    t2m_exchange_t exchange = { .texts[T2M_EXCHANGE_ID] = t2m_text("request-one") };
    t2m_ring_record_t record = { .stream = T2M_STREAM_ACCESS, .level = T2M_LEVEL_INFO,
                                 .flags = T2M_FACT_EXCHANGE, .time = 1, .value = 1000,
                                 .name_size = 5 };

    record.size = (apr_uint32_t)t2m_packed_exchange_write(&exchange, NULL, ~0U, NULL,
                                                          T2M_LINE_MIN, an_exchange.packed);
    memcpy(an_exchange.packed + record.size, "GET /", record.name_size);
    an_exchange.record = record;
}

static void push_lines(t2m_inflight_t *entry)
{
    if (exchanging) {
        pushing = T2M_STREAM_ACCESS;
        (void)t2m_slot_push_exchange(&slot, &an_exchange, entry);
        return;
    }
    push(T2M_STREAM_ACCESS, "{\"access\":\"request-one\"", entry);
    push(T2M_STREAM_PERFORMANCE, "{\"app\":\"line\"", NULL);
}

static void producer_life(void)
{
    t2m_slot_request_t request = { .errors_file = T2M_FILE_NONE };
    t2m_inflight_t *entry;

    request.id = t2m_text("request-one");
    request.method = t2m_text("GET");
    request.path = t2m_text("/");
    entry = t2m_slot_begin(&slot, &request);
    push_lines(entry);
    actors[PRODUCER].running = 0;
    current = -1;
    (void)setcontext(&scheduler);
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
    actors[WRITER].running = 0;
    current = -1;
    (void)setcontext(&scheduler);
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
    memset(drain.board.tables->metrics, 0, 2 * sizeof(t2m_metric_t));
    memset(drain.board.tables->recents, 0, sizeof(drain.board.tables->recents));
    drain.board.undo->size = 0;
    t2m_board_format(drain.board.memory, &geometry);
    memset(drain.slots.memory + map->directory, 0, map->directory_size);
    memset(drain.slots.memory + map->slots, 0, 2 * map->slot_size - geometry.ring_size);
    drain.board.header->settings = t2m_settings_generation(drain.slots.memory);
    memset(published, 0, sizeof(published));
    request_begun = producer_gone = 0;
    (void)truncate(log_path, 0);
    if (t2m_slot_claim(&slot, slots_fd, board_fd, &geometry, T2M_SLOTS_MAX, 1) != APR_SUCCESS) {
        abort();
    }
    start(PRODUCER, producer_life);
    start(WRITER, writer_life);
}

/* ---- what must hold ------------------------------------------------------------------------ */

typedef struct {
    int lines, torn, wrong_seq, access, died, app;
} found_t;

/* Whole, but for the number and what stands behind it. */
static int is_line(const char *line, const char *ordinary, const char *of_exchange)
{
    return exchanging ? strncmp(line, "{\"timestamp\":", 13) == 0 && strstr(line, of_exchange)
                      : strncmp(line, ordinary, strlen(ordinary)) == 0;
}

static void look_at(const char *line, size_t size, found_t *found)
{
    found->lines++;
    found->wrong_seq += t2m_seq_of_line(line, size) != (apr_uint64_t)found->lines;
    if (is_line(line, "{\"access\":\"request-one\",",
                "\"request_id\":\"request-one\",\"status\":0,\"duration_ms\":1.000,"
                "\"content_length\":0,\"endpoint\":\"GET /\",\"ttfb_ms\":0.000,")) {
        found->access++;
    } else if (size > 40 && strstr(line, "\"request_id\":\"request-one\"")
               && strstr(line, "\"outcome\":\"worker_died\"")) {
        found->died++;
    } else if (is_line(line, "{\"app\":\"line\",", "\"slow\":false,\"")) {
        found->app++;
    } else {
        found->torn++;
    }
}

static void read_log(found_t *found)
{
    char bytes[4096], *at = bytes, *end;
    int fd = open(log_path, O_RDONLY);
    ssize_t size = read(fd, bytes, sizeof(bytes) - 1);

    (void)close(fd);
    memset(found, 0, sizeof(*found));
    if (size < 0) {
        size = 0;
    }
    bytes[size] = '\0';
    while (*at) {
        end = strchr(at, '\n');
        if (!end) {
            found->torn++;
            break;
        }
        *end = '\0';
        look_at(at, (size_t)(end - at), found);
        at = end + 1;
    }
}

/* The tables have each line once. */
static const char *judge_tables(const found_t *found)
{
    const t2m_tables_t *tables = drain.board.tables;
    const t2m_metric_t *metric = &tables->metrics[1];
    apr_uint64_t app = (apr_uint64_t)found->app;

    if (metric->sums.count != app || metric->sums.sum != 1000 * app
        || t2m_histogram_count(&metric->histogram) != app) {
        return "the metric is not what was published";
    }
    if (tables->recents[T2M_STREAM_PERFORMANCE].records != app
        || tables->recents[T2M_STREAM_ACCESS].records
               != (apr_uint64_t)(found->access + found->died)) {
        return "the recent records are not what is in the file";
    }
    return NULL;
}

/* What the slot has counted, whoever was killed: also a record whose owner had no time for it. */
static const char *judge_ledger(const found_t *found)
{
    t2m_slot_header_t header;

    t2m_slots_header(&drain.slots, 1, &header);
    if (header.accepted[T2M_STREAM_ACCESS] != (apr_uint64_t)found->access
        || header.accepted[T2M_STREAM_PERFORMANCE] != (apr_uint64_t)found->app) {
        return "what was accepted is not what is in the file";
    }
    if (header.begun != (apr_uint64_t)(found->access + found->died) || header.silenced) {
        return "a request begun has not ended once";
    }
    return NULL;
}

/* All streams share one file in the model: numbers then order everything. */
static const char *verdict(int producer_ended)
{
    found_t found;
    apr_uint64_t lines = 0;
    int stream;

    read_log(&found);
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        lines += drain.board.totals[stream].lines;
    }
    if (found.torn || found.wrong_seq) {
        return "a line is torn or misnumbered";
    }
    if (found.access + found.died != (request_begun != 0)) {
        return "a request has not exactly one access line";
    }
    if (found.access != published[T2M_STREAM_ACCESS]
        || found.app != published[T2M_STREAM_PERFORMANCE]) {
        return "a published line is missing or doubled";
    }
    if (producer_ended && (found.access != 1 || found.app != 1)) {
        return "a finished producer's lines are not all there once";
    }
    if (found.app > 1 || lines != (apr_uint64_t)found.lines) {
        return "the totals are not what is in the file";
    }
    if (drain.board.totals[T2M_STREAM_ACCESS].worker_died != (apr_uint64_t)found.died) {
        return "worker_died is miscounted";
    }
    if (t2m_slots_owner(&drain.slots, 1) != 0 || t2m_drain_waiting(&drain)) {
        return "the slot is not free at the end";
    }
    return judge_ledger(&found) ? judge_ledger(&found) : judge_tables(&found);
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

static void every_schedule(int limit)
{
    const char *what = exchanging ? "an exchange" : "two lines";

    schedules = failures = 0;
    every_double_kill();
    ok(failures == 0, "%s: %ld schedules with three killed", what, schedules);
    ok(schedules > 3000, "which are all there are");
    schedules = failures = 0;
    every_interleaving(limit);
    ok(failures == 0, "%s: %ld interleavings with at most one kill each", what, schedules);
    ok(schedules > 8000, "which are all there are up to the limit");
}

int main(void)
{
    const char *limit = getenv("T2M_MODEL_STEPS");
    int fd;

    (void)snprintf(log_path, sizeof(log_path), "%s/t2mlog-model-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    fd = mkstemp(log_path);
    if (fd < 0) {
        return 1;
    }
    (void)close(fd);
    make_world();
    make_exchange();
    for (exchanging = 0; exchanging < 2; exchanging++) {
        every_schedule(limit ? atoi(limit) : 16);
    }
    (void)unlink(log_path);
    return tap_done();
}
