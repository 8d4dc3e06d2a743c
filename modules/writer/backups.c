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

/* See backups.h. */
#include "writer/backups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shared/step.h"

enum { FIND_MOST = 64 };

int t2m_backups_own(const struct stat *information)
{
    return S_ISREG(information->st_mode) && information->st_nlink == 1
        && information->st_uid == geteuid() && (information->st_mode & S_IRUSR);
}

static apr_time_t mtime_of(const struct stat *information)
{
    return apr_time_from_sec(information->st_mtim.tv_sec) + information->st_mtim.tv_nsec / 1000;
}

/* A second look at the directory, with a position of its own. */
static DIR *open_listing(int directory)
{
    int fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);

    if (fd >= 0 && !stream) {
        (void)close(fd);
    }
    return stream;
}

/* Leaves the most with the highest numbers and counts the others. */
static void cut(t2m_listing_t *listing, apr_size_t most)
{
    t2m_retention_sort(listing->backups, listing->count);
    while (listing->count > most) {
        listing->rest_size += listing->backups[--listing->count].size;
        listing->rest_count++;
    }
}

static void take(int directory, const char *base, const char *entry, t2m_listing_t *listing)
{
    t2m_backup_t backup;
    struct stat information;

    if (!t2m_backup_name_parse(base, entry, &backup.number, &backup.compression)
        || fstatat(directory, entry, &information, AT_SYMLINK_NOFOLLOW) != 0
        || !t2m_backups_own(&information)) {
        return;
    }
    backup.size = (apr_uint64_t)information.st_size;
    backup.mtime = mtime_of(&information);
    backup.inode = (apr_uint64_t)information.st_ino;
    listing->backups[listing->count++] = backup;
}

/* Goes through the directory with room for twice as many as are wanted, so that they are sorted
 * seldom. */
static apr_status_t read_all(DIR *stream, int directory, const char *base, apr_size_t most,
                             t2m_listing_t *listing)
{
    const struct dirent *entry;

    while (errno = 0, (entry = readdir(stream)) != NULL) {
        take(directory, base, entry->d_name, listing);
        if (listing->count > 2 * most) {
            cut(listing, most);
        }
    }
    return errno;
}

apr_status_t t2m_backups_list(int directory, const char *base, apr_size_t most,
                              t2m_listing_t *listing)
{
    apr_status_t status;
    DIR *stream;

    memset(listing, 0, sizeof(*listing));
    most = most < T2M_BACKUPS_MAX ? most : T2M_BACKUPS_MAX;
    stream = open_listing(directory);
    if (!stream) {
        return errno;
    }
    listing->backups = calloc(2 * most + 1, sizeof(*listing->backups));
    if (!listing->backups) {
        (void)closedir(stream);
        return APR_ENOMEM;
    }
    status = read_all(stream, directory, base, most, listing);
    cut(listing, most);
    (void)closedir(stream);
    return status;
}

void t2m_backups_free(t2m_listing_t *listing)
{
    free(listing->backups);
    memset(listing, 0, sizeof(*listing));
}

apr_uint32_t t2m_backups_find(int directory, const char *base, apr_uint32_t number,
                              t2m_compression_e compression, apr_uint64_t inode)
{
    char name[T2M_BACKUP_NAME_MAX];
    struct stat information;
    apr_uint32_t i;

    for (i = number; i <= number + FIND_MOST; i++) {
        if (t2m_backup_name_write(name, sizeof(name), base, i, compression)
            && fstatat(directory, name, &information, AT_SYMLINK_NOFOLLOW) == 0
            && (apr_uint64_t)information.st_ino == inode) {
            return t2m_backups_own(&information) ? i : 0;
        }
    }
    return 0;
}

/* Where a file system cannot rename without replacing, a kill may leave a finished compression
 * under both of its names. */
static int is_second_name(int directory, const char *base, apr_uint32_t number,
                          t2m_compression_e compression, const struct stat *temporary)
{
    char name[T2M_BACKUP_NAME_MAX];
    struct stat information;

    return S_ISREG(temporary->st_mode) && temporary->st_nlink == 2
        && temporary->st_uid == geteuid()
        && t2m_backup_name_write(name, sizeof(name), base, number, compression)
        && fstatat(directory, name, &information, AT_SYMLINK_NOFOLLOW) == 0
        && information.st_ino == temporary->st_ino;
}

static apr_size_t remove_temporaries(int directory, const char *base)
{
    DIR *stream = open_listing(directory);
    const struct dirent *entry;
    apr_size_t gone = 0;

    while (stream && (entry = readdir(stream)) != NULL) {
        apr_uint32_t number;
        t2m_compression_e compression;
        struct stat information;

        if (t2m_backup_name_parse_temporary(base, entry->d_name, &number, &compression)
            && fstatat(directory, entry->d_name, &information, AT_SYMLINK_NOFOLLOW) == 0
            && (t2m_backups_own(&information)
                || is_second_name(directory, base, number, compression, &information))
            && unlinkat(directory, entry->d_name, 0) == 0) {
            gone++;
        }
    }
    if (stream) {
        (void)closedir(stream);
    }
    return gone;
}

apr_status_t t2m_backups_rename(int directory, const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0) {
        return APR_SUCCESS;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
#endif
    if (linkat(directory, from, directory, to, 0) != 0) {
        return errno;
    }
    T2M_STEP("packed file linked");
    return unlinkat(directory, from, 0) == 0 ? APR_SUCCESS : errno;
}

/* What stands under the number; its name is written too. A second name is another kill's. */
static int look_at(int directory, const char *base, apr_uint32_t number, t2m_compression_e how,
                   char name[T2M_BACKUP_NAME_MAX], struct stat *information)
{
    return t2m_backup_name_write(name, T2M_BACKUP_NAME_MAX, base, number, how)
        && fstatat(directory, name, information, AT_SYMLINK_NOFOLLOW) == 0
        && S_ISREG(information->st_mode) && information->st_uid == geteuid()
        && (information->st_mode & S_IRUSR) && information->st_nlink <= 2;
}

/* Moves the packed file to the plain one's number; where that move was begun, ends it. */
static void join(int directory, const char *base, const t2m_backup_t *plain,
                 t2m_compression_e how, const char *from, const struct stat *packed)
{
    char to[T2M_BACKUP_NAME_MAX];
    struct stat information;

    if (look_at(directory, base, plain->number, how, to, &information)) {
        if (information.st_ino == packed->st_ino) {
            (void)unlinkat(directory, from, 0);
        }
    } else if (packed->st_nlink == 1) {
        (void)t2m_backups_rename(directory, from, to);
    }
    T2M_STEP("pair joined");
}

/* The packed one of the pair has the next lower number that is ours. */
static void find_pair(int directory, const char *base, const t2m_backup_t *plain)
{
    char name[T2M_BACKUP_NAME_MAX];
    struct stat information;
    apr_uint32_t number = plain->number;
    int how, found = 0;

    while (!found && --number >= 1 && number + FIND_MOST >= plain->number) {
        found = look_at(directory, base, number, T2M_COMPRESSION_NONE, name, &information);
        for (how = T2M_COMPRESSION_GZIP; !found && how <= T2M_COMPRESSION_ZSTD; how++) {
            found = look_at(directory, base, number, (t2m_compression_e)how, name, &information);
            if (found && mtime_of(&information) == plain->mtime) {
                join(directory, base, plain, (t2m_compression_e)how, name, &information);
            }
        }
    }
}

static void join_pairs(int directory, const char *base)
{
    t2m_listing_t listing;
    apr_size_t i;

    (void)t2m_backups_list(directory, base, T2M_BACKUPS_MAX, &listing);
    for (i = 0; i < listing.count; i++) {
        if (listing.backups[i].compression == T2M_COMPRESSION_NONE) {
            find_pair(directory, base, &listing.backups[i]);
        }
    }
    t2m_backups_free(&listing);
}

apr_size_t t2m_backups_clean(int directory, const char *base)
{
    apr_size_t gone = remove_temporaries(directory, base);

    join_pairs(directory, base);
    return gone;
}

static int is_same(const struct stat *information, const t2m_backup_t *backup)
{
    return t2m_backups_own(information) && (apr_uint64_t)information->st_ino == backup->inode
        && (apr_uint64_t)information->st_size == backup->size
        && mtime_of(information) == backup->mtime;
}

static apr_status_t unlink_same(int directory, const char *name, const t2m_backup_t *backup)
{
    struct stat information;

    if (fstatat(directory, name, &information, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno;
    }
    if (!is_same(&information, backup)) {
        return APR_ENOENT;
    }
    T2M_STEP("backup checked");
    return unlinkat(directory, name, 0) == 0 ? APR_SUCCESS : errno;
}

apr_status_t t2m_backups_delete(int directory, const char *base, const t2m_backup_t *backup,
                                pthread_mutex_t *lock)
{
    char name[T2M_BACKUP_NAME_MAX];
    apr_status_t status;
    int fd;

    if (!t2m_backup_name_write(name, sizeof(name), base, backup->number, backup->compression)) {
        return APR_ENOENT;
    }
    /* Held open, the file loses its name at once; its blocks are freed by close, which takes long
     * for a large file and keeps no rotation waiting. */
    fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (lock) {
        (void)pthread_mutex_lock(lock);
    }
    status = unlink_same(directory, name, backup);
    if (lock) {
        (void)pthread_mutex_unlock(lock);
    }
    T2M_STEP("backup deleted");
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}
