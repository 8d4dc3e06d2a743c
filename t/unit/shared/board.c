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

/* Tests modules/shared/board.c. */
#include "shared/board.h"

#include "shared/world.h"
#include "tap.h"

int main(void)
{
    world_t world;
    t2m_board_t board, reader;
    t2m_board_map_t map;
    t2m_totals_t row, copy;
    t2m_geometry_t other;
    char text[400];

    world_make(&world, 2);
    is_number(t2m_board_attach(&board, world.board_fd, &world.geometry, 1, 1), APR_SUCCESS,
              "the writer attaches");
    is_number(t2m_board_attach(&reader, world.board_fd, &world.geometry, 0, 1), APR_SUCCESS,
              "a reader too");
    other = world.geometry;
    other.ring_size *= 2;
    ok(t2m_board_attach(&reader, world.board_fd, &other, 0, 1) == APR_EINVAL,
       "another geometry is refused");
    (void)t2m_board_attach(&reader, world.board_fd, &world.geometry, 0, 1);

    t2m_board_map(&world.geometry, &map);
    ok((unsigned char *)board.suppressed == board.memory + map.suppressed
       && (unsigned char *)board.suppressed_targets == board.memory + map.suppressed_targets
       && (unsigned char *)board.verdicts == board.memory + map.verdicts,
       "what is suppressed and the verdicts are where the map says");
    board.suppressed[(world.geometry.slot_count - 1) * (T2M_SUPPRESSED + 1) + T2M_SUPPRESSED] = 9;
    board.verdicts[T2M_VERDICTS - 1] = T2M_VERDICT_HELD;
    ok(board.suppressed_targets[0] == 0 && board.steps[0].bytes == 0, "and have room for the last");

    memset(&row, 0, sizeof(row));
    row.row.batch = 3;
    row.lines = 5;
    t2m_board_replace(&board, &board.totals[0], &row, sizeof(row));
    ok(t2m_board_read(&reader.totals[0], &copy, sizeof(copy)) && copy.lines == 5
       && copy.row.batch == 3, "a replaced row is read");
    is_number((long)board.totals[0].row.sequence, 2, "its number is even and grew");

    /* A writer that dies while the row is odd: the undo copy was kept before. */
    memcpy(board.undo->bytes, &board.totals[0], sizeof(row));
    board.undo->offset = (apr_uint64_t)((unsigned char *)&board.totals[0] - board.memory);
    board.undo->size = sizeof(row);
    board.totals[0].row.sequence++;
    board.totals[0].lines = 77;
    ok(!t2m_board_read(&reader.totals[0], &copy, sizeof(copy)), "a changing row is not taken");
    t2m_board_undo(&board);
    ok(t2m_board_read(&reader.totals[0], &copy, sizeof(copy)) && copy.lines == 5
       && copy.row.batch == 3, "the next writer brings the old row back");
    t2m_board_undo(&board);
    is_number((long)board.undo->size, 0, "once");

    t2m_board_notice(&board, T2M_LEVEL_ERROR, "disk full");
    ok(reader.header->notice_count == 1 && reader.header->notices[0].level == T2M_LEVEL_ERROR
       && strcmp(reader.header->notices[0].text, "disk full") == 0, "a notice is left");
    memset(text, 'n', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    t2m_board_notice(&board, T2M_LEVEL_ERROR, text);
    is_number((long)strlen(reader.header->notices[1].text), T2M_NOTICE_SIZE - 1, "a long one cut");
    t2m_board_detach(&reader);
    ok(reader.memory == NULL, "detached");
    return tap_done();
}
