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

/* The lock is flock() on the directory itself: no file is left behind, and it ends with its last
 * holder, which is the writer. */
#include "server/log_directory.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <apr_strings.h>
#include <apr_user.h>

#include "shared/handover.h"

enum { PATIENCE_US = 2000000, PAUSE_US = 50000 };

static apr_status_t make(apr_pool_t *pool, const char *path, const char *user)
{
    apr_uid_t uid;
    apr_gid_t gid;

    if (mkdir(path, 0750) != 0) {
        return errno == EEXIST ? APR_SUCCESS : errno;
    }
    if (chmod(path, 0750) != 0) {
        return errno;
    }
    if (user && apr_uid_get(&uid, &gid, user, pool) == APR_SUCCESS
        && chown(path, uid, (gid_t)-1) != 0) {
        return errno;
    }
    return APR_SUCCESS;
}

/* Returns 0, or an errno: EWOULDBLOCK when somebody else holds it. */
static int lock(int fd, int patient)
{
    apr_interval_time_t waited = 0;

    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EINTR && (errno != EWOULDBLOCK || !patient || waited >= PATIENCE_US)) {
            return errno;
        }
        apr_sleep(PAUSE_US);
        waited += PAUSE_US;
    }
    return 0;
}

int t2m_log_directory_taken(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int taken = fd >= 0 && lock(fd, 1) == EWOULDBLOCK;

    if (fd >= 0) {
        (void)close(fd); /* the lock goes with it */
    }
    return taken;
}

static int same(int a, int b)
{
    struct stat one, other;

    return a >= 0 && fstat(a, &one) == 0 && fstat(b, &other) == 0
        && one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

static void succeed(int opened, int *fd, int *former)
{
    if (*former >= 0) {
        (void)close(*former);
    }
    *former = *fd;
    *fd = opened;
}

apr_status_t t2m_log_directory_open(apr_pool_t *pool, const char *path, const char *user,
                                    int patient, int *fd, int *former)
{
    apr_status_t status = make(pool, path, user);
    int opened, error;

    if (status != APR_SUCCESS) {
        return status;
    }
    opened = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) {
        return errno;
    }
    if (same(*fd, opened)) {
        (void)close(opened);
        return APR_SUCCESS;
    }
    if (same(*former, opened)) { /* back again: that lock is ours already */
        int held = *former;

        (void)close(opened);
        *former = -1;
        succeed(held, fd, former);
        return APR_SUCCESS;
    }
    error = lock(opened, patient);
    if (error != 0) {
        (void)close(opened);
        return error == EWOULDBLOCK ? APR_EBUSY : error;
    }
    succeed(opened, fd, former);
    return APR_SUCCESS;
}

#if defined(SO_PEERCRED) && defined(SOCK_CLOEXEC)
static long listener(int directory)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct ucred peer = { 0 };
    socklen_t size = sizeof(peer);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    /* Through the descriptor: the path may be longer than a socket's address. */
    apr_snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", directory,
                 T2M_CONTROL_SOCKET);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
        (void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return (long)peer.pid;
}
#else
static long listener(int directory)
{
    (void)directory;
    return 0;
}
#endif

long t2m_log_directory_writer(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    long pid = fd >= 0 ? listener(fd) : 0;

    if (fd >= 0) {
        (void)close(fd);
    }
    return pid;
}
