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

/* LD_PRELOAD: counts the bytes that are taken from APR's pools, by all of the process. They stand,
 * as 8 bytes, in the file that T2M_POOLS names. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *apr_palloc(void *pool, size_t size);

static atomic_ulong nobody;
static atomic_ulong *bytes = &nobody;

__attribute__((constructor)) static void prepare(void)
{
    const char *path = getenv("T2M_POOLS");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *memory;

    if (fd < 0) {
        return;
    }
    memory = mmap(NULL, sizeof(*bytes), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (memory != MAP_FAILED) {
        bytes = memory;
    }
    (void)close(fd);
}

/* Where the other functions of a pool end, but for apr_psprintf. */
void *apr_palloc(void *pool, size_t size)
{
    static void *(*next)(void *pool, size_t size);

    if (!next) {
        *(void **)&next = dlsym(RTLD_NEXT, "apr_palloc");
    }
    atomic_fetch_add(bytes, (size + 7) & ~(size_t)7);
    return next(pool, size);
}
