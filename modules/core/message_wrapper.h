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

/* What others put around a program's message on its way into the error log. */
#ifndef T2M_CORE_MESSAGE_WRAPPER_H
#define T2M_CORE_MESSAGE_WRAPPER_H

#include "core/text.h"

/**
 * The part of message that the program itself said: without what mod_cgi, mod_proxy_fcgi, PHP-FPM
 * and mod_fastcgi put before it, the columns of httpd's error log (when the first is its time),
 * blanks around it, and `, referer: ...` behind. A part of message's bytes. Taking off once more
 * changes nothing. Linear time. Any thread.
 */
t2m_text_t t2m_message_wrapper_take_off(t2m_text_t message);

/** Behind the blanks, control characters and colours of a terminal (`ESC [ 31 m`) at `at`. */
const char *t2m_message_wrapper_blanks(const char *at, const char *end);

#endif
