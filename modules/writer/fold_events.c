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

/* The tables of security events and of attempts. */
#include "writer/fold_internal.h"

#include <string.h>

#include "shared/attempts.h"

static int has_name(const t2m_event_t *row, t2m_text_t name)
{
    return row->name_size == name.size && memcmp(row->name, name.data, name.size) == 0;
}

/* The event's row, else a free one, else row 0: names come from code, they do not run out. */
static t2m_event_t *row_for(t2m_board_t *board, t2m_text_t name)
{
    int i;

    for (i = 1; i < T2M_EVENTS_MAX && name.size <= sizeof(board->tables->events[0].name); i++) {
        t2m_event_t *row = &board->tables->events[i];

        if (row->name_size == 0 || has_name(row, name)) {
            return row;
        }
    }
    return &board->tables->events[0];
}

static void add_to_row(t2m_board_t *board, t2m_event_t *place, t2m_text_t name,
                       apr_uint64_t count, apr_uint64_t number)
{
    t2m_event_t row = *place;

    if (row.row.batch == number) {
        return;
    }
    row.name_size = (apr_uint32_t)name.size;
    if (name.size) {
        memcpy(row.name, name.data, name.size);
    }
    row.count += count;
    row.row.batch = number;
    t2m_board_replace(board, place, &row, sizeof(row));
}

static void fold_names(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                       apr_uint64_t number)
{
    t2m_event_t *nameless = &board->tables->events[0], *place;
    t2m_batch_entry_t entry;
    apr_uint64_t unplaced = 0;
    apr_uint32_t i, end;

    fold->item_count = 0;
    for (i = t2m_batch_first(batch, T2M_STREAM_SECURITY); t2m_batch_entry(batch, i, &entry);
         i = t2m_batch_next(batch, i)) {
        if (entry.name.size
            && !(entry.record.flags & T2M_FACT_POLL)) {
            t2m_fold_name(fold, entry.name, i);
        }
    }
    t2m_fold_sort(fold);
    for (i = 0; i < fold->item_count; i = end) {
        end = t2m_fold_run(fold, i);
        (void)t2m_batch_entry(batch, fold->items[i].entry, &entry);
        place = row_for(board, entry.name);
        if (place == nameless) {
            unplaced += end - i;
        } else {
            add_to_row(board, place, entry.name, end - i, number);
        }
    }
    if (unplaced) {
        add_to_row(board, nameless, t2m_text_of(NULL, 0), unplaced, number);
    }
}

static void fold_attempts(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                          apr_uint64_t number)
{
    t2m_batch_entry_t entry;
    apr_uint32_t i, end;

    fold->item_count = 0;
    for (i = t2m_batch_first(batch, T2M_STREAM_SECURITY); t2m_batch_entry(batch, i, &entry);
         i = t2m_batch_next(batch, i)) {
        if (entry.record.value
            && (entry.record.flags & T2M_FACT_ATTEMPT)) {
            fold->items[fold->item_count].key = entry.record.value;
            fold->items[fold->item_count++].entry = i;
        }
    }
    t2m_fold_sort(fold);
    for (i = 0; i < fold->item_count; i = end) {
        end = t2m_fold_run(fold, i);
        (void)t2m_batch_entry(batch, fold->items[end - 1].entry, &entry);
        t2m_attempts_add(board, entry.record.value, end - i, entry.record.time, number);
    }
}

void t2m_fold_events(t2m_fold_t *fold, t2m_board_t *board, const t2m_batch_t *batch,
                     apr_uint64_t number)
{
    fold_names(fold, board, batch, number);
    fold_attempts(fold, board, batch, number);
}
