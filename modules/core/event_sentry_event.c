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

/* The attributes of Sentry's events and transactions (develop.sentry.dev/sdk/data-model). */
#include <stdio.h>
#include <strings.h>

#include "core/event_internal.h"

/* The value of a header, whose name may be in any case: of an object, or of a list of pairs. A list
 * of values, as PHP sends, counts by its first. */
static t2m_text_t header_of(json_t *headers, const char *name)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_object(headers)) {
        json_object_foreach(headers, key, value) {
            if (strcasecmp(key, name) == 0) {
                return t2m_event_text(json_is_array(value) ? json_array_get(value, 0) : value);
            }
        }
    }
    json_array_foreach(headers, i, value) {
        const char *first = json_string_value(json_array_get(value, 0));

        if (first && strcasecmp(first, name) == 0) {
            return t2m_event_text(json_array_get(value, 1));
        }
    }
    return t2m_text(NULL);
}

static void read_request(const json_t *object, t2m_event_t *event)
{
    static const char *const remote[] = { "request", "env", "REMOTE_ADDR", NULL };
    static const char *const given[] = { "user", "ip_address", NULL };
    const json_t *request = json_object_get(object, "request");
    json_t *headers = json_object_get(request, "headers");

    event->method = t2m_event_member(request, "method");
    event->path = t2m_event_path(t2m_event_member(request, "url"));
    (void)t2m_event_set_request_id(event, header_of(headers, "X-Request-ID"));
    (void)t2m_event_set_traceparent(event, header_of(headers, "traceparent"));
    if (!t2m_event_set_ip(event, t2m_event_text(t2m_event_find(object, given)))) {
        (void)t2m_event_set_ip(event, t2m_event_text(t2m_event_find(object, remote)));
    }
}

/* The trace of the request ties the record to the access line; the library's own is another when
 * it did not take that one over. */
static void read_trace(const json_t *object, t2m_event_t *event)
{
    static const char *const place[] = { "contexts", "trace", NULL };
    const json_t *trace = t2m_event_find(object, place);
    t2m_text_t id = t2m_event_member(trace, "trace_id");

    if (event->trace_id.size == 0) {
        (void)t2m_event_set_trace(event, id, t2m_event_member(trace, "span_id"));
    } else if (id.size != event->trace_id.size
               || memcmp(id.data, event->trace_id.data, id.size) != 0) {
        t2m_event_add_field(event, NULL, "sentry_trace_id", json_object_get(trace, "trace_id"));
    }
}

static void add_object(t2m_event_t *event, const char *prefix, json_t *object)
{
    const char *name;
    json_t *value;

    if (!json_is_object(object)) {
        return;
    }
    json_object_foreach(object, name, value) {
        t2m_event_add_field(event, prefix, name, value);
    }
}

/* Tags: an object or a list of pairs. */
static void add_tags(t2m_event_t *event, json_t *tags)
{
    const json_t *pair;
    size_t i;

    add_object(event, NULL, tags);
    json_array_foreach(tags, i, pair) {
        const char *name = json_string_value(json_array_get(pair, 0));

        if (name) {
            t2m_event_add_field(event, NULL, name, json_array_get(pair, 1));
        }
    }
}

static void add_user(t2m_event_t *event, json_t *user)
{
    const char *name;
    json_t *value;

    json_object_foreach(user, name, value) {
        if (event->ip.size == 0 || strcmp(name, "ip_address") != 0) {
            t2m_event_add_field(event, "user", name, value);
        }
    }
}

/* Contexts but for those that every event of a machine repeats, and the trace. */
static void add_contexts(t2m_event_t *event, json_t *contexts)
{
    static const char *const left_out[] = { "app", "cloud_resource", "culture", "device", "gpu",
                                            "memory_info", "os", "otel", "profile", "runtime",
                                            "threadpool_info", "trace", NULL };
    const char *name;
    json_t *value;

    json_object_foreach(contexts, name, value) {
        const char *const *other = left_out;

        while (*other && strcmp(*other, name) != 0) {
            other++;
        }
        if (!*other) {
            add_object(event, name, value);
        }
    }
}

static void add_sdk(t2m_event_t *event, const json_t *sdk)
{
    t2m_event_add_field(event, "sdk", "name", json_object_get(sdk, "name"));
    t2m_event_add_field(event, "sdk", "version", json_object_get(sdk, "version"));
}

static void read_breadcrumbs(const json_t *object, t2m_event_t *event)
{
    const json_t *values = json_object_get(object, "breadcrumbs"), *value;
    size_t count, i;

    values = json_is_object(values) ? json_object_get(values, "values") : values;
    count = json_array_size(values);
    i = count > T2M_EVENT_BREADCRUMBS_MAX ? count - T2M_EVENT_BREADCRUMBS_MAX : 0;
    for (; i < count; i++) {
        int at = event->breadcrumb_count++;

        value = json_array_get(values, i);
        event->breadcrumbs[at].time = 0;
        (void)t2m_event_time(json_object_get(value, "timestamp"), &event->breadcrumbs[at].time);
        event->breadcrumbs[at].level = t2m_event_level(t2m_event_member(value, "level"),
                                                       T2M_LEVEL_INFO);
        event->breadcrumbs[at].category = t2m_event_member(value, "category");
        event->breadcrumbs[at].message = t2m_event_member(value, "message");
    }
}

/* What events and transactions have in common. */
static void read_common(const json_t *object, t2m_event_t *event)
{
    static const char *const tag[] = { "tags", "request_id", NULL };
    json_t *user = json_object_get(object, "user");

    (void)t2m_event_time(json_object_get(object, "timestamp"), &event->time);
    event->logger = t2m_event_member(object, "logger");
    event->release = t2m_event_member(object, "release");
    event->environment = t2m_event_member(object, "environment");
    event->hostname = t2m_event_member(object, "server_name");
    event->event_id = t2m_event_member(object, "event_id");
    read_request(object, event);
    if (event->request_id.size == 0) {
        (void)t2m_event_set_request_id(event, t2m_event_text(t2m_event_find(object, tag)));
    }
    read_trace(object, event);
    t2m_event_add_field(event, NULL, "platform", json_object_get(object, "platform"));
    add_sdk(event, json_object_get(object, "sdk"));
    if (json_is_object(user)) {
        add_user(event, user);
    }
    add_tags(event, json_object_get(object, "tags"));
    add_object(event, NULL, json_object_get(object, "extra"));
    if (json_is_object(json_object_get(object, "contexts"))) {
        add_contexts(event, json_object_get(object, "contexts"));
    }
    read_breadcrumbs(object, event);
}

t2m_event_reason_e t2m_event_sentry_event(const json_t *object, t2m_event_t *event, char *detail,
                                          apr_size_t room)
{
    int has_exception;

    event->level = t2m_event_level(t2m_event_member(object, "level"), T2M_LEVEL_ERROR);
    has_exception = t2m_event_sentry_exception(object, event);
    event->message = t2m_event_sentry_message(object, event);
    event->kind = T2M_EVENT_LINE;
    /* One without a type only says from where a message was sent: no error unless it is called
     * one. */
    if (has_exception && (event->stack.type.size > 0 || event->message.size == 0
                          || event->level >= T2M_LEVEL_ERROR)) {
        event->kind = T2M_EVENT_EXCEPTION;
    } else if (event->message.size == 0) {
        (void)snprintf(detail, room, "neither a message nor an exception");
        return T2M_EVENT_INVALID;
    }
    t2m_event_add_field(event, NULL, "endpoint", json_object_get(object, "transaction"));
    read_common(object, event);
    return T2M_EVENT_OK;
}

/* What Sentry's names of a span's status mean in HTTP, as its documentation has them; ok is none,
 * for not every transaction is a response. */
static int status_of_name(t2m_text_t name)
{
    static const struct {
        const char *name;
        int status;
    } names[] = {
        { "cancelled", 499 }, { "unknown", 500 }, { "unknown_error", 500 }, { "error", 500 },
        { "invalid_argument", 400 }, { "deadline_exceeded", 504 }, { "not_found", 404 },
        { "already_exists", 409 }, { "permission_denied", 403 }, { "resource_exhausted", 429 },
        { "failed_precondition", 400 }, { "aborted", 409 }, { "out_of_range", 400 },
        { "unimplemented", 501 }, { "internal_error", 500 }, { "internal", 500 },
        { "unavailable", 503 }, { "data_loss", 500 }, { "unauthenticated", 401 }
    };
    apr_size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (t2m_event_is(name, names[i].name)) {
            return names[i].status;
        }
    }
    return 0;
}

static int status_of(const json_t *object)
{
    static const char *const places[][5] = {
        { "contexts", "response", "status_code", NULL, NULL },
        { "tags", "http.status_code", NULL, NULL, NULL },
        { "contexts", "trace", "data", "http.response.status_code", NULL },
        { "contexts", "trace", "data", "http.status_code", NULL }
    };
    static const char *const named[] = { "contexts", "trace", "status", NULL };
    apr_size_t i;

    for (i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        int status = t2m_event_status(t2m_event_find(object, places[i]));

        if (status > 0) {
            return status;
        }
    }
    return status_of_name(t2m_event_text(t2m_event_find(object, named)));
}

t2m_event_reason_e t2m_event_sentry_transaction(const json_t *object, t2m_event_t *event,
                                                char *detail, apr_size_t room)
{
    static const char *const operation[] = { "contexts", "trace", "op", NULL };
    const char *wrong = t2m_event_duration(object, "timestamp", event);

    event->kind = T2M_EVENT_PERFORMANCE;
    event->level = T2M_LEVEL_INFO;
    event->name = t2m_event_member(object, "transaction");
    event->function = t2m_event_text(t2m_event_find(object, operation));
    if (event->name.size == 0) {
        event->name = event->function;
    }
    if (!wrong && event->name.size == 0) {
        wrong = "a transaction without a name";
    }
    if (wrong) {
        (void)snprintf(detail, room, "%s", wrong);
        return T2M_EVENT_INVALID;
    }
    event->status = status_of(object);
    read_common(object, event);
    return T2M_EVENT_OK;
}
