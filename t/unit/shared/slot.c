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

/* Tests modules/shared/slot.c, but for exchanges (slot_exchange.c); the model (model.c) tests it
 * under kills. */
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
    record.stream = T2M_STREAM_APP;
    record.level = T2M_LEVEL_COUNT;
    is_number(t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, line, NULL), APR_EINVAL, "no level");
    heads()[slot.index] = slot.tail;
    t2m_slots_free(&slots, slot.index, t2m_slots_owner(&slots, slot.index));
    t2m_slot_release(&slot);
}

static apr_status_t push_of(t2m_slot_t *slot, t2m_slot_wait_e wait, t2m_stream_e stream,
                            t2m_level_e level, t2m_inflight_t *entry)
{
    static char line[1000];
    t2m_ring_record_t record = { .size = sizeof(line), .stream = (unsigned char)stream,
                                 .level = (unsigned char)level, .time = 1 };

    memset(line, 'x', sizeof(line));
    return t2m_slot_push(slot, wait, &record, line, entry);
}

/* Pushes until it is refused; how much of the ring is in use then, in percent. */
static int fill_with(t2m_slot_t *slot, t2m_stream_e stream, t2m_level_e level)
{
    while (push_of(slot, T2M_SLOT_WAIT, stream, level, NULL) == APR_SUCCESS) {
    }
    return (int)((slot->tail - heads()[slot->index]) * 100 / world.geometry.ring_size);
}

static void give_up(t2m_slot_t *slot)
{
    heads()[slot->index] = slot->tail;
    t2m_slots_free(&slots, slot->index, t2m_slots_owner(&slots, slot->index));
    t2m_slot_release(slot);
}

static void keeps_room(void)
{
    t2m_slot_t slot;
    const apr_uint64_t *access, *app, *errors;
    apr_uint64_t access_before;

    (void)world_claim(&world, &slot);
    access = slot.header->dropped + T2M_STREAM_ACCESS * T2M_DROP_COUNT;
    app = slot.header->dropped + T2M_STREAM_APP * T2M_DROP_COUNT;
    errors = slot.header->dropped + T2M_STREAM_ERRORS * T2M_DROP_COUNT;
    access_before = access[T2M_DROP_FULL];
    is_number(fill_with(&slot, T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 70, "at 70 %");
    ok(access[T2M_DROP_RESERVED] == 1 && access[T2M_DROP_FULL] == access_before,
       "responses that went well are left out, which is counted");
    is_number(fill_with(&slot, T2M_STREAM_APP, T2M_LEVEL_DEBUG), 70, "and debugging");
    is_number(fill_with(&slot, T2M_STREAM_APP, T2M_LEVEL_INFO), 91,
              "at 90 % and one record what informs");
    is_number((long)app[T2M_DROP_RESERVED], 2, "counted by stream");
    is_number(fill_with(&slot, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR), 99, "errors fill the rest");
    ok(errors[T2M_DROP_FULL] == 1 && errors[T2M_DROP_RESERVED] == 0, "and then it is full");
    t2m_slot_marks(&slot, 0);
    heads()[slot.index] = slot.tail;
    is_number(fill_with(&slot, T2M_STREAM_ACCESS, T2M_LEVEL_INFO), 99, "without marks for all");
    is_number((long)access[T2M_DROP_FULL], (long)access_before + 1, "until it is full");
    give_up(&slot);
}

static void asks(void)
{
    t2m_slot_t slot;
    t2m_slot_request_t request = { 0 };
    t2m_inflight_t *entry;
    apr_uint64_t dropped[T2M_DROPS], waited;

    (void)world_claim(&world, &slot);
    waited = slot.header->waited;
    entry = t2m_slot_begin(&slot, &request);
    (void)fill_with(&slot, T2M_STREAM_ACCESS, T2M_LEVEL_INFO);
    memcpy(dropped, slot.header->dropped, sizeof(dropped));
    is_number(push_of(&slot, T2M_SLOT_ASK, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, entry), APR_EAGAIN,
              "who asks for room hears that there is none");
    ok(memcmp(dropped, slot.header->dropped, sizeof(dropped)) == 0 && entry->busy == 1,
       "and nothing has happened yet");
    heads()[slot.index] = slot.tail;
    is_number(push_of(&slot, T2M_SLOT_ASK, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, entry), APR_SUCCESS,
              "once there is room the line is taken");
    is_number((long)entry->busy, 0, "and its request has ended");
    t2m_slot_waited(&slot);
    is_number((long)(slot.header->waited - waited), 1, "a wait is counted");
    give_up(&slot);
    t2m_slot_waited(&slot);
    ok(1, "without a slot it is not");
}

/* What is left when begun is compared with all the ways to end; in flight is for the caller. */
static long open_requests(const t2m_slot_t *slot)
{
    const t2m_slot_header_t *header = slot->header;
    long ended = (long)(header->accepted[T2M_STREAM_ACCESS] + header->silenced);
    int reason;

    for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
        ended += (long)header->dropped[T2M_STREAM_ACCESS * T2M_DROP_COUNT + reason];
    }
    return (long)header->begun - ended
         - (long)(header->begun_untracked - header->ended_untracked);
}

static void ledger(void)
{
    t2m_slot_t slot;
    t2m_slot_request_t request = { 0 };
    t2m_inflight_t *tracked[2], *untracked[3];
    apr_uint64_t begun, silenced;
    long before;
    int i;

    (void)world_claim(&world, &slot);
    before = open_requests(&slot); /* the counts go on from owner to owner */
    begun = slot.header->begun;
    silenced = slot.header->silenced;
    tracked[0] = t2m_slot_begin(&slot, &request);
    tracked[1] = t2m_slot_begin(&slot, &request);
    for (i = 0; i < 3; i++) {
        untracked[i] = t2m_slot_begin(&slot, &request);
    }
    is_number(open_requests(&slot) - before, 2, "two in flight, three without an entry");
    (void)push_of(&slot, T2M_SLOT_WAIT, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, tracked[0]);
    is_number(open_requests(&slot) - before, 1, "a line ends one");
    t2m_slot_end(&slot, tracked[1]);
    is_number(open_requests(&slot) - before, 0, "the next is silenced");
    (void)push_of(&slot, T2M_SLOT_WAIT, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, untracked[0]);
    t2m_slot_end(&slot, untracked[1]);
    is_number(open_requests(&slot) - before, 0, "those without an entry end the same ways");
    (void)push_of(&slot, T2M_SLOT_WAIT, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, NULL);
    t2m_slot_end(&slot, NULL);
    is_number(open_requests(&slot) - before, 0, "and those that nobody saw begin");
    (void)push_of(&slot, T2M_SLOT_WAIT, T2M_STREAM_APP, T2M_LEVEL_INFO, NULL);
    is_number((long)(slot.header->begun - begun), 7, "each begun once, no other line is a request");
    is_number((long)(slot.header->silenced - silenced), 3, "three without a line");
    (void)pthread_mutex_lock(&slot.lock);
    (void)push_of(&slot, T2M_SLOT_TRY, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, untracked[2]);
    (void)push_of(&slot, T2M_SLOT_TRY, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, NULL);
    (void)pthread_mutex_unlock(&slot.lock);
    is_number(open_requests(&slot) - before, 0, "nor does a dropped line stay open");
    is_number((long)(slot.header->begun_untracked - slot.header->ended_untracked), 0,
              "and no request without an entry is left");
    give_up(&slot);
    t2m_slot_end(&slot, NULL);
    ok(1, "a handle without a slot counts nothing");
}

static int has_no_crash(apr_uint32_t index)
{
    t2m_crash_t crash;

    t2m_slots_crash(&slots, index, &crash);
    return crash.signal == 0 && crash.exited == 0 && crash.frame_count == 0;
}

/* The parent's slot is taken over again without having been freed. */
static void parent_crashes(void)
{
    t2m_slot_t slot;

    t2m_slot_reset(&slot);
    (void)t2m_slot_claim(&slot, world.slots_fd, world.board_fd, &world.geometry, 0, 1);
    slot.header->crash.signal = 11;
    slot.header->crash.exited = 1;
    slot.header->crash.frame_count = 3;
    t2m_slot_release(&slot);
    (void)t2m_slot_claim(&slot, world.slots_fd, world.board_fd, &world.geometry, 0, 1);
    ok(has_no_crash(0), "whoever takes a slot over has not crashed");
    t2m_slot_release(&slot);
}

static void last_words(void)
{
    t2m_slot_t slot;
    t2m_slot_request_t request = { .file = 3, .errors_file = 4 };
    t2m_inflight_t *entry;
    apr_uint32_t index;
    int signal = -1;

    t2m_slot_reset(&slot);
    ok(t2m_slot_crash(&slot) == NULL, "no slot, no place for a last word");
    (void)world_claim(&world, &slot);
    index = slot.index;
    entry = t2m_slot_begin(&slot, &request);
    ok(entry->file == 3 && entry->errors_file == 4, "an entry knows the files of its request");
    is_number((long)t2m_slot_entry_number(&slot, entry), entry - slot.inflight + 1, "its number");
    is_number((long)t2m_slot_entry_number(&slot, NULL), 0, "none has none");
    is_number((long)t2m_slot_entry_number(&slot, &slot.untracked), 0, "nor one without an entry");
    t2m_slot_crash(&slot)->signal = 11;
    t2m_slot_crash(&slot)->frame_count = 2;
    ok(!t2m_slots_end(&slots, index, t2m_slots_owner(&slots, index), &signal) && signal == 0,
       "while it lives nobody knows how it ends");
    is_number(t2m_slot_note_end(world.slots_fd, &world.geometry, getpid() + 1, 9), APR_SUCCESS,
              "another process ends");
    ok(!t2m_slots_end(&slots, index, t2m_slots_owner(&slots, index), &signal), "not this one");
    (void)t2m_slot_note_end(world.slots_fd, &world.geometry, getpid(), 11);
    ok(t2m_slots_end(&slots, index, t2m_slots_owner(&slots, index), &signal) && signal == 11,
       "then this one by a signal");
    ok(!t2m_slots_end(&slots, index, t2m_slots_owner(&slots, index) + 1, &signal),
       "which is no other owner's end");
    (void)t2m_slot_note_end(world.slots_fd, &world.geometry, getpid(), 0);
    ok(t2m_slots_end(&slots, index, t2m_slots_owner(&slots, index), &signal) && signal == 0,
       "or by itself");
    ok(t2m_slot_note_end(-1, &world.geometry, getpid(), 0) != APR_SUCCESS, "no memory, no note");
    give_up(&slot);
    ok(!t2m_slots_end(&slots, index, (apr_uint64_t)getpid(), &signal), "a free slot has no end");
    ok(has_no_crash(index), "and no last word");
    (void)t2m_slot_note_end(world.slots_fd, &world.geometry, getpid(), 0);
    (void)world_claim(&world, &slot);
    ok(slot.index == index && !t2m_slots_end(&slots, index, t2m_slots_owner(&slots, index),
                                             &signal), "nor has its next owner");
    give_up(&slot);
}

/* Killed between the store of the tail and that of the count. */
static void counts_the_last(void)
{
    t2m_slot_t slot;
    apr_uint64_t *accepted, before;

    (void)world_claim(&world, &slot);
    accepted = &slot.header->accepted[T2M_STREAM_SECURITY];
    before = *accepted;
    (void)push_of(&slot, T2M_SLOT_WAIT, T2M_STREAM_SECURITY, T2M_LEVEL_INFO, NULL);
    *accepted -= 1;
    heads()[slot.index] = slot.tail;
    t2m_slots_free(&slots, slot.index, t2m_slots_owner(&slots, slot.index));
    is_number((long)(*accepted - before), 1, "a published record counts");
    t2m_slot_release(&slot);
    (void)world_claim(&world, &slot);
    accepted = &slot.header->accepted[T2M_STREAM_SECURITY];
    (void)push_of(&slot, T2M_SLOT_WAIT, T2M_STREAM_APP, T2M_LEVEL_INFO, NULL);
    slot.header->counting = 99 * T2M_STREAM_COUNT + T2M_STREAM_SECURITY;
    slot.header->counting_tail += 8;
    give_up(&slot);
    (void)world_claim(&world, &slot);
    accepted = &slot.header->accepted[T2M_STREAM_SECURITY];
    is_number((long)(*accepted - before), 1, "one that was not published does not");
    give_up(&slot);
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
    ok(t2m_slot_begin(&slot, &request) == &slot.untracked, "a third finds none");
    ok(slot.header->begun_untracked == slot.header->ended_untracked + 1, "and is counted");
    ok(t2m_slots_inflight(&slots, slot.index, 0, slot.tail, &copy) && copy.started == 7
       && copy.id_size == 4 && memcmp(copy.id, "0190", 4) == 0, "an entry says what was begun");
    ok(copy.path_size == sizeof(copy.path) && copy.truncated, "too long a path is cut");
    t2m_slot_end(&slot, first);
    ok(!t2m_slots_inflight(&slots, slot.index, 0, slot.tail, &copy), "a given back one is free");
    ok(t2m_slot_begin(&slot, &request) == first, "and taken again");
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
    keeps_room();
    asks();
    ledger();
    last_words();
    parent_crashes();
    counts_the_last();
    inflight();
    forks();
    return tap_done();
}
