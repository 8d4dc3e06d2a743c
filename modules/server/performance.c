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

#include "server/emit.h"

enum { DEFAULT_SLOW = 2000000 }; /* microseconds, where there is no directory to ask */

static void note_facts(t2m_facts_t *facts, const t2m_performance_t *performance)
{
    const request_rec *origin = performance->origin;
    apr_int64_t slow = origin ? t2m_config_slow(origin) : DEFAULT_SLOW;

    facts->value = performance->duration > 0 ? (apr_uint64_t)performance->duration : 0;
    facts->name = performance->metric;
    facts->status = (apr_uint16_t)performance->status;
    facts->flags = performance->duration > slow ? T2M_FACT_SLOW : 0;
    if (performance->failed) {
        facts->flags |= T2M_FACT_FAILED;
    }
}

static int is_written(const t2m_record_t *record, const t2m_performance_t *performance)
{
    const request_rec *origin = performance->origin;

    return t2m_emit_wants(performance->config, T2M_STREAM_PERFORMANCE, record->level)
           && (record->facts.flags || !origin
               || t2m_config_performance(origin) == T2M_PERFORMANCE_ALL);
}

static void add_measure(t2m_record_t *record, const t2m_performance_t *performance)
{
    t2m_record_text(record, "metric", T2M_CONTENT_SAFE, performance->metric);
    t2m_record_milliseconds(record, "duration_ms", performance->duration);
    t2m_record_string(record, "function", T2M_CONTENT_NAME, performance->function);
    t2m_record_string(record, "module", T2M_CONTENT_NAME, performance->module);
}

static void add_request(t2m_record_t *record, const t2m_performance_t *performance)
{
    t2m_request_t *state = performance->state;

    if (state) {
        t2m_record_string(record, "request_id", T2M_CONTENT_SAFE, state->id);
        t2m_record_string(record, "trace_id", T2M_CONTENT_SAFE, state->trace_id);
        t2m_record_text(record, "endpoint", T2M_CONTENT_SAFE,
                        t2m_request_route(state, performance->origin, performance->config));
    }
    if (performance->status) {
        t2m_record_integer(record, "status", performance->status);
    }
}

static void add_slow(t2m_record_t *record, const t2m_performance_t *performance)
{
    int slow = record->facts.flags & T2M_FACT_SLOW;
    t2m_text_t path, query;

    t2m_record_boolean(record, "slow", slow);
    if (slow && performance->state) {
        t2m_request_target(performance->origin, &path, &query);
        t2m_record_text(record, "path", t2m_request_path_content(path), path);
    }
}

apr_status_t t2m_performance_write(const t2m_performance_t *performance)
{
    static const char words[] = "Performance metric: ";
    char message[sizeof words - 1 + T2M_ROUTE_MAX];
    t2m_text_t metric = performance->metric;
    t2m_record_t record;

    t2m_record_begin(&record, T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO, performance->time);
    note_facts(&record.facts, performance);
    if (!is_written(&record, performance)) {
        return t2m_emit_count(&record);
    }
    memcpy(message, words, sizeof words - 1);
    memcpy(message + sizeof words - 1, metric.data, metric.size);
    t2m_record_text(&record, "message", T2M_CONTENT_SAFE,
                    t2m_text_of(message, sizeof words - 1 + metric.size));
    add_measure(&record, performance);
    add_request(&record, performance);
    add_slow(&record, performance);
    for (int i = 0; i < performance->field_count; i++) {
        t2m_record_foreign(&record, &performance->fields[i]);
    }
    t2m_context_add(&record, performance->config, performance->context, performance->state,
                    performance->origin);
    return t2m_emit(&record, performance->config, NULL);
}
