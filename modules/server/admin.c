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

/* See admin.h. */
#include "server/admin.h"

#include <apr_strings.h>
#include <http_core.h>
#include <http_main.h>
#include <http_protocol.h>
#include <http_request.h>

#include "server/admin_accept.h"
#include "server/admin_audit.h"
#include "server/admin_auth.h"
#include "server/admin_group.h"
#include "server/answer.h"
#include "server/private.h"
#include "server/problem.h"
#include "server/process.h"
#include "server/reply.h"
#include "server/request.h"

#define TRACE_NOTE "t2mlog-admin-trace"

typedef struct {
    unsigned parameters;  /* T2M_QUERY_* that it takes */
    t2m_answer_f *answer; /* NULL: metrics, which has a form of its own */
} endpoint_t;

static const endpoint_t endpoints[T2M_ADMIN_ENDPOINT_COUNT] = {
    [T2M_ADMIN_INDEX] = { 0, t2m_answer_index },
    [T2M_ADMIN_ERRORS] = { T2M_ANSWER_ERRORS_PARAMETERS, t2m_answer_errors },
    [T2M_ADMIN_PERFORMANCE] = { T2M_ANSWER_PERFORMANCE_PARAMETERS, t2m_answer_performance },
    [T2M_ADMIN_SECURITY] = { T2M_ANSWER_SECURITY_PARAMETERS, t2m_answer_security },
    [T2M_ADMIN_REQUEST] = { T2M_ANSWER_REQUEST_PARAMETERS, t2m_answer_request },
    [T2M_ADMIN_HEALTH] = { 0, t2m_answer_health },
    [T2M_ADMIN_METRICS] = { 0, NULL },
    [T2M_ADMIN_GROUP] = { T2M_ANSWER_GROUP_PARAMETERS, t2m_answer_group },
};

/* Nonzero when a section sets our handler. */
static int sets_handler(request_rec *request, ap_conf_vector_t *section)
{
    const core_dir_config *core = ap_get_core_module_config(section);
    const char *error = NULL, *name;

    if (!core || !core->expr_handler) {
        return 0;
    }
    name = ap_expr_str_exec(request, core->expr_handler, &error);
    return !error && name && !ap_cstr_casecmp(name, T2M_ADMIN_HANDLER);
}

/* Nonzero when path is directory or lies below it. */
static int lies_in(const char *path, const char *directory)
{
    apr_size_t size = strlen(directory);

    if (size && directory[size - 1] == '/') {
        size--;
    }
    return !strncmp(path, directory, size) && (!path[size] || path[size] == '/');
}

/* The path of the <Location> that led here: of several the last one, as httpd merges them. */
static const char *find_mount(request_rec *request)
{
    const core_server_config *core = ap_get_core_module_config(request->server->module_config);
    ap_conf_vector_t **sections = (ap_conf_vector_t **)core->sec_url->elts;
    const char *mount = NULL;

    for (int i = 0; i < core->sec_url->nelts; i++) {
        const core_dir_config *section = ap_get_core_module_config(sections[i]);

        if (section->d && !section->r && !section->d_is_fnmatch && lies_in(request->uri, section->d)
            && sets_handler(request, sections[i])) {
            mount = section->d;
        }
    }
    return mount;
}

static int refuse(t2m_admin_refusal_t *refusal, int status, const char *reason,
                  const char *detail)
{
    refusal->status = status;
    refusal->reason = reason;
    refusal->detail = detail;
    return 0;
}

static int check_method(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    int method = visit->request->method_number, is_group;

    visit->endpoint = t2m_admin_route(visit->request->uri, visit->mount, &visit->id);
    is_group = visit->endpoint == T2M_ADMIN_GROUP;
    if (method == M_GET || (is_group && method == M_POST)) {
        return 1;
    }
    apr_table_setn(visit->request->headers_out, "Allow",
                   is_group ? "GET, HEAD, POST" : "GET, HEAD");
    return refuse(refusal, HTTP_METHOD_NOT_ALLOWED, "method",
                  is_group ? "A group of errors is read by GET and HEAD and changed by POST."
                           : "The admin endpoints are read by GET and HEAD.");
}

static int check_path(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    if (visit->endpoint != T2M_ADMIN_NONE) {
        return 1;
    }
    return refuse(refusal, HTTP_NOT_FOUND, "no such endpoint",
                  "There is no such endpoint: they are errors, performance, security, "
                  "errors/ID, requests/ID, health and metrics.");
}

/* A change takes none: all that it says stands in its body. */
static unsigned parameters_of(const t2m_admin_visit_t *visit)
{
    return visit->request->method_number == M_POST ? 0 : endpoints[visit->endpoint].parameters;
}

static int check_query(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    t2m_query_error_t error;

    if (t2m_query_parse(t2m_text(visit->request->args), parameters_of(visit), visit->now,
                        &visit->query, &error)) {
        return 1;
    }
    return refuse(refusal, HTTP_BAD_REQUEST, "query",
                  apr_psprintf(visit->request->pool, "The query's %s is wrong; allowed: %s.",
                               error.parameter ? error.parameter : "form", error.allowed));
}

/* In this order: nothing is said of paths and queries to whoever has no right to ask. */
static t2m_admin_check_f *const checks[] = {
    t2m_admin_check_enabled, t2m_admin_check_transport, t2m_admin_check_identity,
    t2m_admin_check_origin, check_method, check_path, check_query, t2m_admin_check_group,
    t2m_admin_check_change,
};

static int is_admitted(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    for (apr_size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (!checks[i](visit, refusal)) {
            return 0;
        }
    }
    return 1;
}

/* The tokens leave the request here: no log format and no expression shows them any more. */
static void take_tokens(t2m_admin_visit_t *visit)
{
    apr_table_t *headers = visit->request->headers_in;

    visit->given = apr_table_get(headers, "X-Admin-Token");
    visit->authorization = apr_table_get(headers, "Authorization");
    apr_table_unset(headers, "X-Admin-Token");
    apr_table_unset(headers, "Authorization");
}

static void begin_visit(t2m_admin_visit_t *visit, request_rec *request)
{
    memset(visit, 0, sizeof *visit);
    visit->request = request;
    visit->global = t2m_config_global(ap_server_conf);
    visit->board = t2m_process_board();
    visit->now = apr_time_now();
    visit->mount = find_mount(request);
}

static int send_refusal(const t2m_admin_visit_t *visit, const t2m_admin_refusal_t *refusal)
{
    request_rec *request = visit->request;

    if (refusal->status == HTTP_UNAUTHORIZED) {
        apr_table_setn(request->headers_out, "WWW-Authenticate", "Bearer");
    }
    if (refusal->retry_after) {
        apr_table_setn(request->headers_out, "Retry-After",
                       apr_psprintf(request->pool, "%" APR_INT64_T_FMT, refusal->retry_after));
    }
    return t2m_problem_send(request, refusal->status, refusal->detail, visit->mount);
}

/* A failure is counted before it is answered, so that the next one finds it; one that has to wait
 * anyway is not worth a thread's time. */
static int turn_away(const t2m_admin_visit_t *visit, const t2m_admin_refusal_t *refusal)
{
    t2m_admin_audit_refused(visit, refusal);
    if (refusal->status == HTTP_UNAUTHORIZED) {
        (void)t2m_process_catch_up();
    }
    return send_refusal(visit, refusal);
}

/* Not because of the request; its record says what was decided before. */
static int send_unavailable(const t2m_admin_visit_t *visit, const char *detail)
{
    t2m_admin_refusal_t refusal = { .status = HTTP_SERVICE_UNAVAILABLE, .detail = detail,
                                    .retry_after = 1 };

    return send_refusal(visit, &refusal);
}

static int send_metrics(const t2m_question_t *question)
{
    apr_size_t size;
    const char *text = t2m_answer_metrics(question, &size);

    return t2m_reply_send(question->request, "text/plain; version=0.0.4; charset=utf-8", text,
                          size);
}

static int send_answer(const t2m_admin_visit_t *visit, const json_t *answer)
{
    request_rec *request = visit->request;
    const char *text;
    apr_size_t size;

    if (t2m_admin_accept(apr_table_get(request->headers_in, "Accept")) == T2M_ADMIN_TEXT) {
        text = t2m_answer_text(request->pool, answer, &size);
        return t2m_reply_send(request, "text/plain; charset=utf-8", text, size);
    }
    text = t2m_answer_json(request->pool, answer, &size);
    if (!text) {
        return send_unavailable(visit, "Memory is short.");
    }
    text = t2m_reply_escape(request->pool, text, &size);
    return t2m_reply_send(request, "application/json", text, size);
}

static int answer_visit(const t2m_admin_visit_t *visit)
{
    t2m_question_t question = { .request = visit->request, .board = visit->board,
                                .query = &visit->query, .now = visit->now };
    json_t *answer;
    int result;

    question.id = visit->endpoint == T2M_ADMIN_REQUEST ? visit->id : NULL;
    if (!endpoints[visit->endpoint].answer) {
        return send_metrics(&question);
    }
    answer = endpoints[visit->endpoint].answer(&question);
    result = answer ? send_answer(visit, answer) : send_unavailable(visit, "Memory is short.");
    json_decref(answer);
    return result;
}

/* Whoever reads the logs is logged first: without a record there is no answer. */
static int let_in(const t2m_admin_visit_t *visit)
{
    if (t2m_admin_audit_granted(visit) != APR_SUCCESS) {
        return send_unavailable(visit, "This access cannot be logged now (is T2MLogFile "
                                       "security off?), and so there is no answer to it.");
    }
    if (!visit->changes) {
        (void)t2m_process_catch_up();
    }
    else if (!t2m_admin_group_change(visit)) {
        return send_unavailable(visit, "The log's writer has not confirmed the change in time; it "
                                       "may still come. GET tells.");
    }
    return answer_visit(visit);
}

/* An error document, a redirect or a page that includes another has been let in by other rules. */
static int turn_away_indirect(const t2m_admin_visit_t *visit)
{
    t2m_admin_refusal_t refusal = { .status = HTTP_NOT_FOUND, .reason = "not asked for directly" };

    t2m_admin_audit_refused(visit, &refusal);
    return HTTP_NOT_FOUND;
}

static int serve(t2m_admin_visit_t *visit)
{
    t2m_request_t *state = t2m_request_get(visit->request);
    t2m_admin_refusal_t refusal = { .status = 0 };

    if (state) {
        state->audited = 1;
        state->explained = 1; /* by the refusal: no 5xx of ours is an error of the site */
    }
    take_tokens(visit);
    return is_admitted(visit, &refusal) ? let_in(visit) : turn_away(visit, &refusal);
}

static int handler(request_rec *request)
{
    t2m_admin_visit_t visit;

    /* The first letter spares all other requests the call. */
    if (!request->handler || request->handler[0] != T2M_ADMIN_HANDLER[0]
        || strcmp(request->handler, T2M_ADMIN_HANDLER) != 0) {
        return DECLINED;
    }
    begin_visit(&visit, request);
    return request->main || request->prev ? turn_away_indirect(&visit) : serve(&visit);
}

/* httpd answers TRACE before it asks for a handler, with all headers of the request: at a moment
 * when the sections that hold for the path are known no more. So they are looked at before. */
static int note_trace(request_rec *request)
{
    if (request->method_number == M_TRACE && sets_handler(request, request->per_dir_config)) {
        apr_table_setn(request->notes, TRACE_NOTE, "1");
    }
    return DECLINED;
}

static int lead_trace(request_rec *request)
{
    return request->method_number == M_TRACE
                   && (apr_table_get(request->notes, TRACE_NOTE) || find_mount(request))
               ? OK : DECLINED;
}

void t2m_admin_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_translate_name(note_trace, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_map_to_storage(lead_trace, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_FIRST);
}
