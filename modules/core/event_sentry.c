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

/* Sentry's envelope: a line of JSON, then items of a header line and a payload each
 * (develop.sentry.dev/sdk/data-model/envelopes), and the older store endpoint: one event alone. */
#include <ctype.h>
#include <stdio.h>

#include "core/event_internal.h"
#include "core/field_name.h"

enum {
    DETAIL_MAX = 160,
    ID_SIZE = 32
};

/* Fills the event from one object; OK, or detail says why not. */
typedef t2m_event_reason_e (*fill_t)(const json_t *object, t2m_event_t *event, char *detail,
                                     apr_size_t room);

/* Where in an envelope: for details. */
typedef struct {
    t2m_event_reader_t *reader;
    unsigned item;   /* from 1; 0: the whole body */
    unsigned record; /* from 1, within an item that has several; 0: it has not */
} place_t;

static void refuse_at(const place_t *place, t2m_event_reason_e reason, const char *what)
{
    char detail[DETAIL_MAX + 40];

    if (place->record > 0) {
        (void)snprintf(detail, sizeof(detail), "item %u, record %u: %s", place->item, place->record,
                       what);
    } else if (place->item > 0) {
        (void)snprintf(detail, sizeof(detail), "item %u: %s", place->item, what);
    } else {
        (void)snprintf(detail, sizeof(detail), "%s", what);
    }
    t2m_event_refuse(place->reader, reason, detail);
}

/* An id of 32 hexadecimal digits, with or without the dashes of a UUID, into id. */
static void copy_event_id(t2m_text_t text, char id[ID_SIZE + 1])
{
    apr_size_t i, size = 0;

    for (i = 0; i < text.size && size <= ID_SIZE; i++) {
        if (isxdigit((unsigned char)text.data[i])) {
            id[size == ID_SIZE ? ID_SIZE : size] = (char)tolower((unsigned char)text.data[i]);
            size++;
        } else if (text.data[i] != '-') {
            size = 0;
            break;
        }
    }
    id[size == ID_SIZE && i == text.size ? ID_SIZE : 0] = '\0';
}

static void read_object(const place_t *place, const json_t *object, fill_t fill)
{
    t2m_event_t *event = place->reader->event;
    t2m_event_result_t *result = place->reader->result;
    char detail[DETAIL_MAX] = "no object";
    t2m_event_reason_e reason = T2M_EVENT_INVALID;

    t2m_event_clear(event);
    if (json_is_object(object)) {
        reason = fill(object, event, detail, sizeof(detail));
    }
    if (reason != T2M_EVENT_OK) {
        refuse_at(place, reason, detail);
        return;
    }
    if (!result->event_id[0]) {
        copy_event_id(event->event_id, result->event_id);
    }
    if (event->event_id.size == 0) {
        event->event_id = t2m_text(result->event_id);
    }
    t2m_event_tell(place->reader);
}

/* A payload in JSON; NULL when it was refused. */
static json_t *parse(const place_t *place, t2m_text_t payload)
{
    char detail[DETAIL_MAX];
    t2m_event_reason_e reason;
    json_t *value;

    if (payload.size > T2M_EVENT_ITEM_MAX) {
        refuse_at(place, T2M_EVENT_TOO_LARGE, "more than a megabyte");
        return NULL;
    }
    value = t2m_event_json(payload, &reason, detail, sizeof(detail));
    if (!value) {
        refuse_at(place, reason, detail);
    }
    return value;
}

/* An event or a transaction: it says itself which. */
static void read_event(place_t *place, t2m_text_t payload)
{
    json_t *object = parse(place, payload);

    if (object) {
        int is_transaction = t2m_event_is(t2m_event_member(object, "type"), "transaction");

        read_object(place, object,
                    is_transaction ? t2m_event_sentry_transaction : t2m_event_sentry_event);
        json_decref(object);
    }
}

static void read_container(place_t *place, t2m_text_t payload, fill_t fill)
{
    json_t *object = parse(place, payload), *items = json_object_get(object, "items"), *item;
    size_t i;

    if (object && !json_is_array(items)) { /* a span alone, as they were sent before */
        refuse_at(place, T2M_EVENT_UNSUPPORTED, "no container of several records");
    }
    json_array_foreach(items, i, item) {
        place->record = (unsigned)i + 1;
        /* The parts of a transaction are not kept: only the whole is a metric. */
        if (fill == t2m_event_sentry_log || json_is_true(json_object_get(item, "is_segment"))) {
            read_object(place, item, fill);
        }
    }
    place->record = 0;
    json_decref(object);
}

static void read_payload(place_t *place, t2m_text_t type, t2m_text_t payload)
{
    char detail[DETAIL_MAX];

    if (t2m_event_is(type, "event") || t2m_event_is(type, "transaction")) {
        read_event(place, payload);
    } else if (t2m_event_is(type, "log")) {
        read_container(place, payload, t2m_event_sentry_log);
    } else if (t2m_event_is(type, "span")) {
        read_container(place, payload, t2m_event_sentry_span);
    } else {
        int is_plain = t2m_field_name_is_plain(type.data, type.size);

        (void)snprintf(detail, sizeof(detail), "%.*s is not kept", is_plain ? (int)type.size : 12,
                       is_plain ? type.data : "unknown type");
        refuse_at(place, T2M_EVENT_UNSUPPORTED, detail);
    }
}

/* Takes the payload off *rest: as many bytes as the header says, or a line. NULL when it is as it
 * must be, else what is wrong. */
static const char *take_payload(const json_t *header, t2m_text_t *rest, t2m_text_t *payload)
{
    const json_t *length = json_object_get(header, "length");
    json_int_t size = json_integer_value(length);

    if (!length || json_is_null(length)) {
        (void)t2m_event_next_line(rest, payload);
        return NULL;
    }
    if (!json_is_integer(length) || size < 0) {
        return "length is no whole number";
    }
    if ((apr_uint64_t)size > rest->size) {
        return "the body ends before its length";
    }
    *payload = t2m_text_of(rest->data, (apr_size_t)size);
    *rest = t2m_text_of(rest->data + size, rest->size - (apr_size_t)size);
    if (rest->size > 0 && rest->data[0] != '\n') {
        return "no end of line behind its length";
    }
    if (rest->size > 0) {
        *rest = t2m_text_of(rest->data + 1, rest->size - 1);
    }
    return NULL;
}

/* A header line; NULL when it was refused. */
static json_t *parse_header(const place_t *place, t2m_text_t line)
{
    json_t *header = parse(place, line);

    if (header && !json_is_object(header)) {
        refuse_at(place, T2M_EVENT_INVALID, "the header is no object");
        json_decref(header);
        return NULL;
    }
    return header;
}

/* Returns 0 when nothing can be read behind the item: where its payload ends is not known, and what
 * stands in an attachment must never be taken for items. */
static int read_item(place_t *place, t2m_text_t line, t2m_text_t *rest)
{
    json_t *header = parse_header(place, line);
    t2m_text_t type = t2m_event_member(header, "type"), payload = { NULL, 0 };
    const char *wrong;

    if (!header) {
        return 0;
    }
    wrong = take_payload(header, rest, &payload);
    if (wrong) {
        refuse_at(place, T2M_EVENT_INVALID, wrong);
    } else if (type.size == 0) {
        refuse_at(place, T2M_EVENT_INVALID, "no type");
    } else {
        read_payload(place, type, payload);
    }
    json_decref(header);
    return wrong == NULL;
}

void t2m_event_sentry_envelope(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take,
                               void *data, t2m_event_result_t *result)
{
    t2m_event_reader_t reader = { event, take, data, result };
    place_t place = { &reader, 0, 0 };
    t2m_text_t line;
    json_t *header;

    memset(result, 0, sizeof(*result));
    (void)t2m_event_next_line(&body, &line);
    header = parse_header(&place, line);
    if (!header) {
        return;
    }
    copy_event_id(t2m_event_member(header, "event_id"), result->event_id);
    json_decref(header);
    while (t2m_event_next_line(&body, &line)) {
        if (line.size == 0) {
            continue;
        }
        place.item++;
        if (!read_item(&place, line, &body)) {
            return;
        }
    }
}

void t2m_event_sentry_store(t2m_text_t body, t2m_event_t *event, t2m_event_take_t take,
                            void *data, t2m_event_result_t *result)
{
    t2m_event_reader_t reader = { event, take, data, result };
    place_t place = { &reader, 0, 0 };

    memset(result, 0, sizeof(*result));
    read_event(&place, body);
}
