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

/* A writer that is killed at each step of batches with errors: twins, lines that are held back,
 * what processes counted themselves, and the burial of such a process. The next writer goes on, and
 * in the end all is as if nobody had been killed: each byte of the files, each total, each group.
 *
 * Shown to fail: with verdicts made anew, with what is suppressed advanced by its total first or
 * counted from the slots, with what waits placed at the end of a batch that is made again.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/step.h"
#include "shared/suppressed.h"
#include "shared/world.h"
#include "tap.h"
#include "writer/drain.h"

enum { APP, ERRORS, FILES, PHASES = 5, GROUPS = 3, FILE_ROOM = 65536 };
#define NOW ((apr_time_t)1705314646000000)

static const char groups[GROUPS][13] = { "aaaaaaaaaaaa", "bbbbbbbbbbbb", "cccccccccccc" };
static char paths[FILES][64];
static world_t world;

/* What there is in the end. */
typedef struct {
    apr_size_t sizes[FILES];
    char bytes[FILES][FILE_ROOM];
    t2m_totals_t totals[T2M_STREAM_COUNT];
    t2m_group_t groups[GROUPS]; /* all zeros: not there */
} result_t;

/* Both lives of the writer see it. */
static struct {
    int phase; /* how many have been pushed */
    int counting;
    long steps, kill_at; /* 0: nobody is killed */
    apr_uint64_t pushed[GROUPS]; /* errors */
    result_t result;
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

/* ---- what processes do ----------------------------------------------------------------------- */

static void push_error(t2m_slot_t *slot, int group, apr_time_t time, int twin)
{
    t2m_ring_record_t record = { .level = T2M_LEVEL_ERROR, .time = time,
                                 .value = 1 + (apr_uint64_t)time % 5 };
    char both[256];
    int split = twin ? snprintf(both, sizeof(both), "{\"app\":%d", (int)(time - NOW)) : 0;
    int size = split + snprintf(both + split, sizeof(both) - (size_t)split,
                                "{\"message\":\"m %d\",\"endpoint\":\"GET /%d\"%swww",
                                (int)(time - NOW), group, groups[group]);

    record.name_size = T2M_FINGERPRINT_SIZE + 3;
    record.size = (apr_uint32_t)size - record.name_size;
    stage->pushed[group]++;
    if (twin) {
        record.stream = T2M_STREAM_APP;
        record.flags = T2M_FACT_TWIN;
        record.file = APP;
        record.also = ERRORS;
        record.split = (apr_uint16_t)split;
        (void)t2m_slot_push_twin(slot, &record, both);
    } else {
        record.stream = T2M_STREAM_ERRORS;
        record.file = ERRORS;
        (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &record, both, NULL);
    }
}

static void suppress(t2m_slot_t *slot, int group, apr_time_t time)
{
    t2m_suppression_t what = { .id = groups[group], .level = T2M_LEVEL_ERROR, .time = time,
                               .client = (apr_uint64_t)time * 0x9e3779b97f4a7c15U,
                               .has_app = group != 1 };

    what.endpoint = t2m_text("GET /suppressed");
    what.vhost = t2m_text("www");
    stage->pushed[group] += (apr_uint64_t)t2m_suppressed_count(slot, &what);
}

static void set_state(t2m_slot_t *slot, int group, apr_time_t time)
{
    t2m_group_state_t state = { .state = T2M_GROUP_RESOLVED, .since = time };
    t2m_ring_record_t record = { .stream = T2M_STREAM_ERRORS, .level = T2M_LEVEL_INFO,
                                 .flags = T2M_FACT_STATE, .time = time };
    char name[T2M_FINGERPRINT_SIZE + sizeof(state)];

    memcpy(name, groups[group], T2M_FINGERPRINT_SIZE);
    memcpy(name + T2M_FINGERPRINT_SIZE, &state, sizeof(state));
    record.name_size = sizeof(name);
    (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &record, name, NULL);
}

/* The last one is only what is counted: nothing but the burial brings it in. */
static void push_phase(t2m_slot_t two[2], int phase)
{
    apr_time_t time = NOW + phase * 1000;
    int counting = stage->counting, i;

    stage->counting = 0;
    for (i = 0; i < 12; i++, time++) {
        t2m_slot_t *slot = &two[i % 3 == 0];

        if (phase < PHASES - 1) {
            push_error(slot, i % 4 == 3, time, i % 5 != 4);
            (void)world_push(slot, "{\"n\":1", time);
        }
        if (i % 2 && phase) {
            suppress(slot, i % GROUPS, time);
        }
    }
    if (phase == 2) {
        set_state(&two[0], 0, time);
    }
    stage->phase = phase + 1;
    stage->counting = counting;
}

/* ---- what the writer does -------------------------------------------------------------------- */

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

static void bury_all(t2m_drain_t *drain)
{
    static const t2m_drain_end_t end = { .stopped = 1 };
    apr_uint32_t slot;

    for (slot = 0; slot < world.geometry.slot_count; slot++) {
        apr_uint64_t owner = t2m_slots_owner(&drain->slots, slot);

        if (owner && t2m_drain_bury(drain, slot, owner, &end, NOW + 9000000, 5) != APR_SUCCESS) {
            _exit(5);
        }
    }
}

/* The batches are those of a life without a kill: each phase is drained before the next. */
static void live_on(t2m_drain_t *drain, t2m_slot_t two[2])
{
    while (stage->phase < PHASES - 1) {
        push_phase(two, stage->phase);
        drain_all(drain);
    }
    if (stage->phase < PHASES) {
        push_phase(two, stage->phase);
        if (!t2m_drain_waiting(drain)) {
            _exit(7); /* what is counted waits too */
        }
    }
    bury_all(drain);
}

static void first_life(void)
{
    t2m_slot_t two[2];
    t2m_drain_t *drain = open_writer(two);

    stage->counting = 1;
    live_on(drain, two);
    _exit(0);
}

static void take_result(const t2m_drain_t *drain)
{
    const t2m_group_t *rows = drain->board.tables->groups;
    result_t *result = &stage->result;
    int i, row;

    memset(result, 0, sizeof(*result));
    for (i = 0; i < FILES; i++) {
        int fd = open(paths[i], O_RDONLY);

        result->sizes[i] = (apr_size_t)read(fd, result->bytes[i], FILE_ROOM);
        (void)close(fd);
    }
    for (i = 0; i < T2M_STREAM_COUNT; i++) {
        result->totals[i] = drain->board.totals[i];
        memset(&result->totals[i].row, 0, sizeof(t2m_row_t));
    }
    for (i = 0; i < GROUPS; i++) {
        for (row = 1; row < T2M_GROUPS_MAX; row++) {
            if (rows[row].used && memcmp(rows[row].id, groups[i], T2M_FINGERPRINT_SIZE) == 0) {
                result->groups[i] = rows[row];
                memset(&result->groups[i].row, 0, sizeof(t2m_row_t));
            }
        }
    }
}

/* The next writer; what the killed one's processes left waits in their slots. */
static void second_life(void)
{
    t2m_slot_t two[2];
    t2m_drain_t *drain;

    stage->counting = 0;
    drain = open_writer(two);
    if (t2m_drain_finish(drain) != APR_SUCCESS) {
        _exit(6);
    }
    if (stage->phase < PHASES) {
        drain_all(drain);
    }
    live_on(drain, two);
    if (t2m_drain_waiting(drain) || drain->board.header->corrupt
        || drain->board.header->quarantined) {
        _exit(8);
    }
    take_result(drain);
    _exit(0);
}

static int live(void (*life)(void))
{
    int status = 0;
    pid_t pid;

    (void)fflush(stdout);
    pid = fork();
    if (pid == 0) {
        life();
    }
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

static void make_stage(void)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    static const t2m_stream_e streams[FILES] = { T2M_STREAM_APP, T2M_STREAM_ERRORS };
    int i;

    if (!settings) {
        abort();
    }
    world_make(&world, 8);
    settings->repeat.first = 5;
    settings->repeat.every = apr_time_from_sec(60);
    for (i = 0; i < FILES; i++) {
        (void)t2m_settings_add(settings, streams[i], paths[i]);
        (void)close(open(paths[i], O_WRONLY | O_CREAT | O_TRUNC, 0600));
    }
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    free(settings);
    memset(stage, 0, sizeof(*stage));
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

/* ---- without a kill -------------------------------------------------------------------------- */

/* The sum of all `repeated`, and the lines. */
static apr_uint64_t repeated(const result_t *result, apr_uint64_t *lines)
{
    const char *at = result->bytes[ERRORS], *end = at + result->sizes[ERRORS];
    apr_uint64_t sum = 0;

    for (*lines = 0; at < end && memchr(at, '\n', (size_t)(end - at)); ++*lines) {
        const char *next = (const char *)memchr(at, '\n', (size_t)(end - at)) + 1;
        const char *found = memmem(at, (size_t)(next - at), "\"repeated\":", 11);

        sum += found ? strtoull(found + 11, NULL, 10) : 0;
        at = next;
    }
    return sum;
}

static void judge(const result_t *result)
{
    const t2m_totals_t *errors = &result->totals[T2M_STREAM_ERRORS];
    apr_uint64_t all = 0, held = 0, lines, told = repeated(result, &lines);
    int i, wrong = 0;

    for (i = 0; i < GROUPS; i++) {
        all += stage->pushed[i];
        held += result->groups[i].repeat.held;
        wrong += result->groups[i].total != stage->pushed[i]
              || result->groups[i].repeat.count != stage->pushed[i];
    }
    printf("# %d errors, %d lines, %d told as repeated, %d not yet, %d held by the writer\n",
           (int)all, (int)lines, (int)told, (int)held, (int)errors->held);
    is_number(wrong, 0, "each group has all of its errors");
    ok(lines > 10 && lines == errors->lines, "the lines are counted");
    ok(errors->lines + errors->suppressed == all, "written and suppressed are all that there were");
    ok(told + held == errors->suppressed && told > 0 && held > 0,
       "what is not written is told, or will be");
    ok(errors->held > 0 && errors->held < errors->suppressed,
       "by the writer and by the processes");
    ok(result->totals[T2M_STREAM_APP].held > 0
       && result->totals[T2M_STREAM_APP].suppressed > result->totals[T2M_STREAM_APP].held,
       "of app too");
}

/* ---- with one -------------------------------------------------------------------------------- */

static int differs(const result_t *want, long at)
{
    const result_t *got = &stage->result;

    if (memcmp(want, got, sizeof(*got)) == 0) {
        return 0;
    }
    printf("# killed at step %ld:%s%s%s%s\n", at,
           memcmp(want->bytes[APP], got->bytes[APP], FILE_ROOM) ? " app" : "",
           memcmp(want->bytes[ERRORS], got->bytes[ERRORS], FILE_ROOM) ? " errors" : "",
           memcmp(want->totals, got->totals, sizeof(got->totals)) ? " totals" : "",
           memcmp(want->groups, got->groups, sizeof(got->groups)) ? " groups" : "");
    return 1;
}

static void test_kills(void)
{
    static result_t want;
    int code, wrong_codes = 0, different = 0;
    long at;

    make_stage();
    code = live(first_life);
    ok(code == 0 && live(second_life) == 0, "a life without a kill");
    want = stage->result;
    judge(&want);
    end_stage();
    for (at = 1, code = 9; code == 9 && at < 5000; at++) {
        int second;

        make_stage();
        stage->kill_at = at;
        code = live(first_life);
        second = live(second_life);
        wrong_codes += second != 0;
        if (second != 0) {
            printf("# killed at step %ld: %d\n", at, second);
        }
        different += differs(&want, at);
        end_stage();
    }
    printf("# killed at each of %ld steps\n", at - 2);
    ok(code == 0 && at > 100, "a writer is killed at each step of batches with errors");
    is_number(wrong_codes, 0, "the next one goes on");
    is_number(different, 0, "files, totals and groups are as without a kill");
}

int main(void)
{
    char directory[] = "/tmp/t2mlog-killed-XXXXXX";
    int i;

    stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED || !mkdtemp(directory)) {
        abort();
    }
    for (i = 0; i < FILES; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", directory, i == APP ? "app" : "errors");
    }
    test_kills();
    for (i = 0; i < FILES; i++) {
        (void)unlink(paths[i]);
    }
    (void)rmdir(directory);
    return tap_done();
}
