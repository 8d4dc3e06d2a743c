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

/* Which keys are sensitive. A key is split into segments (camelCase, digits kept, everything that
 * is no letter or digit splits) and each run of neighbouring segments, joined, is looked up: so
 * `user[api_key]`, `userApiKey` and `APIKEY` are found and `passenger`, `author` are not.
 */
#include "core/mask_internal.h"

#include <apr_lib.h>

enum {
    NAME_LETTERS_MAX = 64, /* of the longest key that can be added */
    JOINED_MAX = 128,  /* letters kept of the last segments: two keys of the longest kind */
    SEGMENTS_MAX = 32, /* as many as a key of 64 bytes can have */
    OTHER_LETTER = 26  /* the bucket of what begins with a digit */
};

typedef struct {
    const char *word;
    apr_byte_t kind;
} key_word_t;

#define STRONG T2M_MASK_KEY_STRONG
#define WEAK T2M_MASK_KEY_WEAK
#define IN_HEADER T2M_MASK_KEY_IN_HEADER

/* Ordered by first letter. */
static const key_word_t key_words[] = {
    { "accesskey", STRONG },
    { "accesstoken", STRONG },
    { "apikey", STRONG | IN_HEADER },
    { "apikeys", STRONG },
    { "apisecret", STRONG },
    { "apitoken", STRONG },
    { "assertion", WEAK },
    { "auth", WEAK | IN_HEADER },
    { "authkey", STRONG },
    { "authorization", STRONG },
    { "authtoken", STRONG },
    { "bearer", STRONG },
    { "card", WEAK },
    { "cardno", STRONG },
    { "cardnumber", STRONG },
    { "ccnumber", STRONG },
    { "certificate", WEAK },
    { "clientsecret", STRONG },
    { "code", T2M_MASK_KEY_CODE },
    { "codeverifier", STRONG },
    { "connectionstring", STRONG },
    { "credential", STRONG },
    { "credentials", STRONG },
    { "creditcard", STRONG },
    { "creds", STRONG },
    { "csrf", STRONG },
    { "csrfmiddlewaretoken", STRONG },
    { "csrftoken", STRONG },
    { "cvc", STRONG },
    { "cvv", STRONG },
    { "dbpass", STRONG },
    { "dbpassword", STRONG },
    { "dsn", STRONG },
    { "encryptionkey", STRONG },
    { "hmac", STRONG },
    { "iban", STRONG },
    { "idtoken", STRONG },
    { "invite", WEAK },
    { "jsessionid", STRONG },
    { "jwt", STRONG },
    { "key", T2M_MASK_KEY_ALONE },
    { "magic", WEAK },
    { "masterkey", STRONG },
    { "mfa", STRONG },
    { "newpassword", STRONG },
    { "nonce", WEAK },
    { "oauthverifier", STRONG },
    { "oldpassword", STRONG },
    { "otp", STRONG },
    { "pan", STRONG },
    { "pass", STRONG },
    { "passcode", STRONG },
    { "passphrase", STRONG },
    { "passw", STRONG },
    { "passwd", STRONG },
    { "password", STRONG | IN_HEADER },
    { "passwords", STRONG },
    { "pgpassword", STRONG },
    { "phpsessid", STRONG },
    { "pin", STRONG },
    { "privatekey", STRONG },
    { "pswd", STRONG },
    { "pw", STRONG },
    { "pwd", STRONG },
    { "pword", STRONG },
    { "refreshtoken", STRONG },
    { "reset", WEAK },
    { "salt", WEAK },
    { "samlresponse", STRONG },
    { "secret", STRONG | IN_HEADER },
    { "secretkey", STRONG },
    { "secrets", STRONG },
    { "sessid", STRONG },
    { "session", WEAK | IN_HEADER },
    { "sessionid", STRONG },
    { "sessiontoken", STRONG },
    { "sid", STRONG },
    { "sig", WEAK },
    { "signature", WEAK | IN_HEADER },
    { "signingkey", STRONG },
    { "ssn", STRONG },
    { "sv", T2M_MASK_KEY_VERSION },
    { "ticket", WEAK },
    { "token", WEAK | IN_HEADER },
    { "totp", STRONG },
    { "twofactor", STRONG },
    { "userpass", STRONG },
    { "userpassword", STRONG },
    { "xsrf", STRONG },
    { "xsrftoken", STRONG },
};

#undef STRONG
#undef WEAK
#undef IN_HEADER

enum { KEY_WORDS = sizeof(key_words) / sizeof(key_words[0]) };

/* A last segment that says something about a secret instead of holding it: RefreshTokenError. */
static const char *const about_words[] = {
    "error",   "errors", "exception", "warning", "failure", "failed",  "type",     "count",
    "length",  "size",   "timeout",   "expires", "expiry",  "expired", "lifetime", "ttl",
    "policy",  "file",   "start",     "status",  "enabled", "required", NULL
};

/* Ends of source files, of which stack traces are full: TokenService.java:42. */
static const char *const source_words[] = { "c",  "cc",  "cpp", "cs", "go",  "h",  "java", "js",
                                            "jsx", "kt", "lua", "mjs", "php", "pl", "pm",  "py",
                                            "rb", "rs",  "ts",  "tsx", NULL };

typedef struct {
    const t2m_mask_t *mask;
    char joined[JOINED_MAX]; /* the last segments, lower case, without what split them */
    apr_byte_t starts[SEGMENTS_MAX];
    unsigned used, segments; /* in joined and in starts */
    unsigned total;          /* segments so far, at least */
    unsigned previous, earlier;
    int open, overlong;
    unsigned kinds, last_kinds; /* of all segments; of the one that ended last */
    int about, source;          /* the last segment is such a word */
} splitter_t;

static unsigned letter_of(char letter)
{
    return letter >= 'a' && letter <= 'z' ? (unsigned)(letter - 'a') : OTHER_LETTER;
}

static apr_uint32_t size_bit(apr_size_t size)
{
    return (apr_uint32_t)1 << (size < 31 ? size : 31);
}

/* A letter as keys have them here; 0 stands for none. */
static int is_of_key(unsigned letter)
{
    return !letter || t2m_mask_is(letter, T2M_MASK_LOWER | T2M_MASK_DIGIT);
}

/* Behind a key of one or two letters any letter or digit may come, or none: it is noted with
 * each. */
static void note_beginning(t2m_mask_t *mask, const unsigned char *word, apr_size_t size)
{
    unsigned second_end = size < 2 ? 127 : word[1], third_end = size < 3 ? 127 : word[2];
    unsigned second, third;

    for (second = size < 2 ? 0 : word[1]; second <= second_end; second++) {
        for (third = size < 3 ? 0 : word[2]; third <= third_end; third++) {
            unsigned place = t2m_mask_beginning(word[0], second, third);

            if (!is_of_key(second) || !is_of_key(third)) {
                continue;
            }
            mask->beginnings[place / 64] |= (apr_uint64_t)1 << place % 64;
        }
    }
}

static int is_prefix(const char *prefix, const char *text)
{
    while (*prefix && *prefix == *text) {
        prefix++;
        text++;
    }
    return !*prefix;
}

int t2m_mask_begins_key(const t2m_mask_t *mask, const unsigned char *name, apr_size_t left)
{
    char joined[NAME_LETTERS_MAX + 1] = { 0 };
    unsigned size = 0, letter, i;

    for (; left > 0 && size < NAME_LETTERS_MAX; name++, left--) {
        if (t2m_mask_is(*name, T2M_MASK_ALNUM)) {
            joined[size++] = (char)t2m_mask_lower(*name);
        }
        else if (*name == '=' || *name == '&' || *name == ';') {
            break;
        }
    }
    if (size < 3
        && !t2m_mask_may_begin_key(mask, t2m_mask_beginning((unsigned char)joined[0],
                                                            (unsigned char)joined[1], 0))) {
        return 0;
    }
    letter = letter_of(joined[0]);
    for (i = mask->first[letter]; i < mask->first[letter + 1]; i++) {
        if (is_prefix(key_words[i].word, joined)) {
            return 1;
        }
    }
    for (i = 0; i < (unsigned)mask->keys->nelts; i++) {
        const t2m_mask_name_t *key = &APR_ARRAY_IDX(mask->keys, (int)i, t2m_mask_name_t);

        if (key->size <= size && !memcmp(key->text, joined, key->size)) {
            return 1;
        }
    }
    return 0;
}

void t2m_mask_keys_note(t2m_mask_t *mask, const t2m_mask_name_t *name)
{
    mask->key_sizes[letter_of(name->text[0])] |= size_bit(name->size);
    note_beginning(mask, (const unsigned char *)name->text, name->size);
}

void t2m_mask_keys_init(t2m_mask_t *mask)
{
    unsigned i, letter = 0;

    mask->segments_max = 8; /* as many as the longest built-in word, split after each letter */
    for (i = 0; i < KEY_WORDS; i++) {
        unsigned own = letter_of(key_words[i].word[0]);

        while (letter <= own) {
            mask->first[letter++] = (apr_byte_t)i;
        }
        mask->key_sizes[own] |= size_bit(strlen(key_words[i].word));
        note_beginning(mask, (const unsigned char *)key_words[i].word,
                       strlen(key_words[i].word));
    }
    while (letter < sizeof(mask->first)) {
        mask->first[letter++] = KEY_WORDS;
    }
}

static int is_one_of(const char *const *words, const char *text, apr_size_t size)
{
    for (; *words; words++) {
        if (strlen(*words) == size && !memcmp(*words, text, size)) {
            return 1;
        }
    }
    return 0;
}

static unsigned look_up_word(const t2m_mask_t *mask, const char *text, unsigned size)
{
    unsigned letter, i;

    if (!size) {
        return 0;
    }
    letter = letter_of(text[0]);
    if (!(mask->key_sizes[letter] & size_bit(size))) {
        return 0;
    }
    for (i = 0; i < (unsigned)mask->keys->nelts; i++) {
        const t2m_mask_name_t *name = &APR_ARRAY_IDX(mask->keys, (int)i, t2m_mask_name_t);

        if (name->size == size && !memcmp(name->text, text, size)) {
            return T2M_MASK_KEY_ADDED;
        }
    }
    for (i = mask->first[letter]; i < mask->first[letter + 1]; i++) {
        if (strlen(key_words[i].word) == size && !memcmp(key_words[i].word, text, size)) {
            return key_words[i].kind;
        }
    }
    return 0;
}

/* password2 is as password. */
static unsigned look_up(const t2m_mask_t *mask, const char *text, unsigned size)
{
    unsigned kinds = look_up_word(mask, text, size), letters = size;

    while (letters > 0 && apr_isdigit(text[letters - 1])) {
        letters--;
    }
    return letters < size ? kinds | look_up_word(mask, text, letters) : kinds;
}

static void drop_oldest(splitter_t *splitter)
{
    unsigned gone = splitter->segments > 1 ? splitter->starts[1] : splitter->used, i;

    memmove(splitter->joined, splitter->joined + gone, splitter->used - gone);
    splitter->used -= gone;
    for (i = 1; i < splitter->segments; i++) {
        splitter->starts[i - 1] = (apr_byte_t)(splitter->starts[i] - gone);
    }
    splitter->segments--;
}

static void end_segment(splitter_t *splitter)
{
    unsigned i, start = 0;

    if (!splitter->open) {
        return;
    }
    splitter->open = 0;
    splitter->total++;
    splitter->last_kinds = 0;
    splitter->about = splitter->source = 0;
    if (splitter->overlong) {
        splitter->used = splitter->segments = 0;
        splitter->overlong = 0;
        return;
    }
    for (i = 0; i < splitter->segments; i++) {
        start = splitter->starts[i];
        splitter->last_kinds |= look_up(splitter->mask, splitter->joined + start,
                                        splitter->used - start);
    }
    splitter->kinds |= splitter->last_kinds;
    if (splitter->kinds) {
        const char *last = splitter->joined + start;

        splitter->about = is_one_of(about_words, last, splitter->used - start);
        splitter->source = is_one_of(source_words, last, splitter->used - start);
    }
}

static void begin_segment(splitter_t *splitter)
{
    if (splitter->segments >= splitter->mask->segments_max) {
        drop_oldest(splitter);
    }
    splitter->starts[splitter->segments++] = (apr_byte_t)splitter->used;
    splitter->open = 1;
}

static void add_letter(splitter_t *splitter, unsigned letter)
{
    while (splitter->used == JOINED_MAX && splitter->segments > 1) {
        drop_oldest(splitter);
    }
    if (splitter->used == JOINED_MAX) {
        splitter->overlong = 1;
    }
    else {
        splitter->joined[splitter->used++] = (char)letter;
    }
}

/* In `APIKey` the K belongs to what follows: takes the last letter over into a new segment. */
static void split_before_last(splitter_t *splitter)
{
    splitter->used--;
    end_segment(splitter);
    begin_segment(splitter);
    add_letter(splitter, t2m_mask_lower(splitter->previous));
}

static void add_unit(splitter_t *splitter, unsigned unit)
{
    if (!t2m_mask_is(unit, T2M_MASK_ALNUM)) {
        end_segment(splitter);
    }
    else {
        if (t2m_mask_is(unit, T2M_MASK_UPPER)
            && !t2m_mask_is(splitter->previous, T2M_MASK_UPPER)) {
            end_segment(splitter);
        }
        else if (t2m_mask_is(unit, T2M_MASK_LOWER)
                 && t2m_mask_is(splitter->previous, T2M_MASK_UPPER)
                 && t2m_mask_is(splitter->earlier, T2M_MASK_UPPER) && !splitter->overlong) {
            split_before_last(splitter);
        }
        if (!splitter->open) {
            begin_segment(splitter);
        }
        add_letter(splitter, t2m_mask_lower(unit));
    }
    splitter->earlier = splitter->previous;
    splitter->previous = unit;
}

/* A replacement that stands in a key is a segment of its own, joined with none. */
static void add_marker(splitter_t *splitter)
{
    end_segment(splitter);
    splitter->used = splitter->segments = 0;
    splitter->total++;
    splitter->about = splitter->source = 0;
    splitter->previous = splitter->earlier = ']';
}

static unsigned verdict(const splitter_t *splitter)
{
    const unsigned whole = T2M_MASK_KEY_CODE | T2M_MASK_KEY_VERSION | T2M_MASK_KEY_ALONE;
    unsigned kinds = splitter->kinds;

    if (splitter->total > 1) {
        kinds &= ~whole;
        if (splitter->about) {
            kinds &= T2M_MASK_KEY_ADDED | T2M_MASK_KEY_IN_HEADER;
        }
        if (kinds && splitter->source) {
            kinds |= T2M_MASK_KEY_SOURCE;
        }
    }
    return kinds;
}

unsigned t2m_mask_key(const t2m_mask_t *mask, const t2m_mask_view_t *view, apr_uint32_t from,
                      apr_uint32_t to)
{
    splitter_t splitter;

    memset(&splitter, 0, sizeof(splitter));
    splitter.mask = mask;
    while (from < to) {
        apr_uint32_t marker = view->data[from] == '[' ? t2m_mask_marker(view->data, from, to) : 0;

        if (marker) {
            add_marker(&splitter);
            from = marker;
        }
        else {
            add_unit(&splitter, t2m_mask_unit(view, from, &from));
        }
    }
    end_segment(&splitter);
    return verdict(&splitter);
}

static const char *const header_names[] = {
    "authorization", "proxy-authorization", "x-admin-token", "x-api-key", "x-auth-token",
    "x-csrf-token", "x-xsrf-token", "x-amz-security-token", "x-vault-token", "private-token",
    "sec-websocket-protocol", "authentication-info", "proxy-authentication-info",
    "www-authenticate", "proxy-authenticate", "x-t2m-debug", NULL
};

static const char *const cookie_names[] = { "cookie", "set-cookie", "cookie2", "set-cookie2",
                                            NULL };

static int is_added_header(const t2m_mask_t *mask, const char *text, apr_size_t size)
{
    int i;

    for (i = 0; i < mask->headers->nelts; i++) {
        const t2m_mask_name_t *name = &APR_ARRAY_IDX(mask->headers, i, t2m_mask_name_t);

        if (name->size == size && !memcmp(name->text, text, size)) {
            return 1;
        }
    }
    return 0;
}

int t2m_mask_header(const t2m_mask_t *mask, const t2m_mask_view_t *view, apr_uint32_t from,
                    apr_uint32_t to)
{
    char name[72] = ""; /* the longest name that can be added, with HTTP_ before it */
    const char *text = name;
    apr_size_t size = 0;
    int hyphen = 0;
    apr_uint32_t at;
    unsigned kinds;

    for (at = from; at < to && size < sizeof(name);) {
        unsigned unit = t2m_mask_lower(t2m_mask_unit(view, at, &at));

        hyphen |= unit == '-';
        name[size++] = unit == '_' ? '-' : (char)unit;
    }
    if (at >= to) {
        if (is_added_header(mask, text, size)) {
            return T2M_MASK_HEADER_YES;
        }
        if (size > 5 && !memcmp(name, "http-", 5)) { /* as in the environment of a script */
            text += 5;
            size -= 5;
        }
        if (is_one_of(cookie_names, text, size)) {
            return T2M_MASK_HEADER_COOKIE;
        }
        if (is_one_of(header_names, text, size) || is_added_header(mask, text, size)) {
            return T2M_MASK_HEADER_YES;
        }
    }
    kinds = hyphen ? t2m_mask_key(mask, view, from, to) : 0;
    return kinds & T2M_MASK_KEY_IN_HEADER && kinds & T2M_MASK_KEY_ANY ? T2M_MASK_HEADER_YES
                                                                     : T2M_MASK_HEADER_NO;
}
