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

/* How many lines a second the writer's loop moves from 16 rings into files, on one processor.
 * Compiled and run by bench/drain; prints a line of JSON a round.
 *
 * The rings are filled by the module's own t2m_slot_push to the brim with records, or by its
 * t2m_slot_push_exchange with exchanges as far as that goes, then drained by t2m_drain_pass; only
 * the latter is timed, by the CPU time of its thread, which the system's part of each write belongs
 * to. write(2) is counted by the linker's --wrap.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <apr_general.h>

#include "core/packed_exchange.h"
#include "shared/memory.h"
#include "shared/slot.h"
#include "writer/drain.h"

enum { SLOTS = 16, ROUNDS_MAX = 99, FILLS = 4, ENDPOINTS = 20, TEXTS = 64, LINE_MAX_BYTES = 1024 };

typedef struct {
    char bytes[LINE_MAX_BYTES]; /* the line without its end, then the name */
    t2m_ring_record_t record;
} text_t;

typedef struct {
    double lines, cpu, wall, batches, writes, bytes; /* of one round */
} round_t;

static text_t access_lines[TEXTS], performance_lines[TEXTS];
static t2m_slot_exchange_t exchanges[TEXTS];
static int is_exchanges; /* what the producers push */
static t2m_slot_t slots[SLOTS];
static t2m_drain_t drain;
static t2m_geometry_t geometry = { SLOTS + 1, 64, 8388608 };
static apr_time_t moment = APR_INT64_C(1705314646000000);
static double write_calls, write_bytes;

ssize_t __real_write(int fd, const void *bytes, size_t size);
ssize_t __wrap_write(int fd, const void *bytes, size_t size);

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    write_calls++;
    write_bytes += (double)size;
    return __real_write(fd, bytes, size);
}

static _Noreturn void fail(const char *what)
{
    perror(what);
    exit(2);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;

    (void)clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* ---- what is logged -------------------------------------------------------------------------- */

static void make_access(text_t *text, int i)
{
    int size = snprintf(text->bytes, sizeof(text->bytes),
        "{\"timestamp\":\"2024-01-15T10:30:46.%03dZ\",\"level\":\"INFO\","
        "\"request_id\":\"%08x-5c1f-4c7e-9f2a-2f4ce6a1%04x\",\"method\":\"GET\","
        "\"trace_id\":\"4bf92f3577b34da6a3ce929d0e0e4736\",\"span_id\":\"00f067aa0ba902b7\","
        "\"path\":\"/api/v1/customers/%d/orders\",\"query\":\"page=%d&size=50&sort=created\","
        "\"protocol\":\"HTTP/1.1\",\"status\":%d,\"duration_ms\":%d.%03d,\"bytes_sent\":%d,"
        "\"bytes_received\":412,\"client_ip\":\"203.0.113.%d\",\"vhost\":\"shop.example.org\","
        "\"user_agent\":\"Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0\","
        "\"referer\":\"https://shop.example.org/customers/%d\",\"outcome\":\"ok\","
        "\"pid\":%d,\"thread\":%d,\"keepalive\":%d,\"endpoint\":\"GET /api/v1/customers/{id}/%d\"",
        i, i * 7919, i, 100000 + i, i, i % 17 ? 200 : 404, i, i, 1024 + 37 * i, i, 100000 + i,
        4242, i % 25, i % 9, i % ENDPOINTS);

    text->record.size = (apr_uint32_t)size;
    text->record.file = 0;
    text->record.stream = T2M_STREAM_ACCESS;
    text->record.level = T2M_LEVEL_INFO;
}

static void make_performance(text_t *text, int i)
{
    int size = snprintf(text->bytes, sizeof(text->bytes),
        "{\"timestamp\":\"2024-01-15T10:30:46.%03dZ\",\"level\":\"INFO\","
        "\"metric\":\"GET /api/v1/customers/{id}/%d\",\"duration_ms\":%d.%03d,"
        "\"request_id\":\"%08x-5c1f-4c7e-9f2a-2f4ce6a1%04x\",\"status\":%d,"
        "\"time_to_first_byte_ms\":%d.%03d,\"handler_ms\":%d.%03d,\"write_ms\":0.%03d,"
        "\"bytes_sent\":%d,\"slow\":false,\"cpu_ms\":0.%03d",
        i, i % ENDPOINTS, i, i, i * 7919, i, i % 17 ? 200 : 404, i / 2, i, i / 3, i, i,
        1024 + 37 * i, i);
    int name = snprintf(text->bytes + size, sizeof(text->bytes) - (size_t)size,
                        "GET /api/v1/customers/{id}/%d", i % ENDPOINTS);

    text->record.size = (apr_uint32_t)size;
    text->record.file = 1;
    text->record.stream = T2M_STREAM_PERFORMANCE;
    text->record.level = T2M_LEVEL_INFO;
    text->record.name_size = (unsigned char)name;
    text->record.value = (apr_uint64_t)(i * i) * 97;
    text->record.status = i % 17 ? 200 : 404;
}

static void set_text(t2m_exchange_t *exchange, t2m_exchange_text_e which, const char *value)
{
    exchange->texts[which] = t2m_text(value);
}

static void set_connection(t2m_exchange_t *exchange, char *address, apr_size_t room, int i)
{
    (void)snprintf(address, room, "203.0.113.%d", i);
    set_text(exchange, T2M_EXCHANGE_ADDRESS, address);
    set_text(exchange, T2M_EXCHANGE_USER_AGENT,
             "Mozilla/5.0 (X11; Linux x86_64; rv:121.0) Gecko/20100101 Firefox/121.0");
    set_text(exchange, T2M_EXCHANGE_VHOST, "shop.example.org");
    set_text(exchange, T2M_EXCHANGE_HOST, "shop.example.org");
    set_text(exchange, T2M_EXCHANGE_PROTOCOL, "HTTP/1.1");
    exchange->connection = 4242 + i;
}

/* A request as the two lines above tell of one. */
static void make_exchange(t2m_slot_exchange_t *pushed, int i)
{
    t2m_exchange_t exchange = { .first_byte = i * 500, .content_length = 1024 + 37 * i,
                                .bytes_in = 412, .bytes_out = 1324 + 37 * i };
    t2m_ring_record_t *record = &pushed->record;
    char id[64], path[64], query[64], referer[64], address[32];

    (void)snprintf(id, sizeof(id), "%08x-5c1f-4c7e-9f2a-2f4ce6a1%04x", i * 7919, i);
    (void)snprintf(path, sizeof(path), "/api/v1/customers/%d/orders", 100000 + i);
    (void)snprintf(query, sizeof(query), "page=%d&size=50&sort=created", i);
    (void)snprintf(referer, sizeof(referer), "https://shop.example.org/customers/%d", 100000 + i);
    set_text(&exchange, T2M_EXCHANGE_ID, id);
    set_text(&exchange, T2M_EXCHANGE_TRACE_ID, "4bf92f3577b34da6a3ce929d0e0e4736");
    set_text(&exchange, T2M_EXCHANGE_METHOD, "GET");
    set_text(&exchange, T2M_EXCHANGE_PATH, path);
    set_text(&exchange, T2M_EXCHANGE_QUERY, query);
    set_text(&exchange, T2M_EXCHANGE_REFERER, referer);
    set_text(&exchange, T2M_EXCHANGE_FUNCTION, "proxy-server");
    set_connection(&exchange, address, sizeof(address), i);
    record->value = performance_lines[i].record.value;
    record->status = performance_lines[i].record.status;
    record->size = (apr_uint32_t)t2m_packed_exchange_write(
        &exchange, NULL, ~0U, NULL, T2M_PACKED_TEXTS_MAX, pushed->packed);
    record->name_size = (unsigned char)snprintf(pushed->packed + record->size, T2M_NAME_MAX,
                                                "GET /api/v1/customers/{id}/%d", i % ENDPOINTS);
    record->also = 1;
    record->stream = T2M_STREAM_ACCESS;
    record->flags = T2M_FACT_EXCHANGE;
}

/* ---- the producers --------------------------------------------------------------------------- */

static int push(int slot, const text_t *text)
{
    t2m_ring_record_t record = text->record;

    record.time = moment;
    return t2m_slot_push(&slots[slot], T2M_SLOT_ASK, &record, text->bytes, NULL) == APR_SUCCESS;
}

static void pin(unsigned processor)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(processor, &set);
    (void)sched_setaffinity(0, sizeof(set), &set); /* where it may not, the system chooses */
}

/* The two lines of a request. Returns how many the ring took. */
static int push_request(int slot, int i)
{
    if (is_exchanges) {
        exchanges[i].record.time = moment;
        return t2m_slot_push_exchange(&slots[slot], &exchanges[i], NULL) ? 2 : 0;
    }
    return push(slot, &access_lines[i]) ? 1 + push(slot, &performance_lines[i]) : 0;
}

/* Requests end on all processes in turn, until no ring takes one more. *data: the lines. */
static void *produce(void *data)
{
    double lines = 0;
    int open = SLOTS, i = 0, slot;

    pin(1);
    (void)pthread_setname_np(pthread_self(), "producer");
    while (open > 0) {
        for (slot = 0, open = 0; slot < SLOTS; slot++, i++) {
            int pushed = push_request(slot, i * 31 % TEXTS);

            moment++;
            lines += pushed;
            open += pushed > 0;
        }
    }
    *(double *)data = lines;
    return NULL;
}

/* Another processor's caches have the records, as those of the workers would. */
static double fill(void)
{
    pthread_t thread;
    double lines = 0;

    if (pthread_create(&thread, NULL, produce, &lines) != 0
        || pthread_join(thread, NULL) != 0) {
        fail("thread");
    }
    return lines;
}

/* ---- the writer ------------------------------------------------------------------------------ */

static void make_memories(const char *directory)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    t2m_slots_map_t map;
    t2m_board_map_t board_map;
    void *slots_memory, *board_memory;
    char path[1024];
    int slots_fd, board_fd, i;

    t2m_slots_map(&geometry, &map);
    t2m_board_map(&geometry, &board_map);
    if (!settings || t2m_memory_create("slots", map.size, &slots_fd) != APR_SUCCESS
        || t2m_memory_create("board", board_map.size, &board_fd) != APR_SUCCESS
        || t2m_memory_map(slots_fd, 0, map.size, 1, 1, &slots_memory) != APR_SUCCESS
        || t2m_memory_map(board_fd, 0, board_map.size, 1, 1, &board_memory) != APR_SUCCESS) {
        fail("memories");
    }
    t2m_slots_format(slots_memory, &geometry);
    t2m_board_format(board_memory, &geometry);
    (void)snprintf(path, sizeof(path), "%s/access.log", directory);
    (void)t2m_settings_add(settings, T2M_STREAM_ACCESS, path);
    (void)snprintf(path, sizeof(path), "%s/performance.log", directory);
    (void)t2m_settings_add(settings, T2M_STREAM_PERFORMANCE, path);
    settings->files[0].sync = settings->files[1].sync = T2M_SYNC_NONE;
    (void)t2m_settings_publish(slots_memory, &geometry, settings);
    free(settings);
    if (t2m_drain_open(&drain, slots_fd, board_fd) != APR_SUCCESS) {
        fail("drain");
    }
    for (i = 0; i < SLOTS; i++) {
        t2m_slot_reset(&slots[i]);
        if (t2m_slot_claim(&slots[i], slots_fd, board_fd, &geometry, T2M_SLOTS_MAX, 1)
            != APR_SUCCESS) {
            fail("slot");
        }
        t2m_slot_marks(&slots[i], 0);
    }
    t2m_drain_settle(&drain);
}

static void empty_files(void)
{
    apr_uint32_t file;

    for (file = 0; file < 2; file++) {
        if (ftruncate(drain.sinks[file].fd, 0) != 0) {
            fail("ftruncate");
        }
        drain.sinks[file].size = drain.board.files[file].size = 0;
    }
}

/* Returns what was drained, which must be what was pushed. */
static void drain_all(round_t *round)
{
    apr_uint64_t batch = drain.board.header->done_batch;
    double cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID), wall = seconds_of(CLOCK_MONOTONIC);
    int moved = 1;

    write_calls = write_bytes = 0;
    while (moved) {
        if (t2m_drain_pass(&drain, ++moment, &moved) != APR_SUCCESS) {
            fail("write");
        }
    }
    round->cpu += seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu;
    round->wall += seconds_of(CLOCK_MONOTONIC) - wall;
    round->batches += (double)(drain.board.header->done_batch - batch);
    round->writes += write_calls;
    round->bytes += write_bytes;
}

static apr_uint64_t lines_written(void)
{
    return drain.board.files[0].lines + drain.board.files[1].lines;
}

static round_t measure(void)
{
    round_t round = { 0 };
    int i;

    for (i = 0; i < FILLS; i++) {
        apr_uint64_t before = lines_written();
        double pushed = fill();

        empty_files();
        drain_all(&round);
        if ((double)(lines_written() - before) != pushed) {
            fail("not all that was pushed was written");
        }
        round.lines += pushed;
    }
    return round;
}

/* ---- rotatelogs, which looks at nothing ------------------------------------------------------ */

static pid_t start_rotatelogs(const char *program, const char *directory, int *out)
{
    char path[1024];
    int fds[2];
    pid_t pid;

    (void)snprintf(path, sizeof(path), "%s/rotatelogs.log", directory);
    if (pipe2(fds, O_CLOEXEC) != 0) {
        fail("pipe");
    }
    pid = fork();
    if (pid == 0) {
        (void)dup2(fds[0], 0);
        (void)execl(program, program, "-t", path, "86400", (char *)NULL);
        _exit(127);
    }
    (void)close(fds[0]);
    *out = fds[1];
    return pid;
}

/* The same lines, each with a number, through one pipe. Lines a second of its CPU time. */
static double measure_rotatelogs(const char *program, const char *directory)
{
    static char chunk[1 << 16];
    size_t size = 0, lines = 0, sent;
    struct rusage used;
    double total = 0;
    int fd, i = 0, status;
    pid_t pid = start_rotatelogs(program, directory, &fd);

    for (; size < sizeof(chunk) - LINE_MAX_BYTES; lines++, i++) {
        const text_t *text = i % 2 ? &performance_lines[i % TEXTS] : &access_lines[i % TEXTS];

        memcpy(chunk + size, text->bytes, text->record.size);
        size += text->record.size;
        size += (size_t)snprintf(chunk + size, 32, ",\"seq\":%d}\n", 1000000 + i);
    }
    while (total < 1000000) {
        for (sent = 0; sent < size;) {
            ssize_t put = __real_write(fd, chunk + sent, size - sent);

            if (put <= 0) {
                fail("rotatelogs");
            }
            sent += (size_t)put;
        }
        total += (double)lines;
    }
    (void)close(fd);
    if (wait4(pid, &status, 0, &used) != pid || status != 0) {
        fail("rotatelogs");
    }
    return total / ((double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec)
                    + (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6);
}

/* DIRECTORY ROUNDS records|exchanges [ROTATELOGS] */
int main(int argc, char **argv)
{
    int rounds = argc > 3 ? (int)strtol(argv[2], NULL, 10) : 0, i;

    if (rounds < 1 || rounds > ROUNDS_MAX || apr_initialize() != APR_SUCCESS) {
        fail("drain DIRECTORY ROUNDS records|exchanges [ROTATELOGS]");
    }
    is_exchanges = strcmp(argv[3], "exchanges") == 0;
    pin(0);
    for (i = 0; i < TEXTS; i++) {
        make_access(&access_lines[i], i);
        make_performance(&performance_lines[i], i);
        make_exchange(&exchanges[i], i);
    }
    make_memories(argv[1]);
    (void)measure(); /* touches all memory once */
    for (i = 0; i < rounds; i++) {
        round_t round = measure();

        printf("{\"what\":\"%s\",\"lines\":%.0f,\"cpu\":%.6f,\"wall\":%.6f,"
               "\"batches\":%.0f,\"writes\":%.0f,"
               "\"bytes\":%.0f,\"rotatelogs\":%.0f}\n", argv[3], round.lines, round.cpu, round.wall,
               round.batches, round.writes, round.bytes,
               argc > 4 ? measure_rotatelogs(argv[4], argv[1]) : 0.0);
        (void)fflush(stdout);
    }
    return 0;
}
