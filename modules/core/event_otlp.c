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

/* Logs of OpenTelemetry as OTLP/HTTP carries them in JSON (opentelemetry-proto 1.x, semantic
 * conventions 1.45): see event.h. A null counts as not there, unknown members are ignored, as the
 * protocol has it. The resource is read once for all of its records.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/event_internal.h"
#include "core/event_otlp_value.h"

enum {
    RESOURCE_FIELDS_MAX = 16,
    RESOURCE_TEXT_MAX = 512, /* bytes of an array or object among them */
    SEVERITY_MAX = 24,     /* four steps each of TRACE, DEBUG, INFO, WARN, ERROR and FATAL */
    SEVERITY_STEPS = 4,
    LEVELS = 3             /* of containers, see containers[] */
};

/* What sent the records of one resourceLogs. The values are kept until they are all read. */
typedef struct {
    t2m_text_t service, environment, host, version;
    int truncated;
    unsigned field_count;
    struct {
        const char *name;
        json_t *value; /* plain, a reference of its own */
    } fields[RESOURCE_FIELDS_MAX];
} resource_t;

/* A body being read. */
typedef struct {
    t2m_event_reader_t reader;
    unsigned index[LEVELS]; /* where in containers[] we are */
    resource_t resource;
    const json_t *scope;    /* its name; may be NULL */
} walk_t;

/* The parts of an exception, which stand among the attributes in any order. */
typedef struct {
    t2m_text_t type, message, stacktrace;
} exception_t;

static const char *const containers[LEVELS] = { "resourceLogs", "scopeLogs", "logRecords" };

/* The text of a value, or of the first one of an array, as headers are sent. Borrows the body. */
static t2m_text_t first_text(const json_t *value)
{
    return t2m_event_text(json_is_array(value) ? json_array_get(value, 0) : value);
}

static int is_absent(const json_t *value)
{
    return !value || json_is_null(value);
}

/* ---- attributes with a place of their own ---- */

static int set_method(t2m_event_t *event, exception_t *exception, const json_t *value)
{
    (void)exception;
    event->method = t2m_event_text(value);
    return event->method.size > 0;
}

static int set_path(t2m_event_t *event, exception_t *exception, const json_t *value)
{
    (void)exception;
    event->path = t2m_event_path(t2m_event_text(value));
    return event->path.size > 0;
}

static int set_status(t2m_event_t *event, exception_t *exception, const json_t *value)
{
    (void)exception;
    event->status = t2m_event_status(value);
    return event->status != 0;
}

static int set_ip(t2m_event_t *event, exception_t *exception, const json_t *value)
{
    (void)exception;
    return t2m_event_set_ip(event, t2m_event_text(value));
}

static int set_request_id(t2m_event_t *event, exception_t *exception, const json_t *value)
{
    (void)exception;
    return t2m_event_set_request_id(event, first_text(value));
}

static int set_type(t2m_event_t *event, exception_t *exception, const json_t *value)
{
    (void)event;
    exception->type = t2m_event_text(value);
    return exception->type.size > 0;
}

static int set_message(t2m_event_t *event, exception_t *exception, const json_t *value)
{
    (void)event;
    exception->message = t2m_event_text(value);
    return exception->message.size > 0;
}

static int set_stacktrace(t2m_event_t *event, exception_t *exception, const json_t *value)
{
    (void)event;
    exception->stacktrace = t2m_event_text(value);
    return exception->stacktrace.size > 0;
}

/* Attributes of a record that have a place of their own, those of before semconv 1.21 too. */
static const struct {
    const char *name;
    int (*set)(t2m_event_t *event, exception_t *exception, const json_t *value);
} places[] = {
    { "exception.type", set_type },
    { "exception.message", set_message },
    { "exception.stacktrace", set_stacktrace },
    { "http.request.method", set_method },
    { "http.method", set_method },
    { "url.path", set_path },
    { "http.target", set_path },
    { "http.response.status_code", set_status },
    { "http.status_code", set_status },
    { "client.address", set_ip },
    { "http.client_ip", set_ip },
    { "http.request.header.x-request-id", set_request_id },
    { "http.request.header.x_request_id", set_request_id },
    { "request_id", set_request_id }
};

/* Puts an attribute into its place. Returns 0 when it has none or does not fit there: a field. */
static int put_in_place(t2m_event_t *event, exception_t *exception, const char *name,
                        const json_t *value)
{
    unsigned i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (strcmp(name, places[i].name) == 0) {
            return places[i].set(event, exception, value);
        }
    }
    return 0;
}

static void read_attributes(json_t *attributes, t2m_event_t *event, exception_t *exception)
{
    json_t *pair;
    size_t i;

    json_array_foreach(attributes, i, pair) {
        const char *name = json_string_value(json_object_get(pair, "key"));
        json_t *value = t2m_event_otlp_value(json_object_get(pair, "value"));

        if (!name) {
            event->truncated = 1;
        } else if (!put_in_place(event, exception, name, value)) {
            t2m_event_add_field(event, NULL, name, value);
        }
        json_decref(value);
    }
}

/* ---- the resource ---- */

/* Where a resource's attribute is kept; NULL: among its fields. */
static t2m_text_t *resource_place(resource_t *resource, const char *name)
{
    if (strcmp(name, "service.name") == 0) {
        return &resource->service;
    }
    if (strcmp(name, "service.version") == 0) {
        return &resource->version;
    }
    if (strcmp(name, "host.name") == 0) {
        return &resource->host;
    }
    return strcmp(name, "deployment.environment.name") == 0
           || strcmp(name, "deployment.environment") == 0 ? &resource->environment : NULL;
}

/* What libraries say of themselves, of their process and its machine with each request. */
static int is_surroundings(const char *name)
{
    static const char *const starts[] = { "telemetry.", "process.", "os.", "host." };
    unsigned i;

    for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (strncmp(name, starts[i], strlen(starts[i])) == 0) {
            return 1;
        }
    }
    return 0;
}

/* The value of a field. An array or object becomes its text here, once for all of the records;
 * NULL when that is too long, since none is cut. */
static json_t *resource_value(json_t *any)
{
    char text[RESOURCE_TEXT_MAX];
    json_t *value = t2m_event_otlp_value(any), *flat;
    size_t size;

    if (!json_is_array(value) && !json_is_object(value)) {
        return value;
    }
    size = json_dumpb(value, text, sizeof(text), JSON_COMPACT);
    flat = size <= sizeof(text) ? json_stringn(text, size) : NULL;
    json_decref(value);
    return flat;
}

static void add_resource_field(resource_t *resource, const char *name, json_t *any)
{
    json_t *value;

    if (is_surroundings(name)) {
        return;
    }
    value = resource->field_count < RESOURCE_FIELDS_MAX ? resource_value(any) : NULL;
    if (!value) {
        resource->truncated = 1;
        return;
    }
    resource->fields[resource->field_count].name = name;
    resource->fields[resource->field_count++].value = value;
}

static void read_resource(resource_t *resource, const json_t *object)
{
    json_t *attributes = json_object_get(object, "attributes"), *pair;
    size_t i;

    memset(resource, 0, sizeof(*resource));
    resource->truncated = json_integer_value(json_object_get(object, "droppedAttributesCount")) > 0;
    json_array_foreach(attributes, i, pair) {
        const char *name = json_string_value(json_object_get(pair, "key"));
        json_t *any = json_object_get(pair, "value");
        t2m_text_t *place = name ? resource_place(resource, name) : NULL;

        if (place) {
            *place = t2m_event_member(any, "stringValue");
        } else if (name) {
            add_resource_field(resource, name, any);
        }
    }
}

static void release_resource(resource_t *resource)
{
    while (resource->field_count > 0) {
        json_decref(resource->fields[--resource->field_count].value);
    }
}

static void use_resource(const resource_t *resource, t2m_event_t *event)
{
    event->logger = resource->service;
    event->environment = resource->environment;
    event->hostname = resource->host;
    event->release = resource->version;
    event->truncated |= resource->truncated;
}

static void add_resource_fields(const resource_t *resource, t2m_event_t *event)
{
    unsigned i;

    for (i = 0; i < resource->field_count; i++) {
        t2m_event_add_field(event, "resource", resource->fields[i].name,
                            resource->fields[i].value);
    }
}

/* ---- a record ---- */

/* "SEVERITY_NUMBER_ERROR2" and "ERROR2" are "ERROR". */
static t2m_text_t bare_severity(t2m_text_t name)
{
    static const char start[] = "SEVERITY_NUMBER_";

    if (name.size >= sizeof(start) - 1 && memcmp(name.data, start, sizeof(start) - 1) == 0) {
        name = t2m_text_of(name.data + sizeof(start) - 1, name.size - (sizeof(start) - 1));
    }
    while (name.size > 0 && name.data[name.size - 1] >= '0' && name.data[name.size - 1] <= '9') {
        name.size--;
    }
    return name;
}

static t2m_level_e level_of(const json_t *record, t2m_level_e fallback)
{
    static const t2m_level_e levels[SEVERITY_MAX / SEVERITY_STEPS] = {
        T2M_LEVEL_DEBUG, T2M_LEVEL_DEBUG, T2M_LEVEL_INFO,
        T2M_LEVEL_WARNING, T2M_LEVEL_ERROR, T2M_LEVEL_CRITICAL
    };
    const json_t *severity = json_object_get(record, "severityNumber");
    json_int_t number = json_integer_value(severity);

    if (number >= 1 && number <= SEVERITY_MAX) {
        return levels[(number - 1) / SEVERITY_STEPS];
    }
    fallback = t2m_event_level(bare_severity(t2m_event_member(record, "severityText")), fallback);
    return t2m_event_level(bare_severity(t2m_event_text(severity)), fallback);
}

/* The sender's own name of the level, where ours says something else or less. */
static void add_severity_text(const json_t *record, t2m_event_t *event)
{
    const json_t *text = json_object_get(record, "severityText");

    if (t2m_event_level(bare_severity(t2m_event_text(text)), T2M_LEVEL_COUNT) != event->level) {
        t2m_event_add_field(event, NULL, "severity_text", text);
    }
}

/* Nonzero for an id that was said but is none; all zeros say that there is none. */
static int is_refused_id(t2m_text_t id, t2m_text_t taken)
{
    apr_size_t i = 0;

    while (i < id.size && id.data[i] == '0') {
        i++;
    }
    return i < id.size && taken.size == 0;
}

static void read_ids(const json_t *record, t2m_event_t *event)
{
    t2m_text_t trace_id = t2m_event_member(record, "traceId");
    t2m_text_t span_id = t2m_event_member(record, "spanId");

    (void)t2m_event_set_trace(event, trace_id, span_id);
    event->truncated |= is_refused_id(trace_id, event->trace_id)
                        || is_refused_id(span_id, event->span_id);
}

/* The message of a body that is no text. For an array or object the text is made that a field of
 * the name would have; it must be the first one. */
static void read_value_body(json_t *value, t2m_event_t *event)
{
    char *text;

    if (json_is_array(value) || json_is_object(value)) {
        t2m_event_add_field(event, NULL, "body", value);
        event->message = event->field_count > 0 ? event->fields[0].text : t2m_text(NULL);
        event->field_count = 0;
    } else if (!json_is_null(value)) {
        text = json_dumps(value, JSON_ENCODE_ANY);
        event->message = t2m_event_keep(event, t2m_text(text));
        free(text);
    }
}

static void read_body(json_t *body, t2m_event_t *event)
{
    json_t *value = t2m_event_otlp_value(body);

    event->message = t2m_event_text(value);
    if (!json_is_string(value)) {
        read_value_body(value, event);
    }
    json_decref(value);
}

/* What the sender says of the exception counts, where it does, before what its trace says. */
static void read_exception(const exception_t *exception, t2m_event_t *event)
{
    if (exception->type.size + exception->message.size + exception->stacktrace.size == 0) {
        return;
    }
    event->kind = T2M_EVENT_EXCEPTION;
    if (exception->stacktrace.size > 0) {
        t2m_event_read_stack(event, exception->stacktrace);
    }
    if (exception->type.size > 0) {
        event->stack.type = exception->type;
    }
    if (exception->message.size > 0) {
        event->stack.message = exception->message;
    }
}

/* A record whose body says nothing is told by what else it has. */
static void complete_message(const json_t *record, t2m_event_t *event)
{
    if (event->message.size == 0) {
        event->message = event->stack.message;
    }
    if (event->message.size == 0) {
        event->message = event->stack.type;
    }
    if (event->message.size == 0) {
        event->message = t2m_event_member(record, "eventName");
    }
}

/* What is wrong with the shape of a record; NULL: nothing. */
static const char *problem_of(const json_t *record, apr_time_t *time)
{
    const json_t *attributes = json_object_get(record, "attributes");
    const json_t *body = json_object_get(record, "body");
    apr_time_t observed;

    if (!t2m_event_otlp_time(json_object_get(record, "timeUnixNano"), time)) {
        return "timeUnixNano is no number of nanoseconds";
    }
    if (!t2m_event_otlp_time(json_object_get(record, "observedTimeUnixNano"), &observed)) {
        return "observedTimeUnixNano is no number of nanoseconds";
    }
    if (*time == 0) {
        *time = observed;
    }
    if (!is_absent(attributes) && !json_is_array(attributes)) {
        return "attributes is no array";
    }
    return is_absent(body) || json_is_object(body) ? NULL : "body is no object";
}

static void read_record(const walk_t *walk, const json_t *record, t2m_event_t *event)
{
    exception_t exception = { { NULL, 0 }, { NULL, 0 }, { NULL, 0 } };

    use_resource(&walk->resource, event);
    read_ids(record, event);
    read_body(json_object_get(record, "body"), event); /* before the fields, see there */
    read_attributes(json_object_get(record, "attributes"), event, &exception);
    read_exception(&exception, event);
    complete_message(record, event);
    event->level = level_of(record, event->kind == T2M_EVENT_EXCEPTION ? T2M_LEVEL_ERROR
                                                                       : T2M_LEVEL_INFO);
    add_severity_text(record, event);
    t2m_event_add_field(event, NULL, "event_name", json_object_get(record, "eventName"));
    t2m_event_add_field(event, NULL, "scope", walk->scope);
    add_resource_fields(&walk->resource, event);
    if (json_integer_value(json_object_get(record, "droppedAttributesCount")) > 0) {
        event->truncated = 1;
    }
}

/* ---- the containers ---- */

/* Tells that what stands at walk's index of that level, and of those above it, is not taken. */
static void refuse(walk_t *walk, unsigned level, const char *problem)
{
    char place[128] = "";
    char detail[sizeof(walk->reader.result->detail)];
    apr_size_t size = 0;
    unsigned i;

    for (i = 0; i <= level; i++) {
        size += (apr_size_t)snprintf(place + size, sizeof(place) - size, "%s%s[%u]",
                                     i > 0 ? "." : "", containers[i], walk->index[i]);
    }
    (void)snprintf(detail, sizeof(detail), "%s: %s", place, problem);
    t2m_event_refuse(&walk->reader, T2M_EVENT_INVALID, detail);
}

static void visit_members(walk_t *walk, unsigned level, json_t *object);

static void visit_resource(walk_t *walk, json_t *object)
{
    read_resource(&walk->resource, json_object_get(object, "resource"));
    visit_members(walk, 1, object);
    release_resource(&walk->resource);
}

static void visit_scope(walk_t *walk, json_t *object)
{
    walk->scope = json_object_get(json_object_get(object, "scope"), "name");
    visit_members(walk, 2, object);
}

static void visit_record(walk_t *walk, json_t *object)
{
    t2m_event_t *event = walk->reader.event;
    apr_time_t time = 0;
    const char *problem = problem_of(object, &time);

    if (problem) {
        refuse(walk, LEVELS - 1, problem);
        return;
    }
    t2m_event_clear(event);
    event->time = time;
    read_record(walk, object, event);
    t2m_event_tell(&walk->reader);
}

static void visit_members(walk_t *walk, unsigned level, json_t *object)
{
    static void (*const visits[LEVELS])(walk_t *walk, json_t *object) = {
        visit_resource, visit_scope, visit_record
    };
    json_t *members = json_object_get(object, containers[level]), *member;
    size_t i;

    walk->index[level] = 0;
    if (!is_absent(members) && !json_is_array(members)) {
        refuse(walk, level, "this is no array");
        return;
    }
    json_array_foreach(members, i, member) {
        walk->index[level] = (unsigned)i;
        if (json_is_object(member)) {
            visits[level](walk, member);
        } else {
            refuse(walk, level, "this is no object");
        }
    }
}

void t2m_event_otlp_logs(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take, void *data,
                         t2m_event_result_t *result)
{
    walk_t walk = { .reader = { event, take, data, result } };
    t2m_event_reason_e reason = T2M_EVENT_INVALID;
    char detail[sizeof(result->detail)] = "the body is no object";
    json_t *request;

    memset(result, 0, sizeof(*result));
    request = t2m_event_json(body, &reason, detail, sizeof(detail));
    if (json_is_object(request)) {
        visit_members(&walk, 0, request);
    } else {
        t2m_event_refuse(&walk.reader, reason ? reason : T2M_EVENT_INVALID,
                         request ? "the body is no object" : detail);
    }
    json_decref(request);
}
