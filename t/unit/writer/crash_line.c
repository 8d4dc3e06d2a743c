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

/* Tests modules/writer/crash_line.c. */
#include "writer/crash_line.h"

#include <apr_strings.h>
#include <jansson.h>
#include <signal.h>
#include <stdlib.h>

#include "core/encode.h"
#include "tap.h"

static t2m_settings_t *settings;
static t2m_crash_t crash;
static t2m_inflight_t request;
static char line[T2M_CRASH_LINE_MAX + T2M_LINE_TAIL], id[T2M_FINGERPRINT_SIZE + 1];
static t2m_crash_report_t report;

static void fill(void)
{
    memset(&crash, 0, sizeof(crash));
    memset(&request, 0, sizeof(request));
    crash.signal = SIGSEGV;
    crash.code = 1;
    crash.thread = 77;
    crash.address = 0x10;
    crash.time = 1705314645123000;
    request.id_size = 4;
    memcpy(request.id, "id-1", 4);
    request.method_size = 3;
    memcpy(request.method, "GET", 3);
    request.path_size = 8;
    memcpy(request.path, "/user/42", 8);
    request.ip_size = 9;
    memcpy(request.ip, "192.0.2.1", 9);
    memset(&report, 0, sizeof(report));
    report.pid = 1234;
    report.signal = SIGSEGV;
    report.time = 1705314646000000;
    report.requests = 3;
    report.crash = &crash;
    report.request = &request;
}

static void add_frame(const char *text)
{
    (void)snprintf(crash.frames[crash.frame_count++], T2M_CRASH_FRAME_SIZE, "%s", text);
}

static apr_uint32_t write_line(void)
{
    apr_uint32_t size = t2m_crash_line(&report, settings, line, id);

    line[size < T2M_CRASH_LINE_MAX ? size : 0] = '\0';
    return size;
}

static int has(const char *text)
{
    return strstr(line, text) != NULL;
}

static void whole_lines(void)
{
    const t2m_text_t parts[3] = { t2m_text("crash"), t2m_text("SIGSEGV"),
                                  t2m_text("mod_x.so+0x1234") };
    char want[1024], group[T2M_FINGERPRINT_SIZE];

    fill();
    add_frame("mod_x.so+0x1234");
    add_frame("libc.so.6+0x9");
    (void)write_line();
    t2m_fingerprint(parts, 3, group);
    (void)snprintf(want, sizeof(want),
        "{\"timestamp\":\"2024-01-15T10:30:45.123Z\",\"level\":\"CRITICAL\",\"logger\":\"shop\","
        "\"message\":\"Process 1234 was ended by SIGSEGV while it served GET /user/42\","
        "\"exception\":{\"type\":\"SIGSEGV\","
        "\"message\":\"Process 1234 was ended by SIGSEGV while it served GET /user/42\","
        "\"traceback\":[\"mod_x.so+0x1234\",\"libc.so.6+0x9\"]},"
        "\"request_id\":\"id-1\",\"endpoint\":\"GET /user/:n\",\"method\":\"GET\","
        "\"path\":\"/user/42\",\"ip\":\"192.0.2.1\",\"app\":\"shop\","
        "\"environment\":\"test\",\"hostname\":\"host\",\"thread\":\"77\",\"process\":1234,"
        "\"error_type\":\"SIGSEGV\",\"error_id\":\"%.12s\",\"requests\":3,"
        "\"address\":\"0x10\"", group);
    is_bytes(line, strlen(line), want, "all that can be known");
    report.request = NULL;
    (void)write_line();
    ok(has("\"message\":\"Process 1234 was ended by SIGSEGV while it served 3 requests\"")
       && !has("request_id") && !has("\"endpoint\""), "not which of three requests");
    report.requests = 0;
    (void)write_line();
    ok(has("\"message\":\"Process 1234 was ended by SIGSEGV\"") && has("\"requests\":0"),
       "no request");
    report.crash = NULL;
    (void)write_line();
    ok(has("\"traceback\":[]") && !has("\"thread\"") && !has("\"address\"")
       && has("\"timestamp\":\"2024-01-15T10:30:46.000Z\""), "no word of its own");
}

static void other_ends(void)
{
    fill();
    report.crash = NULL;
    report.signal = 0;
    (void)write_line();
    ok(has("\"message\":\"Process 1234 ended without a word while it served GET /user/42\"")
       && has("\"type\":\"unknown\""), "nobody knows how");
    fill();
    crash.signal = 0;
    report.signal = 0;
    report.exited = 1;
    (void)write_line();
    ok(has("\"message\":\"Process 1234 called exit while it served GET /user/42\"")
       && has("\"error_type\":\"exit\"") && has("\"thread\":\"77\"") && !has("\"address\""),
       "it called exit");
    fill();
    crash.code = -6;
    (void)write_line();
    ok(!has("\"address\""), "a signal that was sent has no address");
    request.path_size = 0;
    (void)write_line();
    ok(has("while it served GET \"") && !has("\"endpoint\""), "before there was a path");
}

static void times(void)
{
    fill();
    crash.time = report.time + 1;
    (void)write_line();
    ok(has("10:30:46.000Z"), "a crash that is yet to come is not believed");
    crash.time = report.time - 60000001;
    (void)write_line();
    ok(has("10:30:46.000Z"), "nor one of long ago");
    crash.time = report.time - 60000000;
    (void)write_line();
    ok(has("10:29:46.000Z"), "one of a minute ago is");
}

static void groups(void)
{
    char first[T2M_FINGERPRINT_SIZE];

    fill();
    (void)write_line();
    memcpy(first, id, sizeof(first));
    report.pid = 99;
    request.path[7] = '7';
    request.id[0] = 'x';
    (void)write_line();
    ok(memcmp(id, first, sizeof(first)) == 0, "the same route and signal are one group");
    report.signal = SIGABRT;
    (void)write_line();
    ok(memcmp(id, first, sizeof(first)) != 0, "another signal is another");
    report.signal = SIGSEGV;
    request.path[1] = 'U';
    (void)write_line();
    ok(memcmp(id, first, sizeof(first)) != 0, "and another route");
    add_frame("mod_x.so+0x1");
    (void)write_line();
    memcpy(first, id, sizeof(first));
    request.path[1] = 'V';
    add_frame("apache2+0x1");
    (void)write_line();
    ok(memcmp(id, first, sizeof(first)) == 0, "with a stack its innermost place decides");
    crash.frames[0][11]++;
    (void)write_line();
    ok(memcmp(id, first, sizeof(first)) != 0, "another place is another group");
    ok(has(id), "the line says it");
}

/* Whatever a compromised process left. */
static void hostile(t2m_layout_e layout)
{
    char again[T2M_CRASH_LINE_MAX];
    apr_uint32_t size;
    json_t *json;
    int i;

    fill();
    settings->layout = (apr_uint32_t)layout;
    memset(&request, 0x01, sizeof(request));
    memset(&crash, 0xff, sizeof(crash));
    crash.frame_count = T2M_CRASH_FRAMES;
    for (i = 0; i < T2M_CRASH_FRAMES; i++) {
        memset(crash.frames[i], i % 2 ? T2M_LINE_SEPARATOR : '"', T2M_CRASH_FRAME_SIZE);
        crash.frames[i][T2M_CRASH_FRAME_SIZE - 1] = '\0';
    }
    request.id_size = sizeof(request.id);
    request.method_size = sizeof(request.method);
    request.path_size = sizeof(request.path);
    request.ip_size = sizeof(request.ip);
    size = t2m_crash_line(&report, settings, line, id);
    ok(size <= T2M_CRASH_LINE_MAX - T2M_LINE_TAIL, "full of bytes to escape it still fits");
    ok(t2m_crash_line(&report, settings, again, id) == size && memcmp(line, again, size) == 0,
       "the same each time");
    size += (apr_uint32_t)t2m_encode_tail(1, line + size);
    json = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    ok(json_is_string(json_object_get(json, "message"))
       && (json_object_get(json, "extra_fields") != NULL) == (layout != T2M_LAYOUT_FLAT),
       "and is valid");
    json_decref(json);
    crash.frame_count = 0xffffffff;
    size = t2m_crash_line(&report, settings, line, id);
    ok(size <= T2M_CRASH_LINE_MAX - T2M_LINE_TAIL, "a number of frames that cannot be");
}

int main(void)
{
    settings = calloc(1, sizeof(*settings));
    (void)apr_cpystrn(settings->app, "shop", sizeof(settings->app));
    (void)apr_cpystrn(settings->environment, "test", sizeof(settings->environment));
    (void)apr_cpystrn(settings->hostname, "host", sizeof(settings->hostname));
    whole_lines();
    other_ends();
    times();
    groups();
    hostile(T2M_LAYOUT_FLAT);
    hostile(T2M_LAYOUT_NESTED);
    hostile(T2M_LAYOUT_BOTH);
    free(settings);
    return tap_done();
}
