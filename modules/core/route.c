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

/* Routes: a path with its ids taken out, segment by segment. */
#include "core/route.h"

#include <string.h>

#include "core/block.h"

static const char cut_mark[] = "/*";

enum {
    CUT_SIZE = sizeof(cut_mark) - 1,
    UUID_SIZE = 36,
    HEX_MIN = 8 /* shorter ones are names too often: "face2", "b2b" */
};

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int is_hex(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static int is_uuid(t2m_text_t segment)
{
    apr_size_t i;

    if (segment.size != UUID_SIZE) {
        return 0;
    }
    for (i = 0; i < UUID_SIZE; i++) {
        int dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? segment.data[i] != '-' : !is_hex(segment.data[i])) {
            return 0;
        }
    }
    return 1;
}

/* All digits, or at least HEX_MIN hex digits of which one is a digit. */
static int is_number(t2m_text_t segment)
{
    apr_size_t i, digits = 0;

    for (i = 0; i < segment.size; i++) {
        if (!is_hex(segment.data[i])) {
            return 0;
        }
        digits += is_digit(segment.data[i]) ? 1 : 0;
    }
    return digits && (digits == segment.size || segment.size >= HEX_MIN);
}

/* The segment at the start of rest, up to but not with its slash. */
static t2m_text_t first_segment(t2m_text_t rest)
{
    const char *slash = rest.size ? memchr(rest.data, '/', rest.size) : NULL;

    return slash ? t2m_text_of(rest.data, (apr_size_t)(slash - rest.data)) : rest;
}

static apr_size_t append(char *out, apr_size_t size, t2m_text_t text)
{
    if (text.size) {
        memcpy(out + size, text.data, text.size);
    }
    return size + text.size;
}

/* Writes the path behind the size bytes that out holds. What follows a segment keeps room for the
 * mark, or for itself where it is shorter. */
static apr_size_t write_path(t2m_text_t rest, char *out, apr_size_t size)
{
    int first = 1;

    for (;;) {
        t2m_text_t segment = first_segment(rest);
        apr_size_t follows = rest.size - segment.size;
        t2m_text_t shown = is_number(segment) || is_uuid(segment) ? t2m_text(":n") : segment;
        apr_size_t room = T2M_ROUTE_MAX - size - (follows < CUT_SIZE ? follows : CUT_SIZE);

        if (shown.size + (first ? 0 : 1) > room) {
            return append(out, size, t2m_text_of(cut_mark, CUT_SIZE));
        }
        if (!first) {
            out[size++] = '/';
        }
        size = append(out, size, shown);
        if (!follows) {
            return size;
        }
        rest = t2m_text_of(segment.data + segment.size + 1, follows - 1);
        first = 0;
    }
}

/* Nonzero when no segment can be an id: each has a digit, or is as long as a UUID. */
static inline int has_no_id(t2m_text_t path)
{
    apr_size_t at;
    unsigned digits = 0;

    if (path.size >= UUID_SIZE) {
        return 0;
    }
    for (at = 0; path.size - at >= T2M_BLOCK_SIZE; at += T2M_BLOCK_SIZE) {
        digits |= t2m_block_bits(t2m_block_range(t2m_block_load(path.data + at), '0', '9'));
    }
    if (path.size > at) {
        t2m_block_t rest = t2m_block_part(path.data + at, path.size - at);

        digits |= t2m_block_bits(t2m_block_range(rest, '0', '9'));
    }
    return digits == 0;
}

apr_size_t t2m_route_write(t2m_text_t method, t2m_text_t path, char *out)
{
    apr_size_t size = 0;

    if (!method.size && !path.size) {
        out[0] = '-';
        return 1;
    }
    if (method.size) {
        size = append(out, 0, method.size > T2M_ROUTE_METHOD_MAX ? t2m_text("*") : method);
        out[size++] = ' ';
    }
    if (!path.size) {
        return append(out, size, t2m_text("*"));
    }
    return has_no_id(path) ? append(out, size, path) : write_path(path, out, size);
}
