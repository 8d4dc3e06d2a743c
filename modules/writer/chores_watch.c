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

/* What outsiders do to the log files, their directories and the token file, by inotify: so the
 * second thread may sleep. Our own writes are no events. */
#include "writer/chores_internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef __linux__
#include <sys/inotify.h>

enum {
    IN_DIRECTORY = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB
                 | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF,
    IN_TOKEN_FILE = IN_MODIFY | IN_ATTRIB | IN_CLOSE_WRITE | IN_DELETE_SELF | IN_MOVE_SELF,
    /* What is watched is gone, or there may be more to watch. */
    ANEW = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED | IN_Q_OVERFLOW | IN_CREATE
         | IN_MOVED_TO
};

static int watch(t2m_chores_t *chores, const char *path, unsigned events)
{
    return inotify_add_watch(chores->watch.fd, path, events) >= 0;
}

/* A directory above may be moved, or be a link that is turned: no event of what is below tells. */
static int watch_above(t2m_chores_t *chores, const char *directory)
{
    char above[PATH_MAX], *slash;

    if (!realpath(directory, above) || strcmp(above, directory) != 0) {
        return 0;
    }
    while ((slash = strrchr(above, '/')) != NULL && slash > above) {
        *slash = '\0';
        if (!watch(chores, above, IN_MOVE_SELF | IN_DELETE_SELF | IN_ONLYDIR | IN_MASK_ADD)) {
            return 0;
        }
    }
    return 1;
}

static void watch_parent(t2m_chores_t *chores, const char *path)
{
    const char *slash = strrchr(path, '/');
    char parent[T2M_PATH_MAX];
    apr_size_t size = slash && slash > path ? (apr_size_t)(slash - path) : 1;

    if (slash && size < sizeof(parent)) {
        memcpy(parent, path, size);
        parent[size] = '\0';
        chores->watch.complete &= watch(chores, parent, IN_DIRECTORY | IN_ONLYDIR)
                                && watch_above(chores, parent);
    }
}

static void watch_all(t2m_chores_t *chores)
{
    char directory[T2M_PATH_MAX], token_file[T2M_PATH_MAX];
    t2m_chores_file_t file;
    apr_uint32_t i;

    for (i = 0; t2m_chores_file(chores, i, &file); i++) {
        if (!file.settings.to_descriptor && !file.settings.retired) {
            watch_parent(chores, file.settings.path);
        }
    }
    (void)pthread_mutex_lock(&chores->lock);
    memcpy(directory, chores->shared.directory, sizeof(directory));
    memcpy(token_file, chores->shared.token_file, sizeof(token_file));
    (void)pthread_mutex_unlock(&chores->lock);
    if (*directory && t2m_chores_has_directory()) {
        chores->watch.complete &= watch(chores, directory, IN_DIRECTORY | IN_ONLYDIR);
    }
    if (*token_file) {
        watch_parent(chores, token_file);
        /* What is done by another name its directory does not tell of. One that is missing it
         * does. */
        chores->watch.complete &= watch(chores, token_file, IN_TOKEN_FILE) || errno == ENOENT;
    }
}

/* All anew: what was watched before may be another directory now. */
void t2m_chores_watch(t2m_chores_t *chores)
{
    apr_uint64_t generation;

    (void)pthread_mutex_lock(&chores->lock);
    generation = chores->shared.generation;
    (void)pthread_mutex_unlock(&chores->lock);
    if (chores->watch.complete && !chores->watch.stale
        && chores->watch.generation == generation) {
        return;
    }
    if (chores->watch.fd >= 0) {
        (void)close(chores->watch.fd);
    }
    chores->watch.fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    chores->watch.complete = chores->watch.fd >= 0;
    chores->watch.stale = 0;
    chores->watch.generation = generation;
    if (chores->watch.fd >= 0) {
        watch_all(chores);
    }
}

int t2m_chores_watched(t2m_chores_t *chores)
{
    _Alignas(struct inotify_event) char bytes[4096];
    ssize_t size, at;
    int any = 0;

    while (chores->watch.fd >= 0
           && (size = read(chores->watch.fd, bytes, sizeof(bytes))) > 0) {
        for (at = 0; at < size;) {
            struct inotify_event event;

            memcpy(&event, bytes + at, sizeof(event));
            chores->watch.stale |= (event.mask & ANEW) != 0;
            at += (ssize_t)(sizeof(event) + event.len);
            any = 1;
        }
    }
    return any;
}

#else

void t2m_chores_watch(t2m_chores_t *chores)
{
    chores->watch.fd = -1;
}

int t2m_chores_watched(t2m_chores_t *chores)
{
    (void)chores;
    return 0;
}

#endif

/* Else it is looked as often as there is something to do. */
int t2m_chores_watch_suffices(const t2m_chores_t *chores)
{
    return chores->watch.fd >= 0 && chores->watch.complete && !chores->watch.stale;
}
