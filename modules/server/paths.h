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

/* Names of files and directories: which are taken, what they default to, and what is wrong with
 * a place before anything is written there. Looks at the file system, creates nothing. Runs while
 * the configuration is read and checked, in one thread; what is returned lives in pool. */
#ifndef T2M_SERVER_PATHS_H
#define T2M_SERVER_PATHS_H

#include <sys/types.h>

#include <apr_hash.h>
#include <httpd.h>

/** Nonzero for "off" in any case. */
int t2m_paths_is_off(const char *name);

/** Nonzero for "/dev/stdout" and "/dev/stderr". */
int t2m_paths_is_terminal(const char *name);

/** Why name cannot be a log file's name, with what is allowed; NULL when it can. */
const char *t2m_paths_refuse_file(apr_pool_t *pool, const char *name);

/**
 * name below base unless it is absolute; without `.`, `..` and double slashes unless APR finds the
 * path too odd or too long, which the checks then report.
 */
const char *t2m_paths_join(apr_pool_t *pool, const char *base, const char *name);

/** The directory that path is in. */
const char *t2m_paths_parent(apr_pool_t *pool, const char *path);

/** The default of T2MLogDir: beside the main server's ErrorLog, else in httpd's log directory. */
const char *t2m_paths_default_directory(apr_pool_t *pool, const server_rec *main_server);

/** The default of T2MLogProgram: beside the module's own file, else where it is installed. */
const char *t2m_paths_default_program(apr_pool_t *pool);

/* Who will write. */
typedef struct {
    const char *name;      /* T2MLogUser; NULL: whoever starts httpd */
    uid_t uid;
    const char *directory; /* T2MLogDir: is made when it is missing */
} t2m_paths_writer_t;

/** The writer for a T2MLogUser, which may be NULL. Returns 0 when there is no such user. */
int t2m_paths_find_writer(apr_pool_t *pool, const char *user, const char *directory,
                          t2m_paths_writer_t *writer);

typedef enum {
    T2M_PATHS_GOOD,
    T2M_PATHS_BAD,
    T2M_PATHS_DENIED /* this process may not look or write there; who starts httpd may */
} t2m_paths_verdict_e;

/**
 * Whether log files can stand in directory. It must exist, but writer->directory need not when the
 * directory above it does. When not T2M_PATHS_GOOD,
 * *reason is what is wrong and the cure; else it is left alone.
 */
t2m_paths_verdict_e t2m_paths_judge_directory(apr_pool_t *pool, const char *directory,
                                              const t2m_paths_writer_t *writer,
                                              const char **reason);

/** Whether path, whose directory was judged good, can be a log file: absent or a regular file. */
t2m_paths_verdict_e t2m_paths_judge_file(apr_pool_t *pool, const char *path, const char **reason);

/** Whether path is a program that can be run. */
t2m_paths_verdict_e t2m_paths_judge_program(apr_pool_t *pool, const char *path,
                                            const char **reason);

/**
 * Whether path can be the file of admin tokens: a regular file that nobody but its owner may read
 * or write, who is the writer.
 */
t2m_paths_verdict_e t2m_paths_judge_tokens(apr_pool_t *pool, const char *path,
                                           const t2m_paths_writer_t *writer,
                                           const char **reason);

/** A text that is equal for two paths of one file, also through symbolic and hard links. */
const char *t2m_paths_identity(apr_pool_t *pool, const char *path);

/**
 * The same where many are asked for in a row: resolved keeps what was found out of their
 * directories, so that a thousand files of one directory cost one look each. It is made with pool,
 * and for one such row.
 */
const char *t2m_paths_identity_among(apr_pool_t *pool, const char *path, apr_hash_t *resolved);

#endif
