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

/* What Perl says when it dies or warns: `MESSAGE at FILE line N.`, and behind it the calls that
 * Carp tells, each in a line that begins with a tab:
 *
 *     no such file at lib/Shop.pm line 12.
 *             Shop::load("a.txt") called at index.pl line 3
 *
 * A line with a place says where the function named before it was called: the function of a frame
 * is that of the line behind its place, and the outermost has none. The same of Devel::StackTrace,
 * whose lines have no tab, and of Mojo::Exception.
 *
 * Who dies has no type but for an object's class: of one without a text of its own, or when the
 * message names it. A message of more lines has its place in the last one. Joined line by line the
 * lines before that are not known to belong to it.
 */
#include "core/stack.h"
#include "core/stack_perl_line.h"
#include "core/stack_text.h"

enum {
    MESSAGE_LINES_MAX = 64, /* of one message */
    MORE_LINES_MAX = 32     /* that are no calls, when lines are joined */
};

static const char begun[] = "Trace begun";

/* What is not the site's own. */
static const char *const libraries[] = {
    "perl5", "site_perl", "vendor_perl", "perl-base", "/usr/share/perl", "/usr/local/share/perl",
    "/usr/lib/perl", "/usr/local/lib/perl", "/etc/perl", NULL
};

/* ---- a whole trace ---- */

typedef struct {
    t2m_stack_t *stack;
    t2m_stack_frame_t *frame; /* the last one, whose function the next line tells */
    int compile;              /* perl could not compile the program: more messages follow */
    int called;               /* calls were there */
    int mojo;                 /* Mojolicious' frames are being read: 1 before the first one */
    const char *open;         /* of the lines that are no call yet: its arguments have LFs */
} reader_t;

/* What was made while the program ran has no file: `(eval 7)`. Debian's perl has its own modules in
 * /usr/lib/x86_64-linux-gnu/perl/5.36. */
static unsigned char is_in_app(t2m_text_t file)
{
    return !t2m_stack_text_starts(file, "(") && !t2m_stack_path_has(file, libraries)
        && !t2m_stack_text_find(file, "/perl/5.");
}

static void add_place(reader_t *reader, t2m_text_t text, const t2m_stack_perl_place_t *place)
{
    reader->frame = t2m_stack_add_frame(reader->stack, text);
    reader->frame->file = place->file;
    reader->frame->line = place->line;
    reader->frame->in_app = is_in_app(place->file);
}

/* Nonzero when the last frame is there. */
static int is_at(const reader_t *reader, const t2m_stack_perl_place_t *place)
{
    return reader->frame && reader->frame->line == place->line
        && reader->frame->file.size == place->file.size
        && memcmp(reader->frame->file.data, place->file.data, place->file.size) == 0;
}

static void name_frame(reader_t *reader, t2m_text_t function)
{
    if (reader->frame && !reader->frame->function.size) {
        reader->frame->function = function;
    }
}

/* A call. Arguments with LFs begin lines before that of the place. */
static void read_call(reader_t *reader, t2m_text_t text, const t2m_stack_perl_line_t *line)
{
    t2m_text_t function = line->function;

    if (reader->open) {
        text = t2m_text_of(reader->open, (apr_size_t)(text.data + text.size - reader->open));
        function = t2m_text_of(text.data, 0);
        while (function.size < text.size && text.data[function.size] != '(') {
            function.size++;
        }
    }
    if (reader->frame) {
        reader->frame->function = function;
    }
    add_place(reader, text, &line->place);
    reader->called = 1;
}

/* `BEGIN failed`: who was told last was in it, or it is where that was called. */
static void read_begin(reader_t *reader, t2m_text_t text, const t2m_stack_perl_line_t *line)
{
    if (!is_at(reader, &line->place)) {
        add_place(reader, text, &line->place);
    }
    if (!reader->called) {
        name_frame(reader, line->function);
    }
}

/* Mojolicious tells the place of the message again, as that of its own method. */
static void read_mojo_call(reader_t *reader, t2m_text_t text, const t2m_stack_perl_line_t *line)
{
    int first = reader->mojo < 2;

    reader->mojo = 2;
    if (first && is_at(reader, &line->place)) {
        return;
    }
    if (!first && reader->frame) {
        reader->frame->function = line->function;
    }
    add_place(reader, text, &line->place);
}

/* A line that is no call. Of what did not compile all that is said is the message. */
static int read_message(reader_t *reader, t2m_text_t text)
{
    t2m_stack_t *stack = reader->stack;

    if (!reader->compile || stack->frame_count > 1) {
        return 0;
    }
    stack->message.size = (apr_size_t)(text.data + text.size - stack->message.data);
    return 1;
}

/* A line without a place: arguments, or what Mojolicious shows of the code. */
static int read_other(reader_t *reader, t2m_text_t text)
{
    if (!reader->open && t2m_stack_text_find(text, "(") && text.data[0] != '\t') {
        reader->open = text.data;
    }
    return reader->open || reader->compile || reader->mojo || t2m_stack_text_is(text, "Context:")
        || text.data[0] == ' ';
}

/* Returns 0 at a line that does not belong. */
static int read_line(reader_t *reader, t2m_text_t text)
{
    t2m_stack_perl_line_t line = t2m_stack_perl_line(text);

    switch (line.kind) {
    case T2M_STACK_PERL_MESSAGE:
    case T2M_STACK_PERL_COMPILE:
        return read_message(reader, text);
    case T2M_STACK_PERL_OTHER:
        return read_other(reader, text);
    case T2M_STACK_PERL_CALL:
        read_call(reader, text, &line);
        break;
    case T2M_STACK_PERL_ON_ITS_WAY:
        add_place(reader, text, &line.place);
        break;
    case T2M_STACK_PERL_REQUIRE:
        name_frame(reader, line.function);
        add_place(reader, text, &line.place);
        break;
    case T2M_STACK_PERL_BEGIN:
        read_begin(reader, text, &line);
        break;
    case T2M_STACK_PERL_MOJO:
        reader->mojo = 1;
        break;
    case T2M_STACK_PERL_MOJO_CALL:
        read_mojo_call(reader, text, &line);
        break;
    default:
        return line.kind != T2M_STACK_PERL_OBJECT && line.kind != T2M_STACK_PERL_TRACE;
    }
    reader->open = NULL;
    return 1;
}

static int is_head(t2m_stack_perl_line_e kind)
{
    return kind == T2M_STACK_PERL_MESSAGE || kind == T2M_STACK_PERL_COMPILE
        || kind == T2M_STACK_PERL_OBJECT || kind == T2M_STACK_PERL_TRACE;
}

/* Reads a message up to its place. Devel::StackTrace's stands in a line of its own. */
static void read_head(reader_t *reader, t2m_text_t text)
{
    t2m_stack_perl_line_t line = t2m_stack_perl_line(text);
    t2m_stack_t *stack = reader->stack;

    reader->compile = line.kind == T2M_STACK_PERL_COMPILE;
    stack->type = line.type;
    stack->message = line.text;
    if (line.kind == T2M_STACK_PERL_OBJECT) {
        stack->message = t2m_stack_text_trim(line.text);
        return;
    }
    if (reader->compile
        && line.place.text.data + line.place.text.size + 1 < text.data + text.size) {
        stack->message = text; /* what it is near to */
    }
    if (t2m_stack_text_ends(line.text, begun)) {
        stack->message.size -= sizeof(begun) - 1;
        stack->message = t2m_stack_text_chomp(stack->message);
    }
    add_place(reader, line.place.text, &line.place);
}

/* Finds the line that ends the message, and reads it. A call comes behind a message. */
static int find_head(reader_t *reader, t2m_text_t *rest)
{
    t2m_text_t line, text, all = t2m_text(NULL);
    t2m_stack_perl_line_e kind;
    int count = 0;

    while (count < MESSAGE_LINES_MAX && t2m_stack_next_line(rest, &line)) {
        text = t2m_stack_perl_without_stamp(line);
        kind = t2m_stack_perl_line(text).kind;
        if (kind != T2M_STACK_PERL_BLANK && kind != T2M_STACK_PERL_OTHER && !is_head(kind)) {
            return 0;
        }
        if (kind == T2M_STACK_PERL_BLANK && !count) {
            continue;
        }
        all.data = count++ ? all.data : text.data;
        all.size = (apr_size_t)(text.data + text.size - all.data);
        if (is_head(kind) && (kind != T2M_STACK_PERL_OBJECT || count == 1)) {
            read_head(reader, all);
            return 1;
        }
    }
    return 0;
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    reader_t reader = { .stack = stack };
    t2m_text_t line;

    t2m_stack_clear(stack);
    stack->type = stack->message = t2m_text_of(text.data, 0);
    stack->innermost_first = 1;
    if (!find_head(&reader, &text)) {
        return 0;
    }
    while (t2m_stack_next_line(&text, &line)) {
        if (!read_line(&reader, t2m_stack_perl_without_stamp(line))) {
            break;
        }
    }
    return 1;
}

/* ---- lines that come one by one ---- */

typedef enum {
    STAGE_MESSAGE = 1,
    STAGE_COMPILE, /* more messages may follow */
    STAGE_CALLS,
    STAGE_TRACE,   /* arguments may have LFs */
    STAGE_MOJO
} stage_e;

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    switch (t2m_stack_perl_line(t2m_stack_perl_without_stamp(line)).kind) {
    case T2M_STACK_PERL_MESSAGE:
    case T2M_STACK_PERL_OBJECT:
        stage->stage = STAGE_MESSAGE;
        return T2M_STACK_PERHAPS;
    case T2M_STACK_PERL_COMPILE:
        stage->stage = STAGE_COMPILE;
        return T2M_STACK_PERHAPS;
    case T2M_STACK_PERL_TRACE:
        stage->stage = STAGE_TRACE;
        return T2M_STACK_YES;
    default:
        return T2M_STACK_NO;
    }
}

/* A line that tells nothing of itself. */
static t2m_stack_answer_e continue_perhaps(int belongs, t2m_stack_stage_t *stage)
{
    if (!belongs || stage->count >= MORE_LINES_MAX) {
        return T2M_STACK_NO;
    }
    stage->count++;
    return T2M_STACK_PERHAPS;
}

static t2m_stack_answer_e continue_other(t2m_text_t text, t2m_stack_stage_t *stage)
{
    if (t2m_stack_text_is(text, "Context:") && stage->stage == STAGE_MESSAGE) {
        stage->stage = STAGE_MOJO;
        return T2M_STACK_PERHAPS;
    }
    return continue_perhaps(stage->stage == STAGE_COMPILE || stage->stage == STAGE_TRACE
                                || (stage->stage == STAGE_MOJO && text.data[0] == ' '), stage);
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_text_t text = t2m_stack_perl_without_stamp(line);

    switch (t2m_stack_perl_line(text).kind) {
    case T2M_STACK_PERL_MESSAGE:
    case T2M_STACK_PERL_COMPILE:
        return continue_perhaps(stage->stage == STAGE_COMPILE, stage);
    case T2M_STACK_PERL_OTHER:
        return continue_other(text, stage);
    case T2M_STACK_PERL_BLANK:
    case T2M_STACK_PERL_OBJECT:
    case T2M_STACK_PERL_TRACE:
        return T2M_STACK_NO;
    case T2M_STACK_PERL_MOJO:
    case T2M_STACK_PERL_MOJO_CALL:
        stage->stage = STAGE_MOJO;
        return T2M_STACK_YES;
    case T2M_STACK_PERL_CALL:
        stage->stage = stage->stage == STAGE_TRACE ? STAGE_TRACE : STAGE_CALLS;
        return T2M_STACK_YES;
    default:
        stage->stage = STAGE_CALLS;
        return T2M_STACK_YES;
    }
}

const t2m_stack_language_t t2m_stack_perl = { "perl", begins, continues, parse };
