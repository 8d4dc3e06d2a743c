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

/* Computes where the parts of the two memories are. Pure. */
#include "shared/layout.h"

#include "shared/settings.h"
#include "shared/tables.h"

_Static_assert(sizeof(t2m_slots_header_t) <= T2M_PAGE, "the header is one page");
_Static_assert(sizeof(t2m_slot_header_t) <= T2M_PAGE, "a slot's header is one page");
_Static_assert(sizeof(t2m_inflight_t) % 64 == 0, "in-flight entries share no cache line");
_Static_assert(sizeof(t2m_metric_t) <= T2M_UNDO_MAX, "a row has its undo copy");
_Static_assert(sizeof(t2m_group_t) <= T2M_UNDO_MAX, "a row has its undo copy");
_Static_assert(sizeof(t2m_sample_t) <= T2M_UNDO_MAX, "a row has its undo copy");
_Static_assert(sizeof(t2m_suppressed_t) % sizeof(apr_uint64_t) == 0, "read word by word");
_Static_assert(sizeof(t2m_tokens_t) <= T2M_UNDO_MAX, "a row has its undo copy");
_Static_assert(sizeof(t2m_ring_record_t) % T2M_RECORD_ALIGN == 0, "records are aligned");

static apr_uint64_t pages(apr_uint64_t bytes)
{
    return (bytes + T2M_PAGE - 1) / T2M_PAGE * T2M_PAGE;
}

int t2m_geometry_valid(const t2m_geometry_t *geometry)
{
    return geometry->slot_count >= 2 && geometry->slot_count <= T2M_SLOTS_MAX
        && geometry->inflight_count >= 1 && geometry->inflight_count <= T2M_INFLIGHT_MAX
        && geometry->ring_size >= 65536 && geometry->ring_size <= (apr_uint64_t)1 << 30
        && (geometry->ring_size & (geometry->ring_size - 1)) == 0;
}

void t2m_slots_map(const t2m_geometry_t *geometry, t2m_slots_map_t *map)
{
    map->directory = T2M_PAGE;
    map->ends = map->directory + sizeof(t2m_directory_t)
              + geometry->slot_count * sizeof(apr_uint64_t);
    map->directory_size = pages(sizeof(t2m_directory_t)
                                + 2 * geometry->slot_count * sizeof(apr_uint64_t));
    map->settings = map->directory + map->directory_size;
    map->settings_size = pages(sizeof(t2m_settings_t));
    map->slots = map->settings + 2 * map->settings_size;
    map->inflight = T2M_PAGE;
    map->suppressed = map->inflight + pages(geometry->inflight_count * sizeof(t2m_inflight_t));
    map->ring = map->suppressed + pages(T2M_SUPPRESSED * sizeof(t2m_suppressed_t));
    map->slot_size = map->ring + geometry->ring_size;
    map->size = map->slots + geometry->slot_count * map->slot_size;
}

void t2m_board_map(const t2m_geometry_t *geometry, t2m_board_map_t *map)
{
    map->heads = pages(sizeof(t2m_board_header_t));
    map->targets = map->heads + pages(geometry->slot_count * sizeof(apr_uint64_t));
    map->drops = map->targets + pages(geometry->slot_count * sizeof(apr_uint64_t));
    map->drop_targets = map->drops
                      + pages(geometry->slot_count * T2M_DROPS * sizeof(apr_uint64_t));
    map->suppressed = map->drop_targets
                    + pages(geometry->slot_count * T2M_DROPS * sizeof(apr_uint64_t));
    map->suppressed_targets = map->suppressed
                    + pages(geometry->slot_count * (T2M_SUPPRESSED + 1) * sizeof(apr_uint64_t));
    map->verdicts = map->suppressed_targets
                    + pages(geometry->slot_count * (T2M_SUPPRESSED + 1) * sizeof(apr_uint64_t));
    map->steps = map->verdicts + pages(T2M_VERDICTS * sizeof(apr_uint64_t));
    map->files = map->steps + pages(T2M_FILES_MAX * sizeof(t2m_intent_step_t));
    map->quarantine = map->files + pages(T2M_FILES_MAX * sizeof(t2m_board_file_t));
    map->totals = map->quarantine + pages(geometry->slot_count * sizeof(apr_uint64_t));
    map->tables = map->totals + pages(T2M_STREAM_COUNT * sizeof(t2m_totals_t));
    map->undo = map->tables + pages(sizeof(t2m_tables_t));
    map->spills = map->undo + pages(sizeof(t2m_undo_t));
    map->size = map->spills + (apr_uint64_t)T2M_SPILLS * T2M_SPILL_SIZE;
}
