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

/* A sink is one log file (or standard output or error) as the writer holds it: open, its size
 * known, its last line whole. One thread. */
#ifndef T2M_WRITER_SINK_H
#define T2M_WRITER_SINK_H

#include <apr_errno.h>
#include <apr_time.h>

#include "shared/settings.h"

typedef struct {
    int fd;                 /* -1: not open */
    int regular;            /* has a size and can be cut back */
    int ragged;             /* its last line has no end */
    apr_uint64_t size;      /* where the next byte goes */
    apr_uint64_t device, inode;
    apr_uint64_t last_seq;  /* of its last whole line when it was opened, of an empty file that of
                             * the one that was rotated last; 0: none */
    apr_time_t modified;    /* when it was last written to before it was opened */
    t2m_rotation_span_t span;  /* of its period */
    apr_time_t rotate_after;   /* a rotation failed: not before then again; 0: none did */
    apr_time_t ask_after;      /* it refused: not before then again; 0: ask at once */
} t2m_sink_t;

/** A sink that is not open. */
void t2m_sink_reset(t2m_sink_t *sink);

/**
 * Opens the file for appending and makes it when it is missing (0640, its directory's group); a
 * standard descriptor is used as it was inherited. Refuses, without writing a byte: a symbolic
 * link (ELOOP), what is no regular file or has a second name (EMLINK), a file of another user
 * (EPERM); *why is then a static text for the administrator, else NULL. Returns the system's error.
 */
apr_status_t t2m_sink_open(t2m_sink_t *sink, const t2m_settings_file_t *file, const char **why);

/**
 * The number of the file's last line, for a file that cannot be opened for writing but read; what
 * t2m_sink_open refuses is not looked at. 0: not known.
 */
apr_uint64_t t2m_sink_last_seq(const t2m_settings_file_t *file);

/** Closes it; harmless when it is not open. */
void t2m_sink_close(t2m_sink_t *sink);

/**
 * Opens the directory of an absolute path and says the file's name in it. Returns the system's
 * error; *directory is the caller's to close.
 */
apr_status_t t2m_sink_directory(const char *path, int *directory, const char **name);

/** Ends an unfinished last line, so that the next one begins on its own. */
apr_status_t t2m_sink_mend(t2m_sink_t *sink);

/**
 * Appends all of bytes. On failure the file is cut back to its size before, so that no part of a
 * line stays, and the system's error is returned. Interrupted calls are repeated. A pipe or
 * terminal keeps what it has taken, which sink->size counts; one that takes nothing for a moment
 * returns EAGAIN.
 */
apr_status_t t2m_sink_write(t2m_sink_t *sink, const char *bytes, apr_size_t size);

/**
 * t2m_sink_write for a pipe or terminal that has taken *taken of the bytes already, which grows
 * with each piece that it takes: a writer that is killed repeats one piece (PIPE_BUF) at most.
 * After a fifth of a second returns EAGAIN, too: other files have their turn.
 */
apr_status_t t2m_sink_hand_on(t2m_sink_t *sink, const char *bytes, apr_size_t size,
                              apr_uint64_t *taken);

/**
 * Brings a file back to offset after a writer was killed in the middle of an append that began
 * there. Returns APR_SUCCESS when nothing of it is left, APR_EEXIST when it is all there (bytes of
 * it), another error when the file cannot be cut. A file that is smaller than offset (somebody
 * truncated it) counts as having nothing of it.
 */
apr_status_t t2m_sink_rewind(t2m_sink_t *sink, apr_uint64_t offset, apr_uint64_t bytes);

#endif
