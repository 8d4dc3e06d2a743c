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

/* The lines of several log files in the order of their time. For the command line; one thread. */
#ifndef T2M_WRITER_TIMELINE_H
#define T2M_WRITER_TIMELINE_H

#include <apr_time.h>

#include "writer/history.h"

typedef struct {
    t2m_log_line_t line;
    apr_time_t time; /* of the record; of one before it in the file, where it has none */
    unsigned file;   /* which history */
} t2m_timeline_line_t;

/** Nonzero for a line that is wanted. */
typedef int t2m_timeline_filter_t(const void *context, const t2m_timeline_line_t *line);

typedef struct t2m_timeline_t t2m_timeline_t;

/**
 * Goes through the count histories, which stay the caller's, all at once. filter: NULL for every
 * line. NULL when there is no memory.
 */
t2m_timeline_t *t2m_timeline_make(t2m_history_t **histories, unsigned count,
                                  t2m_timeline_filter_t *filter, const void *context);

/**
 * The next line: of those that are next in their files the one with the smallest time, so that the
 * order within a file stays. It is valid until the next call. Returns 0 at the end.
 */
int t2m_timeline_next(t2m_timeline_t *timeline, t2m_timeline_line_t *line);

/**
 * Only lines in which those size bytes stand, which stay the caller's; for the others it is much
 * faster. The order is as above but for lines that stand in their file behind later ones.
 */
void t2m_timeline_search(t2m_timeline_t *timeline, const char *bytes, apr_size_t size);

/**
 * After t2m_timeline_search and t2m_history_since: leaves out, from now on, what was written after
 * that moment, so that files are read no further.
 */
void t2m_timeline_until(t2m_timeline_t *timeline, apr_time_t until);

/** Gives it back. */
void t2m_timeline_free(t2m_timeline_t *timeline);

#endif
