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

/* Who asks, and whether he may: the checks of the admin endpoints before they look at the path. */
#ifndef T2M_SERVER_ADMIN_AUTH_H
#define T2M_SERVER_ADMIN_AUTH_H

#include "server/admin.h"

/** There is something to authenticate by; else the endpoints are not there. Copies the tokens. */
t2m_admin_check_f t2m_admin_check_enabled;

/** Nobody on the way can read along: TLS, or both peer and client are this host. */
t2m_admin_check_f t2m_admin_check_transport;

/**
 * A right token, or one whom httpd has authenticated where T2MLogAdminAuth lets him count. A
 * network that failed too often is told to wait; a right token is not.
 */
t2m_admin_check_f t2m_admin_check_identity;

/** No page of another site has sent the browser here. */
t2m_admin_check_f t2m_admin_check_origin;

#endif
