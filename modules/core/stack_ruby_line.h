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

/* The lines of a stack trace of Ruby, each for itself. Pure; linear in the line; any thread. */
#ifndef T2M_CORE_STACK_RUBY_LINE_H
#define T2M_CORE_STACK_RUBY_LINE_H

#include "core/stack.h"
#include "core/stack_text.h"

/* A place: `FILE:LINE:in 'FUNCTION'`. */
typedef struct {
    t2m_text_t file, function; /* function may be empty */
    t2m_text_t text;           /* all of it */
    t2m_text_t behind;         /* what follows `: `; may be empty */
    apr_uint32_t line;
} t2m_stack_ruby_place_t;

/** The bytes of the tags, `[request id] `, that some loggers put before each line; at most 255. */
unsigned char t2m_stack_ruby_line_margin(t2m_text_t line);

/** A line without so many bytes of tags, if it has them. */
t2m_text_t t2m_stack_ruby_line_body(t2m_text_t line, apr_size_t margin);

/** Reads a frame: `    from PLACE`, `    2: from PLACE`, and PLACE alone when it has a function. */
int t2m_stack_ruby_line_frame(t2m_text_t line, t2m_stack_ruby_place_t *place);

/** Reads `FILE:LINE: ` that text starts with; the rest is behind it. */
int t2m_stack_ruby_line_position(t2m_text_t text, t2m_stack_ruby_place_t *place);

/** Reads the line of an error that was raised: `PLACE: message (Type)`. The message is behind the
 * place. For `ruby: message (Type)` the place is empty. */
int t2m_stack_ruby_line_raise(t2m_text_t line, t2m_stack_ruby_place_t *place);

/** Parts what is behind a place into message and type, which is empty when it is not said. Returns
 * nonzero when it is. */
int t2m_stack_ruby_line_type(t2m_text_t behind, t2m_text_t *type, t2m_text_t *message);

/** Nonzero for `     ... 10068 levels...`. */
int t2m_stack_ruby_line_is_gap(t2m_text_t line);

/** Nonzero for marks under a line of source, and for a suggestion. */
int t2m_stack_ruby_line_is_marks(t2m_text_t line);

/** Nonzero for the line above the error that ended a thread. */
int t2m_stack_ruby_line_is_thread(t2m_text_t line);

/** Nonzero for the line above frames of which the most recent is the last. */
int t2m_stack_ruby_line_is_reversed(t2m_text_t line);

/** Reads a title, as loggers and frameworks write them: `Type (message):`, `Type: message`,
 * `-- message (Type)` and such. */
int t2m_stack_ruby_line_title(t2m_text_t line, t2m_text_t *type, t2m_text_t *message);

/** Reads `Information for cause: Type (message):`. */
int t2m_stack_ruby_line_cause(t2m_text_t line, t2m_text_t *type, t2m_text_t *message);

#endif
