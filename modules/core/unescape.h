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

/* Undoes ap_escape_errorlog_item: the error_log hook is handed text in which httpd has escaped
 * control bytes, backslashes and every byte above 0x7f (httpd 2.4 server/util.c). */
#ifndef T2M_CORE_UNESCAPE_H
#define T2M_CORE_UNESCAPE_H

#include "core/text.h"

/**
 * Decodes \\ \b \n \r \t \v \" and \xHH in escaped into out, which has room for escaped.size
 * bytes. An escape that is cut off by the end of the text is dropped; an unknown one is copied as
 * it stands. Returns the bytes written.
 */
apr_size_t t2m_unescape(t2m_text_t escaped, char *out);

#endif
