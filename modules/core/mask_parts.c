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

/* Texts with a grammar of their own: queries, URLs, cookies. And the first look at any text, one
 * pass over a table of classes, that spares most of them a deeper one.
 */
#include "core/mask_internal.h"

enum {
    RUN_MIN = 15,    /* the shortest token or IBAN, written in one piece */
    TELLING_MIN = 4, /* capitals and digits in such a run, or a `_`; most words have fewer */
    DIGITS_MIN = 9   /* of the shortest number, an SSN, its dashes not counted */
};

static int is_pair(const unsigned char *data, const char *pair)
{
    return (data[0] | 0x20) == (unsigned char)pair[0]
           && (data[1] | 0x20) == (unsigned char)pair[1];
}

/* By the last letters of bearer, basic, digest, negotiate, ntlm and token. */
static int ends_scheme(const unsigned char *data, apr_uint32_t blank)
{
    if (blank < 3) {
        return 0;
    }
    data += blank - 3;
    switch (data[2] | 0x20) {
    case 'r':
        return is_pair(data, "re");
    case 'c':
        return is_pair(data, "si");
    case 't':
        return is_pair(data, "es");
    case 'e':
        return is_pair(data, "at");
    case 'm':
        return is_pair(data, "tl");
    case 'n':
        return is_pair(data, "ke");
    default:
        return 0;
    }
}

/* By the first letters of reset, token, invite, magic and password-reset. */
static int begins_secret_word(const t2m_mask_view_t *view, apr_uint32_t at)
{
    const unsigned char *data = view->data + at;

    if (view->end - at < 3) {
        return 0;
    }
    switch (data[0] | 0x20) {
    case 'r':
        return is_pair(data + 1, "es");
    case 't':
        return is_pair(data + 1, "ok");
    case 'i':
        return is_pair(data + 1, "nv");
    case 'm':
        return is_pair(data + 1, "ag");
    case 'p':
        return is_pair(data + 1, "as");
    default:
        return 0;
    }
}

/* By the last letters of glpat-, xoxb-, xapp-, sk-ant-, sk-proj-, pypi-, SG., hvs. and ya29., of
 * AIza and of a JWT's beginning. at is behind them. */
static int ends_prefix(const unsigned char *data, apr_uint32_t at, unsigned byte)
{
    static const char *const before_hyphen[] = { "at", "pp", "nt", "oj", "pi", NULL };
    static const char *const before_dot[] = { "sg", "vs", "29", NULL };
    const char *const *pair = byte == '-' ? before_hyphen : before_dot;

    if (at < 3) {
        return 0;
    }
    if (byte == 'J' || byte == 'z') {
        return byte == 'J' ? !memcmp(data + at - 3, "eyJ", 3) : data[at - 2] == 'I';
    }
    for (; *pair; pair++) {
        if (is_pair(data + at - 3, *pair)) {
            return 1;
        }
    }
    return byte == '-' && at > 3 && is_pair(data + at - 4, "ox");
}

/* Bytes of words that the ends of well-known prefixes are among. */
static int may_end_prefix(unsigned byte)
{
    return byte == 'J' || byte == 'z' || byte == '-' || byte == '.';
}

/* A byte that is neither letter nor digit. */
static int is_trigger(const t2m_mask_view_t *view, apr_uint32_t at, unsigned find)
{
    apr_uint32_t next = at + 1;

    switch (view->data[at]) {
    case '%':
    case '\\':
    case 0xEF:
        return 1;
    case '+':
        return view->decode & T2M_MASK_PLUS && ends_scheme(view->data, at);
    case ' ':
        return ends_scheme(view->data, at);
    case '-':
        return next < view->end && view->data[next] == '-';
    case ':':
        return find & T2M_MASK_FIND_KEYS || (next < view->end && view->data[next] == '/');
    case '=':
        return find & T2M_MASK_FIND_KEYS && !(view->decode & T2M_MASK_PLUS);
    case '@':
        return find & T2M_MASK_FIND_EMAIL;
    case '/':
        return find & T2M_MASK_FIND_PATH_WORDS && begins_secret_word(view, next);
    default:
        return 0;
    }
}

int t2m_mask_suspicious(const t2m_mask_view_t *view, unsigned find)
{
    unsigned run = 0, digits = 0, telling = 0;
    apr_uint32_t at = 0;

    if (find & T2M_MASK_FIND_WHOLE_PATH && begins_secret_word(view, 0)) {
        return 1; /* a path without a leading slash */
    }
    for (; at < view->end; at++) {
        unsigned byte = view->data[at], class = t2m_mask_class[byte];

        if (class & (T2M_MASK_ALNUM | T2M_MASK_MARK)) {
            run++;
            telling += class & (T2M_MASK_DIGIT | T2M_MASK_UPPER) ? 1
                       : byte == '_' ? (unsigned)TELLING_MIN : 0;
            if ((run >= RUN_MIN && telling >= TELLING_MIN)
                || (may_end_prefix(byte) && ends_prefix(view->data, at + 1, byte))) {
                return 1;
            }
        }
        else {
            run = telling = 0;
        }
        if (class & T2M_MASK_DIGIT) {
            if (++digits >= DIGITS_MIN) {
                return 1;
            }
        }
        else {
            digits = byte == ' ' || byte == '-' || byte == '+' ? digits : 0;
            if (!(class & T2M_MASK_ALNUM) && is_trigger(view, at, find)) {
                return 1;
            }
        }
    }
    return 0;
}

/* Whether a parameter called name, with its `=`, stands in the text. */
static int has_parameter(const t2m_mask_scan_t *scan, const char *name)
{
    t2m_mask_view_t view = scan->view;
    apr_uint32_t at = 0;
    unsigned before = '&';

    view.end = scan->size;
    while (at < view.end) {
        if (before && strchr("?&;#", (int)before) && t2m_mask_match(&view, at, name, 1)) {
            return 1;
        }
        before = t2m_mask_unit(&view, at, &at);
    }
    return 0;
}

int t2m_mask_lacks_companion(t2m_mask_scan_t *scan, unsigned key)
{
    signed char *known = key & T2M_MASK_KEY_CODE ? &scan->has_state : &scan->has_signature;

    if (*known < 0) {
        *known = (signed char)has_parameter(scan, key & T2M_MASK_KEY_CODE ? "state=" : "sig=");
    }
    return !*known;
}

/* The first of two bytes in [from, to), or to. */
static apr_uint32_t find_byte(const unsigned char *data, apr_uint32_t from, apr_uint32_t to,
                              int one, int other)
{
    while (from < to && data[from] != one && data[from] != other) {
        from++;
    }
    return from;
}

static int has_marker(const unsigned char *data, apr_uint32_t from, apr_uint32_t to)
{
    for (from = find_byte(data, from, to, '[', '['); from < to;
         from = find_byte(data, from + 1, to, '[', '[')) {
        if (t2m_mask_marker(data, from, to)) {
            return 1;
        }
    }
    return 0;
}

/* Where a masked parameter ends: a `;` with no parameter behind it belongs to the value. A
 * replacement stands for what may have been one. */
static apr_uint32_t parameter_end(const t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to)
{
    const unsigned char *data = scan->view.data;
    apr_uint32_t end = find_byte(data, from, to, '&', ';');

    while (end < to && data[end] == ';') {
        apr_uint32_t next = find_byte(data, end + 1, to, '&', ';');

        if (find_byte(data, end + 1, next, '=', '=') < next || has_marker(data, end + 1, next)) {
            break;
        }
        end = next;
    }
    return end;
}

/* The name's part behind a `?`, of a URL within the query or a route within the fragment. */
static apr_uint32_t name_start(const t2m_mask_view_t *view, apr_uint32_t from, apr_uint32_t to)
{
    apr_uint32_t at = from;

    while (at < to) {
        if (t2m_mask_unit(view, at, &at) == '?') {
            from = at;
        }
    }
    return from;
}

/* Not so when a replacement stands in the name: then the name once was a text with its own `=`. */
static int is_secret_name(t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to)
{
    t2m_mask_view_t view = scan->view;
    unsigned kinds;

    if (has_marker(view.data, from, to)) {
        return 0;
    }
    view.end = to;
    kinds = t2m_mask_key(scan->mask, &view, name_start(&view, from, to), to);
    if (kinds & (T2M_MASK_KEY_CODE | T2M_MASK_KEY_VERSION)) {
        return !t2m_mask_lacks_companion(scan, kinds);
    }
    return (kinds & T2M_MASK_KEY_ANY) != 0;
}

static void scan_part(t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to)
{
    apr_uint32_t end = scan->view.end;

    scan->view.end = to;
    t2m_mask_scan_text(scan, from);
    scan->view.end = end;
}

/* A name or value that holds more than one word, or a second `=`, may hold a key of its own. */
static int is_simple(const t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t name,
                     apr_uint32_t end)
{
    const unsigned char *data = scan->view.data;

    if (has_marker(data, from, name)) {
        return 0;
    }
    while (from < name
           && (t2m_mask_is(data[from], T2M_MASK_ALNUM | T2M_MASK_MARK) || data[from] == '['
               || data[from] == ']')) {
        from++;
    }
    return from == name && find_byte(data, name + 1, end, '=', '=') >= end;
}

/* One parameter; returns where it ends. */
static apr_uint32_t scan_parameter(t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to,
                                   int deep)
{
    const unsigned char *data = scan->view.data;
    apr_uint32_t end = find_byte(data, from, to, '&', ';');
    apr_uint32_t name = find_byte(data, from, end, '=', '=');

    if (name < end && is_secret_name(scan, from, name)) {
        t2m_mask_find_t found = { .start = name + 1, .rule = T2M_MASK_KEY };

        found.end = parameter_end(scan, end, to);
        t2m_mask_emit(scan, &found);
        return found.end;
    }
    if (deep || (name < end && !is_simple(scan, from, name, end))) {
        scan_part(scan, from, end);
    }
    return end;
}

void t2m_mask_scan_query(t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to)
{
    t2m_mask_view_t part = scan->view;
    int deep;

    part.data += from;
    part.end = to - from;
    part.decode = scan->view.decode = T2M_MASK_DECODE_ALL;
    scan->find = T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS;
    deep = t2m_mask_suspicious(&part, scan->find);
    while (from < to && !scan->full) {
        from = scan_parameter(scan, from, to, deep) + 1;
    }
}

void t2m_mask_scan_url(t2m_mask_scan_t *scan)
{
    const unsigned char *data = scan->view.data;
    apr_uint32_t fragment = find_byte(data, 0, scan->size, '#', '#');
    apr_uint32_t query = find_byte(data, 0, fragment, '?', '?');
    t2m_mask_view_t path = { data, query, scan->view.decode };

    if (t2m_mask_suspicious(&path, scan->find)) {
        scan_part(scan, 0, query);
    }
    if (query < fragment && !scan->full) {
        t2m_mask_scan_query(scan, query + 1, fragment);
    }
    if (fragment < scan->size && !scan->full) {
        t2m_mask_scan_query(scan, fragment + 1, scan->size);
    }
}

/* Words that a Set-Cookie has without a value. */
static int is_flag(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t end)
{
    return t2m_mask_match(view, at, "secure", 1) == end
           || t2m_mask_match(view, at, "httponly", 1) == end
           || t2m_mask_match(view, at, "partitioned", 1) == end;
}

void t2m_mask_scan_cookie(t2m_mask_scan_t *scan)
{
    const unsigned char *data = scan->view.data;
    apr_uint32_t from, end;

    for (from = 0; from < scan->size && !scan->full; from = end + 1) {
        t2m_mask_find_t found = { .rule = T2M_MASK_KEY };
        apr_uint32_t name;

        end = find_byte(data, from, scan->size, ';', ';');
        while (from < end && t2m_mask_is(data[from], T2M_MASK_BLANK)) {
            from++;
        }
        found.end = end;
        while (found.end > from && t2m_mask_is(data[found.end - 1], T2M_MASK_BLANK)) {
            found.end--;
        }
        name = find_byte(data, from, found.end, '=', '=');
        found.start = name < found.end ? name + 1 : from;
        if (name < found.end || !is_flag(&scan->view, from, found.end)) {
            t2m_mask_emit(scan, &found);
        }
    }
}
