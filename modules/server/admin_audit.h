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

/* The security stream's records of who asked the admin endpoints what. */
#ifndef T2M_SERVER_ADMIN_AUDIT_H
#define T2M_SERVER_ADMIN_AUDIT_H

#include <apr_errno.h>

#include "server/admin.h"

/**
 * Tells that the visit is granted, before the first byte of the answer. Polls (`after=`, metrics)
 * are counted, and get one record for each token, endpoint and minute. Anything but APR_SUCCESS
 * means that the record is not queued, and that there must be no answer.
 */
apr_status_t t2m_admin_audit_granted(const t2m_admin_visit_t *visit);

/** Tells that it is refused. Where the record finds no room, the loss is counted in its slot. */
void t2m_admin_audit_refused(const t2m_admin_visit_t *visit, const t2m_admin_refusal_t *refusal);

#endif
