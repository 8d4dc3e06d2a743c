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

/* Tests core/retention: by table, and the properties that no order of sizes and times may break. */
#include "core/retention.h"

#include <stdlib.h>

#include "tap.h"

#define DAY apr_time_from_sec(86400)
#define NOW apr_time_from_sec(1795000000) /* November 2026 */
#define IN_2038 apr_time_from_sec(2147483648)
#define IN_2106 apr_time_from_sec(4294967296)

static t2m_backup_t backups[600];
static t2m_listing_t listing;
static t2m_rotation_t policy;
static t2m_retention_victim_t victims[T2M_RETENTION_PER_RUN];

static void start(apr_uint32_t keep, apr_int64_t age)
{
    memset(&policy, 0, sizeof(policy));
    memset(&listing, 0, sizeof(listing));
    listing.backups = backups;
    policy.keep = keep;
    policy.age = age;
}

static void add_packed(apr_uint32_t number, t2m_compression_e compression, apr_uint64_t size,
                       apr_time_t mtime)
{
    t2m_backup_t backup = { number, compression, size, mtime, number };

    backups[listing.count++] = backup;
}

static void add(apr_uint32_t number, apr_time_t mtime)
{
    add_packed(number, T2M_COMPRESSION_NONE, 1, mtime);
}

/* One backup a day: .1 ended a day ago. */
static void add_days(apr_uint32_t count)
{
    apr_uint32_t i;

    for (i = 1; i <= count; i++) {
        add(i, NOW - i * DAY);
    }
}

/* How many go, at that time. */
static int going(apr_time_t now, int steady)
{
    t2m_retention_sort(listing.backups, listing.count);
    return (int)t2m_retention_choose(&policy, now, steady, &listing, victims);
}

static void sorting(void)
{
    start(0, 0);
    add(2, 0);
    add_packed(3, T2M_COMPRESSION_GZIP, 1, 0);
    add(10, 0);
    add(3, 0);
    add_packed(3, T2M_COMPRESSION_ZSTD, 1, 0);
    t2m_retention_sort(backups, listing.count);
    ok(backups[0].number == 10 && backups[4].number == 2, "the highest number first");
    ok(backups[1].compression == T2M_COMPRESSION_ZSTD
           && backups[2].compression == T2M_COMPRESSION_GZIP
           && backups[3].compression == T2M_COMPRESSION_NONE, "packed before plain");
    t2m_retention_sort(backups, 0);
}

static void keeping(void)
{
    start(3, 0);
    is_number(going(NOW, 1), 0, "no backups");
    add_days(3);
    is_number(going(NOW, 1), 0, "as many as are kept");
    add(4, NOW);
    is_number(going(NOW, 1), 1, "one more");
    ok(backups[victims[0].backup].number == 4 && victims[0].reason == T2M_RETENTION_KEEP
           && victims[0].file == 0, "the highest goes, by keep");
    policy.keep = 0;
    is_number(going(NOW, 1), 0, "keep is not said");
    start(2, 0);
    add(1, NOW);
    add(5, NOW);
    add(900, NOW);
    is_number(going(NOW, 1), 1, "gaps do not count");
    start(2, 0);
    add(1, NOW);
    add(2, NOW);
    add_packed(2, T2M_COMPRESSION_GZIP, 1, NOW);
    is_number(going(NOW, 1), 0, "a number counts once, packed and plain");
    add(3, NOW);
    add_packed(3, T2M_COMPRESSION_GZIP, 1, NOW);
    is_number(going(NOW, 1), 2, "and goes as a whole");
    start(5, 0);
    add(9, NOW);
    listing.rest_count = 5;
    is_number(going(NOW, 1), 1, "what is not listed counts");
    start(1, 0);
    add_days(500);
    is_number(going(NOW, 1), T2M_RETENTION_PER_RUN, "so many at a time");
    is_number(backups[victims[99].backup].number, 401, "from the top");
}

static void aging(void)
{
    start(0, 30 * DAY);
    add_days(30);
    is_number(going(NOW, 1), 0, "30 days are not more than 30 days");
    is_number(going(NOW + 1, 1), 1, "a moment later they are");
    ok(victims[0].reason == T2M_RETENTION_AGE, "by age");
    add(31, NOW - 31 * DAY);
    add(32, NOW - 32 * DAY);
    is_number(going(NOW, 0), 2, "also while the clock is not known to be steady");
    policy.keep = 31;
    is_number(going(NOW, 0), 2, "either limit: age takes more");
    ok(victims[0].reason == T2M_RETENTION_KEEP && victims[1].reason == T2M_RETENTION_AGE,
       "each says why");
    policy.keep = 10;
    is_number(going(NOW, 0), 22, "either limit: keep takes more");
    policy.keep = 0;
    policy.age = 0;
    is_number(going(NOW, 1), 0, "for ever");
}

/* Times that say nothing: the order of the numbers still does. */
static void wrong_times(void)
{
    static const apr_time_t wrong[] = { 0, -1, 1, IN_2038, IN_2106, APR_INT64_MAX, APR_INT64_MIN };
    size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        start(0, 30 * DAY);
        add(1, wrong[i]);
        add(2, wrong[i]);
        is_number(going(NOW, 1), 0, "nothing is known: nothing goes");
        start(0, 30 * DAY);
        add(1, NOW - DAY);
        add(2, wrong[i]);
        add(3, NOW - 20 * DAY);
        add(4, NOW - 40 * DAY);
        is_number(going(NOW, 1), 1, "it may be as young as the one before it");
        is_number(going(NOW + 10 * DAY + 1, 1), 2, "its older neighbour goes");
        is_number(going(NOW + 29 * DAY, 1), 2, "but it stays");
        is_number(going(NOW + 29 * DAY + 1, 1), 4, "until that one is too old");
    }
    start(0, 30 * DAY);
    add(1, NOW - 300 * DAY); /* written while the clock was 300 days behind */
    add(2, NOW - 2 * DAY);
    is_number(going(NOW, 1), 0, "as young as any that is older");
}

static void wrong_clock(void)
{
    static const apr_time_t ahead[] = { IN_2038, IN_2106, NOW + 60 * DAY };
    size_t i;

    start(0, 30 * DAY);
    add_days(29);
    is_number(going(apr_time_from_sec(86400), 1), 0, "now is 1970: nothing goes");
    is_number(going(0, 1), 0, "now is 0");
    is_number(going(NOW - 10 * DAY, 1), 0, "ten days behind: nothing goes");
    for (i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++) {
        is_number(going(ahead[i], 0), 0, "the clock leapt ahead: nothing goes");
        add(0, ahead[i] - DAY); /* a file that was rotated after the leap */
        is_number(going(ahead[i], 0), 0, "nor after the next rotation");
        is_number(going(ahead[i], 1), 29, "a steady clock is believed");
        listing.count--;
    }
    start(0, 30 * DAY);
    add(1, NOW - DAY);
    add(2, NOW - 16 * DAY);
    add(3, NOW - 31 * DAY);
    is_number(going(NOW, 0), 1, "half the age without a file is no hole");
    add(4, NOW - 46 * DAY - 1);
    is_number(going(NOW, 0), 0, "more is");
    is_number(going(NOW, 1), 2, "which a steady clock does not mind");
}

static void packing(void)
{
    start(0, 0);
    add_packed(4, T2M_COMPRESSION_GZIP, 1, NOW);
    add(3, NOW);
    add(2, NOW);
    add(1, NOW);
    is_number((long)t2m_retention_compress(&policy, &listing, 99), 4, "the policy does not pack");
    policy.compression = T2M_COMPRESSION_GZIP;
    is_number((long)t2m_retention_compress(&policy, &listing, 99), 1, "the highest plain one");
    is_number((long)t2m_retention_compress(&policy, &listing, 3), 2, "then the next");
    is_number((long)t2m_retention_compress(&policy, &listing, 2), 4, ".1 stays plain");
}

/* ---- the total ------------------------------------------------------------------------------ */

static t2m_backup_t store[5][4];
static t2m_retention_file_t files[5];

/* Three backups of 100 bytes for each stream, the live file has 10. */
static void world(void)
{
    unsigned stream, i;

    memset(files, 0, sizeof(files));
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        files[stream].stream = (t2m_stream_e)stream;
        files[stream].live_size = 10;
        files[stream].listing.backups = store[stream];
        files[stream].listing.count = 3;
        for (i = 0; i < 3; i++) {
            t2m_backup_t backup = { 3 - i, T2M_COMPRESSION_NONE, 100,
                                    NOW - (3 - i) * DAY + stream, 0 };

            store[stream][i] = backup;
        }
    }
}

static int total(apr_uint64_t limit)
{
    return (int)t2m_retention_total(files, 5, limit, victims);
}

static void totals(void)
{
    static const t2m_stream_e order[] = {
        T2M_STREAM_PERFORMANCE, T2M_STREAM_PERFORMANCE, T2M_STREAM_PERFORMANCE,
        T2M_STREAM_ACCESS, T2M_STREAM_ACCESS, T2M_STREAM_ACCESS,
        T2M_STREAM_APP, T2M_STREAM_APP, T2M_STREAM_APP,
        T2M_STREAM_ERRORS, T2M_STREAM_SECURITY, T2M_STREAM_ERRORS, T2M_STREAM_SECURITY,
        T2M_STREAM_ERRORS, T2M_STREAM_SECURITY,
    };
    int wrong = 0, i;

    world();
    is_number((long)t2m_retention_sum(files, 5), 1550, "the sum, live files included");
    is_number(total(0), 0, "no limit");
    is_number(total(1550), 0, "it fits");
    is_number(total(1549), 1, "a byte too much");
    is_number(total(1450), 1, "as much as goes");
    is_number(total(1449), 2, "and a byte more");
    ok(victims[1].reason == T2M_RETENTION_TOTAL, "with its reason");
    is_number(total(1), 15, "all that there is, and no live file");
    for (i = 0; i < 15; i++) {
        wrong += files[victims[i].file].stream != order[i];
        wrong += i < 9 && victims[i].backup != (apr_size_t)i % 3;
    }
    is_number(wrong, 0, "in the order of the streams, the oldest first");
    files[T2M_STREAM_APP].listing.rest_size = 1000;
    files[T2M_STREAM_APP].listing.rest_count = 7;
    is_number((long)t2m_retention_sum(files, 5), 2550, "what is not listed counts");
    files[0].live_size = APR_UINT64_MAX - 5;
    ok(t2m_retention_sum(files, 5) == APR_UINT64_MAX, "a sum that does not fit is the largest");
    is_number((long)t2m_retention_total(files, 0, 1, victims), 0, "no files");
}

static void many_files(void)
{
    start(0, 0);
    add_days(300);
    t2m_retention_sort(backups, listing.count);
    world();
    files[T2M_STREAM_SECURITY].listing = listing;
    files[T2M_STREAM_SECURITY].listing.count = 300;
    is_number((long)t2m_retention_total(files + T2M_STREAM_SECURITY, 1, 1, victims),
              T2M_RETENTION_PER_RUN, "so many at a time");
}

/* Over random listings, sizes and limits: of one file a prefix goes; nothing more than needed; no
 * stream is touched while one that gives way earlier has backups left. */
static void property(void)
{
    static const int rank[] = { 2, 3, 1, 3, 0 };
    unsigned round, i, wrong = 0;

    srand(7);
    for (round = 0; round < 3000; round++) {
        apr_uint64_t limit = (apr_uint64_t)(rand() % 1700 + 1), sum;
        apr_size_t chosen;

        world();
        for (i = 0; i < 5; i++) {
            files[i].stream = (t2m_stream_e)(rand() % 5);
            files[i].listing.count = (apr_size_t)(rand() % 4);
            store[i][rand() % 3].mtime = rand() % 2 ? 0 : IN_2038;
            store[i][rand() % 3].size = (apr_uint64_t)(rand() % 200);
        }
        sum = t2m_retention_sum(files, 5);
        chosen = t2m_retention_total(files, 5, limit, victims);
        for (i = 0; i < chosen; i++) {
            unsigned k;

            wrong += sum <= limit;
            sum -= files[victims[i].file].listing.backups[victims[i].backup].size;
            for (k = 0; k < 5; k++) {
                wrong += rank[files[k].stream] < rank[files[victims[i].file].stream]
                      && files[k].taken < files[k].listing.count;
            }
        }
        for (i = 0; i < 5; i++) {
            wrong += sum > limit && files[i].taken < files[i].listing.count;
        }
    }
    is_number(wrong, 0, "3000 random worlds");
}

static void clocks(void)
{
    const apr_time_t hour = apr_time_from_sec(3600);
    t2m_retention_clock_t clock;

    t2m_retention_clock_start(&clock, NOW, 5, NOW - hour);
    ok(t2m_retention_clock_steady(&clock, NOW + 1, 6), "a file of the last day: believed");
    t2m_retention_clock_start(&clock, NOW, 5, NOW + 1);
    ok(!t2m_retention_clock_steady(&clock, NOW + 1, 6), "a file of the future: not");
    t2m_retention_clock_start(&clock, NOW, 5, NOW - 25 * hour);
    ok(!t2m_retention_clock_steady(&clock, NOW + 1, 6), "an old file: not");
    t2m_retention_clock_start(&clock, NOW, 5, 0);
    ok(!t2m_retention_clock_steady(&clock, NOW + hour - 1, 5 + hour - 1), "no file: not yet");
    ok(t2m_retention_clock_steady(&clock, NOW + hour, 5 + hour), "an hour later");
    ok(t2m_retention_clock_steady(&clock, NOW + 2 * hour + hour / 20, 5 + 2 * hour),
       "three minutes are no leap");
    ok(!t2m_retention_clock_steady(&clock, IN_2038, 5 + 2 * hour + 1), "a leap to 2038");
    ok(!t2m_retention_clock_steady(&clock, IN_2038 + hour - 2, 5 + 3 * hour - 1),
       "is not forgotten");
    ok(t2m_retention_clock_steady(&clock, IN_2038 + hour, 5 + 3 * hour + 1), "for an hour");
    ok(!t2m_retention_clock_steady(&clock, NOW, 5 + 3 * hour + 2), "a leap back is one too");
}

int main(void)
{
    sorting();
    keeping();
    aging();
    wrong_times();
    wrong_clock();
    packing();
    totals();
    many_files();
    property();
    clocks();
    return tap_done();
}
