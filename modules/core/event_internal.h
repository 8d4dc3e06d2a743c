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

/* What the readers of events share: values out of JSON, and how an event or a refusal is told. For
 * event*.c alone. Pure; any thread.
 */
#ifndef T2M_CORE_EVENT_INTERNAL_H
#define T2M_CORE_EVENT_INTERNAL_H

#include "core/event.h"

/* One body being read. */
typedef struct {
    t2m_event_t *event; /* the caller's memory, filled anew for each event */
    t2m_event_take_t take;
    void *data;         /* take's */
    t2m_event_result_t *result;
} t2m_event_reader_t;

/** Hands reader->event over, and counts. */
void t2m_event_tell(t2m_event_reader_t *reader);

/** Tells that something was not taken, and why, in words of ours; UNSUPPORTED is no error. */
void t2m_event_refuse(t2m_event_reader_t *reader, t2m_event_reason_e reason, const char *detail);

/** Takes the bytes up to the next LF off *rest, and the LF. Returns 0 when there are none. */
int t2m_event_next_line(t2m_text_t *rest, t2m_text_t *line);

/** The text of a JSON string; of anything else, and NULL, the empty one. Borrows. */
t2m_text_t t2m_event_text(const json_t *value);

/** The text of a member, empty when it is not there or no string. Borrows. */
t2m_text_t t2m_event_member(const json_t *object, const char *name);

/** The value behind names that end with NULL, object in object; NULL when it is not there. */
json_t *t2m_event_find(const json_t *object, const char *const *names);

/** Nonzero when the text is that string. */
int t2m_event_is(t2m_text_t text, const char *string);

/** Reads seconds since 1970 as a number or decimal text, or an RFC 3339 time; without an offset it
 * is UTC. Returns nonzero when *time was set. */
int t2m_event_time(const json_t *value, apr_time_t *time);

/** Sets duration and time from `start_timestamp` and the member end. NULL, or what is wrong. */
const char *t2m_event_duration(const json_t *object, const char *end, t2m_event_t *event);

/** The level of a name as libraries use them ("fatal", "warn", "notice"); otherwise fallback. */
t2m_level_e t2m_event_level(t2m_text_t name, t2m_level_e fallback);

/** A status of HTTP, 100 to 599, of a number or of digits; otherwise 0. */
int t2m_event_status(const json_t *value);

/** Sets request_id when it is one; returns nonzero then. */
int t2m_event_set_request_id(t2m_event_t *event, t2m_text_t id);

/** Sets trace_id when it is one, and then span_id when that is one; returns nonzero for the first.
 * Upper-case digits become lower-case ones. */
int t2m_event_set_trace(t2m_event_t *event, t2m_text_t trace_id, t2m_text_t span_id);

/** As t2m_event_set_trace, from the value of a traceparent header. */
int t2m_event_set_traceparent(t2m_event_t *event, t2m_text_t value);

/** Sets ip when it is an address; returns nonzero then. */
int t2m_event_set_ip(t2m_event_t *event, t2m_text_t ip);

/** The path of a URL, or of a path with a query. Borrows. */
t2m_text_t t2m_event_path(t2m_text_t url);

/** Joins pieces in the scratch, whole, or returns the empty text: when they are empty or do not
 * fit into its first limit bytes. */
t2m_text_t t2m_event_join(t2m_event_t *event, apr_size_t limit, const t2m_text_t *pieces,
                          unsigned count);

/** Reads a whole trace in whatever language it is into the event's stack, or, if it is none, makes
 * a frame of each line of it that is not blank. */
void t2m_event_read_stack(t2m_event_t *event, t2m_text_t text);

/* Of one Sentry event or transaction, of each record in a container of logs or spans. They return
 * OK when the event is filled, which was cleared before; else detail (room bytes) says why not. */
t2m_event_reason_e t2m_event_sentry_event(const json_t *object, t2m_event_t *event, char *detail,
                                          apr_size_t room);
t2m_event_reason_e t2m_event_sentry_transaction(const json_t *object, t2m_event_t *event,
                                                char *detail, apr_size_t room);
t2m_event_reason_e t2m_event_sentry_log(const json_t *object, t2m_event_t *event, char *detail,
                                        apr_size_t room);
t2m_event_reason_e t2m_event_sentry_span(const json_t *object, t2m_event_t *event, char *detail,
                                         apr_size_t room);

/** Fills the stack from `exception`, and from `threads` when that has no frames. Returns nonzero
 * when there is an exception with a type or a message; adds the field `handled`. */
int t2m_event_sentry_exception(const json_t *object, t2m_event_t *event);

/** The message of `logentry` or `message`, with its parameters put in. */
t2m_text_t t2m_event_sentry_message(const json_t *object, t2m_event_t *event);

#endif
