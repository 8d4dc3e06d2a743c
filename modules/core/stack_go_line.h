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


/* What the lines of Go's panics and stacks are (runtime/panic.go, traceback.go), one by one. Pure;
 * any thread; texts borrow the line's bytes.
 */
#ifndef T2M_CORE_STACK_GO_LINE_H
#define T2M_CORE_STACK_GO_LINE_H

#include "core/stack.h"

typedef enum {
    T2M_STACK_GO_OTHER,
    T2M_STACK_GO_BLANK,
    T2M_STACK_GO_PANIC,     /* another one, of a deferred function; `panic: ` with a margin */
    T2M_STACK_GO_SIGNAL,    /* `[signal SIGSEGV: segmentation violation code=…` */
    T2M_STACK_GO_COUNTER,   /* `PC=0x45 m=0 sigcode=0` */
    T2M_STACK_GO_GOROUTINE, /* `goroutine 1 [running]:` */
    T2M_STACK_GO_STACK,     /* begins another stack: the scheduler's, an ancestor's */
    T2M_STACK_GO_CALL,      /* `main.(*T).f(0x1, {0x2, 0x3})` */
    T2M_STACK_GO_CREATED,   /* `created by main.f in goroutine 7` */
    T2M_STACK_GO_PLACE,     /* `\t/srv/app/main.go:12 +0x1d`: of the call before it */
    T2M_STACK_GO_ELIDED,    /* `...additional frames elided...` */
    T2M_STACK_GO_NOTE,      /* the runtime's words among stacks, registers */
    T2M_STACK_GO_EXIT       /* `exit status 2`, of `go run` */
} t2m_stack_go_line_e;

/** What line, which has no end-of-line, is. */
t2m_stack_go_line_e t2m_stack_go_line(t2m_text_t line);

/** The function that a line of kind CALL or CREATED names, else the empty text. */
t2m_text_t t2m_stack_go_line_function(t2m_text_t line);

/** Reads a line of kind PLACE. Returns 0, with *number undefined, when it is none. */
int t2m_stack_go_line_place(t2m_text_t line, t2m_text_t *file, apr_uint32_t *number);

/**
 * Whether line is that of a panic, a fatal error, a signal, or of net/http's `panic serving`, and
 * how sure that is. Fills in panic unless it is not: as type "fatal error" or the signal's name, or
 * the empty text for panics; as message the rest of the line, which is the value of a panic.
 */
t2m_stack_answer_e t2m_stack_go_line_head(t2m_text_t line, t2m_stack_cause_t *panic);

#endif
