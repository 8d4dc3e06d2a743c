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

/* Which endpoint a path means. Pure; any thread. */
#ifndef T2M_SERVER_ADMIN_ROUTE_H
#define T2M_SERVER_ADMIN_ROUTE_H

typedef enum {
    T2M_ADMIN_NONE,
    T2M_ADMIN_INDEX,
    T2M_ADMIN_ERRORS,
    T2M_ADMIN_PERFORMANCE,
    T2M_ADMIN_SECURITY,
    T2M_ADMIN_REQUEST,
    T2M_ADMIN_HEALTH,
    T2M_ADMIN_METRICS,
    T2M_ADMIN_GROUP, /* errors/ID */
    T2M_ADMIN_ENDPOINT_COUNT
} t2m_admin_endpoint_e;

/**
 * The endpoint that path (decoded) means, exactly: `/errors` does and neither `/errors/` nor
 * `/Errors`. mount is the path of the <Location> that the endpoints hang in, with or without a
 * slash at its end. NULL when that is not known (<LocationMatch>, <If>, a directory): then the last
 * segments decide whatever stands before them, and the index is what ends in a slash. *id becomes
 * the ID of `/requests/ID`, which is one that t2m_id_valid takes, or that of `/errors/ID`, 12
 * hexadecimal digits of either case, and else NULL; it points into path.
 */
t2m_admin_endpoint_e t2m_admin_route(const char *path, const char *mount, const char **id);

/** Its name for logs: "errors", which is also that of `/errors/ID`. Never NULL. */
const char *t2m_admin_route_name(t2m_admin_endpoint_e endpoint);

#endif
