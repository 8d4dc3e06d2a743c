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

/* JSON text, written straight into the line. The speed of a request's logging is decided here:
 * plain bytes are found eight at a time and copied in one go, everything else goes through one
 * table of byte classes. */
#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORD = sizeof(apr_uint64_t) };

enum {
    PLAIN,     /* copied as it is */
    ESCAPE,    /* one byte that needs an escape */
    ILL,       /* no character begins with this byte */
    TWO,       /* the first byte of a character of two bytes, and so on */
    THREE_E0,
    THREE,
    THREE_ED,
    FOUR_F0,
    FOUR,
    FOUR_F4,
    CLASS_COUNT
};

static const unsigned char classes[256] = {
    [0x00 ... 0x1f] = ESCAPE,
    ['"'] = ESCAPE,
    ['\\'] = ESCAPE,
    [0x7f] = ESCAPE,
    [0x80 ... 0xc1] = ILL,
    [0xc2 ... 0xdf] = TWO,
    [0xe0] = THREE_E0,
    [0xe1 ... 0xec] = THREE,
    [0xed] = THREE_ED,
    [0xee ... 0xef] = THREE,
    [0xf0] = FOUR_F0,
    [0xf1 ... 0xf3] = FOUR,
    [0xf4] = FOUR_F4,
    [0xf5 ... 0xff] = ILL
};

/* The rows of Unicode table 3-7: the size of a character and the range of its second byte; the
 * range of ILL is empty. All further bytes are 80–BF. */
static const struct {
    unsigned char size, low, high;
} shapes[CLASS_COUNT] = {
    [ILL] = { 1, 1, 0 },
    [TWO] = { 2, 0x80, 0xbf },
    [THREE_E0] = { 3, 0xa0, 0xbf }, /* no overlong forms */
    [THREE] = { 3, 0x80, 0xbf },
    [THREE_ED] = { 3, 0x80, 0x9f }, /* no surrogates */
    [FOUR_F0] = { 4, 0x90, 0xbf },
    [FOUR] = { 4, 0x80, 0xbf },
    [FOUR_F4] = { 4, 0x80, 0x8f }   /* nothing beyond U+10FFFF */
};

static const char short_escapes[128] = {
    ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r', ['"'] = '"', ['\\'] = '\\'
};

void t2m_json_begin(t2m_json_t *json, char *buffer, apr_size_t size)
{
    json->start = buffer;
    json->next = buffer;
    json->end = buffer + size;
    json->comma = 0;
    json->full = 0;
    json->lossy = 0;
}

/* All of the bytes, or none and the writer is full. Returns nonzero when they were written. */
static int put(t2m_json_t *json, const char *bytes, apr_size_t size)
{
    if (json->full || size > (apr_size_t)(json->end - json->next)) {
        json->full = 1;
        return 0;
    }
    memcpy(json->next, bytes, size);
    json->next += size;
    return 1;
}

/* The comma that separates a value from the one before it. */
static void put_comma(t2m_json_t *json)
{
    if (json->comma) {
        put(json, ",", 1);
        json->comma = 0;
    }
}

static void put_value(t2m_json_t *json, const char *bytes, apr_size_t size)
{
    put_comma(json);
    put(json, bytes, size);
    json->comma = 1;
}

void t2m_json_open(t2m_json_t *json, char bracket)
{
    put_comma(json);
    put(json, &bracket, 1);
}

void t2m_json_close(t2m_json_t *json, char bracket)
{
    put(json, &bracket, 1);
    json->comma = 1;
}

void t2m_json_name(t2m_json_t *json, const char *name)
{
    apr_size_t size = strlen(name);
    char *next = json->next;

    if (json->full || size + strlen(",\"\":") > (apr_size_t)(json->end - next)) {
        json->full = 1;
        return;
    }
    if (json->comma) {
        *next++ = ',';
    }
    *next++ = '"';
    memcpy(next, name, size);
    next += size;
    *next++ = '"';
    *next++ = ':';
    json->next = next;
    json->comma = 0;
}

/* Writes the digits of value so that the last stands before end; returns the first. */
static char *digits_before(char *end, apr_uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

void t2m_json_integer(t2m_json_t *json, apr_int64_t value)
{
    char buffer[24];
    char *end = buffer + sizeof(buffer);
    apr_uint64_t magnitude = (apr_uint64_t)value;
    char *start = digits_before(end, value < 0 ? 0 - magnitude : magnitude);

    if (value < 0) {
        *--start = '-';
    }
    put_value(json, start, (apr_size_t)(end - start));
}

void t2m_json_unsigned(t2m_json_t *json, apr_uint64_t value)
{
    char buffer[24];
    char *end = buffer + sizeof(buffer);
    char *start = digits_before(end, value);

    put_value(json, start, (apr_size_t)(end - start));
}

void t2m_json_milliseconds(t2m_json_t *json, apr_int64_t microseconds)
{
    char buffer[28];
    char *end = buffer + sizeof(buffer);
    apr_uint64_t value = microseconds < 0 ? 0 : (apr_uint64_t)microseconds;
    char *fraction = end - 3, *start;

    memcpy(fraction, "000", 3);
    (void)digits_before(end, value % 1000); /* at most three: the zeros before them stay */
    *--fraction = '.';
    start = digits_before(fraction, value / 1000);
    put_value(json, start, (apr_size_t)(end - start));
}

/* A locale may have another sign, of several bytes, where C has the point. */
static apr_size_t with_point(char *digits)
{
    apr_size_t from, to = 0;

    for (from = 0; digits[from]; from++) {
        if (strchr("+-0123456789e", digits[from])) {
            digits[to++] = digits[from];
        }
        else if (to > 0 && digits[to - 1] != '.') {
            digits[to++] = '.';
        }
    }
    return to;
}

void t2m_json_real(t2m_json_t *json, double value)
{
    char digits[40];

    if (!isfinite(value)) {
        put_value(json, "null", 4);
        return;
    }
    (void)snprintf(digits, sizeof(digits), "%.15g", value);
    if (strtod(digits, NULL) != value) {
        (void)snprintf(digits, sizeof(digits), "%.17g", value);
    }
    put_value(json, digits, with_point(digits));
}

void t2m_json_boolean(t2m_json_t *json, int value)
{
    put_value(json, value ? "true" : "false", value ? 4 : 5);
}

void t2m_json_string_begin(t2m_json_t *json)
{
    put_comma(json);
    put(json, "\"", 1);
}

void t2m_json_string_end(t2m_json_t *json)
{
    put(json, "\"", 1);
    json->comma = 1;
}

void t2m_json_string_plain(t2m_json_t *json, const char *bytes, apr_size_t size)
{
    put(json, bytes, size);
}

/* Nonzero when no byte of the word needs more than copying. The high bit of a byte in `found` is
 * set by: a control, `"`, `\`, DEL or a byte above it. Borrows and carries between bytes can only
 * come from a byte that is itself found. */
static int is_plain_word(const unsigned char *bytes)
{
    const apr_uint64_t ones = APR_UINT64_C(0x0101010101010101);
    apr_uint64_t word, quote, backslash, found;

    memcpy(&word, bytes, WORD);
    quote = word ^ ones * '"';
    backslash = word ^ ones * '\\';
    found = (word - ones * 0x20) | (quote - ones) | (backslash - ones) | (word + ones) | word;
    return (found & ones * 0x80) == 0;
}

/* How many bytes from the first on are plain. */
static apr_size_t plain_run(const unsigned char *bytes, apr_size_t size)
{
    apr_size_t run = 0;

    while (size - run >= WORD && is_plain_word(bytes + run)) {
        run += WORD;
    }
    /* The last word overlaps the one before it, which spares a look at each byte of a rest. */
    if (size >= WORD && size - run < WORD && is_plain_word(bytes + size - WORD)) {
        return size;
    }
    while (run < size && classes[bytes[run]] == PLAIN) {
        run++;
    }
    return run;
}

/* Plain bytes may be parted anywhere: what fits is written. */
static void put_run(t2m_json_t *json, const unsigned char *bytes, apr_size_t size)
{
    apr_size_t room = (apr_size_t)(json->end - json->next);
    apr_size_t fitting = size < room ? size : room;

    memcpy(json->next, bytes, fitting);
    json->next += fitting;
    json->full = fitting < size;
}

/* The size of the character at bytes, or of the maximal ill-formed part there (Unicode D93b). */
static apr_size_t character_size(const unsigned char *bytes, apr_size_t size, int *well_formed)
{
    unsigned char class = classes[bytes[0]];
    apr_size_t seen;

    *well_formed = class <= ESCAPE;
    if (*well_formed || size < 2 || bytes[1] < shapes[class].low || bytes[1] > shapes[class].high) {
        return 1;
    }
    for (seen = 2; seen < shapes[class].size; seen++) {
        if (seen == size || (bytes[seen] & 0xc0) != 0x80) {
            return seen;
        }
    }
    *well_formed = 1;
    return seen;
}

/* The code point of a well-formed character of two or three bytes. */
static unsigned code_point(const unsigned char *bytes, apr_size_t size)
{
    return size == 2 ? (bytes[0] & 0x1fU) << 6 | (bytes[1] & 0x3fU)
                     : (bytes[0] & 0x0fU) << 12 | (bytes[1] & 0x3fU) << 6 | (bytes[2] & 0x3fU);
}

/* Characters that end a line or turn the text around for some reader of it. */
static int is_hidden(unsigned point)
{
    switch (point) {
    case 0x0080 ... 0x009f: /* C1 controls */
    case 0x061c:            /* Arabic letter mark */
    case 0x200e ... 0x200f: /* direction marks */
    case 0x2028 ... 0x2029: /* line and paragraph separator */
    case 0x202a ... 0x202e: /* embeddings and overrides */
    case 0x2066 ... 0x2069: /* isolates */
    case 0xfeff:            /* byte order mark */
        return 1;
    default:
        return 0;
    }
}

static void put_code_point(t2m_json_t *json, unsigned point)
{
    static const char digits[] = "0123456789abcdef";
    char escape[6] = { '\\', 'u' };

    escape[2] = digits[point >> 12];
    escape[3] = digits[point >> 8 & 15];
    escape[4] = digits[point >> 4 & 15];
    escape[5] = digits[point & 15];
    put(json, escape, sizeof(escape));
}

static void put_escape(t2m_json_t *json, unsigned char byte)
{
    char escape[2] = { '\\', short_escapes[byte] };

    if (escape[1] != '\0') {
        put(json, escape, sizeof(escape));
    }
    else {
        put_code_point(json, byte);
    }
}

/* Writes what stands for the character or the ill-formed part at bytes; returns its size. */
static apr_size_t put_character(t2m_json_t *json, const unsigned char *bytes, apr_size_t size)
{
    int well_formed;
    apr_size_t taken = character_size(bytes, size, &well_formed);

    if (!well_formed) {
        if (put(json, "\xef\xbf\xbd", 3)) {
            json->lossy = 1;
        }
    }
    else if (taken == 1) {
        put_escape(json, bytes[0]);
    }
    else if (taken < 4 && is_hidden(code_point(bytes, taken))) {
        put_code_point(json, code_point(bytes, taken));
    }
    else {
        put(json, (const char *)bytes, taken);
    }
    return taken;
}

void t2m_json_string_bytes(t2m_json_t *json, const char *bytes, apr_size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;

    while (size > 0 && !json->full) {
        apr_size_t taken = plain_run(at, size);

        if (taken > 0) {
            put_run(json, at, taken);
        }
        else {
            taken = put_character(json, at, size);
        }
        at += taken;
        size -= taken;
    }
}

void t2m_json_string(t2m_json_t *json, const char *bytes, apr_size_t size)
{
    t2m_json_string_begin(json);
    t2m_json_string_bytes(json, bytes, size);
    t2m_json_string_end(json);
}

apr_size_t t2m_utf8_boundary(const char *bytes, apr_size_t size, apr_size_t limit)
{
    const unsigned char *text = (const unsigned char *)bytes;
    apr_size_t back;

    if (size <= limit) {
        return size;
    }
    for (back = 1; back <= 3 && back <= limit; back++) {
        int well_formed;
        apr_size_t start = limit - back;

        if (character_size(text + start, size - start, &well_formed) > back && well_formed) {
            return start;
        }
    }
    return limit;
}
