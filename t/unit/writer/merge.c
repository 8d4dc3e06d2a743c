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

/* Tests modules/writer/merge.c. */
#include "writer/merge.h"

#include <stdlib.h>

#include "tap.h"

enum { COUNT = 500 };

/* Slots whose next record replaces the one that was taken: the merge of a batch. */
static void replaces(t2m_merge_t *merge)
{
    t2m_merge_item_t item = { { 0 }, 0, 0, 0 };
    apr_int64_t last = -1;
    int wrong = 0, seen = 0;

    ok(t2m_merge_earliest(merge) == NULL, "an empty merge has no earliest");
    for (item.slot = 0; item.slot < 16; item.slot++) {
        item.record.time = item.slot * 31 % 16;
        t2m_merge_push(merge, &item);
    }
    while (t2m_merge_earliest(merge)) {
        item = *t2m_merge_earliest(merge);
        wrong += item.record.time < last;
        last = item.record.time;
        seen++;
        item.record.time += 1 + (apr_int64_t)(seen * 7919 % 23);
        if (item.record.time < 1000) {
            t2m_merge_replace(merge, &item);
        } else {
            t2m_merge_pop(merge);
        }
    }
    is_number(wrong, 0, "what replaces the earliest finds its place");
    ok(seen > 500, "many times");
}

int main(void)
{
    t2m_merge_t *merge = t2m_merge_create(COUNT);
    t2m_merge_item_t item = { { 0 }, 0, 0, 0 }, last = { { 0 }, 0, 0, 0 };
    apr_uint32_t i, seen = 0;
    int wrong = 0;

    ok(!t2m_merge_first(merge, &item), "an empty merge has no first");
    for (i = 0; i < COUNT; i++) {
        item.slot = i;
        item.record.time = (apr_int64_t)(i * 7919 % 50);
        t2m_merge_push(merge, &item);
    }
    last.record.time = -1;
    while (t2m_merge_first(merge, &item)) {
        t2m_merge_pop(merge);
        wrong += item.record.time < last.record.time
               || (item.record.time == last.record.time && item.slot <= last.slot);
        last = item;
        seen++;
    }
    is_number(wrong, 0, "items come by time, equal times by slot");
    is_number(seen, COUNT, "all of them");
    t2m_merge_push(merge, &item);
    t2m_merge_clear(merge);
    ok(!t2m_merge_first(merge, &item), "cleared");
    replaces(merge);
    free(merge);
    return tap_done();
}
