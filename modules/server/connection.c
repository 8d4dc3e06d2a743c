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

#include <string.h>

#include <http_connection.h>

#include "server/config.h"
#include "server/private.h"
#include "shared/atomic.h"

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
    state->entry = NULL;
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

/* Whether a C string is those bytes, and nothing behind them. */
static __attribute__((noinline)) int is_same(const char *string, const char *bytes,
                                             apr_size_t size)
{
    if (size == 0 || !string) {
        return size == 0 && (!string || !*string);
    }
    return strncmp(string, bytes, size) == 0 && string[size] == '\0';
}

#define SIZE(packed, text) (packed)->sizes[T2M_EXCHANGE_##text - T2M_EXCHANGE_COMMON]

/* A module may have made up the server for this request, at the place of another one. */
static int has_texts(const t2m_connection_common_t *common, const request_rec *origin,
                     const t2m_text_t *texts)
{
    const t2m_packed_common_t *packed = &common->packed;
    const char *address = packed->bytes, *agent = address + SIZE(packed, ADDRESS);
    const char *vhost = agent + SIZE(packed, USER_AGENT);
    const char *host = vhost + SIZE(packed, VHOST);
    const char *protocol = host + SIZE(packed, HOST);
    int same_client = common->client_ip && origin->useragent_ip == common->client_ip;

    return (same_client
            || is_same(texts[T2M_EXCHANGE_ADDRESS].data, address, SIZE(packed, ADDRESS)))
           && is_same(texts[T2M_EXCHANGE_USER_AGENT].data, agent, SIZE(packed, USER_AGENT))
           && is_same(origin->server->server_hostname, vhost, SIZE(packed, VHOST))
           && is_same(texts[T2M_EXCHANGE_HOST].data, host, SIZE(packed, HOST))
           && is_same(texts[T2M_EXCHANGE_PROTOCOL].data, protocol, SIZE(packed, PROTOCOL));
}

const t2m_connection_common_t *t2m_connection_find(const request_rec *origin,
                                                   const t2m_mask_t *mask, t2m_text_t *texts)
{
    const t2m_connection_t *state = t2m_connection_get(origin->connection);
    const t2m_connection_common_t *common = state ? state->common : NULL;

    if (!common || common->server != origin->server || common->mask != mask
        || !has_texts(common, origin, texts)) {
        return NULL;
    }
    texts[T2M_EXCHANGE_ADDRESS].size = SIZE(&common->packed, ADDRESS);
    texts[T2M_EXCHANGE_USER_AGENT].size = SIZE(&common->packed, USER_AGENT);
    texts[T2M_EXCHANGE_VHOST].data = origin->server->server_hostname;
    texts[T2M_EXCHANGE_VHOST].size = SIZE(&common->packed, VHOST);
    texts[T2M_EXCHANGE_HOST].size = SIZE(&common->packed, HOST);
    texts[T2M_EXCHANGE_PROTOCOL].size = SIZE(&common->packed, PROTOCOL);
    return common;
}

/* Not even those of a process that had the slot before are like these. */
static apr_uint64_t next_stamp(void)
{
    static apr_uint64_t last;
    apr_uint64_t none = 0;

    if (!t2m_load(&last)) {
        (void)__atomic_compare_exchange_n(&last, &none, (apr_uint64_t)apr_time_now() << 8, 0,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    }
    return t2m_add(&last, 1) + 1;
}

void t2m_connection_keep(const request_rec *origin, const t2m_mask_t *mask,
                         const t2m_exchange_t *exchange, unsigned clean)
{
    t2m_connection_t *state = t2m_connection_get(origin->connection);
    t2m_connection_common_t *common = state ? state->common : NULL;

    if (!state) {
        return;
    }
    if (!common) {
        common = apr_palloc(origin->connection->pool, sizeof *common);
        state->common = common;
    }
    common->stamp = next_stamp();
    common->mask = mask;
    common->client_ip = origin->useragent_ip == origin->connection->client_ip
                        && exchange->texts[T2M_EXCHANGE_ADDRESS].data == origin->useragent_ip
                            ? origin->useragent_ip : NULL;
    common->server = t2m_packed_common_write(&common->packed, exchange, mask, clean)
                         ? origin->server : NULL;
}

void t2m_connection_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_config(post_config, NULL, NULL, APR_HOOK_MIDDLE);
    ap_hook_pre_connection(pre_connection, NULL, NULL, APR_HOOK_FIRST);
}
