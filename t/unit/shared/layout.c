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

/* Tests modules/shared/layout.c. */
#include "shared/layout.h"

#include "tap.h"

static void parts_do_not_overlap(t2m_geometry_t geometry, const char *name)
{
    const apr_uint64_t counts = 8ULL * (T2M_SUPPRESSED + 1) * geometry.slot_count;
    t2m_slots_map_t slots;
    t2m_board_map_t board;

    t2m_slots_map(&geometry, &slots);
    t2m_board_map(&geometry, &board);
    ok(slots.directory >= sizeof(t2m_slots_header_t)
       && slots.directory_size >= sizeof(t2m_directory_t) + 8ULL * geometry.slot_count
       && slots.settings >= slots.directory + slots.directory_size
       && slots.slots >= slots.settings + 2 * slots.settings_size
       && slots.suppressed >= slots.inflight + geometry.inflight_count * sizeof(t2m_inflight_t)
       && slots.ring >= slots.suppressed + T2M_SUPPRESSED * sizeof(t2m_suppressed_t)
       && slots.slot_size == slots.ring + geometry.ring_size
       && slots.size == slots.slots + geometry.slot_count * slots.slot_size,
       "%s: the parts of the slots lie one behind the other", name);
    ok(slots.settings % T2M_PAGE == 0 && slots.slots % T2M_PAGE == 0
       && slots.slot_size % T2M_PAGE == 0 && slots.suppressed % T2M_PAGE == 0
       && slots.ring % T2M_PAGE == 0, "%s: what is mapped alone begins on a page", name);
    ok(board.heads >= sizeof(t2m_board_header_t)
       && board.targets >= board.heads + 8ULL * geometry.slot_count
       && board.drops >= board.targets + 8ULL * geometry.slot_count
       && board.drop_targets >= board.drops + 8ULL * T2M_DROPS * geometry.slot_count
       && board.suppressed >= board.drop_targets + 8ULL * T2M_DROPS * geometry.slot_count
       && board.suppressed_targets >= board.suppressed + counts
       && board.verdicts >= board.suppressed_targets + counts
       && board.steps >= board.verdicts + 8ULL * T2M_VERDICTS
       && board.files >= board.steps + T2M_FILES_MAX * sizeof(t2m_intent_step_t)
       && board.totals >= board.files + T2M_FILES_MAX * sizeof(t2m_board_file_t)
       && board.undo >= board.totals + T2M_STREAM_COUNT * sizeof(t2m_totals_t)
       && board.size >= board.undo + sizeof(t2m_undo_t),
       "%s: the parts of the board lie one behind the other", name);
}

/* What stands for two lines, and the stream of the second. */
static void two_lines(void)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_APP, .also = T2M_FILE_NONE };

    ok(!t2m_layout_has_two_lines(&record), "a line is one");
    record.flags = T2M_FACT_TWIN;
    ok(t2m_layout_has_two_lines(&record) == 1, "a twin is two, wherever they go");
    record.flags = T2M_FACT_EXCHANGE;
    record.name_size = 5;
    ok(!t2m_layout_has_two_lines(&record), "an exchange without a file for the second is one");
    record.also = 0;
    ok(t2m_layout_has_two_lines(&record) == 1, "else it is two");
    record.name_size = 0;
    ok(!t2m_layout_has_two_lines(&record), "but not without a name");
    ok(t2m_layout_second(T2M_STREAM_APP) == T2M_STREAM_ERRORS
       && t2m_layout_second(T2M_STREAM_ACCESS) == T2M_STREAM_PERFORMANCE,
       "the second is one of errors or of performance");
}

int main(void)
{
    t2m_geometry_t small = { 2, 1, 65536 };
    t2m_geometry_t threaded = { 25, 100, 8 << 20 };
    t2m_geometry_t prefork = { 321, 32, 262144 };
    t2m_geometry_t wrong;

    parts_do_not_overlap(small, "small");
    parts_do_not_overlap(threaded, "threaded");
    parts_do_not_overlap(prefork, "prefork");
    ok(t2m_geometry_valid(&small) && t2m_geometry_valid(&threaded), "valid geometries");
    wrong = small, wrong.slot_count = 1;
    ok(!t2m_geometry_valid(&wrong), "one slot is too few");
    wrong = small, wrong.slot_count = T2M_SLOTS_MAX + 1;
    ok(!t2m_geometry_valid(&wrong), "too many slots");
    wrong = small, wrong.ring_size = 65537;
    ok(!t2m_geometry_valid(&wrong), "a ring that is no power of two");
    wrong = small, wrong.ring_size = 32768;
    ok(!t2m_geometry_valid(&wrong), "a ring too small for the longest line");
    wrong = small, wrong.inflight_count = T2M_INFLIGHT_MAX + 1;
    ok(!t2m_geometry_valid(&wrong), "too many entries");
    two_lines();
    return tap_done();
}
