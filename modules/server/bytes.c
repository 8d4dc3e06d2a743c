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

/* See bytes.h. */
#include "server/bytes.h"

#include <http_connection.h>
#include <util_filter.h>

#include "server/config.h"
#include "server/private.h"
#include "shared/atomic.h"

#define FILTER_NAME "T2M_BYTES"

typedef struct {
    apr_int64_t in, out; /* since the last request was logged */
    apr_int64_t all_out; /* known bytes since the connection was made; other threads read it */
} counts_t;

/* Which virtual host a connection is for is not known when it is made. Set in the parent before it
 * forks, never changed after. */
static int wanted;

/* One bucket of unknown length (a script's pipe that no filter has read) makes the sum unknown. */
static apr_int64_t size_of(apr_bucket_brigade *brigade)
{
    apr_off_t size;

    if (apr_brigade_length(brigade, 0, &size) != APR_SUCCESS || size < 0) {
        return T2M_BYTES_UNKNOWN;
    }
    return size;
}

static void add(apr_int64_t *sum, apr_int64_t size)
{
    *sum = *sum == T2M_BYTES_UNKNOWN || size == T2M_BYTES_UNKNOWN ? T2M_BYTES_UNKNOWN
                                                                  : *sum + size;
}

static apr_status_t count_in(ap_filter_t *filter, apr_bucket_brigade *brigade,
                             ap_input_mode_t mode, apr_read_type_e block, apr_off_t size)
{
    counts_t *counts = filter->ctx;
    apr_status_t status = ap_get_brigade(filter->next, brigade, mode, block, size);

    if (status == APR_SUCCESS && mode != AP_MODE_SPECULATIVE) {
        add(&counts->in, size_of(brigade));
    }
    return status;
}

static apr_status_t count_out(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    counts_t *counts = filter->ctx;
    apr_int64_t size = size_of(brigade);

    add(&counts->out, size);
    if (size != T2M_BYTES_UNKNOWN) {
        t2m_store(&counts->all_out, counts->all_out + size);
    }
    return ap_pass_brigade(filter->next, brigade);
}

/* A connection to a back end has no place on the scoreboard, a stream of HTTP/2 has a master. */
static int pre_connection(conn_rec *connection, void *socket)
{
    counts_t *counts;

    (void)socket;
    if (!wanted || connection->master || !connection->sbh) {
        return OK;
    }
    counts = apr_pcalloc(connection->pool, sizeof *counts);
    ap_set_module_config(connection->conn_config, &t2mlog_module, counts);
    ap_add_input_filter(FILTER_NAME, counts, NULL, connection);
    ap_add_output_filter(FILTER_NAME, counts, NULL, connection);
    return OK;
}

static int post_config(apr_pool_t *pool, apr_pool_t *log_pool, apr_pool_t *temporary_pool,
                       server_rec *server)
{
    (void)pool;
    (void)log_pool;
    (void)temporary_pool;
    wanted = t2m_config_enabled_anywhere(server);
    return OK;
}

static counts_t *counts_of(const conn_rec *connection)
{
    return connection && !connection->master && connection->conn_config
               ? ap_get_module_config(connection->conn_config, &t2mlog_module) : NULL;
}

int t2m_bytes_take(const conn_rec *connection, apr_int64_t *in, apr_int64_t *out)
{
    counts_t *counts = counts_of(connection);

    if (!counts) {
        return 0;
    }
    *in = counts->in;
    *out = counts->out;
    counts->in = counts->out = 0;
    return 1;
}

apr_int64_t t2m_bytes_out(const conn_rec *connection)
{
    const counts_t *counts = counts_of(connection);

    return counts ? t2m_load(&counts->all_out) : 0;
}

void t2m_bytes_register(apr_pool_t *pool)
{
    (void)pool;
    ap_register_input_filter(FILTER_NAME, count_in, NULL,
                             (ap_filter_type)(AP_FTYPE_NETWORK - 1));
    ap_register_output_filter(FILTER_NAME, count_out, NULL,
                              (ap_filter_type)(AP_FTYPE_NETWORK - 1));
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
}
