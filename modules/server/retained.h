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

/* What outlives a restart: the memories, the pipes, the supervisor. Plain data without a pointer
 * into the module or a configuration pool, as both are gone in between. Parent only.
 *
 * A restart may load another version of the module, which finds this. The front is therefore the
 * same in all versions: nothing in it is moved, made wider or given another meaning, and a new
 * descriptor takes one of spare_fds. Whoever finds another version or layout than its own believes
 * the front and no byte behind it (server/upgrade.h). */
#ifndef T2M_SERVER_RETAINED_H
#define T2M_SERVER_RETAINED_H

#include <httpd.h>

#include <apr_file_io.h>

#include "shared/layout.h"
#include "shared/settings.h"

/* Changes with any change of t2m_retained_t behind its front. */
enum { T2M_RETAINED_VERSION = 1 + T2M_LAYOUT_TEST };

/* All descriptors are -1 where there is none, and close at an exec. */
typedef struct {
    apr_uint32_t version;       /* T2M_RETAINED_VERSION */
    apr_uint32_t layout;        /* T2M_LAYOUT_VERSION of whoever made the memories */
    int slots_fd, board_fd;     /* writable */
    int board_read_only_fd;
    int lifeline_read_fd;       /* hangs up when no httpd process is left */
    int wake_read_fd, wake_write_fd;
    int directory_fd;           /* holds the log directory's lock */
    int former_directory_fd;    /* and that of the one before, where old processes' lines go */
    int stderr_fd;              /* standard error as httpd was started with */
    int program_fd;             /* the program that the supervisor runs */
    int supervisor_fd;          /* the supervisor's process, where the system has such */
    int predecessor_fd;         /* of another layout: the wake_write_fd of what is being drained */
    int spare_fds[4];
    apr_int32_t supervisor;     /* its pid; 0: not started */
    apr_int32_t predecessor;    /* that of the one which is being drained; 0: none */
    apr_file_t *lifeline;       /* the write end, in the process pool: APR's own code closes it */
    void *settings_memory;      /* from malloc */
    unsigned char address_key[32];
} t2m_retained_front_t;

/* What the running supervisor was started with. A restart that wants something else starts another
 * one in its place. Compared byte by byte: to be zeroed before it is filled. */
typedef struct {
    apr_uint64_t program[4];    /* device, inode, size, time of its file */
    apr_uint64_t directory[2];  /* device, inode */
    apr_uint32_t confine;       /* T2MLogConfine */
    apr_uint32_t standard;      /* 1: given standard output, 2: standard error */
    char user[T2M_USER_MAX];
} t2m_arrangement_t;

typedef struct {
    t2m_retained_front_t front;
    t2m_geometry_t geometry;
    apr_time_t supervisor_born;
    apr_uint64_t notices_seen;
    t2m_arrangement_t arrangement;
    apr_uint32_t found_layout;  /* another version's that was found at this restart; 0: none */
    t2m_settings_t *settings;   /* settings_memory: the file numbers go on over restarts */
} t2m_retained_t;

/**
 * The retained data, made on the first call. What another version left is taken over as
 * server/upgrade.h says. Never NULL.
 */
t2m_retained_t *t2m_retained_get(void);

/**
 * Makes the two memories and the pipes if there are none yet. The lifeline's write end lives in
 * process_pool and is closed by APR's own code. Returns the system's error; *what then says what
 * could not be made, and nothing is made.
 */
apr_status_t t2m_retained_make(t2m_retained_t *retained, apr_pool_t *process_pool,
                               const t2m_geometry_t *geometry, const char **what);

/** Nonzero when the memories have been made. */
int t2m_retained_made(const t2m_retained_t *retained);

#endif
