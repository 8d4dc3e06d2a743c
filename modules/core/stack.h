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

/* A stack trace as a value: an exception with its frames and causes, whatever language wrote it.
 *
 * Texts borrow the bytes of the trace that was parsed. Pure; allocates nothing; linear in the text;
 * any thread.
 */
#ifndef T2M_CORE_STACK_H
#define T2M_CORE_STACK_H

#include "core/text.h"

enum {
    T2M_STACK_FRAMES_MAX = 100, /* the outermost and the innermost half of more are kept */
    T2M_STACK_CAUSES_MAX = 8
};

typedef struct {
    t2m_text_t function; /* as the language has it: "Shop\\Cart->add", "main.load"; may be empty */
    t2m_text_t file;     /* path or name; empty: not said, as for native and internal functions */
    t2m_text_t text;     /* what the trace says of it, source lines behind it; never empty */
    apr_uint32_t line;   /* from 1; 0: not said */
    unsigned char in_app; /* code of the site, not of the language or of a library */
    unsigned char cause; /* 0: of the exception that ended the program; n: of causes[n - 1] */
} t2m_stack_frame_t;

/* An exception that led to the one before it. */
typedef struct {
    t2m_text_t type, message; /* each may be empty, not both */
} t2m_stack_cause_t;

typedef struct {
    t2m_text_t type;     /* "ValueError", "PDOException", "TypeError"; empty: the language has none,
                          * as Perl's die */
    t2m_text_t message;  /* its further lines behind LFs; may be empty */
    unsigned char innermost_first; /* the order of the frames, which is the language's own */
    unsigned char truncated;       /* frames or causes were left out, here or by the program */
    unsigned char frame_count, cause_count;
    t2m_stack_frame_t frames[T2M_STACK_FRAMES_MAX]; /* those of the exception itself first, then
                                                     * those of its causes, in their order */
    t2m_stack_cause_t causes[T2M_STACK_CAUSES_MAX]; /* the nearest first */
} t2m_stack_t;

/* What a language's own way of joining lines remembers between two of them. Zeros at the start. */
typedef struct {
    unsigned char stage;
    unsigned char margin;  /* bytes before each line of the trace */
    apr_uint16_t count;
} t2m_stack_stage_t;

typedef enum {
    T2M_STACK_NO,       /* no line of a trace */
    T2M_STACK_PERHAPS,  /* may begin one: the next line tells */
    T2M_STACK_YES
} t2m_stack_answer_e;

/* A language. line has no end-of-line. */
typedef struct {
    const char *name; /* "python" */

    /** Whether line begins a trace. Sets the stage, which is zero, unless the answer is NO. */
    t2m_stack_answer_e (*begins)(t2m_text_t line, t2m_stack_stage_t *stage);

    /** Whether line goes on with the trace: YES or NO; PERHAPS for a line that may (a blank one, a
     * further one of the message) if another follows that does. After NO the stage is as before. */
    t2m_stack_answer_e (*continues)(t2m_text_t line, t2m_stack_stage_t *stage);

    /** Reads a whole trace, lines ending at LF. Returns nonzero when text is one: stack is then
     * filled; else it is undefined. A trace that was cut anywhere is still one if its first line
     * and a frame or the exception's line are there. */
    int (*parse)(t2m_text_t text, t2m_stack_t *stack);
} t2m_stack_language_t;

extern const t2m_stack_language_t t2m_stack_python, t2m_stack_php, t2m_stack_perl, t2m_stack_ruby,
    t2m_stack_node, t2m_stack_java, t2m_stack_go;

/** All of them, those first whose lines cannot be taken for another's. Ends with NULL. */
extern const t2m_stack_language_t *const t2m_stack_languages[];

/** Empties stack. */
void t2m_stack_clear(t2m_stack_t *stack);

/**
 * Adds a frame of the exception (cause 0) or of the newest cause, and returns it, to be filled; all
 * of it but cause is zero. When there is no room, the frame in the middle of the exception that has
 * most gives way, and truncated is set: a frame that was returned before may be another one then.
 */
t2m_stack_frame_t *t2m_stack_add_frame(t2m_stack_t *stack, t2m_text_t text);

/** Adds a cause; what is added from now on are its frames. Returns 0 when there is no room. */
int t2m_stack_add_cause(t2m_stack_t *stack, t2m_text_t type, t2m_text_t message);

/** Reverses the chain of a language that tells the first cause first: the last exception added
 * becomes the one that ended the program, its frames come first. */
void t2m_stack_reverse(t2m_stack_t *stack);

/** Takes the next line off *rest, without its LF or CRLF. Returns 0 when there is none. */
int t2m_stack_next_line(t2m_text_t *rest, t2m_text_t *line);

/** Nonzero when one of segments (ends with NULL) stands in path between slashes (or backslashes) or
 * at its start or end: "node_modules" in "/srv/node_modules/a.js". One that begins with a slash is
 * what path begins with, whatever follows: "/usr/lib/python3" in "/usr/lib/python3.11/a.py". */
int t2m_stack_path_has(t2m_text_t path, const char *const *segments);

/** Reads a text in whatever language it is. Returns nonzero when it is a trace. */
int t2m_stack_parse(t2m_text_t text, t2m_stack_t *stack);

/**
 * Writes what stands in `traceback` of a record: a frame an item, items with 0x1e between them; of
 * a frame's text each line without the blanks around it, and without those of nothing but the marks
 * `~` and `^`. Before the frames of a cause, an item `Caused by: TYPE: MESSAGE`. At most room bytes
 * of whole items: the middle ones are left out, and `[frames left out]` says so. Returns the size.
 */
apr_size_t t2m_stack_write_lines(const t2m_stack_t *stack, char *out, apr_size_t room);

#endif
