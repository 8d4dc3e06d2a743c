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

/* One record with the message `gap`. Pure. */
#include "writer/gap.h"

#include "core/encode.h"
#include "core/timestamp.h"

static const char *const reasons[T2M_DROP_COUNT] = {
    "memory_full", "interrupted", "memory_reserved", "disk_full", "write_failed"
};

static void add_time(t2m_record_t *record, const char *name, apr_time_t time, char *out)
{
    t2m_timestamp_write(time, out);
    t2m_record_text(record, name, T2M_CONTENT_SAFE, t2m_text_of(out, T2M_TIMESTAMP_SIZE));
}

apr_uint32_t t2m_gap_line(const t2m_gap_t *gap, char *out)
{
    char from[T2M_TIMESTAMP_SIZE], to[T2M_TIMESTAMP_SIZE];
    t2m_record_t record;

    t2m_record_begin(&record, gap->stream, T2M_LEVEL_ERROR, gap->to);
    t2m_record_string(&record, "message", T2M_CONTENT_SAFE, "gap");
    t2m_record_string(&record, "stream", T2M_CONTENT_SAFE, t2m_stream_name(gap->stream));
    t2m_record_integer(&record, "count", (apr_int64_t)gap->count);
    t2m_record_integer(&record, "first_seq", (apr_int64_t)gap->first_seq);
    t2m_record_integer(&record, "last_seq", (apr_int64_t)(gap->first_seq + gap->count - 1));
    if (gap->from > 0) {
        add_time(&record, "from", gap->from, from);
    }
    add_time(&record, "to", gap->to, to);
    t2m_record_string(&record, "reason", T2M_CONTENT_SAFE, reasons[gap->reason]);
    return (apr_uint32_t)t2m_encode(&record, out, T2M_LINE_MIN);
}
