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

/* What the module knows of a request: its id, its start, its trace, its place in the in-flight
 * table.
 *
 * One state for a request and all that httpd makes of it: internal redirects and subrequests share
 * it. It hangs in request_config of the first request_rec and lives in its pool, for the hooks of
 * one request run on different threads, one at a time.
 */
#ifndef T2M_SERVER_REQUEST_H
#define T2M_SERVER_REQUEST_H

#include <httpd.h>

#include "core/address.h"
#include "core/exchange.h"
#include "core/id.h"
#include "core/route.h"
#include "core/text.h"
#include "core/trace.h"
#include "server/config.h"
#include "server/connection.h"
#include "server/module.h"
#include "shared/layout.h"

typedef struct t2m_request_trace_t t2m_request_trace_t; /* see error_trace.c */
typedef struct t2m_request_context_t t2m_request_context_t; /* see context.c */
typedef struct t2m_breadcrumbs_t t2m_breadcrumbs_t; /* see breadcrumbs.c */

typedef struct {
    const t2m_server_config_t *config; /* of the server it is for; final once `read` */
    const char *id;                 /* our own, or the one a trusted peer sent */
    apr_time_t started;
    apr_int64_t started_monotonic;  /* the same moment, microseconds of CLOCK_MONOTONIC */
    apr_int64_t first_byte;         /* microseconds from the start; below 0: none was sent */
    apr_int64_t master_out;         /* HTTP/2: bytes out of the connection before the request */
    t2m_inflight_t *entry;          /* NULL: not in the in-flight table */
    t2m_request_trace_t *trace; /* NULL until a line may begin a stack trace */
    t2m_request_context_t *context; /* NULL until something is kept of it */
    t2m_breadcrumbs_t *breadcrumbs; /* NULL until there is a first crumb */
    char *cause;                    /* see t2m_security_note_cause; NULL: none */
    t2m_exchange_t exchange;        /* once `known` what the client sent; texts are httpd's */
    const char *exchange_ip;        /* the useragent_ip that its address is by */
    const t2m_connection_common_t *common; /* what it shares with the one before it; NULL: none */
    apr_uint64_t common_stamp;      /* of what common held then: see common_of in access.c */
    unsigned clean;                 /* texts of exchange known to hold no secret, a bit each */
    apr_size_t id_size;
    apr_uint16_t route_size;        /* 0: not known yet */
    unsigned read : 1;              /* post_read_request ran: the start is final */
    unsigned ended : 1;             /* the whole response was handed on without an error */
    unsigned explained : 1;         /* an error line of this request was taken */
    unsigned logged : 1;            /* its response is complete: it is being logged */
    unsigned handled : 1;           /* it came as far as a handler */
    unsigned audited : 1;           /* the admin handler has told of it */
    unsigned broken_off : 1;        /* the client ended before its whole body was read */
    unsigned timed_out : 1;         /* it was broken off by waiting too long for it */
    unsigned bodiless : 1;          /* nothing told of a body when it was read */
    unsigned debug : 1;             /* its lines are written whatever level: debug_header.h */
    unsigned known : 1;             /* what the client sent was looked up */
    /* Not zeroed when the state is made, from here on. */
    char own_id[T2M_ID_SIZE + 1];
    char trace_id[T2M_TRACE_ID_SIZE + 1]; /* empty: no trace context */
    char traceparent[T2M_TRACEPARENT_SIZE + 1]; /* as it is passed on */
    char route[T2M_ROUTE_MAX];      /* masked */
    char address[T2M_ADDRESS_MAX + 1]; /* unless it is shown as it is */
} t2m_request_t;

/** The request_rec that httpd read from the connection and from which request came. */
const request_rec *t2m_request_origin(const request_rec *request);

/** See t2m_request_get. */
t2m_request_t *t2m_request_get_any(const request_rec *request);

/**
 * The request's state, made on first need. NULL when its server has the module off and for a
 * request_rec that some module made up without request_config.
 */
static inline t2m_request_t *t2m_request_get(const request_rec *request)
{
    t2m_request_t *state = NULL;

    if (request->request_config) { /* mostly it is the first of its kind, and has one */
        state = ap_get_module_config(request->request_config, &t2mlog_module);
    }
    return state ? state : t2m_request_get_any(request);
}

/**
 * For log_transaction: completes the state of a request for which post_read_request did not run,
 * and gives the id to request and to the last of its redirects, for the classic access log.
 */
void t2m_request_settle(t2m_request_t *state, request_rec *request, request_rec *last);

/** The request's id as a text. */
static inline t2m_text_t t2m_request_id(const t2m_request_t *state)
{
    return t2m_text_of(state->id, state->id_size);
}

/** Nonzero when that text of the exchange is known to hold no secret. */
static inline int t2m_request_is_clean(const t2m_request_t *state, t2m_exchange_text_e which)
{
    return state->clean >> which & 1;
}

/** The method as it came; NULL when httpd could not read it. */
const char *t2m_request_method(const request_rec *origin);

/**
 * What the client asked for: path and query (without `?`), as they came. Empty when httpd could
 * not read them. origin: see t2m_request_origin. The texts live as long as the request.
 */
void t2m_request_target(const request_rec *origin, t2m_text_t *path, t2m_text_t *query);

/** How to search a path of t2m_request_target for secrets. */
t2m_content_e t2m_request_path_content(t2m_text_t path);

/**
 * What the request is counted under, at most T2M_ROUTE_MAX bytes: T2MLogEndpoint of its directory,
 * else `METHOD /route` of origin, without secrets; `*` when httpd read neither. Lives as long as
 * the request.
 */
t2m_text_t t2m_request_route(t2m_request_t *state, const request_rec *origin,
                             const t2m_server_config_t *config);

/**
 * What the client sent, looked up once, when its request was read: path, query, the virtual host,
 * address, user agent, host, referer and protocol of the state's exchange. For log_transaction and
 * later hooks, and for begin: before, headers may still be missing.
 */
t2m_exchange_t *t2m_request_exchange(t2m_request_t *state, const request_rec *origin,
                                     const t2m_server_config_t *config);

/**
 * The client's address as T2MLogClientIP shows it, in out (room for T2M_ADDRESS_MAX bytes). It
 * stays the same over the whole request. Empty when it is not shown.
 */
t2m_text_t t2m_request_address(const t2m_request_t *state, const request_rec *origin,
                               const t2m_server_config_t *config, char *out);

/** Registers the hooks generate_log_id and post_read_request. */
void t2m_request_register(apr_pool_t *pool);

#endif
