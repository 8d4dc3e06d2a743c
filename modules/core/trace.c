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

/* The traceparent header: a fixed layout, read byte by byte. */
#include "core/trace.h"

#include <string.h>

/* Where the parts of `00-<trace id>-<span id>-00` begin. */
enum {
    TRACE_AT = 3,
    SPAN_AT = TRACE_AT + T2M_TRACE_ID_SIZE + 1,
    FLAGS_AT = SPAN_AT + T2M_SPAN_ID_SIZE + 1
};

enum { FLAG_SAMPLED = 1, FLAG_RANDOM = 2 };

static const char hex_digits[] = "0123456789abcdef";

/* The value of a lower-case hex digit, -1 for any other byte. */
static int hex_value(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* The value of two digits, -1 when they are not. */
static int hex_pair(const char *digits)
{
    int high = hex_value(digits[0]), low = hex_value(digits[1]);

    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

/* Nonzero for hex digits that are not all zero. */
static int is_identifier(const char *digits, apr_size_t size)
{
    apr_size_t i;
    int seen = 0;

    for (i = 0; i < size; i++) {
        int value = hex_value(digits[i]);

        if (value < 0) {
            return 0;
        }
        seen |= value;
    }
    return seen;
}

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static t2m_text_t trim(t2m_text_t text)
{
    while (text.size && is_blank(text.data[0])) {
        text.data++;
        text.size--;
    }
    while (text.size && is_blank(text.data[text.size - 1])) {
        text.size--;
    }
    return text;
}

/* What stands behind the known layout: nothing, or from version 01 on a dash and more. A comma
 * there comes from headers that httpd merged. */
static int is_tail(int version, t2m_text_t tail)
{
    if (!tail.size) {
        return 1;
    }
    return version > 0 && tail.data[0] == '-' && !memchr(tail.data, ',', tail.size);
}

int t2m_trace_parse(t2m_text_t value, t2m_trace_t *trace)
{
    t2m_text_t text = trim(value);
    const char *data = text.data;
    int version, flags;

    if (text.size < T2M_TRACEPARENT_SIZE) {
        return 0;
    }
    version = hex_pair(data);
    flags = hex_pair(data + FLAGS_AT);
    if (version < 0 || version == 0xff || flags < 0
        || data[TRACE_AT - 1] != '-' || data[SPAN_AT - 1] != '-' || data[FLAGS_AT - 1] != '-'
        || !is_identifier(data + TRACE_AT, T2M_TRACE_ID_SIZE)
        || !is_identifier(data + SPAN_AT, T2M_SPAN_ID_SIZE)
        || !is_tail(version, t2m_text_of(data + T2M_TRACEPARENT_SIZE,
                                         text.size - T2M_TRACEPARENT_SIZE))) {
        return 0;
    }
    memcpy(trace->trace_id, data + TRACE_AT, T2M_TRACE_ID_SIZE);
    memcpy(trace->span_id, data + SPAN_AT, T2M_SPAN_ID_SIZE);
    trace->flags = (unsigned char)flags;
    return 1;
}

static void write_hex(unsigned char byte, char *out)
{
    out[0] = hex_digits[byte >> 4];
    out[1] = hex_digits[byte & 0x0f];
}

/* All zero is the one value that an identifier must not have. */
static void write_identifier(const unsigned char *random, apr_size_t size, char *out)
{
    apr_size_t i;
    int seen = 0;

    for (i = 0; i < size; i++) {
        write_hex(random[i], out + 2 * i);
        seen |= random[i];
    }
    if (!seen) {
        out[2 * size - 1] = '1';
    }
}

void t2m_trace_start(t2m_trace_t *trace, const unsigned char random[24])
{
    write_identifier(random, T2M_TRACE_ID_SIZE / 2, trace->trace_id);
    trace->flags = FLAG_RANDOM;
    t2m_trace_next_span(trace, random + T2M_TRACE_ID_SIZE / 2);
}

void t2m_trace_next_span(t2m_trace_t *trace, const unsigned char random[8])
{
    write_identifier(random, T2M_SPAN_ID_SIZE / 2, trace->span_id);
}

void t2m_trace_write(const t2m_trace_t *trace, char out[T2M_TRACEPARENT_SIZE])
{
    memcpy(out, "00-", TRACE_AT);
    memcpy(out + TRACE_AT, trace->trace_id, T2M_TRACE_ID_SIZE);
    out[SPAN_AT - 1] = '-';
    memcpy(out + SPAN_AT, trace->span_id, T2M_SPAN_ID_SIZE);
    out[FLAGS_AT - 1] = '-';
    write_hex((unsigned char)(trace->flags & (FLAG_SAMPLED | FLAG_RANDOM)), out + FLAGS_AT);
}
