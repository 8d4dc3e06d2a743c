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

/* The group of an error: equal on every host, so that counts can be added up. */
#ifndef T2M_CORE_FINGERPRINT_H
#define T2M_CORE_FINGERPRINT_H

#include "core/text.h"

enum { T2M_FINGERPRINT_SIZE = 12 }; /* hex digits, no NUL */

/**
 * Writes the group id of parts: the first 48 bits of SipHash-2-4 over the parts, each preceded by
 * its length (so that "ab","c" and "a","bc" differ), under the fixed published key
 * "t2mlog group v1." (16 bytes of ASCII).
 */
void t2m_fingerprint(const t2m_text_t *parts, apr_size_t count, char out[T2M_FINGERPRINT_SIZE]);

#endif
