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

/* Which groups get a row and whose it was: Space-Saving (Metwally, Agrawal, El Abbadi 2005), for
 * all groups of a batch at once, the most frequent ones first.
 *
 * What a group without a row may have counted before is known by two numbers. `forgotten` is the
 * largest that total + before of a row was when it gave way, less `before` of row 0 at that time.
 * That one grows, with each batch that has groups without a row, by the count of the largest of
 * them. So a group that gets a row now happened before at most `forgotten` times and as often as
 * row 0's `before` says: in its old row if it had one, and without one since then.
 */
#include "writer/fold_internal.h"

#include "shared/atomic.h"
#include "shared/step.h"

t2m_fold_newcomer_t t2m_fold_group_note(t2m_fold_t *fold, t2m_fold_newcomer_t newcomer)
{
    const t2m_fold_newcomer_t nobody = { 0, 0, 0 };
    t2m_fold_newcomer_t *list = fold->newcomers, least = nobody;
    apr_uint32_t at;

    if (fold->newcomer_count == T2M_FOLD_NEW_ROWS) {
        if (newcomer.count <= list[T2M_FOLD_NEW_ROWS - 1].count) {
            return newcomer;
        }
        least = list[--fold->newcomer_count];
    }
    for (at = fold->newcomer_count++; at > 0 && list[at - 1].count < newcomer.count; at--) {
        list[at] = list[at - 1];
    }
    list[at] = newcomer;
    return least;
}

/* How dear a row is: the kind first, then what it is worth, then how new its last error is. */
typedef struct {
    apr_uint32_t kind; /* 0: free, 1: as any, 2: somebody has said something of it, or waits */
    apr_uint32_t row;
    apr_uint64_t worth;
    apr_int64_t last;
} price_t;

static price_t price_of(const t2m_group_t *group, apr_uint32_t row, apr_time_t now)
{
    price_t price = { 0, row, 0, 0 };

    if (group->used) {
        price.kind = group->state.state == T2M_GROUP_OPEN ? 1 : 2;
        price.worth = t2m_fold_worth(group->weight, group->last, now);
        price.last = group->last;
    }
    return price;
}

static int is_less(const price_t *a, const price_t *b)
{
    if (a->kind != b->kind) {
        return a->kind < b->kind;
    }
    return a->worth != b->worth ? a->worth < b->worth : a->last < b->last;
}

/* Into the list of the cheapest, of which there are count and wanted at most. */
static apr_uint32_t insert(price_t *list, apr_uint32_t count, apr_uint32_t wanted, price_t price)
{
    apr_uint32_t at;

    if (count == wanted) {
        if (!is_less(&price, &list[count - 1])) {
            return count;
        }
        count--;
    }
    for (at = count; at > 0 && is_less(&price, &list[at - 1]); at--) {
        list[at] = list[at - 1];
    }
    list[at] = price;
    return count + 1;
}

apr_uint32_t t2m_fold_group_places(const t2m_fold_groups_t *groups)
{
    const t2m_group_t *table = groups->board->tables->groups;
    apr_uint32_t wanted = groups->fold->newcomer_count, count = 0, i;
    apr_time_t now = t2m_batch_moment(groups->batch);
    price_t list[T2M_FOLD_NEW_ROWS];

    for (i = 1; wanted && i < T2M_GROUPS_MAX; i++) {
        if (table[i].row.batch != groups->number) {
            count = insert(list, count, wanted, price_of(&table[i], i, now));
        }
    }
    for (i = 0; i < count; i++) {
        groups->fold->places[i] = list[i].row;
    }
    return count;
}

/* Doing it twice does the same. */
static void note_forgotten(t2m_tables_t *tables, const t2m_group_t *place)
{
    apr_uint64_t most = place->total + place->before, without = tables->groups[0].before;

    if (most > without && most - without > tables->forgotten) {
        t2m_store(&tables->forgotten, most - without);
    }
    T2M_STEP("forgotten noted");
}

void t2m_fold_group_begin(const t2m_fold_groups_t *groups, const t2m_group_t *place,
                          const char *id, t2m_group_t *row)
{
    t2m_tables_t *tables = groups->board->tables;

    memset(row, 0, sizeof(*row));
    row->row = place->row;
    row->evicted = place->evicted + place->total;
    if (place->used) {
        note_forgotten(tables, place);
        tables->evictions[1]++;
        row->weight = t2m_fold_worth(place->weight, place->last, t2m_batch_moment(groups->batch));
    }
    row->before = tables->forgotten + tables->groups[0].before;
    row->used = 1;
    memcpy(row->id, id, sizeof(row->id));
}
