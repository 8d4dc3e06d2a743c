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

/* For the unit test of sync.c: the system calls that it makes there. */
#ifndef T2M_WRITER_SYNC_INTERNAL_H
#define T2M_WRITER_SYNC_INTERNAL_H

#include "writer/sync.h"

typedef struct {
    int (*data)(int fd);      /* fdatasync */
    int (*directory)(int fd); /* fsync */
    apr_int64_t second_us;    /* until lines with T2M_SYNC_SECOND are due */
} t2m_sync_calls_t;

/** t2m_sync_start with other calls, which must outlive it. */
t2m_sync_t *t2m_sync_start_with(const t2m_sync_calls_t *calls);

#endif
