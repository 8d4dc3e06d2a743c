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
/* Tests modules/core/group_state.c. */
#include "core/group_state.h"

#include <string.h>

#include "tap.h"

#define DAY apr_time_from_sec((apr_time_t)86400)
#define NOW apr_time_from_sec((apr_time_t)1790000000)

static void names(void)
{
    static const char *const all[] = { "ongoing", "resolved", "ignored", "regressed", "new" };
    unsigned i;

    for (i = 0; i < 5; i++) {
        t2m_group_state_e state = t2m_group_state_of(t2m_text(all[i]));

        ok(state != T2M_GROUP_OPEN && !strcmp(t2m_group_state_name(state), all[i]), "%s", all[i]);
    }
    is_number(t2m_group_state_of(t2m_text("open")), T2M_GROUP_OPEN, "open is no name to give");
    is_number(t2m_group_state_of(t2m_text("Resolved")), T2M_GROUP_OPEN, "case counts");
    is_number(t2m_group_state_of(t2m_text("")), T2M_GROUP_OPEN, "nothing is none");
    ok(t2m_group_state_name((t2m_group_state_e)(T2M_GROUP_NEW + 1)) == NULL, "no such number");
}

static void untouched(void)
{
    t2m_group_state_t state = { 0 };

    is_number(t2m_group_state_shown(&state, NOW, NOW + DAY - 1), T2M_GROUP_NEW, "new for a day");
    is_number(t2m_group_state_shown(&state, NOW, NOW + DAY), T2M_GROUP_ONGOING, "then ongoing");
    t2m_group_state_occur(&state, 5, NOW);
    is_number((long long)state.state, T2M_GROUP_OPEN, "what occurs changes nothing");
    is_number(t2m_group_state_shown(&state, APR_INT64_MIN, NOW), T2M_GROUP_ONGOING, "very old");
    is_number(t2m_group_state_shown(&state, APR_INT64_MAX, NOW), T2M_GROUP_NEW, "yet to come");
    state.state = 77;
    is_number(t2m_group_state_shown(&state, NOW, NOW + DAY), T2M_GROUP_ONGOING, "no such state");
}

static void resolved(void)
{
    t2m_group_state_t state = { T2M_GROUP_RESOLVED, NOW, 0, 0 };

    is_number(t2m_group_state_shown(&state, NOW, NOW + 9 * DAY), T2M_GROUP_RESOLVED, "resolved");
    t2m_group_state_occur(&state, 3, NOW - 1);
    is_number((long long)state.state, T2M_GROUP_RESOLVED, "what came before is no news");
    t2m_group_state_occur(&state, 1, NOW + DAY);
    is_number((long long)state.state, T2M_GROUP_REGRESSED, "until it comes again");
    is_number(state.since, NOW + DAY, "since then");
    t2m_group_state_occur(&state, 1, NOW + 2 * DAY);
    is_number(state.since, NOW + DAY, "however often");
    is_number(t2m_group_state_shown(&state, NOW, NOW + 9 * DAY), T2M_GROUP_REGRESSED, "shown");
    state = (t2m_group_state_t){ T2M_GROUP_REGRESSED, NOW, NOW, 1 };
    t2m_group_state_occur(&state, 5, NOW);
    ok(state.state == T2M_GROUP_REGRESSED && state.count == 1, "only what is ignored has an end");
}

static void ignored(void)
{
    t2m_group_state_t for_ever = { T2M_GROUP_IGNORED, NOW, 0, 0 };
    t2m_group_state_t until = { T2M_GROUP_IGNORED, NOW, NOW + DAY, 0 };
    t2m_group_state_t count = { T2M_GROUP_IGNORED, NOW, 0, 10 };

    t2m_group_state_occur(&for_ever, 1000000, NOW + 99 * DAY);
    is_number((long long)for_ever.state, T2M_GROUP_IGNORED, "without an end");
    is_number(t2m_group_state_shown(&until, NOW, NOW + DAY - 1), T2M_GROUP_IGNORED, "until then");
    is_number(t2m_group_state_shown(&until, NOW, NOW + DAY), T2M_GROUP_ONGOING, "not longer");
    t2m_group_state_occur(&until, 1, NOW + DAY - 1);
    is_number((long long)until.state, T2M_GROUP_IGNORED, "what occurs before changes nothing");
    t2m_group_state_occur(&until, 1, NOW + DAY);
    is_number((long long)until.state, T2M_GROUP_ONGOING, "what occurs then ends it");
    t2m_group_state_occur(&count, 4, NOW);
    t2m_group_state_occur(&count, 5, NOW);
    is_number((long long)count.count, 1, "one is left");
    is_number(t2m_group_state_shown(&count, NOW, NOW), T2M_GROUP_IGNORED, "still ignored");
    t2m_group_state_occur(&count, 1, NOW + 1);
    is_number((long long)count.state, T2M_GROUP_ONGOING, "the tenth ends it");
    is_number((long long)(count.count + (apr_uint64_t)count.until), 0, "and nothing of it is left");
    is_number(count.since, NOW + 1, "since then");
    count = (t2m_group_state_t){ T2M_GROUP_IGNORED, NOW, NOW + DAY, 10 };
    t2m_group_state_occur(&count, 11, NOW);
    is_number((long long)count.state, T2M_GROUP_ONGOING, "of two ends the first counts: so many");
    count = (t2m_group_state_t){ T2M_GROUP_IGNORED, NOW, NOW + DAY, 10 };
    t2m_group_state_occur(&count, 1, NOW + DAY);
    is_number((long long)count.state, T2M_GROUP_ONGOING, "or the time");
    is_number(t2m_group_state_shown(&count, NOW, NOW), T2M_GROUP_ONGOING, "which is shown");
}

int main(void)
{
    names();
    untouched();
    resolved();
    ignored();
    return tap_done();
}
