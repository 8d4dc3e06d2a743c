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

/* See event_otlp_value.h. */
#include "core/event_otlp_value.h"

#include "core/event.h"
#include "core/event_internal.h"

enum {
    INTEGER_SIZE = 20, /* bytes of 64 bits in digits, with a sign */
    NANOSECONDS = 1000 /* of a microsecond */
};

static const double nanoseconds_end = 18446744073709551616.0; /* behind the last of 64 bits */

/* A nested value being read. */
typedef struct {
    json_t *values; /* what is read */
    size_t next;    /* of them */
    json_t *into;   /* array or object */
} level_t;

/* 64-bit numbers are texts in protobuf's JSON; numbers are taken as well. */
static json_t *plain_integer(json_t *value)
{
    t2m_text_t digits = t2m_event_text(value);
    json_t *number = NULL;

    if (digits.size > 0 && digits.size <= INTEGER_SIZE) {
        number = json_loadb(digits.data, digits.size, JSON_DECODE_ANY, NULL);
    }
    if (json_is_integer(number)) {
        return number;
    }
    json_decref(number);
    return json_incref(value);
}

static json_t *member(const json_t *any, const char *name)
{
    json_t *value = json_object_get(any, name);

    return json_is_null(value) ? NULL : value;
}

/* The value of any; of a nested one an empty array or object, and *values is what belongs in it. */
static json_t *begin_value(const json_t *any, json_t **values)
{
    static const char *const scalars[] = { "stringValue", "boolValue", "doubleValue",
                                           "bytesValue" };
    json_t *value;
    unsigned i;

    *values = NULL;
    for (i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        value = member(any, scalars[i]);
        if (value) {
            return json_incref(value);
        }
    }
    if ((value = member(any, "intValue")) != NULL) {
        return plain_integer(value);
    }
    if ((value = member(any, "arrayValue")) != NULL) {
        *values = json_object_get(value, "values");
        return json_array();
    }
    if ((value = member(any, "kvlistValue")) != NULL) {
        *values = json_object_get(value, "values");
        return json_object();
    }
    return json_null();
}

/* Reads the next one of level's values; returns it, borrowed, NULL when it could not be kept.
 * *values is what belongs in it. */
static json_t *add_next(level_t *level, json_t **values)
{
    const json_t *item = json_array_get(level->values, level->next++);
    const char *key = json_string_value(json_object_get(item, "key"));
    json_t *value;
    int failed;

    if (json_is_array(level->into)) {
        value = begin_value(item, values);
        failed = json_array_append_new(level->into, value);
    } else {
        value = begin_value(json_object_get(item, "value"), values);
        failed = json_object_set_new(level->into, key ? key : "", value);
    }
    return failed ? NULL : value;
}

json_t *t2m_event_otlp_value(json_t *any)
{
    level_t levels[T2M_EVENT_DEPTH_MAX];
    unsigned depth = 0, left = T2M_EVENT_OTLP_VALUES_MAX;
    json_t *values, *root = begin_value(any, &values), *value = root;

    do {
        if (value && json_is_array(values) && depth < T2M_EVENT_DEPTH_MAX) {
            levels[depth++] = (level_t){ values, 0, value };
        }
        while (depth > 0 && levels[depth - 1].next == json_array_size(levels[depth - 1].values)) {
            depth--;
        }
        if (depth > 0) {
            value = add_next(&levels[depth - 1], &values);
        }
    } while (depth > 0 && --left > 0);
    return root;
}

/* Returns nonzero when the digits are a number of 64 bits. */
static int read_digits(t2m_text_t digits, apr_uint64_t *number)
{
    apr_size_t i;

    *number = 0;
    for (i = 0; i < digits.size; i++) {
        unsigned digit = (unsigned)(unsigned char)digits.data[i] - '0';

        if (digit > 9 || *number > (APR_UINT64_MAX - digit) / 10) {
            return 0;
        }
        *number = *number * 10 + digit;
    }
    return digits.size > 0;
}

int t2m_event_otlp_time(const json_t *value, apr_time_t *time)
{
    apr_uint64_t nanoseconds = 0;
    double real = json_real_value(value);
    int fits = !value || json_is_null(value);

    if (json_is_string(value)) {
        fits = read_digits(t2m_event_text(value), &nanoseconds);
    } else if (json_is_integer(value)) {
        fits = json_integer_value(value) >= 0;
        nanoseconds = (apr_uint64_t)json_integer_value(value);
    } else if (json_is_real(value)) {
        fits = real >= 0 && real < nanoseconds_end;
        nanoseconds = fits ? (apr_uint64_t)real : 0;
    }
    if (fits) {
        *time = (apr_time_t)(nanoseconds / NANOSECONDS);
    }
    return fits;
}
