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

#include "server/connection.h"
#include "shared/atomic.h"

#define FILTER_NAME "T2M_BYTES"

/* A sum that is not known: so far below 0 that nothing that is added brings it back. */
#define UNKNOWN APR_INT64_MIN

static ap_filter_rec_t *input, *output; /* set when the module is loaded, never changed after */

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual" /* APR's macros take off a volatile, */
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wnull-pointer-subtraction" /* and are older than offsetof */
#endif

/* 0: one bucket of unknown length (a script's pipe that no filter has read) makes the sum so. */
static inline int add(apr_int64_t *sum, const apr_bucket_brigade *brigade)
{
    const apr_bucket *bucket;

    for (bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
         bucket = APR_BUCKET_NEXT(bucket)) {
        if (__builtin_expect(bucket->length == (apr_size_t)-1, 0)) {
            *sum = UNKNOWN;
            return 0;
        }
        *sum += (apr_int64_t)bucket->length;
    }
    return 1;
}

#pragma GCC diagnostic pop

/* Runs for each line of a request's head. */
static apr_status_t count_in(ap_filter_t *filter, apr_bucket_brigade *brigade,
                             ap_input_mode_t mode, apr_read_type_e block, apr_off_t size)
{
    t2m_connection_t *counts;
    apr_status_t status;

    if (mode == AP_MODE_SPECULATIVE) { /* will be read again */
        return ap_get_brigade(filter->next, brigade, mode, block, size);
    }
    status = ap_get_brigade(filter->next, brigade, mode, block, size);
    if (status == APR_SUCCESS) {
        counts = filter->ctx;
        (void)add(&counts->in, brigade);
    }
    return status;
}

static apr_status_t count_out(ap_filter_t *filter, apr_bucket_brigade *brigade)
{
    t2m_connection_t *counts = filter->ctx;
    apr_int64_t size = 0;

    if (add(&size, brigade)) {
        counts->out += size;
        t2m_store(&counts->all_out, counts->all_out + size);
    }
    else {
        counts->out = UNKNOWN;
    }
    return ap_pass_brigade(filter->next, brigade);
}

static int pre_connection(conn_rec *connection, void *socket)
{
    t2m_connection_t *counts = t2m_connection_get(connection);

    (void)socket;
    if (counts) {
        ap_add_input_filter_handle(input, counts, NULL, connection);
        ap_add_output_filter_handle(output, counts, NULL, connection);
    }
    return OK;
}

t2m_bytes_t t2m_bytes_take(const conn_rec *connection)
{
    t2m_connection_t *counts = t2m_connection_get(connection);
    t2m_bytes_t bytes = { 0, 0, counts != NULL };

    if (counts) {
        bytes.in = counts->in < 0 ? T2M_BYTES_UNKNOWN : counts->in;
        bytes.out = counts->out < 0 ? T2M_BYTES_UNKNOWN : counts->out;
        counts->in = counts->out = 0;
    }
    return bytes;
}

apr_int64_t t2m_bytes_out(const conn_rec *connection)
{
    const t2m_connection_t *counts = t2m_connection_get(connection);

    return counts ? t2m_load(&counts->all_out) : 0;
}

void t2m_bytes_register(apr_pool_t *pool)
{
    (void)pool;
    input = ap_register_input_filter(FILTER_NAME, count_in, NULL,
                                     (ap_filter_type)(AP_FTYPE_NETWORK - 1));
    output = ap_register_output_filter(FILTER_NAME, count_out, NULL,
                                       (ap_filter_type)(AP_FTYPE_NETWORK - 1));
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_MIDDLE);
}
