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

/* See header.h. */
#include "server/header.h"

#include <http_protocol.h>
#include <http_request.h>
#include <util_filter.h>

#include "server/private.h"
#include "server/process.h"
#include "server/request.h"

#define FILTER_NAME "T2M_HEADER"

static ap_filter_rec_t *handle; /* set when the module is loaded, never changed after */

/* Scripts and back ends put theirs into either table, and httpd sends both. */
static void set_header(request_rec *request, const t2m_server_config_t *config,
                       const t2m_request_t *state)
{
    if (!apr_is_empty_table(request->err_headers_out)) {
        apr_table_unset(request->err_headers_out, config->id_header);
    }
    apr_table_setn(request->headers_out, config->id_header, state->id);
}

static void begin_response(request_rec *request, t2m_request_t *state, apr_int64_t now)
{
    /* Refused before it was read: the state may be older than the choice of the virtual host. */
    const t2m_server_config_t *config = state->read ? state->config
                                                    : t2m_config_server(request->server);

    state->first_byte = now - state->started_monotonic;
    state->ended = 0;
    if (config->id_respond) {
        set_header(request, config, state);
    }
}

/* The first of a response, and its end, which may be the same. */
static void watch(ap_filter_t *filter, request_rec *request, t2m_request_t *state)
{
    apr_int64_t now;

    if (filter->ctx && !request->eos_sent) {
        return;
    }
    now = t2m_process_monotonic();
    if (!filter->ctx) {
        begin_response(request, state, now);
        filter->ctx = state;
    }
    if (request->eos_sent) {
        t2m_process_ending(state->entry, now);
    }
}

/* Stays to see the end: whoever has the whole response may ask for its line, which is not written
 * yet. `ended` is for HTTP/2, where a stream counts as aborted too when its client had the whole
 * response and hung up before the stream's thread was done with it. */
static apr_status_t filter_header(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *request = filter->r;
    ap_filter_t *next = filter->next;
    t2m_request_t *state = t2m_request_get(request);
    apr_status_t status;

    if (state) {
        watch(filter, request, state);
    }
    if (!state) {
        ap_remove_output_filter(filter);
    }
    status = ap_pass_brigade(next, brigade);
    if (state && request->eos_sent && status == APR_SUCCESS) {
        state->ended = 1;
    }
    return status;
}

static int is_inserted(const request_rec *request)
{
    const ap_filter_t *filter = request->output_filters;

    while (filter && filter->frec != handle) {
        filter = filter->next;
    }
    return filter != NULL;
}

/* Asked more than once in a request: httpd drops the filter when it redirects the request or begins
 * an error response. */
static void insert(request_rec *request)
{
    if (!request->main && !is_inserted(request) && t2m_config_enabled(request->server)) {
        ap_add_output_filter_handle(handle, NULL, request, request->connection);
    }
}

/* For answers that no handler gives, as to `OPTIONS *`: for them insert_filter does not run. */
static int insert_early(request_rec *request)
{
    if (!request->main && t2m_request_get(request)) { /* nothing can be inserted yet */
        ap_add_output_filter_handle(handle, NULL, request, request->connection);
    }
    return OK;
}

void t2m_header_register(apr_pool_t *pool)
{
    (void)pool;
    handle = ap_register_output_filter(FILTER_NAME, filter_header, NULL,
                                       (ap_filter_type)(AP_FTYPE_PROTOCOL - 1));
    ap_hook_post_read_request(insert_early, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_insert_filter(insert, NULL, NULL, APR_HOOK_LAST);
    ap_hook_insert_error_filter(insert, NULL, NULL, APR_HOOK_LAST);
}
