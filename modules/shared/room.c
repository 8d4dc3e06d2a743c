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

/* See room.h. */
#include "shared/room.h"

enum { SPARE_PERCENT = 70, COMMON_PERCENT = 90 };

static int is_response(const t2m_ring_record_t *record)
{
    return record->stream == T2M_STREAM_ACCESS || record->stream == T2M_STREAM_PERFORMANCE;
}

t2m_room_e t2m_room_of(const t2m_ring_record_t *record)
{
    if (!record->size) {
        return T2M_ROOM_COMMON;
    }
    if (record->stream == T2M_STREAM_ERRORS || record->stream == T2M_STREAM_SECURITY
        || record->level >= T2M_LEVEL_ERROR) {
        return T2M_ROOM_KEPT;
    }
    if (record->level == T2M_LEVEL_DEBUG) {
        return T2M_ROOM_SPARE;
    }
    return is_response(record) && record->level == T2M_LEVEL_INFO
           && !(record->flags & (T2M_FACT_SLOW | T2M_FACT_FAILED)) ? T2M_ROOM_SPARE
                                                                   : T2M_ROOM_COMMON;
}

apr_uint64_t t2m_room_mark(apr_uint64_t ring_size, t2m_room_e room)
{
    switch (room) {
    case T2M_ROOM_SPARE:
        return ring_size / 100 * SPARE_PERCENT;
    case T2M_ROOM_COMMON:
        return ring_size / 100 * COMMON_PERCENT;
    default:
        return ring_size;
    }
}

int t2m_room_takes(apr_uint64_t ring_size, apr_uint64_t used, apr_uint64_t bytes,
                   const t2m_ring_record_t *record, int marks, t2m_drop_e *reason)
{
    if (used > ring_size || bytes > ring_size - used) {
        *reason = T2M_DROP_FULL;
        return 0;
    }
    *reason = T2M_DROP_RESERVED;
    return !marks || used < t2m_room_mark(ring_size, t2m_room_of(record));
}
