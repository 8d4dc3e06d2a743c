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

static inline apr_uint64_t rotated(apr_uint64_t word, int bits)
{
    return word << bits | word >> (64 - bits);
}

static inline void two_rounds(apr_uint64_t v[4])
{
    int i;

#pragma GCC unroll 2
    for (i = 0; i < 2; i++) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotated(v[1], 13) ^ v[0];
        v[3] = rotated(v[3], 16) ^ v[2];
        v[0] = rotated(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotated(v[1], 17) ^ v[2];
        v[3] = rotated(v[3], 21) ^ v[0];
        v[2] = rotated(v[2], 32);
    }
}

/* apr_siphash24() of the number's eight bytes, the lowest first. Without its call and its loop over
 * bytes it is a quarter cheaper. */
static inline apr_uint64_t siphash24(apr_uint64_t number, const unsigned char *key)
{
    const apr_uint64_t first = t2m_block_word(key), second = t2m_block_word(key + sizeof(first));
    const apr_uint64_t end = (apr_uint64_t)sizeof(number) << 56; /* the block of the length */
    apr_uint64_t v[4] = { first ^ APR_UINT64_C(0x736f6d6570736575),
                          second ^ APR_UINT64_C(0x646f72616e646f6d),
                          first ^ APR_UINT64_C(0x6c7967656e657261),
                          second ^ APR_UINT64_C(0x7465646279746573) };

    v[3] ^= number;
    two_rounds(v);
    v[0] ^= number;
    v[3] ^= end;
    two_rounds(v);
    v[0] ^= end;
    v[2] ^= 0xff;
    two_rounds(v);
    two_rounds(v);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
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

/* Most digits are stored where they belong; the others are moved there, from dashes' places. */
static inline void write_id(char *out, apr_uint64_t high, apr_uint64_t low)
{
    t2m_block_t digits[2];

    t2m_block_hex(t2m_block_make(__builtin_bswap64(high), __builtin_bswap64(low)), digits);
    t2m_block_store(out, digits[0]);
    t2m_block_store(out + T2M_ID_SIZE - T2M_BLOCK_SIZE, digits[1]);
    memmove(out + 14, out + 12, 4);
    memmove(out + 9, out + 8, 4);
    memmove(out + 19, out + 20, 4);
    out[8] = out[13] = out[18] = out[23] = '-';
}

void t2m_id_make(t2m_id_generator_t *generator, apr_time_t time, char out[T2M_ID_SIZE])
{
    apr_uint64_t number = __atomic_fetch_add(&generator->counter, 1, __ATOMIC_RELAXED);
    apr_uint64_t milliseconds = time > 0 ? (apr_uint64_t)time / 1000 : 0, bits;

    bits = siphash24(number, generator->key);
    write_id(out, milliseconds << 16 | 0x7000 | more_bits(generator, bits), /* version 7 */
             (bits & APR_UINT64_C(0x3fffffffffffffff)) | APR_UINT64_C(1) << 63); /* variant 10 */
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
