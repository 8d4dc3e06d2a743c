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

/* See group_rule.h. */
#include "core/group_rule.h"

#include <string.h>

static int is_control(char byte)
{
    return (unsigned char)byte < ' ' || byte == 0x7f;
}

const char *t2m_group_rule_refuse(const char *words)
{
    apr_size_t size = strlen(words), i;
    int says = 0;

    for (i = 0; i < size; i++) {
        if (is_control(words[i])) {
            return "a control character";
        }
        says |= words[i] != ' ' && words[i] != '*';
    }
    if (size > T2M_GROUP_RULE_MAX) {
        return "longer than 256 bytes";
    }
    return says ? NULL : "no words but *";
}

int t2m_group_rule_matches(const char *words, t2m_text_t message)
{
    const char *end = message.data + message.size, *at = message.data;

    while (*words) {
        apr_size_t size = strcspn(words, "*");

        if (size) {
            at = at < end ? memmem(at, (apr_size_t)(end - at), words, size) : NULL;
            if (!at) {
                return 0;
            }
            at += size;
        }
        words += size + (words[size] == '*');
    }
    return 1;
}

void t2m_group_rule_id(const char *name, char out[T2M_FINGERPRINT_SIZE])
{
    t2m_text_t parts[2];

    parts[0] = t2m_text("named");
    parts[1] = t2m_text(name);
    t2m_fingerprint(parts, 2, out);
}
