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

/* Nonzero when the common texts of the exchange are those bytes. That of the virtual host is not
 * asked: it is the server's. */
static int has_texts(const t2m_packed_common_t *packed, const t2m_exchange_t *exchange)
{
    const char *bytes = packed->bytes;

    for (int i = 0; i < T2M_EXCHANGE_COMMON_END - T2M_EXCHANGE_COMMON; i++) {
        t2m_text_t text = exchange->texts[T2M_EXCHANGE_COMMON + i];

        if (T2M_EXCHANGE_COMMON + i != T2M_EXCHANGE_VHOST
            && (text.size != packed->sizes[i] || !t2m_text_equal(text.data, bytes, text.size))) {
            return 0;
        }
        bytes += packed->sizes[i];
    }
    return 1;
}

const t2m_connection_common_t *t2m_connection_find(const conn_rec *connection,
                                                   const server_rec *server,
                                                   const t2m_mask_t *mask,
                                                   const t2m_exchange_t *exchange)
{
    const t2m_connection_t *state = t2m_connection_get(connection);
    const t2m_connection_common_t *common = state ? state->common : NULL;

    return common && common->server == server && common->mask == mask
           && has_texts(&common->packed, exchange) ? common : NULL;
}

void t2m_connection_keep(const conn_rec *connection, const server_rec *server,
                         const t2m_mask_t *mask, const t2m_exchange_t *exchange, unsigned clean)
{
    t2m_connection_t *state = t2m_connection_get(connection);
    t2m_connection_common_t *common = state ? state->common : NULL;

    if (!state) {
        return;
    }
    if (!common) {
        common = apr_palloc(connection->pool, sizeof *common);
        common->version = 0;
        state->common = common;
    }
    common->version++;
    common->mask = mask;
    common->server = t2m_packed_common_write(&common->packed, exchange, mask, clean) ? server
                                                                                     : NULL;
}

void t2m_connection_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_FIRST);
}
