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

/* Files that somebody moved away, deleted or cut short. */
#include "writer/chores_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* Nonzero when the path no longer names the file that is open, or it is shorter than it was. */
static int is_other(const t2m_chores_file_t *file)
{
    struct stat information;

    if (lstat(file->settings.path, &information) != 0) {
        return errno == ENOENT || errno == ENOTDIR;
    }
    return (apr_uint64_t)information.st_ino != file->inode
        || (apr_uint64_t)information.st_dev != file->device
        || (apr_uint64_t)information.st_size < file->size;
}

static void report(t2m_chores_t *chores, apr_uint32_t i, apr_uint64_t inode)
{
    (void)pthread_mutex_lock(&chores->lock);
    chores->shared.moved[i] = inode;
    t2m_chores_news(chores);
    (void)pthread_mutex_unlock(&chores->lock);
}

/* The thread that writes may rotate meanwhile: it looks whether that file is still the open one. */
void t2m_chores_files(t2m_chores_t *chores)
{
    t2m_chores_file_t file;
    apr_uint32_t i;

    for (i = 0; t2m_chores_file(chores, i, &file); i++) {
        if (file.inode && is_other(&file)) {
            report(chores, i, file.inode);
        }
    }
}
