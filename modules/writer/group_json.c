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

/* See group_json.h. A table of the members says where each stands in the row. What is written can
 * be read again, whatever a process that was taken over has brought into the row. */
#include "writer/group_json.h"

#include <stddef.h>
#include <string.h>

#include <apr_base64.h>

#include "core/hexadecimal.h"
#include "core/level.h"
#include "core/utf8.h"

/* The last moment of the year 9999, in microseconds. */
#define TIME_MAX APR_INT64_C(253402300799999999)

enum {
    REGISTER_MAX = 64 - T2M_DISTINCT_BITS + 1,
    CLIENTS_TEXT = (T2M_DISTINCT_REGISTERS + 2) / 3 * 4 /* in base64 */
};

typedef struct {
    const char *name;
    apr_size_t offset;
    json_int_t most;
} number_t;

typedef struct {
    const char *name;
    apr_size_t offset, size_offset, room;
} text_t;

#define AT(member) offsetof(t2m_group_t, member)

static const number_t numbers[] = { /* 64 bits each */
    { "first", AT(first), TIME_MAX },
    { "last", AT(last), TIME_MAX },
    { "total", AT(total), APR_INT64_MAX },
    { "before", AT(before), APR_INT64_MAX },
    { "weight", AT(weight), APR_INT64_MAX },
    { "evicted", AT(evicted), APR_INT64_MAX },
    { "repeat_count", AT(repeat.count), APR_INT64_MAX },
    { "repeat_held", AT(repeat.held), APR_INT64_MAX },
    { "repeat_next", AT(repeat.next), APR_INT64_MAX },
    { "repeat_last", AT(repeat.last), TIME_MAX },
    { "repeat_written", AT(repeat.written), TIME_MAX },
    { "state", AT(state.state), T2M_GROUP_STATES - 1 },
    { "state_since", AT(state.since), TIME_MAX },
    { "state_until", AT(state.until), TIME_MAX },
    { "state_count", AT(state.count), APR_INT64_MAX },
    { "minute", AT(minutes.minute), TIME_MAX / APR_USEC_PER_SEC / 60 },
    { "hour", AT(hours.hour), TIME_MAX / APR_USEC_PER_SEC / 3600 },
};

#define TEXT(name) { #name, AT(name), AT(name##_size), sizeof(((t2m_group_t *)NULL)->name) }

static const text_t texts[] = {
    TEXT(logger), TEXT(type), TEXT(message), TEXT(template), TEXT(endpoint), TEXT(request_id),
    TEXT(release)
};

static const char *const sample_names[T2M_SAMPLES] = {
    [T2M_SAMPLE_FIRST] = "sample_first", [T2M_SAMPLE_LAST] = "sample_last"
};

enum { COUNT_OF_NUMBERS = sizeof(numbers) / sizeof(numbers[0]),
       COUNT_OF_TEXTS = sizeof(texts) / sizeof(texts[0]) };

/* ---- out ------------------------------------------------------------------------------------- */

/* Zero when there is no memory, as with all that follows: half a group is none. */
static int set(json_t *object, const char *name, json_t *value)
{
    return json_object_set_new(object, name, value) == 0;
}

/* The value, or NULL when it could not be made as a whole. */
static json_t *whole(json_t *value, int made)
{
    if (!made) {
        json_decref(value);
        return NULL;
    }
    return value;
}

static int is_text(const char *bytes, apr_size_t size)
{
    return size > 0 && t2m_utf8_is_valid(bytes, size);
}

/* What is not UTF-8 cannot be said in JSON. */
static int set_text(json_t *object, const char *name, const char *bytes, apr_size_t size)
{
    return !is_text(bytes, size) || set(object, name, json_stringn(bytes, size));
}

/* The number as it stands there, 64 bits with or without a sign. */
static json_t *bounded(const void *number, json_int_t most)
{
    json_int_t value;

    memcpy(&value, number, sizeof(value));
    if (value < 0) { /* a count beyond what JSON has, or a time before all */
        value = most == APR_INT64_MAX ? most : 0;
    }
    return json_integer(value < most ? value : most);
}

static json_t *counts_of(const apr_uint32_t *counts, unsigned size)
{
    json_t *array = json_array();
    unsigned i;
    int made = 1;

    for (i = 0; made && i < size; i++) {
        made = json_array_append_new(array, json_integer(counts[i])) == 0;
    }
    return whole(array, made);
}

static json_t *counter_of(const t2m_top_counter_t *counter)
{
    json_t *object = json_object();
    const apr_uint64_t *error = counter->error < counter->count ? &counter->error
                                                                : &counter->count;

    return whole(object, set_text(object, "name", counter->text, counter->size)
                             && set(object, "count", bounded(&counter->count, APR_INT64_MAX))
                             && set(object, "error", bounded(error, APR_INT64_MAX)));
}

static json_t *top_of(const t2m_top_t *top)
{
    json_t *array = json_array();
    int i, made = 1;

    for (i = 0; made && i < T2M_TOP_COUNTERS; i++) {
        const t2m_top_counter_t *counter = &top->counters[i];

        if (counter->count && counter->size <= sizeof(counter->text)
            && is_text(counter->text, counter->size)) {
            made = json_array_append_new(array, counter_of(counter)) == 0;
        }
    }
    return whole(array, made);
}

static int set_clients(json_t *object, const t2m_distinct_t *clients)
{
    static const t2m_distinct_t none;
    char text[CLIENTS_TEXT + 1];
    t2m_distinct_t bounds = none;

    if (memcmp(clients, &none, sizeof(none)) == 0) {
        return 1;
    }
    t2m_distinct_merge(&bounds, clients);
    (void)apr_base64_encode_binary(text, bounds.registers, T2M_DISTINCT_REGISTERS);
    return set(object, "clients", json_string(text));
}

static int set_numbers(json_t *object, const t2m_group_t *group)
{
    int i, made = 1;

    for (i = 0; made && i < COUNT_OF_NUMBERS; i++) {
        made = set(object, numbers[i].name,
                   bounded((const char *)group + numbers[i].offset, numbers[i].most));
    }
    return made && set(object, "minutes", counts_of(group->minutes.counts, T2M_MINUTES))
        && set(object, "hours", counts_of(group->hours.counts, T2M_HOURS));
}

static int set_texts(json_t *object, const t2m_kept_group_t *kept)
{
    int i, made = 1;

    for (i = 0; made && i < COUNT_OF_TEXTS; i++) {
        apr_uint16_t size;

        memcpy(&size, (const char *)&kept->group + texts[i].size_offset, sizeof(size));
        made = set_text(object, texts[i].name, (const char *)&kept->group + texts[i].offset,
                        size <= texts[i].room ? size : 0);
    }
    for (i = 0; made && i < T2M_SAMPLES; i++) {
        const t2m_sample_t *sample = &kept->samples[i];

        if (memcmp(sample->id, kept->group.id, sizeof(sample->id)) == 0
            && sample->size <= sizeof(sample->line)) {
            made = set_text(object, sample_names[i], sample->line, sample->size);
        }
    }
    return made;
}

static int set_group(json_t *object, const t2m_kept_group_t *kept)
{
    const t2m_group_t *group = &kept->group;

    return set_text(object, "id", group->id, sizeof(group->id))
        && set(object, "level", json_integer(group->level < T2M_LEVEL_COUNT ? group->level : 0))
        && set_clients(object, &group->clients)
        && set(object, "endpoints", top_of(&group->endpoints))
        && set(object, "vhosts", top_of(&group->vhosts)) && set_texts(object, kept);
}

json_t *t2m_group_json_make(const t2m_kept_group_t *kept)
{
    json_t *object = json_object();

    return whole(object, set(object, "row", json_integer(kept->number))
                             && set_numbers(object, &kept->group)
                             && (!kept->group.used || set_group(object, kept)));
}

/* ---- in -------------------------------------------------------------------------------------- */

/* Nonzero when the member is not there, or a number from 0 to most, which is then in *number. */
static int get(const json_t *object, const char *name, json_int_t most, json_int_t *number)
{
    const json_t *value = json_object_get(object, name);

    *number = json_integer_value(value);
    return !value || (json_is_integer(value) && *number >= 0 && *number <= most);
}

/* Jansson has seen to it that it is UTF-8. */
static int get_text(const json_t *object, const char *name, char *out, apr_size_t room,
                    apr_size_t *size)
{
    const json_t *value = json_object_get(object, name);

    *size = json_string_length(value);
    if (value && (!json_is_string(value) || *size > room)) {
        return 0;
    }
    if (*size) {
        memcpy(out, json_string_value(value), *size);
    }
    return 1;
}

static int get_counts(const json_t *object, const char *name, apr_uint32_t *counts, unsigned size)
{
    const json_t *array = json_object_get(object, name);
    unsigned i;

    for (i = 0; array && i < size; i++) {
        const json_t *value = json_array_get(array, i);
        json_int_t number = json_integer_value(value);

        if (!json_is_integer(value) || number < 0 || number > APR_UINT32_MAX) {
            return 0;
        }
        counts[i] = (apr_uint32_t)number;
    }
    return !array || json_array_size(array) == size;
}

static int get_counter(const json_t *object, t2m_top_counter_t *counter)
{
    json_int_t count, error;
    apr_size_t size;

    if (!get(object, "count", APR_INT64_MAX, &count) || !get(object, "error", count, &error)
        || !get_text(object, "name", counter->text, sizeof(counter->text), &size)) {
        return 0;
    }
    counter->count = (apr_uint64_t)count;
    counter->error = (apr_uint64_t)error;
    counter->size = (apr_uint16_t)size;
    return count && size;
}

static int get_top(const json_t *object, const char *name, t2m_top_t *top)
{
    const json_t *array = json_object_get(object, name);
    apr_size_t i;

    if (array && (!json_is_array(array) || json_array_size(array) > T2M_TOP_COUNTERS)) {
        return 0;
    }
    for (i = 0; i < json_array_size(array); i++) {
        if (!get_counter(json_array_get(array, i), &top->counters[i])) {
            return 0;
        }
    }
    return 1;
}

static int get_clients(const json_t *object, t2m_distinct_t *clients)
{
    const json_t *value = json_object_get(object, "clients");
    unsigned char bytes[T2M_DISTINCT_REGISTERS + 3];
    int i;

    if (!value) {
        return 1;
    }
    /* A NUL within it ends what is decoded. */
    if (json_string_length(value) != CLIENTS_TEXT
        || apr_base64_decode_len(json_string_value(value)) > (int)sizeof(bytes)
        || apr_base64_decode_binary(bytes, json_string_value(value)) != T2M_DISTINCT_REGISTERS) {
        return 0;
    }
    for (i = 0; i < T2M_DISTINCT_REGISTERS; i++) {
        if (bytes[i] > REGISTER_MAX) {
            return 0;
        }
        clients->registers[i] = bytes[i];
    }
    return 1;
}

static int get_numbers(const json_t *object, t2m_group_t *group)
{
    int i;

    for (i = 0; i < COUNT_OF_NUMBERS; i++) {
        json_int_t number;

        if (!get(object, numbers[i].name, numbers[i].most, &number)) {
            return 0;
        }
        memcpy((char *)group + numbers[i].offset, &number, sizeof(number));
    }
    return get_counts(object, "minutes", group->minutes.counts, T2M_MINUTES)
        && get_counts(object, "hours", group->hours.counts, T2M_HOURS);
}

static int get_sample(const json_t *object, const char *name, const char *id,
                      t2m_sample_t *sample)
{
    apr_size_t size;

    if (!get_text(object, name, sample->line, sizeof(sample->line), &size)) {
        return 0;
    }
    if (size) {
        sample->size = (apr_uint32_t)size;
        memcpy(sample->id, id, sizeof(sample->id));
    }
    return 1;
}

static int get_texts(const json_t *object, t2m_kept_group_t *kept)
{
    int i;

    for (i = 0; i < COUNT_OF_TEXTS; i++) {
        apr_size_t size;
        apr_uint16_t size_there;

        if (!get_text(object, texts[i].name, (char *)&kept->group + texts[i].offset,
                      texts[i].room, &size)) {
            return 0;
        }
        size_there = (apr_uint16_t)size;
        memcpy((char *)&kept->group + texts[i].size_offset, &size_there, sizeof(size_there));
    }
    for (i = 0; i < T2M_SAMPLES; i++) {
        if (!get_sample(object, sample_names[i], kept->group.id, &kept->samples[i])) {
            return 0;
        }
    }
    return 1;
}

int t2m_group_json_has_id(const t2m_group_t *group)
{
    int i;

    for (i = 0; i < T2M_FINGERPRINT_SIZE; i++) {
        if (t2m_hexadecimal_value(group->id[i]) < 0) {
            return 0;
        }
    }
    return 1;
}

/* Without an id the row only has what was evicted from it; row 0 has none. */
static int get_id(const json_t *object, t2m_kept_group_t *kept)
{
    t2m_group_t *group = &kept->group;
    apr_size_t size;

    if (!get_text(object, "id", group->id, sizeof(group->id), &size)) {
        return 0;
    }
    group->used = size > 0;
    return size == 0 || (kept->number > 0 && t2m_group_json_has_id(group));
}

/* What only a row has that is in use. */
static int get_group(const json_t *object, t2m_kept_group_t *kept)
{
    json_int_t level;

    if (!get(object, "level", T2M_LEVEL_COUNT - 1, &level)) {
        return 0;
    }
    kept->group.level = (apr_uint32_t)level;
    return get_clients(object, &kept->group.clients)
        && get_top(object, "endpoints", &kept->group.endpoints)
        && get_top(object, "vhosts", &kept->group.vhosts) && get_texts(object, kept);
}

int t2m_group_json_read(const json_t *object, t2m_kept_group_t *kept)
{
    json_int_t row;

    memset(kept, 0, sizeof(*kept));
    if (!json_object_get(object, "row") || !get(object, "row", T2M_GROUPS_MAX - 1, &row)) {
        return 0;
    }
    kept->number = (apr_uint32_t)row;
    return get_id(object, kept) && get_numbers(object, &kept->group)
        && (!kept->group.used || get_group(object, kept));
}
