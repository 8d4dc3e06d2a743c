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

/* See clean.h. Only texts without secrets are kept. Each has one place, by its size: the lines of a
 * flood that take turns differ in it, mostly. */
#include "core/clean.h"

/* Apart, so that the spans take no stack where nothing is searched. */
static __attribute__((noinline)) int is_clean(const t2m_mask_t *mask, t2m_text_t message)
{
    t2m_mask_span_t spans[T2M_MASK_SPANS_MAX];

    return t2m_mask_find(mask, T2M_CONTENT_MESSAGE, message, spans) == 0;
}

int t2m_clean_message(t2m_clean_t *clean, const t2m_mask_t *mask, t2m_text_t message)
{
    apr_size_t place = message.size % T2M_CLEAN_TEXTS;

    if (message.size == 0) {
        return 1;
    }
    if (clean->texts[place].mask == mask && clean->texts[place].size == message.size
        && memcmp(clean->texts[place].bytes, message.data, message.size) == 0) {
        return 1;
    }
    if (!is_clean(mask, message)) {
        return 0;
    }
    if (message.size <= T2M_CLEAN_SIZE) {
        memcpy(clean->texts[place].bytes, message.data, message.size);
        clean->texts[place].mask = mask;
        clean->texts[place].size = message.size;
    }
    return 1;
}
