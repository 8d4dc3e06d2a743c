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

/* Which slot owners still live. One thread. */
#ifndef T2M_WRITER_OWNERS_H
#define T2M_WRITER_OWNERS_H

#include "shared/slots.h"

typedef struct t2m_owners_t t2m_owners_t;

/** Memory for that many slots; NULL when there is none. Lives until the exit. */
t2m_owners_t *t2m_owners_create(apr_uint32_t slot_count);

/** When the process began, in ticks of the system since its start; 0: not known. */
apr_uint64_t t2m_owners_began(int pid);

/**
 * Nonzero when an owner that t2m_owners_gone was last asked for, but that of slot 0, began before
 * that moment of t2m_owners_began. 0: nobody.
 */
int t2m_owners_has_older(const t2m_owners_t *owners, const t2m_slots_t *slots,
                         apr_uint64_t moment);

/**
 * How often in a row the process behind the owner's word was found gone; 0: it lives. Gone is who
 * has a free pid, or one that belongs to a process started later than the one first seen under
 * this word. Asks the system each time.
 */
unsigned t2m_owners_gone(t2m_owners_t *owners, apr_uint32_t slot, apr_uint64_t owner);

#endif
