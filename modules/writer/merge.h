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

/* Merges the records of many slots by time: a binary heap with one item a slot. Equal times go by
 * slot, so that the order is the same each time. */
#ifndef T2M_WRITER_MERGE_H
#define T2M_WRITER_MERGE_H

#include "shared/layout.h"

typedef struct {
    t2m_ring_record_t record; /* the slot's next */
    apr_uint64_t next;        /* position behind it */
    apr_uint64_t end;         /* how far the slot is to be read */
    apr_uint32_t slot;
} t2m_merge_item_t;

typedef struct t2m_merge_t t2m_merge_t;

/** Room for count items; NULL when there is no memory. To be freed with free(). */
t2m_merge_t *t2m_merge_create(apr_uint32_t count);

/** Forgets all items. */
void t2m_merge_clear(t2m_merge_t *merge);

/** Adds an item; there must be room (one item a slot). */
void t2m_merge_push(t2m_merge_t *merge, const t2m_merge_item_t *item);

/** Copies the earliest item. Returns 0 when there is none. */
int t2m_merge_first(const t2m_merge_t *merge, t2m_merge_item_t *item);

/** The earliest item, until the next call that changes the merge. NULL when there is none. */
const t2m_merge_item_t *t2m_merge_earliest(const t2m_merge_t *merge);

/** Removes the earliest item, which must be there. */
void t2m_merge_pop(t2m_merge_t *merge);

/** t2m_merge_pop and t2m_merge_push in one. item is none of the merge's own. */
void t2m_merge_replace(t2m_merge_t *merge, const t2m_merge_item_t *item);

#endif
