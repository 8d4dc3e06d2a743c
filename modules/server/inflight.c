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

/* See inflight.h. */
#include "server/inflight.h"

#include <http_protocol.h>

#include "server/connection.h"
#include "server/crash.h"
#include "server/process.h"
#include "server/request.h"

static __attribute__((noinline)) t2m_text_t mask_into(const t2m_server_config_t *config,
                                                      t2m_content_e content, t2m_text_t text,
                                                      char *out, apr_size_t room)
{
    int cut = 0;

    return t2m_text_of(out, t2m_mask_copy(config->mask, content, text, out, room, &cut));
}

/* What is in a text: nothing to mask, or its copy without it. */
static __attribute__((noinline)) int is_clean(const t2m_server_config_t *config,
                                              t2m_content_e content, t2m_text_t text)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];

    return t2m_mask_find(config->mask, content, text, spans) == 0;
}

/* The text as the entry shows it; notes when it needs no search any more. */
static inline t2m_text_t entry_text(t2m_request_t *state, const t2m_server_config_t *config,
                             t2m_exchange_text_e which, char *out, apr_size_t room)
{
    t2m_text_t text = state->exchange.texts[which];
    t2m_content_e content;

    if (t2m_request_is_clean(state, which)) {
        return text;
    }
    content = t2m_exchange_content(&state->exchange, which);
    if (!is_clean(config, content, text)) {
        return mask_into(config, content, text, out, room);
    }
    state->clean |= 1u << which;
    return text;
}

static void begin_entry(t2m_request_t *state, const request_rec *request,
                                   const t2m_server_config_t *config)
{
    const t2m_text_t *texts = t2m_request_exchange(state, request, config)->texts;
    t2m_connection_t *connection = t2m_connection_get(request->connection);
    char path[sizeof state->entry->path], agent[sizeof state->entry->user_agent];
    t2m_slot_request_t begun;

    begun.started = state->started;
    begun.started_monotonic = state->started_monotonic;
    begun.file = config->file_id[T2M_STREAM_ACCESS];
    begun.errors_file = config->file_id[T2M_STREAM_ERRORS];
    begun.id = t2m_request_id(state);
    begun.method = texts[T2M_EXCHANGE_METHOD];
    begun.path = entry_text(state, config, T2M_EXCHANGE_PATH, path, sizeof path);
    begun.ip = texts[T2M_EXCHANGE_ADDRESS];
    begun.vhost = texts[T2M_EXCHANGE_VHOST];
    begun.user_agent = entry_text(state, config, T2M_EXCHANGE_USER_AGENT, agent, sizeof agent);
    begun.client = state->common ? state->common->stamp : 0;
    begun.entry = connection ? connection->entry : NULL;
    state->entry = t2m_process_begin(&begun);
    if (connection) {
        connection->entry = state->entry;
    }
}

/* A crash names the request in errors, so that one of the two streams is enough. */
static int is_tracked(const t2m_server_config_t *config)
{
    return config->enabled == 1 && (config->file_id[T2M_STREAM_ACCESS] != T2M_FILE_NONE
                                    || config->file_id[T2M_STREAM_ERRORS] != T2M_FILE_NONE);
}

/* Behind mod_remoteip, for the client's address. */
static int begin(request_rec *request)
{
    t2m_request_t *state = request->prev || request->main ? NULL : t2m_request_get(request);

    if (!state || state->entry || !is_tracked(state->config) || !t2m_process_ready()) {
        return DECLINED;
    }
    begin_entry(state, request, state->config);
    t2m_crash_serving(state->entry);
    return OK;
}

void t2m_inflight_register(apr_pool_t *pool)
{
    static const char *const before[] = { "mod_remoteip.c", NULL };

    (void)pool;
    ap_hook_post_read_request(begin, before, NULL, APR_HOOK_FIRST);
}
