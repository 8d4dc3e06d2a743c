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

/* A POST to errors/ID: the state of a group of errors is set. */
#ifndef T2M_SERVER_ADMIN_GROUP_H
#define T2M_SERVER_ADMIN_GROUP_H

#include "server/admin.h"

/** The group of `errors/ID` is there, and its id stands in the query. Waits for the writer else. */
t2m_admin_check_f t2m_admin_check_group;

/** A POST has a body that says what to change. Reads it, at most T2M_ADMIN_CHANGE_MAX bytes. */
t2m_admin_check_f t2m_admin_check_change;

/**
 * Does what visit->change says, and waits for it. Returns 0 when the writer was not told or has not
 * done it in time.
 */
int t2m_admin_group_change(const t2m_admin_visit_t *visit);

#endif
