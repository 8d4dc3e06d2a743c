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

/* One group of errors as the answers describe it. */
#ifndef T2M_SERVER_ANSWER_GROUP_H
#define T2M_SERVER_ANSWER_GROUP_H

#include "server/answer_records.h"

/**
 * The row of the group of that id, T2M_FINGERPRINT_SIZE bytes, and a copy of it; 0 when there is
 * none, or when the writer did not end its change of it within 10 ms.
 */
unsigned t2m_answer_group_find(const t2m_board_t *board, const char *id, t2m_group_t *copy);

/** What is shown of the group's state now. */
t2m_group_state_e t2m_answer_group_state(const t2m_answer_t *answer, const t2m_group_t *group);

/**
 * A group as an object. whole: the row that it is a copy of, and then with the counts of all hours
 * and the records that were kept of it; 0: without these.
 */
json_t *t2m_answer_group_describe(t2m_answer_t *answer, const t2m_group_t *group, unsigned whole);

#endif
