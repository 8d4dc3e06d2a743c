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

/* See problem.h. */
#include "server/problem.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <http_protocol.h>
#include <jansson.h>

#include "server/reply.h"
#include "server/request.h"

/* Said when memory is short. */
static const char plain[] = "{\"type\":\"about:blank\"}";

/* Where the records of this request are to be had: ID is made of what a URL takes as it is. */
static const char *instance_of(request_rec *request, const char *mount, const char *id)
{
    apr_size_t size = mount ? strlen(mount) : 0;

    if (size && mount[size - 1] == '/') {
        size--;
    }
    return apr_psprintf(request->pool, "%.*s%srequests/%s", (int)size, mount ? mount : "",
                        mount ? "/" : "", id);
}

static json_t *make_document(request_rec *request, int status, const char *detail,
                             const char *mount)
{
    const t2m_request_t *state = t2m_request_get(request);
    json_t *document = json_pack("{ss ss si ss}", "type", "about:blank", "title",
                                 ap_get_status_line(status) + 4, "status", status, "detail",
                                 detail);

    if (document && state) {
        (void)json_object_set_new(document, "instance",
                                  json_string(instance_of(request, mount, state->id)));
        (void)json_object_set_new(document, "request_id", json_string(state->id));
    }
    return document;
}

/* Copied into the request's pool; NULL when memory is short. */
static const char *text_of(apr_pool_t *pool, json_t *document)
{
    char *dumped = document ? json_dumps(document, JSON_COMPACT) : NULL;
    const char *text = dumped ? apr_pstrcat(pool, dumped, "\n", NULL) : NULL;

    free(dumped);
    json_decref(document);
    return text;
}

int t2m_problem_send(request_rec *request, int status, const char *detail, const char *mount)
{
    const char *text = text_of(request->pool, make_document(request, status, detail, mount));
    apr_size_t size;

    text = text ? text : plain;
    size = strlen(text);
    request->status = status;
    text = t2m_reply_escape(request->pool, text, &size);
    return t2m_reply_send(request, "application/problem+json", text, size);
}
