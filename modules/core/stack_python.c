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

/* Python's tracebacks, as Lib/traceback.py and Python/pythonrun.c print them (3.6 to 3.14).
 *
 * Frames are outermost first. A chain tells the oldest exception first: it is read from its end.
 * The members of an exception group are its causes, each with what it was caused by behind it. A
 * syntax error of the script itself has no first line: the place alone tells. What a pool of
 * processes tells of another one's exception, in quotes, is read as that exception. In a group
 * further lines of a frame's text, and of a message, have their margins (`  | `).
 */
#include "core/stack.h"

#include "core/stack_python_line.h"
#include "core/stack_text.h"

enum {
    DEPTH_MAX = 10,    /* of groups in groups, as Python prints them */
    CHAIN_MAX = T2M_STACK_CAUSES_MAX + 1,
    QUOTED_MAX = 1000, /* lines of another process's traceback */
    BARE_MAX = 16      /* lines in a row of a member's message that have no margin */
};

typedef enum {
    STAGE_FRAMES = 1, /* after the first line */
    STAGE_ENDED,      /* after `Type: message` */
    STAGE_MEMBERS,    /* in a group, behind the first ruler */
    STAGE_QUOTED,     /* in the traceback of another process */
    STAGE_CHAINED,    /* after a sentence that announces another traceback */
    STAGE_PLACE,      /* after the place of a syntax error that has no first line */
    STAGE_REMOTE      /* after the type before the traceback of another process */
} stage_e;

/* ---- line by line ---- */

static t2m_stack_answer_e go_to(t2m_stack_stage_t *stage, stage_e next)
{
    stage->stage = (unsigned char)next;
    stage->count = 0;
    return T2M_STACK_YES;
}

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_python_line_e kind = t2m_stack_python_line(line);

    if (kind == T2M_STACK_PYTHON_HEADER && line.data[0] == 'T') {
        return go_to(stage, STAGE_FRAMES);
    }
    if (kind == T2M_STACK_PYTHON_GROUP) {
        stage->margin = T2M_STACK_PYTHON_MARGIN;
        return go_to(stage, STAGE_FRAMES);
    }
    if (kind == T2M_STACK_PYTHON_INDENTED && t2m_stack_python_is_bare_place(line)) {
        (void)go_to(stage, STAGE_PLACE);
        return T2M_STACK_PERHAPS;
    }
    if (kind == T2M_STACK_PYTHON_ENDING && t2m_stack_python_is_remote(line)) {
        (void)go_to(stage, STAGE_REMOTE);
        return T2M_STACK_PERHAPS;
    }
    return T2M_STACK_NO;
}

/* A line without a group's margin, or with it taken off. */
static t2m_stack_answer_e continue_body(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_python_line_e kind = t2m_stack_python_line(line);

    if (kind == T2M_STACK_PYTHON_BLANK) {
        return T2M_STACK_PERHAPS;
    }
    if (stage->stage == STAGE_ENDED) {
        /* The margin proves that a line belongs to the message, whatever it looks like. */
        return kind == T2M_STACK_PYTHON_INDENTED || stage->margin ? T2M_STACK_YES : T2M_STACK_NO;
    }
    if (kind == T2M_STACK_PYTHON_INDENTED) { /* Ruby of old has the same first line, and tabs */
        return line.data[0] == '\t' ? T2M_STACK_NO : go_to(stage, STAGE_FRAMES);
    }
    if (kind != T2M_STACK_PYTHON_ENDING) {
        return T2M_STACK_NO;
    }
    return go_to(stage, t2m_stack_python_is_remote(line) ? STAGE_REMOTE : STAGE_ENDED);
}

/* Further lines of a member's message have no margin when it was C code that printed them. */
static t2m_stack_answer_e continue_bare(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_python_line_e kind = t2m_stack_python_line(line);

    if (kind == T2M_STACK_PYTHON_BLANK) {
        return T2M_STACK_PERHAPS;
    }
    if (stage->stage != STAGE_MEMBERS || stage->count == BARE_MAX
        || kind == T2M_STACK_PYTHON_HEADER) {
        return T2M_STACK_NO;
    }
    stage->count++;
    return T2M_STACK_PERHAPS;
}

/* A line while an exception group is open: `  | ` is its own margin, deeper ones its members'. */
static t2m_stack_answer_e continue_group(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_text_t body;

    switch (t2m_stack_python_within(line, T2M_STACK_PYTHON_MARGIN, &body)) {
    case T2M_STACK_PYTHON_OWN:
        return continue_body(body, stage);
    case T2M_STACK_PYTHON_FOREIGN:
        return continue_bare(line, stage);
    default:
        return go_to(stage, t2m_stack_python_ends_group(line) ? STAGE_ENDED : STAGE_MEMBERS);
    }
}

static t2m_stack_answer_e continue_quoted(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (stage->count == QUOTED_MAX) {
        return T2M_STACK_NO;
    }
    stage->count++;
    return t2m_stack_python_line(line) == T2M_STACK_PYTHON_QUOTES ? go_to(stage, STAGE_ENDED)
                                                                  : T2M_STACK_YES;
}

static t2m_stack_answer_e continue_place(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (t2m_stack_text_starts(line, "    ") && t2m_stack_text_trim(line).size) {
        return go_to(stage, STAGE_FRAMES);
    }
    return t2m_stack_python_is_syntax_error(line) ? go_to(stage, STAGE_ENDED) : T2M_STACK_NO;
}

/* A second traceback, where a sentence announced it. */
static t2m_stack_answer_e continue_chain(t2m_text_t line, t2m_stack_stage_t *stage)
{
    switch (t2m_stack_python_line(line)) {
    case T2M_STACK_PYTHON_HEADER:
        return go_to(stage, STAGE_FRAMES);
    case T2M_STACK_PYTHON_GROUP:
        stage->margin = T2M_STACK_PYTHON_MARGIN;
        return go_to(stage, STAGE_FRAMES);
    default:
        return continue_body(line, stage);
    }
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_python_line_e kind = t2m_stack_python_line(line);

    switch ((stage_e)stage->stage) {
    case STAGE_QUOTED:
        return continue_quoted(line, stage);
    case STAGE_PLACE:
        return continue_place(line, stage);
    case STAGE_REMOTE:
        return kind == T2M_STACK_PYTHON_QUOTES ? go_to(stage, STAGE_QUOTED) : T2M_STACK_NO;
    case STAGE_CHAINED:
        return continue_chain(line, stage);
    default:
        break;
    }
    if (kind == T2M_STACK_PYTHON_HEADER || kind == T2M_STACK_PYTHON_GROUP) {
        return T2M_STACK_NO;
    }
    if (stage->stage == STAGE_ENDED && kind == T2M_STACK_PYTHON_SENTENCE) {
        stage->margin = 0;
        return go_to(stage, STAGE_CHAINED);
    }
    return stage->margin ? continue_group(line, stage) : continue_body(line, stage);
}

/* ---- the whole ---- */

/* Where what is read goes. */
typedef struct {
    t2m_stack_t *stack;
    int begun;          /* the exception that ended the program is there */
} reader_t;

/* What one exception says of itself. */
typedef struct {
    t2m_text_t type, message;
    t2m_text_t frames;     /* the lines of them */
    t2m_text_t members;    /* from the first ruler on */
    apr_size_t margin;
    const char *end;       /* of the message, while it is looked for */
    int has_header, is_remote;
    int quotes;            /* lines of nothing else in the message, where another process's
                            * traceback stands */
} told_t;

static void read_chain(reader_t *reader, t2m_text_t text, apr_size_t margin, unsigned depth);

static t2m_text_t between(const char *start, const char *end)
{
    return t2m_text_of(start, (apr_size_t)(end - start));
}

static const char *end_of(t2m_text_t text)
{
    return text.data + text.size;
}

/* A line behind the type: part of the message. */
static int take_message_line(told_t *told, t2m_text_t body, t2m_stack_python_line_e kind)
{
    if (told->is_remote && kind == T2M_STACK_PYTHON_QUOTES) {
        told->quotes++;
    }
    if (told->quotes != 1
        && (kind == T2M_STACK_PYTHON_HEADER || kind == T2M_STACK_PYTHON_GROUP)) {
        return 0; /* another traceback */
    }
    if (kind != T2M_STACK_PYTHON_BLANK) {
        told->end = end_of(body);
    }
    return 1;
}

/* A line of the exception itself, body without the margin. Returns 0 when it is none. */
static int take_line(told_t *told, t2m_text_t line, t2m_text_t body)
{
    t2m_stack_python_line_e kind = t2m_stack_python_line(body);

    if (told->type.size) {
        return take_message_line(told, body, kind);
    }
    switch (kind) {
    case T2M_STACK_PYTHON_BLANK:
        return 1;
    case T2M_STACK_PYTHON_HEADER:
        if (told->has_header || told->frames.size) {
            return 0;
        }
        told->has_header = 1;
        return 1;
    case T2M_STACK_PYTHON_INDENTED:
        if (body.data[0] == '\t') {
            return 0;
        }
        told->frames = between(told->frames.size ? told->frames.data : line.data, end_of(line));
        return 1;
    case T2M_STACK_PYTHON_ENDING:
        told->type = t2m_text_of(body.data, t2m_stack_python_type(body));
        told->is_remote = t2m_stack_python_is_remote(body);
        told->end = end_of(body);
        return 1;
    case T2M_STACK_PYTHON_SENTENCE: /* before it, in a chain */
        return !told->has_header && !told->frames.size;
    default:
        return 0;
    }
}

/* What stands behind the type, up to the end that was found: `: message`, or further lines. */
static void end_message(told_t *told)
{
    t2m_text_t rest;

    if (!told->type.size) {
        return;
    }
    rest = between(end_of(told->type), told->end);
    if (t2m_stack_text_starts(rest, ": ")) {
        rest = t2m_stack_text_skip(rest, 2);
    }
    else if (rest.size) { /* the colon, or the end of the line */
        rest = t2m_stack_text_skip(rest, t2m_stack_text_starts(rest, "\r\n") ? 2 : 1);
    }
    told->message = t2m_stack_text_trim(rest);
}

/* Splits what one exception says into its parts. */
static void tell(t2m_text_t text, apr_size_t margin, told_t *told)
{
    t2m_text_t rest = text, line, body;
    int goes_on = 1;

    memset(told, 0, sizeof(*told));
    told->margin = margin;
    while (goes_on && t2m_stack_next_line(&rest, &line)) {
        t2m_stack_python_place_e place = t2m_stack_python_within(line, told->margin, &body);

        if (place == T2M_STACK_PYTHON_FOREIGN && told->type.size) {
            goes_on = take_message_line(told, line, t2m_stack_python_line(line));
        }
        else if (place == T2M_STACK_PYTHON_OWN) {
            if (margin == 0 && !told->has_header
                && t2m_stack_python_line(line) == T2M_STACK_PYTHON_GROUP) {
                told->has_header = 1;
                told->margin = T2M_STACK_PYTHON_MARGIN;
            }
            else {
                goes_on = take_line(told, line, body);
            }
        }
        else {
            if (place != T2M_STACK_PYTHON_FOREIGN) {
                told->members = t2m_stack_text_from(text, line.data);
            }
            goes_on = 0;
        }
    }
    end_message(told);
}

static int is_source(t2m_text_t body)
{
    return !t2m_stack_text_starts(body, "  ") || t2m_stack_text_blank(body.data[2]);
}

static int is_marks(t2m_text_t body)
{
    apr_size_t i = 0;

    while (i < body.size && strchr(" ~^", body.data[i]) && body.data[i] != '\0') {
        i++;
    }
    return i == body.size;
}

/* A frame is indented by two, its source by more. */
static void add_frames(t2m_stack_t *stack, const told_t *told)
{
    t2m_text_t rest = told->frames, line, body;
    t2m_stack_frame_t *frame = NULL;

    while (t2m_stack_next_line(&rest, &line)) {
        (void)t2m_stack_python_within(line, told->margin, &body);
        if (is_marks(body)) {
            continue;
        }
        if (frame && is_source(body)) {
            frame->text = between(frame->text.data, end_of(line));
            continue;
        }
        body = t2m_stack_text_trim(body);
        frame = t2m_stack_add_frame(stack, between(body.data, end_of(line)));
        (void)t2m_stack_python_place(body, frame);
        if (t2m_stack_text_starts(body, "[Previous line repeated ")) {
            stack->truncated = 1;
        }
    }
}

/* Groups are members of groups, and what is quoted has causes: all of it ends at DEPTH_MAX.
 * NOLINTBEGIN(misc-no-recursion) */

/* Each member of a group, in their order. */
static void read_members(reader_t *reader, const told_t *told, unsigned depth)
{
    t2m_text_t rest = told->members, line, body;
    const char *start = NULL;

    while (depth < DEPTH_MAX && t2m_stack_next_line(&rest, &line)) {
        t2m_stack_python_place_e place = t2m_stack_python_within(line, told->margin, &body);

        if (place == T2M_STACK_PYTHON_MEMBER || place == T2M_STACK_PYTHON_MORE
            || place == T2M_STACK_PYTHON_END) {
            if (start) {
                read_chain(reader, between(start, line.data), told->margin + 2, depth + 1);
            }
            start = place == T2M_STACK_PYTHON_MEMBER ? rest.data : NULL;
            reader->stack->truncated |= place == T2M_STACK_PYTHON_MORE;
        }
    }
    if (start) {
        read_chain(reader, between(start, end_of(told->members)), told->margin + 2, depth + 1);
    }
}

/* Gives the exception its place. Returns 0 when there is none. Of one that broke off before it said
 * anything the exception before it takes the place. */
static int add_exception(reader_t *reader, const told_t *told)
{
    if (!told->type.size && !told->frames.size) {
        reader->stack->truncated = 1;
        return 0;
    }
    if (!reader->begun) {
        reader->begun = 1;
        reader->stack->type = told->type;
        reader->stack->message = told->message;
        return 1;
    }
    if (!told->type.size) {
        return 0;
    }
    return t2m_stack_add_cause(reader->stack, told->type, told->message);
}

/* The traceback of another process, between its quotes. */
static t2m_text_t quoted_part(const told_t *told)
{
    static const char start[] = "\"\"\"\n", end[] = "\n\"\"\"";
    t2m_text_t message = t2m_stack_text_trim(told->message);

    if (!told->is_remote || !t2m_stack_text_starts(message, start)) {
        return t2m_text_of(message.data, 0);
    }
    message = t2m_stack_text_skip(message, sizeof(start) - 1);
    if (t2m_stack_text_ends(message, end)) {
        message.size -= sizeof(end) - 1;
    }
    return message;
}

static void read_exception(reader_t *reader, t2m_text_t text, apr_size_t margin, unsigned depth)
{
    t2m_text_t quoted;
    told_t told;

    tell(text, margin, &told);
    quoted = quoted_part(&told);
    if (quoted.size && depth < DEPTH_MAX) {
        read_chain(reader, quoted, 0, depth + 1);
    }
    else if (add_exception(reader, &told)) {
        add_frames(reader->stack, &told);
        read_members(reader, &told, depth);
    }
}

typedef struct {
    apr_size_t margin;
    int remote, quoted; /* the line before the quotes was there; the quotes were */
} splitter_t;

/* Nonzero for the sentence between two exceptions, which the quoted ones have too. */
static int splits(splitter_t *splitter, t2m_text_t line)
{
    t2m_stack_python_line_e kind;
    t2m_text_t body;

    (void)t2m_stack_python_within(line, splitter->margin, &body);
    kind = t2m_stack_python_line(body);
    if (kind == T2M_STACK_PYTHON_QUOTES) {
        splitter->quoted = splitter->remote && !splitter->quoted;
    }
    splitter->remote = splitter->quoted || t2m_stack_python_is_remote(body);
    return !splitter->quoted && kind == T2M_STACK_PYTHON_SENTENCE;
}

/* The exceptions of a chain, the last one first. */
static void read_chain(reader_t *reader, t2m_text_t text, apr_size_t margin, unsigned depth)
{
    const char *ends[CHAIN_MAX + 1]; /* of the newest ones; each begins where another ended */
    t2m_text_t rest = text, line;
    splitter_t splitter = { margin, 0, 0 };
    unsigned count = 0, i;

    ends[0] = text.data;
    while (t2m_stack_next_line(&rest, &line)) {
        if (splits(&splitter, line)) {
            count++;
            ends[count % (CHAIN_MAX + 1)] = line.data;
        }
    }
    ends[(count + 1) % (CHAIN_MAX + 1)] = end_of(text);
    for (i = 0; i < CHAIN_MAX && i <= count; i++) {
        const char *start = ends[(count - i) % (CHAIN_MAX + 1)];

        read_exception(reader, between(start, ends[(count - i + 1) % (CHAIN_MAX + 1)]), margin,
                       depth);
    }
    reader->stack->truncated |= count >= CHAIN_MAX;
}

/* NOLINTEND(misc-no-recursion) */

/* Whether the first lines begin a traceback. */
static int is_begun(t2m_text_t text)
{
    t2m_stack_stage_t stage = { 0, 0, 0 };
    t2m_text_t line;
    t2m_stack_answer_e answer = t2m_stack_next_line(&text, &line) ? begins(line, &stage)
                                                                  : T2M_STACK_NO;

    if (answer == T2M_STACK_PERHAPS) {
        answer = t2m_stack_next_line(&text, &line) ? continues(line, &stage) : T2M_STACK_NO;
    }
    return answer == T2M_STACK_YES;
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    reader_t reader = { stack, 0 };

    if (!is_begun(text)) {
        return 0;
    }
    t2m_stack_clear(stack);
    read_chain(&reader, text, 0, 0);
    if (!stack->type.size && (stack->frame_count || stack->cause_count)) {
        stack->type = t2m_text("Traceback"); /* it broke off before it said */
    }
    return stack->type.size > 0;
}

const t2m_stack_language_t t2m_stack_python = { "python", begins, continues, parse };
