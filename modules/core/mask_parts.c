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

enum {
    WORD_BITS = 64,
    CHUNK_MAX = 512,     /* bytes of a query that are looked at together */
    DECODED_MAX = 2048,   /* of a parameter with codes that the first look says something of */
    NAME_MAX_CODED = 128  /* as above, of a name */
};

/* Up to 16 of the bytes that are left, zero bytes behind them. */
static inline t2m_block_t load(const unsigned char *data, apr_uint32_t left)
{
    return left < T2M_BLOCK_SIZE ? t2m_block_part(data, left) : t2m_block_load(data);
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
static inline apr_uint32_t find_byte(const unsigned char *data, apr_uint32_t from, apr_uint32_t to,
                                     unsigned char one, unsigned char other)
{
    while (from < to) {
        apr_uint32_t left = to - from;
        t2m_block_t block = load(data + from, left);
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

/* What is to be known of 64 bytes of parameters: bit n tells of the byte n. */
typedef struct {
    apr_uint64_t alnums, specials, stops, equals;
} marks_t;

static inline void mark(marks_t *marks, t2m_block_t block, unsigned place)
{
    t2m_block_t alnums = t2m_block_either(t2m_block_range(t2m_block_folded(block), 'a', 'z'),
                                          t2m_block_range(block, '0', '9'));
    t2m_block_t equals = t2m_block_equal(block, '=');
    t2m_block_t ends = t2m_block_either(t2m_block_equal(block, '&'), t2m_block_equal(block, ';'));
    /* Capitals, [ and what may begin a code; but no + */
    t2m_block_t specials = t2m_block_either(t2m_block_above(block, 'z'),
                                            t2m_block_range(block, 'A', '\\'));

    specials = t2m_block_either(specials, t2m_block_equal(block, '%'));
    marks->alnums |= (apr_uint64_t)t2m_block_bits(alnums) << place;
    marks->specials |= (apr_uint64_t)t2m_block_bits(specials) << place;
    marks->stops |= (apr_uint64_t)t2m_block_bits(t2m_block_either(ends, equals)) << place;
    marks->equals |= (apr_uint64_t)t2m_block_bits(equals) << place;
}

static inline void mark_word(marks_t *marks, const unsigned char *data, apr_size_t left)
{
    unsigned place;

    marks->alnums = marks->specials = marks->stops = marks->equals = 0;
    if (left >= 4 * T2M_BLOCK_SIZE) {
        mark(marks, t2m_block_load(data), 0);
        mark(marks, t2m_block_load(data + T2M_BLOCK_SIZE), T2M_BLOCK_SIZE);
        mark(marks, t2m_block_load(data + 2 * T2M_BLOCK_SIZE), 2 * T2M_BLOCK_SIZE);
        mark(marks, t2m_block_load(data + 3 * T2M_BLOCK_SIZE), 3 * T2M_BLOCK_SIZE);
        return;
    }
    for (place = 0; place < left; place += T2M_BLOCK_SIZE) {
        mark(marks, load(data + place, (apr_uint32_t)left - place), place);
    }
}

/* Of special bytes in names: nonzero when one may begin a code or a replacement, else *capitals
 * are those. */
static int has_code(const unsigned char *data, apr_size_t left, apr_uint64_t bits,
                    apr_uint64_t *capitals)
{
    for (; bits; bits &= bits - 1) {
        apr_size_t at = (apr_size_t)__builtin_ctzll(bits);

        if (data[at] == '[' ? left - at > 1 && data[at + 1] == 'R'
                            : t2m_mask_is(data[at], T2M_MASK_CODED)) {
            return 1;
        }
        if (t2m_mask_is(data[at], T2M_MASK_UPPER)) {
            *capitals |= bits & -bits;
        }
    }
    return 0;
}

/* Nonzero when no key begins at the starts. */
static inline int begins_none(const t2m_mask_t *mask, const unsigned char *data, apr_size_t left,
                              apr_uint64_t starts, apr_uint64_t alnums,
                              apr_uint64_t stops)
{
    for (; starts; starts &= starts - 1) {
        apr_size_t at = (apr_size_t)__builtin_ctzll(starts);
        const unsigned char *name = data + at;

        unsigned beginning = (alnums >> at & 7) == 7
                                 ? t2m_mask_beginning(name[0] | 0x20u, name[1] | 0x20u,
                                                      name[2] | 0x20u)
                                 : t2m_mask_beginning(name[0] | 0x20u, 0, 0);
        int known = (alnums >> at & 7) == 7 || (stops >> at & 2); /* else it may go on */

        if ((!known || t2m_mask_may_begin_key(mask, beginning))
            && t2m_mask_begins_key(mask, name, left - at)) {
            return 0;
        }
    }
    return 1;
}

int t2m_mask_are_plain_names(const t2m_mask_t *mask, const unsigned char *data, apr_size_t size)
{
    apr_uint64_t in_name = 1, alnum_before = 0;
    apr_size_t left;

    for (left = size; left > 0; data += WORD_BITS, left -= left < WORD_BITS ? left : WORD_BITS) {
        apr_uint64_t ends, begins, sum, names, starts, capitals = 0;
        marks_t marks;

        mark_word(&marks, data, left);
        /* A one that is added where a name begins is carried to where the name stops. */
        ends = marks.stops & ~marks.equals;
        begins = ends << 1 | in_name;
        sum = ~marks.stops + begins;
        names = ~marks.stops & ~sum;
        if (marks.equals & ~sum /* not the first of a parameter */
            || (marks.specials & names
                && has_code(data, left, marks.specials & names, &capitals))) {
            return 0;
        }
        /* Where a segment may begin: see t2m_mask_key. */
        starts = names & marks.alnums & (~(marks.alnums << 1 | alnum_before) | capitals);
        if (!begins_none(mask, data, left, starts, marks.alnums, marks.stops)) {
            return 0;
        }
        in_name = sum < begins || ends >> (WORD_BITS - 1);
        alnum_before = marks.alnums >> (WORD_BITS - 1);
    }
    return 1;
}

static int hex_value(unsigned byte)
{
    if (t2m_mask_is(byte, T2M_MASK_DIGIT)) {
        return (int)byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? (int)byte - 'a' + 10 : -1;
}

/* The byte of the code at `at`, where a `%` is; -1 when there is none, or when the byte is one that
 * must not pass for one that stands there itself. */
static int code_at(const unsigned char *data, apr_uint32_t at, apr_uint32_t to)
{
    int high, low, byte;

    if (to - at < 3) {
        return -1;
    }
    high = hex_value(data[at + 1]);
    low = hex_value(data[at + 2]);
    if (high < 0 || low < 0) {
        return -1;
    }
    byte = high << 4 | low;
    return byte == '%' || byte == '=' ? -1 : byte;
}

/* Writes the units of [from, to) into out, which has room for a block more than that; returns
 * their number. 0 when a look at them would not do: a second code is behind the first, a `=` is
 * encoded, or a replacement is, or seems to be, among them. *ends is set when `&` or `;` is encoded
 * and so ends no parameter. */
static apr_uint32_t decode(const unsigned char *data, apr_uint32_t from, apr_uint32_t to,
                           unsigned char *out, int *ends)
{
    apr_uint32_t size = 0;
    unsigned brackets = 0;

    while (from < to) {
        apr_uint32_t left = to - from, plain = left < T2M_BLOCK_SIZE ? left : T2M_BLOCK_SIZE;
        t2m_block_t block = load(data + from, left);
        unsigned codes = t2m_block_bits(t2m_block_equal(block, '%'));
        int byte;

        t2m_block_store(out + size, t2m_block_replaced(block, '+', ' '));
        brackets |= t2m_block_bits(t2m_block_equal(block, '['));
        if (!codes) {
            from += plain;
            size += plain;
            continue;
        }
        plain = (apr_uint32_t)__builtin_ctz(codes);
        byte = code_at(data, from + plain, to);
        if (byte < 0) {
            return 0;
        }
        brackets |= byte == '[';
        *ends |= byte == '&' || byte == ';';
        from += plain + 3;
        size += plain;
        out[size++] = (unsigned char)byte;
    }
    return brackets && has_marker(out, 0, size) ? 0 : size;
}

/* Nonzero when the name is no key, nor has a part that is one. */
static int is_plain_name(const t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to)
{
    const unsigned char *data = scan->view.data;
    unsigned char decoded[NAME_MAX_CODED + T2M_BLOCK_SIZE];
    apr_uint32_t size;
    int ends = 0;

    if (t2m_mask_are_plain_names(scan->mask, data + from, to - from)) {
        return 1;
    }
    if (to - from > NAME_MAX_CODED || find_byte(data, from, to, '%', '%') >= to) {
        return 0;
    }
    size = decode(data, from, to, decoded, &ends);
    return size > 0 && !ends && t2m_mask_are_plain_names(scan->mask, decoded, size);
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

/* What a first look at whole parameters says. */
typedef enum {
    FIND_NOTHING,
    FIND_KEYS,   /* maybe, and nothing else */
    FIND_FORMS   /* maybe; or keys within values */
} finding_e;

static finding_e look_at(const t2m_mask_scan_t *scan, const t2m_mask_view_t *part, int ends)
{
    if (t2m_mask_query_suspicious(scan->mask, part)) {
        return FIND_FORMS;
    }
    return !ends && t2m_mask_are_plain_names(scan->mask, part->data, part->end) ? FIND_NOTHING
                                                                              : FIND_KEYS;
}

static __attribute__((noinline)) finding_e look_at_decoded(const t2m_mask_scan_t *scan,
                                                           apr_uint32_t from, apr_uint32_t to)
{
    unsigned char decoded[DECODED_MAX + T2M_BLOCK_SIZE];
    t2m_mask_view_t part = { decoded, 0, 0 };
    int ends = 0;

    part.end = decode(scan->view.data, from, to, decoded, &ends);
    return part.end ? look_at(scan, &part, ends) : FIND_FORMS;
}

/* A code always is suspicious, so that only then codes are looked for. */
static finding_e first_look(const t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to)
{
    const unsigned char *data = scan->view.data;
    t2m_mask_view_t part = { data + from, to - from, scan->view.decode };
    finding_e finding = look_at(scan, &part, 0);

    if (finding == FIND_FORMS && to - from <= DECODED_MAX
        && find_byte(data, from, to, '%', '%') < to) {
        return look_at_decoded(scan, from, to);
    }
    return finding;
}

/* One parameter, in which that may be found; returns where it ends. */
static apr_uint32_t scan_parameter(t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to,
                                   finding_e finding)
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
    if ((is_plain ? find_byte(data, name + 1, end, '=', '=') < end
                  : name < end && !is_simple(scan, from, name, end))
        || (finding == FIND_FORMS && first_look(scan, from, end) == FIND_FORMS)) {
        scan_part(scan, from, end);
    }
    return end;
}

/* Where the parameters end that are looked at together: at least one. */
static apr_uint32_t chunk_end(const unsigned char *data, apr_uint32_t from, apr_uint32_t to)
{
    apr_uint32_t end = from + CHUNK_MAX;

    if (to - from <= CHUNK_MAX) {
        return to;
    }
    while (end > from && data[end - 1] != '&' && data[end - 1] != ';') {
        end--;
    }
    return end > from ? end : find_byte(data, from, to, '&', ';');
}

void t2m_mask_scan_query(t2m_mask_scan_t *scan, apr_uint32_t from, apr_uint32_t to)
{
    scan->view.decode = T2M_MASK_DECODE_ALL;
    scan->find = T2M_MASK_FIND_KEYS | T2M_MASK_FIND_PATH_WORDS;
    while (from < to && !scan->full) {
        apr_uint32_t end = chunk_end(scan->view.data, from, to);
        finding_e finding = first_look(scan, from, end);

        while (finding != FIND_NOTHING && from < end && !scan->full) {
            from = scan_parameter(scan, from, to, finding) + 1;
        }
        from = from > end ? from : end;
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
