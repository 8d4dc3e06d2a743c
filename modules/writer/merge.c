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

/* A binary heap in an array: the children of i are 2i+1 and 2i+2. */
#include "writer/merge.h"

#include <stdlib.h>

struct t2m_merge_t {
    apr_uint32_t count;
    t2m_merge_item_t items[];
};

t2m_merge_t *t2m_merge_create(apr_uint32_t count)
{
    return calloc(1, sizeof(t2m_merge_t) + count * sizeof(t2m_merge_item_t));
}

void t2m_merge_clear(t2m_merge_t *merge)
{
    merge->count = 0;
}

static int earlier(const t2m_merge_item_t *a, const t2m_merge_item_t *b)
{
    return a->record.time != b->record.time ? a->record.time < b->record.time : a->slot < b->slot;
}

static void swap(t2m_merge_item_t *a, t2m_merge_item_t *b)
{
    t2m_merge_item_t kept = *a;

    *a = *b;
    *b = kept;
}

void t2m_merge_push(t2m_merge_t *merge, const t2m_merge_item_t *item)
{
    apr_uint32_t i = merge->count++;

    merge->items[i] = *item;
    while (i > 0 && earlier(&merge->items[i], &merge->items[(i - 1) / 2])) {
        swap(&merge->items[i], &merge->items[(i - 1) / 2]);
        i = (i - 1) / 2;
    }
}

const t2m_merge_item_t *t2m_merge_earliest(const t2m_merge_t *merge)
{
    return merge->count ? &merge->items[0] : NULL;
}

int t2m_merge_first(const t2m_merge_t *merge, t2m_merge_item_t *item)
{
    if (merge->count == 0) {
        return 0;
    }
    *item = merge->items[0];
    return 1;
}

static apr_uint32_t earliest_child(const t2m_merge_t *merge, apr_uint32_t i)
{
    apr_uint32_t left = 2 * i + 1, right = left + 1;

    return right < merge->count && earlier(&merge->items[right], &merge->items[left]) ? right
                                                                                      : left;
}

/* From the top: what is earlier moves up, until the item has its place. */
static void sift_down(t2m_merge_t *merge, const t2m_merge_item_t *item)
{
    apr_uint32_t i = 0;

    while (2 * i + 1 < merge->count) {
        apr_uint32_t child = earliest_child(merge, i);

        if (!earlier(&merge->items[child], item)) {
            break;
        }
        merge->items[i] = merge->items[child];
        i = child;
    }
    merge->items[i] = *item;
}

void t2m_merge_pop(t2m_merge_t *merge)
{
    t2m_merge_item_t last = merge->items[--merge->count];

    sift_down(merge, &last);
}

void t2m_merge_replace(t2m_merge_t *merge, const t2m_merge_item_t *item)
{
    sift_down(merge, item);
}
