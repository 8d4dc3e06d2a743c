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

/* What the parts of history.h share. */
#ifndef T2M_WRITER_HISTORY_INTERNAL_H
#define T2M_WRITER_HISTORY_INTERNAL_H

#include <sys/types.h>

#include "core/backup_name.h"
#include "writer/history.h"

typedef struct {
    apr_uint32_t number; /* 0: the live file */
    t2m_compression_e compression;
    ino_t inode;
    apr_uint64_t size; /* when it was listed */
    apr_time_t modified;
    int fd;              /* -1: it could not be opened */
    apr_status_t failed; /* why not */
    apr_uint64_t skip;   /* lines to leave out at its beginning */
    apr_time_t first;    /* after t2m_history_since: of its first line; 0: not known */
    apr_time_t earliest; /* the least of these, of this file and those after it */
    apr_uint64_t taken;  /* bytes that were read */
    int searched;        /* its lines were asked for */
} t2m_history_file_t;

struct t2m_history_t {
    char *path;
    const char *base; /* of path */
    int directory;
    t2m_history_file_t *files; /* the oldest first */
    apr_size_t count;
    apr_size_t at;             /* which is read; count: none */
    t2m_log_reader_t *reader;  /* NULL: it was not begun */
    int watches;               /* the latest time is remembered */
    apr_time_t latest;         /* of the files that were ended */
    t2m_history_report_t *report;
    void *context;
};

/** Opens the directory of history->path and every file; each stands once, the live one last. */
apr_status_t t2m_history_take_files(t2m_history_t *history);

/** Closes the files. */
void t2m_history_drop_files(t2m_history_t *history);

/** The path of one of the files, malloc; NULL: no memory. */
char *t2m_history_path(const t2m_history_t *history, const t2m_history_file_t *file);

/** Exchanges the files of two histories of the same path, and where each stands. */
void t2m_history_swap(t2m_history_t *history, t2m_history_t *other);

#endif
