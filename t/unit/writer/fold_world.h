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

/* A world for the tests of writer/fold*.c: records are pushed, gathered and folded, by a writer
 * that may be killed at any step; another one, with hashes of its own, does the batch again. */
#ifndef T2M_UNIT_FOLD_WORLD_H
#define T2M_UNIT_FOLD_WORLD_H

#include <setjmp.h>
#include <stddef.h>

#include "shared/step.h"
#include "shared/world.h"
#include "tap.h"
#include "writer/batch.h"
#include "writer/fold.h"

#define FOLD_START ((apr_time_t)1705314646000000)

static world_t world;
static t2m_slots_t slots;
static t2m_board_t board;
static t2m_batch_t *batch;
static t2m_fold_t *folds[2];
static t2m_group_index_t *indexes[2];
static int fold_writer; /* the last one: another one looks at the board first */
static t2m_settings_t *settings;
static t2m_slot_t slot;
static apr_uint64_t number; /* of the batch */

static jmp_buf fold_killed;
static int fold_steps, fold_kill_at;

void t2m_model_step(const char *name)
{
    (void)name;
    if (++fold_steps == fold_kill_at) {
        longjmp(fold_killed, 1);
    }
}

/* One file for each stream, under the stream's number. */
static void fold_make_of(apr_uint64_t ring_size)
{
    const t2m_geometry_t geometry = { 2, 2, ring_size };
    int stream;

    world_make_of(&world, &geometry);
    settings = calloc(1, sizeof(*settings));
    folds[0] = t2m_fold_create();
    folds[1] = t2m_fold_create();
    if (!settings || !folds[0] || !folds[1]
        || t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS
        || t2m_board_attach(&board, world.board_fd, &world.geometry, 1, 1) != APR_SUCCESS
        || world_claim(&world, &slot) != APR_SUCCESS) {
        abort();
    }
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        char path[32];

        (void)snprintf(path, sizeof(path), "/nowhere/%d", stream);
        (void)t2m_settings_add(settings, (t2m_stream_e)stream, path);
    }
    settings->repeat.off = 1;
    batch = t2m_batch_create(&world.geometry);
    indexes[0] = t2m_group_index_create(&board);
    indexes[1] = t2m_group_index_create(&board);
    t2m_batch_use(batch, indexes[0]);
}

__attribute__((unused)) static void fold_make(void)
{
    fold_make_of(65536);
}

/* Pushes a record with that line (NULL: it only counts) and name (NULL: none). */
__attribute__((unused)) static void fold_push(t2m_ring_record_t record, const char *line,
                                              const char *name)
{
    char both[2048];

    record.size = (apr_uint32_t)(line ? strlen(line) : 0);
    record.file = record.stream;
    record.name_size = (unsigned char)(name ? strlen(name) : 0);
    if (!record.level) {
        record.level = T2M_LEVEL_INFO;
    }
    (void)snprintf(both, sizeof(both), "%s%s", line ? line : "", name ? name : "");
    if (t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, both, NULL) != APR_SUCCESS) {
        abort();
    }
}

/* Folds the batch by writer 0 or 1, killed at that step (0: none). Returns nonzero when it was. */
static int fold_once(int writer, int at)
{
    fold_steps = 0;
    fold_kill_at = at;
    if (writer != fold_writer) {
        t2m_group_index_refresh(indexes[writer], &board);
    }
    fold_writer = writer;
    if (setjmp(fold_killed)) {
        fold_kill_at = 0;
        t2m_board_undo(&board);
        fold_writer = -1; /* whoever comes next is a new one */
        return 1;
    }
    t2m_fold(folds[writer], &board, indexes[writer], settings, batch, number);
    fold_kill_at = 0;
    return 0;
}

static void fold_gather(void)
{
    t2m_batch_trouble_t trouble = { 0, 0 };

    if (fold_writer != 0) { /* the batch asks the first one's index */
        t2m_group_index_refresh(indexes[0], &board);
        fold_writer = 0;
    }
    (void)t2m_batch_gather(batch, &slots, &board, settings, NULL, FOLD_START, NULL, &trouble);
    t2m_batch_render(batch, NULL, &slots, settings, board.files);
    number++;
}

static void fold_advance(void)
{
    const apr_uint64_t *grown = t2m_batch_suppressed(batch, slot.index);

    board.heads[slot.index] = t2m_batch_target(batch, slot.index);
    if (grown) {
        memcpy(board.suppressed + slot.index * (apr_size_t)(T2M_SUPPRESSED + 1), grown,
               (T2M_SUPPRESSED + 1) * sizeof(*grown));
    }
}

/* Gathers and folds what was pushed. */
__attribute__((unused)) static void fold_all(void)
{
    fold_gather();
    (void)fold_once(0, 0);
    fold_advance();
}

/*
 * The same, killed at every step and then once more in the writer that does it again; each time
 * from the same tables. holds says whether the counts are right. Returns how often they were not.
 */
__attribute__((unused)) static int fold_killed_anywhere(int (*holds)(void), int *runs)
{
    const apr_size_t size = offsetof(t2m_tables_t, recent_bytes);
    unsigned char *tables = malloc(size), *totals = malloc(sizeof(t2m_totals_t) * 5);
    int at, again, killed = 1, bad = 0;

    fold_gather();
    memcpy(tables, board.tables, size);
    memcpy(totals, board.totals, sizeof(t2m_totals_t) * 5);
    for (at = 1, *runs = 0; killed; at++) {
        for (again = 1; again < 40; again += 7) {
            memcpy(board.tables, tables, size);
            memcpy(board.totals, totals, sizeof(t2m_totals_t) * 5);
            fold_writer = -1;
            killed = fold_once(0, at);
            (void)fold_once(1, again);
            (void)fold_once(0, 0);
            bad += !holds();
            (*runs)++;
        }
    }
    fold_advance();
    free(tables);
    free(totals);
    return bad;
}

#endif
