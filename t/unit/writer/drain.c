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

/* Tests modules/writer/drain.c where the model (t/unit/shared/model.c) does not: files that refuse,
 * new settings, a restart with a file that is there. */
#include "writer/drain.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shared/suppressed.h"
#include "shared/world.h"
#include "tap.h"

static char path[] = "/tmp/t2mlog-drain-XXXXXX";
static world_t world;
static t2m_drain_t drain;

static void content_is(const char *want, const char *name)
{
    char bytes[1024];
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, bytes, sizeof(bytes));

    (void)close(fd);
    is_bytes(bytes, (size_t)size, want, name);
}

static void refuses_and_goes_on(t2m_slot_t *slot)
{
    struct rlimit old, small;
    int moved;

    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = 25;
    (void)world_push(slot, "{\"n\":1", 1);
    drain.settings->block = 1; /* else it goes to a spill: see spill.c */
    is_number(t2m_drain_pass(&drain, 1705314646000000, &moved), APR_SUCCESS, "a line is written");
    content_is("{\"n\":1,\"seq\":8}\n", "with the number after the file's last");
    (void)world_push(slot, "{\"n\":2", 2);
    (void)setrlimit(RLIMIT_FSIZE, &small);
    is_number(t2m_drain_pass(&drain, 1705314646000000, &moved), EFBIG, "a file that refuses");
    is_number(drain.board.header->intent.phase, T2M_INTENT_WRITE, "leaves the batch pending");
    is_number(t2m_drain_pass(&drain, 1705314646000000, &moved), EFBIG, "as long as it refuses");
    content_is("{\"n\":1,\"seq\":8}\n", "no part of a line stays");
    (void)setrlimit(RLIMIT_FSIZE, &old);
    (void)world_push(slot, "{\"n\":3", 3);
    is_number(t2m_drain_pass(&drain, 1705314646000000, &moved), APR_SUCCESS, "then it goes on");
    content_is("{\"n\":1,\"seq\":8}\n{\"n\":2,\"seq\":9}\n{\"n\":3,\"seq\":10}\n",
               "with all lines");
    is_number((long)drain.board.totals[T2M_STREAM_APP].lines, 3, "counted once each");
}

static void takes_settings_over(t2m_slot_t *slot)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    t2m_ring_record_t record = { .size = 6, .file = 1, .stream = T2M_STREAM_ERRORS,
                                 .level = T2M_LEVEL_ERROR, .time = 9 };
    int moved;

    (void)t2m_settings_add(settings, T2M_STREAM_APP, path);
    (void)t2m_settings_add(settings, T2M_STREAM_ERRORS, "/nonexistent/errors.log");
    settings->block = 1;
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    t2m_drain_settings(&drain);
    is_number((long)drain.board.header->settings, 2, "newer settings are taken over");
    (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &record, "{\"n\":4", NULL);
    is_number(t2m_drain_pass(&drain, 1705314646000000, &moved), ENOENT,
              "a file that cannot be opened");
    ok(drain.failed_file == 1 && drain.failed_why != NULL, "is named with the reason");
    is_number(drain.board.header->intent.phase, T2M_INTENT_NONE, "before anything is begun");
    (void)snprintf(settings->files[1].path, sizeof(settings->files[1].path), "%s", path);
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    t2m_drain_settings(&drain);
    drain.settings->block = 0;
    is_number(t2m_drain_pass(&drain, 1705314646000000, &moved), APR_SUCCESS,
              "and opened when it can be");
    ok(!t2m_drain_waiting(&drain), "nothing waits");
    free(settings);
}

/* What found no room takes its numbers with it, and a line says which. */
static void names_gaps(t2m_slot_t *slot)
{
    int moved;

    (void)truncate(path, 0);
    drain.sinks[0].size = drain.sinks[1].size = 0;
    slot->header->dropped[T2M_STREAM_APP * T2M_DROP_COUNT + T2M_DROP_FULL] += 5;
    (void)world_push(slot, "{\"n\":5", 1);
    drain.board.files[0].seq = 20;
    is_number(t2m_drain_pass(&drain, 1705314647000000, &moved), APR_SUCCESS, "drops are told");
    content_is("{\"timestamp\":\"2024-01-15T10:30:47.000Z\",\"level\":\"ERROR\","
               "\"message\":\"gap\",\"stream\":\"app\",\"count\":5,\"first_seq\":21,"
               "\"last_seq\":25,\"from\":\"2024-01-15T10:30:46.000Z\","
               "\"to\":\"2024-01-15T10:30:47.000Z\",\"reason\":\"memory_full\",\"seq\":26}\n"
               "{\"n\":5,\"seq\":27}\n", "before what came after them");
    is_number((long)drain.board.totals[T2M_STREAM_APP].dropped[T2M_DROP_FULL], 5, "and counted");
    (void)t2m_drain_pass(&drain, 1705314648000000, &moved);
    ok(!moved, "once");
}

/* ---- shed records: every number is a line or in a gap, over any number of batches ------------ */

static int unbroken(apr_uint64_t first, apr_uint64_t *last, apr_uint64_t *named)
{
    static char bytes[1 << 20];
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, bytes, sizeof(bytes) - 1);
    char *at = bytes, *end;

    (void)close(fd);
    bytes[size < 0 ? 0 : size] = '\0';
    *last = first - 1;
    *named = 0;
    for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        const char *gap;
        apr_uint64_t from = 0, to = 0;

        *end = '\0';
        gap = strstr(at, "\"first_seq\":");
        if (gap) {
            from = strtoull(gap + 12, NULL, 10);
            to = strtoull(strstr(at, "\"last_seq\":") + 11, NULL, 10);
            if (from != *last + 1 || to < from) {
                return 0;
            }
            *named += to - from + 1;
            *last = to;
        }
        if (strtoull(strrchr(at, ':') + 1, NULL, 10) != *last + 1) {
            return 0;
        }
        ++*last;
    }
    return *at == '\0';
}

static void one_pass(void)
{
    int moved;

    if (t2m_drain_pass(&drain, 1705314650000000, &moved) != APR_SUCCESS) {
        ok(0, "a pass");
    }
}

/* As a writer that was killed before it was done, at that phase. */
static void again(t2m_intent_phase_e phase)
{
    drain.board.header->done_batch--;
    drain.board.header->intent.phase = phase;
}

/* A request in flight whose process is gone, on a slot of its own. */
static void dies_in_flight(void)
{
    t2m_slot_request_t request = { .file = 0, .errors_file = T2M_FILE_NONE, .started = 1,
                                   .started_monotonic = 1 };
    static const t2m_drain_end_t killed = { 0 };
    t2m_slot_t other;
    apr_uint32_t index;

    if (world_claim(&world, &other) != APR_SUCCESS) {
        ok(0, "a slot");
        return;
    }
    request.id = t2m_text("request-of-the-dead");
    index = other.index;
    (void)t2m_slot_begin(&other, &request);
    t2m_slot_release(&other);
    is_number(t2m_drain_bury(&drain, index, t2m_slots_owner(&drain.slots, index), &killed,
                             1705314651000000, 5), APR_SUCCESS, "a dead one's request is logged");
}

static void sheds(t2m_slot_t *slot)
{
    apr_uint64_t last, named, shed = 0;
    int round, i;

    (void)truncate(path, 0);
    drain.sinks[0].size = drain.sinks[1].size = 0;
    drain.board.files[0].seq = 99;
    memset(drain.board.totals, 0, T2M_STREAM_COUNT * sizeof(*drain.board.totals));
    for (round = 0; round < 40; round++) {
        drain.board.header->shed = round % 4 < 3 ? 1 << T2M_STREAM_APP : 0;
        for (i = 0; i <= round % 7; i++) {
            (void)world_push(slot, "{\"n\":1", 1);
            shed += round % 4 < 3;
        }
        if (round % 6 == 5) {
            slot->header->dropped[T2M_STREAM_APP * T2M_DROP_COUNT + T2M_DROP_FULL] += 2;
        }
        one_pass();
        if (round % 10 == 9) {
            dies_in_flight();
        }
    }
    ok(unbroken(100, &last, &named), "shed over many batches: every number is a line or named");
    is_number((long)named, (long)(shed + 2 * 6), "exactly what was shed and what was dropped");
    is_number((long)drain.board.totals[T2M_STREAM_APP].dropped[T2M_DROP_SHED], (long)shed,
              "which is what is counted");
    is_number((long)drain.board.files[0].shed, 0, "nothing is left to be named");
    is_number((long)drain.board.files[0].seq, (long)last, "the board knows the last number");
}

static void sheds_again(t2m_slot_t *slot)
{
    apr_uint64_t last, named, before = drain.board.files[0].seq, heads[3];

    drain.board.header->shed = 1 << T2M_STREAM_APP;
    memcpy(heads, drain.board.heads, sizeof(heads));
    (void)world_push(slot, "{\"n\":1", 1);
    (void)world_push(slot, "{\"n\":1", 1);
    one_pass();
    again(T2M_INTENT_ADVANCE);
    drain.board.header->shed = 0;
    is_number(t2m_drain_finish(&drain), APR_SUCCESS, "advanced twice");
    is_number((long)drain.board.files[0].shed, 2, "counts once");
    memcpy(drain.board.heads, heads, sizeof(heads));
    drain.board.files[0].seq = before;
    drain.board.files[0].shed = 0;
    again(T2M_INTENT_WRITE);
    is_number(t2m_drain_finish(&drain), APR_SUCCESS, "done again when there is room again");
    ok(drain.board.files[0].seq == before + 2 && drain.board.files[0].shed == 2,
       "is still what it was");
    is_number((long)drain.board.files[0].shed_since, 1705314650000000, "and when");
    (void)world_push(slot, "{\"n\":1", 1);
    one_pass();
    ok(unbroken(100, &last, &named) && last == before + 4, "then a gap names them");
}

/* At the end no line comes that a gap could stand before. */
static void tells_at_the_end(t2m_slot_t *slot)
{
    apr_uint64_t last, named, before = drain.board.files[0].seq;

    is_number(t2m_drain_tell(&drain, 1705314660000000), APR_SUCCESS, "nothing was shed");
    is_number((long)drain.board.files[0].seq, (long)before, "nothing is told");
    drain.board.header->shed = 1 << T2M_STREAM_APP;
    (void)world_push(slot, "{\"n\":1", 1);
    (void)world_push(slot, "{\"n\":1", 1);
    one_pass();
    is_number(t2m_drain_tell(&drain, 1705314660000000), APR_SUCCESS, "the end while it is shed");
    ok(unbroken(100, &last, &named) && last == before + 3 && drain.board.files[0].shed == 0,
       "a gap names what was");
    again(T2M_INTENT_WRITE);
    drain.board.files[0].seq = before + 2;
    drain.board.files[0].shed = 2;
    drain.board.files[0].shed_reason = T2M_DROP_SHED;
    drain.sinks[0].size = drain.board.steps[0].offset;
    (void)truncate(path, (off_t)drain.board.steps[0].offset);
    is_number(t2m_drain_finish(&drain), APR_SUCCESS, "killed before it was written: done again");
    ok(unbroken(100, &last, &named) && last == before + 3 && drain.board.files[0].shed == 0
       && drain.board.files[0].seq == before + 3, "it stands there once");
    drain.board.header->shed = 0;
}

/* What is shed while a file cannot be opened has the numbers after the file's last. */
static void sheds_before_open(t2m_slot_t *slot)
{
    apr_uint64_t last, named;
    int fd;

    t2m_sink_close(&drain.sinks[0]);
    memset(&drain.board.files[0], 0, sizeof(drain.board.files[0]));
    drain.board.header->shed = 1 << T2M_STREAM_APP;
    (void)world_push(slot, "{\"n\":1", 1);
    (void)world_push(slot, "{\"n\":1", 1);
    one_pass();
    ok(drain.sinks[0].fd < 0 && drain.board.files[0].shed == 2, "a file that is not open");
    fd = open(path, O_WRONLY | O_TRUNC);
    ok(write(fd, "{\"seq\":70}\n", 11) == 11, "has a last number");
    (void)close(fd);
    drain.board.header->shed = 0;
    (void)world_push(slot, "{\"n\":1", 1);
    one_pass();
    ok(unbroken(70, &last, &named) && named == 2 && last == 74, "which what was shed follows");
}

/* A batch of two files, of which the second refuses; meanwhile somebody moves the first away. */
static void replaced(t2m_slot_t *slot)
{
    t2m_intent_step_t *step = &drain.board.steps[0];
    apr_uint64_t last, named, seq = drain.board.files[0].seq, heads[3];
    int fd;

    memcpy(heads, drain.board.heads, sizeof(heads));
    (void)world_push(slot, "{\"n\":1", 1);
    one_pass();
    again(T2M_INTENT_WRITE);
    memcpy(drain.board.heads, heads, sizeof(heads));
    drain.board.files[0].seq = seq;
    step->done = 1;
    step->inode++;
    (void)truncate(path, 0);
    t2m_sink_close(&drain.sinks[0]);
    is_number(t2m_drain_finish(&drain), APR_SUCCESS, "another file stands there");
    content_is("", "what was written to the first one is not written again");
    ok(drain.board.files[0].seq == seq + 1 && drain.board.files[0].size == 0,
       "its size is its own");
    again(T2M_INTENT_WRITE);
    memcpy(drain.board.heads, heads, sizeof(heads));
    drain.board.files[0].seq = seq;
    step->done = 0;
    is_number(t2m_drain_finish(&drain), APR_SUCCESS, "and when it was not written");
    ok(unbroken(seq + 1, &last, &named) && last == seq + 1, "it is now");
    fd = open(path, O_RDONLY);
    ok((apr_uint64_t)lseek(fd, 0, SEEK_END) == drain.board.files[0].size, "its size again");
    (void)close(fd);
}

static int ends(apr_uint32_t index, int alone, t2m_drain_end_t *end)
{
    return t2m_drain_end(&drain, index, t2m_slots_owner(&drain.slots, index), alone, end);
}

/* What is known of a process's end, and by whom. */
static void learns_of_ends(t2m_slot_t *other)
{
    t2m_crash_t *crash = t2m_slot_crash(other);
    t2m_drain_end_t end;

    ok(!ends(other->index, 0, &end) && !end.signal && !end.stopped && !end.exited, "nobody knows");
    ok(ends(other->index, 1, &end) && end.stopped, "with the server");
    crash->signal = SIGSEGV;
    ok(!ends(other->index, 0, &end) && end.signal == SIGSEGV, "its own word");
    ok(ends(other->index, 1, &end) && end.stopped && end.signal == 0,
       "one that it lived on after, to an end in order");
    (void)t2m_slot_note_end(world.slots_fd, &world.geometry, (int)getpid(), SIGABRT);
    ok(ends(other->index, 0, &end) && end.signal == SIGSEGV && !end.stopped,
       "counts before the parent's");
    crash->signal = 0;
    ok(ends(other->index, 0, &end) && end.signal == SIGABRT, "which is all there is without it");
    crash->exited = 1;
    ok(ends(other->index, 0, &end) && end.signal == SIGABRT && !end.exited,
       "it crashed as it exited");
    (void)t2m_slot_note_end(world.slots_fd, &world.geometry, (int)getpid(), 0);
    other->header->closed = 1;
    ok(ends(other->index, 0, &end) && end.exited && !end.stopped && end.signal == 0,
       "it called exit");
    crash->exited = 0;
    ok(ends(other->index, 0, &end) && end.stopped, "it ended by itself");
    other->header->closed = 0;
}

/* A batch made without a key leaves the chain to the writer that has one. */
static void keeps_the_chain(t2m_slot_t *slot)
{
    t2m_board_file_t *row = &drain.board.files[0];

    (void)world_push(slot, "{\"n\":1", 1);
    one_pass();
    again(T2M_INTENT_ADVANCE);
    row->chain_seq = 7;
    memset(row->chain, 7, sizeof(row->chain));
    is_number(t2m_drain_finish(&drain), APR_SUCCESS, "a batch without a chain is advanced");
    ok(row->chain_seq == 7 && row->chain[0] == 7, "and leaves that of the file alone");
}

/* A writer that waits for its place has read newer settings: the one that works takes them too. */
static void both_take_settings(void)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    static t2m_drain_t memory, *next = &memory; /* lives until the exit, as a writer's does */

    (void)t2m_settings_read(world.slots_memory, &world.geometry, 0, settings);
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    is_number(t2m_drain_open(next, world.slots_fd, world.board_fd), APR_SUCCESS, "the next writer");
    ok(t2m_drain_settings(&drain), "what it has read is news to the one that works");
    ok(!t2m_drain_settings(&drain), "once");
    free(settings);
}

/* Killed after the write, and the settings changed before the next writer: made again by the old
 * ones, by which its lines had no label. */
static void made_again_by_its_settings(t2m_slot_t *slot)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    apr_uint64_t size, heads[3];
    t2m_board_file_t before;
    int moved;

    (void)t2m_drain_newest_settings(&drain);
    memcpy(heads, drain.board.heads, sizeof(heads));
    (void)world_push(slot, "{\"n\":1", 1);
    before = drain.board.files[0];
    (void)t2m_drain_pass(&drain, 1705314690000000, &moved);
    size = drain.sinks[0].size;
    drain.board.header->done_batch--;
    drain.board.header->intent.phase = T2M_INTENT_WRITE;
    drain.board.files[0] = before;
    memcpy(drain.board.heads, heads, sizeof(heads));
    (void)t2m_settings_read(world.slots_memory, &world.geometry, 0, settings);
    settings->files[0].label = 1;
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    ok(!t2m_drain_settings(&drain) && drain.generation == drain.board.header->intent.settings,
       "an intent keeps its settings");
    (void)t2m_drain_newest_settings(&drain);
    ok(drain.settings->files[0].label == 1 && t2m_drain_settings(&drain)
       && drain.settings->files[0].label == 0, "and a new writer finds them");
    is_number(t2m_drain_finish(&drain), APR_SUCCESS, "it is finished");
    (void)t2m_drain_pass(&drain, 1705314690000000, &moved); /* an intent given up begins anew */
    is_number((long)drain.sinks[0].size, (long)size, "and nothing is written twice");
    ok(t2m_drain_settings(&drain) && drain.settings->files[0].label == 1, "then the new ones");
    free(settings);
}

static int find_line(const char *one, const char *two)
{
    FILE *file = fopen(path, "r");
    char line[8192];
    int count = 0;

    while (file && fgets(line, sizeof(line), file)) {
        count += strstr(line, one) && strstr(line, two);
    }
    if (file) {
        (void)fclose(file);
    }
    return count;
}

static void begin_two(t2m_slot_t *other)
{
    t2m_slot_request_t request = { .file = 0, .errors_file = 0, .started_monotonic = 1 };

    request.id = t2m_text("first-of-two");
    request.path = t2m_text("/a");
    (void)t2m_slot_begin(other, &request);
    request.id = t2m_text("second-of-two");
    (void)t2m_slot_begin(other, &request);
}

static void bury(t2m_slot_t *other, int signal, int stopped)
{
    t2m_drain_end_t end = { .signal = signal, .stopped = stopped };
    apr_uint32_t index = other->index;

    t2m_slot_release(other);
    is_number(t2m_drain_bury(&drain, index, t2m_slots_owner(&drain.slots, index), &end,
                             1705314651000000, 5), APR_SUCCESS, "buried");
    is_number((long)t2m_slots_owner(&drain.slots, index), 0, "and the slot is free");
    (void)world_claim(&world, other);
}

static void buries_crashes(void)
{
    t2m_slot_t other;

    (void)truncate(path, 0);
    drain.sinks[0].size = 0;
    if (world_claim(&world, &other) != APR_SUCCESS) {
        ok(0, "a slot");
        return;
    }
    learns_of_ends(&other);
    begin_two(&other);
    t2m_slot_crash(&other)->signal = SIGSEGV;
    t2m_slot_crash(&other)->entry = 2;
    bury(&other, SIGSEGV, 0);
    is_number(find_line("CRITICAL", "second-of-two"), 1, "the crash names its request");
    is_number(find_line("\"outcome\":\"worker_died\",\"signal\":\"SIGSEGV\"", "-of-two"), 2,
              "each of the two has its line");
    is_number((long)drain.board.totals[T2M_STREAM_ERRORS].worker_died, 1,
              "the ledger knows that nobody pushed it");
    begin_two(&other);
    bury(&other, 0, 0);
    is_number(find_line("CRITICAL", "served 2 requests"), 1, "killed: which of two is not known");
    is_number(find_line("\"signal\":\"unknown\"", "-of-two"), 2, "nor the signal");
    begin_two(&other);
    bury(&other, 0, 1);
    is_number(find_line("killed_at_stop", "-of-two"), 2, "stopped: the requests have their lines");
    is_number(find_line("CRITICAL", ""), 2, "and nothing crashed");
    bury(&other, 0, 0);
    is_number(find_line("CRITICAL", ""), 2, "nor when it had nothing to do");
    bury(&other, SIGBUS, 0);
    is_number(find_line("was ended by SIGBUS\"", "\"requests\":0"), 1,
              "a crash beside all service");
}

/* The parent notes that it stopped the process while the writer logs its requests already. */
static void stopped_meanwhile(void)
{
    static const t2m_drain_end_t killed = { 0 };
    apr_uint64_t owner;
    apr_uint32_t index;
    t2m_slot_t other;

    if (world_claim(&world, &other) != APR_SUCCESS) {
        ok(0, "a slot");
        return;
    }
    begin_two(&other);
    index = other.index;
    owner = t2m_slots_owner(&drain.slots, index);
    t2m_slot_release(&other);
    (void)t2m_slot_note_stopped(world.slots_fd, &world.geometry, (int)getpid());
    is_number(t2m_drain_bury(&drain, index, owner, &killed, 1705314652000000, 5), APR_SUCCESS,
              "stopped meanwhile");
    is_number((long)t2m_slots_owner(&drain.slots, index), 0, "and the slot is free all the same");
}

/* Somebody kept the memory of a slot that is free: a child of the process that had it. */
static void free_slot_is_spoiled(void)
{
    apr_uint64_t corrupt = drain.board.header->corrupt;
    t2m_slot_t other;
    int moved;

    if (world_claim(&world, &other) != APR_SUCCESS) {
        ok(0, "a slot");
        return;
    }
    t2m_slots_free(&drain.slots, other.index, t2m_slots_owner(&drain.slots, other.index));
    other.header->tail += 64;
    is_number(t2m_drain_pass(&drain, 1705314653000000, &moved), APR_SUCCESS, "a free slot");
    ok(!moved && !t2m_drain_waiting(&drain) && drain.board.header->corrupt == corrupt,
       "is not read, whatever stands there");
    t2m_slot_release(&other);
}

/* The file of the stream security can neither be opened nor read when the server starts. */
static void chain_waits_for_its_file(void)
{
    static const char line[] = "{\"n\":1,\"seq\":4}";
    static const unsigned char key[T2M_CHAIN_KEY_SIZE] = { 1 };
    unsigned char want[T2M_CHAIN_SIZE];
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    static t2m_drain_t memory, *late = &memory; /* lives until the exit, as a writer's does */
    char name[sizeof(path) + 8];
    world_t other;
    int fd;

    (void)snprintf(name, sizeof(name), "%s.late", path);
    world_make(&other, 3);
    (void)t2m_settings_add(settings, T2M_STREAM_SECURITY, name);
    (void)t2m_settings_publish(other.slots_memory, &other.geometry, settings);
    free(settings);
    (void)t2m_drain_open(late, other.slots_fd, other.board_fd);
    (void)t2m_chain_make(key, &late->chain);
    ok(symlink(path, name) == 0, "a file that is a link");
    t2m_drain_settle(late);
    ok(late->sinks[0].fd < 0, "is not opened");
    (void)unlink(name);
    fd = open(name, O_WRONLY | O_CREAT, 0640);
    ok(write(fd, line, sizeof(line) - 1) > 0 && write(fd, "\n", 1) == 1, "the file comes back");
    (void)close(fd);
    t2m_drain_settle(late);
    (void)t2m_chain_next(late->chain, line, sizeof(line) - 1, want);
    ok(late->board.files[0].seq == 4
       && memcmp(late->board.files[0].chain, want, sizeof(want)) == 0,
       "its numbers and its chain go on");
    (void)unlink(name);
}

static void push_error(t2m_slot_t *slot)
{
    static const char line[] = "{\"e\":10123456789ab";
    t2m_ring_record_t record = { .size = 6, .stream = T2M_STREAM_ERRORS, .level = T2M_LEVEL_ERROR,
                                 .time = 1705314646000000, .name_size = T2M_FINGERPRINT_SIZE };

    (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &record, line, NULL);
}

/* It was opened while its predecessor still worked, and has to know what that one counted. */
static void next_knows_groups(void)
{
    static t2m_drain_t memory[2]; /* live until the exit, as a writer's do */
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    t2m_drain_t *now = &memory[0], *next = &memory[1];
    t2m_slot_t one;
    world_t other;
    int moved, i;

    world_make(&other, 3);
    settings->repeat.first = 5;
    settings->repeat.every = apr_time_from_sec(60);
    (void)t2m_settings_add(settings, T2M_STREAM_ERRORS, path);
    (void)t2m_settings_publish(other.slots_memory, &other.geometry, settings);
    free(settings);
    if (t2m_drain_open(now, other.slots_fd, other.board_fd) != APR_SUCCESS
        || t2m_drain_open(next, other.slots_fd, other.board_fd) != APR_SUCCESS
        || world_claim(&other, &one) != APR_SUCCESS) {
        ok(0, "two writers");
        return;
    }
    for (i = 0; i < 8; i++) {
        push_error(&one);
    }
    (void)t2m_drain_pass(now, 1705314646000000, &moved);
    is_number((long)now->board.totals[T2M_STREAM_ERRORS].held, 3, "three of eight are held back");
    push_error(&one);
    (void)t2m_drain_pass(next, 1705314646000000, &moved);
    is_number((long)now->board.totals[T2M_STREAM_ERRORS].held, 4, "the next writer knows that");
}

/* Nothing but a count in a table: it waits, comes in, and is not lost with its process. */
static void counts_suppressed(t2m_slot_t *slot)
{
    t2m_suppression_t what = { .id = "0123456789ab", .level = T2M_LEVEL_ERROR, .time = 1 };
    apr_uint64_t before = drain.board.totals[T2M_STREAM_ERRORS].suppressed;
    t2m_slot_t other;
    int moved;

    what.endpoint = what.vhost = t2m_text("");
    (void)t2m_suppressed_count(slot, &what);
    ok(t2m_drain_waiting(&drain), "a count waits");
    is_number(t2m_drain_pass(&drain, 1705314690000000, &moved), APR_SUCCESS, "and comes in");
    ok(moved && !t2m_drain_waiting(&drain)
       && drain.board.totals[T2M_STREAM_ERRORS].suppressed == before + 1, "once");
    if (world_claim(&world, &other) != APR_SUCCESS) {
        ok(0, "a slot");
        return;
    }
    (void)t2m_suppressed_count(&other, &what);
    bury(&other, 0, 1);
    is_number((long)drain.board.totals[T2M_STREAM_ERRORS].suppressed, (long)before + 2,
              "with what it had counted");
    ok(!t2m_drain_waiting(&drain), "and nothing waits");
    t2m_slots_free(&drain.slots, other.index, t2m_slots_owner(&drain.slots, other.index));
    t2m_slot_release(&other);
}

int main(void)
{
    t2m_slot_t slot;
    int fd = mkstemp(path), moved;

    if (fd < 0 || write(fd, "{\"seq\":7}\n", 10) != 10) {
        return 1;
    }
    world_make(&world, 4);
    world_settings(&world, path);
    if (t2m_drain_open(&drain, world.slots_fd, world.board_fd) != APR_SUCCESS
        || world_claim(&world, &slot) != APR_SUCCESS) {
        return 1;
    }
    is_number(t2m_drain_pass(&drain, 1705314646000000, &moved), APR_SUCCESS, "nothing to do");
    ok(!moved, "which it says");
    (void)ftruncate(fd, 0);
    if (write(fd, "", 0) != 0) {
        return 1;
    }
    drain.board.files[0].seq = 7;
    drain.board.files[0].known = 1;
    refuses_and_goes_on(&slot);
    takes_settings_over(&slot);
    names_gaps(&slot);
    sheds(&slot);
    sheds_again(&slot);
    tells_at_the_end(&slot);
    sheds_before_open(&slot);
    replaced(&slot);
    buries_crashes();
    stopped_meanwhile();
    free_slot_is_spoiled();
    chain_waits_for_its_file();
    keeps_the_chain(&slot);
    made_again_by_its_settings(&slot);
    both_take_settings();
    next_knows_groups();
    counts_suppressed(&slot);
    (void)close(fd);
    (void)unlink(path);
    return tap_done();
}
