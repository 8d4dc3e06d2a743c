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

/* See performance.h. */
#include "server/performance.h"

static t2m_facts_t facts_of(const t2m_performance_t *performance)
{
    const t2m_measurement_t *measurement = &performance->measurement;
    t2m_facts_t facts = {
        .value = measurement->duration > 0 ? (apr_uint64_t)measurement->duration : 0,
        .name = measurement->metric,
        .status = (apr_uint16_t)measurement->status,
        .flags = measurement->slow ? T2M_FACT_SLOW : 0
    };

    if (performance->failed) {
        facts.flags |= T2M_FACT_FAILED;
    }
    return facts;
}

static int is_written(const t2m_performance_t *performance, const t2m_emit_source_t *source)
{
    return t2m_emit_wants(performance->config, T2M_STREAM_PERFORMANCE, source->level)
           && (source->facts.flags || !performance->origin
               || t2m_config_performance(performance->origin) == T2M_PERFORMANCE_ALL);
}

static void gather(t2m_line_t *line, const void *data)
{
    const t2m_performance_t *performance = data;

    t2m_measurement_add(line, &performance->measurement);
    for (int i = 0; i < performance->field_count; i++) {
        t2m_line_foreign(line, &performance->fields[i]);
    }
    t2m_context_add_line(line, performance->config, performance->context, performance->state,
                         performance->origin);
}

apr_status_t t2m_performance_write(t2m_performance_t *performance)
{
    t2m_measurement_t *measurement = &performance->measurement;
    t2m_emit_source_t source = {
        .stream = T2M_STREAM_PERFORMANCE,
        .level = T2M_LEVEL_INFO,
        .gather = gather,
        .data = performance
    };

    measurement->slow = measurement->duration > (performance->origin
                                                     ? t2m_config_slow(performance->origin)
                                                     : T2M_CONFIG_SLOW);
    source.facts = facts_of(performance);
    if (is_written(performance, &source)) {
        return t2m_emit_source(&source, performance->config, performance->time);
    }
    return t2m_emit_source_count(&source, performance->time);
}
