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

/* What stays of a message when all that changes from one time to the next is taken out, so that
 * equal errors can be counted. */
#ifndef T2M_CORE_MESSAGE_PATTERN_H
#define T2M_CORE_MESSAGE_PATTERN_H

#include "core/text.h"

enum { T2M_MESSAGE_PATTERN_MAX = 512 };

/**
 * Writes the normalised form of a message into out, which has room for T2M_MESSAGE_PATTERN_MAX
 * bytes, and returns its size. What changes becomes `*`:
 *
 *   - a token (between blanks) with a digit, as a whole but for the punctuation around it
 *   - what stands in quotes, and what stands behind `=`
 *   - absolute paths, relative ones that look like a file, URLs, mail addresses, hosts, UUIDs
 *   - names of days and months beside another `*`, time zones behind one
 *   - a token of more than 96 bytes, which no language has
 *
 * Several in a row, with or without commas between, are one. What stays is the words, and:
 *
 *   - the place in a program (see program_place.h): two places are two groups
 *   - of ModSecurity's tags the rule: `[file "..."] [line "..."] [id "..."]`
 *   - httpd's code (`AH00957:`) and the number of the system's error at the start (`(111)`)
 *
 * It is one mark, not one for each kind, since an id may be digits today and hex tomorrow, and
 * since a pattern can then be given to T2MLogErrorGroup as it is. What httpd and others wrap around
 * a program's message (`AH01215: stderr from FILE: `, `Got error 'PHP message: ...'`, the columns
 * of an error log, `, referer: ...`) is taken off; blanks, control characters and the colours of
 * a terminal are one blank.
 *
 * Any bytes are fine; well-formed UTF-8 stays so. Characters of three and four bytes, whose
 * scripts often know no blanks, are tokens of their own. A longer pattern ends before the token
 * that does not fit. A pattern's pattern is itself, but for words that mix quotes, marks and bytes
 * that are no UTF-8. Linear time, no memory but the stack. Any thread.
 */
apr_size_t t2m_message_pattern(t2m_text_t message, char *out);

#endif
