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

/* See early.h. */
#include "server/early.h"

#include <stdlib.h>

#include <apr_strings.h>
#include <http_main.h>
#include <mpm_common.h>

#include "server/errorline.h"
#include "server/private.h"
#include "server/process.h"

enum { LINES_MAX = 256, BYTES_MAX = 256 * 1024 };

typedef struct kept_t kept_t;
struct kept_t {
    kept_t *next;
    t2m_errorline_t line; /* its module and file are constants of code that stays loaded */
    char text[];
};

/* Emptied by replay, before anything is forked, or by a cleanup of pconf. */
static struct {
    kept_t *first, *last;
    int count;
    int left_out;
    apr_size_t bytes;
} store;

static apr_status_t forget(void *unused)
{
    (void)unused;
    while (store.first) {
        kept_t *next = store.first->next;
        free(store.first);
        store.first = next;
    }
    memset(&store, 0, sizeof store);
    return APR_SUCCESS;
}

/* The first of the two passes of a start and `httpd -t` tell nobody; after post_config a server
 * without memory is one that does not log. */
static int is_early(void)
{
    return ap_state_query(AP_SQ_MAIN_STATE) == AP_SQ_MS_CREATE_CONFIG
           && ap_state_query(AP_SQ_RUN_MODE) == AP_SQ_RM_NORMAL;
}

static void keep(const ap_errorlog_info *info, const char *text)
{
    t2m_errorline_t line;
    kept_t *kept = NULL;

    t2m_errorline_read(info, text, &line);
    t2m_errorline_group(&line, NULL, line.text);
    if (store.count < LINES_MAX && store.bytes + line.text.size <= BYTES_MAX) {
        kept = malloc(sizeof *kept + line.text.size);
    }
    if (!kept) {
        store.left_out++;
        return;
    }
    memcpy(kept->text, line.text.data, line.text.size);
    kept->line = line;
    kept->line.text.data = kept->text;
    kept->next = NULL;
    if (store.last) {
        store.last->next = kept;
    } else {
        store.first = kept;
    }
    store.last = kept;
    store.count++;
    store.bytes += line.text.size;
}

static void error_log(const ap_errorlog_info *info, const char *text)
{
    if (!t2m_process_ready() && is_early()) {
        keep(info, text);
    }
}

static void announce_left_out(const t2m_errorline_place_t *place)
{
    t2m_errorline_t line = { .time = apr_time_now(), .level = T2M_LEVEL_WARNING,
                             .module = "t2mlog" };
    char text[96];

    apr_snprintf(text, sizeof text, "%d lines of this start are in the classic error log only",
                 store.left_out);
    line.text = t2m_text(text);
    t2m_errorline_write(&line, place);
}

void t2m_early_replay(server_rec *main_server)
{
    const t2m_server_config_t *config = t2m_config_server(main_server);
    t2m_errorline_place_t place;

    if (config && config->enabled == 1) {
        t2m_errorline_locate(&place, config, NULL, NULL);
        for (kept_t *kept = store.first; kept; kept = kept->next) {
            t2m_errorline_group(&kept->line, config, kept->line.text);
            t2m_errorline_write(&kept->line, &place);
        }
        if (store.left_out) {
            announce_left_out(&place);
        }
    }
    (void)forget(NULL);
}

void t2m_early_register(apr_pool_t *pool)
{
    apr_pool_cleanup_register(pool, NULL, forget, apr_pool_cleanup_null);
    ap_hook_error_log(error_log, NULL, NULL, APR_HOOK_MIDDLE);
}
