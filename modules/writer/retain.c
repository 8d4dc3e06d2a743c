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

/* See retain.h. */
#include "writer/retain.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "core/backup_name.h"
#include "writer/backups.h"
#include "writer/compress.h"

static int must_stop(const t2m_retain_t *retain)
{
    return retain->stop && retain->stop(retain->baton);
}

static void note(apr_status_t *first, apr_status_t status)
{
    if (*first == APR_SUCCESS) {
        *first = status;
    }
}

/* A file that is not there any more, or under another number, is no failure. */
static apr_status_t delete_one(const t2m_retain_t *retain, const t2m_retain_file_t *file,
                               const t2m_backup_t *backup, t2m_retention_reason_e reason)
{
    char name[T2M_BACKUP_NAME_MAX];
    apr_status_t status = t2m_backups_delete(file->directory, file->base, backup, retain->lock);

    if (retain->deleted && !APR_STATUS_IS_ENOENT(status)) {
        (void)t2m_backup_name_write(name, sizeof(name), file->base, backup->number,
                                    backup->compression);
        retain->deleted(retain->baton, file, name, backup, reason, status);
    }
    return status;
}

/* Deletes the victims. *moved is set when one was not found where it was listed. */
static apr_status_t delete_chosen(const t2m_retain_t *retain, const t2m_retain_file_t *file,
                                  const t2m_listing_t *listing, apr_size_t *chosen, int *moved)
{
    t2m_retention_victim_t victims[T2M_RETENTION_PER_RUN];
    apr_status_t first = APR_SUCCESS;
    apr_size_t i;

    *chosen = t2m_retention_choose(file->policy, retain->now, retain->steady, listing, victims);
    for (i = 0; i < *chosen && !*moved && !must_stop(retain); i++) {
        apr_status_t status = delete_one(retain, file, &listing->backups[victims[i].backup],
                                         victims[i].reason);

        if (APR_STATUS_IS_ENOENT(status)) {
            *moved = 1;
        } else {
            note(&first, status);
        }
    }
    return first;
}

/* Whether the next file may fare better: a full disk is full for all. */
static int is_of_this_file(apr_status_t status)
{
    return status == APR_EEXIST || status == APR_EBUSY || status == APR_EINVAL || status == EIO;
}

static apr_status_t pack(const t2m_retain_t *retain, const t2m_retain_file_t *file,
                         apr_uint32_t number)
{
    char name[T2M_BACKUP_NAME_MAX];
    apr_status_t status = t2m_compress_file(file->directory, file->base, number,
                                            (t2m_compression_e)file->policy->compression,
                                            retain->lock, retain->stop, retain->baton);

    if (retain->packed && status != APR_EINTR && !APR_STATUS_IS_ENOENT(status)) {
        (void)t2m_backup_name_write(name, sizeof(name), file->base, number, T2M_COMPRESSION_NONE);
        retain->packed(retain->baton, file, name, status);
    }
    return status;
}

/* Packs the next file; where that cannot be packed, the one after it. */
static apr_status_t pack_one(const t2m_retain_t *retain, const t2m_retain_file_t *file,
                             const t2m_listing_t *listing, int *again)
{
    apr_uint32_t below = T2M_BACKUP_NUMBER_MAX + 1;
    apr_status_t first = APR_SUCCESS, status;

    for (;;) {
        apr_size_t next = t2m_retention_compress(file->policy, listing, below);

        if (next == listing->count || must_stop(retain)) {
            return first;
        }
        below = listing->backups[next].number;
        status = pack(retain, file, below);
        if (!is_of_this_file(status)) {
            break;
        }
        note(&first, status);
    }
    if (status == APR_EINTR) {
        return first;
    }
    *again = APR_STATUS_IS_ENOENT(status)
          || (status == APR_SUCCESS
              && t2m_retention_compress(file->policy, listing, below) < listing->count);
    if (!APR_STATUS_IS_ENOENT(status)) {
        note(&first, status);
    }
    return first;
}

apr_status_t t2m_retain_file(const t2m_retain_t *retain, const t2m_retain_file_t *file, int *again)
{
    t2m_listing_t listing, rest;
    apr_size_t chosen = 0;
    int more = 0;
    apr_status_t first = t2m_backups_list(file->directory, file->base, T2M_BACKUPS_MAX, &listing);

    if (first == APR_SUCCESS) {
        first = delete_chosen(retain, file, &listing, &chosen, &more);
        more |= chosen == T2M_RETENTION_PER_RUN && first == APR_SUCCESS;
    }
    if (!more && first == APR_SUCCESS && !must_stop(retain)) {
        rest = listing;
        rest.backups += chosen;
        rest.count -= chosen;
        first = pack_one(retain, file, &rest, &more);
    }
    t2m_backups_free(&listing);
    if (again) {
        *again = more;
    }
    return first;
}

static apr_status_t list_all(const t2m_retain_file_t *files, apr_size_t count,
                             t2m_retention_file_t *lists)
{
    apr_status_t first = APR_SUCCESS;
    apr_size_t i;

    for (i = 0; i < count; i++) {
        lists[i].stream = files[i].stream;
        lists[i].live_size = files[i].live_size;
        note(&first, t2m_backups_list(files[i].directory, files[i].base, T2M_RETENTION_PER_RUN,
                                      &lists[i].listing));
    }
    return first;
}

static void free_all(t2m_retention_file_t *lists, apr_size_t count)
{
    apr_size_t i;

    for (i = 0; i < count; i++) {
        t2m_backups_free(&lists[i].listing);
    }
    free(lists);
}

apr_status_t t2m_retain_total(const t2m_retain_t *retain, const t2m_retain_file_t *files,
                              apr_size_t count, apr_uint64_t limit, apr_uint64_t *total)
{
    t2m_retention_victim_t victims[T2M_RETENTION_PER_RUN];
    t2m_retention_file_t *lists = calloc(count + 1, sizeof(*lists));
    apr_status_t first, status;
    apr_size_t chosen, i;

    *total = 0;
    if (!lists) {
        return APR_ENOMEM;
    }
    first = list_all(files, count, lists);
    *total = t2m_retention_sum(lists, count);
    chosen = t2m_retention_total(lists, count, limit, victims);
    for (i = 0; i < chosen && !must_stop(retain); i++) {
        const t2m_backup_t *backup = &lists[victims[i].file].listing.backups[victims[i].backup];

        status = delete_one(retain, &files[victims[i].file], backup, victims[i].reason);
        if (status == APR_SUCCESS) {
            *total -= backup->size;
        } else if (!APR_STATUS_IS_ENOENT(status)) {
            note(&first, status);
        }
    }
    free_all(lists, count);
    return first;
}

apr_status_t t2m_disk_state(int directory, apr_uint64_t *size, apr_uint64_t *free_bytes)
{
    struct statvfs state;

    if (fstatvfs(directory, &state) != 0) {
        return errno;
    }
    *size = (apr_uint64_t)state.f_blocks * state.f_frsize;
    *free_bytes = (apr_uint64_t)state.f_bavail * state.f_frsize;
    return APR_SUCCESS;
}
