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

/* The context of a request: fields that its administrator, its scripts and its modules want on
 * every line of it.
 *
 * Where they come from, the first of equal names winning: t2mlog_context_push of the C API, the
 * innermost first; entries `t2mlog.NAME` of r->notes; such entries of r->subprocess_env, both of
 * the last of the request's redirects and of what httpd read; T2MLogContext of the directory asked
 * for. What nobody gave, T2MLogField of the stream may give. At most T2M_CONTEXT_MAX of a request;
 * what has a name that t2m_context_name_valid refuses is none.
 *
 * Expressions are evaluated on the last of the redirects: at the first line that needs them and
 * once more when the response is complete; an empty value is asked for again at the next line.
 * Functions are for the thread that serves the request. A request without any of all that costs a
 * look at two tables.
 */
#ifndef T2M_SERVER_CONTEXT_H
#define T2M_SERVER_CONTEXT_H

#include <httpd.h>

#include "core/line.h"
#include "server/config.h"
#include "server/request.h"

enum { T2M_CONTEXT_MAX = 16 };

/* What was found for one moment; names and texts are the request's. */
typedef struct {
    int count;
    int truncated; /* something found no room */
    t2m_field_t fields[T2M_CONTEXT_MAX];
} t2m_context_t;

/** Gathers the context. state and origin: the request's, see t2m_request_origin. */
void t2m_context_collect(t2m_context_t *context, t2m_request_t *state, const request_rec *origin);

/** Nonzero when t2m_context_collect would find anything. */
int t2m_context_has_any(const t2m_request_t *state, const request_rec *origin);

/**
 * Adds the context, and what T2MLogField adds to its stream, to record, behind all other fields.
 * context: what t2m_context_collect gave a moment ago, or NULL. state: NULL when there is no
 * request; nothing is added then.
 */
void t2m_context_add(t2m_record_t *record, const t2m_server_config_t *config,
                     const t2m_context_t *context, t2m_request_t *state,
                     const request_rec *origin);

/** The same for a line. On the quick way nothing is added: see t2m_context_is_empty. */
void t2m_context_add_line(t2m_line_t *line, const t2m_server_config_t *config,
                          const t2m_context_t *context, t2m_request_t *state,
                          const request_rec *origin);

/** Nonzero when t2m_context_collect found nothing to tell. */
static inline int t2m_context_is_empty(const t2m_context_t *context)
{
    return context->count == 0 && !context->truncated;
}

/**
 * Puts fields on every line of the request until the matching t2m_context_pop. Copies and masks
 * them into the request's pool; what is popped is used again. Returns APR_ENOSPC, and nothing is
 * pushed, when there are more than T2M_CONTEXT_MAX of fields or of pushes.
 */
apr_status_t t2m_context_push(t2m_request_t *state, const request_rec *origin,
                              const t2m_field_t *fields, int count);

/** Takes back the last push. Returns APR_EINVAL when there is none. */
apr_status_t t2m_context_pop(t2m_request_t *state);

#endif
