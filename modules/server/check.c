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

/* See check.h. */
#include "server/check.h"

#include <unistd.h>

#include <apr_hash.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mpm_common.h>

#include "core/backup_name.h"
#include "core/field_name.h"
#include "server/config.h"
#include "server/field_list.h"
#include "server/paths.h"
#include "server/private.h"

/* One run of all checks. */
typedef struct {
    apr_pool_t *pool;
    const server_rec *main_server;
    const t2m_global_config_t *global;
    t2m_paths_writer_t writer;
    apr_hash_t *judged; /* directories that were looked at */
    apr_hash_t *files;  /* identity of a file: the owner_t * it belongs to */
    apr_hash_t *paths;  /* the same by path, as many virtual hosts have the same one */
    apr_hash_t *resolved; /* see t2m_paths_identity_among */
    int failed;
} check_t;

/* Whose a file is. */
typedef struct {
    t2m_stream_e stream;
    const char *path;
    const t2m_rotation_t *rotation;
} owner_t;

/* `httpd -t` by an ordinary user does not show what root may do when httpd starts. */
static int is_only_doubt(t2m_paths_verdict_e verdict)
{
    return verdict == T2M_PATHS_DENIED && geteuid()
           && ap_state_query(AP_SQ_RUN_MODE) != AP_SQ_RM_NORMAL;
}

static int level_of(check_t *check, t2m_paths_verdict_e verdict)
{
    if (is_only_doubt(verdict)) {
        return APLOG_WARNING;
    }
    check->failed = 1;
    return APLOG_ERR;
}

/* Nonzero the first time this directory is asked for. */
static int is_new_directory(check_t *check, const char *directory)
{
    if (apr_hash_get(check->judged, directory, APR_HASH_KEY_STRING)) {
        return 0;
    }
    apr_hash_set(check->judged, directory, APR_HASH_KEY_STRING, directory);
    return 1;
}

/* Also when no stream is written there: the server's lock is. */
static void check_directory(check_t *check)
{
    const char *directory = check->global->directory;
    const char *reason = NULL;
    t2m_paths_verdict_e verdict =
        t2m_paths_judge_directory(check->pool, directory, &check->writer, &reason);

    if (verdict != T2M_PATHS_GOOD) {
        ap_log_error(APLOG_MARK, level_of(check, verdict), 0, check->main_server,
                     "T2M0010: T2MLogDir %s (%s) %s", directory, check->global->directory_from,
                     reason);
    }
}

static void check_file_directory(check_t *check, const char *path, t2m_stream_e stream)
{
    const char *directory = t2m_paths_parent(check->pool, path);
    const char *reason = NULL;
    t2m_paths_verdict_e verdict;

    if (!strcmp(directory, check->global->directory) || !is_new_directory(check, directory)) {
        return;
    }
    verdict = t2m_paths_judge_directory(check->pool, directory, &check->writer, &reason);
    if (verdict != T2M_PATHS_GOOD) {
        ap_log_error(APLOG_MARK, level_of(check, verdict), 0, check->main_server,
                     "T2M0011: T2MLogFile %s %s: its directory %s %s", t2m_stream_name(stream),
                     path, directory, reason);
    }
}

static void check_file(check_t *check, const char *path, t2m_stream_e stream)
{
    const char *reason = NULL;
    if (t2m_paths_judge_file(check->pool, path, &reason) != T2M_PATHS_BAD) {
        check_file_directory(check, path, stream); /* says why the file could not be looked at */
        return;
    }
    check->failed = 1;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server, "T2M0012: T2MLogFile %s %s %s",
                 t2m_stream_name(stream), path, reason);
}

static void check_shared(check_t *check, const owner_t *owner, const char *path,
                         t2m_stream_e stream, const server_rec *server)
{
    const t2m_rotation_t *rotation = t2m_config_server(server)->rotation[stream];

    if (owner->stream != stream) {
        check->failed = 1;
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server,
                     "T2M0013: T2MLogFile %s and T2MLogFile %s are one file, %s: a file holds "
                     "one stream; give each its own name", t2m_stream_name(owner->stream),
                     t2m_stream_name(stream), path);
    } else if (memcmp(owner->rotation, rotation, sizeof *rotation) != 0) {
        check->failed = 1;
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server,
                     "T2M0018: virtual host at %s:%u: T2MLogRotate %s is another than that of a "
                     "server that writes to the same file, %s; give both the same, or each its own "
                     "T2MLogFile %s", server->defn_name, server->defn_line_number,
                     t2m_stream_name(stream), path, t2m_stream_name(stream));
    }
}

/* NULL when nobody has the file yet. */
static const owner_t *find_owner(check_t *check, const char *path, const char **identity)
{
    const owner_t *owner = apr_hash_get(check->paths, path, APR_HASH_KEY_STRING);

    if (!owner) {
        *identity = t2m_paths_identity_among(check->pool, path, check->resolved);
        owner = apr_hash_get(check->files, *identity, APR_HASH_KEY_STRING);
        apr_hash_set(check->paths, path, APR_HASH_KEY_STRING, owner);
    }
    return owner;
}

static void check_path(check_t *check, const char *path, t2m_stream_e stream,
                       const server_rec *server)
{
    const char *identity = NULL;
    const owner_t *found = find_owner(check, path, &identity);
    owner_t *owner;

    if (found) {
        check_shared(check, found, path, stream, server);
        return;
    }
    owner = apr_palloc(check->pool, sizeof *owner);
    owner->stream = stream;
    owner->path = path;
    owner->rotation = t2m_config_server(server)->rotation[stream];
    apr_hash_set(check->files, identity, APR_HASH_KEY_STRING, owner);
    apr_hash_set(check->paths, path, APR_HASH_KEY_STRING, owner);
    check_file(check, path, stream);
}

/* A policy belongs to a file. Returns 0 when the virtual host has the one without the other. */
static int check_rotation(check_t *check, const server_rec *server, t2m_stream_e stream)
{
    const t2m_server_config_t *config = t2m_config_server(server);
    const t2m_server_config_t *main_config = t2m_config_server(check->main_server);

    if (config->rotation[stream] == main_config->rotation[stream]
        || config->file[stream] != main_config->file[stream]) {
        return 1;
    }
    check->failed = 1;
    ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server,
                 "T2M0017: virtual host at %s:%u: T2MLogRotate %s without a T2MLogFile %s of its "
                 "own: the file is the main server's; add one, or move the directive out of "
                 "<VirtualHost>", server->defn_name, server->defn_line_number,
                 t2m_stream_name(stream), t2m_stream_name(stream));
    return 0;
}

static int is_backup_of(const char *path, const char *base)
{
    const char *name = strrchr(base, '/') + 1;
    const char *entry = path + (name - base);
    apr_uint32_t number;
    t2m_compression_e compression;

    return strncmp(path, base, strlen(base)) == 0
        && (t2m_backup_name_parse(name, entry, &number, &compression)
            || t2m_backup_name_parse_temporary(name, entry, &number, &compression));
}

/* Rotation would rename one stream's file as an old one of the other's, and delete it. */
static void check_name(check_t *check, const owner_t *owner)
{
    for (apr_hash_index_t *at = apr_hash_first(check->pool, check->files); at;
         at = apr_hash_next(at)) {
        const owner_t *other = apr_hash_this_val(at);

        if (is_backup_of(owner->path, other->path)) {
            check->failed = 1;
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server,
                         "T2M0024: T2MLogFile %s %s has the name of a rotated file of T2MLogFile "
                         "%s %s; give it another", t2m_stream_name(owner->stream), owner->path,
                         t2m_stream_name(other->stream), other->path);
            return;
        }
    }
}

/* Only a few names end as a rotated file's do. */
static void check_names(check_t *check)
{
    apr_array_header_t *owners = apr_array_make(check->pool, 16, sizeof(const owner_t *));

    for (apr_hash_index_t *at = apr_hash_first(check->pool, check->files); at;
         at = apr_hash_next(at)) {
        const owner_t *owner = apr_hash_this_val(at);
        const char *dot = strrchr(owner->path, '.');

        if (dot && (apr_isdigit(dot[1]) || !strcmp(dot, ".gz") || !strcmp(dot, ".zst")
                    || !strcmp(dot, ".tmp"))) {
            APR_ARRAY_PUSH(owners, const owner_t *) = owner;
        }
    }
    for (int i = 0; i < owners->nelts; i++) {
        check_name(check, APR_ARRAY_IDX(owners, i, const owner_t *));
    }
}

static void check_server_files(check_t *check, const server_rec *server)
{
    const t2m_server_config_t *config = t2m_config_server(server);

    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        const char *path = config && config->enabled == 1 ? config->path[stream] : NULL;
        if (path && check_rotation(check, server, stream) && !t2m_paths_is_terminal(path)) {
            check_path(check, path, stream, server);
        }
    }
}

static void check_file_count(check_t *check)
{
    unsigned count = apr_hash_count(check->files);

    if (count > T2M_FILES_MAX) {
        check->failed = 1;
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server,
                     "T2M0025: %u log files; allowed: %d; let virtual hosts share files: without "
                     "a T2MLogFile they write to the main server's, where vhost in each line of "
                     "the stream access says whose it is", count, T2M_FILES_MAX);
    }
}

static void check_files(check_t *check)
{
    const t2m_server_config_t *main_config = t2m_config_server(check->main_server);

    check_server_files(check, check->main_server);
    for (const server_rec *server = check->main_server->next; server; server = server->next) {
        if (t2m_config_server(server) != main_config) { /* else it has no directive of its own */
            check_server_files(check, server);
        }
    }
    check_names(check);
    check_file_count(check);
}

/* The sum is known only now that what is inherited is. */
static void check_field_count(check_t *check, const server_rec *server)
{
    const apr_array_header_t *fields = t2m_config_server(server)->fields;
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        int count = t2m_field_list_count(fields, stream);
        if (count > T2M_CONFIG_FIELDS_MAX) {
            check->failed = 1;
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server,
                         "T2M0019: virtual host at %s:%u: T2MLogField %s: %d fields together with "
                         "those of the main server; allowed: %d for a stream", server->defn_name,
                         server->defn_line_number, t2m_stream_name(stream), count,
                         T2M_CONFIG_FIELDS_MAX);
        }
    }
}

/* What is left out is a field of ours, or one that the main server adds. */
static void check_removals(check_t *check, const server_rec *server)
{
    const apr_array_header_t *fields = t2m_config_server(server)->fields;
    const apr_array_header_t *inherited = t2m_config_server(check->main_server)->fields;
    for (int i = 0; i < fields->nelts; i++) {
        const t2m_config_field_t *field = &APR_ARRAY_IDX(fields, i, t2m_config_field_t);
        if (!field->expression && !t2m_field_name_is_own(field->name, strlen(field->name))
            && !t2m_field_list_find(inherited, field->stream, field->name)) {
            check->failed = 1;
            ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server,
                         "T2M0020: virtual host at %s:%u: T2MLogField %s -%s: no line of the "
                         "stream has such a field; correct the name or leave the directive out",
                         server->defn_name, server->defn_line_number,
                         t2m_stream_name(field->stream), field->name);
        }
    }
}

static void check_fields(check_t *check)
{
    const t2m_server_config_t *main_config = t2m_config_server(check->main_server);
    for (const server_rec *server = check->main_server->next; server; server = server->next) {
        const t2m_server_config_t *config = t2m_config_server(server);
        if (config && config->enabled == 1 && config->fields
            && config->fields != main_config->fields) {
            check_field_count(check, server);
            check_removals(check, server);
        }
    }
}

static void check_tokens(check_t *check)
{
    const char *path = check->global->token_file;
    const char *reason = NULL;
    t2m_paths_verdict_e verdict = T2M_PATHS_GOOD;
    if (path) {
        verdict = t2m_paths_judge_tokens(check->pool, path, &check->writer, &reason);
    }
    if (verdict != T2M_PATHS_GOOD) {
        ap_log_error(APLOG_MARK, level_of(check, verdict), 0, check->main_server,
                     "T2M0021: T2MLogAdminTokenFile %s %s", path, reason);
    }
}

static void check_program(check_t *check)
{
    const char *reason = NULL;
    t2m_paths_verdict_e verdict =
        t2m_paths_judge_program(check->pool, check->global->program, &reason);
    if (verdict != T2M_PATHS_GOOD) {
        ap_log_error(APLOG_MARK, level_of(check, verdict), 0, check->main_server,
                     "T2M0014: T2MLogProgram %s cannot be run: %s; name the t2mlog program that "
                     "was built with this module", check->global->program, reason);
    }
}

static void check_user(check_t *check)
{
    const char *user = check->global->user;
    if (!t2m_paths_find_writer(check->pool, user, check->global->directory, &check->writer)) {
        check->failed = 1;
        ap_log_error(APLOG_MARK, APLOG_ERR, 0, check->main_server,
                     "T2M0015: T2MLogUser %s: no such user; make it (useradd --system %s) or name "
                     "one that exists", user, user);
    } else if (user && geteuid() && check->writer.uid != geteuid()) {
        ap_log_error(APLOG_MARK, level_of(check, T2M_PATHS_DENIED), 0, check->main_server,
                     "T2M0016: T2MLogUser %s: only root can start a program as another user; "
                     "start httpd as root or leave the directive out", user);
    }
}

/* A site that runs does not end because somebody changed a mode since it was started: what is wrong
 * is said, and the lines wait in memory until it is mended. */
static int is_restart(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL
        && ap_state_query(AP_SQ_CONFIG_GEN) > 1;
}

/* What is allowed and seldom meant; said at a start and by `httpd -t`, not at each restart. */
static void warn(const check_t *check)
{
    if (is_restart() || !t2m_config_is_audible()) {
        return;
    }
    if (check->global->admin_insecure) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, check->main_server,
                     "T2M0022: T2MLogAdminInsecure On: admin tokens and logs go over the network "
                     "in plain text; serve the admin endpoints over TLS and leave it out");
    }
    if (check->global->token_file && check->global->admin_auth == T2M_ADMIN_AUTH_HTTPD) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, check->main_server,
                     "T2M0023: T2MLogAdminAuth httpd: no token of T2MLogAdminTokenFile %s opens "
                     "anything; use T2MLogAdminAuth either, or leave the file out",
                     check->global->token_file);
    }
}

int t2m_check_config(apr_pool_t *pconf, apr_pool_t *plog, apr_pool_t *ptemp, server_rec *server)
{
    check_t check = { .pool = ptemp, .main_server = server };
    (void)plog;
    if (!t2m_config_enabled_anywhere(server)) {
        return OK;
    }
    t2m_config_resolve(pconf, server);
    check.global = t2m_config_global(server);
    check.judged = apr_hash_make(ptemp);
    check.files = apr_hash_make(ptemp);
    check.paths = apr_hash_make(ptemp);
    check.resolved = apr_hash_make(ptemp);
    check_user(&check);
    check_program(&check);
    check_directory(&check);
    check_files(&check);
    check_fields(&check);
    check_tokens(&check);
    warn(&check);
    return check.failed && !is_restart() ? HTTP_INTERNAL_SERVER_ERROR : OK;
}
