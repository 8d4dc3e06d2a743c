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


/* See measurement.h. */
#include "core/measurement.h"

#include <stddef.h>

enum { MESSAGE = sizeof(T2M_MEASUREMENT_MESSAGE) - 1 };

void t2m_measurement_begin(t2m_measurement_t *measurement, t2m_text_t metric)
{
    memset(measurement, 0, offsetof(t2m_measurement_t, message));
    memcpy(measurement->message, T2M_MEASUREMENT_MESSAGE, MESSAGE);
    (void)t2m_text_copy(measurement->message + MESSAGE, metric.data, metric.size);
    measurement->message_size = MESSAGE + metric.size;
    measurement->metric = metric;
}

static t2m_content_e content(const t2m_line_t *line, t2m_content_e of_a_record)
{
    return t2m_line_record(line) ? of_a_record : T2M_CONTENT_SAFE;
}

static void add_request(t2m_line_t *line, const t2m_measurement_t *measurement)
{
    if (measurement->request_id.size) {
        t2m_line_text(line, "request_id", T2M_CONTENT_SAFE, measurement->request_id);
        t2m_line_text(line, "trace_id", T2M_CONTENT_SAFE, measurement->trace_id);
        t2m_line_text(line, "endpoint", T2M_CONTENT_SAFE, measurement->endpoint);
    }
    if (measurement->status) {
        t2m_line_integer(line, "status", measurement->status);
    }
}

void t2m_measurement_add(t2m_line_t *line, const t2m_measurement_t *measurement)
{
    t2m_line_text(line, "message", T2M_CONTENT_SAFE,
                  t2m_text_of(measurement->message, measurement->message_size));
    t2m_line_text(line, "metric", T2M_CONTENT_SAFE, measurement->metric);
    t2m_line_milliseconds(line, "duration_ms", measurement->duration);
    t2m_line_text(line, "function", content(line, T2M_CONTENT_NAME), measurement->function);
    t2m_line_text(line, "module", content(line, T2M_CONTENT_NAME), measurement->module);
    add_request(line, measurement);
    t2m_line_boolean(line, "slow", measurement->slow);
    if (measurement->slow) {
        t2m_line_text(line, "path", content(line, measurement->path_content), measurement->path);
    }
}
