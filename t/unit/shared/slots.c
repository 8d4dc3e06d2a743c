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

/* Tests modules/shared/slots.c: the writer's view, on memory that a hostile process has changed. */
#include "shared/slots.h"

#include <unistd.h>

#include "core/encode.h"
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

static void drops(void)
{
    apr_uint64_t before[T2M_DROPS] = { 0 }, now[T2M_DROPS];

    header_of(1)->dropped[3] = 2;
    t2m_slots_dropped(&slots, 1, before, now);
    ok(now[3] == 2 && now[2] == 0, "drops are read by stream and reason");
    header_of(1)->dropped[3] = ~(apr_uint64_t)0;
    before[3] = 2;
    t2m_slots_dropped(&slots, 1, before, now);
    is_number((long)now[3], 2, "a number that cannot be is not believed");
    header_of(1)->dropped[3] = 1;
    t2m_slots_dropped(&slots, 1, before, now);
    is_number((long)now[3], 2, "nor one that went back");
}

static apr_uint64_t read_record(t2m_ring_record_t record, apr_uint64_t end)
{
    t2m_ring_record_t copy;

    memcpy((char *)header_of(1) + slots.map.ring, &record, sizeof(record));
    return t2m_slots_record(&slots, 1, 0, end, &copy);
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
}

static void entries(void)
{
    t2m_inflight_t *entry = (t2m_inflight_t *)((char *)header_of(1) + slots.map.inflight), copy;

    memset(entry, 0xff, sizeof(*entry));
    ok(!t2m_slots_inflight(&slots, 1, 0, 0, &copy), "a senseless state is no request");
    entry->busy = 1;
    ok(t2m_slots_inflight(&slots, 1, 0, 0, &copy), "a busy one is");
    ok(copy.id_size <= sizeof(copy.id) && copy.method_size <= sizeof(copy.method)
       && copy.path_size <= sizeof(copy.path) && copy.ip_size <= sizeof(copy.ip)
       && copy.vhost_size <= sizeof(copy.vhost)
       && copy.user_agent_size <= sizeof(copy.user_agent), "with sizes that stay inside");
    entry->position = 8 + 1;
    ok(!t2m_slots_inflight(&slots, 1, 0, 16, &copy), "its line below the tail: logged already");
    ok(t2m_slots_inflight(&slots, 1, 0, 8, &copy), "at the tail: not");
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
    drops();
    records();
    entries();
    headers();
    return tap_done();
}
