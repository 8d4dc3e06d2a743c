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

/* The module's configuration: what the directives set, how levels merge, and who may read it.
 *
 * Built while httpd reads its configuration (one thread, in pconf), completed by
 * t2m_config_resolve before post_config, and only read from then on, by any thread. A value that no
 * directive gave is T2M_UNSET (numbers) or NULL until it is merged and resolved.
 */
#ifndef T2M_SERVER_CONFIG_H
#define T2M_SERVER_CONFIG_H

#include <httpd.h>
#include <ap_expr.h>
#include <http_config.h>

#include <apr_tables.h>

#include "core/address.h"
#include "core/debug_token.h"
#include "core/extra.h"
#include "core/fingerprint.h"
#include "core/level.h"
#include "core/limit.h"
#include "core/mask.h"
#include "core/repeat.h"
#include "core/rotation.h"
#include "core/stream.h"
#include "shared/settings.h"

#define T2M_UNSET (-1)

#define T2M_CONFIG_SLOW apr_time_from_sec(2) /* T2MLogSlow where nobody gives one */

/* T2MLogPerformance. */
typedef enum { T2M_PERFORMANCE_ALL, T2M_PERFORMANCE_SLOW } t2m_performance_e;

/* T2MLogOnFull. */
typedef enum { T2M_ON_FULL_DROP, T2M_ON_FULL_BLOCK } t2m_on_full_e;

/* T2MLogAdminAuth. */
typedef enum {
    T2M_ADMIN_AUTH_TOKEN,
    T2M_ADMIN_AUTH_HTTPD,
    T2M_ADMIN_AUTH_EITHER
} t2m_admin_auth_e;

enum {
    T2M_CONFIG_NAME_MAX = 64,
    T2M_CONFIG_ENDPOINT_MAX = 100,
    T2M_CONFIG_FIELDS_MAX = 16 /* added to a stream, and of T2MLogContext to a request */
};

/* One T2MLogField or T2MLogContext. */
typedef struct {
    const char *name;
    const ap_expr_info_t *expression; /* a string; NULL: the field is left out */
    t2m_stream_e stream;              /* of T2MLogField */
} t2m_config_field_t;

/* One T2MLogErrorGroup. */
typedef struct {
    const char *words;             /* see core/group_rule.h */
    char id[T2M_FINGERPRINT_SIZE]; /* of the group that its name has */
} t2m_config_group_t;

/* What only the whole server has: read it from the main server's record. */
typedef struct {
    const char *directory;      /* T2MLogDir; absolute after resolve */
    const char *directory_from; /* file:line of the directive for messages, or "default" */
    apr_size_t max_record;      /* T2MLogMaxRecord in bytes; 0 unset */
    apr_size_t buffer;          /* T2MLogBuffer in bytes, a power of two; 0: by the MPM */
    const char *program;        /* T2MLogProgram; absolute after resolve */
    const char *user;           /* T2MLogUser; NULL none */
    int layout;                 /* T2MLogLayout: t2m_layout_e */
    const char *token_file;     /* T2MLogAdminTokenFile; absolute; NULL none */
    const char *debug_key_file; /* T2MLogDebugHeader; absolute; NULL off */
    const t2m_debug_key_t *debug_key; /* read in check_config; NULL: none that can be used */
    int admin_auth;             /* T2MLogAdminAuth: t2m_admin_auth_e */
    int admin_insecure;         /* T2MLogAdminInsecure */
    t2m_limit_t max_total;      /* T2MLogMaxTotal */
    t2m_limit_t min_free;       /* T2MLogMinFree */
    int on_full;                /* T2MLogOnFull: t2m_on_full_e */
    int sync[T2M_STREAM_COUNT]; /* T2MLogSync: t2m_sync_e */
    int crash_trace;            /* T2MLogCrashTrace */
    int confine;                /* T2MLogConfine */
    t2m_repeat_rule_t repeat;   /* T2MLogRepeat; first 0: unset */
} t2m_global_config_t;

/* One per server and virtual host; virtual hosts without a directive of their own share the main
 * server's. */
typedef struct {
    t2m_global_config_t *global;          /* the main server's in all of them once merged */
    int enabled;                          /* T2MLog */
    const char *file[T2M_STREAM_COUNT];   /* T2MLogFile as written; "off" in any case is off */
    int level[T2M_STREAM_COUNT];          /* T2MLogLevel: t2m_level_e */
    const char *app;                      /* T2MLogApp */
    const char *environment;              /* T2MLogEnvironment */
    const char *release;                  /* T2MLogRelease; NULL none */
    apr_array_header_t *error_groups;     /* T2MLogErrorGroup: of t2m_config_group_t; or NULL */
    int client_ip;                        /* T2MLogClientIP: t2m_address_mode_e */
    int mask_off;                         /* T2MLogMask of this level was off, or was not */
    t2m_mask_t *mask;                     /* T2MLogMask; after resolve the whole policy */
    const char *id_header;                /* T2MLogRequestID header= */
    apr_array_header_t *id_trust;         /* T2MLogRequestID trust=: of apr_ipsubnet_t * */
    int id_respond;                       /* T2MLogRequestID respond= */
    const t2m_rotation_t *rotation[T2M_STREAM_COUNT]; /* T2MLogRotate; never NULL after resolve */
    apr_array_header_t *fields;           /* T2MLogField: of t2m_config_field_t; may be NULL */

    /* Set by t2m_config_resolve. */
    int resolved;
    const char *path[T2M_STREAM_COUNT];   /* absolute or /dev/stdout, /dev/stderr; NULL: off */
    apr_uint16_t file_id[T2M_STREAM_COUNT]; /* set by the runtime: the file's number */
} t2m_server_config_t;

/* One per directory, location and the like. */
typedef struct {
    int enabled;                 /* T2MLog in a directory: access and performance only */
    apr_interval_time_t slow;    /* T2MLogSlow in microseconds; T2M_UNSET */
    int performance;             /* T2MLogPerformance: t2m_performance_e */
    const char *endpoint;        /* T2MLogEndpoint; NULL: from the route */
    apr_array_header_t *context; /* T2MLogContext: of t2m_config_field_t; may be NULL */
} t2m_directory_config_t;

/** Callbacks of the module record. */
void *t2m_config_create_server(apr_pool_t *pool, server_rec *server);
void *t2m_config_merge_server(apr_pool_t *pool, void *base, void *more);
void *t2m_config_create_directory(apr_pool_t *pool, char *path);
void *t2m_config_merge_directory(apr_pool_t *pool, void *base, void *more);

/**
 * The configuration of a server; NULL when server or its module_config is NULL (mod_cgid's
 * daemon makes such a record) or t2m_config_resolve has not completed it: lines are logged while
 * the configuration is only being read too.
 */
t2m_server_config_t *t2m_config_server(const server_rec *server);

/** The whole-server part; never NULL, also before resolve. */
t2m_global_config_t *t2m_config_global(const server_rec *main_server);

/** The configuration of the request's directory. Never NULL. */
const t2m_directory_config_t *t2m_config_directory(const request_rec *request);

/**
 * Why name cannot stand in the fields `app` and `environment`: empty, longer than
 * T2M_CONFIG_NAME_MAX bytes or with a control character. NULL when it can.
 */
const char *t2m_config_refuse_name(const char *name);

/** The same for T2MLogEndpoint and T2M_CONFIG_ENDPOINT_MAX. */
const char *t2m_config_refuse_endpoint(const char *name);

/** Nonzero when the module logs for this server. */
int t2m_config_enabled(const server_rec *server);

/** Nonzero when any server or virtual host has T2MLog On. Needs no resolve. */
int t2m_config_enabled_anywhere(const server_rec *main_server);

/** T2MLogSlow of the request's directory in microseconds, the default when unset. */
apr_interval_time_t t2m_config_slow(const request_rec *request);

/** T2MLogPerformance of the request's directory. */
t2m_performance_e t2m_config_performance(const request_rec *request);

/** T2MLogEndpoint of the request's directory; NULL: the route is the name. */
const char *t2m_config_endpoint(const request_rec *request);

/**
 * T2MLogContext of the request's directory, of t2m_config_field_t with an expression each, at most
 * T2M_CONFIG_FIELDS_MAX; NULL when there is none.
 */
const apr_array_header_t *t2m_config_context(const request_rec *request);

/**
 * Nonzero when a warning about the configuration is for the reader: httpd reads it twice at start,
 * and the first time nothing is said.
 */
int t2m_config_is_audible(void);

/**
 * Completes the configuration of all servers after it was read: defaults, environment variables
 * (LOG_LEVEL, LOG_FILE, ERROR_LOG_FILE, LOG_MAX_BYTES, LOG_BACKUP_COUNT, FLASK_ENV; a bad value
 * warns), absolute paths, the whole masking policy. Servers without a T2MLogRotate share one policy
 * for each stream. Everything lives in pool. The parent calls it in check_config and again in
 * post_config; only the first call for a configuration does anything.
 */
void t2m_config_resolve(apr_pool_t *pool, server_rec *main_server);

#endif
