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

/* A slow, obvious model of what the encoder does to strings, to compare the fast one with. */
#ifndef T2M_UNIT_UTF8_MODEL_H
#define T2M_UNIT_UTF8_MODEL_H

#include <stdio.h>
#include <string.h>

enum { MODEL_GROWTH = 6 }; /* a byte becomes at most \uXXXX */

/* Unicode 15, table 3-7, row by row as it is printed. */
static const struct {
    size_t size;
    unsigned char low[4], high[4];
} model_rows[] = {
    { 1, { 0x00 }, { 0x7f } },
    { 2, { 0xc2, 0x80 }, { 0xdf, 0xbf } },
    { 3, { 0xe0, 0xa0, 0x80 }, { 0xe0, 0xbf, 0xbf } },
    { 3, { 0xe1, 0x80, 0x80 }, { 0xec, 0xbf, 0xbf } },
    { 3, { 0xed, 0x80, 0x80 }, { 0xed, 0x9f, 0xbf } },
    { 3, { 0xee, 0x80, 0x80 }, { 0xef, 0xbf, 0xbf } },
    { 4, { 0xf0, 0x90, 0x80, 0x80 }, { 0xf0, 0xbf, 0xbf, 0xbf } },
    { 4, { 0xf1, 0x80, 0x80, 0x80 }, { 0xf3, 0xbf, 0xbf, 0xbf } },
    { 4, { 0xf4, 0x80, 0x80, 0x80 }, { 0xf4, 0x8f, 0xbf, 0xbf } },
};

/* The size of the character at bytes, or of the longest beginning of any character, at least 1. */
__attribute__((unused)) static size_t model_character(const unsigned char *bytes, size_t size,
                                                      int *valid)
{
    size_t row, best = 1;

    *valid = 0;
    for (row = 0; row < sizeof(model_rows) / sizeof(model_rows[0]); row++) {
        size_t seen = 0;

        while (seen < size && seen < model_rows[row].size
               && bytes[seen] >= model_rows[row].low[seen]
               && bytes[seen] <= model_rows[row].high[seen]) {
            seen++;
        }
        if (seen == model_rows[row].size) {
            *valid = 1;
            return seen;
        }
        best = seen > best ? seen : best;
    }
    return best;
}

/* Copies with each ill-formed part as U+FFFD; out has room for 3 * size. Returns the size. */
__attribute__((unused)) static size_t model_repair(const unsigned char *bytes, size_t size,
                                                   char *out, int *lossy)
{
    size_t at = 0, written = 0;

    *lossy = 0;
    while (at < size) {
        int valid;
        size_t taken = model_character(bytes + at, size - at, &valid);

        memcpy(out + written, valid ? (const char *)bytes + at : "\xef\xbf\xbd", valid ? taken : 3);
        written += valid ? taken : 3;
        *lossy |= !valid;
        at += taken;
    }
    return written;
}

static unsigned model_code_point(const unsigned char *bytes, size_t size)
{
    static const unsigned first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    unsigned point = bytes[0] & first_bits[size];
    size_t i;

    for (i = 1; i < size; i++) {
        point = point * 64 + (bytes[i] & 0x3fU);
    }
    return point;
}

static int model_is_escaped(unsigned point)
{
    static const unsigned hidden[] = { 0x7f,   0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a,
                                       0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068,
                                       0x2069, 0xfeff };
    size_t i;

    for (i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (point == hidden[i]) {
            return 1;
        }
    }
    return point < 0x20 || (point >= 0x80 && point <= 0x9f);
}

/* What must stand between the quotes; out has room for MODEL_GROWTH * size + 1. */
__attribute__((unused)) static size_t model_escape(const unsigned char *bytes, size_t size,
                                                   char *out)
{
    static const char special[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    size_t at = 0, written = 0;

    while (at < size) {
        int valid;
        size_t taken = model_character(bytes + at, size - at, &valid);
        unsigned point = valid ? model_code_point(bytes + at, taken) : 0xfffd;
        const char *found = point > 0 && point < 0x80 ? strchr(special, (int)point) : NULL;

        if (found) {
            out[written++] = '\\';
            out[written++] = letters[found - special];
        }
        else if (model_is_escaped(point)) {
            written += (size_t)snprintf(out + written, 7, "\\u%04x", point);
        }
        else {
            memcpy(out + written, valid ? (const char *)bytes + at : "\xef\xbf\xbd",
                   valid ? taken : 3);
            written += valid ? taken : 3;
        }
        at += taken;
    }
    return written;
}

#endif
