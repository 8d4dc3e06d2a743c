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
 * Writes the group id of parts. With S(x) the 8 bytes of SipHash-2-4 (in the authors' order, low
 * byte first) of x under the published key "t2mlog group v1." (16 bytes of ASCII), and `size` a
 * part's length as 8 bytes, low byte first:
 *
 *     h = 8 zero bytes; for each part: h = S(h | size | S(part))
 *
 * The id is the first 6 bytes of h in lower-case hex. Since lengths go in, "ab","c" and "a","bc"
 * differ. The key is public: equal errors get equal ids, but whoever wants a collision can make
 * one. An empty part counts; no part at all gives zeros.
 */
void t2m_fingerprint(const t2m_text_t *parts, apr_size_t count, char out[T2M_FINGERPRINT_SIZE]);

/* Ids made lately, of T2M_FINGERPRINT_PARTS parts. Private to fingerprint.c. All zero: none. For
 * one thread. */
enum { T2M_FINGERPRINT_PARTS = 3, T2M_FINGERPRINT_KEPT = 8, T2M_FINGERPRINT_BYTES = 192 };

typedef struct {
    struct {
        apr_uint16_t sizes[T2M_FINGERPRINT_PARTS]; /* all 0: empty */
        char id[T2M_FINGERPRINT_SIZE];
        char bytes[T2M_FINGERPRINT_BYTES]; /* the parts, one behind the other */
    } kept[T2M_FINGERPRINT_KEPT];
} t2m_fingerprints_t;

/**
 * As t2m_fingerprint for T2M_FINGERPRINT_PARTS parts, but what was asked lately is known. hint: any
 * number that differs between different parts, mostly.
 */
void t2m_fingerprint_known(t2m_fingerprints_t *known, unsigned hint, const t2m_text_t *parts,
                           char out[T2M_FINGERPRINT_SIZE]);

#endif
