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

/* Which tokens of a message change from one time to the next. */
#ifndef T2M_CORE_MESSAGE_TOKEN_H
#define T2M_CORE_MESSAGE_TOKEN_H

#include "core/text.h"

/**
 * Nonzero when a token, without the punctuation around it, changes: it has a digit, or is a path, a
 * URL, a host, a mail address, a UUID, a mark `*`, or longer than 96 bytes (and holds no mark, for
 * then it was put together by t2m_message_pattern). Linear time. Any thread.
 */
int t2m_message_token_is_variable(t2m_text_t core);

/** Nonzero for a path or a URL, in which `=` has no key before it. */
int t2m_message_token_is_path(t2m_text_t core);

#endif
