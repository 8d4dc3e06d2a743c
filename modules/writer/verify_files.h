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

/* What `t2mlog verify` is to read: the log files, the key, the error logs. */
#ifndef T2M_WRITER_VERIFY_FILES_H
#define T2M_WRITER_VERIFY_FILES_H

#include "core/chain.h"
#include "writer/place.h"
#include "writer/verify_anchors.h"

typedef struct {
    const t2m_command_t *command;
    t2m_place_files_t files;
    int named;           /* the files were named: each of them has to be there */
    char *key_path;      /* for messages */
    const char *key_why; /* there is no chain: what is wrong with the key; NULL: nothing */
    t2m_chain_t *chain;  /* NULL: no key */
    t2m_verify_anchors_t anchors;
} t2m_verify_files_t;

/* What was asked for; NULL: not said. */
typedef struct {
    const char *directory, *key;
    t2m_stream_e stream; /* T2M_STREAM_COUNT: all */
    const char *const *anchors; /* names, `-` is standard input */
    unsigned anchor_count;
    t2m_words_t words; /* names of log files */
} t2m_verify_asked_t;

/**
 * Has the reading recorded (argv) and finds everything. Error logs are read before the log files,
 * so that they tell of no line that is not there yet. Without a key it goes on, and key_why says
 * so; a key that was asked for must be there. Complains and returns an exit code, else
 * T2M_EXIT_NONE; give back with t2m_verify_files_close in any case.
 */
int t2m_verify_files_open(t2m_verify_files_t *it, const t2m_command_t *command,
                          const t2m_verify_asked_t *asked, int argc, char **argv);

/** Closes all. */
void t2m_verify_files_close(t2m_verify_files_t *it);

#endif
