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

/* The writer's view of the slots memory. It trusts nothing there: everything is copied first, then
 * checked, and no size, index or pointer is used as it was found. One thread. */
#ifndef T2M_SHARED_SLOTS_H
#define T2M_SHARED_SLOTS_H

#include <apr_errno.h>

#include "shared/layout.h"

enum { T2M_SIGNAL_MAX = 64 };

typedef struct {
    t2m_geometry_t geometry;
    t2m_slots_map_t map;
    unsigned char *memory;
} t2m_slots_t;

/**
 * Maps the whole memory writable and takes the geometry from its header, which must be valid and
 * fit size, the descriptor's own. Returns APR_EINVAL when it does not: another version made it.
 */
apr_status_t t2m_slots_attach(t2m_slots_t *slots, int fd);

/** Writes the header of a new, zeroed memory. For whoever made it, before anyone attaches. */
void t2m_slots_format(void *memory, const t2m_geometry_t *geometry);

/** The owner's word of a slot (index < slot_count) and the pid in it; 0: free. */
apr_uint64_t t2m_slots_owner(const t2m_slots_t *slots, apr_uint32_t index);
int t2m_slots_owner_pid(apr_uint64_t owner);

/**
 * Frees the slot if owner, which is gone, still owns it: its in-flight entries and what is noted of
 * its end first, its word last. Counters are never set back; that of a record which the owner
 * published and was killed before it counted it is put right.
 */
void t2m_slots_free(t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t owner);

/**
 * How far the slot's records go: the published tail when it can be true for that head, else head
 * itself (nothing to read).
 */
apr_uint64_t t2m_slots_tail(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t head);

/** Nonzero when the published tail cannot be true for that head: the slot's owner spoiled it. */
int t2m_slots_check(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t head);

/**
 * Nonzero when the parent noted how that owner ended; *signal is then what killed it, 0 when it
 * ended by itself.
 */
int t2m_slots_end(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t owner, int *signal);

/**
 * A copy of what the slot's owner left of its crash, for when it is gone: signal is 0 (none) to
 * T2M_SIGNAL_MAX, entry at most inflight_count, frame_count at most T2M_CRASH_FRAMES and no text
 * without a NUL. All else is as it was found.
 */
void t2m_slots_crash(const t2m_slots_t *slots, apr_uint32_t index, t2m_crash_t *copy);

/** Nonzero when the slot's owner said that it ends by itself. */
int t2m_slots_closed(const t2m_slots_t *slots, apr_uint32_t index);

/**
 * A copy of the slot's header, as its owner has it now, but for crash, which is empty in it.
 * Nothing of it is bounded or true: a number may be any, and those of a process that works were
 * read one after the other.
 */
void t2m_slots_header(const t2m_slots_t *slots, apr_uint32_t index, t2m_slot_header_t *copy);

/** How often a process asked for a slot and found none. */
apr_uint64_t t2m_slots_refused(const t2m_slots_t *slots);

/**
 * Records that the slot's owners dropped so far, by stream and reason: out has room for T2M_DROPS
 * numbers. before: what was seen earlier; a number that went back or on by more than 2^32, which
 * no honest process can bring about, is taken as not changed. Returns nonzero when there was one.
 */
int t2m_slots_dropped(const t2m_slots_t *slots, apr_uint32_t index, const apr_uint64_t *before,
                      apr_uint64_t *out);

/**
 * For a slot that is not read any more, before it is freed: its next owner begins with the tail and
 * the numbers of drops that the writer has come to.
 */
void t2m_slots_mend(t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t head,
                    const apr_uint64_t *dropped);

/**
 * Copies the header of the record at position. Returns the position behind the record, or 0 when it
 * cannot be one: it must end at or before end, have a line of 1 to T2M_LINE_MAX bytes or a name, a
 * stream and a level that exist, and with T2M_FACT_EXCHANGE, TWIN or STATE be what layout.h says.
 */
apr_uint64_t t2m_slots_record(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t position,
                              apr_uint64_t end, t2m_ring_record_t *record);

/**
 * Asks the processor for size bytes of the ring from position on, which are copied soon. A wish:
 * any position and size are harmless.
 */
static inline void t2m_slots_fetch(const t2m_slots_t *slots, apr_uint32_t index,
                                   apr_uint64_t position, apr_uint64_t size)
{
    const unsigned char *ring = slots->memory + slots->map.slots + index * slots->map.slot_size
                              + slots->map.ring;
    apr_uint64_t mask = slots->geometry.ring_size - 1, at;

    for (at = 0; at < size; at += 64) {
        __builtin_prefetch(ring + ((position + at) & mask));
    }
}

/** Copies size bytes (at most ring_size) from position into out. */
void t2m_slots_copy(const t2m_slots_t *slots, apr_uint32_t index, apr_uint64_t position,
                    void *out, apr_size_t size);

/**
 * Nonzero when a request is in flight in the entry (entry < inflight_count) whose line is not among
 * the records below tail; *ending is then when its response was handed on to its end. Also for a
 * process that works: it may be another request's already.
 */
int t2m_slots_busy(const t2m_slots_t *slots, apr_uint32_t index, apr_uint32_t entry,
                   apr_uint64_t tail, apr_int64_t *ending);

/** Nonzero when an in-flight entry is as no honest process has it at any time. head: the slot's. */
int t2m_slots_entry_check(const t2m_slots_t *slots, apr_uint32_t index, apr_uint32_t entry,
                          apr_uint64_t head);

/**
 * Copies an in-flight entry of a process that is gone, with its sizes bounded. Returns as
 * t2m_slots_busy.
 */
int t2m_slots_inflight(const t2m_slots_t *slots, apr_uint32_t index, apr_uint32_t entry,
                       apr_uint64_t tail, t2m_inflight_t *copy);

#endif
