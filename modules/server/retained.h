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
 * into the module or a configuration pool, as both are gone in between. Parent only. */
#ifndef T2M_SERVER_RETAINED_H
#define T2M_SERVER_RETAINED_H

#include <httpd.h>

#include "shared/layout.h"
#include "shared/settings.h"

typedef struct {
    apr_uint32_t layout;        /* T2M_LAYOUT_VERSION of whoever made the memories */
    t2m_geometry_t geometry;
    int slots_fd, board_fd;     /* writable */
    int board_read_only_fd;
    int lifeline_read_fd;       /* hangs up when no httpd process is left */
    int lifeline_write_fd;
    int wake_read_fd, wake_write_fd;
    int directory_fd;           /* holds the log directory's lock */
    int stderr_fd;              /* standard error as httpd was started with; -1 */
    pid_t supervisor;           /* 0: not started */
    apr_time_t supervisor_born;
    apr_uint64_t notices_seen;
    unsigned char address_key[32];
    t2m_settings_t *settings;   /* from malloc: the file numbers go on over restarts */
} t2m_retained_t;

/** The retained data, made on the first call. Never NULL. */
t2m_retained_t *t2m_retained_get(void);

/**
 * Makes the two memories and the pipes if there are none yet. The lifeline's write end lives in
 * process_pool and is closed by APR's own code. Returns the system's error; *what then says what
 * could not be made.
 */
apr_status_t t2m_retained_make(t2m_retained_t *retained, apr_pool_t *process_pool,
                               const t2m_geometry_t *geometry, const char **what);

/** Nonzero when the memories have been made. */
int t2m_retained_made(const t2m_retained_t *retained);

#endif
