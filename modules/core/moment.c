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

/* Strict readers of three notations, tried one after the other. Pure; any thread. */
#include "core/moment.h"

enum {
    DECIMALS_MAX = 9,
    SECONDS_PER_DAY = 86400,
    DATE_SIZE = 19,  /* 2024-01-15T10:30:45 */
    OFFSET_SIZE = 6  /* +01:00 */
};

static const apr_int64_t seconds_max = APR_INT64_C(253402300799); /* the last second of 9999 */

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static apr_size_t count_digits(t2m_text_t text)
{
    apr_size_t count = 0;

    while (count < text.size && is_digit(text.data[count])) {
        count++;
    }
    return count;
}

static t2m_text_t behind(t2m_text_t text, apr_size_t size)
{
    return t2m_text_of(text.data + size, text.size - size);
}

/* The number that size digits make; one above seconds_max when it is larger than that. */
static apr_int64_t number_of(const char *digits, apr_size_t size)
{
    apr_int64_t value = 0;
    apr_size_t i;

    for (i = 0; i < size && value <= seconds_max; i++) {
        value = value * 10 + (digits[i] - '0');
    }
    return value <= seconds_max ? value : seconds_max + 1;
}

/* Steps over `.` and digits, if there are any; microseconds becomes what they mean. 0 when there
 * is a point without digits, or too many. */
static int take_decimals(t2m_text_t *text, apr_int64_t *microseconds)
{
    apr_int64_t unit = APR_USEC_PER_SEC;
    apr_size_t count, i;

    *microseconds = 0;
    if (text->size == 0 || text->data[0] != '.') {
        return 1;
    }
    *text = behind(*text, 1);
    count = count_digits(*text);
    for (i = 0; i < count && unit > 1; i++) {
        unit /= 10;
        *microseconds += unit * (text->data[i] - '0');
    }
    *text = behind(*text, count);
    return count > 0 && count <= DECIMALS_MAX;
}

static int parse_epoch(t2m_text_t text, apr_time_t *moment)
{
    apr_size_t count = count_digits(text);
    apr_int64_t seconds = number_of(text.data, count), microseconds;

    text = behind(text, count);
    if (count == 0 || seconds > seconds_max || !take_decimals(&text, &microseconds)
        || text.size > 0) {
        return 0;
    }
    *moment = seconds * APR_USEC_PER_SEC + microseconds;
    return 1;
}

static apr_int64_t seconds_of_unit(char unit)
{
    switch (unit) {
    case 's':
        return 1;
    case 'm':
        return 60;
    case 'h':
        return 3600;
    case 'd':
        return SECONDS_PER_DAY;
    default:
        return 0;
    }
}

static int parse_span(t2m_text_t text, apr_time_t now, apr_time_t *moment)
{
    apr_size_t count = count_digits(text);
    apr_int64_t number = number_of(text.data, count), unit;

    unit = text.size == count + 1 ? seconds_of_unit(text.data[count]) : 0;
    if (count == 0 || unit == 0 || number > now / APR_USEC_PER_SEC / unit) {
        return 0;
    }
    *moment = now - number * unit * APR_USEC_PER_SEC;
    return 1;
}

/* Nonzero when text begins as the shape says: 0 stands for any digit. */
static int has_shape(t2m_text_t text, const char *shape)
{
    apr_size_t i, size = strlen(shape);

    if (text.size < size) {
        return 0;
    }
    for (i = 0; i < size; i++) {
        if (shape[i] == '0' ? !is_digit(text.data[i]) : text.data[i] != shape[i]) {
            return 0;
        }
    }
    return 1;
}

static int pair_at(const char *digits)
{
    return (digits[0] - '0') * 10 + (digits[1] - '0');
}

static int days_of_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return days[month - 1] + (month == 2 && is_leap);
}

/* Reads `2024-01-15T10:30:45`, as if it were in UTC. 0 when there is no such day or time. */
static int take_date(t2m_text_t *text, apr_time_t *moment)
{
    const char *data = text->data;
    apr_time_exp_t parts = { 0 };
    int year;

    if (!has_shape(*text, "0000-00-00T00:00:00") && !has_shape(*text, "0000-00-00t00:00:00")) {
        return 0;
    }
    year = pair_at(data) * 100 + pair_at(data + 2);
    parts.tm_year = year - 1900;
    parts.tm_mon = pair_at(data + 5) - 1;
    parts.tm_mday = pair_at(data + 8);
    parts.tm_hour = pair_at(data + 11);
    parts.tm_min = pair_at(data + 14);
    parts.tm_sec = pair_at(data + 17);
    *text = behind(*text, DATE_SIZE);
    return parts.tm_mon >= 0 && parts.tm_mon < 12 && parts.tm_mday >= 1
           && parts.tm_mday <= days_of_month(year, parts.tm_mon + 1) && parts.tm_hour <= 23
           && parts.tm_min <= 59 && parts.tm_sec <= 60
           && apr_time_exp_get(moment, &parts) == APR_SUCCESS;
}

/* Reads `Z` or `+01:00`, which is all that is left; offset is in seconds. */
static int take_offset(t2m_text_t text, apr_int64_t *offset)
{
    *offset = 0;
    if (text.size == 1) {
        return text.data[0] == 'Z' || text.data[0] == 'z';
    }
    if (text.size != OFFSET_SIZE || (text.data[0] != '+' && text.data[0] != '-')
        || !has_shape(behind(text, 1), "00:00") || pair_at(text.data + 1) > 23
        || pair_at(text.data + 4) > 59) {
        return 0;
    }
    *offset = pair_at(text.data + 1) * 3600 + pair_at(text.data + 4) * 60;
    *offset = text.data[0] == '-' ? -*offset : *offset;
    return 1;
}

static int parse_rfc3339(t2m_text_t text, apr_time_t *moment)
{
    apr_int64_t microseconds, offset;
    apr_time_t time;
    int is_leap_second;

    if (!take_date(&text, &time)) {
        return 0;
    }
    is_leap_second = pair_at(text.data - 2) == 60;
    if (!take_decimals(&text, &microseconds) || !take_offset(text, &offset)) {
        return 0;
    }
    time -= offset * APR_USEC_PER_SEC;
    if (time < 0 || time / APR_USEC_PER_SEC > seconds_max
        || (is_leap_second && time / APR_USEC_PER_SEC % SECONDS_PER_DAY != 0)) {
        return 0;
    }
    *moment = time + microseconds;
    return 1;
}

/* Nonzero when text were a time of RFC 3339 with a `+` for the blank before its offset. */
static int lacks_plus(t2m_text_t text)
{
    char copy[DATE_SIZE + 1 + DECIMALS_MAX + OFFSET_SIZE];
    apr_time_t ignored;

    if (text.size < OFFSET_SIZE || text.size > sizeof(copy)
        || text.data[text.size - OFFSET_SIZE] != ' ') {
        return 0;
    }
    memcpy(copy, text.data, text.size);
    copy[text.size - OFFSET_SIZE] = '+';
    return parse_rfc3339(t2m_text_of(copy, text.size), &ignored);
}

t2m_moment_e t2m_moment_parse(t2m_text_t text, apr_time_t now, apr_time_t *moment)
{
    if (text.size == 0) {
        return T2M_MOMENT_BAD;
    }
    if (parse_epoch(text, moment) || parse_span(text, now, moment)
        || parse_rfc3339(text, moment)) {
        return T2M_MOMENT_OK;
    }
    return lacks_plus(text) ? T2M_MOMENT_BLANK_OFFSET : T2M_MOMENT_BAD;
}
