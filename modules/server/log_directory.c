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
#include <sys/stat.h>
#include <unistd.h>

#include <apr_user.h>

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

int t2m_log_directory_taken(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int taken = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;

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

apr_status_t t2m_log_directory_open(apr_pool_t *pool, const char *path, const char *user, int *fd)
{
    apr_status_t status = make(pool, path, user);
    int opened;

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
    if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
        status = errno == EWOULDBLOCK ? APR_EBUSY : errno;
        (void)close(opened);
        return status;
    }
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = opened;
    return APR_SUCCESS;
}
