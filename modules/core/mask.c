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

/* The policy, the search as a whole, and the copy with its replacements. */
#include "core/mask.h"

#include <apr_lib.h>

#include "core/mask_internal.h"

enum {
    NAME_MAX_BYTES = 64,
    SEARCH_MAX = 64 * 1024,
    /* A longer text is cut here, so that it stays below the limit when replacements are longer
     * than what they stand for: masking twice must change nothing. */
    SEARCH_CUT = 60 * 1024,
    CUT_BACK_MAX = 1024 /* bytes to go back for a blank, lest a secret is cut in two */
};

static const char opening[] = "[REDACTED";

static const char *const rule_names[T2M_MASK_RULE_COUNT] = {
    [T2M_MASK_KEY] = "key",
    [T2M_MASK_HEADER] = "header",
    [T2M_MASK_SCHEME] = "authorization",
    [T2M_MASK_JWT] = "jwt",
    [T2M_MASK_PEM] = "pem",
    [T2M_MASK_USERINFO] = "userinfo",
    [T2M_MASK_TOKEN] = "token",
    [T2M_MASK_CARD] = "card",
    [T2M_MASK_SSN] = "ssn",
    [T2M_MASK_IBAN] = "iban",
    [T2M_MASK_EMAIL] = "email",
    [T2M_MASK_PATH_SECRET] = "path",
    [T2M_MASK_OVERFLOW] = "overflow",
};

t2m_mask_t *t2m_mask_create(apr_pool_t *pool)
{
    t2m_mask_t *mask = apr_pcalloc(pool, sizeof(*mask));

    mask->keys = apr_array_make(pool, 4, sizeof(t2m_mask_name_t));
    mask->headers = apr_array_make(pool, 4, sizeof(t2m_mask_name_t));
    t2m_mask_keys_init(mask);
    return mask;
}

t2m_mask_t *t2m_mask_create_off(apr_pool_t *pool)
{
    t2m_mask_t *mask = t2m_mask_create(pool);

    mask->off = 1;
    return mask;
}

static const char *check_name(const char *name)
{
    const char *letter;
    int letters = 0;

    if (!name || !*name) {
        return "the name is empty";
    }
    for (letter = name; *letter; letter++) {
        if (letter - name >= NAME_MAX_BYTES) {
            return "the name is longer than 64 bytes";
        }
        if (!apr_isalnum(*letter) && !strchr("_.-", *letter)) {
            return "a name has letters, digits, `_`, `.` and `-` only";
        }
        letters |= apr_isalnum(*letter);
    }
    return letters ? NULL : "the name has no letter or digit";
}

/* Segments as the splitter counts them, at most. */
static unsigned count_segments(const char *name)
{
    unsigned segments = 0;
    int fresh = 1;

    for (; *name; name++) {
        int alnum = apr_isalnum(*name) != 0;

        segments += alnum && (fresh || apr_isupper(*name));
        fresh = !alnum;
    }
    return segments < 32 ? segments : 32;
}

static void add_key(t2m_mask_t *mask, const t2m_mask_name_t *name, unsigned segments)
{
    APR_ARRAY_PUSH(mask->keys, t2m_mask_name_t) = *name;
    t2m_mask_keys_note(mask, name);
    if (segments > mask->segments_max) {
        mask->segments_max = segments;
    }
}

const char *t2m_mask_add_key(t2m_mask_t *mask, const char *name)
{
    const char *refused = check_name(name), *letter;
    t2m_mask_name_t key;

    if (refused) {
        return refused;
    }
    memset(&key, 0, sizeof(key));
    for (letter = name; *letter; letter++) {
        if (apr_isalnum(*letter)) {
            key.text[key.size++] = (char)apr_tolower(*letter);
        }
    }
    add_key(mask, &key, count_segments(name));
    return NULL;
}

const char *t2m_mask_add_header(t2m_mask_t *mask, const char *name)
{
    const char *refused = check_name(name), *letter;
    t2m_mask_name_t header;

    if (refused) {
        return refused;
    }
    memset(&header, 0, sizeof(header));
    for (letter = name; *letter; letter++) {
        header.text[header.size++] = *letter == '_' ? '-' : (char)apr_tolower(*letter);
    }
    APR_ARRAY_PUSH(mask->headers, t2m_mask_name_t) = header;
    return NULL;
}

t2m_mask_t *t2m_mask_merge(apr_pool_t *pool, const t2m_mask_t *base, const t2m_mask_t *more)
{
    t2m_mask_t *mask = t2m_mask_create(pool);
    unsigned i;

    mask->off = more->off;
    apr_array_cat(mask->keys, base->keys);
    apr_array_cat(mask->keys, more->keys);
    apr_array_cat(mask->headers, base->headers);
    apr_array_cat(mask->headers, more->headers);
    for (i = 0; i < sizeof(mask->key_sizes) / sizeof(mask->key_sizes[0]); i++) {
        mask->key_sizes[i] = base->key_sizes[i] | more->key_sizes[i];
    }
    for (i = 0; i < sizeof(mask->beginnings) / sizeof(mask->beginnings[0]); i++) {
        mask->beginnings[i] = base->beginnings[i] | more->beginnings[i];
    }
    mask->segments_max = base->segments_max > more->segments_max ? base->segments_max
                                                                 : more->segments_max;
    return mask;
}

/* What is to be known of a name; 0 when nothing is, nonzero also when it is too long to say. */
static int ask_name(const t2m_mask_t *mask, const char *name,
                    int (*ask)(const t2m_mask_t *mask, const t2m_mask_view_t *view))
{
    t2m_text_t text = t2m_text(name);
    t2m_mask_view_t view;

    if (mask->off || text.size > SEARCH_MAX) {
        return !mask->off;
    }
    view.data = (const unsigned char *)text.data;
    view.end = (apr_uint32_t)text.size;
    view.decode = 0;
    return ask(mask, &view);
}

static int is_header(const t2m_mask_t *mask, const t2m_mask_view_t *view)
{
    return t2m_mask_header(mask, view, 0, view->end) != T2M_MASK_HEADER_NO
           || t2m_mask_key(mask, view, 0, view->end) & T2M_MASK_KEY_IN_HEADER;
}

/* Keys that need a companion are parameters of a query and no more. */
static int is_member(const t2m_mask_t *mask, const t2m_mask_view_t *view)
{
    const unsigned secret = T2M_MASK_KEY_ANY & ~(T2M_MASK_KEY_CODE | T2M_MASK_KEY_VERSION);

    return t2m_mask_key(mask, view, 0, view->end) & secret
           || t2m_mask_header(mask, view, 0, view->end) != T2M_MASK_HEADER_NO;
}

int t2m_mask_is_header(const t2m_mask_t *mask, const char *name)
{
    return ask_name(mask, name, is_header);
}

int t2m_mask_is_member(const t2m_mask_t *mask, const char *name)
{
    return ask_name(mask, name, is_member);
}

/* Where the name of a rule that stands in a replacement ends; 0 for none. */
static apr_uint32_t match_rule(const unsigned char *data, apr_uint32_t at, apr_uint32_t end)
{
    unsigned rule, i;

    for (rule = 0; rule < T2M_MASK_RULE_COUNT; rule++) {
        apr_uint32_t size = (apr_uint32_t)strlen(rule_names[rule]);

        if (end - at <= size || memcmp(data + at, rule_names[rule], size)) {
            continue;
        }
        if (rule != T2M_MASK_CARD) {
            return at + size;
        }
        at += size;
        if (end - at < 5 || data[at] != '-') {
            return 0;
        }
        for (i = 1; i < 5; i++) {
            if (!apr_isdigit(data[at + i])) {
                return 0;
            }
        }
        return at + 5;
    }
    return 0;
}

apr_uint32_t t2m_mask_marker(const unsigned char *data, apr_uint32_t at, apr_uint32_t end)
{
    const apr_uint32_t size = sizeof(opening) - 1;

    if (end - at <= size || memcmp(data + at, opening, size)) {
        return 0;
    }
    at += size;
    if (data[at] == ':') {
        at = match_rule(data, at + 1, end);
    }
    return at && at < end && data[at] == ']' ? at + 1 : 0;
}

static int is_masked(const unsigned char *data, apr_uint32_t at, apr_uint32_t end)
{
    while (at && at < end) {
        at = t2m_mask_marker(data, at, end);
    }
    return at == end;
}

void t2m_mask_emit(t2m_mask_scan_t *scan, const t2m_mask_find_t *found)
{
    t2m_mask_span_t *span;

    if (scan->full || found->start >= found->end
        || is_masked(scan->view.data, found->start, found->end)) {
        return;
    }
    if (scan->count == T2M_MASK_SPANS_MAX) {
        span = &scan->spans[scan->count - 1];
        span->end = scan->size;
        span->rule = T2M_MASK_OVERFLOW;
        scan->full = 1;
        return;
    }
    span = &scan->spans[scan->count++];
    span->start = found->start;
    span->end = found->end;
    span->rule = (apr_byte_t)found->rule;
    memset(span->last4, '0', sizeof(span->last4));
    if (found->rule == T2M_MASK_CARD) {
        memcpy(span->last4, found->last4, sizeof(span->last4));
    }
}

/* What the contents are searched for; queries, and cookies, say so themselves. */
static const unsigned finds[] = {
    [T2M_CONTENT_NAME] = 0,
    [T2M_CONTENT_MESSAGE] = T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS | T2M_MASK_FIND_EMAIL,
    [T2M_CONTENT_PATH] = T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS | T2M_MASK_FIND_WHOLE_PATH,
    [T2M_CONTENT_QUERY] = T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS,
    [T2M_CONTENT_URL] = T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS | T2M_MASK_FIND_WHOLE_PATH,
    [T2M_CONTENT_COOKIE] = 0
};

/* Each content has its way of being searched. */
static void search(t2m_mask_scan_t *scan, t2m_content_e content)
{
    if (content == T2M_CONTENT_COOKIE) {
        t2m_mask_scan_cookie(scan);
    }
    else if (content == T2M_CONTENT_URL) {
        t2m_mask_scan_url(scan);
    }
    else if (content == T2M_CONTENT_QUERY && scan->view.data[0] != '{') {
        t2m_mask_scan_query(scan, 0, scan->size);
    }
    else if (t2m_mask_suspicious(&scan->view, scan->find)) { /* a body of JSON, too */
        t2m_mask_scan_text(scan, 0);
    }
}

/* Where a text that is too long is cut: at the last blank, else on a character boundary. */
static apr_uint32_t cut_position(const unsigned char *data)
{
    apr_uint32_t at;

    for (at = SEARCH_CUT; at > SEARCH_CUT - CUT_BACK_MAX; at--) {
        if (t2m_mask_is(data[at - 1], T2M_MASK_BLANK)) {
            return at;
        }
    }
    while (at > 0 && (data[at] & 0xC0) == 0x80) {
        at--;
    }
    return at;
}

/* The rest from `from` on goes, with the last span if there is no room for one more. */
static void mask_rest(t2m_mask_scan_t *scan, apr_uint32_t from, apr_size_t size)
{
    apr_uint32_t end = size < APR_UINT32_MAX ? (apr_uint32_t)size : APR_UINT32_MAX;

    if (scan->count == T2M_MASK_SPANS_MAX) {
        scan->count--;
        from = scan->spans[scan->count].start;
    }
    scan->spans[scan->count].start = from;
    scan->spans[scan->count].end = end;
    scan->spans[scan->count].rule = T2M_MASK_OVERFLOW;
    scan->count++;
}

/* Apart, so that the many texts that need no search pay nothing for its variables. */
static __attribute__((noinline)) apr_size_t find(const t2m_mask_t *mask, t2m_content_e content,
                                                 t2m_text_t text, t2m_mask_span_t *spans)
{
    t2m_mask_scan_t scan;

    memset(&scan, 0, sizeof(scan));
    scan.mask = mask;
    scan.spans = spans;
    scan.has_state = scan.has_signature = -1;
    scan.find = finds[content];
    scan.view.data = (const unsigned char *)text.data;
    scan.view.decode = T2M_MASK_PERCENT | T2M_MASK_ESCAPE;
    scan.size = text.size > SEARCH_MAX ? cut_position(scan.view.data) : (apr_uint32_t)text.size;
    scan.view.end = scan.size;
    search(&scan, content);
    if (text.size > scan.size) {
        mask_rest(&scan, scan.size, text.size);
    }
    return scan.count;
}

apr_size_t t2m_mask_find(const t2m_mask_t *mask, t2m_content_e content, t2m_text_t text,
                         t2m_mask_span_t *spans)
{
    if (mask->off || content == T2M_CONTENT_SAFE || !text.size) {
        return 0;
    }
    if (text.size <= T2M_MASK_TRIFLE_MAX
        && (content == T2M_CONTENT_NAME || content == T2M_CONTENT_PATH)
        && t2m_mask_is_trifle((const unsigned char *)text.data, text.size,
                              content == T2M_CONTENT_PATH)) {
        return 0;
    }
    if (text.size <= SEARCH_MAX && (content == T2M_CONTENT_NAME || content == T2M_CONTENT_PATH)) {
        t2m_mask_view_t view = { (const unsigned char *)text.data, (apr_uint32_t)text.size,
                                 T2M_MASK_PERCENT | T2M_MASK_ESCAPE };

        if (!t2m_mask_suspicious(&view, finds[content])) {
            return 0;
        }
    }
    return find(mask, content, text, spans);
}

apr_size_t t2m_mask_replacement(const t2m_mask_span_t *span, char *out)
{
    apr_size_t size = sizeof(opening) - 1, name;

    memcpy(out, opening, size);
    if (span->rule != T2M_MASK_KEY && span->rule != T2M_MASK_HEADER) {
        name = strlen(rule_names[span->rule]);
        out[size++] = ':';
        memcpy(out + size, rule_names[span->rule], name);
        size += name;
    }
    if (span->rule == T2M_MASK_CARD) {
        out[size++] = '-';
        memcpy(out + size, span->last4, sizeof(span->last4));
        size += sizeof(span->last4);
    }
    out[size++] = ']';
    return size;
}

/* The bytes of [data, data + size) that fit into room without cutting a character in two. */
static apr_size_t fitting(const char *data, apr_size_t size, apr_size_t room)
{
    apr_size_t at = room, back = 0;

    if (size <= room) {
        return size;
    }
    while (at > 0 && back < 3 && ((unsigned char)data[at] & 0xC0) == 0x80) {
        at--;
        back++;
    }
    return ((unsigned char)data[at] & 0xC0) == 0x80 ? room : at; /* else it is no UTF-8 */
}

apr_size_t t2m_mask_copy(const t2m_mask_t *mask, t2m_content_e content, t2m_text_t text,
                         char *out, apr_size_t room, int *cut)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    apr_size_t count = t2m_mask_find(mask, content, text, spans), used = 0, at = 0, i;

    *cut = 0;
    if (!count && text.size <= room) {
        if (text.size) {
            memcpy(out, text.data, text.size);
        }
        return text.size;
    }
    for (i = 0; i <= count && !*cut; i++) {
        apr_size_t stop = i < count ? spans[i].start : text.size;
        apr_size_t copied = fitting(text.data + at, stop - at, room - used);

        if (copied) {
            memcpy(out + used, text.data + at, copied);
        }
        used += copied;
        *cut = copied < stop - at;
        if (i < count && !*cut) {
            char replacement[T2M_MASK_REPLACEMENT_MAX];
            apr_size_t size = t2m_mask_replacement(&spans[i], replacement);

            *cut = size > room - used; /* a replacement stands whole or not at all */
            if (!*cut) {
                memcpy(out + used, replacement, size);
                used += size;
            }
            at = spans[i].rule == T2M_MASK_OVERFLOW ? text.size : spans[i].end;
        }
    }
    return used;
}

const char *t2m_mask_rule_name(t2m_mask_rule_e rule)
{
    return (unsigned)rule < T2M_MASK_RULE_COUNT ? rule_names[rule] : "unknown";
}
