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

/* Events one a line, as shells and anything else can write them:
 * {"stream":"app","message":"stock is low","level":"WARNING","product":42} */
#include <stddef.h>
#include <stdio.h>

#include "core/event_internal.h"
#include "core/field_name.h"

enum {
    DETAIL_MAX = 160,
    METRIC_MAX = 128 /* bytes of a metric's name, as in the C API */
};

static const double duration_max = 1e12; /* milliseconds: thirty years */

/* A member that is no field: it says something of the event itself. */
typedef struct {
    const char *name;
    apr_size_t offset; /* of its text in the event; NO_TEXT: it is read in its own way */
    unsigned kinds;    /* of events, bits by t2m_event_kind_e, in whose lines it means that */
} member_t;

#define NO_TEXT ((apr_size_t)-1)
#define TEXT(member) offsetof(t2m_event_t, member)

enum {
    LINE = 1U << T2M_EVENT_LINE,
    EXCEPTION = 1U << T2M_EVENT_EXCEPTION,
    SECURITY = 1U << T2M_EVENT_SECURITY,
    PERFORMANCE = 1U << T2M_EVENT_PERFORMANCE,
    ANY = LINE | EXCEPTION | SECURITY | PERFORMANCE
};

static const member_t members[] = {
    { "stream", NO_TEXT, ANY },
    { "level", NO_TEXT, ANY },
    { "timestamp", NO_TEXT, ANY },
    { "request_id", NO_TEXT, ANY },
    { "trace_id", NO_TEXT, ANY },
    { "span_id", NO_TEXT, ANY },
    { "ip", NO_TEXT, ANY },
    { "exception", NO_TEXT, EXCEPTION },
    { "severity", NO_TEXT, SECURITY },
    { "duration_ms", NO_TEXT, PERFORMANCE },
    { "status", NO_TEXT, PERFORMANCE },
    { "message", TEXT(message), ANY },
    { "logger", TEXT(logger), ANY },
    { "method", TEXT(method), ANY },
    { "path", TEXT(path), ANY },
    { "hostname", TEXT(hostname), ANY },
    { "environment", TEXT(environment), ANY },
    { "release", TEXT(release), ANY },
    { "event", TEXT(name), SECURITY },
    { "metric", TEXT(name), PERFORMANCE },
    { "function", TEXT(function), PERFORMANCE },
    { "module", TEXT(module), PERFORMANCE }
};

/* What a line's reading needs at hand. */
typedef struct {
    json_t *object;
    t2m_event_t *event;
    char *detail; /* DETAIL_MAX bytes */
} line_t;

/* Notes what is wrong; always 0. */
static int wrong(const line_t *line, const char *name, const char *allowed)
{
    (void)snprintf(line->detail, DETAIL_MAX, "%s must be %s", name, allowed);
    return 0;
}

static const member_t *find_member(const char *name, t2m_event_kind_e kind)
{
    apr_size_t i;

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(members[i].name, name) == 0 && members[i].kinds & 1U << kind) {
            return &members[i];
        }
    }
    return NULL;
}

/* A member's value; NULL when it is not there or null. */
static json_t *value_of(const line_t *line, const char *name)
{
    json_t *value = json_object_get(line->object, name);

    return json_is_null(value) ? NULL : value;
}

static int read_kind(const line_t *line)
{
    static const char *const streams[] = { "app", "errors", "security", "performance" };
    static const t2m_event_kind_e kinds[] = { T2M_EVENT_LINE, T2M_EVENT_EXCEPTION,
                                              T2M_EVENT_SECURITY, T2M_EVENT_PERFORMANCE };
    static const t2m_level_e levels[] = { T2M_LEVEL_INFO, T2M_LEVEL_ERROR, T2M_LEVEL_WARNING,
                                          T2M_LEVEL_INFO };
    t2m_text_t stream = t2m_event_member(line->object, "stream");
    int i;

    for (i = 0; i < 4; i++) {
        if (t2m_event_is(stream, streams[i])) {
            line->event->kind = kinds[i];
            line->event->level = levels[i];
            return 1;
        }
    }
    return wrong(line, "stream", "app, errors, security or performance");
}

static int read_texts(const line_t *line)
{
    const char *name;
    json_t *value;

    json_object_foreach(line->object, name, value) {
        const member_t *member = find_member(name, line->event->kind);

        if (member && member->offset != NO_TEXT && !json_is_null(value)) {
            t2m_text_t *text = (t2m_text_t *)(void *)((char *)line->event + member->offset);

            if (!json_is_string(value)) {
                return wrong(line, member->name, "a text");
            }
            *text = t2m_event_text(value);
        }
    }
    return 1;
}

static int read_level(const line_t *line, const char *name)
{
    json_t *value = value_of(line, name);

    if (value && json_string_length(value) != 0) {
        line->event->level = t2m_event_level(t2m_event_text(value), T2M_LEVEL_COUNT);
    } else if (value && !json_is_string(value)) {
        line->event->level = T2M_LEVEL_COUNT;
    }
    return line->event->level < T2M_LEVEL_COUNT
        || wrong(line, name, "DEBUG, INFO, WARNING, ERROR or CRITICAL");
}

static int read_time(const line_t *line)
{
    json_t *value = value_of(line, "timestamp");

    return !value || t2m_event_time(value, &line->event->time)
        || wrong(line, "timestamp", "epoch seconds or an RFC 3339 time");
}

/* Ids that are none stay as fields: an error is not lost over its id. */
static void read_ids(const line_t *line)
{
    t2m_event_t *event = line->event;
    t2m_text_t id = t2m_event_member(line->object, "request_id");

    if (id.size > 0 && !t2m_event_set_request_id(event, id)) {
        t2m_event_add_field(event, "client", "request_id", value_of(line, "request_id"));
    }
    id = t2m_event_member(line->object, "trace_id");
    if (id.size > 0
        && !t2m_event_set_trace(event, id, t2m_event_member(line->object, "span_id"))) {
        t2m_event_add_field(event, "client", "trace_id", value_of(line, "trace_id"));
    }
}

static int read_ip(const line_t *line)
{
    json_t *value = value_of(line, "ip");

    return !value || (json_is_string(value) && json_string_length(value) == 0)
        || t2m_event_set_ip(line->event, t2m_event_text(value))
        || wrong(line, "ip", "an IP address");
}

static int ends_line(t2m_text_t text)
{
    return text.size > 0 && text.data[text.size - 1] == '\n';
}

/* The items of a traceback as the text that they were; empty when it does not fit. */
static t2m_text_t join_items(t2m_event_t *event, const json_t *items)
{
    apr_size_t start = event->scratch_size, i;
    const json_t *item;

    json_array_foreach(items, i, item) {
        t2m_text_t pieces[] = { t2m_event_text(item), t2m_text("\n") };

        if (pieces[0].size > 0
            && t2m_event_join(event, T2M_EVENT_SCRATCH / 4 * 3, pieces,
                              ends_line(pieces[0]) ? 1 : 2).size == 0) {
            event->scratch_size = start;
            return t2m_text(NULL);
        }
    }
    return t2m_text_of(event->scratch + start, event->scratch_size - start);
}

static void read_items(t2m_event_t *event, const json_t *items)
{
    t2m_text_t whole = join_items(event, items);
    const json_t *item;
    size_t i;

    if (whole.size > 0 && t2m_stack_parse(whole, &event->stack)) {
        return;
    }
    t2m_stack_clear(&event->stack);
    json_array_foreach(items, i, item) {
        t2m_text_t text = t2m_event_text(item);

        if (text.size - (apr_size_t)ends_line(text) > 0) {
            text.size -= (apr_size_t)ends_line(text);
            (void)t2m_stack_add_frame(&event->stack, text);
        }
    }
}

/* A trace: a text, or an array of texts. 0: neither. */
static int read_trace(t2m_event_t *event, const json_t *trace)
{
    const json_t *item;
    size_t i;

    if (json_is_string(trace)) {
        t2m_event_read_stack(event, t2m_event_text(trace));
        return 1;
    }
    json_array_foreach(trace, i, item) {
        if (!json_is_string(item)) {
            return 0;
        }
    }
    if (json_is_array(trace)) {
        read_items(event, trace);
    }
    return json_is_array(trace);
}

static int read_members_of_exception(const line_t *line, const json_t *exception)
{
    json_t *trace = json_object_get(exception, "traceback");
    t2m_text_t type = t2m_event_member(exception, "type");
    t2m_text_t message = t2m_event_member(exception, "message");

    if (!trace || json_is_null(trace)) {
        trace = json_object_get(exception, "stack");
    }
    if (trace && !json_is_null(trace) && !read_trace(line->event, trace)) {
        return wrong(line, "exception.traceback", "a text or an array of texts");
    }
    if (type.size > 0) {
        line->event->stack.type = type;
    }
    if (message.size > 0) {
        line->event->stack.message = message;
    }
    return 1;
}

static int read_exception(const line_t *line)
{
    t2m_event_t *event = line->event;
    json_t *exception = value_of(line, "exception");

    if (!exception) {
        event->kind = T2M_EVENT_LINE;
        return (event->message.size > 0 || wrong(line, "message or exception", "there"))
            && (event->level >= T2M_LEVEL_ERROR
                || wrong(line, "level", "ERROR or CRITICAL in the stream errors"));
    }
    if (json_is_string(exception)) {
        t2m_event_read_stack(event, t2m_event_text(exception));
    } else if (!json_is_object(exception)) {
        return wrong(line, "exception", "an object or the text of a trace");
    } else if (!read_members_of_exception(line, exception)) {
        return 0;
    }
    return event->stack.type.size + event->stack.message.size + (apr_size_t)event->message.size > 0
        || wrong(line, "exception.type, exception.message or message", "there");
}

static int read_security(const line_t *line)
{
    json_t *attempts = value_of(line, "attempts"), *blocked = value_of(line, "blocked");

    if (!t2m_field_name_is_plain(line->event->name.data, line->event->name.size)) {
        return wrong(line, "event", "1 to 64 of a-z, 0-9 and _");
    }
    if (attempts && (!json_is_integer(attempts) || json_integer_value(attempts) < 0)) {
        return wrong(line, "attempts", "a whole number");
    }
    if (blocked && !json_is_boolean(blocked)) {
        return wrong(line, "blocked", "true or false");
    }
    t2m_event_add_field(line->event, NULL, "attempts", attempts);
    t2m_event_add_field(line->event, NULL, "blocked", blocked);
    return read_level(line, "severity");
}

static int is_metric(t2m_text_t name)
{
    apr_size_t i;

    for (i = 0; i < name.size; i++) {
        if (name.data[i] < ' ' || name.data[i] > '~') {
            return 0;
        }
    }
    return name.size > 0 && name.size <= METRIC_MAX;
}

static int read_performance(const line_t *line)
{
    json_t *duration = value_of(line, "duration_ms"), *status = value_of(line, "status");
    double milliseconds = json_number_value(duration);

    if (!is_metric(line->event->name)) {
        return wrong(line, "metric", "1 to 128 bytes of printable ASCII");
    }
    if (!json_is_number(duration) || !(milliseconds >= 0 && milliseconds <= duration_max)) {
        return wrong(line, "duration_ms", "a number, 0 or more");
    }
    line->event->duration = (apr_int64_t)(milliseconds * 1000 + 0.5);
    line->event->status = t2m_event_status(status);
    return !status || line->event->status > 0 || wrong(line, "status", "100 to 599");
}

static int read_stream(const line_t *line)
{
    switch (line->event->kind) {
    case T2M_EVENT_EXCEPTION:
        return read_exception(line);
    case T2M_EVENT_SECURITY:
        return read_security(line);
    case T2M_EVENT_PERFORMANCE:
        return read_performance(line);
    default:
        return line->event->message.size > 0 || wrong(line, "message", "there");
    }
}

/* All that no one else has read. */
static void add_fields(const line_t *line, t2m_event_kind_e kind)
{
    const char *name;
    json_t *value;

    json_object_foreach(line->object, name, value) {
        int is_read = kind == T2M_EVENT_SECURITY
                      && (strcmp(name, "attempts") == 0 || strcmp(name, "blocked") == 0);

        if (!is_read && !find_member(name, kind)) {
            t2m_event_add_field(line->event, NULL, name, value);
        }
    }
}

static int read_object(const line_t *line)
{
    t2m_event_kind_e kind;

    t2m_event_clear(line->event);
    if (!json_is_object(line->object)) {
        return wrong(line, "a line", "an object");
    }
    if (!read_kind(line)) {
        return 0;
    }
    kind = line->event->kind;
    if (!read_texts(line) || !read_level(line, "level") || !read_time(line) || !read_ip(line)) {
        return 0;
    }
    read_ids(line);
    if (!read_stream(line)) {
        return 0;
    }
    line->event->path = t2m_event_path(line->event->path);
    add_fields(line, kind);
    return 1;
}

static void refuse_line(t2m_event_reader_t *reader, unsigned number, t2m_event_reason_e reason,
                        const char *what)
{
    char detail[DETAIL_MAX + 24];

    (void)snprintf(detail, sizeof(detail), "line %u: %s", number, what);
    t2m_event_refuse(reader, reason, detail);
}

static void read_line(t2m_event_reader_t *reader, t2m_text_t text, unsigned number)
{
    char detail[DETAIL_MAX];
    line_t line = { NULL, reader->event, detail };
    t2m_event_reason_e reason;

    if (text.size > T2M_EVENT_LINE_MAX) {
        refuse_line(reader, number, T2M_EVENT_TOO_LARGE, "more than 64 KiB");
        return;
    }
    line.object = t2m_event_json(text, &reason, detail, sizeof(detail));
    if (!line.object) {
        refuse_line(reader, number, reason, detail);
    } else if (!read_object(&line)) {
        refuse_line(reader, number, T2M_EVENT_INVALID, detail);
    } else {
        t2m_event_tell(reader);
    }
    json_decref(line.object);
}

/* Nonzero for nothing but what JSON calls blank. */
static int is_blank(t2m_text_t text)
{
    apr_size_t i;

    for (i = 0; i < text.size; i++) {
        if (text.data[i] != ' ' && text.data[i] != '\t' && text.data[i] != '\r') {
            return 0;
        }
    }
    return 1;
}

void t2m_event_ndjson(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take, void *data,
                      t2m_event_result_t *result)
{
    t2m_event_reader_t reader = { event, take, data, result };
    t2m_text_t text;
    unsigned number = 0;

    memset(result, 0, sizeof(*result));
    while (t2m_event_next_line(&body, &text)) {
        number++;
        if (!is_blank(text)) {
            read_line(&reader, text, number);
        }
    }
}
