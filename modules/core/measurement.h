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


/* A measurement: how long something took, as values, and the performance line that tells it.
 *
 * Values only; texts are borrowed. Any thread.
 */
#ifndef T2M_CORE_MEASUREMENT_H
#define T2M_CORE_MEASUREMENT_H

#include "core/line.h"
#include "core/route.h"

#define T2M_MEASUREMENT_MESSAGE "Performance metric: "

typedef struct {
    t2m_text_t metric;        /* without secrets */
    apr_int64_t duration;     /* microseconds */
    t2m_text_t function, module;
    t2m_text_t request_id;    /* empty: of no request; then the next two are not looked at */
    t2m_text_t trace_id;      /* empty: none */
    t2m_text_t endpoint;      /* without secrets */
    int status;               /* 0: none */
    int slow;
    t2m_text_t path;          /* told when it is slow; empty: none */
    t2m_content_e path_content;
    apr_size_t message_size;
    char message[sizeof(T2M_MEASUREMENT_MESSAGE) - 1 + T2M_ROUTE_MAX]; /* of its line */
} t2m_measurement_t;

/**
 * Begins a measurement of metric (at most T2M_ROUTE_MAX bytes): all else is empty, and to be set.
 * It must outlive the record that a line gathers.
 */
void t2m_measurement_begin(t2m_measurement_t *measurement, t2m_text_t metric);

/**
 * Adds the fields of its line, from `message` on. On the quick way function, module and path must
 * be without secrets; a line that gathers is to be masked.
 */
void t2m_measurement_add(t2m_line_t *line, const t2m_measurement_t *measurement);

#endif
