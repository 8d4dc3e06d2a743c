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

/* Records of Sentry's containers: logs, and spans as newer libraries send them instead of
 * transactions. Their attributes are {"NAME":{"value":V,"type":T}}. */
#include <stdio.h>

#include "core/event_internal.h"

/* The value of an attribute; of a list the first. */
static json_t *attribute(const json_t *object, const char *name)
{
    const char *const place[] = { "attributes", name, "value", NULL };
    json_t *value = t2m_event_find(object, place);

    return json_is_array(value) ? json_array_get(value, 0) : value;
}

static t2m_text_t attribute_text(const json_t *object, const char *name)
{
    return t2m_event_text(attribute(object, name));
}

/* What logs and spans have in common. */
static void read_common(const json_t *object, t2m_event_t *event)
{
    event->release = attribute_text(object, "sentry.release");
    event->environment = attribute_text(object, "sentry.environment");
    event->hostname = attribute_text(object, "server.address");
    if (!t2m_event_set_request_id(event,
                                  attribute_text(object, "http.request.header.x-request-id"))) {
        (void)t2m_event_set_request_id(event, attribute_text(object, "request_id"));
    }
    if (!t2m_event_set_traceparent(event,
                                   attribute_text(object, "http.request.header.traceparent"))) {
        (void)t2m_event_set_trace(event, t2m_event_member(object, "trace_id"),
                                  t2m_event_member(object, "span_id"));
    }
}

/* Attributes that the library sets on its own are told elsewhere, or are the same on each. */
static void add_attributes(const json_t *object, t2m_event_t *event)
{
    json_t *attributes = json_object_get(object, "attributes"), *value;
    const char *name;

    if (!json_is_object(attributes)) {
        return;
    }
    json_object_foreach(attributes, name, value) {
        if (strncmp(name, "sentry.", strlen("sentry.")) != 0
            && strcmp(name, "server.address") != 0) {
            t2m_event_add_field(event, NULL, name, json_object_get(value, "value"));
        }
    }
}

t2m_event_reason_e t2m_event_sentry_log(const json_t *object, t2m_event_t *event, char *detail,
                                        apr_size_t room)
{
    event->kind = T2M_EVENT_LINE;
    event->level = t2m_event_level(t2m_event_member(object, "level"), T2M_LEVEL_INFO);
    event->message = t2m_event_member(object, "body");
    if (event->message.size == 0) {
        (void)snprintf(detail, room, "a log record without a body");
        return T2M_EVENT_INVALID;
    }
    (void)t2m_event_time(json_object_get(object, "timestamp"), &event->time);
    event->logger = attribute_text(object, "logger.name");
    read_common(object, event);
    add_attributes(object, event);
    return T2M_EVENT_OK;
}

t2m_event_reason_e t2m_event_sentry_span(const json_t *object, t2m_event_t *event, char *detail,
                                         apr_size_t room)
{
    const char *wrong = t2m_event_duration(object, "end_timestamp", event);

    event->kind = T2M_EVENT_PERFORMANCE;
    event->level = T2M_LEVEL_INFO;
    event->name = t2m_event_member(object, "name");
    if (!wrong && event->name.size == 0) {
        wrong = "a span without a name";
    }
    if (wrong) {
        (void)snprintf(detail, room, "%s", wrong);
        return T2M_EVENT_INVALID;
    }
    event->function = attribute_text(object, "sentry.op");
    event->method = attribute_text(object, "http.request.method");
    event->path = t2m_event_path(attribute_text(object, "url.path"));
    event->status = t2m_event_status(attribute(object, "http.response.status_code"));
    if (event->status == 0 && t2m_event_is(t2m_event_member(object, "status"), "error")) {
        event->status = 500;
    }
    (void)t2m_event_set_ip(event, attribute_text(object, "client.address"));
    read_common(object, event);
    return T2M_EVENT_OK;
}
