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

/* core/packed_exchange.c: what is packed, what must be a record, what is no exchange. That the
 * lines are a record's is for packed_exchange_lines.c. Seen to fail: without SPANS_MAX and with one
 * less, without `failed`, with a byte less of room, with common texts that have secrets or do not
 * fit, with a bit of clean taken for another's, for all or for none, with common's sizes in
 * another's place, with a form too large, with bytes left behind the texts, with the sizes of the
 * texts believed as well, without either end of the limit's range; by ASan alone: with a form that
 * is shorter than its numbers. */
#include "core/packed_exchange.h"

#include <stddef.h>

#include <apr_general.h>

#include "exchange_ways.h"
#include "tap.h"

static t2m_mask_t *policy;

/* Whatever a text is known for, it alone is not searched. */
static void test_clean(void)
{
    int i, wrong = 0;

    for (i = 0; i < SECRETS; i++) {
        t2m_exchange_text_e which = secrets[i].which;
        t2m_exchange_t got;
        unsigned clean;

        for (clean = 0; clean < T2M_EXCHANGE_TEXTS; clean++) {
            char *block;

            make();
            set(which, secrets[i].text);
            block = carry(policy, 1U << clean, NULL, 8192, &got);
            wrong += !block || (memmem(got.texts[which].data, got.texts[which].size, SECRET,
                                       strlen(SECRET)) != NULL) != (clean == (unsigned)which);
            free(block);
        }
    }
    is_number(wrong, 0, "what is said to be clean is not searched, and nothing else");
    make();
    ok(agree(policy, ~0U, NULL, 8192) == 1, "of texts that are clean the lines are the same");
}

/* ---- the common texts ------------------------------------------------------------------------ */

/* The very same bytes with common texts that were packed before. */
static int is_as_without(const t2m_packed_common_t *common)
{
    static _Alignas(8) char with[T2M_PACKED_EXCHANGE_MAX], without[T2M_PACKED_EXCHANGE_MAX];
    apr_size_t size = t2m_packed_exchange_write(&sample.exchange, policy, 0, NULL, 8192, without);

    return t2m_packed_exchange_write(&sample.exchange, policy, 0, common, 8192, with) == size
           && memcmp(with, without, size) == 0;
}

static void test_common(void)
{
    t2m_packed_common_t *common = malloc(sizeof(*common));
    int i, wrong = 0, used = 0;

    make();
    ok(t2m_packed_common_write(common, &sample.exchange, policy, 0), "common texts are packed");
    ok(is_as_without(common), "and give the same bytes");
    set(T2M_EXCHANGE_QUERY, "token=" SECRET);
    ok(is_as_without(common), "beside other texts too");
    ok(agree(policy, 0, common, 8192) == 1, "and the record's lines");
    for (i = T2M_EXCHANGE_COMMON; i < T2M_EXCHANGE_COMMON_END; i++) {
        sample.exchange.texts[i] = t2m_text("");
    }
    ok(t2m_packed_common_write(common, &sample.exchange, policy, 0) && common->size == 0
       && is_as_without(common), "none at all are common texts as well");
    set_long(T2M_EXCHANGE_USER_AGENT, "x", T2M_PACKED_COMMON_MAX - 8);
    set(T2M_EXCHANGE_PROTOCOL, "HTTP/1.1");
    ok(t2m_packed_common_write(common, &sample.exchange, policy, 0) && is_as_without(common),
       "as many as there is room for");
    set(T2M_EXCHANGE_PROTOCOL, "HTTP/1.10");
    ok(!t2m_packed_common_write(common, &sample.exchange, policy, 0), "not one byte more");
    for (i = 0; i < SECRETS; i++) {
        make();
        set(secrets[i].which, secrets[i].text);
        wrong += !t2m_packed_common_write(common, &sample.exchange, policy, 0)
                 != (secrets[i].which >= T2M_EXCHANGE_COMMON);
        wrong += !t2m_packed_common_write(common, &sample.exchange, policy,
                                          1U << secrets[i].which);
    }
    is_number(wrong, 0, "those with a secret are not kept, unless they are said to have none");
    for (i = 0; i < 1000; i++) {
        srand((unsigned)i);
        make_up();
        if (t2m_packed_common_write(common, &sample.exchange, policy, 0)) {
            wrong += !is_as_without(common);
            used++;
        }
    }
    ok(wrong == 0 && used > 50, "made up at random, %d of 1000 could be kept", used);
    free(common);
}

/* ---- what must be a record ------------------------------------------------------------------- */

static apr_size_t packed_size(void)
{
    static _Alignas(8) char out[T2M_PACKED_EXCHANGE_MAX];

    return t2m_packed_exchange_write(&sample.exchange, policy, 0, NULL, T2M_LINE_MAX, out);
}

static void test_size(void)
{
    unsigned which;
    int wrong = 0;

    for (which = 0; which < T2M_EXCHANGE_TEXTS; which++) {
        memset(&sample.exchange, 0, sizeof(sample.exchange));
        set_long((t2m_exchange_text_e)which, "x ", T2M_PACKED_TEXTS_MAX);
        wrong += packed_size() != T2M_PACKED_EXCHANGE_MAX;
        wrong += agree(policy, 0, NULL, T2M_LINE_MAX) != 1;
        set_long((t2m_exchange_text_e)which, "x ", T2M_PACKED_TEXTS_MAX + 1);
        wrong += packed_size() != 0;
        set_long((t2m_exchange_text_e)which, "x ", T2M_PACKED_TEXTS_MAX);
        set(which == T2M_EXCHANGE_ID ? T2M_EXCHANGE_PROTOCOL : T2M_EXCHANGE_ID, "y");
        wrong += packed_size() != 0;
    }
    is_number(wrong, 0, "texts of just the room are packed, a byte more is not");
    memset(&sample.exchange, 0, sizeof(sample.exchange));
    set_long(T2M_EXCHANGE_USER_AGENT, "x ", T2M_PACKED_TEXTS_MAX - 20);
    set(T2M_EXCHANGE_QUERY, "t=1&token=12345678901234567890");
    is_number((long long)packed_size(), T2M_PACKED_EXCHANGE_MAX,
              "what is masked counts as it is shown");
    set(T2M_EXCHANGE_QUERY, "token=1&ab=12");
    is_number((long long)packed_size(), 0, "also when it is longer");
}

/* So many secrets: 64 in a text are the most that one can have. */
static void flood(t2m_exchange_text_e which, const char *secret, unsigned count)
{
    apr_size_t size = strlen(secret);

    set_long(which, secret, size * count);
}

static void test_spans(void)
{
    const unsigned most = T2M_RECORD_SPANS_MAX - T2M_RECORD_FIELDS_MAX - 2 * 60;

    make();
    sample.exchange.slow = 1;
    flood(T2M_EXCHANGE_QUERY, "token=x&", 60);
    flood(T2M_EXCHANGE_REFERER, "&token=x", 60);
    flood(T2M_EXCHANGE_USER_AGENT, "Bearer abcdefghijklmnop ", most);
    ok(agree(policy, 0, NULL, T2M_LINE_MAX) == 1, "as many secrets as a record shows one by one");
    flood(T2M_EXCHANGE_USER_AGENT, "Bearer abcdefghijklmnop ", most + 1);
    is_number((long long)packed_size(), 0, "one more makes it a record");
    flood(T2M_EXCHANGE_USER_AGENT, "Bearer abcdefghijklmnop ", 1);
    flood(T2M_EXCHANGE_QUERY, "token=x&", 200);
    ok(agree(policy, 0, NULL, T2M_LINE_MAX) == 1, "a text with too many is replaced from there on");
}

/* ---- reading --------------------------------------------------------------------------------- */

/* Whatever is read lies in the block, one text behind the other, and makes lines. */
static int stays_within(const char *block, apr_size_t size)
{
    t2m_exchange_t got;
    const char *at = block + sizeof(t2m_packed_exchange_t);
    apr_size_t limit = 0;
    int i;

    memset(&got, 0, sizeof(got));
    if (!t2m_packed_exchange_read(block, size, &got, &limit)) {
        return 1;
    }
    for (i = 0; i < T2M_EXCHANGE_TEXTS; i++) {
        if (got.texts[i].data != at || got.texts[i].size > (apr_size_t)(block + size - at)) {
            return 0;
        }
        at += got.texts[i].size;
    }
    for (i = 0; i < STREAMS; i++) {
        line_t line = by_the_exchange(streams[i], &got, limit);

        free(line.bytes);
    }
    return at == block + size && limit >= T2M_LINE_MIN && limit <= T2M_LINE_MAX;
}

static int is_read(const char *bytes, apr_size_t size)
{
    char *block = malloc(size ? size : 1);
    t2m_exchange_t got;
    apr_size_t limit;
    int is;

    memcpy(block, bytes, size);
    is = t2m_packed_exchange_read(block, size, &got, &limit);
    free(block);
    return is;
}

static void test_truncations(const char *valid, apr_size_t size)
{
    apr_size_t i, accepted = 0;
    char *longer = calloc(1, size + 1);

    for (i = 0; i < size; i++) {
        accepted += (apr_size_t)is_read(valid, i);
    }
    is_number((long long)accepted, 0, "no beginning of a form is one");
    memcpy(longer, valid, size);
    ok(is_read(longer, size) && !is_read(longer, size + 1), "nor one with a byte behind it");
    free(longer);
}

static void test_changes(const char *valid, apr_size_t size)
{
    static const unsigned char flips[] = { 1, 2, 4, 8, 16, 32, 64, 128, 0xff, 0x55 };
    char *block = malloc(size);
    unsigned i, wrong = 0;
    apr_size_t at;

    memcpy(block, valid, size);
    for (at = 0; at < size; at++) {
        for (i = 0; i < sizeof(flips); i++) {
            block[at] = (char)(valid[at] ^ flips[i]);
            wrong += !stays_within(block, size);
        }
        block[at] = valid[at];
    }
    is_number(wrong, 0, "a byte changed: refused, or texts within the bytes");
    free(block);
}

static void test_alignment(const char *valid, apr_size_t size)
{
    apr_size_t limit, i;
    int wrong = 0;

    for (i = 1; i < 8; i++) {
        char *block = malloc(size + i);
        t2m_exchange_t got;

        memcpy(block + i, valid, size);
        wrong += !t2m_packed_exchange_read(block + i, size, &got, &limit)
                 || got.connection != sample.exchange.connection;
        free(block);
    }
    is_number(wrong, 0, "bytes may stand anywhere");
}

static void test_limits(const char *valid, apr_size_t size)
{
    static const struct {
        apr_uint32_t limit;
        int is_one;
    } cases[] = { { 0, 0 }, { T2M_LINE_MIN - 1, 0 }, { T2M_LINE_MIN, 1 }, { T2M_LINE_MAX, 1 },
                  { T2M_LINE_MAX + 1, 0 }, { 0xffffffff, 0 } };
    char *block = malloc(size);
    unsigned i;

    memcpy(block, valid, size);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        memcpy(block + offsetof(t2m_packed_exchange_t, limit), &cases[i].limit, 4);
        ok(is_read(block, size) == cases[i].is_one, "limit %lu is %s",
           (unsigned long)cases[i].limit, cases[i].is_one ? "one" : "none");
    }
    free(block);
}

static void test_largest(void)
{
    char *block = calloc(1, T2M_PACKED_EXCHANGE_MAX + 1);
    t2m_packed_exchange_t packed;

    memset(&packed, 0, sizeof(packed));
    packed.limit = 8192;
    packed.sizes[0] = T2M_PACKED_TEXTS_MAX;
    memcpy(block, &packed, sizeof(packed));
    ok(is_read(block, T2M_PACKED_EXCHANGE_MAX), "the largest form is read");
    packed.sizes[1] = 1;
    memcpy(block, &packed, sizeof(packed));
    ok(!is_read(block, T2M_PACKED_EXCHANGE_MAX + 1), "a larger one is not");
    free(block);
}

static void test_reading(void)
{
    static _Alignas(8) char valid[T2M_PACKED_EXCHANGE_MAX];
    apr_size_t size;

    make();
    set(T2M_EXCHANGE_QUERY, "\xff\"\xc3\xa4");
    size = t2m_packed_exchange_write(&sample.exchange, policy, 0, NULL, 4096, valid);
    test_truncations(valid, size);
    test_changes(valid, size);
    test_alignment(valid, size);
    test_limits(valid, size);
    test_largest();
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    policy = t2m_mask_create(pool);
    test_clean();
    test_common();
    test_size();
    test_spans();
    test_reading();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
