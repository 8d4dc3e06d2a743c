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

/* See extra.h. Pure; one record, one thread. */
#include "core/extra.h"

static int is_one_of(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0) {
        names++;
    }
    return *names != NULL;
}

static int is_extra(const t2m_record_t *record, const char *name)
{
    static const char *const common[] = {
        "timestamp", "level", "message", "app", "environment", "hostname", "process", "thread",
        "request_id", "trace_id", NULL
    };
    static const char *const of_messages[] = {
        "logger", "exception", "endpoint", "method", "path", "ip", NULL
    };
    int messages = record->stream == T2M_STREAM_APP || record->stream == T2M_STREAM_ERRORS;

    return !is_one_of(name, common) && !(messages && is_one_of(name, of_messages));
}

/* Copies the extra fields to extras and returns their number; moved, the others close up. What is
 * inside of an object goes where the object goes. An end without a beginning goes nowhere. */
static apr_uint16_t take_extras(t2m_record_t *record, int moved, t2m_field_t *extras)
{
    apr_uint16_t i, kept = 0, count = 0;
    unsigned depth = 0;
    int extra = 0;

    for (i = 0; i < record->field_count; i++) {
        t2m_field_t *field = &record->fields[i];
        int close = field->kind == T2M_FIELD_CLOSE;

        if (depth == 0 && !close) {
            extra = is_extra(record, field->name);
        }
        extra = extra && (depth > 0 || !close);
        depth += field->kind == T2M_FIELD_OPEN;
        depth -= close && depth > 0;
        if (extra) {
            extras[count++] = *field;
        }
        if (!extra || !moved) {
            record->fields[kept++] = *field;
        }
    }
    record->field_count = kept;
    return count;
}

static void append(t2m_record_t *record, const t2m_field_t *fields, apr_uint16_t count)
{
    memcpy(&record->fields[record->field_count], fields, count * sizeof(*fields));
    record->field_count = (apr_uint16_t)(record->field_count + count);
}

static void append_bracket(t2m_record_t *record, const char *name, t2m_field_kind_e kind)
{
    t2m_field_t bracket;

    memset(&bracket, 0, sizeof(bracket));
    bracket.name = name;
    bracket.kind = (unsigned char)kind;
    append(record, &bracket, 1);
}

void t2m_extra_arrange(t2m_record_t *record, t2m_layout_e layout)
{
    t2m_field_t extras[T2M_RECORD_FIELDS_MAX];
    apr_uint16_t count;

    if (layout == T2M_LAYOUT_FLAT || record->field_count > T2M_RECORD_FIELDS_MAX) {
        return;
    }
    count = take_extras(record, layout == T2M_LAYOUT_NESTED, extras);
    if (count > 0) {
        append_bracket(record, "extra_fields", T2M_FIELD_OPEN);
        append(record, extras, count);
        append_bracket(record, NULL, T2M_FIELD_CLOSE);
    }
}
