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

/* The lines of a stack trace of Node.js, each for itself. Pure; linear in the line; any thread. */
#ifndef T2M_CORE_STACK_NODE_LINE_H
#define T2M_CORE_STACK_NODE_LINE_H

#include "core/stack.h"
#include "core/stack_text.h"

/* The line that names an error. */
typedef struct {
    t2m_text_t type;    /* "TypeError" */
    t2m_text_t message; /* as far as it is on this line; where it would be when there is none */
    t2m_text_t code;    /* " [ERR_X]", " [Error]", or empty */
    int bracketed;      /* "[Error: x]": it has no frames */
    int open;           /* and its bracket ends on a later line */
    int properties;     /* and its line ends with the brace that opens its properties */
} t2m_stack_node_title_t;

/** The spaces that line starts with. */
apr_size_t t2m_stack_node_line_indent(t2m_text_t line);

/** Nonzero when line is a frame: `    at f (PLACE)`, `    at PLACE`. */
int t2m_stack_node_line_is_frame(t2m_text_t line);

/** A frame's text, without what can follow it: ` {` of properties, `,` in a list of errors. */
t2m_text_t t2m_stack_node_line_frame(t2m_text_t line);

/** Fills what a line that is a frame says; nothing else of frame is changed. Code made from text
 * has the place where it was made. */
void t2m_stack_node_line_read_frame(t2m_text_t line, t2m_stack_frame_t *frame);

/** Fills file, line and in_app from `FILE:LINE:COLUMN` or `FILE:LINE`; nothing for a place that is
 * none, as `<anonymous>`. The path of a file:// URL. */
void t2m_stack_node_line_read_place(t2m_text_t place, t2m_stack_frame_t *frame);

/** Nonzero when line begins an uncaught error: `FILE:LINE`, with source and marks below it. */
int t2m_stack_node_line_is_head(t2m_text_t line);

/** Nonzero for the marks `^^^` under a line of source. */
int t2m_stack_node_line_is_marks(t2m_text_t line);

/**
 * Reads a title: `Name: message`, `Name [CODE]: message`, `[Name: message]`, `Name`, where the name
 * says that it is an error's; there may be other words before it. With anything also a name that
 * starts the line with a capital. Returns nonzero when line is one.
 */
int t2m_stack_node_line_read_title(t2m_text_t line, int anything, t2m_stack_node_title_t *title);

#endif
