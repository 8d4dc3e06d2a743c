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

/* Request ids: bits out of SipHash-2-4 keyed by the system's random source, and their UUID form.
 * The counter is the only thing threads share; it is only added to, atomically. */
#include "core/id.h"

#include <string.h>

#include <apr_siphash.h>

#include "core/block.h"

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

static inline char *write_byte(char *out, apr_uint64_t byte)
{
#define ROW(high)                                                                       \
    high "0" high "1" high "2" high "3" high "4" high "5" high "6" high "7"             \
    high "8" high "9" high "a" high "b" high "c" high "d" high "e" high "f"
    static const char pairs[] = ROW("0") ROW("1") ROW("2") ROW("3") ROW("4") ROW("5") ROW("6")
        ROW("7") ROW("8") ROW("9") ROW("a") ROW("b") ROW("c") ROW("d") ROW("e") ROW("f");
#undef ROW

    memcpy(out, pairs + 2 * (byte & 0xff), 2);
    return out + 2;
}

/* The two lowest bytes of value, the higher first. */
static inline char *write_two(char *out, apr_uint64_t value)
{
    return write_byte(write_byte(out, value >> 8), value);
}

/* Twelve bits more, which only who has the key can tell from the 64: the high and the low half of
 * a product under the second half of the key. */
static unsigned more_bits(const t2m_id_generator_t *generator, apr_uint64_t bits)
{
    apr_uint64_t add, factor;
    unsigned __int128 product;

    add = t2m_block_word(generator->key + APR_SIPHASH_KSIZE);
    factor = t2m_block_word(generator->key + APR_SIPHASH_KSIZE + sizeof(add));
    product = (unsigned __int128)(bits ^ add) * (factor | 1);
    return (unsigned)((apr_uint64_t)(product >> 64) ^ (apr_uint64_t)product) >> 20 & 0xfff;
}

void t2m_id_make(t2m_id_generator_t *generator, apr_time_t time, char out[T2M_ID_SIZE])
{
    apr_uint64_t number = __atomic_fetch_add(&generator->counter, 1, __ATOMIC_RELAXED);
    apr_uint64_t milliseconds = time > 0 ? (apr_uint64_t)time / 1000 : 0, bits;
    unsigned char hash[APR_SIPHASH_DSIZE];

    apr_siphash24_auth(hash, &number, sizeof(number), generator->key);
    bits = t2m_block_word(hash);
    out = write_two(write_two(out, milliseconds >> 32), milliseconds >> 16);
    *out++ = '-';
    out = write_two(out, milliseconds);
    *out++ = '-';
    out = write_two(out, 0x7000 | more_bits(generator, bits)); /* version 7 */
    *out++ = '-';
    out = write_two(out, (bits >> 48 & 0x3fff) | 0x8000); /* variant 10 */
    *out++ = '-';
    (void)write_two(write_two(write_two(out, bits >> 32), bits >> 16), bits);
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
