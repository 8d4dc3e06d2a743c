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

/* See api.h and mod_t2mlog.h. */
#include "server/api.h"

#include <arpa/inet.h>
#include <math.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_main.h>

#include <mod_t2mlog.h>

#include "core/field_name.h"
#include "server/errorline.h"
#include "server/performance.h"
#include "server/private.h"
#include "server/process.h"
#include "server/security.h"

enum {
    NAME_MAX_BYTES = 64,      /* of a module */
    WORD_MAX = 128,           /* of a type and of a function */
    TRACEBACK_MAX = 16384,    /* bytes kept of a traceback */
    TRACEBACK_LINE_MAX = 2048 /* and of each of its lines */
};

/* A call: where it belongs and what its fields became. */
typedef struct {
    const t2m_server_config_t *config;
    t2m_request_t *state;      /* NULL: no request */
    const request_rec *origin; /* NULL with state */
    int count;
    t2m_field_t fields[T2MLOG_FIELDS_MAX];
} call_t;

/* Nonzero for 1 to most bytes that accept says are allowed. */
static int is_word(const char *text, apr_size_t most, int (*accept)(int byte))
{
    apr_size_t size = 0;

    while (size <= most && text[size] && accept((unsigned char)text[size])) {
        size++;
    }
    return size >= 1 && size <= most && !text[size];
}

static int is_name_byte(int byte)
{
    return byte < 0x80 && (apr_isalnum(byte) || strchr("_.-", byte));
}

static int is_event_byte(int byte)
{
    return byte < 0x80 && (apr_islower(byte) || apr_isdigit(byte) || byte == '_');
}

static int is_printable(int byte)
{
    return byte >= 0x20 && byte <= 0x7e;
}

static int is_module(const char *name)
{
    return !name || is_word(name, NAME_MAX_BYTES, is_name_byte);
}

static int is_level(t2mlog_level_e level)
{
    return (int)level >= T2MLOG_DEFAULT && level <= T2MLOG_CRITICAL;
}

static t2m_level_e level_of(t2mlog_level_e level, t2m_level_e otherwise)
{
    return level == T2MLOG_DEFAULT ? otherwise
                                   : (t2m_level_e)((int)level - T2MLOG_DEBUG + T2M_LEVEL_DEBUG);
}

/* Returns nonzero when the field breaks a rule. */
static int read_field(const t2mlog_field_t *field, t2m_field_t *out)
{
    if (!field->name || !t2m_context_name_valid(field->name, strlen(field->name))) {
        return 1;
    }
    switch (field->type) {
    case T2MLOG_TEXT:
        *out = t2m_field_text(field->name, t2m_text(field->value.text));
        return 0;
    case T2MLOG_INTEGER:
        *out = t2m_field_integer(field->name, field->value.integer);
        return 0;
    case T2MLOG_REAL:
        *out = t2m_field_real(field->name, field->value.real);
        return !isfinite(field->value.real);
    case T2MLOG_BOOLEAN:
        *out = t2m_field_boolean(field->name, field->value.boolean);
        return 0;
    default:
        return 1;
    }
}

static apr_status_t read_fields(call_t *call, const t2mlog_field_t *fields, int count)
{
    if (count < 0 || count > T2MLOG_FIELDS_MAX || (count && !fields)) {
        return APR_EINVAL;
    }
    for (call->count = 0; call->count < count; call->count++) {
        if (read_field(&fields[call->count], &call->fields[call->count])) {
            return APR_EINVAL;
        }
    }
    return APR_SUCCESS;
}

/* Nonzero when no server logs: then the configuration is never completed. */
static int is_off(void)
{
    return ap_server_conf && !t2m_config_enabled_anywhere(ap_server_conf);
}

/* Checks the fields and finds out where the line belongs. call->config is NULL when nobody wants
 * it. A wrong call is wrong also where nothing is logged: else it would be found too late. */
static apr_status_t begin(call_t *call, const request_rec *r, const t2mlog_field_t *fields,
                          int count)
{
    const server_rec *server = r ? r->server : ap_server_conf;
    apr_status_t status = read_fields(call, fields, count);

    call->config = NULL;
    if (status != APR_SUCCESS) {
        return status;
    }
    if (!t2m_config_server(server)) {
        return is_off() ? APR_SUCCESS : APR_EAGAIN;
    }
    call->state = r ? t2m_request_get(r) : NULL;
    call->origin = call->state ? t2m_request_origin(r) : NULL;
    if (r ? !call->state : !t2m_config_enabled(server)) {
        return APR_SUCCESS;
    }
    if (!t2m_process_ready()) {
        return APR_EAGAIN;
    }
    call->config = t2m_config_server(r ? call->origin->server : server);
    return APR_SUCCESS;
}

static void begin_line(t2m_errorline_t *line, const call_t *call, t2m_level_e level,
                       const char *source)
{
    memset(line, 0, sizeof *line);
    line->time = apr_time_now();
    line->level = level;
    line->module = source;
    line->fields = call->fields;
    line->field_count = call->count;
}

/* The line in app and, from ERROR on, in errors: the worse of both answers. */
static apr_status_t write_line(const t2m_errorline_t *line, const call_t *call,
                               const request_rec *r, t2m_text_t message,
                               const t2m_exception_t *exception)
{
    t2m_errorline_place_t place;

    t2m_errorline_locate(&place, call->config, NULL, r);
    if (line->level >= T2M_LEVEL_ERROR && call->state) {
        call->state->explained = 1;
    }
    return t2m_errorline_write_both(line, &place, message, exception);
}

static apr_status_t t2mlog_log(request_rec *r, t2mlog_level_e level, const char *source,
                               const char *message, const t2mlog_field_t *fields, int count)
{
    t2m_exception_t exception = { .message = t2m_text(message) };
    t2m_errorline_t line;
    call_t call;
    apr_status_t status = begin(&call, r, fields, count);

    if (!message || !*message || !is_level(level) || !is_module(source)) {
        return APR_EINVAL;
    }
    if (status != APR_SUCCESS || !call.config) {
        return status;
    }
    begin_line(&line, &call, level_of(level, T2M_LEVEL_INFO), source);
    exception.type = t2m_text(t2m_errorline_type(&line));
    t2m_errorline_group(&line, call.config, exception.message);
    return write_line(&line, &call, r, exception.message, &exception);
}

/* Adds a line, masked before it is cut; returns the bytes that out then has. */
static apr_size_t add_line(const t2m_mask_t *mask, const char *text, apr_size_t used, char *out,
                           int *cut)
{
    apr_size_t room = TRACEBACK_MAX - used - 1;
    int shortened;

    room = room < TRACEBACK_LINE_MAX ? room : TRACEBACK_LINE_MAX;
    used += t2m_mask_copy(mask, T2M_CONTENT_MESSAGE, t2m_text(text), out + used, room,
                          &shortened);
    *cut |= shortened;
    out[used] = T2M_LINE_SEPARATOR;
    return used + 1;
}

/* How many of the last lines fit into half of the room, whatever masking makes of them. */
static int count_last(const t2mlog_exception_t *exception)
{
    apr_size_t size = 0;
    int count = 0;

    while (count < exception->traceback_count) {
        size += strlen(exception->traceback[exception->traceback_count - 1 - count]) + 1;
        if (size > TRACEBACK_MAX / 2) {
            break;
        }
        count++;
    }
    return count;
}

/* Writes the traceback as the field takes it. Of one that is too long the middle is left out. */
static void write_traceback(const t2mlog_exception_t *exception, const t2m_mask_t *mask, char *out,
                            t2m_exception_t *result)
{
    static const char note[] = "[frames left out]";
    int count = exception->traceback_count, last = count - count_last(exception), cut = 0, i;
    apr_size_t used = 0;

    for (i = 0; i < last && used < TRACEBACK_MAX / 2 - TRACEBACK_LINE_MAX - sizeof note; i++) {
        used = add_line(mask, exception->traceback[i], used, out, &cut);
    }
    if (i < last) {
        used = add_line(mask, note, used, out, &cut);
        cut = 1;
    }
    for (i = last; i < count && used < TRACEBACK_MAX - 1; i++) {
        used = add_line(mask, exception->traceback[i], used, out, &cut);
    }
    result->lines = t2m_text_of(out, used);
    result->frames = result->causes = t2m_text(NULL);
    result->truncated = cut || i < count;
}

static int is_exception(const t2mlog_exception_t *exception)
{
    if (!exception || !exception->type || !is_word(exception->type, WORD_MAX, is_printable)
        || !is_module(exception->module) || exception->traceback_count < 0
        || (exception->traceback_count && !exception->traceback)
        || (exception->level != T2MLOG_DEFAULT && exception->level != T2MLOG_ERROR
            && exception->level != T2MLOG_CRITICAL)) {
        return 0;
    }
    for (int i = 0; i < exception->traceback_count; i++) {
        if (!exception->traceback[i]) {
            return 0;
        }
    }
    return 1;
}

/* The line's own message; "type: message" where the caller has none and there is room for it. */
static t2m_text_t write_message(const t2mlog_exception_t *exception, char *out, apr_size_t room)
{
    t2m_text_t message = t2m_text(exception->message);

    if (exception->what && *exception->what) {
        return t2m_text(exception->what);
    }
    if (!message.size || strlen(exception->type) + 2 + message.size >= room) {
        return message.size ? message : t2m_text(exception->type);
    }
    apr_snprintf(out, room, "%s: %s", exception->type, exception->message);
    return t2m_text(out);
}

static apr_status_t write_exception(const call_t *call, const request_rec *r,
                                    const t2mlog_exception_t *exception)
{
    char frames[TRACEBACK_MAX], message[T2M_ERRORLINE_MAX];
    t2m_exception_t result;
    t2m_errorline_t line;
    t2m_text_t text;

    begin_line(&line, call, level_of(exception->level, T2M_LEVEL_ERROR), exception->module);
    line.file = exception->file ? apr_filepath_name_get(exception->file) : NULL;
    line.line = exception->line;
    result.type = t2m_text(exception->type);
    result.message = t2m_text(exception->message);
    write_traceback(exception, call->config->mask, frames, &result);
    text = write_message(exception, message, sizeof message);
    t2m_errorline_group_exception(&line, call->config, text, &result);
    return write_line(&line, call, r, text, &result);
}

static apr_status_t t2mlog_log_exception(request_rec *r, const t2mlog_exception_t *exception,
                                         const t2mlog_field_t *fields, int count)
{
    call_t call;
    apr_status_t status = begin(&call, r, fields, count);

    if (!is_exception(exception)) {
        return APR_EINVAL;
    }
    return status == APR_SUCCESS && call.config ? write_exception(&call, r, exception) : status;
}

static int is_address(const char *text)
{
    struct in6_addr address;

    return inet_pton(AF_INET, text, &address) == 1 || inet_pton(AF_INET6, text, &address) == 1;
}

static int is_security(const t2mlog_security_t *security)
{
    return security && security->event
           && is_word(security->event, T2M_SECURITY_EVENT_MAX, is_event_byte)
           && is_level(security->severity) && security->attempts >= 0
           && (!security->ip || is_address(security->ip));
}

static apr_status_t t2mlog_log_security(request_rec *r, const t2mlog_security_t *security,
                                        const t2mlog_field_t *fields, int count)
{
    t2m_security_event_t event;
    call_t call;
    apr_status_t status = begin(&call, r, fields, count);

    if (!is_security(security)) {
        return APR_EINVAL;
    }
    if (status != APR_SUCCESS || !call.config) {
        return status;
    }
    memset(&event, 0, sizeof event);
    event.event = security->event;
    event.level = level_of(security->severity, T2M_LEVEL_WARNING);
    event.request = r;
    event.ip = security->ip;
    event.detail = security->detail;
    event.attempts = (apr_uint64_t)security->attempts;
    event.blocked = security->blocked != 0;
    event.fields = call.fields;
    event.field_count = call.count;
    return t2m_security_write(r ? call.origin->server : ap_server_conf, &event);
}

static int is_metric(const t2mlog_metric_t *metric, apr_int64_t duration)
{
    return metric && metric->name && is_word(metric->name, T2M_ROUTE_MAX, is_printable)
           && is_module(metric->module) && duration >= 0
           && (!metric->function || is_word(metric->function, WORD_MAX, is_printable));
}

static void note_request(t2m_measurement_t *measurement, const call_t *call)
{
    t2m_text_t query;

    measurement->request_id = t2m_request_id(call->state);
    measurement->trace_id = t2m_text(call->state->trace_id);
    measurement->endpoint = t2m_request_route(call->state, call->origin, call->config);
    t2m_request_target(call->origin, &measurement->path, &query);
    measurement->path_content = t2m_request_path_content(measurement->path);
}

static apr_status_t write_metric(const call_t *call, const t2mlog_metric_t *metric,
                                 apr_int64_t duration)
{
    char name[T2M_ROUTE_MAX];
    t2m_performance_t performance = {
        .config = call->config,
        .state = call->state,
        .origin = call->origin,
        .time = apr_time_now(),
        .failed = metric->failed,
        .fields = call->fields,
        .field_count = call->count
    };
    t2m_measurement_t *measurement = &performance.measurement;
    int cut;

    t2m_measurement_begin(measurement,
                          t2m_text_of(name, t2m_mask_copy(call->config->mask, T2M_CONTENT_NAME,
                                                          t2m_text(metric->name), name,
                                                          sizeof name, &cut)));
    measurement->duration = duration;
    measurement->function = t2m_text(metric->function);
    measurement->module = t2m_text(metric->module);
    if (call->state) {
        note_request(measurement, call);
    }
    return t2m_performance_write(&performance);
}

static apr_status_t log_metric(const request_rec *r, const t2mlog_metric_t *metric,
                               apr_int64_t duration, const t2mlog_field_t *fields, int count)
{
    call_t call;
    apr_status_t status = begin(&call, r, fields, count);

    if (!is_metric(metric, duration)) {
        return APR_EINVAL;
    }
    if (status != APR_SUCCESS || !call.config
        || (call.origin && t2m_config_directory(call.origin)->enabled == 0)) {
        return status;
    }
    return write_metric(&call, metric, duration);
}

static apr_status_t t2mlog_log_metric(request_rec *r, const t2mlog_metric_t *metric,
                                      const t2mlog_field_t *fields, int count)
{
    return log_metric(r, metric, metric ? metric->duration : 0, fields, count);
}

static void t2mlog_metric_begin(t2mlog_timer_t *timer)
{
    timer->started = t2m_process_monotonic();
}

static apr_status_t t2mlog_metric_end(request_rec *r, const t2mlog_timer_t *timer,
                                      const t2mlog_metric_t *metric,
                                      const t2mlog_field_t *fields, int count)
{
    if (!timer) {
        return APR_EINVAL;
    }
    return log_metric(r, metric, t2m_process_monotonic() - timer->started, fields, count);
}

static apr_status_t t2mlog_context_push(request_rec *r, const t2mlog_field_t *fields, int count)
{
    call_t call;
    apr_status_t status = begin(&call, r, fields, count);

    if (!r) {
        return APR_EINVAL;
    }
    return status == APR_SUCCESS && call.config
               ? t2m_context_push(call.state, call.origin, call.fields, call.count) : status;
}

static apr_status_t t2mlog_context_pop(request_rec *r)
{
    t2m_request_t *state = r ? t2m_request_get(r) : NULL;

    if (!r) {
        return APR_EINVAL;
    }
    return state ? t2m_context_pop(state) : APR_SUCCESS;
}

void t2m_api_register(apr_pool_t *pool)
{
    (void)pool;
    APR_REGISTER_OPTIONAL_FN(t2mlog_log);
    APR_REGISTER_OPTIONAL_FN(t2mlog_log_exception);
    APR_REGISTER_OPTIONAL_FN(t2mlog_log_security);
    APR_REGISTER_OPTIONAL_FN(t2mlog_log_metric);
    APR_REGISTER_OPTIONAL_FN(t2mlog_metric_begin);
    APR_REGISTER_OPTIONAL_FN(t2mlog_metric_end);
    APR_REGISTER_OPTIONAL_FN(t2mlog_context_push);
    APR_REGISTER_OPTIONAL_FN(t2mlog_context_pop);
}
