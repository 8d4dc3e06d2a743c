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

/* Eight threads of a process use its slot, one thread drains it as the writer does and changes the
 * board, one reads the board: what they see of each other is whole, and at the end all counts
 * agree. Made for ThreadSanitizer (`./bootstrap soak` builds it so), which must find nothing;
 * T2M_SECONDS says how long, 2 by default.
 *
 * Shown to fail: with t2m_slot_push not taking its lock (lines torn, and reported), with a tail
 * published before the copy (lines torn), with plain copies in t2m_board_read (reported), with
 * t2m_slot_begin storing `position` by a plain assignment (reported). */
#include "shared/slot.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "shared/atomic.h"
#include "shared/slots.h"
#include "shared/world.h"
#include "tap.h"

enum { THREADS = 8, LINE = 700 };

static const t2m_geometry_t geometry = { 2, 2, 65536 }; /* too few entries for all, on purpose */
static t2m_slot_t slot;
static t2m_slots_t slots;
static t2m_board_t board;
static int stop, producers_done;

typedef struct {
    pthread_t thread;
    unsigned number, random;
    long pushed, dropped, silenced, begun; /* what it did */
    long seen, last; /* what the writer saw of it */
} producer_t;

static producer_t producers[THREADS];
static long torn, spoiled, foreign, rows_read, rows_torn, rows_missed;

/* ---- producers ------------------------------------------------------------------------------ */

static unsigned next_random(producer_t *self)
{
    self->random = self->random * 1664525U + 1013904223U;
    return self->random >> 8;
}

/* A line says who made it, its number there and what it must be filled with. */
static apr_status_t push(producer_t *self, t2m_stream_e stream, t2m_inflight_t *entry)
{
    char line[LINE];
    t2m_ring_record_t record = { .stream = (unsigned char)stream, .level = T2M_LEVEL_ERROR,
                                 .time = 1 };
    int size = snprintf(line, sizeof(line), "%u %ld ", self->number, self->pushed + 1);
    unsigned more = next_random(self) % (unsigned)(LINE - size);
    apr_status_t status;

    memset(line + size, 'a' + (int)(self->pushed % 26), more);
    record.size = (apr_uint32_t)size + more;
    status = t2m_slot_push(&slot, next_random(self) % 8 ? T2M_SLOT_WAIT : T2M_SLOT_TRY, &record,
                           line, entry);
    self->pushed += status == APR_SUCCESS;
    self->dropped += status != APR_SUCCESS;
    return status;
}

static void serve(producer_t *self)
{
    static const t2m_slot_request_t request = { .started = 1 };
    unsigned kind = next_random(self) % 8;
    t2m_inflight_t *entry = kind == 0 ? NULL : t2m_slot_begin(&slot, &request);

    self->begun++;
    (void)push(self, T2M_STREAM_APP, NULL);
    if (entry) {
        t2m_store(&entry->ending, 1);
    }
    if (kind == 2) {
        (void)usleep(50); /* others find the table full */
    }
    if (kind == 1) {
        t2m_slot_end(&slot, entry);
        self->silenced++;
    } else {
        (void)push(self, T2M_STREAM_ACCESS, entry);
    }
    if (kind < 2) {
        (void)usleep(50);
    }
}

static void *produce(void *data)
{
    while (!t2m_load(&stop)) {
        serve(data);
    }
    return NULL;
}

/* ---- the writer ----------------------------------------------------------------------------- */

static void judge_line(const char *line, size_t size)
{
    unsigned number = 0;
    long count = 0;
    int used = 0;
    producer_t *producer;
    size_t i;

    if (sscanf(line, "%u %ld %n", &number, &count, &used) != 2 || number >= THREADS) {
        torn++;
        return;
    }
    producer = &producers[number];
    torn += count != producer->last + 1; /* a thread's lines come in its order, and all */
    producer->last = count;
    producer->seen++;
    for (i = (size_t)used; i < size; i++) {
        if (line[i] != 'a' + (int)((count - 1) % 26)) {
            torn++;
            return;
        }
    }
}

static void drain(void)
{
    apr_uint64_t head = board.heads[1], tail;
    char line[LINE + 1];

    spoiled += t2m_slots_check(&slots, 1, head);
    tail = t2m_slots_tail(&slots, 1, head);
    while (head != tail) {
        t2m_ring_record_t record;
        apr_uint64_t next = t2m_slots_record(&slots, 1, head, tail, &record);

        if (next == 0 || record.size > LINE) {
            spoiled++;
            next = tail;
        } else {
            t2m_slots_copy(&slots, 1, head + sizeof(record), line, record.size);
            line[record.size] = '\0';
            judge_line(line, record.size);
        }
        head = next;
    }
    t2m_store(&board.heads[1], head);
}

static void look_around(void)
{
    static apr_uint64_t dropped[T2M_DROPS];
    apr_uint64_t now[T2M_DROPS];
    t2m_slot_header_t header;
    apr_int64_t ending;
    apr_uint32_t i;

    spoiled += t2m_slots_dropped(&slots, 1, dropped, now);
    memcpy(dropped, now, sizeof(now));
    t2m_slots_header(&slots, 1, &header);
    foreign += t2m_slots_closed(&slots, 1) || header.uncounted || header.crash.signal;
    for (i = 0; i < geometry.inflight_count; i++) {
        (void)t2m_slots_busy(&slots, 1, i, board.heads[1], &ending);
        spoiled += t2m_slots_entry_check(&slots, 1, i, board.heads[1]);
    }
}

/* A row whose words all say the same. */
static void change_row(void)
{
    t2m_totals_t row = board.totals[0];

    row.row.batch++;
    row.lines++;
    row.bytes = row.lines;
    row.worker_died = row.lines;
    t2m_board_replace(&board, &board.totals[0], &row, sizeof(row));
}

static void *write_all(void *data)
{
    (void)data;
    while (!t2m_load(&producers_done)) {
        drain();
        look_around();
        change_row();
    }
    drain();
    return NULL;
}

static void *read_board(void *data)
{
    (void)data;
    while (!t2m_load(&producers_done)) {
        t2m_totals_t row;

        if (t2m_board_read(&board.totals[0], &row, sizeof(row))) {
            rows_read++;
            rows_torn += row.bytes != row.lines || row.worker_died != row.lines
                      || row.row.batch != row.lines;
        } else {
            rows_missed++;
        }
        (void)t2m_slot_writer_asleep(&slot);
    }
    return NULL;
}

/* ---- the test ------------------------------------------------------------------------------- */

static void make_world(void)
{
    world_t world;

    world_make_of(&world, &geometry);
    if (t2m_slots_attach(&slots, world.slots_fd) != APR_SUCCESS
        || t2m_board_attach(&board, world.board_fd, &geometry, 1, 1) != APR_SUCCESS
        || world_claim(&world, &slot) != APR_SUCCESS) {
        abort();
    }
}

/* A sanitizer knows races by addresses: the slot and the writer look through one mapping. */
static void share_mappings(void)
{
    slots.memory = (unsigned char *)slot.header - slots.map.slots - slots.map.slot_size;
    slot.head = &board.heads[1];
    slot.board = board.header;
}

static void run(unsigned seconds)
{
    pthread_t writer, reader;
    unsigned i;

    for (i = 0; i < THREADS; i++) {
        producers[i].number = i;
        producers[i].random = i + 1;
        (void)pthread_create(&producers[i].thread, NULL, produce, &producers[i]);
    }
    (void)pthread_create(&writer, NULL, write_all, NULL);
    (void)pthread_create(&reader, NULL, read_board, NULL);
    (void)sleep(seconds);
    t2m_store(&stop, 1);
    for (i = 0; i < THREADS; i++) {
        (void)pthread_join(producers[i].thread, NULL);
    }
    t2m_store(&producers_done, 1);
    (void)pthread_join(writer, NULL);
    (void)pthread_join(reader, NULL);
}

static void judge_ledger(void)
{
    long pushed = 0, seen = 0, dropped = 0, silenced = 0, begun = 0, counted = 0, of_access = 0;
    t2m_slot_header_t header;
    int i;

    t2m_slots_header(&slots, 1, &header);
    for (i = 0; i < THREADS; i++) {
        pushed += producers[i].pushed;
        seen += producers[i].seen;
        dropped += producers[i].dropped;
        silenced += producers[i].silenced;
        begun += producers[i].begun;
    }
    for (i = 0; i < T2M_DROPS; i++) {
        counted += (long)header.dropped[i];
        of_access += i / T2M_DROP_COUNT == T2M_STREAM_ACCESS ? (long)header.dropped[i] : 0;
    }
    printf("# %ld lines, %ld dropped, %ld requests, %ld rows read, %ld missed\n", pushed, dropped,
           begun, rows_read, rows_missed);
    ok(pushed > 1000 && pushed == seen, "each line pushed was read once");
    is_number(counted, dropped, "each line dropped is counted once");
    is_number((long)(header.accepted[T2M_STREAM_APP] + header.accepted[T2M_STREAM_ACCESS]), pushed,
              "each line accepted too");
    ok((long)header.begun == begun && (long)header.silenced == silenced, "each request begun");
    is_number((long)header.accepted[T2M_STREAM_ACCESS] + of_access + silenced, begun,
              "and ended once");
    ok(header.begun_untracked > 0 && header.begun_untracked == header.ended_untracked,
       "also without an entry");
}

int main(void)
{
    const char *seconds = getenv("T2M_SECONDS");

    make_world();
    share_mappings();
    run(seconds ? (unsigned)atoi(seconds) : 2);
    is_number(torn, 0, "no line is torn, missing or out of its thread's order");
    is_number(spoiled, 0, "nothing looks spoiled at any time");
    is_number(foreign, 0, "nothing else changes");
    ok(rows_read > 0 && rows_torn == 0, "no row of the board is half old and half new");
    judge_ledger();
    return tap_done();
}
