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

/* The table of metrics: counts, durations and their histograms by name. */
#include "writer/fold_internal.h"

#include <string.h>

static void add_status(t2m_metric_sums_t *sums, unsigned status)
{
    unsigned class = status / 100;

    sums->status[class < T2M_STATUS_CLASSES ? class : 0]++;
}

static void add_record(t2m_metric_t *row, const t2m_ring_record_t *record)
{
    /* A duration that no request has, which only a corrupted process can have sent. */
    apr_uint64_t duration = record->value > (apr_uint64_t)1 << 48 ? 0 : record->value;
    t2m_metric_sums_t *sums = &row->sums;

    row->min = sums->count == 0 || duration < row->min ? duration : row->min;
    row->max = sums->count == 0 || duration > row->max ? duration : row->max;
    row->last = record->time > row->last ? record->time : row->last;
    sums->count++;
    sums->sum += duration;
    sums->errors += (record->flags & T2M_FACT_FAILED) != 0;
    sums->slow += (record->flags & T2M_FACT_SLOW) != 0;
    sums->classic[t2m_classic_index((apr_int64_t)duration)]++;
    add_status(sums, record->status);
    t2m_histogram_add(&row->histogram, (apr_int64_t)duration);
}

static void add_run(t2m_fold_t *fold, const t2m_batch_t *batch, apr_uint32_t first,
                    apr_uint32_t end, t2m_metric_t *row)
{
    t2m_batch_entry_t entry;

    for (; first < end; first++) {
        if (t2m_batch_entry(batch, fold->items[first].entry, &entry)) {
            add_record(row, &entry.record);
        }
    }
}

static int has_name(const t2m_metric_t *row, t2m_text_t name)
{
    return row->name_size == name.size && memcmp(row->name, name.data, name.size) == 0;
}

static t2m_metric_t *find(t2m_board_t *board, t2m_text_t name)
{
    int i;

    for (i = 1; i < T2M_METRICS_MAX; i++) {
        if (has_name(&board->tables->metrics[i], name)) {
            return &board->tables->metrics[i];
        }
    }
    return NULL;
}

/* A free row, else the one that is worth least; none that this batch has changed. */
static t2m_metric_t *choose(t2m_board_t *board, apr_uint64_t number, apr_time_t now)
{
    t2m_metric_t *best = NULL;
    apr_uint64_t least = 0;
    int i;

    for (i = 1; i < T2M_METRICS_MAX; i++) {
        t2m_metric_t *row = &board->tables->metrics[i];
        apr_uint64_t worth = row->name_size == 0 ? 0
                           : 1 + t2m_fold_worth(row->sums.count, row->last, now);

        if (row->row.batch != number && (!best || worth < least)) {
            best = row;
            least = worth;
        }
    }
    return best;
}

static void add_sums(t2m_metric_sums_t *sums, const t2m_metric_sums_t *more)
{
    apr_uint64_t *into = (apr_uint64_t *)sums;
    const apr_uint64_t *from = (const apr_uint64_t *)more;
    apr_size_t i;

    _Static_assert(sizeof(*sums) % sizeof(*into) == 0, "sums are counters and nothing else");
    for (i = 0; i < sizeof(*sums) / sizeof(*into); i++) {
        into[i] += from[i];
    }
}

/* The row as it begins for a new name: what was there before is kept in its place. */
static void begin_row(t2m_metric_t *row, const t2m_metric_t *place, t2m_text_t name)
{
    memset(row, 0, sizeof(*row));
    row->row = place->row;
    row->evicted = place->evicted;
    add_sums(&row->evicted, &place->sums);
    row->name_size = (apr_uint32_t)name.size;
    memcpy(row->name, name.data, name.size);
}

static void count_eviction(t2m_board_t *board, const t2m_metric_t *place)
{
    if (place->name_size) {
        board->tables->evictions[0]++;
    }
}

static void replace(t2m_board_t *board, t2m_metric_t *place, t2m_metric_t *row,
                    apr_uint64_t number)
{
    row->row.batch = number;
    t2m_board_replace(board, place, row, sizeof(*row));
}

static void gather(t2m_fold_t *fold, const t2m_batch_t *batch)
{
    t2m_batch_entry_t entry;
    apr_uint32_t i;

    fold->item_count = 0;
    for (i = t2m_batch_first(batch, T2M_STREAM_PERFORMANCE); t2m_batch_entry(batch, i, &entry);
         i = t2m_batch_next(batch, i)) {
        if (entry.name.size) {
            t2m_fold_name(fold, entry.name, i);
        }
    }
    t2m_fold_sort(fold);
}

/* Returns 0 when there is no place for the name in this batch. */
static int fold_run(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                    apr_uint32_t first, apr_uint32_t end, int *new_rows, apr_uint64_t number)
{
    t2m_metric_t *row = &fold->rows.metrics[0], *place;
    t2m_batch_entry_t entry;

    (void)t2m_batch_entry(batch, fold->items[first].entry, &entry);
    place = find(board, entry.name);
    if (place && place->row.batch == number) {
        return 1;
    }
    if (place) {
        *row = *place;
    } else {
        place = *new_rows < T2M_FOLD_NEW_ROWS ? choose(board, number, entry.record.time) : NULL;
        if (!place) {
            return 0;
        }
        (*new_rows)++;
        count_eviction(board, place);
        begin_row(row, place, entry.name);
    }
    add_run(fold, batch, first, end, row);
    replace(board, place, row, number);
    return 1;
}

/* Row 0 comes last: once it has the batch, all others have. */
void t2m_fold_metrics(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                      apr_uint64_t number)
{
    t2m_metric_t *rest = &fold->rows.metrics[1];
    apr_uint32_t first, end;
    int new_rows = 0, unplaced = 0;

    if (board->tables->metrics[0].row.batch == number) {
        return;
    }
    gather(fold, batch);
    *rest = board->tables->metrics[0];
    for (first = 0; first < fold->item_count; first = end) {
        end = t2m_fold_run(fold, first);
        if (!fold_run(fold, board, batch, first, end, &new_rows, number)) {
            add_run(fold, batch, first, end, rest);
            unplaced = 1;
        }
    }
    if (unplaced) {
        replace(board, &board->tables->metrics[0], rest, number);
    }
}
