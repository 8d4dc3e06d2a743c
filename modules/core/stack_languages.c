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

/* See stack.h: the languages that are known. */
#include "core/stack.h"

/* Those whose first line is the surest come first. */
const t2m_stack_language_t *const t2m_stack_languages[] = {
    &t2m_stack_python, &t2m_stack_php, &t2m_stack_go, &t2m_stack_java, &t2m_stack_node,
    &t2m_stack_ruby, &t2m_stack_perl, NULL
};

int t2m_stack_parse(t2m_text_t text, t2m_stack_t *stack)
{
    for (const t2m_stack_language_t *const *language = t2m_stack_languages; *language;
         language++) {
        if ((*language)->parse(text, stack)) {
            return 1;
        }
    }
    return 0;
}
