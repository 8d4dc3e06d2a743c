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

/* What a POST to errors/ID says: the new state of a group of errors. Pure; any thread. */
#ifndef T2M_SERVER_ADMIN_CHANGE_H
#define T2M_SERVER_ADMIN_CHANGE_H

#include "core/group_state.h"
#include "core/text.h"

enum {
    T2M_ADMIN_CHANGE_MAX = 4096,            /* bytes of a body */
    T2M_ADMIN_CHANGE_COUNT_MAX = 1000000000
};

/** Nonzero when a Content-Type, NULL when there is none, is that of JSON, with any parameters. */
int t2m_admin_change_is_json(const char *type);

/**
 * Reads a body: `{"state":"ignored","until":"2h","count":100}`. state->since becomes now. Returns
 * NULL, or, when it is refused, what is allowed: a sentence of our own words that has nothing of
 * the body in it; then state must not be used.
 */
const char *t2m_admin_change_read(t2m_text_t body, apr_time_t now, t2m_group_state_t *state);

#endif
