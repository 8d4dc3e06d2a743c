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

/* What the lines of PHP's errors and exceptions are (main/main.c, Zend/zend_exceptions.c), one by
 * one. Pure; any thread; linear; texts borrow the line's bytes.
 */
#ifndef T2M_CORE_STACK_PHP_LINE_H
#define T2M_CORE_STACK_PHP_LINE_H

#include "core/stack.h"

/* Lines of a text, and the messages that PHP-FPM put into one. */
typedef struct {
    t2m_text_t rest; /* of the text, behind the line */
    t2m_text_t held; /* of the line, behind the message */
    int starts;      /* the line begins a message of PHP-FPM's */
} t2m_stack_php_lines_t;

/** The lines of text, without what others put before it, and behind it: mod_proxy_fcgi's closing
 * quote and `, referer: ...`. */
t2m_stack_php_lines_t t2m_stack_php_lines(t2m_text_t text);

/** Takes the next line. `; PHP message: ` ends one, too. Returns 0 when there is none. */
int t2m_stack_php_next_line(t2m_stack_php_lines_t *lines, t2m_text_t *line);

/** Without `[23-Nov-2026 04:52:55 UTC] `, which PHP puts before what it writes into a file. */
t2m_text_t t2m_stack_php_without_date(t2m_text_t line);

/* Where something happened. */
typedef struct {
    t2m_text_t text; /* "in /srv/app/a.php:3" */
    t2m_text_t file; /* empty: in no file */
    apr_uint32_t line;
} t2m_stack_php_place_t;

/** Reads ` in FILE:LINE` (mark ":") or ` in FILE on line LINE` (mark " on line ") at the end of
 * text; *before is what precedes it. Looks at the last line only. Returns 0 when it is not there;
 * place and before are undefined then. */
int t2m_stack_php_place(t2m_text_t text, const char *mark, t2m_stack_php_place_t *place,
                        t2m_text_t *before);

typedef enum {
    T2M_STACK_PHP_NO,
    T2M_STACK_PHP_BARE,  /* an exception, with nothing before it */
    T2M_STACK_PHP_PLAIN, /* `Warning: `, as display_errors shows it */
    T2M_STACK_PHP_LEVEL, /* `PHP Warning:  ` */
    T2M_STACK_PHP_FATAL  /* the same of an error that ends the program */
} t2m_stack_php_head_e;

/* The first line of a message. */
typedef struct {
    t2m_stack_php_head_e kind;
    t2m_text_t level; /* "Warning"; empty for BARE */
    t2m_text_t rest;  /* behind it; for BARE, from the exception's class on */
} t2m_stack_php_head_t;

/** What kind of first line line is. */
t2m_stack_php_head_t t2m_stack_php_head(t2m_text_t line);

/** Reads `TYPE: message`, or as PHP 5 has it `exception 'TYPE' with message 'message'`. What an
 * exception's class says of itself in its own words has no type. */
t2m_stack_cause_t t2m_stack_php_exception(t2m_text_t text);

/** Nonzero when line is one of a trace: `#0 ` */
int t2m_stack_php_numbered(t2m_text_t line);

/* A call: the function, and the place it was called from. */
typedef struct {
    t2m_text_t function; /* "Class->method", "{main}"; empty: cut */
    t2m_stack_php_place_t place;
} t2m_stack_php_call_t;

/** Reads `#0 FILE(LINE): call`, `#1 [internal function]: call`. Returns 0 when it is none. */
int t2m_stack_php_call(t2m_text_t line, t2m_stack_php_call_t *call);

/** Nonzero when line is `#2 {main}`. *function is that of it. */
int t2m_stack_php_main(t2m_text_t line, t2m_text_t *function);

/** Reads Xdebug's `PHP   2. f($a = 1) FILE:LINE`. Returns 0 when it is none. */
int t2m_stack_php_xdebug(t2m_text_t line, t2m_stack_php_call_t *call);

#endif
