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

/* Tests t2m_slot_push_twin of modules/shared/slot.c, killed at each of its steps too. Seen to
 * fail: with a byte of the ring too many or too few; without the check of the slot or of what
 * can be a record; without its name; with the second line not counted, counted as another
 * stream's, or without what t2m_slots_free needs to count it. */
#include "shared/slot.h"

#include <setjmp.h>

#include "core/encode.h"
#include "shared/step.h"
#include "shared/world.h"
#include "tap.h"

enum { NAME = T2M_FINGERPRINT_SIZE + 3 };

static const char name[] = "0123456789ab" "a.b";
static world_t world;
static t2m_slots_t slots;

/* ---- steps ---------------------------------------------------------------------------------- */

static int kill_at = -1, steps; /* -1: nobody is killed */
static int published;
static jmp_buf death;

void t2m_model_step(const char *step)
{
    if (kill_at >= 0) {
        published |= strcmp(step, "tail published") == 0;
        if (steps++ == kill_at) {
            longjmp(death, 1);
        }
    }
}

/* ---- twins ---------------------------------------------------------------------------------- */

static apr_uint64_t *heads(void)
{
    t2m_board_map_t map;

    t2m_board_map(&world.geometry, &map);
    return (apr_uint64_t *)((char *)world.board_memory + map.heads);
}

static void give_up(t2m_slot_t *slot)
{
    heads()[slot->index] = slot->tail;
    t2m_slots_free(&slots, slot->index, t2m_slots_owner(&slots, slot->index));
    t2m_slot_release(slot);
}

static t2m_ring_record_t twin_of(apr_uint32_t size, apr_uint16_t split)
{
    t2m_ring_record_t record = { .size = size, .file = 3, .stream = T2M_STREAM_APP,
                                 .level = T2M_LEVEL_ERROR, .time = 77, .value = 12345,
                                 .flags = T2M_FACT_TWIN, .name_size = NAME, .also = 4,
                                 .split = split };

    return record;
}

/* Both lines, each of its letter, and the name, in memory of just their size. */
static int push_twin(t2m_slot_t *slot, apr_uint32_t size, apr_uint16_t split)
{
    const t2m_ring_record_t record = twin_of(size, split);
    char *lines = malloc(size + NAME);
    int pushed;

    if (!lines) {
        abort();
    }
    memset(lines, 'a', split);
    memset(lines + split, 'e', size - split);
    memcpy(lines + size, name, NAME);
    pushed = t2m_slot_push_twin(slot, &record, lines);
    free(lines);
    return pushed;
}

/* What of the header a twin may change. */
static int counted(const t2m_slot_t *slot, const t2m_slot_header_t *before)
{
    t2m_slot_header_t now = *slot->header, want = *before;

    want.tail = now.tail;
    want.counting_tail = now.counting_tail;
    want.counting = now.counting;
    want.counting_also = now.counting_also;
    want.accepted[T2M_STREAM_APP]++;
    want.accepted[T2M_STREAM_ERRORS]++;
    return memcmp(&now, &want, sizeof(now)) == 0;
}

static void twins_count(void)
{
    t2m_slot_t slot;
    t2m_slot_header_t before;
    apr_uint64_t tail;

    (void)world_claim(&world, &slot);
    before = *slot.header;
    tail = slot.tail;
    ok(push_twin(&slot, 100, 40) && counted(&slot, &before),
       "a twin is a line of app and one of errors, and nothing else");
    ok(slot.tail == tail + (sizeof(t2m_ring_record_t) + 100 + NAME + 7) / 8 * 8
       && slot.header->tail == slot.tail, "it takes the room of one record");
    give_up(&slot);
}

static void twins_come_back(void)
{
    t2m_slot_t slot;
    t2m_ring_record_t record, want;
    char copy[3000 + NAME];
    int i, wrong = 0;

    (void)world_claim(&world, &slot);
    for (i = 0; i < 200; i++) {
        apr_uint64_t position = slot.tail;
        apr_uint32_t size = (apr_uint32_t)(2 + i * 997 % 2990);
        apr_uint16_t split = (apr_uint16_t)(1 + (apr_uint32_t)(i * 31) % (size - 1));

        want = twin_of(size, split);
        wrong += !push_twin(&slot, size, split)
                 || t2m_slots_record(&slots, slot.index, position, slot.tail, &record) != slot.tail
                 || memcmp(&record, &want, sizeof(record)) != 0;
        t2m_slots_copy(&slots, slot.index, position + sizeof(record), copy, size + NAME);
        wrong += copy[0] != 'a' || memcmp(copy, copy + 1, split - 1U) != 0
                 || copy[split] != 'e'
                 || memcmp(copy + split, copy + split + 1, size - split - 1) != 0
                 || memcmp(copy + size, name, NAME) != 0;
        heads()[slot.index] = slot.tail;
    }
    is_number(wrong, 0, "twins over many turns of the ring come back as they were");
    give_up(&slot);
}

/* Takes so many bytes of the ring, a multiple of 8, from the head on. */
static void use(t2m_slot_t *slot, apr_uint64_t bytes)
{
    while (slot->tail - heads()[slot->index] < bytes) {
        apr_uint64_t left = bytes - (slot->tail - heads()[slot->index]);

        (void)push_twin(slot, (apr_uint32_t)(left < 2000 ? left : 1000)
                                  - (apr_uint32_t)sizeof(t2m_ring_record_t) - NAME, 1);
    }
}

static apr_status_t push_error(t2m_slot_t *slot)
{
    t2m_ring_record_t record = { .size = 1, .stream = T2M_STREAM_ERRORS,
                                 .level = T2M_LEVEL_ERROR, .time = 1 };

    return t2m_slot_push(slot, T2M_SLOT_WAIT, &record, "{", NULL);
}

static void twins_are_refused(void)
{
    const apr_uint64_t easy = 65536 / 100 * 70 / 8 * 8;
    const apr_uint32_t room = 200 - sizeof(t2m_ring_record_t) - NAME;
    t2m_slot_t slot;
    t2m_slot_header_t before;

    (void)world_claim(&world, &slot);
    use(&slot, easy - 200);
    before = *slot.header;
    ok(!push_twin(&slot, room + 1, 4) && memcmp(slot.header, &before, sizeof(before)) == 0,
       "none that would fill more than the easy part, and nothing has happened");
    ok(push_twin(&slot, room, 4) && counted(&slot, &before), "one that just fits is taken");
    ok(push_error(&slot) == APR_SUCCESS && !push_twin(&slot, 2, 1),
       "there is room for its lines alone, and none for the next");
    t2m_slot_marks(&slot, 0);
    use(&slot, 65536 - 200);
    before = *slot.header;
    ok(!push_twin(&slot, room + 1, 4) && memcmp(slot.header, &before, sizeof(before)) == 0
       && push_twin(&slot, room, 4), "without marks all of the ring is easy");
    is_number((long)(slot.tail - heads()[slot.index]), 65536, "to its last byte");
    give_up(&slot);
    ok(!push_twin(&slot, 2, 1), "without a slot there is none");
}

/* As one record also where it must wait for room, and is dropped. */
static void twins_are_dropped(void)
{
    const apr_uint64_t easy = 65536 / 100 * 70 / 8 * 8;
    static char lines[2000 + NAME];
    const t2m_ring_record_t record = twin_of(2000, 40);
    t2m_slot_header_t before;
    t2m_slot_t slot;
    apr_uint64_t tail;
    int pushed = 0;

    (void)world_claim(&world, &slot);
    use(&slot, easy);
    before = *slot.header;
    tail = slot.tail;
    ok(t2m_slot_push(&slot, T2M_SLOT_ASK, &record, lines, NULL) == APR_SUCCESS
       && counted(&slot, &before) && slot.tail - tail == (sizeof(record) + 2000 + NAME + 7) / 8 * 8,
       "what is no easy part takes a twin as well");
    while (t2m_slot_push(&slot, T2M_SLOT_ASK, &record, lines, NULL) == APR_SUCCESS) {
        pushed++;
    }
    before = *slot.header;
    ok(pushed > 0 && t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, lines, NULL) == APR_ENOSPC,
       "until the ring is full");
    before.dropped[T2M_STREAM_APP * T2M_DROP_COUNT + T2M_DROP_FULL]++;
    before.dropped[T2M_STREAM_ERRORS * T2M_DROP_COUNT + T2M_DROP_FULL]++;
    ok(memcmp(slot.header, &before, sizeof(before)) == 0, "then a line of each stream is dropped");
    give_up(&slot);
}

static void cannot_be_twins(void)
{
    static char lines[T2M_LINE_MAX + T2M_NAME_MAX + 2];
    const t2m_ring_record_t good = twin_of(10, 4);
    t2m_ring_record_t bad[5] = { good, good, good, good, good };
    t2m_slot_header_t before;
    t2m_slot_t slot;
    int i, pushes = 0;

    bad[0].size = bad[0].name_size = 0;
    bad[1].size = T2M_LINE_MAX + 1;
    bad[2].name_size = T2M_NAME_MAX + 1;
    bad[3].stream = T2M_STREAM_COUNT;
    bad[4].level = T2M_LEVEL_COUNT;
    (void)world_claim(&world, &slot);
    t2m_slot_marks(&slot, 0);
    before = *slot.header;
    for (i = 0; i < 5; i++) {
        pushes += t2m_slot_push_twin(&slot, &bad[i], lines);
    }
    ok(pushes == 0 && memcmp(slot.header, &before, sizeof(before)) == 0,
       "what cannot be a record is none, and nothing has happened");
    ok(t2m_slot_push_twin(&slot, &good, lines), "what they were made of is one");
    give_up(&slot);
}

/* ---- killed --------------------------------------------------------------------------------- */

/* Whether the owner was killed at that step, from 0. */
static int killed_at(t2m_slot_t *slot, int step)
{
    static const char lines[100 + NAME];
    static t2m_ring_record_t record;

    record = twin_of(100, 40);
    published = steps = 0;
    kill_at = step;
    if (setjmp(death) == 0) {
        (void)t2m_slot_push_twin(slot, &record, lines);
        kill_at = -1;
        return 0;
    }
    kill_at = -1;
    return 1;
}

/* The records between head and tail: -1 when one is none. */
static int records_of(apr_uint32_t index)
{
    t2m_ring_record_t record;
    apr_uint64_t position = heads()[index], end = t2m_slots_tail(&slots, index, position);
    int count = 0;

    while (position != end) {
        position = t2m_slots_record(&slots, index, position, end, &record);
        if (!position || !(record.flags & T2M_FACT_TWIN)) {
            return -1;
        }
        count++;
    }
    return count;
}

/* The twin is there with both its counts, or not at all; and the next owner goes on. */
static int is_whole_after(t2m_slot_t *slot, const t2m_slot_header_t *before)
{
    apr_uint64_t app = before->accepted[T2M_STREAM_APP] + (apr_uint64_t)published;
    apr_uint64_t errors = before->accepted[T2M_STREAM_ERRORS] + (apr_uint64_t)published;
    const apr_uint64_t *accepted;
    int good = records_of(slot->index) == published && !t2m_slots_check(&slots, slot->index,
                                                                        heads()[slot->index]);

    heads()[slot->index] = t2m_slots_tail(&slots, slot->index, heads()[slot->index]);
    t2m_slots_free(&slots, slot->index, t2m_slots_owner(&slots, slot->index));
    t2m_slot_release(slot);
    (void)world_claim(&world, slot);
    accepted = slot->header->accepted;
    good &= accepted[T2M_STREAM_APP] == app && accepted[T2M_STREAM_ERRORS] == errors;
    good &= push_twin(slot, 50, 9) && records_of(slot->index) == 1
         && accepted[T2M_STREAM_APP] == app + 1 && accepted[T2M_STREAM_ERRORS] == errors + 1;
    heads()[slot->index] = slot->tail;
    return good;
}

static void killed_at_each_step(void)
{
    t2m_slot_t slot;
    t2m_slot_header_t before;
    int step = 0, good = 0, there = 0;

    (void)world_claim(&world, &slot);
    for (before = *slot.header; killed_at(&slot, step); before = *slot.header) {
        there += published;
        good += is_whole_after(&slot, &before);
        step++;
    }
    ok(step == 6 && good == 6, "killed at each of 6 steps: both lines, both counted, or none");
    is_number(there, 3, "both from the moment on that the tail is published");
    if (good != step) {
        printf("# %d steps, %d good\n", step, good);
    }
    give_up(&slot);
}

int main(void)
{
    world_make(&world, 2);
    if (t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS) {
        return 1;
    }
    twins_count();
    twins_come_back();
    twins_are_refused();
    twins_are_dropped();
    cannot_be_twins();
    killed_at_each_step();
    return tap_done();
}
