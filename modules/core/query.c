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

/* Pair by pair; a value is decoded and known to be clean text before its reader sees it. */
#include "core/query.h"

#include "core/hexadecimal.h"
#include "core/moment.h"
#include "core/utf8.h"

#define TEXT_ALLOWED "1 to 256 bytes of UTF-8 without control characters"

/* The parameter of bit 1 << i. */
static const struct {
    const char *name, *allowed;
} parameters[] = {
    { "limit", "a whole number from 1 to 1000" },
    { "since", T2M_MOMENT_ALLOWED },
    { "until", T2M_MOMENT_ALLOWED },
    { "level", "DEBUG, INFO, WARNING, ERROR or CRITICAL" },
    { "endpoint", TEXT_ALLOWED },
    { "id", "12 hexadecimal digits" },
    { "request_id", TEXT_ALLOWED },
    { "event", TEXT_ALLOWED },
    { "q", TEXT_ALLOWED },
    { "after", "a whole number from 0 to 9223372036854775807" },
    { "sort", "new, rising or frequent" },
    { "state",
      "all, or some of new, ongoing, resolved, ignored and regressed, separated by commas" }
};

enum { PARAMETER_COUNT = sizeof(parameters) / sizeof(parameters[0]) };

/* Reads digits alone, as a number up to max. */
static int parse_number(t2m_text_t value, apr_uint64_t max, apr_uint64_t *number)
{
    apr_size_t i;

    *number = 0;
    for (i = 0; i < value.size; i++) {
        unsigned digit = (unsigned char)value.data[i] - (unsigned)'0';

        if (digit > 9 || *number > (max - digit) / 10) {
            return 0;
        }
        *number = *number * 10 + digit;
    }
    return 1;
}

/* The readers below take a decoded value of 1 to T2M_QUERY_VALUE_MAX bytes and return nonzero when
 * it is what it must be. */
static int take_limit(t2m_text_t value, unsigned *limit)
{
    apr_uint64_t number;
    int taken = parse_number(value, T2M_QUERY_LIMIT_MAX, &number) && number > 0;

    *limit = (unsigned)number;
    return taken;
}

static int take_moment(t2m_text_t value, apr_time_t now, apr_time_t *moment)
{
    if (t2m_moment_parse(value, now, moment) != T2M_MOMENT_OK) {
        return 0;
    }
    *moment = *moment > 0 ? *moment : 1; /* 0 is none; nothing was logged in 1970 */
    return 1;
}

static int take_level(t2m_text_t value, t2m_level_e *level)
{
    char name[sizeof("CRITICAL")] = "";

    if (value.size < sizeof(name)) {
        memcpy(name, value.data, value.size);
    }
    *level = t2m_level_parse(name);
    return *level < T2M_LEVEL_COUNT;
}

static int take_text(t2m_text_t value, char *out, t2m_text_t *text)
{
    memcpy(out, value.data, value.size);
    *text = t2m_text_of(out, value.size);
    return 1;
}

static int take_id(t2m_text_t value, char *out, t2m_text_t *id)
{
    apr_size_t i;

    if (value.size != T2M_QUERY_ID_SIZE) {
        return 0;
    }
    for (i = 0; i < T2M_QUERY_ID_SIZE; i++) {
        int digit = t2m_hexadecimal_value(value.data[i]);

        if (digit < 0) {
            return 0;
        }
        out[i] = "0123456789abcdef"[digit];
    }
    *id = t2m_text_of(out, T2M_QUERY_ID_SIZE);
    return 1;
}

static int is(t2m_text_t value, const char *name)
{
    return value.size == strlen(name) && memcmp(value.data, name, value.size) == 0;
}

static int take_sort(t2m_text_t value, t2m_query_sort_e *sort)
{
    *sort = is(value, "new") ? T2M_QUERY_SORT_NEW
            : is(value, "rising") ? T2M_QUERY_SORT_RISING
            : is(value, "frequent") ? T2M_QUERY_SORT_FREQUENT : T2M_QUERY_SORT_LATEST;
    return *sort != T2M_QUERY_SORT_LATEST;
}

static int take_states(t2m_text_t value, unsigned *states)
{
    if (is(value, "all")) {
        *states = T2M_QUERY_STATES_ALL;
        return 1;
    }
    for (;;) {
        const char *comma = memchr(value.data, ',', value.size);
        apr_size_t size = comma ? (apr_size_t)(comma - value.data) : value.size;
        t2m_group_state_e state = t2m_group_state_of(t2m_text_of(value.data, size));

        if (state == T2M_GROUP_OPEN) { /* nobody is shown this one, and so it is no name */
            return 0;
        }
        *states |= 1U << state;
        if (!comma) {
            return 1;
        }
        value = t2m_text_of(comma + 1, value.size - size - 1);
    }
}

static int take_value(unsigned bit, t2m_text_t value, apr_time_t now, t2m_query_t *query)
{
    switch (bit) {
    case T2M_QUERY_LIMIT:
        return take_limit(value, &query->limit);
    case T2M_QUERY_SINCE:
        return take_moment(value, now, &query->since);
    case T2M_QUERY_UNTIL:
        return take_moment(value, now, &query->until);
    case T2M_QUERY_LEVEL:
        return take_level(value, &query->level);
    case T2M_QUERY_ENDPOINT:
        return take_text(value, query->texts[0], &query->endpoint);
    case T2M_QUERY_ID:
        return take_id(value, query->texts[1], &query->id);
    case T2M_QUERY_REQUEST_ID:
        return take_text(value, query->texts[2], &query->request_id);
    case T2M_QUERY_EVENT:
        return take_text(value, query->texts[3], &query->event);
    case T2M_QUERY_Q:
        return take_text(value, query->texts[4], &query->q);
    case T2M_QUERY_SORT:
        return take_sort(value, &query->sort);
    case T2M_QUERY_STATE:
        return take_states(value, &query->states);
    default:
        return parse_number(value, APR_INT64_MAX, &query->after);
    }
}

static int refuse(t2m_query_error_t *error, const char *parameter, const char *allowed)
{
    error->parameter = parameter;
    error->allowed = allowed;
    return 0;
}

/* Refuses a name by saying which there are. */
static int refuse_name(t2m_query_error_t *error, unsigned allowed)
{
    apr_size_t used = 0;
    unsigned i;

    for (i = 0; i < PARAMETER_COUNT; i++) {
        apr_size_t size = strlen(parameters[i].name);

        if ((1U << i & allowed) && used + size + sizeof(", ") <= sizeof(error->names)) {
            memcpy(error->names + used, ", ", used > 0 ? 2 : 0);
            used += used > 0 ? 2 : 0;
            memcpy(error->names + used, parameters[i].name, size);
            used += size;
        }
    }
    error->names[used] = '\0';
    return refuse(error, NULL, used > 0 ? error->names : "no parameters");
}

/* The number of an allowed parameter of that name; PARAMETER_COUNT when there is none. */
static unsigned find_parameter(t2m_text_t name, unsigned allowed)
{
    unsigned i = 0;

    while (i < PARAMETER_COUNT
           && (!(1U << i & allowed) || strlen(parameters[i].name) != name.size
               || memcmp(parameters[i].name, name.data, name.size) != 0)) {
        i++;
    }
    return i;
}

/* The next byte of an encoded value, and how many bytes stood for it; 0 for a bad `%`. */
static apr_size_t decode_byte(const char *at, apr_size_t left, char *byte)
{
    int high, low;

    *byte = *at == '+' ? ' ' : *at;
    if (*at != '%') {
        return 1;
    }
    if (left < 3) {
        return 0;
    }
    high = t2m_hexadecimal_value(at[1]);
    low = t2m_hexadecimal_value(at[2]);
    *byte = (char)(high * 16 + low);
    return high < 0 || low < 0 ? 0 : 3;
}

static int is_control(char byte)
{
    return (unsigned char)byte < 0x20 || byte == 0x7f;
}

/* Decodes a value into buffer, of T2M_QUERY_VALUE_MAX bytes. Returns NULL or, when it is no text,
 * what is allowed. */
static const char *decode_value(t2m_text_t raw, const char *allowed, char *buffer,
                                t2m_text_t *value)
{
    apr_size_t at, taken, size = 0;

    for (at = 0; at < raw.size; at += taken) {
        char byte;

        taken = decode_byte(raw.data + at, raw.size - at, &byte);
        if (taken == 0) {
            return "two hexadecimal digits behind each %";
        }
        if (is_control(byte) || size == T2M_QUERY_VALUE_MAX) {
            return allowed;
        }
        buffer[size++] = byte;
    }
    *value = t2m_text_of(buffer, size);
    return size > 0 && t2m_utf8_is_valid(buffer, size) ? NULL : allowed;
}

/* What to say of a value that its reader did not take. */
static const char *hint_of(unsigned bit, t2m_text_t value, apr_time_t now, const char *allowed)
{
    apr_time_t ignored;

    if ((bit == T2M_QUERY_SINCE || bit == T2M_QUERY_UNTIL)
        && t2m_moment_parse(value, now, &ignored) == T2M_MOMENT_BLANK_OFFSET) {
        return "a time whose offset has its + written as %2B";
    }
    return allowed;
}

/* Takes the value of a parameter that is allowed. */
static int take_parameter(unsigned number, t2m_text_t raw, apr_time_t now, t2m_query_t *query,
                          t2m_query_error_t *error)
{
    const char *name = parameters[number].name, *allowed = parameters[number].allowed, *wrong;
    unsigned bit = 1U << number;
    char buffer[T2M_QUERY_VALUE_MAX];
    t2m_text_t value;

    if (query->given & bit) {
        return refuse(error, name, "one value");
    }
    query->given |= bit;
    wrong = decode_value(raw, allowed, buffer, &value);
    if (wrong) {
        return refuse(error, name, wrong);
    }
    return take_value(bit, value, now, query)
           || refuse(error, name, hint_of(bit, value, now, allowed));
}

/* Takes `name=value`. */
static int take_pair(t2m_text_t pair, unsigned allowed, apr_time_t now, t2m_query_t *query,
                     t2m_query_error_t *error)
{
    const char *equals = pair.size > 0 ? memchr(pair.data, '=', pair.size) : NULL;
    apr_size_t size = equals ? (apr_size_t)(equals - pair.data) : pair.size;
    apr_size_t behind = equals ? size + 1 : size;
    unsigned number = find_parameter(t2m_text_of(pair.data, size), allowed);
    t2m_text_t raw = t2m_text_of(pair.data + behind, pair.size - behind);

    return number < PARAMETER_COUNT ? take_parameter(number, raw, now, query, error)
                                    : refuse_name(error, allowed);
}

static unsigned count_pairs(t2m_text_t text)
{
    unsigned count = 1;
    apr_size_t i;

    for (i = 0; i < text.size; i++) {
        count += text.data[i] == '&';
    }
    return count;
}

static void set_defaults(t2m_query_t *query)
{
    memset(query, 0, sizeof(*query));
    query->limit = T2M_QUERY_LIMIT_DEFAULT;
    query->level = T2M_LEVEL_COUNT;
}

/* Takes all pairs of a text that is not empty. */
static int take_pairs(t2m_text_t text, unsigned allowed, apr_time_t now, t2m_query_t *query,
                      t2m_query_error_t *error)
{
    for (;;) {
        const char *separator = text.size > 0 ? memchr(text.data, '&', text.size) : NULL;
        apr_size_t size = separator ? (apr_size_t)(separator - text.data) : text.size;

        if (!take_pair(t2m_text_of(text.data, size), allowed, now, query, error)) {
            return 0;
        }
        if (!separator) {
            return 1;
        }
        text = t2m_text_of(separator + 1, text.size - size - 1);
    }
}

int t2m_query_parse(t2m_text_t text, unsigned allowed, apr_time_t now, t2m_query_t *query,
                    t2m_query_error_t *error)
{
    set_defaults(query);
    if (text.size > T2M_QUERY_SIZE_MAX) {
        return refuse(error, NULL, "at most 4096 bytes");
    }
    if (count_pairs(text) > T2M_QUERY_PARAMETERS_MAX) {
        return refuse(error, NULL, "at most 32 parameters");
    }
    if (text.size > 0 && !take_pairs(text, allowed, now, query, error)) {
        return 0;
    }
    if (query->since && query->until && query->since > query->until) {
        return refuse(error, "since", "a time that is not after until");
    }
    return 1;
}
