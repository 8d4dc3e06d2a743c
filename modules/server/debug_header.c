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

/* See debug_header.h. */
#include "server/debug_header.h"

#include <unistd.h>

#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>
#include <http_request.h>

#include "core/debug_token.h"
#include "server/private.h"
#include "server/process.h"
#include "server/request.h"
#include "server/security.h"
#include "shared/attempts.h"
#include "shared/debug_key.h"

#define HEADER "X-T2M-Debug"

/* Behind the request's identity, before what other modules log of it. */
enum { BEHIND_IDENTITY = APR_HOOK_REALLY_FIRST + 1, DETAIL_MAX = 128 };

static const struct ap_logconf everything = { NULL, APLOG_TRACE8 };

/* What a value is told as; never the value itself. */
static const char *reason_of(t2m_debug_token_e verdict)
{
    switch (verdict) {
    case T2M_DEBUG_TOKEN_EXPIRED:
        return "the value has expired";
    case T2M_DEBUG_TOKEN_TOO_LONG:
        return "the value expires in more than 24 hours";
    case T2M_DEBUG_TOKEN_FORGED:
        return "the value was not made with this server's key";
    default:
        return "the value is malformed";
    }
}

static void accept_value(request_rec *request, t2m_request_t *state, t2m_text_t label)
{
    char detail[DETAIL_MAX];
    t2m_security_event_t event = { .event = "debug_request", .level = T2M_LEVEL_INFO,
                                   .request = request, .detail = detail, .attempts = 1 };

    apr_snprintf(detail, sizeof detail, "label %.*s", (int)label.size, label.data);
    state->debug = 1;
    request->log = &everything;
    (void)t2m_security_write(request->server, &event); /* a drop is counted in the slot */
}

/* Nonzero while this network has not been denied too often to tell of each time. */
static int is_told(apr_uint64_t key)
{
    const t2m_board_t *board = t2m_process_board();
    t2m_attempt_t attempt;

    if (!board) {
        return 1;
    }
    t2m_attempts_read(board, key, &attempt);
    return t2m_attempts_allowed(&attempt, &t2m_rate_admin, apr_time_now());
}

/* The request goes on like any other. One that cannot sign is counted, and told of at the rate at
 * which wrong admin tokens are answered. */
static void deny(request_rec *request, t2m_debug_token_e verdict, t2m_text_t label)
{
    char detail[DETAIL_MAX];
    t2m_security_event_t event = { .event = "debug_denied", .level = T2M_LEVEL_WARNING,
                                   .request = request, .detail = detail, .blocked = 1,
                                   .key = t2m_security_key(request, "debug") };

    apr_snprintf(detail, sizeof detail, label.size ? "%s; label %.*s" : "%s", reason_of(verdict),
                 (int)label.size, label.data);
    (void)(is_told(event.key) ? t2m_security_write(request->server, &event)
                              : t2m_security_count(request->server, &event));
}

/* Nothing is made with a key that nobody could read. */
static t2m_debug_token_e check(const t2m_debug_key_t *key, const char *value, t2m_text_t *label)
{
    apr_time_t expiry;

    *label = t2m_text(NULL);
    return key ? t2m_debug_token_check(key, t2m_text(value), apr_time_now(), label, &expiry)
               : T2M_DEBUG_TOKEN_FORGED;
}

static void judge(request_rec *request, t2m_request_t *state)
{
    const char *value = apr_table_get(request->headers_in, HEADER);
    t2m_debug_token_e verdict;
    t2m_text_t label;

    if (!value) {
        return;
    }
    apr_table_unset(request->headers_in, HEADER);
    verdict = check(state->config->global->debug_key, value, &label);
    if (verdict == T2M_DEBUG_TOKEN_GOOD) {
        accept_value(request, state, label);
    } else {
        deny(request, verdict, label);
    }
}

/* Also of an internal redirect, which httpd gives no configuration of its own. */
static int look(request_rec *request)
{
    t2m_request_t *state = t2m_request_get(request);

    if (!state || !state->config->global->debug_key_file) {
        return DECLINED;
    }
    if (state->debug) {
        request->log = &everything;
    } else if (!request->prev && !request->main) {
        judge(request, state);
    }
    return OK;
}

/* httpd has just taken that of a directory, perhaps. */
static int keep(request_rec *request)
{
    const t2m_request_t *state = t2m_request_get(request);

    if (state && state->debug) {
        request->log = &everything;
    }
    return DECLINED;
}

/* `httpd -t` by an ordinary user does not show what root may read when httpd starts. */
static int is_only_doubt(apr_status_t status)
{
    return APR_STATUS_IS_EACCES(status) && geteuid()
           && ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_NORMAL;
}

/* A site that runs goes on without the key that it can no longer read. */
static int is_restart(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL
           && ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

static int refuse(const server_rec *server, const char *path, const char *why, apr_status_t status)
{
    int goes_on = is_only_doubt(status) || is_restart();

    ap_log_error(APLOG_MARK, is_only_doubt(status) ? APLOG_WARNING : APLOG_ERR, 0, server,
                 "T2M0026: T2MLogDebugHeader %s %s%s", path, why,
                 is_restart() ? "; no request is debugged until the next restart" : "");
    return goes_on ? OK : HTTP_INTERNAL_SERVER_ERROR;
}

static int read_key(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    t2m_global_config_t *global = t2m_config_global(server);
    t2m_debug_key_t *key;
    apr_status_t status;
    const char *why;
    (void)plog;
    (void)ptemp;

    if (!global->debug_key_file || !t2m_config_enabled_anywhere(server)) {
        return DECLINED;
    }
    key = apr_palloc(pconf, sizeof *key);
    status = t2m_debug_key_read(global->debug_key_file, key, &why);
    global->debug_key = status == APR_SUCCESS ? key : NULL;
    return status == APR_SUCCESS ? OK : refuse(server, global->debug_key_file, why, status);
}

void t2m_debug_header_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_check_config(read_key, NULL, NULL, APR_HOOK_LAST);
    ap_hook_post_read_request(look, NULL, NULL, BEHIND_IDENTITY);
    ap_hook_translate_name(keep, NULL, NULL, APR_HOOK_REALLY_FIRST);
    ap_hook_post_perdir_config(keep, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
