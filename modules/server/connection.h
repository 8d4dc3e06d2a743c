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

/* What the module knows of a connection: bytes, and what its requests have in common.
 *
 * Hangs in conn_config and lives in the connection's pool. The streams of HTTP/2 have none: several
 * threads serve them at once. All else belongs to the one thread that serves the connection at the
 * time.
 */
#ifndef T2M_SERVER_CONNECTION_H
#define T2M_SERVER_CONNECTION_H

#include <httpd.h>

#include "core/packed_exchange.h"
#include "shared/layout.h"

/* What the last request had, of which nothing is masked. */
typedef struct {
    const server_rec *server; /* NULL: it is not kept */
    const t2m_mask_t *mask;   /* by which the texts were searched */
    const char *client_ip;    /* the connection's own, if the address is that; else NULL */
    apr_uint64_t stamp;       /* one of its own in this process, each time that something is kept */
    t2m_packed_common_t packed;
} t2m_connection_common_t;

typedef struct {
    apr_int64_t in, out; /* see bytes.h: since the last request was logged; below 0: not known */
    apr_int64_t all_out; /* known ones since it was made; other threads read it */
    t2m_connection_common_t *common; /* NULL: nothing is kept yet */
    t2m_inflight_t *entry;           /* that its last request had; NULL: none yet */
} t2m_connection_t;

/** The state of a client's connection; NULL for NULL, for streams of HTTP/2 and back ends. */
t2m_connection_t *t2m_connection_get(const conn_rec *connection);

/**
 * What the last request of the connection had, if this one has the same; NULL when not. texts: of
 * its exchange, of which address, user agent, host and protocol are C strings whose sizes are not
 * known yet (that of the address may be), or NULL. When it has the same, the sizes of all common
 * texts are set, and that of the virtual host is the server's name.
 */
const t2m_connection_common_t *t2m_connection_find(const request_rec *origin,
                                                   const t2m_mask_t *mask, t2m_text_t *texts);

/**
 * Keeps the common texts of an exchange for the next one. clean: as for t2m_packed_common_write.
 * What is too long or has secrets is not kept, and then nothing is.
 */
void t2m_connection_keep(const request_rec *origin, const t2m_mask_t *mask,
                         const t2m_exchange_t *exchange, unsigned clean);

/** Registers the hooks post_config and pre_connection. */
void t2m_connection_register(apr_pool_t *pool);

#endif
