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

#include "core/clean.h"
#include "core/line.h"
#include "server/context.h"
#include "server/emit.h"
#include "server/numbers.h"
#include "server/process.h"

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
    apr_size_t logger_size;
    char logger[LOGGER_MAX];
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
    t2m_record_lines(record, "traceback", T2M_CONTENT_MESSAGE, exception->frames);
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
    add_foreign(line, told);
}

static void begin_told(told_t *told, shared_t *shared, const t2m_errorline_t *line,
                       const t2m_errorline_place_t *place, t2m_text_t message)
{
    memset(shared, 0, sizeof *shared);
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
        .data = told
    };

    if (stream == T2M_STREAM_ERRORS) {
        source.facts.name = t2m_text_of(told->line->error_id, sizeof told->line->error_id);
    }
    return source;
}

/* A stream that is not wanted counts nothing, either. */
static apr_status_t write_one(const told_t *told, t2m_stream_e stream)
{
    t2m_emit_source_t source = source_of(told, stream);

    return t2m_emit_source(&source, told->place->config, told->line->time);
}

apr_status_t t2m_errorline_write_app(const t2m_errorline_t *line,
                                     const t2m_errorline_place_t *place, t2m_text_t message)
{
    shared_t shared;
    told_t told;

    if (!t2m_emit_wants(place->config, T2M_STREAM_APP, line->level)) {
        return APR_SUCCESS;
    }
    begin_told(&told, &shared, line, place, message);
    return write_one(&told, T2M_STREAM_APP);
}

apr_status_t t2m_errorline_write_errors(const t2m_errorline_t *line,
                                        const t2m_errorline_place_t *place, t2m_text_t message,
                                        const t2m_exception_t *exception)
{
    shared_t shared;
    told_t told;

    if (!t2m_emit_wants(place->config, T2M_STREAM_ERRORS, line->level)) {
        return APR_SUCCESS;
    }
    begin_told(&told, &shared, line, place, message);
    told.exception = exception;
    return write_one(&told, T2M_STREAM_ERRORS);
}

/* Nonzero when the records have nothing that only whole records can have. */
static int is_quick(const told_t *told)
{
    return !told->line->truncated && told->line->field_count == 0
           && (!told->place->state || t2m_context_is_empty(told->context));
}

/* Apart, so that the lines take no stack when they are records. */
static __attribute__((noinline)) void write_quick(const told_t *told, int app, int errors)
{
    t2m_emit_source_t source;
    t2m_emit_t emit;

    t2m_emit_begin(&emit, told->place->config, told->line->time, NULL);
    if (app) {
        source = source_of(told, T2M_STREAM_APP);
        source.quick = 1;
        t2m_emit_add(&emit, &source);
    }
    if (errors) {
        source = source_of(told, T2M_STREAM_ERRORS);
        source.quick = 1;
        t2m_emit_add(&emit, &source);
    }
    t2m_emit_end(&emit);
}

static void write_records(const told_t *told, int app, int errors)
{
    if (app) {
        (void)write_one(told, T2M_STREAM_APP);
    }
    if (errors) {
        (void)write_one(told, T2M_STREAM_ERRORS);
    }
}

void t2m_errorline_write_both(const t2m_errorline_t *line, const t2m_errorline_place_t *place,
                              t2m_text_t message)
{
    const t2m_exception_t exception = { .type = t2m_text(t2m_errorline_type(line)),
                                        .message = message };
    int app = t2m_emit_wants(place->config, T2M_STREAM_APP, line->level);
    int errors = line->level >= T2M_LEVEL_ERROR
                 && t2m_emit_wants(place->config, T2M_STREAM_ERRORS, line->level);
    t2m_context_t context;
    shared_t shared;
    told_t told;

    if (!app && !errors) {
        return;
    }
    begin_told(&told, &shared, line, place, message);
    told.exception = &exception;
    if (place->state) {
        t2m_context_collect(&context, place->state, place->origin);
        told.context = &context;
    }
    if (is_quick(&told)) {
        write_quick(&told, app, errors);
    } else {
        write_records(&told, app, errors);
    }
}

void t2m_errorline_write(const t2m_errorline_t *line, const t2m_errorline_place_t *place)
{
    char decoded[T2M_ERRORLINE_MAX];

    t2m_errorline_write_both(line, place, t2m_errorline_message(line, decoded));
}
