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

/* See errorline.h. */
#include "server/errorline.h"

#include <unistd.h>

#include <sys/syscall.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/record.h"
#include "core/unescape.h"
#include "server/context.h"
#include "server/emit.h"
#include "server/process.h"

enum {
    PREFIX_MAX = 384,  /* time, module, pid, error text and address before a message */
    LOGGER_MAX = 160,
    THREAD_MAX = 24
};

/* The size of a code with its `: ` at the start of text: `AH` or `T2M` and 4 or more digits. */
static apr_size_t code_size(t2m_text_t text)
{
    apr_size_t digits, size = 0;

    if (text.size > 2 && !memcmp(text.data, "AH", 2)) {
        size = 2;
    } else if (text.size > 3 && !memcmp(text.data, "T2M", 3)) {
        size = 3;
    }
    if (!size) {
        return 0;
    }
    for (digits = 0; size < text.size && apr_isdigit(text.data[size]); size++) {
        digits++;
    }
    if (digits < 4 || size >= T2M_CODE_SIZE || size + 2 > text.size
        || text.data[size] != ':' || text.data[size + 1] != ' ') {
        return 0;
    }
    return size + 2;
}

/* Whether httpd itself put the code there: what a script prints must not pass for one. */
static int has_code(const char *format)
{
    return code_size(t2m_text(format)) > 0 || (!strncmp(format, "%s", 2) && format[2]);
}

static void take_code(t2m_errorline_t *line, const char *format)
{
    apr_size_t size = has_code(format) ? code_size(line->text) : 0;

    line->code[0] = '\0';
    if (size) {
        apr_cpystrn(line->code, line->text.data, size - 1);
        line->text.data += size;
        line->text.size -= size;
    }
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? slash + 1 : path;
}

void t2m_errorline_read(const ap_errorlog_info *info, const char *text, t2m_errorline_t *line)
{
    const char *format = info->format ? info->format : "";
    t2m_text_t parts[3];

    line->time = apr_time_now();
    line->level = t2m_level_of_httpd(info->level);
    line->module = info->module_index >= 0 ? ap_find_module_short_name(info->module_index) : NULL;
    line->file = base_name(info->file);
    line->line = info->line;
    line->status = info->status;
    line->text = t2m_text(text);
    line->fields = NULL;
    line->field_count = 0;
    line->truncated = line->text.size > T2M_ERRORLINE_MAX - PREFIX_MAX;
    take_code(line, format);
    parts[0] = t2m_text(line->module);
    parts[1] = t2m_text(line->file);
    parts[2] = t2m_text(format);
    t2m_fingerprint(parts, 3, line->error_id);
}

void t2m_errorline_locate(t2m_errorline_place_t *place, const t2m_server_config_t *config,
                          const conn_rec *connection, const request_rec *request)
{
    place->config = config;
    place->state = request ? t2m_request_get(request) : NULL;
    place->origin = place->state ? t2m_request_origin(request) : NULL;
    place->ip = t2m_text(NULL);
    if (place->state) {
        place->ip = t2m_request_address(place->state, place->origin, config, place->address);
    } else if (connection && connection->sbh) { /* a client's, not a back end's */
        place->ip = t2m_text_of(place->address,
                                t2m_address_write((t2m_address_mode_e)config->client_ip,
                                                  t2m_process_address_key(), apr_time_now(),
                                                  connection->client_ip, place->address));
    }
}

const char *t2m_errorline_type(const t2m_errorline_t *line)
{
    if (line->code[0]) {
        return line->code;
    }
    return line->module ? line->module : "httpd";
}

static void add_head(t2m_record_t *record, const t2m_errorline_t *line, const char *logger,
                     t2m_text_t message)
{
    t2m_record_string(record, "logger", T2M_CONTENT_SAFE, logger);
    t2m_record_text(record, "message", T2M_CONTENT_MESSAGE, message);
    record->truncated = line->truncated;
}

/* The system's number of the thread, as the classic log and the tools of the system show it. */
static long thread_number(void)
{
#ifdef SYS_gettid
    return syscall(SYS_gettid);
#else
    return (long)getpid();
#endif
}

static void add_process(t2m_record_t *record, const t2m_server_config_t *config, char *thread)
{
    apr_snprintf(thread, THREAD_MAX, "%ld", thread_number());
    t2m_record_string(record, "app", T2M_CONTENT_SAFE, config->app);
    t2m_record_string(record, "environment", T2M_CONTENT_SAFE, config->environment);
    t2m_record_string(record, "hostname", T2M_CONTENT_SAFE, t2m_process_hostname());
    t2m_record_string(record, "thread", T2M_CONTENT_SAFE, thread);
    t2m_record_integer(record, "process", getpid());
}

static void add_trace_id(t2m_record_t *record, const t2m_errorline_place_t *place)
{
    t2m_record_string(record, "trace_id", T2M_CONTENT_SAFE,
                      place->state ? place->state->trace_id : NULL);
}

static void add_request_id(t2m_record_t *record, const t2m_errorline_place_t *place)
{
    t2m_record_string(record, "request_id", T2M_CONTENT_SAFE,
                      place->state ? place->state->id : NULL);
}

/* A line may come before httpd has read what is asked for. */
static void add_target(t2m_record_t *record, const t2m_errorline_place_t *place)
{
    t2m_text_t path = t2m_text(NULL), query;

    if (place->state) {
        t2m_request_target(place->origin, &path, &query);
    }
    if (path.size) {
        t2m_record_text(record, "endpoint", T2M_CONTENT_SAFE,
                        t2m_request_route(place->state, place->origin, place->config));
        t2m_record_string(record, "method", T2M_CONTENT_NAME,
                          t2m_request_method(place->origin));
        t2m_record_text(record, "path", t2m_request_path_content(path), path);
    }
    t2m_record_text(record, "ip", T2M_CONTENT_SAFE, place->ip);
}

static void add_source(t2m_record_t *record, const t2m_errorline_t *line)
{
    t2m_record_string(record, "module", T2M_CONTENT_SAFE, line->module);
    t2m_record_string(record, "file", T2M_CONTENT_SAFE, line->file);
    if (line->line) {
        t2m_record_integer(record, "line", line->line);
    }
    t2m_record_string(record, "code", T2M_CONTENT_SAFE, line->code);
    if (line->status) {
        t2m_record_integer(record, "errno", line->status);
    }
}

/* What others add: the caller of the C API, then the context. */
static void add_foreign(t2m_record_t *record, const t2m_errorline_t *line,
                        const t2m_errorline_place_t *place)
{
    for (int i = 0; i < line->field_count; i++) {
        t2m_record_foreign(record, &line->fields[i]);
    }
    t2m_context_add(record, place->config, NULL, place->state, place->origin);
}

static void add_exception(t2m_record_t *record, const t2m_exception_t *exception)
{
    t2m_record_open(record, "exception");
    t2m_record_text(record, "type", T2M_CONTENT_NAME, exception->type);
    t2m_record_text(record, "message", T2M_CONTENT_MESSAGE, exception->message);
    t2m_record_lines(record, "traceback", T2M_CONTENT_MESSAGE, exception->frames);
    t2m_record_close(record);
    record->truncated |= exception->truncated != 0;
}

/* `APP`, or `APP.MODULE`. */
static void write_logger(const t2m_errorline_t *line, const t2m_server_config_t *config, char *out)
{
    apr_snprintf(out, LOGGER_MAX, "%s%s%s", config->app, line->module ? "." : "",
                 line->module ? line->module : "");
}

apr_status_t t2m_errorline_write_app(const t2m_errorline_t *line,
                                     const t2m_errorline_place_t *place, t2m_text_t message)
{
    char logger[LOGGER_MAX], thread[THREAD_MAX];
    t2m_record_t record;

    if (!t2m_emit_wants(place->config, T2M_STREAM_APP, line->level)) {
        return APR_SUCCESS;
    }
    t2m_record_begin(&record, T2M_STREAM_APP, line->level, line->time);
    write_logger(line, place->config, logger);
    add_head(&record, line, logger, message);
    add_process(&record, place->config, thread);
    add_request_id(&record, place);
    add_trace_id(&record, place);
    add_target(&record, place);
    add_source(&record, line);
    add_foreign(&record, line, place);
    return t2m_emit(&record, place->config, NULL);
}

apr_status_t t2m_errorline_write_errors(const t2m_errorline_t *line,
                                        const t2m_errorline_place_t *place, t2m_text_t message,
                                        const t2m_exception_t *exception)
{
    char logger[LOGGER_MAX], thread[THREAD_MAX];
    t2m_record_t record;

    if (!t2m_emit_wants(place->config, T2M_STREAM_ERRORS, line->level)) {
        return APR_SUCCESS;
    }
    t2m_record_begin(&record, T2M_STREAM_ERRORS, line->level, line->time);
    record.facts.name = t2m_text_of(line->error_id, sizeof line->error_id);
    write_logger(line, place->config, logger);
    add_head(&record, line, logger, message);
    add_exception(&record, exception);
    add_request_id(&record, place);
    add_target(&record, place);
    add_process(&record, place->config, thread);
    add_trace_id(&record, place);
    add_source(&record, line);
    t2m_record_text(&record, "error_type", T2M_CONTENT_NAME, exception->type);
    t2m_record_text(&record, "error_id", T2M_CONTENT_SAFE, record.facts.name);
    add_foreign(&record, line, place);
    return t2m_emit(&record, place->config, NULL);
}

void t2m_errorline_write(const t2m_errorline_t *line, const t2m_errorline_place_t *place)
{
    char decoded[T2M_ERRORLINE_MAX];
    t2m_exception_t exception = { .type = t2m_text(t2m_errorline_type(line)) };
    t2m_text_t text = line->text;

    if (text.size > sizeof decoded) {
        text.size = sizeof decoded;
    }
    exception.message = t2m_text_of(decoded, t2m_unescape(text, decoded));
    (void)t2m_errorline_write_app(line, place, exception.message);
    if (line->level >= T2M_LEVEL_ERROR) {
        (void)t2m_errorline_write_errors(line, place, exception.message, &exception);
    }
}
