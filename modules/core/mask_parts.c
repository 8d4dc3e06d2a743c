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

/* Texts with a grammar of their own: queries, URLs, cookies. */
#include "core/block.h"
#include "core/mask_internal.h"

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
static inline apr_uint32_t find_byte(const unsigned char *data, apr_uint32_t from, apr_uint32_t to,
                                     unsigned char one, unsigned char other)
{
    while (from < to) {
        apr_uint32_t left = to - from;
        t2m_block_t block = left < T2M_BLOCK_SIZE ? t2m_block_part(data + from, left)
                                                  : t2m_block_load(data + from);
        unsigned bits = t2m_block_bits(t2m_block_either(t2m_block_equal(block, one),
                                                        t2m_block_equal(block, other)));

        if (bits) {
            return from + (unsigned)__builtin_ctz(bits);
        }
        from = left < T2M_BLOCK_SIZE ? to : from + T2M_BLOCK_SIZE;
    }
    return to;
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

/* Nonzero when the name is neither a key nor holds more than one word. A name that is longer than
 * a block, or has bytes that no word has, is left to the rules. */
static int is_plain_name(const t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to)
{
    const unsigned char *name = scan->view.data + from;
    apr_uint32_t size = to - from;
    t2m_block_t block;
    unsigned alnums, marks, brackets, starts;

    if (size > T2M_BLOCK_SIZE) {
        return 0;
    }
    block = size < T2M_BLOCK_SIZE ? t2m_block_part(name, size) : t2m_block_load(name);
    alnums = t2m_block_bits(t2m_block_either(t2m_block_range(t2m_block_folded(block), 'a', 'z'),
                                             t2m_block_range(block, '0', '9')));
    marks = t2m_block_bits(t2m_block_either(t2m_block_range(block, '-', '.'),
                                            t2m_block_equal(block, '_')));
    brackets = t2m_block_bits(t2m_block_either(t2m_block_equal(block, '['),
                                               t2m_block_equal(block, ']')));
    if ((alnums | marks | brackets) != (1u << size) - 1
        || (brackets && has_marker(scan->view.data, from, to))) {
        return 0;
    }
    /* Where a segment may begin: see t2m_mask_key. */
    starts = alnums & (~(alnums << 1) | t2m_block_bits(t2m_block_range(block, 'A', 'Z')));
    for (; starts; starts &= starts - 1) {
        unsigned at = (unsigned)__builtin_ctz(starts);

        if (t2m_mask_may_begin_key(scan->mask, name + at, size - at)) {
            return 0;
        }
    }
    return 1;
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
    int is_plain = name < end && is_plain_name(scan, from, name);

    if (name < end && !is_plain && is_secret_name(scan, from, name)) {
        t2m_mask_find_t found = { .start = name + 1, .rule = T2M_MASK_KEY };

        found.end = parameter_end(scan, end, to);
        t2m_mask_emit(scan, &found);
        return found.end;
    }
    if (is_plain ? find_byte(data, name + 1, end, '=', '=') < end
                 : name < end && !is_simple(scan, from, name, end)) {
        scan_part(scan, from, end);
    }
    else if (deep) {
        t2m_mask_view_t part = { data + from, end - from, scan->view.decode };

        if (t2m_mask_suspicious(&part, scan->find)) {
            scan_part(scan, from, end);
        }
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

    scan->view.decode = 0;
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
