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

/* Values out of the JSON of events: see event_internal.h. */
#include <arpa/inet.h>
#include <strings.h>

#include "core/event_internal.h"
#include "core/id.h"
#include "core/moment.h"
#include "core/trace.h"

enum {
    TIME_MAX = 40,    /* bytes of the longest time with room for a `Z` */
    ADDRESS_MAX = 45, /* of an IPv6 address that ends in an IPv4 one */
    CODE_MIN = 100,   /* of HTTP */
    CODE_MAX = 599
};

static const double seconds_end = 253402300800.0; /* the first second of the year 10000 */

void t2m_event_tell(t2m_event_reader_t *reader)
{
    if (reader->take(reader->data, reader->event, T2M_EVENT_OK, NULL) == 0) {
        reader->result->taken++;
    } else {
        reader->result->lost++;
    }
}

void t2m_event_refuse(t2m_event_reader_t *reader, t2m_event_reason_e reason, const char *detail)
{
    t2m_event_result_t *result = reader->result;

    (void)reader->take(reader->data, NULL, reason, detail);
    if (reason == T2M_EVENT_UNSUPPORTED) {
        result->unsupported++;
        return;
    }
    if (result->refused++ == 0) {
        apr_size_t size = strnlen(detail, sizeof(result->detail) - 1);

        result->first = reason;
        memcpy(result->detail, detail, size);
        result->detail[size] = '\0';
    }
}

int t2m_event_next_line(t2m_text_t *rest, t2m_text_t *line)
{
    const char *end = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;

    *line = *rest;
    if (rest->size == 0) {
        return 0;
    }
    line->size = end ? (apr_size_t)(end - rest->data) : rest->size;
    rest->data += line->size + (end != NULL);
    rest->size -= line->size + (end != NULL);
    return 1;
}

t2m_text_t t2m_event_text(const json_t *value)
{
    return json_is_string(value) ? t2m_text_of(json_string_value(value), json_string_length(value))
                                 : t2m_text(NULL);
}

t2m_text_t t2m_event_member(const json_t *object, const char *name)
{
    return t2m_event_text(json_object_get(object, name));
}

json_t *t2m_event_find(const json_t *object, const char *const *names)
{
    json_t *value = json_object_get(object, *names);

    while (value && *++names) {
        value = json_object_get(value, *names);
    }
    return value;
}

int t2m_event_is(t2m_text_t text, const char *string)
{
    return text.size == strlen(string) && memcmp(text.data, string, text.size) == 0;
}

static int time_of_seconds(double seconds, apr_time_t *time)
{
    if (!(seconds > 0 && seconds < seconds_end)) {
        return 0;
    }
    *time = (apr_time_t)(seconds * APR_USEC_PER_SEC + 0.5);
    return 1;
}

int t2m_event_time(const json_t *value, apr_time_t *time)
{
    t2m_text_t text = t2m_event_text(value);
    char zoned[TIME_MAX];
    apr_time_t moment;

    if (json_is_number(value)) {
        return time_of_seconds(json_number_value(value), time);
    }
    if (text.size == 0 || text.size >= sizeof(zoned)) {
        return 0;
    }
    *t2m_text_copy(zoned, text.data, text.size) = 'Z'; /* older libraries leave it out */
    if ((t2m_moment_parse(text, 0, &moment) != T2M_MOMENT_OK
         && t2m_moment_parse(t2m_text_of(zoned, text.size + 1), 0, &moment) != T2M_MOMENT_OK)
        || moment <= 0) { /* a span back from 1970 is no time */
        return 0;
    }
    *time = moment;
    return 1;
}

const char *t2m_event_duration(const json_t *object, const char *end, t2m_event_t *event)
{
    apr_time_t start;

    if (!t2m_event_time(json_object_get(object, "start_timestamp"), &start)
        || !t2m_event_time(json_object_get(object, end), &event->time)) {
        return "no time of start or end";
    }
    event->duration = event->time - start;
    return event->duration < 0 ? "it ends before its start" : NULL;
}

t2m_level_e t2m_event_level(t2m_text_t name, t2m_level_e fallback)
{
    static const struct {
        const char *name;
        t2m_level_e level;
    } levels[] = {
        { "fatal", T2M_LEVEL_CRITICAL }, { "critical", T2M_LEVEL_CRITICAL },
        { "crit", T2M_LEVEL_CRITICAL }, { "alert", T2M_LEVEL_CRITICAL },
        { "emergency", T2M_LEVEL_CRITICAL }, { "emerg", T2M_LEVEL_CRITICAL },
        { "error", T2M_LEVEL_ERROR }, { "err", T2M_LEVEL_ERROR },
        { "warning", T2M_LEVEL_WARNING }, { "warn", T2M_LEVEL_WARNING },
        { "notice", T2M_LEVEL_INFO }, { "info", T2M_LEVEL_INFO }, { "log", T2M_LEVEL_INFO },
        { "debug", T2M_LEVEL_DEBUG }, { "trace", T2M_LEVEL_DEBUG }
    };
    apr_size_t i;

    for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        if (name.size == strlen(levels[i].name)
            && strncasecmp(name.data, levels[i].name, name.size) == 0) {
            return levels[i].level;
        }
    }
    return fallback;
}

int t2m_event_status(const json_t *value)
{
    t2m_text_t text = t2m_event_text(value);
    json_int_t code = json_integer_value(value);
    apr_size_t i;

    for (i = 0; i < text.size; i++) {
        if (text.size != 3 || text.data[i] < '0' || text.data[i] > '9') {
            return 0;
        }
        code = code * 10 + (text.data[i] - '0');
    }
    return code >= CODE_MIN && code <= CODE_MAX ? (int)code : 0;
}

int t2m_event_set_request_id(t2m_event_t *event, t2m_text_t id)
{
    if (!t2m_id_valid(id.data, id.size)) {
        return 0;
    }
    event->request_id = id;
    return 1;
}

/* Copies an id of size hexadecimal digits, which may not be zero, in lower case. */
static int copy_id(t2m_text_t id, char *out, apr_size_t size)
{
    int nonzero = 0;
    apr_size_t i;

    if (id.size != size) {
        return 0;
    }
    for (i = 0; i < size; i++) {
        char byte = id.data[i];

        if (byte >= 'A' && byte <= 'F') {
            byte = (char)(byte - 'A' + 'a');
        }
        if (!((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f'))) {
            return 0;
        }
        nonzero |= byte != '0';
        out[i] = byte;
    }
    return nonzero;
}

int t2m_event_set_trace(t2m_event_t *event, t2m_text_t trace_id, t2m_text_t span_id)
{
    char trace[T2M_TRACE_ID_SIZE], span[T2M_SPAN_ID_SIZE];

    if (!copy_id(trace_id, trace, sizeof(trace))
        || sizeof(event->scratch) - event->scratch_size < sizeof(trace) + sizeof(span)) {
        return 0;
    }
    event->trace_id = t2m_event_keep(event, t2m_text_of(trace, sizeof(trace)));
    event->span_id = t2m_text(NULL);
    if (copy_id(span_id, span, sizeof(span))) {
        event->span_id = t2m_event_keep(event, t2m_text_of(span, sizeof(span)));
    }
    return 1;
}

int t2m_event_set_traceparent(t2m_event_t *event, t2m_text_t value)
{
    t2m_trace_t trace;

    return t2m_trace_parse(value, &trace)
           && t2m_event_set_trace(event, t2m_text_of(trace.trace_id, sizeof(trace.trace_id)),
                                  t2m_text_of(trace.span_id, sizeof(trace.span_id)));
}

int t2m_event_set_ip(t2m_event_t *event, t2m_text_t ip)
{
    char copy[ADDRESS_MAX + 1];
    unsigned char address[sizeof(struct in6_addr)];

    if (ip.size == 0 || ip.size > ADDRESS_MAX || memchr(ip.data, '\0', ip.size)) {
        return 0;
    }
    *t2m_text_copy(copy, ip.data, ip.size) = '\0';
    if (inet_pton(AF_INET, copy, address) != 1 && inet_pton(AF_INET6, copy, address) != 1) {
        return 0;
    }
    event->ip = ip;
    return 1;
}

static apr_size_t size_before(t2m_text_t text, const char *ends)
{
    apr_size_t size = 0;

    while (size < text.size && (text.data[size] == '\0' || !strchr(ends, text.data[size]))) {
        size++;
    }
    return size;
}

t2m_text_t t2m_event_path(t2m_text_t url)
{
    apr_size_t scheme = size_before(url, ":/?#");

    if (url.size - scheme >= 3 && memcmp(url.data + scheme, "://", 3) == 0) {
        url = t2m_text_of(url.data + scheme + 3, url.size - scheme - 3);
        scheme = size_before(url, "/?#");
        if (scheme == url.size || url.data[scheme] != '/') {
            return t2m_text("/");
        }
        url = t2m_text_of(url.data + scheme, url.size - scheme);
    }
    url.size = size_before(url, "?#");
    return url;
}

t2m_text_t t2m_event_join(t2m_event_t *event, apr_size_t limit, const t2m_text_t *pieces,
                          unsigned count)
{
    char *start = event->scratch + event->scratch_size, *out = start;
    apr_size_t size = 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        size += pieces[i].size;
    }
    if (size == 0 || event->scratch_size > limit || size > limit - event->scratch_size) {
        return t2m_text(NULL);
    }
    for (i = 0; i < count; i++) {
        out = t2m_text_copy(out, pieces[i].data, pieces[i].size);
    }
    event->scratch_size += size;
    return t2m_text_of(start, size);
}

static int is_blank(t2m_text_t line)
{
    apr_size_t i;

    for (i = 0; i < line.size; i++) {
        if (!strchr(" \t\r", line.data[i]) || line.data[i] == '\0') {
            return 0;
        }
    }
    return 1;
}

void t2m_event_read_stack(t2m_event_t *event, t2m_text_t text)
{
    t2m_text_t line;

    if (t2m_stack_parse(text, &event->stack)) {
        return;
    }
    t2m_stack_clear(&event->stack);
    while (t2m_event_next_line(&text, &line)) {
        if (!is_blank(line)) {
            (void)t2m_stack_add_frame(&event->stack, line);
        }
    }
}
