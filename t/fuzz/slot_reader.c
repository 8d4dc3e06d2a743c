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

/* Any bytes as the memory of a slot that a process has spoiled. The first 16 bytes are two numbers:
 * the writer's head and how far from it the tail is; then come patches: where (3 bytes, an offset
 * in the slot), how many bytes (1), the bytes. Whatever they make of the slot, the reader says
 * nothing that is out of bounds and ends. */
#include "shared/slots.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { INFLIGHT = 3 };

static const t2m_geometry_t geometry = { 2, INFLIGHT, 65536 };
static t2m_slots_t slots;
static unsigned char *line; /* exactly as large as the longest */

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

/* The slot read is the last: behind it there is no memory. */
static void make(void)
{
    slots.geometry = geometry;
    t2m_slots_map(&slots.geometry, &slots.map);
    slots.memory = malloc(slots.map.size);
    line = malloc(T2M_LINE_MAX);
    require(slots.memory && line);
}

static unsigned char *slot_memory(void)
{
    return slots.memory + slots.map.slots + slots.map.slot_size;
}

static apr_uint64_t word(const uint8_t *bytes)
{
    apr_uint64_t value;

    memcpy(&value, bytes, sizeof(value));
    return value;
}

static void patch(const uint8_t *data, size_t size)
{
    while (size > 4) {
        size_t at = ((size_t)data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16)
                  % (size_t)slots.map.slot_size;
        size_t count = data[3];

        data += 4, size -= 4;
        count = count < size ? count : size;
        count = count < slots.map.slot_size - at ? count : slots.map.slot_size - at;
        memcpy(slot_memory() + at, data, count);
        data += count, size -= count;
    }
}

static void read_record(const t2m_ring_record_t *record, apr_uint64_t position)
{
    require(record->size <= T2M_LINE_MAX && record->name_size <= T2M_NAME_MAX);
    require(record->size + record->name_size > 0);
    require(record->stream < T2M_STREAM_COUNT && record->level < T2M_LEVEL_COUNT);
    t2m_slots_copy(&slots, 1, position + sizeof(*record), line, record->size);
    t2m_slots_copy(&slots, 1, position + sizeof(*record) + record->size, line, record->name_size);
}

static void read_ring(apr_uint64_t head)
{
    apr_uint64_t tail = t2m_slots_tail(&slots, 1, head), position = head;
    apr_uint64_t left = geometry.ring_size / sizeof(t2m_ring_record_t);
    int spoiled = t2m_slots_check(&slots, 1, head);

    require(tail - head <= geometry.ring_size && tail % T2M_RECORD_ALIGN == 0);
    require(!spoiled || tail == head);
    while (position != tail) {
        t2m_ring_record_t record;
        apr_uint64_t next = t2m_slots_record(&slots, 1, position, tail, &record);

        if (next == 0) {
            return;
        }
        require(left-- > 0 && next - position >= sizeof(record) && tail - next <= tail - position);
        read_record(&record, position);
        position = next;
    }
}

static void read_entry(apr_uint32_t entry, apr_uint64_t head)
{
    t2m_inflight_t *copy = malloc(sizeof(*copy));
    apr_int64_t ending = 0;
    int busy = t2m_slots_busy(&slots, 1, entry, head, &ending);
    int check = t2m_slots_entry_check(&slots, 1, entry, head);

    require(copy != NULL);
    require((t2m_slots_inflight(&slots, 1, entry, head, copy) != 0) == (busy != 0));
    if (busy) {
        require(copy->id_size <= sizeof(copy->id) && copy->method_size <= sizeof(copy->method));
        require(copy->path_size <= sizeof(copy->path) && copy->ip_size <= sizeof(copy->ip));
        require(copy->vhost_size <= sizeof(copy->vhost));
        require(copy->user_agent_size <= sizeof(copy->user_agent) && copy->ending == ending);
        require(check || copy->busy == 1);
    }
    free(copy);
}

static void read_words(void)
{
    apr_uint64_t before[T2M_DROPS] = { 0 }, now[T2M_DROPS];
    t2m_crash_t *crash = malloc(sizeof(*crash));
    t2m_slot_header_t header;
    int i, signal = -1;

    require(crash != NULL);
    t2m_slots_crash(&slots, 1, crash);
    require(crash->signal <= T2M_SIGNAL_MAX && crash->frame_count <= T2M_CRASH_FRAMES);
    require(crash->entry <= INFLIGHT);
    for (i = 0; i < T2M_CRASH_FRAMES; i++) {
        require(memchr(crash->frames[i], '\0', sizeof(crash->frames[i])) != NULL);
    }
    free(crash);
    (void)t2m_slots_dropped(&slots, 1, before, now);
    for (i = 0; i < T2M_DROPS; i++) {
        require(now[i] <= 0xffffffff);
    }
    t2m_slots_header(&slots, 1, &header);
    require(header.crash.signal == 0 && header.crash.frame_count == 0);
    (void)t2m_slots_end(&slots, 1, t2m_slots_owner(&slots, 1), &signal);
    require(signal >= 0 && signal <= T2M_SIGNAL_MAX);
}

/* In quarantine, then freed. */
static void free_slot(apr_uint64_t head)
{
    static const apr_uint64_t dropped[T2M_DROPS] = { 0 };
    apr_uint64_t now[T2M_DROPS];
    apr_int64_t ending;
    apr_uint32_t i;

    t2m_slots_mend(&slots, 1, head, dropped);
    require(!t2m_slots_check(&slots, 1, head) && !t2m_slots_dropped(&slots, 1, dropped, now));
    t2m_slots_free(&slots, 1, t2m_slots_owner(&slots, 1));
    require(t2m_slots_owner(&slots, 1) == 0);
    for (i = 0; i < INFLIGHT; i++) {
        require(!t2m_slots_busy(&slots, 1, i, head, &ending));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    t2m_slot_header_t *header;
    apr_uint64_t head;
    apr_uint32_t i;

    if (!slots.memory) {
        make();
    }
    if (size < 16) {
        return 0;
    }
    memset(slot_memory(), 0, slots.map.slot_size);
    header = (t2m_slot_header_t *)(void *)slot_memory();
    ((t2m_directory_t *)(void *)(slots.memory + slots.map.directory))->owner[1] = word(data) | 1;
    head = word(data) & ~(apr_uint64_t)7; /* the writer's own: always a place of a record */
    header->tail = head + word(data + 8);
    patch(data + 16, size - 16);
    read_ring(head);
    for (i = 0; i < INFLIGHT; i++) {
        read_entry(i, head);
    }
    read_words();
    free_slot(head);
    return 0;
}
