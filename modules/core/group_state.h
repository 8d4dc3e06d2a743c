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

/* What has become of an error group: what an administrator said of it, and what happened since. */
#ifndef T2M_CORE_GROUP_STATE_H
#define T2M_CORE_GROUP_STATE_H

#include <apr_time.h>

#include "core/text.h"

typedef enum {
    T2M_GROUP_OPEN,      /* nobody has said anything: shown as new for a day, then as ongoing */
    T2M_GROUP_ONGOING,   /* somebody has seen it */
    T2M_GROUP_RESOLVED,  /* the next occurrence makes it regressed */
    T2M_GROUP_IGNORED,   /* until a time or a count; then it is ongoing */
    T2M_GROUP_REGRESSED,
    T2M_GROUP_STATES,
    T2M_GROUP_NEW = T2M_GROUP_STATES /* shown only */
} t2m_group_state_e;

enum { T2M_GROUP_NEW_FOR = 24 * 60 * 60 }; /* seconds */

/* Part of a table row and of a record's name: no padding. All zeros: open. */
typedef struct {
    apr_uint64_t state;   /* t2m_group_state_e */
    apr_int64_t since;    /* apr_time_t; 0: with the first occurrence */
    apr_int64_t until;    /* ignored: apr_time_t; 0: no such end */
    apr_uint64_t count;   /* ignored: occurrences that are still to come; 0: no such end */
} t2m_group_state_t;

/** The name as it is shown and asked for; NULL for a number that is no state. */
const char *t2m_group_state_name(t2m_group_state_e state);

/** The state of that name, T2M_GROUP_NEW included; T2M_GROUP_OPEN when there is none. */
t2m_group_state_e t2m_group_state_of(t2m_text_t name);

/** What is shown of it now; first: apr_time_t of the first occurrence. Changes nothing. */
t2m_group_state_e t2m_group_state_shown(const t2m_group_state_t *state, apr_time_t first,
                                        apr_time_t now);

/**
 * n more occurrences, the newest at time: resolved becomes regressed, ignored may end. What is
 * older than the state changes nothing.
 */
void t2m_group_state_occur(t2m_group_state_t *state, apr_uint64_t n, apr_time_t time);

#endif
