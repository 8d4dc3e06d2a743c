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

/* The inverse of httpd's error log escaping. Pure; any thread. */
#include "core/unescape.h"

enum { HEXADECIMAL_ESCAPE = 4 }; /* bytes of \xHH */

/* What stands behind the backslash, and the byte it means. */
static const char letters[128] = {
    ['b'] = '\b', ['n'] = '\n', ['r'] = '\r', ['t'] = '\t', ['v'] = '\v', ['\\'] = '\\', ['"'] = '"'
};

/* -1 when it is no hexadecimal digit. */
static int hexadecimal_value(char digit)
{
    if (digit >= '0' && digit <= '9') {
        return digit - '0';
    }
    if (digit >= 'a' && digit <= 'f') {
        return digit - 'a' + 10;
    }
    return digit >= 'A' && digit <= 'F' ? digit - 'A' + 10 : -1;
}

/* Nonzero when the text ends before the escape does, and nothing in it says that it is none. */
static int is_cut_off(const char *escape, apr_size_t left)
{
    return left == 1
           || (escape[1] == 'x'
               && (left == 2 || (left == 3 && hexadecimal_value(escape[2]) >= 0)));
}

/* The byte that `\xHH` at escape means; -1 when it is no such escape. */
static int hexadecimal_escape(const char *escape, apr_size_t left)
{
    int high, low;

    if (left < HEXADECIMAL_ESCAPE || escape[1] != 'x') {
        return -1;
    }
    high = hexadecimal_value(escape[2]);
    low = hexadecimal_value(escape[3]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* Decodes the escape at escape into *byte and returns its size: 1 when the backslash, which then
 * is the byte, begins no known escape. */
static apr_size_t decode(const char *escape, apr_size_t left, char *byte)
{
    unsigned char letter = (unsigned char)escape[1];
    int value = hexadecimal_escape(escape, left);

    if (value >= 0) {
        *byte = (char)value;
        return HEXADECIMAL_ESCAPE;
    }
    if (letter < sizeof(letters) && letters[letter] != '\0') {
        *byte = letters[letter];
        return 2;
    }
    *byte = '\\';
    return 1;
}

apr_size_t t2m_unescape(t2m_text_t escaped, char *out)
{
    const char *at = escaped.data;
    apr_size_t left = escaped.size;
    char *next = out;

    while (left > 0) {
        const char *backslash = memchr(at, '\\', left);
        apr_size_t plain = backslash ? (apr_size_t)(backslash - at) : left;
        apr_size_t size;

        /* memmove: a caller may decode in place, the result never overtakes its source. */
        memmove(next, at, plain);
        next += plain;
        at += plain;
        left -= plain;
        if (left == 0 || is_cut_off(at, left)) {
            break;
        }
        size = decode(at, left, next);
        next++;
        at += size;
        left -= size;
    }
    return (apr_size_t)(next - out);
}
