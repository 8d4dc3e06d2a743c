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

/* The files of a history. The writer may be in the midst of a rotation: they are listed, opened and
 * listed again until both lists say the same. */
#include "writer/history_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TRIES = 50, PAUSE_US = 10000, FILES_MAX = 65536 };

typedef struct {
    t2m_history_file_t *files;
    apr_size_t count, room;
} list_t;

/* The highest number first, the live file (0) last; of one number the plain file first. */
static int compare(const void *one, const void *other)
{
    const t2m_history_file_t *a = one, *b = other;

    if (a->number != b->number) {
        return a->number > b->number ? -1 : 1;
    }
    return (int)a->compression - (int)b->compression;
}

static apr_status_t append(list_t *list, const t2m_history_file_t *file)
{
    if (list->count == list->room) {
        apr_size_t room = list->room ? 2 * list->room : 64;
        t2m_history_file_t *files = room > FILES_MAX ? NULL
                                  : realloc(list->files, room * sizeof(*files));

        if (!files) {
            return APR_ENOMEM;
        }
        list->files = files;
        list->room = room;
    }
    list->files[list->count++] = *file;
    return APR_SUCCESS;
}

static apr_status_t take(const t2m_history_t *history, const char *name, list_t *list)
{
    t2m_history_file_t file;
    struct stat information;

    memset(&file, 0, sizeof(file));
    file.fd = -1;
    if ((strcmp(name, history->base) != 0
         && !t2m_backup_name_parse(history->base, name, &file.number, &file.compression))
        || fstatat(history->directory, name, &information, AT_SYMLINK_NOFOLLOW) != 0
        || !S_ISREG(information.st_mode)) {
        return APR_SUCCESS;
    }
    file.inode = information.st_ino;
    file.size = (apr_uint64_t)information.st_size;
    file.modified = apr_time_from_sec(information.st_mtim.tv_sec)
                  + information.st_mtim.tv_nsec / 1000;
    return append(list, &file);
}

/* A number that is there plain and packed is being packed, or was when the writer was killed: both
 * hold the same. A second name of one file is what a kill between link and unlink leaves. */
static void drop_doubles(list_t *list)
{
    apr_size_t i, j, kept = 0;

    for (i = 0; i < list->count; i++) {
        const t2m_history_file_t *file = &list->files[i];
        int is_double = kept > 0 && list->files[kept - 1].number == file->number;

        for (j = 0; j < kept && !is_double; j++) {
            is_double = list->files[j].inode == file->inode;
        }
        if (!is_double) {
            list->files[kept++] = *file;
        }
    }
    list->count = kept;
}

static apr_status_t scan(const t2m_history_t *history, list_t *list)
{
    int fd = openat(history->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;
    apr_status_t status = APR_SUCCESS;

    memset(list, 0, sizeof(*list));
    if (!stream) {
        status = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return status;
    }
    while (status == APR_SUCCESS && (errno = 0, (entry = readdir(stream)) != NULL)) {
        status = take(history, entry->d_name, list);
    }
    status = status == APR_SUCCESS ? errno : status;
    (void)closedir(stream);
    if (list->count > 1) {
        qsort(list->files, list->count, sizeof(*list->files), compare);
        drop_doubles(list);
    }
    return status;
}

static void write_name(const t2m_history_t *history, const t2m_history_file_t *file, char *name)
{
    if (file->number == 0) {
        (void)snprintf(name, T2M_BACKUP_NAME_MAX, "%s", history->base);
    } else {
        (void)t2m_backup_name_write(name, T2M_BACKUP_NAME_MAX, history->base, file->number,
                                    file->compression);
    }
}

/* Returns ESTALE when the name is gone; whether it still means the same file, the second list will
 * say. */
static apr_status_t open_one(const t2m_history_t *history, t2m_history_file_t *file)
{
    char name[T2M_BACKUP_NAME_MAX];

    write_name(history, file, name);
    file->fd = openat(history->directory, name,
                      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file->fd >= 0) {
        return APR_SUCCESS;
    }
    file->failed = errno;
    return errno == ENOENT || errno == ELOOP ? ESTALE : errno == EMFILE ? EMFILE : APR_SUCCESS;
}

static void drop(list_t *list)
{
    while (list->count > 0) {
        if (list->files[--list->count].fd >= 0) {
            (void)close(list->files[list->count].fd);
        }
    }
    free(list->files);
    list->files = NULL;
}

static int is_same(const list_t *one, const list_t *other)
{
    apr_size_t i;

    if (one->count != other->count) {
        return 0;
    }
    for (i = 0; i < one->count; i++) {
        if (one->files[i].number != other->files[i].number
            || one->files[i].inode != other->files[i].inode) {
            return 0;
        }
    }
    return 1;
}

/* One try; ESTALE: something changed meanwhile. */
static apr_status_t open_all(const t2m_history_t *history, list_t *list)
{
    list_t again = { NULL, 0, 0 };
    apr_status_t status = scan(history, list);
    apr_size_t i;

    /* The live one first: it is the next to get another name. */
    for (i = list->count; i > 0 && status == APR_SUCCESS; i--) {
        status = open_one(history, &list->files[i - 1]);
    }
    if (status == APR_SUCCESS) {
        status = scan(history, &again);
    }
    if (status == APR_SUCCESS && !is_same(list, &again)) {
        status = ESTALE;
    }
    drop(&again);
    return status;
}

apr_status_t t2m_history_take_files(t2m_history_t *history)
{
    const char *slash = strrchr(history->path, '/');
    char *parent = slash ? strndup(history->path, (size_t)(slash - history->path) + 1)
                         : strdup(".");
    list_t list = { NULL, 0, 0 };
    apr_status_t status = ESTALE;
    int tries;

    history->base = slash ? slash + 1 : history->path;
    history->directory = parent ? open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    free(parent);
    if (history->directory < 0) {
        return errno;
    }
    for (tries = 0; status == ESTALE && tries < TRIES; tries++) {
        if (tries > 0) {
            drop(&list);
            (void)usleep(PAUSE_US);
        }
        status = open_all(history, &list);
    }
    if (status != APR_SUCCESS) {
        drop(&list);
        return status == ESTALE ? EBUSY : status;
    }
    history->files = list.files;
    history->count = list.count;
    return APR_SUCCESS;
}

void t2m_history_drop_files(t2m_history_t *history)
{
    list_t list = { history->files, history->count, 0 };

    drop(&list);
    history->files = NULL;
    history->count = history->at = 0;
}

char *t2m_history_path(const t2m_history_t *history, const t2m_history_file_t *file)
{
    char name[T2M_BACKUP_NAME_MAX], *path = NULL;

    write_name(history, file, name);
    if (asprintf(&path, "%.*s%s", (int)(history->base - history->path), history->path, name) < 0) {
        return NULL;
    }
    return path;
}

void t2m_history_swap(t2m_history_t *history, t2m_history_t *other)
{
    t2m_history_t kept = *history;

    *history = *other;
    *other = kept;
}
