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

/* Claiming a slot, the ring's producer and the in-flight table. See layout.h for the picture. */
#include "shared/slot.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/encode.h"
#include "core/json.h"
#include "shared/atomic.h"
#include "shared/memory.h"
#include "shared/room.h"
#include "shared/step.h"

void t2m_slot_reset(t2m_slot_t *slot)
{
    memset(slot, 0, sizeof(*slot));
    slot->index = T2M_SLOTS_MAX;
    (void)pthread_mutex_init(&slot->lock, NULL); /* cannot fail with default attributes */
}

/* Pids repeat; the nonce tells two owners of one slot apart. */
static apr_uint64_t owner_word(apr_uint64_t head)
{
    apr_uint64_t nonce = (head / T2M_RECORD_ALIGN + 1) & 0x7fffffff;

    return (apr_uint64_t)(apr_uint32_t)getpid() | nonce << 32;
}

static apr_uint64_t *ends_in(t2m_directory_t *directory, const t2m_geometry_t *geometry)
{
    return directory->owner + geometry->slot_count;
}

static apr_uint32_t claim_in(t2m_directory_t *directory, const t2m_geometry_t *geometry,
                             const apr_uint64_t *heads)
{
    apr_uint32_t i;

    for (i = 1; i < geometry->slot_count; i++) {
        apr_uint64_t none = 0;

        if (__atomic_compare_exchange_n(&directory->owner[i], &none, owner_word(heads[i]), 0,
                                        __ATOMIC_ACQ_REL, __ATOMIC_RELAXED)) {
            return i;
        }
    }
    (void)t2m_add(&directory->no_slot, 1);
    return T2M_SLOTS_MAX;
}

/* The directory is mapped for the claim alone: afterwards a process can reach no owner's word. */
static apr_status_t claim_index(int slots_fd, const t2m_geometry_t *geometry,
                                const t2m_slots_map_t *map, const apr_uint64_t *heads,
                                apr_uint32_t *index)
{
    void *directory;
    apr_status_t status = t2m_memory_map(slots_fd, map->directory, map->directory_size, 1, 0,
                                         &directory);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (*index < geometry->slot_count) {
        t2m_store(&((t2m_directory_t *)directory)->owner[*index], owner_word(heads[*index]));
    } else {
        *index = claim_in(directory, geometry, heads);
    }
    if (*index < geometry->slot_count) { /* the last owner's end is not ours */
        t2m_store(ends_in(directory, geometry) + *index, 0);
    }
    t2m_memory_unmap(directory, map->directory_size);
    return *index == T2M_SLOTS_MAX ? APR_EAGAIN : APR_SUCCESS;
}

/* Where a process goes on that had the slot before: behind what is not yet written. */
static apr_uint64_t own_tail(const t2m_slot_t *slot)
{
    apr_uint64_t head = t2m_load(slot->head), tail = t2m_load(&slot->header->tail);

    return tail - head > slot->geometry.ring_size || tail % T2M_RECORD_ALIGN != 0 ? head : tail;
}

static void attach(t2m_slot_t *slot, unsigned char *memory, const t2m_slots_map_t *map, int again)
{
    slot->header = (t2m_slot_header_t *)memory;
    slot->inflight = (t2m_inflight_t *)(memory + map->inflight);
    slot->suppressed = (t2m_suppressed_t *)(memory + map->suppressed);
    slot->ring = memory + map->ring;
    /* The last owner's tail is not believed: the slot was drained when it was freed. */
    slot->tail = again ? own_tail(slot) : t2m_load(slot->head);
    slot->header->closed = 0;
    t2m_store(&slot->header->crash.signal, 0);
    t2m_store(&slot->header->crash.exited, 0);
    t2m_store(&slot->header->crash.frame_count, 0);
    t2m_store(&slot->header->tail, slot->tail);
}

apr_status_t t2m_slot_claim(t2m_slot_t *slot, int slots_fd, int board_fd,
                            const t2m_geometry_t *geometry, apr_uint32_t index, int inherit)
{
    t2m_slots_map_t map;
    t2m_board_map_t board_map;
    void *board, *memory;
    int again = index < geometry->slot_count;
    apr_status_t status;

    t2m_slots_map(geometry, &map);
    t2m_board_map(geometry, &board_map);
    status = t2m_memory_map(board_fd, 0, board_map.size, 0, inherit, &board);
    if (status != APR_SUCCESS) {
        return status;
    }
    status = claim_index(slots_fd, geometry, &map,
                         (const apr_uint64_t *)((const char *)board + board_map.heads), &index);
    if (status == APR_SUCCESS) {
        status = t2m_memory_map(slots_fd, map.slots + index * map.slot_size, map.slot_size, 1,
                                inherit, &memory);
    }
    if (status != APR_SUCCESS) {
        t2m_memory_unmap(board, board_map.size);
        return status;
    }
    slot->geometry = *geometry;
    slot->board = board;
    t2m_board_view(&slot->view, board, geometry);
    slot->head = (const apr_uint64_t *)((const char *)board + board_map.heads) + index;
    slot->folded = (const apr_uint64_t *)((const char *)board + board_map.suppressed)
                 + index * (apr_size_t)(T2M_SUPPRESSED + 1);
    attach(slot, memory, &map, again);
    t2m_slot_marks(slot, 1);
    t2m_store(&slot->index, index); /* other threads may use it from now on */
    return APR_SUCCESS;
}

void t2m_slot_marks(t2m_slot_t *slot, int marks)
{
    slot->marks = marks;
    slot->easy = marks ? t2m_room_mark(slot->geometry.ring_size, T2M_ROOM_SPARE)
                       : slot->geometry.ring_size;
}

static int has_slot(const t2m_slot_t *slot)
{
    return t2m_load(&slot->index) != T2M_SLOTS_MAX;
}

void t2m_slot_release(t2m_slot_t *slot)
{
    t2m_slots_map_t map;
    t2m_board_map_t board_map;

    if (slot->index != T2M_SLOTS_MAX) {
        t2m_slots_map(&slot->geometry, &map);
        t2m_board_map(&slot->geometry, &board_map);
        t2m_memory_unmap(slot->header, map.slot_size);
        t2m_memory_unmap((void *)(apr_uintptr_t)slot->board, board_map.size);
    }
    t2m_slot_reset(slot);
}

static inline void copy_in(const t2m_slot_t *slot, apr_uint64_t position, const void *bytes,
                           apr_size_t size)
{
    apr_size_t at = (apr_size_t)(position & (slot->geometry.ring_size - 1));
    apr_size_t until_wrap = (apr_size_t)slot->geometry.ring_size - at;

    if (size <= until_wrap) {
        memcpy(slot->ring + at, bytes, size);
        return;
    }
    memcpy(slot->ring + at, bytes, until_wrap);
    memcpy(slot->ring, (const char *)bytes + until_wrap, size - until_wrap);
}

static void give_back(t2m_slot_t *slot, t2m_inflight_t *entry)
{
    if (entry == &slot->untracked) {
        (void)t2m_add(&slot->header->ended_untracked, 1);
    } else if (entry) {
        t2m_store(&entry->busy, 0);
    }
}

/* One that t2m_slot_begin was not called for is counted at its end. */
static void count_late(t2m_slot_t *slot)
{
    (void)t2m_add(&slot->header->begun, 1);
}

static int ends_request(const t2m_ring_record_t *record)
{
    return record->stream == T2M_STREAM_ACCESS && record->size;
}

static void count_drop(t2m_slot_t *slot, const t2m_ring_record_t *record, t2m_drop_e reason)
{
    apr_uint64_t *dropped = slot->header->dropped;

    (void)t2m_add(record->size ? &dropped[record->stream * T2M_DROP_COUNT + reason]
                               : &slot->header->uncounted, 1);
    if (record->flags & T2M_FACT_TWIN) {
        (void)t2m_add(&dropped[t2m_layout_second(record->stream) * T2M_DROP_COUNT + reason], 1);
    }
}

static void drop(t2m_slot_t *slot, const t2m_ring_record_t *record, t2m_drop_e reason,
                 t2m_inflight_t *entry)
{
    if (!entry && ends_request(record)) {
        count_late(slot);
    }
    count_drop(slot, record, reason);
    give_back(slot, entry);
}

/*
 * Publishes the tail and counts the record: killed in between, the process leaves what the count
 * is to be, for t2m_slots_free.
 */
static void publish(t2m_slot_t *slot, const t2m_ring_record_t *record, apr_uint64_t tail)
{
    t2m_slot_header_t *header = slot->header;
    apr_uint64_t *accepted = &header->accepted[record->stream];
    apr_uint64_t *also = &header->accepted[t2m_layout_second(record->stream)];
    apr_uint64_t count = __atomic_load_n(accepted, __ATOMIC_RELAXED) + 1;
    apr_uint64_t also_count = __atomic_load_n(also, __ATOMIC_RELAXED) + 1;
    unsigned has_also = t2m_layout_has_two_lines(record);

    if (record->size) {
        t2m_store(&header->counting_tail, tail); /* first: no tail is this one yet */
        T2M_STEP("count begun");
        t2m_store(&header->counting_also, also_count);
        t2m_store(&header->counting, T2M_COUNTING(count, record->stream, has_also));
    }
    slot->tail = tail;
    T2M_STEP("count noted");
    t2m_store(&header->tail, tail);
    T2M_STEP("tail published");
    if (record->size) {
        t2m_store(accepted, count);
    }
    if (has_also) {
        T2M_STEP("first line counted");
        t2m_store(also, also_count);
    }
}

/*
 * What is copied behind the tail becomes a record. Order matters: a writer that finds the owner
 * dead takes an entry for a lost request unless the entry's position lies below the tail, that is,
 * unless its line is whole in the ring.
 */
static void settle(t2m_slot_t *slot, const t2m_ring_record_t *record, apr_uint64_t bytes,
                   t2m_inflight_t *entry)
{
    T2M_STEP("record copied");
    if (entry) {
        t2m_store(&entry->position, slot->tail + 1);
        T2M_STEP("position noted");
    }
    publish(slot, record, slot->tail + bytes);
    give_back(slot, entry);
    T2M_STEP("entry given back");
}

static void append(t2m_slot_t *slot, const t2m_ring_record_t *record, const char *line,
                   apr_uint64_t bytes, t2m_inflight_t *entry)
{
    if (!entry && ends_request(record)) {
        count_late(slot);
    }
    copy_in(slot, slot->tail, record, sizeof(*record));
    copy_in(slot, slot->tail + sizeof(*record), line, record->size + record->name_size);
    settle(slot, record, bytes, entry);
}

static apr_uint64_t ring_bytes(const t2m_ring_record_t *record)
{
    return (sizeof(*record) + record->size + record->name_size + T2M_RECORD_ALIGN - 1)
         / T2M_RECORD_ALIGN * T2M_RECORD_ALIGN;
}

static apr_status_t push_locked(t2m_slot_t *slot, t2m_slot_wait_e wait,
                                const t2m_ring_record_t *record, const char *line,
                                t2m_inflight_t *entry)
{
    apr_uint64_t bytes = ring_bytes(record);
    apr_uint64_t used = slot->tail - t2m_load(slot->head);
    t2m_drop_e reason;

    if (used + bytes > slot->easy
        && !t2m_room_takes(slot->geometry.ring_size, used, bytes, record, slot->marks, &reason)) {
        if (wait != T2M_SLOT_ASK) {
            drop(slot, record, reason, entry);
        }
        return wait == T2M_SLOT_ASK ? APR_EAGAIN : APR_ENOSPC;
    }
    append(slot, record, line, bytes, entry);
    return APR_SUCCESS;
}

static int can_be(const t2m_ring_record_t *record)
{
    return record->size + record->name_size != 0 && record->size <= T2M_LINE_MAX
           && record->name_size <= T2M_NAME_MAX && record->stream < T2M_STREAM_COUNT
           && record->level < T2M_LEVEL_COUNT;
}

apr_size_t t2m_slot_push_all(t2m_slot_t *slot, const t2m_slot_item_t *items, apr_size_t count)
{
    apr_size_t i = 0;

    if (!has_slot(slot)) {
        return 0;
    }
    (void)pthread_mutex_lock(&slot->lock);
    while (i < count && can_be(&items[i].record)
           && push_locked(slot, T2M_SLOT_ASK, &items[i].record, items[i].line, items[i].entry)
                  == APR_SUCCESS) {
        i++;
    }
    (void)pthread_mutex_unlock(&slot->lock);
    return i;
}

int t2m_slot_push_twin(t2m_slot_t *slot, const t2m_ring_record_t *record, const char *lines)
{
    apr_uint64_t bytes = ring_bytes(record);
    int pushed;

    if (!has_slot(slot) || !can_be(record)) {
        return 0;
    }
    (void)pthread_mutex_lock(&slot->lock);
    pushed = slot->tail - t2m_load(slot->head) + bytes <= slot->easy;
    if (pushed) {
        append(slot, record, lines, bytes, NULL);
    }
    (void)pthread_mutex_unlock(&slot->lock);
    return pushed;
}

int t2m_slot_push_exchange(t2m_slot_t *slot, const t2m_slot_exchange_t *exchange,
                           t2m_inflight_t *entry)
{
    const t2m_ring_record_t *record = &exchange->record;
    apr_uint64_t bytes = ring_bytes(record);
    int pushed;

    if (!has_slot(slot) || !can_be(record) || record->size > T2M_PACKED_EXCHANGE_MAX) {
        return 0;
    }
    (void)pthread_mutex_lock(&slot->lock);
    pushed = slot->tail - t2m_load(slot->head) + bytes <= slot->easy;
    if (pushed) {
        if (!entry) {
            count_late(slot);
        }
        copy_in(slot, slot->tail, exchange, sizeof(*record) + record->size + record->name_size);
        settle(slot, record, bytes, entry);
    }
    (void)pthread_mutex_unlock(&slot->lock);
    return pushed;
}

apr_status_t t2m_slot_push(t2m_slot_t *slot, t2m_slot_wait_e wait, const t2m_ring_record_t *record,
                           const char *line, t2m_inflight_t *entry)
{
    apr_status_t status;

    if (!has_slot(slot) || !can_be(record)) {
        return APR_EINVAL;
    }
    if (wait != T2M_SLOT_TRY) {
        (void)pthread_mutex_lock(&slot->lock); /* a default mutex: fails on misuse only */
    } else if (pthread_mutex_trylock(&slot->lock) != 0) {
        drop(slot, record, T2M_DROP_REENTRY, entry);
        return APR_EBUSY;
    }
    status = push_locked(slot, wait, record, line, entry);
    (void)pthread_mutex_unlock(&slot->lock);
    return status;
}

/* Takes it if it is free. 2: taken, not yet filled; not a request in flight for whoever reads the
 * table. */
static inline int take_entry(t2m_inflight_t *entry)
{
    apr_uint64_t free_state = 0;

    return __atomic_compare_exchange_n(&entry->busy, &free_state, 2, 0, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static t2m_inflight_t *take_free_entry(t2m_slot_t *slot)
{
    apr_uint32_t count = slot->geometry.inflight_count;
    apr_uint32_t from = __atomic_load_n(&slot->inflight_next, __ATOMIC_RELAXED);
    apr_uint32_t tried;

    for (tried = 0; tried < count; tried++, from = from + 1 < count ? from + 1 : 0) {
        if (take_entry(&slot->inflight[from])) {
            __atomic_store_n(&slot->inflight_next, from + 1 < count ? from + 1 : 0,
                             __ATOMIC_RELAXED);
            return &slot->inflight[from];
        }
    }
    return NULL;
}

/* Returns nonzero when the text was cut. The size is stored at once: a reader that looks meanwhile
 * finds none that cannot be. */
static inline unsigned char keep(char *out, unsigned char *kept, apr_size_t room, t2m_text_t text)
{
    apr_size_t size = text.size;

    if (size > room) {
        size = t2m_utf8_boundary(text.data, size, room);
    }
    (void)t2m_text_copy(out, text.data, size);
    __atomic_store_n(kept, (unsigned char)size, __ATOMIC_RELAXED);
    return size < text.size;
}

#define KEEP(entry, request, text) \
    keep((entry)->text, &(entry)->text##_size, sizeof((entry)->text), (request)->text)

static void fill_client(t2m_inflight_t *entry, const t2m_slot_request_t *request)
{
    unsigned char cut = KEEP(entry, request, ip);

    cut |= KEEP(entry, request, vhost);
    cut |= KEEP(entry, request, user_agent);
    entry->client_truncated = cut;
    entry->client = request->client;
}

static void fill(t2m_inflight_t *entry, const t2m_slot_request_t *request)
{
    unsigned char cut;

    t2m_store(&entry->position, 0);
    t2m_store(&entry->ending, 0);
    entry->started = request->started;
    entry->started_monotonic = request->started_monotonic;
    entry->file = request->file;
    entry->errors_file = request->errors_file;
    cut = KEEP(entry, request, id);
    cut |= KEEP(entry, request, method);
    cut |= KEEP(entry, request, path);
    if (request->client == 0 || entry->client != request->client) {
        fill_client(entry, request);
    }
    entry->truncated = cut | entry->client_truncated;
}

t2m_inflight_t *t2m_slot_begin(t2m_slot_t *slot, const t2m_slot_request_t *request)
{
    t2m_inflight_t *entry;

    if (!has_slot(slot)) {
        return NULL;
    }
    entry = t2m_slot_entry_number(slot, request->entry) && take_entry(request->entry)
                ? request->entry : take_free_entry(slot);
    if (!entry) {
        (void)t2m_add(&slot->header->begun_untracked, 1);
        (void)t2m_add(&slot->header->begun, 1);
        return &slot->untracked;
    }
    fill(entry, request);
    T2M_STEP("entry filled");
    (void)t2m_add(&slot->header->begun, 1);
    t2m_store(&entry->busy, 1);
    T2M_STEP("entry busy");
    return entry;
}

void t2m_slot_end(t2m_slot_t *slot, t2m_inflight_t *entry)
{
    if (!has_slot(slot)) {
        return;
    }
    if (!entry) {
        count_late(slot);
    }
    (void)t2m_add(&slot->header->silenced, 1);
    give_back(slot, entry);
}

void t2m_slot_waited(t2m_slot_t *slot)
{
    if (has_slot(slot)) {
        (void)t2m_add(&slot->header->waited, 1);
    }
}

void t2m_slot_close(t2m_slot_t *slot)
{
    if (has_slot(slot)) {
        t2m_store(&slot->header->closed, 1);
    }
}

static void note(t2m_directory_t *directory, const t2m_geometry_t *geometry, apr_uint32_t index,
                 apr_uint64_t owner, apr_uint64_t end)
{
    if (end) { /* of an owner that is gone: the next one's claim takes it back */
        t2m_store(ends_in(directory, geometry) + index, end);
        return;
    }
    /* Whoever frees it meanwhile wins: then nobody asks any more. */
    (void)__atomic_compare_exchange_n(&directory->owner[index], &owner, owner | T2M_OWNER_STOPPED,
                                      0, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

/* Notes the end of the process pid, or, without one, that the parent stopped it. */
static apr_status_t note_of(int slots_fd, const t2m_geometry_t *geometry, int pid,
                            apr_uint64_t end)
{
    t2m_slots_map_t map;
    t2m_directory_t *directory;
    void *memory;
    apr_uint32_t i;
    apr_status_t status;

    t2m_slots_map(geometry, &map);
    status = t2m_memory_map(slots_fd, map.directory, map.directory_size, 1, 0, &memory);
    if (status != APR_SUCCESS) {
        return status;
    }
    directory = memory;
    for (i = 0; i < geometry->slot_count; i++) {
        apr_uint64_t owner = t2m_load(&directory->owner[i]);

        if (owner && (apr_uint32_t)owner == (apr_uint32_t)pid) {
            note(directory, geometry, i, owner, end);
        }
    }
    t2m_memory_unmap(memory, map.directory_size);
    return APR_SUCCESS;
}

apr_status_t t2m_slot_note_stopped(int slots_fd, const t2m_geometry_t *geometry, int pid)
{
    return note_of(slots_fd, geometry, pid, 0);
}

apr_status_t t2m_slot_note_end(int slots_fd, const t2m_geometry_t *geometry, int pid, int signal)
{
    return note_of(slots_fd, geometry, pid, T2M_END_WORD(pid, signal));
}

t2m_crash_t *t2m_slot_crash(t2m_slot_t *slot)
{
    return has_slot(slot) ? &slot->header->crash : NULL;
}

int t2m_slot_writer_asleep(const t2m_slot_t *slot)
{
    t2m_fence();
    return has_slot(slot) && t2m_load(&slot->board->asleep) != 0;
}
