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

enum { DEFAULT_SLOW = 2000000 }; /* microseconds, where there is no directory to ask */

#define MESSAGE "Performance metric: "

/* A record on its way: what was given, and what came of it. */
typedef struct {
    const t2m_performance_t *given;
    t2m_emit_source_t source;
    apr_size_t message_size;
    char message[sizeof MESSAGE - 1 + T2M_ROUTE_MAX];
} measured_t;

static t2m_facts_t facts_of(const t2m_performance_t *given)
{
    apr_int64_t slow = given->origin ? t2m_config_slow(given->origin) : DEFAULT_SLOW;
    t2m_facts_t facts = {
        .value = given->duration > 0 ? (apr_uint64_t)given->duration : 0,
        .name = given->metric,
        .status = (apr_uint16_t)given->status,
        .flags = given->duration > slow ? T2M_FACT_SLOW : 0
    };

    if (given->failed) {
        facts.flags |= T2M_FACT_FAILED;
    }
    return facts;
}

static int is_written(const measured_t *measured)
{
    const t2m_performance_t *given = measured->given;

    return t2m_emit_wants(given->config, T2M_STREAM_PERFORMANCE, measured->source.level)
           && (measured->source.facts.flags || !given->origin
               || t2m_config_performance(given->origin) == T2M_PERFORMANCE_ALL);
}

static void add_name(t2m_line_t *line, const measured_t *measured)
{
    t2m_text_t message = t2m_text_of(measured->message, measured->message_size);
    t2m_text_t metric = measured->given->metric;

    if (measured->given->plain) {
        t2m_line_plain(line, "message", message);
        t2m_line_plain(line, "metric", metric);
    } else {
        t2m_line_text(line, "message", T2M_CONTENT_SAFE, message);
        t2m_line_text(line, "metric", T2M_CONTENT_SAFE, metric);
    }
}

static void add_endpoint(t2m_line_t *line, const t2m_performance_t *given)
{
    if (given->plain) {
        t2m_line_plain(line, "endpoint", given->endpoint);
    } else {
        t2m_line_text(line, "endpoint", T2M_CONTENT_SAFE, given->endpoint);
    }
}

/* Most files are sent by the one handler. */
static void add_function(t2m_line_t *line, const t2m_performance_t *given)
{
    static const char members[] = ",\"function\":\"default-handler\",\"module\":\"httpd\"";

    if (given->by_default && !t2m_line_record(line)) {
        t2m_line_rendered(line, t2m_text_of(members, sizeof members - 1));
        return;
    }
    t2m_line_string(line, "function", T2M_CONTENT_NAME, given->function);
    t2m_line_string(line, "module", T2M_CONTENT_NAME, given->module);
}

static void add_measure(t2m_line_t *line, const measured_t *measured)
{
    const t2m_performance_t *given = measured->given;

    add_name(line, measured);
    t2m_line_milliseconds(line, "duration_ms", given->duration);
    add_function(line, given);
}

static void add_request(t2m_line_t *line, const t2m_performance_t *given)
{
    t2m_request_t *state = given->state;

    if (state) {
        t2m_line_plain(line, "request_id", t2m_request_id(state));
        if (state->trace_id[0]) {
            t2m_line_string(line, "trace_id", T2M_CONTENT_SAFE, state->trace_id);
        }
        add_endpoint(line, given);
    }
    if (given->status) {
        t2m_line_integer(line, "status", given->status);
    }
}

static void add_slow(t2m_line_t *line, const measured_t *measured)
{
    const t2m_performance_t *given = measured->given;
    int slow = measured->source.facts.flags & T2M_FACT_SLOW;
    t2m_text_t path, query;

    t2m_line_boolean(line, "slow", slow);
    if (slow && given->state) {
        t2m_request_target(given->origin, &path, &query);
        t2m_line_text(line, "path", t2m_request_path_content(path), path);
    }
}

static void gather(t2m_line_t *line, const void *data)
{
    const measured_t *measured = data;
    const t2m_performance_t *given = measured->given;

    add_measure(line, measured);
    add_request(line, given);
    add_slow(line, measured);
    for (int i = 0; i < given->field_count; i++) {
        t2m_line_foreign(line, &given->fields[i]);
    }
    t2m_context_add_line(line, given->config, given->context, given->state, given->origin);
}

static void measure(measured_t *measured, const t2m_performance_t *given)
{
    apr_size_t size = sizeof MESSAGE - 1;

    measured->given = given;
    memcpy(measured->message, MESSAGE, size);
    (void)t2m_text_copy(measured->message + size, given->metric.data, given->metric.size);
    measured->message_size = size + given->metric.size;
    measured->source = (t2m_emit_source_t) {
        .stream = T2M_STREAM_PERFORMANCE,
        .level = T2M_LEVEL_INFO,
        .facts = facts_of(given),
        .quick = given->field_count == 0 && given->context && t2m_context_is_empty(given->context),
        .gather = gather,
        .data = measured
    };
}

apr_status_t t2m_performance_write(const t2m_performance_t *performance)
{
    measured_t measured;

    measure(&measured, performance);
    if (is_written(&measured)) {
        return t2m_emit_source(&measured.source, performance->config, performance->time);
    }
    return t2m_emit_source_count(&measured.source, performance->time);
}

void t2m_performance_add(t2m_emit_t *emit, const t2m_performance_t *performance)
{
    measured_t measured;

    measure(&measured, performance);
    if (is_written(&measured)) {
        t2m_emit_add(emit, &measured.source);
    } else {
        t2m_emit_add_count(emit, &measured.source);
    }
}
