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

/* Tests modules/server/bytes.c with filters of the test's own around it. */
#include "server/bytes.h"

#include <http_connection.h>
#include <util_filter.h>

#include "server/connection.h"
#include "tap.h"

#pragma GCC diagnostic ignored "-Wcast-qual" /* APR's macros, as in the source */
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wnull-pointer-subtraction"
#endif

static ap_filter_rec_t input_record, output_record;
static ap_filter_t in, out, next;
static ap_HOOK_pre_connection_t *pre_connection;
static t2m_connection_t state;
static conn_rec connection;
static apr_bucket_brigade *brigade;
static apr_status_t answer; /* of the filter behind */
static int passed;

ap_filter_rec_t *ap_register_input_filter(const char *name, ap_in_filter_func filter,
                                          ap_init_filter_func start, ap_filter_type type)
{
    (void)name;
    (void)start;
    (void)type;
    input_record.filter_func.in_func = filter;
    return &input_record;
}

ap_filter_rec_t *ap_register_output_filter(const char *name, ap_out_filter_func filter,
                                           ap_init_filter_func start, ap_filter_type type)
{
    (void)name;
    (void)start;
    (void)type;
    output_record.filter_func.out_func = filter;
    return &output_record;
}

void ap_hook_pre_connection(ap_HOOK_pre_connection_t *hook, const char *const *before,
                            const char *const *after, int order)
{
    (void)before;
    (void)after;
    (void)order;
    pre_connection = hook;
}

static ap_filter_t *join(ap_filter_t *filter, ap_filter_rec_t *record, void *context)
{
    filter->frec = record;
    filter->ctx = context;
    filter->next = &next;
    return filter;
}

ap_filter_t *ap_add_input_filter_handle(ap_filter_rec_t *record, void *context,
                                        request_rec *request, conn_rec *of)
{
    (void)request;
    (void)of;
    return join(&in, record, context);
}

ap_filter_t *ap_add_output_filter_handle(ap_filter_rec_t *record, void *context,
                                         request_rec *request, conn_rec *of)
{
    (void)request;
    (void)of;
    return join(&out, record, context);
}

apr_status_t ap_get_brigade(ap_filter_t *filter, apr_bucket_brigade *into, ap_input_mode_t mode,
                            apr_read_type_e block, apr_off_t size)
{
    passed += filter == &next && into == brigade && block == APR_NONBLOCK_READ && size == 7
           && (mode == AP_MODE_GETLINE || mode == AP_MODE_SPECULATIVE);
    return answer;
}

apr_status_t ap_pass_brigade(ap_filter_t *filter, apr_bucket_brigade *what)
{
    passed += filter == &next && what == brigade;
    return answer;
}

t2m_connection_t *t2m_connection_get(const conn_rec *of)
{
    return of == &connection ? &state : NULL;
}

/* A brigade of buckets of these sizes up to a 0; -1: unknown. */
static void fill(const long *sizes)
{
    (void)apr_brigade_cleanup(brigade);
    for (; *sizes; sizes++) {
        apr_bucket *bucket = apr_bucket_immortal_create("", 0, brigade->bucket_alloc);

        bucket->length = (apr_size_t)*sizes;
        APR_BRIGADE_INSERT_TAIL(brigade, bucket);
    }
}

static void read_in(const long *sizes, ap_input_mode_t mode)
{
    fill(sizes);
    is_number(in.frec->filter_func.in_func(&in, brigade, mode, APR_NONBLOCK_READ, 7), answer,
              "what the filter behind answers");
}

static void write_out(const long *sizes)
{
    fill(sizes);
    is_number(out.frec->filter_func.out_func(&out, brigade), answer,
              "what the filter behind answers");
}

static void counts(apr_int64_t want_in, apr_int64_t want_out, const char *name)
{
    t2m_bytes_t bytes = t2m_bytes_take(&connection);

    ok(bytes.counted && bytes.in == want_in && bytes.out == want_out, "%s: %ld and %ld", name,
       (long)bytes.in, (long)bytes.out);
}

#define SIZES(...) ((const long[]){ __VA_ARGS__, 0 })

static void reads(void)
{
    counts(0, 0, "nothing");
    read_in(SIZES(0), AP_MODE_GETLINE);
    counts(0, 0, "an empty brigade");
    read_in(SIZES(16), AP_MODE_GETLINE);
    read_in(SIZES(5, 6, 7), AP_MODE_GETLINE);
    read_in(SIZES(100), AP_MODE_SPECULATIVE);
    answer = APR_EAGAIN;
    read_in(SIZES(1000), AP_MODE_GETLINE);
    read_in(SIZES(1000), AP_MODE_SPECULATIVE);
    answer = APR_SUCCESS;
    counts(34, 0, "lines, without what is read again and what failed");
    read_in(SIZES(3, -1, 3), AP_MODE_GETLINE);
    read_in(SIZES(4), AP_MODE_GETLINE);
    counts(T2M_BYTES_UNKNOWN, 0, "one unknown among others");
    read_in(SIZES(-1), AP_MODE_GETLINE);
    read_in(SIZES(-1, -1), AP_MODE_GETLINE);
    counts(T2M_BYTES_UNKNOWN, 0, "several");
    read_in(SIZES(4), AP_MODE_GETLINE);
    counts(4, 0, "the next request's are known again");
    is_number(passed, 11, "each read went on as it came");
}

static void writes(void)
{
    passed = 0;
    write_out(SIZES(0));
    write_out(SIZES(10));
    answer = APR_ECONNABORTED;
    write_out(SIZES(20, 30));
    answer = APR_SUCCESS;
    is_number(t2m_bytes_out(&connection), 60, "all bytes out");
    counts(0, 60, "what was handed on counts");
    write_out(SIZES(5));
    write_out(SIZES(5, -1));
    write_out(SIZES(6));
    write_out(SIZES(-1));
    counts(0, T2M_BYTES_UNKNOWN, "one unknown");
    is_number(t2m_bytes_out(&connection), 71, "all bytes out but those of unknown brigades");
    write_out(SIZES(1));
    counts(0, 1, "the next request's are known again");
    is_number(passed, 8, "each brigade went on");
}

int main(void)
{
    conn_rec other;
    apr_pool_t *pool;

    (void)apr_initialize();
    (void)apr_pool_create(&pool, NULL);
    brigade = apr_brigade_create(pool, apr_bucket_alloc_create(pool));
    t2m_bytes_register(pool);
    is_number(pre_connection(&other, NULL), OK, "a connection without state");
    ok(!in.frec && !out.frec, "has no filters");
    ok(!t2m_bytes_take(&other).counted, "and no counts");
    is_number(t2m_bytes_out(&other), 0, "nor a sum");
    is_number(pre_connection(&connection, NULL), OK, "a client's connection");
    reads();
    writes();
    return tap_done();
}
