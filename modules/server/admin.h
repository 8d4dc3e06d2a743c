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

/* One request to the admin endpoints, and the hooks that serve it.
 *
 * The handler `t2mlog-admin` holds a request against its checks in a fixed order, tells the
 * security stream what came of it, and only then answers. Everything lives on the stack of the
 * thread that serves the request, and in the request's pool.
 */
#ifndef T2M_SERVER_ADMIN_H
#define T2M_SERVER_ADMIN_H

#include <httpd.h>

#include "core/group_state.h"
#include "core/query.h"
#include "server/admin_route.h"
#include "server/config.h"
#include "shared/board.h"

#define T2M_ADMIN_HANDLER "t2mlog-admin"

typedef struct {
    request_rec *request;
    const t2m_global_config_t *global;
    const t2m_board_t *board;  /* NULL: this process has none */
    apr_time_t now;
    const char *mount;         /* path of the <Location>; NULL: not known */
    const char *given;         /* the headers' tokens as they came; taken out of the request */
    const char *authorization;
    t2m_tokens_t tokens;       /* a copy of the board's */
    const char *token;         /* name of the right one; NULL: none */
    const char *user;          /* whom httpd authenticated, where that counts; NULL: nobody */
    t2m_admin_endpoint_e endpoint;
    const char *id;            /* of requests/ID or, in lower case, errors/ID; else NULL */
    t2m_query_t query;         /* its id is also that of errors/ID */
    int changes;               /* the body was read, and change is what it says */
    t2m_group_state_t change;  /* of a POST to errors/ID */
} t2m_admin_visit_t;

/* Why a request is refused. Own words only: nothing of the request comes back in them. */
typedef struct {
    int status;
    const char *reason;        /* for the security stream: one or two words */
    const char *detail;        /* for whoever asked; in the request's pool or a constant */
    int attempt;               /* it counts against the client's network */
    apr_int64_t retry_after;   /* seconds; 0: not said */
} t2m_admin_refusal_t;

/**
 * A check: returns nonzero when the request may go on, else it has filled in refusal. Some of them
 * find out on the way what the visit still lacks.
 */
typedef int t2m_admin_check_f(t2m_admin_visit_t *visit, t2m_admin_refusal_t *refusal);

/** Registers the handler and the hooks that lead TRACE to it. */
void t2m_admin_register(apr_pool_t *pool);

#endif
