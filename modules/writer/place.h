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

/* The log directory that a command of the command line is about. */
#ifndef T2M_WRITER_PLACE_H
#define T2M_WRITER_PLACE_H

#include "core/stream.h"
#include "writer/options.h"

enum { T2M_PLACE_FILES_MAX = 1024 };

typedef struct {
    const t2m_command_t *command; /* in whose name is complained */
    const char *path;
    int fd;
    int offline; /* no writer listened when it was last asked */
} t2m_place_t;

typedef struct {
    t2m_stream_e stream;
    char *path; /* of the live file, absolute unless --dir was not */
} t2m_place_file_t;

typedef struct {
    t2m_place_file_t *files;
    unsigned count;
} t2m_place_files_t;

/**
 * Opens the directory: path, or where that is NULL the default (see T2M_OPTION_OF_DIR). Complains
 * and returns an exit code when it cannot be opened, else T2M_EXIT_NONE.
 */
int t2m_place_open(t2m_place_t *place, const t2m_command_t *command, const char *path);

/** Closes it. */
void t2m_place_close(t2m_place_t *place);

/**
 * Sends a line to the writer. *answer is given back with free(). APR_ENOENT sets place->offline;
 * after any other failure it has complained, with the cure.
 */
apr_status_t t2m_place_ask(t2m_place_t *place, const char *line, char **answer);

/**
 * Has the reading of logs recorded that is about to begin: what argv says. Returns T2M_EXIT_NONE,
 * also when no writer runs, which is said then; else an exit code: nothing may be read.
 */
int t2m_place_audit(t2m_place_t *place, int argc, char **argv);

/**
 * The log files of a stream (T2M_STREAM_COUNT: of all): those that the writer names; when none
 * runs, the default names. Complains and returns an exit code, or T2M_EXIT_NONE. Those that are no
 * files (standard output) are left out.
 */
int t2m_place_files(t2m_place_t *place, t2m_stream_e stream, t2m_place_files_t *files);

/** Gives back what t2m_place_files took. */
void t2m_place_files_free(t2m_place_files_t *files);

#endif
