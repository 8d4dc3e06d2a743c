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

/* Tracebacks of Python, as Lib/traceback.py and Python/pythonrun.c print them: frames are indented
 * by two blanks, their source by four, the exception's line by none; of a chain the exception that
 * ended the program comes last; an exception group and its members have margins of `|`. */
#include "core/stack.h"
#include "core/stack_text.h"

enum { TYPE_MAX = 255 };

typedef enum {
    STAGE_NONE,
    STAGE_FRAMES,  /* after the header */
    STAGE_ENDED,   /* after `Type: message` */
    STAGE_CHAINED, /* after a sentence that announces another traceback */
    STAGE_SYNTAX   /* after a frame without a header: maybe a SyntaxError of the script itself */
} stage_e;

static const char plain_header[] = "Traceback (most recent call last):";
static const char group_header[] = "Exception Group Traceback (most recent call last):";

/* ---- texts ---- */

static apr_size_t leading_blanks(t2m_text_t text)
{
    apr_size_t count = 0;

    while (count < text.size && (text.data[count] == ' ' || text.data[count] == '\t')) {
        count++;
    }
    return count;
}

static int is_blank(t2m_text_t text)
{
    return leading_blanks(text) == text.size;
}

static int is_indented(t2m_text_t text)
{
    return leading_blanks(text) > 0;
}

static int is_sentence(t2m_text_t line)
{
    static const char during[] = "During handling of the above exception, another exception "
                                 "occurred:";
    static const char cause[] = "The above exception was the direct cause of the following "
                                "exception:";

    return t2m_stack_text_is(line, during) || t2m_stack_text_is(line, cause);
}

/* Python names may hold any letter: bytes of UTF-8 are taken as such. */
static int is_name_byte(char byte, int first)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '_'
        || ((unsigned char)byte & 0x80) || (!first && byte >= '0' && byte <= '9');
}

/* The size of the name at the start of text, `<locals>` (a class made in a function) included. */
static apr_size_t name_size(t2m_text_t text)
{
    apr_size_t size = 0;

    if (t2m_stack_text_starts(text, "<locals>")) {
        return sizeof("<locals>") - 1;
    }
    while (size < text.size && size <= TYPE_MAX && is_name_byte(text.data[size], size == 0)) {
        size++;
    }
    return size;
}

/* The size of the type when line is `Type` or `Type: message`, else 0. */
static apr_size_t type_size(t2m_text_t line)
{
    apr_size_t size = 0;

    for (;;) {
        apr_size_t name = name_size(t2m_stack_text_skip(line, size));

        size += name;
        if (!name || size > TYPE_MAX) {
            return 0;
        }
        if (size == line.size) {
            return size;
        }
        if (line.data[size] != '.') {
            break;
        }
        size++;
    }
    return line.data[size] == ':' && (size + 1 == line.size || line.data[size + 1] == ' ') ? size
                                                                                          : 0;
}

/* `File "PATH", line N`, with ` in FUNCTION` or without, is what makes a frame. */
static int is_frame(t2m_text_t line)
{
    return t2m_stack_text_starts(line, "File \"");
}

static int is_group_header(t2m_text_t line)
{
    return t2m_stack_text_starts(line, "  + ")
           && t2m_stack_text_is(t2m_stack_text_skip(line, 4), group_header);
}

/* The margin of a group, `  | ` and deeper, or a ruler between its members. */
static int has_margin(t2m_text_t line)
{
    apr_size_t blanks = leading_blanks(line);

    return blanks >= 2 && blanks < line.size
           && (line.data[blanks] == '|'
               || (line.data[blanks] == '+' && line.size - blanks > 2
                   && line.data[blanks + 1] == '-'));
}

/* ---- joining ---- */

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (t2m_stack_text_is(line, plain_header)) {
        stage->stage = STAGE_FRAMES;
        return T2M_STACK_YES;
    }
    if (is_group_header(line)) {
        stage->stage = STAGE_FRAMES;
        stage->margin = 2;
        return T2M_STACK_YES;
    }
    if (line.size > 2 && is_frame(t2m_stack_text_skip(line, 2)) && leading_blanks(line) == 2) {
        stage->stage = STAGE_SYNTAX;
        return T2M_STACK_PERHAPS;
    }
    return T2M_STACK_NO;
}

static t2m_stack_answer_e go_to(t2m_stack_stage_t *stage, stage_e next)
{
    stage->stage = (unsigned char)next;
    return T2M_STACK_YES;
}

static t2m_stack_answer_e after_ending(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (is_sentence(line)) {
        stage->margin = 0;
        return go_to(stage, STAGE_CHAINED);
    }
    return is_indented(line) && !is_group_header(line) ? T2M_STACK_YES /* more of the message */
                                                       : T2M_STACK_NO;
}

static t2m_stack_answer_e after_frames(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (is_indented(line)) {
        return is_group_header(line) ? T2M_STACK_NO : T2M_STACK_YES;
    }
    return type_size(line) ? go_to(stage, STAGE_ENDED) : T2M_STACK_NO;
}

static t2m_stack_answer_e in_group(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (has_margin(line)) {
        return T2M_STACK_YES;
    }
    if (is_sentence(line)) {
        stage->margin = 0;
        return go_to(stage, STAGE_CHAINED);
    }
    return T2M_STACK_NO;
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (is_blank(line)) {
        return stage->stage == STAGE_SYNTAX ? T2M_STACK_NO : T2M_STACK_PERHAPS;
    }
    if (stage->stage == STAGE_CHAINED) {
        if (begins(line, stage) == T2M_STACK_YES) {
            return T2M_STACK_YES;
        }
        return type_size(line) ? go_to(stage, STAGE_ENDED) : T2M_STACK_NO; /* it has no frames */
    }
    if (stage->margin) {
        return in_group(line, stage);
    }
    if (stage->stage == STAGE_SYNTAX) {
        return leading_blanks(line) >= 4 ? T2M_STACK_PERHAPS : after_frames(line, stage);
    }
    return stage->stage == STAGE_ENDED ? after_ending(line, stage) : after_frames(line, stage);
}

/* ---- parsing ---- */

/* What is read of the exceptions that stand in a text. */
typedef struct {
    t2m_stack_t *stack;
    t2m_stack_frame_t *frame;  /* the newest one, which source lines go to; NULL: none */
    t2m_text_t *type, *message; /* where those of the exception that is being read go */
    int ended, group;
} parse_t;

static const char *end_of(t2m_text_t text)
{
    return text.data + text.size;
}

static int is_library(t2m_text_t file)
{
    static const char *const segments[] = { "site-packages", "dist-packages", "/usr/lib/python",
                                            "/usr/lib64/python", "/usr/local/lib/python", NULL };

    return t2m_stack_path_has(file, segments) || t2m_stack_text_starts(file, "<frozen ")
           || (file.size && memmem(file.data, file.size, "/lib/python3", 12));
}

static apr_uint32_t number_at(t2m_text_t text)
{
    apr_uint32_t number = 0;

    for (apr_size_t i = 0; i < text.size && text.data[i] >= '0' && text.data[i] <= '9'
                           && number < 100000000; i++) {
        number = number * 10 + (apr_uint32_t)(text.data[i] - '0');
    }
    return number;
}

/* line: `File "PATH", line N, in FUNCTION`. */
static void read_frame(t2m_stack_frame_t *frame, t2m_text_t line)
{
    static const char number[] = "\", line ", function[] = ", in ";
    t2m_text_t rest = t2m_stack_text_skip(line, sizeof("File \"") - 1);
    const char *at = memmem(rest.data, rest.size, number, sizeof(number) - 1);

    if (!at) {
        return;
    }
    frame->file = t2m_text_of(rest.data, (apr_size_t)(at - rest.data));
    frame->in_app = !is_library(frame->file);
    rest = t2m_stack_text_skip(rest, frame->file.size + sizeof(number) - 1);
    frame->line = number_at(rest);
    at = memmem(rest.data, rest.size, function, sizeof(function) - 1);
    if (at) {
        frame->function = t2m_text_of(at + sizeof(function) - 1,
                                      (apr_size_t)(end_of(rest) - at) - sizeof(function) + 1);
    }
}

static void add_frame(parse_t *parse, t2m_text_t line)
{
    parse->frame = t2m_stack_add_frame(parse->stack, line);
    if (is_frame(line)) {
        read_frame(parse->frame, line);
    }
}

/* A source line: the frame's text goes on up to its end. */
static void extend_frame(parse_t *parse, t2m_text_t line)
{
    if (parse->frame) {
        parse->frame->text.size = (apr_size_t)(end_of(line) - parse->frame->text.data);
    }
}

static void end_exception(parse_t *parse, t2m_text_t line, apr_size_t size)
{
    t2m_text_t message = t2m_stack_text_skip(line, size);

    if (message.size) {
        message = t2m_stack_text_skip(message, message.size > 1 && message.data[1] == ' ' ? 2 : 1);
    }
    *parse->type = t2m_text_of(line.data, size);
    *parse->message = message;
    parse->ended = 1;
    parse->frame = NULL;
}

static void extend_message(parse_t *parse, t2m_text_t line)
{
    if (!is_blank(line) && !parse->group) {
        parse->message->size = (apr_size_t)(end_of(line) - parse->message->data);
    }
}

static int is_header(t2m_text_t line)
{
    return t2m_stack_text_is(line, plain_header) || t2m_stack_text_is(line, group_header);
}

/* A line without a group's margin, or with it taken off. */
static void read_line(parse_t *parse, t2m_text_t line)
{
    apr_size_t blanks = leading_blanks(line), size;

    if (parse->ended && !(parse->group && t2m_stack_text_is(line, plain_header))) {
        extend_message(parse, line);
    } else if (is_blank(line) || is_header(line)) {
        parse->ended = 0;
    } else if (blanks == 2) {
        add_frame(parse, t2m_stack_text_skip(line, 2));
    } else if (blanks) {
        extend_frame(parse, line);
    } else {
        size = type_size(line);
        if (size) {
            end_exception(parse, line, size);
        }
    }
}

/* Begins an exception that is told behind the one that ended the program. */
static int begin_cause(parse_t *parse)
{
    t2m_stack_t *stack = parse->stack;

    if (!t2m_stack_add_cause(stack, t2m_text_of(NULL, 0), t2m_text_of(NULL, 0))) {
        return 0;
    }
    parse->type = &stack->causes[stack->cause_count - 1].type;
    parse->message = &stack->causes[stack->cause_count - 1].message;
    parse->frame = NULL;
    parse->ended = 0;
    return 1;
}

/* `+-+---------------- 1 ----------------` begins a member of a group, dashes alone end it. Returns
 * 0 when there is no room for one more. */
static int read_ruler(parse_t *parse, t2m_text_t ruler)
{
    for (apr_size_t i = 0; i < ruler.size; i++) {
        if (ruler.data[i] != '+' && ruler.data[i] != '-') {
            return begin_cause(parse);
        }
    }
    return 1;
}

static int read_group_line(parse_t *parse, t2m_text_t line)
{
    t2m_text_t rest = t2m_stack_text_skip(line, leading_blanks(line));

    if (rest.size && rest.data[0] == '|') {
        rest = t2m_stack_text_skip(rest, rest.size > 1 && rest.data[1] == ' ' ? 2 : 1);
        read_line(parse, rest);
        return 1;
    }
    return read_ruler(parse, rest);
}

/* One traceback of a chain, with its header or without. Returns 0 when there is no room. */
static int read_one(parse_t *parse, t2m_text_t text)
{
    t2m_text_t line;

    parse->group = 0;
    while (t2m_stack_next_line(&text, &line)) {
        if (is_group_header(line)) {
            parse->group = 1;
        } else if (!parse->group) {
            read_line(parse, line);
        } else if (has_margin(line) && !read_group_line(parse, line)) {
            return 0;
        }
    }
    return 1;
}

/* The last traceback of text, behind the last sentence; *before: what stands before that. */
static t2m_text_t last_of(t2m_text_t text, t2m_text_t *before)
{
    t2m_text_t rest = text, last = text, line;

    *before = t2m_text_of(text.data, 0);
    while (t2m_stack_next_line(&rest, &line)) {
        if (is_sentence(line)) {
            *before = t2m_text_of(text.data, (apr_size_t)(line.data - text.data));
            last = rest;
        }
    }
    return last;
}

/* Whether the first line begins a traceback. */
static t2m_stack_answer_e begins_of(t2m_text_t text)
{
    t2m_stack_stage_t stage = { 0, 0, 0 };
    t2m_text_t line;

    return t2m_stack_next_line(&text, &line) ? begins(line, &stage) : T2M_STACK_NO;
}

static int is_end_of_line(char byte)
{
    return byte == '\n' || byte == '\r' || byte == ' ';
}

/* A message may begin in the line behind its type, and end before blank lines. */
static void cut_blanks(t2m_text_t *text)
{
    while (text->size && is_end_of_line(text->data[text->size - 1])) {
        text->size--;
    }
    while (text->size && is_end_of_line(text->data[0])) {
        *text = t2m_stack_text_skip(*text, 1);
    }
}

/* Each is looked for once among the lines that are left, and a chain has but so many that fit. */
static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    parse_t own = { .stack = stack };
    t2m_stack_answer_e answer = begins_of(text);
    int has_header = answer == T2M_STACK_YES, fits = 1;
    t2m_text_t one;

    if (answer == T2M_STACK_NO) {
        return 0;
    }
    t2m_stack_clear(stack);
    own.type = &stack->type;
    own.message = &stack->message;
    do {
        one = last_of(text, &text);
        if (is_blank(one) && text.size) { /* it broke off behind a sentence */
            stack->truncated = 1;
            one = last_of(text, &text);
        }
        fits = read_one(&own, one);
        cut_blanks(own.message);
    } while (text.size && fits && begin_cause(&own));
    if (text.size) {
        stack->truncated = 1;
    }
    if (!stack->type.size && stack->frame_count && has_header) {
        stack->type = t2m_text("Traceback"); /* it broke off before it said */
    }
    return stack->type.size > 0;
}

const t2m_stack_language_t t2m_stack_python = { "python", begins, continues, parse };
