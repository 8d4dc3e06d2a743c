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

/* Tests modules/writer/spill.c with drain_step.c and drain_refusal.c: a file that refuses holds no
 * other up, and a writer killed at any step of it neither loses nor doubles a line.
 *
 * Guards seen to fail: without the offset of t2m_spill_note the half line of a refused write stays
 * where nothing could be cut; where it asks the sink for the place and not the step, a file that
 * the next writer cannot open at first has its lines twice; without note_place before a spill is
 * written, a writer killed in the write doubles its lines; without t2m_drain_mend_spills a spill
 * stays taken for ever.
 */
#include "writer/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/step.h"
#include "shared/world.h"
#include "tap.h"
#include "writer/drain.h"

enum { SECOND = 1000000, APP = 0, ERRORS = 1, LINES = 12 };
#define NOW ((apr_time_t)1705314646000000)

/* Both lives of the writer see it. */
static struct {
    int pushed;            /* lines so far, over both files */
    int refuse;            /* the app file takes half a write, then nothing */
    int no_truncate;
    int hidden;            /* a directory stands in the place of the app file */
    int away;              /* the next writer does not find the app file at first */
    ino_t app_inode;
    long steps, kill_at;   /* 0: nobody is killed */
    int counting;
} *stage;

static world_t world;
static char paths[2][64];

void t2m_model_step(const char *name)
{
    (void)name;
    if (stage && stage->counting && ++stage->steps == stage->kill_at) {
        _exit(9);
    }
}

extern ssize_t __real_write(int fd, const void *bytes, size_t size);
extern ssize_t __wrap_write(int fd, const void *bytes, size_t size);
extern int __real_ftruncate(int fd, off_t size);
extern int __wrap_ftruncate(int fd, off_t size);

static int is_refused(int fd)
{
    struct stat information;

    return stage && stage->refuse && fstat(fd, &information) == 0
        && information.st_ino == stage->app_inode;
}

ssize_t __wrap_write(int fd, const void *bytes, size_t size)
{
    static int half;

    if (!is_refused(fd)) {
        return __real_write(fd, bytes, size);
    }
    half = !half;
    if (half && size > 1) {
        return __real_write(fd, bytes, size / 2);
    }
    errno = ENOSPC;
    return -1;
}

int __wrap_ftruncate(int fd, off_t size)
{
    if (stage && stage->no_truncate && is_refused(fd)) {
        errno = EIO;
        return -1;
    }
    return __real_ftruncate(fd, size);
}

static void hide(int on)
{
    if (on) {
        (void)unlink(paths[APP]);
        (void)mkdir(paths[APP], 0700);
    } else {
        (void)rmdir(paths[APP]);
    }
}

static void make_files(void)
{
    struct stat information;
    int i, fd;

    for (i = 0; i < 2; i++) {
        fd = open(paths[i], O_WRONLY | O_CREAT | O_TRUNC, 0640);
        if (fd < 0 || fstat(fd, &information) != 0) {
            abort();
        }
        if (i == APP) {
            stage->app_inode = information.st_ino;
        }
        (void)close(fd);
    }
}

static void make_world(int block)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));

    if (!settings) {
        abort();
    }
    world_make(&world, 4);
    (void)t2m_settings_add(settings, T2M_STREAM_APP, paths[APP]);
    (void)t2m_settings_add(settings, T2M_STREAM_ERRORS, paths[ERRORS]);
    settings->block = (apr_uint32_t)block;
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    free(settings);
}

static void end_world(void)
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

/* The lines are numbered over both files; no step counts in here. */
static void push_up_to(t2m_slot_t *slot, int last)
{
    int counting = stage->counting;

    stage->counting = 0;
    for (; stage->pushed < last; stage->pushed++) {
        char line[32];
        t2m_ring_record_t record = { .stream = T2M_STREAM_APP, .level = T2M_LEVEL_INFO };

        record.file = stage->pushed % 3 == 2 ? ERRORS : APP;
        record.stream = record.file == ERRORS ? T2M_STREAM_ERRORS : T2M_STREAM_APP;
        record.time = stage->pushed;
        (void)snprintf(line, sizeof(line), "{\"n\":%d", stage->pushed);
        record.size = (apr_uint32_t)strlen(line);
        (void)t2m_slot_push(slot, T2M_SLOT_WAIT, &record, line, NULL);
    }
    stage->counting = counting;
}

static t2m_drain_t *open_drain(void)
{
    static t2m_drain_t drains[8]; /* live until the exit, as a writer's does */
    static int used;
    t2m_drain_t *drain = &drains[used++];

    if (t2m_drain_open(drain, world.slots_fd, world.board_fd) != APR_SUCCESS) {
        abort();
    }
    return drain;
}

static void pass(t2m_drain_t *drain, int second)
{
    int moved;

    (void)t2m_drain_pass(drain, NOW + second * SECOND, &moved);
}

/* One writer's life, up to where it is killed. */
static void first_life(void)
{
    t2m_drain_t *drain = open_drain();
    t2m_slot_t slot;

    if (world_claim(&world, &slot) != APR_SUCCESS) {
        abort();
    }
    hide(stage->hidden);
    stage->counting = 1;
    push_up_to(&slot, 3);
    pass(drain, 1);
    stage->refuse = 1;
    push_up_to(&slot, 6);
    pass(drain, 2);
    push_up_to(&slot, 9);
    pass(drain, 3);
    stage->refuse = 0;
    hide(0);
    push_up_to(&slot, 11);
    pass(drain, 4);
    pass(drain, 5);
    _exit(0);
}

/* Every number is a line or named by a gap, every line is there once: returns how many, -1 when
 * not so. */
static int lines_in(const char *path, int seen[LINES], int *named)
{
    static char bytes[65536];
    int fd = open(path, O_RDONLY), lines = 0;
    ssize_t size = read(fd, bytes, sizeof(bytes) - 1);
    apr_uint64_t last = 0;
    char *at = bytes, *end;

    (void)close(fd);
    bytes[size < 0 ? 0 : size] = '\0';
    for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
        const char *gap;

        *end = '\0';
        if (at == end || at[0] != '{' || end[-1] != '}') {
            continue; /* what a refused write has left where nothing could be cut: ends in LF */
        }
        gap = strstr(at, "\"last_seq\":");
        if (gap) {
            *named += atoi(strstr(at, "\"count\":") + 8);
            last = strtoull(gap + 11, NULL, 10);
        } else if (strncmp(at, "{\"n\":", 5) != 0 || seen[atoi(at + 5)]++) {
            return -1;
        } else {
            lines++;
        }
        if (strtoull(strrchr(at, ':') + 1, NULL, 10) != ++last) {
            return -1;
        }
    }
    return *at == '\0' ? lines : -1;
}

/* The app file cannot be opened when the killed writer's batch is finished, and comes back then. */
static void finish_without(t2m_drain_t *drain)
{
    char other[sizeof(paths[APP]) + 2];
    int moved;

    (void)snprintf(other, sizeof(other), "%s.x", paths[APP]);
    moved = rename(paths[APP], other) == 0;
    (void)mkdir(paths[APP], 0700);
    pass(drain, 8);
    (void)rmdir(paths[APP]);
    if (moved) {
        (void)rename(other, paths[APP]);
    }
}

/* The next writer, and what is true after it. Its exit code says what is not. */
static void second_life(void)
{
    int seen[LINES] = { 0 }, named = 0, app, errors, i, round;
    t2m_drain_t *drain;
    t2m_slot_t slot;

    stage->counting = 0;
    stage->refuse = 0;
    stage->no_truncate = 0;
    hide(0);
    drain = open_drain();
    if (world_claim(&world, &slot) != APR_SUCCESS) {
        _exit(2);
    }
    if (stage->away) {
        finish_without(drain);
    }
    push_up_to(&slot, LINES);
    for (round = 0; round < 5; round++) {
        pass(drain, 10 + round);
    }
    app = lines_in(paths[APP], seen, &named);
    errors = lines_in(paths[ERRORS], seen, &named);
    if (app < 0 || errors < 0) {
        _exit(3);
    }
    if (app + errors + named != LINES) {
        _exit(4);
    }
    for (i = 0; i < T2M_SPILLS; i++) {
        apr_uint32_t used = drain->board.header->spills[i].used;

        if (used == APP + 1 || used == ERRORS + 1) {
            _exit(5);
        }
    }
    if (drain->board.totals[T2M_STREAM_APP].lines != (apr_uint64_t)app
        || drain->board.totals[T2M_STREAM_APP].dropped[T2M_DROP_REFUSED]
               != (apr_uint64_t)named
        || t2m_drain_refusing(drain) || t2m_drain_spilled(drain, T2M_STREAM_APP)) {
        _exit(6);
    }
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

/* All spills belong to other files: what is refused is shed. */
static void take_all_spills(void)
{
    t2m_board_t board;
    apr_uint32_t i;

    t2m_board_view(&board, world.board_memory, &world.geometry);
    for (i = 0; i < T2M_SPILLS; i++) {
        board.header->spills[i].used = 100 + i + 1;
        board.files[100 + i].spill = i + 1;
    }
}

static void killed_everywhere(const char *name, int no_truncate, int hidden, int no_spill,
                              int away)
{
    int first = 9, wrong = 0;
    long at;

    for (at = 1; first == 9 && at < 500; at++) {
        memset(stage, 0, sizeof(*stage));
        make_files();
        make_world(0);
        if (no_spill) {
            take_all_spills();
        }
        stage->kill_at = at;
        stage->no_truncate = no_truncate;
        stage->hidden = hidden;
        stage->away = away;
        first = live(first_life);
        wrong = live(second_life);
        if (wrong) {
            printf("# killed at step %ld: %d\n", at, wrong);
            break;
        }
        end_world();
    }
    ok(wrong == 0 && first == 0 && at > 30, "%s: killed at each of %ld steps", name, at - 2);
}

static void others_go_on(void)
{
    t2m_drain_t *drain;
    t2m_slot_t slot;
    int seen[LINES] = { 0 }, named = 0;

    memset(stage, 0, sizeof(*stage));
    make_files();
    make_world(0);
    drain = open_drain();
    (void)world_claim(&world, &slot);
    stage->refuse = 1;
    push_up_to(&slot, 6);
    pass(drain, 1);
    is_number(lines_in(paths[ERRORS], seen, &named), 2, "the other file is written at once");
    is_number(lines_in(paths[APP], seen, &named), 0, "nothing of the one that refuses");
    is_number(drain->failed, ENOSPC, "which says why");
    is_number((long)drain->failed_file, APP, "and which");
    is_number((long)t2m_drain_refusing(drain), 1, "one refuses");
    is_number((long)t2m_drain_spilled(drain, T2M_STREAM_APP), 4, "its lines wait in a spill");
    ok(!t2m_drain_waiting(drain) && !t2m_drain_pending(drain), "the memory is free again");
    stage->refuse = 0;
    drain->failed = APR_SUCCESS;
    pass(drain, 2);
    is_number(lines_in(paths[APP], seen, &named), 4, "then they are in the file");
    is_number((long)t2m_drain_refusing(drain), 0, "which does not refuse any more");
    is_number((long)drain->board.files[APP].seq, 4, "the numbers go on");
    is_number(named, 0, "and nothing was lost");
    end_world();
}

/* More than a spill holds: the rest is counted, and named when the file takes lines again. */
static void spill_is_full(void)
{
    static char line[1000];
    t2m_ring_record_t record = { .size = sizeof(line), .stream = T2M_STREAM_APP,
                                 .level = T2M_LEVEL_INFO };
    t2m_drain_t *drain;
    t2m_slot_t slot;
    apr_uint64_t dropped;
    int i;

    memset(stage, 0, sizeof(*stage));
    memset(line, ' ', sizeof(line));
    line[0] = '{';
    make_files();
    make_world(0);
    drain = open_drain();
    (void)world_claim(&world, &slot);
    stage->refuse = 1;
    for (i = 0; i < 5000; i++) {
        (void)t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, NULL);
        if (i % 50 == 49) {
            pass(drain, 1);
        }
    }
    dropped = drain->board.totals[T2M_STREAM_APP].dropped[T2M_DROP_REFUSED];
    ok(dropped > 0 && dropped < 1500, "a full spill: %ld are shed", (long)dropped);
    is_number((long)t2m_drain_spilled(drain, T2M_STREAM_APP), (long)(5000 - dropped),
              "the others wait");
    is_number((long)drain->board.files[APP].shed, (long)dropped, "no line has named them");
    stage->refuse = 0;
    pass(drain, 2);
    is_number((long)drain->board.files[APP].shed, 0, "now one has");
    is_number((long)drain->board.files[APP].seq, 5001, "every number is a line or named");
    is_number((long)drain->board.header->spills[0].used, 0, "the spill is free");
    end_world();
}

static void block_waits(void)
{
    t2m_drain_t *drain;
    t2m_slot_t slot;
    int moved, seen[LINES] = { 0 }, named = 0;

    memset(stage, 0, sizeof(*stage));
    make_files();
    make_world(1);
    drain = open_drain();
    (void)world_claim(&world, &slot);
    stage->refuse = 1;
    push_up_to(&slot, 2);
    is_number(t2m_drain_pass(drain, NOW, &moved), ENOSPC, "T2MLogOnFull block: the batch waits");
    ok(t2m_drain_pending(drain), "and is pending");
    stage->refuse = 0;
    is_number(t2m_drain_pass(drain, NOW, &moved), APR_SUCCESS, "until the file takes it");
    is_number(lines_in(paths[APP], seen, &named), 2, "all of it");
    end_world();
}

/* A pipe whose reader stands still. */
static void pipe_stands_still(void)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));
    static char line[4000];
    t2m_ring_record_t record = { .size = sizeof(line), .stream = T2M_STREAM_APP,
                                 .level = T2M_LEVEL_INFO };
    static char bytes[1 << 20];
    t2m_drain_t *drain;
    t2m_slot_t slot;
    int ends[2], kept = dup(1), i;
    ssize_t got, all = 0;

    memset(stage, 0, sizeof(*stage));
    memset(line, ' ', sizeof(line));
    line[0] = '{';
    make_files();
    make_world(0);
    (void)t2m_settings_add(settings, T2M_STREAM_APP, "/dev/stdout");
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    free(settings);
    (void)fflush(stdout);
    if (pipe(ends) != 0 || dup2(ends[1], 1) != 1) {
        abort();
    }
    drain = open_drain();
    (void)world_claim(&world, &slot);
    for (i = 0; i < 60; i++) {
        (void)t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, NULL);
        if (i % 10 == 9) {
            pass(drain, 1);
        }
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    for (i = 0; i < 20; i++) {
        while ((got = read(ends[0], bytes + all, sizeof(bytes) - (size_t)all)) > 0) {
            all += got;
        }
        pass(drain, 2 + i);
    }
    (void)dup2(kept, 1);
    ok(drain->failed == EAGAIN, "a pipe that is full refuses");
    for (i = 0, got = 0; got < all; got++) {
        i += bytes[got] == '\n';
    }
    is_number(i, 60, "then all lines come out of it, once each");
    end_world();
}

int main(void)
{
    char directory[] = "/tmp/t2mlog-spill-XXXXXX";

    stage = mmap(NULL, sizeof(*stage), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (stage == MAP_FAILED || !mkdtemp(directory)) {
        return 1;
    }
    (void)snprintf(paths[APP], sizeof(paths[APP]), "%s/app.log", directory);
    (void)snprintf(paths[ERRORS], sizeof(paths[ERRORS]), "%s/errors.log", directory);
    others_go_on();
    spill_is_full();
    block_waits();
    pipe_stands_still();
    killed_everywhere("a file that refuses", 0, 0, 0, 0);
    killed_everywhere("where nothing can be cut back", 1, 0, 0, 0);
    killed_everywhere("a file that cannot be opened", 0, 1, 0, 0);
    killed_everywhere("where no spill is free", 0, 0, 1, 0);
    killed_everywhere("where it cannot be opened either", 0, 1, 1, 0);
    killed_everywhere("a file that the next writer cannot open", 0, 0, 0, 1);
    killed_everywhere("nor cut back", 1, 0, 0, 1);
    (void)unlink(paths[APP]);
    (void)unlink(paths[ERRORS]);
    (void)rmdir(directory);
    return tap_done();
}
