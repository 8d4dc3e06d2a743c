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

/* Shared memory by memfd on Linux, by an unlinked file elsewhere. */
#include "shared/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef MFD_ALLOW_SEALING
static int create_anonymous(const char *name)
{
    return memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
}

static int seal(int fd)
{
    return fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
}
#else
static int create_anonymous(const char *name)
{
    char path[] = "/tmp/t2mlog.XXXXXX";
    int fd = mkstemp(path);

    (void)name; /* only a memfd has one */
    if (fd >= 0) {
        (void)unlink(path); /* left behind it is an empty file, no more */
        (void)fcntl(fd, F_SETFD, FD_CLOEXEC);
    }
    return fd;
}

static int seal(int fd)
{
    (void)fd;
    return 0;
}
#endif

apr_status_t t2m_memory_create(const char *name, apr_uint64_t size, int *fd)
{
    int made = create_anonymous(name);

    *fd = -1;
    if (made < 0) {
        return errno;
    }
    /* A memfd is born 0777 and could be opened again through /proc by any user. */
    if (fchmod(made, 0600) != 0 || ftruncate(made, (off_t)size) != 0 || seal(made) != 0) {
        int error = errno;

        close(made);
        return error;
    }
    *fd = made;
    return APR_SUCCESS;
}

apr_status_t t2m_memory_read_only(int fd, int *read_only_fd)
{
    char path[32];
    int opened;

    *read_only_fd = -1;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    opened = open(path, O_RDONLY | O_CLOEXEC);
    if (opened < 0) {
        opened = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    }
    if (opened < 0) {
        return errno;
    }
    *read_only_fd = opened;
    return APR_SUCCESS;
}

apr_status_t t2m_memory_map(int fd, apr_uint64_t offset, apr_uint64_t size, int writable,
                            int inherit, void **address)
{
    void *mapped = mmap(NULL, (size_t)size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED,
                        fd, (off_t)offset);

    *address = NULL;
    if (mapped == MAP_FAILED) {
        return errno;
    }
#ifdef MADV_DONTFORK
    if (!inherit && madvise(mapped, (size_t)size, MADV_DONTFORK) != 0) {
        int error = errno;

        (void)munmap(mapped, (size_t)size);
        return error;
    }
#else
    (void)inherit;
#endif
    *address = mapped;
    return APR_SUCCESS;
}

void t2m_memory_unmap(void *address, apr_uint64_t size)
{
    if (address) {
        (void)munmap(address, (size_t)size);
    }
}
