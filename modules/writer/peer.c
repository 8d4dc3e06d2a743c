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

/* See peer.h. */
#include "writer/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

static int open_peer(pid_t pid)
{
#ifdef SYS_pidfd_open
    return (int)syscall(SYS_pidfd_open, pid, 0); /* closes on exec by itself */
#else
    (void)pid;
    return -1;
#endif
}

void t2m_peer_follow(t2m_peer_t *peer, pid_t pid)
{
    if (peer->pid == pid) {
        return;
    }
    if (peer->pid > 0 && peer->fd >= 0) {
        (void)close(peer->fd);
    }
    peer->pid = pid;
    peer->fd = pid > 0 ? open_peer(pid) : -1;
}

int t2m_peer_fd(const t2m_peer_t *peer)
{
    return peer->pid > 0 ? peer->fd : -1;
}

int t2m_peer_gone(const t2m_peer_t *peer)
{
    struct pollfd one = { t2m_peer_fd(peer), POLLIN, 0 };

    if (peer->pid <= 0) {
        return 0;
    }
    return one.fd >= 0 ? poll(&one, 1, 0) > 0 : kill(peer->pid, 0) != 0 && errno == ESRCH;
}
