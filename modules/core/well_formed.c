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

/* See well_formed.h. */
#include "core/well_formed.h"

#include "core/hexadecimal.h"
#include "core/utf8.h"

typedef struct {
    const unsigned char *at, *end;
    char brackets[T2M_WELL_FORMED_DEPTH]; /* that are open */
    int depth;
} cursor_t;

static void skip_blanks(cursor_t *cursor)
{
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'
                                        || *cursor->at == '\n' || *cursor->at == '\r')) {
        cursor->at++;
    }
}

/* The next byte that is no blank; -1: the end. */
static int peek(cursor_t *cursor)
{
    skip_blanks(cursor);
    return cursor->at < cursor->end ? *cursor->at : -1;
}

static int unit_of(const cursor_t *cursor)
{
    int unit = 0, i;

    if (cursor->end - cursor->at < 6 || cursor->at[0] != '\\' || cursor->at[1] != 'u') {
        return -1;
    }
    for (i = 2; i < 6; i++) {
        int digit = t2m_hexadecimal_value((char)cursor->at[i]);

        if (digit < 0) {
            return -1;
        }
        unit = unit << 4 | digit;
    }
    return unit;
}

/* Behind the backslash's place; surrogates come in pairs only. */
static int take_escape(cursor_t *cursor)
{
    int unit = unit_of(cursor);

    if (unit < 0) {
        if (cursor->end - cursor->at < 2 || cursor->at[1] == 'u'
            || !memchr("\"\\/bfnrt", cursor->at[1], 8)) {
            return 0;
        }
        cursor->at += 2;
        return 1;
    }
    cursor->at += 6;
    if (unit < 0xd800 || unit > 0xdfff) {
        return 1;
    }
    if (unit > 0xdbff || (unit = unit_of(cursor)) < 0xdc00 || unit > 0xdfff) {
        return 0;
    }
    cursor->at += 6;
    return 1;
}

/* Behind its first quote. */
static int take_string(cursor_t *cursor)
{
    while (cursor->at < cursor->end) {
        unsigned char byte = *cursor->at;

        if (byte == '"') {
            cursor->at++;
            return 1;
        }
        if (byte == '\\') {
            if (!take_escape(cursor)) {
                return 0;
            }
        } else if (byte >= 0x80) {
            apr_size_t size = t2m_utf8_size((const char *)cursor->at,
                                            (apr_size_t)(cursor->end - cursor->at));

            if (size == 0) {
                return 0;
            }
            cursor->at += size;
        } else if (byte < ' ') {
            return 0;
        } else {
            cursor->at++;
        }
    }
    return 0;
}

static int take_digits(cursor_t *cursor)
{
    const unsigned char *start = cursor->at;

    while (cursor->at < cursor->end && *cursor->at >= '0' && *cursor->at <= '9') {
        cursor->at++;
    }
    return cursor->at > start;
}

static int take_if(cursor_t *cursor, const char *bytes)
{
    if (cursor->at < cursor->end && *cursor->at && strchr(bytes, *cursor->at)) {
        cursor->at++;
        return 1;
    }
    return 0;
}

static int take_number(cursor_t *cursor)
{
    (void)take_if(cursor, "-");
    if (!take_if(cursor, "0") && !take_digits(cursor)) {
        return 0;
    }
    if (take_if(cursor, ".") && !take_digits(cursor)) {
        return 0;
    }
    if (take_if(cursor, "eE")) {
        (void)take_if(cursor, "+-");
        return take_digits(cursor);
    }
    return 1;
}

static int take_word(cursor_t *cursor, const char *word)
{
    apr_size_t size = strlen(word);

    if ((apr_size_t)(cursor->end - cursor->at) < size || memcmp(cursor->at, word, size) != 0) {
        return 0;
    }
    cursor->at += size;
    return 1;
}

/* A name and its colon. */
static int take_name(cursor_t *cursor)
{
    if (peek(cursor) != '"') {
        return 0;
    }
    cursor->at++;
    if (!take_string(cursor) || peek(cursor) != ':') {
        return 0;
    }
    cursor->at++;
    return 1;
}

/* Returns 1 when a value is whole, 2 when it has begun: a bracket; 0 when it is none. */
static int take_value(cursor_t *cursor)
{
    switch (peek(cursor)) {
    case '"':
        cursor->at++;
        return take_string(cursor);
    case '{':
    case '[':
        if (cursor->depth == T2M_WELL_FORMED_DEPTH) {
            return 0;
        }
        cursor->brackets[cursor->depth++] = (char)*cursor->at++;
        return 2;
    case 't':
        return take_word(cursor, "true");
    case 'f':
        return take_word(cursor, "false");
    case 'n':
        return take_word(cursor, "null");
    default:
        return take_number(cursor);
    }
}

static int is_closed(cursor_t *cursor)
{
    int closing = cursor->brackets[cursor->depth - 1] == '{' ? '}' : ']';

    if (peek(cursor) != closing) {
        return 0;
    }
    cursor->at++;
    cursor->depth--;
    return 1;
}

/* What stands in brackets up to the end of the outermost one. fresh: nothing stands in them yet. */
static int take_members(cursor_t *cursor)
{
    int fresh = 1;

    while (cursor->depth > 0) {
        int taken;

        if (is_closed(cursor)) {
            fresh = 0;
            continue;
        }
        if (!fresh && peek(cursor) != ',') {
            return 0;
        }
        cursor->at += !fresh;
        if (cursor->brackets[cursor->depth - 1] == '{' && !take_name(cursor)) {
            return 0;
        }
        taken = take_value(cursor);
        if (!taken) {
            return 0;
        }
        fresh = taken == 2;
    }
    return 1;
}

int t2m_well_formed(t2m_text_t text)
{
    cursor_t cursor = { (const unsigned char *)text.data, NULL, { 0 }, 0 };

    cursor.end = text.size ? cursor.at + text.size : cursor.at;
    return text.size > 0 && peek(&cursor) == '{' && take_value(&cursor) && take_members(&cursor)
        && peek(&cursor) == -1;
}
