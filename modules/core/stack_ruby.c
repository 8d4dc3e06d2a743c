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

/* Stack traces of Ruby, as it prints an error that nobody rescued, and as full_message does:
 *
 *     /srv/app/a.rb:3:in `f': message (Type)      up to Ruby 3.3; 'Cart#f' since
 *     its further lines, and the source with marks
 *         from /srv/app/a.rb:9:in `block in g'
 *     /srv/app/b.rb:5:in `h': message (Type)      its cause
 *         from /srv/app/b.rb:7:in `<main>'
 *
 * or the other way about, below `Traceback (most recent call last):`; and as loggers and frameworks
 * print one: a title that names the error, and the places below it:
 *
 *     NoMethodError (undefined method `f' for nil):
 *
 *     app/controllers/carts_controller.rb:12:in `index'
 */
#include "core/stack_ruby_line.h"

enum {
    RAISED_LINES_MAX = 32, /* of a message below the place where its error was raised */
    TITLE_LINES_MAX = 12,  /* below a title, which may be none */
    BLANK_LINES_MAX = 3
};

/* ---- reading ---- */

typedef struct {
    t2m_stack_t *stack;
    t2m_text_t rest;
    t2m_text_t raised;  /* the first line that says where an error was raised */
    int typed;          /* and which: a line without may be anything */
    apr_size_t margin;
    unsigned errors;    /* the exception and its causes so far */
    int reversed;
    int left_out;       /* frames now are those of an error that has no room */
    int thread;         /* it ended a thread */
    int told;           /* all of it: what follows is a repetition */
} reader_t;

static int next_line(reader_t *reader, t2m_text_t *line)
{
    if (!t2m_stack_next_line(&reader->rest, line)) {
        return 0;
    }
    *line = t2m_stack_ruby_line_body(*line, reader->margin);
    return 1;
}

static int is_in_app(t2m_text_t file)
{
    static const char *const libraries[] = {
        "lib/ruby", "gems", "rubygems", "vendor/bundle", "vendor_ruby", "site_ruby",
        "/usr/share/ruby", "/usr/bin/", "/usr/local/bin/", NULL
    };

    return file.size && !t2m_stack_text_starts(file, "<internal:")
        && !t2m_stack_path_has(file, libraries);
}

static void add_frame(reader_t *reader, t2m_text_t text, const t2m_stack_ruby_place_t *place)
{
    t2m_stack_frame_t *frame;

    if (reader->left_out || !place->file.size) {
        return;
    }
    frame = t2m_stack_add_frame(reader->stack, text);
    frame->function = place->function;
    frame->file = place->file;
    frame->line = place->line;
    frame->in_app = is_in_app(place->file) ? 1 : 0;
}

/* The exception, or the next cause; below the line of a reversed trace the frames came before it,
 * and the cause is there already. */
static void set_error(reader_t *reader, t2m_text_t type, t2m_text_t message)
{
    t2m_stack_t *stack = reader->stack;

    if (reader->errors == 0) {
        stack->type = type;
        stack->message = message;
    }
    else if (reader->reversed) {
        stack->causes[stack->cause_count - 1].type = type;
        stack->causes[stack->cause_count - 1].message = message;
    }
    else {
        reader->left_out = !t2m_stack_add_cause(stack, type, message);
    }
    reader->errors++;
}

/* The end of the lines below a place: before the next frame, place or note. *marks: source stands
 * there, or a suggestion; what the message is without. */
static const char *read_lines(reader_t *reader, t2m_text_t first, int *marks)
{
    t2m_text_t ahead = reader->rest, line;
    const char *end = first.data + first.size;
    t2m_stack_ruby_place_t place;

    *marks = 0;
    while (t2m_stack_next_line(&ahead, &line)) {
        if (t2m_stack_ruby_line_frame(line, &place) || t2m_stack_ruby_line_raise(line, &place)
            || t2m_stack_ruby_line_is_gap(line)) {
            break;
        }
        *marks |= t2m_stack_ruby_line_is_marks(line);
        end = line.data + line.size;
        reader->rest = ahead;
    }
    return end;
}

/* The place of a mistake of syntax, which is not where the exception was raised. */
static void add_mistake(reader_t *reader, t2m_text_t type, t2m_text_t message)
{
    t2m_stack_ruby_place_t place;

    if (t2m_stack_text_is(type, "SyntaxError")
        && t2m_stack_ruby_line_position(message, &place)) {
        add_frame(reader, message, &place);
    }
}

/* A line that says where an error was raised, with the lines below it. Ruby puts the type behind
 * the message's first line; a message of several has it there, for it is one run of bytes. */
static void read_raise(reader_t *reader, t2m_text_t line, const t2m_stack_ruby_place_t *place)
{
    int marks;
    t2m_text_t type, first, message = place->behind, text = place->text;
    const char *end = read_lines(reader, line, &marks);

    t2m_stack_ruby_line_type(place->behind, &type, &first);
    if (end > line.data + line.size) {
        message.size = (apr_size_t)(end - message.data);
    }
    if (marks) {
        text = t2m_text_of(line.data, (apr_size_t)(end - line.data));
    }
    if (marks || message.size == place->behind.size) {
        message = first;
    }
    set_error(reader, type, t2m_stack_text_chomp(message));
    if (!reader->reversed) {
        add_mistake(reader, type, first);
    }
    add_frame(reader, text, place);
    if (reader->reversed) {
        add_mistake(reader, type, first);
    }
}

/* Opens the next error of a reversed trace, if the one before has been named. */
static void open_error(reader_t *reader)
{
    static const t2m_text_t none = { NULL, 0 };

    if (reader->reversed && reader->errors > reader->stack->cause_count) {
        reader->left_out = !t2m_stack_add_cause(reader->stack, none, none);
    }
}

/* A line that says where an error was raised. That of a thread is told once more, with all that
 * belongs to it, when the thread is joined. */
static void read_error(reader_t *reader, t2m_text_t line, const t2m_stack_ruby_place_t *place)
{
    t2m_text_t type, message;

    if (!reader->errors) {
        reader->raised = line;
        reader->typed = t2m_stack_ruby_line_type(place->behind, &type, &message);
    }
    else if (reader->thread && reader->raised.size == line.size
             && memcmp(reader->raised.data, line.data, line.size) == 0) {
        reader->told = 1;
        return;
    }
    open_error(reader);
    if (!reader->reversed || !reader->left_out) {
        read_raise(reader, line, place);
    }
}

static void read_line(reader_t *reader, t2m_text_t line)
{
    t2m_stack_ruby_place_t place;
    t2m_text_t type, message;

    if (t2m_stack_ruby_line_raise(line, &place)) {
        read_error(reader, line, &place);
    }
    else if (t2m_stack_ruby_line_frame(line, &place)) {
        open_error(reader);
        add_frame(reader, place.text, &place);
    }
    else if (t2m_stack_ruby_line_is_gap(line)) {
        reader->stack->truncated = 1;
    }
    else if (t2m_stack_ruby_line_cause(line, &type, &message)) {
        set_error(reader, type, message);
    }
}

/* An error that no line names was cut off, and so are its frames. */
static void close_reversed(reader_t *reader)
{
    t2m_stack_t *stack = reader->stack;

    if (reader->errors == stack->cause_count && stack->cause_count) {
        while (stack->frame_count
               && stack->frames[stack->frame_count - 1].cause == stack->cause_count) {
            stack->frame_count--;
        }
        stack->cause_count--;
        stack->truncated = 1;
    }
    t2m_stack_reverse(stack);
}

/* Reads the first line that is not blank, and of a trace. Returns 0 when it is of none. */
static int read_first(reader_t *reader)
{
    t2m_stack_ruby_place_t place;
    t2m_text_t line, type, message;

    do {
        if (!t2m_stack_next_line(&reader->rest, &line)) {
            return 0;
        }
    } while (!t2m_stack_text_trim(line).size);
    reader->reversed = t2m_stack_ruby_line_is_reversed(line);
    reader->thread = t2m_stack_ruby_line_is_thread(line);
    if (reader->reversed || reader->thread) {
        return 1;
    }
    if (t2m_stack_ruby_line_raise(line, &place)) {
        read_error(reader, line, &place);
        return 1;
    }
    reader->margin = t2m_stack_ruby_line_margin(line);
    line = t2m_stack_ruby_line_body(line, reader->margin);
    if (!t2m_stack_ruby_line_title(line, &type, &message)) {
        return 0;
    }
    set_error(reader, type, message);
    return 1;
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    reader_t reader;
    t2m_text_t line;

    memset(&reader, 0, sizeof(reader));
    reader.stack = stack;
    reader.rest = text;
    t2m_stack_clear(stack);
    if (!read_first(&reader)) {
        return 0;
    }
    while (!reader.told && next_line(&reader, &line)) {
        read_line(&reader, line);
    }
    if (!reader.typed && stack->frame_count < (reader.raised.size ? 2 : 1)) {
        return 0;
    }
    stack->innermost_first = !reader.reversed;
    if (reader.reversed) {
        close_reversed(&reader);
    }
    return 1;
}

/* ---- joining ---- */

typedef enum {
    STAGE_THREAD = 1, /* the error of a thread follows */
    STAGE_REVERSED,   /* frames, or the line of an error, follow */
    STAGE_RAISED,     /* below the line of an error */
    STAGE_FRAMES,
    STAGE_TITLE,
    STAGE_PLACES      /* frames below a title */
} stage_e;

static t2m_stack_answer_e go_to(t2m_stack_stage_t *stage, stage_e next, t2m_stack_answer_e answer)
{
    stage->stage = (unsigned char)next;
    stage->count = 0;
    return answer;
}

static t2m_stack_answer_e wait_for(t2m_stack_stage_t *stage, unsigned most)
{
    if (stage->count >= most) {
        return T2M_STACK_NO;
    }
    stage->count++;
    return T2M_STACK_PERHAPS;
}

/* An error that was raised: sure when its type is said. */
static t2m_stack_answer_e begin_raised(const t2m_stack_ruby_place_t *place,
                                       t2m_stack_stage_t *stage)
{
    t2m_text_t type, message;

    return go_to(stage, STAGE_RAISED, t2m_stack_ruby_line_type(place->behind, &type, &message)
                                          ? T2M_STACK_YES : T2M_STACK_PERHAPS);
}

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_ruby_place_t place;
    t2m_text_t type, message;
    unsigned char margin;

    if (t2m_stack_ruby_line_is_reversed(line)) {
        return go_to(stage, STAGE_REVERSED, T2M_STACK_PERHAPS); /* Python's begin so as well */
    }
    if (t2m_stack_ruby_line_is_thread(line)) {
        return go_to(stage, STAGE_THREAD, T2M_STACK_PERHAPS);
    }
    if (t2m_stack_ruby_line_raise(line, &place)) {
        return begin_raised(&place, stage);
    }
    margin = t2m_stack_ruby_line_margin(line);
    if (t2m_stack_ruby_line_title(t2m_stack_ruby_line_body(line, margin), &type, &message)) {
        stage->margin = margin;
        return go_to(stage, STAGE_TITLE, T2M_STACK_PERHAPS);
    }
    return T2M_STACK_NO;
}

/* Below the line of an error, or below frames of one. */
static t2m_stack_answer_e continue_raised(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_ruby_place_t place;

    if (t2m_stack_ruby_line_frame(line, &place) || t2m_stack_ruby_line_is_gap(line)) {
        return go_to(stage, stage->stage == STAGE_REVERSED ? STAGE_REVERSED : STAGE_FRAMES,
                     T2M_STACK_YES);
    }
    if (t2m_stack_ruby_line_raise(line, &place)) {
        return go_to(stage, STAGE_RAISED, T2M_STACK_YES);
    }
    if (stage->stage != STAGE_RAISED) {
        return T2M_STACK_NO;
    }
    if (t2m_stack_ruby_line_is_marks(line)) {
        stage->count++;
        return T2M_STACK_YES;
    }
    return wait_for(stage, RAISED_LINES_MAX);
}

/* Below a title: its frames, blank lines, further lines of its message. */
static t2m_stack_answer_e continue_title(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_ruby_place_t place;
    t2m_text_t type, message;

    line = t2m_stack_ruby_line_body(line, stage->margin);
    if (t2m_stack_ruby_line_frame(line, &place)) {
        return go_to(stage, STAGE_PLACES, T2M_STACK_YES);
    }
    if (t2m_stack_ruby_line_cause(line, &type, &message)) {
        return go_to(stage, STAGE_TITLE, T2M_STACK_YES);
    }
    if (stage->stage == STAGE_TITLE) {
        return wait_for(stage, TITLE_LINES_MAX);
    }
    return t2m_stack_text_trim(line).size ? T2M_STACK_NO : wait_for(stage, BLANK_LINES_MAX);
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_ruby_place_t place;

    if (stage->stage >= STAGE_TITLE) {
        return continue_title(line, stage);
    }
    if (stage->stage == STAGE_THREAD && !t2m_stack_ruby_line_raise(line, &place)) {
        return T2M_STACK_NO;
    }
    return continue_raised(line, stage);
}

const t2m_stack_language_t t2m_stack_ruby = { "ruby", begins, continues, parse };
