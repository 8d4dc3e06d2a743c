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

/* Tests modules/writer/fold.c: totals and recent records, and what the tables share. */
#include "writer/fold_internal.h"

#include "shared/recent.h"
#include "writer/fold_world.h"

static void push(t2m_stream_e stream, int flags, int level, const char *line)
{
    t2m_ring_record_t record = { .stream = (unsigned char)stream, .time = FOLD_START,
                                 .flags = (unsigned char)flags, .level = (unsigned char)level };

    fold_push(record, line, line ? NULL : "counted only");
}

/* ---- what the tables share ------------------------------------------------------------------- */

/* As many keys as a batch can have, all of which want the same place. */
static void keys_in_one_bucket(t2m_fold_t *fold)
{
    apr_uint64_t factor = fold->factor;
    apr_uint32_t i, wrong = 0;

    fold->factor = 1;
    for (i = 0; i < 1000; i++) {
        fold->items[i].key = i % 500;
        fold->items[i].entry = i;
    }
    fold->item_count = 1000;
    t2m_fold_sort(fold);
    for (i = 0; i < 1000; i += 2) {
        wrong += t2m_fold_run(fold, i) != i + 2
               || fold->items[i].entry + 500 != fold->items[i + 1].entry;
    }
    is_number(wrong, 0, "keys that get in each other's way are told apart");
    for (i = 0, wrong = 0; i < T2M_FOLD_BUCKETS; i++) {
        wrong += fold->buckets[i] != 0;
    }
    is_number(wrong, 0, "nothing is left for the next batch");
    fold->factor = factor;
}

/* Names that take the same place of the names seen lately. */
static void names_alternate(t2m_fold_t *fold)
{
    static const char *const names[] = { "GET /a/1", "GET /b/1" };
    char longest[T2M_NAME_MAX + 1];
    apr_uint32_t i, wrong = 0;

    fold->item_count = 0;
    for (i = 0; i < 100; i++) {
        t2m_fold_name(fold, t2m_text(names[i % 3 == 0]), i);
        wrong += fold->items[i].key != fold->items[i % 3 == 0 ? 0 : i > 1 ? 1 : i].key;
    }
    ok(wrong == 0 && fold->items[0].key != fold->items[1].key, "a name has one hash");
    memset(longest, 'x', sizeof(longest));
    t2m_fold_name(fold, t2m_text_of(longest, sizeof(longest)), 0);
    t2m_fold_name(fold, t2m_text_of(longest, T2M_NAME_MAX), 1);
    t2m_fold_name(fold, t2m_text_of("", 0), 2);
    ok(fold->items[100].key != fold->items[101].key
       && fold->items[101].key != fold->items[102].key, "of any length");
}

static void sorts(void)
{
    t2m_fold_t *fold = folds[0];
    apr_uint32_t i, runs = 0;
    int ordered = 1;

    fold->item_count = 0;
    for (i = 0; i < 1000; i++) {
        char name[16];

        (void)snprintf(name, sizeof(name), "n%d", (int)(i * 7 % 13));
        t2m_fold_name(fold, t2m_text(name), i);
    }
    t2m_fold_sort(fold);
    for (i = 1; i < 1000; i++) {
        const t2m_fold_item_t *a = &fold->items[i - 1], *b = a + 1;

        ordered &= a->key != b->key || a->entry < b->entry;
    }
    ok(ordered, "brought together by name, in their order");
    for (i = 0; i < fold->item_count; i = t2m_fold_run(fold, i)) {
        runs++;
    }
    is_number(runs, 13, "each name is one run");
    keys_in_one_bucket(fold);
    names_alternate(fold);
    ok(memcmp(folds[0]->hash_key, folds[1]->hash_key, sizeof(folds[0]->hash_key)) != 0,
       "two writers have two keys");
}

static void worth(void)
{
    const apr_time_t day = 86400 * APR_USEC_PER_SEC;
    apr_uint64_t sum = 0;
    int i;

    is_number((long)t2m_fold_worth(100, FOLD_START, FOLD_START), 100, "worth: of today");
    is_number((long)t2m_fold_worth(100, FOLD_START, FOLD_START + day - 1), 100, "all day");
    is_number((long)t2m_fold_worth(100, FOLD_START, FOLD_START + day), 50, "of yesterday");
    is_number((long)t2m_fold_worth(100, FOLD_START, FOLD_START + 64 * day), 0, "long ago");
    is_number((long)t2m_fold_worth(100, FOLD_START + day, FOLD_START), 100, "of tomorrow");
    for (i = 0; i < 64; i++) {
        sum += t2m_fold_worth(100, APR_INT64_MIN + i * day, FOLD_START);
    }
    is_number((long)sum, 0, "of times that no clock has shown");
}

/* ---- totals and recents ---------------------------------------------------------------------- */

static t2m_totals_t totals_before[T2M_STREAM_COUNT];
static apr_uint64_t recent_before[T2M_RECENT_COUNT];

static void note_before(void)
{
    int i;

    memcpy(totals_before, board.totals, sizeof(totals_before));
    for (i = 0; i < T2M_RECENT_COUNT; i++) {
        recent_before[i] = board.tables->recents[i].records;
    }
}

static long more_lines(int stream)
{
    return (long)(board.totals[stream].lines - totals_before[stream].lines);
}

static long more_recent(int which)
{
    return (long)(board.tables->recents[which].records - recent_before[which]);
}

static void push_some(void)
{
    push(T2M_STREAM_APP, 0, T2M_LEVEL_WARNING, "{\"a\":1");
    push(T2M_STREAM_ACCESS, 0, 0, "{\"b\":2");
    push(T2M_STREAM_PERFORMANCE, T2M_FACT_SLOW, 0, "{\"c\":3");
    push(T2M_STREAM_PERFORMANCE, 0, 0, "{\"d\":4");
    push(T2M_STREAM_PERFORMANCE, T2M_FACT_SLOW, 0, NULL);
    push(T2M_STREAM_SECURITY, T2M_FACT_SLOW, 0, "{\"e\":5");
}

static int counts_hold(void)
{
    return more_lines(T2M_STREAM_APP) == 1 && more_lines(T2M_STREAM_ACCESS) == 1
        && more_lines(T2M_STREAM_PERFORMANCE) == 2 && more_lines(T2M_STREAM_SECURITY) == 1
        && more_lines(T2M_STREAM_ERRORS) == 0 && more_recent(T2M_STREAM_APP) == 1
        && more_recent(T2M_STREAM_PERFORMANCE) == 2 && more_recent(T2M_STREAM_SECURITY) == 1
        && more_recent(T2M_RECENT_SLOW) == 1
        && board.totals[T2M_STREAM_APP].levels[T2M_LEVEL_WARNING]
               == totals_before[T2M_STREAM_APP].levels[T2M_LEVEL_WARNING] + 1;
}

static void newest_is(int which, const char *want, const char *name)
{
    static unsigned char bytes[T2M_RECENT_BYTES];
    t2m_recent_copy_t copy;
    t2m_recent_record_t record;
    t2m_text_t line = { NULL, 0 };
    apr_uint64_t position;

    (void)t2m_recent_copy(&board, which, bytes, &copy);
    for (position = copy.first; t2m_recent_next(&copy, &position, &record, &line);) {
    }
    is_bytes(line.data, line.size, want, name);
}

static void lines(void)
{
    int bad, runs;

    note_before();
    push_some();
    fold_all();
    ok(counts_hold(), "each line is in its totals and its ring once");
    newest_is(T2M_STREAM_APP, "{\"a\":1,\"seq\":1}", "a recent record is the line of the file");
    newest_is(T2M_RECENT_SLOW, "{\"c\":3,\"seq\":1}", "a slow request's is among the slow ones");
    (void)fold_once(1, 0);
    ok(counts_hold(), "done again by another writer: still once");
    note_before();
    push_some();
    bad = fold_killed_anywhere(counts_hold, &runs);
    ok(bad == 0 && runs > 100, "killed anywhere, twice: once (%d ways)", runs);
}

/* A ring that is full gives its oldest records up, once. */
static void full_ring(void)
{
    char line[2000];
    const t2m_recent_t *row = &board.tables->recents[T2M_STREAM_ERRORS];
    apr_uint64_t first;
    int i;

    memset(line, 'x', sizeof(line) - 1);
    line[sizeof(line) - 1] = '\0';
    for (i = 0; i < 600; i++) {
        push(T2M_STREAM_ERRORS, 0, 0, line);
        if (i % 25 == 24) {
            fold_all();
        }
    }
    first = row->first;
    ok(first > 0 && row->records == 600, "a full ring");
    (void)fold_once(1, 0);
    ok(row->first == first && row->records == 600, "done again: gives up no more");
}

static void gaps(void)
{
    apr_uint64_t *dropped = &slot.header->dropped[T2M_STREAM_ACCESS * T2M_DROP_COUNT];
    t2m_recent_copy_t copy;
    static unsigned char bytes[T2M_RECENT_BYTES];

    note_before();
    dropped[T2M_DROP_FULL] += 7;
    fold_all();
    is_number((long)(board.totals[T2M_STREAM_ACCESS].dropped[T2M_DROP_FULL]
                     - totals_before[T2M_STREAM_ACCESS].dropped[T2M_DROP_FULL]), 7,
              "what a gap stands for is counted");
    is_number(more_lines(T2M_STREAM_ACCESS), 0, "it is no line");
    (void)t2m_recent_copy(&board, T2M_STREAM_ACCESS, bytes, &copy);
    {
        t2m_recent_record_t record = { 0 };
        t2m_text_t line;
        apr_uint64_t position = copy.first;

        while (t2m_recent_next(&copy, &position, &record, &line)) {
        }
        is_number(record.time, FOLD_START, "but a recent record, of the moment of its batch");
    }
    memcpy(board.drops + slot.index * (apr_size_t)T2M_DROPS,
           t2m_batch_drops(batch, slot.index), T2M_DROPS * sizeof(*board.drops));
}

/* Lines that are counted and not written. */
static void suppressed(void)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_ERRORS, .time = FOLD_START };
    const t2m_totals_t *row = &board.totals[T2M_STREAM_ERRORS];
    int i;

    note_before();
    settings->repeat.off = 0;
    settings->repeat.first = 1;
    settings->repeat.every = APR_USEC_PER_SEC;
    for (i = 0; i < 4; i++) {
        fold_push(record, "{\"f\":6", "abcdefabcdef");
    }
    fold_gather();
    (void)fold_once(0, 0);
    (void)fold_once(1, 0);
    fold_advance();
    ok(more_lines(T2M_STREAM_ERRORS) == 1 && more_recent(T2M_STREAM_ERRORS) == 1,
       "one of four is written");
    ok(row->held == 3 && row->suppressed == 3, "three are held back, once");
    fold_push(record, "{\"f\":6", "abcdefabcdef");
    fold_all();
    ok(row->held == 4 && row->suppressed == 4 && more_lines(T2M_STREAM_ERRORS) == 1,
       "also in a batch that writes none");
    settings->repeat.off = 1;
}

int main(void)
{
    fold_make();
    sorts();
    worth();
    lines();
    full_ring();
    gaps();
    suppressed();
    return tap_done();
}
