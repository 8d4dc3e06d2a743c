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

/* Problem documents (RFC 9457): what the admin endpoints say when they do not answer. */
#ifndef T2M_SERVER_PROBLEM_H
#define T2M_SERVER_PROBLEM_H

#include <httpd.h>

/**
 * Sends a problem document with that status. detail: own words; nothing of the request comes back
 * in it. mount: where the endpoints hang, for the address of the request's records; NULL: not
 * known. Returns OK for the handler.
 */
int t2m_problem_send(request_rec *request, int status, const char *detail, const char *mount);

#endif
