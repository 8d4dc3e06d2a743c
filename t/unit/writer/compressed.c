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

/* Tests modules/writer/compressed.c: plain and packed files give the same bytes, and what is
 * damaged is said to be. */
#include "writer/compressed.h"

#include <errno.h>

#include <zlib.h>
#if defined(T2M_HAVE_ZSTD)
#include <zstd.h>
#endif

#include "tap.h"
#include "writer/folder.h"

enum { SIZE = 300000 };

static char content[SIZE], got[SIZE + 100];
static unsigned char packed[SIZE * 2];

/* gzip of the content, as one member. */
static size_t gzip(const char *bytes, size_t size, unsigned char *out)
{
    z_stream stream;

    memset(&stream, 0, sizeof(stream));
    if (deflateInit2(&stream, 6, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        abort();
    }
    memcpy(got, bytes, size);
    stream.next_in = (unsigned char *)got;
    stream.avail_in = (uInt)size;
    stream.next_out = out;
    stream.avail_out = SIZE;
    (void)deflate(&stream, Z_FINISH);
    (void)deflateEnd(&stream);
    return stream.total_out;
}

/* Reads all of a file in pieces of that size. Returns how it ended; *size: how much there was. */
static apr_status_t slurp(const char *name, apr_size_t piece, apr_size_t *size)
{
    t2m_compressed_t *file;
    apr_status_t status = t2m_compressed_open(folder, name, &file);

    *size = 0;
    while (status == APR_SUCCESS) {
        apr_size_t more = piece < sizeof(got) - *size ? piece : sizeof(got) - *size;

        status = t2m_compressed_read(file, got + *size, &more);
        *size += more;
        if (status == APR_SUCCESS && more == 0) {
            abort();
        }
    }
    t2m_compressed_close(file);
    return status;
}

static void same(const char *name, const char *what)
{
    static const apr_size_t pieces[] = { SIZE + 100, 65536, 1000, 7 };
    size_t i;

    for (i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        apr_size_t size;

        ok(slurp(name, pieces[i], &size) == APR_EOF && size == SIZE
               && memcmp(got, content, SIZE) == 0,
           "%s, in pieces of %d", what, (int)pieces[i]);
    }
}

static void ends(const char *name, const void *bytes, size_t size, apr_status_t want,
                 const char *what)
{
    apr_size_t read_size;
    apr_status_t status;

    folder_put(name, bytes, size);
    status = slurp(name, 1000, &read_size);
    is_number(status, want, what);
    ok(read_size <= SIZE && memcmp(got, content, read_size) == 0, "%s: what came is right", what);
}

static void plain(void)
{
    t2m_compressed_t *file;
    apr_size_t size;

    folder_put("plain", content, SIZE);
    same("plain", "plain");
    folder_put("empty", "", 0);
    is_number(slurp("empty", 10, &size), APR_EOF, "an empty file");
    folder_put("short", "\x1f", 1);
    ok(slurp("short", 10, &size) == APR_EOF && size == 1, "too short to be anything else");
    (void)t2m_compressed_open(folder, "short", &file);
    size = sizeof(got);
    (void)t2m_compressed_read(file, got, &size);
    size = sizeof(got);
    is_number(t2m_compressed_read(file, got, &size), APR_EOF, "at the end");
    is_number((long)size, 0, "nothing");
    folder_put("short", "\x1f" "more", 5);
    size = sizeof(got);
    ok(t2m_compressed_read(file, got, &size) == APR_SUCCESS && size == 4
           && memcmp(got, "more", 4) == 0, "a plain file may grow");
    is_number(t2m_compressed_kind(file), T2M_COMPRESSION_NONE, "plain");
    t2m_compressed_close(file);
}

static void gzipped(void)
{
    t2m_compressed_t *file;
    size_t size = gzip(content, SIZE, packed), second;

    folder_put("one.gz", packed, size);
    same("one.gz", "gzip");
    (void)t2m_compressed_open(folder, "one.gz", &file);
    is_number(t2m_compressed_kind(file), T2M_COMPRESSION_GZIP, "gzip");
    t2m_compressed_close(file);
    ends("cut.gz", packed, size - 1, APR_INCOMPLETE, "a byte is missing");
    ends("cut.gz", packed, size / 2, APR_INCOMPLETE, "half is missing");
    ends("cut.gz", packed, 2, APR_INCOMPLETE, "all but the mark is missing");
    packed[size] = 'x';
    ends("more.gz", packed, size + 1, APR_INCOMPLETE, "something follows that has no head yet");
    memset(packed + size, 'x', 20);
    ends("more.gz", packed, size + 20, APR_EGENERAL, "something foreign follows");
    packed[size - 6] ^= 1;
    ends("wrong.gz", packed, size, APR_EGENERAL, "a wrong check sum");
    size = gzip(content, 1000, packed);
    second = gzip(content + 1000, SIZE - 1000, packed + size);
    folder_put("two.gz", packed, size + second);
    same("two.gz", "two members");
    size = gzip("", 0, packed);
    ends("none.gz", packed, size, APR_EOF, "an empty member");
}

static void zstandard(void)
{
#if defined(T2M_HAVE_ZSTD)
    size_t size = ZSTD_compress(packed, sizeof(packed), content, 1000, 3);
    size_t second = ZSTD_compress(packed + size, sizeof(packed) - size, content + 1000,
                                  SIZE - 1000, 3);

    folder_put("two.zst", packed, size + second);
    same("two.zst", "zstd, two frames");
    ends("cut.zst", packed, size + second - 1, APR_INCOMPLETE, "zstd: a byte is missing");
    ends("cut.zst", packed, size + 1000, APR_INCOMPLETE, "zstd: much is missing");
    memset(packed + size, 'x', 20);
    ends("wrong.zst", packed, size + 20, APR_EGENERAL, "zstd: something foreign follows");
#else
    apr_size_t size;

    folder_put("a.zst", "\x28\xb5\x2f\xfd", 4);
    is_number(slurp("a.zst", 10, &size), APR_ENOTIMPL, "zstd, in a build without it");
#endif
}

/* The beginning of a file as it stands in the folder, whose size becomes known. */
static apr_status_t peek(const char *name, apr_size_t *size, apr_uint64_t *taken, off_t *file_size)
{
    int fd = openat(folder, name, O_RDONLY);
    apr_status_t status = t2m_compressed_peek(fd, got, size, taken);

    ok(lseek(fd, 0, SEEK_CUR) == 0, "%s stays open, at its start", name);
    *file_size = lseek(fd, 0, SEEK_END);
    (void)close(fd);
    return status;
}

static void peeks(void)
{
    static const char *const names[] = { "plain", "a.gz",
#if defined(T2M_HAVE_ZSTD)
                                         "a.zst"
#endif
    };
    apr_size_t i, size;
    apr_uint64_t taken;
    off_t all;

    folder_put("plain", content, SIZE);
    folder_put("a.gz", packed, gzip(content, SIZE, packed));
#if defined(T2M_HAVE_ZSTD)
    folder_put("a.zst", packed, ZSTD_compress(packed, sizeof(packed), content, SIZE, 3));
#endif
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size = 1000;
        is_number(peek(names[i], &size, &taken, &all), APR_SUCCESS, names[i]);
        ok(size == 1000 && memcmp(got, content, 1000) == 0, "its beginning");
        ok(taken >= 200 && taken < (apr_uint64_t)all * 2 / 3, "%d of %d bytes are read", (int)taken,
           (int)all);
    }
    folder_put("short", "ab", 2);
    size = 1000;
    ok(peek("short", &size, &taken, &all) == APR_SUCCESS && size == 2 && taken == 2, "a short one");
    folder_put("empty", "", 0);
    size = 1000;
    ok(peek("empty", &size, &taken, &all) == APR_SUCCESS && size == 0, "an empty one");
    folder_put("cut.gz", "\x1f\x8b\x08", 3);
    size = 1000;
    ok(peek("cut.gz", &size, &taken, &all) == APR_INCOMPLETE && size == 0, "a damaged one");
    size = 1000;
    ok(t2m_compressed_peek(-1, got, &size, &taken) == EBADF && size == 0 && taken == 0, "none");
}

static void counts(void)
{
    t2m_compressed_t *file;
    apr_size_t size = 100000;

    folder_put("plain", content, SIZE);
    (void)t2m_compressed_open(folder, "plain", &file);
    (void)t2m_compressed_read(file, got, &size);
    is_number((long long)t2m_compressed_taken(file), (long long)size, "what was read to see it");
    ok(size < 100000 && memcmp(got, content, size) == 0, "comes first");
    size = 100000;
    (void)t2m_compressed_read(file, got, &size);
    is_number((long long)size, 100000, "then as much as is asked for");
    t2m_compressed_close(file);
}

static void refuses(const char *name, apr_status_t want, const char *what)
{
    t2m_compressed_t *file;

    is_number(t2m_compressed_open(folder, name, &file), want, what);
    ok(file == NULL, "%s: nothing is open", what);
}

static void refusals(void)
{
    t2m_compressed_t *file;

    refuses("missing", ENOENT, "a missing file");
    (void)symlinkat("plain", folder, "symbolic");
    refuses("symbolic", ELOOP, "a symbolic link");
    (void)mkfifoat(folder, "fifo", 0600);
    refuses("fifo", EINVAL, "a pipe with a name");
    (void)mkdirat(folder, "directory", 0700);
    refuses("directory", EINVAL, "a directory");
    is_number(t2m_compressed_of(openat(folder, ".", O_RDONLY), &file), EISDIR,
              "what cannot be read");
    t2m_compressed_close(NULL);
}

int main(void)
{
    size_t i;

    srand(3);
    for (i = 0; i < SIZE; i++) {
        content[i] = (char)(i % 100 == 99 ? '\n' : "0123456789abcdef"[rand() % 16]);
    }
    content[0] = '{';
    folder_make();
    plain();
    gzipped();
    zstandard();
    peeks();
    counts();
    refusals();
    folder_remove();
    return tap_done();
}
