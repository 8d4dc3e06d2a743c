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

/* Copies of memory that somebody else may be changing meanwhile: word by word, each load or store
 * a relaxed atomic one. What was copied may be half old and half new, which whoever calls this
 * finds out or can live with, but it is copied once: no compiler may look at the original again.
 * The shared side is aligned to 8 bytes. */
#ifndef T2M_SHARED_WORDS_H
#define T2M_SHARED_WORDS_H

#include <string.h>

#include <apr.h>

/** Copies size bytes of shared memory into out. */
static inline void t2m_words_read(void *out, const void *shared, apr_size_t size)
{
    const apr_uint64_t *words = shared;
    const unsigned char *bytes = shared;
    apr_size_t i;

    for (i = 0; i < size / sizeof(*words); i++) {
        apr_uint64_t word = __atomic_load_n(&words[i], __ATOMIC_RELAXED);

        memcpy((char *)out + i * sizeof(word), &word, sizeof(word));
    }
    for (i *= sizeof(*words); i < size; i++) {
        ((unsigned char *)out)[i] = __atomic_load_n(&bytes[i], __ATOMIC_RELAXED);
    }
}

/** Copies size bytes of from into shared memory. */
static inline void t2m_words_write(void *shared, const void *from, apr_size_t size)
{
    apr_uint64_t *words = shared;
    unsigned char *bytes = shared;
    apr_size_t i;

    for (i = 0; i < size / sizeof(*words); i++) {
        apr_uint64_t word;

        memcpy(&word, (const char *)from + i * sizeof(word), sizeof(word));
        __atomic_store_n(&words[i], word, __ATOMIC_RELAXED);
    }
    for (i *= sizeof(*words); i < size; i++) {
        __atomic_store_n(&bytes[i], ((const unsigned char *)from)[i], __ATOMIC_RELAXED);
    }
}

#endif
