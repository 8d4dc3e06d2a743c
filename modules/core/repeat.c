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
/* See repeat.h. */
#include "core/repeat.h"

/* The clock is followed when it goes back: then no time has gone. */
static apr_time_t gone(apr_time_t since, apr_time_t time)
{
    apr_time_t lasted;

    if (time <= since) {
        return 0;
    }
    return __builtin_sub_overflow(time, since, &lasted) ? APR_INT64_MAX : lasted;
}

static int is_quiet(const t2m_repeat_t *repeat, apr_time_t time)
{
    return gone(repeat->last, time) >= apr_time_from_sec((apr_time_t)T2M_REPEAT_QUIET);
}

/* The first milestone above count. */
static apr_uint64_t milestone_above(apr_uint64_t count)
{
    apr_uint64_t milestone = T2M_REPEAT_MILESTONE;

    while (milestone <= count && milestone <= APR_UINT64_MAX / 2) {
        milestone *= 2;
    }
    return milestone;
}

int t2m_repeat_is_marked(const t2m_repeat_rule_t *rule, apr_uint64_t count)
{
    return rule->off || count <= rule->first || milestone_above(count - 1) == count;
}

int t2m_repeat_is_due(const t2m_repeat_t *repeat, const t2m_repeat_rule_t *rule,
                      apr_uint64_t more, apr_time_t time)
{
    int quiet = is_quiet(repeat, time);
    apr_uint64_t count = (quiet ? 0 : repeat->count) + more + 1;
    apr_uint64_t next = quiet || !repeat->next ? T2M_REPEAT_MILESTONE : repeat->next;

    return rule->off || count <= rule->first || count >= next
           || gone(repeat->written, time) >= rule->every;
}

static void move_on(t2m_repeat_t *repeat, apr_uint64_t n, apr_time_t time)
{
    if (is_quiet(repeat, time)) {
        repeat->count = 0;
        repeat->next = 0;
    }
    repeat->count += n;
    repeat->last = time;
    repeat->written = repeat->written < time ? repeat->written : time;
}

apr_uint64_t t2m_repeat_count(t2m_repeat_t *repeat, const t2m_repeat_rule_t *rule, int written,
                              apr_time_t time)
{
    apr_uint64_t held = repeat->held;

    move_on(repeat, 1, time);
    if (!written) {
        repeat->held++;
        return 0;
    }
    repeat->held = 0;
    repeat->written = time;
    repeat->next = milestone_above(repeat->count > rule->first ? repeat->count : rule->first);
    return held;
}

void t2m_repeat_add(t2m_repeat_t *repeat, apr_uint64_t n, apr_time_t time)
{
    if (n > 0) {
        move_on(repeat, n, time);
        repeat->held += n;
    }
}
