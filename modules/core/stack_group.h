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

/* The group of an error that has a stack trace. */
#ifndef T2M_CORE_STACK_GROUP_H
#define T2M_CORE_STACK_GROUP_H

#include "core/error_group.h"
#include "core/stack.h"

/**
 * Writes the group of an exception: its type and its innermost T2M_ERROR_GROUP_FRAMES frames that
 * are code of the site; frames of libraries count only where there is no other. A frame is its
 * file, normalised (t2m_program_place_file), and its function, so that a line that moved is no new
 * group; where there is no function the line counts. Frames that follow one another and are the
 * same count once. What an exception was caused by does not count. Without frames it is the type
 * and pattern, the message's normalised form (t2m_message_pattern). Any thread.
 */
void t2m_stack_group(const t2m_stack_t *stack, t2m_text_t pattern, char out[T2M_ERROR_GROUP_SIZE]);

#endif
