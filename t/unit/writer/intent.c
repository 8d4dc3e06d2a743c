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

/* Intents that a writer can have left, and each number of one beyond its limit. That every intent
 * of a kill is believed is t/unit/shared/model.c's; any bytes in one are t/fuzz/intent.c's.
 *
 * Shown to fail: with any one condition of intent.c left out.
 */
#include "writer/intent.h"

#include <string.h>
#include <unistd.h>

#include "shared/world.h"
#include "tap.h"
#include "writer/drain.h"

static world_t world;
static t2m_board_t board;

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
    board.header->intent.phase = T2M_INTENT_WRITE;
    board.header->intent.step_count = 2;
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
    board.header->intent.step_count = 2;
    ok(!t2m_intent_fits(&board, drain.batch), "one file more");
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
    return tap_done();
}
