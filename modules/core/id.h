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

/* Request ids: UUID version 7 (RFC 9562 section 5.7), whose random bits come from a keyed
 * pseudo-random function, so that making one is neither a system call nor a lock. */
#ifndef T2M_CORE_ID_H
#define T2M_CORE_ID_H

#include <apr_time.h>

enum {
    T2M_ID_SIZE = 36,     /* an id of ours, no NUL */
    T2M_ID_MIN = 8,       /* the shortest that is taken over from a trusted peer */
    T2M_ID_MAX = 128,     /* and the longest */
    T2M_ID_KEY_SIZE = 32
};

/* A process's generator. Any number of threads may draw at once. */
typedef struct {
    unsigned char key[T2M_ID_KEY_SIZE];
    apr_uint64_t counter; /* only touched atomically */
} t2m_id_generator_t;

/**
 * Sets the key: T2M_ID_KEY_SIZE bytes from the system's random source. To be called again in each
 * new process: a forked copy would draw the same ids.
 */
void t2m_id_seed(t2m_id_generator_t *generator, const unsigned char *key);

/**
 * 128 unpredictable bits, different at each call: SipHash-2-4 of a counter under each half of the
 * key. For trace and span ids.
 */
void t2m_id_random(t2m_id_generator_t *generator, unsigned char out[16]);

/**
 * Writes a new id, lower-case hex with dashes, no NUL, for the moment time (before 1970: 1970). Of
 * its 74 random bits 62 are SipHash-2-4 of a counter under the first half of the key, and 12 are
 * a product of the same hash under the second half.
 */
void t2m_id_make(t2m_id_generator_t *generator, apr_time_t time, char out[T2M_ID_SIZE]);

/** Nonzero when an inbound id may be taken over: 8 to 128 bytes of [A-Za-z0-9._~@:-]. */
int t2m_id_valid(const char *id, apr_size_t size);

#endif
