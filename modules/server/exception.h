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

/* A stack trace as what stands in `exception` of a record. */
#ifndef T2M_SERVER_EXCEPTION_H
#define T2M_SERVER_EXCEPTION_H

#include "core/mask.h"
#include "core/record.h"
#include "core/stack.h"

enum {
    T2M_EXCEPTION_LINES = 16384, /* bytes of all frames as the trace has them */
    T2M_EXCEPTION_FRAMES = 8192, /* of `frames` */
    T2M_EXCEPTION_CAUSES = 2048  /* of `causes` */
};

/* What stands in `exception`. */
typedef struct {
    t2m_text_t type, message;
    t2m_text_t lines;  /* `traceback`, as T2M_FIELD_LINES takes it; empty: none */
    t2m_text_t frames; /* `frames`, as T2M_FIELD_ROWS takes it, masked; empty: none */
    t2m_text_t causes; /* `causes`, likewise */
    int truncated;
} t2m_exception_t;

/* Memory for the texts of one. */
typedef struct {
    char lines[T2M_EXCEPTION_LINES], frames[T2M_EXCEPTION_FRAMES], causes[T2M_EXCEPTION_CAUSES];
} t2m_exception_room_t;

extern const t2m_column_t t2m_exception_frames[], t2m_exception_causes[];

/**
 * Makes of a stack what is told of it; type and message borrow from it, the rest lies in room.
 * `frames` has the outermost frame first whatever language it is, then those of the causes, each
 * with the number of its cause from 1; it has no frame of which neither function nor file is known.
 * Of more than fit the outermost are left out. Any thread.
 */
void t2m_exception_tell(t2m_exception_t *exception, const t2m_stack_t *stack,
                        const t2m_mask_t *mask, t2m_exception_room_t *room);

#endif
