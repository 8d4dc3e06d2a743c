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

/* Writes metrics in the text exposition format 0.0.4 of Prometheus
 * (text/plain; version=0.0.4; charset=utf-8) into a sink that the caller gives.
 *
 * A sample has no name of its own: it belongs to the family begun last, and a family can be begun
 * only once, so that the samples of one always stand together. What would break the format is left
 * out and sets `wrong`, which stays set: a family's samples before any family, a family a second
 * time, a name or a label that is none, a sample of another type than its family, a histogram's
 * own label `le` given by the caller. That each set of labels comes once is the caller's business.
 *
 * Allocates nothing; one writer per answer, not thread-safe. */
#ifndef T2M_CORE_PROMETHEUS_H
#define T2M_CORE_PROMETHEUS_H

#include "core/histogram.h"
#include "core/text.h"

enum { T2M_PROMETHEUS_FAMILIES_MAX = 64 };

typedef enum {
    T2M_PROMETHEUS_NONE, /* no family, or one that was refused */
    T2M_PROMETHEUS_COUNTER,
    T2M_PROMETHEUS_GAUGE,
    T2M_PROMETHEUS_HISTOGRAM
} t2m_prometheus_type_e;

/* Takes some more bytes of the answer. */
typedef void t2m_prometheus_append_t(void *sink, const char *bytes, apr_size_t size);

typedef struct {
    const char *name;
    t2m_text_t value; /* any bytes */
} t2m_prometheus_label_t;

typedef struct {
    t2m_prometheus_append_t *append;
    void *sink;
    t2m_prometheus_type_e type;                        /* of the family begun last */
    const char *families[T2M_PROMETHEUS_FAMILIES_MAX]; /* begun so far; the last is the current */
    unsigned family_count;
    unsigned wrong : 1;
} t2m_prometheus_t;

/** Starts an answer. append is called with sink for each piece, in order, at once. */
void t2m_prometheus_begin(t2m_prometheus_t *prometheus, t2m_prometheus_append_t *append,
                          void *sink);

/**
 * Begins a family: writes its HELP and TYPE lines. name, [a-zA-Z_:][a-zA-Z0-9_:]*, is borrowed
 * until the answer is done; help is any text. In both, and in labels, `\`, LF (and in labels `"`)
 * are escaped, NUL and ill-formed UTF-8 become U+FFFD.
 */
void t2m_prometheus_family(t2m_prometheus_t *prometheus, const char *name,
                           t2m_prometheus_type_e type, const char *help);

/** A sample of a counter or gauge: a whole number. labels may be NULL when count is 0. */
void t2m_prometheus_unsigned(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                             unsigned count, apr_uint64_t value);

/** As t2m_prometheus_unsigned; the shortest decimal that is read back as the same double. */
void t2m_prometheus_double(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                           unsigned count, double value);

/** As t2m_prometheus_unsigned; microseconds written as seconds, exactly. */
void t2m_prometheus_seconds(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                            unsigned count, apr_uint64_t microseconds);

/**
 * The samples of a histogram for one set of labels: a _bucket for each bound of core/histogram.h
 * and one for +Inf, cumulative and ascending, then _sum (sum microseconds, written as seconds) and
 * _count. counts[i] is what t2m_classic_index gave i for, so that _count is their sum.
 */
void t2m_prometheus_histogram(t2m_prometheus_t *prometheus, const t2m_prometheus_label_t *labels,
                              unsigned count, const apr_uint64_t counts[T2M_CLASSIC_COUNTS],
                              apr_uint64_t sum);

#endif
