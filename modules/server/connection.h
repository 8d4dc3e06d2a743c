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

#include "core/mask.h"
#include "core/text.h"

enum { T2M_CONNECTION_TEXT_MAX = 255 };

/* A text that the last request had, too. */
typedef struct {
    unsigned char size; /* 0: none */
    char bytes[T2M_CONNECTION_TEXT_MAX];
} t2m_connection_text_t;

typedef struct {
    apr_int64_t in, out; /* see bytes.h: since the last request was logged */
    apr_int64_t all_out; /* known ones since it was made; other threads read it */
    const t2m_mask_t *mask; /* by which the texts were searched; NULL: none was */
    t2m_connection_text_t user_agent, host;
} t2m_connection_t;

/** The state of a client's connection; NULL for NULL, for streams of HTTP/2 and back ends. */
t2m_connection_t *t2m_connection_get(const conn_rec *connection);

/**
 * Nonzero when the text is one that t2m_connection_learn was told of last, in whatever memory it
 * stands: it needs neither masking by that policy nor escapes. connection: may be NULL.
 */
int t2m_connection_knows(const t2m_connection_t *connection, const t2m_connection_text_t *known,
                         const t2m_mask_t *mask, t2m_text_t text);

/** Notes a text that by this policy needs neither. One that is too long is not noted. */
void t2m_connection_learn(t2m_connection_t *connection, t2m_connection_text_t *known,
                          const t2m_mask_t *mask, t2m_text_t text);

/** Registers the hooks post_config and pre_connection. */
void t2m_connection_register(apr_pool_t *pool);

#endif
