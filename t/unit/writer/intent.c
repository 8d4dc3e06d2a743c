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

/* Intents that a writer can have left, and each number of one beyond its limit; and a writer that
 * is killed at each step of batches with exchanges, of which the next one makes the same bytes.
 * That every intent of a kill is believed is t/unit/shared/model.c's too; any bytes in one are
 * t/fuzz/intent.c's.
 *
 * Shown to fail: with any one condition of intent.c left out; where the lines of an exchange depend
 * on what the writer made before.
 */
#include "writer/intent.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/step.h"
#include "shared/world.h"
#include "tap.h"
#include "writer/drain.h"
#include "writer/exchange_sample.h"

static world_t world;
static t2m_board_t board;

/* Both lives of the writer see it. */
static struct {
    int pushed;          /* records so far */
    int counting;
    long steps, kill_at; /* 0: nobody is killed */
} *stage;

void t2m_model_step(const char *name)
{
    (void)name;
    if (stage && stage->counting && ++stage->steps == stage->kill_at) {
        _exit(9);
    }
}

extern ssize_t __real_write(int fd, const void *bytes, size_t size);
extern ssize_t __wrap_write(int fd, const void *bytes, size_t size);

/* In two halves, so that a kill leaves a torn line. */
ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    return __real_write(fd, bytes, stage && stage->counting && size > 64 ? size / 2 : size);
}

/* An intent of two files, as good as any. */
static void fill(void)
{
    apr_uint32_t i;

    memset(&board.header->intent, 0, sizeof(board.header->intent));
    memset(board.steps, 0, 2 * sizeof(*board.steps));
    board.undo->size = board.undo->offset = 0;
    for (i = 0; i < world.geometry.slot_count; i++) {
        board.heads[i] = 1000 * i;
        board.targets[i] = board.heads[i] + world.geometry.ring_size;
        memset(board.drops, 0, world.geometry.slot_count * T2M_DROPS * sizeof(*board.drops));
        memset(board.drop_targets, 0, world.geometry.slot_count * T2M_DROPS
                                      * sizeof(*board.drops));
    }
    memset(board.suppressed, 0, world.geometry.slot_count * (T2M_SUPPRESSED + 1)
                                * sizeof(*board.suppressed));
    memset(board.suppressed_targets, 0, world.geometry.slot_count * (T2M_SUPPRESSED + 1)
                                        * sizeof(*board.suppressed));
    board.header->intent.phase = T2M_INTENT_WRITE;
    board.header->intent.step_count = 2;
    board.header->intent.verdict_count = T2M_VERDICTS;
    board.steps[0].file = T2M_FILES_MAX - 1;
    board.steps[1].bytes = T2M_BATCH_BYTES;
    board.steps[1].taken = T2M_BATCH_BYTES;
    board.steps[1].way = T2M_WAY_SPILL;
    board.steps[1].spill = T2M_SPILLS;
    board.steps[1].spill_offset = T2M_SPILL_SIZE - T2M_BATCH_BYTES;
}

#define SPOILT(what, change)                                                                       \
    do {                                                                                           \
        fill();                                                                                    \
        change;                                                                                    \
        ok(!t2m_intent_sound(&board), "%s", what);                                                 \
    } while (0)

static void test_sound(void)
{
    fill();
    ok(t2m_intent_sound(&board), "every number at its limit");
    board.header->intent.phase = T2M_INTENT_ADVANCE;
    ok(t2m_intent_sound(&board), "in its last phase");
    board.header->intent.phase = T2M_INTENT_NONE;
    board.steps[0].file = 0xffff;
    board.targets[0] = 0;
    ok(t2m_intent_sound(&board), "what an old intent left says nothing");
    fill();
    board.undo->offset = board.map.undo - 64;
    board.undo->size = 64;
    ok(t2m_intent_sound(&board), "a row to undo");
    fill();
    board.suppressed[0] = 1;
    ok(t2m_intent_sound(&board), "what an old batch left of a slot that stays says nothing");
}

static void test_spoilt(void)
{
    SPOILT("a phase that is none", board.header->intent.phase = 3);
    SPOILT("too many steps", board.header->intent.step_count = T2M_FILES_MAX + 1);
    SPOILT("a slot that is none", (board.header->intent.bury_owner = 1,
                                   board.header->intent.bury_slot = world.geometry.slot_count));
    SPOILT("a file that is none", board.steps[0].file = T2M_FILES_MAX);
    SPOILT("a way that is none", board.steps[0].way = T2M_WAY_SHED + 1);
    SPOILT("a spill that is none", board.steps[0].spill = T2M_SPILLS + 1);
    SPOILT("the way to no spill", board.steps[1].spill = 0);
    SPOILT("a spill that runs over", board.steps[1].spill_offset++);
    SPOILT("more bytes than a batch has", (board.steps[0].bytes = T2M_BATCH_BYTES + 1));
    SPOILT("more taken than there was", board.steps[1].taken++);
    SPOILT("an offset at the end of all", board.steps[0].offset = APR_INT64_MAX);
    SPOILT("a reason that is none", board.steps[0].shed_reason = T2M_DROP_COUNT);
    SPOILT("a ring read backwards", board.targets[1] = board.heads[1] - 1);
    SPOILT("a ring read by more than it holds", board.targets[1]++);
    SPOILT("drops that become less", board.drops[T2M_DROPS] = 1);
    SPOILT("too many verdicts", board.header->intent.verdict_count++);
    SPOILT("a suppressed count that becomes less", (board.suppressed[T2M_SUPPRESSED - 1] = 1,
                                                    board.suppressed[T2M_SUPPRESSED] = 2));
    SPOILT("one of the last slot, in the middle of a count",
           (board.suppressed[2 * (T2M_SUPPRESSED + 1)] = 1,
            board.suppressed[3 * (T2M_SUPPRESSED + 1) - 1] = 1,
            board.suppressed_targets[3 * (T2M_SUPPRESSED + 1) - 1] = 1));
    SPOILT("a row that is too long", board.undo->size = T2M_UNDO_MAX + 1);
    SPOILT("a row that is none", (board.undo->size = 8, board.undo->offset = board.map.tables));
    SPOILT("a row at no word", (board.undo->size = 64, board.undo->offset = board.map.tables + 1));
    SPOILT("a row that is not in a table", (board.undo->size = 64, board.undo->offset = 64));
    SPOILT("a row beyond them", (board.undo->size = 64, board.undo->offset = board.map.undo - 56));
}

static void test_forget(void)
{
    fill();
    board.undo->size = 64;
    board.undo->offset = APR_UINT64_MAX;
    t2m_intent_forget(&board);
    ok(board.header->intent.phase == T2M_INTENT_NONE && t2m_intent_sound(&board), "forgotten");
}

/* A batch of two lines in one file, as its steps say and not. */
static void test_fits(void)
{
    static t2m_drain_t drain; /* what it took it keeps */
    t2m_batch_trouble_t trouble = { 0, 0 };
    const t2m_batch_part_t *parts;
    t2m_slot_t slot;

    memset(board.heads, 0, world.geometry.slot_count * sizeof(*board.heads));
    memset(board.drops, 0, world.geometry.slot_count * T2M_DROPS * sizeof(*board.drops));
    world_settings(&world, "/nonexistent/app.log");
    is_number(t2m_drain_open(&drain, world.slots_fd, world.board_fd), APR_SUCCESS, "a drain");
    is_number(world_claim(&world, &slot), APR_SUCCESS, "and a slot");
    (void)world_push(&slot, "{\"n\":1", 1);
    (void)t2m_batch_gather(drain.batch, &drain.slots, &drain.board, drain.settings, NULL, 5, NULL,
                           &trouble);
    t2m_batch_render(drain.batch, drain.chain, &drain.slots, drain.settings, drain.board.files);
    is_number(t2m_batch_parts(drain.batch, &parts), 1, "a batch with one file");
    memset(board.steps, 0, sizeof(*board.steps));
    board.header->intent.step_count = 1;
    board.header->intent.verdict_count = 0;
    board.steps[0].file = parts[0].file;
    board.steps[0].bytes = parts[0].size;
    board.steps[0].seq_after = parts[0].seq;
    ok(t2m_intent_fits(&board, drain.batch), "its own intent");
    board.steps[0].bytes++;
    ok(!t2m_intent_fits(&board, drain.batch), "other bytes");
    board.steps[0].bytes--;
    board.steps[0].seq_after++;
    ok(!t2m_intent_fits(&board, drain.batch), "other numbers");
    board.steps[0].seq_after--;
    board.steps[0].file++;
    ok(!t2m_intent_fits(&board, drain.batch), "another file");
    board.steps[0].file--;
    board.header->intent.verdict_count = 1;
    ok(!t2m_intent_fits(&board, drain.batch), "a verdict more");
    board.header->intent.verdict_count = 0;
    board.header->intent.step_count = 2;
    ok(!t2m_intent_fits(&board, drain.batch), "one file more");
}

/* ---- killed at each step -------------------------------------------------------------------- */

enum { ACCESS, PERFORMANCE, APP, FILES, FIRST = 9, RECORDS = 20 };
#define NOW ((apr_time_t)1705314646000000)

static char paths[FILES][64];

/* Records of all kinds: lines, exchanges with both lines, in one file or two, or only counted. */
static int make_record(int n, sample_t *sample)
{
    sample_make(sample, n, NOW + n * 300000);
    if (n % 5 == 4) {
        sample->record.also = T2M_FILE_NONE;
    } else if (n % 7 == 6) {
        sample->record.also = ACCESS;
    }
    return n % 4 != 3;
}

static void push_up_to(t2m_slot_t two[2], int end)
{
    static sample_t sample;
    t2m_ring_record_t line = { .size = 6, .file = APP, .stream = T2M_STREAM_APP,
                               .level = T2M_LEVEL_INFO };
    int counting = stage->counting;

    stage->counting = 0;
    for (; stage->pushed < end; stage->pushed++) {
        t2m_slot_t *slot = &two[stage->pushed % 3 == 0];

        if (make_record(stage->pushed, &sample)) {
            sample_push(slot, &sample);
        } else {
            line.time = sample.record.time;
            (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &line, "{\"n\":1", NULL);
        }
    }
    stage->counting = counting;
}

/* What the files must have in the end, and how many measurements. */
static int want(char *texts[FILES], apr_size_t sizes[FILES])
{
    static sample_t sample;
    apr_uint64_t seqs[FILES] = { 0 };
    char *ends[FILES];
    int i, measured = 0;

    memcpy(ends, texts, sizeof(ends));
    for (i = 0; i < RECORDS; i++) {
        int also;

        if (!make_record(i, &sample)) {
            ends[APP] += snprintf(ends[APP], 32, "{\"n\":1,\"seq\":%d}\n", (int)++seqs[APP]);
            continue;
        }
        sample_pack(&sample);
        measured++;
        also = sample.record.also;
        ends[ACCESS] = sample_line(&sample, T2M_STREAM_ACCESS, ++seqs[ACCESS], ends[ACCESS]);
        if (also < FILES) {
            ends[also] = sample_line(&sample, T2M_STREAM_PERFORMANCE, ++seqs[also], ends[also]);
        }
    }
    for (i = 0; i < FILES; i++) {
        sizes[i] = (apr_size_t)(ends[i] - texts[i]);
    }
    return measured;
}

static void make_stage(void)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    static const t2m_stream_e streams[FILES] = { T2M_STREAM_ACCESS, T2M_STREAM_PERFORMANCE,
                                                 T2M_STREAM_APP };
    int i;

    if (!settings) {
        abort();
    }
    world_make(&world, 6);
    for (i = 0; i < FILES; i++) {
        (void)t2m_settings_add(settings, streams[i], paths[i]);
        (void)close(open(paths[i], O_WRONLY | O_CREAT | O_TRUNC, 0600));
    }
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    free(settings);
    stage->pushed = stage->counting = 0;
    stage->steps = 0;
}

static void end_stage(void)
{
    t2m_slots_map_t map;
    t2m_board_map_t board_map;

    t2m_slots_map(&world.geometry, &map);
    t2m_board_map(&world.geometry, &board_map);
    t2m_memory_unmap(world.slots_memory, map.size);
    t2m_memory_unmap(world.board_memory, board_map.size);
    (void)close(world.slots_fd);
    (void)close(world.board_fd);
}

static void drain_all(t2m_drain_t *drain)
{
    int moved = 1;

    while (moved) {
        if (t2m_drain_pass(drain, NOW + 9000000, &moved) != APR_SUCCESS) {
            _exit(3);
        }
    }
}

static t2m_drain_t *open_writer(t2m_slot_t two[2])
{
    static t2m_drain_t drain;

    if (t2m_drain_open(&drain, world.slots_fd, world.board_fd) != APR_SUCCESS
        || world_claim(&world, &two[0]) != APR_SUCCESS
        || world_claim(&world, &two[1]) != APR_SUCCESS) {
        _exit(4);
    }
    return &drain;
}

static void first_life(int measured)
{
    t2m_slot_t two[2];
    t2m_drain_t *drain = open_writer(two);

    (void)measured;
    stage->counting = 1;
    push_up_to(two, FIRST);
    drain_all(drain);
    push_up_to(two, RECORDS - 4);
    drain_all(drain);
    _exit(0);
}

/* The next writer, and what the board says after it. */
static void second_life(int measured)
{
    t2m_slot_t two[2];
    t2m_drain_t *drain;
    apr_uint64_t count = 0;
    apr_uint32_t i;

    stage->counting = 0;
    drain = open_writer(two);
    if (t2m_drain_finish(drain) != APR_SUCCESS) {
        _exit(5);
    }
    drain_all(drain);
    push_up_to(two, RECORDS);
    drain_all(drain);
    for (i = 0; i < T2M_METRICS_MAX; i++) {
        count += drain->board.tables->metrics[i].sums.count;
    }
    if (count != (apr_uint64_t)measured || drain->board.header->corrupt
        || drain->board.totals[T2M_STREAM_ACCESS].lines != (apr_uint64_t)measured) {
        _exit(6);
    }
    _exit(0);
}

static int live(void (*life)(int), int measured)
{
    int status = 0;
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        life(measured);
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static int is_content(const char *path, const char *text, apr_size_t size)
{
    static char bytes[65536];
    int fd = open(path, O_RDONLY);
    ssize_t got = read(fd, bytes, sizeof(bytes));

    (void)close(fd);
    return got == (ssize_t)size && memcmp(bytes, text, size) == 0;
}

static void test_kills(void)
{
    static char space[FILES][65536];
    char *texts[FILES] = { space[0], space[1], space[2] };
    apr_size_t sizes[FILES];
    int measured = want(texts, sizes), code = 9, i, wrong_files = 0, wrong_codes = 0;
    long at;

    for (at = 1; code == 9 && at < 5000; at++) {
        int second;

        make_stage();
        stage->kill_at = at;
        code = live(first_life, measured);
        second = live(second_life, measured);
        wrong_codes += second != 0;
        if (second != 0) {
            printf("# killed at step %ld: %d\n", at, second);
        }
        for (i = 0; i < FILES; i++) {
            wrong_files += !is_content(paths[i], texts[i], sizes[i]);
        }
        end_stage();
    }
    printf("# killed at each of %ld steps\n", at - 2);
    ok(code == 0 && at > 50, "a writer is killed at each step of batches with exchanges");
    is_number(wrong_codes, 0, "the next one goes on, and has counted each once");
    is_number(wrong_files, 0, "no byte of any file is other than without a kill");
}

static void make_paths(const char *directory)
{
    static const char *const names[FILES] = { "access", "performance", "app" };
    int i;

    for (i = 0; i < FILES; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "%s/%s.log", directory, names[i]);
    }
}

static void killed(void)
{
    char directory[] = "/tmp/t2mlog-intent-XXXXXX";
    int i;

    stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED || !mkdtemp(directory)) {
        abort();
    }
    make_paths(directory);
    test_kills();
    for (i = 0; i < FILES; i++) {
        (void)unlink(paths[i]);
    }
    (void)rmdir(directory);
}

int main(void)
{
    world_make(&world, 3);
    if (t2m_board_attach(&board, world.board_fd, &world.geometry, 1, 1) != APR_SUCCESS) {
        return 1;
    }
    test_sound();
    test_spoilt();
    test_forget();
    test_fits();
    killed();
    return tap_done();
}
