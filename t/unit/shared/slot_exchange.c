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

/* Tests t2m_slot_push_exchange of modules/shared/slot.c. Seen to fail: with the second line
 * never counted, or counted without a file; with a byte of the ring too many or too few, with its
 * own bytes not reckoned; with a request that nobody saw begin not counted, counted though it was
 * seen, or counted when it is refused; with its position off by one, with its entry kept; without
 * its name; without what t2m_slots_free needs to count both; without each of the checks of what can
 * be a record but that of its size, for which this ring is too small. */
#include "shared/slot.h"

#include "core/encode.h"
#include "shared/world.h"
#include "tap.h"

static world_t world;
static t2m_slots_t slots;

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

static apr_status_t push_error(t2m_slot_t *slot)
{
    t2m_ring_record_t record = { .size = 1, .stream = T2M_STREAM_ERRORS,
                                 .level = T2M_LEVEL_ERROR, .time = 1 };

    return t2m_slot_push(slot, T2M_SLOT_WAIT, &record, "{", NULL);
}

/* An exchange of so many bytes, all alike, with a name, in memory of just its size. */
static t2m_slot_exchange_t *make_exchange(apr_uint32_t size, apr_uint16_t also)
{
    static const char name[] = "GET /a";
    t2m_ring_record_t record = { .size = size, .file = 3, .stream = T2M_STREAM_ACCESS,
                                 .level = T2M_LEVEL_INFO, .time = 77, .value = 12345,
                                 .status = 200, .flags = T2M_FACT_EXCHANGE,
                                 .name_size = sizeof(name) - 1, .also = also };
    t2m_slot_exchange_t *exchange = malloc(sizeof(record) + size + record.name_size);

    memcpy(exchange, &record, sizeof(record));
    memset((char *)exchange + sizeof(record), 'e', size);
    memcpy((char *)exchange + sizeof(record) + size, name, record.name_size);
    return exchange;
}

static int push_exchange(t2m_slot_t *slot, apr_uint32_t size, apr_uint16_t also,
                         t2m_inflight_t *entry)
{
    t2m_slot_exchange_t *exchange = make_exchange(size, also);
    int pushed = t2m_slot_push_exchange(slot, exchange, entry);

    free(exchange);
    return pushed;
}

/* What of the header an exchange may change. */
static int counted(const t2m_slot_t *slot, const t2m_slot_header_t *before, int access,
                   int performance)
{
    t2m_slot_header_t now = *slot->header, want = *before;

    want.tail = now.tail;
    want.counting_tail = now.counting_tail;
    want.counting = now.counting;
    want.counting_also = now.counting_also;
    want.accepted[T2M_STREAM_ACCESS] += (apr_uint64_t)access;
    want.accepted[T2M_STREAM_PERFORMANCE] += (apr_uint64_t)performance;
    return memcmp(&now, &want, sizeof(now)) == 0;
}

static void exchanges_count(void)
{
    t2m_slot_t slot;
    t2m_slot_request_t request = { 0 };
    t2m_slot_header_t before;
    t2m_inflight_t *entry, *other;
    apr_uint64_t tail;

    (void)world_claim(&world, &slot);
    entry = t2m_slot_begin(&slot, &request);
    other = t2m_slot_begin(&slot, &request);
    before = *slot.header;
    tail = slot.tail;
    ok(push_exchange(&slot, 100, 4, entry) && counted(&slot, &before, 1, 1),
       "an exchange is a line of access and one of performance, and nothing else");
    ok(entry->busy == 0 && entry->position == tail + 1, "its entry is given back, and knows where");
    ok(slot.tail == tail + sizeof(t2m_ring_record_t) + 112 && slot.header->tail == slot.tail,
       "it takes the room of a record");
    before = *slot.header;
    ok(push_exchange(&slot, 100, T2M_FILE_NONE, other) && counted(&slot, &before, 1, 0),
       "without a file for the other line it is one");
    entry = t2m_slot_begin(&slot, &request);
    other = t2m_slot_begin(&slot, &request);
    before = *slot.header;
    before.begun_untracked++, before.ended_untracked++, before.begun++;
    ok(push_exchange(&slot, 1, 4, t2m_slot_begin(&slot, &request))
       && counted(&slot, &before, 1, 1), "it ends a request that found no entry");
    before = *slot.header;
    before.begun++;
    ok(push_exchange(&slot, 1, 4, NULL) && counted(&slot, &before, 1, 1),
       "and begins one that nobody saw begin");
    t2m_slot_end(&slot, entry);
    t2m_slot_end(&slot, other);
    give_up(&slot);
}

static void exchanges_come_back(void)
{
    t2m_slot_t slot;
    t2m_ring_record_t record;
    char copy[T2M_PACKED_EXCHANGE_MAX + 6];
    int i, wrong = 0;

    (void)world_claim(&world, &slot);
    for (i = 0; i < 200; i++) {
        apr_uint64_t position = slot.tail;
        apr_uint32_t size = (apr_uint32_t)(1 + i * 997 % T2M_PACKED_EXCHANGE_MAX);

        wrong += !push_exchange(&slot, size, (apr_uint16_t)i, NULL)
                 || t2m_slots_record(&slots, slot.index, position, slot.tail, &record) != slot.tail
                 || record.size != size || record.also != i || record.flags != T2M_FACT_EXCHANGE
                 || record.time != 77 || record.value != 12345 || record.name_size != 6;
        t2m_slots_copy(&slots, slot.index, position + sizeof(record), copy, size + 6);
        wrong += copy[0] != 'e' || memcmp(copy, copy + 1, size - 1) != 0
                 || memcmp(copy + size, "GET /a", 6) != 0;
        heads()[slot.index] = slot.tail;
    }
    is_number(wrong, 0, "exchanges over many turns of the ring come back as they were");
    give_up(&slot);
}

/* Takes so many bytes of the ring, a multiple of 8, from the head on. */
static void use(t2m_slot_t *slot, apr_uint64_t bytes)
{
    while (slot->tail - heads()[slot->index] < bytes) {
        apr_uint64_t left = bytes - (slot->tail - heads()[slot->index]);

        (void)push_exchange(slot, (apr_uint32_t)(left < 2000 ? left : 1000)
                                      - (apr_uint32_t)sizeof(t2m_ring_record_t) - 6,
                            T2M_FILE_NONE, NULL);
    }
}

static void exchanges_are_refused(void)
{
    const apr_uint64_t easy = 65536 / 100 * 70 / 8 * 8;
    const apr_uint32_t room = 200 - sizeof(t2m_ring_record_t) - 6;
    t2m_slot_t slot;
    t2m_slot_request_t request = { 0 };
    t2m_inflight_t *entry, kept;
    t2m_slot_header_t before;

    (void)world_claim(&world, &slot);
    use(&slot, easy - 200);
    entry = t2m_slot_begin(&slot, &request);
    before = *slot.header;
    kept = *entry;
    ok(!push_exchange(&slot, room + 1, 4, entry), "none that would fill more than the easy part");
    ok(memcmp(slot.header, &before, sizeof(before)) == 0
       && memcmp(entry, &kept, sizeof(kept)) == 0, "and nothing at all has happened");
    ok(push_exchange(&slot, room, 4, entry) && entry->busy == 0, "one that just fits is taken");
    ok(push_error(&slot) == APR_SUCCESS
       && !push_exchange(&slot, 1, 4, NULL), "there is room for errors, and none for the next");
    t2m_slot_marks(&slot, 0);
    use(&slot, 65536 - 200);
    before = *slot.header;
    ok(!push_exchange(&slot, room + 1, 4, NULL)
       && memcmp(slot.header, &before, sizeof(before)) == 0 && push_exchange(&slot, room, 4, NULL),
       "without marks all of the ring is easy");
    is_number((long)(slot.tail - heads()[slot.index]), 65536, "to its last byte");
    give_up(&slot);
    ok(!push_exchange(&slot, 1, 4, NULL), "without a slot there is none");
}

static void cannot_be_exchanges(void)
{
    static struct {
        t2m_ring_record_t record;
        char bytes[T2M_LINE_MAX + T2M_NAME_MAX + 2];
    } pushed;
    static const t2m_ring_record_t good = { .size = 10, .stream = T2M_STREAM_ACCESS,
                                            .level = T2M_LEVEL_INFO, .flags = T2M_FACT_EXCHANGE,
                                            .name_size = 6, .also = 4 };
    const t2m_slot_exchange_t *exchange = (const t2m_slot_exchange_t *)(const void *)&pushed;
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
        pushed.record = bad[i];
        pushes += t2m_slot_push_exchange(&slot, exchange, NULL);
    }
    ok(pushes == 0 && memcmp(slot.header, &before, sizeof(before)) == 0,
       "what cannot be a record is none, and nothing has happened");
    pushed.record = good;
    ok(t2m_slot_push_exchange(&slot, exchange, NULL), "what they were made of is one");
    give_up(&slot);
}

/* Killed at each step of the push, as the model (model.c) finds with the steps themselves. */
static void counts_the_last(void)
{
    t2m_slot_t slot;
    apr_uint64_t *accepted, access, performance;
    int i;

    for (i = 0; i < 3; i++) { /* no count stored; the first; both */
        (void)world_claim(&world, &slot);
        accepted = slot.header->accepted;
        access = accepted[T2M_STREAM_ACCESS];
        performance = accepted[T2M_STREAM_PERFORMANCE];
        (void)push_exchange(&slot, 100, 4, NULL);
        accepted[T2M_STREAM_ACCESS] -= i == 0;
        accepted[T2M_STREAM_PERFORMANCE] -= i < 2;
        give_up(&slot);
        (void)world_claim(&world, &slot);
        accepted = slot.header->accepted;
        ok(accepted[T2M_STREAM_ACCESS] == access + 1
           && accepted[T2M_STREAM_PERFORMANCE] == performance + 1,
           "killed with %d of its counts stored: both are put right", i);
        (void)push_exchange(&slot, 100, T2M_FILE_NONE, NULL);
        accepted[T2M_STREAM_ACCESS] -= 1;
        give_up(&slot);
        (void)world_claim(&world, &slot);
        accepted = slot.header->accepted;
        ok(accepted[T2M_STREAM_ACCESS] == access + 2
           && accepted[T2M_STREAM_PERFORMANCE] == performance + 1, "or the one there is");
        give_up(&slot);
    }
}

int main(void)
{
    world_make(&world, 2);
    if (t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS) {
        return 1;
    }
    exchanges_count();
    exchanges_come_back();
    exchanges_are_refused();
    cannot_be_exchanges();
    counts_the_last();
    return tap_done();
}
