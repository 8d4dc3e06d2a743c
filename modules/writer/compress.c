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

/* See compress.h. */
#include "writer/compress.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <zlib.h>
#if defined(T2M_HAVE_ZSTD)
#include <zstd.h>
#endif

#include "core/backup_name.h"
#include "shared/step.h"
#include "writer/backups.h"
#include "writer/compressed.h"

enum { CHUNK = 131072, GZIP_LEVEL = 6, ZSTD_LEVEL = 3 };

typedef enum { PACKING, COMPARING, PUBLISHING, REMOVING, DONE } phase_e;

struct t2m_compress_t {
    int directory, in, out; /* -1: not open */
    const char *base;
    apr_uint32_t number; /* where the original stood when it was last looked for */
    t2m_compression_e how;
    pthread_mutex_t *lock;
    phase_e phase;
    struct stat original;
    apr_uint64_t packed_inode; /* of the temporary, or of the file that is compared */
    char temporary[T2M_BACKUP_NAME_MAX]; /* empty: there is none */
    t2m_compressed_t *packed;  /* comparing */
    z_stream gzip;
#if defined(T2M_HAVE_ZSTD)
    ZSTD_CCtx *zstd;
#endif
    unsigned char input[CHUNK], output[CHUNK];
};

int t2m_compress_available(t2m_compression_e how)
{
#if defined(T2M_HAVE_ZSTD)
    return how == T2M_COMPRESSION_GZIP || how == T2M_COMPRESSION_ZSTD;
#else
    return how == T2M_COMPRESSION_GZIP;
#endif
}

static void lock_names(const t2m_compress_t *job)
{
    if (job->lock) {
        (void)pthread_mutex_lock(job->lock);
    }
}

static void unlock_names(const t2m_compress_t *job)
{
    if (job->lock) {
        (void)pthread_mutex_unlock(job->lock);
    }
}

/* ---- beginning ------------------------------------------------------------------------------- */

static apr_status_t open_original(t2m_compress_t *job)
{
    char name[T2M_BACKUP_NAME_MAX];

    if (!t2m_backup_name_write(name, sizeof(name), job->base, job->number, T2M_COMPRESSION_NONE)) {
        return APR_EINVAL;
    }
    job->in = openat(job->directory, name,
                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (job->in < 0 || fstat(job->in, &job->original) != 0) {
        return errno;
    }
    return t2m_backups_own(&job->original) ? APR_SUCCESS : APR_EINVAL;
}

/* Opens a file of the writer's own; -1 when it is none. */
static int open_own(int directory, const char *name, struct stat *information)
{
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd >= 0 && (fstat(fd, information) != 0 || !t2m_backups_own(information))) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

/* A packed file of the same number is what a kill left, or is foreign. */
static apr_status_t open_packed(t2m_compress_t *job)
{
    t2m_compression_e how;

    for (how = T2M_COMPRESSION_GZIP; how <= T2M_COMPRESSION_ZSTD; how++) {
        char name[T2M_BACKUP_NAME_MAX];
        struct stat information;
        int fd;

        (void)t2m_backup_name_write(name, sizeof(name), job->base, job->number, how);
        if (fstatat(job->directory, name, &information, AT_SYMLINK_NOFOLLOW) != 0) {
            continue;
        }
        fd = open_own(job->directory, name, &information);
        if (fd < 0 || t2m_compressed_of(fd, &job->packed) != APR_SUCCESS) {
            return APR_EEXIST;
        }
        job->how = how;
        job->phase = COMPARING;
        job->packed_inode = (apr_uint64_t)information.st_ino;
        return APR_SUCCESS;
    }
    return APR_SUCCESS;
}

static apr_status_t make_temporary(t2m_compress_t *job)
{
    struct stat information;

    if (!t2m_backup_name_write_temporary(job->temporary, sizeof(job->temporary), job->base,
                                         job->number, job->how)) {
        return APR_EINVAL;
    }
    job->out = openat(job->directory, job->temporary,
                      O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
    if (job->out < 0) {
        job->temporary[0] = '\0'; /* not ours to remove */
        return errno;
    }
    T2M_STEP("temporary made");
    if (fstat(job->out, &information) != 0) {
        return errno;
    }
    job->packed_inode = (apr_uint64_t)information.st_ino;
    /* The group is a courtesy to whoever reads the directory. */
    if (fstat(job->directory, &information) == 0
        && fchown(job->out, (uid_t)-1, information.st_gid) == 0) {
        (void)fchmod(job->out, 0640);
    }
    return APR_SUCCESS;
}

/* zlib's own gzip header has neither name nor time: the same content gives the same file. */
static apr_status_t begin_encoder(t2m_compress_t *job)
{
#if defined(T2M_HAVE_ZSTD)
    if (job->how == T2M_COMPRESSION_ZSTD) {
        job->zstd = ZSTD_createCCtx();
        if (job->zstd) {
            (void)ZSTD_CCtx_setParameter(job->zstd, ZSTD_c_compressionLevel, ZSTD_LEVEL);
            (void)ZSTD_CCtx_setParameter(job->zstd, ZSTD_c_checksumFlag, 1);
        }
        return job->zstd ? APR_SUCCESS : APR_ENOMEM;
    }
#endif
    return deflateInit2(&job->gzip, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK
               ? APR_SUCCESS : APR_ENOMEM;
}

static apr_status_t begin(t2m_compress_t *job)
{
    apr_status_t status;

    lock_names(job);
    status = open_original(job);
    if (status == APR_SUCCESS) {
        status = open_packed(job);
    }
    unlock_names(job);
    if (status == APR_SUCCESS && job->phase == PACKING) {
        status = begin_encoder(job);
    }
    if (status == APR_SUCCESS && job->phase == PACKING) {
        status = make_temporary(job);
    }
    return status;
}

apr_status_t t2m_compress_begin(t2m_compress_t **job, int directory, const char *base,
                                apr_uint32_t number, t2m_compression_e how, pthread_mutex_t *lock)
{
    t2m_compress_t *made;
    apr_status_t status;

    *job = NULL;
    if (!t2m_compress_available(how)) {
        return APR_ENOTIMPL;
    }
    made = calloc(1, sizeof(*made));
    if (!made) {
        return APR_ENOMEM;
    }
    made->in = made->out = -1;
    made->directory = directory;
    made->base = base;
    made->number = number;
    made->how = how;
    made->lock = lock;
    status = begin(made);
    if (status != APR_SUCCESS) {
        t2m_compress_end(made);
        return status;
    }
    *job = made;
    return APR_SUCCESS;
}

/* ---- data ------------------------------------------------------------------------------------ */

static apr_status_t write_out(t2m_compress_t *job, apr_size_t size)
{
    apr_size_t done = 0;

    while (done < size) {
        ssize_t got = write(job->out, job->output + done, size - done);

        if (got < 0 && errno != EINTR) {
            return errno;
        }
        done += got > 0 ? (apr_size_t)got : 0;
        T2M_STEP("packed bytes written");
    }
    return APR_SUCCESS;
}

static apr_status_t gzip_chunk(t2m_compress_t *job, apr_size_t size, int last)
{
    apr_status_t status = APR_SUCCESS;
    int result = Z_OK;

    job->gzip.next_in = job->input;
    job->gzip.avail_in = (uInt)size;
    do {
        job->gzip.next_out = job->output;
        job->gzip.avail_out = CHUNK;
        result = deflate(&job->gzip, last ? Z_FINISH : Z_NO_FLUSH);
        status = write_out(job, CHUNK - job->gzip.avail_out);
    } while (status == APR_SUCCESS && job->gzip.avail_out == 0 && result == Z_OK);
    if (status == APR_SUCCESS && last && result != Z_STREAM_END) {
        return APR_EGENERAL;
    }
    return status;
}

#if defined(T2M_HAVE_ZSTD)
static apr_status_t zstd_chunk(t2m_compress_t *job, apr_size_t size, int last)
{
    ZSTD_inBuffer from = { job->input, size, 0 };
    apr_status_t status;
    size_t left;

    do {
        ZSTD_outBuffer to = { job->output, CHUNK, 0 };

        left = ZSTD_compressStream2(job->zstd, &to, &from, last ? ZSTD_e_end : ZSTD_e_continue);
        status = ZSTD_isError(left) ? APR_EGENERAL : write_out(job, to.pos);
    } while (status == APR_SUCCESS && (from.pos < from.size || (last && left > 0)));
    return status;
}
#endif

static apr_status_t pack_chunk(t2m_compress_t *job, apr_size_t size, int last)
{
#if defined(T2M_HAVE_ZSTD)
    if (job->how == T2M_COMPRESSION_ZSTD) {
        return zstd_chunk(job, size, last);
    }
#endif
    return gzip_chunk(job, size, last);
}

/* Fills the input; *size is less than CHUNK only at the end. */
static apr_status_t read_original(t2m_compress_t *job, apr_size_t *size)
{
    *size = 0;
    while (*size < CHUNK) {
        ssize_t got = read(job->in, job->input + *size, CHUNK - *size);

        if (got < 0 && errno != EINTR) {
            return errno;
        }
        if (got == 0) {
            break;
        }
        *size += got > 0 ? (apr_size_t)got : 0;
    }
    return APR_SUCCESS;
}

/* Nobody writes to a rotated file; if somebody does, then it is not packed. */
static int is_unchanged(const t2m_compress_t *job)
{
    struct stat now;

    return fstat(job->in, &now) == 0 && now.st_size == job->original.st_size
        && now.st_mtim.tv_sec == job->original.st_mtim.tv_sec
        && now.st_mtim.tv_nsec == job->original.st_mtim.tv_nsec;
}

static apr_status_t finish_packing(t2m_compress_t *job)
{
    struct timespec times[2];

    times[0] = times[1] = job->original.st_mtim;
    if (!is_unchanged(job)) {
        return APR_EBUSY;
    }
    if (futimens(job->out, times) != 0 || fsync(job->out) != 0) {
        return errno;
    }
    T2M_STEP("packed file synchronised");
    job->phase = PUBLISHING;
    return APR_SUCCESS;
}

static apr_status_t pack(t2m_compress_t *job)
{
    apr_size_t size;
    apr_status_t status = read_original(job, &size);

    if (status == APR_SUCCESS) {
        status = pack_chunk(job, size, size < CHUNK);
    }
    return status == APR_SUCCESS && size < CHUNK ? finish_packing(job) : status;
}

/* Fills the output from the packed file. */
static apr_status_t read_packed(t2m_compress_t *job, apr_size_t *size)
{
    apr_status_t status = APR_SUCCESS;

    for (*size = 0; *size < CHUNK && status == APR_SUCCESS;) {
        apr_size_t more = CHUNK - *size;

        status = t2m_compressed_read(job->packed, job->output + *size, &more);
        *size += more;
    }
    return status == APR_EOF ? APR_SUCCESS : status;
}

static apr_status_t compare(t2m_compress_t *job)
{
    apr_size_t size, packed_size;
    apr_status_t status = read_original(job, &size);

    if (status != APR_SUCCESS) {
        return status;
    }
    if (read_packed(job, &packed_size) != APR_SUCCESS || size != packed_size
        || memcmp(job->input, job->output, size) != 0) {
        return APR_EEXIST;
    }
    if (size < CHUNK) {
        job->phase = REMOVING;
        return is_unchanged(job) ? APR_SUCCESS : APR_EBUSY;
    }
    return APR_SUCCESS;
}

/* ---- names ----------------------------------------------------------------------------------- */

/* The number that the original has now; 0: none. Under the lock. */
static apr_uint32_t find_original(const t2m_compress_t *job)
{
    return t2m_backups_find(job->directory, job->base, job->number, T2M_COMPRESSION_NONE,
                            (apr_uint64_t)job->original.st_ino);
}

static apr_status_t publish_under_lock(t2m_compress_t *job)
{
    char name[T2M_BACKUP_NAME_MAX];
    struct stat information;
    apr_uint32_t number = find_original(job);
    apr_status_t status;

    T2M_STEP("original found");
    if (!number
        || fstatat(job->directory, job->temporary, &information, AT_SYMLINK_NOFOLLOW) != 0
        || (apr_uint64_t)information.st_ino != job->packed_inode) {
        return APR_ENOENT;
    }
    if (!t2m_backup_name_write(name, sizeof(name), job->base, number, job->how)) {
        return APR_EINVAL;
    }
    status = t2m_backups_rename(job->directory, job->temporary, name);
    if (status == APR_SUCCESS) {
        T2M_STEP("packed file named");
        job->number = number;
        job->temporary[0] = '\0';
    }
    return status;
}

static apr_status_t publish(t2m_compress_t *job)
{
    apr_status_t status;

    lock_names(job);
    status = publish_under_lock(job);
    unlock_names(job);
    if (status == APR_SUCCESS) {
        job->phase = REMOVING;
        T2M_STEP("names unlocked");
    }
    return status;
}

static apr_status_t remove_under_lock(const t2m_compress_t *job)
{
    char name[T2M_BACKUP_NAME_MAX];
    apr_uint32_t number = find_original(job);

    T2M_STEP("original found again");
    if (!number || !is_unchanged(job)
        || !t2m_backups_find(job->directory, job->base, job->number, job->how, job->packed_inode)
        || !t2m_backup_name_write(name, sizeof(name), job->base, number, T2M_COMPRESSION_NONE)) {
        return APR_ENOENT;
    }
    return unlinkat(job->directory, name, 0) == 0 ? APR_SUCCESS : errno;
}

/* The packed file's name is on the disk before the original's goes. */
static apr_status_t remove_original(t2m_compress_t *job)
{
    apr_status_t status;

    if (fsync(job->directory) != 0 && errno != EINVAL) {
        return errno;
    }
    T2M_STEP("directory synchronised");
    lock_names(job);
    status = remove_under_lock(job);
    unlock_names(job);
    T2M_STEP("original removed");
    job->phase = DONE;
    return status == APR_SUCCESS ? APR_EOF : status;
}

apr_status_t t2m_compress_step(t2m_compress_t *job)
{
    switch (job->phase) {
    case PACKING:
        return pack(job);
    case COMPARING:
        return compare(job);
    case PUBLISHING:
        return publish(job);
    case REMOVING:
        return remove_original(job);
    default:
        return APR_EOF;
    }
}

void t2m_compress_end(t2m_compress_t *job)
{
    if (!job) {
        return;
    }
    if (job->temporary[0]) {
        (void)unlinkat(job->directory, job->temporary, 0);
    }
    (void)deflateEnd(&job->gzip); /* refuses a stream that did not begin */
#if defined(T2M_HAVE_ZSTD)
    (void)ZSTD_freeCCtx(job->zstd);
#endif
    t2m_compressed_close(job->packed);
    if (job->in >= 0) {
        (void)close(job->in);
    }
    if (job->out >= 0) {
        (void)close(job->out);
    }
    free(job);
}

apr_status_t t2m_compress_file(int directory, const char *base, apr_uint32_t number,
                               t2m_compression_e how, pthread_mutex_t *lock,
                               t2m_compress_stop_fn stop, void *baton)
{
    t2m_compress_t *job;
    apr_status_t status = t2m_compress_begin(&job, directory, base, number, how, lock);

    while (status == APR_SUCCESS) {
        status = stop && stop(baton) ? APR_EINTR : t2m_compress_step(job);
    }
    t2m_compress_end(job);
    return status == APR_EOF ? APR_SUCCESS : status;
}
