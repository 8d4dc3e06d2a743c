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

/* Any bytes as a string: the result parses, says what the slow repair says, and holds nothing
 * that ends a line or turns text around. The first two bytes choose the room, the rest is the
 * string. */
#include "core/json.h"

#include <stdint.h>
#include <stdlib.h>

#include <jansson.h>

#include "utf8_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { STRING_MAX = 8192 };

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

/* Nothing below 0x20, no DEL, well-formed, and no hidden character left raw. */
static void require_clean(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;

    while (at < size) {
        int valid;
        size_t taken = model_character(bytes + at, size - at, &valid);

        require(valid);
        require(!model_is_escaped(model_code_point(bytes + at, taken)));
        at += taken;
    }
}

/* The string that a JSON text says must be a beginning of want; returns its size. */
static size_t require_beginning(const char *text, size_t size, const char *want, size_t want_size)
{
    size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *value = json_loadb(text, size, flags, NULL);
    size_t got_size = json_string_length(value);

    require(json_is_string(value) && got_size <= want_size);
    require(memcmp(json_string_value(value), want, got_size) == 0);
    json_decref(value);
    return got_size;
}

static void check_whole(const char *bytes, size_t size, const char *repaired, size_t repaired_size,
                        int lossy)
{
    static char out[MODEL_GROWTH * STRING_MAX + 2], model[MODEL_GROWTH * STRING_MAX + 1];
    t2m_json_t json;
    size_t written, model_size;

    t2m_json_begin(&json, out, sizeof(out));
    t2m_json_string(&json, bytes, size);
    written = t2m_json_size(&json);
    require(!json.full && json.lossy == (unsigned)lossy);
    require_clean(out, written);
    require(require_beginning(out, written, repaired, repaired_size) == repaired_size);
    model_size = model_escape((const unsigned char *)bytes, size, model);
    require(written == model_size + 2 && memcmp(out + 1, model, model_size) == 0);
}

/* In a room that may be too small: still a whole string once it is closed. */
static void check_room(const char *bytes, size_t size, size_t room, const char *repaired,
                       size_t repaired_size)
{
    char *out = malloc(room + 1);
    t2m_json_t json;
    size_t got_size;

    require(out != NULL);
    t2m_json_begin(&json, out, room + 1);
    t2m_json_string_begin(&json);
    json.end = out + room;
    t2m_json_string_bytes(&json, bytes, size);
    require(t2m_json_size(&json) <= room);
    json.end = out + room + 1;
    require_clean(out, t2m_json_size(&json));
    *json.next++ = '"';
    got_size = require_beginning(out, t2m_json_size(&json), repaired, repaired_size);
    require(json.full || got_size == repaired_size);
    free(out);
}

static void check_boundary(const char *bytes, size_t size, size_t limit)
{
    size_t cut = t2m_utf8_boundary(bytes, size, limit);
    const unsigned char *text = (const unsigned char *)bytes;
    size_t at = 0, before = 0;

    /* Walks over whole characters, and over ill-formed bytes one by one. */
    while (at < size && at <= limit) {
        int valid;
        size_t taken = model_character(text + at, size - at, &valid);

        before = at;
        at += valid ? taken : 1;
    }
    require(cut == (at <= limit ? at : before));
}

/* Numbers, names and brackets in a room that may end anywhere: what was not full parses, and the
 * numbers are those that went in. */
static void check_numbers(const char *bytes, size_t size, size_t room)
{
    apr_uint64_t bits[2] = { 0, 0 };
    char *out = malloc(room + 1);
    t2m_json_t json;
    double real;

    require(out != NULL);
    memcpy(bits, bytes, size < sizeof(bits) ? size : sizeof(bits));
    memcpy(&real, &bits[1], sizeof(real));
    t2m_json_begin(&json, out, room);
    t2m_json_open(&json, '[');
    t2m_json_integer(&json, (apr_int64_t)bits[0]);
    t2m_json_real(&json, real);
    t2m_json_open(&json, '{');
    t2m_json_name(&json, "a");
    t2m_json_unsigned(&json, bits[1] >> 1);
    t2m_json_name(&json, "b");
    t2m_json_milliseconds(&json, (apr_int64_t)(bits[0] >> 12));
    t2m_json_name(&json, "c");
    t2m_json_boolean(&json, (int)(bits[0] & 1));
    t2m_json_name(&json, "d");
    t2m_json_string_begin(&json);
    t2m_json_string_plain(&json, "plain", 5);
    t2m_json_string_end(&json);
    t2m_json_close(&json, '}');
    t2m_json_close(&json, ']');
    require(t2m_json_size(&json) <= room);
    if (!json.full) {
        json_t *value = json_loadb(out, t2m_json_size(&json), 0, NULL);
        const json_t *object = json_array_get(value, 2);

        require(json_is_array(value)
                && json_integer_value(json_array_get(value, 0)) == (json_int_t)bits[0]
                && (json_int_t)(bits[1] >> 1) == json_integer_value(json_object_get(object, "a"))
                && json_is_true(json_object_get(object, "c")) == (int)(bits[0] & 1)
                && strcmp(json_string_value(json_object_get(object, "d")), "plain") == 0);
        json_decref(value);
    }
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char repaired[3 * STRING_MAX];
    const char *bytes = (const char *)data + 2;
    size_t room, repaired_size;
    int lossy;

    if (size < 2 || size - 2 > STRING_MAX) {
        return 0;
    }
    room = 1 + (data[0] | (size_t)data[1] << 8) % (2 * size);
    size -= 2;
    repaired_size = model_repair(data + 2, size, repaired, &lossy);
    check_whole(bytes, size, repaired, repaired_size, lossy);
    check_room(bytes, size, room, repaired, repaired_size);
    check_boundary(bytes, size, room - 1);
    check_numbers(bytes, size, room + 200 * (data[0] & 1));
    return 0;
}
