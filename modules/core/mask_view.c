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

/* Reads a text decoded in place: percent-encoding up to twice, backslash escapes, full-width
 * letters. Each unit depends only on the bytes from its own position on, so that no buffer and no
 * map of positions is needed.
 */
#include "core/mask_internal.h"

/* clang-format off */
const apr_byte_t t2m_mask_class[256] = {
    [0 ... ' '] = T2M_MASK_BLANK, [0x7F] = T2M_MASK_BLANK,
    ['0' ... '9'] = T2M_MASK_DIGIT,
    ['A' ... 'Z'] = T2M_MASK_UPPER,
    ['a' ... 'z'] = T2M_MASK_LOWER,
    ['_'] = T2M_MASK_MARK, ['-'] = T2M_MASK_MARK, ['.'] = T2M_MASK_MARK,
    ['"'] = T2M_MASK_QUOTE, ['\''] = T2M_MASK_QUOTE, ['`'] = T2M_MASK_QUOTE,
    ['%'] = T2M_MASK_CODED, ['\\'] = T2M_MASK_CODED, ['+'] = T2M_MASK_CODED,
    [0x80 ... 0xEE] = T2M_MASK_HIGH,
    [0xEF] = T2M_MASK_HIGH | T2M_MASK_CODED,
    [0xF0 ... 0xFF] = T2M_MASK_HIGH
};
/* clang-format on */

static int hex_value(unsigned unit)
{
    if (unit >= '0' && unit <= '9') {
        return (int)unit - '0';
    }
    unit |= 0x20;
    return unit >= 'a' && unit <= 'f' ? (int)unit - 'a' + 10 : -1;
}

static unsigned percent_once(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next)
{
    const unsigned char *data = view->data + at;

    *next = at + 1;
    if (*data == '%' && view->end - at > 2) {
        int high = hex_value(data[1]), low = hex_value(data[2]);

        if (high >= 0 && low >= 0) {
            *next = at + 3;
            return (unsigned)(high << 4 | low);
        }
    }
    return *data;
}

static unsigned percent_twice(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next)
{
    unsigned byte = percent_once(view, at, next);
    apr_uint32_t second = *next, third, after;
    int high, low;

    if (byte != '%' || second >= view->end) {
        return byte;
    }
    high = hex_value(percent_once(view, second, &third));
    if (high < 0 || third >= view->end) {
        return byte;
    }
    low = hex_value(percent_once(view, third, &after));
    if (low < 0) {
        return byte;
    }
    *next = after;
    return (unsigned)(high << 4 | low);
}

/* A byte with the percent-encoding undone, if the view does; 0 at the end. */
static unsigned plain_byte(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next)
{
    *next = at;
    if (at >= view->end) {
        return 0;
    }
    if (view->decode & T2M_MASK_PERCENT) {
        return percent_twice(view, at, next);
    }
    *next = at + 1;
    return view->data[at];
}

/* The character of digits hex digits at `at`, or -1. */
static int hex_digits(const t2m_mask_view_t *view, apr_uint32_t at, int digits,
                      apr_uint32_t *next)
{
    int value = 0;

    for (*next = at; digits > 0; digits--) {
        int digit = hex_value(plain_byte(view, *next, next));

        if (digit < 0) {
            return -1;
        }
        value = value << 4 | digit;
    }
    return value;
}

/* Characters outside ASCII look alike here, but for full-width ones, which fold to ASCII. */
static unsigned fold_character(int character)
{
    if (character >= 0xFF01 && character <= 0xFF5E) {
        return (unsigned)(character - 0xFF01) + '!';
    }
    return character < 0x80 ? (unsigned)character : 0xFF;
}

/* at is behind a backslash; *next already is. */
static unsigned escape(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next)
{
    apr_uint32_t after, end;
    unsigned letter = plain_byte(view, at, &after);
    int character;

    switch (letter) {
    case 'n':
    case 'r':
    case 't':
        *next = after;
        return letter == 't' ? '\t' : '\n';
    case '/':
        *next = after;
        return '/';
    case 'u':
    case 'x':
        character = hex_digits(view, after, letter == 'u' ? 4 : 2, &end);
        if (character >= 0) {
            *next = end;
            return fold_character(character);
        }
        return '\\';
    default:
        return '\\';
    }
}

/* at is behind the byte 0xEF; *next already is. */
static unsigned full_width(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next)
{
    apr_uint32_t third, after;
    unsigned second = plain_byte(view, at, &third), last = plain_byte(view, third, &after);

    if (second == 0xBC && last >= 0x81 && last <= 0xBF) {
        *next = after;
        return last - 0x60;
    }
    if (second == 0xBD && last >= 0x80 && last <= 0x9E) {
        *next = after;
        return last - 0x20;
    }
    return 0xEF;
}

unsigned t2m_mask_coded_unit(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next)
{
    unsigned byte = plain_byte(view, at, next);

    if (view->data[at] == '+') {
        return view->decode & T2M_MASK_PLUS ? ' ' : '+';
    }
    if (view->decode & T2M_MASK_ESCAPE) {
        if (byte == '\\') {
            return escape(view, *next, next);
        }
        if (byte == 0xEF) {
            return full_width(view, *next, next);
        }
    }
    return byte;
}

unsigned t2m_mask_peek(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t *next)
{
    apr_uint32_t ignored;

    if (at >= view->end) {
        if (next) {
            *next = at;
        }
        return 0;
    }
    return t2m_mask_unit(view, at, next ? next : &ignored);
}

apr_uint32_t t2m_mask_match(const t2m_mask_view_t *view, apr_uint32_t at, const char *word,
                            int fold)
{
    for (; *word; word++) {
        unsigned unit = t2m_mask_peek(view, at, &at);

        if ((fold ? t2m_mask_lower(unit) : unit) != (unsigned char)*word) {
            return 0;
        }
    }
    return at;
}

apr_uint32_t t2m_mask_run(const t2m_mask_view_t *view, apr_uint32_t at, unsigned classes,
                          const char *also)
{
    while (at < view->end) {
        apr_uint32_t next;
        unsigned unit = t2m_mask_unit(view, at, &next);

        if (!t2m_mask_is(unit, classes) && (!unit || !strchr(also, (int)unit))) {
            break;
        }
        at = next;
    }
    return at;
}
