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

/* The key of the security stream's chain: the file T2M_CHAIN_KEY in the log directory, 64 hex
 * digits and an LF. */
#ifndef T2M_WRITER_CHAIN_KEY_H
#define T2M_WRITER_CHAIN_KEY_H

#include <apr_errno.h>

#include "core/chain.h"

/**
 * Reads the key of the open log directory; makes one when there is none: the writer's start. On
 * failure *why is a static text for the administrator (what is wrong with the file), the key is all
 * zeros, and the system's error is returned, or APR_EINVAL for a file that holds no key, APR_EACCES
 * for one that others than its owner can read, that belongs to another user or has a second name.
 * A file that is there is never changed. Killed at any instant it leaves a whole key or none. One
 * caller at a time.
 */
apr_status_t t2m_chain_key_load(int directory, unsigned char key[T2M_CHAIN_KEY_SIZE],
                                const char **why);

/**
 * Reads a key for whoever verifies: name is relative to directory (AT_FDCWD: to where we are). May
 * belong to anybody; *open_to_others is set nonzero when more than its owner can read it. Failures
 * as above; APR_ENOENT: there is none.
 */
apr_status_t t2m_chain_key_read(int directory, const char *name,
                                unsigned char key[T2M_CHAIN_KEY_SIZE], int *open_to_others,
                                const char **why);

#endif
