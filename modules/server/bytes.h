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

/* Counts the bytes of a client's connection, TLS included, from one logged request to the next.
 *
 * Connection filters just above the network; the counts stand in the connection's state. Bytes out
 * are those handed to the network filter: what it still holds when a client goes away counts as
 * sent. A request that a client sends ahead of the answer to the one before counts with that one.
 */
#ifndef T2M_SERVER_BYTES_H
#define T2M_SERVER_BYTES_H

#include <httpd.h>

enum { T2M_BYTES_UNKNOWN = -1 };

/* One request's, and those of its connection that no request had. */
typedef struct {
    apr_int64_t in, out;
    int counted; /* 0: streams of HTTP/2, back ends; then the numbers mean nothing */
} t2m_bytes_t;

/**
 * The counts since the last call for the connection, which start again at 0. A number is
 * T2M_BYTES_UNKNOWN when a script's pipe went to the network unread.
 */
t2m_bytes_t t2m_bytes_take(const conn_rec *connection);

/**
 * All bytes out of a connection since it was made, which the threads of its streams may ask. 0 for
 * NULL and where nothing is counted.
 */
apr_int64_t t2m_bytes_out(const conn_rec *connection);

/** Registers the filters and the hook pre_connection. */
void t2m_bytes_register(apr_pool_t *pool);

#endif
