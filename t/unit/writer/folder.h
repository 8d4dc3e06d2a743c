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

/* A directory with log files for the unit tests of writer/. */
#ifndef T2M_UNIT_FOLDER_H
#define T2M_UNIT_FOLDER_H

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_time.h>

#include "tap.h"

static char folder_path[] = "/tmp/t2mlog-folder-XXXXXX";
static int folder = -1; /* open */

__attribute__((unused)) static void folder_make(void)
{
    if (!mkdtemp(folder_path)) {
        abort();
    }
    folder = open(folder_path, O_RDONLY | O_DIRECTORY);
}

__attribute__((unused)) static void folder_put(const char *name, const void *bytes, size_t size)
{
    int fd = openat(folder, name, O_WRONLY | O_CREAT | O_TRUNC, 0640);

    if (fd < 0 || write(fd, bytes, size) != (ssize_t)size) {
        abort();
    }
    (void)close(fd);
}

__attribute__((unused)) static void folder_touch(const char *name, apr_time_t mtime)
{
    struct timespec times[2];

    times[0].tv_sec = times[1].tv_sec = apr_time_sec(mtime);
    times[0].tv_nsec = times[1].tv_nsec = apr_time_usec(mtime) * 1000;
    (void)utimensat(folder, name, times, AT_SYMLINK_NOFOLLOW);
}

__attribute__((unused)) static int folder_has(const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* Reads a whole file; -1 when it is not there. */
__attribute__((unused)) static ssize_t folder_get(const char *name, void *bytes, size_t size)
{
    int fd = openat(folder, name, O_RDONLY);
    ssize_t got = fd < 0 ? -1 : read(fd, bytes, size);

    if (fd >= 0) {
        (void)close(fd);
    }
    return got;
}

/* Calls see (NULL: unlinks) for each entry. Returns how many there were. */
__attribute__((unused)) static int folder_each(void (*see)(const char *name))
{
    DIR *stream = opendir(folder_path);
    struct dirent *entry;
    int count = 0;

    while (stream && (entry = readdir(stream)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        count++;
        if (see) {
            see(entry->d_name);
        } else if (unlinkat(folder, entry->d_name, 0) != 0) {
            (void)unlinkat(folder, entry->d_name, AT_REMOVEDIR);
        }
    }
    if (stream) {
        (void)closedir(stream);
    }
    return count;
}

__attribute__((unused)) static void folder_ignore(const char *name)
{
    (void)name;
}

__attribute__((unused)) static int folder_count(void)
{
    return folder_each(folder_ignore);
}

__attribute__((unused)) static void folder_empty(void)
{
    (void)folder_each(NULL);
}

__attribute__((unused)) static void folder_remove(void)
{
    folder_empty();
    (void)close(folder);
    (void)rmdir(folder_path);
}

#endif
