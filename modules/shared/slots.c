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

/* Reads what producers left, as hostile input. */
#include "shared/slots.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#include "core/encode.h"
#include "core/group_state.h"
#include "shared/atomic.h"
#include "shared/memory.h"
#include "shared/step.h"
#include "shared/words.h"

void t2m_slots_format(void *memory, const t2m_geometry_t *geometry)
{
    t2m_slots_header_t *header = memory;

    header->version = T2M_LAYOUT_VERSION;
    header->geometry = *geometry;
    t2m_store(&header->magic, T2M_SLOTS_MAGIC);
}

apr_status_t t2m_slots_attach(t2m_slots_t *slots, int fd)
{
    void *page, *memory;
    t2m_slots_header_t header;
    struct stat information;
    apr_status_t status = t2m_memory_map(fd, 0, T2M_PAGE, 0, 1, &page);

    if (status != APR_SUCCESS) {
        return status;
    }
    memcpy(&header, page, sizeof(header));
    t2m_memory_unmap(page, T2M_PAGE);
    if (header.magic != T2M_SLOTS_MAGIC || header.version != T2M_LAYOUT_VERSION
        || !t2m_geometry_valid(&header.geometry) || fstat(fd, &information) != 0) {
        return APR_EINVAL;
    }
    slots->geometry = header.geometry;
    t2m_slots_map(&slots->geometry, &slots->map);
    if ((apr_uint64_t)information.st_size != slots->map.size) {
        return APR_EINVAL;
    }
    status = t2m_memory_map(fd, 0, slots->map.size, 1, 1, &memory);
    slots->memory = memory;
    return status;
}

static t2m_directory_t *directory(const t2m_slots_t *slots)
{
    return (t2m_directory_t *)(slots->memory + slots->map.directory);
}

static unsigned char *slot_at(const t2m_slots_t *slots, apr_uint32_t index)
{
    return slots->memory + slots->map.slots + index * slots->map.slot_size;
}

static t2m_slot_header_t *header_at(const t2m_slots_t *slots, apr_uint32_t index)
{
    return (t2m_slot_header_t *)slot_at(slots, index);
}

static apr_uint64_t *end_of(const t2m_slots_t *slots, apr_uint32_t index)
{
    return (apr_uint64_t *)(slots->memory + slots->map.ends) + index;
}

apr_uint64_t t2m_slots_owner(const t2m_slots_t *slots, apr_uint32_t index)
{
    return t2m_load(&directory(slots)->owner[index]);
}

int t2m_slots_owner_pid(apr_uint64_t owner)
{
    return (int)(owner & 0x7fffffff);
}

/* The owner was killed between the store of the tail and that of the count. */
static void count_last(t2m_slot_header_t *header)
{
    apr_uint64_t counting = t2m_load(&header->counting), count = counting / 2;

    if (t2m_load(&header->counting_tail) != t2m_load(&header->tail)) {
        return;
    }
    t2m_store(&header->accepted[count % T2M_STREAM_COUNT], count / T2M_STREAM_COUNT);
    if (counting & 1) {
        t2m_store(&header->accepted[t2m_layout_second((unsigned)(count % T2M_STREAM_COUNT))],
                  t2m_load(&header->counting_also));
    }
}

/* The parent may note at any time that it stopped the owner: it is the same one. */
static int is_same(apr_uint64_t owner, apr_uint64_t other)
{
    return ((owner ^ other) & ~T2M_OWNER_STOPPED) == 0;
}

void t2m_slots_free(t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t owner)
{
    t2m_inflight_t *entries = (t2m_inflight_t *)(slot_at(slots, index) + slots->map.inflight);
    t2m_slot_header_t *header = header_at(slots, index);
    apr_uint64_t expected = t2m_slots_owner(slots, index);
    apr_uint32_t i;

    if (!is_same(expected, owner)) {
        return;
    }
    for (i = 0; i < slots->geometry.inflight_count; i++) {
        if (entries[i].busy) { /* an untouched page stays unallocated */
            t2m_store(&entries[i].busy, 0);
        }
        T2M_STEP("entry cleared");
    }
    count_last(header);
    T2M_STEP("last counted");
    t2m_store(&header->crash.signal, 0);
    t2m_store(&header->crash.exited, 0);
    t2m_store(&header->crash.frame_count, 0);
    t2m_store(end_of(slots, index), 0);
    T2M_STEP("end cleared");
    while (is_same(expected, owner)
           && !__atomic_compare_exchange_n(&directory(slots)->owner[index], &expected, 0, 0,
                                           __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
    }
}

apr_uint64_t t2m_slots_refused(const t2m_slots_t *slots)
{
    return t2m_load(&directory(slots)->no_slot);
}

static int is_possible(const t2m_slots_t *slots, apr_uint64_t tail, apr_uint64_t head)
{
    return tail - head <= slots->geometry.ring_size && tail % T2M_RECORD_ALIGN == 0;
}

apr_uint64_t t2m_slots_tail(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t head)
{
    apr_uint64_t tail = t2m_load(&header_at(slots, index)->tail);

    return is_possible(slots, tail, head) ? tail : head;
}

int t2m_slots_check(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t head)
{
    return !is_possible(slots, t2m_load(&header_at(slots, index)->tail), head);
}

int t2m_slots_end(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t owner, int *signal)
{
    apr_uint64_t word = t2m_load(end_of(slots, index));

    *signal = 0;
    if (!(word & T2M_END_KNOWN) || (apr_uint32_t)word != (apr_uint32_t)owner) {
        return 0;
    }
    *signal = T2M_END_SIGNAL(word) <= T2M_SIGNAL_MAX ? T2M_END_SIGNAL(word) : 0;
    return 1;
}

void t2m_slots_crash(const t2m_slots_t *slots, apr_uint32_t index, t2m_crash_t *copy)
{
    apr_uint32_t i;

    t2m_words_read(copy, &header_at(slots, index)->crash, sizeof(*copy));
    if (copy->signal > T2M_SIGNAL_MAX) {
        copy->signal = 0;
    }
    if (copy->entry > slots->geometry.inflight_count) {
        copy->entry = 0;
    }
    if (copy->frame_count > T2M_CRASH_FRAMES) {
        copy->frame_count = T2M_CRASH_FRAMES;
    }
    for (i = 0; i < T2M_CRASH_FRAMES; i++) {
        copy->frames[i][T2M_CRASH_FRAME_SIZE - 1] = '\0';
    }
}

void t2m_slots_header(const t2m_slots_t *slots, apr_uint32_t index, t2m_slot_header_t *copy)
{
    t2m_words_read(copy, header_at(slots, index), offsetof(t2m_slot_header_t, crash));
    copy->crash.signal = 0;
    copy->crash.exited = 0;
    copy->crash.frame_count = 0;
}

int t2m_slots_closed(const t2m_slots_t *slots, apr_uint32_t index)
{
    return t2m_load(&header_at(slots, index)->closed) != 0;
}

/* More drops than any process can count between two looks of the writer. */
static int can_be(apr_uint64_t now, apr_uint64_t before)
{
    return now - before <= 0xffffffff;
}

int t2m_slots_dropped(const t2m_slots_t *slots, apr_uint32_t index, const apr_uint64_t *before,
                      apr_uint64_t *out)
{
    const t2m_slot_header_t *header = header_at(slots, index);
    int i, spoiled = 0;

    for (i = 0; i < T2M_DROPS; i++) {
        apr_uint64_t now = t2m_load(&header->dropped[i]);

        out[i] = can_be(now, before[i]) ? now : before[i];
        spoiled |= !can_be(now, before[i]);
    }
    return spoiled;
}

void t2m_slots_mend(t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t head,
                    const apr_uint64_t *dropped)
{
    t2m_slot_header_t *header = header_at(slots, index);
    int i;

    for (i = 0; i < T2M_DROPS; i++) {
        t2m_store(&header->dropped[i], dropped[i]);
    }
    t2m_store(&header->counting_tail, head + 1); /* no tail: there is nothing to put right */
    t2m_store(&header->tail, head);
}

/* What the writer makes more of than a line or a count must be what it takes it for. */
static int is_special_sound(const t2m_ring_record_t *record)
{
    if (record->flags & T2M_FACT_EXCHANGE && record->stream != T2M_STREAM_ACCESS) {
        return 0;
    }
    if (record->flags & T2M_FACT_TWIN
        && (record->stream != T2M_STREAM_APP || record->split == 0
            || record->split >= record->size || record->name_size < T2M_FINGERPRINT_SIZE)) {
        return 0;
    }
    return !(record->flags & T2M_FACT_STATE)
           || (record->stream == T2M_STREAM_ERRORS && record->size == 0
               && record->name_size == T2M_FINGERPRINT_SIZE + sizeof(t2m_group_state_t));
}

apr_uint64_t t2m_slots_record(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t position,
                              apr_uint64_t end, t2m_ring_record_t *record)
{
    apr_uint64_t bytes;

    if (end - position < sizeof(*record)) {
        return 0;
    }
    t2m_slots_copy(slots, index, position, record, sizeof(*record));
    bytes = (sizeof(*record) + record->size + record->name_size + T2M_RECORD_ALIGN - 1)
          / T2M_RECORD_ALIGN * T2M_RECORD_ALIGN;
    if (record->size + record->name_size == 0 || record->size > T2M_LINE_MAX
        || record->name_size > T2M_NAME_MAX || bytes > end - position
        || record->stream >= T2M_STREAM_COUNT || record->level >= T2M_LEVEL_COUNT
        || !is_special_sound(record)) {
        return 0;
    }
    return position + bytes;
}

void t2m_slots_copy(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t position,
                    void *out, apr_size_t size)
{
    const unsigned char *ring = slot_at(slots, index) + slots->map.ring;
    apr_size_t at = (apr_size_t)(position & (slots->geometry.ring_size - 1));
    apr_size_t until_wrap = (apr_size_t)slots->geometry.ring_size - at;
    apr_size_t first = size < until_wrap ? size : until_wrap;

    memcpy(out, ring + at, first);
    memcpy((char *)out + first, ring, size - first);
    __atomic_signal_fence(__ATOMIC_SEQ_CST); /* the compiler may not look there again */
}

static const t2m_inflight_t *entry_at(const t2m_slots_t *slots, apr_uint32_t index,
                                      apr_uint32_t entry)
{
    return (const t2m_inflight_t *)(slot_at(slots, index) + slots->map.inflight) + entry;
}

static int is_unwritten(apr_uint64_t position, apr_uint64_t tail)
{
    return position == 0 || position > tail;
}

int t2m_slots_busy(const t2m_slots_t *slots, apr_uint32_t index, apr_uint32_t entry,
                   apr_uint64_t tail, apr_int64_t *ending)
{
    const t2m_inflight_t *found = entry_at(slots, index, entry);

    if (t2m_load(&found->busy) != 1) {
        return 0;
    }
    *ending = t2m_load(&found->ending);
    return is_unwritten(t2m_load(&found->position), tail);
}

#define FITS(entry, text) \
    (__atomic_load_n(&(entry)->text##_size, __ATOMIC_RELAXED) <= sizeof((entry)->text))

/* A position is that of a record, plus one, which does not lie beyond the ring. */
int t2m_slots_entry_check(const t2m_slots_t *slots, apr_uint32_t index, apr_uint32_t entry,
                          apr_uint64_t head)
{
    const t2m_inflight_t *found = entry_at(slots, index, entry);
    apr_uint64_t position = t2m_load(&found->position);

    if (t2m_load(&found->busy) > 2 || !FITS(found, id) || !FITS(found, method)
        || !FITS(found, path) || !FITS(found, ip) || !FITS(found, vhost)
        || !FITS(found, user_agent)) {
        return 1;
    }
    return position != 0
           && (position % T2M_RECORD_ALIGN != 1 || position > head + slots->geometry.ring_size);
}

static void bound(unsigned char *size, apr_size_t room)
{
    if (*size > room) {
        *size = (unsigned char)room;
    }
}

int t2m_slots_inflight(const t2m_slots_t *slots, apr_uint32_t index, apr_uint32_t entry,
                       apr_uint64_t tail, t2m_inflight_t *copy)
{
    const t2m_inflight_t *found = entry_at(slots, index, entry);

    if (t2m_load(&found->busy) != 1) {
        return 0;
    }
    t2m_words_read(copy, found, sizeof(*copy));
    bound(&copy->id_size, sizeof(copy->id));
    bound(&copy->method_size, sizeof(copy->method));
    bound(&copy->path_size, sizeof(copy->path));
    bound(&copy->ip_size, sizeof(copy->ip));
    bound(&copy->vhost_size, sizeof(copy->vhost));
    bound(&copy->user_agent_size, sizeof(copy->user_agent));
    return is_unwritten(copy->position, tail);
}
