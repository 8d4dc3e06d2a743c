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

/* The table of error groups: how often, since when, and what the last one looked like. */
#include "writer/fold_internal.h"

#include <string.h>

#include "core/member.h"

static apr_uint16_t keep(char *out, apr_size_t room, t2m_text_t raw)
{
    return (apr_uint16_t)t2m_member_unescape(raw, out, room);
}

/* Without an exception in the line the last one's type stays. */
static void keep_texts(t2m_group_t *row, t2m_text_t line)
{
    static const char *const names[] = { "logger", "message", "endpoint", "request_id",
                                         "exception" };
    t2m_text_t values[5], type;

    if (line.size == 0) {
        return;
    }
    (void)t2m_member_scan(line, names, 5, values, NULL);
    row->logger_size = keep(row->logger, sizeof(row->logger), values[0]);
    row->message_size = keep(row->message, sizeof(row->message), values[1]);
    row->endpoint_size = keep(row->endpoint, sizeof(row->endpoint), values[2]);
    row->request_id_size = keep(row->request_id, sizeof(row->request_id), values[3]);
    if (t2m_member_find(values[4], "type", &type) == T2M_MEMBER_STRING) {
        row->type_size = keep(row->type, sizeof(row->type), type);
    }
}

static void add_record(t2m_group_t *row, const t2m_ring_record_t *record)
{
    row->first = row->total == 0 || record->time < row->first ? record->time : row->first;
    row->last = record->time > row->last ? record->time : row->last;
    row->level = record->level;
    row->total++;
    t2m_minutes_add(&row->minutes, apr_time_sec(record->time) / 60, 1);
}

static void add_run(t2m_fold_t *fold, const t2m_batch_t *batch, apr_uint32_t first,
                    apr_uint32_t end, t2m_group_t *row)
{
    t2m_text_t line = { NULL, 0 };
    t2m_batch_entry_t entry;

    for (; first < end; first++) {
        if (t2m_batch_entry(batch, fold->items[first].entry, &entry)) {
            add_record(row, &entry.record);
            line = entry.line.size ? entry.line : line;
        }
    }
    keep_texts(row, line);
}

static t2m_group_t *find(t2m_board_t *board, const char *id)
{
    int i;

    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        t2m_group_t *row = &board->tables->groups[i];

        if (row->used && memcmp(row->id, id, sizeof(row->id)) == 0) {
            return row;
        }
    }
    return NULL;
}

/* A free row, else the one that is worth least; none that this batch has changed. */
static t2m_group_t *choose(t2m_board_t *board, apr_uint64_t number, apr_time_t now)
{
    t2m_group_t *best = NULL;
    apr_uint64_t least = 0;
    int i;

    for (i = 1; i < T2M_GROUPS_MAX; i++) {
        t2m_group_t *row = &board->tables->groups[i];
        apr_uint64_t worth = !row->used ? 0 : 1 + t2m_fold_worth(row->total, row->last, now);

        if (row->row.batch != number && (!best || worth < least)) {
            best = row;
            least = worth;
        }
    }
    return best;
}

static void begin_row(t2m_group_t *row, const t2m_group_t *place, const char *id)
{
    memset(row, 0, sizeof(*row));
    row->row = place->row;
    row->evicted = place->evicted + place->total;
    row->used = 1;
    memcpy(row->id, id, sizeof(row->id));
}

static void replace(t2m_board_t *board, t2m_group_t *place, t2m_group_t *row, apr_uint64_t number)
{
    row->row.batch = number;
    t2m_board_replace(board, place, row, sizeof(*row));
}

static void gather(t2m_fold_t *fold, const t2m_batch_t *batch)
{
    t2m_batch_entry_t entry;
    apr_uint32_t i;

    fold->item_count = 0;
    for (i = t2m_batch_first(batch, T2M_STREAM_ERRORS); t2m_batch_entry(batch, i, &entry);
         i = t2m_batch_next(batch, i)) {
        if (entry.name.size == T2M_FINGERPRINT_SIZE) {
            t2m_fold_name(fold, entry.name, i);
        }
    }
    t2m_fold_sort(fold);
}

/* Returns 0 when there is no place for the group in this batch. */
static int fold_run(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                    apr_uint32_t first, apr_uint32_t end, int *new_rows, apr_uint64_t number)
{
    t2m_group_t *row = &fold->rows.groups[0], *place;
    t2m_batch_entry_t entry;

    (void)t2m_batch_entry(batch, fold->items[first].entry, &entry);
    place = find(board, entry.name.data);
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
        board->tables->evictions[1] += place->used;
        begin_row(row, place, entry.name.data);
    }
    add_run(fold, batch, first, end, row);
    replace(board, place, row, number);
    return 1;
}

/* Row 0 comes last: once it has the batch, all others have. */
void t2m_fold_groups(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                     apr_uint64_t number)
{
    t2m_group_t *rest = &fold->rows.groups[1];
    apr_uint32_t first, end;
    int new_rows = 0, unplaced = 0;

    if (board->tables->groups[0].row.batch == number) {
        return;
    }
    gather(fold, batch);
    *rest = board->tables->groups[0];
    for (first = 0; first < fold->item_count; first = end) {
        end = t2m_fold_run(fold, first);
        if (!fold_run(fold, board, batch, first, end, &new_rows, number)) {
            add_run(fold, batch, first, end, rest);
            unplaced = 1;
        }
    }
    if (unplaced) {
        replace(board, &board->tables->groups[0], rest, number);
    }
}
