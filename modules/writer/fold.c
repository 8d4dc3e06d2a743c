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
    if (fold && apr_generate_random_bytes(fold->hash_key, sizeof(fold->hash_key))
                    != APR_SUCCESS) {
        free(fold);
        return NULL;
    }
    return fold;
}

static int compare(const void *left, const void *right)
{
    const t2m_fold_item_t *a = left, *b = right;

    if (a->key != b->key) {
        return a->key < b->key ? -1 : 1;
    }
    return a->entry < b->entry ? -1 : a->entry > b->entry;
}

void t2m_fold_sort(t2m_fold_t *fold)
{
    qsort(fold->items, fold->item_count, sizeof(fold->items[0]), compare);
}

void t2m_fold_name(t2m_fold_t *fold, t2m_text_t name, apr_uint32_t entry)
{
    t2m_fold_item_t *item = &fold->items[fold->item_count++];

    item->key = apr_siphash24(name.data, name.size, fold->hash_key);
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
    apr_int64_t days = now > last ? (now - last) / (APR_USEC_PER_SEC * 86400) : 0;

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
    return added->lines == 0;
}

static void add_totals(t2m_totals_t *row, const t2m_totals_t *added)
{
    int level, reason;

    row->lines += added->lines;
    row->bytes += added->bytes;
    row->worker_died += added->worker_died;
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

static int belongs(const t2m_batch_entry_t *entry, int which)
{
    if (which == T2M_RECENT_SLOW) {
        return entry->record.stream == T2M_STREAM_PERFORMANCE
            && (entry->record.flags & T2M_FACT_SLOW);
    }
    return entry->record.stream == which;
}

static void fold_recent(t2m_board_t *board, const t2m_batch_t *batch, int which,
                        apr_uint64_t number)
{
    t2m_recent_cursor_t cursor;
    t2m_batch_entry_t entry;
    apr_uint32_t i;

    if (board->tables->recents[which].row.batch == number) {
        return;
    }
    t2m_recent_begin(board, which, &cursor);
    for (i = 0; t2m_batch_entry(batch, i, &entry); i++) {
        t2m_recent_record_t record = { 0 };

        if (entry.line.size && belongs(&entry, which)) {
            record.size = (apr_uint32_t)entry.line.size;
            record.stream = entry.record.stream;
            record.level = entry.record.level;
            record.time = entry.record.time;
            t2m_recent_add(board, &cursor, &record, entry.line.data);
        }
    }
    t2m_recent_publish(board, &cursor, number);
}

void t2m_fold(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
              apr_uint64_t number)
{
    int which;

    fold_totals(board, batch, number);
    for (which = 0; which < T2M_RECENT_COUNT; which++) {
        fold_recent(board, batch, which, number);
    }
    t2m_fold_metrics(fold, board, batch, number);
    t2m_fold_groups(fold, board, batch, number);
    t2m_fold_events(fold, board, batch, number);
}
