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

/* See errorline.h: from a line to its records. */
#include "server/errorline.h"

#include <stddef.h>

#include <apr_siphash.h>

#include "core/clean.h"
#include "core/line.h"
#include "server/breadcrumbs.h"
#include "server/context.h"
#include "server/emit.h"
#include "server/numbers.h"
#include "server/process.h"
#include "server/repeats.h"

enum {
    LOGGER_MAX = 159,
    PROCESS_MAX = 320
};

/* What a thread keeps from one line for the next. */
typedef struct {
    unsigned generation;               /* 0: nothing is kept */
    t2m_clean_t clean;
    const t2m_server_config_t *config; /* whose members of the process are kept; NULL: none */
    pid_t process;
    apr_size_t members_size;
    char members[PROCESS_MAX];
} kept_t;

/* Of the configuration, whose memory the next one may have. */
static unsigned generation = 1;
static __thread kept_t kept;

void t2m_errorline_start(void)
{
    generation++;
    t2m_numbers_start();
    t2m_repeats_start();
}

unsigned t2m_errorline_generation(void)
{
    return generation;
}

static kept_t *kept_here(void)
{
    if (kept.generation != generation) {
        memset(&kept, 0, sizeof kept);
        kept.generation = generation;
    }
    return &kept;
}

int t2m_errorline_is_clean(const t2m_mask_t *mask, t2m_text_t message)
{
    return t2m_clean_message(&kept_here()->clean, mask, message);
}

/* Members that both lines of one error have, as the first of them has them. */
typedef struct {
    t2m_text_t head, message, process, target, source;
} rendered_t;

/* What is found out for one of the lines and good for both. */
typedef struct {
    int searched, is_clean; /* the message: nothing in it is masked */
    rendered_t rendered;
    char worker[T2M_BREADCRUMBS_WORKER_MAX]; /* of the errors line; not zeroed */
} shared_t;

/* What is told, in one record or both. */
typedef struct {
    const t2m_errorline_t *line;
    const t2m_errorline_place_t *place;
    const t2m_exception_t *exception; /* of the stream errors alone */
    const t2m_context_t *context;     /* NULL: it is still to be collected */
    t2m_text_t message;
    shared_t *shared;
    kept_t *kept;
    apr_size_t logger_size, name_size;
    char logger[LOGGER_MAX];
    char name[T2M_NAME_MAX]; /* of the errors record: the group, then the virtual host */
} told_t;

static char *append(char *to, const char *end, const char *string)
{
    apr_size_t size = strlen(string);

    if (size > (apr_size_t)(end - to)) {
        size = (apr_size_t)(end - to);
    }
    return t2m_text_copy(to, string, size);
}

/* `APP`, or `APP.MODULE`. */
static void write_logger(told_t *told)
{
    const char *end = told->logger + sizeof told->logger;
    char *next = append(told->logger, end, told->place->config->app);

    if (told->line->module) {
        next = append(append(next, end, "."), end, told->line->module);
    }
    told->logger_size = (apr_size_t)(next - told->logger);
}

/* A text that the quick way need not search. What a record says of it counts when it is cut. */
static t2m_content_e unless(int is_clean, const t2m_line_t *line, t2m_content_e content)
{
    return is_clean && !t2m_line_record(line) ? T2M_CONTENT_SAFE : content;
}

/* Puts the members that add puts, unless they stand in a line before. */
static void put(t2m_line_t *line, const told_t *told, t2m_text_t *members,
                void (*add)(t2m_line_t *line, const told_t *told))
{
    apr_size_t size = t2m_line_size(line);

    if (size && members->size) {
        t2m_line_rendered(line, *members);
        return;
    }
    add(line, told);
    if (size) {
        *members = t2m_line_since(line, size);
    }
}

static int is_clean(const told_t *told)
{
    shared_t *shared = told->shared;

    if (!shared->searched) {
        shared->searched = 1;
        shared->is_clean = t2m_clean_message(&told->kept->clean, told->place->config->mask,
                                             told->message);
    }
    return shared->is_clean;
}

static void put_message(t2m_line_t *line, const told_t *told)
{
    t2m_record_t *record = t2m_line_record(line);

    if (record && is_clean(told)) {
        t2m_record_clean(record, "message", T2M_CONTENT_MESSAGE, told->message);
    } else {
        t2m_line_text(line, "message", unless(is_clean(told), line, T2M_CONTENT_MESSAGE),
                      told->message);
    }
}

static void add_head(t2m_line_t *line, const told_t *told)
{
    t2m_line_text(line, "logger", T2M_CONTENT_SAFE,
                  t2m_text_of(told->logger, told->logger_size));
    put(line, told, &told->shared->rendered.message, put_message);
}

static void put_process(t2m_line_t *line, const told_t *told, const t2m_numbers_t *numbers)
{
    const t2m_server_config_t *config = told->place->config;

    t2m_line_string(line, "app", T2M_CONTENT_SAFE, config->app);
    t2m_line_string(line, "environment", T2M_CONTENT_SAFE, config->environment);
    t2m_line_string(line, "hostname", T2M_CONTENT_SAFE, t2m_process_hostname());
    t2m_line_plain(line, "thread", t2m_numbers_thread(numbers));
    t2m_line_integer(line, "process", numbers->process);
    t2m_line_string(line, "release", T2M_CONTENT_SAFE, config->release);
}

/* The same for all lines of a thread, mostly. */
static void add_process(t2m_line_t *line, const told_t *told)
{
    const t2m_server_config_t *config = told->place->config;
    const t2m_numbers_t *numbers = t2m_numbers();
    apr_size_t size = t2m_line_size(line);
    kept_t *own = told->kept;
    t2m_text_t members;

    if (size && own->config == config && own->process == numbers->process) {
        t2m_line_rendered(line, t2m_text_of(own->members, own->members_size));
        return;
    }
    put_process(line, told, numbers);
    members = size ? t2m_line_since(line, size) : t2m_text_of(NULL, 0);
    if (members.size && members.size <= sizeof own->members) {
        memcpy(own->members, members.data, members.size);
        own->members_size = members.size;
        own->process = numbers->process;
        own->config = config;
    }
}

static void add_trace_id(t2m_line_t *line, const told_t *told)
{
    const t2m_request_t *state = told->place->state;

    if (state && state->trace_id[0]) {
        t2m_line_string(line, "trace_id", T2M_CONTENT_SAFE, state->trace_id);
    }
}

static void add_request_id(t2m_line_t *line, const told_t *told)
{
    if (told->place->state) {
        t2m_line_plain(line, "request_id", t2m_request_id(told->place->state));
    }
}

static void put_path(t2m_line_t *line, const t2m_request_t *state, t2m_text_t path)
{
    t2m_content_e content = t2m_request_path_content(path);
    t2m_record_t *record = t2m_line_record(line);
    int path_is_clean = state->known && t2m_request_is_clean(state, T2M_EXCHANGE_PATH);

    if (record && path_is_clean) {
        t2m_record_clean(record, "path", content, path);
    } else {
        t2m_line_text(line, "path", unless(path_is_clean, line, content), path);
    }
}

static void add_path(t2m_line_t *line, const told_t *told, t2m_text_t path)
{
    const request_rec *origin = told->place->origin;

    t2m_line_text(line, "endpoint", T2M_CONTENT_SAFE,
                  t2m_request_route(told->place->state, origin, told->place->config));
    t2m_line_string(line, "method", T2M_CONTENT_NAME, t2m_request_method(origin));
    put_path(line, told->place->state, path);
}

/* A line may come before httpd has read what is asked for. */
static void add_target(t2m_line_t *line, const told_t *told)
{
    const t2m_request_t *state = told->place->state;
    t2m_text_t path = t2m_text(NULL), query;

    if (state && state->known) {
        path = state->exchange.texts[T2M_EXCHANGE_PATH];
    } else if (state) {
        t2m_request_target(told->place->origin, &path, &query);
    }
    if (path.size) {
        add_path(line, told, path);
    }
    t2m_line_text(line, "ip", T2M_CONTENT_SAFE, told->place->ip);
}

static void add_source(t2m_line_t *line, const told_t *told)
{
    const t2m_errorline_t *source = told->line;

    t2m_line_string(line, "module", T2M_CONTENT_SAFE, source->module);
    t2m_line_string(line, "file", T2M_CONTENT_SAFE, source->file);
    if (source->line) {
        t2m_line_integer(line, "line", source->line);
    }
    t2m_line_plain(line, "code", t2m_text(source->code));
    if (source->status) {
        t2m_line_integer(line, "errno", source->status);
    }
}

/* What others add: the caller of the C API, then the context. */
static void add_foreign(t2m_line_t *line, const told_t *told)
{
    const t2m_errorline_place_t *place = told->place;

    for (int i = 0; i < told->line->field_count; i++) {
        t2m_line_foreign(line, &told->line->fields[i]);
    }
    t2m_context_add_line(line, place->config, told->context, place->state, place->origin);
}

/* What a record is when it is not the quick way's. */
static void begin_record(t2m_record_t *record, const told_t *told)
{
    if (record) {
        record->truncated = told->line->truncated;
        memset(&told->shared->rendered, 0, sizeof told->shared->rendered);
    }
}

static void gather_app(t2m_line_t *line, const void *data)
{
    const told_t *told = data;

    begin_record(t2m_line_record(line), told);
    put(line, told, &told->shared->rendered.head, add_head);
    put(line, told, &told->shared->rendered.process, add_process);
    add_request_id(line, told);
    add_trace_id(line, told);
    put(line, told, &told->shared->rendered.target, add_target);
    put(line, told, &told->shared->rendered.source, add_source);
    add_foreign(line, told);
}

/* A code is letters and a short number: nothing to search. */
static t2m_content_e content_of_type(t2m_line_t *line, const told_t *told)
{
    return unless(told->exception->type.data == told->line->code, line, T2M_CONTENT_NAME);
}

static int is_same(t2m_text_t one, t2m_text_t other)
{
    return one.data == other.data && one.size == other.size;
}

static void record_exception(t2m_record_t *record, const told_t *told)
{
    const t2m_exception_t *exception = told->exception;

    t2m_record_open(record, "exception");
    t2m_record_text(record, "type", T2M_CONTENT_NAME, exception->type);
    if (is_same(exception->message, told->message) && is_clean(told)) {
        t2m_record_clean(record, "message", T2M_CONTENT_MESSAGE, exception->message);
    } else {
        t2m_record_text(record, "message", T2M_CONTENT_MESSAGE, exception->message);
    }
    t2m_record_lines(record, "traceback", T2M_CONTENT_MESSAGE, exception->lines);
    t2m_record_rows(record, "frames", t2m_exception_frames, exception->frames);
    t2m_record_rows(record, "causes", t2m_exception_causes, exception->causes);
    t2m_record_close(record);
    record->truncated |= exception->truncated != 0;
}

/* Lines of the quick way know no objects: this one is put as if its members were the line's. */
static void add_exception(t2m_line_t *line, const told_t *told)
{
    static const char end[] = ",\"traceback\":[]}";
    const t2m_exception_t *exception = told->exception;
    t2m_record_t *record = t2m_line_record(line);

    if (record) {
        record_exception(record, told);
        return;
    }
    t2m_line_text(line, "exception\":{\"type", content_of_type(line, told), exception->type);
    put(line, told, &told->shared->rendered.message, put_message);
    t2m_line_rendered(line, t2m_text_of(end, sizeof end - 1));
}

static void gather_errors(t2m_line_t *line, const void *data)
{
    const told_t *told = data;

    begin_record(t2m_line_record(line), told);
    put(line, told, &told->shared->rendered.head, add_head);
    add_exception(line, told);
    add_request_id(line, told);
    put(line, told, &told->shared->rendered.target, add_target);
    put(line, told, &told->shared->rendered.process, add_process);
    add_trace_id(line, told);
    put(line, told, &told->shared->rendered.source, add_source);
    t2m_line_text(line, "error_type", content_of_type(line, told), told->exception->type);
    t2m_line_plain(line, "error_id",
                   t2m_text_of(told->line->error_id, sizeof told->line->error_id));
    t2m_breadcrumbs_put(line, told->place, told->shared->worker);
    add_foreign(line, told);
}

/* The name that the request's host has in the records of the stream access; empty: none. */
static t2m_text_t vhost_of(const t2m_errorline_place_t *place)
{
    t2m_text_t vhost = t2m_text(place->origin ? place->origin->server->server_hostname : NULL);

    if (vhost.size > T2M_SUPPRESSED_VHOST) {
        vhost.size = t2m_utf8_boundary(vhost.data, vhost.size, T2M_SUPPRESSED_VHOST);
    }
    return vhost;
}

/* Of the address as it is shown: what the configuration hides is not counted, either. */
static apr_uint64_t client_of(const t2m_errorline_place_t *place)
{
    apr_uint64_t hash;

    if (!place->ip.size) {
        return 0;
    }
    hash = apr_siphash24(place->ip.data, place->ip.size, t2m_process_address_key());
    return hash ? hash : 1;
}

static void write_name(told_t *told)
{
    t2m_text_t vhost = vhost_of(told->place);
    char *next = t2m_text_copy(told->name, told->line->error_id, T2M_FINGERPRINT_SIZE);

    next = t2m_text_copy(next, vhost.data, vhost.size);
    told->name_size = (apr_size_t)(next - told->name);
}

static void begin_told(told_t *told, shared_t *shared, const t2m_errorline_t *line,
                       const t2m_errorline_place_t *place, t2m_text_t message)
{
    memset(shared, 0, offsetof(shared_t, worker));
    told->line = line;
    told->place = place;
    told->exception = NULL;
    told->context = NULL;
    told->message = message;
    told->shared = shared;
    told->kept = kept_here();
    write_logger(told);
}

static t2m_emit_source_t source_of(const told_t *told, t2m_stream_e stream)
{
    t2m_emit_source_t source = {
        .stream = stream,
        .level = told->line->level,
        .gather = stream == T2M_STREAM_APP ? gather_app : gather_errors,
        .audit = told->place->state && told->place->state->debug,
        .data = told
    };

    if (stream == T2M_STREAM_ERRORS) {
        source.facts.name = t2m_text_of(told->name, told->name_size);
        source.facts.value = client_of(told->place);
    }
    return source;
}

/* Nonzero when the exception is the message itself, or has no traceback. */
static int is_short(const t2m_exception_t *exception)
{
    return exception->lines.size == 0 && !exception->truncated;
}

/* Nonzero when the records have nothing that only whole records can have. */
static int is_quick(const told_t *told)
{
    return !told->line->truncated && told->line->field_count == 0 && is_short(told->exception)
           && is_same(told->exception->message, told->message)
           && (!told->place->state || t2m_context_is_empty(told->context));
}

static void add(t2m_emit_t *emit, const told_t *told, t2m_stream_e stream, int quick)
{
    t2m_emit_source_t source = source_of(told, stream);

    source.quick = quick;
    t2m_emit_add(emit, &source);
}

/* Apart, so that the lines take no stack when nothing is written. */
static __attribute__((noinline)) apr_status_t write_told(const told_t *told, int app, int errors)
{
    int quick = is_quick(told);
    t2m_emit_t emit;

    t2m_emit_begin(&emit, told->place->config, told->line->time, NULL);
    if (app && errors) {
        t2m_emit_twin(&emit);
    }
    if (app) {
        add(&emit, told, T2M_STREAM_APP, quick);
    }
    if (errors) {
        add(&emit, told, T2M_STREAM_ERRORS, quick && !t2m_breadcrumbs_any(told->place->state));
    }
    return t2m_emit_end(&emit);
}

/* Nonzero when one more of its group is only counted. */
static int is_held(const t2m_errorline_t *line, const t2m_errorline_place_t *place, int app)
{
    t2m_suppression_t error = {
        .id = line->error_id,
        .vhost = vhost_of(place),
        .client = client_of(place),
        .level = line->level,
        .has_app = app,
        .time = line->time
    };

    if (place->state && place->state->debug) {
        return 0; /* somebody wants to see all of it */
    }
    if (place->state) {
        error.endpoint = t2m_request_route(place->state, place->origin, place->config);
    }
    return t2m_repeats_hold(&place->config->global->repeat, &error);
}

static apr_status_t write_streams(const t2m_errorline_t *line, const t2m_errorline_place_t *place,
                                  t2m_text_t message, const t2m_exception_t *exception, int app,
                                  int errors)
{
    t2m_context_t context;
    shared_t shared;
    told_t told;

    if ((!app && !errors) || (errors && is_held(line, place, app))) {
        return APR_SUCCESS;
    }
    begin_told(&told, &shared, line, place, message);
    told.exception = exception;
    if (errors) {
        write_name(&told);
    }
    if (place->state) {
        t2m_context_collect(&context, place->state, place->origin);
        told.context = &context;
    }
    return write_told(&told, app, errors);
}

/* All lines of a request that is debugged. */
static int is_wanted(const t2m_errorline_t *line, const t2m_errorline_place_t *place,
                     t2m_stream_e stream)
{
    int debug = place->state && place->state->debug;

    return t2m_emit_wants(place->config, stream, debug ? T2M_LEVEL_CRITICAL : line->level);
}

static int is_error(const t2m_errorline_t *line, const t2m_errorline_place_t *place)
{
    return line->level >= T2M_LEVEL_ERROR && is_wanted(line, place, T2M_STREAM_ERRORS);
}

apr_status_t t2m_errorline_write_errors(const t2m_errorline_t *line,
                                        const t2m_errorline_place_t *place, t2m_text_t message,
                                        const t2m_exception_t *exception)
{
    return write_streams(line, place, message, exception, 0, is_error(line, place));
}

apr_status_t t2m_errorline_write_both(const t2m_errorline_t *line,
                                      const t2m_errorline_place_t *place, t2m_text_t message,
                                      const t2m_exception_t *exception)
{
    const t2m_exception_t own = { .type = t2m_text(t2m_errorline_type(line)),
                                  .message = message };

    return write_streams(line, place, message, exception ? exception : &own,
                         is_wanted(line, place, T2M_STREAM_APP),
                         is_error(line, place));
}

void t2m_errorline_write(const t2m_errorline_t *line, const t2m_errorline_place_t *place)
{
    char decoded[T2M_ERRORLINE_MAX];

    (void)t2m_errorline_write_both(line, place, t2m_errorline_message(line, decoded), NULL);
}
