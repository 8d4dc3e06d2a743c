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

/* See child_end.h. */
#include "server/child_end.h"

#include <limits.h>

static int skip(t2m_text_t *text, const char *words)
{
    apr_size_t size = strlen(words);

    if (text->size < size || memcmp(text->data, words, size) != 0) {
        return 0;
    }
    *text = t2m_text_of(text->data + size, text->size - size);
    return 1;
}

/* A whole number above 0, or 0. */
static int number(t2m_text_t *text)
{
    long long value = 0;

    while (text->size && text->data[0] >= '0' && text->data[0] <= '9') {
        value = value * 10 + (text->data[0] - '0');
        if (value > INT_MAX) {
            return 0;
        }
        *text = t2m_text_of(text->data + 1, text->size - 1);
    }
    return (int)value;
}

int t2m_child_end_read(t2m_text_t line, int *pid, int *signal)
{
    if (!skip(&line, "AH00051: child pid ") && !skip(&line, "AH00052: child pid ")) {
        return 0;
    }
    *pid = number(&line);
    if (*pid == 0 || !skip(&line, " exit signal ")) {
        return 0;
    }
    while (line.size && line.data[0] != '(') { /* the system's name for it, in any language */
        line = t2m_text_of(line.data + 1, line.size - 1);
    }
    *signal = skip(&line, "(") ? number(&line) : 0;
    return *signal > 0 && *signal < 128 && skip(&line, ")");
}
