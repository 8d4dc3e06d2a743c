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

/* See paths.h. */
#include "server/paths.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ap_config_layout.h>
#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_user.h>
#include <http_config.h>

#include "server/private.h"
#include "shared/handover.h"

#ifndef T2M_PROGRAM_PATH
#define T2M_PROGRAM_PATH "/usr/bin/t2mlog"
#endif
#ifndef DEFAULT_REL_LOGFILEDIR
#define DEFAULT_REL_LOGFILEDIR "logs"
#endif

#define FILE_ALLOWED \
    "; allowed: off, /dev/stdout, /dev/stderr, an absolute path, or a file name relative to " \
    "T2MLogDir without \"..\""

int t2m_paths_is_off(const char *name)
{
    return !strcasecmp(name, "off");
}

int t2m_paths_is_terminal(const char *name)
{
    return !strcmp(name, "/dev/stdout") || !strcmp(name, "/dev/stderr");
}

static int has_control_byte(const char *name)
{
    for (; *name; name++) {
        if (apr_iscntrl(*name)) {
            return 1;
        }
    }
    return 0;
}

static int has_upward_segment(const char *name)
{
    for (const char *at = name; (at = strstr(at, "..")); at += 2) {
        if ((at == name || at[-1] == '/') && (at[2] == '/' || !at[2])) {
            return 1;
        }
    }
    return 0;
}

const char *t2m_paths_refuse_file(apr_pool_t *pool, const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash ? slash + 1 : name;
    const char *reason;

    if (!*name) {
        reason = "the file name is empty";
    } else if (*name == '|') {
        reason = "a pipe is not supported: the t2mlog program writes and rotates files itself";
    } else if (has_control_byte(name)) {
        reason = "a control character in the file name";
    } else if (!*base) {
        reason = "a directory, not a file";
    } else if (*name != '/' && has_upward_segment(name)) {
        reason = "\"..\" in a relative path";
    } else if (*base == '.' || *name == '.') {
        reason = "the file name begins with a dot";
    } else if (!strcmp(base, T2M_CONTROL_SOCKET)) {
        reason = "that is the name of the writer's control socket";
    } else if (!strncmp(base, T2M_CHAIN_KEY, sizeof(T2M_CHAIN_KEY) - 1)) {
        reason = "names that begin so are those of the writer's key";
    } else if (!strncmp(base, T2M_GROUP_FILE, sizeof(T2M_GROUP_FILE) - 1)) {
        reason = "names that begin so are those of the writer's error groups";
    } else {
        return NULL;
    }
    return apr_pstrcat(pool, reason, FILE_ALLOWED, NULL);
}

const char *t2m_paths_join(apr_pool_t *pool, const char *base, const char *name)
{
    char *path = NULL;
    if (apr_filepath_merge(&path, base, name, 0, pool) != APR_SUCCESS || *path != '/') {
        return *name == '/' ? name : apr_pstrcat(pool, base, "/", name, NULL);
    }
    /* APR keeps a trailing slash, which would hide a symbolic link from lstat. */
    for (size_t size = strlen(path); size > 1 && path[size - 1] == '/'; size--) {
        path[size - 1] = '\0';
    }
    return path;
}

const char *t2m_paths_parent(apr_pool_t *pool, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path) {
        return "/";
    }
    return apr_pstrmemdup(pool, path, (apr_size_t)(slash - path));
}

/* The directory of the main ErrorLog; NULL when that is a pipe, syslog or a device. */
static const char *error_log_directory(apr_pool_t *pool, const server_rec *main_server)
{
    const char *name = main_server->error_fname;
    if (!name || *name == '|' || !strcmp(name, "syslog") || !strncmp(name, "syslog:", 7)) {
        return NULL;
    }
    name = ap_server_root_relative(pool, name);
    if (!name || !strncmp(name, "/dev/", 5) || !strncmp(name, "/proc/", 6)) {
        return NULL;
    }
    return t2m_paths_parent(pool, name);
}

const char *t2m_paths_default_directory(apr_pool_t *pool, const server_rec *main_server)
{
    const char *directory = error_log_directory(pool, main_server);
    if (!directory) {
        directory = ap_server_root_relative(pool, DEFAULT_REL_LOGFILEDIR);
    }
    return t2m_paths_join(pool, directory ? directory : "/", "t2mlog");
}

const char *t2m_paths_default_program(apr_pool_t *pool)
{
    Dl_info info;
    if (dladdr((const void *)&t2mlog_module, &info) && info.dli_fname && *info.dli_fname == '/') {
        const char *directory = t2m_paths_parent(pool, info.dli_fname);
        const char *program = t2m_paths_join(pool, directory, "t2mlog");
        const char *reason;
        if (t2m_paths_judge_program(pool, program, &reason) == T2M_PATHS_GOOD) {
            return program;
        }
    }
    return T2M_PROGRAM_PATH;
}

int t2m_paths_find_writer(apr_pool_t *pool, const char *user, const char *directory,
                          t2m_paths_writer_t *writer)
{
    apr_uid_t uid;
    apr_gid_t gid;
    writer->name = NULL;
    writer->uid = geteuid();
    writer->directory = directory;
    if (!user) {
        return 1;
    }
    if (apr_uid_get(&uid, &gid, user, pool) != APR_SUCCESS) {
        return 0;
    }
    writer->name = user;
    writer->uid = uid;
    return 1;
}

/* A verdict out of errno after a call on path failed. */
static t2m_paths_verdict_e judge_errno(apr_pool_t *pool, const char *path, const char **reason)
{
    int code = errno;
    char text[128];
    *reason = apr_psprintf(pool, "cannot be looked at: %s: %s", path,
                           apr_strerror(code, text, sizeof text));
    return code == EACCES || code == EPERM ? T2M_PATHS_DENIED : T2M_PATHS_BAD;
}

/* "everyone" or "its group" when others than the owner may write, else NULL. */
static const char *other_writers(const struct stat *status)
{
    return status->st_mode & S_IWOTH ? "everyone" : status->st_mode & S_IWGRP ? "its group" : NULL;
}

static t2m_paths_verdict_e judge_parent(apr_pool_t *pool, const char *directory,
                                        const char *parent, const struct stat *status,
                                        const char **reason)
{
    const char *others = other_writers(status);
    if (!S_ISDIR(status->st_mode)) {
        *reason = apr_psprintf(pool, "cannot be made: %s is not a directory; name another one",
                               parent);
        return T2M_PATHS_BAD;
    }
    if (others && !(status->st_mode & S_ISVTX)) {
        *reason = apr_psprintf(pool, "does not exist, and %s is writable by %s, who could make it "
                               "first: make it yourself, install -d -m 0750 %s", parent, others,
                               directory);
        return T2M_PATHS_BAD;
    }
    if (faccessat(AT_FDCWD, parent, W_OK | X_OK, AT_EACCESS)) {
        *reason = apr_psprintf(pool, "does not exist, and %s is not writable: make it yourself or "
                               "start httpd as root", parent);
        return errno == EACCES ? T2M_PATHS_DENIED : T2M_PATHS_BAD;
    }
    return T2M_PATHS_GOOD;
}

/* Only T2MLogDir itself is made when it is missing, and only one level of it. */
static t2m_paths_verdict_e judge_missing(apr_pool_t *pool, const char *directory,
                                         const t2m_paths_writer_t *writer, const char **reason)
{
    const char *parent = t2m_paths_parent(pool, directory);
    struct stat status;
    if (strcmp(directory, writer->directory)) {
        *reason = apr_psprintf(pool, "does not exist: make it, install -d -m 0750 %s", directory);
        return T2M_PATHS_BAD;
    }
    if (!stat(parent, &status)) {
        return judge_parent(pool, directory, parent, &status, reason);
    }
    if (errno != ENOENT) {
        return judge_errno(pool, parent, reason);
    }
    *reason = apr_psprintf(pool, "does not exist, nor does %s: make that one, mkdir -p %s, or "
                           "name another directory", parent, parent);
    return T2M_PATHS_BAD;
}

/* Whoever owns the directory can replace the files in it, so it must be the one who writes. */
static t2m_paths_verdict_e judge_owner(apr_pool_t *pool, const char *directory,
                                       const struct stat *status,
                                       const t2m_paths_writer_t *writer, const char **reason)
{
    if (writer->name && status->st_uid != writer->uid) {
        *reason = apr_psprintf(pool, "does not belong to T2MLogUser %s: chown %s %s",
                               writer->name, writer->name, directory);
        return T2M_PATHS_BAD;
    }
    if (!writer->name && !geteuid() && status->st_uid) {
        *reason = apr_psprintf(pool, "belongs to uid %lu, who could replace the files: chown root "
                               "%s, or name its owner as T2MLogUser",
                               (unsigned long)status->st_uid, directory);
        return T2M_PATHS_BAD;
    }
    if (!writer->name && faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS)) {
        *reason = apr_psprintf(pool, "is not writable: chown it to who starts httpd, chmod u+wx "
                               "%s", directory);
        return errno == EACCES ? T2M_PATHS_DENIED : T2M_PATHS_BAD;
    }
    return T2M_PATHS_GOOD;
}

t2m_paths_verdict_e t2m_paths_judge_directory(apr_pool_t *pool, const char *directory,
                                              const t2m_paths_writer_t *writer,
                                              const char **reason)
{
    struct stat status;
    if (lstat(directory, &status)) {
        return errno == ENOENT ? judge_missing(pool, directory, writer, reason)
                               : judge_errno(pool, directory, reason);
    }
    if (S_ISLNK(status.st_mode)) {
        const char *target = t2m_paths_identity(pool, directory);
        *reason = apr_psprintf(pool, "is a symbolic link: name the directory itself%s%s",
                               strcmp(target, directory) ? ", " : "",
                               strcmp(target, directory) ? target : "");
        return T2M_PATHS_BAD;
    }
    if (!S_ISDIR(status.st_mode)) {
        *reason = "is not a directory: remove it or name another one";
        return T2M_PATHS_BAD;
    }
    if (other_writers(&status)) {
        const char *cure = status.st_mode & S_ISVTX ? "name a directory of its own, as in"
                                                    : "chmod go-w";
        *reason = apr_psprintf(pool, "is writable by %s: %s %s%s", other_writers(&status), cure,
                               directory, status.st_mode & S_ISVTX ? "/t2mlog" : "");
        return T2M_PATHS_BAD;
    }
    return judge_owner(pool, directory, &status, writer, reason);
}

t2m_paths_verdict_e t2m_paths_judge_file(apr_pool_t *pool, const char *path, const char **reason)
{
    struct stat status;
    if (lstat(path, &status)) {
        return errno == ENOENT ? T2M_PATHS_GOOD : judge_errno(pool, path, reason);
    }
    if (S_ISREG(status.st_mode)) {
        return T2M_PATHS_GOOD;
    }
    *reason = S_ISLNK(status.st_mode) ? "is a symbolic link: name the file itself"
            : S_ISDIR(status.st_mode) ? "is a directory: name a file in it"
            : "is not a regular file: remove it, or use /dev/stdout, /dev/stderr or off";
    return T2M_PATHS_BAD;
}

t2m_paths_verdict_e t2m_paths_judge_program(apr_pool_t *pool, const char *path,
                                            const char **reason)
{
    struct stat status;
    char text[128];
    if (stat(path, &status)) {
        int code = errno;
        *reason = apr_pstrdup(pool, apr_strerror(code, text, sizeof text));
        return code == EACCES ? T2M_PATHS_DENIED : T2M_PATHS_BAD;
    }
    if (!S_ISREG(status.st_mode)) {
        *reason = "it is not a file";
        return T2M_PATHS_BAD;
    }
    if (!(status.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) || access(path, X_OK)) {
        *reason = apr_psprintf(pool, "it is not executable, chmod a+x %s", path);
        return T2M_PATHS_BAD;
    }
    return T2M_PATHS_GOOD;
}

/* The writer reads the tokens; whoever owns the file can add some. */
static t2m_paths_verdict_e judge_token_owner(apr_pool_t *pool, const char *path,
                                             const struct stat *status,
                                             const t2m_paths_writer_t *writer,
                                             const char **reason)
{
    if (writer->name && status->st_uid != writer->uid) {
        *reason = apr_psprintf(pool, "does not belong to T2MLogUser %s, who must read it: chown "
                               "%s %s", writer->name, writer->name, path);
        return T2M_PATHS_BAD;
    }
    if (!writer->name && !geteuid() && status->st_uid) {
        *reason = apr_psprintf(pool, "belongs to uid %lu, who could add tokens: chown root %s",
                               (unsigned long)status->st_uid, path);
        return T2M_PATHS_BAD;
    }
    if (!writer->name && faccessat(AT_FDCWD, path, R_OK, AT_EACCESS)) {
        *reason = apr_psprintf(pool, "cannot be read: chown it to who starts httpd, chmod u+r %s",
                               path);
        return errno == EACCES ? T2M_PATHS_DENIED : T2M_PATHS_BAD;
    }
    return T2M_PATHS_GOOD;
}

t2m_paths_verdict_e t2m_paths_judge_tokens(apr_pool_t *pool, const char *path,
                                           const t2m_paths_writer_t *writer,
                                           const char **reason)
{
    struct stat status;
    if (lstat(path, &status)) {
        if (errno != ENOENT) {
            return judge_errno(pool, path, reason);
        }
        *reason = apr_psprintf(pool, "does not exist: make it with its first token, t2mlog token "
                               "new NAME --file %s", path);
        return T2M_PATHS_BAD;
    }
    if (!S_ISREG(status.st_mode)) {
        *reason = S_ISLNK(status.st_mode)
                      ? "is a symbolic link: name the file itself"
                      : "is not a regular file: name the one that t2mlog token new NAME --file "
                        "FILE makes";
        return T2M_PATHS_BAD;
    }
    if (status.st_mode & (S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH)) {
        *reason = apr_psprintf(pool, "may be read or written by its group or by others: chmod 0600 "
                               "%s, and replace its tokens if anybody could have, t2mlog token "
                               "new NAME --file %s", path, path);
        return T2M_PATHS_BAD;
    }
    return judge_token_owner(pool, path, &status, writer, reason);
}

/* The directory without symbolic links; as it was given when it cannot be found. */
static const char *resolve(apr_pool_t *pool, const char *directory, apr_hash_t *resolved)
{
    const char *known = resolved ? apr_hash_get(resolved, directory, APR_HASH_KEY_STRING) : NULL;
    char *found;

    if (!known) {
        found = realpath(directory, NULL);
        known = found ? apr_pstrdup(pool, found) : directory;
        free(found);
        if (resolved) {
            apr_hash_set(resolved, directory, APR_HASH_KEY_STRING, known);
        }
    }
    return known;
}

const char *t2m_paths_identity_among(apr_pool_t *pool, const char *path, apr_hash_t *resolved)
{
    struct stat status;

    if (stat(path, &status)) { /* not there, and then only its directory can be an other's */
        return path[1] ? apr_pstrcat(pool, resolve(pool, t2m_paths_parent(pool, path), resolved),
                                     strrchr(path, '/'), NULL)
                       : path;
    }
    return S_ISREG(status.st_mode)
         ? apr_psprintf(pool, "%" APR_UINT64_T_FMT ":%" APR_UINT64_T_FMT,
                        (apr_uint64_t)status.st_dev, (apr_uint64_t)status.st_ino)
         : resolve(pool, path, NULL);
}

const char *t2m_paths_identity(apr_pool_t *pool, const char *path)
{
    return t2m_paths_identity_among(pool, path, NULL);
}
