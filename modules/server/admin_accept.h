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

/* What a client would rather have: JSON or plain text. Pure; any thread. */
#ifndef T2M_SERVER_ADMIN_ACCEPT_H
#define T2M_SERVER_ADMIN_ACCEPT_H

typedef enum { T2M_ADMIN_JSON, T2M_ADMIN_TEXT } t2m_admin_format_e;

/**
 * Reads a request's Accept header (RFC 9110 section 12.5.1), NULL when there is none. The range
 * that names a type most exactly has its weight; JSON unless the weight of text/plain is the
 * greater one. Ranges that cannot be read do not count. Linear time.
 */
t2m_admin_format_e t2m_admin_accept(const char *accept);

#endif
