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

/* Totals and recent records; what the tables' files share. */
#include "writer/fold_internal.h"

#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_siphash.h>

#include "shared/recent.h"

t2m_fold_t *t2m_fold_create(void)
{
    t2m_fold_t *fold = calloc(1, sizeof(*fold));

    /* Without random bytes names may be aimed at one row's hash: their counts would mix. */
    if (fold && (apr_generate_random_bytes(fold->hash_key, sizeof(fold->hash_key)) != APR_SUCCESS
                 || apr_generate_random_bytes((unsigned char *)&fold->factor,
                                              sizeof(fold->factor)) != APR_SUCCESS)) {
        free(fold);
        return NULL;
    }
    if (fold) {
        fold->factor |= 1;
    }
    return fold;
}

/* Where a key's group is, or is to be. Nobody outside knows the factor: no set of keys is slow. */
static apr_uint32_t bucket_of(const t2m_fold_t *fold, apr_uint64_t key)
{
    apr_uint32_t bucket = (apr_uint32_t)(key * fold->factor >> (64 - T2M_FOLD_BUCKET_BITS));

    while (fold->buckets[bucket] && fold->runs[fold->buckets[bucket] - 1].key != key) {
        bucket = (bucket + 1) % T2M_FOLD_BUCKETS;
    }
    return bucket;
}

static apr_uint32_t find_runs(t2m_fold_t *fold)
{
    apr_uint32_t count = 0, i;

    for (i = 0; i < fold->item_count; i++) {
        apr_uint32_t bucket = bucket_of(fold, fold->items[i].key);

        if (!fold->buckets[bucket]) {
            fold->runs[count].key = fold->items[i].key;
            fold->runs[count].bucket = bucket;
            fold->runs[count].size = 0;
            fold->buckets[bucket] = ++count;
        }
        fold->items[i].run = fold->buckets[bucket] - 1;
        fold->runs[fold->items[i].run].size++;
    }
    return count;
}

void t2m_fold_sort(t2m_fold_t *fold)
{
    apr_uint32_t count = find_runs(fold), at = 0, i;

    for (i = 0; i < count; i++) {
        fold->runs[i].next = at;
        at += fold->runs[i].size;
        fold->buckets[fold->runs[i].bucket] = 0;
    }
    for (i = 0; i < fold->item_count; i++) {
        fold->sorted[fold->runs[fold->items[i].run].next++] = fold->items[i];
    }
    memcpy(fold->items, fold->sorted, fold->item_count * sizeof(fold->items[0]));
}

/* Most records have one of a few names, and to compare is cheaper than to hash. */
static apr_uint64_t key_of(t2m_fold_t *fold, t2m_text_t name)
{
    t2m_fold_name_t *seen;

    if (name.size == 0 || name.size > T2M_NAME_MAX) {
        return apr_siphash24(name.data, name.size, fold->hash_key);
    }
    seen = &fold->names[(name.size + (unsigned char)name.data[name.size - 1]) % T2M_FOLD_NAMES];
    if (seen->size != name.size || memcmp(seen->text, name.data, name.size) != 0) {
        memcpy(seen->text, name.data, name.size);
        seen->size = name.size;
        seen->key = apr_siphash24(name.data, name.size, fold->hash_key);
    }
    return seen->key;
}

void t2m_fold_name(t2m_fold_t *fold, t2m_text_t name, apr_uint32_t entry)
{
    t2m_fold_item_t *item = &fold->items[fold->item_count++];

    item->key = key_of(fold, name);
    item->entry = entry;
}

apr_uint32_t t2m_fold_run(const t2m_fold_t *fold, apr_uint32_t first)
{
    apr_uint32_t end = first + 1;

    while (end < fold->item_count && fold->items[end].key == fold->items[first].key) {
        end++;
    }
    return end;
}

apr_uint64_t t2m_fold_worth(apr_uint64_t count, apr_time_t last, apr_time_t now)
{
    apr_int64_t gone, days;

    if (now <= last) {
        return count;
    }
    if (__builtin_sub_overflow(now, last, &gone)) { /* a time that a process made up */
        return 0;
    }
    days = gone / (APR_USEC_PER_SEC * 86400);
    return days < 64 ? count >> days : 0;
}

static int is_empty(const t2m_totals_t *added)
{
    int reason;

    for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
        if (added->dropped[reason]) {
            return 0;
        }
    }
    return added->lines == 0 && added->suppressed == 0;
}

static void add_totals(t2m_totals_t *row, const t2m_totals_t *added)
{
    int level, reason;

    row->lines += added->lines;
    row->bytes += added->bytes;
    row->worker_died += added->worker_died;
    row->suppressed += added->suppressed;
    row->held += added->held;
    for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
        row->dropped[reason] += added->dropped[reason];
    }
    for (level = 0; level < T2M_LEVEL_COUNT; level++) {
        row->levels[level] += added->levels[level];
    }
}

static void fold_totals(t2m_board_t *board, const t2m_batch_t *batch, apr_uint64_t number)
{
    t2m_totals_t added[T2M_STREAM_COUNT];
    int stream;

    memset(added, 0, sizeof(added));
    t2m_batch_totals(batch, added);
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        t2m_totals_t row = board->totals[stream];

        if (row.row.batch == number || is_empty(&added[stream])) {
            continue;
        }
        row.row.batch = number;
        add_totals(&row, &added[stream]);
        t2m_board_replace(board, &board->totals[stream], &row, sizeof(row));
    }
}

static t2m_stream_e stream_of(int which)
{
    return which == T2M_RECENT_SLOW ? T2M_STREAM_PERFORMANCE : (t2m_stream_e)which;
}

/* The bytes that an entry takes there; 0: none. */
static apr_uint64_t recent_size(const t2m_batch_entry_t *entry, int which)
{
    if (entry->line.size == 0
        || (which == T2M_RECENT_SLOW && !(entry->record.flags & T2M_FACT_SLOW))) {
        return 0;
    }
    return t2m_recent_size(entry->line.size);
}

static apr_uint64_t recent_bytes(const t2m_batch_t *batch, int which)
{
    t2m_batch_entry_t entry;
    apr_uint64_t bytes = 0;
    apr_uint32_t i;

    for (i = t2m_batch_first(batch, stream_of(which)); t2m_batch_entry(batch, i, &entry);
         i = t2m_batch_next(batch, i)) {
        bytes += recent_size(&entry, which);
    }
    return bytes;
}

static void add_recent(t2m_board_t *board, t2m_recent_cursor_t *cursor,
                       const t2m_batch_entry_t *entry)
{
    t2m_recent_record_t record = { 0 };

    record.size = (apr_uint32_t)entry->line.size;
    record.stream = entry->record.stream;
    record.level = entry->record.level;
    record.time = entry->record.time;
    t2m_recent_add(board, cursor, &record, entry->line.data);
}

/* Of a large batch only what fits there is copied at all. */
static void fold_recent(t2m_board_t *board, const t2m_batch_t *batch, int which,
                        apr_uint64_t number)
{
    apr_uint64_t left = recent_bytes(batch, which), skipped = 0, records = 0, size;
    t2m_recent_cursor_t cursor;
    t2m_batch_entry_t entry;
    apr_uint32_t i;

    if (left == 0 || board->tables->recents[which].row.batch == number) {
        return;
    }
    t2m_recent_begin(board, which, &cursor);
    for (i = t2m_batch_first(batch, stream_of(which)); t2m_batch_entry(batch, i, &entry);
         i = t2m_batch_next(batch, i)) {
        size = recent_size(&entry, which);
        if (size && left > T2M_RECENT_BYTES) {
            skipped += size;
            records++;
            left -= size;
        } else if (size) {
            t2m_recent_skip(&cursor, skipped, records);
            skipped = records = 0;
            add_recent(board, &cursor, &entry);
        }
    }
    t2m_recent_publish(board, &cursor, number);
}

void t2m_fold(t2m_fold_t *fold, t2m_board_t *board, t2m_group_index_t *groups,
              const t2m_settings_t *settings, const t2m_batch_t *batch, apr_uint64_t number)
{
    int which;

    fold_totals(board, batch, number);
    for (which = 0; which < T2M_RECENT_COUNT; which++) {
        fold_recent(board, batch, which, number);
    }
    t2m_fold_metrics(fold, board, batch, number);
    t2m_fold_groups(fold, board, groups, &settings->repeat, batch, number);
    t2m_fold_events(fold, board, batch, number);
}
