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

/* See connection.h. */
#include "server/connection.h"

#include <http_connection.h>

#include "server/config.h"
#include "server/private.h"

/* Which virtual host a connection is for is not known when it is made. Set in the parent before it
 * forks, never changed after. */
static int wanted;

/* A connection to a back end has no place on the scoreboard, a stream of HTTP/2 has a master. */
static int pre_connection(conn_rec *connection, void *socket)
{
    t2m_connection_t *state;

    (void)socket;
    if (!wanted || connection->master || !connection->sbh) {
        return OK;
    }
    state = apr_palloc(connection->pool, sizeof *state);
    state->in = state->out = state->all_out = 0;
    state->mask = NULL;
    state->user_agent.size = state->host.size = 0;
    ap_set_module_config(connection->conn_config, &t2mlog_module, state);
    return OK;
}

static int post_config(apr_pool_t *pool, apr_pool_t *log_pool, apr_pool_t *temporary_pool,
                       server_rec *server)
{
    (void)pool;
    (void)log_pool;
    (void)temporary_pool;
    wanted = t2m_config_enabled_anywhere(server);
    return OK;
}

t2m_connection_t *t2m_connection_get(const conn_rec *connection)
{
    return connection && !connection->master && connection->conn_config
               ? ap_get_module_config(connection->conn_config, &t2mlog_module) : NULL;
}

int t2m_connection_knows(const t2m_connection_t *connection, const t2m_connection_text_t *known,
                         const t2m_mask_t *mask, t2m_text_t text)
{
    return connection && known->size == text.size && connection->mask == mask
           && !memcmp(known->bytes, text.data, text.size);
}

void t2m_connection_learn(t2m_connection_t *connection, t2m_connection_text_t *known,
                          const t2m_mask_t *mask, t2m_text_t text)
{
    if (!connection || text.size > T2M_CONNECTION_TEXT_MAX) {
        return;
    }
    if (connection->mask != mask) {
        connection->user_agent.size = connection->host.size = 0;
        connection->mask = mask;
    }
    known->size = (unsigned char)text.size;
    memcpy(known->bytes, text.data, text.size);
}

void t2m_connection_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_FIRST);
}
