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

/* Tests of core/mask: what must go, what must stay, and that the work grows with the text only. */
#include "core/mask.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <apr_general.h>

#include "core/mask_internal.h"
#include "mask_cases.h"
#include "mask_innocent.h"
#include "tap.h"

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

enum { OUT_MAX = 256 * 1024 };

static const t2m_mask_t *mask;
static char out[OUT_MAX], again[OUT_MAX];

static apr_size_t copy(t2m_content_e content, t2m_text_t text)
{
    int cut;

    return t2m_mask_copy(mask, content, text, out, sizeof(out), &cut);
}

static int stays(t2m_content_e content, const char *text)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];

    return t2m_mask_find(mask, content, t2m_text(text), spans) == 0;
}

static int is_stable(t2m_content_e content, apr_size_t size)
{
    int cut;
    apr_size_t size_again = t2m_mask_copy(mask, content, t2m_text_of(out, size), again,
                                          sizeof(again), &cut);

    return size == size_again && !memcmp(out, again, size);
}

static void test_cases(void)
{
    size_t i;

    for (i = 0; i < COUNT(mask_cases); i++) {
        const mask_case_t *test = &mask_cases[i];
        apr_size_t size = copy(test->content, t2m_text(test->text));

        is_bytes(out, size, test->masked, test->text);
        if (!is_stable(test->content, size)) {
            ok(0, "masking twice is as masking once: %s", test->text);
        }
    }
}

static void test_innocent_words(void)
{
    static const char *const forms[] = { "%s=1", "my_%s=1", "%sId=1", "x[%s]=1", "%s: one",
                                         "\"%s\":\"one\"", "see the %s of it" };
    size_t i, form;
    char text[128];

    for (i = 0; i < COUNT(innocent_words); i++) {
        int good = 1;

        for (form = 0; form < COUNT(forms); form++) {
            const char *place = strstr(forms[form], "%s");

            (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(place - forms[form]), forms[form],
                           innocent_words[i], place + 2);
            good &= stays(T2M_CONTENT_QUERY, text) && stays(T2M_CONTENT_MESSAGE, text)
                    && stays(T2M_CONTENT_PATH, text);
        }
        (void)snprintf(text, sizeof(text), "/a/%s/12", innocent_words[i]);
        good &= stays(T2M_CONTENT_PATH, text) && stays(T2M_CONTENT_URL, text);
        ok(good, "a word that stays: %s", innocent_words[i]);
    }
}

static void test_innocent(t2m_content_e content, const char *const *texts, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        apr_size_t size = copy(content, t2m_text(texts[i]));

        is_bytes(out, size, texts[i], texts[i]);
    }
}

/* Every sensitive key in every way that a key is written. */
static void test_keys(void)
{
    static const char *const keys[] = {
        "password", "passwd", "pwd", "pass", "passphrase", "passcode", "pin", "secret", "token",
        "access_token", "refresh_token", "id_token", "api_key", "apikey", "access_key",
        "private_key", "client_secret", "authorization", "auth", "credential", "credentials",
        "session", "sessionid", "sid", "jsessionid", "phpsessid", "csrf", "xsrf", "otp", "totp",
        "mfa", "two_factor", "signature", "sig", "hmac", "nonce", "key", "ssn", "cvv", "cvc",
        "card", "card_number", "pan", "iban", "salt", "certificate", "dsn", "connection_string",
        "SAMLResponse", "assertion", "ticket", "reset", "invite", "magic", "X-Amz-Signature",
        "X-Amz-Credential", "X-Goog-Signature", "csrftoken", "csrfmiddlewaretoken", "X-Api-Key"
    };
    static const char *const forms[] = { "%s=c4nary", "a=1 %s=c4nary b=2", "%s: c4nary",
                                         "{\"%s\":\"c4nary\"}", "{'%s': 'c4nary x'}",
                                         "%s = \"x c4nary\"" };
    size_t i, form;
    char text[128];

    for (i = 0; i < COUNT(keys); i++) {
        int good = 1;

        for (form = 0; form < COUNT(forms); form++) {
            const char *place = strstr(forms[form], "%s");
            apr_size_t size;

            (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(place - forms[form]), forms[form],
                           keys[i], place + 2);
            size = copy(T2M_CONTENT_MESSAGE, t2m_text(text));
            out[size] = '\0';
            good &= !strstr(out, "c4nary");
        }
        (void)snprintf(text, sizeof(text), "a=1&%s=c4nary+x%%26&b=2", keys[i]);
        out[copy(T2M_CONTENT_QUERY, t2m_text(text))] = '\0';
        good &= !strstr(out, "c4nary") && strstr(out, "&b=2");
        ok(good, "a key whose value goes: %s", keys[i]);
    }
}

static unsigned reference_luhn(const char *digits)
{
    static const unsigned doubled[] = { 0, 2, 4, 6, 8, 1, 3, 5, 7, 9 };
    unsigned sum = 0, i;

    for (i = 0; i < 16; i++) {
        unsigned digit = (unsigned)(digits[i] - '0');

        sum += i % 2 ? digit : doubled[digit];
    }
    return sum % 10 == 0;
}

/* What share of random numbers of 16 digits is taken for a card: Luhn's tenth of the issuers'. */
static void test_random_numbers(void)
{
    enum { NUMBERS = 100000 };
    uint64_t state = 88172645463325252u;
    int found = 0, wrong = 0, i, n;

    for (i = 0; i < NUMBERS; i++) {
        char digits[17];
        int is_found;

        for (n = 0; n < 16; n++) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            digits[n] = (char)('0' + (state >> 32) % 10);
        }
        digits[16] = '\0';
        is_found = !stays(T2M_CONTENT_MESSAGE, digits);
        found += is_found;
        wrong += is_found && !reference_luhn(digits);
        wrong += !is_found && reference_luhn(digits) && digits[0] == '4';
    }
    is_number(wrong, 0, "random numbers: only those that Luhn lets pass, and each such Visa");
    ok(found > NUMBERS * 2 / 100 && found < NUMBERS * 4 / 100,
       "random numbers: 2 to 4 %% are taken for cards (%d of %d)", found, NUMBERS);
}

static void test_spans(void)
{
    static char text[4096];
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    apr_size_t count, i;

    for (i = 0; i < 200; i++) {
        memcpy(text + i * 6, "pin=1 ", 6);
    }
    count = t2m_mask_find(mask, T2M_CONTENT_MESSAGE, t2m_text_of(text, 64 * 6), spans);
    is_number((long long)count, 64, "as many finds as spans");
    is_number(spans[63].rule, T2M_MASK_KEY, "the last of them is an ordinary one");
    count = t2m_mask_find(mask, T2M_CONTENT_MESSAGE, t2m_text_of(text, 1200), spans);
    is_number((long long)count, 64, "more finds than spans");
    is_number(spans[63].rule, T2M_MASK_OVERFLOW, "the last one says so");
    is_number(spans[63].end, 1200, "and takes the rest");
    is_number(spans[63].start, 63 * 6 + 4, "from where it stood");
    ok(is_stable(T2M_CONTENT_MESSAGE, copy(T2M_CONTENT_MESSAGE, t2m_text_of(text, 1200))),
       "overflow: masking twice is as masking once");
    ok(t2m_mask_find(mask, T2M_CONTENT_MESSAGE, t2m_text_of(NULL, 0), spans) == 0, "no text");
    ok(t2m_mask_find(mask, T2M_CONTENT_SAFE, t2m_text("password=x"), spans) == 0,
       "our own words are not searched");
}

static void test_long_texts(void)
{
    enum { SIZE = 128 * 1024 };
    char *text = malloc(SIZE);
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    apr_size_t count, size;

    memset(text, 'a', SIZE);
    memcpy(text + 50000, " password=canary ", 17);
    memcpy(text + 70000, " password=canary ", 17);
    count = t2m_mask_find(mask, T2M_CONTENT_MESSAGE, t2m_text_of(text, 64 * 1024), spans);
    is_number((long long)count, 1, "64 KiB are searched");
    count = t2m_mask_find(mask, T2M_CONTENT_MESSAGE, t2m_text_of(text, SIZE), spans);
    is_number((long long)count, 2, "a longer text: one find and the rest");
    is_number(spans[1].rule, T2M_MASK_OVERFLOW, "the rest is overflow");
    is_number(spans[1].end, SIZE, "to the end");
    ok(spans[1].start <= 64 * 1024, "from the limit on");
    size = copy(T2M_CONTENT_MESSAGE, t2m_text_of(text, SIZE));
    ok(is_stable(T2M_CONTENT_MESSAGE, size), "a long text: masking twice is as masking once");
    memset(text, 0xA9, SIZE);
    for (size = 0; size < SIZE; size += 2) {
        text[size] = (char)0xC3;
    }
    count = t2m_mask_find(mask, T2M_CONTENT_MESSAGE, t2m_text_of(text, SIZE), spans);
    ok(count == 1 && spans[0].start % 2 == 0, "the limit does not cut a character in two");
    free(text);
}

/* Masking comes before cutting: no room may bring a part of a secret out. */
static void test_cut(void)
{
    static const char text[] = "caf\xc3\xa9 password=canary card 4111111111111111 \xe2\x82\xac";
    apr_size_t room, whole = copy(T2M_CONTENT_MESSAGE, t2m_text(text));
    int cut, good = 1, said = 1;

    memcpy(again, out, whole);
    for (room = 0; room <= whole; room++) {
        apr_size_t size = t2m_mask_copy(mask, T2M_CONTENT_MESSAGE, t2m_text(text), out, room, &cut);

        good &= size <= room && !memcmp(out, again, size);
        good &= size == whole || ((unsigned char)again[size] & 0xC0) != 0x80;
        said &= cut == (size < whole);
    }
    ok(good, "cut anywhere: a beginning of the masked text, on a character boundary");
    ok(said, "cut anywhere: said exactly when it is");
}

static void test_policy(apr_pool_t *pool)
{
    t2m_mask_t *one = t2m_mask_create(pool), *two = t2m_mask_create(pool), *merged;
    t2m_mask_t *off = t2m_mask_create_off(pool);
    char name[80];

    memset(name, 'n', sizeof(name));
    name[65] = '\0';
    ok(t2m_mask_add_key(one, "") != NULL, "an empty key is refused");
    ok(t2m_mask_add_key(one, "a b") != NULL, "a key with a blank is refused");
    ok(t2m_mask_add_key(one, "k\xc3\xa9y") != NULL, "a key that is not ASCII is refused");
    ok(t2m_mask_add_key(one, "-_.") != NULL, "a key without a letter is refused");
    ok(t2m_mask_add_header(one, "X:Y") != NULL, "a header with a colon is refused");
    ok(t2m_mask_add_key(one, name) != NULL, "a key of 65 bytes is refused");
    name[64] = '\0';
    ok(t2m_mask_add_key(one, name) == NULL, "a key of 64 bytes is taken");
    ok(t2m_mask_add_key(one, "house_number") == NULL, "a key is taken");
    ok(t2m_mask_add_key(one, "a-b-c-d-e-f-g-h-i-j-k-l") == NULL, "a key of many parts is taken");
    ok(t2m_mask_add_key(one, "token_type") == NULL, "a key that the built-in rules leave alone");
    ok(t2m_mask_add_key(one, "7up") == NULL, "a key that begins with a digit");
    ok(t2m_mask_add_header(two, "X-House") == NULL, "a header is taken");
    merged = t2m_mask_merge(pool, one, two);
    ok(t2m_mask_self_test(merged) == NULL, "each rule finds its sample");
    ok(t2m_mask_self_test(off) == NULL, "an off policy passes");
    mask = merged;
    is_bytes(out, copy(T2M_CONTENT_QUERY, t2m_text("my.houseNumber=12&x=1")),
             "my.houseNumber=[REDACTED]&x=1", "an added key");
    is_bytes(out, copy(T2M_CONTENT_MESSAGE, t2m_text("house-number: 12 token_type=x")),
             "house-number: [REDACTED] token_type=[REDACTED]", "added keys in a message");
    is_bytes(out, copy(T2M_CONTENT_MESSAGE, t2m_text("HTTP_X_HOUSE: a b\nx")),
             "HTTP_X_HOUSE: [REDACTED]\nx", "an added header in a message");
    ok(t2m_mask_is_header(merged, "x-house") && t2m_mask_is_header(merged, "X_HOUSE"),
       "an added header, however it is written");
    ok(!t2m_mask_is_header(one, "x-house"), "which the other policy does not know");
    ok(stays(T2M_CONTENT_QUERY, "house=1&number=2"), "parts of an added key stay");
    mask = t2m_mask_merge(pool, merged, off);
    ok(stays(T2M_CONTENT_QUERY, "password=1&house_number=2"), "off wins");
    ok(!t2m_mask_is_header(mask, "Authorization"), "off knows no header");
    mask = t2m_mask_merge(pool, off, two);
    ok(!stays(T2M_CONTENT_QUERY, "password=1"), "on again below an off");
    mask = one;
}

/* Keys of more parts, and of longer ones, than are looked at together. */
static void test_long_keys(void)
{
    char text[400], masked[400];
    size_t length;
    int good = 1;

    for (length = 1; length < 300; length++) {
        int prefix = (int)length;

        memset(text, 'x', length);
        (void)snprintf(text + length, sizeof(text) - length, ".password=canary");
        (void)snprintf(masked, sizeof(masked), "%.*s.password=[REDACTED]", prefix, text);
        good &= copy(T2M_CONTENT_QUERY, t2m_text(text)) == strlen(masked)
                && !memcmp(out, masked, strlen(masked));
        for (prefix = 1; prefix < (int)length; prefix += 1 + (int)length % 60) {
            text[prefix] = '.';
        }
        (void)snprintf(masked, sizeof(masked), "%.*s.password=[REDACTED]", (int)length, text);
        good &= copy(T2M_CONTENT_MESSAGE, t2m_text(text)) == strlen(masked)
                && !memcmp(out, masked, strlen(masked));
    }
    ok(good, "a key is found behind any number of parts of any size");
    is_bytes(out, copy(T2M_CONTENT_QUERY, t2m_text("p[REDACTED]in=1&o[REDACTED:jwt]tp=2")),
             "p[REDACTED]in=1&o[REDACTED:jwt]tp=2", "a replacement within a key parts it");
}

/* What the self-test is for: it says which rule is broken. */
static apr_size_t count_finds(const t2m_mask_t *policy, const char *query)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];

    return t2m_mask_find(policy, T2M_CONTENT_QUERY, t2m_text(query), spans);
}

/* Names of parameters are told apart by their first letters before they are looked up. */
static void test_parameter_names(apr_pool_t *pool)
{
    static const char *const secret[] = {
        "q=x", "q7=x", "a.q=x", "zq=x", "z-q=x", "myZq=x", "zq9=x", "q[a]=x", "a[zq]=x", "wxyz=x",
        "W-x-Y-z=x", "myPassword=x", "MYPassword=x", "filter[password]=x", "x[0][pin]=x",
        "this_is_longer_than_a_block_token=x", "7up=x", "a=1&b=2;pass=x", "p%61ss=x"
    };
    static const char *const plain[] = { "qa=x", "azq=x", "zqa=x", "wxy=x", "xyz=x", "page=x",
                                         "passenger=x", "a[b]=x", "up7=x", "utm_source=x", "=x" };
    t2m_mask_t *one = t2m_mask_create(pool), *other = t2m_mask_create(pool);
    const t2m_mask_t *both;
    size_t i;

    (void)t2m_mask_add_key(one, "q");
    (void)t2m_mask_add_key(one, "zq");
    (void)t2m_mask_add_key(other, "wx-yz");
    (void)t2m_mask_add_key(other, "7up");
    both = t2m_mask_merge(pool, one, other);
    for (i = 0; i < COUNT(secret); i++) {
        ok(count_finds(both, secret[i]) == 1, "a parameter that goes: %s", secret[i]);
    }
    for (i = 0; i < COUNT(plain); i++) {
        ok(count_finds(both, plain[i]) == 0, "a parameter that stays: %s", plain[i]);
    }
    /* A key of one letter may begin any name: without it. */
    both = t2m_mask_merge(pool, t2m_mask_create(pool), other);
    ok(count_finds(both, "my-wxyz=x") == 1 && count_finds(both, "myPassword=x") == 1,
       "what is merged knows the names of both");
    both = t2m_mask_merge(pool, other, t2m_mask_create(pool));
    ok(count_finds(both, "my-wxyz=x") == 1, "in whatever order");
    ok(count_finds(one, "wxyz=x") == 0 && count_finds(other, "q=x") == 0,
       "each policy has its own");
}

static void test_broken_rules(apr_pool_t *pool)
{
    t2m_mask_t *broken = t2m_mask_create(pool);
    t2m_mask_name_t wrong = { "Not-Lower-Case", 14 };
    const char *failed;

    memset(broken->key_sizes, 0, sizeof(broken->key_sizes));
    failed = t2m_mask_self_test(broken);
    ok(failed && !strcmp(failed, "key"), "a policy without keys does not pass");
    broken = t2m_mask_create(pool);
    APR_ARRAY_PUSH(broken->headers, t2m_mask_name_t) = wrong;
    failed = t2m_mask_self_test(broken);
    ok(failed && !strcmp(failed, wrong.text), "nor one with a header that matches nothing");
    broken = t2m_mask_create(pool);
    APR_ARRAY_PUSH(broken->keys, t2m_mask_name_t) = wrong;
    failed = t2m_mask_self_test(broken);
    ok(failed && !strcmp(failed, wrong.text), "nor one with such a key");
}

static void test_headers(void)
{
    static const char *const sensitive[] = {
        "Authorization", "proxy-authorization", "Cookie", "Set-Cookie", "X-Admin-Token",
        "X-Api-Key", "X-Auth-Token", "X-Csrf-Token", "X-Xsrf-Token", "X-Amz-Security-Token",
        "X-Vault-Token", "Private-Token", "Sec-WebSocket-Protocol", "Authentication-Info",
        "WWW-Authenticate", "X-Hub-Signature-256", "X-Session-Id", "Auth", "X-My-Secret",
        "X-Session-Timeout"
    };
    static const char *const open[] = { "Host", "User-Agent", "Accept", "X-Author", "X-Request-ID",
                                        "Content-Type", "Referer", "Keep-Alive", "X-Tokenizer",
                                        "Sessions", "" };
    size_t i;

    for (i = 0; i < COUNT(sensitive); i++) {
        ok(t2m_mask_is_header(mask, sensitive[i]), "a header that goes: %s", sensitive[i]);
    }
    for (i = 0; i < COUNT(open); i++) {
        ok(!t2m_mask_is_header(mask, open[i]), "a header that stays: %s", open[i]);
    }
}

/* The same as masking a JSON member of that name. */
static void test_members(apr_pool_t *pool)
{
    static const char *const names[] = {
        "password", "pass", "pin", "user_password", "pin_token", "api_key", "apikey", "key",
        "authorization", "cookie", "set_cookie", "session_id", "sv", "code", "state", "otp",
        "user_id", "feature", "monkey", "author", "token_count", "file_size", "a", "sort_key"
    };
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    int secrets = 0;
    size_t i;

    for (i = 0; i < COUNT(names); i++) {
        char json[64];
        int found;

        (void)snprintf(json, sizeof(json), "{\"%s\":\"Value7\"}", names[i]);
        found = t2m_mask_find(mask, T2M_CONTENT_MESSAGE, t2m_text(json), spans) > 0;
        secrets += found;
        ok(!t2m_mask_is_member(mask, names[i]) == !found, "the member %s %s", names[i],
           found ? "goes" : "stays");
    }
    ok(secrets > 5 && secrets < (int)COUNT(names) - 5, "of both kinds");
    ok(!t2m_mask_is_member(t2m_mask_create_off(pool), "password"), "off knows no member");
}

static void test_replacements(void)
{
    char replacement[T2M_MASK_REPLACEMENT_MAX];
    int rule;

    for (rule = 0; rule < T2M_MASK_RULE_COUNT; rule++) {
        t2m_mask_span_t span = { 0, 1, (apr_byte_t)rule, { '1', '2', '3', '4' } };
        apr_size_t size = t2m_mask_replacement(&span, replacement);

        ok(size > 0 && size <= sizeof(replacement) && replacement[0] == '['
               && replacement[size - 1] == ']',
           "a replacement that fits: %s", t2m_mask_rule_name((t2m_mask_rule_e)rule));
    }
}

/* Processor time, at best, of one search of size bytes of the repeated unit. */
static double seconds(t2m_content_e content, const char *unit, apr_size_t size, int searches)
{
    apr_size_t unit_size = strlen(unit), at;
    char *text = malloc(size);
    double best = 1e9;
    int round, search;

    size -= size % unit_size; /* both sizes end alike */
    for (at = 0; at < size; at++) {
        text[at] = unit[at % unit_size];
    }
    for (round = 0; round < 3; round++) {
        struct timespec from, to;
        t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
        double spent;

        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &from);
        for (search = 0; search < searches; search++) {
            (void)t2m_mask_find(mask, content, t2m_text_of(text, size), spans);
        }
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &to);
        spent = (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
        best = spent < best ? spent : best;
    }
    free(text);
    return best / searches;
}

/* Sixteen times the text: a linear search takes 16 times as long, a quadratic one 256 times. The
 * bound between them leaves room for a busy machine. */
static void test_linear(void)
{
    static const char *const units[] = {
        "a",        "1",         "%",          "%25",      "\\",          "\\u00",     "eyJa-",
        "eyJa.",    "1 ",        "4111 ",      "-----BEGIN ", "Bearer ",  "token ",    "://",
        "a://b",    "@",         "a@b",        "a@b.",     "password",    "a.b-",      "a=",
        "a:",       "=",         ":",          "\"",       "a,b)",        "/reset",
        "/reset/a.x/",
        "/",        "aB3dE6gH9", "[REDACTED",  "[",        "code=",       "&code=1",   ";",
        ";a",       "&a;b",      "pass.",      "DE89",     "\xef\xbd\x90", "a ",       "'\\",
        "sk_live_", "Digest a",  "{\"a\":",    "?a=",      "aB",          "Digest a=", "-",
    };
    static const t2m_content_e contents[] = { T2M_CONTENT_NAME, T2M_CONTENT_MESSAGE,
                                              T2M_CONTENT_PATH, T2M_CONTENT_QUERY,
                                              T2M_CONTENT_URL, T2M_CONTENT_COOKIE };
    size_t i, content;

    for (i = 0; i < COUNT(units); i++) {
        double worst = 0;

        for (content = 0; content < COUNT(contents); content++) {
            double small = seconds(contents[content], units[i], 3500, 16);
            double large = seconds(contents[content], units[i], 16 * 3500, 1);
            double ratio = large / (small > 1e-6 ? small : 1e-6);

            worst = ratio > worst ? ratio : worst;
        }
        ok(worst < 64, "16 times the text, at most 64 times the work: %s (%.0f)", units[i], worst);
    }
}

int main(void)
{
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    mask = t2m_mask_create(pool);
    test_cases();
    test_innocent_words();
    test_innocent(T2M_CONTENT_MESSAGE, innocent_messages, COUNT(innocent_messages));
    test_innocent(T2M_CONTENT_PATH, innocent_paths, COUNT(innocent_paths));
    test_innocent(T2M_CONTENT_URL, innocent_paths, COUNT(innocent_paths));
    test_innocent(T2M_CONTENT_QUERY, innocent_queries, COUNT(innocent_queries));
    test_innocent(T2M_CONTENT_NAME, innocent_names, COUNT(innocent_names));
    test_keys();
    test_random_numbers();
    test_spans();
    test_long_texts();
    test_cut();
    test_long_keys();
    test_parameter_names(pool);
    test_broken_rules(pool);
    test_headers();
    test_members(pool);
    test_replacements();
    test_linear();
    test_policy(pool);
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
