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

/* Client addresses as T2MLogClientIP wants them shown. */
#ifndef T2M_CORE_ADDRESS_H
#define T2M_CORE_ADDRESS_H

#include <apr_time.h>

#include "core/text.h"

typedef enum {
    T2M_ADDRESS_FULL,
    T2M_ADDRESS_TRUNCATE, /* IPv4 to /24, IPv6 to /48, 6to4 to /40 (an IPv4 /24), an IPv4-mapped
                           * one as IPv4; the other bits are 0: 192.0.2.0, 2001:db8:1:: */
    T2M_ADDRESS_HMAC,     /* 16 hex digits, another for the same address each day (UTC) */
    T2M_ADDRESS_NONE
} t2m_address_mode_e;

enum {
    T2M_ADDRESS_MAX = 64,     /* bytes of a shown address */
    T2M_ADDRESS_KEY_SIZE = 32
};

/**
 * Writes the address into out (room for T2M_ADDRESS_MAX, no NUL) and returns its size; 0 for
 * NONE, for no address (NULL or empty), for TRUNCATE of what is no address, and when libcrypto
 * fails. FULL copies what it gets, up to T2M_ADDRESS_MAX bytes.
 *
 * key: T2M_ADDRESS_KEY_SIZE secret bytes, only read for HMAC: HMAC-SHA-256 (RFC 2104) of the day
 * number since 1970 (8 bytes, high byte first) and the address, its first 64 bits. The address
 * goes in as inet_ntop writes it, an IPv4-mapped one as IPv4, without a zone, so that one client
 * has one hash; what is no address as it is, up to T2M_ADDRESS_MAX bytes.
 */
apr_size_t t2m_address_write(t2m_address_mode_e mode, const unsigned char *key, apr_time_t now,
                             const char *address, char *out);

#endif
