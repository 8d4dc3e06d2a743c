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

/* Lines of Python's tracebacks, each by itself. Pure, any thread. Lines have no end-of-line. */
#ifndef T2M_CORE_STACK_PYTHON_LINE_H
#define T2M_CORE_STACK_PYTHON_LINE_H

#include "core/stack.h"

enum { T2M_STACK_PYTHON_MARGIN = 2 }; /* of the outermost group; its members have two more */

typedef enum {
    T2M_STACK_PYTHON_OTHER,
    T2M_STACK_PYTHON_BLANK,
    T2M_STACK_PYTHON_HEADER,   /* `Traceback (most recent call last):`, or that of a group within
                                * a group */
    T2M_STACK_PYTHON_GROUP,    /* the header of an exception group, with its margin */
    T2M_STACK_PYTHON_SENTENCE, /* says that another traceback follows */
    T2M_STACK_PYTHON_INDENTED, /* a frame, its source or more of a message */
    T2M_STACK_PYTHON_QUOTES,   /* before and behind the traceback of another process */
    T2M_STACK_PYTHON_ENDING    /* `Type` or `Type: message` */
} t2m_stack_python_line_e;

/** What a line is that has no margin, or none any more. */
t2m_stack_python_line_e t2m_stack_python_line(t2m_text_t line);

/** The size of the type when line is `Type` or `Type: message`, else 0. */
apr_size_t t2m_stack_python_type(t2m_text_t line);

/**
 * Reads `File "FILE", line N` and perhaps `, in FUNCTION`. Returns nonzero when text is one: file,
 * line, function and in_app of the frame are then set.
 */
int t2m_stack_python_place(t2m_text_t text, t2m_stack_frame_t *frame);

/** Nonzero for the place of a syntax error, `  File "FILE", line N`, and for what follows it. */
int t2m_stack_python_is_bare_place(t2m_text_t line);
int t2m_stack_python_is_syntax_error(t2m_text_t line);

/** Nonzero for the type and colon before the quoted traceback of another process. */
int t2m_stack_python_is_remote(t2m_text_t line);

/* What a line is to a group whose own lines have a certain margin. */
typedef enum {
    T2M_STACK_PYTHON_OWN,
    T2M_STACK_PYTHON_MEMBER, /* the ruler that begins a member */
    T2M_STACK_PYTHON_MORE,   /* the ruler before how many members are left out */
    T2M_STACK_PYTHON_END,    /* the ruler behind the last member */
    T2M_STACK_PYTHON_WITHIN, /* of a member */
    T2M_STACK_PYTHON_FOREIGN /* without that margin */
} t2m_stack_python_place_e;

/** Tells what line is to exceptions with that margin (0: none), and gives it without. */
t2m_stack_python_place_e t2m_stack_python_within(t2m_text_t line, apr_size_t margin,
                                                 t2m_text_t *body);

/** Nonzero for the ruler behind the last member of a group, whatever its margin. Where a group ends
 * with the one within which it stands, one ruler stands behind both. */
int t2m_stack_python_ends_group(t2m_text_t line);

#endif
