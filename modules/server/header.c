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

/* Scripts and back ends put theirs into either table, and httpd sends both. */
static void set_header(request_rec *request, const t2m_server_config_t *config,
                       const t2m_request_t *state)
{
    apr_table_unset(request->err_headers_out, config->id_header);
    apr_table_setn(request->headers_out, config->id_header, state->id);
}

static apr_status_t filter_header(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    request_rec *request = filter->r;
    ap_filter_t *next = filter->next;
    const t2m_server_config_t *config = t2m_config_server(request->server);
    t2m_request_t *state = t2m_request_get(request);

    if (config && state) {
        state->first_byte = t2m_process_monotonic() - state->started_monotonic;
        if (config->id_respond) {
            set_header(request, config, state);
        }
    }
    ap_remove_output_filter(filter);
    return ap_pass_brigade(next, brigade);
}

/* httpd drops the filter when it begins an error response, and then asks again. */
static void insert(request_rec *request)
{
    if (!request->main && t2m_config_enabled(request->server)) {
        ap_add_output_filter(FILTER_NAME, NULL, request, request->connection);
    }
}

void t2m_header_register(apr_pool_t *pool)
{
    (void)pool;
    ap_register_output_filter(FILTER_NAME, filter_header, NULL,
                              (ap_filter_type)(AP_FTYPE_PROTOCOL - 1));
    ap_hook_insert_filter(insert, NULL, NULL, APR_HOOK_LAST);
    ap_hook_insert_error_filter(insert, NULL, NULL, APR_HOOK_LAST);
}
