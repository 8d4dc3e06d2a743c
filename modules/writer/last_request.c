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

/* One access record with the outcome worker_died or killed_at_stop. Pure. */
#include "writer/last_request.h"

#include "core/encode.h"
#include "writer/signal_name.h"

static apr_int64_t duration(const t2m_inflight_t *request, const t2m_intent_t *intent)
{
    apr_int64_t lasted;

    /* The process has written when it began, and may have written anything. */
    return __builtin_sub_overflow(intent->bury_monotonic, request->started_monotonic, &lasted)
                   || lasted < 0 ? 0 : lasted;
}

/* NULL: there was none. Of who dies in the middle of its service there is always one to be told. */
static const char *signal_of(const t2m_intent_t *intent)
{
    int known = intent->bury_signal != 0;

    return known || !(intent->bury_stopped || intent->bury_exited)
               ? t2m_signal_name((int)intent->bury_signal) : NULL;
}

apr_uint32_t t2m_last_request_line(const t2m_inflight_t *request, const t2m_intent_t *intent,
                                   t2m_layout_e layout, char *out)
{
    t2m_record_t record;

    t2m_record_begin(&record, T2M_STREAM_ACCESS, T2M_LEVEL_ERROR, intent->bury_time);
    t2m_record_string(&record, "message", T2M_CONTENT_SAFE, "request_complete");
    t2m_record_text(&record, "request_id", T2M_CONTENT_SAFE,
                    t2m_text_of(request->id, request->id_size));
    t2m_record_text(&record, "method", T2M_CONTENT_SAFE,
                    t2m_text_of(request->method, request->method_size));
    t2m_record_text(&record, "path", T2M_CONTENT_SAFE,
                    t2m_text_of(request->path, request->path_size));
    t2m_record_milliseconds(&record, "duration_ms", duration(request, intent));
    t2m_record_text(&record, "ip", T2M_CONTENT_SAFE,
                    t2m_text_of(request->ip, request->ip_size));
    t2m_record_text(&record, "user_agent", T2M_CONTENT_SAFE,
                    t2m_text_of(request->user_agent, request->user_agent_size));
    t2m_record_text(&record, "vhost", T2M_CONTENT_SAFE,
                    t2m_text_of(request->vhost, request->vhost_size));
    t2m_record_string(&record, "outcome", T2M_CONTENT_SAFE,
                      intent->bury_stopped ? "killed_at_stop" : "worker_died");
    t2m_record_string(&record, "signal", T2M_CONTENT_SAFE, signal_of(intent));
    record.truncated = request->truncated != 0;
    t2m_extra_arrange(&record, layout);
    return (apr_uint32_t)t2m_encode(&record, out, T2M_LAST_REQUEST_MAX);
}
