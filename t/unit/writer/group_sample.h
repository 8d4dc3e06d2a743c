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

/* Rows of error groups for the tests of writer/{group_json,group_file,chores_groups}.c. */
#ifndef T2M_UNIT_GROUP_SAMPLE_H
#define T2M_UNIT_GROUP_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "writer/group_json.h"

#define GROUP_NOW ((apr_time_t)1705314646123456)

/* What a text may have that is UTF-8: quotes, controls, a NUL, what JavaScript takes for the end of
 * a line, the last character of all. */
#define GROUP_HOSTILE \
    "\"\\/\b\x01\x7f\0\r\n{}],\xe2\x80\xa8\xc3\xbc\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf'<"

__attribute__((unused)) static apr_uint16_t group_text(char *out, apr_size_t room, apr_size_t size)
{
    static const char hostile[] = GROUP_HOSTILE;
    apr_size_t at = 0;

    while (size && at + sizeof(hostile) - 1 <= room && at < size) {
        memcpy(out + at, hostile, sizeof(hostile) - 1);
        at += sizeof(hostile) - 1;
    }
    for (; at < room && at < size; at++) {
        out[at] = 'a';
    }
    return (apr_uint16_t)at;
}

__attribute__((unused)) static void group_id(char id[T2M_FINGERPRINT_SIZE], unsigned n)
{
    char text[32];

    (void)snprintf(text, sizeof(text), "ab%010x", n);
    memcpy(id, text, T2M_FINGERPRINT_SIZE);
}

/* The least that a group is. */
__attribute__((unused)) static void group_small(t2m_kept_group_t *kept, unsigned number)
{
    memset(kept, 0, sizeof(*kept));
    kept->number = number;
    kept->group.used = 1;
    group_id(kept->group.id, number);
    kept->group.total = number;
    kept->group.first = kept->group.last = GROUP_NOW;
}

static void group_fill_tops(t2m_group_t *group, unsigned number)
{
    unsigned i;

    for (i = 0; i < T2M_TOP_COUNTERS; i++) {
        t2m_top_counter_t *one = &group->endpoints.counters[i], *other = &group->vhosts.counters[i];

        one->count = 1000 - i;
        one->error = i;
        one->size = group_text(one->text, sizeof(one->text), 10 + 14 * i);
        other->count = other->error = i % 3 ? number : 0;
        other->size = i % 3 ? (apr_uint16_t)1 : 0;
        other->text[0] = i % 3 ? 'v' : 0;
    }
}

static void group_fill_counts(t2m_group_t *group, unsigned number)
{
    unsigned i;

    group->minutes.minute = GROUP_NOW / APR_USEC_PER_SEC / 60;
    group->hours.hour = GROUP_NOW / APR_USEC_PER_SEC / 3600;
    for (i = 0; i < T2M_MINUTES; i++) {
        group->minutes.counts[i] = i * number;
    }
    for (i = 0; i < T2M_HOURS; i++) {
        group->hours.counts[i] = APR_UINT32_MAX - i;
    }
    for (i = 0; i < T2M_DISTINCT_REGISTERS; i++) {
        group->clients.registers[i] = (unsigned char)((i + number) % 56);
    }
}

/* One in which nothing is zero; texts fill their rooms. */
__attribute__((unused)) static void group_full(t2m_kept_group_t *kept, unsigned number)
{
    t2m_group_t *group = &kept->group;
    int i;

    group_small(kept, number);
    group->level = 1 + number % (T2M_LEVEL_COUNT - 1);
    group->first = 1;
    group->total = APR_INT64_MAX;
    group->before = 3;
    group->weight = 4;
    group->evicted = 5;
    group->repeat = (t2m_repeat_t){ 6, 7, 8, GROUP_NOW, GROUP_NOW - 1 };
    group->state = (t2m_group_state_t){ T2M_GROUP_IGNORED, GROUP_NOW, GROUP_NOW + 9, 10 };
    group_fill_counts(group, number);
    group_fill_tops(group, number);
#define GROUP_TEXT(name) \
    (group->name##_size = group_text(group->name, sizeof(group->name), sizeof(group->name)))
    GROUP_TEXT(logger);
    GROUP_TEXT(type);
    GROUP_TEXT(message);
    GROUP_TEXT(template);
    GROUP_TEXT(endpoint);
    GROUP_TEXT(request_id);
    GROUP_TEXT(release);
    for (i = 0; i < T2M_SAMPLES; i++) {
        t2m_sample_t *sample = &kept->samples[i];

        memcpy(sample->id, group->id, sizeof(sample->id));
        sample->size = group_text(sample->line, sizeof(sample->line),
                                  i == T2M_SAMPLE_FIRST ? sizeof(sample->line) : 100);
    }
}

#endif
