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

/* Tests modules/writer/group_index.c. */
#include "writer/group_index.h"

#include <stdlib.h>

#include "tap.h"

static t2m_board_t board;
static t2m_group_index_t *group_index;

static const char *id_of(unsigned number)
{
    static char text[32];

    (void)snprintf(text, sizeof(text), "%012x", number);
    return text;
}

static unsigned find(unsigned number)
{
    return t2m_group_index_find(group_index, id_of(number));
}

static void put(unsigned row, unsigned number)
{
    board.tables->groups[row].used = 1;
    memcpy(board.tables->groups[row].id, id_of(number), T2M_FINGERPRINT_SIZE);
}

static void empty(void)
{
    is_number(find(0), 0, "nothing is found in an empty table");
    is_number(t2m_group_index_find(group_index, "\0\0\0\0\0\0\0\0\0\0\0"), 0,
              "nor what free rows have for an id");
}

static void refreshes(void)
{
    put(1, 100);
    put(T2M_GROUPS_MAX - 1, 200);
    put(0, 300);
    is_number(find(100), 0, "what the board has is not seen before it is read anew");
    t2m_group_index_refresh(group_index, &board);
    ok(find(100) == 1 && find(200) == T2M_GROUPS_MAX - 1, "then it is, the last row too");
    is_number(find(300), 0, "row 0 has no group");
    board.tables->groups[1].used = 0;
    t2m_group_index_refresh(group_index, &board);
    ok(find(100) == 0 && find(200) == T2M_GROUPS_MAX - 1, "a row that became free is gone");
}

static void sets(void)
{
    t2m_group_index_set(group_index, 7, id_of(700));
    is_number(find(700), 7, "a row that was given to a group");
    t2m_group_index_set(group_index, 7, id_of(701));
    ok(find(700) == 0 && find(701) == 7, "and then to another: whose it was is not found");
    t2m_group_index_set(group_index, 7, id_of(701));
    is_number(find(701), 7, "given to whose it is");
    t2m_group_index_set(group_index, 8, id_of(701));
    is_number(find(701), 8, "a group that moves");
    t2m_group_index_set(group_index, 7, id_of(702));
    ok(find(701) == 8 && find(702) == 7, "leaves its row to others");
    put(9, 702);
    t2m_group_index_refresh(group_index, &board);
    t2m_group_index_set(group_index, 7, id_of(704));
    ok(find(702) == 9 && find(704) == 7, "also when the board was read anew");
    t2m_group_index_set(group_index, 7, id_of(705));
    t2m_group_index_set(group_index, 0, id_of(703));
    t2m_group_index_set(group_index, T2M_GROUPS_MAX, id_of(704));
    t2m_group_index_set(group_index, APR_UINT32_MAX, id_of(706));
    ok(find(703) == 0 && find(704) == 0 && find(706) == 0, "no row of the table: nothing");
}

/* Rows change hands for long, all of them in use: searches stay right. */
static void model(void)
{
    static unsigned owner[T2M_GROUPS_MAX];
    unsigned turn, row, wrong = 0, old = 0, seed = 1;

    memset(board.tables->groups, 0, sizeof(board.tables->groups));
    t2m_group_index_refresh(group_index, &board);
    for (turn = 1; turn <= 200000; turn++) {
        seed = seed * 1103515245 + 12345;
        row = 1 + (seed >> 16) % (T2M_GROUPS_MAX - 1);
        old = owner[row];
        owner[row] = turn;
        t2m_group_index_set(group_index, row, id_of(turn));
        wrong += find(turn) != row || (old && find(old) != 0);
        for (row = turn % 500 == 0 ? 1 : T2M_GROUPS_MAX; row < T2M_GROUPS_MAX; row++) {
            wrong += owner[row] && find(owner[row]) != row;
        }
    }
    is_number(wrong, 0, "200000 changes: always the row that it has now");
}

/* As a board that something else wrote to. */
static void damaged(void)
{
    unsigned row, wrong = 0;

    for (row = 0; row < T2M_GROUPS_MAX; row++) {
        put(row, 1);
    }
    t2m_group_index_refresh(group_index, &board);
    is_number(find(1), 1, "one id in all rows: the first");
    t2m_group_index_set(group_index, 5, id_of(1));
    is_number(find(1), 5, "until another one gets it");
    for (row = 0; row < T2M_GROUPS_MAX; row++) {
        memset(board.tables->groups[row].id, (int)row, T2M_FINGERPRINT_SIZE);
        board.tables->groups[row].used = APR_UINT32_MAX;
    }
    t2m_group_index_refresh(group_index, &board);
    for (row = 1; row < 256; row++) {
        wrong += t2m_group_index_find(group_index, board.tables->groups[row].id) != row;
    }
    is_number(wrong, 0, "any bytes for ids");
    is_number(t2m_group_index_find(group_index, board.tables->groups[256].id), 256,
              "each is found once");
}

static void keys(void)
{
    t2m_group_index_t *other = t2m_group_index_create(&board);
    unsigned row, wrong = 0;

    for (row = 1; row < 256; row++) {
        wrong += t2m_group_index_find(other, board.tables->groups[row].id) != row;
    }
    is_number(wrong, 0, "a new one finds what the board has");
    free(other);
}

int main(void)
{
    board.tables = calloc(1, sizeof(*board.tables));
    group_index = board.tables ? t2m_group_index_create(&board) : NULL;
    if (!group_index) {
        abort();
    }
    empty();
    refreshes();
    sets();
    model();
    damaged();
    keys();
    free(group_index);
    free(board.tables);
    return tap_done();
}
