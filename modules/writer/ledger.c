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

/* See ledger.h. */
#include "writer/ledger.h"

#include <string.h>

#include "shared/atomic.h"
#include "writer/quarantine.h"

enum { JUST_US = 1000000 }; /* a response handed on longer ago waits for its client */

/* Counts are read before and after the tail, so that they belong to it. */
static void read_slot(const t2m_drain_t *drain, apr_uint32_t slot, t2m_slot_header_t *header,
                      apr_uint64_t *tail)
{
    t2m_slot_header_t again;
    int tries;

    for (tries = 0; tries < 10; tries++) {
        t2m_slots_header(&drain->slots, slot, header);
        *tail = t2m_slots_tail(&drain->slots, slot, drain->board.heads[slot]);
        t2m_slots_header(&drain->slots, slot, &again);
        if (memcmp(header->accepted, again.accepted, sizeof(again.accepted)) == 0
            && header->tail == again.tail) {
            return;
        }
    }
}

static void count_waiting(const t2m_drain_t *drain, apr_uint32_t slot, apr_uint64_t tail,
                          t2m_ledger_t *ledger)
{
    apr_uint64_t position = drain->board.heads[slot];

    while (position < tail) {
        t2m_ring_record_t record;

        position = t2m_slots_record(&drain->slots, slot, position, tail, &record);
        if (position == 0) {
            return;
        }
        ledger->waiting[record.stream] += record.size != 0;
        ledger->waiting[t2m_layout_second(record.stream)] += t2m_layout_has_two_lines(&record);
    }
}

static void count_requests(const t2m_drain_t *drain, apr_uint32_t slot, apr_int64_t monotonic,
                           t2m_ledger_t *ledger, apr_uint32_t *ending)
{
    apr_uint64_t tail = t2m_slots_tail(&drain->slots, slot, drain->board.heads[slot]);
    apr_int64_t ended;
    apr_uint32_t i;

    for (i = 0; i < drain->slots.geometry.inflight_count; i++) {
        if (t2m_slots_busy(&drain->slots, slot, i, tail, &ended)) {
            ledger->in_flight++;
            *ending += ended != 0 && monotonic - ended < JUST_US;
        }
    }
}

static void add_slot(const t2m_drain_t *drain, apr_uint32_t slot, t2m_ledger_t *ledger)
{
    t2m_slot_header_t header;
    apr_uint64_t tail;
    int stream, reason;

    read_slot(drain, slot, &header, &tail);
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        ledger->accepted[stream] += header.accepted[stream];
        for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
            ledger->dropped[stream] += header.dropped[stream * T2M_DROP_COUNT + reason];
        }
    }
    ledger->begun += header.begun;
    ledger->begun_untracked += header.begun_untracked;
    ledger->ended_untracked += header.ended_untracked;
    ledger->silenced += header.silenced;
    ledger->uncounted += header.uncounted;
    count_waiting(drain, slot, tail, ledger);
}

void t2m_ledger_publish(t2m_drain_t *drain, apr_time_t now, apr_int64_t monotonic)
{
    t2m_board_header_t *header = drain->board.header;
    t2m_ledger_t ledger;
    apr_uint32_t slot, ending = 0;
    int stream;

    memset(&ledger, 0, sizeof(ledger));
    ledger.moment = now;
    ledger.no_slot = t2m_slots_refused(&drain->slots);
    for (slot = 0; slot < drain->slots.geometry.slot_count; slot++) {
        if (t2m_quarantine_has(&drain->board, &drain->slots, slot)) {
            continue;
        }
        add_slot(drain, slot, &ledger);
        if (t2m_slots_owner(&drain->slots, slot)) {
            ledger.slots_used++;
            count_requests(drain, slot, monotonic, &ledger, &ending);
        }
    }
    ledger.silenced += header->silenced;
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        ledger.spilled[stream] = t2m_drain_spilled(drain, (t2m_stream_e)stream);
        ledger.waiting[stream] += ledger.spilled[stream];
    }
    t2m_board_replace(&drain->board, &drain->board.tables->ledger, &ledger, sizeof(ledger));
    header->ending = ending;
    t2m_store(&header->asked, t2m_load(&header->passes) + 1);
}
