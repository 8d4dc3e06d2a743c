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

/* See debug_key.h. */
#include "shared/debug_key.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_general.h>
#include <openssl/crypto.h>

enum { MADE_BYTES = 32, MADE_SIZE = 2 * MADE_BYTES + 1 };

static apr_status_t refuse(const char **why, const char *text, apr_status_t status)
{
    *why = text;
    return status;
}

static apr_status_t refuse_system(const char **why, int error)
{
    switch (error) {
    case ENOENT:
        return refuse(why, "does not exist; make it with t2mlog debug-token --create",
                      APR_ENOENT);
    case ELOOP:
        return refuse(why, "is a symbolic link; name the file itself", APR_EGENERAL);
    case EACCES:
    case EPERM:
        return refuse(why, "cannot be opened by this user", APR_EACCES);
    case EEXIST:
        return refuse(why, "is there already; leave --create out, or remove it", APR_EEXIST);
    default:
        return refuse(why, "is refused by the system", error ? error : APR_EGENERAL);
    }
}

static apr_status_t check_file(int fd, const char **why)
{
    struct stat information;

    if (fstat(fd, &information) != 0) {
        return refuse_system(why, errno);
    }
    if (!S_ISREG(information.st_mode)) {
        return refuse(why, "is no regular file", APR_EGENERAL);
    }
    if (information.st_mode & (S_IRWXG | S_IRWXO)) {
        return refuse(why, "can be read or written by others than its owner, who may have it now; "
                           "remove it and make a new one with t2mlog debug-token --create",
                      APR_EGENERAL);
    }
    return APR_SUCCESS;
}

static apr_status_t read_bytes(int fd, t2m_debug_key_t *key, const char **why)
{
    char bytes[T2M_DEBUG_KEY_MAX + 2] = ""; /* an LF, and one more that would be too many */
    apr_size_t size = 0;
    ssize_t got = 1;
    apr_status_t status = APR_SUCCESS;

    while (got > 0 && size < sizeof(bytes)) {
        got = read(fd, bytes + size, sizeof(bytes) - size);
        size += got > 0 ? (apr_size_t)got : 0;
    }
    size -= size > 0 && bytes[size - 1] == '\n';
    if (got < 0) {
        status = refuse_system(why, errno);
    }
    else if (size < T2M_DEBUG_KEY_MIN || size > T2M_DEBUG_KEY_MAX) {
        status = refuse(why, "does not hold a key of 32 to 512 bytes; remove it and make one with "
                             "t2mlog debug-token --create", APR_EGENERAL);
    }
    else {
        memcpy(key->bytes, bytes, size);
        key->size = size;
    }
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return status;
}

apr_status_t t2m_debug_key_read(const char *path, t2m_debug_key_t *key, const char **why)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    apr_status_t status;

    memset(key, 0, sizeof(*key));
    *why = NULL;
    if (fd < 0) {
        return refuse_system(why, errno);
    }
    status = check_file(fd, why);
    if (status == APR_SUCCESS) {
        status = read_bytes(fd, key, why);
    }
    (void)close(fd);
    return status;
}

/* A new key in hex digits, with an LF. */
static apr_status_t make_text(char text[MADE_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[MADE_BYTES];
    apr_status_t status = apr_generate_random_bytes(bytes, sizeof(bytes));
    int i;

    for (i = 0; i < MADE_BYTES; i++) {
        text[2 * i] = hex[bytes[i] >> 4];
        text[2 * i + 1] = hex[bytes[i] & 15];
    }
    text[MADE_SIZE - 1] = '\n';
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return status;
}

static int write_key(int fd, const char *text)
{
    return fchmod(fd, 0400) == 0 && write(fd, text, MADE_SIZE) == MADE_SIZE && fsync(fd) == 0;
}

apr_status_t t2m_debug_key_make(const char *path, const char **why)
{
    char text[MADE_SIZE];
    apr_status_t status = make_text(text);
    int fd;

    *why = NULL;
    if (status != APR_SUCCESS) {
        return refuse(why, "cannot be made: the system gives no random bytes", status);
    }
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
    if (fd < 0) {
        status = refuse_system(why, errno);
    }
    else if (!write_key(fd, text)) { /* half a key is none */
        status = refuse_system(why, errno);
        (void)unlink(path);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    OPENSSL_cleanse(text, sizeof(text));
    return status;
}
