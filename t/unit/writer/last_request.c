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

/* Tests modules/writer/last_request.c. */
#include "writer/last_request.h"

#include <jansson.h>
#include <signal.h>

#include "core/encode.h"
#include "tap.h"

static void is_end(const t2m_inflight_t *request, const t2m_intent_t *intent, const char *want,
                   const char *name)
{
    char line[T2M_LAST_REQUEST_MAX];
    apr_uint32_t size = t2m_last_request_line(request, intent, T2M_LAYOUT_FLAT, line);
    const char *end = memmem(line, size, "\"outcome\"", 9);

    is_bytes(end ? end : "", end ? size - (apr_size_t)(end - line) : 0, want, name);
}

int main(void)
{
    t2m_inflight_t request;
    t2m_intent_t intent;
    char line[T2M_LAST_REQUEST_MAX + T2M_LINE_TAIL], again[T2M_LAST_REQUEST_MAX];
    apr_uint32_t size;
    json_t *json;

    memset(&request, 0, sizeof(request));
    memset(&intent, 0, sizeof(intent));
    intent.bury_time = 1705314645123000;
    intent.bury_monotonic = 5000;
    request.started_monotonic = 2000;
    request.id_size = 4;
    memcpy(request.id, "id-1", 4);
    request.method_size = 3;
    memcpy(request.method, "GET", 3);
    request.path_size = 2;
    memcpy(request.path, "/a", 2);
    size = t2m_last_request_line(&request, &intent, T2M_LAYOUT_FLAT, line);
    is_bytes(line, size,
             "{\"timestamp\":\"2024-01-15T10:30:45.123Z\",\"level\":\"ERROR\","
             "\"message\":\"request_complete\",\"request_id\":\"id-1\",\"method\":\"GET\","
             "\"path\":\"/a\",\"duration_ms\":3.000,\"outcome\":\"worker_died\","
             "\"signal\":\"unknown\"", "an access line without a status");
    intent.bury_signal = SIGSEGV;
    is_end(&request, &intent, "\"outcome\":\"worker_died\",\"signal\":\"SIGSEGV\"",
           "the signal is known");
    intent.bury_signal = 0;
    intent.bury_exited = 1;
    is_end(&request, &intent, "\"outcome\":\"worker_died\"", "it called exit: there is none");
    intent.bury_exited = 0;
    intent.bury_stopped = 1;
    is_end(&request, &intent, "\"outcome\":\"killed_at_stop\"", "its process ended by itself");
    intent.bury_signal = SIGABRT;
    is_end(&request, &intent, "\"outcome\":\"killed_at_stop\",\"signal\":\"SIGABRT\"",
           "and crashed as it did");
    intent.bury_monotonic = 0;
    size = t2m_last_request_line(&request, &intent, T2M_LAYOUT_FLAT, line);
    ok(memmem(line, size, "\"duration_ms\":0.000", 19) != NULL, "no duration is negative");
    intent.bury_monotonic = 5;
    request.started_monotonic = APR_INT64_MIN;
    size = t2m_last_request_line(&request, &intent, T2M_LAYOUT_FLAT, line);
    ok(memmem(line, size, "\"duration_ms\":0.000", 19) != NULL, "nor too long to be counted");

    memset(&request, 0x01, sizeof(request));
    request.id_size = sizeof(request.id);
    request.method_size = sizeof(request.method);
    request.path_size = sizeof(request.path);
    request.ip_size = sizeof(request.ip);
    request.vhost_size = sizeof(request.vhost);
    request.user_agent_size = sizeof(request.user_agent);
    size = t2m_last_request_line(&request, &intent, T2M_LAYOUT_FLAT, line);
    ok(size <= T2M_LAST_REQUEST_MAX - T2M_LINE_TAIL, "full of bytes to escape it still fits");
    ok(t2m_last_request_line(&request, &intent, T2M_LAYOUT_FLAT, again) == size
       && memcmp(line, again, size) == 0, "the same each time");
    ok(t2m_last_request_line(&request, &intent, T2M_LAYOUT_BOTH, again)
           <= T2M_LAST_REQUEST_MAX - T2M_LINE_TAIL
       && memmem(again, sizeof(again), "\"extra_fields\":{", 16) != NULL,
       "with extra fields in both places too");
    size += (apr_uint32_t)t2m_encode_tail(1, line + size);
    json = json_loadb(line, size, JSON_REJECT_DUPLICATES, NULL);
    ok(json != NULL, "and is valid");
    json_decref(json);
    return tap_done();
}
