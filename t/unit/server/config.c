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

/* Tests of modules/server/config.c: what a virtual host and a directory inherit, the defaults, and
 * the variables of the reference system. httpd's few functions are stood in for below. */
#include "server/config.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_strings.h>
#include <http_core.h>
#include <mpm_common.h>

#include "server/field_list.h"
#include "server/private.h"
#include "tap.h"

module AP_MODULE_DECLARE_DATA t2mlog_module;

static const char *server_root;
static int warnings;
static int main_state = AP_SQ_MS_CREATE_CONFIG;

void *(ap_get_module_config)(const ap_conf_vector_t *vector, const module *which)
{
    (void)which;
    return *(void *const *)vector;
}

char *ap_server_root_relative(apr_pool_t *pool, const char *name)
{
    return *name == '/' ? apr_pstrdup(pool, name) : apr_pstrcat(pool, server_root, "/", name, NULL);
}

int ap_state_query(int query)
{
    return query == AP_SQ_MAIN_STATE ? main_state : AP_SQ_RM_NORMAL;
}

void ap_log_error_(const char *file, int line, int module_index, int level, apr_status_t status,
                   const server_rec *server, const char *format, ...)
{
    (void)file, (void)line, (void)module_index, (void)status, (void)server, (void)format;
    warnings += level == APLOG_WARNING;
}

/* A main server and two virtual hosts; the second has no directive, so httpd lets it share. */
typedef struct {
    server_rec servers[3];
    void *vectors[3];
} site_t;

static t2m_server_config_t *config(site_t *site, int server)
{
    return site->vectors[server];
}

static void site_start(site_t *site, apr_pool_t *pool)
{
    memset(site, 0, sizeof *site);
    for (int i = 0; i < 3; i++) {
        site->vectors[i] = t2m_config_create_server(pool, &site->servers[i]);
        site->servers[i].module_config = (ap_conf_vector_t *)&site->vectors[i];
        site->servers[i].next = i < 2 ? &site->servers[i + 1] : NULL;
        site->servers[i].error_fname = apr_pstrdup(pool, "logs/error.log");
    }
}

static void site_merge(site_t *site, apr_pool_t *pool)
{
    site->vectors[1] = t2m_config_merge_server(pool, site->vectors[0], site->vectors[1]);
    site->vectors[2] = site->vectors[0];
}

static int is_string(const char *got, const char *want, const char *name)
{
    return is_bytes(got ? got : "(NULL)", strlen(got ? got : "(NULL)"), want, name);
}

static int is_limit(const t2m_limit_t *limit, int unit, apr_uint64_t value)
{
    return limit->unit == unit && limit->value == value;
}

static void test_defaults(apr_pool_t *pool)
{
    t2m_rotation_t policy;
    site_t site;
    t2m_server_config_t *main_config;
    site_start(&site, pool);
    site_merge(&site, pool);
    main_config = config(&site, 0);
    ok(!t2m_config_server(&site.servers[0]), "no configuration before it is resolved");
    ok(!t2m_config_enabled_anywhere(&site.servers[0]), "off by default");
    t2m_config_resolve(pool, &site.servers[0]);
    ok(t2m_config_server(&site.servers[0]) == main_config, "the configuration when resolved");
    ok(!t2m_config_enabled(&site.servers[0]), "off by default when resolved");
    is_string(main_config->app, "talk2me", "app");
    is_string(main_config->environment, "production", "environment");
    is_string(main_config->id_header, "X-Request-ID", "header of the id");
    is_number(main_config->id_respond, 1, "the response names the id");
    ok(main_config->id_trust && !main_config->id_trust->nelts, "nobody is trusted");
    is_number(main_config->client_ip, T2M_ADDRESS_FULL, "whole addresses");
    ok(main_config->mask != NULL, "a masking policy");
    is_number((long long)main_config->global->max_record, 8192, "longest record");
    is_number((long long)main_config->global->buffer, 0, "the MPM decides on the buffer");
    is_number(main_config->global->layout, T2M_LAYOUT_FLAT, "flat");
    is_number(main_config->global->admin_auth, T2M_ADMIN_AUTH_TOKEN, "tokens open the endpoints");
    is_number(main_config->global->admin_insecure, 0, "over TLS only");
    is_number(main_config->global->on_full, T2M_ON_FULL_DROP, "T2MLogOnFull");
    is_number(main_config->global->sync[T2M_STREAM_ACCESS], T2M_SYNC_NONE, "T2MLogSync access");
    is_number(main_config->global->sync[T2M_STREAM_APP], T2M_SYNC_SECOND, "T2MLogSync app");
    is_number(main_config->global->sync[T2M_STREAM_SECURITY], T2M_SYNC_BATCH, "security");
    is_number(main_config->global->crash_trace, 0, "T2MLogCrashTrace");
    is_number(main_config->global->confine, 1, "T2MLogConfine");
    ok(!main_config->global->token_file, "no file of tokens");
    ok(is_limit(&main_config->global->max_total, T2M_LIMIT_PERCENT, 10), "T2MLogMaxTotal");
    ok(is_limit(&main_config->global->min_free, T2M_LIMIT_PERCENT, 5), "T2MLogMinFree");
    ok(!main_config->fields, "no field of one's own");
    is_string(main_config->global->directory_from, "default", "where T2MLogDir is from");
    is_string(main_config->global->directory, apr_pstrcat(pool, server_root, "/logs/t2mlog", NULL),
              "T2MLogDir beside the ErrorLog");
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        is_number(main_config->level[stream], T2M_LEVEL_INFO, "level");
        is_number(main_config->file_id[stream], T2M_FILE_NONE, "no file number");
        is_string(main_config->path[stream], apr_pstrcat(pool, main_config->global->directory, "/",
                  t2m_stream_file(stream), NULL), "path");
        t2m_rotation_default(stream, &policy);
        ok(!memcmp(main_config->rotation[stream], &policy, sizeof policy), "default rotation");
    }
}

static void test_servers_inherit(apr_pool_t *pool)
{
    site_t site;
    site_start(&site, pool);
    config(&site, 0)->enabled = 1;
    config(&site, 0)->app = "main";
    config(&site, 0)->environment = "staging";
    config(&site, 0)->client_ip = T2M_ADDRESS_HMAC;
    config(&site, 0)->id_respond = 0;
    config(&site, 0)->id_header = "X-Main";
    config(&site, 0)->id_trust = apr_array_make(pool, 1, sizeof(void *));
    config(&site, 0)->file[T2M_STREAM_APP] = "main.log";
    config(&site, 0)->file[T2M_STREAM_ACCESS] = "/dev/stdout";
    config(&site, 0)->level[T2M_STREAM_APP] = T2M_LEVEL_ERROR;
    config(&site, 0)->level[T2M_STREAM_ERRORS] = T2M_LEVEL_CRITICAL;
    config(&site, 0)->global->directory = "/var/log/site";
    config(&site, 1)->enabled = 0;
    config(&site, 1)->app = "own";
    config(&site, 1)->client_ip = T2M_ADDRESS_FULL;
    config(&site, 1)->id_respond = 1;
    config(&site, 1)->file[T2M_STREAM_APP] = "/srv/own.log";
    config(&site, 1)->file[T2M_STREAM_ERRORS] = "OFF";
    config(&site, 1)->level[T2M_STREAM_APP] = T2M_LEVEL_DEBUG;
    site_merge(&site, pool);
    ok(t2m_config_enabled_anywhere(&site.servers[0]), "one server is on");
    t2m_config_resolve(pool, &site.servers[0]);

    ok(t2m_config_enabled(&site.servers[0]) && t2m_config_enabled(&site.servers[2]), "on");
    ok(!t2m_config_enabled(&site.servers[1]), "off in the virtual host");
    is_string(config(&site, 1)->app, "own", "own name");
    is_string(config(&site, 1)->environment, "staging", "inherited name");
    is_number(config(&site, 1)->client_ip, T2M_ADDRESS_FULL, "own value that is zero");
    is_number(config(&site, 1)->id_respond, 1, "own respond");
    is_string(config(&site, 1)->id_header, "X-Main", "inherited header");
    ok(config(&site, 1)->id_trust == config(&site, 0)->id_trust, "inherited trust");
    is_number(config(&site, 1)->level[T2M_STREAM_APP], T2M_LEVEL_DEBUG, "own level, zero");
    is_number(config(&site, 1)->level[T2M_STREAM_ERRORS], T2M_LEVEL_CRITICAL, "inherited level");
    is_number(config(&site, 1)->level[T2M_STREAM_ACCESS], T2M_LEVEL_INFO, "default level");
    is_string(config(&site, 0)->path[T2M_STREAM_APP], "/var/log/site/main.log", "main file");
    is_string(config(&site, 1)->path[T2M_STREAM_APP], "/srv/own.log", "own file");
    is_string(config(&site, 1)->path[T2M_STREAM_ACCESS], "/dev/stdout", "inherited terminal");
    ok(!config(&site, 1)->path[T2M_STREAM_ERRORS], "a stream that is off has no path");
    ok(config(&site, 0)->path[T2M_STREAM_ERRORS] != NULL, "and is on in the main server");
    ok(t2m_config_global(&site.servers[1]) == t2m_config_global(&site.servers[0]),
       "one whole-server part");
}

/* What directives set is not replaced by the defaults; zero and `none` are values. */
static void test_global(apr_pool_t *pool)
{
    site_t site;
    t2m_global_config_t *global;
    site_start(&site, pool);
    global = config(&site, 0)->global;
    global->layout = T2M_LAYOUT_BOTH;
    global->admin_auth = T2M_ADMIN_AUTH_EITHER;
    global->admin_insecure = 1;
    global->token_file = "/etc/tokens";
    global->on_full = T2M_ON_FULL_BLOCK;
    global->sync[T2M_STREAM_SECURITY] = T2M_SYNC_NONE;
    global->confine = 0;
    global->max_total = (t2m_limit_t){ T2M_LIMIT_NONE, 0 };
    global->min_free = (t2m_limit_t){ T2M_LIMIT_BYTES, 4096 };
    site_merge(&site, pool);
    t2m_config_resolve(pool, &site.servers[0]);
    ok(config(&site, 1)->global == global, "of the main server in a virtual host");
    is_number(global->layout, T2M_LAYOUT_BOTH, "T2MLogLayout");
    is_number(global->admin_auth, T2M_ADMIN_AUTH_EITHER, "T2MLogAdminAuth");
    is_number(global->admin_insecure, 1, "T2MLogAdminInsecure");
    is_number(global->on_full, T2M_ON_FULL_BLOCK, "T2MLogOnFull block");
    is_number(global->sync[T2M_STREAM_SECURITY], T2M_SYNC_NONE, "T2MLogSync none");
    is_number(global->confine, 0, "T2MLogConfine Off");
    is_string(global->token_file, "/etc/tokens", "T2MLogAdminTokenFile");
    ok(is_limit(&global->max_total, T2M_LIMIT_NONE, 0), "T2MLogMaxTotal none");
    ok(is_limit(&global->min_free, T2M_LIMIT_BYTES, 4096), "T2MLogMinFree");
}

static void test_rotations(apr_pool_t *pool)
{
    static const t2m_rotation_t main_policy = { .size = 1, .keep = 2 };
    static const t2m_rotation_t own_policy = { .period = T2M_PERIOD_DAILY };
    site_t site;
    site_start(&site, pool);
    config(&site, 0)->rotation[T2M_STREAM_APP] = &main_policy;
    config(&site, 0)->rotation[T2M_STREAM_ERRORS] = &main_policy;
    config(&site, 1)->rotation[T2M_STREAM_APP] = &own_policy;
    site_merge(&site, pool);
    t2m_config_resolve(pool, &site.servers[0]);
    ok(config(&site, 0)->rotation[T2M_STREAM_APP] == &main_policy, "T2MLogRotate");
    ok(config(&site, 1)->rotation[T2M_STREAM_APP] == &own_policy, "own T2MLogRotate");
    ok(config(&site, 1)->rotation[T2M_STREAM_ERRORS] == &main_policy, "inherited T2MLogRotate");
    ok(config(&site, 1)->rotation[T2M_STREAM_ACCESS]
       == config(&site, 0)->rotation[T2M_STREAM_ACCESS], "one default for all servers");
}

/* An expression is only looked at for being there. */
static const ap_expr_info_t expression;

static t2m_config_field_t field(t2m_stream_e stream, const char *name, int added)
{
    return (t2m_config_field_t){ name, added ? &expression : NULL, stream };
}

static void put(apr_pool_t *pool, apr_array_header_t **list, t2m_stream_e stream, const char *name,
                int added)
{
    t2m_config_field_t one = field(stream, name, added);
    *list = t2m_field_list_put(pool, *list, &one);
}

/* "app:name errors:-name" in the order of list. */
static const char *fields_of(apr_pool_t *pool, const apr_array_header_t *list)
{
    const char *text = "";
    for (int i = 0; list && i < list->nelts; i++) {
        const t2m_config_field_t *one = &APR_ARRAY_IDX(list, i, t2m_config_field_t);
        text = apr_pstrcat(pool, text, i ? " " : "", t2m_stream_name(one->stream), ":",
                           one->expression ? "" : "-", one->name, NULL);
    }
    return text;
}

static void test_fields(apr_pool_t *pool)
{
    site_t site;
    site_start(&site, pool);
    put(pool, &config(&site, 0)->fields, T2M_STREAM_APP, "a", 1);
    put(pool, &config(&site, 0)->fields, T2M_STREAM_APP, "b", 1);
    put(pool, &config(&site, 0)->fields, T2M_STREAM_ACCESS, "a", 1);
    put(pool, &config(&site, 0)->fields, T2M_STREAM_APP, "a", 1);
    put(pool, &config(&site, 1)->fields, T2M_STREAM_APP, "c", 1);
    put(pool, &config(&site, 1)->fields, T2M_STREAM_APP, "a", 0);
    put(pool, &config(&site, 1)->fields, T2M_STREAM_APP, "ip", 0);
    site_merge(&site, pool);
    is_string(fields_of(pool, config(&site, 0)->fields), "app:a app:b access:a",
              "fields: a name once in a stream");
    is_string(fields_of(pool, config(&site, 1)->fields),
              "app:-a app:b access:a app:c app:-ip",
              "fields: inherited ones first, the same name replaces");
    is_number(t2m_field_list_count(config(&site, 1)->fields, T2M_STREAM_APP), 2,
              "fields: what is left out does not count");
    is_number(t2m_field_list_count(NULL, T2M_STREAM_APP), 0, "fields: no list");
    ok(t2m_field_list_find(config(&site, 1)->fields, T2M_STREAM_ACCESS, "a")
       && !t2m_field_list_find(config(&site, 1)->fields, T2M_STREAM_ACCESS, "b")
       && !t2m_field_list_find(NULL, T2M_STREAM_ACCESS, "a"), "fields: found by stream and name");
    site_start(&site, pool);
    put(pool, &config(&site, 1)->fields, T2M_STREAM_APP, "c", 1);
    site_merge(&site, pool);
    is_string(fields_of(pool, config(&site, 1)->fields), "app:c", "fields: nothing to inherit");
    ok(!config(&site, 0)->fields, "fields: and nothing goes up");
}

static void test_masks(apr_pool_t *pool)
{
    static const struct {
        const char *name;
        int base, more;         /* -1 none, 0 key, 1 off */
        int base_key, more_key; /* what the virtual host masks */
    } table[] = {
        { "nothing anywhere", -1, -1, 0, 0 },
        { "inherited names", 0, -1, 1, 0 },
        { "own names", -1, 0, 0, 1 },
        { "both", 0, 0, 1, 1 },
        { "own off", 0, 1, 0, 0 },
        { "inherited off", 1, -1, 0, 0 },
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        site_t site;
        const int state[2] = { table[i].base, table[i].more };
        site_start(&site, pool);
        for (int j = 0; j < 2; j++) {
            t2m_mask_t *mask = state[j] < 0 ? NULL : state[j] ? t2m_mask_create_off(pool)
                                                              : t2m_mask_create(pool);
            config(&site, j)->mask = mask;
            if (state[j] == 0) {
                (void)t2m_mask_add_header(mask, j ? "X-More" : "X-Base"); /* good names */
            }
        }
        site_merge(&site, pool);
        t2m_config_resolve(pool, &site.servers[0]);
        is_number(!!t2m_mask_is_header(config(&site, 1)->mask, "X-Base"), table[i].base_key,
                  table[i].name);
        is_number(!!t2m_mask_is_header(config(&site, 1)->mask, "X-More"), table[i].more_key,
                  table[i].name);
    }
}

static void test_directories(apr_pool_t *pool)
{
    t2m_directory_config_t *base = t2m_config_create_directory(pool, NULL);
    t2m_directory_config_t *more = t2m_config_create_directory(pool, NULL);
    void *vector = t2m_config_merge_directory(pool, base, more);
    request_rec request = { .per_dir_config = (ap_conf_vector_t *)&vector };

    is_number(t2m_config_directory(&request)->enabled, T2M_UNSET, "directory: unset");
    is_number(t2m_config_slow(&request), 2000000, "directory: default of T2MLogSlow");
    base->enabled = 0;
    base->slow = 5;
    vector = t2m_config_merge_directory(pool, base, more);
    is_number(t2m_config_directory(&request)->enabled, 0, "directory: inherited");
    is_number(t2m_config_slow(&request), 5, "directory: inherited T2MLogSlow");
    more->enabled = 1;
    more->slow = 7;
    vector = t2m_config_merge_directory(pool, base, more);
    is_number(t2m_config_directory(&request)->enabled, 1, "directory: own");
    is_number(t2m_config_slow(&request), 7, "directory: own T2MLogSlow");
    vector = NULL;
    is_number(t2m_config_slow(&request), 2000000, "directory: no configuration at all");
    request.per_dir_config = NULL;
    is_number(t2m_config_slow(&request), 2000000, "directory: not even a vector");
}

static void test_directory_words(apr_pool_t *pool)
{
    t2m_directory_config_t *base = t2m_config_create_directory(pool, NULL);
    t2m_directory_config_t *more = t2m_config_create_directory(pool, NULL);
    void *vector = t2m_config_merge_directory(pool, base, more);
    request_rec request = { .per_dir_config = (ap_conf_vector_t *)&vector };

    is_number(t2m_config_performance(&request), T2M_PERFORMANCE_ALL, "T2MLogPerformance: default");
    ok(!t2m_config_endpoint(&request), "T2MLogEndpoint: default");
    base->performance = T2M_PERFORMANCE_SLOW;
    base->endpoint = "base";
    vector = t2m_config_merge_directory(pool, base, more);
    is_number(t2m_config_performance(&request), T2M_PERFORMANCE_SLOW, "inherited");
    is_string(t2m_config_endpoint(&request), "base", "inherited");
    more->performance = T2M_PERFORMANCE_ALL;
    more->endpoint = "more";
    vector = t2m_config_merge_directory(pool, base, more);
    is_number(t2m_config_performance(&request), T2M_PERFORMANCE_ALL, "own value that is zero");
    is_string(t2m_config_endpoint(&request), "more", "own");
    vector = NULL;
    is_number(t2m_config_performance(&request), T2M_PERFORMANCE_ALL, "no configuration at all");
    ok(!t2m_config_endpoint(&request) && !t2m_config_context(&request), "no configuration");
}

static void test_context(apr_pool_t *pool)
{
    t2m_directory_config_t *base = t2m_config_create_directory(pool, NULL);
    t2m_directory_config_t *more = t2m_config_create_directory(pool, NULL);
    void *vector = t2m_config_merge_directory(pool, base, more);
    request_rec request = { .per_dir_config = (ap_conf_vector_t *)&vector };

    ok(!t2m_config_context(&request), "no T2MLogContext");
    put(pool, &base->context, 0, "a", 1);
    put(pool, &base->context, 0, "b", 1);
    vector = t2m_config_merge_directory(pool, base, more);
    is_string(fields_of(pool, t2m_config_context(&request)), "app:a app:b", "inherited");
    put(pool, &more->context, 0, "c", 1);
    put(pool, &more->context, 0, "a", 1);
    vector = t2m_config_merge_directory(pool, base, more);
    is_string(fields_of(pool, t2m_config_context(&request)), "app:a app:b app:c",
              "inherited ones first, the same name replaces");
    is_string(fields_of(pool, base->context), "app:a app:b", "the section above is as it was");
    for (int i = 0; i < T2M_CONFIG_FIELDS_MAX - 2; i++) {
        put(pool, &base->context, 0, apr_psprintf(pool, "n%d", i), 1);
    }
    vector = t2m_config_merge_directory(pool, base, more);
    is_string(fields_of(pool, t2m_config_context(&request)), "app:a app:b app:n0 app:n1 app:n2 "
              "app:n3 app:n4 app:n5 app:n6 app:n7 app:n8 app:n9 app:n10 app:n11 app:n12 app:c",
              "too many: the last inherited one goes");
}

static void test_names(void)
{
    char name[T2M_CONFIG_ENDPOINT_MAX + 2];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = '\0';
    ok(t2m_config_refuse_endpoint(name) != NULL, "an endpoint of 101 bytes");
    name[T2M_CONFIG_ENDPOINT_MAX] = '\0';
    ok(!t2m_config_refuse_endpoint(name), "an endpoint of 100 bytes");
    ok(t2m_config_refuse_name(name) != NULL, "a name of 100 bytes");
    name[T2M_CONFIG_NAME_MAX] = '\0';
    ok(!t2m_config_refuse_name(name), "a name of 64 bytes");
    ok(t2m_config_refuse_endpoint("") && t2m_config_refuse_endpoint("a\tb")
       && t2m_config_refuse_endpoint("\x7f"), "empty, control characters");
}

static const t2m_rotation_t *policy_of(site_t *site, int server, t2m_stream_e stream)
{
    return config(site, server)->rotation[stream];
}

/* Starts a site with both variables; the virtual host has its own policy for errors. */
static void site_with_variables(site_t *site, apr_pool_t *pool, const char *bytes,
                                const char *count)
{
    static const t2m_rotation_t own_policy = { .size = 1 };
    setenv("LOG_MAX_BYTES", bytes, 1);
    setenv("LOG_BACKUP_COUNT", count, 1);
    site_start(site, pool);
    config(site, 0)->enabled = 1;
    config(site, 1)->rotation[T2M_STREAM_ERRORS] = &own_policy;
    site_merge(site, pool);
    warnings = 0;
    t2m_config_resolve(pool, &site->servers[0]);
}

static void test_rotation_variables(apr_pool_t *pool)
{
    static const t2m_rotation_t everything = { .size = 1 };
    site_t site;
    site_with_variables(&site, pool, "1048576", "");
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        t2m_rotation_t expected;
        t2m_rotation_default(stream, &expected);
        expected.size = t2m_stream_is_messages(stream) ? 1048576 : expected.size;
        ok(!memcmp(policy_of(&site, 0, stream), &expected, sizeof expected),
           "LOG_MAX_BYTES alone: %s", t2m_stream_name(stream));
    }
    is_number((long long)policy_of(&site, 1, T2M_STREAM_ERRORS)->size, 1, "a directive wins");
    site_with_variables(&site, pool, "", "3");
    is_number(policy_of(&site, 0, T2M_STREAM_APP)->keep, 3, "LOG_BACKUP_COUNT alone");
    is_number((long long)policy_of(&site, 0, T2M_STREAM_APP)->size, 50 << 20, "and the size");
    is_number(policy_of(&site, 0, T2M_STREAM_ACCESS)->keep, 0, "not of access");
    site_with_variables(&site, pool, "64K", "9999");
    is_number((long long)policy_of(&site, 0, T2M_STREAM_SECURITY)->size, 65536, "both: size");
    is_number(policy_of(&site, 0, T2M_STREAM_SECURITY)->keep, 9999, "both: keep");
    is_number(warnings, 0, "good values");
    site_with_variables(&site, pool, "0", "-1");
    is_number(warnings, 2, "bad values: one warning each");
    is_number((long long)policy_of(&site, 0, T2M_STREAM_APP)->size, 50 << 20, "default size");
    is_number(policy_of(&site, 0, T2M_STREAM_APP)->keep, 10, "default keep");
    site_start(&site, pool);
    config(&site, 0)->enabled = 1;
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        config(&site, 0)->rotation[stream] = &everything;
    }
    site_merge(&site, pool);
    warnings = 0;
    t2m_config_resolve(pool, &site.servers[0]);
    is_number(warnings, 0, "bad values that nobody needs");
    unsetenv("LOG_MAX_BYTES");
    unsetenv("LOG_BACKUP_COUNT");
}

static void test_environment(apr_pool_t *pool)
{
    site_t site;
    setenv("LOG_LEVEL", "warning", 1);
    setenv("LOG_FILE", "logs/a.log", 1);
    setenv("ERROR_LOG_FILE", "logs/a.log", 1);
    setenv("FLASK_ENV", "testing", 1);
    site_start(&site, pool);
    config(&site, 0)->enabled = 1;
    config(&site, 1)->environment = "own";
    config(&site, 1)->level[T2M_STREAM_APP] = T2M_LEVEL_DEBUG;
    config(&site, 1)->file[T2M_STREAM_APP] = "own.log";
    site_merge(&site, pool);
    warnings = 0;
    t2m_config_resolve(pool, &site.servers[0]);
    is_number(warnings, 1, "one warning, for the second stream on one file");
    is_number(config(&site, 0)->level[T2M_STREAM_APP], T2M_LEVEL_WARNING, "LOG_LEVEL");
    is_number(config(&site, 0)->level[T2M_STREAM_ACCESS], T2M_LEVEL_INFO,
              "LOG_LEVEL silences no request");
    is_number(config(&site, 1)->level[T2M_STREAM_APP], T2M_LEVEL_DEBUG, "a directive wins");
    is_string(config(&site, 0)->environment, "testing", "FLASK_ENV");
    is_string(config(&site, 1)->environment, "own", "a directive wins");
    is_string(config(&site, 0)->path[T2M_STREAM_APP],
              apr_pstrcat(pool, server_root, "/logs/a.log", NULL), "LOG_FILE below ServerRoot");
    is_string(config(&site, 0)->path[T2M_STREAM_ERRORS],
              apr_pstrcat(pool, server_root, "/logs/t2mlog/errors.log", NULL), "the default");
    is_string(config(&site, 1)->path[T2M_STREAM_APP],
              apr_pstrcat(pool, server_root, "/logs/t2mlog/own.log", NULL), "a directive wins");
    t2m_config_resolve(pool, &site.servers[0]);
    is_number(warnings, 1, "the second call does nothing");

    setenv("LOG_LEVEL", "LOUD", 1);
    main_state = AP_SQ_MS_CREATE_PRE_CONFIG;
    site_start(&site, pool);
    config(&site, 0)->enabled = 1;
    site_merge(&site, pool);
    t2m_config_resolve(pool, &site.servers[0]);
    is_number(warnings, 1, "nothing is said when httpd reads its configuration the first time");
    is_number(config(&site, 0)->level[T2M_STREAM_APP], T2M_LEVEL_INFO, "a bad level is not used");
}

static void test_no_server(void)
{
    server_rec server = { .module_config = NULL };
    ok(!t2m_config_server(NULL) && !t2m_config_enabled(NULL), "no server");
    ok(!t2m_config_server(&server) && !t2m_config_enabled(&server), "a server that is made up");
}

int main(void)
{
    static const char *const variables[] = {
        "LOG_LEVEL", "LOG_FILE", "ERROR_LOG_FILE", "FLASK_ENV", "LOG_MAX_BYTES",
        "LOG_BACKUP_COUNT",
    };
    char root[] = "/tmp/t2mlog-config-XXXXXX";
    apr_pool_t *pool;

    apr_initialize();
    apr_pool_create(&pool, NULL);
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        unsetenv(variables[i]);
    }
    if (!mkdtemp(root) || mkdir(apr_pstrcat(pool, root, "/logs", NULL), 0755)) {
        printf("Bail out! no directory for the test\n");
        return 1;
    }
    server_root = root;
    test_defaults(pool);
    test_servers_inherit(pool);
    test_global(pool);
    test_rotations(pool);
    test_fields(pool);
    test_masks(pool);
    test_directories(pool);
    test_directory_words(pool);
    test_context(pool);
    test_names();
    test_rotation_variables(pool);
    test_environment(pool);
    test_no_server();
    (void)rmdir(apr_pstrcat(pool, root, "/logs", NULL)); /* nothing was made in it */
    ok(!rmdir(root), "nothing was made");
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
