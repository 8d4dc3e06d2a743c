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

/* Every short byte sequence against the slow model, the shapes of values, and full buffers. */
#include "core/json.h"

#include <locale.h>
#include <math.h>

#include <jansson.h>

#include "tap.h"
#include "utf8_model.h"

static apr_size_t encode_string(const char *bytes, apr_size_t size, char *out, apr_size_t room)
{
    t2m_json_t json;

    t2m_json_begin(&json, out, room);
    t2m_json_string(&json, bytes, size);
    return t2m_json_size(&json);
}

/* Nonzero when the fast and the slow encoder agree about bytes. */
static int agrees(const unsigned char *bytes, apr_size_t size)
{
    char got[256], want[256];
    apr_size_t got_size = encode_string((const char *)bytes, size, got, sizeof(got));
    apr_size_t want_size = model_escape(bytes, size, want + 1) + 2;

    want[0] = '"';
    want[want_size - 1] = '"';
    return got_size == want_size && memcmp(got, want, want_size) == 0;
}

static void test_escapes(void)
{
    static const struct {
        const char *bytes, *want;
    } cases[] = {
        { "", "\"\"" },
        { "plain text, long enough for words of eight",
          "\"plain text, long enough for words of eight\"" },
        { "a\"b\\c/d", "\"a\\\"b\\\\c/d\"" },
        { "\b\t\n\f\r", "\"\\b\\t\\n\\f\\r\"" },
        { "\x01\x1b[31m\x1f\x7f", "\"\\u0001\\u001b[31m\\u001f\\u007f\"" },
        { "\xc2\x80\xc2\x9f\xc2\xa0", "\"\\u0080\\u009f\xc2\xa0\"" },
        { "\xd8\x9b\xd8\x9c\xd8\x9d", "\"\xd8\x9b\\u061c\xd8\x9d\"" },
        { "\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90",
          "\"\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90\"" },
        { "\xe2\x80\xa7\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2\x80\xae\xe2\x80\xaf",
          "\"\xe2\x80\xa7\\u2028\\u2029\\u202a\\u202e\xe2\x80\xaf\"" },
        { "\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa9\xe2\x81\xaa",
          "\"\xe2\x81\xa5\\u2066\\u2069\xe2\x81\xaa\"" },
        { "\xef\xbb\xbe\xef\xbb\xbf\xef\xbc\x80", "\"\xef\xbb\xbe\\ufeff\xef\xbc\x80\"" },
        { "\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\"" },
        /* ill-formed: one U+FFFD for each maximal part, as Unicode table 3-8 has it */
        { "\xff", "\"\xef\xbf\xbd\"" },
        { "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xe0\x80\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xf4\x91\x92\x93", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" },
        { "\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41",
          "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\x41\"" },
        { "\xf0\x9f\x98", "\"\xef\xbf\xbd\"" },
    };
    char out[256];
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[32];
        apr_size_t size = encode_string(cases[i].bytes, strlen(cases[i].bytes), out, sizeof(out));

        snprintf(name, sizeof(name), "string %zu", i);
        is_bytes(out, size, cases[i].want, name);
    }
    is_bytes(out, encode_string("a\0b", 3, out, sizeof(out)), "\"a\\u0000b\"", "NUL");
}

static void test_every_byte_at_every_offset(void)
{
    int wrong = 0, byte, offset;

    for (byte = 0; byte < 256; byte++) {
        for (offset = 0; offset < 20; offset++) {
            unsigned char bytes[20];

            memset(bytes, 'a', sizeof(bytes));
            bytes[offset] = (unsigned char)byte;
            wrong += !agrees(bytes, sizeof(bytes));
        }
    }
    is_number(wrong, 0, "each byte at each place among plain ones");
}

static void test_short_sequences(void)
{
    static const unsigned char edges[] = { 0x00, 0x22, 0x41, 0x7f, 0x80, 0x8f, 0x90,
                                           0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xf4, 0xff };
    unsigned char bytes[4];
    unsigned number, third, fourth;
    int wrong_two = 0, wrong_three = 0, wrong_four = 0;

    for (number = 0; number < 0x10000; number++) {
        bytes[0] = (unsigned char)(number >> 8);
        bytes[1] = (unsigned char)number;
        wrong_two += !agrees(bytes, 2);
        for (third = 0; bytes[0] >= 0xc0 && third < 0x100; third++) {
            bytes[2] = (unsigned char)third;
            wrong_three += !agrees(bytes, 3);
        }
        for (third = 0; bytes[0] >= 0xe0 && third < sizeof(edges); third++) {
            for (fourth = 0; fourth < sizeof(edges); fourth++) {
                bytes[2] = edges[third];
                bytes[3] = edges[fourth];
                wrong_four += !agrees(bytes, 4);
            }
        }
    }
    is_number(wrong_two, 0, "all sequences of two bytes");
    is_number(wrong_three, 0, "all sequences of three bytes that begin with C0 or above");
    is_number(wrong_four, 0, "sequences of four bytes around the edges of the table");
}

static void test_lossy(void)
{
    static const char well_formed[] = "gr\xc3\xbc\xc3\x9f \xe2\x80\xa8";
    t2m_json_t json;
    char out[64];

    t2m_json_begin(&json, out, sizeof(out));
    t2m_json_string(&json, well_formed, sizeof(well_formed) - 1);
    ok(!json.lossy, "what is only escaped is not lossy");
    t2m_json_string(&json, "\xfe", 1);
    ok(json.lossy, "a replaced byte is");
    t2m_json_string(&json, "x", 1);
    ok(json.lossy, "and stays so");
}

static void test_structure(void)
{
    t2m_json_t json;
    char out[256];

    t2m_json_begin(&json, out, sizeof(out));
    t2m_json_open(&json, '{');
    t2m_json_name(&json, "a");
    t2m_json_integer(&json, -5);
    t2m_json_name(&json, "b");
    t2m_json_open(&json, '[');
    t2m_json_close(&json, ']');
    t2m_json_name(&json, "c");
    t2m_json_open(&json, '[');
    t2m_json_boolean(&json, 1);
    t2m_json_boolean(&json, 0);
    t2m_json_open(&json, '{');
    t2m_json_close(&json, '}');
    t2m_json_string(&json, "x", 1);
    t2m_json_close(&json, ']');
    t2m_json_name(&json, "d");
    t2m_json_string_begin(&json);
    t2m_json_string_bytes(&json, "\n", 1);
    t2m_json_string_plain(&json, "[x]", 3);
    t2m_json_string_end(&json);
    t2m_json_close(&json, '}');
    is_bytes(out, t2m_json_size(&json),
             "{\"a\":-5,\"b\":[],\"c\":[true,false,{},\"x\"],\"d\":\"\\n[x]\"}", "structure");
    ok(!json.full, "not full");
}

static void test_numbers(void)
{
    static const struct {
        apr_int64_t value;
        const char *integer, *milliseconds;
    } cases[] = {
        { 0, "0", "0.000" },
        { 7, "7", "0.007" },
        { 70, "70", "0.070" },
        { 999, "999", "0.999" },
        { 1000, "1000", "1.000" },
        { 12345, "12345", "12.345" },
        { -1, "-1", "0.000" },
        { APR_INT64_MAX, "9223372036854775807", "9223372036854775.807" },
        { APR_INT64_MIN, "-9223372036854775808", "0.000" },
    };
    t2m_json_t json;
    char out[64];
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        t2m_json_begin(&json, out, sizeof(out));
        t2m_json_integer(&json, cases[i].value);
        is_bytes(out, t2m_json_size(&json), cases[i].integer, cases[i].integer);
        t2m_json_begin(&json, out, sizeof(out));
        t2m_json_milliseconds(&json, cases[i].value);
        is_bytes(out, t2m_json_size(&json), cases[i].milliseconds, cases[i].milliseconds);
    }
    t2m_json_begin(&json, out, sizeof(out));
    t2m_json_unsigned(&json, APR_UINT64_MAX);
    is_bytes(out, t2m_json_size(&json), "18446744073709551615", "largest unsigned");
}

static void is_real(double value, const char *want, const char *name)
{
    char out[64];
    t2m_json_t json;

    t2m_json_begin(&json, out, sizeof(out));
    t2m_json_real(&json, value);
    is_bytes(out, t2m_json_size(&json), want, name);
}

static void test_reals(void)
{
    is_real(0.1, "0.1", "a short fraction");
    is_real(-2.5, "-2.5", "below zero");
    is_real(3.0, "3", "a whole number");
    is_real(1e300, "1e+300", "a large one");
    is_real(0.1 + 0.2, "0.30000000000000004", "as many digits as it takes");
    is_real(NAN, "null", "not a number");
    is_real(-INFINITY, "null", "infinite");
    if (setlocale(LC_NUMERIC, "de_DE.UTF-8") || setlocale(LC_NUMERIC, "de_DE")) {
        is_real(0.25, "0.25", "a locale with a comma");
        (void)setlocale(LC_NUMERIC, "C");
    }
}

/* A document with every kind of piece; returns the size. */
static apr_size_t write_document(char *out, apr_size_t room, t2m_json_t *json)
{
    static const char text[] = "ab\"\xc3\xbc\x01\xf0\x9f\x98\x80\xff\xe2\x80\xa8z";

    t2m_json_begin(json, out, room);
    t2m_json_open(json, '{');
    t2m_json_name(json, "text");
    t2m_json_string(json, text, sizeof(text) - 1);
    t2m_json_name(json, "number");
    t2m_json_integer(json, -123456);
    t2m_json_name(json, "list");
    t2m_json_open(json, '[');
    t2m_json_milliseconds(json, 1500);
    t2m_json_boolean(json, 0);
    t2m_json_string_begin(json);
    t2m_json_string_plain(json, "[REDACTED]", 10);
    t2m_json_string_end(json);
    t2m_json_close(json, ']');
    t2m_json_close(json, '}');
    return t2m_json_size(json);
}

static void test_full(void)
{
    t2m_json_t json;
    char whole[256], part[256];
    apr_size_t size = write_document(whole, sizeof(whole), &json), room;
    int beginning = 1, flagged = 1, within = 1;

    ok(!json.full, "the document fits");
    for (room = 0; room < size; room++) {
        apr_size_t written;

        memset(part, '#', sizeof(part));
        written = write_document(part, room, &json);
        within &= written <= room && part[room] == '#';
        beginning &= memcmp(part, whole, written) == 0;
        flagged &= json.full;
    }
    ok(within, "never a byte beyond the end");
    ok(beginning, "what was written is the beginning of the whole");
    ok(flagged, "full is set whenever something is missing");
    write_document(part, size, &json);
    ok(!json.full && memcmp(part, whole, size) == 0, "the exact size is enough");
}

/* Plain bytes are the one piece that may be parted; the part must not pass for the whole. */
static void test_full_plain(void)
{
    t2m_json_t json;
    char out[8];

    t2m_json_begin(&json, out, 5);
    t2m_json_string_bytes(&json, "abcdefghijklm", 13);
    is_bytes(out, t2m_json_size(&json), "abcde", "plain bytes up to the end");
    ok(json.full, "and full is set");
    t2m_json_begin(&json, out, 5);
    t2m_json_string_bytes(&json, "abcde", 5);
    ok(!json.full, "but not when all fit");
}

/* Capped strings end behind a whole character or escape: closed, they are valid. */
static void test_full_string(void)
{
    static const char text[] = "a\x01\xc3\xbc\xe2\x82\xac\xf0\x9f\x98\x80\xff\n\\\xe2\x80\xae";
    int valid = 1;
    apr_size_t cap;

    for (cap = 0; cap < 40; cap++) {
        t2m_json_t json;
        char out[64];
        json_t *value;

        t2m_json_begin(&json, out, sizeof(out));
        t2m_json_string_begin(&json);
        json.end = json.next + cap;
        t2m_json_string_bytes(&json, text, sizeof(text) - 1);
        json.end = out + sizeof(out);
        json.full = 0;
        t2m_json_string_end(&json);
        value = json_loadb(out, t2m_json_size(&json), JSON_DECODE_ANY, NULL);
        valid &= json_is_string(value);
        json_decref(value);
    }
    ok(valid, "a capped string is whole whatever the cap");
}

static void test_boundary(void)
{
    static const struct {
        const char *bytes;
        apr_size_t limit, want;
    } cases[] = {
        { "abc", 2, 2 },           { "abc", 3, 3 },
        { "abc", 9, 3 },           { "", 0, 0 },
        { "\xc3\xbc", 0, 0 },      { "\xc3\xbc", 1, 0 },
        { "\xc3\xbc", 2, 2 },      { "a\xe2\x82\xac", 2, 1 },
        { "a\xe2\x82\xac", 3, 1 }, { "a\xe2\x82\xac", 4, 4 },
        { "\xf0\x9f\x98\x80", 1, 0 }, { "\xf0\x9f\x98\x80", 2, 0 },
        { "\xf0\x9f\x98\x80", 3, 0 }, { "\xf0\x9f\x98\x80z", 4, 4 },
        { "\x80\x80\x80\x80\x80", 4, 4 }, /* no character: cut anywhere */
        { "\xe2\x82", 1, 1 },             { "\xf0\x9f\x98x", 2, 2 },
        { "\xe2\x82\xac\x80\x80", 4, 4 },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char name[32];

        snprintf(name, sizeof(name), "boundary %zu", i);
        is_number((long long)t2m_utf8_boundary(cases[i].bytes, strlen(cases[i].bytes),
                                               cases[i].limit),
                  (long long)cases[i].want, name);
    }
}

int main(void)
{
    test_escapes();
    test_every_byte_at_every_offset();
    test_short_sequences();
    test_lossy();
    test_structure();
    test_numbers();
    test_reals();
    test_full();
    test_full_plain();
    test_full_string();
    test_boundary();
    return tap_done();
}
