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

/* See config.h. */
#include "server/config.h"

#include <stdlib.h>

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mpm_common.h>

#include "server/field_list.h"
#include "server/paths.h"
#include "server/private.h"

/* Members by list: each list generates its members' unset value and merge rule (what the virtual
 * host or directory gives, else what it inherits). */
#define SERVER_NUMBERS(X) X(enabled) X(client_ip) X(id_respond)
#define SERVER_STREAM_NUMBERS(X) X(level)
#define SERVER_POINTERS(X) X(app) X(environment) X(release) X(id_header) X(id_trust)
#define SERVER_STREAM_POINTERS(X) X(file) X(rotation)
#define GLOBAL_NUMBERS(X) \
    X(layout) X(admin_auth) X(admin_insecure) X(on_full) X(crash_trace) X(confine)
#define DIRECTORY_NUMBERS(X) X(enabled) X(slow) X(performance)
#define DIRECTORY_POINTERS(X) X(endpoint)

#define UNSET_NUMBER(member) config->member = T2M_UNSET;
#define UNSET_GLOBAL_NUMBER(member) global->member = T2M_UNSET;
#define UNSET_STREAM_NUMBER(member) config->member[stream] = T2M_UNSET;
#define MERGE_NUMBER(member) \
    config->member = over->member != T2M_UNSET ? over->member : under->member;
#define MERGE_STREAM_NUMBER(member) \
    config->member[stream] = \
        over->member[stream] != T2M_UNSET ? over->member[stream] : under->member[stream];
#define MERGE_POINTER(member) config->member = over->member ? over->member : under->member;
#define MERGE_STREAM_POINTER(member) \
    config->member[stream] = over->member[stream] ? over->member[stream] : under->member[stream];

#define DEFAULT_LEVEL T2M_LEVEL_INFO
#define DEFAULT_APP "talk2me"
#define DEFAULT_ENVIRONMENT "production"
#define DEFAULT_ID_HEADER "X-Request-ID"
enum { DEFAULT_MAX_RECORD = 8192, DEFAULT_MAX_TOTAL = 10, DEFAULT_MIN_FREE = 5 }; /* bytes, % */
enum { LIMIT_UNSET = 0xff }; /* unit of a t2m_limit_t; all units of limit.h are values */

/* What the reference system's environment variables give where no directive does. */
typedef struct {
    int level;
    const char *environment;
    const char *path[T2M_STREAM_COUNT]; /* absolute; NULL when not given */
    const t2m_rotation_t *rotation[T2M_STREAM_COUNT]; /* the stream's default, changed or not */
    t2m_mask_t *mask; /* of all that have no T2MLogMask; no variable changes it */
} environment_t;

static t2m_global_config_t *create_global(apr_pool_t *pool)
{
    t2m_global_config_t *global = apr_pcalloc(pool, sizeof *global);
    GLOBAL_NUMBERS(UNSET_GLOBAL_NUMBER)
    global->max_total.unit = LIMIT_UNSET;
    global->min_free.unit = LIMIT_UNSET;
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        global->sync[stream] = T2M_UNSET;
    }
    return global;
}

void *t2m_config_create_server(apr_pool_t *pool, server_rec *server)
{
    t2m_server_config_t *config = apr_pcalloc(pool, sizeof *config);
    (void)server; /* main server and virtual hosts start alike */
    config->global = create_global(pool);
    config->mask_off = T2M_UNSET;
    SERVER_NUMBERS(UNSET_NUMBER)
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        SERVER_STREAM_NUMBERS(UNSET_STREAM_NUMBER)
        config->file_id[stream] = T2M_FILE_NONE;
    }
    return config;
}

/* The virtual host's own come first, for the first that fits counts. */
static apr_array_header_t *merge_groups(apr_pool_t *pool, apr_array_header_t *under,
                                        apr_array_header_t *over)
{
    return under && over ? apr_array_append(pool, over, under) : over ? over : under;
}

void *t2m_config_merge_server(apr_pool_t *pool, void *base, void *more)
{
    const t2m_server_config_t *under = base;
    const t2m_server_config_t *over = more;
    t2m_server_config_t *config = t2m_config_create_server(pool, NULL);
    config->global = under->global;
    SERVER_NUMBERS(MERGE_NUMBER)
    SERVER_POINTERS(MERGE_POINTER)
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        SERVER_STREAM_NUMBERS(MERGE_STREAM_NUMBER)
        SERVER_STREAM_POINTERS(MERGE_STREAM_POINTER)
    }
    config->mask = under->mask && over->mask ? t2m_mask_merge(pool, under->mask, over->mask)
                 : over->mask ? over->mask : under->mask;
    config->fields = t2m_field_list_merge(pool, under->fields, over->fields, 0);
    config->error_groups = merge_groups(pool, under->error_groups, over->error_groups);
    return config;
}

void *t2m_config_create_directory(apr_pool_t *pool, char *path)
{
    t2m_directory_config_t *config = apr_pcalloc(pool, sizeof *config);
    (void)path; /* all directories start alike */
    DIRECTORY_NUMBERS(UNSET_NUMBER)
    return config;
}

void *t2m_config_merge_directory(apr_pool_t *pool, void *base, void *more)
{
    const t2m_directory_config_t *under = base;
    const t2m_directory_config_t *over = more;
    t2m_directory_config_t *config = t2m_config_create_directory(pool, NULL);
    DIRECTORY_NUMBERS(MERGE_NUMBER)
    DIRECTORY_POINTERS(MERGE_POINTER)
    config->context = t2m_field_list_merge(pool, under->context, over->context,
                                           T2M_CONFIG_FIELDS_MAX);
    return config;
}

static t2m_server_config_t *config_of(const server_rec *server)
{
    return ap_get_module_config(server->module_config, &t2mlog_module);
}

t2m_server_config_t *t2m_config_server(const server_rec *server)
{
    t2m_server_config_t *config;
    if (!server || !server->module_config) {
        return NULL;
    }
    config = config_of(server);
    return config && config->resolved ? config : NULL;
}

t2m_global_config_t *t2m_config_global(const server_rec *main_server)
{
    return config_of(main_server)->global;
}

const t2m_directory_config_t *t2m_config_directory(const request_rec *request)
{
    static const t2m_directory_config_t unset = {
        .enabled = T2M_UNSET, .slow = T2M_UNSET, .performance = T2M_UNSET,
    };
    const t2m_directory_config_t *config = NULL;
    if (request->per_dir_config) {
        config = ap_get_module_config(request->per_dir_config, &t2mlog_module);
    }
    return config ? config : &unset;
}

int t2m_config_enabled(const server_rec *server)
{
    const t2m_server_config_t *config = t2m_config_server(server);
    return config && config->enabled == 1;
}

int t2m_config_enabled_anywhere(const server_rec *main_server)
{
    for (const server_rec *server = main_server; server; server = server->next) {
        if (config_of(server)->enabled == 1) {
            return 1;
        }
    }
    return 0;
}

apr_interval_time_t t2m_config_slow(const request_rec *request)
{
    const t2m_directory_config_t *config = t2m_config_directory(request);
    return config->slow == T2M_UNSET ? T2M_CONFIG_SLOW : config->slow;
}

t2m_performance_e t2m_config_performance(const request_rec *request)
{
    const t2m_directory_config_t *config = t2m_config_directory(request);
    return config->performance == T2M_PERFORMANCE_SLOW ? T2M_PERFORMANCE_SLOW
                                                       : T2M_PERFORMANCE_ALL;
}

const char *t2m_config_endpoint(const request_rec *request)
{
    return t2m_config_directory(request)->endpoint;
}

const apr_array_header_t *t2m_config_context(const request_rec *request)
{
    return t2m_config_directory(request)->context;
}

static const char *refuse_text(const char *name, apr_size_t most, const char *too_long)
{
    apr_size_t size = strlen(name);
    if (!size || size > most) {
        return size ? too_long : "the name is empty";
    }
    for (; *name; name++) {
        if (apr_iscntrl(*name)) {
            return "the name has a control character";
        }
    }
    return NULL;
}

const char *t2m_config_refuse_name(const char *name)
{
    return refuse_text(name, T2M_CONFIG_NAME_MAX, "the name is longer than 64 bytes");
}

const char *t2m_config_refuse_endpoint(const char *name)
{
    return refuse_text(name, T2M_CONFIG_ENDPOINT_MAX, "the name is longer than 100 bytes");
}

/* The file of a stream that no environment variable names; NULL when it is off. */
static const char *stream_path(apr_pool_t *pool, const t2m_server_config_t *config,
                               t2m_stream_e stream)
{
    const char *file = config->file[stream] ? config->file[stream] : t2m_stream_file(stream);
    if (t2m_paths_is_off(file)) {
        return NULL;
    }
    return t2m_paths_is_terminal(file) ? file
                                       : t2m_paths_join(pool, config->global->directory, file);
}

typedef int is_given_f(const t2m_server_config_t *config, t2m_stream_e stream);

/* Nonzero when a server that logs has no directive for what is_given looks at. */
static int is_needed(const server_rec *main_server, is_given_f *is_given, t2m_stream_e stream)
{
    for (const server_rec *server = main_server; server; server = server->next) {
        const t2m_server_config_t *config = config_of(server);
        if (config->enabled == 1 && !is_given(config, stream)) {
            return 1;
        }
    }
    return 0;
}

static int has_levels(const t2m_server_config_t *config, t2m_stream_e stream)
{
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        if (t2m_stream_is_messages(stream) && config->level[stream] == T2M_UNSET) {
            return 0;
        }
    }
    return 1;
}

static int has_environment(const t2m_server_config_t *config, t2m_stream_e stream)
{
    (void)stream; /* one for all streams */
    return config->environment != NULL;
}

static int has_file(const t2m_server_config_t *config, t2m_stream_e stream)
{
    return config->file[stream] != NULL;
}

static int has_rotation(const t2m_server_config_t *config, t2m_stream_e stream)
{
    return config->rotation[stream] != NULL;
}

static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

int t2m_config_is_audible(void)
{
    return ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_CONFIG_TEST
           || ap_state_query(AP_SQ_MAIN_STATE) != AP_SQ_MS_CREATE_PRE_CONFIG;
}

static void read_level(const server_rec *main_server, environment_t *environment)
{
    const char *value = variable("LOG_LEVEL");
    t2m_level_e level;
    if (!value || !is_needed(main_server, has_levels, 0)) {
        return;
    }
    level = t2m_level_parse(value);
    if (level != T2M_LEVEL_COUNT) {
        environment->level = (int)level;
    } else if (t2m_config_is_audible()) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     "T2M0001: environment variable LOG_LEVEL: unknown level \"%s\"; %s is used; "
                     "allowed: DEBUG, INFO, WARNING, ERROR, CRITICAL; T2MLogLevel overrides it",
                     value, t2m_level_name(DEFAULT_LEVEL));
    }
}

static void read_environment(apr_pool_t *pool, const server_rec *main_server,
                             environment_t *environment)
{
    const char *value = variable("FLASK_ENV");
    const char *reason;
    if (!value || !is_needed(main_server, has_environment, 0)) {
        return;
    }
    reason = t2m_config_refuse_name(value);
    if (!reason) {
        environment->environment = apr_pstrdup(pool, value);
    } else if (t2m_config_is_audible()) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     "T2M0002: environment variable FLASK_ENV: %s; " DEFAULT_ENVIRONMENT
                     " is used; T2MLogEnvironment overrides it", reason);
    }
}

/* Nonzero when path is the file of another stream, in any server that logs. */
static int is_taken(apr_pool_t *pool, const server_rec *main_server,
                    const environment_t *environment, const char *path, t2m_stream_e stream)
{
    apr_hash_t *resolved = apr_hash_make(pool);
    const char *identity = t2m_paths_identity(pool, path);
    for (t2m_stream_e other = 0; other < T2M_STREAM_COUNT; other++) {
        if (other == stream) {
            continue;
        }
        if (environment->path[other]
            && !strcmp(t2m_paths_identity(pool, environment->path[other]), identity)) {
            return 1;
        }
        for (const server_rec *server = main_server; server; server = server->next) {
            const t2m_server_config_t *config = config_of(server);
            const char *theirs = config->enabled == 1 ? stream_path(pool, config, other) : NULL;
            if (theirs
                && !strcmp(t2m_paths_identity_among(pool, theirs, resolved), identity)) {
                return 1;
            }
        }
    }
    return 0;
}

/* Why the value of a variable cannot be a stream's file, else NULL and the path. */
static const char *refuse_variable(apr_pool_t *pool, const server_rec *main_server,
                                   const environment_t *environment, const char *value,
                                   t2m_stream_e stream, const char **path)
{
    const t2m_global_config_t *global = config_of(main_server)->global;
    t2m_paths_writer_t writer;
    const char *reason = t2m_paths_is_off(value) ? "only T2MLogFile turns a stream off"
                                                 : t2m_paths_refuse_file(pool, value);
    const char *directory;
    if (reason) {
        return reason;
    }
    *path = ap_server_root_relative(pool, value);
    if (!*path) {
        return "not a path";
    }
    if (t2m_paths_is_terminal(*path)) {
        return NULL;
    }
    directory = t2m_paths_parent(pool, *path);
    /* An unknown user is reported by the checks. */
    (void)t2m_paths_find_writer(pool, global->user, global->directory, &writer);
    if (t2m_paths_judge_directory(pool, directory, &writer, &reason) != T2M_PATHS_GOOD) {
        return apr_psprintf(pool, "its directory %s %s", directory, reason);
    }
    if (t2m_paths_judge_file(pool, *path, &reason) != T2M_PATHS_GOOD) {
        return reason;
    }
    return is_taken(pool, main_server, environment, *path, stream)
               ? "another stream is written to that file" : NULL;
}

static void read_file(apr_pool_t *pool, const server_rec *main_server, environment_t *environment,
                      const char *name, t2m_stream_e stream)
{
    const char *value = variable(name);
    const char *path = NULL;
    const char *reason;
    if (!value || !is_needed(main_server, has_file, stream)) {
        return;
    }
    reason = refuse_variable(pool, main_server, environment, value, stream, &path);
    if (!reason) {
        environment->path[stream] = path;
    } else if (t2m_config_is_audible()) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     "T2M0003: environment variable %s \"%s\": %s; %s in T2MLogDir is used; "
                     "T2MLogFile %s overrides it", name, value, reason, t2m_stream_file(stream),
                     t2m_stream_name(stream));
    }
}

/* LOG_MAX_BYTES and LOG_BACKUP_COUNT; option is the one of T2MLogRotate that takes such values. */
static void read_rotation(apr_pool_t *pool, const server_rec *main_server,
                          environment_t *environment, const char *name, const char *option)
{
    const char *value = variable(name);
    const char *reason = NULL;
    for (t2m_stream_e stream = 0; value && !reason && stream < T2M_STREAM_COUNT; stream++) {
        t2m_rotation_t *policy;
        unsigned given = 0;
        if (!t2m_stream_is_messages(stream) || !is_needed(main_server, has_rotation, stream)) {
            continue;
        }
        policy = apr_pmemdup(pool, environment->rotation[stream], sizeof *policy);
        reason = t2m_rotation_option(policy, &given, apr_pstrcat(pool, option, value, NULL));
        environment->rotation[stream] = policy;
    }
    if (reason && t2m_config_is_audible()) {
        ap_log_error(APLOG_MARK, APLOG_WARNING, 0, main_server,
                     "T2M0004: environment variable %s \"%s\", as %s in T2MLogRotate: %s; the "
                     "default is used; T2MLogRotate overrides it", name, value, option, reason);
    }
}

static void default_rotations(apr_pool_t *pool, environment_t *environment)
{
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        t2m_rotation_t *policy = apr_palloc(pool, sizeof *policy);
        t2m_rotation_default(stream, policy);
        environment->rotation[stream] = policy;
    }
}

/* Each variable alone changes only what it names. */
static void read_variables(apr_pool_t *pool, const server_rec *main_server,
                           environment_t *environment)
{
    default_rotations(pool, environment);
    read_level(main_server, environment);
    read_environment(pool, main_server, environment);
    read_file(pool, main_server, environment, "LOG_FILE", T2M_STREAM_APP);
    read_file(pool, main_server, environment, "ERROR_LOG_FILE", T2M_STREAM_ERRORS);
    read_rotation(pool, main_server, environment, "LOG_MAX_BYTES", "size=");
    read_rotation(pool, main_server, environment, "LOG_BACKUP_COUNT", "keep=");
}

#define DEFAULT_VALUE(member, unset, value) \
    if (config->member == (unset)) { \
        config->member = (value); \
    }

static void resolve_limit(t2m_limit_t *limit, apr_uint64_t percent)
{
    if (limit->unit == LIMIT_UNSET) {
        limit->unit = T2M_LIMIT_PERCENT;
        limit->value = percent;
    }
}

static t2m_sync_e default_sync(t2m_stream_e stream)
{
    return stream == T2M_STREAM_SECURITY ? T2M_SYNC_BATCH
         : t2m_stream_is_messages(stream) ? T2M_SYNC_SECOND : T2M_SYNC_NONE;
}

static void resolve_global(apr_pool_t *pool, const server_rec *main_server,
                           t2m_global_config_t *config)
{
    DEFAULT_VALUE(directory_from, NULL, "default")
    DEFAULT_VALUE(directory, NULL, t2m_paths_default_directory(pool, main_server))
    DEFAULT_VALUE(program, NULL, t2m_paths_default_program(pool))
    DEFAULT_VALUE(max_record, 0, DEFAULT_MAX_RECORD)
    DEFAULT_VALUE(layout, T2M_UNSET, T2M_LAYOUT_FLAT)
    DEFAULT_VALUE(admin_auth, T2M_UNSET, T2M_ADMIN_AUTH_TOKEN)
    DEFAULT_VALUE(admin_insecure, T2M_UNSET, 0)
    DEFAULT_VALUE(on_full, T2M_UNSET, T2M_ON_FULL_DROP)
    DEFAULT_VALUE(crash_trace, T2M_UNSET, 0)
    DEFAULT_VALUE(confine, T2M_UNSET, 1)
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        DEFAULT_VALUE(sync[stream], T2M_UNSET, (int)default_sync(stream))
    }
    DEFAULT_VALUE(repeat.first, 0, T2M_REPEAT_FIRST)
    DEFAULT_VALUE(repeat.every, 0, apr_time_from_sec(T2M_REPEAT_EVERY))
    resolve_limit(&config->max_total, DEFAULT_MAX_TOTAL);
    resolve_limit(&config->min_free, DEFAULT_MIN_FREE);
}

static void resolve_streams(apr_pool_t *pool, t2m_server_config_t *config,
                            const environment_t *environment)
{
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        if (config->level[stream] == T2M_UNSET) {
            config->level[stream] = t2m_stream_is_messages(stream) ? environment->level
                                                                   : DEFAULT_LEVEL;
        }
        DEFAULT_VALUE(rotation[stream], NULL, environment->rotation[stream])
        if (!config->file[stream] && environment->path[stream]) {
            config->path[stream] = environment->path[stream];
        } else {
            config->path[stream] = stream_path(pool, config, stream);
        }
    }
}

static void resolve_server(apr_pool_t *pool, t2m_server_config_t *config,
                           const environment_t *environment)
{
    DEFAULT_VALUE(enabled, T2M_UNSET, 0)
    DEFAULT_VALUE(app, NULL, DEFAULT_APP)
    DEFAULT_VALUE(environment, NULL, environment->environment)
    DEFAULT_VALUE(client_ip, T2M_UNSET, T2M_ADDRESS_FULL)
    DEFAULT_VALUE(mask, NULL, environment->mask)
    DEFAULT_VALUE(id_header, NULL, DEFAULT_ID_HEADER)
    DEFAULT_VALUE(id_trust, NULL, apr_array_make(pool, 0, sizeof(void *)))
    DEFAULT_VALUE(id_respond, T2M_UNSET, 1)
    resolve_streams(pool, config, environment);
    config->resolved = 1;
}

void t2m_config_resolve(apr_pool_t *pool, server_rec *main_server)
{
    environment_t environment = { .level = DEFAULT_LEVEL, .environment = DEFAULT_ENVIRONMENT };
    if (config_of(main_server)->resolved) {
        return;
    }
    resolve_global(pool, main_server, config_of(main_server)->global);
    read_variables(pool, main_server, &environment);
    environment.mask = t2m_mask_create(pool);
    for (const server_rec *server = main_server; server; server = server->next) {
        t2m_server_config_t *config = config_of(server);
        if (!config->resolved) { /* shared by virtual hosts without a directive */
            resolve_server(pool, config, &environment);
        }
    }
}
