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

/* Starting `t2mlog supervise` from the parent, and ending one whose place another has taken.
 * Parent only. */
#ifndef T2M_SERVER_SUPERVISOR_H
#define T2M_SERVER_SUPERVISOR_H

#include <httpd.h>

/* What the program is handed; see shared/handover.h. -1: none. */
typedef struct {
    const char *program; /* absolute */
    int program_fd;      /* that file; what is executed */
    int slots_fd, board_fd, directory_fd, lifeline_fd, wake_fd;
    int former_directory_fd;
    int predecessor_fd;  /* its writer starts when this pipe has no reader any more */
    int stdout_fd;       /* for T2MLogFile … /dev/stdout; -1: /dev/null */
    int stderr_fd;
} t2m_supervisor_t;

enum { T2M_SUPERVISOR_NOT_EXECUTED = 127 }; /* exit code of a child that became no program */

/**
 * Forks and executes the program. Every other descriptor is closed in it, listening sockets
 * first. The process pool waits for its end when httpd exits: by APR's own code, as the module is
 * unloaded by then. *pid is its process id, *fd a descriptor for the process (pidfd) or -1 where
 * the system has none. Returns fork's error.
 */
apr_status_t t2m_supervisor_start(apr_pool_t *process_pool, const t2m_supervisor_t *supervisor,
                                  pid_t *pid, int *fd);

/**
 * Starts the program only to ask whether it has this layout: its exit code tells
 * (T2M_EXIT_UNFIT). The caller waits for its end.
 */
apr_status_t t2m_supervisor_try(const char *program, int program_fd, const char *layout,
                                pid_t *pid);

/** Nonzero while the supervisor runs, and is ours. fd: as t2m_supervisor_start gave it. */
int t2m_supervisor_alive(pid_t pid, int fd);

/**
 * Ends a supervisor that is alive and waits for that. Its writer goes on until the writer of the
 * one that was started in its place asks for the place.
 */
void t2m_supervisor_end(pid_t pid, int fd);

#endif
