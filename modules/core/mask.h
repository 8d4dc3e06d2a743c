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

/* Finds what must not be logged: passwords, tokens, cookies, card numbers and the like.
 *
 * The policy (t2m_mask_t) is built while the configuration is read and never changed after, so
 * any number of threads use it at once. Finding allocates nothing, takes time linear in the text
 * and yields spans in the raw text; whoever stores or shows the text puts the replacement in
 * their place. Masking comes before any cutting, so that a cut secret is never missed.
 *
 * Rules, in this order: whole headers by name; values of keys in query strings, forms, JSON,
 * cookies and `k=v`, `k: v`, `"k":"v"` in messages, the key matched by its segments (camelCase,
 * - _ . [ ] split; lower case; percent-decoded up to twice; \uXXXX and full-width letters read
 * as what they stand for), never by substring; values by their form wherever they stand
 * (Authorization schemes, JWT, PEM, URL userinfo, known token prefixes, card numbers by Luhn and
 * IIN, US SSN, IBAN by mod 97, e-mail addresses in messages); secrets that are parts of paths.
 *
 * Masking what is masked changes nothing. Out of reach: keys and values in other encodings
 * (base64, HTML entities, XML elements), encoded more than twice, or with characters in between
 * that do not show.
 */
#ifndef T2M_CORE_MASK_H
#define T2M_CORE_MASK_H

#include <apr_pools.h>

#include "core/text.h"

typedef struct t2m_mask_t t2m_mask_t;

/* What a text is, which decides how it is searched. */
typedef enum {
    T2M_CONTENT_SAFE,    /* our own words and numbers: not searched */
    T2M_CONTENT_NAME,    /* an identifier (host, user agent, handler): values by form only */
    T2M_CONTENT_MESSAGE, /* free text of a log line: keys, values by form, e-mail addresses */
    T2M_CONTENT_PATH,    /* path of a URL, maybe percent-encoded */
    T2M_CONTENT_QUERY,   /* query without the `?`, or a form body */
    T2M_CONTENT_URL,     /* whole URL or reference (Referer, Location): userinfo, path, query */
    T2M_CONTENT_COOKIE   /* a Cookie or Set-Cookie header's value: every value goes */
} t2m_content_e;

typedef enum {
    T2M_MASK_KEY, /* the value of a sensitive key: [REDACTED] */
    T2M_MASK_HEADER,
    T2M_MASK_SCHEME,   /* Bearer, Basic, Digest, Negotiate, Token: [REDACTED:authorization] */
    T2M_MASK_JWT,
    T2M_MASK_PEM,
    T2M_MASK_USERINFO,
    T2M_MASK_TOKEN,    /* a known prefix of a cloud or forge */
    T2M_MASK_CARD,     /* [REDACTED:card-1234], the last four digits */
    T2M_MASK_SSN,
    T2M_MASK_IBAN,
    T2M_MASK_EMAIL,
    T2M_MASK_PATH_SECRET, /* what follows /reset/, /token/, /invite/, /magic/; random segments */
    T2M_MASK_OVERFLOW, /* more finds than spans: the rest of the text goes */
    T2M_MASK_RULE_COUNT
} t2m_mask_rule_e;

typedef struct {
    apr_uint32_t start; /* first byte to replace, offset in the raw text */
    apr_uint32_t end;   /* one past the last */
    unsigned char rule;   /* t2m_mask_rule_e */
    char last4[4];      /* of a card; else undefined */
} t2m_mask_span_t;

enum {
    T2M_MASK_SPANS_MAX = 64,       /* per text; more: the rest goes as T2M_MASK_OVERFLOW */
    T2M_MASK_REPLACEMENT_MAX = 32  /* bytes of the longest replacement */
};

/** A policy with the built-in rules. Lives in pool. Call while the configuration is read. */
t2m_mask_t *t2m_mask_create(apr_pool_t *pool);

/** A policy with no rule at all (T2MLogMask off). */
t2m_mask_t *t2m_mask_create_off(apr_pool_t *pool);

/**
 * Adds a sensitive key or header name (case-insensitive, `-` and `_` are alike).
 * Returns NULL, or why the name is refused (empty, longer than 64 bytes, or it has a byte that is
 * not [A-Za-z0-9_.-]); the text is static.
 */
const char *t2m_mask_add_key(t2m_mask_t *mask, const char *name);
const char *t2m_mask_add_header(t2m_mask_t *mask, const char *name);

/** What base masks and what more masks, together; an off policy in more wins. Lives in pool. */
t2m_mask_t *t2m_mask_merge(apr_pool_t *pool, const t2m_mask_t *base, const t2m_mask_t *more);

/** Nonzero when a header of that name is masked wholly. */
int t2m_mask_is_header(const t2m_mask_t *mask, const char *name);

/** Nonzero when the value of a member of that name is a secret whatever it is, as in JSON. */
int t2m_mask_is_member(const t2m_mask_t *mask, const char *name);

/**
 * The parts of text to replace: sorted, not overlapping, none empty. Returns their number, at
 * most T2M_MASK_SPANS_MAX, which spans has room for. Thread-safe; stack use below 48 KiB.
 * Of a text longer than 64 KiB the first 59 KiB at least are searched; what follows is one
 * OVERFLOW span.
 */
apr_size_t t2m_mask_find(const t2m_mask_t *mask, t2m_content_e content, t2m_text_t text,
                         t2m_mask_span_t *spans);

/**
 * Writes the replacement of span (plain ASCII that needs no escaping in JSON, no NUL) into out,
 * which has room for T2M_MASK_REPLACEMENT_MAX bytes, and returns its size.
 */
apr_size_t t2m_mask_replacement(const t2m_mask_span_t *span, char *out);

/**
 * Copies text with its secrets replaced into out, at most room bytes, no NUL; cut on a character
 * boundary after masking. Returns the bytes written; *cut is set nonzero when something was cut.
 */
apr_size_t t2m_mask_copy(const t2m_mask_t *mask, t2m_content_e content, t2m_text_t text,
                         char *out, apr_size_t room, int *cut);

/** A rule's short name as `t2mlog mask-test` shows it: "key", "jwt" and so on. */
const char *t2m_mask_rule_name(t2m_mask_rule_e rule);

/**
 * Runs each rule on its own built-in sample. Returns NULL when every rule finds its sample, else
 * the name of the first that does not. An off policy passes.
 */
const char *t2m_mask_self_test(const t2m_mask_t *mask);

#endif
