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

/* Tests modules/shared/memory.c. */
#include "shared/memory.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "shared/layout.h"
#include "tap.h"

int main(void)
{
    int fd, read_only;
    void *address, *second;
    struct stat information;
    pid_t child;
    int status;

    is_number(t2m_memory_create("test", 2 * T2M_PAGE, &fd), APR_SUCCESS, "a memory is made");
    ok(fstat(fd, &information) == 0 && information.st_size == 2 * T2M_PAGE, "of the right size");
    is_number(information.st_mode & 0777, 0600, "that its owner alone may open again");
    ok(ftruncate(fd, T2M_PAGE) != 0 && errno == EPERM, "it cannot shrink");
    ok(ftruncate(fd, 4 * T2M_PAGE) != 0 && errno == EPERM, "nor grow");
    is_number(t2m_memory_map(fd, 0, 2 * T2M_PAGE, 1, 0, &address), APR_SUCCESS, "it is mapped");
    ((char *)address)[T2M_PAGE] = 'x';
    is_number(t2m_memory_map(fd, T2M_PAGE, T2M_PAGE, 0, 1, &second), APR_SUCCESS,
              "and its second page once more");
    ok(*(char *)second == 'x', "both see the same");

    is_number(t2m_memory_read_only(fd, &read_only), APR_SUCCESS, "a read-only descriptor");
    ok(mmap(NULL, T2M_PAGE, PROT_WRITE, MAP_SHARED, read_only, 0) == MAP_FAILED,
       "cannot be mapped writable");
    second = mmap(NULL, T2M_PAGE, PROT_READ, MAP_SHARED, read_only, 0);
    ok(second != MAP_FAILED && mprotect(second, T2M_PAGE, PROT_READ | PROT_WRITE) != 0,
       "nor made so afterwards");

    child = fork();
    if (child == 0) {
        unsigned char present;

        _exit(mincore(address, T2M_PAGE, &present) != 0 && errno == ENOMEM ? 0 : 1);
    }
    (void)waitpid(child, &status, 0);
    is_number(status, 0, "a forked child does not have the mapping");
    ok(t2m_memory_map(fd, 0, T2M_PAGE, 1, 0, &second) == APR_SUCCESS
       && (t2m_memory_unmap(second, T2M_PAGE), 1), "a mapping ends");
    t2m_memory_unmap(NULL, T2M_PAGE);
    ok(t2m_memory_map(-1, 0, T2M_PAGE, 1, 0, &second) == EBADF && second == NULL,
       "no descriptor: EBADF and no address");
    return tap_done();
}
