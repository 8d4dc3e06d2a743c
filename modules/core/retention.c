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

/* See retention.h. */
#include "core/retention.h"

#include <stdlib.h>

#define MINUTE apr_time_from_sec(60)
#define HOUR (60 * MINUTE)
#define FIRST_DAY apr_time_from_sec(1735689600) /* 2025-01-01: no log of this program is older */

static int is_plausible(apr_time_t mtime, apr_time_t now)
{
    return mtime >= FIRST_DAY && mtime <= now;
}

static int compare(const void *left, const void *right)
{
    const t2m_backup_t *a = left, *b = right;

    if (a->number != b->number) {
        return a->number < b->number ? 1 : -1;
    }
    return (a->compression < b->compression) - (a->compression > b->compression);
}

void t2m_retention_sort(t2m_backup_t *backups, apr_size_t count)
{
    if (count > 1) {
        qsort(backups, count, sizeof(*backups), compare);
    }
}

/* A stretch of time longer than hole in which no file ends, the last one up to now included. A file
 * whose time says nothing makes none. */
static int has_hole(const t2m_listing_t *listing, apr_time_t now, apr_int64_t hole)
{
    apr_time_t older = 0; /* as young as a file can be that is met so far */
    apr_size_t i;

    for (i = 0; i < listing->count; i++) {
        apr_time_t mtime = listing->backups[i].mtime;

        if (is_plausible(mtime, now) && mtime > older) {
            if (older && mtime - older > hole) {
                return 1;
            }
            older = mtime;
        }
    }
    return older && now - older > hole;
}

/* The youngest that the i-th file can be: its time, or that of the next younger one of which the
 * time says something; 0: nothing is known. */
static apr_time_t youngest_possible(const t2m_listing_t *listing, apr_size_t i, apr_time_t now)
{
    while (i < listing->count && !is_plausible(listing->backups[i].mtime, now)) {
        i++;
    }
    return i < listing->count ? listing->backups[i].mtime : 0;
}

/* How many of the listing, from its start, are too old. The first that is not ends the count, since
 * what follows is younger, whatever its time says. */
static apr_size_t too_old(const t2m_rotation_t *policy, apr_time_t now, int steady,
                          const t2m_listing_t *listing)
{
    apr_size_t i;

    if (policy->age <= 0
        || (!steady && has_hole(listing, now, policy->age / 2))) {
        return 0;
    }
    for (i = 0; i < listing->count; i++) {
        apr_time_t youngest = youngest_possible(listing, i, now);

        if (!youngest || now - youngest <= policy->age) {
            break;
        }
    }
    return i;
}

static apr_uint64_t count_numbers(const t2m_listing_t *listing)
{
    apr_uint64_t numbers = listing->rest_count;
    apr_size_t i;

    for (i = 0; i < listing->count; i++) {
        numbers += i == 0 || listing->backups[i].number != listing->backups[i - 1].number;
    }
    return numbers;
}

/* How many of the listing, from its start, are more than are to be kept. */
static apr_size_t too_many(const t2m_rotation_t *policy, const t2m_listing_t *listing)
{
    apr_uint64_t numbers = count_numbers(listing);
    apr_size_t i;

    if (policy->keep == 0) {
        return 0;
    }
    for (i = 0; i < listing->count && numbers > policy->keep; i++) {
        numbers -= i + 1 == listing->count
                || listing->backups[i].number != listing->backups[i + 1].number;
    }
    return i;
}

apr_size_t t2m_retention_choose(const t2m_rotation_t *policy, apr_time_t now, int steady,
                                const t2m_listing_t *listing,
                                t2m_retention_victim_t victims[T2M_RETENTION_PER_RUN])
{
    apr_size_t many = too_many(policy, listing);
    apr_size_t old = too_old(policy, now, steady, listing);
    apr_size_t i;

    for (i = 0; i < T2M_RETENTION_PER_RUN && (i < many || i < old); i++) {
        victims[i].file = 0;
        victims[i].backup = i;
        victims[i].reason = i < many ? T2M_RETENTION_KEEP : T2M_RETENTION_AGE;
    }
    return i;
}

apr_size_t t2m_retention_compress(const t2m_rotation_t *policy, const t2m_listing_t *listing,
                                  apr_uint32_t below)
{
    apr_size_t i;

    for (i = 0; policy->compression != T2M_COMPRESSION_NONE && i < listing->count; i++) {
        const t2m_backup_t *backup = &listing->backups[i];

        if (backup->compression == T2M_COMPRESSION_NONE && backup->number >= 2
            && backup->number < below) {
            return i;
        }
    }
    return listing->count;
}

static void add(apr_uint64_t *sum, apr_uint64_t size)
{
    *sum = size > APR_UINT64_MAX - *sum ? APR_UINT64_MAX : *sum + size;
}

apr_uint64_t t2m_retention_sum(const t2m_retention_file_t *files, apr_size_t count)
{
    apr_uint64_t sum = 0;
    apr_size_t i, k;

    for (i = 0; i < count; i++) {
        add(&sum, files[i].live_size);
        add(&sum, files[i].listing.rest_size);
        for (k = 0; k < files[i].listing.count; k++) {
            add(&sum, files[i].listing.backups[k].size);
        }
    }
    return sum;
}

/* The order in which streams give way. */
static int rank_of(t2m_stream_e stream)
{
    switch (stream) {
    case T2M_STREAM_PERFORMANCE: return 0;
    case T2M_STREAM_ACCESS: return 1;
    case T2M_STREAM_APP: return 2;
    default: return 3;
    }
}

static int goes_before(const t2m_retention_file_t *a, const t2m_retention_file_t *b)
{
    int rank_a = rank_of(a->stream), rank_b = rank_of(b->stream);
    apr_time_t time_a = a->listing.backups[a->taken].mtime;
    apr_time_t time_b = b->listing.backups[b->taken].mtime;

    return rank_a != rank_b ? rank_a < rank_b : time_a < time_b;
}

/* The file whose next backup goes; count when none has any left. */
static apr_size_t next_file(const t2m_retention_file_t *files, apr_size_t count)
{
    apr_size_t best = count, i;

    for (i = 0; i < count; i++) {
        if (files[i].taken < files[i].listing.count
            && (best == count || goes_before(&files[i], &files[best]))) {
            best = i;
        }
    }
    return best;
}

apr_size_t t2m_retention_total(t2m_retention_file_t *files, apr_size_t count, apr_uint64_t limit,
                               t2m_retention_victim_t victims[T2M_RETENTION_PER_RUN])
{
    apr_uint64_t sum = t2m_retention_sum(files, count);
    apr_size_t chosen = 0, i;

    for (i = 0; i < count; i++) {
        files[i].taken = 0;
    }
    while (limit && sum > limit && chosen < T2M_RETENTION_PER_RUN) {
        i = next_file(files, count);
        if (i == count) {
            break;
        }
        victims[chosen].file = i;
        victims[chosen].backup = files[i].taken;
        victims[chosen++].reason = T2M_RETENTION_TOTAL;
        sum -= files[i].listing.backups[files[i].taken++].size;
    }
    return chosen;
}

void t2m_retention_clock_start(t2m_retention_clock_t *clock, apr_time_t now, apr_time_t monotonic,
                               apr_time_t newest)
{
    clock->difference = now - monotonic;
    clock->since = monotonic;
    clock->steady = is_plausible(newest, now) && now - newest <= 24 * HOUR;
}

int t2m_retention_clock_steady(t2m_retention_clock_t *clock, apr_time_t now, apr_time_t monotonic)
{
    apr_time_t difference = now - monotonic;
    apr_time_t leap = difference - clock->difference;

    clock->difference = difference;
    if (leap > 5 * MINUTE || leap < -5 * MINUTE) {
        clock->since = monotonic;
        clock->steady = 0;
    } else if (monotonic - clock->since >= HOUR) {
        clock->steady = 1;
    }
    return clock->steady;
}
