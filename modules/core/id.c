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

/* Request ids: 128 bits out of SipHash-2-4 keyed by the system's random source, and their UUID
 * form. The counter is the only thing threads share; it is only added to, atomically. */
#include "core/id.h"

#include <string.h>

#include <apr_siphash.h>

void t2m_id_seed(t2m_id_generator_t *generator, const unsigned char *key)
{
    memcpy(generator->key, key, T2M_ID_KEY_SIZE);
    __atomic_store_n(&generator->counter, 0, __ATOMIC_RELAXED);
}

void t2m_id_random(t2m_id_generator_t *generator, unsigned char out[16])
{
    /* Which number a draw gets is all that matters, not what else it is ordered with. */
    apr_uint64_t number = __atomic_fetch_add(&generator->counter, 1, __ATOMIC_RELAXED);

    apr_siphash24_auth(out, &number, sizeof(number), generator->key);
    apr_siphash24_auth(out + APR_SIPHASH_DSIZE, &number, sizeof(number),
                       generator->key + APR_SIPHASH_KSIZE);
}

/* 8-4-4-4-12 hex digits. */
static void write_uuid(const unsigned char bytes[16], char out[T2M_ID_SIZE])
{
    static const char digits[] = "0123456789abcdef";
    int i;

    for (i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *out++ = '-';
        }
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 0x0f];
    }
}

void t2m_id_make(t2m_id_generator_t *generator, apr_time_t time, char out[T2M_ID_SIZE])
{
    unsigned char bytes[16];
    apr_uint64_t milliseconds = time > 0 ? (apr_uint64_t)time / 1000 : 0;
    int i;

    t2m_id_random(generator, bytes);
    for (i = 0; i < 6; i++) {
        bytes[i] = (unsigned char)((milliseconds >> (40 - 8 * i)) & 0xff);
    }
    bytes[6] = (unsigned char)((bytes[6] & 0x0f) | 0x70); /* version 7 */
    bytes[8] = (unsigned char)((bytes[8] & 0x3f) | 0x80); /* variant 10 */
    write_uuid(bytes, out);
}

/* By hand: isalnum() depends on the locale. */
static int is_id_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z')
        || (byte >= '0' && byte <= '9')
        || byte == '.' || byte == '_' || byte == '~' || byte == '@' || byte == ':' || byte == '-';
}

int t2m_id_valid(const char *id, apr_size_t size)
{
    apr_size_t i;

    if (size < T2M_ID_MIN || size > T2M_ID_MAX) {
        return 0;
    }
    for (i = 0; i < size; i++) {
        if (!is_id_byte(id[i])) {
            return 0;
        }
    }
    return 1;
}
