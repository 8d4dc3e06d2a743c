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

/* Lines on standard output: as they are for a program, harmless for a terminal. */
#ifndef T2M_WRITER_TERMINAL_H
#define T2M_WRITER_TERMINAL_H

#include <apr.h>

/**
 * Prints a line and its end. To a terminal (ask isatty once) control characters (C0, DEL, C1) go as
 * \xNN: our own lines have none, but a file may have been tampered with.
 */
void t2m_terminal_line(const char *bytes, apr_size_t size, int terminal);

/** Empties the buffer. Returns 0 when what was printed could not be written. */
int t2m_terminal_flush(void);

#endif
