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

/* A handler that "converts a document" and tells mod_t2mlog about it: context, a metric, an
 * exception, a security event. It works the same, only silently, where mod_t2mlog is not loaded.
 *
 *     apxs -i -c -I /usr/include/apache2 mod_example.c
 *
 *     LoadModule example_module modules/mod_example.so
 *     <Location "/example">
 *         SetHandler example
 *     </Location>
 */
#include <stdlib.h>

#include <httpd.h>
#include <http_config.h>
#include <http_protocol.h>

#include "mod_t2mlog.h"

static APR_OPTIONAL_FN_TYPE(t2mlog_log) *t2mlog_log;
static APR_OPTIONAL_FN_TYPE(t2mlog_log_exception) *t2mlog_log_exception;
static APR_OPTIONAL_FN_TYPE(t2mlog_log_security) *t2mlog_log_security;
static APR_OPTIONAL_FN_TYPE(t2mlog_metric_begin) *t2mlog_metric_begin;
static APR_OPTIONAL_FN_TYPE(t2mlog_metric_end) *t2mlog_metric_end;
static APR_OPTIONAL_FN_TYPE(t2mlog_context_push) *t2mlog_context_push;
static APR_OPTIONAL_FN_TYPE(t2mlog_context_pop) *t2mlog_context_pop;

/* Once, when all modules are loaded. All functions come together, so one is asked for all. */
static void retrieve(void)
{
    t2mlog_log = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log);
    t2mlog_log_exception = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log_exception);
    t2mlog_log_security = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log_security);
    t2mlog_metric_begin = APR_RETRIEVE_OPTIONAL_FN(t2mlog_metric_begin);
    t2mlog_metric_end = APR_RETRIEVE_OPTIONAL_FN(t2mlog_metric_end);
    t2mlog_context_push = APR_RETRIEVE_OPTIONAL_FN(t2mlog_context_push);
    t2mlog_context_pop = APR_RETRIEVE_OPTIONAL_FN(t2mlog_context_pop);
}

static int fail(request_rec *r, const char *size)
{
    if (t2mlog_log) {
        const t2mlog_exception_t exception = {
            .type = "ValueError",
            .message = "the size is not a number",
            .what = "Failed to convert the document",
            .module = "mod_example",
            .file = __FILE__,
            .line = __LINE__
        };
        const t2mlog_security_t security = { .event = "suspicious_size", .blocked = 1 };

        t2mlog_log_exception(r, &exception, T2MLOG_FIELDS(t2mlog_text("size", size)));
        t2mlog_log_security(r, &security, T2MLOG_NO_FIELDS);
    }
    return HTTP_BAD_REQUEST;
}

static void convert(request_rec *r, long size)
{
    ap_set_content_type(r, "text/plain");
    ap_rprintf(r, "converted %ld bytes\n", size);
}

static int handle(request_rec *r)
{
    const char *size = r->args && !strncmp(r->args, "size=", 5) ? r->args + 5 : "";
    const t2mlog_metric_t metric = { .name = "convert_document", .function = "convert",
                                     .module = "mod_example" };
    t2mlog_timer_t timer;
    char *end;
    long bytes = strtol(size, &end, 10);

    if (!r->handler || strcmp(r->handler, "example")) {
        return DECLINED;
    }
    if (!*size || *end) {
        return fail(r, size);
    }
    if (!t2mlog_log) {
        convert(r, bytes);
        return OK;
    }
    /* From here on all lines of this request say who and what, those of httpd as well. */
    t2mlog_context_push(r, T2MLOG_FIELDS(t2mlog_integer("user_id", 42),
                                         t2mlog_text("feature", "conversion")));
    t2mlog_metric_begin(&timer);
    convert(r, bytes);
    t2mlog_metric_end(r, &timer, &metric, T2MLOG_FIELDS(t2mlog_integer("input_size", bytes)));
    t2mlog_log(r, T2MLOG_INFO, "mod_example", "Document converted", T2MLOG_NO_FIELDS);
    t2mlog_context_pop(r);
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_optional_fn_retrieve(retrieve, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(example) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0
};
