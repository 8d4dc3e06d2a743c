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

/* Shows that each rule, and each name that the configuration adds, finds its own sample: a rule
 * that masks nothing is worse than none, since it is relied upon.
 */
#include "core/mask.h"

#include <stdio.h>

#include "core/mask_internal.h"

enum { SAMPLE_MAX = 512 };

typedef struct {
    t2m_mask_rule_e rule;
    t2m_content_e content;
    const char *text;
    const char *masked;
} sample_t;

static const sample_t samples[] = {
    { T2M_MASK_KEY, T2M_CONTENT_QUERY, "user=ada&pass%77ord=sample",
      "user=ada&pass%77ord=[REDACTED]" },
    { T2M_MASK_KEY, T2M_CONTENT_COOKIE, "theme=sample", "theme=[REDACTED]" },
    { T2M_MASK_HEADER, T2M_CONTENT_MESSAGE, "Cookie: a=1; b=2", "Cookie: [REDACTED]" },
    { T2M_MASK_SCHEME, T2M_CONTENT_NAME, "sent Bearer s4mple",
      "sent Bearer [REDACTED:authorization]" },
    { T2M_MASK_JWT, T2M_CONTENT_NAME, "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.",
      "[REDACTED:jwt]" },
    { T2M_MASK_PEM, T2M_CONTENT_MESSAGE,
      "-----BEGIN PRIVATE KEY-----\nc2FtcGxl\n-----END PRIVATE KEY-----", "[REDACTED:pem]" },
    { T2M_MASK_USERINFO, T2M_CONTENT_URL, "https://ada:sample@example.org/",
      "https://[REDACTED:userinfo]@example.org/" },
    { T2M_MASK_TOKEN, T2M_CONTENT_PATH, "/x/AKIAABCDEFGHIJKLMNOP", "/x/[REDACTED:token]" },
    { T2M_MASK_CARD, T2M_CONTENT_MESSAGE, "paid by 4111 1111 1111 1111",
      "paid by [REDACTED:card-1111]" },
    { T2M_MASK_SSN, T2M_CONTENT_MESSAGE, "of 219-09-9999", "of [REDACTED:ssn]" },
    { T2M_MASK_IBAN, T2M_CONTENT_MESSAGE, "to GB82 WEST 1234 5698 7654 32",
      "to [REDACTED:iban]" },
    { T2M_MASK_EMAIL, T2M_CONTENT_MESSAGE, "mail for ada@example.org",
      "mail for [REDACTED:email]" },
    { T2M_MASK_PATH_SECRET, T2M_CONTENT_PATH, "/reset/sample", "/reset/[REDACTED:path]" },
};

static int masks(const t2m_mask_t *mask, t2m_content_e content, const char *text,
                 const char *masked)
{
    char out[SAMPLE_MAX];
    int cut;
    apr_size_t size = t2m_mask_copy(mask, content, t2m_text(text), out, sizeof(out), &cut);

    return !cut && size == strlen(masked) && !memcmp(out, masked, size);
}

/* One find more than there is room for. */
static int finds_overflow(const t2m_mask_t *mask)
{
    char text[(T2M_MASK_SPANS_MAX + 1) * 6];
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    apr_size_t at, count;

    for (at = 0; at < sizeof(text); at += 6) {
        memcpy(text + at, "pin=1 ", 6);
    }
    count = t2m_mask_find(mask, T2M_CONTENT_MESSAGE, t2m_text_of(text, sizeof(text)), spans);
    return count == T2M_MASK_SPANS_MAX && spans[count - 1].rule == T2M_MASK_OVERFLOW
           && spans[count - 1].end == sizeof(text);
}

static int finds_key(const t2m_mask_t *mask, const t2m_mask_name_t *name)
{
    char text[SAMPLE_MAX], masked[SAMPLE_MAX];

    (void)snprintf(text, sizeof(text), "%s=sample", name->text);
    (void)snprintf(masked, sizeof(masked), "%s=[REDACTED]", name->text);
    return masks(mask, T2M_CONTENT_QUERY, text, masked);
}

static int finds_header(const t2m_mask_t *mask, const t2m_mask_name_t *name)
{
    char text[SAMPLE_MAX], masked[SAMPLE_MAX];

    (void)snprintf(text, sizeof(text), "%s: some sample", name->text);
    (void)snprintf(masked, sizeof(masked), "%s: [REDACTED]", name->text);
    return t2m_mask_is_header(mask, name->text)
           && masks(mask, T2M_CONTENT_MESSAGE, text, masked);
}

const char *t2m_mask_self_test(const t2m_mask_t *mask)
{
    unsigned i;
    int n;

    if (mask->off) {
        return NULL;
    }
    for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
        if (!masks(mask, samples[i].content, samples[i].text, samples[i].masked)) {
            return t2m_mask_rule_name(samples[i].rule);
        }
    }
    if (!finds_overflow(mask)) {
        return t2m_mask_rule_name(T2M_MASK_OVERFLOW);
    }
    for (n = 0; n < mask->keys->nelts; n++) {
        if (!finds_key(mask, &APR_ARRAY_IDX(mask->keys, n, t2m_mask_name_t))) {
            return APR_ARRAY_IDX(mask->keys, n, t2m_mask_name_t).text;
        }
    }
    for (n = 0; n < mask->headers->nelts; n++) {
        if (!finds_header(mask, &APR_ARRAY_IDX(mask->headers, n, t2m_mask_name_t))) {
            return APR_ARRAY_IDX(mask->headers, n, t2m_mask_name_t).text;
        }
    }
    return NULL;
}
