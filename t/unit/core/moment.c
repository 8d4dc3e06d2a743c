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

/* The three notations, and what is none of them. */
#include "core/moment.h"

#include <stdlib.h>
#include <time.h>

#include "core/timestamp.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECONDS(value) ((apr_int64_t)(value) * APR_USEC_PER_SEC)

static const apr_time_t now = SECONDS(1705314645) + 123456;

/* In memory of its own size, so that a byte read too far is seen. */
static t2m_moment_e parse_exact(const char *text, apr_time_t *moment)
{
    size_t size = strlen(text);
    char *exact = malloc(size ? size : 1);
    t2m_moment_e result;

    memcpy(exact, text, size);
    result = t2m_moment_parse(t2m_text_of(exact, size), now, moment);
    free(exact);
    return result;
}

static void test_taken(void)
{
    static const struct {
        const char *text;
        apr_time_t moment;
    } cases[] = {
        { "0", 0 },
        { "1705314645", SECONDS(1705314645) },
        { "0001705314645", SECONDS(1705314645) },
        { "1705314645.1", SECONDS(1705314645) + 100000 },
        { "1705314645.000001", SECONDS(1705314645) + 1 },
        { "1705314645.123456789", SECONDS(1705314645) + 123456 },
        { "253402300799.999999", SECONDS(253402300799) + 999999 },
        { "0s", SECONDS(1705314645) + 123456 },
        { "90s", SECONDS(1705314555) + 123456 },
        { "15m", SECONDS(1705313745) + 123456 },
        { "2h", SECONDS(1705307445) + 123456 },
        { "7d", SECONDS(1704709845) + 123456 },
        { "1705314645s", 123456 },
        { "2024-01-15T10:30:45Z", SECONDS(1705314645) },
        { "2024-01-15t10:30:45z", SECONDS(1705314645) },
        { "2024-01-15T10:30:45.5Z", SECONDS(1705314645) + 500000 },
        { "2024-01-15T10:30:45.123456789Z", SECONDS(1705314645) + 123456 },
        { "2024-01-15T11:30:45+01:00", SECONDS(1705314645) },
        { "2024-01-15T11:30:45.25+01:00", SECONDS(1705314645) + 250000 },
        { "2024-01-15T05:00:45-05:30", SECONDS(1705314645) },
        { "2024-01-15T10:30:45-00:00", SECONDS(1705314645) },
        { "1970-01-01T00:00:00Z", 0 },
        { "1970-01-01T01:00:00+01:00", 0 },
        { "1970-01-01T23:59:00+23:59", 0 },
        { "2000-02-29T00:00:00Z", SECONDS(951782400) },
        { "2016-12-31T23:59:60Z", SECONDS(1483228800) },
        { "2017-01-01T00:59:60+01:00", SECONDS(1483228800) },
        { "9999-12-31T23:59:59.999999Z", SECONDS(253402300799) + 999999 },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        apr_time_t moment = -1;

        is_number(parse_exact(cases[i].text, &moment), T2M_MOMENT_OK, cases[i].text);
        is_number(moment, cases[i].moment, "is that moment");
    }
}

static void test_refused(void)
{
    static const char *const texts[] = {
        "", " ", "now", "-1", "+1", "-0", " 1", "1 ", "1.", ".5", "1.5.5", "1,5", "1e3", "1E3",
        "0x10", "NaN", "nan", "inf", "1.1234567890", "253402300800", "9223372036854775808",
        "18446744073709551616", "99999999999999999999999999999999999999", "1705314645Z",
        "s", "1.5h", "-15m", "+15m", "15 m", "15M", "15ms", "15w", "1h30m", "m15",
        "1705314646s", "253402300799d", "999999999999999999999d",
        "2024-01-15", "2024-01-15T10:30Z", "2024-01-15T10:30:45", "2024-01-15 10:30:45Z",
        "2024-01-15T10:30:45 Z", "2024-01-15T10:30:45+0100", "2024-01-15T10:30:45+01",
        "2024-01-15T10:30:45+24:00", "2024-01-15T10:30:45+01:60", "2024-01-15T10:30:45.Z",
        "2024-01-15T10:30:45.1234567890Z", "2024-01-15T10:30:45ZZ", "2024-01-15T10:30:45+01:00x",
        "2024-01-15T10:30:45*01:00", "2024-01-15T10:30:45+01-00", "2024-01-15T10:30:45+0a:00",
        "2024-00-15T10:30:45Z", "2024-13-15T10:30:45Z", "2024-01-00T10:30:45Z",
        "2024-01-32T10:30:45Z", "2024-04-31T10:30:45Z", "2023-02-29T10:30:45Z",
        "2100-02-29T10:30:45Z", "2024-01-15T24:00:00Z", "2024-01-15T10:60:00Z",
        "2024-01-15T10:30:61Z", "2024-01-15T10:30:60Z", "2016-12-31T23:59:60+01:00",
        "2024-1-15T10:30:45Z", "2024/01/15T10:30:45Z", "02024-01-15T10:30:45Z",
        "1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
        "0000-01-01T00:00:00Z", "2024-01-15T10:30:45\xe2\x88\x92z",
        "2024-01-15T10:30:45 25:00", "2024-02-30T10:30:45 01:00", " 01:00",
        "2024-01-15T10:30:45.1234567890 01:00", "2024-01-15T10:30:45  01:00",
    };
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        apr_time_t moment = -1;

        is_number(parse_exact(texts[i], &moment), T2M_MOMENT_BAD, texts[i]);
        is_number(moment, -1, "is left alone");
    }
}

static void test_blank(void)
{
    static const char *const texts[] = {
        "2024-01-15T11:30:45 01:00", "2024-01-15T11:30:45.5 01:00",
        "2024-01-15T11:30:45.123456789 00:00",
    };
    apr_time_t moment = -1;
    size_t i;

    for (i = 0; i < COUNT(texts); i++) {
        is_number(parse_exact(texts[i], &moment), T2M_MOMENT_BLANK_OFFSET, texts[i]);
    }
    is_number(moment, -1, "left alone");
}

/* Against the C library's calendar and our own writer. */
static void test_calendar(void)
{
    const apr_int64_t end = APR_INT64_C(253402300800);
    apr_int64_t seconds;
    int wrong = 0, count = 0;

    for (seconds = 0; seconds < end; seconds += 7368787) {
        char text[T2M_TIMESTAMP_SIZE], offset[64];
        time_t shifted = (time_t)seconds + 5400;
        struct tm parts;
        apr_time_t moment = -1;

        t2m_timestamp_write(SECONDS(seconds) + 987000, text);
        wrong += t2m_moment_parse(t2m_text_of(text, sizeof(text)), 0, &moment) != T2M_MOMENT_OK
                 || moment != SECONDS(seconds) + 987000;
        gmtime_r(&shifted, &parts);
        strftime(offset, sizeof(offset), "%Y-%m-%dT%H:%M:%S+01:30", &parts);
        wrong += t2m_moment_parse(t2m_text(offset), 0, &moment) != T2M_MOMENT_OK
                 || moment != SECONDS(seconds);
        count++;
    }
    ok(wrong == 0 && count > 30000, "%d moments between 1970 and 9999, %d wrong", count, wrong);
}

int main(void)
{
    test_taken();
    test_refused();
    test_blank();
    test_calendar();
    return tap_done();
}
