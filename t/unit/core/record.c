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

/* Gathering fields, and sharing the record's spans among them. */
#include "core/record.h"

#include <stdlib.h>

#include <apr_general.h>

#include "tap.h"

static t2m_record_t record;

static int is_named(unsigned index, const char *name, t2m_field_kind_e kind)
{
    const t2m_field_t *field = &record.fields[index];

    return index < record.field_count && field->kind == kind
           && (name ? field->name && strcmp(field->name, name) == 0 : field->name == NULL);
}

static void test_fields(void)
{
    memset(&record, 0xff, sizeof(record));
    t2m_record_begin(&record, T2M_STREAM_SECURITY, T2M_LEVEL_WARNING, 123456789);
    t2m_record_text(&record, "path", T2M_CONTENT_PATH, t2m_text_of("/a/b", 2));
    t2m_record_text(&record, "empty", T2M_CONTENT_NAME, t2m_text(""));
    t2m_record_string(&record, "absent", T2M_CONTENT_NAME, NULL);
    t2m_record_string(&record, "method", T2M_CONTENT_NAME, "GET");
    t2m_record_open(&record, "exception");
    t2m_record_lines(&record, "traceback", T2M_CONTENT_MESSAGE, t2m_text(NULL));
    t2m_record_close(&record);
    t2m_record_integer(&record, "status", -200);
    t2m_record_boolean(&record, "blocked", 4);
    t2m_record_milliseconds(&record, "duration_ms", 12345);

    is_number(record.stream, T2M_STREAM_SECURITY, "stream");
    is_number(record.level, T2M_LEVEL_WARNING, "level");
    is_number(record.time, 123456789, "time");
    is_number(record.field_count, 10, "absent texts are no fields");
    ok(!record.truncated, "nothing was left out");
    ok(is_named(0, "timestamp", T2M_FIELD_TIMESTAMP), "timestamp");
    is_number(record.fields[0].number, 123456789, "its moment");
    ok(is_named(1, "level", T2M_FIELD_TEXT), "level");
    is_bytes(record.fields[1].text.data, record.fields[1].text.size, "WARNING", "its name");
    is_number(record.fields[1].content, T2M_CONTENT_SAFE, "our own word");
    ok(is_named(2, "path", T2M_FIELD_TEXT), "path");
    is_bytes(record.fields[2].text.data, record.fields[2].text.size, "/a", "its bytes");
    is_number(record.fields[2].content, T2M_CONTENT_PATH, "its content");
    is_number(record.fields[2].span_count, 0, "no spans before masking");
    ok(is_named(3, "method", T2M_FIELD_TEXT), "method");
    ok(is_named(4, "exception", T2M_FIELD_OPEN), "exception");
    ok(is_named(5, "traceback", T2M_FIELD_LINES), "an empty array stays");
    ok(is_named(6, NULL, T2M_FIELD_CLOSE), "close");
    ok(is_named(7, "status", T2M_FIELD_INTEGER), "status");
    is_number(record.fields[7].number, -200, "its number");
    ok(is_named(8, "blocked", T2M_FIELD_BOOLEAN), "blocked");
    is_number(record.fields[8].number, 1, "true is 1");
    ok(is_named(9, "duration_ms", T2M_FIELD_MILLISECONDS), "duration_ms");
    is_number(record.fields[9].number, 12345, "its microseconds");
}

static void test_too_many_fields(void)
{
    int i;

    t2m_record_begin(&record, T2M_STREAM_APP, T2M_LEVEL_INFO, 0);
    for (i = 2; i < T2M_RECORD_FIELDS_MAX; i++) {
        t2m_record_integer(&record, "number", i);
    }
    ok(!record.truncated, "as many fields as there is room for");
    t2m_record_string(&record, "more", T2M_CONTENT_NAME, "");
    ok(!record.truncated, "an empty text needs no room");
    t2m_record_string(&record, "more", T2M_CONTENT_NAME, "x");
    ok(record.truncated, "one more is left out, and the record says so");
    t2m_record_integer(&record, "more", 1);
    t2m_record_open(&record, "more");
    t2m_record_close(&record);
    is_number(record.field_count, T2M_RECORD_FIELDS_MAX, "the count stays");
}

static void test_facts(void)
{
    record.facts.flags = 3;
    record.facts.name = t2m_text("left");
    t2m_record_begin(&record, T2M_STREAM_APP, T2M_LEVEL_INFO, 0);
    ok(!record.facts.flags && !record.facts.name.size, "a new record has no facts");
}

static void add_foreign(t2m_field_t field)
{
    t2m_record_foreign(&record, &field);
}

static void test_foreign(void)
{
    t2m_record_begin(&record, T2M_STREAM_APP, T2M_LEVEL_INFO, 0);
    t2m_record_open(&record, "exception");
    t2m_record_string(&record, "inner", T2M_CONTENT_SAFE, "x");
    t2m_record_close(&record);
    add_foreign(t2m_field_text("level", t2m_text("theirs")));
    add_foreign(t2m_field_text("exception", t2m_text("theirs")));
    add_foreign(t2m_field_text("empty", t2m_text("")));
    is_number(record.field_count, 5, "names that are there and empty texts are left out");
    add_foreign(t2m_field_text("inner", t2m_text("theirs")));
    ok(is_named(5, "inner", T2M_FIELD_TEXT), "what an object holds is another name");
    is_number(record.fields[5].content, T2M_CONTENT_MESSAGE, "a text is searched");
    is_number(record.fields[5].cap, T2M_FOREIGN_TEXT_MAX, "and capped");
    add_foreign(t2m_field_integer("user_id", -42));
    ok(is_named(6, "user_id", T2M_FIELD_INTEGER) && record.fields[6].number == -42, "a number");
    add_foreign(t2m_field_real("score", 0.5));
    ok(is_named(7, "score", T2M_FIELD_REAL) && record.fields[7].real == 0.5, "a fraction");
    add_foreign(t2m_field_boolean("paid", 8));
    ok(is_named(8, "paid", T2M_FIELD_BOOLEAN) && record.fields[8].number == 1, "true");
    add_foreign(t2m_field_integer("user_id", 7));
    is_number(record.field_count, 9, "the first of two names wins");
    while (record.field_count < T2M_RECORD_FIELDS_MAX) {
        t2m_record_integer(&record, "number", 1);
    }
    ok(!record.truncated, "full");
    add_foreign(t2m_field_integer("more", 7));
    ok(record.truncated && record.field_count == T2M_RECORD_FIELDS_MAX, "one too many");
}

static void test_remove(void)
{
    t2m_record_begin(&record, T2M_STREAM_APP, T2M_LEVEL_INFO, 0);
    t2m_record_open(&record, "exception");
    t2m_record_open(&record, "deeper");
    t2m_record_string(&record, "ip", T2M_CONTENT_SAFE, "inside");
    t2m_record_close(&record);
    t2m_record_close(&record);
    t2m_record_string(&record, "ip", T2M_CONTENT_SAFE, "outside");
    t2m_record_integer(&record, "line", 3);
    t2m_record_remove(&record, "absent");
    is_number(record.field_count, 9, "what is not there cannot go");
    t2m_record_remove(&record, "ip");
    is_number(record.field_count, 8, "a field");
    ok(is_named(4, "ip", T2M_FIELD_TEXT) && is_named(7, "line", T2M_FIELD_INTEGER),
       "and not that of an object");
    t2m_record_remove(&record, "exception");
    ok(record.field_count == 3 && is_named(2, "line", T2M_FIELD_INTEGER), "an object goes whole");
    t2m_record_open(&record, "open");
    t2m_record_integer(&record, "left", 3);
    t2m_record_remove(&record, "open");
    is_number(record.field_count, 3, "also when it was left open");
}

static int is_redacted(unsigned index)
{
    const t2m_field_t *field = &record.fields[index];

    return field->kind == T2M_FIELD_TEXT && field->span_count == 0
           && is_bytes(field->text.data, field->text.size, "[REDACTED]", field->name);
}

static void test_mask_by_name(const t2m_mask_t *mask, const t2m_mask_t *off)
{
    int i;

    for (i = 0; i < 2; i++) {
        t2m_record_begin(&record, T2M_STREAM_APP, T2M_LEVEL_INFO, 0);
        add_foreign(t2m_field_text("password", t2m_text("hunter2")));
        add_foreign(t2m_field_integer("pin_token", 1234));
        add_foreign(t2m_field_text("authorization", t2m_text("x")));
        add_foreign(t2m_field_text("user_id", t2m_text("42")));
        add_foreign(t2m_field_text("feature", t2m_text("x")));
        t2m_record_string(&record, "secret", T2M_CONTENT_SAFE, "ours");
        t2m_record_mask(&record, i == 0 ? mask : off);
        if (i == 0) {
            is_redacted(2);
            is_redacted(3);
            is_redacted(4);
        }
        else {
            is_bytes(record.fields[2].text.data, record.fields[2].text.size, "hunter2", "off");
            is_number(record.fields[3].number, 1234, "off: a number");
        }
        is_bytes(record.fields[5].text.data, record.fields[5].text.size, "42", "no secret");
        is_bytes(record.fields[6].text.data, record.fields[6].text.size, "x", "another");
        is_bytes(record.fields[7].text.data, record.fields[7].text.size, "ours",
                 "our own names are not asked");
    }
    t2m_record_mask(&record, mask);
    t2m_record_mask(&record, mask);
    is_redacted(3);
    is_number(record.span_count, 0, "no span is needed");
}

/* The span of a field's only secret, as a piece of the field's text. */
static int is_span(unsigned index, const char *want)
{
    const t2m_field_t *field = &record.fields[index];
    const t2m_mask_span_t *span = &record.spans[field->span_first];

    if (field->span_count != 1) {
        return ok(0, "%s: %d spans", want, field->span_count);
    }
    return is_bytes(field->text.data + span->start, span->end - span->start, want, want);
}

static void test_mask(const t2m_mask_t *mask)
{
    t2m_record_begin(&record, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, 0);
    t2m_record_string(&record, "query", T2M_CONTENT_QUERY, "a=b&password=first1&c=d");
    t2m_record_string(&record, "message", T2M_CONTENT_SAFE, "password=notsearched");
    t2m_record_lines(&record, "traceback", T2M_CONTENT_MESSAGE,
                     t2m_text("f(x)\x1e"
                              "raise password=second2 now"));
    t2m_record_integer(&record, "status", 200);
    t2m_record_string(&record, "referer", T2M_CONTENT_URL, "http://x/?password=third3");
    t2m_record_mask(&record, mask);
    is_span(2, "first1");
    is_number(record.fields[3].span_count, 0, "our own words are not searched");
    is_span(4, "second2");
    is_number(record.fields[5].span_count, 0, "nor numbers");
    is_span(6, "third3");
    is_number(record.span_count, 3, "spans of the record");
    t2m_record_mask(&record, mask);
    is_number(record.span_count, 3, "masking again changes nothing");
    is_span(6, "third3");
}

static void test_clean(const t2m_mask_t *mask)
{
    t2m_record_begin(&record, T2M_STREAM_APP, T2M_LEVEL_INFO, 0);
    t2m_record_clean(&record, "message", T2M_CONTENT_MESSAGE, t2m_text("password=believed"));
    t2m_record_clean(&record, "app", T2M_CONTENT_SAFE, t2m_text("x"));
    t2m_record_clean(&record, "empty", T2M_CONTENT_MESSAGE, t2m_text(""));
    t2m_record_string(&record, "query", T2M_CONTENT_QUERY, "password=first1");
    is_number(record.field_count, 5, "an empty text is left out");
    is_number(record.fields[2].content, T2M_CONTENT_MESSAGE, "it stays what it is");
    t2m_record_mask(&record, mask);
    is_number(record.fields[2].span_count, 0, "what is known to be clean is not searched");
    ok(record.fields[2].span_first < T2M_RECORD_SPANS_MAX
           && record.fields[3].span_first < T2M_RECORD_SPANS_MAX, "and has a place of its own");
    is_span(4, "first1");
    t2m_record_mask(&record, mask);
    is_span(2, "believed");
}

/* A query with count secrets. The caller frees it. */
static char *secrets(unsigned count)
{
    static const char pair[] = "password=abcdef&";
    char *text = malloc(count * (sizeof(pair) - 1) + 1);
    unsigned i;

    for (i = 0; i < count; i++) {
        memcpy(text + i * (sizeof(pair) - 1), pair, sizeof(pair) - 1);
    }
    text[count * (sizeof(pair) - 1)] = '\0';
    return text;
}

static int is_covered_wholly(const t2m_field_t *field)
{
    const t2m_mask_span_t *span = &record.spans[field->span_first];

    return field->span_count == 1 && span->rule == T2M_MASK_OVERFLOW && span->start == 0
           && span->end == field->text.size;
}

static void test_flood_of_secrets(const t2m_mask_t *mask)
{
    char *many = secrets(60), *single = secrets(1), *ten = secrets(10);
    unsigned i;

    t2m_record_begin(&record, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, 0);
    for (i = 0; i < 6; i++) {
        t2m_record_string(&record, "many", T2M_CONTENT_QUERY, many);
    }
    t2m_record_string(&record, "ten", T2M_CONTENT_QUERY, ten);
    t2m_record_string(&record, "single", T2M_CONTENT_QUERY, single);
    t2m_record_string(&record, "ip", T2M_CONTENT_NAME, "192.0.2.7");
    t2m_record_mask(&record, mask);
    for (i = 2; i < 6; i++) {
        is_number(record.fields[i].span_count, 60, "secrets that fit are replaced one by one");
    }
    ok(is_covered_wholly(&record.fields[6]), "a field whose secrets do not fit goes wholly");
    ok(is_covered_wholly(&record.fields[7]), "the next one too");
    is_number(record.fields[8].span_count, 10, "smaller ones behind them still fit");
    is_number(record.fields[9].span_count, 1, "a single one always");
    is_number(record.fields[10].span_count, 0, "and what holds no secret is shown");
    is_number(record.span_count, 4 * 60 + 2 + 10 + 1, "all spans");
    free(many);
    free(single);
    free(ten);
}

/* Four fields leave four spans for the last one. */
static void test_last_spans(const t2m_mask_t *mask)
{
    char *many = secrets(63);
    unsigned count, i;

    for (count = 4; count <= 5; count++) {
        char *last = secrets(count);

        t2m_record_begin(&record, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, 0);
        for (i = 0; i < 4; i++) {
            t2m_record_string(&record, "many", T2M_CONTENT_QUERY, many);
        }
        t2m_record_string(&record, "last", T2M_CONTENT_QUERY, last);
        t2m_record_mask(&record, mask);
        ok(count == 4 ? record.fields[6].span_count == 4 : is_covered_wholly(&record.fields[6]),
           "%u secrets for the last four spans", count);
        free(last);
    }
    free(many);
}

static void test_every_field_full(const t2m_mask_t *mask)
{
    char *many = secrets(64);
    unsigned i, covered = 0;

    t2m_record_begin(&record, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, 0);
    for (i = 2; i < T2M_RECORD_FIELDS_MAX; i++) {
        t2m_record_string(&record, "many", T2M_CONTENT_QUERY, many);
    }
    t2m_record_mask(&record, mask);
    for (i = 2; i < T2M_RECORD_FIELDS_MAX; i++) {
        covered += record.fields[i].span_count == 64 || is_covered_wholly(&record.fields[i]);
    }
    is_number(covered, T2M_RECORD_FIELDS_MAX - 2, "no field of a full record stays bare");
    ok(record.span_count <= T2M_RECORD_SPANS_MAX, "no span beyond the last");
    free(many);
}

static void test_rows(const t2m_mask_t *mask)
{
    static const t2m_column_t columns[] = { { "text", T2M_FIELD_TEXT }, { NULL, T2M_FIELD_TEXT } };
    unsigned i;

    t2m_record_begin(&record, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 0);
    t2m_record_rows(&record, "none", columns, t2m_text(""));
    is_number(record.field_count, 2, "no rows, no field");
    t2m_record_rows(&record, "rows", columns, t2m_text("password=one\x1e"));
    ok(record.field_count == 3 && record.fields[2].kind == T2M_FIELD_ROWS
           && record.fields[2].columns == columns && record.fields[2].text.size == 13,
       "rows are a field");
    t2m_record_mask(&record, mask);
    is_number(record.span_count, 0, "whoever made the rows has masked them");
    for (i = 0; i < T2M_RECORD_FIELDS_MAX; i++) {
        t2m_record_rows(&record, "more", columns, t2m_text("1"));
    }
    ok(record.field_count == T2M_RECORD_FIELDS_MAX && record.truncated, "rows too many");
}

int main(void)
{
    const t2m_mask_t *mask;
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    mask = t2m_mask_create(pool);
    test_fields();
    test_too_many_fields();
    test_facts();
    test_foreign();
    test_remove();
    test_rows(mask);
    test_mask(mask);
    test_clean(mask);
    test_mask_by_name(mask, t2m_mask_create_off(pool));
    test_flood_of_secrets(mask);
    test_last_spans(mask);
    test_every_field_full(mask);
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
