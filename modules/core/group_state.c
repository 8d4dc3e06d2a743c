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
/* See group_state.h. */
#include "core/group_state.h"

#include <string.h>

static const char *const names[] = {
    [T2M_GROUP_OPEN] = "open",
    [T2M_GROUP_ONGOING] = "ongoing",
    [T2M_GROUP_RESOLVED] = "resolved",
    [T2M_GROUP_IGNORED] = "ignored",
    [T2M_GROUP_REGRESSED] = "regressed",
    [T2M_GROUP_NEW] = "new"
};

const char *t2m_group_state_name(t2m_group_state_e state)
{
    return (unsigned)state <= T2M_GROUP_NEW ? names[state] : NULL;
}

t2m_group_state_e t2m_group_state_of(t2m_text_t name)
{
    unsigned state;

    for (state = T2M_GROUP_ONGOING; state <= T2M_GROUP_NEW; state++) {
        if (strlen(names[state]) == name.size && !memcmp(names[state], name.data, name.size)) {
            return (t2m_group_state_e)state;
        }
    }
    return T2M_GROUP_OPEN;
}

/* Nonzero when it is ignored no longer; n: occurrences since. */
static int is_over(const t2m_group_state_t *state, apr_uint64_t n, apr_time_t time)
{
    return (state->until && time >= state->until) || (state->count && n >= state->count);
}

t2m_group_state_e t2m_group_state_shown(const t2m_group_state_t *state, apr_time_t first,
                                        apr_time_t now)
{
    switch (state->state) {
    case T2M_GROUP_ONGOING:
    case T2M_GROUP_RESOLVED:
    case T2M_GROUP_REGRESSED:
        return (t2m_group_state_e)state->state;
    case T2M_GROUP_IGNORED:
        return is_over(state, 0, now) ? T2M_GROUP_ONGOING : T2M_GROUP_IGNORED;
    default:
        return first > now - apr_time_from_sec(T2M_GROUP_NEW_FOR) ? T2M_GROUP_NEW
                                                                  : T2M_GROUP_ONGOING;
    }
}

static void enter(t2m_group_state_t *state, t2m_group_state_e entered, apr_time_t time)
{
    memset(state, 0, sizeof(*state));
    state->state = entered;
    state->since = time;
}

void t2m_group_state_occur(t2m_group_state_t *state, apr_uint64_t n, apr_time_t time)
{
    if (time < state->since) {
        return; /* it was on its way when that was said */
    }
    if (state->state == T2M_GROUP_RESOLVED) {
        enter(state, T2M_GROUP_REGRESSED, time);
    } else if (state->state == T2M_GROUP_IGNORED && is_over(state, n, time)) {
        enter(state, T2M_GROUP_ONGOING, time);
    } else if (state->state == T2M_GROUP_IGNORED && state->count) {
        state->count -= n;
    }
}
