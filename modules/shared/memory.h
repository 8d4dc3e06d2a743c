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

/* Making, sealing and mapping shared memory. */
#ifndef T2M_SHARED_MEMORY_H
#define T2M_SHARED_MEMORY_H

#include <apr_errno.h>

/**
 * Makes a memory of size bytes, all zero, that no name leads to: a memfd with mode 0600, sealed
 * against resizing, or where the system has none an unlinked file in the temporary directory.
 * The descriptor is close-on-exec. *fd is -1 on failure, which returns the system's error.
 */
apr_status_t t2m_memory_create(const char *name, apr_uint64_t size, int *fd);

/**
 * A second descriptor of the memory that cannot be mapped writable. Where the system offers no way
 * to open one, a plain duplicate. To be called before privileges are dropped.
 */
apr_status_t t2m_memory_read_only(int fd, int *read_only_fd);

/**
 * Maps size bytes from offset (a multiple of T2M_PAGE). inherit: whether a forked child keeps the
 * mapping. *address is NULL on failure, which returns the system's error.
 */
apr_status_t t2m_memory_map(int fd, apr_uint64_t offset, apr_uint64_t size, int writable,
                            int inherit, void **address);

/** Ends a mapping; NULL is allowed. */
void t2m_memory_unmap(void *address, apr_uint64_t size);

#endif
