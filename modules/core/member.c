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

/* A walk over the members of an object. Strings are stepped over byte by byte, what stands in
 * brackets by counting them. */
#include "core/member.h"

#include "core/hexadecimal.h"
#include "core/utf8.h"

enum { UNICODE_ESCAPE = 6 }; /* bytes of \uXXXX */

typedef struct {
    const char *at, *end;
} cursor_t;

/* A member as it stands in the line. */
typedef struct {
    t2m_text_t name; /* still escaped */
    t2m_text_t value;
    t2m_member_e kind;
} member_t;

static void skip_blanks(cursor_t *cursor)
{
    while (cursor->at < cursor->end
           && (*cursor->at == ' ' || *cursor->at == '\t' || *cursor->at == '\n'
               || *cursor->at == '\r')) {
        cursor->at++;
    }
}

/* Steps over that byte and the blanks before it; 0 when another stands there. */
static int take(cursor_t *cursor, char byte)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end || *cursor->at != byte) {
        return 0;
    }
    cursor->at++;
    return 1;
}

/* Steps over a string behind its first quote; 0 when it has no end. */
static int take_string(cursor_t *cursor, t2m_text_t *text)
{
    const char *start = cursor->at;

    for (; cursor->at < cursor->end; cursor->at++) {
        if (*cursor->at == '"') {
            *text = t2m_text_of(start, (apr_size_t)(cursor->at - start));
            cursor->at++;
            return 1;
        }
        if (*cursor->at == '\\' && cursor->at + 1 < cursor->end) {
            cursor->at++;
        }
    }
    return 0;
}

/* Steps over an object or array at its first bracket; 0 when it has no end. Which bracket closes
 * which is not looked at. */
static int take_brackets(cursor_t *cursor, t2m_text_t *text)
{
    const char *start = cursor->at;
    apr_size_t depth = 0;
    t2m_text_t ignored;

    while (cursor->at < cursor->end) {
        char byte = *cursor->at++;

        if (byte == '"' && !take_string(cursor, &ignored)) {
            return 0;
        }
        if (byte == '{' || byte == '[') {
            depth++;
        }
        else if ((byte == '}' || byte == ']') && --depth == 0) {
            *text = t2m_text_of(start, (apr_size_t)(cursor->at - start));
            return 1;
        }
    }
    return 0;
}

static int is_of_word(char byte)
{
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z')
           || (byte >= 'A' && byte <= 'Z') || byte == '.' || byte == '-' || byte == '+';
}

/* Steps over a number, true, false or null. */
static t2m_member_e take_word(cursor_t *cursor, t2m_text_t *text)
{
    const char *start = cursor->at;

    while (cursor->at < cursor->end && is_of_word(*cursor->at)) {
        cursor->at++;
    }
    *text = t2m_text_of(start, (apr_size_t)(cursor->at - start));
    if (text->size == 0) {
        return T2M_MEMBER_NONE;
    }
    return *start == '-' || (*start >= '0' && *start <= '9') ? T2M_MEMBER_NUMBER
                                                            : T2M_MEMBER_LITERAL;
}

static t2m_member_e take_value(cursor_t *cursor, t2m_text_t *text)
{
    skip_blanks(cursor);
    if (cursor->at == cursor->end) {
        return T2M_MEMBER_NONE;
    }
    switch (*cursor->at) {
    case '"':
        cursor->at++;
        return take_string(cursor, text) ? T2M_MEMBER_STRING : T2M_MEMBER_NONE;
    case '{':
        return take_brackets(cursor, text) ? T2M_MEMBER_OBJECT : T2M_MEMBER_NONE;
    case '[':
        return take_brackets(cursor, text) ? T2M_MEMBER_ARRAY : T2M_MEMBER_NONE;
    default:
        return take_word(cursor, text);
    }
}

/* The next member behind `{` or `,`; 0 when there is none. */
static int take_member(cursor_t *cursor, member_t *member)
{
    if (!take(cursor, '"') || !take_string(cursor, &member->name) || !take(cursor, ':')) {
        return 0;
    }
    member->kind = take_value(cursor, &member->value);
    return member->kind != T2M_MEMBER_NONE;
}

/* The code unit of a \uXXXX at bytes; -1 when there is none. */
static int code_unit(const char *bytes, apr_size_t size)
{
    int unit = 0, i;

    if (size < UNICODE_ESCAPE || bytes[0] != '\\' || bytes[1] != 'u') {
        return -1;
    }
    for (i = 2; i < UNICODE_ESCAPE; i++) {
        int digit = t2m_hexadecimal_value(bytes[i]);

        if (digit < 0) {
            return -1;
        }
        unit = unit << 4 | digit;
    }
    return unit;
}

static int is_high_surrogate(int unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static int is_low_surrogate(int unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* Decodes the \uXXXX, or the pair of them, at bytes. Returns the bytes taken, 0 when it is none. */
static apr_size_t decode_unicode(const char *bytes, apr_size_t size, unsigned *point)
{
    int unit = code_unit(bytes, size);

    if (unit < 0) {
        return 0;
    }
    if (is_high_surrogate(unit)) {
        int low = code_unit(bytes + UNICODE_ESCAPE, size - UNICODE_ESCAPE);

        if (is_low_surrogate(low)) {
            *point = 0x10000 + ((unsigned)(unit - 0xd800) << 10) + (unsigned)(low - 0xdc00);
            return 2 * UNICODE_ESCAPE;
        }
    }
    *point = is_high_surrogate(unit) || is_low_surrogate(unit) ? 0xfffd : (unsigned)unit;
    return UNICODE_ESCAPE;
}

/* Decodes the escape at bytes. Returns the bytes taken: 1 when it is none, which gives `\`. */
static apr_size_t decode_escape(const char *bytes, apr_size_t size, unsigned *point)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    apr_size_t taken = decode_unicode(bytes, size, point);
    const char *found = size > 1 ? memchr(letters, bytes[1], sizeof(letters) - 1) : NULL;

    if (taken > 0) {
        return taken;
    }
    *point = found ? (unsigned)meanings[found - letters] : '\\';
    return found ? 2 : 1;
}

/* Takes one character of a raw string, at least a byte; out becomes it, of *out_size bytes. */
static apr_size_t decode(const char *bytes, apr_size_t size, char out[T2M_UTF8_MAX],
                         apr_size_t *out_size)
{
    unsigned point;
    apr_size_t taken;

    if (*bytes == '\\') {
        taken = decode_escape(bytes, size, &point);
        *out_size = t2m_utf8_write(point, out);
        return taken;
    }
    taken = t2m_utf8_size(bytes, size);
    if (taken == 0) {
        *out_size = t2m_utf8_write(0xfffd, out);
        return 1;
    }
    memcpy(out, bytes, taken);
    *out_size = taken;
    return taken;
}

/* Compares character by character: a name may be of any length. */
static int is_escaped_name(t2m_text_t raw, const char *name, apr_size_t left)
{
    while (raw.size > 0) {
        char character[T2M_UTF8_MAX];
        apr_size_t size, taken = decode(raw.data, raw.size, character, &size);

        if (size > left || memcmp(character, name, size) != 0) {
            return 0;
        }
        name += size;
        left -= size;
        raw.data += taken;
        raw.size -= taken;
    }
    return left == 0;
}

static int is_named(t2m_text_t raw, const char *name)
{
    apr_size_t size = strlen(name);

    if (raw.size == size && memcmp(raw.data, name, size) == 0) {
        return memchr(name, '\\', size) == NULL; /* with one it would be an escape */
    }
    return memchr(raw.data, '\\', raw.size) && is_escaped_name(raw, name, size);
}

/* Gives a member to the names it has that have none yet; returns how many. */
static unsigned assign(const member_t *member, const char *const names[], unsigned count,
                       t2m_text_t values[], t2m_member_e kinds[])
{
    unsigned i, found = 0;

    for (i = 0; i < count; i++) {
        if (!values[i].data && is_named(member->name, names[i])) {
            values[i] = member->value;
            if (kinds) {
                kinds[i] = member->kind;
            }
            found++;
        }
    }
    return found;
}

unsigned t2m_member_scan(t2m_text_t line, const char *const names[], unsigned count,
                         t2m_text_t values[], t2m_member_e kinds[])
{
    cursor_t cursor = { line.data, line.size > 0 ? line.data + line.size : line.data };
    unsigned i, found = 0;
    char separator = '{';
    member_t member;

    for (i = 0; i < count; i++) {
        values[i] = t2m_text_of(NULL, 0);
        if (kinds) {
            kinds[i] = T2M_MEMBER_NONE;
        }
    }
    while (found < count && take(&cursor, separator) && take_member(&cursor, &member)) {
        found += assign(&member, names, count, values, kinds);
        separator = ',';
    }
    return found;
}

t2m_member_e t2m_member_find(t2m_text_t line, const char *name, t2m_text_t *raw)
{
    t2m_member_e kind;

    t2m_member_scan(line, &name, 1, raw, &kind);
    return kind;
}

apr_size_t t2m_member_unescape(t2m_text_t raw, char *out, apr_size_t room)
{
    apr_size_t written = 0;

    while (raw.size > 0) {
        char character[T2M_UTF8_MAX];
        apr_size_t size, taken = decode(raw.data, raw.size, character, &size);

        if (size > room - written) {
            break;
        }
        memcpy(out + written, character, size);
        written += size;
        raw.data += taken;
        raw.size -= taken;
    }
    return written;
}
