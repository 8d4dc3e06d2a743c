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

#include "core/member.h"
#include "core/moment.h"

typedef struct {
    t2m_timeline_line_t next;
    int filled, ended;
} lane_t;

struct t2m_timeline_t {
    t2m_history_t **histories;
    unsigned count;
    t2m_timeline_filter_t *filter;
    const void *context;
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

static void read_time(t2m_timeline_line_t *line)
{
    t2m_text_t value;
    apr_time_t time;

    if (t2m_member_find(t2m_text_of(line->line.bytes, line->line.size), "timestamp", &value)
            == T2M_MEMBER_STRING
        && t2m_moment_parse(value, 0, &time) == T2M_MOMENT_OK) {
        line->time = time;
    }
}

static void fill(const t2m_timeline_t *timeline, lane_t *lane)
{
    while (!lane->filled && !lane->ended) {
        lane->ended = t2m_history_next(timeline->histories[lane->next.file], &lane->next.line)
                   != APR_SUCCESS;
        if (!lane->ended) {
            read_time(&lane->next);
            lane->filled = !timeline->filter || timeline->filter(timeline->context, &lane->next);
        }
    }
}

int t2m_timeline_next(t2m_timeline_t *timeline, t2m_timeline_line_t *line)
{
    lane_t *first = NULL;
    unsigned i;

    for (i = 0; i < timeline->count; i++) {
        lane_t *lane = &timeline->lanes[i];

        fill(timeline, lane);
        if (lane->filled && (!first || lane->next.time < first->next.time)) {
            first = lane;
        }
    }
    if (!first) {
        return 0;
    }
    *line = first->next;
    first->filled = 0; /* its bytes stay until it is filled again */
    return 1;
}
