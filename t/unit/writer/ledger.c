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

/* Tests modules/writer/ledger.c. */
#include "writer/ledger.h"

#include "writer/chores_world.h"

static t2m_ledger_t ledger(apr_int64_t monotonic)
{
    t2m_ledger_t copy;

    t2m_ledger_publish(&drain, CHORES_NOW, monotonic);
    (void)t2m_board_read(&drain.board.tables->ledger, &copy, sizeof(copy));
    return copy;
}

/* A twin waits in both of its streams; it is no measurement. */
static void twins(void)
{
    t2m_ring_record_t record = { .size = 12, .split = 6, .stream = T2M_STREAM_APP,
                                 .level = T2M_LEVEL_ERROR, .flags = T2M_FACT_TWIN,
                                 .file = T2M_STREAM_APP, .also = T2M_STREAM_ERRORS,
                                 .name_size = T2M_FINGERPRINT_SIZE };
    t2m_ledger_t before = ledger(0), now;

    ok(t2m_slot_push_twin(&slot, &record, "{\"a\":1{\"e\":1aaaaaaaaaaaa"), "a twin");
    now = ledger(0);
    ok(now.waiting[T2M_STREAM_APP] == before.waiting[T2M_STREAM_APP] + 1
       && now.waiting[T2M_STREAM_ERRORS] == before.waiting[T2M_STREAM_ERRORS] + 1
       && now.waiting[T2M_STREAM_PERFORMANCE] == 0, "waits in both streams");
    ok(now.accepted[T2M_STREAM_APP] == before.accepted[T2M_STREAM_APP] + 1
       && now.accepted[T2M_STREAM_ERRORS] == before.accepted[T2M_STREAM_ERRORS] + 1,
       "and is accepted in both");
}

static void records(void)
{
    t2m_ring_record_t counted = { .stream = T2M_STREAM_ACCESS, .level = T2M_LEVEL_INFO,
                                  .name_size = 4 };
    t2m_ledger_t now;

    chores_push(T2M_STREAM_ACCESS, "{\"n\":1");
    chores_push(T2M_STREAM_ACCESS, "{\"n\":2");
    chores_push(T2M_STREAM_ERRORS, "{\"n\":3");
    (void)t2m_slot_push(&slot, T2M_SLOT_WAIT, &counted, "name", NULL);
    now = ledger(0);
    is_number((long)now.accepted[T2M_STREAM_ACCESS], 2, "accepted, of one stream");
    is_number((long)now.accepted[T2M_STREAM_ERRORS], 1, "and of another");
    ok(now.waiting[T2M_STREAM_ACCESS] == 2 && now.waiting[T2M_STREAM_ERRORS] == 1,
       "all wait in the ring; what only counts is no line");
    is_number(now.moment, CHORES_NOW, "the moment");
    is_number((long)now.slots_used, 1, "slots");
    twins();
    (void)chores_pass(CHORES_NOW);
    now = ledger(0);
    ok(now.accepted[T2M_STREAM_ACCESS] == 2 && now.waiting[T2M_STREAM_ACCESS] == 0,
       "written: nothing waits");
    ok(drain.board.totals[T2M_STREAM_ACCESS].lines + now.waiting[T2M_STREAM_ACCESS]
           == now.accepted[T2M_STREAM_ACCESS], "accepted = written + waiting");
    slot.header->accepted[T2M_STREAM_APP] = 5;
    slot.header->uncounted = 3;
    now = ledger(0);
    ok(now.accepted[T2M_STREAM_APP] == 5 && now.uncounted == 3, "what the slot's header says");
    slot.header->tail += 800;
    is_number((long)ledger(0).waiting[T2M_STREAM_APP], 0, "a tail that leads to no record");
    slot.header->tail -= 800;
}

static void requests(void)
{
    t2m_slot_request_t request = { .started = 1 };
    t2m_inflight_t *one, *two;
    t2m_slot_t others[3];
    t2m_ledger_t now;
    int i;

    request.id = t2m_text("r");
    one = t2m_slot_begin(&slot, &request);
    two = t2m_slot_begin(&slot, &request);
    (void)t2m_slot_begin(&slot, &request);
    now = ledger(5000000);
    is_number((long)now.in_flight, 2, "requests in flight");
    is_number((long)now.begun, 5, "begun, with those of which only an access line came");
    is_number((long)now.begun_untracked, 1, "and those for which there was no entry");
    is_number(drain.board.header->ending, 0, "none ends");
    one->ending = 4500000;
    two->ending = 3000000;
    now = ledger(5000000);
    is_number(drain.board.header->ending, 1, "one has just ended, one waits for its client");
    t2m_slot_end(&slot, one);
    t2m_slot_end(&slot, two);
    is_number((long)ledger(0).in_flight, 0, "given back");
    is_number(drain.board.header->ending, 0, "and not ending");
    for (i = 0; i < 3; i++) {
        (void)world_claim(&world, &others[i]);
    }
    now = ledger(0);
    ok(now.slots_used == 3 && now.no_slot == 1, "slots used, and asked for in vain");
    for (i = 0; i < 3; i++) {
        t2m_slot_release(&others[i]);
    }
}

static void answers(void)
{
    apr_uint64_t passes = drain.board.header->passes = 41;

    (void)ledger(0);
    is_number((long)drain.board.header->asked, (long)passes + 1, "says in which pass");
    ok(drain.board.tables->ledger.row.sequence % 2 == 0, "and leaves a whole row");
}

int main(void)
{
    chores_make();
    records();
    requests();
    answers();
    folder_remove();
    return tap_done();
}
