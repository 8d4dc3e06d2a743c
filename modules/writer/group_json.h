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

/* One error group as JSON, for the file that outlives the server. */
#ifndef T2M_WRITER_GROUP_JSON_H
#define T2M_WRITER_GROUP_JSON_H

#include <jansson.h>

#include "shared/tables.h"

/* A group with all that is kept of it. */
typedef struct {
    apr_uint32_t number; /* of its row: 0 to T2M_GROUPS_MAX - 1 */
    t2m_group_t group;
    t2m_sample_t samples[T2M_SAMPLES];
} t2m_kept_group_t;

/**
 * An object with all of it, which t2m_group_json_read takes, whatever the row has: numbers are
 * bounded, a text that is no UTF-8 and a sample of another group are left out. The caller's; NULL
 * when there is no memory. The row is 0 or the group has an id (t2m_group_json_has_id).
 */
json_t *t2m_group_json_make(const t2m_kept_group_t *kept);

/**
 * Reads such an object; what it does not have is zero, what is not known is passed over. Returns 0
 * when it is no group: a member of another kind, a number out of range, a text that is too long,
 * an id that is none.
 */
int t2m_group_json_read(const json_t *object, t2m_kept_group_t *kept);

/** Nonzero when the id of the group is one: hex digits of either case. */
int t2m_group_json_has_id(const t2m_group_t *group);

#endif
