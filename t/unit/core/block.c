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

/* Blocks against a loop over bytes: each byte in each place, texts of each size, and random ones.
 * t/06-blocks.t runs this program with each kind of blocks. */
#include "core/block.h"

#include <stdlib.h>

#include "tap.h"

enum { ROUNDS = 20000 };

typedef unsigned char bytes_t[T2M_BLOCK_SIZE];

static unsigned equal_22(unsigned char byte)
{
    return byte == 0x22;
}

static unsigned equal_ef(unsigned char byte)
{
    return byte == 0xEF;
}

static unsigned equal_0(unsigned char byte)
{
    return byte == 0;
}

static unsigned is_digit(unsigned char byte)
{
    return byte >= '0' && byte <= '9';
}

static unsigned is_low(unsigned char byte)
{
    return byte >= 'a' && byte <= 127;
}

static unsigned is_no_text(unsigned char byte)
{
    return byte < ' ' || byte > '~';
}

static unsigned is_above_z(unsigned char byte)
{
    return byte > 'z';
}

static unsigned is_folded_letter(unsigned char byte)
{
    return (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
}

static unsigned is_either(unsigned char byte)
{
    return is_digit(byte) || byte > 'z' || byte == 0x22;
}

enum { QUESTIONS = 9 };

static unsigned (*const models[QUESTIONS])(unsigned char) = {
    equal_22, equal_ef, equal_0, is_digit, is_low, is_no_text, is_above_z, is_folded_letter,
    is_either
};

static void ask(t2m_block_t block, unsigned answers[QUESTIONS])
{
    t2m_block_t either = t2m_block_either(t2m_block_range(block, '0', '9'),
                                          t2m_block_above(block, 'z'));

    answers[0] = t2m_block_bits(t2m_block_equal(block, 0x22));
    answers[1] = t2m_block_bits(t2m_block_equal(block, 0xEF));
    answers[2] = t2m_block_bits(t2m_block_equal(block, 0));
    answers[3] = t2m_block_bits(t2m_block_range(block, '0', '9'));
    answers[4] = t2m_block_bits(t2m_block_range(block, 'a', 127));
    answers[5] = t2m_block_bits(t2m_block_outside(block, ' ', '~'));
    answers[6] = t2m_block_bits(t2m_block_above(block, 'z'));
    answers[7] = t2m_block_bits(t2m_block_range(t2m_block_folded(block), 'a', 'z'));
    answers[8] = t2m_block_bits(t2m_block_either(either, t2m_block_equal(block, 0x22)));
}

/* How many of the answers about a block are not those of the loop. */
static int wrong_answers(t2m_block_t block, const unsigned char *bytes)
{
    unsigned answers[QUESTIONS], place;
    int question, wrong = 0;

    ask(block, answers);
    for (question = 0; question < QUESTIONS; question++) {
        unsigned want = 0;

        for (place = 0; place < T2M_BLOCK_SIZE; place++) {
            want |= models[question](bytes[place]) << place;
        }
        wrong += answers[question] != want;
    }
    return wrong;
}

/* Each byte in each place, among others that are to stay. */
static void test_replaced(void)
{
    int wrong = 0, byte, place;

    for (byte = 0; byte < 256; byte++) {
        for (place = 0; place < T2M_BLOCK_SIZE; place++) {
            bytes_t bytes, want;
            int i;

            for (i = 0; i < T2M_BLOCK_SIZE; i++) {
                bytes[i] = (unsigned char)(byte + 17 * (i - place));
                want[i] = bytes[i] == '+' ? ' ' : bytes[i];
            }
            t2m_block_store(bytes, t2m_block_replaced(t2m_block_load(bytes), '+', ' '));
            wrong += memcmp(bytes, want, sizeof(want)) != 0;
        }
    }
    is_number(wrong, 0, "one byte in place of another");
}

/* Each byte in each place. */
static void test_hex(void)
{
    int wrong = 0, byte, place;

    for (byte = 0; byte < 256; byte++) {
        unsigned char bytes[T2M_BLOCK_SIZE], got[2 * T2M_BLOCK_SIZE];
        char want[2 * T2M_BLOCK_SIZE + 1];
        t2m_block_t digits[2];

        for (place = 0; place < T2M_BLOCK_SIZE; place++) {
            bytes[place] = (unsigned char)(byte + 17 * place);
            (void)snprintf(want + 2 * place, 3, "%02x", bytes[place]);
        }
        t2m_block_hex(t2m_block_load(bytes), digits);
        t2m_block_store(got, digits[0]);
        t2m_block_store(got + T2M_BLOCK_SIZE, digits[1]);
        wrong += memcmp(got, want, sizeof(got)) != 0;
    }
    is_number(wrong, 0, "hex digits");
}

static void test_each_byte(void)
{
    int wrong = 0, byte, place, other;

    for (byte = 0; byte < 256; byte++) {
        for (place = 0; place < T2M_BLOCK_SIZE; place++) {
            for (other = 0; other < 256; other += 51) { /* 0, 255 and some between */
                bytes_t bytes;

                memset(bytes, other, sizeof(bytes));
                bytes[place] = (unsigned char)byte;
                wrong += wrong_answers(t2m_block_load(bytes), bytes);
            }
        }
    }
    is_number(wrong, 0, "each byte in each place");
}

static void fill(unsigned char *bytes, size_t size)
{
    while (size > 0) {
        bytes[--size] = (unsigned char)(rand() >> 7);
    }
}

static void test_random(void)
{
    int wrong = 0, round;

    srand(5);
    for (round = 0; round < ROUNDS; round++) {
        bytes_t bytes;

        fill(bytes, sizeof(bytes));
        wrong += wrong_answers(t2m_block_load(bytes), bytes);
    }
    is_number(wrong, 0, "random blocks");
}

/* A text of each size at the very end of its memory, so that a sanitizer sees a byte too much. */
static void test_parts(void)
{
    int wrong = 0, round;
    size_t size;

    for (size = 0; size < T2M_BLOCK_SIZE; size++) {
        for (round = 0; round < 100; round++) {
            unsigned char *text = malloc(size + 1);
            bytes_t want = { 0 }, got;

            fill(text + 1, size);
            memcpy(want, text + 1, size);
            t2m_block_store(got, t2m_block_part(text + 1, size));
            wrong += memcmp(got, want, sizeof(got)) != 0;
            free(text);
        }
    }
    is_number(wrong, 0, "texts shorter than a block have zeros behind them");
}

static void test_moves(void)
{
    bytes_t bytes, copy;

    fill(bytes, sizeof(bytes));
    t2m_block_store(copy, t2m_block_load(bytes));
    ok(!memcmp(bytes, copy, sizeof(bytes)), "a block is stored as it was loaded");
    t2m_block_store(copy, t2m_block_make(t2m_block_word(bytes), t2m_block_word(bytes + 8)));
    ok(!memcmp(bytes, copy, sizeof(bytes)), "and made of its words");
    ok(t2m_block_half("\x04\x03\x02\x01") == 0x01020304u, "the first byte is the lowest");
    ok(t2m_block_word("\x04\x03\x02\x01\0\0\0\x80") == APR_UINT64_C(0x8000000001020304),
       "of a word, too");
}

int main(void)
{
    printf("# blocks: %s\n", T2M_BLOCK_KIND);
    test_each_byte();
    test_replaced();
    test_hex();
    test_random();
    test_parts();
    test_moves();
    return tap_done();
}
