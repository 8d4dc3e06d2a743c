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
 * plain bytes are copied 16 at a time while they are looked at, everything else goes through one
 * table of byte classes. */
#include "core/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/block.h"
#include "core/digits.h"

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
static inline int put(t2m_json_t *json, const char *bytes, apr_size_t size)
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
static inline void put_comma(t2m_json_t *json)
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

enum { NUMBER_MAX = 28 }; /* 20 digits of 64 bits, a sign, a fraction, a comma */

/* A number below 100 without a zero in front. */
static inline char *write_one_or_two(char *to, unsigned value)
{
    if (value >= 10) {
        return t2m_digits_pair(to, value);
    }
    *to = (char)('0' + value);
    return to + 1;
}

/* A number below 10000 without zeros in front. */
static inline char *write_small(char *to, unsigned value)
{
    unsigned high = value / 100;

    return value < 100 ? write_one_or_two(to, value)
                       : t2m_digits_pair(write_one_or_two(to, high), value - high * 100);
}

static char *write_large(char *to, apr_uint64_t value)
{
    unsigned fours[5], count = 0;

    for (; value >= 10000; value /= 10000) {
        fours[count++] = (unsigned)(value % 10000);
    }
    to = write_small(to, (unsigned)value);
    while (count > 0) {
        count--;
        to = t2m_digits_pair(to, fours[count] / 100);
        to = t2m_digits_pair(to, fours[count] % 100);
    }
    return to;
}

static inline char *write_digits(char *to, apr_uint64_t value)
{
    return value < 10000 ? write_small(to, (unsigned)value) : write_large(to, value);
}

/* A number with its comma, and with three decimals when it is in thousandths. */
static inline char *write_number(char *to, apr_uint64_t value, int negative, int thousandths)
{
    if (negative) {
        *to++ = '-';
    }
    if (!thousandths) {
        return write_digits(to, value);
    }
    to = write_digits(to, value / 1000);
    to[0] = '.';
    to[1] = (char)('0' + value / 100 % 10);
    return t2m_digits_pair(to + 2, (unsigned)(value % 100));
}

static __attribute__((noinline)) void put_last_number(t2m_json_t *json, apr_uint64_t value,
                                                      int negative, int thousandths)
{
    char buffer[NUMBER_MAX];
    const char *end = write_number(buffer, value, negative, thousandths);

    put_value(json, buffer, (apr_size_t)(end - buffer));
}

/* Nearly always the longest number has room, and is written where it stands. */
static inline void put_number(t2m_json_t *json, apr_uint64_t value, int negative, int thousandths)
{
    char *next = json->next;

    if (json->full || json->end - next < NUMBER_MAX) {
        put_last_number(json, value, negative, thousandths);
        return;
    }
    if (json->comma) {
        *next++ = ',';
    }
    json->next = write_number(next, value, negative, thousandths);
    json->comma = 1;
}

void t2m_json_integer(t2m_json_t *json, apr_int64_t value)
{
    put_number(json, value < 0 ? 0 - (apr_uint64_t)value : (apr_uint64_t)value, value < 0, 0);
}

void t2m_json_unsigned(t2m_json_t *json, apr_uint64_t value)
{
    put_number(json, value, 0, 0);
}

void t2m_json_milliseconds(t2m_json_t *json, apr_int64_t microseconds)
{
    put_number(json, microseconds < 0 ? 0 : (apr_uint64_t)microseconds, 0, 1);
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

/* Where a byte needs more than copying: a control, `"`, `\`, DEL, what is not ASCII. */
static inline unsigned special_bits(t2m_block_t block)
{
    t2m_block_t specials = t2m_block_either(t2m_block_outside(block, ' ', '~'),
                                            t2m_block_equal(block, '"'));

    return t2m_block_bits(t2m_block_either(specials, t2m_block_equal(block, '\\')));
}

/* Copies a block; where its bytes need more than copying. */
static inline unsigned copy_block(char *to, const unsigned char *bytes)
{
    t2m_block_t block = t2m_block_load(bytes);

    t2m_block_store(to, block);
    return special_bits(block);
}

/* Copies plain bytes up to the first that is not; returns how many. There is room for size bytes
 * and for a whole block: it is written before it is looked at, and what it holds behind that byte
 * is overwritten next. size is not 0. */
static inline __attribute__((always_inline)) apr_size_t
copy_plain(char *to, const unsigned char *bytes, apr_size_t size)
{
    apr_size_t run;
    unsigned specials;

    if (size < T2M_BLOCK_SIZE) {
        t2m_block_t block = t2m_block_part(bytes, size);

        t2m_block_store(to, block);
        return (unsigned)__builtin_ctz(special_bits(block)); /* the zero behind the text, too */
    }
    for (run = 0; size - run > 2 * T2M_BLOCK_SIZE; run += T2M_BLOCK_SIZE) {
        specials = copy_block(to + run, bytes + run);
        if (specials) {
            return run + (unsigned)__builtin_ctz(specials);
        }
    }
    specials = copy_block(to + run, bytes + run); /* two blocks, in which some bytes stand twice */
    if (specials) {
        return run + (unsigned)__builtin_ctz(specials);
    }
    run = size - T2M_BLOCK_SIZE;
    specials = copy_block(to + run, bytes + run);
    return specials ? run + (unsigned)__builtin_ctz(specials) : size;
}

/* As copy_plain, for what fits; where the room ends first, the writer is full. */
static apr_size_t put_run(t2m_json_t *json, const unsigned char *bytes, apr_size_t size)
{
    apr_size_t room = (apr_size_t)(json->end - json->next);
    apr_size_t fitting = size < room ? size : room, run = 0;

    if (room >= T2M_BLOCK_SIZE) {
        run = copy_plain(json->next, bytes, fitting);
    }
    else {
        for (; run < fitting && classes[bytes[run]] == PLAIN; run++) {
            json->next[run] = (char)bytes[run];
        }
    }
    json->next += run;
    json->full = run == room && run < size;
    return run;
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
        apr_size_t taken = put_run(json, at, size);

        at += taken;
        size -= taken;
        if (size > 0 && !json->full) {
            taken = put_character(json, at, size);
            at += taken;
            size -= taken;
        }
    }
}

/* The rest of a string that is not plain, or has little room. */
static __attribute__((noinline)) void put_rest(t2m_json_t *json, const char *bytes,
                                               apr_size_t size)
{
    t2m_json_string_bytes(json, bytes, size);
    t2m_json_string_end(json);
}

/* Most strings are plain and have room. */
void t2m_json_string(t2m_json_t *json, const char *bytes, apr_size_t size)
{
    char *next = json->next;
    apr_size_t taken;

    if (json->full || (apr_size_t)(json->end - next) < size + T2M_BLOCK_SIZE + strlen(",\"\"")
        || !size) {
        t2m_json_string_begin(json);
        put_rest(json, bytes, size);
        return;
    }
    if (json->comma) {
        *next++ = ',';
    }
    *next++ = '"';
    taken = copy_plain(next, (const unsigned char *)bytes, size);
    next += taken;
    if (taken < size) {
        json->next = next;
        put_rest(json, bytes + taken, size - taken);
        return;
    }
    *next = '"';
    json->next = next + 1;
    json->comma = 1;
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
