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

/* See debug_token.h. */
#include "core/debug_token.h"

#include <apr_strings.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

enum {
    HMAC_SIZE = 32,
    HMAC_DIGITS = 2 * HMAC_SIZE,
    EXPIRY_DIGITS = 12,
    SIGNED_MAX = 2 + EXPIRY_DIGITS + 1 + T2M_DEBUG_LABEL_MAX
};

#define LAST_SECOND APR_INT64_C(999999999999) /* of EXPIRY_DIGITS: long after the year 9999 */

_Static_assert((int)SIGNED_MAX + 1 + (int)HMAC_DIGITS < (int)T2M_DEBUG_TOKEN_MAX, "a value fits");

int t2m_debug_label_valid(t2m_text_t label)
{
    apr_size_t i;

    for (i = 0; i < label.size; i++) {
        char c = label.data[i];

        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
              || c == '_' || c == '-')) {
            return 0;
        }
    }
    return label.size >= 1 && label.size <= T2M_DEBUG_LABEL_MAX;
}

/* The HMAC of text in hex. Returns 0 when libcrypto fails. */
static int sign(const t2m_debug_key_t *key, t2m_text_t text, char digits[HMAC_DIGITS])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char hmac[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    int i;

    if (!HMAC(EVP_sha256(), key->bytes, (int)key->size, (const unsigned char *)text.data,
              text.size, hmac, &size) || size != HMAC_SIZE) {
        return 0;
    }
    for (i = 0; i < HMAC_SIZE; i++) {
        digits[2 * i] = hex[hmac[i] >> 4];
        digits[2 * i + 1] = hex[hmac[i] & 15];
    }
    return 1;
}

apr_size_t t2m_debug_token_write(const t2m_debug_key_t *key, apr_time_t expiry, t2m_text_t label,
                                 char out[T2M_DEBUG_TOKEN_MAX])
{
    apr_int64_t seconds = apr_time_sec(expiry);
    apr_size_t size = (apr_size_t)apr_snprintf(out, T2M_DEBUG_TOKEN_MAX,
                                               "1.%" APR_INT64_T_FMT ".%.*s", seconds,
                                               (int)label.size, label.data);

    if (seconds > LAST_SECOND || !sign(key, t2m_text_of(out, size), out + size + 1)) {
        return 0;
    }
    out[size] = '.';
    out[size + 1 + HMAC_DIGITS] = '\0';
    return size + 1 + HMAC_DIGITS;
}

/* Takes what stands before the next dot off rest. */
static t2m_text_t take(t2m_text_t *rest)
{
    const char *dot = rest->size ? memchr(rest->data, '.', rest->size) : NULL;
    t2m_text_t taken = t2m_text_of(rest->data, dot ? (apr_size_t)(dot - rest->data) : rest->size);
    apr_size_t size = taken.size + (dot != NULL);

    *rest = t2m_text_of(rest->data + size, rest->size - size);
    return taken;
}

static int read_expiry(t2m_text_t digits, apr_time_t *expiry)
{
    apr_int64_t seconds = 0;
    apr_size_t i;

    for (i = 0; i < digits.size && i < EXPIRY_DIGITS; i++) {
        if (digits.data[i] < '0' || digits.data[i] > '9') {
            return 0;
        }
        seconds = seconds * 10 + (digits.data[i] - '0');
    }
    *expiry = apr_time_from_sec(seconds);
    return digits.size >= 1 && digits.size <= EXPIRY_DIGITS;
}

/* The parts of a value. Returns 0 for one that is malformed. */
static int split(t2m_text_t value, t2m_text_t *label, apr_time_t *expiry, t2m_text_t *hmac)
{
    t2m_text_t rest = value, version;

    if (value.size == 0 || value.size >= T2M_DEBUG_TOKEN_MAX) {
        return 0;
    }
    version = take(&rest);
    if (version.size != 1 || *version.data != '1' || !read_expiry(take(&rest), expiry)) {
        return 0;
    }
    *label = take(&rest);
    *hmac = rest;
    return t2m_debug_label_valid(*label) && hmac->size == HMAC_DIGITS;
}

static t2m_debug_token_e judge_time(apr_time_t expiry, apr_time_t now)
{
    if (expiry <= now) {
        return T2M_DEBUG_TOKEN_EXPIRED;
    }
    return expiry - now > T2M_DEBUG_LIFE_MAX ? T2M_DEBUG_TOKEN_TOO_LONG : T2M_DEBUG_TOKEN_GOOD;
}

t2m_debug_token_e t2m_debug_token_check(const t2m_debug_key_t *key, t2m_text_t value,
                                        apr_time_t now, t2m_text_t *label, apr_time_t *expiry)
{
    char digits[HMAC_DIGITS];
    t2m_text_t hmac, found;
    apr_time_t until;

    *label = t2m_text(NULL);
    *expiry = 0;
    if (!split(value, &found, &until, &hmac)) {
        return T2M_DEBUG_TOKEN_MALFORMED;
    }
    if (!sign(key, t2m_text_of(value.data, value.size - HMAC_DIGITS - 1), digits)
        || CRYPTO_memcmp(digits, hmac.data, HMAC_DIGITS) != 0) {
        return T2M_DEBUG_TOKEN_FORGED;
    }
    *label = found;
    *expiry = until;
    return judge_time(until, now);
}
