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

/* What else a request did before it failed, for its records of the stream errors: its newest log
 * lines below ERROR and its internal redirects, the handler, what mod_proxy chose and what the back
 * end said.
 *
 * Crumbs are kept in the request's pool, masked, at most T2M_BREADCRUMBS_MAX of them; a request
 * that logs nothing and is not redirected has none and takes nothing. Any thread; those of one
 * request come one at a time.
 */
#ifndef T2M_SERVER_BREADCRUMBS_H
#define T2M_SERVER_BREADCRUMBS_H

#include <httpd.h>

#include "core/line.h"
#include "server/errorline.h"
#include "server/request.h"

enum {
    T2M_BREADCRUMBS_MAX = 20,         /* the newest are kept */
    T2M_BREADCRUMBS_MESSAGE = 256,    /* bytes of one's message */
    T2M_BREADCRUMBS_WORKER_MAX = 256  /* bytes of a worker's name */
};

/**
 * For the error_log hook: keeps a line below ERROR of a request (place->state is not NULL).
 * message: the line's, see t2m_errorline_message.
 */
void t2m_breadcrumbs_add(const t2m_errorline_place_t *place, const t2m_errorline_t *line,
                         t2m_text_t message);

/** Nonzero when there are crumbs to tell, which a line of the quick way cannot. */
static inline int t2m_breadcrumbs_any(const t2m_request_t *state)
{
    return state && state->breadcrumbs != NULL;
}

/**
 * Adds `breadcrumbs`, `handler`, `proxy_worker` and `backend_status` to a record of the stream
 * errors, each when it is known. place->state may be NULL: nothing is added then. worker is the
 * caller's room for a text and, like the request, must live until the record is encoded.
 */
void t2m_breadcrumbs_put(t2m_line_t *line, const t2m_errorline_place_t *place,
                         char worker[T2M_BREADCRUMBS_WORKER_MAX]);

/** Registers the hook post_read_request, which sees internal redirects. */
void t2m_breadcrumbs_register(apr_pool_t *pool);

#endif
