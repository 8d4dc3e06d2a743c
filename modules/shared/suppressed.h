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

/* The suppressed table of a slot: errors that a process counts and does not push. The counts only
 * grow; the writer takes what they grew by, so that those of a killed process are not lost. */
#ifndef T2M_SHARED_SUPPRESSED_H
#define T2M_SHARED_SUPPRESSED_H

#include "core/text.h"
#include "shared/slot.h"
#include "shared/slots.h"

/* One error that is not pushed. */
typedef struct {
    const char *id;        /* T2M_FINGERPRINT_SIZE hex digits */
    t2m_text_t endpoint;   /* valid UTF-8, masked; cut to T2M_SUPPRESSED_ENDPOINT */
    t2m_text_t vhost;      /* likewise, to T2M_SUPPRESSED_VHOST */
    apr_uint64_t client;   /* hash of the client's address; 0: none */
    t2m_level_e level;
    int has_app;           /* a line of the stream app is left out with it */
    apr_time_t time;
} t2m_suppression_t;

/**
 * For the slot's owner: counts the error in the entry of its group, endpoint, server and has_app,
 * in one of the group that has no endpoint and no server where there is none free, and else gives
 * an entry to it whose counts the board has. Returns 0, and nothing has happened, when there is
 * none or no slot: then the error must be pushed. Takes the handle's lock.
 */
int t2m_suppressed_count(t2m_slot_t *slot, const t2m_suppression_t *suppression);

/**
 * For the writer: the counts of a slot's table into out, T2M_SUPPRESSED of them and then the total.
 * before: as many, those of the last time. An entry that is being given to others, or whose count
 * went back or on by more than 2^32, is as before. Returns nonzero when there was one of the latter
 * kind, which no honest process brings about. Looks at the total alone when that has not changed.
 */
int t2m_suppressed_counts(const t2m_slots_t *slots, apr_uint32_t index,
                          const apr_uint64_t *before, apr_uint64_t *out);

/**
 * For the writer: a copy of an entry, sizes, level and flags within their bounds, texts valid UTF-8
 * without control characters. Returns 0 when it cannot be one: the id is no id, or the owner is
 * changing it.
 */
int t2m_suppressed_entry(const t2m_slots_t *slots, apr_uint32_t index, apr_uint32_t entry,
                         t2m_suppressed_t *copy);

/**
 * For the writer, with t2m_slots_mend: the counts of a slot that is given to others. All else in
 * its table is forgotten.
 */
void t2m_suppressed_mend(t2m_slots_t *slots, apr_uint32_t index, const apr_uint64_t *counts);

#endif
