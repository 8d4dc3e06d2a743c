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

/* Tests modules/shared/room.c. */
#include "shared/room.h"

#include "tap.h"

static t2m_room_e room_of(t2m_stream_e stream, t2m_level_e level, unsigned flags)
{
    t2m_ring_record_t record = { .size = 1, .stream = (unsigned char)stream,
                                 .level = (unsigned char)level, .flags = (unsigned char)flags };

    return t2m_room_of(&record);
}

static void kinds(void)
{
    t2m_ring_record_t counted = { .name_size = 4, .stream = T2M_STREAM_PERFORMANCE,
                                  .level = T2M_LEVEL_INFO };

    is_number(room_of(T2M_STREAM_ACCESS, T2M_LEVEL_INFO, 0), T2M_ROOM_SPARE,
              "a response that went well gives way first");
    is_number(room_of(T2M_STREAM_ACCESS, T2M_LEVEL_WARNING, 0), T2M_ROOM_COMMON,
              "one that the client got wrong does not");
    is_number(room_of(T2M_STREAM_ACCESS, T2M_LEVEL_ERROR, 0), T2M_ROOM_KEPT, "an error is kept");
    is_number(room_of(T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO, 0), T2M_ROOM_SPARE,
              "a measure gives way");
    is_number(room_of(T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO, T2M_FACT_SLOW), T2M_ROOM_COMMON,
              "that of a slow request later");
    is_number(room_of(T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO, T2M_FACT_FAILED), T2M_ROOM_COMMON,
              "and of a failed one");
    is_number(room_of(T2M_STREAM_APP, T2M_LEVEL_DEBUG, 0), T2M_ROOM_SPARE, "so does debugging");
    is_number(room_of(T2M_STREAM_APP, T2M_LEVEL_INFO, 0), T2M_ROOM_COMMON, "not what informs");
    is_number(room_of(T2M_STREAM_APP, T2M_LEVEL_CRITICAL, 0), T2M_ROOM_KEPT, "what is critical");
    is_number(room_of(T2M_STREAM_ERRORS, T2M_LEVEL_WARNING, 0), T2M_ROOM_KEPT,
              "and all of the stream errors is kept");
    is_number(room_of(T2M_STREAM_SECURITY, T2M_LEVEL_INFO, 0), T2M_ROOM_KEPT, "and of security");
    is_number(t2m_room_of(&counted), T2M_ROOM_COMMON, "what only counts takes little room");
}

static int takes(apr_uint64_t used, apr_uint64_t bytes, t2m_stream_e stream, int marks)
{
    t2m_ring_record_t record = { .size = 1, .stream = (unsigned char)stream,
                                 .level = T2M_LEVEL_INFO };
    t2m_drop_e reason = T2M_DROP_COUNT;

    return t2m_room_takes(100000, used, bytes, &record, marks, &reason) ? 100 : (int)reason;
}

static void marks(void)
{
    is_number((long)t2m_room_mark(100000, T2M_ROOM_SPARE), 70000, "at 70 %");
    is_number((long)t2m_room_mark(100000, T2M_ROOM_COMMON), 90000, "at 90 %");
    is_number((long)t2m_room_mark(100000, T2M_ROOM_KEPT), 100000, "and all");
    is_number(takes(0, 100000, T2M_STREAM_ACCESS, 1), 100, "an empty ring takes any record");
    is_number(takes(0, 100008, T2M_STREAM_SECURITY, 1), T2M_DROP_FULL, "that it has room for");
    is_number(takes(69992, 64, T2M_STREAM_ACCESS, 1), 100, "below the mark it is taken");
    is_number(takes(70000, 64, T2M_STREAM_ACCESS, 1), T2M_DROP_RESERVED, "from it on it is not");
    is_number(takes(70000, 64, T2M_STREAM_ACCESS, 0), 100, "but without marks");
    is_number(takes(89999, 64, T2M_STREAM_APP, 1), 100, "other lines go on");
    is_number(takes(90000, 64, T2M_STREAM_APP, 1), T2M_DROP_RESERVED, "up to the next");
    is_number(takes(99936, 64, T2M_STREAM_ERRORS, 1), 100, "errors to the last byte");
    is_number(takes(99937, 64, T2M_STREAM_ERRORS, 1), T2M_DROP_FULL, "then it is full");
    is_number(takes(99937, 64, T2M_STREAM_ACCESS, 1), T2M_DROP_FULL, "for all");
    is_number(takes(~(apr_uint64_t)0, 64, T2M_STREAM_ERRORS, 0), T2M_DROP_FULL,
              "a use that cannot be is no room");
}

int main(void)
{
    kinds();
    marks();
    return tap_done();
}
