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

/* Options, limits of days and hours in awkward time zones, and when a file is due.
 *
 * Shown to fail: with a span that is never left or left only forwards, with no look back at
 * repeated numbers (St Johns), with too short a reach from UTC (Kiritimati, Apia), without the sign
 * in number_of (before 1970), with `>=` for `>` at a limit, with now for what
 * t2m_rotation_written says (a clock that swings rotates a hundred times).
 */
#include "core/rotation.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tap.h"

#define MINUTES(count) ((apr_int64_t)(count) * 60 * APR_USEC_PER_SEC)
#define HOURS(count) MINUTES(60 * (count))
#define DAYS(count) HOURS(24 * (count))

/* ---- options ------------------------------------------------------------------------------- */

static void test_defaults(void)
{
    t2m_rotation_t policy;
    int stream;

    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        const char *name = t2m_stream_name((t2m_stream_e)stream);
        int is_message = t2m_stream_is_messages((t2m_stream_e)stream);

        memset(&policy, 0xff, sizeof(policy));
        t2m_rotation_default((t2m_stream_e)stream, &policy);
        ok(policy.compression == T2M_COMPRESSION_NONE && !policy.local && !policy.reserved
           && !t2m_rotation_refuse(&policy), "%s: rotates, plain, by UTC", name);
        is_number((long long)policy.size, is_message ? 50 << 20 : 1 << 30, "its size");
        is_number(policy.keep, is_message ? 10 : 0, "its number of files");
    }
    t2m_rotation_default(T2M_STREAM_ACCESS, &policy);
    ok(policy.period == T2M_PERIOD_DAILY && policy.age == DAYS(30), "access: daily, 30 days");
    t2m_rotation_default(T2M_STREAM_PERFORMANCE, &policy);
    ok(policy.period == T2M_PERIOD_HOURLY && policy.age == DAYS(7), "performance: hourly, 7 days");
    t2m_rotation_default(T2M_STREAM_ERRORS, &policy);
    ok(policy.period == T2M_PERIOD_NONE && policy.age == 0, "errors: by size alone");
    t2m_rotation_default(T2M_STREAM_COUNT, &policy);
    ok(t2m_rotation_refuse(&policy) != NULL, "no stream, no rotation");
}

static const char *take(t2m_rotation_t *policy, const char *words)
{
    char copy[128], *rest = copy, *word;
    const char *reason = NULL;
    unsigned given = 0;

    (void)snprintf(copy, sizeof(copy), "%s", words);
    t2m_rotation_clear(policy);
    while (!reason && (word = strsep(&rest, " ")) != NULL) {
        reason = t2m_rotation_option(policy, &given, word);
    }
    return reason;
}

static void test_good_options(void)
{
    static const struct {
        const char *words;
        t2m_rotation_t want;
    } cases[] = {
        { "size=64K", { 65536, 0, 0, 0, 0, 0, 0 } },
        { "size=65536", { 65536, 0, 0, 0, 0, 0, 0 } },
        { "SIZE=50m", { 50 << 20, 0, 0, 0, 0, 0, 0 } },
        { "size=1024G", { APR_UINT64_C(1) << 40, 0, 0, 0, 0, 0, 0 } },
        { "size=1099511627776", { APR_UINT64_C(1) << 40, 0, 0, 0, 0, 0, 0 } },
        { "daily", { 0, 0, 0, T2M_PERIOD_DAILY, 0, 0, 0 } },
        { "Hourly LOCAL", { 0, 0, 0, T2M_PERIOD_HOURLY, 0, 1, 0 } },
        { "keep=1", { 0, 0, 1, 0, 0, 0, 0 } },
        { "keep=9999", { 0, 0, 9999, 0, 0, 0, 0 } },
        { "age=1m", { 0, MINUTES(1), 0, 0, 0, 0, 0 } },
        { "AGE=12H", { 0, HOURS(12), 0, 0, 0, 0, 0 } },
        { "age=3650d", { 0, DAYS(3650), 0, 0, 0, 0, 0 } },
        { "age=5256000m", { 0, DAYS(3650), 0, 0, 0, 0, 0 } },
        { "compress=GZip", { 0, 0, 0, 0, T2M_COMPRESSION_GZIP, 0, 0 } },
        { "compress=none", { 0, 0, 0, 0, 0, 0, 0 } },
#ifdef T2M_HAVE_ZSTD
        { "compress=zstd", { 0, 0, 0, 0, T2M_COMPRESSION_ZSTD, 0, 0 } },
#endif
        { "local compress=gzip age=90m keep=7 daily size=1g",
          { 1 << 30, MINUTES(90), 7, T2M_PERIOD_DAILY, T2M_COMPRESSION_GZIP, 1, 0 } },
    };
    t2m_rotation_t policy;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *reason = take(&policy, cases[i].words);

        ok(!reason && memcmp(&policy, &cases[i].want, sizeof(policy)) == 0, "%s%s%s",
           cases[i].words, reason ? ": " : "", reason ? reason : "");
    }
}

static void test_bad_options(void)
{
    static const struct {
        const char *words, *part; /* of the reason */
    } cases[] = {
        { "size=65535", "size=64K" },         { "size=63K", "size=64K" },
        { "size=", "size=64K" },              { "size=M", "size=64K" },
        { "size=1T", "size=64K" },            { "size=1MB", "size=64K" },
        { "size=-1M", "size=64K" },           { "size=1025G", "1024G" },
        { "size=1099511627777", "1024G" },    { "size=18446744073709617152", "1024G" },
        { "size=9999999999999G", "1024G" },   { "keep=0", "keep=1 to keep=9999" },
        { "keep=10000", "keep=9999" },        { "keep=", "keep=1" },
        { "keep=5x", "keep=1" },              { "keep=4294967297", "keep=1" },
        { "age=30", "m, h or d" },            { "age=0m", "age=1m" },
        { "age=3651d", "age=3650d" },         { "age=30s", "m, h or d" },
        { "age=5256001m", "age=3650d" },      { "age=d", "age=1m" },
        { "age=1dd", "m, h or d" },           { "compress=lzma", "compress=gzip" },
        { "compress=", "compress=none" },     { "compress", "unknown option" },
        { "", "unknown option" },             { "weekly", "size=SIZE, daily, hourly" },
        { "dail", "unknown option" },         { "dailyx", "unknown option" },
        { "daily=1", "unknown option" },      { "locale", "unknown option" },
        { "daily hourly", "daily beside" },   { "HOURLY daily", "daily beside" },
        { "daily daily", "daily is given" },  { "hourly hourly", "hourly is given" },
        { "size=1M size=1M", "size= is" },    { "keep=1 keep=2", "keep= is" },
        { "age=1d age=1d", "age= is" },       { "local local", "local is" },
        { "compress=none compress=gzip", "compress= is given twice" },
#ifndef T2M_HAVE_ZSTD
        { "compress=zstd", "built without zstd" },
#endif
    };
    t2m_rotation_t policy;
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *reason = take(&policy, cases[i].words);

        ok(reason && strstr(reason, cases[i].part), "\"%s\": %s", cases[i].words,
           reason ? reason : "taken");
        ok(reason && (strstr(reason, "allowed: ") || strstr(reason, "needed: ")),
           "says what is allowed");
    }
}

static void test_refused_option_changes_nothing(void)
{
    t2m_rotation_t policy, before;
    unsigned given = 0;

    t2m_rotation_clear(&policy);
    (void)t2m_rotation_option(&policy, &given, "daily");
    before = policy;
    ok(t2m_rotation_option(&policy, &given, "size=9") && t2m_rotation_option(&policy, &given, "x")
       && t2m_rotation_option(&policy, &given, "hourly"), "three words are refused");
    ok(memcmp(&policy, &before, sizeof(policy)) == 0, "the policy is what it was");
    ok(!t2m_rotation_option(&policy, &given, "size=64K"), "a refused option was not given");
}

static void test_directive(void)
{
    t2m_rotation_t policy;

    ok(!take(&policy, "keep=5 age=3d compress=gzip local")
       && strstr(t2m_rotation_refuse(&policy), "size=SIZE, daily or hourly"),
       "how long without when is refused");
    ok(!take(&policy, "size=1M") && !t2m_rotation_refuse(&policy), "a size is enough");
    ok(!take(&policy, "daily") && !t2m_rotation_refuse(&policy), "or a day");
    ok(!take(&policy, "hourly") && !t2m_rotation_refuse(&policy), "or an hour");
}

/* ---- periods ------------------------------------------------------------------------------- */

/* Sets the C library's zone. Returns 0 when this machine does not know it. */
static int in_zone(const char *zone)
{
    const char *root = getenv("TZDIR");
    char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", root ? root : "/usr/share/zoneinfo", zone);
    if (strcmp(zone, "UTC") != 0 && access(path, R_OK) != 0) {
        ok(1, "%s # SKIP no %s", zone, path);
        return 0;
    }
    (void)setenv("TZ", zone, 1);
    tzset();
    return 1;
}

/* "2024-03-31T22:00" in UTC as a moment. */
static apr_time_t utc(const char *text)
{
    struct tm broken_down = { 0 };

    (void)strptime(text, "%Y-%m-%dT%H:%M", &broken_down);
    return apr_time_from_sec(timegm(&broken_down));
}

/* Daily or hourly by local time, or by UTC. */
static t2m_rotation_t periodic(t2m_period_e period, int local)
{
    t2m_rotation_t policy;

    t2m_rotation_clear(&policy);
    policy.period = (unsigned char)period;
    policy.local = (unsigned char)local;
    return policy;
}

/* Limits that follow each other, in UTC, the first one being a limit itself. */
static const struct {
    const char *zone;
    t2m_period_e period;
    const char *limits[5];
} limits[] = {
    { "UTC", T2M_PERIOD_DAILY, { "2024-02-28T00:00", "2024-02-29T00:00", "2024-03-01T00:00" } },
    { "UTC", T2M_PERIOD_HOURLY, { "2024-02-29T23:00", "2024-03-01T00:00", "2024-03-01T01:00" } },
    { "Europe/Berlin", T2M_PERIOD_DAILY, /* 23 hours, then 24 */
      { "2024-03-30T23:00", "2024-03-31T22:00", "2024-04-01T22:00" } },
    { "Europe/Berlin", T2M_PERIOD_DAILY, /* 25 hours */
      { "2024-10-26T22:00", "2024-10-27T23:00", "2024-10-28T23:00" } },
    { "Europe/Berlin", T2M_PERIOD_HOURLY, /* no 02:00 */
      { "2024-03-31T00:00", "2024-03-31T01:00", "2024-03-31T02:00" } },
    { "Europe/Berlin", T2M_PERIOD_HOURLY, /* 02:00 to 03:00 twice */
      { "2024-10-26T23:00", "2024-10-27T00:00", "2024-10-27T02:00", "2024-10-27T03:00" } },
    { "Africa/Cairo", T2M_PERIOD_DAILY, /* no midnight */
      { "2024-04-24T22:00", "2024-04-25T22:00", "2024-04-26T21:00" } },
    { "America/Santiago", T2M_PERIOD_DAILY, /* no midnight */
      { "2024-09-07T04:00", "2024-09-08T04:00", "2024-09-09T03:00" } },
    { "America/Santiago", T2M_PERIOD_DAILY, /* 24:00 is 23:00 again */
      { "2024-04-06T03:00", "2024-04-07T04:00", "2024-04-08T04:00" } },
    { "Asia/Beirut", T2M_PERIOD_DAILY, /* no midnight */
      { "2024-03-29T22:00", "2024-03-30T22:00", "2024-03-31T21:00" } },
    { "America/Havana", T2M_PERIOD_DAILY, /* midnight twice */
      { "2024-11-02T04:00", "2024-11-03T04:00", "2024-11-04T05:00" } },
    { "Australia/Lord_Howe", T2M_PERIOD_DAILY, /* 24.5 hours */
      { "2024-04-05T13:00", "2024-04-06T13:00", "2024-04-07T13:30" } },
    { "Australia/Lord_Howe", T2M_PERIOD_DAILY, /* 23.5 hours */
      { "2024-10-04T13:30", "2024-10-05T13:30", "2024-10-06T13:00" } },
    { "Australia/Lord_Howe", T2M_PERIOD_HOURLY, /* 01:30 to 02:00 twice */
      { "2024-04-06T13:00", "2024-04-06T14:00", "2024-04-06T15:30", "2024-04-06T16:30" } },
    { "Australia/Lord_Howe", T2M_PERIOD_HOURLY, /* 02:00 is 02:30 */
      { "2024-10-05T14:30", "2024-10-05T15:30", "2024-10-05T16:00", "2024-10-05T17:00" } },
    { "Pacific/Apia", T2M_PERIOD_DAILY, /* no 30th */
      { "2011-12-28T10:00", "2011-12-29T10:00", "2011-12-30T10:00", "2011-12-31T10:00" } },
    { "Asia/Kathmandu", T2M_PERIOD_DAILY, { "2024-06-01T18:15", "2024-06-02T18:15" } },
    { "Asia/Kathmandu", T2M_PERIOD_HOURLY, { "2024-06-01T18:15", "2024-06-01T19:15" } },
    { "Pacific/Kiritimati", T2M_PERIOD_DAILY, { "2024-06-01T10:00", "2024-06-02T10:00" } },
};

static void test_limits(void)
{
    size_t i, k;

    for (i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
        t2m_rotation_t policy = periodic(limits[i].period, 1);

        if (!in_zone(limits[i].zone)) {
            continue;
        }
        for (k = 0; limits[i].limits[k + 1]; k++) {
            apr_time_t start = utc(limits[i].limits[k]), end = utc(limits[i].limits[k + 1]);

            ok(t2m_rotation_period_end(&policy, start) == end
               && t2m_rotation_period_end(&policy, start + (end - start) / 2) == end
               && t2m_rotation_period_end(&policy, end - 1) == end, "%s: %s to %s",
               limits[i].zone, limits[i].limits[k], limits[i].limits[k + 1]);
        }
    }
}

static void test_no_zone(void)
{
    t2m_rotation_t daily = periodic(T2M_PERIOD_DAILY, 0);
    t2m_rotation_t hourly = periodic(T2M_PERIOD_HOURLY, 0);
    t2m_rotation_t none = periodic(T2M_PERIOD_NONE, 1);
    t2m_rotation_t wrong = periodic((t2m_period_e)77, 0);

    (void)in_zone("Asia/Kathmandu");
    is_number(t2m_rotation_period_end(&daily, utc("2024-03-31T12:00")), utc("2024-04-01T00:00"),
              "UTC whatever TZ says: a day");
    is_number(t2m_rotation_period_end(&hourly, utc("2024-03-31T12:00")), utc("2024-03-31T13:00"),
              "an hour");
    is_number(t2m_rotation_period_end(&none, 5), 0, "no period, no end");
    is_number(t2m_rotation_period_end(&wrong, 5), 0, "nor for what is no period");
    is_number(t2m_rotation_period_end(&daily, 0), DAYS(1), "1970");
    is_number(t2m_rotation_period_end(&daily, -DAYS(1000)), DAYS(1), "before it");
    is_number(t2m_rotation_period_end(&daily, APR_INT64_MIN), DAYS(1), "long before it");
    is_number(t2m_rotation_period_end(&daily, utc("9999-12-31T23:59")), utc("9999-12-31T23:59")
              + MINUTES(1), "the end of 9999");
    is_number(t2m_rotation_period_end(&daily, APR_INT64_MAX - 1), APR_INT64_MAX, "the end of time");
    daily.local = 1;
    if (in_zone("America/New_York")) {
        is_number(t2m_rotation_period_end(&daily, 0), HOURS(5), "1969 by the wall clock");
    }
    ok(t2m_rotation_period_end(&daily, APR_INT64_MAX - DAYS(8)) > APR_INT64_MAX - DAYS(8),
       "and near it");
}

/* ---- walks --------------------------------------------------------------------------------- */

enum { SEEN_MAX = 256 };

typedef struct {
    long names[SEEN_MAX]; /* of the days or hours that have begun, in order of their first minute */
    int count;
} seen_t;

/* Nonzero when the day or hour was not there before. */
static int is_new(seen_t *seen, long name)
{
    int i;

    for (i = 0; i < seen->count; i++) {
        if (seen->names[i] == name) {
            return 0;
        }
    }
    seen->names[seen->count++] = name;
    return 1;
}

/* What the wall clock calls the period: yyyymmdd or yyyymmddhh. */
static long name_of(apr_time_t moment, t2m_period_e period)
{
    time_t second = (time_t)apr_time_sec(moment);
    struct tm broken_down;
    long name;

    localtime_r(&second, &broken_down);
    name = (broken_down.tm_year + 1900L) * 10000 + (broken_down.tm_mon + 1) * 100
         + broken_down.tm_mday;
    return period == T2M_PERIOD_DAILY ? name : name * 100 + broken_down.tm_hour;
}

/* A line each minute: each day (hour) of the wall clock rotates once. */
static void walk(const char *zone, const char *from, const char *to, t2m_period_e period)
{
    t2m_rotation_t policy = periodic(period, 1);
    t2m_rotation_span_t span = { 0, 0 };
    seen_t days = { { 0 }, 0 }, rotated = { { 0 }, 0 };
    apr_time_t now = utc(from), end = utc(to), written = now;
    int twice = 0, differs = 0;

    if (!in_zone(zone)) {
        return;
    }
    for (; now <= end; now += MINUTES(1)) {
        int due = t2m_rotation_due_again(&policy, &span, 1, written, now);

        differs += due != t2m_rotation_due(&policy, 1, written, now);
        (void)is_new(&days, name_of(now, period));
        twice += due && !is_new(&rotated, name_of(now, period));
        written = now;
    }
    ok(!twice && rotated.count == days.count - 1, "%s from %s: %d %s, each begins a file once",
       zone, from, days.count, period == T2M_PERIOD_DAILY ? "days" : "hours");
    ok(memcmp(rotated.names, days.names + 1, (size_t)rotated.count * sizeof(long)) == 0,
       "with its first line");
    is_number(differs, 0, "the span gives the same answers");
}

static void test_walks(void)
{
    static const struct {
        const char *zone, *from, *to;
    } walks[] = {
        { "UTC", "2024-02-27T12:00", "2024-03-02T12:00" },
        { "Europe/Berlin", "2024-03-29T12:00", "2024-04-02T12:00" },
        { "Europe/Berlin", "2024-10-25T12:00", "2024-10-29T12:00" },
        { "Africa/Cairo", "2024-04-24T12:00", "2024-04-28T12:00" },
        { "Africa/Cairo", "2024-10-29T12:00", "2024-11-02T12:00" },
        { "America/Santiago", "2024-09-06T12:00", "2024-09-10T12:00" },
        { "America/Santiago", "2024-04-05T12:00", "2024-04-09T12:00" },
        { "Asia/Beirut", "2024-03-29T12:00", "2024-04-02T12:00" },
        { "Asia/Beirut", "2024-10-25T12:00", "2024-10-29T12:00" },
        { "America/Havana", "2024-11-01T12:00", "2024-11-05T12:00" },
        { "Australia/Lord_Howe", "2024-04-05T00:00", "2024-04-09T00:00" },
        { "Australia/Lord_Howe", "2024-10-04T00:00", "2024-10-08T00:00" },
        { "Pacific/Apia", "2011-12-27T12:00", "2012-01-02T12:00" },
        { "Asia/Kathmandu", "2024-05-30T12:00", "2024-06-03T12:00" },
    };
    size_t i;

    for (i = 0; i < sizeof(walks) / sizeof(walks[0]); i++) {
        walk(walks[i].zone, walks[i].from, walks[i].to, T2M_PERIOD_DAILY);
        walk(walks[i].zone, walks[i].from, walks[i].to, T2M_PERIOD_HOURLY);
    }
}

/* The clock goes back over limits: what begins twice rotates once. A line each minute. */
static void back_over_limits(const char *zone, const char *first, const char *last,
                             t2m_period_e period, int want)
{
    t2m_rotation_t policy = periodic(period, 1);
    t2m_rotation_span_t span = { 0, 0 };
    apr_time_t now, written = utc(first), end = 0;
    int count = 0, backwards = 0, differs = 0;

    if (!in_zone(zone)) {
        return;
    }
    for (now = written; now <= utc(last); now += MINUTES(1)) {
        int due = t2m_rotation_due_again(&policy, &span, 1, written, now);
        apr_time_t next = t2m_rotation_period_end(&policy, now);

        differs += due != t2m_rotation_due(&policy, 1, written, now);
        backwards += next < end || next <= now || next == APR_INT64_MAX;
        end = next;
        count += due;
        written = now;
    }
    is_number(count, want, zone);
    is_number(backwards, 0, "the limits never go back");
    is_number(differs, 0, "the span gives the same answers");
}

static void test_back_over_limits(void)
{
    static const struct {
        const char *zone, *first, *last;
        int days, hours;
    } cases[] = {
        /* from 00:01 to 23:01 */
        { "America/St_Johns", "2006-10-28T12:30", "2006-10-31T12:30", 3, 71 },
        /* from 02:00 to 23:00 */
        { "Antarctica/Casey", "2010-03-03T12:00", "2010-03-07T12:00", 4, 93 },
    };
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        back_over_limits(cases[i].zone, cases[i].first, cases[i].last, T2M_PERIOD_DAILY,
                         cases[i].days);
        back_over_limits(cases[i].zone, cases[i].first, cases[i].last, T2M_PERIOD_HOURLY,
                         cases[i].hours);
    }
}

/* ---- decisions ----------------------------------------------------------------------------- */

static void test_size(void)
{
    t2m_rotation_t policy;

    t2m_rotation_clear(&policy);
    ok(!t2m_rotation_due(&policy, APR_UINT64_MAX, 1, APR_INT64_MAX), "no condition, no rotation");
    ok(t2m_rotation_room(&policy, 5) == APR_UINT64_MAX, "and room without end");
    policy.size = 100;
    ok(!t2m_rotation_due(&policy, 99, 0, 0), "one byte below the limit");
    ok(t2m_rotation_due(&policy, 100, 0, 0), "the limit");
    ok(t2m_rotation_due(&policy, 101, 9, 5), "above it, whatever the clock says");
    is_number((long long)t2m_rotation_room(&policy, 0), 100, "room of an empty file");
    is_number((long long)t2m_rotation_room(&policy, 99), 1, "the last byte");
    is_number((long long)t2m_rotation_room(&policy, 100), 0, "none");
    is_number((long long)t2m_rotation_room(&policy, 5000), 0, "nor beyond");
}

static void test_clock(void)
{
    t2m_rotation_t policy = periodic(T2M_PERIOD_DAILY, 0);
    apr_time_t noon = utc("2024-05-05T12:00"), midnight = utc("2024-05-06T00:00");

    policy.size = 1000;
    ok(!t2m_rotation_due(&policy, 1, noon, midnight - 1), "the day is not over");
    ok(t2m_rotation_due(&policy, 1, noon, midnight), "it is");
    ok(!t2m_rotation_due(&policy, 1, midnight, midnight), "the first line of the new day");
    ok(!t2m_rotation_due(&policy, 0, noon, midnight), "an empty file stays");
    ok(!t2m_rotation_due(&policy, 1, 0, midnight), "a file of unknown age too");
    ok(t2m_rotation_due(&policy, 1, noon, noon + DAYS(3)), "down for three days");
    ok(!t2m_rotation_due(&policy, 1, midnight, midnight - 1), "the clock goes back over a limit");
    ok(!t2m_rotation_due(&policy, 1, noon, 1), "or to 1970");
    ok(t2m_rotation_due(&policy, 1, 1, noon), "a file of 1970");
}

/* The clock leaps, and whoever keeps a span leaps with it. */
static void test_leaps(void)
{
    static const struct {
        const char *now;
        int due;
    } leaps[] = {
        { "2024-05-05T12:00", 0 }, { "2024-05-08T12:00", 1 }, /* three days: once */
        { "2024-05-08T12:01", 0 }, { "2024-05-06T10:00", 0 }, /* back: no, and then */
        { "2024-05-06T10:01", 0 }, { "2024-05-07T00:00", 1 }, /* the next midnight counts */
        { "2038-01-19T03:15", 1 }, { "2038-01-19T03:16", 0 },
        { "2024-05-07T00:01", 0 }, { "2024-05-07T00:02", 0 }, { "2024-05-08T00:00", 1 },
        { "1970-01-01T00:01", 0 }, { "1970-01-01T23:59", 0 }, { "1970-01-02T00:00", 1 },
        { "9999-12-31T23:59", 1 }, { "2024-05-08T00:01", 0 }, { "2024-05-08T00:02", 0 },
    };
    t2m_rotation_t policy = periodic(T2M_PERIOD_DAILY, 0);
    t2m_rotation_span_t span = { 0, 0 };
    apr_time_t written = utc("2024-05-05T11:00");
    size_t i;

    for (i = 0; i < sizeof(leaps) / sizeof(leaps[0]); i++) {
        apr_time_t now = utc(leaps[i].now);

        is_number(t2m_rotation_due_again(&policy, &span, 1, written, now), leaps[i].due,
                  leaps[i].now);
        written = now;
    }
}

/* ---- a clock that goes back, with a line each minute ----------------------------------------- */

typedef struct {
    t2m_rotation_t policy;
    t2m_rotation_span_t span;
    apr_time_t written;
    int rotations;
} file_t;

/* What the writer does with a line at now. */
static void write_line(file_t *file, apr_time_t now)
{
    if (t2m_rotation_due_again(&file->policy, &file->span, 1, file->written, now)) {
        file->rotations++;
        file->span = (t2m_rotation_span_t){ 0, 0 };
    }
    file->written = t2m_rotation_written(file->written, now);
}

static void write_lines(file_t *file, const char *from, const char *to)
{
    apr_time_t now, end = utc(to);

    for (now = utc(from); now <= end; now += MINUTES(1)) {
        write_line(file, now);
    }
}

static file_t started(t2m_period_e period, const char *from, const char *to)
{
    file_t file = { periodic(period, 0), { 0, 0 }, 0, 0 };

    write_lines(&file, from, to);
    return file;
}

static void test_written(void)
{
    apr_time_t noon = utc("2024-05-05T12:00");

    is_number(t2m_rotation_written(0, noon), noon, "the first line");
    is_number(t2m_rotation_written(noon, noon + 1), noon + 1, "the next");
    is_number(t2m_rotation_written(noon, noon - 1), noon, "a clock that went back by little");
    is_number(t2m_rotation_written(noon, noon - DAYS(1)), noon, "or by a day");
    is_number(t2m_rotation_written(noon, noon - DAYS(1) - 1), noon - DAYS(1) - 1, "by more");
    is_number(t2m_rotation_written(APR_INT64_MAX, noon), noon, "from the end of time");
    is_number(t2m_rotation_written(noon, 1), noon, "to 1970");
    is_number(t2m_rotation_written(noon, -5), noon, "or before it");
    is_number(t2m_rotation_written(noon, APR_INT64_MIN), noon, "or to the beginning of time");
    is_number(t2m_rotation_written(APR_INT64_MAX, APR_INT64_MIN), APR_INT64_MAX, "from its end");
    is_number(t2m_rotation_written(0, 1), 1, "where the clock has always been");
    is_number(t2m_rotation_written(t2m_rotation_written(noon, noon - 7), noon - 7), noon,
              "the same answer twice is the same");
}

static void test_back_by_hours(void)
{
    file_t day = started(T2M_PERIOD_DAILY, "2024-05-05T20:00", "2024-05-06T00:30");
    file_t hour = started(T2M_PERIOD_HOURLY, "2024-05-05T20:00", "2024-05-06T00:30");

    is_number(day.rotations, 1, "midnight");
    is_number(hour.rotations, 4, "and the hours before it");
    write_lines(&day, "2024-05-05T22:30", "2024-05-06T23:59");
    write_lines(&hour, "2024-05-05T22:30", "2024-05-06T00:59");
    is_number(day.rotations, 1, "two hours back: midnight comes twice and counts once");
    is_number(hour.rotations, 4, "so do the hours");
    write_lines(&day, "2024-05-07T00:00", "2024-05-07T12:00");
    write_lines(&hour, "2024-05-06T01:00", "2024-05-06T02:59");
    is_number(day.rotations, 2, "the next day");
    is_number(hour.rotations, 6, "and hours count");
}

/* The clock is put back by a second a hundred times while it is about to be midnight. */
static void test_swings(void)
{
    file_t file = started(T2M_PERIOD_DAILY, "2024-05-05T20:00", "2024-05-05T23:59");
    apr_time_t midnight = utc("2024-05-06T00:00");
    int i;

    for (i = 0; i < 100; i++) {
        write_line(&file, midnight - APR_USEC_PER_SEC / 2);
        write_line(&file, midnight + APR_USEC_PER_SEC / 2);
    }
    is_number(file.rotations, 1, "a clock that swings about midnight");
}

static void test_back_by_years(void)
{
    file_t file = started(T2M_PERIOD_DAILY, "2024-05-05T11:00", "2024-05-05T12:00");

    write_lines(&file, "2038-01-19T03:10", "2038-01-19T03:20");
    is_number(file.rotations, 1, "to 2038: once");
    write_lines(&file, "2024-05-05T12:01", "2024-05-05T23:59");
    is_number(file.rotations, 1, "and back: no more");
    write_lines(&file, "2024-05-06T00:00", "2024-05-07T12:00");
    is_number(file.rotations, 3, "each day counts again");
    write_lines(&file, "1970-01-01T00:00", "1970-01-01T00:10");
    write_lines(&file, "2024-05-07T12:01", "2024-05-07T12:02");
    is_number(file.rotations, 3, "to 1970 and back: not at all");
    write_lines(&file, "9999-12-31T23:50", "9999-12-31T23:59");
    write_lines(&file, "2024-05-07T12:03", "2024-05-07T23:59");
    is_number(file.rotations, 4, "to 9999 and back: once");
}

int main(void)
{
    test_defaults();
    test_good_options();
    test_bad_options();
    test_refused_option_changes_nothing();
    test_directive();
    test_limits();
    test_no_zone();
    test_walks();
    test_back_over_limits();
    test_size();
    test_clock();
    test_leaps();
    test_written();
    test_back_by_hours();
    test_swings();
    test_back_by_years();
    return tap_done();
}
