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

/* Sixteen bytes at a time: with SSE2 (any x86-64), with NEON (any AArch64), or with two words of
 * 64 bits, which T2M_BLOCK_PORTABLE asks for by hand. All three give the same answers.
 *
 * A comparison yields a block of truths: bit 7 of each byte tells, the other bits mean nothing.
 * Truths are joined with t2m_block_either and read with t2m_block_bits. Pure; any thread.
 */
#ifndef T2M_CORE_BLOCK_H
#define T2M_CORE_BLOCK_H

#include <string.h>

#include <apr.h>

#if !defined(T2M_BLOCK_PORTABLE) && defined(__SSE2__)
#define T2M_BLOCK_KIND "SSE2"
#include <emmintrin.h>
#elif !defined(T2M_BLOCK_PORTABLE) && defined(__aarch64__) && defined(__ARM_NEON)
#define T2M_BLOCK_KIND "NEON"
#include <arm_neon.h>
#else
#define T2M_BLOCK_KIND "portable"
#endif

enum { T2M_BLOCK_SIZE = 16 };

/** Eight bytes as a number whose lowest byte is the first. */
static inline apr_uint64_t t2m_block_word(const void *bytes)
{
    apr_uint64_t word;

    memcpy(&word, bytes, sizeof(word));
#if APR_IS_BIGENDIAN
    word = __builtin_bswap64(word);
#endif
    return word;
}

/** As t2m_block_word, of four bytes. */
static inline apr_uint32_t t2m_block_half(const void *bytes)
{
    apr_uint32_t half;

    memcpy(&half, bytes, sizeof(half));
#if APR_IS_BIGENDIAN
    half = __builtin_bswap32(half);
#endif
    return half;
}

#if !defined(T2M_BLOCK_PORTABLE) && defined(__SSE2__)

typedef __m128i t2m_block_t;

/** The 16 bytes at bytes, which need no alignment. */
static inline t2m_block_t t2m_block_load(const void *bytes)
{
    return _mm_loadu_si128((const __m128i *)bytes);
}

/** Writes all 16 bytes. */
static inline void t2m_block_store(void *bytes, t2m_block_t block)
{
    _mm_storeu_si128((__m128i *)bytes, block);
}

/** A block of two words; the lowest byte of first is its first byte. */
static inline t2m_block_t t2m_block_make(apr_uint64_t first, apr_uint64_t second)
{
    return _mm_set_epi64x((long long)second, (long long)first);
}

/** Each byte with bit 0x20 set: letters in lower case, digits and most marks as they are. */
static inline t2m_block_t t2m_block_folded(t2m_block_t block)
{
    return _mm_or_si128(block, _mm_set1_epi8(0x20));
}

/** Where block has this byte. */
static inline t2m_block_t t2m_block_equal(t2m_block_t block, unsigned char byte)
{
    return _mm_cmpeq_epi8(block, _mm_set1_epi8((char)byte));
}

/** The block with another byte in place of each of these. */
static inline t2m_block_t t2m_block_replaced(t2m_block_t block, unsigned char byte,
                                             unsigned char other)
{
    return _mm_xor_si128(block, _mm_and_si128(t2m_block_equal(block, byte),
                                              _mm_set1_epi8((char)(byte ^ other))));
}

/** Where block has low to high, both ASCII and constants. */
static inline t2m_block_t t2m_block_range(t2m_block_t block, int low, int high)
{
    /* Comparisons are signed: high is moved to 127, and what is above it wraps around. */
    return _mm_cmpgt_epi8(_mm_add_epi8(block, _mm_set1_epi8((char)(127 - high))),
                          _mm_set1_epi8((char)(126 - high + low)));
}

/** Where block has what is not low to high, which are ASCII and constants. */
static inline t2m_block_t t2m_block_outside(t2m_block_t block, int low, int high)
{
    return _mm_adds_epu8(_mm_sub_epi8(block, _mm_set1_epi8((char)low)),
                         _mm_set1_epi8((char)(127 - high + low)));
}

/** Where block has more than byte, which is ASCII; what is not ASCII is more. */
static inline t2m_block_t t2m_block_above(t2m_block_t block, int byte)
{
    return _mm_adds_epu8(block, _mm_set1_epi8((char)(127 - byte)));
}

/** Where either truth is. */
static inline t2m_block_t t2m_block_either(t2m_block_t one, t2m_block_t other)
{
    return _mm_or_si128(one, other);
}

/** Truths as bits, that of the first byte the lowest. */
static inline unsigned t2m_block_bits(t2m_block_t truths)
{
    return (unsigned)_mm_movemask_epi8(truths);
}

/* Digits in place of bytes below 16. */
static inline t2m_block_t t2m_block_digits(t2m_block_t block)
{
    t2m_block_t letters = _mm_cmpgt_epi8(block, _mm_set1_epi8(9));

    block = _mm_add_epi8(block, _mm_set1_epi8('0'));
    return _mm_add_epi8(block, _mm_and_si128(letters, _mm_set1_epi8('a' - '9' - 1)));
}

/** The 32 lower-case hex digits of a block: those of its first eight bytes, and of the others. */
static inline void t2m_block_hex(t2m_block_t block, t2m_block_t digits[2])
{
    const t2m_block_t low = _mm_set1_epi8(15);
    t2m_block_t first = _mm_and_si128(_mm_srli_epi16(block, 4), low);
    t2m_block_t second = _mm_and_si128(block, low);

    digits[0] = t2m_block_digits(_mm_unpacklo_epi8(first, second));
    digits[1] = t2m_block_digits(_mm_unpackhi_epi8(first, second));
}

#elif !defined(T2M_BLOCK_PORTABLE) && defined(__aarch64__) && defined(__ARM_NEON)

typedef uint8x16_t t2m_block_t;

/* The same functions with NEON. */
static inline t2m_block_t t2m_block_load(const void *bytes)
{
    return vld1q_u8(bytes);
}

/* As above. */
static inline void t2m_block_store(void *bytes, t2m_block_t block)
{
    vst1q_u8(bytes, block);
}

/* As above. */
static inline t2m_block_t t2m_block_make(apr_uint64_t first, apr_uint64_t second)
{
    return vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(first), vcreate_u64(second)));
}

/* As above. */
static inline t2m_block_t t2m_block_folded(t2m_block_t block)
{
    return vorrq_u8(block, vdupq_n_u8(0x20));
}

/* As above. */
static inline t2m_block_t t2m_block_equal(t2m_block_t block, unsigned char byte)
{
    return vceqq_u8(block, vdupq_n_u8(byte));
}

/* As above. */
static inline t2m_block_t t2m_block_replaced(t2m_block_t block, unsigned char byte,
                                             unsigned char other)
{
    return vbslq_u8(t2m_block_equal(block, byte), vdupq_n_u8(other), block);
}

/* As above. */
static inline t2m_block_t t2m_block_range(t2m_block_t block, int low, int high)
{
    return vcleq_u8(vsubq_u8(block, vdupq_n_u8((unsigned char)low)),
                    vdupq_n_u8((unsigned char)(high - low)));
}

/* As above. */
static inline t2m_block_t t2m_block_outside(t2m_block_t block, int low, int high)
{
    return vcgtq_u8(vsubq_u8(block, vdupq_n_u8((unsigned char)low)),
                    vdupq_n_u8((unsigned char)(high - low)));
}

/* As above. */
static inline t2m_block_t t2m_block_above(t2m_block_t block, int byte)
{
    return vcgtq_u8(block, vdupq_n_u8((unsigned char)byte));
}

/* As above. */
static inline t2m_block_t t2m_block_either(t2m_block_t one, t2m_block_t other)
{
    return vorrq_u8(one, other);
}

/* As above. */
static inline unsigned t2m_block_bits(t2m_block_t truths)
{
    static const unsigned char places[16] = { 1, 2, 4, 8, 16, 32, 64, 128,
                                              1, 2, 4, 8, 16, 32, 64, 128 };
    uint8x16_t all = vreinterpretq_u8_s8(vshrq_n_s8(vreinterpretq_s8_u8(truths), 7));
    uint8x16_t bits = vandq_u8(all, vld1q_u8(places));

    return vaddv_u8(vget_low_u8(bits)) | (unsigned)vaddv_u8(vget_high_u8(bits)) << 8;
}

/* As above. */
static inline void t2m_block_hex(t2m_block_t block, t2m_block_t digits[2])
{
    static const unsigned char all[16] = { '0', '1', '2', '3', '4', '5', '6', '7',
                                           '8', '9', 'a', 'b', 'c', 'd', 'e', 'f' };
    uint8x16_t table = vld1q_u8(all);
    uint8x16_t first = vqtbl1q_u8(table, vshrq_n_u8(block, 4));
    uint8x16_t second = vqtbl1q_u8(table, vandq_u8(block, vdupq_n_u8(15)));

    digits[0] = vzip1q_u8(first, second);
    digits[1] = vzip2q_u8(first, second);
}

#else

typedef struct {
    apr_uint64_t word[2];
} t2m_block_t;

/* The same functions with words: a byte's bit 7 never carries into the next, since it is taken
 * out before anything is added. */
#define T2M_BLOCK_EACH APR_UINT64_C(0x0101010101010101)
#define T2M_BLOCK_LOW APR_UINT64_C(0x7F7F7F7F7F7F7F7F)

/* As above. */
static inline t2m_block_t t2m_block_make(apr_uint64_t first, apr_uint64_t second)
{
    t2m_block_t block = { { first, second } };

    return block;
}

/* As above. */
static inline t2m_block_t t2m_block_load(const void *bytes)
{
    return t2m_block_make(t2m_block_word(bytes), t2m_block_word((const char *)bytes + 8));
}

/* As above. */
static inline void t2m_block_store(void *bytes, t2m_block_t block)
{
#if APR_IS_BIGENDIAN
    block.word[0] = __builtin_bswap64(block.word[0]);
    block.word[1] = __builtin_bswap64(block.word[1]);
#endif
    memcpy(bytes, block.word, sizeof(block.word));
}

/* As above. */
static inline t2m_block_t t2m_block_either(t2m_block_t one, t2m_block_t other)
{
    return t2m_block_make(one.word[0] | other.word[0], one.word[1] | other.word[1]);
}

/* As above. */
static inline t2m_block_t t2m_block_folded(t2m_block_t block)
{
    const apr_uint64_t blanks = T2M_BLOCK_EACH * 0x20;

    return t2m_block_make(block.word[0] | blanks, block.word[1] | blanks);
}

/* The bytes of a word above byte. */
static inline apr_uint64_t t2m_block_word_above(apr_uint64_t word, int byte)
{
    return ((word & T2M_BLOCK_LOW) + T2M_BLOCK_EACH * (unsigned)(127 - byte)) | word;
}

/* As above. */
static inline t2m_block_t t2m_block_above(t2m_block_t block, int byte)
{
    return t2m_block_make(t2m_block_word_above(block.word[0], byte),
                          t2m_block_word_above(block.word[1], byte));
}

/* The bytes of a word from low to high. */
static inline apr_uint64_t t2m_block_word_range(apr_uint64_t word, int low, int high)
{
    return t2m_block_word_above(word, low - 1) & ~t2m_block_word_above(word, high);
}

/* As above. */
static inline t2m_block_t t2m_block_range(t2m_block_t block, int low, int high)
{
    return t2m_block_make(t2m_block_word_range(block.word[0], low, high),
                          t2m_block_word_range(block.word[1], low, high));
}

/* As above. */
static inline t2m_block_t t2m_block_outside(t2m_block_t block, int low, int high)
{
    return t2m_block_make(~t2m_block_word_range(block.word[0], low, high),
                          ~t2m_block_word_range(block.word[1], low, high));
}

/* As above. */
static inline t2m_block_t t2m_block_equal(t2m_block_t block, unsigned char byte)
{
    const apr_uint64_t all = T2M_BLOCK_EACH * byte;

    return t2m_block_make(~t2m_block_word_above(block.word[0] ^ all, 0),
                          ~t2m_block_word_above(block.word[1] ^ all, 0));
}

/* The bytes of a word, of which truths tells some, changed by these bits. */
static inline apr_uint64_t t2m_block_word_changed(apr_uint64_t word, apr_uint64_t truths,
                                                  unsigned bits)
{
    return word ^ (truths >> 7 & T2M_BLOCK_EACH) * bits;
}

/* As above. */
static inline t2m_block_t t2m_block_replaced(t2m_block_t block, unsigned char byte,
                                             unsigned char other)
{
    t2m_block_t truths = t2m_block_equal(block, byte);
    unsigned bits = (unsigned)(byte ^ other);

    return t2m_block_make(t2m_block_word_changed(block.word[0], truths.word[0], bits),
                          t2m_block_word_changed(block.word[1], truths.word[1], bits));
}

/* The bits are moved into the highest byte, each into a place of its own. */
static inline unsigned t2m_block_word_bits(apr_uint64_t truths)
{
    return (unsigned)(((truths >> 7 & T2M_BLOCK_EACH) * APR_UINT64_C(0x0102040810204080)) >> 56);
}

/* As above. */
static inline unsigned t2m_block_bits(t2m_block_t truths)
{
    return t2m_block_word_bits(truths.word[0]) | t2m_block_word_bits(truths.word[1]) << 8;
}

/* The eight digits of four bytes, that of the lowest byte's upper half the lowest. */
static inline apr_uint64_t t2m_block_word_hex(apr_uint64_t bytes)
{
    bytes = (bytes | bytes << 16) & APR_UINT64_C(0x0000FFFF0000FFFF);
    bytes = (bytes | bytes << 8) & APR_UINT64_C(0x00FF00FF00FF00FF);
    bytes = (bytes >> 4 | bytes << 8) & T2M_BLOCK_EACH * 15;
    return bytes + T2M_BLOCK_EACH * '0'
           + ((bytes + T2M_BLOCK_EACH * 6) >> 4 & T2M_BLOCK_EACH) * ('a' - '9' - 1);
}

/* As above. */
static inline void t2m_block_hex(t2m_block_t block, t2m_block_t digits[2])
{
    int i;

    for (i = 0; i < 2; i++) {
        digits[i] = t2m_block_make(t2m_block_word_hex(block.word[i] & APR_UINT64_C(0xFFFFFFFF)),
                                   t2m_block_word_hex(block.word[i] >> 32));
    }
}

#endif

/** A text of less than 16 bytes with zero bytes behind it; reads nothing beyond its end. */
static inline t2m_block_t t2m_block_part(const void *bytes, apr_size_t size)
{
    const unsigned char *at = bytes;

    if (size >= 8) {
        unsigned more = (unsigned)(size - 8) * 8;

        return t2m_block_make(t2m_block_word(at),
                              more ? t2m_block_word(at + size - 8) >> (64 - more) : 0);
    }
    if (size >= 4) { /* the halves may overlap, where both say the same */
        return t2m_block_make(t2m_block_half(at)
                                  | (apr_uint64_t)t2m_block_half(at + size - 4) << (size - 4) * 8,
                              0);
    }
    if (!size) {
        return t2m_block_make(0, 0);
    }
    return t2m_block_make(at[0] | (apr_uint64_t)at[size / 2] << size / 2 * 8
                              | (apr_uint64_t)at[size - 1] << (size - 1) * 8, 0);
}

#endif
