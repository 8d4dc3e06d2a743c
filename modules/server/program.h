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

/* The program t2mlog as a file: which one runs, whether another one may take its place. Parent
 * only. */
#ifndef T2M_SERVER_PROGRAM_H
#define T2M_SERVER_PROGRAM_H

#include <httpd.h>

/**
 * Makes *fd the program at path. When *fd is that file already, nothing is done; else the program
 * is run once, to learn whether it starts and has the memory's layout (at most ten seconds), and
 * takes the place of *fd, which is closed. Returns NULL, or why it cannot be used, from pool; *fd
 * is then what it was.
 */
const char *t2m_program_choose(apr_pool_t *pool, const char *path, int *fd);

/** Device, inode, size and time of the file that fd is; zeros when it is none. */
void t2m_program_identity(int fd, apr_uint64_t identity[4]);

#endif
