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

/* Fuzzes the values of directives and of parameters: limits, the options of T2MLogRotate, levels,
 * streams, moments, addresses, names of fields. Input: a byte that chooses the parser, two for its
 * arguments, the text. What is taken is within its limits and is the same when it is written and
 * read again; what is refused leaves everything as it was and says what is allowed. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/address.h"
#include "core/field_name.h"
#include "core/level.h"
#include "core/limit.h"
#include "core/moment.h"
#include "core/rotation.h"
#include "core/stream.h"
#include "core/timestamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MINUTE (APR_INT64_C(60) * APR_USEC_PER_SEC)

static const apr_time_t now = APR_INT64_C(1705314645123456);
static const apr_time_t end_of_time = APR_INT64_C(253402300799999999);

static void check(int holds)
{
    if (!holds) {
        abort();
    }
}

/* A reason is a text for the administrator: it says what is allowed. */
static void check_reason(const char *reason)
{
    check(strlen(reason) > 10 && strlen(reason) < 200);
    check(strstr(reason, "allowed: ") || strstr(reason, "needed: "));
}

/* ---- T2MLogMaxTotal, T2MLogMinFree ----------------------------------------------------------- */

static void check_limit(const char *text, int allow_none)
{
    t2m_limit_t limit = { 77, 99 }, again = { 77, 99 };
    const char *reason = t2m_limit_parse(text, allow_none, &limit);
    char written[32];
    apr_uint64_t bytes;

    if (reason) {
        check_reason(reason);
        check(limit.unit == 77 && limit.value == 99);
        return;
    }
    check(limit.unit <= T2M_LIMIT_PERCENT && (limit.unit == T2M_LIMIT_NONE) == (limit.value == 0));
    check(limit.unit != T2M_LIMIT_PERCENT || limit.value <= 100);
    (void)snprintf(written, sizeof(written), "%" APR_UINT64_T_FMT "%s", limit.value,
                   limit.unit == T2M_LIMIT_PERCENT ? "%" : "");
    check(!t2m_limit_parse(written, allow_none, &again));
    check(again.unit == limit.unit && again.value == limit.value);
    for (bytes = 1; bytes; bytes = bytes > APR_UINT64_MAX / 7 ? 0 : bytes * 7) {
        apr_uint64_t is = t2m_limit_bytes(&limit, bytes);

        check(limit.unit == T2M_LIMIT_PERCENT ? is <= bytes : is == limit.value);
    }
}

/* ---- T2MLogRotate ---------------------------------------------------------------------------- */

static int take(t2m_rotation_t *policy, char *words)
{
    unsigned given = 0;
    char *word;

    t2m_rotation_clear(policy);
    while ((word = strsep(&words, " ")) != NULL) {
        t2m_rotation_t before = *policy;
        unsigned given_before = given;
        const char *reason = t2m_rotation_option(policy, &given, word);

        if (reason) {
            check_reason(reason);
            check(memcmp(&before, policy, sizeof(before)) == 0 && given == given_before);
            return 0;
        }
        check(given != given_before && (given & given_before) == given_before);
        check(t2m_rotation_option(policy, &given, word) != NULL); /* not twice */
    }
    return 1;
}

static void write_policy(const t2m_rotation_t *policy, char *words, size_t room)
{
    static const char *const periods[] = { "", " hourly", " daily" };
    static const char *const compressions[] = { "none", "gzip", "zstd" };
    size_t size = (size_t)snprintf(words, room, "compress=%s%s%s",
                                   compressions[policy->compression], periods[policy->period],
                                   policy->local ? " local" : "");

    if (policy->size) {
        size += (size_t)snprintf(words + size, room - size, " size=%" APR_UINT64_T_FMT,
                                 policy->size);
    }
    if (policy->keep) {
        size += (size_t)snprintf(words + size, room - size, " keep=%u", policy->keep);
    }
    if (policy->age) {
        (void)snprintf(words + size, room - size, " age=%" APR_INT64_T_FMT "m",
                       policy->age / MINUTE);
    }
}

static void check_written(apr_time_t before, apr_time_t after)
{
    apr_time_t is = t2m_rotation_written(before, after);

    check(is == after || (is == before && before > after));
    check(t2m_rotation_written(is, after) == is);
}

static void check_decisions(const t2m_rotation_t *policy, const uint8_t *bytes)
{
    apr_time_t written = (apr_time_t)bytes[0] << (bytes[1] % 56);
    apr_time_t end = t2m_rotation_period_end(policy, written);
    t2m_rotation_span_t span = { 0, 0 };

    check(policy->period == T2M_PERIOD_NONE ? end == 0 : end > written);
    check(!t2m_rotation_due(policy, 0, written, APR_INT64_MAX));
    check(!t2m_rotation_due(policy, 1, written, written));
    check(policy->period == T2M_PERIOD_NONE || !written
          || t2m_rotation_due_again(policy, &span, 1, written, end));
    check(t2m_rotation_room(policy, 0) == (policy->size ? policy->size : APR_UINT64_MAX));
    check(t2m_rotation_room(policy, APR_UINT64_MAX) == (policy->size ? 0 : APR_UINT64_MAX));
    check(!policy->size || t2m_rotation_due(policy, policy->size, 0, 0));
    check_written(written, now);
    check_written(now, written);
}

/* A stream's own policy is one that a directive could have. */
static void check_default(uint8_t byte)
{
    t2m_rotation_t policy, again;
    char words[160];

    t2m_rotation_default((t2m_stream_e)(byte % (T2M_STREAM_COUNT + 1)), &policy);
    write_policy(&policy, words, sizeof(words));
    check(take(&again, words) && memcmp(&policy, &again, sizeof(policy)) == 0);
}

static void check_rotation(char *text, const uint8_t *bytes)
{
    t2m_rotation_t policy, again;
    char words[160];

    if (!take(&policy, text)) {
        return;
    }
    check(policy.size == 0 || (policy.size >= 65536 && policy.size <= APR_UINT64_C(1) << 40));
    check(policy.keep <= 9999 && policy.local <= 1 && policy.reserved == 0);
    check(policy.age >= 0 && policy.age <= 3650 * 1440 * MINUTE && policy.age % MINUTE == 0);
    check(policy.period <= T2M_PERIOD_DAILY && policy.compression <= T2M_COMPRESSION_ZSTD);
    check(!t2m_rotation_refuse(&policy) == (policy.size || policy.period));
    if (t2m_rotation_refuse(&policy)) {
        check_reason(t2m_rotation_refuse(&policy));
    }
    write_policy(&policy, words, sizeof(words));
    check(take(&again, words) && memcmp(&policy, &again, sizeof(policy)) == 0);
    check_decisions(&policy, bytes);
    check_default(bytes[0]);
}

/* ---- words ----------------------------------------------------------------------------------- */

static void check_level(const char *text, int severity)
{
    t2m_level_e level = t2m_level_parse(text);

    check((level == T2M_LEVEL_COUNT) == !t2m_level_name(level));
    check(level <= T2M_LEVEL_COUNT);
    check(level == T2M_LEVEL_COUNT || strcasecmp(t2m_level_name(level), text) == 0);
    check(t2m_level_of_httpd(severity) < T2M_LEVEL_COUNT);
    check(t2m_level_of_httpd(severity + 1) <= t2m_level_of_httpd(severity) || severity < 0);
}

static void check_stream(const char *text)
{
    t2m_stream_e stream = t2m_stream_parse(text);

    check((stream == T2M_STREAM_COUNT) == !t2m_stream_name(stream));
    check(stream <= T2M_STREAM_COUNT);
    check(!t2m_stream_file((t2m_stream_e)(T2M_STREAM_COUNT + stream)));
    check(!t2m_stream_is_messages(stream) == (stream == T2M_STREAM_ACCESS
                                              || stream == T2M_STREAM_PERFORMANCE
                                              || stream == T2M_STREAM_COUNT));
    check(stream == T2M_STREAM_COUNT || (strcasecmp(t2m_stream_name(stream), text) == 0
                                         && strstr(t2m_stream_file(stream), ".log")));
}

static void check_field_name(const char *text, size_t size)
{
    int plain = t2m_field_name_is_plain(text, size), own = t2m_field_name_is_own(text, size);

    check(!t2m_context_name_valid(text, size) == !(plain && !own));
    check(!own || plain);
    check(!t2m_field_name_is_fixed(text, size) || own);
    check(!plain || strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_") >= size);
    check(!plain || (size >= 1 && size <= T2M_FIELD_NAME_MAX));
}

/* ---- moments --------------------------------------------------------------------------------- */

static void check_moment(const char *text, size_t size)
{
    apr_time_t moment = -7, again;
    t2m_moment_e is = t2m_moment_parse(t2m_text_of(text, size), now, &moment);
    char written[T2M_TIMESTAMP_SIZE + 1] = "", *plus;

    check(is == T2M_MOMENT_OK || moment == -7);
    if (is == T2M_MOMENT_BLANK_OFFSET) {
        plus = strdup(text);
        check(plus && strchr(plus, ' ')); /* a date's T may be a blank no more than a + may */
        *strrchr(plus, ' ') = '+';
        check(t2m_moment_parse(t2m_text_of(plus, size), now, &again) == T2M_MOMENT_OK);
        free(plus);
    }
    if (is != T2M_MOMENT_OK) {
        return;
    }
    check(moment >= 0 && moment <= end_of_time);
    t2m_timestamp_write(moment, written);
    check(t2m_moment_parse(t2m_text_of(written, T2M_TIMESTAMP_SIZE), now, &again) == T2M_MOMENT_OK);
    check(again == moment - moment % 1000);
    (void)snprintf(written, sizeof(written), "%012" APR_INT64_T_FMT ".%06d", moment / 1000000,
                   (int)(moment % 1000000));
    check(t2m_moment_parse(t2m_text(written), now, &again) == T2M_MOMENT_OK && again == moment);
}

/* ---- addresses ------------------------------------------------------------------------------- */

static void check_address(const char *text, const uint8_t *bytes)
{
    static const unsigned char key[T2M_ADDRESS_KEY_SIZE] = "a key of thirty-two bytes, no es";
    t2m_address_mode_e mode = (t2m_address_mode_e)(bytes[0] % 5); /* 4 is none of them */
    char out[T2M_ADDRESS_MAX + 1], again[T2M_ADDRESS_MAX];
    apr_size_t size = t2m_address_write(mode, key, now + bytes[1], text, out);

    check(size <= T2M_ADDRESS_MAX);
    check(t2m_address_write(mode, key, now, NULL, again) == 0);
    if (mode == T2M_ADDRESS_FULL) {
        check(size == strnlen(text, T2M_ADDRESS_MAX) && memcmp(out, text, size) == 0);
    } else if (mode == T2M_ADDRESS_TRUNCATE && size > 0) { /* what is cut is an address, cut */
        out[size] = '\0';
        check(t2m_address_write(mode, key, now, out, again) == size);
        check(memcmp(out, again, size) == 0);
    } else if (mode == T2M_ADDRESS_HMAC) {
        check(size == (*text ? 16 : 0));
        check(!size || (t2m_address_write(mode, key, now, text, again) == size
                        && memcmp(out, again, size) == 0));
        out[size] = '\0';
        check(strspn(out, "0123456789abcdef") == size);
    }
    check(mode < T2M_ADDRESS_NONE || size == 0);
}

/* Memory of exactly the text's size, so that a read beyond it is seen. */
static char *text_of(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    check(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text;

    if (size < 3) {
        return 0;
    }
    text = text_of(data + 3, size - 3);
    switch (data[0] % 7) {
    case 0: check_limit(text, data[1] & 1); break;
    case 1: check_rotation(text, data + 1); break;
    case 2: check_level(text, (signed char)data[1]); break;
    case 3: check_stream(text); break;
    case 4: check_field_name(text, strlen(text)); break;
    case 5: check_moment(text, strlen(text)); break;
    default: check_address(text, data + 1);
    }
    free(text);
    return 0;
}
