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

/* Tests core/id: the form of an id, that none comes twice (also over threads), and which inbound
 * ids are taken over. */
#include "core/id.h"

#include <pthread.h>
#include <stdlib.h>

#include <apr_siphash.h>

#include "core/text.h"
#include "tap.h"

enum { MANY = 1000000, THREADS = 8, EACH = 100000 };

static int compare_ids(const void *one, const void *other)
{
    return memcmp(one, other, T2M_ID_SIZE);
}

/* Sorts count ids and counts the equal neighbours. */
static int duplicates(char *ids, size_t count)
{
    size_t i;
    int found = 0;

    qsort(ids, count, T2M_ID_SIZE, compare_ids);
    for (i = 1; i < count; i++) {
        found += compare_ids(ids + (i - 1) * T2M_ID_SIZE, ids + i * T2M_ID_SIZE) == 0;
    }
    return found;
}

static void seed(t2m_id_generator_t *generator, unsigned char first)
{
    unsigned char key[T2M_ID_KEY_SIZE];
    int i;

    for (i = 0; i < T2M_ID_KEY_SIZE; i++) {
        key[i] = (unsigned char)(first + i);
    }
    t2m_id_seed(generator, key);
}

static void test_form(void)
{
    /* The moment of RFC 9562's example, appendix A.6; the random bits are SipHash-2-4 of the number
     * under 00…0f, and 12 of its product under 10…1f, computed by another implementation. */
    static const struct {
        apr_time_t time;
        const char *id;
        apr_uint64_t number;
    } rows[] = {
        { 1645557742000000, "|017f22e2-79b0-7241-b9d3-851ca07681a7|", 0 },
        { 1645557742000999, "|017f22e2-79b0-7241-b9d3-851ca07681a7|", 0 },
        { 1645557742001000, "|017f22e2-79b1-7241-b9d3-851ca07681a7|", 0 },
        { 0, "|00000000-0000-7241-b9d3-851ca07681a7|", 0 },
        { -1, "|00000000-0000-7241-b9d3-851ca07681a7|", 0 },
        { 0, "|00000000-0000-7e8d-ab91-b2b085e6d1f6|", 1 },
        { 0, "|00000000-0000-7236-acf0-30f1fa30eb6d|", 2 },
        { 0, "|00000000-0000-79af-aa68-ff30a3d9da34|", APR_UINT64_C(0xffffffffffffffff) },
    };
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        t2m_id_generator_t generator;
        char around[1 + T2M_ID_SIZE + 2] = { 0 }, *id = around + 1;

        around[0] = around[sizeof(around) - 2] = '|'; /* it writes nothing beside the id */
        seed(&generator, 0);
        generator.counter = rows[i].number;
        t2m_id_make(&generator, rows[i].time, id);
        is_bytes(around, strlen(around), rows[i].id, rows[i].id);
    }
}

static apr_uint64_t hex(const char *digits, int count)
{
    char copy[17];

    memcpy(copy, digits, (size_t)count);
    copy[count] = '\0';
    return strtoull(copy, NULL, 16);
}

/* The 62 bits are those of libaprutil's SipHash-2-4, under any key, of any number. */
static void test_hash(void)
{
    static const apr_uint64_t numbers[] = {
        0, 1, 2, 255, 256, 0xffffffff, APR_UINT64_C(0x100000000), APR_UINT64_C(0x7fffffffffffffff),
        APR_UINT64_C(0x8000000000000000), APR_UINT64_C(0xffffffffffffffff)
    };
    enum { NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };
    t2m_id_generator_t generator;
    int i, byte, wrong = 0;

    for (i = 0; i < 256 * NUMBERS; i++) {
        unsigned char little[8];
        apr_uint64_t number = numbers[i % NUMBERS] + (apr_uint64_t)(i / NUMBERS) * 7919, want;
        char id[T2M_ID_SIZE];

        for (byte = 0; byte < 8; byte++) {
            little[byte] = (unsigned char)(number >> 8 * byte);
        }
        seed(&generator, (unsigned char)(i / NUMBERS));
        generator.counter = number;
        t2m_id_make(&generator, 1, id);
        want = apr_siphash24(little, sizeof(little), generator.key);
        wrong += ((hex(id + 19, 4) << 48 | hex(id + 24, 12)) ^ want) << 2 != 0;
    }
    is_number(wrong, 0, "62 bits of SipHash-2-4");
}

static void test_many(void)
{
    char *ids = malloc((size_t)MANY * T2M_ID_SIZE);
    t2m_id_generator_t generator;
    int i, bad_version = 0, bad_variant = 0, bad_time = 0, bad_form = 0;

    seed(&generator, 1);
    for (i = 0; i < MANY; i++) {
        char *id = ids + (size_t)i * T2M_ID_SIZE;
        apr_time_t time = 1790000000000000 + (apr_time_t)(i % 7) * 999;

        t2m_id_make(&generator, time, id);
        bad_version += id[14] != '7';
        bad_variant += !memchr("89ab", id[19], 4);
        bad_time += (hex(id, 8) << 16 | hex(id + 9, 4)) != (apr_uint64_t)time / 1000;
        bad_form += !t2m_id_valid(id, T2M_ID_SIZE) || id[8] != '-' || id[13] != '-'
                 || id[18] != '-' || id[23] != '-';
    }
    is_number(bad_version, 0, "all ids have version 7");
    is_number(bad_variant, 0, "all ids have the variant 10");
    is_number(bad_time, 0, "all ids give their time back");
    is_number(bad_form, 0, "all ids have four dashes and would be taken over");
    is_number(duplicates(ids, MANY), 0, "a million ids are distinct");
    free(ids);
}

typedef struct {
    t2m_id_generator_t *generator;
    char *ids;
} drawer_t;

static void *draw(void *data)
{
    drawer_t *drawer = data;
    int i;

    for (i = 0; i < EACH; i++) {
        t2m_id_make(drawer->generator, 1, drawer->ids + (size_t)i * T2M_ID_SIZE);
    }
    return NULL;
}

static void test_threads(void)
{
    char *ids = malloc((size_t)THREADS * EACH * T2M_ID_SIZE);
    t2m_id_generator_t generator;
    pthread_t threads[THREADS];
    drawer_t drawers[THREADS];
    int i;

    seed(&generator, 2);
    for (i = 0; i < THREADS; i++) {
        drawers[i].generator = &generator;
        drawers[i].ids = ids + (size_t)i * EACH * T2M_ID_SIZE;
        pthread_create(&threads[i], NULL, draw, &drawers[i]);
    }
    for (i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    is_number(duplicates(ids, (size_t)THREADS * EACH), 0, "8 threads draw 800000 distinct ids");
    free(ids);
}

static void test_seeds(void)
{
    t2m_id_generator_t one, other;
    unsigned char random[2][16];
    char ids[2 * EACH * T2M_ID_SIZE / 100];
    int i, count = EACH / 100;

    seed(&one, 3);
    seed(&other, 4);
    for (i = 0; i < count; i++) {
        t2m_id_make(&one, 1, ids + (size_t)(2 * i) * T2M_ID_SIZE);
        t2m_id_make(&other, 1, ids + (size_t)(2 * i + 1) * T2M_ID_SIZE);
    }
    is_number(duplicates(ids, (size_t)(2 * count)), 0, "two keys give different ids");
    seed(&one, 5);
    t2m_id_random(&one, random[0]);
    t2m_id_random(&one, random[1]);
    ok(memcmp(random[0], random[1], 16) != 0, "two draws differ");
    ok(memcmp(random[0], random[0] + 8, 8) != 0, "the halves of a draw differ");
    seed(&one, 5);
    t2m_id_random(&one, random[1]);
    ok(memcmp(random[0], random[1], 16) == 0, "a seed starts again from the first number");
}

static void test_bits(void)
{
    t2m_id_generator_t generator;
    int ones[128] = { 0 }, i, bit, odd = 0;

    seed(&generator, 6);
    for (i = 0; i < 10000; i++) {
        unsigned char random[16];

        t2m_id_random(&generator, random);
        for (bit = 0; bit < 128; bit++) {
            ones[bit] += (random[bit / 8] >> (bit % 8)) & 1;
        }
    }
    for (bit = 0; bit < 128; bit++) {
        odd += ones[bit] < 4700 || ones[bit] > 5300; /* 6 standard deviations */
    }
    is_number(odd, 0, "each of the 128 bits is set in about half of the draws");
}

static void test_valid(void)
{
    static const char long_id[] =
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef0";
    static const struct {
        const char *id;
        size_t size;
        int valid;
    } rows[] = {
        { "", 0, 0 }, { NULL, 0, 0 }, { "1234567", 7, 0 }, { "12345678", 8, 1 },
        { "AZaz09._~@:-", 12, 1 }, { long_id, 128, 1 }, { long_id, 129, 0 },
        { "1234 5678", 9, 0 }, { "12345678\n", 9, 0 }, { "1234567\0" "8", 9, 0 },
        { "12345678+", 9, 0 }, { "12345678/", 9, 0 }, { "12345678=", 9, 0 },
        { "\xc3\xa4" "12345678", 10, 0 }, { "\"12345678", 9, 0 },
        { "017f22e2-79b0-7cc3-98c4-dc0c0c07398f", 36, 1 },
    };
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._~@:-";
    size_t i;
    int byte, wrong = 0;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        is_number(t2m_id_valid(rows[i].id, rows[i].size) != 0, rows[i].valid, "validity");
    }
    for (byte = 0; byte < 256; byte++) {
        char id[] = "xxxx-xxxx";

        id[4] = (char)byte;
        wrong += (t2m_id_valid(id, 9) != 0) != (byte && strchr(allowed, byte));
    }
    is_number(wrong, 0, "of the 256 bytes, only the allowed ones are taken");
}

int main(void)
{
    test_form();
    test_hash();
    test_many();
    test_threads();
    test_seeds();
    test_bits();
    test_valid();
    return tap_done();
}
