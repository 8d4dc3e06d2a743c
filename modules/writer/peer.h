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

/* A process whose end the writer must hear of while it sleeps: its supervisor, httpd's parent. */
#ifndef T2M_WRITER_PEER_H
#define T2M_WRITER_PEER_H

#include <sys/types.h>

/* All zero: none yet. */
typedef struct {
    pid_t pid;
    int fd; /* becomes readable when it ends; -1: it is gone, or the system has nothing like that */
} t2m_peer_t;

/** Follows that process from now on, if it is another one; 0: none. Costs nothing if it is not. */
void t2m_peer_follow(t2m_peer_t *peer, pid_t pid);

/** For poll(2), which ignores -1. */
int t2m_peer_fd(const t2m_peer_t *peer);

/** Nonzero when the process has ended; a zombie has not, as long as the system says nothing. */
int t2m_peer_gone(const t2m_peer_t *peer);

#endif
