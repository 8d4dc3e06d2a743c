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

/* All lines of one log file: those of its rotated files, packed or not, then those of the live one,
 * each once and in their order, whatever rotates meanwhile: every file is held open from the start.
 * For the command line; one thread. */
#ifndef T2M_WRITER_HISTORY_H
#define T2M_WRITER_HISTORY_H

#include <apr_errno.h>
#include <apr_time.h>

#include "writer/log_reader.h"

typedef struct t2m_history_t t2m_history_t;

/**
 * Told of each file by its path: with APR_SUCCESS when it begins to be read; else what is wrong
 * with it: its lines up to there were given, and the next file follows.
 */
typedef void t2m_history_report_t(void *context, const char *path, apr_status_t status);

/**
 * Opens the log file of that path with all its backups; none of them need be there. report may be
 * NULL. Returns EBUSY when the files keep changing, EMFILE when there are more than may be open,
 * else the system's error; *history is NULL then, else given back with t2m_history_close.
 */
apr_status_t t2m_history_open(const char *path, t2m_history_report_t *report, void *context,
                              t2m_history_t **history);

typedef struct {
    int live; /* there is a live file */
    apr_uint64_t live_size;
    apr_uint64_t rotated, rotated_size;
} t2m_history_sum_t;

/** How many files there are, and how large, in bytes. */
void t2m_history_sum(const t2m_history_t *history, t2m_history_sum_t *sum);

/**
 * Leaves out what was written before that moment, as far as the lines' times tell: the files by
 * their first lines, and of the plain file with which it begins the part before that moment, for
 * which a few places of it are looked at. Lines stand in the order of time unless the clock was set
 * back; where that shows, it begins before that. Returns nonzero when something is left out.
 */
int t2m_history_since(t2m_history_t *history, apr_time_t since);

/** Begins with the first line of the oldest file again. */
void t2m_history_rewind(t2m_history_t *history);

/**
 * Leaves out all but the last lines, `most` of them at most. Returns how many there are. A line of
 * the live file that has no end yet is no line.
 */
apr_uint64_t t2m_history_last(t2m_history_t *history, apr_uint64_t most);

/**
 * The next line. APR_EOF after the last one; of the live file there may be more at the next call.
 */
apr_status_t t2m_history_next(t2m_history_t *history, t2m_log_line_t *line);

/**
 * The next line in which those size bytes stand. Reads a piece of a file at most: APR_EAGAIN says
 * that it had none, and *line is one of its lines, before which there are none, or has size 0.
 */
apr_status_t t2m_history_find(t2m_history_t *history, const char *bytes, apr_size_t size,
                              t2m_log_line_t *line);

/**
 * After t2m_history_since: nonzero when all that is left was written after `until`. time is that
 * of the last line.
 */
int t2m_history_is_behind(const t2m_history_t *history, apr_time_t time, apr_time_t until);

/**
 * After t2m_history_since: the latest time of the lines that t2m_history_find has gone over; 0:
 * there was none.
 */
apr_time_t t2m_history_latest(const t2m_history_t *history);

/** Is told how many bytes of a file were read, out of how many; searched: for its lines, too. */
typedef void t2m_history_cost_t(void *context, const char *path, apr_uint64_t taken,
                                apr_uint64_t size, int searched);

/** Tells what each file cost until now. */
void t2m_history_costs(const t2m_history_t *history, t2m_history_cost_t *tell, void *context);

/** After APR_EOF: nonzero when the live file ends in a line that has no end yet. */
int t2m_history_waits(const t2m_history_t *history);

/** Gives that line, which is thereby given up. Returns 0 when there is none. */
int t2m_history_rest(t2m_history_t *history, t2m_log_line_t *line);

/**
 * After APR_EOF: what has become of the live file. Goes on with the file that has taken its place,
 * and with those that came and went in between; begins anew when it was cut short. seq: the number
 * of the last line that was given, which tells the old file should it have been packed; 0: unknown.
 * Returns APR_SUCCESS when there is something new to read, APR_EOF when there is not, else the
 * system's error; then it may be tried again.
 */
apr_status_t t2m_history_again(t2m_history_t *history, apr_uint64_t seq);

/** Closes it; harmless with NULL. */
void t2m_history_close(t2m_history_t *history);

#endif
