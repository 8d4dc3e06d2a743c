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
/* See top.h. */
#include "core/top.h"

#include <stdlib.h>
#include <string.h>

#include "core/json.h"

static int is_same(const t2m_top_counter_t *counter, t2m_text_t text)
{
    return counter->size == text.size && memcmp(counter->text, text.data, text.size) == 0;
}

/* The text's counter, else a free one, else the one of the least count. */
static t2m_top_counter_t *find(t2m_top_t *top, t2m_text_t text)
{
    t2m_top_counter_t *least = top->counters;
    int i;

    for (i = 0; i < T2M_TOP_COUNTERS; i++) {
        t2m_top_counter_t *counter = &top->counters[i];

        if (is_same(counter, text)) {
            return counter;
        }
        least = counter->count < least->count ? counter : least;
    }
    return least;
}

void t2m_top_add(t2m_top_t *top, t2m_text_t text, apr_uint64_t n)
{
    t2m_top_counter_t *counter;

    if (text.size > T2M_TOP_TEXT) {
        text.size = t2m_utf8_boundary(text.data, text.size, T2M_TOP_TEXT);
    }
    if (!text.size || !n) {
        return;
    }
    counter = find(top, text);
    if (!is_same(counter, text)) {
        counter->error = counter->count;
        counter->size = (apr_uint16_t)text.size;
        memset(counter->text, 0, sizeof(counter->text));
        memcpy(counter->text, text.data, text.size);
    }
    counter->count += n;
}

static int most_first(const void *left, const void *right)
{
    const t2m_top_counter_t *a = *(const t2m_top_counter_t *const *)left;
    const t2m_top_counter_t *b = *(const t2m_top_counter_t *const *)right;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return memcmp(a->text, b->text, T2M_TOP_TEXT);
}

unsigned t2m_top_list(const t2m_top_t *top, const t2m_top_counter_t *out[T2M_TOP_SHOWN])
{
    const t2m_top_counter_t *found[T2M_TOP_COUNTERS] = { NULL };
    unsigned count = 0, i;

    for (i = 0; i < T2M_TOP_COUNTERS; i++) {
        const t2m_top_counter_t *counter = &top->counters[i];

        if (counter->count && counter->size && counter->size <= T2M_TOP_TEXT) {
            found[count++] = counter;
        }
    }
    qsort(found, count, sizeof(found[0]), most_first);
    count = count < T2M_TOP_SHOWN ? count : T2M_TOP_SHOWN;
    for (i = 0; i < count; i++) {
        out[i] = found[i];
    }
    return count;
}
