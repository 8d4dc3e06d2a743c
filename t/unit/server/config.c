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

static void test_defaults(apr_pool_t *pool)
{
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
    is_string(main_config->global->directory_from, "default", "where T2MLogDir is from");
    is_string(main_config->global->directory, apr_pstrcat(pool, server_root, "/logs/t2mlog", NULL),
              "T2MLogDir beside the ErrorLog");
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        is_number(main_config->level[stream], T2M_LEVEL_INFO, "level");
        is_number(main_config->file_id[stream], T2M_FILE_NONE, "no file number");
        is_string(main_config->path[stream], apr_pstrcat(pool, main_config->global->directory, "/",
                  t2m_stream_file(stream), NULL), "path");
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
        "LOG_LEVEL", "LOG_FILE", "ERROR_LOG_FILE", "FLASK_ENV",
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
    test_masks(pool);
    test_directories(pool);
    test_environment(pool);
    test_no_server();
    (void)rmdir(apr_pstrcat(pool, root, "/logs", NULL)); /* nothing was made in it */
    ok(!rmdir(root), "nothing was made");
    apr_pool_destroy(pool);
    apr_terminate();
    return tap_done();
}
