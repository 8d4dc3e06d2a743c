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

/* Both memories in miniature, for the unit tests of shared/ and writer/. */
#ifndef T2M_UNIT_WORLD_H
#define T2M_UNIT_WORLD_H

#include <stdlib.h>

#include <apr_time.h>

#include "shared/board.h"
#include "shared/memory.h"
#include "shared/settings.h"
#include "shared/slot.h"
#include "shared/slots.h"

typedef struct {
    t2m_geometry_t geometry;
    int slots_fd, board_fd;
    void *slots_memory, *board_memory; /* whole, writable */
} world_t;

/* Aborts on failure. */
__attribute__((unused)) static void world_make_of(world_t *world, const t2m_geometry_t *geometry)
{
    t2m_slots_map_t map;
    t2m_board_map_t board_map;

    world->geometry = *geometry;
    t2m_slots_map(&world->geometry, &map);
    t2m_board_map(&world->geometry, &board_map);
    if (t2m_memory_create("slots", map.size, &world->slots_fd) != APR_SUCCESS
        || t2m_memory_create("board", board_map.size, &world->board_fd) != APR_SUCCESS
        || t2m_memory_map(world->slots_fd, 0, map.size, 1, 1, &world->slots_memory) != APR_SUCCESS
        || t2m_memory_map(world->board_fd, 0, board_map.size, 1, 1, &world->board_memory)
               != APR_SUCCESS) {
        abort();
    }
    t2m_slots_format(world->slots_memory, &world->geometry);
    t2m_board_format(world->board_memory, &world->geometry);
}

/* slot_count slots with two in-flight entries and a ring of 64 KiB each. */
__attribute__((unused)) static void world_make(world_t *world, apr_uint32_t slot_count)
{
    const t2m_geometry_t geometry = { slot_count, 2, 65536 };

    world_make_of(world, &geometry);
}

/* Publishes settings with one file for the app stream. */
__attribute__((unused)) static void world_settings(world_t *world, const char *path)
{
    t2m_settings_t *settings = calloc(1, sizeof(*settings));

    if (!settings) {
        abort();
    }
    (void)t2m_settings_add(settings, T2M_STREAM_APP, path);
    (void)t2m_settings_publish(world->slots_memory, &world->geometry, settings);
    free(settings);
}

/* Claims a slot for the calling process. */
__attribute__((unused)) static apr_status_t world_claim(const world_t *world, t2m_slot_t *slot)
{
    t2m_slot_reset(slot);
    return t2m_slot_claim(slot, world->slots_fd, world->board_fd, &world->geometry, T2M_SLOTS_MAX,
                          1);
}

/* Pushes a line of the app stream at a moment. */
__attribute__((unused)) static apr_status_t world_push(t2m_slot_t *slot, const char *line,
                                                       apr_time_t time)
{
    t2m_ring_record_t record = { .size = (apr_uint32_t)strlen(line), .stream = T2M_STREAM_APP,
                                 .level = T2M_LEVEL_INFO, .time = time };

    return t2m_slot_push(slot, T2M_SLOT_WAIT, &record, line, NULL);
}

#endif
