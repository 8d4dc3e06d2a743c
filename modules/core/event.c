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

/* See event.h. */
#include "core/event.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/event_internal.h"
#include "core/field_name.h"
#include "core/json.h"
#include "core/utf8.h"

enum {
    COMPACT_MAX = 2048, /* bytes of an array or object: a line takes half of it at most */
    UNIT_SIZE = 6       /* an escaped unit of UTF-16, \uXXXX */
};

const char *t2m_event_reason_name(t2m_event_reason_e reason)
{
    static const char *const names[T2M_EVENT_REASONS] = {
        "ok", "not_json", "too_deep", "duplicate_key", "too_large", "invalid", "unsupported"
    };

    return (unsigned)reason < T2M_EVENT_REASONS ? names[reason] : "invalid";
}

void t2m_event_clear(t2m_event_t *event)
{
    memset(event, 0, offsetof(t2m_event_t, stack));
    t2m_stack_clear(&event->stack);
    event->field_count = 0;
    event->breadcrumb_count = 0;
    event->scratch_size = 0;
}

/* The size of a string with its quotes: what stands in it has no depth. */
static apr_size_t string_size(const char *text, apr_size_t size)
{
    apr_size_t i;

    for (i = 1; i < size && text[i] != '"'; i++) {
        i += text[i] == '\\';
    }
    return i < size ? i + 1 : size;
}

/* What jansson would find out too late: it recurses, and allocates for each value. */
static t2m_event_reason_e look_ahead(t2m_text_t text)
{
    unsigned depth = 0, values = 0;
    apr_size_t i;

    for (i = 0; i < text.size; i++) {
        switch (text.data[i]) {
        case '"':
            i += string_size(text.data + i, text.size - i) - 1;
            break;
        case '{':
        case '[':
            if (++depth > T2M_EVENT_DEPTH_MAX) {
                return T2M_EVENT_TOO_DEEP;
            }
            values++;
            break;
        case '}':
        case ']':
            depth -= depth > 0;
            break;
        case ',':
            values++;
            break;
        default:
            break;
        }
        if (values > T2M_EVENT_VALUES_MAX) {
            return T2M_EVENT_TOO_LARGE;
        }
    }
    return T2M_EVENT_OK;
}

/* The unit of UTF-16 that is escaped at text; -1: none is. */
static long unit_at(const char *text, apr_size_t size)
{
    char digits[5] = "", *end;
    long unit;

    if (size < UNIT_SIZE || text[0] != '\\' || text[1] != 'u') {
        return -1;
    }
    memcpy(digits, text + 2, 4);
    unit = strtol(digits, &end, 16);
    return end == digits + 4 ? unit : -1; /* what is not four digits is no surrogate */
}

static int is_high(long unit)
{
    return unit >= 0xd800 && unit <= 0xdbff;
}

static int is_low(long unit)
{
    return unit >= 0xdc00 && unit <= 0xdfff;
}

/* The size of what stands at text and is taken over as it is; 0: that of what is no character is
 * set instead. */
static apr_size_t sound_size(const char *text, apr_size_t size, apr_size_t *unsound)
{
    long unit;

    *unsound = 1;
    if (text[0] != '\\') {
        return t2m_utf8_size(text, size);
    }
    unit = unit_at(text, size);
    if (is_high(unit) && is_low(unit_at(text + UNIT_SIZE, size - UNIT_SIZE))) {
        return 2 * UNIT_SIZE;
    }
    if (is_high(unit) || is_low(unit)) {
        *unsound = UNIT_SIZE;
        return 0;
    }
    return size < 2 ? size : 1 + t2m_utf8_size(text + 1, size - 1);
}

/* Copies text with U+FFFD for all that is no character. Browsers' libraries cut long messages
 * between surrogates, and a program's message may be in any encoding: an error is not lost over
 * that. Returns what the caller frees; NULL: no memory. */
static char *repair(t2m_text_t text, apr_size_t *size)
{
    char *copy = malloc(3 * text.size + 1), *out = copy; /* a byte may become three */
    apr_size_t i = 0, unsound;

    while (copy && i < text.size) {
        apr_size_t sound = sound_size(text.data + i, text.size - i, &unsound);

        if (sound > 0) {
            out = t2m_text_copy(out, text.data + i, sound);
            i += sound;
        } else {
            out = t2m_text_copy(out, T2M_UTF8_REPLACEMENT, strlen(T2M_UTF8_REPLACEMENT));
            i += unsound;
        }
    }
    *size = copy ? (apr_size_t)(out - copy) : 0;
    return copy;
}

static json_t *load(t2m_text_t text, size_t flags, json_error_t *error)
{
    return json_loadb(text.size ? text.data : "", text.size,
                      flags | JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, error);
}

static int says(const json_error_t *error, const char *start)
{
    return strncmp(error->text, start, strlen(start)) == 0;
}

static int is_no_character(const json_error_t *error)
{
    return says(error, "unable to decode byte") || says(error, "invalid Unicode");
}

/* Once more, as what is not wrong for JSON but too much for jansson needs it. */
static json_t *load_again(t2m_text_t text, json_error_t *error)
{
    json_t *value = NULL;
    char *copy = NULL;
    size_t flags = 0;

    for (;;) {
        if (!flags && says(error, "too big")) {
            flags = JSON_DECODE_INT_AS_REAL;
        } else if (!copy && is_no_character(error)) {
            copy = repair(text, &text.size);
            text.data = copy;
        } else {
            break;
        }
        value = text.data ? load(text, flags, error) : NULL;
        if (value || !text.data) {
            break;
        }
    }
    free(copy);
    return value;
}

/* jansson quotes the text near the error, which may be a secret. */
static void describe(const json_error_t *error, char *detail, apr_size_t room)
{
    const char *near = strstr(error->text, " near ");
    int size = near ? (int)(near - error->text) : (int)strlen(error->text);

    (void)snprintf(detail, room, "%.*s at byte %d", size, error->text, error->position);
}

json_t *t2m_event_json(t2m_text_t text, t2m_event_reason_e *reason, char *detail, apr_size_t room)
{
    json_error_t error;
    json_t *value;

    *reason = look_ahead(text);
    if (*reason != T2M_EVENT_OK) {
        (void)snprintf(detail, room, "more than %d %s",
                       *reason == T2M_EVENT_TOO_DEEP ? T2M_EVENT_DEPTH_MAX : T2M_EVENT_VALUES_MAX,
                       *reason == T2M_EVENT_TOO_DEEP ? "brackets within brackets" : "values");
        return NULL;
    }
    value = load(text, 0, &error);
    if (!value) {
        value = load_again(text, &error);
    }
    if (!value) {
        *reason = says(&error, "duplicate") ? T2M_EVENT_DUPLICATE_KEY : T2M_EVENT_NOT_JSON;
        describe(&error, detail, room);
    }
    return value;
}

t2m_text_t t2m_event_keep(t2m_event_t *event, t2m_text_t text)
{
    apr_size_t room = sizeof(event->scratch) - event->scratch_size;
    char *start = event->scratch + event->scratch_size;
    apr_size_t size = t2m_utf8_boundary(text.data, text.size, room);

    t2m_text_copy(start, text.data, size);
    event->scratch_size += size;
    event->truncated |= size < text.size;
    return t2m_text_of(start, size);
}

/* A field's name being made. */
typedef struct {
    char bytes[T2M_FIELD_NAME_MAX + 1];
    apr_size_t size; /* one more than the most: too long */
} name_t;

static int is_lower(char byte)
{
    return byte >= 'a' && byte <= 'z';
}

static int is_upper(char byte)
{
    return byte >= 'A' && byte <= 'Z';
}

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static void put_byte(name_t *name, char byte)
{
    if (name->size < sizeof(name->bytes)) {
        name->bytes[name->size++] = byte;
    }
}

/* An underscore, but no two for what one was not written for. */
static void put_border(name_t *name)
{
    if (name->size > 0 && name->bytes[name->size - 1] == '_') {
        return;
    }
    put_byte(name, '_');
}

/* Nonzero where a word of camelCase or of HTTPStatus begins. */
static int begins_word(const char *text, apr_size_t at)
{
    return at > 0 && is_upper(text[at])
           && (is_lower(text[at - 1]) || is_digit(text[at - 1])
               || (is_upper(text[at - 1]) && is_lower(text[at + 1])));
}

static void put_words(name_t *name, const char *text)
{
    apr_size_t i;

    for (i = 0; text[i]; i++) {
        if (begins_word(text, i)) {
            put_border(name);
        }
        if (is_lower(text[i]) || is_digit(text[i]) || text[i] == '_') {
            put_byte(name, text[i]);
        } else if (is_upper(text[i])) {
            put_byte(name, (char)(text[i] - 'A' + 'a'));
        } else {
            put_border(name);
        }
    }
}

/* Returns nonzero when the name can be used. */
static int make_name(name_t *name, const char *prefix, const char *text)
{
    name->size = 0;
    if (prefix && *prefix) {
        put_words(name, prefix);
        put_border(name);
    }
    put_words(name, text);
    if (name->size == 0) {
        put_byte(name, '_');
    }
    return name->size <= T2M_FIELD_NAME_MAX;
}

static int has_field(const t2m_event_t *event, const name_t *name)
{
    int i;

    for (i = 0; i < event->field_count; i++) {
        if (strlen(event->fields[i].name) == name->size
            && memcmp(event->fields[i].name, name->bytes, name->size) == 0) {
            return 1;
        }
    }
    return 0;
}

/* What json_dump_callback writes to. */
typedef struct {
    char *at, *end;
} room_t;

static int write_piece(const char *bytes, size_t size, void *data)
{
    room_t *room = data;
    apr_size_t left = (apr_size_t)(room->end - room->at);

    room->at = t2m_text_copy(room->at, bytes, size < left ? size : left);
    return size <= left ? 0 : -1;
}

/* The size of the whole items in a JSON text that was cut: half of one might show what the whole
 * would have been recognized as. */
static apr_size_t whole_items(const char *text, apr_size_t size)
{
    apr_size_t i, whole = 0;

    for (i = 0; i < size; i++) {
        if (text[i] == '"') {
            i += string_size(text + i, size - i) - 1;
        } else if (text[i] == ',') {
            whole = i;
        }
    }
    return whole;
}

static t2m_text_t keep_compact(t2m_event_t *event, const json_t *value)
{
    char *start = event->scratch + event->scratch_size;
    apr_size_t left = sizeof(event->scratch) - event->scratch_size, size;
    room_t room = { start, start + (left < COMPACT_MAX ? left : COMPACT_MAX) };
    int cut = json_dump_callback(value, write_piece, &room, JSON_COMPACT);

    size = (apr_size_t)(room.at - start);
    if (cut) {
        size = whole_items(start, size);
        event->truncated = 1;
    }
    event->scratch_size += size;
    return t2m_text_of(start, size);
}

static t2m_field_t field_of(t2m_event_t *event, const char *name, const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_INTEGER:
        return t2m_field_integer(name, json_integer_value(value));
    case JSON_REAL:
        return t2m_field_real(name, json_real_value(value));
    case JSON_TRUE:
    case JSON_FALSE:
        return t2m_field_boolean(name, json_is_true(value));
    case JSON_STRING:
        return t2m_field_text(name, t2m_event_text(value));
    default:
        return t2m_field_text(name, keep_compact(event, value));
    }
}

static int is_nothing(const json_t *value)
{
    return !value || json_is_null(value)
           || (json_is_string(value) && json_string_length(value) == 0);
}

void t2m_event_add_field(t2m_event_t *event, const char *prefix, const char *name,
                         const json_t *value)
{
    name_t made;
    t2m_field_t field;
    char *kept = event->scratch + event->scratch_size;

    if (is_nothing(value)) {
        return;
    }
    if (!make_name(&made, prefix, name) || event->field_count == T2M_EVENT_FIELDS_MAX
        || sizeof(event->scratch) - event->scratch_size <= made.size || has_field(event, &made)) {
        event->truncated = 1;
        return;
    }
    *t2m_text_copy(kept, made.bytes, made.size) = '\0';
    event->scratch_size += made.size + 1;
    field = field_of(event, kept, value);
    if (field.kind == T2M_FIELD_TEXT && field.text.size == 0) {
        return; /* not even one item of it fitted */
    }
    event->fields[event->field_count++] = field;
}
