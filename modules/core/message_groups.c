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

/* See message_groups.h. Each text has one place, by its size and its last byte: the lines of a
 * flood that take turns differ in one of them, mostly. */
#include "core/message_groups.h"

static apr_size_t place_of(t2m_text_t message)
{
    return (message.size + (unsigned char)message.data[message.size - 1])
           % T2M_MESSAGE_GROUPS_TEXTS;
}

static int is_kept(t2m_text_t message)
{
    return message.size && message.size <= T2M_MESSAGE_GROUPS_SIZE;
}

int t2m_message_groups_find(const t2m_message_groups_t *known, const void *rules,
                            t2m_text_t message, char id[T2M_ERROR_GROUP_SIZE])
{
    apr_size_t place = is_kept(message) ? place_of(message) : 0;

    if (!is_kept(message) || known->texts[place].rules != rules
        || known->texts[place].size != message.size
        || memcmp(known->texts[place].bytes, message.data, message.size)) {
        return 0;
    }
    memcpy(id, known->texts[place].id, T2M_ERROR_GROUP_SIZE);
    return 1;
}

void t2m_message_groups_keep(t2m_message_groups_t *known, const void *rules, t2m_text_t message,
                             const char id[T2M_ERROR_GROUP_SIZE])
{
    apr_size_t place = is_kept(message) ? place_of(message) : 0;

    if (is_kept(message)) {
        memcpy(known->texts[place].bytes, message.data, message.size);
        memcpy(known->texts[place].id, id, T2M_ERROR_GROUP_SIZE);
        known->texts[place].size = message.size;
        known->texts[place].rules = rules;
    }
}
