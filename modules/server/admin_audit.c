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

/* See admin_audit.h. */
#include "server/admin_audit.h"

#include <apr_strings.h>
#include <http_main.h>

#include "core/timestamp.h"
#include "server/request.h"
#include "server/security.h"
#include "shared/attempts.h"

enum {
    POLL_KEY_MAX = 256,
    POLL_MINUTES = 60 /* how far back a poll that no record has told of is looked for */
};

/* Where the module is switched off for a virtual host, another one's stream has the record. */
static const server_rec *server_of(const t2m_admin_visit_t *visit)
{
    const server_rec *server = visit->request->server;

    if (t2m_config_enabled(server)) {
        return server;
    }
    for (server = ap_server_conf; server; server = server->next) {
        if (t2m_config_enabled(server)) {
            return server;
        }
    }
    return visit->request->server;
}

/* What a POST to a group is to change; the id is all that is known when its body was refused. */
static const char *change_of(const t2m_admin_visit_t *visit)
{
    const t2m_group_state_t *change = &visit->change;
    apr_pool_t *pool = visit->request->pool;
    const char *until = "", *count = "";
    char time[T2M_TIMESTAMP_SIZE];

    if (!visit->changes) {
        return apr_pstrcat(pool, "error group ", visit->id, NULL);
    }
    if (change->until) {
        t2m_timestamp_write(change->until, time);
        until = apr_psprintf(pool, " until %.*s", (int)sizeof time, time);
    }
    if (change->count) {
        count = apr_psprintf(pool, " for %" APR_UINT64_T_FMT " errors", change->count);
    }
    return apr_pstrcat(pool, "error group ", visit->id, " is set to ",
                       t2m_group_state_name((t2m_group_state_e)change->state), until, count, NULL);
}

static void begin(t2m_security_event_t *event, const t2m_admin_visit_t *visit)
{
    memset(event, 0, sizeof *event);
    event->event = "admin_log_access";
    event->audit = 1;
    event->request = visit->request;
    t2m_security_add(event, "token", T2M_CONTENT_SAFE, visit->token);
    t2m_security_add(event, "user", T2M_CONTENT_NAME, visit->user);
    if (visit->endpoint != T2M_ADMIN_NONE) {
        t2m_security_add(event, "resource", T2M_CONTENT_SAFE,
                         t2m_admin_route_name(visit->endpoint));
    }
    if (visit->endpoint == T2M_ADMIN_GROUP && visit->request->method_number == M_POST) {
        event->detail = change_of(visit);
    }
    t2m_security_add(event, "parameters", T2M_CONTENT_QUERY, visit->request->args);
}

static void end(t2m_security_event_t *event, const char *result, const char *reason, int status)
{
    t2m_security_add(event, "result", T2M_CONTENT_SAFE, result);
    t2m_security_add(event, "reason", T2M_CONTENT_SAFE, reason);
    t2m_security_add_number(event, "status", status);
}

static int is_poll(const t2m_admin_visit_t *visit)
{
    return visit->endpoint == T2M_ADMIN_METRICS || (visit->query.given & T2M_QUERY_AFTER);
}

/* Of a minute's polls of one endpoint with one token. */
static apr_uint64_t poll_key(const t2m_admin_visit_t *visit, apr_int64_t minute)
{
    char text[POLL_KEY_MAX];
    int size = apr_snprintf(text, sizeof text, "poll %" APR_INT64_T_FMT " %d %s %s", minute,
                            (int)visit->endpoint, visit->token ? "token" : "user",
                            visit->token ? visit->token : visit->user);

    return t2m_security_key_of(text, (apr_size_t)size);
}

static apr_uint64_t polls_in(const t2m_admin_visit_t *visit, apr_int64_t minute)
{
    t2m_attempt_t attempt;

    t2m_attempts_read(visit->board, poll_key(visit, minute), &attempt);
    return attempt.count;
}

/* The first poll of a minute has a record, so that of the last minute with any all but one are
 * untold. This one is told now. */
static apr_uint64_t polls_since_record(const t2m_admin_visit_t *visit, apr_int64_t minute)
{
    for (apr_int64_t back = 1; back <= POLL_MINUTES; back++) {
        apr_uint64_t polls = polls_in(visit, minute - back);
        if (polls) {
            return polls;
        }
    }
    return 1;
}

/* Returns nonzero when this minute's record is there already. */
static int count_poll(const t2m_admin_visit_t *visit, t2m_security_event_t *event)
{
    apr_int64_t minute = visit->now / apr_time_from_sec(60);

    event->key = poll_key(visit, minute);
    event->flags |= T2M_FACT_ATTEMPT;
    if (polls_in(visit, minute)) {
        event->flags |= T2M_FACT_POLL;
        return 1;
    }
    event->attempts = polls_since_record(visit, minute);
    return 0;
}

/* Zero when the stream is off: then no reading of logs can be told of. */
static int has_stream(const server_rec *server)
{
    const t2m_server_config_t *config = t2m_config_server(server);

    return config && config->file_id[T2M_STREAM_SECURITY] != T2M_FILE_NONE;
}

apr_status_t t2m_admin_audit_granted(const t2m_admin_visit_t *visit)
{
    t2m_security_event_t event;

    if (!has_stream(server_of(visit))) {
        return APR_ENOENT;
    }
    begin(&event, visit);
    event.level = T2M_LEVEL_INFO;
    event.attempts = 1;
    event.flags = T2M_FACT_ASK;
    end(&event, "granted", NULL, HTTP_OK);
    if (is_poll(visit) && count_poll(visit, &event)) {
        return t2m_security_count(server_of(visit), &event);
    }
    return t2m_security_write(server_of(visit), &event);
}

void t2m_admin_audit_refused(const t2m_admin_visit_t *visit, const t2m_admin_refusal_t *refusal)
{
    t2m_security_event_t event;

    begin(&event, visit);
    event.level = T2M_LEVEL_WARNING;
    event.blocked = 1;
    if (refusal->attempt) {
        event.key = t2m_security_key(visit->request, "admin");
        event.flags = T2M_FACT_ASK;
    }
    end(&event, "refused", refusal->reason, refusal->status);
    (void)t2m_security_write(server_of(visit), &event);
}
