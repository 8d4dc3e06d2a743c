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

/* From a record to its line. A record that fits, as nearly all do, is written in one pass; only
 * one that does not is written again under tighter caps until it fits. Pure; any thread. */
#include "core/encode.h"

#include <string.h>

#include "core/json.h"
#include "core/rows.h"
#include "core/timestamp.h"

enum {
    LONG_TEXT = 512,  /* texts are cut down to this before items are left out */
    SHORT_TEXT = 24,  /* texts are never cut below this */
    OWN_TEXT = 128,   /* nor our own words (ids above all) below this: half an id finds nothing */
    ROWS_KEPT = 2,    /* newest rows that stay until texts are cut */
    NOTE_SIZE = 64    /* room for what stands in the place of left-out items */
};

typedef struct {
    t2m_json_t json;
    const t2m_record_t *record;
    apr_size_t text_cap; /* the most bytes of the line that a text or an item may take */
    apr_size_t item_cap; /* the most items of an array; even */
    apr_size_t row_cap;  /* the most rows of a ROWS field */
    int truncated;
} encoding_t;

/* A part of a field's text and the masked spans inside. */
typedef struct {
    const char *text; /* the whole field's: spans count from here */
    apr_size_t start, end;
    const t2m_mask_span_t *span, *span_end;
} part_t;

/* Walks over the items of an array. */
typedef struct {
    part_t item;
    apr_size_t size; /* of the whole text */
    apr_size_t next; /* where the next item starts */
    const t2m_mask_span_t *last_span;
} items_t;

static part_t whole_text(const t2m_record_t *record, const t2m_field_t *field)
{
    part_t part;

    part.text = field->text.data;
    part.start = 0;
    part.end = field->text.size;
    part.span = &record->spans[field->span_first];
    part.span_end = part.span + field->span_count;
    return part;
}

static void put_masked(t2m_json_t *json, const part_t *part)
{
    char replacement[T2M_MASK_REPLACEMENT_MAX];
    const t2m_mask_span_t *span;
    apr_size_t at = part->start;

    for (span = part->span; span < part->span_end && !json->full; span++) {
        t2m_json_string_bytes(json, part->text + at, span->start - at);
        t2m_json_string_plain(json, replacement, t2m_mask_replacement(span, replacement));
        at = span->end;
    }
    t2m_json_string_bytes(json, part->text + at, part->end - at);
}

/* A string value of at most cap bytes between its quotes. */
static void put_part(encoding_t *encoding, const part_t *part, apr_size_t cap)
{
    t2m_json_t *json = &encoding->json;
    char *end = json->end;

    t2m_json_string_begin(json);
    if (!json->full && cap < (apr_size_t)(end - json->next)) {
        json->end = json->next + cap;
        put_masked(json, part);
        json->end = end;
        encoding->truncated |= json->full;
        json->full = 0;
    }
    else {
        put_masked(json, part);
    }
    t2m_json_string_end(json);
}

static void put_text(encoding_t *encoding, const t2m_field_t *field)
{
    part_t part = whole_text(encoding->record, field);
    apr_size_t cap = encoding->text_cap;

    if (field->content == T2M_CONTENT_SAFE && cap < OWN_TEXT) {
        cap = OWN_TEXT;
    }
    if (field->cap > 0 && cap > field->cap) {
        cap = field->cap;
    }
    put_part(encoding, &part, cap);
}

static void items_begin(items_t *items, const t2m_record_t *record, const t2m_field_t *field)
{
    items->item = whole_text(record, field);
    items->size = items->item.end;
    items->last_span = items->item.span_end;
    items->item.span_end = items->item.span;
    items->next = 0;
}

/* Steps to the next item; 0 when there is none. A separator inside a span ends nothing. */
static int items_step(items_t *items)
{
    part_t *item = &items->item;
    apr_size_t at = items->next;
    const char *separator;

    if (at >= items->size) {
        return 0;
    }
    item->start = at;
    item->span = item->span_end;
    for (;;) {
        const t2m_mask_span_t *span = item->span_end;
        int masked = span < items->last_span;
        apr_size_t stop = masked ? span->start : items->size;

        separator = memchr(item->text + at, T2M_LINE_SEPARATOR, stop - at);
        if (separator || !masked) {
            break;
        }
        at = span->end;
        item->span_end++;
    }
    item->end = separator ? (apr_size_t)(separator - item->text) : items->size;
    items->next = item->end + 1;
    return 1;
}

static apr_size_t count_items(const t2m_record_t *record, const t2m_field_t *field)
{
    items_t items;
    apr_size_t count = 0;

    items_begin(&items, record, field);
    while (items_step(&items)) {
        count++;
    }
    return count;
}

/* Says how many items are missing, between those before and those behind. */
static void put_note(encoding_t *encoding, apr_size_t count)
{
    char buffer[NOTE_SIZE];
    t2m_json_t note;

    t2m_json_begin(&note, buffer, sizeof(buffer));
    t2m_json_string_plain(&note, "... ", 4);
    t2m_json_unsigned(&note, count);
    t2m_json_string_plain(&note, " frames left out ...", 20);
    t2m_json_string(&encoding->json, buffer, t2m_json_size(&note));
    encoding->truncated = 1;
}

static void put_lines(encoding_t *encoding, const t2m_field_t *field)
{
    apr_size_t cap = encoding->item_cap, first_left = APR_SIZE_MAX, count = 0, index;
    items_t items;

    if (cap < APR_SIZE_MAX) {
        count = count_items(encoding->record, field);
        if (count > cap + 1) { /* the note would take the place of a single item */
            first_left = cap / 2;
        }
    }
    t2m_json_open(&encoding->json, '[');
    items_begin(&items, encoding->record, field);
    for (index = 0; items_step(&items) && !encoding->json.full; index++) {
        if (index < first_left || index >= count - cap / 2) {
            put_part(encoding, &items.item, encoding->text_cap);
        }
        else if (index == first_left) {
            put_note(encoding, count - cap);
        }
    }
    t2m_json_close(&encoding->json, ']');
}

static void put_number(t2m_json_t *json, t2m_field_kind_e kind, apr_int64_t number)
{
    if (kind == T2M_FIELD_MILLISECONDS) {
        t2m_json_milliseconds(json, number);
    }
    else if (kind == T2M_FIELD_BOOLEAN) {
        t2m_json_boolean(json, number != 0);
    }
    else {
        t2m_json_integer(json, number);
    }
}

static void put_cell(encoding_t *encoding, const t2m_column_t *column, t2m_text_t cell)
{
    part_t part = { cell.data, 0, cell.size, NULL, NULL };
    apr_int64_t number;

    if (column->kind == T2M_FIELD_TEXT && cell.size > 0) {
        t2m_json_name(&encoding->json, column->name);
        put_part(encoding, &part, encoding->text_cap);
    }
    else if (column->kind != T2M_FIELD_TEXT && t2m_rows_number(cell, &number)) {
        t2m_json_name(&encoding->json, column->name);
        put_number(&encoding->json, column->kind, number);
    }
}

static void put_row(encoding_t *encoding, const t2m_column_t *column, t2m_text_t row)
{
    t2m_json_open(&encoding->json, '{');
    for (; column->name; column++) {
        put_cell(encoding, column, t2m_rows_cell(&row));
    }
    t2m_json_close(&encoding->json, '}');
}

/* The last rows. When none may stay, neither does the member. */
static void put_rows(encoding_t *encoding, const t2m_field_t *field)
{
    apr_size_t count = t2m_rows_count(field->text);
    apr_size_t left_out = count > encoding->row_cap ? count - encoding->row_cap : 0;
    t2m_text_t rest = field->text, row;
    apr_size_t index;

    encoding->truncated |= left_out > 0;
    if (left_out == count) {
        return;
    }
    t2m_json_name(&encoding->json, field->name);
    t2m_json_open(&encoding->json, '[');
    for (index = 0; t2m_rows_next(&rest, &row) && !encoding->json.full; index++) {
        if (index >= left_out) {
            put_row(encoding, field->columns, row);
        }
    }
    t2m_json_close(&encoding->json, ']');
}

static void put_timestamp(t2m_json_t *json, apr_time_t time)
{
    char buffer[T2M_TIMESTAMP_SIZE];

    t2m_timestamp_write(time, buffer);
    t2m_json_string_begin(json);
    t2m_json_string_plain(json, buffer, sizeof(buffer));
    t2m_json_string_end(json);
}

/* A member with its value; OPEN, CLOSE and ROWS are not for here. */
static void put_member(encoding_t *encoding, const t2m_field_t *field)
{
    t2m_json_t *json = &encoding->json;

    t2m_json_name(json, field->name);
    switch (field->kind) {
    case T2M_FIELD_TEXT:
        put_text(encoding, field);
        break;
    case T2M_FIELD_LINES:
        put_lines(encoding, field);
        break;
    case T2M_FIELD_MILLISECONDS:
        t2m_json_milliseconds(json, field->number);
        break;
    case T2M_FIELD_REAL:
        t2m_json_real(json, field->real);
        break;
    case T2M_FIELD_BOOLEAN:
        t2m_json_boolean(json, field->number != 0);
        break;
    case T2M_FIELD_TIMESTAMP:
        put_timestamp(json, field->number);
        break;
    default:
        t2m_json_integer(json, field->number);
        break;
    }
}

/* All fields; what was opened is closed, whatever the record says. */
static void put_fields(encoding_t *encoding)
{
    const t2m_field_t *field = encoding->record->fields;
    const t2m_field_t *end = field + encoding->record->field_count;
    t2m_json_t *json = &encoding->json;
    unsigned depth = 0;

    for (; field < end && !json->full; field++) {
        if (field->kind == T2M_FIELD_OPEN) {
            t2m_json_name(json, field->name);
            t2m_json_open(json, '{');
            depth++;
        }
        else if (field->kind == T2M_FIELD_ROWS) {
            put_rows(encoding, field);
        }
        else if (field->kind != T2M_FIELD_CLOSE) {
            put_member(encoding, field);
        }
        else if (depth > 0) {
            t2m_json_close(json, '}');
            depth--;
        }
    }
    for (; depth > 0; depth--) {
        t2m_json_close(json, '}');
    }
}

static void begin_line(encoding_t *encoding, char *line, apr_size_t room)
{
    t2m_json_begin(&encoding->json, line, room);
    t2m_json_open(&encoding->json, '{');
    encoding->truncated = encoding->record->truncated;
}

/* The size of the line; 0 when it did not fit. */
static apr_size_t end_line(encoding_t *encoding)
{
    t2m_json_t *json = &encoding->json;

    if (json->lossy) {
        t2m_json_name(json, "lossy");
        t2m_json_boolean(json, 1);
    }
    if (encoding->truncated) {
        t2m_json_name(json, "truncated");
        t2m_json_boolean(json, 1);
    }
    return json->full ? 0 : t2m_json_size(json);
}

static apr_size_t encode_fields(encoding_t *encoding, char *line, apr_size_t room)
{
    begin_line(encoding, line, room);
    put_fields(encoding);
    return end_line(encoding);
}

/* The first field of that name that is in no object; NULL when there is none. */
static const t2m_field_t *find_top_field(const t2m_record_t *record, const char *name)
{
    const t2m_field_t *field = record->fields;
    const t2m_field_t *end = field + record->field_count;
    unsigned depth = 0;

    for (; field < end; field++) {
        if (field->kind == T2M_FIELD_OPEN) {
            depth++;
        }
        else if (field->kind == T2M_FIELD_CLOSE) {
            depth -= depth > 0;
        }
        else if (depth == 0 && strcmp(field->name, name) == 0) {
            return field;
        }
    }
    return NULL;
}

/* What a line must say at least; fits into T2M_LINE_MIN whatever the record holds. */
static apr_size_t encode_essentials(encoding_t *encoding, char *line, apr_size_t room)
{
    static const struct {
        const char *name;
        apr_size_t cap;
    } essentials[] = {
        { "timestamp", SHORT_TEXT }, { "level", SHORT_TEXT }, { "message", LONG_TEXT },
        { "request_id", OWN_TEXT }
    };
    apr_size_t i;

    begin_line(encoding, line, room);
    encoding->truncated = 1;
    for (i = 0; i < sizeof(essentials) / sizeof(essentials[0]); i++) {
        const t2m_field_t *field = find_top_field(encoding->record, essentials[i].name);

        if (field && field->kind != T2M_FIELD_LINES && field->kind != T2M_FIELD_ROWS) {
            encoding->text_cap = essentials[i].cap;
            put_member(encoding, field);
        }
    }
    return end_line(encoding);
}

/* The largest power of two below the number of items in the longest array, at least 1. */
static apr_size_t first_item_cap(const t2m_record_t *record)
{
    apr_size_t cap = 1, i;

    for (i = 0; i < record->field_count; i++) {
        if (record->fields[i].kind == T2M_FIELD_LINES) {
            apr_size_t count = count_items(record, &record->fields[i]);

            while (cap * 2 < count) {
                cap *= 2;
            }
        }
    }
    return cap;
}

/* Leaves out rows by halves, the first ones, until the line fits or so many are kept. Returns as
 * encode_fields. */
static apr_size_t cut_rows(encoding_t *encoding, apr_size_t kept, char *line, apr_size_t room)
{
    apr_size_t size = 0;

    while (size == 0 && encoding->row_cap > kept) {
        encoding->row_cap = encoding->row_cap / 2 > kept ? encoding->row_cap / 2 : kept;
        size = encode_fields(encoding, line, room);
    }
    return size;
}

static apr_size_t most_rows(const t2m_record_t *record)
{
    apr_size_t most = 0, i;

    for (i = 0; i < record->field_count; i++) {
        if (record->fields[i].kind == T2M_FIELD_ROWS) {
            apr_size_t count = t2m_rows_count(record->fields[i].text);

            most = count > most ? count : most;
        }
    }
    return most;
}

/* The same for long texts: the cap by halves, from a half of the line down. */
static apr_size_t cut_long_texts(encoding_t *encoding, char *line, apr_size_t room)
{
    apr_size_t size;

    encoding->text_cap = room;
    do {
        encoding->text_cap /= 2;
        size = encode_fields(encoding, line, room);
    } while (size == 0 && encoding->text_cap / 2 >= LONG_TEXT);
    return size;
}

/* Tightens one cap after the other by halves. */
static apr_size_t encode_cut(encoding_t *encoding, char *line, apr_size_t room)
{
    apr_size_t size, cap;

    encoding->row_cap = most_rows(encoding->record);
    size = cut_rows(encoding, ROWS_KEPT, line, room);
    if (size == 0) {
        size = cut_long_texts(encoding, line, room);
    }
    if (size == 0) {
        size = cut_rows(encoding, 0, line, room);
    }
    for (cap = first_item_cap(encoding->record); size == 0 && cap >= 2; cap /= 2) {
        encoding->item_cap = cap;
        size = encode_fields(encoding, line, room);
    }
    while (size == 0 && encoding->text_cap / 2 >= SHORT_TEXT) {
        encoding->text_cap /= 2;
        size = encode_fields(encoding, line, room);
    }
    return size > 0 ? size : encode_essentials(encoding, line, room);
}

/* All of it, or 0. */
static apr_size_t encode_whole(encoding_t *encoding, const t2m_record_t *record, char *line,
                               apr_size_t room)
{
    encoding->record = record;
    encoding->text_cap = APR_SIZE_MAX;
    encoding->item_cap = APR_SIZE_MAX;
    encoding->row_cap = APR_SIZE_MAX;
    return encode_fields(encoding, line, room);
}

apr_size_t t2m_encode_whole(const t2m_record_t *record, char *line, apr_size_t limit)
{
    encoding_t encoding;

    return encode_whole(&encoding, record, line, limit - T2M_LINE_TAIL);
}

apr_size_t t2m_encode(const t2m_record_t *record, char *line, apr_size_t limit)
{
    apr_size_t room = limit - T2M_LINE_TAIL;
    encoding_t encoding;
    apr_size_t size = encode_whole(&encoding, record, line, room);

    return size > 0 ? size : encode_cut(&encoding, line, room);
}

apr_size_t t2m_encode_stream(t2m_stream_e stream, char *out)
{
    const char *name = t2m_stream_name(stream);
    t2m_json_t json;

    if (!name) {
        return 0;
    }
    t2m_json_begin(&json, out, T2M_LINE_TAIL);
    json.comma = 1;
    t2m_json_name(&json, "stream");
    t2m_json_string(&json, name, strlen(name));
    return t2m_json_size(&json);
}

apr_size_t t2m_encode_tail(apr_uint64_t seq, char *out)
{
    t2m_json_t json;

    t2m_json_begin(&json, out, T2M_LINE_TAIL);
    json.comma = 1;
    t2m_json_name(&json, "seq");
    t2m_json_unsigned(&json, seq);
    t2m_json_close(&json, '}');
    t2m_json_string_plain(&json, "\n", 1);
    return t2m_json_size(&json);
}

apr_size_t t2m_encode_repeated(apr_uint64_t repeated, char *out)
{
    t2m_json_t json;

    t2m_json_begin(&json, out, T2M_LINE_TAIL);
    json.comma = 1;
    t2m_json_name(&json, "repeated");
    t2m_json_unsigned(&json, repeated);
    return t2m_json_size(&json);
}
