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

/* The log files that a reading command of the command line is about, opened. */
#ifndef T2M_WRITER_LIBRARY_H
#define T2M_WRITER_LIBRARY_H

#include "writer/history.h"
#include "writer/place.h"

typedef struct {
    const t2m_command_t *command;
    int verbose; /* names each file on standard error as it begins */
    int trouble; /* something could not be read, which was said */
    int with_access; /* the files of the stream access are opened, too, behind the others */
    t2m_history_t **histories;
    unsigned count;
    unsigned wanted; /* so many of them, the first, are of the stream that was asked for */
} t2m_library_t;

/**
 * What reading commands do before they print anything: opens the directory (see t2m_place_open),
 * has the reading recorded (argv), opens the files of the stream (T2M_STREAM_COUNT: of all). Set
 * command, verbose and with_access before. Complains and returns an exit code, else
 * T2M_EXIT_NONE; give back with t2m_library_close in any case.
 */
int t2m_library_open(t2m_library_t *library, const char *directory, t2m_stream_e stream, int argc,
                     char **argv);

/** Closes all. */
void t2m_library_close(t2m_library_t *library);

/** The stream of that name; T2M_STREAM_COUNT, after a complaint, when there is none. */
t2m_stream_e t2m_library_stream(const t2m_command_t *command, const char *name);

#endif
