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

/* See compressed.h. */
#include "writer/compressed.h"

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

enum { CHUNK = 65536, SIP = 4096 };

struct t2m_compressed_t {
    int fd;
    t2m_compression_e kind;
    apr_status_t failed; /* what every further call says */
    int between;         /* packed: no member or frame has begun that is not at its end */
    int ended;           /* the system has said that there is no more */
    apr_size_t at, size; /* of chunk: what is not yet used */
    apr_size_t most;     /* to be read at once */
    apr_uint64_t taken;  /* was read in all */
    z_stream gzip;
#if defined(T2M_HAVE_ZSTD)
    ZSTD_DCtx *zstd;
#endif
    unsigned char chunk[CHUNK];
};

/* Reads *size bytes at most; 0 at the end of the file. */
static apr_status_t take(t2m_compressed_t *in, void *bytes, apr_size_t *size)
{
    ssize_t got;

    do {
        got = read(in->fd, bytes, *size);
    } while (got < 0 && errno == EINTR);
    *size = got > 0 ? (apr_size_t)got : 0;
    in->taken += *size;
    in->ended = got == 0;
    return got < 0 ? errno : APR_SUCCESS;
}

/* Reads more behind what is in the chunk; leaves it as it is at the end of the file. */
static apr_status_t fill(t2m_compressed_t *in)
{
    apr_size_t size;
    apr_status_t status;

    if (in->at == in->size) {
        in->at = in->size = 0;
    }
    size = CHUNK - in->size < in->most ? CHUNK - in->size : in->most;
    status = take(in, in->chunk + in->size, &size);
    in->size += size;
    return status;
}

static apr_status_t begin_gzip(t2m_compressed_t *in)
{
    int status = inflateInit2(&in->gzip, 15 + 16);

    in->kind = status == Z_OK ? T2M_COMPRESSION_GZIP : T2M_COMPRESSION_NONE;
    return status == Z_OK ? APR_SUCCESS : APR_ENOMEM;
}

static apr_status_t begin_zstd(t2m_compressed_t *in)
{
#if defined(T2M_HAVE_ZSTD)
    in->zstd = ZSTD_createDCtx();
    in->kind = T2M_COMPRESSION_ZSTD;
    return in->zstd ? APR_SUCCESS : APR_ENOMEM;
#else
    (void)in;
    return APR_ENOTIMPL;
#endif
}

/* Looks at the first bytes. */
static apr_status_t begin(t2m_compressed_t *in)
{
    static const unsigned char gzip[] = { 0x1f, 0x8b }, zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
    apr_status_t status = APR_SUCCESS;

    while (status == APR_SUCCESS && in->size < sizeof(zstd) && !in->ended) {
        status = fill(in);
    }
    if (status != APR_SUCCESS) {
        return status;
    }
    in->between = 1;
    if (in->size >= sizeof(gzip) && memcmp(in->chunk, gzip, sizeof(gzip)) == 0) {
        return begin_gzip(in);
    }
    if (in->size >= sizeof(zstd) && memcmp(in->chunk, zstd, sizeof(zstd)) == 0) {
        return begin_zstd(in);
    }
    return APR_SUCCESS;
}

/* The file is closed when this fails. */
static apr_status_t make(int fd, apr_size_t most, t2m_compressed_t **compressed)
{
    t2m_compressed_t *in = calloc(1, sizeof(*in));
    apr_status_t status;

    *compressed = NULL;
    if (!in) {
        (void)close(fd);
        return APR_ENOMEM;
    }
    in->fd = fd;
    in->most = most;
    status = begin(in);
    if (status != APR_SUCCESS) {
        t2m_compressed_close(in);
        return status;
    }
    *compressed = in;
    return APR_SUCCESS;
}

apr_status_t t2m_compressed_of(int fd, t2m_compressed_t **compressed)
{
    return make(fd, CHUNK, compressed);
}

apr_status_t t2m_compressed_open(int directory, const char *name, t2m_compressed_t **compressed)
{
    struct stat information;
    apr_status_t status;
    int fd;

    *compressed = NULL;
    fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0) {
        return errno;
    }
    status = fstat(fd, &information) != 0 ? errno : S_ISREG(information.st_mode) ? 0 : EINVAL;
    if (status != APR_SUCCESS) {
        (void)close(fd);
        return status;
    }
    return t2m_compressed_of(fd, compressed);
}

t2m_compression_e t2m_compressed_kind(const t2m_compressed_t *compressed)
{
    return compressed->kind;
}

static void copy(t2m_compressed_t *in, void *bytes, apr_size_t *size)
{
    apr_size_t left = in->size - in->at;

    *size = *size < left ? *size : left;
    memcpy(bytes, in->chunk + in->at, *size);
    in->at += *size;
}

/* Unpacks what is in the chunk into *size bytes at most. Members follow each other. */
static apr_status_t inflate_some(t2m_compressed_t *in, void *bytes, apr_size_t *size)
{
    const apr_size_t room = *size < CHUNK ? *size : CHUNK;
    int result;

    if (in->between && inflateReset(&in->gzip) != Z_OK) {
        return APR_EGENERAL;
    }
    in->gzip.next_in = in->chunk + in->at;
    in->gzip.avail_in = (uInt)(in->size - in->at);
    in->gzip.next_out = bytes;
    in->gzip.avail_out = (uInt)room;
    result = inflate(&in->gzip, Z_NO_FLUSH);
    in->at = in->size - in->gzip.avail_in;
    *size = room - in->gzip.avail_out;
    in->between = result == Z_STREAM_END;
    return result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR ? APR_SUCCESS
                                                                             : APR_EGENERAL;
}

static apr_status_t unpack_zstd(t2m_compressed_t *in, void *bytes, apr_size_t *size)
{
#if defined(T2M_HAVE_ZSTD)
    ZSTD_inBuffer from = { in->chunk, in->size, in->at };
    ZSTD_outBuffer to = { bytes, *size, 0 };
    size_t result = ZSTD_decompressStream(in->zstd, &to, &from);

    in->at = from.pos;
    *size = to.pos;
    in->between = result == 0;
    return ZSTD_isError(result) ? APR_EGENERAL : APR_SUCCESS;
#else
    (void)in;
    (void)bytes;
    *size = 0;
    return APR_ENOTIMPL;
#endif
}

/* What was read to know how it is packed, then the file itself. */
static apr_status_t read_plain(t2m_compressed_t *in, void *bytes, apr_size_t *size)
{
    apr_status_t status = APR_SUCCESS;

    if (in->at < in->size) {
        copy(in, bytes, size);
    } else {
        status = take(in, bytes, size);
    }
    return status != APR_SUCCESS || *size > 0 ? status : APR_EOF;
}

/* One try: it may use up what is in the chunk without giving a byte. */
static apr_status_t unpack(t2m_compressed_t *in, void *bytes, apr_size_t *size)
{
    const apr_size_t room = *size;
    apr_status_t status = in->at < in->size || in->ended ? APR_SUCCESS : fill(in);

    *size = 0;
    if (status != APR_SUCCESS) {
        return status;
    }
    if (in->at == in->size && in->between) {
        return APR_EOF;
    }
    *size = room;
    status = in->kind == T2M_COMPRESSION_GZIP ? inflate_some(in, bytes, size)
                                              : unpack_zstd(in, bytes, size);
    if (status == APR_SUCCESS && *size == 0 && in->ended && in->at == in->size && !in->between) {
        return APR_INCOMPLETE;
    }
    return status;
}

apr_status_t t2m_compressed_read(t2m_compressed_t *compressed, void *bytes, apr_size_t *size)
{
    const apr_size_t room = *size;
    apr_status_t status = compressed->failed;

    if (compressed->kind == T2M_COMPRESSION_NONE) {
        return read_plain(compressed, bytes, size);
    }
    for (*size = 0; status == APR_SUCCESS && *size == 0;) {
        *size = room;
        status = unpack(compressed, bytes, size);
    }
    compressed->failed = status;
    return *size > 0 ? APR_SUCCESS : status;
}

apr_status_t t2m_compressed_peek(int fd, void *bytes, apr_size_t *size, apr_uint64_t *taken)
{
    const apr_size_t room = *size;
    t2m_compressed_t *in = NULL;
    int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    apr_status_t status = own < 0 ? errno : make(own, SIP, &in);

    for (*size = 0; in && status == APR_SUCCESS && *size < room;) {
        apr_size_t more = room - *size;

        status = t2m_compressed_read(in, (char *)bytes + *size, &more);
        *size += status == APR_SUCCESS ? more : 0;
    }
    *taken = in ? in->taken : 0;
    t2m_compressed_close(in);
    (void)lseek(fd, 0, SEEK_SET);
    return *size > 0 || status == APR_EOF ? APR_SUCCESS : status;
}

apr_uint64_t t2m_compressed_taken(const t2m_compressed_t *compressed)
{
    return compressed->taken;
}

void t2m_compressed_close(t2m_compressed_t *compressed)
{
    if (!compressed) {
        return;
    }
    if (compressed->kind == T2M_COMPRESSION_GZIP) {
        (void)inflateEnd(&compressed->gzip);
    }
#if defined(T2M_HAVE_ZSTD)
    (void)ZSTD_freeDCtx(compressed->zstd);
#endif
    (void)close(compressed->fd);
    free(compressed);
}
