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

/* Tests the writer's side of modules/shared/suppressed.c on memory that a hostile process has
 * changed; all else is tested in suppressed.c. Seen to fail: without each of the checks
 * and bounds of t2m_suppressed_counts and t2m_suppressed_entry; without the total in the
 * mending. */
#include "shared/suppressed.h"

#include "shared/world.h"
#include "tap.h"

enum { COUNTS = T2M_SUPPRESSED + 1, TOTAL = T2M_SUPPRESSED };

static world_t world;
static t2m_slots_t slots;
static apr_uint64_t before[COUNTS], now[COUNTS];

static t2m_slot_header_t *header_of(apr_uint32_t index)
{
    return (t2m_slot_header_t *)(slots.memory + slots.map.slots + index * slots.map.slot_size);
}

static t2m_suppressed_t *table_of(apr_uint32_t index)
{
    return (t2m_suppressed_t *)((char *)header_of(index) + slots.map.suppressed);
}

static void renew(void)
{
    memset(header_of(1), 0, slots.map.ring);
    memset(before, 0, sizeof(before));
    memset(now, 0xaa, sizeof(now));
}

/* All that was read but one entry's count is as before. */
static int is_all_but(unsigned entry)
{
    unsigned i;

    for (i = 0; i < T2M_SUPPRESSED; i++) {
        if (i != entry && now[i] != before[i]) {
            return 0;
        }
    }
    return 1;
}

static void totals(void)
{
    renew();
    ok(!t2m_suppressed_counts(&slots, 1, before, now) && memcmp(now, before, sizeof(now)) == 0,
       "an empty table has no counts");
    table_of(1)[3].count = 5;
    table_of(2)[4].count = 6;
    ok(!t2m_suppressed_counts(&slots, 1, before, now) && memcmp(now, before, sizeof(now)) == 0,
       "an even total that has not changed says that nothing has");
    header_of(1)->suppressed = 10;
    ok(!t2m_suppressed_counts(&slots, 1, before, now) && now[3] == 5 && now[TOTAL] == 10
       && is_all_but(3), "one that has says: look");
    memcpy(before, now, sizeof(before));
    table_of(1)[T2M_SUPPRESSED - 1].count = 7;
    ok(!t2m_suppressed_counts(&slots, 1, before, now) && is_all_but(T2M_SUPPRESSED),
       "seen once, not again");
    header_of(1)->suppressed = before[TOTAL] = 11;
    ok(!t2m_suppressed_counts(&slots, 1, before, now) && now[T2M_SUPPRESSED - 1] == 7
       && now[TOTAL] == 11 && is_all_but(T2M_SUPPRESSED - 1), "an odd one always says: look");
    header_of(1)->suppressed = 4;
    ok(!t2m_suppressed_counts(&slots, 1, before, now) && now[T2M_SUPPRESSED - 1] == 7
       && now[TOTAL] == 4, "also one that went back");
}

/* What the table says of an entry that was 1000. */
static int count_is(apr_uint64_t count, apr_uint64_t change, apr_uint64_t want, int spoiled)
{
    renew();
    before[3] = 1000;
    header_of(1)->suppressed = 2;
    table_of(1)[3].count = count;
    table_of(1)[3].change = change;
    table_of(1)[8].count = 1;
    return t2m_suppressed_counts(&slots, 1, before, now) == spoiled && now[3] == want
        && now[8] == 1;
}

static void counts(void)
{
    const apr_uint64_t much = 0xffffffff;

    ok(count_is(1001, 0, 1001, 0), "a count that grew is taken");
    ok(count_is(1000 + much, 2, 1000 + much, 0), "by up to 2^32 - 1");
    ok(count_is(1000 + much + 2, 0, 1000, 1), "more than 2^32 is not believed, nor its process");
    ok(count_is(999, 0, 1000, 1), "one that went back neither");
    ok(count_is(~(apr_uint64_t)0, 0, 1000, 1), "nor the largest number");
    ok(count_is(0, 0, 1000, 1), "nor none");
    ok(count_is(1001, 1, 1000, 0), "one of an entry that is being given away is as before");
    ok(count_is(1001, ~(apr_uint64_t)0, 1000, 0), "however often it was");
    ok(count_is(1, 1, 1000, 1), "and does not go back meanwhile");
}

static t2m_suppressed_t honest_entry(void)
{
    t2m_suppressed_t entry = { .count = 1, .last = 7, .change = 2, .level = T2M_LEVEL_WARNING,
                               .has_app = 1, .endpoint_size = 6, .vhost_size = 3 };

    memcpy(entry.id, "0123456789af", sizeof(entry.id));
    memcpy(entry.endpoint, "GET /a", 6);
    memcpy(entry.vhost, "a.b", 3);
    entry.clients.registers[5] = 200;
    return entry;
}

/* Reads it as entry 31, the last. */
static int read_entry(const t2m_suppressed_t *entry, t2m_suppressed_t *copy)
{
    table_of(1)[T2M_SUPPRESSED - 1] = *entry;
    memset(copy, 0xaa, sizeof(*copy));
    return t2m_suppressed_entry(&slots, 1, T2M_SUPPRESSED - 1, copy);
}

static void ids(void)
{
    static const char bad[] = { '\0', '/', ':', '`', 'g', 'A', 'F', ' ', '\xff' };
    t2m_suppressed_t entry = honest_entry(), copy;
    unsigned i, at, taken = 0;

    renew();
    ok(read_entry(&entry, &copy) && memcmp(&copy, &entry, sizeof(copy)) == 0,
       "an honest entry is copied as it is");
    for (i = 0; i < sizeof(bad); i++) {
        for (at = 0; at < T2M_FINGERPRINT_SIZE; at++) {
            entry = honest_entry();
            entry.id[at] = bad[i];
            taken += (unsigned)read_entry(&entry, &copy);
        }
    }
    is_number(taken, 0, "an id that is none anywhere is no entry");
    entry = honest_entry();
    entry.change = 3;
    ok(!read_entry(&entry, &copy), "nor is what is being given away");
}

static void numbers(void)
{
    t2m_suppressed_t entry = honest_entry(), copy;

    renew();
    entry.level = T2M_LEVEL_COUNT - 1;
    ok(read_entry(&entry, &copy) && copy.level == T2M_LEVEL_COUNT - 1, "the highest level");
    entry.level = T2M_LEVEL_COUNT;
    ok(read_entry(&entry, &copy) && copy.level == T2M_LEVEL_ERROR, "there is no higher one");
    entry.has_app = 0x80;
    ok(read_entry(&entry, &copy) && copy.has_app == 1, "has_app is 1 or 0");
    entry = honest_entry();
    entry.endpoint_size = T2M_SUPPRESSED_ENDPOINT;
    entry.vhost_size = T2M_SUPPRESSED_VHOST;
    memset(entry.endpoint, 'e', sizeof(entry.endpoint));
    memset(entry.vhost, 'v', sizeof(entry.vhost));
    ok(read_entry(&entry, &copy) && memcmp(&copy, &entry, sizeof(copy)) == 0, "texts of full size");
    entry.endpoint_size++;
    ok(read_entry(&entry, &copy) && copy.endpoint_size == 0
       && copy.vhost_size == T2M_SUPPRESSED_VHOST, "one longer than its room is none");
    entry.endpoint_size = entry.vhost_size = T2M_SUPPRESSED_VHOST + 1;
    ok(read_entry(&entry, &copy) && copy.endpoint_size == T2M_SUPPRESSED_VHOST + 1
       && copy.vhost_size == 0, "each by its own");
    entry.endpoint_size = entry.vhost_size = 255;
    ok(read_entry(&entry, &copy) && copy.endpoint_size == 0 && copy.vhost_size == 0, "both");
}

/* Whether a text of 4 bytes is taken, as endpoint and as server alike; -1: not alike. */
static int takes_text(const char *text)
{
    t2m_suppressed_t entry = honest_entry(), copy;
    int as_endpoint, as_vhost;

    entry.endpoint_size = 4;
    memcpy(entry.endpoint, text, 4);
    as_endpoint = read_entry(&entry, &copy) && copy.vhost_size == 3 ? copy.endpoint_size : -1;
    entry = honest_entry();
    entry.vhost_size = 4;
    memcpy(entry.vhost, text, 4);
    as_vhost = read_entry(&entry, &copy) && copy.endpoint_size == 6 ? copy.vhost_size : -1;
    return as_endpoint == as_vhost ? as_endpoint : -1;
}

static void texts(void)
{
    renew();
    is_number(takes_text("a \xc3\xa9"), 4, "a text is UTF-8");
    is_number(takes_text("ab\xc3\x28"), 0, "or none");
    is_number(takes_text("abc\xc3"), 0, "nor is half a character");
    is_number(takes_text("abc\n"), 0, "without the end of a line");
    is_number(takes_text("\x1b[2J"), 0, "or what a terminal obeys");
    is_number(takes_text("ab\x7f" "c"), 0, "or DEL");
    is_number(takes_text("\0abc"), 0, "or NUL");
    is_number(takes_text(" ~\x21" "a"), 4, "what is beside these is a text");
}

static void mends(void)
{
    apr_uint64_t mended[COUNTS], other;
    t2m_suppressed_t copy;
    unsigned i, readable = 0;

    renew();
    for (i = 0; i < COUNTS; i++) {
        mended[i] = 100 + i;
    }
    memset(table_of(1), 0xff, T2M_SUPPRESSED * sizeof(t2m_suppressed_t));
    memset(table_of(1)[3].id, 'a', T2M_FINGERPRINT_SIZE);
    table_of(1)[3].change = 4;
    header_of(1)->suppressed = ~(apr_uint64_t)0;
    ok(t2m_suppressed_counts(&slots, 1, mended, now), "a spoiled table is noticed");
    other = table_of(2)[4].count;
    t2m_suppressed_mend(&slots, 1, mended);
    ok(!t2m_suppressed_counts(&slots, 1, mended, now) && memcmp(now, mended, sizeof(now)) == 0
       && header_of(1)->suppressed == mended[TOTAL], "mended, all counts are as they were seen");
    header_of(1)->suppressed++;
    ok(!t2m_suppressed_counts(&slots, 1, mended, now)
       && memcmp(now, mended, T2M_SUPPRESSED * sizeof(*now)) == 0, "also when they are looked at");
    for (i = 0; i < T2M_SUPPRESSED; i++) {
        readable += t2m_suppressed_entry(&slots, 1, i, &copy) != 0;
    }
    is_number(readable, 0, "and nothing else is left");
    ok(table_of(2)[4].count == other && other == 6, "and no other slot's");
}

/* Whatever its last owner left, whoever gets the slot counts in it. */
static void is_had_again(void)
{
    t2m_suppression_t one = { .id = "0123456789ab", .endpoint = t2m_text("GET /"),
                              .level = T2M_LEVEL_ERROR };
    t2m_board_t board;
    t2m_suppressed_t copy;
    t2m_slot_t slot;
    unsigned i, entries = 0;

    (void)t2m_board_attach(&board, world.board_fd, &world.geometry, 1, 1);
    memset(table_of(1), 0xff, T2M_SUPPRESSED * sizeof(t2m_suppressed_t));
    t2m_suppressed_mend(&slots, 1, board.suppressed + COUNTS);
    (void)world_claim(&world, &slot);
    for (i = 0; i < T2M_SUPPRESSED; i++) {
        char id[] = "0123456789ab";

        id[0] = (char)('0' + i % 10);
        id[1] = (char)('0' + i / 10);
        one.id = id;
        entries += slot.index == 1 && t2m_suppressed_count(&slot, &one)
                   && t2m_suppressed_entry(&slots, 1, i, &copy) && copy.count == 1
                   && memcmp(copy.id, id, sizeof(copy.id)) == 0;
    }
    is_number(entries, T2M_SUPPRESSED, "the next owner has every entry");
    t2m_slot_release(&slot);
    t2m_board_detach(&board);
}

int main(void)
{
    world_make(&world, 3);
    if (t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS) {
        return 1;
    }
    totals();
    counts();
    ids();
    numbers();
    texts();
    mends();
    is_had_again();
    return tap_done();
}
