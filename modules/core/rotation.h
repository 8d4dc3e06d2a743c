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

/* When a log file rotates: the options of T2MLogRotate and the decisions that follow from them.
 *
 * Pure, any thread, with one exception that stands here: with `local` the limits of a day and of an
 * hour are those of the C library's time zone (TZ, /etc/localtime), which is asked for its offset
 * at a given moment through APR (localtime_r). Two processes agree when they have the same TZ.
 */
#ifndef T2M_CORE_ROTATION_H
#define T2M_CORE_ROTATION_H

#include <apr.h>
#include <apr_time.h>

#include "core/stream.h"

typedef enum { T2M_PERIOD_NONE, T2M_PERIOD_HOURLY, T2M_PERIOD_DAILY } t2m_period_e;
typedef enum { T2M_COMPRESSION_NONE, T2M_COMPRESSION_GZIP, T2M_COMPRESSION_ZSTD } t2m_compression_e;

/* Plain bytes: stands in shared memory. */
typedef struct {
    apr_uint64_t size;  /* bytes; 0: not by size */
    apr_int64_t age;    /* microseconds a rotated file is kept; 0: for ever */
    apr_uint32_t keep;  /* rotated files kept; 0: any number */
    unsigned char period;      /* t2m_period_e */
    unsigned char compression; /* t2m_compression_e */
    unsigned char local;       /* periods by local time, else UTC */
    unsigned char reserved;
} t2m_rotation_t;

/* A span of moments within one period, so that the time zone is not asked for each batch. All
 * zero: nothing known; so it must be made after a change of policy. */
typedef struct {
    apr_time_t since, end; /* no period ends after since and before end */
} t2m_rotation_span_t;

/** What applies to the stream without a directive; for any other number a policy of nothing. */
void t2m_rotation_default(t2m_stream_e stream, t2m_rotation_t *policy);

/** A policy with nothing set, for a directive, which replaces the default as a whole. */
void t2m_rotation_clear(t2m_rotation_t *policy);

/**
 * Takes one option of the directive, case-insensitive: size=N[K|M|G] (64K to 1024G), daily, hourly,
 * keep=N (1 to 9999), age=N[d|h|m] (1m to 3650d), compress=gzip|zstd|none, local. *given says which
 * were there; 0 before the first, the same variable for all options of a directive. Returns NULL,
 * or a static text saying what is wrong and what is allowed; then nothing has changed. zstd is
 * refused where the build has none (T2M_HAVE_ZSTD).
 */
const char *t2m_rotation_option(t2m_rotation_t *policy, unsigned *given, const char *word);

/**
 * NULL when the policy can rotate a file at all, else a static text: a directive needs one of
 * size=, daily and hourly. Ask after the last option.
 */
const char *t2m_rotation_refuse(const t2m_rotation_t *policy);

/**
 * The moment at which the period that moment lies in ends; always after moment. 0 without a period,
 * APR_INT64_MAX (never) at the end of time. A moment before 1970 counts as 1970.
 *
 * A local day begins with its first second, whether it is midnight or not (a clock put forward at
 * midnight begins the day at 01:00), and is as long as it is. What the clock leaves out, also
 * a whole day, has no file; what it goes through twice (the hour in autumn) is one period and ends
 * once, at the same moment whoever asks.
 */
apr_time_t t2m_rotation_period_end(const t2m_rotation_t *policy, apr_time_t moment);

/**
 * Whether a file must rotate before the next line: nonzero when it has reached its size, or when
 * a period has ended since its last line was written. size: of the file; an empty one never
 * rotates. written: when its last line was written; 0: unknown, then only the size decides. A clock
 * that went back (now < written) rotates nothing; one that leapt over many periods rotates once.
 */
int t2m_rotation_due(const t2m_rotation_t *policy, apr_uint64_t size, apr_time_t written,
                     apr_time_t now);

/**
 * The same answer, for each batch: span is kept by the caller, one for each file, all zero at
 * first. The time zone is asked only when written has left it.
 */
int t2m_rotation_due_again(const t2m_rotation_t *policy, t2m_rotation_span_t *span,
                           apr_uint64_t size, apr_time_t written, apr_time_t now);

/**
 * The moment to remember as that of the file's last line, for the `written` of the questions above:
 * now, except when the clock went back by no more than a day, or to a time before this program
 * existed (a machine without a clock begins in 1970); then what was remembered before (0: nothing).
 * So a clock that is corrected, or swings about a limit, begins no period a second time; one that
 * was more than a day ahead is believed at once, and the limits after now count again. Ask with
 * each line, and when a file has rotated.
 */
apr_time_t t2m_rotation_written(apr_time_t before, apr_time_t now);

/**
 * How many bytes a file of that size takes before it has reached its limit; 0 when it has,
 * APR_UINT64_MAX when there is no limit.
 */
apr_uint64_t t2m_rotation_room(const t2m_rotation_t *policy, apr_uint64_t size);

#endif
