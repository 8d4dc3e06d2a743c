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

/* Fuzzes the recovery of the writer: what a killed one leaves on the board and in two files.
 * Input: a byte that says how, then
 *   even: a state that a kill can leave: how far each file got, what is noted as done, the phase.
 *         The next writer brings both files to exactly what they would be, once.
 *   odd:  changes of bytes of the intent, its steps, targets and counts. Nothing crashes, hangs or
 *         writes elsewhere; the lines before the batch stay and all are whole. Only where the batch
 *         began in a file is left alone: how much of it to cut back nothing else can tell.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "shared/world.h"
#include "writer/drain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILES = 2, SLOTS = 3, CONTENT_MAX = 65536, STEP_SIZE = 12 };

static const apr_time_t now = APR_INT64_C(1705314646000000);

typedef struct {
    char bytes[CONTENT_MAX];
    size_t size;
} content_t;

/* Everything that a batch changes on the board, tables excepted: they only count. */
typedef struct {
    t2m_board_header_t header;
    apr_uint64_t words[4][SLOTS * T2M_DROPS];
    t2m_intent_step_t steps[FILES];
    t2m_board_file_t files[FILES];
} snapshot_t;

static world_t world;
static t2m_drain_t drain;
static char paths[FILES][64];
static snapshot_t before;             /* the intent is published, nothing of it is written */
static content_t start[FILES], want[FILES];

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

/* ---- the world ------------------------------------------------------------------------------- */

static void read_content(int file, content_t *content)
{
    int fd = open(paths[file], O_RDONLY);
    ssize_t size = read(fd, content->bytes, sizeof(content->bytes));

    require(fd >= 0 && size >= 0);
    content->size = (size_t)size;
    (void)close(fd);
}

static void write_content(int file, const content_t *content, size_t size)
{
    int fd = open(paths[file], O_WRONLY | O_CREAT | O_TRUNC, 0640);

    require(fd >= 0 && write(fd, content->bytes, size) == (ssize_t)size);
    (void)close(fd);
}

static apr_uint64_t *words_of(int which, size_t *count)
{
    apr_uint64_t *all[] = { drain.board.heads, drain.board.targets, drain.board.drops,
                            drain.board.drop_targets };

    *count = which < 2 ? SLOTS : SLOTS * T2M_DROPS;
    return all[which];
}

static void save(void)
{
    size_t count;
    int i;

    before.header = *drain.board.header;
    for (i = 0; i < 4; i++) {
        const apr_uint64_t *words = words_of(i, &count);

        memcpy(before.words[i], words, count * sizeof(*words));
    }
    memcpy(before.steps, drain.board.steps, sizeof(before.steps));
    memcpy(before.files, drain.board.files, sizeof(before.files));
}

static void restore(void)
{
    size_t count;
    int i;

    *drain.board.header = before.header;
    for (i = 0; i < 4; i++) {
        apr_uint64_t *words = words_of(i, &count);

        memcpy(words, before.words[i], count * sizeof(*words));
    }
    memset(drain.board.steps, 0, T2M_FILES_MAX * sizeof(*drain.board.steps));
    memset(drain.board.files, 0, T2M_FILES_MAX * sizeof(*drain.board.files));
    memcpy(drain.board.steps, before.steps, sizeof(before.steps));
    memcpy(drain.board.files, before.files, sizeof(before.files));
    drain.board.undo->size = 0;
    memset(drain.board.quarantine, 0, SLOTS * sizeof(*drain.board.quarantine));
}

/* What a new writer has not in its own memory. */
static void be_new(void)
{
    int i;

    for (i = 0; i < FILES; i++) {
        t2m_sink_close(&drain.sinks[i]);
    }
    memset(drain.refusals, 0, T2M_FILES_MAX * sizeof(*drain.refusals));
}

static void push(t2m_slot_t *slot, int i)
{
    char line[400];
    t2m_ring_record_t record = { .file = (apr_uint16_t)(i % FILES), .level = T2M_LEVEL_INFO };

    record.stream = (unsigned char)(i % FILES ? T2M_STREAM_ERRORS : T2M_STREAM_APP);
    record.time = now + i;
    record.size = (apr_uint32_t)snprintf(line, sizeof(line), "{\"n\":%d,\"text\":\"%0*d\"", i,
                                         1 + 37 * i, 0);
    require(t2m_slot_push(slot, T2M_SLOT_WAIT, &record, line, NULL) == APR_SUCCESS);
}

static void publish_settings(void)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));

    require(settings != NULL);
    (void)t2m_settings_add(settings, T2M_STREAM_APP, paths[0]);
    (void)t2m_settings_add(settings, T2M_STREAM_ERRORS, paths[1]);
    settings->block = 1; /* a file that refuses leaves the batch pending */
    (void)t2m_settings_publish(world.slots_memory, &world.geometry, settings);
    free(settings);
    (void)t2m_drain_settings(&drain);
}

/* The first write of the batch fails: all of it is on the board and nothing in the files. */
static void leave_pending(void)
{
    struct rlimit old, small;
    int moved;

    (void)signal(SIGXFSZ, SIG_IGN);
    (void)getrlimit(RLIMIT_FSIZE, &old);
    small = old;
    small.rlim_cur = start[0].size;
    (void)setrlimit(RLIMIT_FSIZE, &small);
    require(t2m_drain_pass(&drain, now, &moved) == EFBIG);
    (void)setrlimit(RLIMIT_FSIZE, &old);
    require(drain.board.header->intent.phase == T2M_INTENT_WRITE);
    require(drain.board.header->intent.step_count == FILES);
    save();
}

static void remove_files(void)
{
    int i;

    for (i = 0; i < FILES; i++) {
        (void)unlink(paths[i]);
    }
}

static void make_world(void)
{
    static t2m_slot_t slot;
    int i, moved;

    world_make(&world, SLOTS);
    for (i = 0; i < FILES; i++) {
        (void)snprintf(paths[i], sizeof(paths[i]), "%s/t2mlog-intent-%d-%d",
                       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp", (int)getpid(), i);
    }
    (void)atexit(remove_files);
    require(t2m_drain_open(&drain, world.slots_fd, world.board_fd) == APR_SUCCESS);
    require(world_claim(&world, &slot) == APR_SUCCESS);
    publish_settings();
    for (i = 0; i < 4; i++) {
        push(&slot, i);
    }
    require(t2m_drain_pass(&drain, now, &moved) == APR_SUCCESS);
    for (i = 0; i < FILES; i++) {
        read_content(i, &start[i]);
    }
    for (i = 4; i < 10; i++) {
        push(&slot, i);
    }
    leave_pending();
    be_new();
    require(t2m_drain_finish(&drain) == APR_SUCCESS);
    for (i = 0; i < FILES; i++) {
        read_content(i, &want[i]);
        require(want[i].size > start[i].size);
    }
}

/* ---- states that a kill leaves --------------------------------------------------------------- */

static void check_whole(void)
{
    content_t content;
    int i;

    for (i = 0; i < FILES; i++) {
        read_content(i, &content);
        require(content.size == want[i].size);
        require(memcmp(content.bytes, want[i].bytes, content.size) == 0);
        require(drain.board.heads[i] == before.words[1][i]);
    }
    require(drain.board.header->intent.phase == T2M_INTENT_NONE);
    require(drain.board.header->done_batch == before.header.intent.batch);
}

/* data: for each file how far it got and whether that is noted; the phase; a head. */
static void recover(const uint8_t data[8])
{
    int whole = 1, i, moved;

    for (i = 0; i < FILES; i++) {
        size_t more = want[i].size - start[i].size;
        size_t got = whole ? ((size_t)data[2 * i] << 8 | data[2 * i + 1]) % (more + 1) : 0;

        write_content(i, &want[i], start[i].size + got);
        whole &= got == more; /* one file after the other */
        drain.board.steps[i].done = whole && data[4 + i] % 2;
    }
    if (whole && data[6] % 2) {
        drain.board.header->intent.phase = T2M_INTENT_ADVANCE;
        drain.board.heads[data[7] % SLOTS] = drain.board.targets[data[7] % SLOTS];
    }
    require(t2m_drain_finish(&drain) == APR_SUCCESS);
    check_whole();
    require(t2m_drain_pass(&drain, now, &moved) == APR_SUCCESS && !moved);
    check_whole();
}

/* ---- states that nothing leaves -------------------------------------------------------------- */

typedef struct {
    void *bytes;
    size_t size;
} area_t;

static area_t area_of(unsigned which)
{
    size_t count;
    apr_uint64_t *words;

    switch (which % 9) {
    case 0: return (area_t){ &drain.board.header->intent, sizeof(t2m_intent_t) };
    case 1: return (area_t){ drain.board.steps, FILES * sizeof(t2m_intent_step_t) };
    case 2: return (area_t){ drain.board.undo, 2 * sizeof(apr_uint64_t) };
    case 3: return (area_t){ &drain.board.header->shed, sizeof(apr_uint32_t) };
    case 4: return (area_t){ &drain.board.header->done_batch, sizeof(apr_uint64_t) };
    default:
        words = words_of((int)(which % 9 - 5), &count);
        return (area_t){ words, count * sizeof(*words) };
    }
}

static int is_offset(area_t area, size_t at)
{
    return area.bytes == drain.board.steps && at % sizeof(t2m_intent_step_t) < sizeof(apr_uint64_t);
}

/* Which area, where, how many bytes, the bytes. */
static void change(const uint8_t data[STEP_SIZE])
{
    area_t area = area_of(data[0]);
    size_t at = ((size_t)data[1] << 8 | data[2]) % area.size, i;

    for (i = 0; i < data[3] % 9U && at + i < area.size; i++) {
        if (!is_offset(area, at + i)) {
            ((uint8_t *)area.bytes)[at + i] = data[4 + i];
        }
    }
}

/* Lines that were there before the batch are there still, and no file has grown without end. */
static void check_start(void)
{
    static content_t content;
    int i;

    for (i = 0; i < FILES; i++) {
        read_content(i, &content);
        require(content.size < sizeof(content.bytes));
        require(content.size == 0 || content.bytes[0] == '{');
        require(content.size >= start[i].size);
        require(memcmp(content.bytes, start[i].bytes, start[i].size) == 0);
        require(content.bytes[content.size - 1] == '\n');
    }
}

static void spoil(const uint8_t *data, size_t size)
{
    int i, moved;

    for (i = 0; i < FILES; i++) {
        write_content(i, &want[i], start[i].size);
    }
    for (; size >= STEP_SIZE; size -= STEP_SIZE, data += STEP_SIZE) {
        change(data);
    }
    for (i = 0; i < 3; i++) {
        (void)t2m_drain_pass(&drain, now + i, &moved);
    }
    check_start();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int made;

    if (!made++) {
        make_world();
    }
    if (size < 9 || size > 1 + 20 * STEP_SIZE) {
        return 0;
    }
    restore();
    be_new();
    if (data[0] % 2 == 0) {
        recover(data + 1);
    } else {
        spoil(data + 1, size - 1);
    }
    return 0;
}
