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

/* Lines byte by byte, and what is cut when a line is too long. */
#include "core/encode.h"

#include <stdlib.h>

#include <jansson.h>

#include "tap.h"

static t2m_record_t record;
static char line[T2M_LINE_MAX + 1];

static void begin(void)
{
    t2m_record_begin(&record, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR,
                     APR_INT64_C(1705314645123456));
}

#define BEGINNING "{\"timestamp\":\"2024-01-15T10:30:45.123Z\",\"level\":\"ERROR\""

static void is_line(const char *want, const char *name)
{
    apr_size_t size = t2m_encode(&record, line, 8192);

    is_bytes(line, size, want, name);
}

/* Encodes, checks what every line must keep to, and parses it; NULL when it is not valid. */
static json_t *encode_and_parse(apr_size_t limit)
{
    apr_size_t size;

    memset(line, '#', sizeof(line));
    size = t2m_encode(&record, line, limit);
    if (size == 0 || size > limit - T2M_LINE_TAIL || line[limit - T2M_LINE_TAIL] != '#') {
        return NULL;
    }
    size += t2m_encode_tail(APR_INT64_MAX, line + size);
    if (line[size - 1] != '\n' || memchr(line, '\n', size - 1)) {
        return NULL;
    }
    line[size] = '\0';
    return json_loadb(line, size, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
}

static const char *member(const json_t *object, const char *name)
{
    const char *string = json_string_value(json_object_get(object, name));

    return string ? string : "";
}

/* Marks size bytes from start on in the field added last as a secret. */
static void mask_last(apr_size_t start, apr_size_t size)
{
    t2m_field_t *field = &record.fields[record.field_count - 1];
    t2m_mask_span_t *span = &record.spans[record.span_count];

    memset(span, 0, sizeof(*span));
    span->start = (apr_uint32_t)start;
    span->end = (apr_uint32_t)(start + size);
    span->rule = T2M_MASK_KEY;
    if (field->span_count++ == 0) {
        field->span_first = record.span_count;
    }
    record.span_count++;
}

static void add(const char *name, const char *text)
{
    t2m_record_string(&record, name, T2M_CONTENT_MESSAGE, text);
}

static void add_lines(const char *name, const char *text)
{
    t2m_record_lines(&record, name, T2M_CONTENT_MESSAGE, t2m_text(text));
}

static void test_values(void)
{
    begin();
    is_line(BEGINNING, "nothing but the beginning");
    add("message", "a \"b\"\n");
    t2m_record_integer(&record, "status", 503);
    t2m_record_milliseconds(&record, "duration_ms", 12345);
    t2m_record_boolean(&record, "blocked", 0);
    is_line(BEGINNING ",\"message\":\"a \\\"b\\\"\\n\",\"status\":503,\"duration_ms\":12.345"
                      ",\"blocked\":false",
            "one of each");
    begin();
    t2m_record_open(&record, "exception");
    add("type", "ValueError");
    add_lines("traceback", "one\x1etwo");
    t2m_record_close(&record);
    t2m_record_integer(&record, "code", 1);
    is_line(BEGINNING ",\"exception\":{\"type\":\"ValueError\",\"traceback\":[\"one\",\"two\"]}"
                      ",\"code\":1",
            "an object");
}

static void test_flags(void)
{
    begin();
    add("message", "\xc3\xbc\xff");
    is_line(BEGINNING ",\"message\":\"\xc3\xbc\xef\xbf\xbd\",\"lossy\":true", "lossy");
    record.truncated = 1;
    is_line(BEGINNING ",\"message\":\"\xc3\xbc\xef\xbf\xbd\",\"lossy\":true,\"truncated\":true",
            "lossy and truncated come last");
}

static void test_unbalanced(void)
{
    begin();
    t2m_record_close(&record);
    t2m_record_open(&record, "a");
    t2m_record_open(&record, "b");
    t2m_record_close(&record);
    t2m_record_open(&record, "c");
    record.truncated = 1;
    is_line(BEGINNING ",\"a\":{\"b\":{},\"c\":{}},\"truncated\":true",
            "what is open is closed before the flags");
}

static void test_lines(void)
{
    static const struct {
        const char *text, *want;
    } cases[] = {
        { "", "[]" },
        { "a", "[\"a\"]" },
        { "a\x1e", "[\"a\"]" },
        { "\x1e", "[\"\"]" },
        { "a\x1e\x1e", "[\"a\",\"\"]" },
        { "\x1e""a", "[\"\",\"a\"]" },
        { "a\nb\x1e""c", "[\"a\\nb\",\"c\"]" },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char want[128];

        begin();
        add_lines("t", cases[i].text);
        snprintf(want, sizeof(want), BEGINNING ",\"t\":%s", cases[i].want);
        is_line(want, cases[i].want);
    }
}

static void test_masked(void)
{
    begin();
    add("message", "password=hunter2&x=1");
    mask_last(9, 7);
    is_line(BEGINNING ",\"message\":\"password=[REDACTED]&x=1\"", "in the middle");
    begin();
    add("message", "hunter2");
    mask_last(0, 7);
    is_line(BEGINNING ",\"message\":\"[REDACTED]\"", "all of it");
    begin();
    add("message", "a SECRET SECRET");
    mask_last(2, 6);
    mask_last(9, 6);
    is_line(BEGINNING ",\"message\":\"a [REDACTED] [REDACTED]\"", "twice");
    begin();
    add_lines("t", "k=SECRET\x1eplain\x1eSECRET");
    mask_last(2, 6);
    mask_last(15, 6);
    is_line(BEGINNING ",\"t\":[\"k=[REDACTED]\",\"plain\",\"[REDACTED]\"]", "in items");
    begin();
    add_lines("t", "one\x1eKEY\x1eKEY\x1e""END\x1etwo");
    mask_last(4, 11);
    is_line(BEGINNING ",\"t\":[\"one\",\"[REDACTED]\",\"two\"]", "across separators");
    begin();
    add_lines("t", "one\x1eKEY\x1e");
    mask_last(2, 6);
    is_line(BEGINNING ",\"t\":[\"on[REDACTED]\"]", "over the last separator");
}

static void test_tail(void)
{
    char out[T2M_LINE_TAIL];
    apr_size_t size;

    is_bytes(out, t2m_encode_stream(T2M_STREAM_APP, out), ",\"stream\":\"app\"", "stream");
    is_number((long long)t2m_encode_stream(T2M_STREAM_COUNT, out), 0, "no stream");
    is_bytes(out, t2m_encode_repeated(7, out), ",\"repeated\":7", "repeated");
    size = t2m_encode_repeated(APR_UINT64_MAX, out);
    size += t2m_encode_stream(T2M_STREAM_PERFORMANCE, out + size);
    size += t2m_encode_tail(APR_UINT64_MAX, out + size);
    ok(size <= T2M_LINE_TAIL, "the largest numbers fit beside the longest stream");
    size = t2m_encode_stream(T2M_STREAM_PERFORMANCE, out);
    ok(size + t2m_encode_tail(APR_UINT64_MAX, line) <= sizeof(out),
       "the longest stream and the longest number have room");
    is_bytes(out, t2m_encode_tail(0, out), ",\"seq\":0}\n", "tail of the first line");
    is_bytes(out, t2m_encode_tail(APR_UINT64_MAX, out), ",\"seq\":18446744073709551615}\n",
             "longest tail");
}

/* size bytes made of copies of piece, and a NUL. The caller frees them. */
static char *repeat(const char *piece, size_t size)
{
    char *text = malloc(size + 1);
    size_t i;

    for (i = 0; i < size; i++) {
        text[i] = piece[i % strlen(piece)];
    }
    text[size] = '\0';
    return text;
}

/* The line of a record that just fits has no flag, and one byte less of room cuts. */
static void test_exact_fit(void)
{
    char *text = repeat("x", 2000);
    apr_size_t size;
    json_t *object;

    begin();
    add("message", text);
    size = t2m_encode(&record, line, T2M_LINE_MAX);
    object = encode_and_parse(size + T2M_LINE_TAIL);
    ok(object && !json_object_get(object, "truncated"), "the exact room is enough");
    json_decref(object);
    object = encode_and_parse(size + T2M_LINE_TAIL - 1);
    ok(json_is_true(json_object_get(object, "truncated")), "one byte less is not");
    ok(strlen(member(object, "message")) >= 1000, "half of the room stays for a single long text");
    json_decref(object);
    free(text);
}

static void test_long_texts(void)
{
    static const char *const pieces[] = { "x", "\xc3\xbc", "\xe2\x82\xac", "\xf0\x9f\x98\x80",
                                          "\x01", "\xff", "\xe2\x80\xa8", "\"\\a" };
    size_t i, limit;

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        char *text = repeat(pieces[i], 60000);
        int valid = 1, flagged = 1, whole = 1, short_stays = 1;

        for (limit = T2M_LINE_MIN; limit <= 9000; limit += 97) {
            json_t *object;

            begin();
            add("message", text);
            add("path", text);
            add("request_id", "0190b6f0-7d2c-7a3b-8c4d-5e6f708192a3");
            object = encode_and_parse(limit);
            valid &= object != NULL;
            flagged &= json_is_true(json_object_get(object, "truncated"));
            whole &= pieces[i][0] == '\xff' || !json_object_get(object, "lossy");
            short_stays &= strlen(member(object, "request_id")) == 36;
            json_decref(object);
        }
        ok(valid, "long text %zu: valid and within every limit", i);
        ok(flagged, "and flagged");
        ok(whole, "and no character or escape is parted");
        ok(short_stays, "and short texts stay");
        free(text);
    }
}

/* A replacement is there wholly or not at all, wherever the cut falls. */
static void test_cut_beside_secret(void)
{
    char *text = repeat("abc SECRET ", 2200);
    int whole = 1, found = 0;
    size_t limit, i;

    for (limit = T2M_LINE_MIN; limit < T2M_LINE_MIN + 64; limit++) {
        json_t *object;
        const char *message, *at;

        begin();
        add("message", text);
        for (i = 0; i < 200; i++) {
            mask_last(i * 11 + 4, 6);
        }
        object = encode_and_parse(limit);
        message = member(object, "message");
        whole &= strstr(message, "SECRET") == NULL;
        for (at = strchr(message, '['); at; at = strchr(at + 1, '[')) {
            whole &= strncmp(at, "[REDACTED]", 10) == 0;
            found++;
        }
        json_decref(object);
    }
    ok(whole && found > 0, "no part of a replacement, and nothing of a secret");
    free(text);
}

/* count frames of about 60 bytes with 0x1e between them. The caller frees them. */
static char *frames(unsigned count)
{
    char *text = malloc(count * 80 + 1);
    size_t size = 0;
    unsigned i;

    for (i = 0; i < count; i++) {
        size += (size_t)snprintf(text + size, 80,
                                 "%sFile \"/srv/app/views.py\", line %u, in handler",
                                 i > 0 ? "\x1e" : "", i);
    }
    return text;
}

static json_t *encode_frames(char *text, apr_size_t limit)
{
    begin();
    add("message", "Error in transcribe: File too large");
    t2m_record_open(&record, "exception");
    add("type", "ValueError");
    add_lines("traceback", text);
    t2m_record_close(&record);
    return encode_and_parse(limit);
}

/* Checks the array against all frames: beginning, note, end. */
static void is_middle_left_out(const json_t *array, unsigned count)
{
    size_t size = json_array_size(array), i, note = size, right = 0, missing = 0;
    char want[80];

    for (i = 0; i < size; i++) {
        const char *item = json_string_value(json_array_get(array, i));
        size_t frame = i < note ? i : count - (size - i);

        if (strncmp(item, "... ", 4) == 0) {
            note = i;
            missing = count - (size - 1);
            snprintf(want, sizeof(want), "... %zu frames left out ...", missing);
        }
        else {
            snprintf(want, sizeof(want), "File \"/srv/app/views.py\", line %zu, in handler", frame);
        }
        right += strcmp(item, want) == 0;
    }
    is_number((long long)right, (long long)size, "each item is the one that belongs there");
    ok(missing > 1 && note == size / 2, "the note stands in the middle");
}

static void test_many_frames(void)
{
    static const struct {
        unsigned count;
        apr_size_t limit, at_least;
    } cases[] = {
        { 300, 8192, 65 }, { 300, 1024, 5 }, { 2000, 65536, 1025 },
        { 30, 1024, 5 },   { 20, 1024, 9 },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = frames(cases[i].count);
        json_t *object = encode_frames(text, cases[i].limit);
        const json_t *array = json_object_get(json_object_get(object, "exception"), "traceback");

        ok(json_array_size(array) >= cases[i].at_least, "%u frames in %d: %zu items stay",
           cases[i].count, (int)cases[i].limit, json_array_size(array));
        is_middle_left_out(array, cases[i].count);
        ok(json_is_true(json_object_get(object, "truncated")), "truncated");
        ok(strcmp(member(object, "message"), "Error in transcribe: File too large") == 0,
           "the message stays");
        json_decref(object);
        free(text);
    }
}

/* Where just one frame would have to go it stays: the note is no shorter. */
static void test_few_frames(void)
{
    char *text = frames(17);
    apr_size_t limit;
    unsigned notes = 0, wrong = 0;

    for (limit = T2M_LINE_MIN; limit <= 1400; limit += 5) {
        json_t *object = encode_frames(text, limit);

        notes += strstr(line, " frames left out ...") != NULL;
        wrong += !object || strstr(line, "... 1 frames") || strstr(line, "... 0 frames");
        json_decref(object);
    }
    free(text);
    ok(notes > 0 && wrong == 0, "a note stands for two frames at least");
}

/* Long texts are cut before any frame is left out. */
static void test_texts_before_frames(void)
{
    char *text = repeat("z", 20000), *few = frames(60);
    json_t *object;

    begin();
    add("message", text);
    add("path", text);
    add("query", text);
    add_lines("traceback", few);
    object = encode_and_parse(8192);
    is_number((long long)json_array_size(json_object_get(object, "traceback")), 60,
              "all frames stay beside cut texts");
    ok(strlen(member(object, "message")) >= 512, "and the texts are not cut to nothing");
    json_decref(object);
    free(text);
    free(few);
}

/* Two frames, each too long: both are cut, none is left out. */
static void test_long_frames(void)
{
    char *text = repeat("y", 40000);
    json_t *object;
    const json_t *array;

    text[20000] = T2M_LINE_SEPARATOR;
    object = encode_frames(text, T2M_LINE_MIN);
    array = json_object_get(json_object_get(object, "exception"), "traceback");
    is_number((long long)json_array_size(array), 2, "long frames are cut");
    ok(json_string_length(json_array_get(array, 1)) >= 100, "and something of them stays");
    json_decref(object);
    free(text);
}

/* A record that cannot fit: only what must be said is. */
static void test_essentials(void)
{
    char *text = repeat("\x01", 60000);
    json_t *object;
    int i;

    begin();
    t2m_record_open(&record, "exception");
    add("message", "not this one");
    t2m_record_close(&record);
    for (i = 0; i < 36; i++) {
        t2m_record_string(&record, "some_rather_long_name_of_a_field", T2M_CONTENT_SAFE, text);
    }
    t2m_record_string(&record, "message", T2M_CONTENT_SAFE, text);
    t2m_record_string(&record, "request_id", T2M_CONTENT_SAFE, text);
    object = encode_and_parse(T2M_LINE_MIN);
    is_number((long long)json_object_size(object), 6, "six members stay, seq among them");
    ok(strcmp(member(object, "timestamp"), "2024-01-15T10:30:45.123Z") == 0, "timestamp");
    ok(strcmp(member(object, "level"), "ERROR") == 0, "level");
    ok(strncmp(member(object, "message"), "\x01\x01", 2) == 0, "message");
    ok(member(object, "request_id")[0] == '\x01', "request_id");
    ok(json_is_true(json_object_get(object, "truncated")), "truncated");
    json_decref(object);
    free(text);
}

/* Not even those: what is not there is not made up. */
static void test_fewest_essentials(void)
{
    char *text = repeat("\x01", 200);
    json_t *object;
    int i;

    begin();
    t2m_record_close(&record);
    for (i = 0; i < 40; i++) {
        t2m_record_string(&record, "some_rather_long_name_of_a_field", T2M_CONTENT_SAFE, text);
    }
    add_lines("message", "not a text");
    object = encode_and_parse(T2M_LINE_MIN);
    is_number((long long)json_object_size(object), 4, "timestamp, level, truncated, seq");
    json_decref(object);
    free(text);
}

/* Under the smallest limit an access record keeps its ids, also one of 100 bytes. */
static void test_smallest_limit(void)
{
    static const char *const names[] = { "path",    "query", "user_agent", "referer", "host",
                                         "handler", "vhost", "endpoint",   "user",    "extra" };
    char *text = repeat("/path", 3000), *id = repeat("0123456789", 100);
    json_t *object;
    size_t i;

    begin();
    add("message", "request_complete");
    t2m_record_string(&record, "request_id", T2M_CONTENT_SAFE, id);
    t2m_record_string(&record, "trace_id", T2M_CONTENT_SAFE, "4bf92f3577b34da6a3ce929d0e0e4736");
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        add(names[i], text);
    }
    t2m_record_integer(&record, "status", 200);
    object = encode_and_parse(T2M_LINE_MIN);
    is_number((long long)json_object_size(object), 18, "no member is missing");
    is_number((long long)strlen(member(object, "request_id")), 100, "the request id is whole");
    is_number((long long)strlen(member(object, "trace_id")), 32, "so is the trace id");
    is_number((long long)strlen(member(object, "path")), 28, "texts are cut short");
    json_decref(object);
    free(text);
    free(id);
}

static void test_deterministic(void)
{
    static char again[T2M_LINE_MAX];
    char *text = frames(500);
    apr_size_t size, limit;
    int same = 1;

    begin();
    add("message", text);
    add_lines("traceback", text);
    for (limit = T2M_LINE_MIN; limit <= T2M_LINE_MAX; limit += 4001) {
        memset(line, 'a', sizeof(line));
        memset(again, 'b', sizeof(again));
        size = t2m_encode(&record, line, limit);
        same &= t2m_encode(&record, again, limit) == size && memcmp(line, again, size) == 0;
    }
    ok(same, "the same record gives the same bytes");
    free(text);
}

static void add_foreign(t2m_field_t field)
{
    t2m_record_foreign(&record, &field);
}

static void test_foreign(void)
{
    char text[2 * T2M_FOREIGN_TEXT_MAX];
    json_t *object;

    begin();
    add_foreign(t2m_field_real("score", 0.25));
    add_foreign(t2m_field_integer("user_id", 42));
    add_foreign(t2m_field_boolean("paid", 1));
    add_foreign(t2m_field_text("team", t2m_text("a\"b")));
    is_line(BEGINNING ",\"score\":0.25,\"user_id\":42,\"paid\":true,\"team\":\"a\\\"b\"",
            "fields of others");
    memset(text, 'x', sizeof(text));
    begin();
    t2m_record_text(&record, "ours", T2M_CONTENT_NAME, t2m_text_of(text, sizeof(text)));
    add_foreign(t2m_field_text("exact", t2m_text_of(text, T2M_FOREIGN_TEXT_MAX)));
    object = encode_and_parse(8192);
    ok(!json_object_get(object, "truncated"), "a text of others as long as it may be");
    json_decref(object);
    add_foreign(t2m_field_text("theirs", t2m_text_of(text, sizeof(text))));
    object = encode_and_parse(8192);
    is_number((long long)strlen(member(object, "ours")), sizeof(text), "our own have no cap");
    is_number((long long)strlen(member(object, "theirs")), T2M_FOREIGN_TEXT_MAX, "theirs have");
    ok(json_is_true(json_object_get(object, "truncated")), "and the line says so");
    json_decref(object);
    object = encode_and_parse(T2M_LINE_MIN);
    ok(json_object_get(object, "theirs") && strlen(member(object, "theirs")) < T2M_LINE_MIN / 2,
       "a short line cuts them like any other");
    json_decref(object);
}

static const t2m_column_t columns[] = {
    { "offset_ms", T2M_FIELD_MILLISECONDS },
    { "level", T2M_FIELD_TEXT },
    { "message", T2M_FIELD_TEXT },
    { NULL, T2M_FIELD_TEXT }
};

static void test_rows(void)
{
    begin();
    t2m_record_rows(&record, "crumbs", columns,
                    t2m_text("12345\x1fINFO\x1f\"one\"\x1e" "7\x1f\x1ftwo\x1e"));
    t2m_record_integer(&record, "after", 1);
    is_line(BEGINNING ",\"crumbs\":[{\"offset_ms\":12.345,\"level\":\"INFO\",\"message\":"
                      "\"\\\"one\\\"\"},{\"offset_ms\":0.007,\"message\":\"two\"}],"
                      "\"after\":1",
            "rows are an array of objects; an empty cell is no member");
    begin();
    t2m_record_rows(&record, "crumbs", columns, t2m_text(""));
    is_line(BEGINNING, "no row: no member");
    begin();
    t2m_record_rows(&record, "crumbs", columns,
                    t2m_text("x\x1fINFO\x1fone\x1fmore\x1fyet more\x1e\x1e\x1f\x1f\xff"));
    is_line(BEGINNING ",\"crumbs\":[{\"level\":\"INFO\",\"message\":\"one\"},{},"
                      "{\"message\":\"\xef\xbf\xbd\"}],\"lossy\":true",
            "what is no number is no member, cells too many are none, an empty row is an empty "
            "object, bad bytes are replaced");
    begin();
    t2m_record_rows(&record, "message", columns, t2m_text("1\x1e"));
    t2m_record_open(&record, "object");
    t2m_record_rows(&record, "inner", columns, t2m_text("1\x1e"));
    t2m_record_close(&record);
    is_line(BEGINNING ",\"message\":[{\"offset_ms\":0.001}],\"object\":{\"inner\":"
                      "[{\"offset_ms\":0.001}]}", "also inside an object");
}

static void test_row_numbers(void)
{
    static const t2m_column_t kinds[] = { { "line", T2M_FIELD_INTEGER },
                                          { "in_app", T2M_FIELD_BOOLEAN },
                                          { NULL, T2M_FIELD_TEXT } };

    begin();
    t2m_record_rows(&record, "frames", kinds,
                    t2m_text("12\x1f" "1\x1e-3\x1f" "0\x1e\x1f\x1ey\x1fz"));
    is_line(BEGINNING ",\"frames\":[{\"line\":12,\"in_app\":true},{\"line\":-3,"
                      "\"in_app\":false},{},{}]", "cells that are numbers, true or false");
}

/* Twenty rows of about a hundred bytes each, the last of them `row 19`. */
static t2m_text_t many_rows(void)
{
    static char text[4096];
    apr_size_t size = 0;
    int i;

    for (i = 0; i < 20; i++) {
        size += (apr_size_t)snprintf(text + size, sizeof(text) - size,
                                     "%d\x1fINFO\x1frow %d %060d\x1e", i, i, 0);
    }
    return t2m_text_of(text, size);
}

static void add_long_message(apr_size_t size)
{
    static char text[8192];

    memset(text, 'm', sizeof(text));
    t2m_record_text(&record, "message", T2M_CONTENT_MESSAGE, t2m_text_of(text, size));
    t2m_record_rows(&record, "crumbs", columns, many_rows());
}

/* How many rows are left; below 0 when they are not the last ones in their order. */
static int rows_left(const json_t *object)
{
    const json_t *rows = json_object_get(object, "crumbs");
    int count = (int)json_array_size(rows), i;

    for (i = 0; i < count; i++) {
        char want[16];
        const char *message = member(json_array_get(rows, (size_t)i), "message");

        snprintf(want, sizeof(want), "row %d ", 20 - count + i);
        if (!message || strncmp(message, want, strlen(want)) != 0) {
            return -1;
        }
    }
    return count;
}

static void test_rows_cut(void)
{
    static const struct {
        apr_size_t message, limit, kept; /* kept: of the message */
        int rows, is_cut;
    } cases[] = {
        { 500, 8192, 500, 20, 0 },
        { 6000, 8192, 6000, 10, 1 },   /* the oldest ones go first */
        { 6900, 8192, 6900, 5, 1 },
        { 7700, 8192, 7700, 2, 1 },
        { 8000, 8192, 4032, 2, 1 },    /* then the message, before the last two */
        { 600, 1024, 448, 2, 1 },
        { 8000, 1024, 448, 2, 1 },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *object;

        begin();
        add_long_message(cases[i].message);
        object = encode_and_parse(cases[i].limit);
        ok(object && rows_left(object) == cases[i].rows
               && json_string_length(json_object_get(object, "message")) == cases[i].kept
               && json_is_true(json_object_get(object, "truncated")) == cases[i].is_cut,
           "message of %d in a line of %d: %d rows, %d bytes left", (int)cases[i].message,
           (int)cases[i].limit, object ? rows_left(object) : -2,
           object ? (int)json_string_length(json_object_get(object, "message")) : -2);
        json_decref(object);
        is_number(t2m_encode_whole(&record, line, cases[i].limit) != 0, !cases[i].is_cut,
                  "only one that is not cut is to be had whole");
    }
}

/* What the rest of the line needs, rows do not take away. */
static void test_rows_last(void)
{
    static char frames[6000];
    json_t *object, *traceback;
    apr_size_t i;

    for (i = 0; i < sizeof(frames); i++) {
        frames[i] = i % 60 == 59 ? T2M_LINE_SEPARATOR : 'f';
    }
    begin();
    t2m_record_lines(&record, "traceback", T2M_CONTENT_SAFE, t2m_text_of(frames, 61 * 60));
    t2m_record_rows(&record, "crumbs", columns, many_rows());
    object = encode_and_parse(4096);
    traceback = json_object_get(object, "traceback");
    is_number((long long)json_array_size(traceback), 61, "rows go before any frame does");
    ok(object && !json_object_get(object, "crumbs"), "with the last row the member goes");
    ok(json_is_true(json_object_get(object, "truncated")), "and the line says so");
    json_decref(object);
    begin();
    t2m_record_text(&record, "message", T2M_CONTENT_MESSAGE, t2m_text("kept"));
    for (i = 0; i < 60; i++) {
        t2m_record_text(&record, "filler_of_a_record", T2M_CONTENT_SAFE, t2m_text("fffffffffff"));
    }
    t2m_record_rows(&record, "request_id", columns, many_rows());
    is_number((long long)t2m_encode(&record, line, 1024), (long long)strlen(BEGINNING) + 34,
              "rows are no essentials");
}

int main(void)
{
    test_values();
    test_flags();
    test_unbalanced();
    test_lines();
    test_masked();
    test_tail();
    test_exact_fit();
    test_long_texts();
    test_cut_beside_secret();
    test_many_frames();
    test_few_frames();
    test_texts_before_frames();
    test_long_frames();
    test_essentials();
    test_fewest_essentials();
    test_smallest_limit();
    test_deterministic();
    test_foreign();
    test_rows();
    test_row_numbers();
    test_rows_cut();
    test_rows_last();
    return tap_done();
}
