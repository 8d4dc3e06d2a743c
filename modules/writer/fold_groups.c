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

/* The table of error groups. First the groups that have a row, so that none of them gives way to
 * another one of the same batch; then the most frequent of those that have none; row 0 counts the
 * rest and comes last: once it has the batch, all others have. */
#include "writer/fold_internal.h"

#include "core/hexadecimal.h"

/* ---- what counts ----------------------------------------------------------------------------- */

static int has_group(const t2m_batch_entry_t *entry)
{
    int i;

    for (i = 0; i < T2M_FINGERPRINT_SIZE && entry->name.size >= T2M_FINGERPRINT_SIZE; i++) {
        if (t2m_hexadecimal_value(entry->name.data[i]) < 0) {
            return 0;
        }
    }
    return i == T2M_FINGERPRINT_SIZE && entry->kind != T2M_BATCH_GAP
           && entry->kind != T2M_BATCH_DROPPED;
}

static void gather(const t2m_fold_groups_t *groups)
{
    t2m_batch_entry_t entry;
    apr_uint32_t i;

    groups->fold->item_count = 0;
    for (i = t2m_batch_first(groups->batch, T2M_STREAM_ERRORS);
         t2m_batch_entry(groups->batch, i, &entry); i = t2m_batch_next(groups->batch, i)) {
        if (has_group(&entry)) {
            t2m_fold_name(groups->fold, t2m_text_of(entry.name.data, T2M_FINGERPRINT_SIZE), i);
        }
    }
    t2m_fold_sort(groups->fold);
}

static const char *id_of(const t2m_fold_groups_t *groups, apr_uint32_t item)
{
    t2m_batch_entry_t entry;

    (void)t2m_batch_entry(groups->batch, groups->fold->items[item].entry, &entry);
    return entry.name.data;
}

static apr_uint64_t count_of(const t2m_fold_groups_t *groups, apr_uint32_t first,
                             apr_uint32_t end)
{
    t2m_batch_entry_t entry;
    apr_uint64_t count = 0;

    for (; first < end; first++) {
        if (t2m_batch_entry(groups->batch, groups->fold->items[first].entry, &entry)) {
            count += t2m_fold_occurrences(&entry);
        }
    }
    return count;
}

/* ---- rows ------------------------------------------------------------------------------------ */

static void replace(const t2m_fold_groups_t *groups, apr_uint32_t place, t2m_group_t *row)
{
    row->row.batch = groups->number;
    t2m_board_replace(groups->board, &groups->board->tables->groups[place], row, sizeof(*row));
}

/* Returns 0 when the group has no row. */
static int fold_known(const t2m_fold_groups_t *groups, apr_uint32_t first, apr_uint32_t end)
{
    t2m_group_t *row = &groups->fold->rows.groups[0];
    const char *id = id_of(groups, first);
    apr_uint32_t place = t2m_group_index_find(groups->index, id);

    if (!place) {
        return 0;
    }
    if (groups->board->tables->groups[place].row.batch != groups->number) {
        *row = groups->board->tables->groups[place];
        t2m_fold_group_add(groups, first, end, row);
        replace(groups, place, row);
    }
    t2m_fold_samples(groups, first, end, place, id);
    return 1;
}

static void fold_new(const t2m_fold_groups_t *groups, const t2m_fold_newcomer_t *newcomer,
                     apr_uint32_t place)
{
    t2m_group_t *row = &groups->fold->rows.groups[0];
    const char *id = id_of(groups, newcomer->first);

    t2m_fold_group_begin(groups, &groups->board->tables->groups[place], id, row);
    t2m_fold_group_add(groups, newcomer->first, newcomer->end, row);
    replace(groups, place, row);
    t2m_group_index_set(groups->index, place, id);
    t2m_fold_samples(groups, newcomer->first, newcomer->end, place, id);
}

/* ---- all of them ----------------------------------------------------------------------------- */

/* Returns the larger of most and the count of the newcomer, which gets no row. */
static apr_uint64_t fold_rest(const t2m_fold_groups_t *groups, t2m_fold_newcomer_t newcomer,
                              apr_uint64_t most)
{
    t2m_fold_group_rest(groups, newcomer.first, newcomer.end, &groups->fold->rows.groups[1]);
    return newcomer.count > most ? newcomer.count : most;
}

/* Those with a row, and which of the others get one. Returns the largest count of the rest. */
static apr_uint64_t fold_runs(const t2m_fold_groups_t *groups)
{
    apr_uint32_t first, end;
    apr_uint64_t most = 0;

    groups->fold->newcomer_count = 0;
    for (first = 0; first < groups->fold->item_count; first = end) {
        end = t2m_fold_run(groups->fold, first);
        if (!fold_known(groups, first, end)) {
            t2m_fold_newcomer_t newcomer = { count_of(groups, first, end), first, end };

            /* Commands alone make no row. */
            if (newcomer.count) {
                most = fold_rest(groups, t2m_fold_group_note(groups->fold, newcomer), most);
            }
        }
    }
    return most;
}

static apr_uint64_t fold_newcomers(const t2m_fold_groups_t *groups, apr_uint64_t most)
{
    apr_uint32_t places = t2m_fold_group_places(groups), i;

    for (i = 0; i < groups->fold->newcomer_count; i++) {
        if (i < places) {
            fold_new(groups, &groups->fold->newcomers[i], groups->fold->places[i]);
        } else {
            most = fold_rest(groups, groups->fold->newcomers[i], most);
        }
    }
    return most;
}

void t2m_fold_groups(t2m_fold_t *fold, t2m_board_t *board, t2m_group_index_t *groups,
                     const t2m_repeat_rule_t *rule, const t2m_batch_t *batch,
                     apr_uint64_t number)
{
    const t2m_fold_groups_t all = { fold, board, groups, rule, batch, number };
    t2m_group_t *rest = &fold->rows.groups[1];
    apr_uint64_t most;

    if (board->tables->groups[0].row.batch == number) {
        return;
    }
    gather(&all);
    if (fold->item_count == 0) {
        return;
    }
    *rest = board->tables->groups[0];
    most = fold_newcomers(&all, fold_runs(&all));
    if (most) {
        rest->before += most;
        replace(&all, 0, rest);
    }
}
