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
    free(merge);
    return tap_done();
}
