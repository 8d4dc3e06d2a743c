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


/* The compact form of an exchange, in which a worker hands it to the writer: numbers as they stand
 * in memory, the sizes of its texts, and the texts one behind the other, without their secrets.
 * Time, duration, status and endpoint are not in it: they stand in the record of the ring
 * (shared/layout.h) that has it.
 *
 * Only between processes of one server and one version of the layout. Writing trusts the exchange;
 * reading trusts nothing. Neither allocates; any thread.
 */
#ifndef T2M_CORE_PACKED_EXCHANGE_H
#define T2M_CORE_PACKED_EXCHANGE_H

#include "core/exchange.h"

enum {
    T2M_PACKED_TEXTS_MAX = 8192,  /* bytes of all texts: the default of T2MLogMaxRecord */
    T2M_PACKED_COMMON_MAX = 512   /* bytes of the texts of a connection that are kept */
};

typedef struct {
    apr_int64_t first_byte, content_length, bytes_in, bytes_out, connection; /* as exchange.h has */
    apr_uint32_t limit;           /* T2MLogMaxRecord of its lines: see core/encode.h */
    apr_uint16_t sizes[T2M_EXCHANGE_TEXTS];
    unsigned char aborted;
    unsigned char reserved;
} t2m_packed_exchange_t;

enum { T2M_PACKED_EXCHANGE_MAX = sizeof(t2m_packed_exchange_t) + T2M_PACKED_TEXTS_MAX };

/* The texts that the exchanges of a connection have in common, in their form. */
typedef struct {
    apr_uint16_t sizes[T2M_EXCHANGE_COMMON_END - T2M_EXCHANGE_COMMON];
    apr_uint16_t size;  /* of all of them */
    char bytes[T2M_PACKED_COMMON_MAX];
} t2m_packed_common_t;

/**
 * Packs the common texts. mask: the policy by which they are searched; clean: a bit for each text
 * of t2m_exchange_text_e that is known to hold no secret. Returns 0, and common is of no use, when
 * they do not fit.
 */
int t2m_packed_common_write(t2m_packed_common_t *common, const t2m_exchange_t *exchange,
                            const t2m_mask_t *mask, unsigned clean);

/**
 * Packs an exchange into out, which has room for T2M_PACKED_EXCHANGE_MAX bytes and is aligned as
 * numbers of 64 bits are. mask and clean as above; common: what t2m_packed_common_write left of an
 * exchange with equal common texts, else NULL. limit: T2MLogMaxRecord. Returns the number of bytes;
 * 0 when it does not fit, has more secrets than a record can show one by one, or has one and may
 * not fit its line: then it must be a record.
 */
apr_size_t t2m_packed_exchange_write(const t2m_exchange_t *exchange, const t2m_mask_t *mask,
                                     unsigned clean, const t2m_packed_common_t *common,
                                     apr_size_t limit, char *out);

/**
 * Reads size bytes at bytes, of any alignment, into the exchange: all but time, duration, status,
 * slow and endpoint. Its texts are borrowed from bytes. *limit: of its lines, as t2m_encode takes
 * it. Returns 0, and nothing is to be used, when that is no exchange.
 */
int t2m_packed_exchange_read(const char *bytes, apr_size_t size, t2m_exchange_t *exchange,
                             apr_size_t *limit);

#endif
