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

/* See admin_auth.h. */
#include "server/admin_auth.h"

#include <netinet/in.h>

#include <http_core.h>
#include <http_protocol.h>
#include <http_ssl.h>

#include "server/admin_token.h"
#include "server/process.h"
#include "server/security.h"
#include "shared/attempts.h"

static int refuse(t2m_admin_refusal_t *refusal, int status, const char *reason,
                  const char *detail)
{
    refusal->status = status;
    refusal->reason = reason;
    refusal->detail = detail;
    return 0;
}

static int wants_token(const t2m_admin_visit_t *visit)
{
    return visit->global->admin_auth != T2M_ADMIN_AUTH_HTTPD;
}

static int wants_httpd(const t2m_admin_visit_t *visit)
{
    return visit->global->admin_auth == T2M_ADMIN_AUTH_HTTPD
           || visit->global->admin_auth == T2M_ADMIN_AUTH_EITHER;
}

/* The name of the client's certificate, when httpd has verified one. */
static const char *certificate_of(request_rec *request)
{
    conn_rec *connection = request->connection;
    const char *verified, *name;

    if (!ap_ssl_conn_is_ssl(connection->master ? connection->master : connection)) {
        return NULL;
    }
    verified = ap_ssl_var_lookup(request->pool, request->server, connection, request,
                                 "SSL_CLIENT_VERIFY");
    if (!verified || strcmp(verified, "SUCCESS") != 0) {
        return NULL;
    }
    name = ap_ssl_var_lookup(request->pool, request->server, connection, request,
                             "SSL_CLIENT_S_DN");
    return name && *name ? name : "client certificate";
}

/* Only what an authentication module has set counts. */
static const char *authenticated_user(request_rec *request)
{
    if (request->user && *request->user && request->ap_auth_type) {
        return request->user;
    }
    return certificate_of(request);
}

/* Nonzero when httpd is told to authenticate here at all. */
static int has_authentication(request_rec *request)
{
    const char *type = ap_auth_type(request);

    return (type && ap_cstr_casecmp(type, "none") != 0) || authenticated_user(request);
}

static int has_tokens(t2m_admin_visit_t *visit)
{
    return visit->global->token_file && visit->board
           && t2m_board_read(&visit->board->tables->tokens, &visit->tokens, sizeof visit->tokens)
           && visit->tokens.count > 0 && !visit->tokens.refused;
}

/* Nonzero while this process has no part in the log yet, or nobody has read the token file. */
static int is_too_early(const t2m_admin_visit_t *visit)
{
    if (!visit->board) {
        return t2m_process_ready();
    }
    return wants_token(visit) && visit->global->token_file
           && visit->board->tables->tokens.row.sequence == 0;
}

int t2m_admin_check_enabled(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    int usable = wants_token(visit) && has_tokens(visit);

    if (!usable && is_too_early(visit)) {
        refusal->retry_after = 1;
        return refuse(refusal, HTTP_SERVICE_UNAVAILABLE, "too early",
                      "The log has only just begun: the tokens are not known here yet.");
    }
    if (!usable) {
        visit->tokens.count = 0;
    }
    if (usable || (wants_httpd(visit) && has_authentication(visit->request))) {
        return 1;
    }
    return refuse(refusal, HTTP_NOT_FOUND, "switched off",
                  "The admin endpoints are switched off: there is no token that could be used "
                  "(T2MLogAdminTokenFile) and no authentication of httpd that counts "
                  "(T2MLogAdminAuth).");
}

static int is_loopback(const apr_sockaddr_t *address)
{
    const struct in6_addr *six;

    if (!address) {
        return 0;
    }
    if (address->family == APR_INET) {
        return ntohl(address->sa.sin.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    }
    six = &address->sa.sin6.sin6_addr;
    return address->family == APR_INET6
           && (IN6_IS_ADDR_LOOPBACK(six)
               || (IN6_IS_ADDR_V4MAPPED(six) && six->s6_addr[12] == IN_LOOPBACKNET));
}

/* What a header says of the connection before ours proves nothing. */
int t2m_admin_check_transport(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    const request_rec *request = visit->request;
    conn_rec *connection = request->connection;

    if (visit->global->admin_insecure == 1
        || ap_ssl_conn_is_ssl(connection->master ? connection->master : connection)
        || (is_loopback(connection->client_addr) && is_loopback(request->useragent_addr))) {
        return 1;
    }
    return refuse(refusal, HTTP_FORBIDDEN, "not encrypted",
                  "The admin endpoints answer over TLS, or on this host alone. T2MLogAdminInsecure "
                  "On lets them answer over plain HTTP, where others can read the token.");
}

/* Seconds until one more is taken from there, when this one is counted. */
static apr_int64_t wait_after(const t2m_attempt_t *attempt, apr_time_t now)
{
    apr_interval_time_t interval = t2m_rate_admin.interval;

    return apr_time_sec(attempt->arrival + interval
                        - interval * ((apr_interval_time_t)t2m_rate_admin.burst - 1) - now) + 1;
}

/* One more failure: too many of one network have to wait. */
static int fail(const t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    t2m_attempt_t attempt = { .arrival = 0 };

    if (visit->board) {
        t2m_attempts_read(visit->board, t2m_security_key(visit->request, "admin"), &attempt);
    }
    refusal->attempt = 1;
    if (!t2m_attempts_allowed(&attempt, &t2m_rate_admin, visit->now)) {
        refusal->retry_after = wait_after(&attempt, visit->now);
        return refuse(refusal, HTTP_TOO_MANY_REQUESTS, "too many failures",
                      "Too many requests without a right token came from this network.");
    }
    return refuse(refusal, HTTP_UNAUTHORIZED, "no right token",
                  "A right token is needed, in the header X-Admin-Token or as Authorization: "
                  "Bearer.");
}

int t2m_admin_check_identity(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    const t2m_token_t *token;
    t2m_text_t given;

    (void)t2m_admin_token_given(visit->given, visit->authorization, &given);
    token = wants_token(visit) ? t2m_admin_token_find(&visit->tokens, given) : NULL;
    visit->token = token ? token->name : NULL;
    visit->user = !token && wants_httpd(visit) ? authenticated_user(visit->request) : NULL;
    if (visit->token || visit->user) {
        return 1;
    }
    if (wants_token(visit)) {
        return fail(visit, refusal);
    }
    return refuse(refusal, HTTP_FORBIDDEN, "not authenticated",
                  "httpd has authenticated neither a user nor a client certificate here.");
}

static int is_same_site(const char *site)
{
    return !site || !strcmp(site, "same-origin") || !strcmp(site, "none");
}

/* A browser sends a password or a certificate along wherever the request comes from, but no header
 * of a foreign page's choice. A token in a header is proof enough. */
int t2m_admin_check_origin(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal)
{
    const apr_table_t *headers = visit->request->headers_in;
    const char *site = apr_table_get(headers, "Sec-Fetch-Site");

    if (site && !strcmp(site, "cross-site")) {
        return refuse(refusal, HTTP_FORBIDDEN, "cross-site",
                      "A page of another site cannot ask the admin endpoints.");
    }
    if (!visit->user || visit->request->method_number != M_POST) {
        return 1;
    }
    if (!is_same_site(site) || (!visit->given && !apr_table_get(headers, "X-Requested-With"))) {
        return refuse(refusal, HTTP_FORBIDDEN, "no custom header",
                      "A POST without a token needs the header X-Requested-With and has to come "
                      "from the same origin.");
    }
    return 1;
}
