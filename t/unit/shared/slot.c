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

/* Tests modules/shared/slot.c; the model (model.c) tests it under kills. */
#include "shared/slot.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/encode.h"
#include "shared/atomic.h"
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

static void claims(void)
{
    t2m_ring_record_t record;
    t2m_slot_t first, second, third;

    is_number(world_claim(&world, &first), APR_SUCCESS, "a slot is claimed");
    is_number(first.index, 1, "the first that is not the parent's");
    is_number(t2m_slots_owner_pid(t2m_slots_owner(&slots, 1)), getpid(), "under our pid");
    is_number(world_claim(&world, &second), APR_SUCCESS, "another one");
    is_number(second.index, 2, "is the next");
    is_number(world_claim(&world, &third), APR_EAGAIN, "a third is not to be had");
    is_number(world_push(&third, "{", 1), APR_EINVAL, "and takes no record");
    ok(t2m_slot_begin(&third, &(t2m_slot_request_t){ 0 }) == NULL, "and no request");
    is_number((long)((t2m_directory_t *)(slots.memory + slots.map.directory))->no_slot, 1,
              "which is counted");
    t2m_slots_free(&slots, 2, t2m_slots_owner(&slots, 2));
    is_number(world_claim(&world, &third), APR_SUCCESS, "a freed one is claimed again");
    is_number(third.index, 2, "by whoever asks");
    t2m_slot_release(&first);
    t2m_slot_release(&second);
    t2m_slot_release(&third);
    t2m_slots_free(&slots, 1, t2m_slots_owner(&slots, 1));
    t2m_slots_free(&slots, 2, t2m_slots_owner(&slots, 2));
    t2m_slot_reset(&first);
    is_number(t2m_slot_claim(&first, world.slots_fd, world.board_fd, &world.geometry, 0, 1),
              APR_SUCCESS, "the parent takes its own");
    is_number(first.index, 0, "which is the first of all");
    (void)world_push(&first, "{\"before\":true", 1);
    t2m_slot_release(&first);
    (void)t2m_slot_claim(&first, world.slots_fd, world.board_fd, &world.geometry, 0, 1);
    (void)world_push(&first, "{\"after\":true", 2);
    ok(t2m_slots_record(&slots, 0, t2m_slots_record(&slots, 0, 0, first.tail, &record), first.tail,
                        &record) == first.tail && record.time == 2,
       "and after a restart, with what it pushed before still there");
    t2m_slot_release(&first);
}

static void wraps(void)
{
    t2m_slot_t slot;
    t2m_ring_record_t record;
    char line[2001], copy[2001];
    apr_uint64_t position = 0;
    int i, wrong = 0;

    (void)world_claim(&world, &slot);
    for (i = 0; i < 1000; i++) {
        apr_size_t size = (apr_size_t)(1 + i * 7 % 2000);
        apr_uint64_t next;

        memset(line, 'a' + i % 26, size);
        line[size] = '\0';
        wrong += world_push(&slot, line, i) != APR_SUCCESS;
        next = t2m_slots_record(&slots, slot.index, position,
                                t2m_slots_tail(&slots, slot.index, position), &record);
        wrong += next == 0 || record.size != size || record.time != i;
        t2m_slots_copy(&slots, slot.index, position + sizeof(record), copy, size);
        wrong += memcmp(copy, line, size) != 0;
        position = next;
        heads()[slot.index] = position;
    }
    is_number(wrong, 0, "a thousand records over many turns of the ring come back as they were");
    is_number((long)slot.header->accepted[T2M_STREAM_APP], 1000, "and are counted");
    t2m_slots_free(&slots, slot.index, t2m_slots_owner(&slots, slot.index));
    t2m_slot_release(&slot);
}

static void full(void)
{
    t2m_slot_t slot;
    static char line[60001];
    t2m_ring_record_t record = { .size = sizeof(line) - 1, .stream = T2M_STREAM_ACCESS,
                                 .level = T2M_LEVEL_INFO, .time = 1 };
    t2m_slot_request_t request = { 0 };
    const apr_uint64_t *dropped;
    t2m_inflight_t *entry;

    memset(line, 'x', sizeof(line) - 1);
    (void)world_claim(&world, &slot);
    dropped = slot.header->dropped + T2M_STREAM_ACCESS * T2M_DROP_COUNT;
    entry = t2m_slot_begin(&slot, &request);
    is_number(t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, NULL), APR_SUCCESS, "a long line");
    is_number(t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, entry), APR_ENOSPC,
              "the next has no room");
    is_number((long)dropped[T2M_DROP_FULL], 1, "which is counted");
    is_number((long)entry->busy, 0, "and its entry is given back");
    (void)pthread_mutex_lock(&slot.lock);
    is_number(t2m_slot_push(&slot, T2M_SLOT_TRY, &record, line, NULL), APR_EBUSY,
              "in a signal handler a held lock is not waited for");
    (void)pthread_mutex_unlock(&slot.lock);
    is_number((long)dropped[T2M_DROP_REENTRY], 1, "which is counted too");
    record.size = T2M_LINE_MAX + 1;
    is_number(t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, NULL), APR_EINVAL, "too long");
    record.size = 0;
    is_number(t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, NULL), APR_EINVAL, "no line");
    record.size = 1;
    record.stream = T2M_STREAM_COUNT;
    is_number(t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, NULL), APR_EINVAL, "no stream");
    heads()[slot.index] = slot.tail;
    t2m_slots_free(&slots, slot.index, t2m_slots_owner(&slots, slot.index));
    t2m_slot_release(&slot);
}

static void inflight(void)
{
    t2m_slot_t slot;
    t2m_slot_request_t request = { 0 };
    t2m_inflight_t *first, *second, copy;
    char path[512];

    memset(path, 'p', sizeof(path));
    (void)world_claim(&world, &slot);
    request.id = t2m_text("0190");
    request.path = t2m_text_of(path, sizeof(path));
    request.started = 7;
    first = t2m_slot_begin(&slot, &request);
    second = t2m_slot_begin(&slot, &request);
    ok(first && second && first != second, "two requests have two entries");
    ok(t2m_slot_begin(&slot, &request) == NULL, "a third finds none");
    ok(slot.header->begun >= 3 && slot.header->begun_untracked == 1, "and is counted");
    ok(t2m_slots_inflight(&slots, slot.index, 0, slot.tail, &copy) && copy.started == 7
       && copy.id_size == 4 && memcmp(copy.id, "0190", 4) == 0, "an entry says what was begun");
    ok(copy.path_size == sizeof(copy.path) && copy.truncated, "too long a path is cut");
    t2m_slot_end(&slot, first);
    ok(!t2m_slots_inflight(&slots, slot.index, 0, slot.tail, &copy), "a given back one is free");
    ok(t2m_slot_begin(&slot, &request) == first, "and taken again");
    t2m_slot_end(&slot, NULL);
    t2m_slot_close(&slot);
    ok(t2m_slots_closed(&slots, slot.index), "an orderly end is noted");
    is_number(t2m_slot_note_stopped(world.slots_fd, &world.geometry, getpid() + 1), APR_SUCCESS,
              "a process without a slot was stopped");
    ok(!(t2m_slots_owner(&slots, slot.index) & T2M_OWNER_STOPPED), "which changes nobody's word");
    (void)t2m_slot_note_stopped(world.slots_fd, &world.geometry, getpid());
    ok((t2m_slots_owner(&slots, slot.index) & T2M_OWNER_STOPPED)
       && t2m_slots_owner_pid(t2m_slots_owner(&slots, slot.index)) == getpid(),
       "one with a slot: its word says so");
    t2m_slots_free(&slots, slot.index, t2m_slots_owner(&slots, slot.index));
    ok(!t2m_slots_inflight(&slots, slot.index, 0, slot.tail, &copy), "freeing clears the entries");
    t2m_slot_release(&slot);
    (void)world_claim(&world, &slot);
    ok(!t2m_slots_closed(&slots, slot.index), "the next owner starts afresh");
    t2m_slot_release(&slot);
}

/* A child inherits the descriptors, not the mapping: it claims for itself. */
static void forks(void)
{
    pid_t child = fork();
    int status = 0;

    if (child == 0) {
        t2m_slot_t slot;

        _exit(world_claim(&world, &slot) == APR_SUCCESS && world_push(&slot, "{", 1) == APR_SUCCESS
              && t2m_slots_owner_pid(t2m_slots_owner(&slots, slot.index)) == getpid() ? 0 : 1);
    }
    (void)waitpid(child, &status, 0);
    is_number(status, 0, "a child claims a slot of its own");
}

int main(void)
{
    world_make(&world, 3);
    if (t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS) {
        return 1;
    }
    claims();
    wraps();
    full();
    inflight();
    forks();
    return tap_done();
}
