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

/* See security.h: the events that are seen by what became of a request. */
#include "server/security.h"

#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include <apr_strings.h>

#include "server/private.h"
#include "server/process.h"

#define FILTER_NAME "T2M_UPLOAD"

/* Before the access record: what is asked for while a request is in flight includes its events. */
enum { BEFORE_ACCESS = APR_HOOK_REALLY_FIRST - 1 };

/* As much of the text as fits. */
static char *append(char *to, const char *end, t2m_text_t text)
{
    const char *nul = text.size ? memchr(text.data, '\0', text.size) : NULL;
    apr_size_t size = nul ? (apr_size_t)(nul - text.data) : text.size;

    return t2m_text_copy(to, text.data, size < (apr_size_t)(end - to) ? size
                                                                      : (apr_size_t)(end - to));
}

void t2m_security_note_cause(t2m_request_t *state, const request_rec *origin, const char *code,
                             t2m_text_t message)
{
    const char *end;
    char *next;

    if (!state->cause) {
        state->cause = apr_palloc(origin->pool, T2M_SECURITY_CAUSE_MAX);
    }
    end = state->cause + T2M_SECURITY_CAUSE_MAX - 1;
    next = state->cause;
    if (*code) {
        next = append(append(next, end, t2m_text(code)), end, t2m_text(": "));
    }
    *append(next, end, message) = '\0';
}

/* A request that has ended. */
typedef struct {
    request_rec *first;
    const request_rec *last;
    const t2m_request_t *state;
} ended_t;

/* An event of the request; more may be added. */
static void begin_event(t2m_security_event_t *event, const ended_t *ended, const char *name)
{
    memset(event, 0, sizeof *event);
    event->event = name;
    event->level = T2M_LEVEL_WARNING;
    event->request = ended->first;
    event->blocked = 1;
    event->detail = ended->state->cause;
}

static void write_event(t2m_security_event_t *event, const ended_t *ended)
{
    const char *user = ended->last->user ? ended->last->user : ended->first->user;

    t2m_security_add_number(event, "status", ended->last->status);
    t2m_security_add(event, "user", T2M_CONTENT_NAME, user);
    (void)t2m_security_write(ended->first->server, event); /* a drop is counted in the slot */
}

/* A 401 to who sent no credentials is the question for them, and no attempt. */
static void report_unauthorized(const ended_t *ended)
{
    t2m_security_event_t event;

    begin_event(&event, ended, "unauthorized_access");
    if (ended->last->status == HTTP_UNAUTHORIZED
        && !apr_table_get(ended->first->headers_in, "Authorization")) {
        event.level = T2M_LEVEL_INFO;
        event.blocked = 0;
        event.attempts = 1;
    }
    write_event(&event, ended);
}

static void report_rate_limit(const ended_t *ended)
{
    t2m_security_event_t event;

    begin_event(&event, ended, "rate_limit_exceeded");
    write_event(&event, ended);
}

/* Nonzero when httpd itself did not take the request. A connection on which nothing was asked ends
 * with 408 too: browsers open such in advance. */
static int is_malformed(const ended_t *ended)
{
    switch (ended->last->status) {
    case HTTP_BAD_REQUEST:
    case HTTP_REQUEST_URI_TOO_LARGE:
    case HTTP_EXPECTATION_FAILED:
    case HTTP_REQUEST_HEADER_FIELDS_TOO_LARGE:
        return !ended->state->handled;
    case HTTP_REQUEST_TIME_OUT:
        return !ended->state->handled && ended->first->the_request != NULL;
    case HTTP_NOT_IMPLEMENTED:
        return !ended->state->handled || ended->first->method_number == M_INVALID;
    default:
        return 0;
    }
}

static void report_malformed(const ended_t *ended)
{
    t2m_security_event_t event;

    begin_event(&event, ended, "malformed_request");
    if (!event.detail) {
        event.detail = ap_get_status_line(ended->last->status);
    }
    write_event(&event, ended);
}

/* Also what people on trains do: nothing to warn of. */
static void report_upload(const ended_t *ended)
{
    t2m_security_event_t event;

    begin_event(&event, ended, "aborted_upload");
    event.level = T2M_LEVEL_INFO;
    event.blocked = 0;
    event.detail = ended->state->timed_out ? "No more of the request's body came in time"
                                           : "The client ended before the request's body did";
    write_event(&event, ended);
}

static void report_status(const ended_t *ended)
{
    switch (ended->last->status) {
    case HTTP_UNAUTHORIZED:
    case HTTP_FORBIDDEN:
        report_unauthorized(ended);
        break;
    case HTTP_TOO_MANY_REQUESTS:
        report_rate_limit(ended);
        break;
    default:
        if (is_malformed(ended)) {
            report_malformed(ended);
        }
    }
}

static int end_request(request_rec *request)
{
    ended_t ended = { .first = request, .last = request, .state = t2m_request_get(request) };

    if (!ended.state || !t2m_process_ready()) {
        return DECLINED;
    }
    while (ended.last->next) {
        ended.last = ended.last->next;
    }
    if (!ended.state->audited) {
        report_status(&ended);
    }
    if (ended.state->broken_off) {
        report_upload(&ended);
    }
    return OK;
}

/* What a read of the body gives when the client is gone, and not when the body is wrong. */
static int is_lost(apr_status_t status)
{
    return APR_STATUS_IS_EOF(status) || APR_STATUS_IS_INCOMPLETE(status)
           || APR_STATUS_IS_ECONNRESET(status) || APR_STATUS_IS_ECONNABORTED(status)
           || APR_STATUS_IS_EPIPE(status) || APR_STATUS_IS_TIMEUP(status);
}

static apr_status_t watch_body(ap_filter_t *filter, apr_bucket_brigade *brigade,
                               ap_input_mode_t mode, apr_read_type_e block, apr_off_t size)
{
    apr_status_t status = ap_get_brigade(filter->next, brigade, mode, block, size);
    t2m_request_t *state = filter->ctx;

    if (is_lost(status)) {
        state->broken_off = 1;
        state->timed_out = APR_STATUS_IS_TIMEUP(status) != 0;
    }
    return status;
}

static void insert(request_rec *request)
{
    t2m_request_t *state = request->main || request->prev ? NULL : t2m_request_get(request);

    if (!state) {
        return;
    }
    state->handled = 1;
    if (!state->bodiless && ap_request_has_body(request)) {
        ap_add_input_filter(FILTER_NAME, state, request, request->connection);
    }
}

void t2m_security_register(apr_pool_t *pool)
{
    (void)pool;
    ap_register_input_filter(FILTER_NAME, watch_body, NULL, AP_FTYPE_CONTENT_SET);
    ap_hook_insert_filter(insert, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_log_transaction(end_request, NULL, NULL, BEFORE_ACCESS);
}
