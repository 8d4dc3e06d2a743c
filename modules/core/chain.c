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

/* See chain.h. */
#include "core/chain.h"

#include <stdio.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/opensslv.h>

#include "core/hexadecimal.h"

static const char member_start[] = ",\"prev\":\"", member_end[] = "\"";
static const char tail_start[] = ",\"seq\":";
static const char head_start[] = "T2M0218: head of the chain of ", head_seq[] = ": seq ";

#define SIZE_OF(literal) (sizeof(literal) - 1)

#if OPENSSL_VERSION_NUMBER >= 0x30000000L

struct t2m_chain_t {
    EVP_MAC_CTX *keyed; /* never written to: each line uses a copy */
};

static EVP_MAC_CTX *make_keyed(const unsigned char *key)
{
    char digest[] = "SHA256";
    OSSL_PARAM parameters[] = { OSSL_PARAM_utf8_string("digest", digest, SIZE_OF("SHA256")),
                                OSSL_PARAM_END };
    EVP_MAC *mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    EVP_MAC_CTX *context = mac ? EVP_MAC_CTX_new(mac) : NULL;

    EVP_MAC_free(mac); /* the context holds it */
    if (context && !EVP_MAC_init(context, key, T2M_CHAIN_KEY_SIZE, parameters)) {
        EVP_MAC_CTX_free(context);
        context = NULL;
    }
    return context;
}

static int make_ready(t2m_chain_t *chain, const unsigned char *key)
{
    chain->keyed = make_keyed(key);
    return chain->keyed != NULL;
}

static void wipe(t2m_chain_t *chain)
{
    EVP_MAC_CTX_free(chain->keyed);
}

static int compute(const t2m_chain_t *chain, const char *line, apr_size_t size, unsigned char *out)
{
    EVP_MAC_CTX *context = EVP_MAC_CTX_dup(chain->keyed);
    size_t written = 0;
    int done = context && EVP_MAC_update(context, (const unsigned char *)line, size)
            && EVP_MAC_final(context, out, &written, T2M_CHAIN_SIZE);

    EVP_MAC_CTX_free(context);
    return done && written == T2M_CHAIN_SIZE;
}

#else

struct t2m_chain_t {
    unsigned char key[T2M_CHAIN_KEY_SIZE];
};

static int make_ready(t2m_chain_t *chain, const unsigned char *key)
{
    memcpy(chain->key, key, T2M_CHAIN_KEY_SIZE);
    return 1;
}

static void wipe(t2m_chain_t *chain)
{
    OPENSSL_cleanse(chain->key, T2M_CHAIN_KEY_SIZE);
}

static int compute(const t2m_chain_t *chain, const char *line, apr_size_t size, unsigned char *out)
{
    return HMAC(EVP_sha256(), chain->key, T2M_CHAIN_KEY_SIZE, (const unsigned char *)line, size,
                out, NULL) != NULL;
}

#endif

apr_status_t t2m_chain_make(const unsigned char key[T2M_CHAIN_KEY_SIZE], t2m_chain_t **chain)
{
    t2m_chain_t *made = calloc(1, sizeof(*made));
    unsigned char first[T2M_CHAIN_SIZE];

    *chain = NULL;
    if (!made) {
        return APR_ENOMEM;
    }
    if (!make_ready(made, key) || t2m_chain_next(made, "", 0, first) != APR_SUCCESS) {
        t2m_chain_free(made);
        return APR_EGENERAL;
    }
    *chain = made;
    return APR_SUCCESS;
}

void t2m_chain_free(t2m_chain_t *chain)
{
    if (chain) {
        wipe(chain);
        free(chain);
    }
}

apr_status_t t2m_chain_next(const t2m_chain_t *chain, const char *line, apr_size_t size,
                            unsigned char out[T2M_CHAIN_SIZE])
{
    if (compute(chain, line, size, out)) {
        return APR_SUCCESS;
    }
    memset(out, 0, T2M_CHAIN_SIZE);
    return APR_EGENERAL;
}

void t2m_chain_hex(const unsigned char chain[T2M_CHAIN_SIZE], char out[T2M_CHAIN_DIGITS])
{
    static const char digits[] = "0123456789abcdef";
    int i;

    for (i = 0; i < T2M_CHAIN_SIZE; i++) {
        out[2 * i] = digits[chain[i] >> 4];
        out[2 * i + 1] = digits[chain[i] & 0xf];
    }
}

int t2m_chain_parse(const char digits[T2M_CHAIN_DIGITS], unsigned char chain[T2M_CHAIN_SIZE])
{
    int i;

    for (i = 0; i < T2M_CHAIN_DIGITS; i++) {
        int value = digits[i] >= 'A' && digits[i] <= 'F' ? -1 : t2m_hexadecimal_value(digits[i]);

        if (value < 0) {
            return 0;
        }
        chain[i / 2] = (unsigned char)((i % 2 ? chain[i / 2] << 4 : 0) | value);
    }
    return 1;
}

apr_size_t t2m_chain_member(const unsigned char chain[T2M_CHAIN_SIZE], char *out)
{
    memcpy(out, member_start, SIZE_OF(member_start));
    t2m_chain_hex(chain, out + SIZE_OF(member_start));
    memcpy(out + T2M_CHAIN_MEMBER - SIZE_OF(member_end), member_end, SIZE_OF(member_end));
    return T2M_CHAIN_MEMBER;
}

static int is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Size of the line without its `,"seq":N}`; 0 when it does not end so. */
static apr_size_t before_tail(const char *line, apr_size_t size)
{
    apr_size_t at;

    if (size == 0 || line[size - 1] != '}') {
        return 0;
    }
    for (at = size - 1; at > 0 && is_digit(line[at - 1]); at--) {
    }
    if (at == size - 1 || at < SIZE_OF(tail_start)
        || memcmp(line + at - SIZE_OF(tail_start), tail_start, SIZE_OF(tail_start)) != 0) {
        return 0;
    }
    return at - SIZE_OF(tail_start);
}

int t2m_chain_of_line(const char *line, apr_size_t size, unsigned char prev[T2M_CHAIN_SIZE],
                      apr_size_t *at)
{
    unsigned char found[T2M_CHAIN_SIZE];
    apr_size_t end = before_tail(line, size), start;

    if (end < T2M_CHAIN_MEMBER) {
        return 0;
    }
    start = end - T2M_CHAIN_MEMBER;
    if (memcmp(line + start, member_start, SIZE_OF(member_start)) != 0
        || line[end - 1] != member_end[0]
        || !t2m_chain_parse(line + start + SIZE_OF(member_start), found)) {
        return 0;
    }
    memcpy(prev, found, T2M_CHAIN_SIZE);
    if (at) {
        *at = start + SIZE_OF(member_start);
    }
    return 1;
}

apr_size_t t2m_chain_head_write(const t2m_chain_head_t *head, char *out)
{
    enum { REST = SIZE_OF(head_start) + SIZE_OF(head_seq) + 20 + 2 + T2M_CHAIN_DIGITS + 1,
           PATH_MOST = T2M_CHAIN_HEAD_MAX - REST };
    static const char cut[] = "...";
    int is_long = head->path.size > PATH_MOST;
    apr_size_t shown = is_long ? PATH_MOST - SIZE_OF(cut) : head->path.size;
    int size = snprintf(out, T2M_CHAIN_HEAD_MAX, "%s%s%.*s%s%" APR_UINT64_T_FMT ", ", head_start,
                        is_long ? cut : "", (int)shown,
                        head->path.size ? head->path.data + head->path.size - shown : "", head_seq,
                        head->seq);

    t2m_chain_hex(head->chain, out + size);
    out[size + T2M_CHAIN_DIGITS] = '\0';
    return (apr_size_t)size + T2M_CHAIN_DIGITS;
}

/* Steps over `[...] ` groups; *ours: whether one of them is the module's, or there is none. */
static const char *skip_groups(const char *at, const char *end, int *ours)
{
    static const char module[] = "[t2mlog:";
    int groups = 0, found = 0;

    while (at < end && (*at == '[' || *at == ' ')) {
        const char *close = *at == '[' ? memchr(at, ']', (apr_size_t)(end - at)) : at;

        if (!close) {
            break;
        }
        groups += *at == '[';
        found |= (apr_size_t)(end - at) > SIZE_OF(module)
              && memcmp(at, module, SIZE_OF(module)) == 0;
        at = close + 1;
    }
    *ours = found || groups == 0;
    return at;
}

static int read_number(const char *digits, apr_size_t size, apr_uint64_t *number)
{
    apr_size_t i;

    *number = 0;
    for (i = 0; i < size; i++) {
        apr_uint64_t digit = (apr_uint64_t)(digits[i] - '0');

        if (!is_digit(digits[i]) || *number > (APR_UINT64_MAX - digit) / 10) {
            return 0;
        }
        *number = *number * 10 + digit;
    }
    return size > 0;
}

/* PATH: seq N, HEX, read from its end: a path may hold anything. */
static int parse_rest(const char *at, const char *end, t2m_chain_head_t *head)
{
    const char *digits = end - T2M_CHAIN_DIGITS, *number;

    if (end - at < T2M_CHAIN_DIGITS + 2 || memcmp(digits - 2, ", ", 2) != 0
        || !t2m_chain_parse(digits, head->chain)) {
        return 0;
    }
    for (number = digits - 2; number > at && is_digit(number[-1]); number--) {
    }
    if (!read_number(number, (apr_size_t)(digits - 2 - number), &head->seq)
        || number - at < (ptrdiff_t)SIZE_OF(head_seq)
        || memcmp(number - SIZE_OF(head_seq), head_seq, SIZE_OF(head_seq)) != 0) {
        return 0;
    }
    head->path = t2m_text_of(at, (apr_size_t)(number - at) - SIZE_OF(head_seq));
    return 1;
}

int t2m_chain_head_parse(const char *line, apr_size_t size, t2m_chain_head_t *head)
{
    const char *end = line + size;
    int ours;
    const char *at = skip_groups(line, end, &ours);

    if (!ours || (apr_size_t)(end - at) < SIZE_OF(head_start)
        || memcmp(at, head_start, SIZE_OF(head_start)) != 0) {
        return 0;
    }
    return parse_rest(at + SIZE_OF(head_start), end, head);
}

int t2m_chain_head_is_of(const t2m_chain_head_t *head, const char *path)
{
    t2m_text_t whole = t2m_text(path), end = head->path;

    if (end.size > 3 && memcmp(end.data, "...", 3) == 0) {
        end = t2m_text_of(end.data + 3, end.size - 3);
        return end.size <= whole.size
            && memcmp(whole.data + whole.size - end.size, end.data, end.size) == 0;
    }
    return end.size == whole.size && memcmp(whole.data, end.data, end.size) == 0;
}
