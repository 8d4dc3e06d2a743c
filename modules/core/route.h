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

/* The route of a path: what stays when ids are taken out, so that requests can be counted. */
#ifndef T2M_CORE_ROUTE_H
#define T2M_CORE_ROUTE_H

#include "core/text.h"

enum {
    T2M_ROUTE_MAX = 128,
    T2M_ROUTE_METHOD_MAX = 32 /* the longest registered method has 17 bytes */
};

/**
 * Writes `METHOD /a/:n/b` into out (room for T2M_ROUTE_MAX bytes, no NUL) and returns its size.
 * A segment becomes `:n` when it is all digits, a UUID, or at least 8 hex digits of which one is a
 * digit. A longer route ends at a segment's end with `/` and `*`; a method over
 * T2M_ROUTE_METHOD_MAX is written as `*`. No method: the path alone; no path: the method and `*`;
 * neither: `-`. Bytes are copied as they are. Linear time; a route given back as a path without a
 * method stays as it is.
 */
apr_size_t t2m_route_write(t2m_text_t method, t2m_text_t path, char *out);

#endif
