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

/* Starting `t2mlog supervise` from the parent and keeping it alive. Parent only. */
#ifndef T2M_SERVER_SUPERVISOR_H
#define T2M_SERVER_SUPERVISOR_H

#include <httpd.h>

/* What the program is handed; see shared/handover.h. */
typedef struct {
    const char *program; /* absolute */
    int slots_fd, board_fd, directory_fd, lifeline_fd, wake_fd;
    int stdout_fd;       /* for T2MLogFile … /dev/stdout; -1: /dev/null */
    int stderr_fd;
} t2m_supervisor_t;

/**
 * Forks and executes the program. Every other descriptor is closed in it, listening sockets
 * first. The process pool waits for its end when httpd exits: by APR's own code, as the module is
 * unloaded by then. *pid is its process id. Returns fork's error.
 */
apr_status_t t2m_supervisor_start(apr_pool_t *process_pool, const t2m_supervisor_t *supervisor,
                                  pid_t *pid);

#endif
