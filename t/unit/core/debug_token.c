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

/* Values that are made, and all that is none. */
#include "core/debug_token.h"

#include <stdlib.h>

#include "tap.h"

#define NOW apr_time_from_sec(1705314645)

static t2m_debug_key_t key;

static void set_key(const char *text)
{
    key.size = strlen(text);
    memcpy(key.bytes, text, key.size);
}

/* By the value of `printf %s 1.1705315245.demo | openssl dgst -sha256 -hmac 00112233...`. */
static void test_known(void)
{
    char value[T2M_DEBUG_TOKEN_MAX];

    set_key("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
    is_number((long long)t2m_debug_token_write(&key, apr_time_from_sec(1705315245),
                                               t2m_text("demo"), value), 82, "its size");
    is_bytes(value, strlen(value), "1.1705315245.demo."
             "ec928b12b38df21492228882914897e131fbde534808193d7c94478c27c7d013",
             "as openssl makes it");
}

static t2m_debug_token_e check(const char *value, apr_time_t now, t2m_text_t *label)
{
    apr_time_t expiry;
    t2m_debug_token_e verdict = t2m_debug_token_check(&key, t2m_text(value), now, label, &expiry);

    ok((label->size == 0) == (expiry == 0), "label and expiry come together");
    return verdict;
}

static void test_good(void)
{
    static const char longest[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_-0189";
    const char *labels[] = { "a", "x-Y_9", longest };
    char value[T2M_DEBUG_TOKEN_MAX];
    t2m_text_t label;
    size_t i;

    for (i = 0; i < 3; i++) {
        apr_size_t size = t2m_debug_token_write(&key, NOW + apr_time_from_sec(1),
                                                t2m_text(labels[i]), value);

        ok(size == strlen(value) && check(value, NOW, &label) == T2M_DEBUG_TOKEN_GOOD,
           "good: %s", labels[i]);
        is_bytes(label.data, label.size, labels[i], "its label");
    }
    ok(!t2m_debug_token_write(&key, APR_INT64_MAX, t2m_text("a"), value),
       "one that could not be read is not made");
}

static void test_time(void)
{
    char value[T2M_DEBUG_TOKEN_MAX];
    t2m_text_t label;

    t2m_debug_token_write(&key, NOW, t2m_text("a"), value);
    is_number(check(value, NOW - 1, &label), T2M_DEBUG_TOKEN_GOOD, "a moment before its end");
    is_number(check(value, NOW, &label), T2M_DEBUG_TOKEN_EXPIRED, "at its end");
    ok(label.size == 1, "of one that is only too old it is known whose it is");
    is_number(check(value, NOW + 1, &label), T2M_DEBUG_TOKEN_EXPIRED, "after it");
    is_number(check(value, NOW - T2M_DEBUG_LIFE_MAX, &label), T2M_DEBUG_TOKEN_GOOD, "a day ahead");
    is_number(check(value, NOW - T2M_DEBUG_LIFE_MAX - 1, &label), T2M_DEBUG_TOKEN_TOO_LONG,
              "more than a day ahead");
    t2m_debug_token_write(&key, apr_time_from_sec(APR_INT64_C(999999999999)), t2m_text("a"), value);
    is_number(check(value, NOW, &label), T2M_DEBUG_TOKEN_TOO_LONG, "as far as can be written");
}

/* Each single byte of a value matters, and each bit of it. */
static void test_tampered(void)
{
    char value[T2M_DEBUG_TOKEN_MAX];
    apr_size_t size = t2m_debug_token_write(&key, NOW + 1000000, t2m_text("label"), value), i;
    int accepted = 0, labelled = 0, bit;
    t2m_text_t label;
    apr_time_t expiry;

    for (i = 0; i < size; i++) {
        for (bit = 1; bit < 256; bit <<= 1) {
            value[i] = (char)(value[i] ^ bit);
            accepted += t2m_debug_token_check(&key, t2m_text_of(value, size), NOW, &label, &expiry)
                     == T2M_DEBUG_TOKEN_GOOD;
            labelled += label.size > 0;
            value[i] = (char)(value[i] ^ bit);
        }
    }
    ok(!accepted && !labelled, "no value with a changed bit is accepted");
    for (i = 0; i < size; i++) {
        accepted += t2m_debug_token_check(&key, t2m_text_of(value, i), NOW, &label, &expiry)
                 != T2M_DEBUG_TOKEN_MALFORMED;
    }
    ok(!accepted, "nor one that is cut");
    set_key("another key of 32 bytes or so....");
    is_number(check(value, NOW, &label), T2M_DEBUG_TOKEN_FORGED, "nor one of another key");
    ok(label.size == 0, "whose label proves nothing");
}

#define HMAC_64 "0123456789012345678901234567890123456789012345678901234567890123"

static void test_malformed(void)
{
    static const char *const values[] = {
        "", ".", "...", "1", "1.", "1.1.a", "1.1.a.", "2.1705314645.a." HMAC_64,
        "11.1705314645.a." HMAC_64, "1..a." HMAC_64, "1.-1.a." HMAC_64, "1.1e9.a." HMAC_64,
        "1.1234567890123.a." HMAC_64, "1.1705314645.." HMAC_64, "1.1705314645.a b." HMAC_64,
        "1.1705314645.a." HMAC_64 "0", "1.1705314645.a." HMAC_64 ", 1.1705314645.a." HMAC_64,
        "1.1705314645.a.b." HMAC_64, " 1.1705314645.a." HMAC_64,
        "1.1705314645.123456789012345678901234567890123." HMAC_64
    };
    t2m_text_t label;
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        is_number(check(values[i], NOW, &label), T2M_DEBUG_TOKEN_MALFORMED, values[i]);
    }
    is_number(check("1.1705314646.a." HMAC_64, NOW, &label), T2M_DEBUG_TOKEN_FORGED,
              "what only looks like one");
}

int main(void)
{
    test_known();
    test_good();
    test_time();
    test_tampered();
    test_malformed();
    return tap_done();
}
