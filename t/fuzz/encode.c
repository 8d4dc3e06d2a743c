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

/* Any record under any limit: one line that parses, within its limit, the same each time, and
 * nothing of a secret in it. The input is a limit (three bytes), a stream, a time (two), a
 * level, a layout, then fields: kind, number, and for texts content, size, bytes and spans. The
 * same input also makes rows, which come back as they were written. */
#include "core/encode.h"
#include "core/extra.h"
#include "core/rows.h"
#include "core/timestamp.h"

#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "utf8_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TEXT_MAX = 12000, PIECE_MAX = 64 };

/* Stands in every secret and nowhere else: no replacement and no escape has its first byte. */
#define SECRET "S3cr3t"

typedef struct {
    const uint8_t *next, *end;
} input_t;

typedef struct {
    char bytes[T2M_RECORD_FIELDS_MAX][TEXT_MAX];
    unsigned count;
} texts_t;

/* Unique, as the hooks' names are. */
static const char *const names[T2M_RECORD_FIELDS_MAX] = {
    "message", "request_id", "exception", "type", "traceback", "path", "query", "status",
    "a0", "a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "a9", "b0", "b1", "b2", "b3", "b4", "b5",
    "b6", "b7", "b8", "b9", "c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8", "c9", "d0", "d1",
    "d2", "d3", "d4", "d5", "d6", "d7", "d8", "d9", "e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7",
    "e8", "e9", "f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "g0", "g1", "g2", "g3",
    "g4", "g5", "g6", "g7", "g8", "g9", "h0", "h1"
};

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static unsigned take(input_t *input)
{
    return input->next < input->end ? *input->next++ : 0;
}

/* Small limits more often than large ones: more is cut, and faster. */
static apr_size_t take_limit(input_t *input)
{
    apr_size_t low = take(input), high = take(input);
    apr_size_t above = (high << 8 | low) % (T2M_LINE_MAX - T2M_LINE_MIN + 1);

    return T2M_LINE_MIN + (above >> take(input) % 8);
}

/* Repeats a piece of the input, so that short inputs make long texts. */
static apr_size_t fill(input_t *input, char *out)
{
    apr_size_t piece = take(input) % PIECE_MAX;
    unsigned exponent = take(input) % 16;
    apr_size_t left = (apr_size_t)(input->end - input->next), size, i;

    piece = piece < left ? piece : left;
    size = piece == 0 ? 0 : piece << exponent;
    size = size < TEXT_MAX ? size : TEXT_MAX;
    for (i = 0; i < size; i++) {
        out[i] = (char)input->next[i % piece];
        if (out[i] == SECRET[0]) {
            out[i] = 's';
        }
    }
    input->next += piece;
    return size;
}

/* Marks parts of the field added last; each holds as much of the secret as has room. */
static void add_spans(input_t *input, t2m_record_t *record, char *bytes)
{
    t2m_field_t *field = &record->fields[record->field_count - 1];
    unsigned wanted = take(input) % 32;
    apr_size_t at = 0;

    field->span_first = record->span_count;
    while (wanted-- > 0 && record->span_count < T2M_RECORD_SPANS_MAX) {
        t2m_mask_span_t *span = &record->spans[record->span_count];
        apr_size_t start = at + take(input), length = 1 + take(input), i;

        if (start + length > field->text.size) {
            break;
        }
        memset(span, 0, sizeof(*span));
        span->start = (apr_uint32_t)start;
        span->end = (apr_uint32_t)(start + length);
        span->rule = (unsigned char)(take(input) % T2M_MASK_RULE_COUNT);
        memcpy(span->last4, "1234", sizeof(span->last4));
        for (i = 0; i < length && i < strlen(SECRET); i++) {
            bytes[start + i] = SECRET[i];
        }
        at = span->end;
        record->span_count++;
        field->span_count++;
    }
}

static void add_text(input_t *input, t2m_record_t *record, texts_t *texts, int lines,
                     const char *name)
{
    t2m_content_e content = take(input) % 2 ? T2M_CONTENT_MESSAGE : T2M_CONTENT_SAFE;
    char *bytes = texts->bytes[texts->count++];
    t2m_text_t text = t2m_text_of(bytes, fill(input, bytes));
    unsigned before = record->field_count;

    if (lines) {
        t2m_record_lines(record, name, content, text);
    }
    else {
        t2m_record_text(record, name, content, text);
    }
    if (record->field_count > before) {
        add_spans(input, record, bytes);
    }
}

/* As the C API adds them; a text may come with secrets that only the masking before marks. */
static void add_foreign(input_t *input, t2m_record_t *record, const char *name, apr_int64_t number)
{
    t2m_field_t field = take(input) % 2 ? t2m_field_real(name, (double)number / 3)
                                        : t2m_field_text(name, t2m_text("a text \xff of others"));

    t2m_record_foreign(record, &field);
}

static void add_rows(input_t *input, t2m_record_t *record, texts_t *texts, const char *name)
{
    static const t2m_column_t columns[] = { { "offset_ms", T2M_FIELD_MILLISECONDS },
                                            { "level", T2M_FIELD_TEXT },
                                            { "message", T2M_FIELD_TEXT },
                                            { NULL, T2M_FIELD_TEXT } };
    char *bytes = texts->bytes[texts->count++];

    t2m_record_rows(record, name, columns, t2m_text_of(bytes, fill(input, bytes)));
}

/* Written by parts of the input, read again: cells come back but for separators in them. */
static void check_rows(const uint8_t *data, size_t size)
{
    char buffer[64];
    t2m_text_t text, rest, row;
    t2m_rows_t rows;
    size_t at;

    t2m_rows_begin(&rows, buffer, size > 0 ? data[0] % sizeof(buffer) : 0);
    for (at = 0; at < size && at < 200; at += 3) {
        t2m_rows_add(&rows, t2m_text_of((const char *)data + at, size - at < 5 ? size - at : 5));
        if (data[at] % 2) {
            t2m_rows_end(&rows);
        }
    }
    text = rest = t2m_rows_text(&rows);
    require(text.data == buffer && text.size <= (size > 0 ? data[0] % sizeof(buffer) : 0));
    require(text.size == 0 || text.data[text.size - 1] == T2M_LINE_SEPARATOR);
    while (t2m_rows_next(&rest, &row)) {
        while (row.size > 0) {
            t2m_text_t cell = t2m_rows_cell(&row);

            require(cell.size <= 5 && memchr(cell.data, T2M_LINE_SEPARATOR, cell.size) == NULL);
        }
    }
}

static void add_field(input_t *input, t2m_record_t *record, texts_t *texts, const char *name)
{
    unsigned kind = take(input) % 14;
    apr_int64_t number = (apr_int64_t)((apr_uint64_t)take(input) << (take(input) % 64));

    switch (kind) {
    case 0:
        t2m_record_integer(record, name, number);
        break;
    case 1:
        t2m_record_milliseconds(record, name, number);
        break;
    case 2:
        t2m_record_boolean(record, name, (int)take(input) % 2);
        break;
    case 3:
        t2m_record_open(record, name);
        break;
    case 4:
        t2m_record_close(record);
        break;
    case 12:
        add_foreign(input, record, name, number);
        break;
    case 13:
        add_rows(input, record, texts, name);
        break;
    default:
        add_text(input, record, texts, kind >= 9, name);
        break;
    }
}

static void require_clean(const char *line, apr_size_t size)
{
    const unsigned char *bytes = (const unsigned char *)line;
    apr_size_t at = 0;

    require(memmem(line, size, SECRET, strlen(SECRET)) == NULL);
    require(memchr(line, SECRET[0], size) == NULL);
    while (at < size) {
        int valid;
        apr_size_t taken;

        if (bytes[at] >= 0x20 && bytes[at] < 0x7f) { /* nearly all, and the model is slow */
            at++;
            continue;
        }
        taken = model_character(bytes + at, size - at, &valid);
        require(valid);
        require(!model_is_escaped(model_code_point(bytes + at, taken)));
        at += taken;
    }
}

static void require_members(const char *line, apr_size_t size, const t2m_record_t *record)
{
    json_t *object = json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);

    require(json_is_object(object));
    require(json_string_length(json_object_get(object, "timestamp")) == T2M_TIMESTAMP_SIZE);
    require(json_is_string(json_object_get(object, "level")));
    require(json_is_string(json_object_get(object, "stream")));
    require(json_is_integer(json_object_get(object, "seq")));
    require(!record->truncated || json_is_true(json_object_get(object, "truncated")));
    json_decref(object);
}

static void check(const t2m_record_t *record, apr_size_t limit)
{
    char *line = malloc(limit), *again = malloc(limit);
    apr_size_t size, tail;

    require(line && again);
    memset(line, '#', limit);
    size = t2m_encode(record, line, limit);
    require(size > 0 && size <= limit - T2M_LINE_TAIL && line[limit - T2M_LINE_TAIL] == '#');
    require(t2m_encode(record, again, limit) == size && memcmp(line, again, size) == 0);
    require_clean(line, size);
    tail = t2m_encode_stream(record->stream, line + size);
    tail += t2m_encode_tail(APR_INT64_MAX, line + size + tail);
    require(tail <= T2M_LINE_TAIL && line[size + tail - 1] == '\n');
    require(memchr(line, '\n', size + tail - 1) == NULL);
    require_members(line, size + tail, record);
    free(line);
    free(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static texts_t texts;
    static t2m_record_t record;
    input_t input = { data, data + size };
    apr_size_t limit = take_limit(&input);
    t2m_stream_e stream = (t2m_stream_e)(take(&input) % T2M_STREAM_COUNT);
    t2m_layout_e layout;
    apr_time_t time;
    unsigned i;

    time = (apr_time_t)((apr_uint64_t)take(&input) << (take(&input) % 64));
    texts.count = 0;
    memset(&record, 0xa5, sizeof(record));
    t2m_record_begin(&record, stream, (t2m_level_e)(take(&input) % T2M_LEVEL_COUNT), time);
    layout = (t2m_layout_e)(take(&input) % 3);
    for (i = 0; i < T2M_RECORD_FIELDS_MAX && input.next < input.end; i++) {
        add_field(&input, &record, &texts, names[i]);
    }
    t2m_extra_arrange(&record, layout);
    check(&record, limit);
    check_rows(data, size);
    return 0;
}
