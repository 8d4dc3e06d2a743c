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

/* See chain_key.h. A new key gets its name when it is whole and on the disk. */
#include "writer/chain_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_general.h>
#include <openssl/crypto.h>

#include "shared/handover.h"
#include "shared/step.h"

enum { KEY_DIGITS = 2 * T2M_CHAIN_KEY_SIZE, FILE_SIZE = KEY_DIGITS + 1 };

/* A key has as many bytes as what is made with it: one pair of functions reads and writes both. */
_Static_assert((int)T2M_CHAIN_KEY_SIZE == (int)T2M_CHAIN_SIZE, "a key is written as a chain is");

static const char temporary[] = T2M_CHAIN_KEY ".tmp";

static apr_status_t refuse(const char **why, const char *text, apr_status_t status)
{
    *why = text;
    return status;
}

static apr_status_t refuse_system(const char **why, int error)
{
    switch (error) {
    case ENOENT:
        return refuse(why, "does not exist", APR_ENOENT);
    case ELOOP:
        return refuse(why, "is a symbolic link", error);
    case EACCES:
    case EPERM:
        return refuse(why, "this user may not read it", error);
    case ENOSPC:
    case EDQUOT:
        return refuse(why, "there is no space for it", error);
    case EROFS:
        return refuse(why, "the file system is read-only", error);
    default:
        return refuse(why, "the system refuses it", error ? error : APR_EGENERAL);
    }
}

static apr_status_t read_digits(int fd, unsigned char *key, const char **why)
{
    char text[FILE_SIZE + 1];
    size_t size = 0;
    ssize_t got = 1;
    int is_key;

    while (got > 0 && size < sizeof(text)) {
        got = read(fd, text + size, sizeof(text) - size);
        size += got > 0 ? (size_t)got : 0;
    }
    is_key = got >= 0 && size == FILE_SIZE && text[KEY_DIGITS] == '\n'
          && t2m_chain_parse(text, key);
    OPENSSL_cleanse(text, sizeof(text));
    return is_key    ? APR_SUCCESS
         : got < 0 ? refuse_system(why, errno)
                   : refuse(why, "is not 64 hex digits (0-9, a-f) and a line's end", APR_EINVAL);
}

/* Whose it is, and who else may read it. */
static apr_status_t check_owner(const struct stat *information, const char **why)
{
    if (information->st_uid != geteuid()) {
        return refuse(why, "belongs to another user than the writer's", APR_EACCES);
    }
    if (information->st_mode & (S_IRWXG | S_IRWXO)) {
        return refuse(why, "others than its owner can read or write it: whoever could may have "
                           "it, so remove it", APR_EACCES);
    }
    if (information->st_nlink != 1) {
        return refuse(why, "has a second name (hard link)", APR_EACCES);
    }
    return APR_SUCCESS;
}

static apr_status_t open_key(int directory, const char *name, int *fd, struct stat *information,
                             const char **why)
{
    memset(information, 0, sizeof(*information));
    *fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0 || fstat(*fd, information) != 0) {
        return refuse_system(why, errno);
    }
    return S_ISREG(information->st_mode) ? APR_SUCCESS
                                         : refuse(why, "is no regular file", APR_EINVAL);
}

static apr_status_t load(int directory, unsigned char *key, const char **why)
{
    struct stat information;
    int fd;
    apr_status_t status = open_key(directory, T2M_CHAIN_KEY, &fd, &information, why);

    if (status == APR_SUCCESS) {
        status = check_owner(&information, why);
    }
    if (status == APR_SUCCESS) {
        status = read_digits(fd, key, why);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}

static int write_all(int fd, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t got = write(fd, bytes, size);

        if (got < 0 && errno != EINTR) {
            return 0;
        }
        bytes += got > 0 ? got : 0;
        size -= got > 0 ? (size_t)got : 0;
        T2M_STEP("part of the key written");
    }
    return 1;
}

static apr_status_t fill(int fd, const char **why)
{
    unsigned char key[T2M_CHAIN_KEY_SIZE];
    char text[FILE_SIZE];
    apr_status_t status = apr_generate_random_bytes(key, sizeof(key));

    if (status != APR_SUCCESS) {
        return refuse(why, "the system gives no random bytes for it", status);
    }
    t2m_chain_hex(key, text);
    text[KEY_DIGITS] = '\n';
    if (fchmod(fd, 0400) != 0 || !write_all(fd, text, sizeof(text)) || fsync(fd) != 0) {
        status = refuse_system(why, errno);
    }
    OPENSSL_cleanse(key, sizeof(key));
    OPENSSL_cleanse(text, sizeof(text));
    return status;
}

/* Never onto what somebody has put there meanwhile. */
static apr_status_t name_key(int directory, const char **why)
{
#ifdef RENAME_NOREPLACE
    if (renameat2(directory, temporary, directory, T2M_CHAIN_KEY, RENAME_NOREPLACE) == 0) {
        return APR_SUCCESS;
    }
    if (errno == EEXIST) {
        return refuse_system(why, errno);
    }
#endif
    return linkat(directory, temporary, directory, T2M_CHAIN_KEY, 0) == 0
               ? APR_SUCCESS
               : refuse_system(why, errno);
}

static apr_status_t make(int directory, const char **why)
{
    int fd = openat(directory, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                    0400);
    apr_status_t status = fd < 0 ? refuse_system(why, errno) : fill(fd, why);

    if (fd < 0) {
        return status;
    }
    T2M_STEP("key written");
    if (status == APR_SUCCESS) {
        status = name_key(directory, why);
    }
    T2M_STEP("key named");
    (void)unlinkat(directory, temporary, 0); /* of a link, or of what could not be named */
    (void)fsync(directory); /* so that the name, too, outlives a power failure */
    (void)close(fd);
    return status;
}

apr_status_t t2m_chain_key_load(int directory, unsigned char key[T2M_CHAIN_KEY_SIZE],
                                const char **why)
{
    apr_status_t status;

    *why = NULL;
    (void)unlinkat(directory, temporary, 0); /* what a writer left that was killed */
    status = load(directory, key, why);
    if (status == APR_ENOENT) {
        *why = NULL;
        status = make(directory, why);
        if (status == APR_SUCCESS) {
            status = load(directory, key, why);
        }
    }
    if (status != APR_SUCCESS) {
        memset(key, 0, T2M_CHAIN_KEY_SIZE);
    }
    return status;
}

apr_status_t t2m_chain_key_read(int directory, const char *name,
                                unsigned char key[T2M_CHAIN_KEY_SIZE], int *open_to_others,
                                const char **why)
{
    struct stat information;
    int fd;
    apr_status_t status;

    *why = NULL;
    *open_to_others = 0;
    status = open_key(directory, name, &fd, &information, why);
    if (status == APR_SUCCESS) {
        *open_to_others = (information.st_mode & (S_IRWXG | S_IRWXO)) != 0;
        status = read_digits(fd, key, why);
    }
    if (status != APR_SUCCESS) {
        memset(key, 0, T2M_CHAIN_KEY_SIZE);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return status;
}
