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

/* Where in a program something happened, as its messages say it: `/app/a.php on line 3`,
 * `a.py:3`, `/cgi-bin/a.sh: line 3`. */
#ifndef T2M_CORE_PROGRAM_PLACE_H
#define T2M_CORE_PROGRAM_PLACE_H

#include "core/text.h"

typedef struct {
    t2m_text_t file; /* "/app/a.php" */
    t2m_text_t rest; /* what follows up to its line: " on line 3", "(3)", ": line 3:" */
} t2m_program_place_t;

/**
 * Finds the place that text starts with; it borrows text. Returns its size, 0 when there is none. A
 * file is one by the ending of its name (`.php`, `.py`, ...) or by the words around its line. Looks
 * at no more than the bytes up to the first blank and 16 behind it. Any thread.
 */
apr_size_t t2m_program_place_find(t2m_text_t text, t2m_program_place_t *place);

/**
 * Writes a file's name into out, which has room for file.size bytes, and returns its size.
 * Segments that change with a release or with what is cached become `*`: numbers, dates, versions,
 * UUIDs, and 8 or more hex digits of which one is a digit, with an ending or without. A name
 * written so stays as it is.
 */
apr_size_t t2m_program_place_file(t2m_text_t file, char *out);

#endif
