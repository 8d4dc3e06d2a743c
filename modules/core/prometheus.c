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

/* The text format, piece by piece. Pure but for the caller's append. */
#include "core/prometheus.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/utf8.h"

enum {
    NUMBER_SIZE = 48,    /* no number is longer */
    DIGITS_MAX = 17,     /* enough for any double to be read back as the same */
    PLAIN_EXPONENT = 21, /* from here on, and below -5, doubles are written with an exponent */
    MICROSECONDS = 1000000
};

/* A double's shortest decimal: 0.d1d2d3... times ten to the power of point. */
typedef struct {
    char digits[DIGITS_MAX];
    int count;
    int point;
} decimal_t;

static void put(t2m_prometheus_t *prometheus, const char *bytes, apr_size_t size)
{
    if (size > 0) {
        prometheus->append(prometheus->sink, bytes, size);
    }
}

static void put_string(t2m_prometheus_t *prometheus, const char *string)
{
    put(prometheus, string, strlen(string));
}

/* What a byte must be replaced by; NULL when it stays. */
static const char *replacement_of(char byte, int in_label)
{
    switch (byte) {
    case '\0':
        return T2M_UTF8_REPLACEMENT;
    case '\\':
        return "\\\\";
    case '\n':
        return "\\n";
    case '"':
        return in_label ? "\\\"" : NULL;
    default:
        return NULL;
    }
}

static void put_escaped(t2m_prometheus_t *prometheus, t2m_text_t text, int in_label)
{
    apr_size_t start = 0, at = 0;

    while (at < text.size) {
        apr_size_t size = t2m_utf8_size(text.data + at, text.size - at);
        const char *other = size == 0   ? T2M_UTF8_REPLACEMENT
                            : size == 1 ? replacement_of(text.data[at], in_label)
                                        : NULL;

        if (other) {
            put(prometheus, text.data + start, at - start);
            put_string(prometheus, other);
            start = at + 1;
        }
        at += size > 0 ? size : 1;
    }
    if (at > start) {
        put(prometheus, text.data + start, at - start);
    }
}

/* The digits of value, the last before end; returns the first. */
static char *digits_before(char *end, apr_uint64_t value)
{
    do {
        *--end = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return end;
}

static void put_unsigned(t2m_prometheus_t *prometheus, apr_uint64_t value)
{
    char buffer[NUMBER_SIZE];
    char *end = buffer + sizeof(buffer);
    char *start = digits_before(end, value);

    put(prometheus, start, (apr_size_t)(end - start));
}

static void put_seconds(t2m_prometheus_t *prometheus, apr_uint64_t microseconds)
{
    char buffer[] = "000000";
    apr_size_t size = sizeof(buffer) - 1;

    put_unsigned(prometheus, microseconds / MICROSECONDS);
    (void)digits_before(buffer + size, microseconds % MICROSECONDS);
    while (size > 0 && buffer[size - 1] == '0') {
        size--;
    }
    put(prometheus, ".", size > 0);
    put(prometheus, buffer, size);
}

/* Takes the C library's word for the digits, but not for the decimal point, which depends on the
 * locale. value is finite and above 0. */
static void find_decimal(double value, decimal_t *decimal)
{
    char buffer[NUMBER_SIZE];
    const char *at = buffer;
    int precision = 0;

    do {
        (void)snprintf(buffer, sizeof(buffer), "%.*e", precision, value);
        precision++;
    } while (precision < DIGITS_MAX && strtod(buffer, NULL) != value);
    decimal->count = 0;
    for (; *at != 'e' && *at != '\0'; at++) {
        if (*at >= '0' && *at <= '9' && decimal->count < DIGITS_MAX) {
            decimal->digits[decimal->count++] = *at;
        }
    }
    decimal->point = *at == 'e' ? (int)strtol(at + 1, NULL, 10) + 1 : 0;
}

static void put_zeros(t2m_prometheus_t *prometheus, int count)
{
    for (; count > 0; count--) {
        put(prometheus, "0", 1);
    }
}

/* `0.00123`, `12.3` or `12300`. */
static void put_plain(t2m_prometheus_t *prometheus, const decimal_t *decimal)
{
    int point = decimal->point, whole;

    if (point <= 0) {
        put_string(prometheus, "0.");
        put_zeros(prometheus, -point);
        put(prometheus, decimal->digits, (apr_size_t)decimal->count);
        return;
    }
    whole = point < decimal->count ? point : decimal->count;
    put(prometheus, decimal->digits, (apr_size_t)whole);
    put_zeros(prometheus, point - whole);
    if (whole < decimal->count) {
        put_string(prometheus, ".");
        put(prometheus, decimal->digits + whole, (apr_size_t)(decimal->count - whole));
    }
}

/* `1.23e+25` or `1e-07`. */
static void put_scientific(t2m_prometheus_t *prometheus, const decimal_t *decimal)
{
    int exponent = decimal->point - 1;

    put(prometheus, decimal->digits, 1);
    if (decimal->count > 1) {
        put_string(prometheus, ".");
        put(prometheus, decimal->digits + 1, (apr_size_t)(decimal->count - 1));
    }
    put_string(prometheus, exponent < 0 ? "e-" : "e+");
    put_zeros(prometheus, exponent > -10 && exponent < 10);
    put_unsigned(prometheus, (apr_uint64_t)(exponent < 0 ? -exponent : exponent));
}

static void put_double(t2m_prometheus_t *prometheus, double value)
{
    decimal_t decimal;

    if (__builtin_isnan(value)) {
        put_string(prometheus, "NaN");
        return;
    }
    put_string(prometheus, __builtin_signbit(value) ? "-" : __builtin_isinf(value) ? "+" : "");
    value = __builtin_signbit(value) ? -value : value;
    if (__builtin_isinf(value)) {
        put_string(prometheus, "Inf");
        return;
    }
    if (!(value > 0)) {
        put_string(prometheus, "0");
        return;
    }
    find_decimal(value, &decimal);
    if (decimal.point > PLAIN_EXPONENT || decimal.point < -4) {
        put_scientific(prometheus, &decimal);
    }
    else {
        put_plain(prometheus, &decimal);
    }
}

static int is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_';
}

/* A family's name, or without the colon a label's. */
static int is_name(const char *name, int colon)
{
    const char *at = name;

    while (is_letter(*at) || (colon && *at == ':')
           || (at > name && *at >= '0' && *at <= '9')) {
        at++;
    }
    return at > name && *at == '\0';
}

static int is_begun(const t2m_prometheus_t *prometheus, const char *name)
{
    unsigned i;

    for (i = 0; i < prometheus->family_count; i++) {
        if (strcmp(prometheus->families[i], name) == 0) {
            return 1;
        }
    }
    return 0;
}

void t2m_prometheus_begin(t2m_prometheus_t *prometheus, t2m_prometheus_append_t *append,
                          void *sink)
{
    memset(prometheus, 0, sizeof(*prometheus));
    prometheus->append = append;
    prometheus->sink = sink;
}

static void put_comment(t2m_prometheus_t *prometheus, const char *keyword, const char *name)
{
    put_string(prometheus, keyword);
    put_string(prometheus, name);
    put_string(prometheus, " ");
}

void t2m_prometheus_family(t2m_prometheus_t *prometheus, const char *name,
                           t2m_prometheus_type_e type, const char *help)
{
    static const char *const types[] = { NULL, "counter\n", "gauge\n", "histogram\n" };

    if (!is_name(name, 1) || type < T2M_PROMETHEUS_COUNTER || type > T2M_PROMETHEUS_HISTOGRAM
        || prometheus->family_count == T2M_PROMETHEUS_FAMILIES_MAX
        || is_begun(prometheus, name)) {
        prometheus->type = T2M_PROMETHEUS_NONE;
        prometheus->wrong = 1;
        return;
    }
    prometheus->families[prometheus->family_count++] = name;
    prometheus->type = type;
    put_comment(prometheus, "# HELP ", name);
    put_escaped(prometheus, t2m_text(help), 0);
    put_comment(prometheus, "\n# TYPE ", name);
    put_string(prometheus, types[type]);
}

/* Nonzero when a sample may be written now; else the answer is wrong. */
static int may_write(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                     unsigned count, int histogram)
{
    int may = prometheus->type != T2M_PROMETHEUS_NONE
              && (prometheus->type == T2M_PROMETHEUS_HISTOGRAM) == histogram;
    unsigned i;

    for (i = 0; i < count; i++) {
        may = may && is_name(labels[i].name, 0)
              && !(histogram && strcmp(labels[i].name, "le") == 0);
    }
    prometheus->wrong |= !may;
    return may;
}

static void put_label(t2m_prometheus_t *prometheus, const char *name, t2m_text_t value)
{
    put_string(prometheus, name);
    put_string(prometheus, "=\"");
    put_escaped(prometheus, value, 1);
    put_string(prometheus, "\"");
}

/* All of a sample before its value; le is NULL for all but a bucket. */
static void put_sample(t2m_prometheus_t *prometheus, const char *suffix,
                       const t2m_prometheus_label_t *labels, unsigned count, const char *le)
{
    unsigned i;

    put_string(prometheus, prometheus->families[prometheus->family_count - 1]);
    put_string(prometheus, suffix);
    for (i = 0; i < count; i++) {
        put_string(prometheus, i > 0 ? "," : "{");
        put_label(prometheus, labels[i].name, labels[i].value);
    }
    if (le) {
        put_string(prometheus, count > 0 ? "," : "{");
        put_label(prometheus, "le", t2m_text(le));
    }
    put_string(prometheus, count > 0 || le ? "} " : " ");
}

void t2m_prometheus_unsigned(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                             unsigned count, apr_uint64_t value)
{
    if (may_write(prometheus, labels, count, 0)) {
        put_sample(prometheus, "", labels, count, NULL);
        put_unsigned(prometheus, value);
        put_string(prometheus, "\n");
    }
}

void t2m_prometheus_double(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                           unsigned count, double value)
{
    if (may_write(prometheus, labels, count, 0)) {
        put_sample(prometheus, "", labels, count, NULL);
        put_double(prometheus, value);
        put_string(prometheus, "\n");
    }
}

void t2m_prometheus_seconds(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                            unsigned count, apr_uint64_t microseconds)
{
    if (may_write(prometheus, labels, count, 0)) {
        put_sample(prometheus, "", labels, count, NULL);
        put_seconds(prometheus, microseconds);
        put_string(prometheus, "\n");
    }
}

void t2m_prometheus_histogram(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                              unsigned count, const apr_uint64_t counts[T2M_CLASSIC_COUNTS],
                              apr_uint64_t sum)
{
    apr_uint64_t so_far = 0;
    unsigned i;

    if (!may_write(prometheus, labels, count, 1)) {
        return;
    }
    for (i = 0; i < T2M_CLASSIC_COUNTS; i++) {
        so_far += counts[i];
        put_sample(prometheus, "_bucket", labels, count, t2m_classic_le(i));
        put_unsigned(prometheus, so_far);
        put_string(prometheus, "\n");
    }
    put_sample(prometheus, "_sum", labels, count, NULL);
    put_seconds(prometheus, sum);
    put_string(prometheus, "\n");
    put_sample(prometheus, "_count", labels, count, NULL);
    put_unsigned(prometheus, so_far);
    put_string(prometheus, "\n");
}
