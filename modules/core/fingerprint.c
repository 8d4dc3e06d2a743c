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

/* The group of an error, as its header defines it: chained, so that parts of any length need no
 * memory; made of bytes, so that the host's byte order does not show. */
#include "core/fingerprint.h"

#include <string.h>

#include <apr_siphash.h>

static const unsigned char published_key[APR_SIPHASH_KSIZE + 1] = "t2mlog group v1.";

enum { HASH_SIZE = APR_SIPHASH_DSIZE };

static void write_size(apr_uint64_t size, unsigned char *out)
{
    int i;

    for (i = 0; i < 8; i++) {
        out[i] = (unsigned char)((size >> (8 * i)) & 0xff);
    }
}

void t2m_fingerprint(const t2m_text_t *parts, apr_size_t count, char out[T2M_FINGERPRINT_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    unsigned char block[3 * HASH_SIZE]; /* the hash so far, a part's size, a part's hash */
    apr_size_t i;

    memset(block, 0, HASH_SIZE);
    for (i = 0; i < count; i++) {
        unsigned char next[HASH_SIZE];

        write_size(parts[i].size, block + HASH_SIZE);
        apr_siphash24_auth(block + 2 * HASH_SIZE, parts[i].size ? parts[i].data : "",
                           parts[i].size, published_key);
        apr_siphash24_auth(next, block, sizeof(block), published_key);
        memcpy(block, next, HASH_SIZE);
    }
    for (i = 0; i < T2M_FINGERPRINT_SIZE / 2; i++) {
        out[2 * i] = digits[block[i] >> 4];
        out[2 * i + 1] = digits[block[i] & 0x0f];
    }
}

/* Nonzero when bytes are those of the parts, whose sizes are known to be theirs. */
static int is_same(const char *bytes, const t2m_text_t *parts)
{
    int i;

    for (i = 0; i < T2M_FINGERPRINT_PARTS; i++) {
        if (parts[i].size > 0 && memcmp(bytes, parts[i].data, parts[i].size) != 0) {
            return 0;
        }
        bytes += parts[i].size;
    }
    return 1;
}

void t2m_fingerprint_known(t2m_fingerprints_t *known, unsigned hint, const t2m_text_t *parts,
                           char out[T2M_FINGERPRINT_SIZE])
{
    apr_size_t place = hint % T2M_FINGERPRINT_KEPT, size = 0;
    apr_uint16_t sizes[T2M_FINGERPRINT_PARTS];
    char *next = known->kept[place].bytes;
    int i;

    for (i = 0; i < T2M_FINGERPRINT_PARTS; i++) {
        size += parts[i].size;
        sizes[i] = (apr_uint16_t)parts[i].size;
    }
    if (size == 0 || size > T2M_FINGERPRINT_BYTES) {
        t2m_fingerprint(parts, T2M_FINGERPRINT_PARTS, out);
        return;
    }
    if (memcmp(sizes, known->kept[place].sizes, sizeof(sizes)) != 0 || !is_same(next, parts)) {
        memcpy(known->kept[place].sizes, sizes, sizeof(sizes));
        t2m_fingerprint(parts, T2M_FINGERPRINT_PARTS, known->kept[place].id);
        for (i = 0; i < T2M_FINGERPRINT_PARTS; i++) {
            next = t2m_text_copy(next, parts[i].data, parts[i].size);
        }
    }
    memcpy(out, known->kept[place].id, T2M_FINGERPRINT_SIZE);
}
