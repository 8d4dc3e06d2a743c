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

/* Tests modules/shared/recent.c: a ring that wraps anywhere, is killed anywhere, and is read all
 * the while. Record k has a size and bytes that follow from k: each says whether it is whole. */
#include "shared/recent.h"

#include <pthread.h>
#include <setjmp.h>

#include "core/encode.h"
#include "shared/atomic.h"
#include "shared/step.h"
#include "shared/world.h"
#include "tap.h"

static world_t world;
static t2m_board_t board;
static unsigned char copied[T2M_RECENT_BYTES];
static apr_uint64_t batch;

/* ---- what happens at a step ------------------------------------------------------------------ */

static jmp_buf killed;
static int steps, kill_at, looking, wrong;
static pthread_t main_thread;

static void look(void);

void t2m_model_step(const char *name)
{
    (void)name;
    if (!pthread_equal(pthread_self(), main_thread)) {
        return;
    }
    if (looking && (steps < 8 || steps % 16 == 0)) {
        looking = 0;
        look();
        looking = 1;
    }
    if (++steps == kill_at) {
        longjmp(killed, 1);
    }
}

/* ---- records --------------------------------------------------------------------------------- */

static apr_uint32_t size_of(apr_uint64_t k)
{
    return 16 + (apr_uint32_t)(k * 7919 % 5003);
}

static void add(t2m_recent_cursor_t *cursor, apr_uint64_t k)
{
    static char line[T2M_LINE_MAX];
    t2m_recent_record_t record = { .size = size_of(k), .stream = T2M_STREAM_ACCESS,
                                   .level = (unsigned char)(k % 5), .time = (apr_int64_t)k };

    memset(line, 'a' + (int)(k % 26), record.size);
    memcpy(line, &k, sizeof(k));
    t2m_recent_add(&board, cursor, &record, line);
}

static int is_whole(const t2m_recent_record_t *record, t2m_text_t line)
{
    apr_uint64_t k = (apr_uint64_t)record->time;
    apr_size_t i;

    if (line.size != size_of(k) || memcmp(line.data, &k, sizeof(k)) != 0
        || record->level != k % 5) {
        return 0;
    }
    for (i = sizeof(k); i < line.size; i++) {
        if (line.data[i] != 'a' + (int)(k % 26)) {
            return 0;
        }
    }
    return 1;
}

/* Reads the ring: how many records, in order and whole (-1: not so), and the newest. */
static long read_all(unsigned char *bytes, apr_uint64_t *newest)
{
    t2m_recent_copy_t copy;
    t2m_recent_record_t record;
    t2m_text_t line;
    apr_uint64_t position;
    long count = 0;

    if (!t2m_recent_copy(&board, 0, bytes, &copy)) {
        return copy.next == 0 ? 0 : -1;
    }
    for (position = copy.first; t2m_recent_next(&copy, &position, &record, &line); count++) {
        if (!is_whole(&record, line) || (count && (apr_uint64_t)record.time != *newest + 1)) {
            return -1;
        }
        *newest = (apr_uint64_t)record.time;
    }
    return position == copy.next ? count : -1;
}

static void look(void)
{
    apr_uint64_t newest;

    wrong += read_all(copied, &newest) < 0;
}

/* Adds records from k on as one batch, unless it is there. Returns nonzero when it was killed at
 * that step (0: none). */
static int add_batch(apr_uint64_t k, int count, apr_uint64_t number, int at)
{
    t2m_recent_cursor_t cursor;
    int i;

    steps = 0;
    kill_at = at;
    if (setjmp(killed)) {
        kill_at = 0;
        t2m_board_undo(&board);
        return 1;
    }
    if (board.tables->recents[0].row.batch == number) {
        return 0;
    }
    t2m_recent_begin(&board, 0, &cursor);
    for (i = 0; i < count; i++) {
        add(&cursor, k + (apr_uint64_t)i);
        if (looking && i % 64 == 3) {
            look();
        }
    }
    t2m_recent_publish(&board, &cursor, number);
    kill_at = 0;
    return 0;
}

static void begin_at(apr_uint64_t position)
{
    t2m_recent_t *row = &board.tables->recents[0];

    memset(board.tables->recent_bytes[0], 0xee, T2M_RECENT_BYTES);
    row->first = row->next = position;
    row->records = 0;
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void wraps(void)
{
    apr_uint64_t offset, newest, k = 1;
    int good = 0, tried = 0;

    for (offset = 0; offset <= 6000; offset += T2M_RECORD_ALIGN) {
        begin_at(3 * (apr_uint64_t)T2M_RECENT_BYTES - offset);
        (void)add_batch(k, 3, ++batch, 0);
        good += read_all(copied, &newest) == 3 && newest == k + 2;
        k += 3;
        tried++;
    }
    is_number(good, tried, "the end of the ring anywhere in a record");
}

static void fills(void)
{
    apr_uint64_t newest = 0, k = 1;
    long count = 0;
    int i, good = 0;

    begin_at(0);
    is_number(read_all(copied, &newest), 0, "an empty ring");
    for (i = 0; i < 1000; i++) {
        (void)add_batch(k, 7, ++batch, 0);
        k += 7;
        count = read_all(copied, &newest);
        good += count > 0 && newest == k - 1 && (k < 500 || count > 350);
    }
    is_number(good, 1000, "always the newest that fit, in order");
    is_number((long)board.tables->recents[0].records, 7000, "all are counted");
    (void)add_batch(k, 1000, ++batch, 0);
    ok(read_all(copied, &newest) > 350 && newest == k + 999, "a batch larger than the ring");
    begin_at(40);
    (void)add_batch(k, 1000, ++batch, 0);
    ok(read_all(copied, &newest) > 350 && newest == k + 999, "in an empty one too");
}

/* Kills a batch at each of its steps, twice; afterwards the ring is as if it had not been. */
static long kills(apr_uint64_t start, int before, int count)
{
    static unsigned char want[T2M_RECENT_BYTES];
    t2m_recent_t want_row;
    long runs = 0, bad = 0;
    int first, second, more = 1;

    begin_at(start);
    (void)add_batch(1, before, ++batch, 0);
    (void)add_batch((apr_uint64_t)before + 1, count, ++batch, 0);
    memcpy(want, board.tables->recent_bytes[0], sizeof(want));
    want_row = board.tables->recents[0];
    for (first = 1; more; first += first < 20 ? 1 : 67) {
        for (second = 1; second < 4; second++) {
            const t2m_recent_t *row = &board.tables->recents[0];

            begin_at(start);
            (void)add_batch(1, before, batch - 1, 0);
            looking = 1;
            more = add_batch((apr_uint64_t)before + 1, count, batch, first);
            (void)add_batch((apr_uint64_t)before + 1, count, batch, second);
            (void)add_batch((apr_uint64_t)before + 1, count, batch, 0);
            looking = 0;
            bad += row->first != want_row.first || row->next != want_row.next
                || row->records != want_row.records || row->row.batch != batch
                || row->row.sequence % 2
                || memcmp(want, board.tables->recent_bytes[0], sizeof(want)) != 0;
            runs++;
        }
    }
    ok(bad == 0 && runs > 10, "%d records upon %d, killed twice: %ld ways", count, before, runs);
    return runs;
}

static void killed_anywhere(void)
{
    wrong = 0;
    (void)kills(16, 3, 4);
    (void)kills(8, 500, 12);
    (void)kills(T2M_RECENT_BYTES - 4000, 480, 60);
    (void)kills(72, 300, 700);
    is_number(wrong, 0, "and who reads meanwhile sees whole records only");
}

/* What is passed over leaves the same ring as if it had been added. */
static void skips(void)
{
    static unsigned char added[T2M_RECENT_BYTES];
    static char line[1000];
    t2m_recent_record_t record = { .size = sizeof(line) };
    const apr_uint64_t size = t2m_recent_size(sizeof(line)), fits = T2M_RECENT_BYTES / size;
    t2m_recent_cursor_t one, other;
    apr_uint64_t i;

    begin_at(0);
    t2m_recent_begin(&board, 0, &one);
    other = one;
    for (i = 0; i < 2 * fits; i++) {
        memset(line, (int)('a' + i % 26), sizeof(line));
        t2m_recent_add(&board, &one, &record, line);
    }
    memcpy(added, board.tables->recent_bytes[0], sizeof(added));
    memset(board.tables->recent_bytes[0], 0, sizeof(added));
    t2m_recent_skip(&other, 0, 0);
    t2m_recent_skip(&other, fits * size, fits);
    for (; i < 3 * fits; i++) {
        memset(line, (int)('a' + (i - fits) % 26), sizeof(line));
        t2m_recent_add(&board, &other, &record, line);
    }
    ok(one.first == other.first && one.next == other.next && one.records == other.records,
       "what is passed over counts as if it had been added");
    for (i = one.first; i < one.next
                        && added[i % T2M_RECENT_BYTES]
                           == board.tables->recent_bytes[0][i % T2M_RECENT_BYTES];) {
        i++;
    }
    ok(i == one.next, "what follows stands where it would");
    is_number((long)t2m_recent_size(T2M_LINE_MAX + 1), 0, "a line that is left out takes nothing");
}

static void odd_ones(void)
{
    static char huge[T2M_LINE_MAX + 1];
    t2m_recent_record_t record = { .size = sizeof(huge) };
    t2m_recent_cursor_t cursor;
    t2m_recent_copy_t copy;
    t2m_text_t line;
    apr_uint64_t newest, position;

    begin_at(0);
    t2m_recent_begin(&board, 0, &cursor);
    cursor.next = 1 << 24;
    cursor.first = cursor.next + T2M_RECORD_ALIGN; /* nothing that a writer leaves */
    record.size = 5;
    t2m_recent_add(&board, &cursor, &record, "12345");
    ok(cursor.first == 1 << 24 && cursor.next > cursor.first, "a beginning behind the end is none");
    begin_at(0);
    t2m_recent_begin(&board, 0, &cursor);
    cursor.first = 1 << 24;
    cursor.next = cursor.first + T2M_RECENT_BYTES;
    memset(board.tables->recent_bytes[0], 0xff, T2M_RECENT_BYTES);
    t2m_recent_add(&board, &cursor, &record, "12345");
    ok(cursor.first == (1 << 24) + T2M_RECENT_BYTES, "nor is a record that goes over the end");
    record.size = sizeof(huge);
    begin_at(0);
    t2m_recent_begin(&board, 0, &cursor);
    t2m_recent_add(&board, &cursor, &record, huge);
    t2m_recent_publish(&board, &cursor, ++batch);
    is_number((long)board.tables->recents[0].next, 0, "a line over 64 KiB is left out");
    record.size = T2M_LINE_MAX;
    t2m_recent_add(&board, &cursor, &record, huge);
    t2m_recent_publish(&board, &cursor, batch);
    ok(board.tables->recents[0].next > T2M_LINE_MAX, "one of 64 KiB is not");
    (void)t2m_recent_copy(&board, 0, copied, &copy);
    position = copy.first;
    ((t2m_recent_record_t *)(void *)copied)->size = T2M_LINE_MAX + 1;
    is_number(t2m_recent_next(&copy, &position, &record, &line), 0, "what cannot be a record");
    ((t2m_recent_record_t *)(void *)copied)->size = 100;
    copy.next = 64;
    is_number(t2m_recent_next(&copy, &position, &record, &line), 0, "or goes over the end");
    copy.next = 8;
    is_number(t2m_recent_next(&copy, &position, &record, &line), 0, "or has no header");
    begin_at(0);
    (void)add_batch(1, 2, ++batch, 0);
    board.tables->recents[0].row.sequence++;
    ok(!t2m_recent_copy(&board, 0, copied, &copy) && copy.next == 0, "a row that always changes");
    board.tables->recents[0].row.sequence++;
    board.tables->recents[0].first = board.tables->recents[0].next - T2M_RECENT_BYTES - 8;
    ok(!t2m_recent_copy(&board, 0, copied, &copy), "a row that cannot be true");
    begin_at(0);
    t2m_recent_begin(&board, 0, &cursor);
    add(&cursor, 1);
    t2m_recent_publish(&board, &cursor, batch);
    is_number(read_all(copied, &newest), 0, "a batch that is published already");
}

/* ---- a reader beside the writer ------------------------------------------------------------- */

static int stop;
static long reads, torn;

static void *reader(void *bytes)
{
    apr_uint64_t newest = 0;

    while (!t2m_load(&stop)) {
        torn += read_all(bytes, &newest) < 0;
        reads++;
    }
    return NULL;
}

static void read_meanwhile(void)
{
    apr_uint64_t k = 1;
    apr_time_t end = apr_time_now() + APR_USEC_PER_SEC / 2;
    pthread_t thread;

    begin_at(0);
    if (pthread_create(&thread, NULL, reader, copied) != 0) {
        ok(0, "a thread");
        return;
    }
    while (apr_time_now() < end) {
        int count = (int)(k % 40) + 1;

        (void)add_batch(k, count, ++batch, 0);
        k += (apr_uint64_t)count;
    }
    t2m_store(&stop, 1);
    (void)pthread_join(thread, NULL);
    ok(torn == 0 && reads > 10 && k > 10000, "read while it is written: no record was torn");
    printf("# %ld reads, %ld records\n", reads, (long)k);
}

int main(void)
{
    main_thread = pthread_self();
    world_make(&world, 2);
    if (t2m_board_attach(&board, world.board_fd, &world.geometry, 1, 1) != APR_SUCCESS) {
        return 1;
    }
    wraps();
    fills();
    killed_anywhere();
    skips();
    odd_ones();
    read_meanwhile();
    return tap_done();
}
