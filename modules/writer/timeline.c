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

/* See timeline.h. */
#include "writer/timeline.h"

#include <stdlib.h>

#include "writer/line_time.h"

typedef struct {
    t2m_timeline_line_t next;
    int filled, ended;
} lane_t;

struct t2m_timeline_t {
    t2m_history_t **histories;
    unsigned count;
    t2m_timeline_filter_t *filter;
    const void *context;
    const char *bytes; /* NULL: every line */
    apr_size_t size;
    apr_time_t until;
    lane_t lanes[];
};

t2m_timeline_t *t2m_timeline_make(t2m_history_t **histories, unsigned count,
                                  t2m_timeline_filter_t *filter, const void *context)
{
    t2m_timeline_t *timeline = calloc(1, sizeof(*timeline) + count * sizeof(lane_t));
    unsigned i;

    if (timeline) {
        timeline->histories = histories;
        timeline->count = count;
        timeline->filter = filter;
        timeline->context = context;
        timeline->until = APR_INT64_MAX;
        for (i = 0; i < count; i++) {
            timeline->lanes[i].next.file = i;
        }
    }
    return timeline;
}

void t2m_timeline_free(t2m_timeline_t *timeline)
{
    free(timeline);
}

void t2m_timeline_search(t2m_timeline_t *timeline, const char *bytes, apr_size_t size)
{
    timeline->bytes = bytes;
    timeline->size = size;
}

void t2m_timeline_until(t2m_timeline_t *timeline, apr_time_t until)
{
    timeline->until = until;
}

static apr_status_t read_on(const t2m_timeline_t *timeline, lane_t *lane)
{
    t2m_history_t *history = timeline->histories[lane->next.file];

    if (!timeline->bytes) {
        return t2m_history_next(history, &lane->next.line);
    }
    if (timeline->until < APR_INT64_MAX
        && t2m_history_is_behind(history, lane->next.time, timeline->until)) {
        return APR_EOF;
    }
    return t2m_history_find(history, timeline->bytes, timeline->size, &lane->next.line);
}

/* One step: a line, or that a piece has none, or the end. */
static void advance(const t2m_timeline_t *timeline, lane_t *lane)
{
    t2m_timeline_line_t *next = &lane->next;
    apr_status_t status = read_on(timeline, lane);

    lane->ended = status != APR_SUCCESS && status != APR_EAGAIN;
    if (!lane->ended) {
        (void)t2m_line_time(next->line.bytes, next->line.size, &next->time);
        lane->filled = status == APR_SUCCESS
                    && (!timeline->filter || timeline->filter(timeline->context, next));
    }
}

/* The lane with the smallest time, be it of its next line or of how far it was searched. Where all
 * lines are wanted, those that have none yet come first. */
static lane_t *earliest(t2m_timeline_t *timeline)
{
    lane_t *first = NULL;
    unsigned i;

    for (i = 0; i < timeline->count; i++) {
        lane_t *lane = &timeline->lanes[i];

        if (!lane->ended && !lane->filled && !timeline->bytes) {
            return lane;
        }
        if (!lane->ended && (!first || lane->next.time < first->next.time)) {
            first = lane;
        }
    }
    return first;
}

int t2m_timeline_next(t2m_timeline_t *timeline, t2m_timeline_line_t *line)
{
    lane_t *first;

    while ((first = earliest(timeline)) != NULL && !first->filled) {
        advance(timeline, first);
    }
    if (!first) {
        return 0;
    }
    *line = first->next;
    first->filled = 0; /* its bytes stay until it is filled again */
    return 1;
}
