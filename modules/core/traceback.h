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

/* Puts a Python traceback together from the lines that a web server logs one by one.
 *
 * Fixed memory, linear time, no allocation: the caller owns the t2m_traceback_t (one per request)
 * and feeds it each line. Not shared between threads.
 */
#ifndef T2M_CORE_TRACEBACK_H
#define T2M_CORE_TRACEBACK_H

#include "core/text.h"

enum { T2M_TRACEBACK_MAX = 16384 }; /* bytes kept; the middle of a longer one is left out */

typedef struct t2m_traceback_t t2m_traceback_t;

/* What a complete (or broken-off) traceback says. Texts point into the t2m_traceback_t. */
typedef struct {
    t2m_text_t type;    /* "ValueError", "app.errors.Refused": of the exception that ended the
                         * program, the last of a chain; empty when it broke off before */
    t2m_text_t message; /* may be empty; its further lines behind LFs */
    t2m_text_t frames;  /* items with 0x1e between them: a frame, outermost first, its source lines
                         * behind it after an LF each, without indentation of their own and
                         * without the marks (`~~^~~`) under them. Items too: what the earlier
                         * exceptions of a chain said and the sentence that follows; and of an
                         * exception group each member's ruler, frames and `Type: message` */
    int truncated;      /* items were left out ("[frames left out]" stands there), or a text cut */
} t2m_traceback_result_t;

/** Bytes the caller must give for one assembler, and its start. */
apr_size_t t2m_traceback_size(void);
void t2m_traceback_reset(t2m_traceback_t *traceback);

/**
 * Takes one line without its end-of-line. Returns nonzero when the line belongs to a traceback
 * and was kept. A traceback starts at `Traceback (most recent call last):` (for an exception group
 * `  + Exception Group Traceback (most recent call last):`) and goes on over indented lines, blank
 * lines, the `Type: message` line and, after that one, the two sentences that chain exceptions
 * with what follows them; in a group, over all lines with its margin.
 *
 * A line that cannot belong returns 0 and leaves what is held alone: when t2m_traceback_open, the
 * caller then reads the result, resets, and offers the line once more (it may start the next
 * traceback). Python marks nothing else, so that some of its lines are ordinary ones here: further
 * lines of a message and notes that are not indented, and the whole SyntaxError of the main
 * script, which Python prints without the first line.
 */
int t2m_traceback_line(t2m_traceback_t *traceback, t2m_text_t line);

/** Nonzero while lines are held that have not been reported. */
int t2m_traceback_open(const t2m_traceback_t *traceback);

/** What was gathered so far. */
void t2m_traceback_result(const t2m_traceback_t *traceback, t2m_traceback_result_t *result);

#endif
