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

/* What the header X-T2M-Debug carries: `1.EXPIRY.LABEL.HMAC`. EXPIRY is in epoch seconds, LABEL
 * says whose it is, HMAC is the HMAC-SHA-256 of all before its dot, in lower-case hex. Whoever has
 * the key can make one: `printf %s 1.EXPIRY.LABEL | openssl dgst -sha256 -hmac KEY`.
 *
 * Pure but for libcrypto; any thread.
 */
#ifndef T2M_CORE_DEBUG_TOKEN_H
#define T2M_CORE_DEBUG_TOKEN_H

#include <apr_time.h>

#include "core/text.h"

enum {
    T2M_DEBUG_KEY_MIN = 32, /* bytes of a key */
    T2M_DEBUG_KEY_MAX = 512,
    T2M_DEBUG_LABEL_MAX = 32,
    T2M_DEBUG_TOKEN_MAX = 128 /* of a value, with its NUL */
};

/* No value is good for longer than this from now. */
#define T2M_DEBUG_LIFE_MAX apr_time_from_sec(24 * 60 * 60)

/* The key: the bytes of its file without the LF at its end. */
typedef struct {
    apr_size_t size;
    char bytes[T2M_DEBUG_KEY_MAX];
} t2m_debug_key_t;

typedef enum {
    T2M_DEBUG_TOKEN_GOOD,
    T2M_DEBUG_TOKEN_MALFORMED,
    T2M_DEBUG_TOKEN_FORGED,  /* not made with this key, or libcrypto failed */
    T2M_DEBUG_TOKEN_EXPIRED,
    T2M_DEBUG_TOKEN_TOO_LONG /* expires after more than T2M_DEBUG_LIFE_MAX */
} t2m_debug_token_e;

/** Nonzero for 1 to T2M_DEBUG_LABEL_MAX of the characters A-Z a-z 0-9 _ -. */
int t2m_debug_label_valid(t2m_text_t label);

/**
 * Writes a value with a NUL; label is valid, expiry is not before 1970. Returns its size, 0 when
 * libcrypto fails or expiry has more than 12 digits.
 */
apr_size_t t2m_debug_token_write(const t2m_debug_key_t *key, apr_time_t expiry, t2m_text_t label,
                                 char out[T2M_DEBUG_TOKEN_MAX]);

/**
 * Judges a value from outside. The HMAC is compared in constant time. *label, borrowed from value,
 * is empty for one that is malformed or forged, and *expiry 0.
 */
t2m_debug_token_e t2m_debug_token_check(const t2m_debug_key_t *key, t2m_text_t value,
                                        apr_time_t now, t2m_text_t *label, apr_time_t *expiry);

#endif
