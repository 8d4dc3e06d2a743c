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
    state->common = NULL;
    state->start.second = -1;
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

static inline int is_same(t2m_text_t one, t2m_text_t other)
{
    if (one.size != other.size) {
        return 0;
    }
    return one.size == 8 ? !memcmp(one.data, other.data, 8)
                         : !one.size || !memcmp(one.data, other.data, one.size);
}

const t2m_connection_common_t *t2m_connection_find(const conn_rec *connection,
                                                   const t2m_connection_key_t *key)
{
    const t2m_connection_t *state = t2m_connection_get(connection);
    const t2m_connection_common_t *common = state ? state->common : NULL;

    return common && common->members.size && common->key.server == key->server
           && common->key.mask == key->mask && is_same(common->key.user_agent, key->user_agent)
           && is_same(common->key.host, key->host) && is_same(common->key.address, key->address)
           && is_same(common->key.protocol, key->protocol) ? common : NULL;
}

static t2m_text_t keep(char **next, t2m_text_t text)
{
    char *kept = *next;

    *next = t2m_text_copy(kept, text.data, text.size);
    return t2m_text_of(kept, text.size);
}

void t2m_connection_keep(const conn_rec *connection, const t2m_connection_key_t *key,
                         int agent_is_clean, t2m_text_t members)
{
    t2m_connection_t *state = t2m_connection_get(connection);
    t2m_connection_common_t *common;
    char *next;

    if (!state || key->user_agent.size + key->host.size + key->address.size + key->protocol.size
                          + members.size > sizeof common->bytes) {
        return;
    }
    if (!state->common) {
        state->common = apr_palloc(connection->pool, sizeof *common);
        state->common->version = 0;
    }
    common = state->common;
    next = common->bytes;
    common->key.server = key->server;
    common->key.mask = key->mask;
    common->key.user_agent = keep(&next, key->user_agent);
    common->key.host = keep(&next, key->host);
    common->key.address = keep(&next, key->address);
    common->key.protocol = keep(&next, key->protocol);
    common->members = keep(&next, members);
    common->agent_is_clean = agent_is_clean;
    common->version++;
}

void t2m_connection_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_FIRST);
}
