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

/* Any bytes as a line. What jansson takes for an object without a name twice has the same members
 * and values here; whatever the bytes are, nothing is found outside and all that is decoded is
 * UTF-8. */
#include "core/member.h"

#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

/* The text with a NUL behind it. */
static char *string_of(t2m_text_t text)
{
    char *string = malloc(text.size + 1);

    require(string != NULL);
    memcpy(string, text.data, text.size);
    string[text.size] = '\0';
    return string;
}

static void check_string(t2m_text_t raw, const json_t *value)
{
    size_t size = json_string_length(value);
    char *out = malloc(raw.size + 1);

    require(out && t2m_member_unescape(raw, out, raw.size) == size);
    require(memcmp(out, json_string_value(value), size) == 0);
    free(out);
}

static void check_number(t2m_text_t raw, const json_t *value)
{
    char *digits = string_of(raw), *end;

    if (json_is_integer(value)) {
        require(strtoll(digits, &end, 10) == json_integer_value(value));
    }
    else {
        double difference = strtod(digits, &end) - json_real_value(value);

        require(difference >= 0 && difference <= 0);
    }
    require(*end == '\0');
    free(digits);
}

static void check_whole(t2m_text_t raw, const json_t *value)
{
    json_t *again = json_loadb(raw.data, raw.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);

    require(json_equal(again, value));
    json_decref(again);
}

static void check_member(t2m_text_t line, const char *name, const json_t *value)
{
    static const t2m_member_e kinds[] = {
        [JSON_OBJECT] = T2M_MEMBER_OBJECT,  [JSON_ARRAY] = T2M_MEMBER_ARRAY,
        [JSON_STRING] = T2M_MEMBER_STRING,  [JSON_INTEGER] = T2M_MEMBER_NUMBER,
        [JSON_REAL] = T2M_MEMBER_NUMBER,    [JSON_TRUE] = T2M_MEMBER_LITERAL,
        [JSON_FALSE] = T2M_MEMBER_LITERAL,  [JSON_NULL] = T2M_MEMBER_LITERAL,
    };
    t2m_text_t raw;

    require(t2m_member_find(line, name, &raw) == kinds[json_typeof(value)]);
    if (json_is_string(value)) {
        check_string(raw, value);
    }
    else if (json_is_number(value)) {
        check_number(raw, value);
    }
    else {
        check_whole(raw, value);
    }
}

static void check_against_jansson(t2m_text_t line)
{
    json_t *object = json_loadb(line.data, line.size, JSON_REJECT_DUPLICATES, NULL), *value;
    const char *name;

    if (json_is_object(object)) {
        json_object_foreach(object, name, value) {
            check_member(line, name, value);
        }
    }
    json_decref(object);
}

/* In rooms of several sizes: no byte beyond, always whole characters. */
static void check_decoding(t2m_text_t raw)
{
    size_t whole = 3 * raw.size + 1, room;
    char *all = malloc(whole);

    require(all != NULL);
    whole = t2m_member_unescape(raw, all, whole);
    require(whole <= 3 * raw.size && t2m_utf8_is_valid(all, whole));
    for (room = 0; room <= whole && room < 40; room++) {
        char *out = malloc(room + 1);
        size_t size;

        require(out != NULL);
        out[room] = '#';
        size = t2m_member_unescape(raw, out, room);
        require(size <= room && room - size < 4 && out[room] == '#');
        require(memcmp(out, all, size) == 0 && t2m_utf8_is_valid(out, size));
        free(out);
    }
    free(all);
}

static void check_any(t2m_text_t line)
{
    enum { COUNT = 5 };
    static const char *const names[COUNT] = { "a", "message", "exception", "", "\xc3\xa9" };
    t2m_text_t values[COUNT];
    t2m_member_e kinds[COUNT];
    unsigned found = t2m_member_scan(line, names, COUNT, values, kinds), i;

    for (i = 0; i < COUNT; i++) {
        t2m_text_t raw;

        require(t2m_member_find(line, names[i], &raw) == kinds[i]);
        require(raw.data == values[i].data && raw.size == values[i].size);
        require(!raw.data == (kinds[i] == T2M_MEMBER_NONE));
        found -= raw.data != NULL;
        if (raw.data) {
            require(raw.data >= line.data && raw.size <= line.size);
            require(raw.data + raw.size <= line.data + line.size);
            check_decoding(raw);
        }
    }
    require(found == 0);
    check_decoding(line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    t2m_text_t line = t2m_text_of((const char *)data, size);

    check_against_jansson(line);
    check_any(line);
    return 0;
}
