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

/* What a request did before, with httpd's part played by a few functions. */
#include "server/breadcrumbs.h"

#include <stdlib.h>

#include <apr_general.h>
#include <apr_strings.h>
#include <http_protocol.h>

#include "core/encode.h"
#include "server/process.h"
#include "tap.h"

static apr_pool_t *pool;
static t2m_request_t state;
static request_rec first, second;
static t2m_server_config_t config;
static t2m_errorline_place_t place;
static apr_int64_t now;
static int (*post_read_request)(request_rec *request);

module AP_MODULE_DECLARE_DATA t2mlog_module;

void ap_hook_post_read_request(ap_HOOK_post_read_request_t *hook, const char *const *before,
                               const char *const *after, int order)
{
    (void)before;
    (void)after;
    (void)order;
    post_read_request = hook;
}

apr_int64_t t2m_process_monotonic(void)
{
    return now;
}

int t2m_errorline_is_clean(const t2m_mask_t *mask, t2m_text_t message)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];

    return t2m_mask_find(mask, T2M_CONTENT_MESSAGE, message, spans) == 0;
}

t2m_request_t *t2m_request_get_any(const request_rec *request)
{
    return request == &first || request == &second ? &state : NULL;
}

const request_rec *t2m_request_origin(const request_rec *request)
{
    return request->main ? request->main : request->prev ? request->prev : request;
}

static char worker[T2M_BREADCRUMBS_WORKER_MAX];
static char encoded[16384];

/* A new request. */
static void begin(void)
{
    memset(&state, 0, sizeof(state));
    memset(&first, 0, sizeof(first));
    memset(&second, 0, sizeof(second));
    first.pool = second.pool = pool;
    first.status = second.status = HTTP_OK;
    first.notes = apr_table_make(pool, 2);
    first.subprocess_env = apr_table_make(pool, 2);
    first.unparsed_uri = apr_pstrdup(pool, "/from?a=b");
    place.config = state.config = &config;
    place.state = &state;
    place.origin = &first;
    now = state.started_monotonic = 1000;
}

static void redirect(int status)
{
    first.status = status;
    first.next = &second;
    second.prev = &first;
    second.unparsed_uri = apr_pstrdup(pool, "/to");
    is_number(post_read_request(&second), OK, "the hook sees it");
}

static void add(const char *message)
{
    t2m_errorline_t line = { .level = T2M_LEVEL_WARNING, .module = "ssl" };

    t2m_breadcrumbs_add(&place, &line, t2m_text(message));
}

#define BEGINNING "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"ERROR\""

/* What is put, into encoded, behind BEGINNING. */
static t2m_text_t put(void)
{
    t2m_record_t *record = malloc(sizeof(*record));
    apr_size_t size, start = sizeof(BEGINNING) - 1;
    t2m_line_t line;

    t2m_record_begin(record, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 0);
    t2m_line_gather(&line, record);
    t2m_breadcrumbs_put(&line, &place, worker);
    t2m_record_mask(record, config.mask);
    size = t2m_encode(record, encoded, sizeof(encoded));
    free(record);
    return t2m_text_of(encoded + start, size - start);
}

static void is_put(const char *want, const char *name)
{
    t2m_text_t text = put();

    is_bytes(text.data, text.size, want, name);
}

static void test_nothing(void)
{
    begin();
    ok(!t2m_breadcrumbs_any(&state) && !t2m_breadcrumbs_any(NULL), "nothing yet, and no request");
    is_put("", "nothing is put");
    place.state = NULL;
    is_put("", "nor without a request");
    begin();
    is_number(post_read_request(&first), DECLINED, "what is no redirect is none");
    ok(!state.breadcrumbs, "and takes nothing");
}

static void test_lines(void)
{
    t2m_text_t text;

    begin();
    now += 12345;
    add("one");
    now += 1;
    add("password=hunter2 \x1e\x1f two");
    ok(t2m_breadcrumbs_any(&state), "now there is something");
    is_put(",\"breadcrumbs\":[{\"offset_ms\":12.345,\"level\":\"WARNING\",\"module\":\"ssl\","
           "\"message\":\"one\"},{\"offset_ms\":12.346,\"level\":\"WARNING\",\"module\":\"ssl\","
           "\"message\":\"password=[REDACTED]    two\"}]",
           "oldest first, masked, no separators");
    state.logged = 1;
    add("late");
    text = put();
    ok(!memmem(text.data, text.size, "late", 4), "nothing is kept once the request is over");
    begin();
    now -= 500;
    add("early");
    is_put(",\"breadcrumbs\":[{\"offset_ms\":0.000,\"level\":\"WARNING\",\"module\":\"ssl\","
           "\"message\":\"early\"}]", "a clock that went back shows no negative time");
}

static void test_many(void)
{
    char want[4096] = ",\"breadcrumbs\":[", message[24];
    int i;

    begin();
    for (i = 0; i < 47; i++) {
        snprintf(message, sizeof(message), "line %d", i);
        add(message);
        if (i >= 27) {
            snprintf(want + strlen(want), sizeof(want) - strlen(want),
                     "%s{\"offset_ms\":0.000,\"level\":\"WARNING\",\"module\":\"ssl\","
                     "\"message\":\"line %d\"}", i > 27 ? "," : "", i);
        }
    }
    snprintf(want + strlen(want), sizeof(want) - strlen(want), "]");
    is_put(want, "the newest twenty");
}

/* A message of size bytes with a secret from `at` on. */
static const char *with_secret(apr_size_t size, apr_size_t at)
{
    static char text[600];

    memset(text, 'x', sizeof(text));
    text[size] = '\0';
    memcpy(text + at, " token=Zecret-Zecret ", 21);
    return text;
}

static void test_long(void)
{
    apr_size_t at;
    int leaks = 0, redacted = 0;
    t2m_text_t text;

    for (at = 200; at < 280; at++) {
        begin();
        add(with_secret(500, at));
        text = put();
        leaks += memmem(text.data, text.size, "Zec", 3) != NULL;
        redacted += memmem(text.data, text.size, "REDACTED", 8) != NULL;
    }
    is_number(leaks, 0, "no part of a secret is kept, wherever the message is cut");
    is_number(redacted, 40, "what fits of its place is there");
}

static void test_cut(void)
{
    char message[400], want[600];

    begin();
    memset(message, 'x', sizeof(message));
    memcpy(message + 255, "\xc3\xa9", 2);
    message[300] = '\0';
    add(message);
    snprintf(want, sizeof(want), ",\"breadcrumbs\":[{\"offset_ms\":0.000,\"level\":\"WARNING\","
             "\"module\":\"ssl\",\"message\":\"%.255s\"}],\"truncated\":true", message);
    is_put(want, "cut at a character, and said so");
    begin();
    message[256] = '\0';
    message[255] = 'y';
    add(message);
    snprintf(want, sizeof(want), ",\"breadcrumbs\":[{\"offset_ms\":0.000,\"level\":\"WARNING\","
             "\"module\":\"ssl\",\"message\":\"%.256s\"}]", message);
    is_put(want, "256 bytes are whole");
}

static void test_redirects(void)
{
    begin();
    first.handler = "first";
    second.handler = "second";
    first.unparsed_uri = apr_pstrdup(pool, "/from?password=hunter2");
    redirect(HTTP_NOT_FOUND);
    is_put(",\"breadcrumbs\":[{\"offset_ms\":0.000,\"level\":\"INFO\",\"module\":\"redirect\","
           "\"message\":\"/from?password=[REDACTED] -> /to after status 404\"}],"
           "\"handler\":\"second\"", "an error document, while it is made");
    state.logged = 1;
    is_put(",\"breadcrumbs\":[{\"offset_ms\":0.000,\"level\":\"INFO\",\"module\":\"redirect\","
           "\"message\":\"/from?password=[REDACTED] -> /to after status 404\"}],"
           "\"handler\":\"first\"", "at the end the handler that failed");
    begin();
    redirect(HTTP_OK);
    state.logged = 1;
    second.handler = "second";
    is_put(",\"breadcrumbs\":[{\"offset_ms\":0.000,\"level\":\"INFO\",\"module\":\"redirect\","
           "\"message\":\"/from?a=b -> /to\"}],\"handler\":\"second\"", "one without an error");
}

/* A subrequest is destroyed while the request goes on. */
static void test_redirect_of_subrequest(void)
{
    static const char want[] = ",\"breadcrumbs\":[{\"offset_ms\":0.000,\"level\":\"INFO\","
                               "\"module\":\"redirect\",\"message\":\"/part?password=[REDACTED]"
                               " -> /to after status 404\"}]";
    request_rec *part = malloc(sizeof(*part));
    char *target = strdup("/part?password=hunter2");

    begin();
    memset(part, 0, sizeof(*part));
    part->main = &first;
    part->status = HTTP_NOT_FOUND;
    part->unparsed_uri = target;
    second.main = &first;
    second.prev = part;
    second.unparsed_uri = apr_pstrdup(pool, "/to");
    is_number(post_read_request(&second), OK, "the hook sees one of a subrequest");
    memset(target, '?', strlen(target));
    free(target);
    free(part);
    memset(&second, 0xff, sizeof(second));
    is_put(want, "what it said is kept when it is gone");
}

static void test_redirect_long(void)
{
    static char from[1000], to[1000];
    t2m_text_t text;

    begin();
    memset(from, 'f', sizeof(from) - 1);
    memset(to, 't', sizeof(to) - 1);
    first.unparsed_uri = from;
    first.status = HTTP_NOT_FOUND;
    second.main = second.prev = &first;
    second.unparsed_uri = to;
    is_number(post_read_request(&second), OK, "long ones");
    text = put();
    ok(memmem(text.data, text.size, "tttt after status 404\"}],\"truncated\":true", 41) != NULL,
       "both are cut, and it is said so");
}

static void test_proxy(void)
{
    static const struct {
        const char *filename, *chosen, *socket, *want;
    } cases[] = {
        { "proxy:http://b.example:81/x?y", NULL, NULL, "http://b.example:81" },
        { "proxy:http://ali:sesame@b.example/x@y", NULL, NULL, "http://b.example" },
        { "proxy:http://a@b@[::1]:8080", NULL, NULL, "http://[::1]:8080" },
        { "proxy:balancer://farm/x", "http://w1:90", NULL, "http://w1:90" },
        { "proxy:balancer://farm/x", NULL, NULL, "balancer://farm" },
        { "proxy:fcgi://localhost/x", NULL, "/run/php.sock",
          "unix:/run/php.sock|fcgi://localhost" },
        { "proxy:b.example:443", NULL, NULL, "b.example:443" },
    };
    char want[400];
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        first.proxyreq = PROXYREQ_REVERSE;
        first.filename = apr_pstrdup(pool, cases[i].filename);
        if (cases[i].chosen) {
            apr_table_setn(first.subprocess_env, "BALANCER_WORKER_NAME", cases[i].chosen);
        }
        if (cases[i].socket) {
            apr_table_setn(first.notes, "uds_path", cases[i].socket);
        }
        snprintf(want, sizeof(want), ",\"proxy_worker\":\"%s\"", cases[i].want);
        is_put(want, cases[i].filename);
    }
    first.proxyreq = PROXYREQ_NONE;
    is_put("", "not when it is not proxied");
}

static void test_backend(void)
{
    static const struct {
        const char *note, *want;
    } cases[] = { { "503", ",\"backend_status\":503" }, { "200 OK", ",\"backend_status\":200" },
                  { "", "" }, { "50", "" }, { "5x3", "" }, { "x", "" } };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        begin();
        first.proxyreq = PROXYREQ_REVERSE;
        apr_table_setn(first.notes, "proxy-status", cases[i].note);
        is_put(cases[i].want, cases[i].note);
    }
}

static void test_long_worker(void)
{
    char want[400] = ",\"proxy_worker\":\"http://"; /* NULs behind it */
    size_t start = strlen(want);

    begin();
    first.proxyreq = PROXYREQ_REVERSE;
    first.filename = apr_psprintf(pool, "proxy:http://%0300d/x", 0);
    memset(want + start, '0', T2M_BREADCRUMBS_WORKER_MAX - 1 - 7);
    want[start + T2M_BREADCRUMBS_WORKER_MAX - 1 - 7] = '"';
    is_put(want, "a name too long is cut");
}

/* The quick way knows no arrays of objects, and all else. */
static void test_quick(void)
{
    char buffer[1024];
    t2m_line_start_t start = { .second = -1 };
    t2m_line_t line;

    begin();
    add("one");
    first.handler = "cgi-script";
    t2m_line_start(&start, 0);
    t2m_line_begin(&line, &start, T2M_LEVEL_ERROR, config.mask, buffer, sizeof(buffer));
    t2m_breadcrumbs_put(&line, &place, worker);
    is_bytes(buffer, t2m_line_end(&line), BEGINNING ",\"handler\":\"cgi-script\"",
             "on the quick way");
}

int main(void)
{
    apr_initialize();
    apr_pool_create(&pool, NULL);
    config.mask = t2m_mask_create(pool);
    t2m_breadcrumbs_register(pool);
    test_nothing();
    test_lines();
    test_many();
    test_long();
    test_cut();
    test_redirects();
    test_redirect_of_subrequest();
    test_redirect_long();
    test_proxy();
    test_backend();
    test_long_worker();
    test_quick();
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
