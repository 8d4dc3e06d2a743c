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

/* Gathering a record's fields, and finding the secrets in them. One record, one thread. */
#include "core/record.h"

/* The next free field; NULL, and the record is truncated, when there is none. */
static t2m_field_t *add_field(t2m_record_t *record, const char *name, t2m_field_kind_e kind)
{
    t2m_field_t *field;

    if (record->field_count == T2M_RECORD_FIELDS_MAX) {
        record->truncated = 1;
        return NULL;
    }
    field = &record->fields[record->field_count++];
    memset(field, 0, sizeof(*field));
    field->name = name;
    field->kind = (unsigned char)kind;
    return field;
}

static void add_text(t2m_record_t *record, const char *name, t2m_field_kind_e kind,
                     t2m_content_e content, t2m_text_t text)
{
    t2m_field_t *field = add_field(record, name, kind);

    if (field) {
        field->text = text;
        field->content = (unsigned char)content;
    }
}

static void add_number(t2m_record_t *record, const char *name, t2m_field_kind_e kind,
                       apr_int64_t number)
{
    t2m_field_t *field = add_field(record, name, kind);

    if (field) {
        field->number = number;
    }
}

void t2m_record_begin(t2m_record_t *record, t2m_stream_e stream, t2m_level_e level,
                      apr_time_t time)
{
    record->time = time;
    record->stream = stream;
    record->level = level;
    record->field_count = 0;
    record->span_count = 0;
    record->truncated = 0;
    record->audit = 0;
    memset(&record->facts, 0, sizeof(record->facts));
    add_number(record, "timestamp", T2M_FIELD_TIMESTAMP, time);
    t2m_record_string(record, "level", T2M_CONTENT_SAFE, t2m_level_name(level));
}

void t2m_record_text(t2m_record_t *record, const char *name, t2m_content_e content,
                     t2m_text_t text)
{
    if (text.size > 0) {
        add_text(record, name, T2M_FIELD_TEXT, content, text);
    }
}

void t2m_record_clean(t2m_record_t *record, const char *name, t2m_content_e content,
                      t2m_text_t text)
{
    apr_uint16_t place = record->field_count;

    t2m_record_text(record, name, content, text);
    if (record->field_count > place && content != T2M_CONTENT_SAFE) {
        record->fields[place].span_first = T2M_FIELD_CLEAN;
    }
}

void t2m_record_string(t2m_record_t *record, const char *name, t2m_content_e content,
                       const char *string)
{
    t2m_record_text(record, name, content, t2m_text(string));
}

void t2m_record_lines(t2m_record_t *record, const char *name, t2m_content_e content,
                      t2m_text_t text)
{
    add_text(record, name, T2M_FIELD_LINES, content, text);
}

void t2m_record_rows(t2m_record_t *record, const char *name, const t2m_column_t *columns,
                     t2m_text_t text)
{
    t2m_field_t *field = text.size > 0 ? add_field(record, name, T2M_FIELD_ROWS) : NULL;

    if (field) {
        field->text = text;
        field->columns = columns;
    }
}

void t2m_record_integer(t2m_record_t *record, const char *name, apr_int64_t value)
{
    add_number(record, name, T2M_FIELD_INTEGER, value);
}

void t2m_record_boolean(t2m_record_t *record, const char *name, int value)
{
    add_number(record, name, T2M_FIELD_BOOLEAN, value != 0);
}

void t2m_record_milliseconds(t2m_record_t *record, const char *name, apr_int64_t microseconds)
{
    add_number(record, name, T2M_FIELD_MILLISECONDS, microseconds);
}

void t2m_record_open(t2m_record_t *record, const char *name)
{
    add_field(record, name, T2M_FIELD_OPEN);
}

void t2m_record_close(t2m_record_t *record)
{
    add_field(record, NULL, T2M_FIELD_CLOSE);
}

static t2m_field_t foreign_field(const char *name, t2m_field_kind_e kind)
{
    t2m_field_t field;

    memset(&field, 0, sizeof(field));
    field.name = name;
    field.kind = (unsigned char)kind;
    field.cap = T2M_FOREIGN_TEXT_MAX;
    return field;
}

t2m_field_t t2m_field_text(const char *name, t2m_text_t text)
{
    t2m_field_t field = foreign_field(name, T2M_FIELD_TEXT);

    field.text = text;
    field.content = T2M_CONTENT_MESSAGE;
    return field;
}

t2m_field_t t2m_field_integer(const char *name, apr_int64_t value)
{
    t2m_field_t field = foreign_field(name, T2M_FIELD_INTEGER);

    field.number = value;
    return field;
}

t2m_field_t t2m_field_real(const char *name, double value)
{
    t2m_field_t field = foreign_field(name, T2M_FIELD_REAL);

    field.real = value;
    return field;
}

t2m_field_t t2m_field_boolean(const char *name, int value)
{
    t2m_field_t field = foreign_field(name, T2M_FIELD_BOOLEAN);

    field.number = value != 0;
    return field;
}

/* Where the field or object of that name begins that is in no object; the count: nowhere. */
static apr_uint16_t find_top(const t2m_record_t *record, const char *name)
{
    unsigned depth = 0;
    apr_uint16_t i;

    for (i = 0; i < record->field_count; i++) {
        const t2m_field_t *field = &record->fields[i];

        if (field->kind == T2M_FIELD_CLOSE) {
            depth -= depth > 0;
            continue;
        }
        if (depth == 0 && strcmp(field->name, name) == 0) {
            break;
        }
        depth += field->kind == T2M_FIELD_OPEN;
    }
    return i;
}

void t2m_record_foreign(t2m_record_t *record, const t2m_field_t *field)
{
    if ((field->kind == T2M_FIELD_TEXT && field->text.size == 0)
        || find_top(record, field->name) < record->field_count) {
        return;
    }
    if (record->field_count == T2M_RECORD_FIELDS_MAX) {
        record->truncated = 1;
        return;
    }
    record->fields[record->field_count++] = *field;
}

/* Behind the field at first, or behind the end of the object that begins there. */
static apr_uint16_t behind(const t2m_record_t *record, apr_uint16_t first)
{
    unsigned depth = 0;
    apr_uint16_t i;

    for (i = first; i < record->field_count; i++) {
        depth += record->fields[i].kind == T2M_FIELD_OPEN;
        depth -= record->fields[i].kind == T2M_FIELD_CLOSE;
        if (depth == 0) {
            return (apr_uint16_t)(i + 1);
        }
    }
    return i;
}

void t2m_record_remove(t2m_record_t *record, const char *name)
{
    apr_uint16_t first = find_top(record, name), next = behind(record, first);

    memmove(&record->fields[first], &record->fields[next],
            (apr_size_t)(record->field_count - next) * sizeof(record->fields[0]));
    record->field_count = (apr_uint16_t)(record->field_count - (next - first));
}

static int is_searched(const t2m_field_t *field)
{
    return (field->kind == T2M_FIELD_TEXT || field->kind == T2M_FIELD_LINES)
           && field->content != T2M_CONTENT_SAFE && field->text.size > 0;
}

static apr_size_t cover_wholly(const t2m_field_t *field, t2m_mask_span_t *span)
{
    memset(span, 0, sizeof(*span));
    span->end = (apr_uint32_t)field->text.size;
    span->rule = T2M_MASK_OVERFLOW;
    return 1;
}

/* Replaces the values, of any kind, whose names say that they are secrets. */
static void mask_by_name(t2m_record_t *record, const t2m_mask_t *mask)
{
    apr_uint16_t i;

    for (i = 0; i < record->field_count; i++) {
        t2m_field_t *field = &record->fields[i];

        if (field->cap > 0 && t2m_mask_is_member(mask, field->name)) {
            field->kind = T2M_FIELD_TEXT;
            field->content = T2M_CONTENT_SAFE;
            field->text = t2m_text("[REDACTED]");
        }
    }
}

/* Masks one field, which may take at most room spans of the record, room being at least 1. */
static void mask_field(t2m_record_t *record, t2m_field_t *field, const t2m_mask_t *mask,
                       apr_size_t room)
{
    t2m_mask_span_t *free_spans = &record->spans[record->span_count];
    t2m_mask_span_t found[T2M_MASK_SPANS_MAX];
    int fits = room >= T2M_MASK_SPANS_MAX; /* whatever is found: no copy is needed */
    apr_size_t count = field->span_first == T2M_FIELD_CLEAN
                           ? 0 : t2m_mask_find(mask, (t2m_content_e)field->content, field->text,
                                               fits ? free_spans : found);

    if (count > room) {
        count = cover_wholly(field, free_spans);
    }
    else if (!fits && count > 0) {
        memcpy(free_spans, found, count * sizeof(*found));
    }
    field->span_first = record->span_count;
    field->span_count = (apr_uint16_t)count;
    record->span_count = (apr_uint16_t)(record->span_count + count);
}

void t2m_record_mask(t2m_record_t *record, const t2m_mask_t *mask)
{
    apr_size_t i, searched = 0;

    mask_by_name(record, mask);
    for (i = 0; i < record->field_count; i++) {
        searched += (apr_size_t)is_searched(&record->fields[i]);
    }
    record->span_count = 0;
    for (i = 0; i < record->field_count; i++) {
        if (is_searched(&record->fields[i])) {
            searched--; /* one span is kept back for each field that is still to come */
            mask_field(record, &record->fields[i], mask,
                       T2M_RECORD_SPANS_MAX - record->span_count - searched);
        }
    }
}
