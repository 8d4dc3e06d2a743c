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

/* See publish.h. */
#include "server/publish.h"

#include <apr_hash.h>
#include <apr_network_io.h>
#include <apr_strings.h>
#include <http_log.h>

#include "shared/memory.h"
#include "shared/settings.h"

#include "server/config.h"
#include "server/private.h"

static int refuse(server_rec *server, int restart, apr_status_t status, const char *text,
                  const char *what)
{
    ap_log_error(APLOG_MARK, restart ? APLOG_ERR : APLOG_CRIT, status, server, "%s: %s", text,
                 what);
    return HTTP_INTERNAL_SERVER_ERROR;
}

/* The files of the settings, found by their path. */
typedef struct {
    t2m_settings_t *settings;
    apr_hash_t *known[T2M_STREAM_COUNT];
    apr_uint32_t refused; /* files without a number */
    const char *first;    /* of these */
} numbering_t;

static void know_file(numbering_t *numbering, t2m_settings_file_t *file)
{
    apr_hash_set(numbering->known[file->stream], file->path, APR_HASH_KEY_STRING, file);
}

static void begin_numbering(numbering_t *numbering, t2m_settings_t *settings, apr_pool_t *pool)
{
    apr_uint32_t i;
    int stream;

    memset(numbering, 0, sizeof(*numbering));
    numbering->settings = settings;
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        numbering->known[stream] = apr_hash_make(pool);
    }
    for (i = 0; i < settings->file_count; i++) {
        settings->files[i].retired = 1; /* files of earlier configurations keep their numbers */
        know_file(numbering, &settings->files[i]);
    }
}

/* NULL when the table is full or the path is too long. */
static t2m_settings_file_t *find_file(numbering_t *numbering, t2m_stream_e stream,
                                      const char *path)
{
    t2m_settings_file_t *file = apr_hash_get(numbering->known[stream], path, APR_HASH_KEY_STRING);
    apr_uint32_t number;

    if (file) {
        return file;
    }
    number = t2m_settings_add(numbering->settings, stream, path);
    if (number == T2M_FILES_MAX) {
        return NULL;
    }
    know_file(numbering, &numbering->settings->files[number]);
    return &numbering->settings->files[number];
}

/* A virtual host may name a file that the main server has: its own rotation counts there. A file
 * without a number leaves its stream off. */
static void number_stream(numbering_t *numbering, t2m_server_config_t *config, t2m_stream_e stream)
{
    const char *path = config->path[stream];
    t2m_settings_file_t *file = path ? find_file(numbering, stream, path) : NULL;

    config->file_id[stream] = T2M_FILE_NONE;
    if (file) {
        file->retired = 0;
        file->rotation = *config->rotation[stream];
        file->sync = (unsigned char)config->global->sync[stream];
        config->file_id[stream] = (apr_uint16_t)(file - numbering->settings->files);
    } else if (path) {
        numbering->first = numbering->refused++ ? numbering->first : path;
    }
}

static int refuse_files(server_rec *server, const numbering_t *numbering, int restart)
{
    return refuse(server, restart, 0, "T2M0106: too many log files, or a path too long",
                  apr_psprintf(server->process->pconf, "%u have no place, as %s; allowed: %d since "
                               "the start, with those of earlier configurations; stop and start "
                               "httpd, or let virtual hosts share files", numbering->refused,
                               numbering->first, T2M_FILES_MAX));
}

/* Only a restart goes on without a file. */
static int number_files(t2m_retained_t *retained, server_rec *main_server, apr_pool_t *pool,
                        int restart)
{
    const t2m_server_config_t *main_config = t2m_config_server(main_server);
    numbering_t numbering;
    server_rec *server;
    int stream;

    begin_numbering(&numbering, retained->settings, pool);
    for (server = main_server; server; server = server->next) {
        t2m_server_config_t *config = t2m_config_server(server);

        if (server != main_server && config == main_config) {
            continue; /* a virtual host without a directive of its own */
        }
        for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
            number_stream(&numbering, config, (t2m_stream_e)stream);
        }
    }
    return numbering.refused ? refuse_files(main_server, &numbering, restart) : OK;
}

static void fill(t2m_settings_t *settings, const t2m_global_config_t *global)
{
    apr_cpystrn(settings->user, global->user ? global->user : "", T2M_USER_MAX);
    apr_cpystrn(settings->token_file, global->token_file ? global->token_file : "",
                sizeof(settings->token_file));
    apr_cpystrn(settings->directory, global->directory, sizeof(settings->directory));
    settings->layout = (apr_uint32_t)global->layout;
    settings->block = global->on_full == T2M_ON_FULL_BLOCK;
    settings->confine = global->confine != 0;
    settings->repeat = global->repeat;
    settings->max_total = global->max_total;
    settings->min_free = global->min_free;
}

/* What stands in the lines that the writer makes, as in the main server's. */
static void name_us(t2m_settings_t *settings, server_rec *server)
{
    const t2m_server_config_t *config = t2m_config_server(server);

    apr_cpystrn(settings->app, config->app, sizeof(settings->app));
    apr_cpystrn(settings->environment, config->environment, sizeof(settings->environment));
    if (apr_gethostname(settings->hostname, sizeof(settings->hostname), server->process->pconf)
        != APR_SUCCESS) {
        apr_cpystrn(settings->hostname, "localhost", sizeof(settings->hostname));
    }
}

int t2m_publish_settings(t2m_retained_t *retained, server_rec *server, int restart, int *again)
{
    t2m_slots_map_t map;
    void *memory;
    apr_pool_t *pool;
    apr_status_t status;
    int code;

    *again = 0;
    apr_pool_create(&pool, server->process->pconf);
    code = number_files(retained, server, pool, restart);
    apr_pool_destroy(pool);
    if (code != OK && !restart) {
        return code;
    }
    fill(retained->settings, t2m_config_global(server));
    name_us(retained->settings, server);
    t2m_slots_map(&retained->geometry, &map);
    status = t2m_memory_map(retained->front.slots_fd, 0, map.slots, 1, 0, &memory);
    if (status != APR_SUCCESS) {
        *again = 1;
        return refuse(server, restart, status, "T2M0107: cannot reach the memory of the slots",
                      "settings");
    }
    (void)t2m_settings_publish(memory, &retained->geometry, retained->settings);
    t2m_memory_unmap(memory, map.slots);
    return code;
}
