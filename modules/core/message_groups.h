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

/* Messages whose group was found out lately: what floods a log is mostly the same, and its pattern
 * takes far longer to find than a line to count. */
#ifndef T2M_CORE_MESSAGE_GROUPS_H
#define T2M_CORE_MESSAGE_GROUPS_H

#include "core/error_group.h"
#include "core/text.h"

enum {
    T2M_MESSAGE_GROUPS_TEXTS = 8,
    T2M_MESSAGE_GROUPS_SIZE = 480 /* a longer message is not kept */
};

/* Private to message_groups.c. All zero: nothing is known. For one thread. */
typedef struct {
    struct {
        const void *rules;
        apr_size_t size;
        char id[T2M_ERROR_GROUP_SIZE];
        char bytes[T2M_MESSAGE_GROUPS_SIZE];
    } texts[T2M_MESSAGE_GROUPS_TEXTS];
} t2m_message_groups_t;

/**
 * Copies the group that was kept for the message under these rules to id. Returns 0 when there is
 * none. rules: whatever the group depends on beside the message (a configuration); it must not
 * change or end while it is known here; let all be zeroed then.
 */
int t2m_message_groups_find(const t2m_message_groups_t *known, const void *rules,
                            t2m_text_t message, char id[T2M_ERROR_GROUP_SIZE]);

/** Keeps the group of a message, in the place of another one. */
void t2m_message_groups_keep(t2m_message_groups_t *known, const void *rules, t2m_text_t message,
                             const char id[T2M_ERROR_GROUP_SIZE]);

#endif
