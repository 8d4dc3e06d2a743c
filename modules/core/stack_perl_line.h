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

/* What the lines are that Perl (mess_sv of util.c), Carp, Devel::StackTrace and Mojo::Exception
 * write, one by one. Pure; any thread; linear; texts borrow the line's bytes.
 */
#ifndef T2M_CORE_STACK_PERL_LINE_H
#define T2M_CORE_STACK_PERL_LINE_H

#include "core/stack.h"

/* Where something happened. */
typedef struct {
    t2m_text_t text; /* "at a.pl line 3", with what perl says of it: ", <STDIN> line 5" */
    t2m_text_t file;
    apr_uint32_t line;
} t2m_stack_perl_place_t;

typedef enum {
    T2M_STACK_PERL_OTHER,
    T2M_STACK_PERL_BLANK,
    T2M_STACK_PERL_MESSAGE,  /* `MESSAGE at FILE line N.` */
    T2M_STACK_PERL_COMPILE,  /* the same of a program that perl could not compile */
    T2M_STACK_PERL_OBJECT,   /* `Shop::Error=HASH(0x55d0)`, which has no text of its own */
    T2M_STACK_PERL_AGAIN,    /* ` at FILE line N.`: the place once more */
    T2M_STACK_PERL_CALL,     /* `\tmain::f(1) called at FILE line N`, perhaps without the tab */
    T2M_STACK_PERL_ON_ITS_WAY, /* `\t...propagated at FILE line N.`, `\t...caught at` */
    T2M_STACK_PERL_REQUIRE,  /* `Compilation failed in require at FILE line N.` */
    T2M_STACK_PERL_BEGIN,    /* `BEGIN failed--compilation aborted at FILE line N.` */
    T2M_STACK_PERL_VERDICT,  /* `a.pl had compilation errors.` */
    T2M_STACK_PERL_TRACE,    /* Devel::StackTrace's `Trace begun at FILE line N` */
    T2M_STACK_PERL_MOJO,     /* Mojolicious' `Traceback (most recent call first):` */
    T2M_STACK_PERL_MOJO_CALL /* `  File "FILE", line N, in "main::f"` */
} t2m_stack_perl_line_e;

typedef struct {
    t2m_stack_perl_line_e kind;
    t2m_text_t text;     /* before the place and behind the type; the object; else the line */
    t2m_text_t type;     /* of MESSAGE and OBJECT: the class of what died; empty: none */
    t2m_text_t function; /* of CALL and MOJO_CALL; REQUIRE: "require"; BEGIN: "BEGIN" */
    t2m_stack_perl_place_t place; /* where there is one in the line */
} t2m_stack_perl_line_t;

/** Without what CGI::Carp and loggers put before a line: `[Mon Nov 23 05:14:12 2026] a.pl: `,
 * `[2026-11-23 05:12:34.74465] [10986] [error] `. */
t2m_text_t t2m_stack_perl_without_stamp(t2m_text_t line);

/** What text, a line without a stamp, is. */
t2m_stack_perl_line_t t2m_stack_perl_line(t2m_text_t text);

#endif
