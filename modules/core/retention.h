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

/* Which rotated files go, and which is packed next: decisions on a listing. Pure; any thread.
 *
 * A file goes when either limit says so, the highest number first. The live file is no backup, so
 * it always stays.
 *
 * Age is told by the modification time, and clocks are wrong at times. A higher number is an older
 * file, whatever its time says; hence nothing young is taken for old:
 *   - a time before this program existed (0, 1970), or in the future, says nothing. Such a file
 *     goes when the next younger one with a time that does say something is too old;
 *   - a file is at least as young as any with a higher number;
 *   - while now itself is before this program existed, nothing goes by age;
 *   - a clock that leapt ahead (2038, 2106) makes everything look old, and shows as a hole: more
 *     than half of the age limit in which no file ends. While there is one, nothing goes by age
 *     unless the clock is known to be steady (t2m_retention_clock_steady). A long standstill looks
 *     the same; then what is too old goes an hour later.
 */
#ifndef T2M_CORE_RETENTION_H
#define T2M_CORE_RETENTION_H

#include <apr.h>
#include <apr_time.h>

#include "core/rotation.h"
#include "core/stream.h"

enum { T2M_RETENTION_PER_RUN = 100 }; /* victims at a time, so that a mistake stays small */

typedef struct {
    apr_uint32_t number;
    t2m_compression_e compression;
    apr_uint64_t size;  /* bytes */
    apr_time_t mtime;
    apr_uint64_t inode; /* tells whether a name still means this file; not looked at here */
} t2m_backup_t;

/* The backups of one file, the highest number first (t2m_retention_sort). When there are very many,
 * those with the lowest numbers are only counted. */
typedef struct {
    t2m_backup_t *backups;
    apr_size_t count;
    apr_uint64_t rest_count, rest_size; /* of those that are not listed */
} t2m_listing_t;

typedef enum {
    T2M_RETENTION_KEEP, /* more files than keep=N */
    T2M_RETENTION_AGE,  /* older than age=D */
    T2M_RETENTION_TOTAL /* all files together are larger than T2MLogMaxTotal */
} t2m_retention_reason_e;

typedef struct {
    apr_size_t file;   /* index into files; 0 where there is one listing */
    apr_size_t backup; /* index into that file's listing */
    t2m_retention_reason_e reason;
} t2m_retention_victim_t;

typedef struct {
    t2m_stream_e stream;
    apr_uint64_t live_size;
    t2m_listing_t listing;
    apr_size_t taken; /* set by t2m_retention_total: how many of the listing are victims */
} t2m_retention_file_t;

/* Watches whether the wall clock goes as the monotonic one does. */
typedef struct {
    apr_time_t difference; /* wall clock less monotonic clock, at the last look */
    apr_time_t since;      /* monotonic: start or last leap */
    int steady;
} t2m_retention_clock_t;

/** Puts the highest number first; of one number the packed file before the plain one. */
void t2m_retention_sort(t2m_backup_t *backups, apr_size_t count);

/**
 * Which files go by keep and age: at most T2M_RETENTION_PER_RUN, in the order to delete them. A
 * number that is there both plain and packed counts once for keep. steady: what
 * t2m_retention_clock_steady says. Returns how many victims were written.
 */
apr_size_t t2m_retention_choose(const t2m_rotation_t *policy, apr_time_t now, int steady,
                                const t2m_listing_t *listing,
                                t2m_retention_victim_t victims[T2M_RETENTION_PER_RUN]);

/**
 * Index of the file to pack next: plain, its number at least 2 and below `below`, the highest such
 * first, because a reader that lags behind is least likely to be in it. listing->count when there
 * is none or the policy does not pack.
 */
apr_size_t t2m_retention_compress(const t2m_rotation_t *policy, const t2m_listing_t *listing,
                                  apr_uint32_t below);

/** Bytes of all files, the live ones and those that are not listed included. */
apr_uint64_t t2m_retention_sum(const t2m_retention_file_t *files, apr_size_t count);

/**
 * Which files go so that their sum comes down to limit bytes (0: no limit): of performance first,
 * then of access, of app, at last of errors and security; among those the oldest first, and of one
 * file always the highest number. At most T2M_RETENTION_PER_RUN; when the live files alone are too
 * large, all backups go and no more. Returns how many victims were written.
 */
apr_size_t t2m_retention_total(t2m_retention_file_t *files, apr_size_t count, apr_uint64_t limit,
                               t2m_retention_victim_t victims[T2M_RETENTION_PER_RUN]);

/**
 * Begins to watch. monotonic: microseconds of a clock that nobody sets. newest: the youngest
 * modification time among the log files as they were before this program wrote to them, 0 for none;
 * when it is of the last 24 hours the clock is believed at once, since it did not leap meanwhile.
 */
void t2m_retention_clock_start(t2m_retention_clock_t *clock, apr_time_t now, apr_time_t monotonic,
                               apr_time_t newest);

/**
 * Looks again, every few minutes at least. Nonzero when the clock was believed at the start, or an
 * hour has passed since then, without a leap of more than five minutes; after a leap in either
 * direction an hour has to pass again.
 */
int t2m_retention_clock_steady(t2m_retention_clock_t *clock, apr_time_t now, apr_time_t monotonic);

#endif
