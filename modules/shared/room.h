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

/* Which records a filling ring still takes. A value: no memory, no clock. */
#ifndef T2M_SHARED_ROOM_H
#define T2M_SHARED_ROOM_H

#include "shared/layout.h"

/* What a record gives way to when room gets scarce. */
typedef enum {
    T2M_ROOM_SPARE,  /* taken while less than 70 % of the ring is used: messages of level DEBUG,
                      * and responses that went well: access and performance of level INFO, but
                      * for slow and failed ones */
    T2M_ROOM_COMMON, /* while less than 90 % is: other messages and responses, and what is only
                      * counted */
    T2M_ROOM_KEPT    /* as long as there is room: errors and security, and any other record of
                      * level ERROR and above */
} t2m_room_e;

/** What the record is to a ring. Its stream and level must exist. */
t2m_room_e t2m_room_of(const t2m_ring_record_t *record);

/** So many used bytes of a ring of that size are too many for a record of that kind. */
apr_uint64_t t2m_room_mark(apr_uint64_t ring_size, t2m_room_e room);

/**
 * Nonzero when a record that takes so many bytes finds room in a ring with so many used ones.
 * marks: whether T2M_ROOM_* counts; else all there is is free for all. If not, *reason says why:
 * T2M_DROP_FULL or T2M_DROP_RESERVED.
 */
int t2m_room_takes(apr_uint64_t ring_size, apr_uint64_t used, apr_uint64_t bytes,
                   const t2m_ring_record_t *record, int marks, t2m_drop_e *reason);

#endif
