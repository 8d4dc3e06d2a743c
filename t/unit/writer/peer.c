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

/* Tests modules/writer/peer.c. */
#include "writer/peer.h"

#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"

static pid_t sleeper(void)
{
    pid_t pid = fork();

    if (pid == 0) {
        (void)pause();
        _exit(0);
    }
    return pid;
}

int main(void)
{
    t2m_peer_t peer = { 0, 0 };
    pid_t first = sleeper(), second = sleeper();
    struct pollfd one = { -1, POLLIN, 0 };
    int fd;

    ok(!t2m_peer_gone(&peer) && t2m_peer_fd(&peer) == -1, "nobody has not ended");
    t2m_peer_follow(&peer, first);
    fd = t2m_peer_fd(&peer);
    ok(fd >= 0 && !t2m_peer_gone(&peer), "a process that lives");
    t2m_peer_follow(&peer, first);
    is_number(t2m_peer_fd(&peer), fd, "the same one costs nothing");
    t2m_peer_follow(&peer, second);
    (void)kill(first, SIGKILL);
    (void)waitpid(first, NULL, 0);
    ok(!t2m_peer_gone(&peer), "the end of one that is not followed any more");
    (void)kill(second, SIGKILL);
    one.fd = t2m_peer_fd(&peer);
    is_number(poll(&one, 1, 5000), 1, "the end ends a wait");
    ok(t2m_peer_gone(&peer), "and is known, though nobody has waited for the process");
    (void)waitpid(second, NULL, 0);
    (void)close(peer.fd);
    peer.fd = -1;
    ok(t2m_peer_gone(&peer), "where the system has no such descriptors it is asked");
    peer.pid = getpid();
    ok(!t2m_peer_gone(&peer), "also for one that lives");
    t2m_peer_follow(&peer, 0);
    ok(!t2m_peer_gone(&peer) && t2m_peer_fd(&peer) == -1, "nobody again");
    return tap_done();
}
