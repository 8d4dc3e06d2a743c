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

/* One character of UTF-8 at a time (Unicode 15, table 3-7). */
#ifndef T2M_CORE_UTF8_H
#define T2M_CORE_UTF8_H

#include <apr.h>

enum { T2M_UTF8_MAX = 4 }; /* bytes of a character */

#define T2M_UTF8_REPLACEMENT "\xef\xbf\xbd" /* U+FFFD, for what is no character */

/** The size of the well-formed character at bytes, 1 to 4; 0 when there is none. size is > 0. */
apr_size_t t2m_utf8_size(const char *bytes, apr_size_t size);

/** Nonzero when all of the bytes are well-formed UTF-8. */
int t2m_utf8_is_valid(const char *bytes, apr_size_t size);

/** Writes a code point that is no surrogate, up to U+10FFFF; returns its size, 1 to 4. */
apr_size_t t2m_utf8_write(unsigned point, char out[T2M_UTF8_MAX]);

#endif
