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

/* Messages that were searched for secrets lately and have none: what floods a log is mostly the
 * same, and a search is most of what a line costs. */
#ifndef T2M_CORE_CLEAN_H
#define T2M_CORE_CLEAN_H

#include "core/mask.h"
#include "core/text.h"

enum {
    T2M_CLEAN_TEXTS = 4,
    T2M_CLEAN_SIZE = 496 /* a longer message is searched each time */
};

/* Private to clean.c. All zero: nothing is known. For one thread. */
typedef struct {
    struct {
        const t2m_mask_t *mask;
        apr_size_t size;
        char bytes[T2M_CLEAN_SIZE];
    } texts[T2M_CLEAN_TEXTS];
} t2m_clean_t;

/**
 * Nonzero when t2m_mask_find finds nothing in the message. Remembers it, and the text, in clean. A
 * policy must not change or end while clean knows it; let clean be zeroed then.
 */
int t2m_clean_message(t2m_clean_t *clean, const t2m_mask_t *mask, t2m_text_t message);

#endif
