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

/* The file of admin tokens. It is changed by a whole new file under its name, so that whoever reads
 * it, the writer does each second, never sees half a line. */
#include "writer/token_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_base64.h>
#include <apr_general.h>
#include <apr_lib.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/hexadecimal.h"

enum { HASH_DIGITS = 2 * T2M_TOKEN_HASH_SIZE, OPEN_TRIES = 100 };

static const char prefix[] = "t2m_";

typedef struct {
    int fd;
    struct stat information;
    char *bytes;
    apr_size_t size;
} token_file_t;

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
    case EISDIR:
        return refuse(why, "is no regular file", error);
    case EACCES:
    case EPERM:
        return refuse(why, "this user may not", error);
    case ENOSPC:
        return refuse(why, "the file system is full", APR_ENOMEM);
    default:
        return refuse(why, "the system refuses", error ? error : APR_EGENERAL);
    }
}

static int is_name_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.'
           || c == '_' || c == '-';
}

static int is_name(const char *name, apr_size_t size)
{
    apr_size_t i;

    if (size == 0 || size >= T2M_TOKEN_NAME_MAX || strchr("._-", name[0])) {
        return 0;
    }
    for (i = 0; i < size; i++) {
        if (!is_name_character(name[i])) {
            return 0;
        }
    }
    return 1;
}

int t2m_token_name_valid(const char *name)
{
    return is_name(name, strlen(name));
}

static int parse_hash(const char *digits, unsigned char hash[T2M_TOKEN_HASH_SIZE])
{
    apr_size_t i;

    for (i = 0; i < HASH_DIGITS; i++) {
        int value = digits[i] >= 'A' && digits[i] <= 'F' ? -1 : t2m_hexadecimal_value(digits[i]);

        if (value < 0) {
            return 0;
        }
        hash[i / 2] = (unsigned char)((i % 2 ? hash[i / 2] << 4 : 0) | value);
    }
    return 1;
}

static int parse_token(const char *line, apr_size_t size, t2m_token_t *token)
{
    const char *colon = memchr(line, ':', size);
    apr_size_t name = colon ? (apr_size_t)(colon - line) : size;

    if (size != name + 1 + HASH_DIGITS || !is_name(line, name)
        || !parse_hash(colon + 1, token->hash)) {
        return 0;
    }
    memcpy(token->name, line, name);
    token->name[name] = '\0';
    return 1;
}

/* The size of the line at bytes, its end left out. */
static apr_size_t line_size(const char *bytes, apr_size_t size)
{
    const char *end = memchr(bytes, '\n', size);

    return end ? (apr_size_t)(end - bytes) : size;
}

static apr_status_t parse(const token_file_t *file, t2m_tokens_t *tokens, const char **why)
{
    apr_size_t at, size;

    for (at = 0; at < file->size; at += size + 1) {
        t2m_token_t token;

        size = line_size(file->bytes + at, file->size - at);
        if (size == 0 || file->bytes[at] == '#') {
            continue;
        }
        memset(&token, 0, sizeof(token));
        if (!parse_token(file->bytes + at, size, &token)) {
            return refuse(why, "a line is neither NAME:SHA-256 nor a comment", APR_EINVAL);
        }
        if (tokens->count == T2M_TOKENS_MAX) {
            return refuse(why, "has more than 64 tokens", APR_EINVAL);
        }
        tokens->tokens[tokens->count++] = token;
    }
    return APR_SUCCESS;
}

static apr_status_t check(const struct stat *information, const char **why)
{
    if (!S_ISREG(information->st_mode)) {
        return refuse(why, "is no regular file", APR_EINVAL);
    }
    if (information->st_mode & (S_IRWXG | S_IRWXO)) {
        return refuse(why, "others than its owner can read or write it; chmod 600 it, and make "
                           "new tokens if anybody might have", APR_EACCES);
    }
    return APR_SUCCESS;
}

static apr_status_t read_all(token_file_t *file, const char **why)
{
    ssize_t got = 1;

    file->bytes = malloc(T2M_TOKEN_FILE_MAX + 1);
    if (!file->bytes) {
        return refuse(why, "out of memory", APR_ENOMEM);
    }
    while (got > 0 && file->size <= T2M_TOKEN_FILE_MAX) {
        got = read(file->fd, file->bytes + file->size, T2M_TOKEN_FILE_MAX + 1 - file->size);
        file->size += got > 0 ? (apr_size_t)got : 0;
    }
    if (got < 0) {
        return refuse_system(why, errno);
    }
    return file->size <= T2M_TOKEN_FILE_MAX ? APR_SUCCESS
                                            : refuse(why, "is larger than 64 KiB", APR_EINVAL);
}

static void close_file(token_file_t *file)
{
    if (file->fd >= 0) {
        (void)close(file->fd); /* which gives the lock back */
    }
    free(file->bytes);
}

/* Without waiting, should it be a pipe with a name. */
static apr_status_t open_file(token_file_t *file, const char *path, int flags, const char **why)
{
    memset(file, 0, sizeof(*file));
    file->fd = open(path, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
    if (file->fd < 0) {
        return refuse_system(why, errno);
    }
    /* The umask may have taken bits of a new one away. */
    if (flags & O_CREAT && fchmod(file->fd, 0600) != 0) {
        return refuse_system(why, errno);
    }
    return fstat(file->fd, &file->information) == 0 ? check(&file->information, why)
                                                    : refuse_system(why, errno);
}

static apr_status_t read_tokens(token_file_t *file, t2m_tokens_t *tokens, const char **why)
{
    apr_status_t status = read_all(file, why);

    return status == APR_SUCCESS ? parse(file, tokens, why) : status;
}

apr_status_t t2m_token_file_read(const char *path, t2m_tokens_t *tokens, const char **why)
{
    token_file_t file;
    apr_status_t status;

    memset(tokens->tokens, 0, sizeof(tokens->tokens));
    tokens->count = tokens->refused = 0;
    status = open_file(&file, path, O_RDONLY, why);
    if (status == APR_SUCCESS) {
        status = read_tokens(&file, tokens, why);
    }
    if (status != APR_SUCCESS) {
        tokens->count = 0;
        tokens->refused = 1;
    }
    close_file(&file);
    return status;
}

static apr_status_t lock(int fd)
{
    struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

    while (fcntl(fd, F_SETLKW, &whole) != 0) {
        if (errno != EINTR) {
            return errno;
        }
    }
    return APR_SUCCESS;
}

/* Whoever held the lock before may have put another file in its place. */
static int is_current(const token_file_t *file, const char *path)
{
    struct stat now;

    return lstat(path, &now) == 0 && now.st_ino == file->information.st_ino
           && now.st_dev == file->information.st_dev;
}

static apr_status_t open_or_make(token_file_t *file, const char *path, int make, const char **why)
{
    apr_status_t status = open_file(file, path, O_RDWR, why);

    if (status != APR_ENOENT || !make) {
        return status;
    }
    status = open_file(file, path, O_RDWR | O_CREAT | O_EXCL, why);
    /* Somebody else made it just now. */
    return status == EEXIST ? open_file(file, path, O_RDWR, why) : status;
}

/* Opens the file that stands under that name, locked. */
static apr_status_t open_locked(token_file_t *file, const char *path, int make, const char **why)
{
    int tries;

    for (tries = 0; tries < OPEN_TRIES; tries++) {
        apr_status_t status = open_or_make(file, path, make, why);

        if (status == APR_SUCCESS) {
            status = lock(file->fd);
        }
        if (status != APR_SUCCESS) {
            *why = *why ? *why : "cannot be locked";
            return status;
        }
        if (is_current(file, path)) {
            return APR_SUCCESS;
        }
        close_file(file);
    }
    memset(file, 0, sizeof(*file));
    file->fd = -1;
    return refuse(why, "is replaced again and again by others", APR_EBUSY);
}

static int write_all(int fd, const char *bytes, apr_size_t size)
{
    apr_size_t done = 0;

    while (done < size) {
        ssize_t put = write(fd, bytes + done, size - done);

        if (put <= 0) {
            return 0;
        }
        done += (apr_size_t)put;
    }
    return 1;
}

static int keep_owner(int fd, const struct stat *information)
{
    return fchmod(fd, 0600) == 0
           && ((information->st_uid == geteuid() && information->st_gid == getegid())
               || fchown(fd, information->st_uid, information->st_gid) == 0);
}

/* So that the new name, too, is still there after a power failure. */
static void sync_directory(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *directory = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = directory ? open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    if (fd >= 0) {
        (void)fsync(fd);
        (void)close(fd);
    }
    free(directory);
}

static apr_status_t fill(int fd, const char *temporary, const char *path, const token_file_t *file)
{
    if (!keep_owner(fd, &file->information) || !write_all(fd, file->bytes, file->size)
        || fsync(fd) != 0 || rename(temporary, path) != 0) {
        int error = errno;

        (void)unlink(temporary);
        return error;
    }
    return APR_SUCCESS;
}

static apr_status_t replace(const char *path, const token_file_t *file, const char **why)
{
    apr_size_t size = strlen(path) + sizeof(".XXXXXX");
    char *temporary = malloc(size);
    apr_status_t status;
    int fd;

    if (!temporary) {
        return refuse(why, "out of memory", APR_ENOMEM);
    }
    (void)snprintf(temporary, size, "%s.XXXXXX", path);
    fd = mkostemp(temporary, O_CLOEXEC);
    status = fd < 0 ? errno : fill(fd, temporary, path, file);
    if (fd >= 0) {
        (void)close(fd);
    }
    free(temporary);
    if (status != APR_SUCCESS) {
        return refuse_system(why, status);
    }
    sync_directory(path);
    return APR_SUCCESS;
}

static int has_name(const t2m_tokens_t *tokens, const char *name)
{
    apr_uint32_t i;

    for (i = 0; i < tokens->count; i++) {
        if (strcmp(tokens->tokens[i].name, name) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Room is there: see read_all and the check before. */
static void append_line(token_file_t *file, const char *name, const unsigned char *hash)
{
    char line[T2M_TOKEN_NAME_MAX + HASH_DIGITS + 3];
    int i, size = snprintf(line, sizeof(line), "%s%s:",
                           file->size && file->bytes[file->size - 1] != '\n' ? "\n" : "", name);

    for (i = 0; i < T2M_TOKEN_HASH_SIZE; i++) {
        size += snprintf(line + size, sizeof(line) - (size_t)size, "%02x", hash[i]);
    }
    memcpy(file->bytes + file->size, line, (size_t)size);
    file->bytes[file->size + (apr_size_t)size] = '\n';
    file->size += (apr_size_t)size + 1;
}

static apr_status_t add(token_file_t *file, const char *path, const char *name,
                        const unsigned char *hash, const char **why)
{
    static const apr_size_t line = T2M_TOKEN_NAME_MAX + HASH_DIGITS + 3;
    t2m_tokens_t *tokens = calloc(1, sizeof(*tokens));
    apr_status_t status = tokens ? read_tokens(file, tokens, why)
                                 : refuse(why, "out of memory", APR_ENOMEM);

    if (status == APR_SUCCESS && has_name(tokens, name)) {
        status = refuse(why, "has a token of that name", APR_EEXIST);
    }
    if (status == APR_SUCCESS
        && (tokens->count == T2M_TOKENS_MAX || file->size + line > T2M_TOKEN_FILE_MAX)) {
        status = refuse(why, "has no room for another token; revoke one", APR_ENOSPC);
    }
    free(tokens);
    if (status == APR_SUCCESS) {
        append_line(file, name, hash);
        status = replace(path, file, why);
    }
    return status;
}

apr_status_t t2m_token_file_add(const char *path, const char *name,
                                const unsigned char hash[T2M_TOKEN_HASH_SIZE], const char **why)
{
    token_file_t file;
    apr_status_t status;

    *why = NULL;
    if (!t2m_token_name_valid(name)) {
        return refuse(why, "no name for a token", APR_EINVAL);
    }
    status = open_locked(&file, path, 1, why);
    if (status == APR_SUCCESS) {
        status = add(&file, path, name, hash, why);
    }
    close_file(&file);
    return status;
}

/* Takes every line of that name out; a file made by hand may have two. */
static void remove_lines(token_file_t *file, const char *name)
{
    apr_size_t length = strlen(name), at = 0, kept = 0;

    while (at < file->size) {
        apr_size_t size = line_size(file->bytes + at, file->size - at);
        int is_it = size > length && memcmp(file->bytes + at, name, length) == 0
                 && file->bytes[at + length] == ':';

        size += at + size < file->size; /* the line's end */
        if (!is_it) {
            memmove(file->bytes + kept, file->bytes + at, size);
            kept += size;
        }
        at += size;
    }
    file->size = kept;
}

static apr_status_t take_out(token_file_t *file, const char *path, const char *name,
                             const char **why)
{
    t2m_tokens_t *tokens = calloc(1, sizeof(*tokens));
    apr_status_t status = tokens ? read_tokens(file, tokens, why)
                                 : refuse(why, "out of memory", APR_ENOMEM);

    if (status == APR_SUCCESS && !has_name(tokens, name)) {
        status = refuse(why, "has no token of that name", APR_ENOENT);
    }
    free(tokens);
    if (status == APR_SUCCESS) {
        remove_lines(file, name);
        status = replace(path, file, why);
    }
    return status;
}

apr_status_t t2m_token_file_remove(const char *path, const char *name, const char **why)
{
    token_file_t file;
    apr_status_t status;

    *why = NULL;
    status = open_locked(&file, path, 0, why);
    if (status == APR_SUCCESS) {
        status = take_out(&file, path, name, why);
    }
    close_file(&file);
    return status;
}

apr_status_t t2m_token_make(char token[T2M_TOKEN_TEXT_MAX],
                            unsigned char hash[T2M_TOKEN_HASH_SIZE])
{
    unsigned char random[T2M_TOKEN_BYTES];
    apr_status_t status = apr_generate_random_bytes(random, sizeof(random));
    char *at = token + sizeof(prefix) - 1;

    if (status != APR_SUCCESS) {
        return status;
    }
    memcpy(token, prefix, sizeof(prefix));
    (void)apr_base64_encode_binary(at, random, sizeof(random));
    OPENSSL_cleanse(random, sizeof(random));
    for (; *at && *at != '='; at++) {
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
    }
    *at = '\0';
    return EVP_Digest(token, strlen(token), hash, NULL, EVP_sha256(), NULL) ? APR_SUCCESS
                                                                           : APR_EGENERAL;
}
