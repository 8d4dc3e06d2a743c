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

/* See rotation.h. Days and hours have numbers: those passed since 1970 by the wall clock of the
 * policy's zone. A period ends with the first second whose number is higher. That second is
 * searched for with nothing but the zone's offset: mktime would answer 23:00 or 01:00 for a
 * midnight that does not exist, and for one that comes twice (America/Havana) either, depending on
 * what it was asked before. */
#include "core/rotation.h"

#include <string.h>
#include <strings.h>

#define MEGABYTE (APR_UINT64_C(1) << 20)
#define GIGABYTE (APR_UINT64_C(1) << 30)
#define SIZE_LOWEST (APR_UINT64_C(64) << 10)
#define SIZE_HIGHEST (1024 * GIGABYTE)
#define NO_CLOCK (APR_INT64_C(1000000000) * APR_USEC_PER_SEC) /* in 2001: nobody's clock */
#define DAYS(count) (APR_INT64_C(count) * DAY * APR_USEC_PER_SEC)

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 }; /* seconds */
enum { OFFSET_MAX = 26 * HOUR };                /* no zone is farther from UTC */
enum { TWICE_MAX = 3 };                         /* numbers a clock that is put back repeats */
enum { KEEP_MAX = 9999, AGE_MAX_MINUTES = 3650 * 24 * 60 };

void t2m_rotation_clear(t2m_rotation_t *policy)
{
    memset(policy, 0, sizeof(*policy));
}

void t2m_rotation_default(t2m_stream_e stream, t2m_rotation_t *policy)
{
    t2m_rotation_clear(policy);
    if (t2m_stream_is_messages(stream)) {
        policy->size = 50 * MEGABYTE;
        policy->keep = 10;
    } else if (stream == T2M_STREAM_ACCESS) {
        policy->size = GIGABYTE;
        policy->period = T2M_PERIOD_DAILY;
        policy->age = DAYS(30);
    } else if (stream == T2M_STREAM_PERFORMANCE) {
        policy->size = GIGABYTE;
        policy->period = T2M_PERIOD_HOURLY;
        policy->age = DAYS(7);
    }
}

/* ---- options ------------------------------------------------------------------------------- */

/* The number at the start of text, and *after what follows it. Returns 0 when there is none or it
 * has more digits than any limit here: 13 are enough for 1024G and cannot overflow. */
static int read_number(const char *text, apr_uint64_t *number, const char **after)
{
    const char *at = text;

    *number = 0;
    for (; *at >= '0' && *at <= '9'; at++) {
        if (at - text >= 13) {
            return 0;
        }
        *number = *number * 10 + (apr_uint64_t)(*at - '0');
    }
    *after = at;
    return at != text;
}

/* The place of the one letter that text is, among letters (lower case); -1 for anything else. */
static int unit_of(const char *text, const char *letters)
{
    char letter = (char)(*text >= 'A' && *text <= 'Z' ? *text - 'A' + 'a' : *text);
    const char *at = *text ? strchr(letters, letter) : NULL;

    return at && !text[1] ? (int)(at - letters) : -1;
}

static const char *set_size(t2m_rotation_t *policy, const char *value)
{
    static const char bad[] = "bad size; allowed: size=64K to size=1024G (bytes, or with K, M or "
                              "G)";
    const char *rest = value;
    apr_uint64_t size;
    int unit;

    if (!read_number(value, &size, &rest)) {
        return bad;
    }
    unit = *rest ? unit_of(rest, "kmg") : -1;
    if ((*rest && unit < 0) || size > SIZE_HIGHEST >> 10 * (unit + 1)) {
        return bad;
    }
    size <<= 10 * (unit + 1);
    if (size < SIZE_LOWEST) {
        return bad;
    }
    policy->size = size;
    return NULL;
}

static const char *set_keep(t2m_rotation_t *policy, const char *value)
{
    const char *rest = value;
    apr_uint64_t keep;

    if (!read_number(value, &keep, &rest) || *rest || keep < 1 || keep > KEEP_MAX) {
        return "bad number of files; allowed: keep=1 to keep=9999";
    }
    policy->keep = (apr_uint32_t)keep;
    return NULL;
}

static const char *set_age(t2m_rotation_t *policy, const char *value)
{
    static const apr_uint64_t minutes[] = { 1, 60, 24 * 60 };
    static const char bad[] = "bad age; allowed: age=1m to age=3650d (a whole number with m, h or "
                              "d)";
    const char *rest = value;
    apr_uint64_t age;
    int unit;

    if (!read_number(value, &age, &rest)) {
        return bad;
    }
    unit = unit_of(rest, "mhd");
    if (unit < 0 || age < 1 || age > AGE_MAX_MINUTES / minutes[unit]) {
        return bad;
    }
    policy->age = (apr_int64_t)(age * minutes[unit]) * MINUTE * APR_USEC_PER_SEC;
    return NULL;
}

static const char *set_compression(t2m_rotation_t *policy, const char *value)
{
    if (strcasecmp(value, "none") == 0) {
        policy->compression = T2M_COMPRESSION_NONE;
    } else if (strcasecmp(value, "gzip") == 0) {
        policy->compression = T2M_COMPRESSION_GZIP;
#ifdef T2M_HAVE_ZSTD
    } else if (strcasecmp(value, "zstd") == 0) {
        policy->compression = T2M_COMPRESSION_ZSTD;
    } else {
        return "unknown compression; allowed: compress=gzip, compress=zstd, compress=none";
    }
#else
    } else if (strcasecmp(value, "zstd") == 0) {
        return "built without zstd; allowed: compress=gzip, compress=none";
    } else {
        return "unknown compression; allowed: compress=gzip, compress=none";
    }
#endif
    return NULL;
}

static const char *set_daily(t2m_rotation_t *policy, const char *value)
{
    (void)value;
    policy->period = T2M_PERIOD_DAILY;
    return NULL;
}

static const char *set_hourly(t2m_rotation_t *policy, const char *value)
{
    (void)value;
    policy->period = T2M_PERIOD_HOURLY;
    return NULL;
}

static const char *set_local(t2m_rotation_t *policy, const char *value)
{
    (void)value;
    policy->local = 1;
    return NULL;
}

typedef struct {
    const char *name; /* with '=': a value follows */
    const char *(*set)(t2m_rotation_t *policy, const char *value);
    const char *twice;
} option_t;

enum { DAILY, HOURLY, SIZE, KEEP, AGE, COMPRESS, LOCAL, OPTIONS };

static const option_t options[OPTIONS] = {
    { "daily", set_daily, "daily is given twice; allowed: once" },
    { "hourly", set_hourly, "hourly is given twice; allowed: once" },
    { "size=", set_size, "size= is given twice; allowed: once" },
    { "keep=", set_keep, "keep= is given twice; allowed: once" },
    { "age=", set_age, "age= is given twice; allowed: once" },
    { "compress=", set_compression, "compress= is given twice; allowed: once" },
    { "local", set_local, "local is given twice; allowed: once" },
};

/* The option that word is, and *value what stands behind its '='; NULL when it is none. */
static const option_t *find_option(const char *word, const char **value)
{
    int i;

    for (i = 0; i < OPTIONS; i++) {
        size_t size = strlen(options[i].name);
        int has_value = options[i].name[size - 1] == '=';

        if (strncasecmp(word, options[i].name, size) == 0 && (has_value || !word[size])) {
            *value = word + size;
            return &options[i];
        }
    }
    return NULL;
}

const char *t2m_rotation_option(t2m_rotation_t *policy, unsigned *given, const char *word)
{
    const unsigned periods = 1U << DAILY | 1U << HOURLY;
    const char *value = word, *reason;
    const option_t *option = find_option(word, &value);
    unsigned bit;

    if (!option) {
        return "unknown option; allowed: size=SIZE, daily, hourly, keep=N, age=DURATION, "
               "compress=gzip|zstd|none, local";
    }
    bit = 1U << (option - options);
    if (*given & bit) {
        return option->twice;
    }
    if ((bit & periods) && (*given & periods)) {
        return "daily beside hourly; allowed: one of them";
    }
    reason = option->set(policy, value);
    if (!reason) {
        *given |= bit;
    }
    return reason;
}

const char *t2m_rotation_refuse(const t2m_rotation_t *policy)
{
    return policy->size || policy->period != T2M_PERIOD_NONE
               ? NULL : "nothing says when the file rotates; needed: size=SIZE, daily or hourly";
}

/* ---- periods ------------------------------------------------------------------------------- */

/* Seconds that the wall clock is ahead of UTC at that second. */
static apr_int64_t offset_at(const t2m_rotation_t *policy, apr_int64_t second)
{
    apr_time_exp_t broken_down;

    if (!policy->local
        || apr_time_exp_lt(&broken_down, second * APR_USEC_PER_SEC) != APR_SUCCESS) {
        return 0;
    }
    return broken_down.tm_gmtoff;
}

/* The number of the period that the second lies in. */
static apr_int64_t number_of(const t2m_rotation_t *policy, apr_int64_t unit, apr_int64_t second)
{
    apr_int64_t wall = second + offset_at(policy, second);

    return wall / unit - (wall % unit < 0);
}

/*
 * The first second with that number or a higher one. A clock that goes back over a limit (00:01
 * to 23:01, America/St_Johns until 2011) crosses it twice; the search then ends at one of the two,
 * and always at the same, because nothing but the number decides where it begins.
 */
static apr_int64_t first_of(const t2m_rotation_t *policy, apr_int64_t unit, apr_int64_t number)
{
    apr_int64_t reach = policy->local ? OFFSET_MAX : 0;
    apr_int64_t before = number * unit - reach - 1; /* its number is lower */
    apr_int64_t second = number * unit + reach;     /* its number is not */

    while (second - before > 1) {
        apr_int64_t middle = before + (second - before) / 2;

        if (number_of(policy, unit, middle) >= number) {
            second = middle;
        } else {
            before = middle;
        }
    }
    return second;
}

apr_time_t t2m_rotation_period_end(const t2m_rotation_t *policy, apr_time_t moment)
{
    apr_int64_t unit = policy->period == T2M_PERIOD_DAILY ? DAY : HOUR;
    apr_int64_t number, last;
    apr_time_t end = APR_INT64_MAX;

    if (policy->period != T2M_PERIOD_DAILY && policy->period != T2M_PERIOD_HOURLY) {
        return 0;
    }
    if (moment > APR_INT64_MAX - DAYS(7)) {
        return APR_INT64_MAX;
    }
    if (moment < 0) {
        moment = 0;
    }
    last = number_of(policy, unit, apr_time_sec(moment)) + 1;
    for (number = last - TWICE_MAX; number <= last || end == APR_INT64_MAX; number++) {
        apr_time_t first = first_of(policy, unit, number) * APR_USEC_PER_SEC;

        if (first > moment && first < end) {
            end = first;
        }
    }
    return end;
}

/* ---- decisions ----------------------------------------------------------------------------- */

static int is_full(const t2m_rotation_t *policy, apr_uint64_t size)
{
    return policy->size && size >= policy->size;
}

int t2m_rotation_due_again(const t2m_rotation_t *policy, t2m_rotation_span_t *span,
                           apr_uint64_t size, apr_time_t written, apr_time_t now)
{
    if (size == 0 || is_full(policy, size)) {
        return size != 0;
    }
    if (policy->period == T2M_PERIOD_NONE || written == 0) {
        return 0;
    }
    if (written < span->since || written >= span->end) {
        span->since = written;
        span->end = t2m_rotation_period_end(policy, written);
    }
    return span->end != 0 && span->end <= now; /* end > written: never for now < written */
}

int t2m_rotation_due(const t2m_rotation_t *policy, apr_uint64_t size, apr_time_t written,
                     apr_time_t now)
{
    t2m_rotation_span_t span = { 0, 0 };

    return t2m_rotation_due_again(policy, &span, size, written, now);
}

apr_time_t t2m_rotation_written(apr_time_t before, apr_time_t now)
{
    /* in this order: where the second is asked for, both are times after 1970 */
    return before > now && (now < NO_CLOCK || before - now <= DAYS(1)) ? before : now;
}

apr_uint64_t t2m_rotation_room(const t2m_rotation_t *policy, apr_uint64_t size)
{
    if (!policy->size) {
        return APR_UINT64_MAX;
    }
    return size < policy->size ? policy->size - size : 0;
}
