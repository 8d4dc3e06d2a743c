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

/* Puts lines that come nearly in the order of their time into that order, with bounded memory. For
 * the command line; one thread. */
#ifndef T2M_WRITER_WINDOW_H
#define T2M_WRITER_WINDOW_H

#include <apr.h>
#include <apr_time.h>

enum { T2M_WINDOW_LINES = 4096, T2M_WINDOW_BYTES = 16777216 };

typedef struct t2m_window_t t2m_window_t;

/** Takes what comes out, in order. */
typedef void t2m_window_give_t(void *context, const char *bytes, apr_size_t size);

/** An empty window; NULL: no memory. */
t2m_window_t *t2m_window_make(t2m_window_give_t *give, void *context);

/**
 * Puts a line in, which is copied. What no longer fits into T2M_WINDOW_LINES and T2M_WINDOW_BYTES
 * is given, the earliest first; lines of one time in the order in which they came. Returns 0 when
 * there is no memory.
 */
int t2m_window_put(t2m_window_t *window, apr_time_t time, const char *bytes, apr_size_t size);

/** Gives all that is left, and the window back. */
void t2m_window_end(t2m_window_t *window);

#endif
