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

/* Secrets that are known by their form wherever they stand: credentials behind an authentication
 * scheme, JSON web tokens, PEM blocks, tokens with a maker's prefix, userinfo of a URL, e-mail
 * addresses. Each form is tried only where a word begins and looks a bounded way ahead, or at
 * bytes that no other attempt looks at again: the search stays linear.
 */
#include "core/mask_internal.h"

enum {
    SCHEME_BLANKS_MAX = 8,
    CREDENTIAL_MIN = 6,
    CREDENTIAL_CAPITALS_MIN = 3,
    PEM_LABEL_MAX = 64,
    JWT_HEADER_MIN = 8,  /* letters before the first dot: `{"alg":…` needs more */
    JWT_PAYLOAD_MIN = 4,
    USER_ALONE_MIN = 20  /* userinfo without a password is a token when it is that long */
};

#define ALNUM T2M_MASK_ALNUM

typedef struct {
    const char *prefix;
    apr_byte_t least;   /* units of the class that must follow */
    apr_byte_t classes;
    const char *also;   /* characters beside the classes */
} known_token_t;

static const known_token_t known_tokens[] = {
    { "AKIA", 16, T2M_MASK_UPPER | T2M_MASK_DIGIT, "" },
    { "ASIA", 16, T2M_MASK_UPPER | T2M_MASK_DIGIT, "" },
    { "AIza", 30, ALNUM, "_-" },
    { "SG.", 16, ALNUM, "_-." },
    { "dckr_pat_", 16, ALNUM, "_-" },
    { "dop_v1_", 32, ALNUM, "" },
    { "ghp_", 16, ALNUM, "" },
    { "gho_", 16, ALNUM, "" },
    { "ghu_", 16, ALNUM, "" },
    { "ghs_", 16, ALNUM, "" },
    { "ghr_", 16, ALNUM, "" },
    { "github_pat_", 16, ALNUM, "_" },
    { "glpat-", 10, ALNUM, "_-." },
    { "hf_", 30, ALNUM, "" },
    { "hvs.", 20, ALNUM, "_-" },
    { "npm_", 20, ALNUM, "" },
    { "pypi-", 50, ALNUM, "_-" },
    { "rk_live_", 8, ALNUM, "" },
    { "rk_test_", 8, ALNUM, "" },
    { "shpat_", 32, ALNUM, "" },
    { "shpss_", 32, ALNUM, "" },
    { "sk-ant-", 16, ALNUM, "_-" },
    { "sk-proj-", 16, ALNUM, "_-" },
    { "sk_live_", 8, ALNUM, "" },
    { "sk_test_", 8, ALNUM, "" },
    { "whsec_", 16, ALNUM, "+/=" },
    { "xapp-", 8, ALNUM, "-" },
    { "xoxa-", 8, ALNUM, "-" },
    { "xoxb-", 8, ALNUM, "-" },
    { "xoxe-", 8, ALNUM, "-" },
    { "xoxp-", 8, ALNUM, "-" },
    { "xoxr-", 8, ALNUM, "-" },
    { "xoxs-", 8, ALNUM, "-" },
    { "ya29.", 10, ALNUM, "_-" },
    { NULL, 0, 0, NULL }
};

static int set_find(t2m_mask_find_t *found, apr_uint32_t start, apr_uint32_t end,
                    t2m_mask_rule_e rule)
{
    found->start = start;
    found->end = found->resume = end;
    found->rule = rule;
    return 1;
}

int t2m_mask_token(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    unsigned first = t2m_mask_peek(view, at, NULL);
    const known_token_t *known;

    for (known = known_tokens; known->prefix; known++) {
        apr_uint32_t behind, end;
        unsigned units = 0, unit;

        if ((unsigned char)known->prefix[0] != first
            || !(behind = t2m_mask_match(view, at, known->prefix, 0))) {
            continue;
        }
        for (end = behind; units < known->least; units++) {
            unit = t2m_mask_peek(view, end, &end);
            if (!t2m_mask_is(unit, known->classes) && (!unit || !strchr(known->also, (int)unit))) {
                break;
            }
        }
        if (units == known->least) {
            end = t2m_mask_run(view, end, ALNUM, known->also);
            if (t2m_mask_peek(view, end, NULL) == '=') { /* lest the value of a key stays alone */
                end = t2m_mask_run(view, end, ALNUM, "-._~+/=");
            }
            return set_find(found, at, end, T2M_MASK_TOKEN);
        }
    }
    return 0;
}

/* Two parts and more of base64url with dots between. */
static int find_jwt(t2m_mask_scan_t *scan, apr_uint32_t at, t2m_mask_find_t *found)
{
    const t2m_mask_view_t *view = &scan->view;
    apr_uint32_t header, payload, dot;

    if (at < scan->no_jwt_before || !t2m_mask_match(view, at, "eyJ", 0)) {
        return 0;
    }
    header = t2m_mask_run(view, at, ALNUM, "-_=");
    if (t2m_mask_peek(view, header, &dot) == '.') {
        payload = t2m_mask_run(view, dot, ALNUM, "-_=");
        if (header - at >= JWT_HEADER_MIN && payload - dot >= JWT_PAYLOAD_MIN) {
            return set_find(found, at, t2m_mask_run(view, payload, ALNUM, "-_=."), T2M_MASK_JWT);
        }
    }
    scan->no_jwt_before = header; /* all that begins within ends where this does */
    return 0;
}

/* From `-----BEGIN X-----` to behind `-----END X-----`, or the end: then it was cut. */
static int find_pem(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    apr_uint32_t end = t2m_mask_match(view, at, "-----BEGIN ", 0), next;
    unsigned label = 0;

    if (!end) {
        return 0;
    }
    while (label < PEM_LABEL_MAX
           && t2m_mask_is(t2m_mask_peek(view, end, &next),
                          T2M_MASK_UPPER | T2M_MASK_DIGIT | T2M_MASK_BLANK)) {
        label++;
        end = next;
    }
    end = t2m_mask_match(view, end, "-----", 0);
    if (!end) {
        return 0;
    }
    while (end < view->end) {
        next = t2m_mask_match(view, end, "-----END ", 0);
        if (next) {
            next = t2m_mask_run(view, next, T2M_MASK_UPPER | T2M_MASK_DIGIT, " ");
            end = t2m_mask_run(view, next, 0, "-");
            break;
        }
        (void)t2m_mask_unit(view, end, &end); /* only its size counts */
    }
    return set_find(found, at, end, T2M_MASK_PEM);
}

/* English puts words behind the name of a scheme, too: basic HTTP, token expired. A credential
 * has a digit, several capitals among small letters, or base64's padding. */
static int is_credential(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t end)
{
    unsigned size = 0, digits = 0, capitals = 0, smalls = 0, padding = 0;

    for (; at < end; size++) {
        unsigned unit = t2m_mask_unit(view, at, &at);

        digits += t2m_mask_is(unit, T2M_MASK_DIGIT) != 0;
        smalls += t2m_mask_is(unit, T2M_MASK_LOWER) != 0;
        capitals += size > 0 && t2m_mask_is(unit, T2M_MASK_UPPER);
        padding += unit == '=';
    }
    return size >= CREDENTIAL_MIN
           && (digits || padding || (smalls && capitals >= CREDENTIAL_CAPITALS_MIN));
}

/* Nobody but a Bearer bears one word, unless it is one of these. */
static int is_bearer_prose(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t end)
{
    static const char *const words[] = {
        "and", "auth", "authentication", "authorization", "credentials", "error", "expected",
        "for", "format", "from", "has", "header", "in", "invalid", "is", "missing", "must", "not",
        "of", "or", "realm", "required", "scheme", "shall", "that", "the", "to", "token", "tokens",
        "type", "was", "will", "with", NULL
    };
    const char *const *word;

    for (word = words; *word; word++) {
        if (t2m_mask_match(view, at, *word, 1) == end) {
            return 1;
        }
    }
    return 0;
}

typedef enum { SCHEME_BEARER, SCHEME_TOKEN, SCHEME_DIGEST } scheme_e;

static apr_uint32_t match_scheme(const t2m_mask_view_t *view, apr_uint32_t at, scheme_e *scheme)
{
    static const struct {
        const char *name;
        scheme_e scheme;
    } schemes[] = { { "bearer", SCHEME_BEARER }, { "basic", SCHEME_TOKEN },
                    { "digest", SCHEME_DIGEST }, { "negotiate", SCHEME_TOKEN },
                    { "ntlm", SCHEME_TOKEN },    { "token", SCHEME_TOKEN } };
    unsigned i;

    for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
        apr_uint32_t end = t2m_mask_match(view, at, schemes[i].name, 1);

        if (end) {
            *scheme = schemes[i].scheme;
            return end;
        }
    }
    return 0;
}

/* `username="…", realm=…`: the rest of the line. */
static int find_digest(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    apr_uint32_t name = t2m_mask_run(view, at, ALNUM, "-");

    if (name == at || t2m_mask_peek(view, name, NULL) != '=') {
        return 0;
    }
    t2m_mask_line(view, at, 0, found);
    found->rule = T2M_MASK_SCHEME;
    return 1;
}

int t2m_mask_scheme(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    scheme_e scheme = SCHEME_TOKEN;
    unsigned blanks = 0;
    apr_uint32_t start = match_scheme(view, at, &scheme), next, end;

    if (!start) {
        return 0;
    }
    while (blanks < SCHEME_BLANKS_MAX && t2m_mask_peek(view, start, &next) == ' ') {
        blanks++;
        start = next;
    }
    if (!blanks) {
        return 0;
    }
    if (scheme == SCHEME_DIGEST) {
        return find_digest(view, start, found);
    }
    end = t2m_mask_run(view, start, ALNUM, "-._~+/=");
    if (!t2m_mask_is(t2m_mask_peek(view, start, NULL), ALNUM)
        || t2m_mask_peek(view, end, NULL) == ':' || t2m_mask_marker(view->data, end, view->end)) {
        return 0; /* it is a key, maybe with its value replaced */
    }
    if (scheme == SCHEME_BEARER ? is_bearer_prose(view, start, end)
                                : !is_credential(view, start, end)) {
        return 0;
    }
    return set_find(found, start, end, T2M_MASK_SCHEME);
}

int t2m_mask_form(t2m_mask_scan_t *scan, apr_uint32_t at, unsigned previous, unsigned earlier,
                  t2m_mask_find_t *found)
{
    const t2m_mask_view_t *view = &scan->view;
    unsigned unit = t2m_mask_peek(view, at, NULL);

    if (t2m_mask_is(unit, T2M_MASK_DIGIT)) {
        return t2m_mask_number(view, at, previous, earlier, found);
    }
    switch (t2m_mask_lower(unit)) {
    case '-':
        return previous != '-' && find_pem(view, at, found);
    case 'e':
        if (find_jwt(scan, at, found)) {
            return 1;
        }
        break;
    case 'b':
    case 'd':
    case 'n':
    case 't':
        if (t2m_mask_scheme(view, at, found)) {
            return 1;
        }
        break;
    default:
        break;
    }
    return t2m_mask_token(view, at, found) || t2m_mask_iban(view, at, found);
}

int t2m_mask_userinfo(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    apr_uint32_t end = at, last_at = 0;
    int colon = 0;

    while (end < view->end) {
        apr_uint32_t next;
        unsigned unit = t2m_mask_unit(view, end, &next);

        if (t2m_mask_is(unit, T2M_MASK_BLANK | T2M_MASK_QUOTE) || strchr("/?#<>\\", (int)unit)) {
            break;
        }
        if (unit == '[' && t2m_mask_marker(view->data, end, view->end)) {
            return 0; /* what was here has been replaced already */
        }
        colon |= unit == ':' && !last_at;
        if (unit == '@') {
            last_at = end;
        }
        end = next;
    }
    return last_at > at && (colon || last_at - at >= USER_ALONE_MIN)
           && set_find(found, at, last_at, T2M_MASK_USERINFO);
}

static int is_file_type(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t end)
{
    static const char *const types[] = { "avif", "css", "gif", "ico", "jpeg", "jpg", "js", "json",
                                         "mjs", "png", "svg", "ts", "webp", NULL };
    const char *const *type;

    for (type = types; *type; type++) {
        if (t2m_mask_match(view, at, *type, 1) == end) {
            return 1;
        }
    }
    return 0;
}

int t2m_mask_email(const t2m_mask_view_t *view, apr_uint32_t local, apr_uint32_t at,
                   t2m_mask_find_t *found)
{
    apr_uint32_t next, label, dot = 0;
    int letters_only = 1;
    unsigned unit;

    (void)t2m_mask_unit(view, at, &at); /* the @ */
    label = at;
    for (;; at = next) {
        unit = t2m_mask_peek(view, at, &next);
        if (unit == '.' && at > label
            && t2m_mask_is(t2m_mask_peek(view, next, NULL), ALNUM | T2M_MASK_HIGH)) {
            dot = label = next;
            letters_only = 1;
        }
        else if (!t2m_mask_is(unit, ALNUM | T2M_MASK_HIGH) && unit != '-') {
            break;
        }
        else {
            letters_only &= !t2m_mask_is(unit, T2M_MASK_DIGIT);
        }
    }
    if (!dot || !letters_only || at - label < 2 || is_file_type(view, label, at)) {
        return 0; /* root@localhost, ada@10.0.0.5, icon@2x.png */
    }
    if (t2m_mask_marker(view->data, unit == '.' ? next : at, view->end)) {
        return 0; /* the host's name went on where the replacement stands */
    }
    return set_find(found, local, at, T2M_MASK_EMAIL);
}
