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

/* Tests modules/shared/slots.c: the writer's view, on memory that a hostile process has changed.
 * Seen to fail: with an exchange taken for a record of any stream or of none, with other facts
 * refused; with each of the checks of twins and of states left out or one off; with a count put
 * right that nobody published, with one of an exchange's two lost or made up, with one put
 * beyond those of the streams. */
#include "shared/slots.h"

#include <unistd.h>

#include "core/encode.h"
#include "core/group_state.h"
#include "shared/world.h"
#include "tap.h"

static world_t world;
static t2m_slots_t slots;

static t2m_slot_header_t *header_of(apr_uint32_t index)
{
    return (t2m_slot_header_t *)(slots.memory + slots.map.slots + index * slots.map.slot_size);
}

static void tails(void)
{
    header_of(1)->tail = 64;
    is_number((long)t2m_slots_tail(&slots, 1, 0), 64, "a tail within the ring is believed");
    header_of(1)->tail = 65536 + 8;
    is_number((long)t2m_slots_tail(&slots, 1, 0), 0, "one beyond it is not");
    header_of(1)->tail = 61;
    is_number((long)t2m_slots_tail(&slots, 1, 0), 0, "nor one that is not aligned");
    header_of(1)->tail = 8;
    is_number((long)t2m_slots_tail(&slots, 1, 64), 64, "nor one behind the head");
    header_of(1)->tail = ~0ULL;
    is_number((long)t2m_slots_tail(&slots, 1, 64), 64, "nor the largest number");
}

static void spoiled_tails(void)
{
    header_of(1)->tail = 65536;
    ok(!t2m_slots_check(&slots, 1, 0), "a full ring is not spoiled");
    header_of(1)->tail = 0;
    ok(!t2m_slots_check(&slots, 1, 0), "nor an empty one");
    header_of(1)->tail = 65544;
    ok(t2m_slots_check(&slots, 1, 0), "a tail beyond it is");
    header_of(1)->tail = (apr_uint64_t)1 << 63;
    ok(t2m_slots_check(&slots, 1, 0), "or half the numbers away");
    header_of(1)->tail = 4;
    ok(t2m_slots_check(&slots, 1, 0), "or between two words");
    header_of(1)->tail = 56;
    ok(t2m_slots_check(&slots, 1, 64), "or behind the head");
    header_of(1)->tail = 0;
    is_number((long)t2m_slots_tail(&slots, 1, ~(apr_uint64_t)7), 0, "a tail may be past 2^64");
    ok(!t2m_slots_check(&slots, 1, ~(apr_uint64_t)7), "and is none the worse for it");
}

static void drops(void)
{
    apr_uint64_t before[T2M_DROPS] = { 0 }, now[T2M_DROPS];

    header_of(1)->dropped[3] = 2;
    ok(!t2m_slots_dropped(&slots, 1, before, now), "drops are read");
    ok(now[3] == 2 && now[2] == 0, "by stream and reason");
    header_of(1)->dropped[3] = ~(apr_uint64_t)0;
    before[3] = 2;
    ok(t2m_slots_dropped(&slots, 1, before, now), "a number that cannot be says who is spoiled");
    is_number((long)now[3], 2, "and is not believed");
    header_of(1)->dropped[3] = 1;
    ok(t2m_slots_dropped(&slots, 1, before, now), "so does one that went back");
    is_number((long)now[3], 2, "and is not believed either");
    header_of(1)->dropped[4] = 5;
    header_of(1)->tail = 12345;
    t2m_slots_mend(&slots, 1, 64, before);
    ok(!t2m_slots_dropped(&slots, 1, before, now) && now[3] == 2 && now[4] == 0,
       "mended, all are as they were seen, also what could be");
    ok(!t2m_slots_check(&slots, 1, 64) && header_of(1)->tail == 64, "and so is the tail");
    t2m_slots_free(&slots, 1, 0);
    is_number((long)header_of(1)->accepted[0], 0, "which counts no record");
    header_of(1)->tail = 0;
}

static void crashes(void)
{
    t2m_crash_t *crash = &header_of(1)->crash, copy;
    int i, ended = 0;

    memset(crash, 0xff, sizeof(*crash));
    t2m_slots_crash(&slots, 1, &copy);
    ok(copy.signal == 0 && copy.entry == 0 && copy.frame_count == T2M_CRASH_FRAMES,
       "numbers of a crash are bounded");
    for (i = 0; i < T2M_CRASH_FRAMES; i++) {
        ended += memchr(copy.frames[i], '\0', sizeof(copy.frames[i])) != NULL;
    }
    is_number(ended, T2M_CRASH_FRAMES, "and its texts");
    crash->signal = T2M_SIGNAL_MAX;
    crash->entry = slots.geometry.inflight_count;
    crash->frame_count = 1;
    crash->time = 77;
    memcpy(crash->frames[0], "libc.so.6+0x10", 15);
    t2m_slots_crash(&slots, 1, &copy);
    ok(copy.signal == T2M_SIGNAL_MAX && copy.entry == slots.geometry.inflight_count
       && copy.frame_count == 1 && copy.time == 77
       && strcmp(copy.frames[0], "libc.so.6+0x10") == 0, "one that can be is taken as it is");
    memset(crash, 0, sizeof(*crash));
}

static void ends(void)
{
    apr_uint64_t *end = (apr_uint64_t *)(slots.memory + slots.map.ends) + 1;
    int signal = -1;

    *end = T2M_END_WORD(4711, 65);
    ok(t2m_slots_end(&slots, 1, 4711, &signal) && signal == 0, "no signal has that number");
    *end = T2M_END_WORD(4711, 64);
    ok(t2m_slots_end(&slots, 1, 4711 | T2M_OWNER_STOPPED, &signal) && signal == 64,
       "the last that has one; stopped or not");
    *end &= ~T2M_END_KNOWN;
    ok(!t2m_slots_end(&slots, 1, 4711, &signal) && signal == 0, "nothing is known");
    *end = 0;
}

/* What the owner of slot 1 leaves when it is killed: counts, and what they are to be. */
static int freed(apr_uint64_t tail, apr_uint64_t counting_tail, apr_uint64_t counting,
                 apr_uint64_t access, apr_uint64_t performance)
{
    t2m_slot_header_t *header = header_of(1);

    header->tail = tail;
    header->counting_tail = counting_tail;
    header->counting = counting;
    header->counting_also = 21;
    header->accepted[T2M_STREAM_ACCESS] = 10;
    header->accepted[T2M_STREAM_PERFORMANCE] = 20;
    t2m_slots_free(&slots, 1, 0);
    return header->accepted[T2M_STREAM_ACCESS] == access
           && header->accepted[T2M_STREAM_PERFORMANCE] == performance;
}

static void counts_of_the_last(void)
{
    const apr_uint64_t both = T2M_COUNTING((apr_uint64_t)11, T2M_STREAM_ACCESS, 1);
    const apr_uint64_t one = T2M_COUNTING((apr_uint64_t)11, T2M_STREAM_ACCESS, 0);
    t2m_slot_header_t before;
    int i, changed = 0;

    ok(freed(64, 64, both, 11, 21), "a published exchange is counted twice");
    ok(freed(64, 64, one, 11, 20), "one with a single line once");
    ok(freed(64, 128, both, 10, 20), "one that is not published not at all");
    ok(freed(64, 64, T2M_COUNTING((apr_uint64_t)21, T2M_STREAM_PERFORMANCE, 0), 10, 21),
       "a line of another stream is counted there");
    before = *header_of(1);
    (void)freed(64, 64, ~(apr_uint64_t)0, 0, 0);
    for (i = 0; i < T2M_STREAM_COUNT; i++) {
        changed += header_of(1)->accepted[i] != before.accepted[i];
    }
    ok(changed <= 3 && header_of(1)->begun == before.begun
       && memcmp(header_of(1)->dropped, before.dropped, sizeof(before.dropped)) == 0,
       "whatever stands there, no other count changes");
    memset(header_of(1)->accepted, 0, sizeof(before.accepted));
    header_of(1)->tail = header_of(1)->counting_tail = header_of(1)->counting = 0;
}

static void copies_of_headers(void)
{
    t2m_slot_header_t copy;

    header_of(1)->begun = 7;
    header_of(1)->waited = 8;
    header_of(1)->crash.signal = 11;
    t2m_slots_header(&slots, 1, &copy);
    ok(copy.begun == 7 && copy.waited == 8 && copy.crash.signal == 0,
       "a header's copy has its counts and no crash");
    header_of(1)->crash.signal = 0;
}

static apr_uint64_t read_record(t2m_ring_record_t record, apr_uint64_t end)
{
    t2m_ring_record_t copy;

    memcpy((char *)header_of(1) + slots.map.ring, &record, sizeof(record));
    return t2m_slots_record(&slots, 1, 0, end, &copy);
}

/* An exchange is the access line's record. */
static void exchange_records(t2m_ring_record_t record)
{
    int stream, taken = 0;

    record.flags = T2M_FACT_EXCHANGE | T2M_FACT_SLOW;
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        record.stream = (unsigned char)stream;
        taken += read_record(record, 1024) != 0;
    }
    is_number(taken, 1, "an exchange is a record of one stream alone");
    record.stream = T2M_STREAM_ACCESS;
    record.also = T2M_FILE_NONE;
    is_number((long)read_record(record, 1024), sizeof(record) + 16, "which is access");
    record.flags = 0xff & ~(T2M_FACT_EXCHANGE | T2M_FACT_TWIN | T2M_FACT_STATE);
    record.stream = T2M_STREAM_SECURITY;
    is_number((long)read_record(record, 1024), sizeof(record) + 16, "other facts are for all");
}

/* In how many streams the record can be; *stream is the last of them. */
static int streams_of(t2m_ring_record_t record, int *stream)
{
    int i, taken = 0;

    for (i = 0; i < T2M_STREAM_COUNT; i++) {
        record.stream = (unsigned char)i;
        if (read_record(record, 1024)) {
            *stream = i;
            taken++;
        }
    }
    return taken;
}

static void twin_records(void)
{
    const t2m_ring_record_t good = { .size = 10, .split = 4, .stream = T2M_STREAM_APP,
                                     .level = T2M_LEVEL_ERROR, .flags = T2M_FACT_TWIN,
                                     .name_size = T2M_FINGERPRINT_SIZE };
    t2m_ring_record_t twin = good;
    int stream = -1;

    is_number((long)read_record(good, 1024), sizeof(good) + 24, "a twin is a record");
    ok(streams_of(good, &stream) == 1 && stream == T2M_STREAM_APP, "of the stream app alone");
    twin.split = 0;
    is_number((long)read_record(twin, 1024), 0, "its first line is not empty");
    twin.split = 1;
    ok(read_record(twin, 1024) != 0, "but may be short");
    twin.split = 10;
    is_number((long)read_record(twin, 1024), 0, "nor is its second");
    twin.split = 0xffff;
    is_number((long)read_record(twin, 1024), 0, "and neither ends behind it");
    twin.split = 9;
    ok(read_record(twin, 1024) != 0, "that may be short too");
    twin.size = 0;
    is_number((long)read_record(twin, 1024), 0, "there is none without lines");
    twin = good;
    twin.name_size--;
    is_number((long)read_record(twin, 1024), 0, "none whose group is not whole");
    twin.name_size = T2M_NAME_MAX;
    ok(read_record(twin, 1024) != 0, "the server may have a name");
    twin.flags |= T2M_FACT_EXCHANGE;
    is_number(streams_of(twin, &stream), 0, "none is an exchange");
    twin.flags = T2M_FACT_TWIN | T2M_FACT_STATE;
    is_number(streams_of(twin, &stream), 0, "or a state");
}

static void state_records(void)
{
    const t2m_ring_record_t good = { .stream = T2M_STREAM_ERRORS, .level = T2M_LEVEL_INFO,
                                     .flags = T2M_FACT_STATE,
                                     .name_size = T2M_FINGERPRINT_SIZE
                                                + sizeof(t2m_group_state_t) };
    t2m_ring_record_t state = good;
    int stream = -1;

    is_number((long)read_record(good, 1024),
              (long)((sizeof(good) + good.name_size + 7) / 8 * 8), "a state is a record");
    ok(streams_of(good, &stream) == 1 && stream == T2M_STREAM_ERRORS, "of the stream errors alone");
    state.size = 1;
    is_number((long)read_record(state, 1024), 0, "without a line");
    state = good;
    state.name_size--;
    is_number((long)read_record(state, 1024), 0, "with all of the state");
    state.name_size += 2;
    is_number((long)read_record(state, 1024), 0, "and no more than that");
    state = good;
    state.flags |= T2M_FACT_EXCHANGE;
    is_number(streams_of(state, &stream), 0, "none is an exchange");
}

static void records(void)
{
    t2m_ring_record_t good = { .size = 10, .stream = T2M_STREAM_APP, .level = T2M_LEVEL_INFO,
                               .time = 1 }, bad;

    is_number((long)read_record(good, 1024), 48, "a record ends on the next eighth byte");
    is_number((long)read_record(good, 48), 48, "also at the very end");
    is_number((long)read_record(good, 40), 0, "not beyond it");
    is_number((long)read_record(good, 24), 0, "not even its header");
    bad = good, bad.name_size = 7;
    is_number((long)read_record(bad, 1024), 56, "a name stands behind the line");
    is_number((long)read_record(bad, 48), 0, "and is not read beyond the end");
    bad = good, bad.size = 0, bad.name_size = T2M_NAME_MAX;
    is_number((long)read_record(bad, 1024), 160, "a name without a line counts only");
    bad.name_size = T2M_NAME_MAX + 1;
    is_number((long)read_record(bad, 1024), 0, "but no longer a name");
    bad = good, bad.size = 0;
    is_number((long)read_record(bad, 1024), 0, "size 0 without a name is none");
    bad.size = T2M_LINE_MAX + 1;
    is_number((long)read_record(bad, 65536), 0, "nor too large a size");
    bad.size = ~0U;
    is_number((long)read_record(bad, 65536), 0, "nor the largest");
    bad = good, bad.stream = T2M_STREAM_COUNT;
    is_number((long)read_record(bad, 1024), 0, "nor an unknown stream");
    bad = good, bad.level = T2M_LEVEL_COUNT;
    is_number((long)read_record(bad, 1024), 0, "nor an unknown level");
    exchange_records(good);
    twin_records();
    state_records();
}

static void entries(void)
{
    t2m_inflight_t *entry = (t2m_inflight_t *)((char *)header_of(1) + slots.map.inflight), copy;
    apr_int64_t ending = 0;

    memset(entry, 0xff, sizeof(*entry));
    ok(!t2m_slots_inflight(&slots, 1, 0, 0, &copy), "a senseless state is no request");
    entry->busy = 1;
    ok(t2m_slots_inflight(&slots, 1, 0, 0, &copy), "a busy one is");
    ok(copy.id_size <= sizeof(copy.id) && copy.method_size <= sizeof(copy.method)
       && copy.path_size <= sizeof(copy.path) && copy.ip_size <= sizeof(copy.ip)
       && copy.vhost_size <= sizeof(copy.vhost)
       && copy.user_agent_size <= sizeof(copy.user_agent), "with sizes that stay inside");
    entry->ending = 5;
    ok(t2m_slots_busy(&slots, 1, 0, 0, &ending) && ending == 5, "also for who only asks");
    entry->position = 8 + 1;
    ok(!t2m_slots_busy(&slots, 1, 0, 16, &ending) && t2m_slots_busy(&slots, 1, 0, 8, &ending),
       "where its line is");
    entry->busy = 2;
    ok(!t2m_slots_busy(&slots, 1, 0, 8, &ending), "not while it is filled");
    entry->busy = 1;
    ok(!t2m_slots_inflight(&slots, 1, 0, 16, &copy), "its line below the tail: logged already");
    ok(t2m_slots_inflight(&slots, 1, 0, 8, &copy), "at the tail: not");
}

static void spoiled_entries(void)
{
    t2m_inflight_t *entry = (t2m_inflight_t *)((char *)header_of(1) + slots.map.inflight);
    unsigned char *const sizes[] = { &entry->id_size, &entry->method_size, &entry->path_size,
                                     &entry->ip_size, &entry->vhost_size,
                                     &entry->user_agent_size };
    static const unsigned char rooms[] = { sizeof(entry->id), sizeof(entry->method),
                                           sizeof(entry->path), sizeof(entry->ip),
                                           sizeof(entry->vhost), sizeof(entry->user_agent) };
    int i, seen = 0, whole = 0;

    memset(entry, 0, sizeof(*entry));
    for (i = 0; i < 6; i++) {
        *sizes[i] = rooms[i];
        whole += !t2m_slots_entry_check(&slots, 1, 0, 0);
        *sizes[i] = (unsigned char)(rooms[i] + 1);
        seen += t2m_slots_entry_check(&slots, 1, 0, 0);
        *sizes[i] = 0;
    }
    ok(whole == 6 && seen == 6, "a text longer than its room spoils an entry");
    entry->busy = 2;
    ok(!t2m_slots_entry_check(&slots, 1, 0, 0), "being filled is a state");
    entry->busy = 3;
    ok(t2m_slots_entry_check(&slots, 1, 0, 0), "there is no further one");
    entry->busy = 1;
    entry->position = 65536 - 8 + 1;
    ok(!t2m_slots_entry_check(&slots, 1, 0, 0), "a record may begin anywhere in the ring");
    entry->position = 65536 + 8 + 1;
    ok(t2m_slots_entry_check(&slots, 1, 0, 0), "not beyond it");
    entry->position = 8;
    ok(t2m_slots_entry_check(&slots, 1, 0, 0), "nor between two words");
    memset(entry, 0, sizeof(*entry));
}

static void headers(void)
{
    t2m_slots_header_t *header = world.slots_memory;
    t2m_slots_t other;

    header->version++;
    is_number(t2m_slots_attach(&other, world.slots_fd), APR_EINVAL, "another version is refused");
    header->version--;
    header->geometry.slot_count += 1000;
    is_number(t2m_slots_attach(&other, world.slots_fd), APR_EINVAL, "sizes that do not fit too");
    header->geometry.slot_count = 0;
    is_number(t2m_slots_attach(&other, world.slots_fd), APR_EINVAL, "and impossible ones");
    header->geometry.slot_count = world.geometry.slot_count;
    header->magic = 0;
    is_number(t2m_slots_attach(&other, world.slots_fd), APR_EINVAL, "and no memory of ours");
    ok(t2m_slots_attach(&other, -1) != APR_SUCCESS, "and what is no memory at all");
    header->magic = T2M_SLOTS_MAGIC;
}

int main(void)
{
    world_make(&world, 2);
    is_number(t2m_slots_attach(&slots, world.slots_fd), APR_SUCCESS, "the memory is attached");
    tails();
    spoiled_tails();
    drops();
    crashes();
    ends();
    counts_of_the_last();
    copies_of_headers();
    records();
    entries();
    spoiled_entries();
    headers();
    return tap_done();
}
