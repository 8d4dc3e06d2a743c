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

/* For t/32-api.t: a module that uses every function of mod_t2mlog.h. Its handler does what the
 * query names and answers with a line `WHAT STATUS` for each call. */
#include <httpd.h>
#include <http_config.h>
#include <http_core.h>
#include <http_protocol.h>

#include <apr_optional_hooks.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>

#include "mod_t2mlog.h"

static APR_OPTIONAL_FN_TYPE(t2mlog_log) *log_line;
static APR_OPTIONAL_FN_TYPE(t2mlog_log_exception) *log_exception;
static APR_OPTIONAL_FN_TYPE(t2mlog_log_security) *log_security;
static APR_OPTIONAL_FN_TYPE(t2mlog_log_metric) *log_metric;
static APR_OPTIONAL_FN_TYPE(t2mlog_metric_begin) *metric_begin;
static APR_OPTIONAL_FN_TYPE(t2mlog_metric_end) *metric_end;
static APR_OPTIONAL_FN_TYPE(t2mlog_context_push) *context_push;
static APR_OPTIONAL_FN_TYPE(t2mlog_context_pop) *context_pop;

static apr_status_t too_early; /* what a line got before the server ran */

static void say(request_rec *r, const char *what, apr_status_t status)
{
    const char *name = status == APR_SUCCESS ? "OK"
                     : status == APR_EINVAL ? "EINVAL"
                     : status == APR_ENOSPC ? "ENOSPC"
                     : status == APR_EAGAIN ? "EAGAIN" : apr_itoa(r->pool, status);

    ap_rprintf(r, "%s %s\n", what, name);
}

/* Lines, exceptions, events and metrics as a module in its right mind logs them. r may be NULL. */
static void log_all(request_rec *out, request_rec *r)
{
    static const char *const frames[] = { "main (main.c:10)", "open_it password=hunter2 (io.c:7)" };
    const t2mlog_exception_t exception = { "ValueError", "Audio file exceeds maximum size",
        "Failed to process audio", frames, 2, T2MLOG_DEFAULT, "probe", "/src/deep/audio.c", 12 };
    const t2mlog_exception_t bare = { .type = "IOError", .message = "no disk",
                                      .level = T2MLOG_CRITICAL };
    const t2mlog_security_t security = { .event = "multiple_failed_attempts", .attempts = 4,
        .blocked = 1, .ip = "192.0.2.7", .detail = "told by the probe" };
    const t2mlog_security_t counted = { .event = "probe_counted", .severity = T2MLOG_CRITICAL };
    const t2mlog_metric_t metric = { "transcribe_audio", 2500000, "transcribe", "app", 0 };
    const t2mlog_metric_t failed = { .name = "quick_failure", .duration = 1500, .failed = 1 };
    t2mlog_timer_t timer;

    say(out, "log", log_line(r, T2MLOG_WARNING, "probe", "User action completed",
        T2MLOG_FIELDS(t2mlog_integer("user_id", 42), t2mlog_text("action", "upload_audio"),
                      t2mlog_real("score", 0.5), t2mlog_boolean("paid", 1),
                      t2mlog_text("password", "hunter2"), t2mlog_integer("api_key", 1234),
                      t2mlog_text("empty", NULL), t2mlog_text("action", "second"))));
    say(out, "default", log_line(r, T2MLOG_DEFAULT, NULL, "default level", T2MLOG_NO_FIELDS));
    say(out, "error", log_line(r, T2MLOG_ERROR, "probe", "an error line", T2MLOG_NO_FIELDS));
    say(out, "exception", log_exception(r, &exception,
        T2MLOG_FIELDS(t2mlog_integer("file_size", 7340032))));
    say(out, "bare", log_exception(r, &bare, T2MLOG_NO_FIELDS));
    say(out, "security", log_security(r, &security,
        T2MLOG_FIELDS(t2mlog_text("attempted_resource", "/admin"), t2mlog_real("risk", 0.75))));
    say(out, "counted", log_security(r, &counted, T2MLOG_NO_FIELDS));
    say(out, "metric", log_metric(r, &metric, T2MLOG_FIELDS(t2mlog_integer("input_size", 3))));
    say(out, "failed", log_metric(r, &failed, T2MLOG_NO_FIELDS));
    metric_begin(&timer);
    apr_sleep(apr_time_from_msec(20));
    say(out, "timer", metric_end(r, &timer, &(t2mlog_metric_t){ .name = "timed" },
                                 T2MLOG_NO_FIELDS));
}

static void log_context(request_rec *r)
{
    say(r, "push", context_push(r, T2MLOG_FIELDS(t2mlog_integer("user_id", 42),
                                                 t2mlog_text("feature", "translation"))));
    say(r, "outer", log_line(r, T2MLOG_INFO, NULL, "outer", T2MLOG_NO_FIELDS));
    say(r, "push", context_push(r, T2MLOG_FIELDS(t2mlog_text("feature", "inner"),
                                                 t2mlog_text("deep", "yes"))));
    say(r, "inner", log_line(r, T2MLOG_INFO, NULL, "inner", T2MLOG_NO_FIELDS));
    say(r, "call", log_line(r, T2MLOG_INFO, NULL, "call",
                            T2MLOG_FIELDS(t2mlog_text("feature", "call"))));
    say(r, "pop", context_pop(r));
    say(r, "again", log_line(r, T2MLOG_INFO, NULL, "again", T2MLOG_NO_FIELDS));
}

static void log_full(request_rec *r)
{
    t2mlog_field_t fields[T2MLOG_FIELDS_MAX + 1];
    apr_status_t status = APR_SUCCESS;
    int i;

    for (i = 0; i <= T2MLOG_FIELDS_MAX; i++) {
        fields[i] = t2mlog_integer(apr_psprintf(r->pool, "n%d", i), i);
    }
    say(r, "seventeen", context_push(r, fields, T2MLOG_FIELDS_MAX + 1));
    say(r, "sixteen", context_push(r, fields, T2MLOG_FIELDS_MAX));
    say(r, "one-more", context_push(r, &fields[T2MLOG_FIELDS_MAX], 1));
    say(r, "line", log_line(r, T2MLOG_INFO, NULL, "full",
                            T2MLOG_FIELDS(t2mlog_text("own", "of the call"))));
    say(r, "pop", context_pop(r));
    for (i = 0; i < 16 && status == APR_SUCCESS; i++) {
        status = context_push(r, T2MLOG_NO_FIELDS);
    }
    say(r, "pushes", status);
    say(r, "too-deep", context_push(r, T2MLOG_NO_FIELDS));
    while (i-- > 0) {
        status = context_pop(r);
    }
    say(r, "pops", status);
    say(r, "empty", context_pop(r));
}

/* Texts that replace each other again and again. */
static void log_often(request_rec *r)
{
    char *text = apr_palloc(r->pool, 5001);
    int i;

    memset(text, 'x', 5000);
    text[5000] = '\0';
    for (i = 0; i < 1000; i++) {
        context_push(r, T2MLOG_FIELDS(t2mlog_text("text", text + i)));
        context_pop(r);
    }
    say(r, "long", context_push(r, T2MLOG_FIELDS(t2mlog_text("text", text))));
}

static void log_long_traceback(request_rec *r)
{
    const char *frames[2000];
    t2mlog_exception_t exception = { .type = "RecursionError", .message = "too deep",
                                     .traceback = frames };
    char *line = apr_palloc(r->pool, 5001);
    int i;

    for (i = 0; i < 2000; i++) {
        frames[i] = apr_psprintf(r->pool, "frame %d in a file with a rather long name.c", i);
    }
    exception.traceback_count = 2000;
    say(r, "many", log_exception(r, &exception, T2MLOG_NO_FIELDS));
    memset(line, 'y', 5000);
    memcpy(line + 2034, " 4111 1111 1111 1111 ", 21); /* a secret where the line is cut */
    line[5000] = '\0';
    for (i = 0; i < 8; i++) {
        frames[i] = line;
    }
    exception.type = "LongLines";
    exception.traceback_count = 8;
    say(r, "long", log_exception(r, &exception, T2MLOG_NO_FIELDS));
}

static void log_bad_fields(request_rec *r)
{
    static const char *const names[] = {
        "", "Upper", "with space", "dot.ted", "timestamp", "ip", "extra_fields", "seq", "\xc3\xbc",
        "\"quote", "a123456789012345678901234567890123456789012345678901234567890123456"
    };
    t2mlog_field_t field = t2mlog_text("right", "value");
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        say(r, "name", log_line(r, T2MLOG_INFO, NULL, "bad name",
                                T2MLOG_FIELDS(t2mlog_text(names[i], "x"))));
    }
    say(r, "no-name", log_line(r, T2MLOG_INFO, NULL, "bad", T2MLOG_FIELDS(t2mlog_text(NULL, "x"))));
    say(r, "infinite", log_line(r, T2MLOG_INFO, NULL, "bad",
                                T2MLOG_FIELDS(t2mlog_real("x", 1e308 * 10))));
    say(r, "negative", log_line(r, T2MLOG_INFO, NULL, "bad", &field, -1));
    say(r, "too-many", log_line(r, T2MLOG_INFO, NULL, "bad", &field, T2MLOG_FIELDS_MAX + 1));
    say(r, "no-fields", log_line(r, T2MLOG_INFO, NULL, "bad", NULL, 1));
    field.type = (t2mlog_type_e)77;
    say(r, "type", log_line(r, T2MLOG_INFO, NULL, "bad", &field, 1));
}

static void log_bad(request_rec *r)
{
    const t2mlog_exception_t untyped = { .message = "x" }, unlined = { .type = "X",
        .traceback_count = 1 }, mild = { .type = "X", .level = T2MLOG_INFO };
    const t2mlog_security_t unnamed = { 0 }, shouting = { .event = "Not Allowed" },
        nowhere = { .event = "x", .ip = "nowhere" }, unhappened = { .event = "x", .attempts = -1 };
    const t2mlog_metric_t nameless = { 0 }, backwards = { .name = "x", .duration = -1 },
        hidden = { .name = "a\nb" }, foreign = { .name = "x", .module = "a b" };

    log_bad_fields(r);
    say(r, "no-message", log_line(r, T2MLOG_INFO, NULL, NULL, T2MLOG_NO_FIELDS));
    say(r, "empty-message", log_line(r, T2MLOG_INFO, NULL, "", T2MLOG_NO_FIELDS));
    say(r, "source", log_line(r, T2MLOG_INFO, "a b", "bad", T2MLOG_NO_FIELDS));
    say(r, "level", log_line(r, (t2mlog_level_e)9, NULL, "bad", T2MLOG_NO_FIELDS));
    say(r, "no-exception", log_exception(r, NULL, T2MLOG_NO_FIELDS));
    say(r, "untyped", log_exception(r, &untyped, T2MLOG_NO_FIELDS));
    say(r, "unlined", log_exception(r, &unlined, T2MLOG_NO_FIELDS));
    say(r, "mild", log_exception(r, &mild, T2MLOG_NO_FIELDS));
    say(r, "no-security", log_security(r, NULL, T2MLOG_NO_FIELDS));
    say(r, "unnamed", log_security(r, &unnamed, T2MLOG_NO_FIELDS));
    say(r, "shouting", log_security(r, &shouting, T2MLOG_NO_FIELDS));
    say(r, "nowhere", log_security(r, &nowhere, T2MLOG_NO_FIELDS));
    say(r, "unhappened", log_security(r, &unhappened, T2MLOG_NO_FIELDS));
    say(r, "no-metric", log_metric(r, NULL, T2MLOG_NO_FIELDS));
    say(r, "nameless", log_metric(r, &nameless, T2MLOG_NO_FIELDS));
    say(r, "backwards", log_metric(r, &backwards, T2MLOG_NO_FIELDS));
    say(r, "hidden", log_metric(r, &hidden, T2MLOG_NO_FIELDS));
    say(r, "foreign", log_metric(r, &foreign, T2MLOG_NO_FIELDS));
    say(r, "no-timer", metric_end(r, NULL, &backwards, T2MLOG_NO_FIELDS));
    say(r, "push-nothing", context_push(NULL, T2MLOG_NO_FIELDS));
    say(r, "pop-nothing", context_pop(NULL));
    say(r, "pop-too-early", context_pop(r));
}

/* Bytes that are no text: nothing of them may break a line. */
static void log_bytes(request_rec *r)
{
    static const char bytes[] = "a\xff\xfe\x01\x1b[31m\"\\\xe2\x80\xae z\r\n";
    const t2mlog_exception_t exception = { .type = "Bytes", .message = bytes, .what = bytes };
    const t2mlog_security_t security = { .event = "bytes", .detail = bytes };

    say(r, "line", log_line(r, T2MLOG_INFO, NULL, bytes, T2MLOG_FIELDS(t2mlog_text("x", bytes))));
    say(r, "exception", log_exception(r, &exception, T2MLOG_NO_FIELDS));
    say(r, "security", log_security(r, &security, T2MLOG_NO_FIELDS));
}

enum { THREADS = 4, LINES = 100 };

static void *APR_THREAD_FUNC log_in_thread(apr_thread_t *thread, void *data)
{
    const t2mlog_metric_t metric = { .name = "in_thread", .duration = 10 };
    const t2mlog_security_t security = { .event = "in_thread" };
    int i;

    for (i = 0; i < LINES; i++) {
        log_line(NULL, T2MLOG_INFO, "thread", "in a thread",
                 T2MLOG_FIELDS(t2mlog_integer("number", *(int *)data * LINES + i)));
        log_metric(NULL, &metric, T2MLOG_NO_FIELDS);
        log_security(NULL, &security, T2MLOG_NO_FIELDS);
    }
    apr_thread_exit(thread, APR_SUCCESS);
    return NULL;
}

static void log_in_threads(request_rec *r)
{
    apr_thread_t *threads[THREADS];
    int numbers[THREADS], i;
    apr_status_t status = APR_SUCCESS, ended;

    for (i = 0; i < THREADS && status == APR_SUCCESS; i++) {
        numbers[i] = i;
        status = apr_thread_create(&threads[i], NULL, log_in_thread, &numbers[i], r->pool);
    }
    say(r, "threads", status);
    while (i-- > 0) {
        apr_thread_join(&ended, threads[i]);
    }
}

static int handle(request_rec *r)
{
    const char *what = r->args ? r->args : "";

    if (!r->handler || strcmp(r->handler, "t2mlog-probe")) {
        return DECLINED;
    }
    ap_set_content_type(r, "text/plain");
    if (!log_line || !log_exception || !log_security || !log_metric || !metric_begin
        || !metric_end || !context_push || !context_pop) {
        ap_rputs("no mod_t2mlog\n", r);
    }
    else if (!strcmp(what, "all")) {
        log_all(r, r);
    }
    else if (!strcmp(what, "none")) {
        log_all(r, NULL);
    }
    else if (!strcmp(what, "context")) {
        log_context(r);
    }
    else if (!strcmp(what, "full")) {
        log_full(r);
    }
    else if (!strcmp(what, "often")) {
        log_often(r);
    }
    else if (!strcmp(what, "traceback")) {
        log_long_traceback(r);
    }
    else if (!strcmp(what, "bad")) {
        log_bad(r);
    }
    else if (!strcmp(what, "bytes")) {
        log_bytes(r);
    }
    else if (!strcmp(what, "threads")) {
        log_in_threads(r);
    }
    else if (!strcmp(what, "early")) {
        say(r, "early", too_early);
    }
    else if (!strcmp(what, "explained")) {
        const t2mlog_exception_t exception = { .type = "Explained", .message = "why" };

        log_exception(r, &exception, T2MLOG_NO_FIELDS);
        return HTTP_INTERNAL_SERVER_ERROR;
    }
    return OK;
}

static void retrieve(void)
{
    log_line = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log);
    log_exception = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log_exception);
    log_security = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log_security);
    log_metric = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log_metric);
    metric_begin = APR_RETRIEVE_OPTIONAL_FN(t2mlog_metric_begin);
    metric_end = APR_RETRIEVE_OPTIONAL_FN(t2mlog_metric_end);
    context_push = APR_RETRIEVE_OPTIONAL_FN(t2mlog_context_push);
    context_pop = APR_RETRIEVE_OPTIONAL_FN(t2mlog_context_pop);
}

static int log_too_early(apr_pool_t *pool, apr_pool_t *log, apr_pool_t *temporary, server_rec *s)
{
    APR_OPTIONAL_FN_TYPE(t2mlog_log) *function = APR_RETRIEVE_OPTIONAL_FN(t2mlog_log);

    if (function) {
        too_early = function(NULL, T2MLOG_INFO, NULL, "too early", T2MLOG_NO_FIELDS);
    }
    return OK;
}

static void register_hooks(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_handler(handle, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_check_config(log_too_early, NULL, NULL, APR_HOOK_LAST);
    ap_hook_optional_fn_retrieve(retrieve, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(t2mlog_probe) = {
    STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL, register_hooks, 0
};
