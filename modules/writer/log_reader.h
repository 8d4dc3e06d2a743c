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

/* Reads a log file line by line, packed or not, for the command line. One thread at a time. */
#ifndef T2M_WRITER_LOG_READER_H
#define T2M_WRITER_LOG_READER_H

#include <apr_errno.h>
#include <apr_time.h>

enum { T2M_LOG_LINE_MAX = 65536 + 1024 }; /* the longest record, and what the writer adds */

typedef struct t2m_log_reader_t t2m_log_reader_t;

typedef struct {
    const char *bytes; /* without the LF; valid until the next call */
    apr_size_t size;
    int cut; /* it was longer than T2M_LOG_LINE_MAX; the rest was skipped */
    int whole; /* its LF was there */
} t2m_log_line_t;

/** Opens a file as t2m_compressed_open does, with its failures. *reader is NULL then. */
apr_status_t t2m_log_reader_open(int directory, const char *name, t2m_log_reader_t **reader);

/** The same for an open descriptor, as t2m_compressed_of. */
apr_status_t t2m_log_reader_of(int fd, t2m_log_reader_t **reader);

/**
 * The next whole line. APR_EOF when there is none; of a plain file that grows there may be one at
 * the next call, and a line that was begun is kept until it is whole. Other failures are those of
 * t2m_compressed_read; the lines before the damage were given.
 */
apr_status_t t2m_log_reader_next(t2m_log_reader_t *reader, t2m_log_line_t *line);

/**
 * The next whole line in which those size bytes stand, which have no LF. Reads a piece of the file
 * at most: APR_EAGAIN says that it had none, and *line is the last whole line of it. Else as
 * t2m_log_reader_next.
 */
apr_status_t t2m_log_reader_find(t2m_log_reader_t *reader, const char *bytes, apr_size_t size,
                                 t2m_log_line_t *line);

/** From now on t2m_log_reader_find remembers the latest of all lines it goes over, for a small cost
 * each. */
void t2m_log_reader_watch(t2m_log_reader_t *reader);

/** That line's time; 0 when there was none, or nothing is remembered. */
apr_time_t t2m_log_reader_latest(const t2m_log_reader_t *reader);

/** After APR_EOF or a failure: the line that has no end, which is thereby given up. Returns 0 when
 * there is none. */
int t2m_log_reader_rest(t2m_log_reader_t *reader, t2m_log_line_t *line);

/** Nonzero when a line was begun that has no end yet. */
int t2m_log_reader_waits(const t2m_log_reader_t *reader);

/** How many bytes of the file were read until now. */
apr_uint64_t t2m_log_reader_taken(const t2m_log_reader_t *reader);

/** Closes it; harmless with NULL. */
void t2m_log_reader_close(t2m_log_reader_t *reader);

#endif
