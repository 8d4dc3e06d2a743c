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

/* See line.h. */
#include "core/line.h"

#include "core/digits.h"
#include "core/encode.h"
#include "core/timestamp.h"

enum {
    /* With no more spans than this a record never replaces a field for want of room; see
     * t2m_record_mask. */
    SPANS_MAX = T2M_RECORD_SPANS_MAX - T2M_RECORD_FIELDS_MAX,
    TIMESTAMP = 14,                /* where it stands in a line */
    MILLISECONDS = TIMESTAMP + 20
};

static const apr_int64_t last_second = APR_INT64_C(253402300799); /* the end of 9999 */

static void fail(t2m_json_t *json)
{
    json->full = 1;
    json->end = json->next;
}

void t2m_line_start(t2m_line_start_t *start, apr_time_t time)
{
    apr_int64_t second = time / APR_USEC_PER_SEC;
    unsigned milliseconds;

    start->time = time;
    if (time >= 0 && second == start->second) {
        milliseconds = (unsigned)(time - second * APR_USEC_PER_SEC) / 1000;
        start->bytes[MILLISECONDS] = (char)('0' + milliseconds / 100);
        (void)t2m_digits_pair(start->bytes + MILLISECONDS + 1, milliseconds % 100);
        return;
    }
    start->second = time < 0 || second > last_second ? -1 : second; /* shown as another time */
    memcpy(start->bytes, "{\"timestamp\":\"", TIMESTAMP);
    t2m_timestamp_write(time, start->bytes + TIMESTAMP);
    memcpy(start->bytes + TIMESTAMP + T2M_TIMESTAMP_SIZE, "\",", 2);
}

void t2m_line_begin(t2m_line_t *line, const t2m_line_start_t *start, t2m_level_e level,
                    const t2m_mask_t *mask, char *buffer, apr_size_t room)
{
    static const struct {
        char bytes[24];
        unsigned char size;
    } levels[T2M_LEVEL_COUNT] = {
        [T2M_LEVEL_DEBUG] = { "\"level\":\"DEBUG\"", 15 },
        [T2M_LEVEL_INFO] = { "\"level\":\"INFO\"", 14 },
        [T2M_LEVEL_WARNING] = { "\"level\":\"WARNING\"", 17 },
        [T2M_LEVEL_ERROR] = { "\"level\":\"ERROR\"", 15 },
        [T2M_LEVEL_CRITICAL] = { "\"level\":\"CRITICAL\"", 18 },
    };

    line->mask = mask;
    line->record = NULL;
    line->plain = 0;
    line->span_count = 0;
    t2m_json_begin(&line->json, buffer, room);
    memcpy(buffer, start->bytes, sizeof(start->bytes));
    memcpy(buffer + sizeof(start->bytes), levels[level].bytes, sizeof(levels[level].bytes));
    line->json.next = buffer + sizeof(start->bytes) + levels[level].size;
}

void t2m_line_gather(t2m_line_t *line, t2m_record_t *record)
{
    line->record = record;
    line->plain = 0;
}

/* As it is between its quotes; nonzero when it was so before. */
static int put_text(t2m_json_t *json, t2m_text_t text)
{
    char *from = json->next;

    t2m_json_string_begin(json);
    t2m_json_string_bytes(json, text.data, text.size);
    t2m_json_string_end(json);
    return (apr_size_t)(json->next - from) == text.size + 2 && !json->full && !json->lossy;
}

static void put_masked(t2m_json_t *json, t2m_text_t text, const t2m_mask_span_t *span,
                       apr_size_t count)
{
    char replacement[T2M_MASK_REPLACEMENT_MAX];
    const t2m_mask_span_t *end = span + count;
    apr_size_t at = 0;

    t2m_json_string_begin(json);
    for (; span < end && !json->full; span++) {
        t2m_json_string_bytes(json, text.data + at, span->start - at);
        t2m_json_string_plain(json, replacement, t2m_mask_replacement(span, replacement));
        at = span->end;
    }
    t2m_json_string_bytes(json, text.data + at, text.size - at);
    t2m_json_string_end(json);
}

/* Apart, so that the spans take no stack where nothing is searched. */
static __attribute__((noinline)) int put_searched(t2m_line_t *line, t2m_content_e content,
                                                  t2m_text_t text)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];
    apr_size_t count = t2m_mask_find(line->mask, content, text, spans);

    if (count == 0) {
        return put_text(&line->json, text);
    }
    line->span_count += count;
    if (line->span_count > SPANS_MAX) {
        fail(&line->json);
        return 0;
    }
    put_masked(&line->json, text, spans, count);
    return 0;
}

int t2m_line_value(t2m_line_t *line, t2m_content_e content, t2m_text_t text)
{
    return content == T2M_CONTENT_SAFE ? put_text(&line->json, text)
                                       : put_searched(line, content, text);
}

void t2m_line_foreign(t2m_line_t *line, const t2m_field_t *field)
{
    if (line->record) {
        t2m_record_foreign(line->record, field);
    }
    else {
        fail(&line->json);
    }
}

apr_size_t t2m_line_end(t2m_line_t *line)
{
    t2m_json_t *json = &line->json;

    if (json->lossy) {
        json->comma = 1;
        t2m_json_name(json, "lossy");
        t2m_json_boolean(json, 1);
    }
    return json->full ? 0 : t2m_json_size(json);
}
