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

/* See window.h: a heap, the earliest line on top. */
#include "writer/window.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    apr_time_t time;
    apr_uint64_t order; /* in which it came */
    apr_size_t size;
    char *bytes;
} entry_t;

struct t2m_window_t {
    t2m_window_give_t *give;
    void *context;
    apr_uint64_t order;
    apr_size_t bytes, count;
    entry_t entries[T2M_WINDOW_LINES];
};

t2m_window_t *t2m_window_make(t2m_window_give_t *give, void *context)
{
    t2m_window_t *window = calloc(1, sizeof(*window));

    if (window) {
        window->give = give;
        window->context = context;
    }
    return window;
}

static int is_before(const entry_t *one, const entry_t *other)
{
    return one->time != other->time ? one->time < other->time : one->order < other->order;
}

static void swap(entry_t *one, entry_t *other)
{
    entry_t kept = *one;

    *one = *other;
    *other = kept;
}

static void rise(entry_t *entries, apr_size_t at)
{
    for (; at > 0 && is_before(&entries[at], &entries[(at - 1) / 2]); at = (at - 1) / 2) {
        swap(&entries[at], &entries[(at - 1) / 2]);
    }
}

static void sink(entry_t *entries, apr_size_t count)
{
    apr_size_t at = 0, child;

    while ((child = 2 * at + 1) < count) {
        if (child + 1 < count && is_before(&entries[child + 1], &entries[child])) {
            child++;
        }
        if (!is_before(&entries[child], &entries[at])) {
            return;
        }
        swap(&entries[child], &entries[at]);
        at = child;
    }
}

static void give_first(t2m_window_t *window)
{
    entry_t first = window->entries[0];

    window->entries[0] = window->entries[--window->count];
    sink(window->entries, window->count);
    window->bytes -= first.size;
    window->give(window->context, first.bytes, first.size);
    free(first.bytes);
}

int t2m_window_put(t2m_window_t *window, apr_time_t time, const char *bytes, apr_size_t size)
{
    entry_t entry = { time, window->order++, size, malloc(size + 1) };

    if (!entry.bytes) {
        return 0;
    }
    memcpy(entry.bytes, bytes, size);
    while (window->count == T2M_WINDOW_LINES
           || (window->count > 0 && window->bytes + size > T2M_WINDOW_BYTES)) {
        give_first(window);
    }
    window->entries[window->count] = entry;
    window->bytes += size;
    rise(window->entries, window->count++);
    return 1;
}

void t2m_window_end(t2m_window_t *window)
{
    while (window && window->count > 0) {
        give_first(window);
    }
    free(window);
}
