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

/* PHP: errors and uncaught exceptions as mod_php, PHP-FPM, php-cgi and `error_log($exception)` tell
 * them, and Xdebug's traces behind them.
 *
 * A line `#0 FILE(LINE): f()` says where f was called. A frame is a function and where it was: its
 * function stands in one line, its place in the line before, or behind the message. An exception's
 * frames are innermost first; Xdebug's are not.
 *
 * PHP-FPM sends several messages as one text, `; PHP message: ` between them, which is an end of
 * line here, and cuts it after so many bytes.
 */
#include "core/stack.h"
#include "core/stack_php_line.h"
#include "core/stack_text.h"

enum {
    MESSAGE_LINES_MAX = 64, /* of one message, when lines are joined */
    GUESS_LINES_MAX = 8     /* the same where nothing has shown yet that it is an exception */
};

static const char uncaught[] = "Uncaught ";
static const char thrown[] = "thrown in ";
static const char trace_follows[] = "Stack trace:";
static const char xdebug_follows[] = "PHP Stack trace:";
static const char next_exception[] = "Next ";
static const char on_line[] = " on line ";

/* What is not the site's own. */
static const char *const libraries[] = {
    "vendor", "wp-includes", "wp-admin", "/usr/share/php", "/usr/share/pear", "/usr/lib/php", NULL
};

/* ---- frames ---- */

static t2m_stack_frame_t *add_place(t2m_stack_t *stack, const t2m_stack_php_place_t *place)
{
    t2m_stack_frame_t *frame = t2m_stack_add_frame(stack, place->text);

    frame->file = place->file;
    frame->line = place->line;
    frame->in_app = place->file.size && !t2m_stack_path_has(place->file, libraries);
    return frame;
}

/* The last frame, whose function the next line tells; NULL: none of the exception at hand. */
static t2m_stack_frame_t *last_frame(t2m_stack_t *stack)
{
    t2m_stack_frame_t *frame = &stack->frames[stack->frame_count ? stack->frame_count - 1 : 0];

    return stack->frame_count && frame->cause == stack->cause_count ? frame : NULL;
}

static void drop_frames(t2m_stack_t *stack)
{
    while (last_frame(stack)) {
        stack->frame_count--;
    }
}

/* ---- a whole trace ---- */

typedef struct {
    t2m_stack_t *stack;
    t2m_text_t level;    /* "Fatal error" */
    const char *start;   /* of the message at hand, behind `Uncaught ` or `Next ` */
    const char *end;     /* of the last line that may belong to it */
    t2m_stack_php_place_t place; /* of an error that is no exception */
    t2m_text_t function; /* Xdebug's: of the frame whose place comes in the next line */
    unsigned exception : 1; /* the message is an exception */
    unsigned several : 1;   /* `Next` was there */
    unsigned told : 1;      /* the exception at hand has been added */
    unsigned frames : 1;    /* behind `Stack trace:` */
    unsigned complete : 1;  /* the end of what is told of the message was there */
    unsigned xdebug : 1;    /* Xdebug's frames are being read */
    unsigned called : 1;    /* its first one was there */
} reader_t;

static t2m_text_t text_at_hand(const reader_t *reader)
{
    return t2m_text_of(reader->start, (apr_size_t)(reader->end - reader->start));
}

/* Adds what Next told. When there is no room it takes the place of the one before, for it may be
 * the one that ended the program. */
static void add_next(reader_t *reader, t2m_stack_cause_t *told)
{
    t2m_stack_t *stack = reader->stack;

    if (!told->type.size && !told->message.size) { /* something must be said of it */
        told->message = t2m_text_of(reader->start - (sizeof(next_exception) - 1),
                                    sizeof(next_exception) - 2);
    }
    if (!reader->told && t2m_stack_add_cause(stack, told->type, told->message)) {
        return;
    }
    drop_frames(stack);
    stack->causes[stack->cause_count - 1] = *told;
}

/* Adds the exception at hand, whose text is all there. */
static void tell(reader_t *reader)
{
    t2m_text_t text = text_at_hand(reader), before = text;
    t2m_stack_php_place_t place;
    t2m_stack_cause_t told;
    int placed = t2m_stack_php_place(text, ":", &place, &before)
              || t2m_stack_php_place(text, on_line, &place, &before);

    told = t2m_stack_php_exception(before);
    if (reader->several) {
        add_next(reader, &told);
    }
    else {
        drop_frames(reader->stack);
        reader->stack->type = told.type.size ? told.type : reader->level;
        reader->stack->message = told.message;
    }
    reader->told = 1;
    if (placed && place.file.size) {
        (void)add_place(reader->stack, &place);
    }
}

/* `Stack trace:`. Where it comes again, the one before was quoted in the exception's message. */
static void begin_frames(reader_t *reader)
{
    t2m_text_t before;
    t2m_stack_php_place_t place;

    if (reader->exception
        && (!reader->told || t2m_stack_php_place(text_at_hand(reader), ":", &place, &before))) {
        tell(reader);
    }
    reader->frames = 1;
    reader->complete = 0;
}

/* A line with a number. One that was cut says nothing. */
static void read_frame(reader_t *reader, t2m_text_t line)
{
    t2m_stack_frame_t *before = last_frame(reader->stack);
    t2m_stack_php_call_t call;

    if (t2m_stack_php_main(line, &call.function)) {
        reader->complete = 1;
    }
    else if (!t2m_stack_php_call(line, &call)) {
        return;
    }
    if (before) {
        before->function = call.function;
    }
    if (!reader->complete) {
        (void)add_place(reader->stack, &call.place);
    }
}

/* `  thrown in FILE on line LINE`, the end, perhaps without its margin. */
static int is_thrown(t2m_text_t line)
{
    return t2m_stack_text_starts(t2m_stack_text_trim(line), thrown);
}

static void read_thrown(reader_t *reader, t2m_text_t line)
{
    t2m_stack_php_place_t place;
    t2m_text_t before;

    if (!reader->told) {
        tell(reader);
    }
    if (!last_frame(reader->stack)
        && t2m_stack_php_place(line, on_line, &place, &before) && place.file.size) {
        (void)add_place(reader->stack, &place);
    }
    reader->frames = reader->complete = 1;
}

static void read_exception_line(reader_t *reader, t2m_text_t line)
{
    if (is_thrown(line)) {
        read_thrown(reader, line);
        return;
    }
    if (reader->frames && t2m_stack_text_starts(line, next_exception)) {
        reader->start = line.data + sizeof(next_exception) - 1;
        reader->several = 1;
        reader->told = reader->frames = reader->complete = 0;
    }
    reader->end = line.data + line.size;
}

/* A line of an error that is no exception: its message ends with its place. Returns 0 behind it. */
static int read_error_line(reader_t *reader, t2m_text_t line)
{
    t2m_text_t before;

    if (reader->complete) {
        return 0;
    }
    reader->end = line.data + line.size;
    if (t2m_stack_php_place(line, on_line, &reader->place, &before)) {
        reader->end = before.data + before.size;
        reader->complete = 1;
        if (reader->place.file.size) {
            (void)add_place(reader->stack, &reader->place);
        }
    }
    return 1;
}

/* `PHP   2. f() FILE:LINE`, which come outermost first. */
static int read_xdebug(reader_t *reader, t2m_text_t line)
{
    t2m_stack_php_call_t call;

    if (!t2m_stack_php_xdebug(line, &call)) {
        return 0;
    }
    if (reader->called) {
        add_place(reader->stack, &call.place)->function = reader->function;
    }
    reader->function = call.function;
    reader->called = 1;
    return 1;
}

/* Xdebug's lines are messages of their own. What an exception has told is not read again. */
static int read_xdebug_line(reader_t *reader, t2m_text_t line)
{
    if (t2m_stack_text_is(line, xdebug_follows) && !reader->xdebug) {
        reader->xdebug = 1;
        if (!reader->frames) {
            drop_frames(reader->stack);
            reader->stack->innermost_first = 0;
        }
        return 1;
    }
    return reader->xdebug && (reader->frames || read_xdebug(reader, line));
}

static int read_line(reader_t *reader, t2m_text_t line)
{
    if (t2m_stack_text_is(line, trace_follows)) {
        begin_frames(reader);
        return 1;
    }
    if (reader->frames && t2m_stack_php_numbered(line)) {
        read_frame(reader, line);
        if (reader->exception) { /* it may be quoted */
            reader->end = line.data + line.size;
        }
        return 1;
    }
    if (reader->exception) {
        read_exception_line(reader, line);
        return 1;
    }
    return read_error_line(reader, line);
}

/* Up to the next message. */
static void read_lines(reader_t *reader, t2m_stack_php_lines_t *lines)
{
    t2m_text_t line;

    while (t2m_stack_php_next_line(lines, &line)) {
        if (read_xdebug_line(reader, t2m_stack_php_without_date(line))) {
            continue;
        }
        if (lines->starts || reader->xdebug
            || t2m_stack_php_head(line).kind >= T2M_STACK_PHP_LEVEL
            || !read_line(reader, line)) {
            return;
        }
    }
}

/* Ends what a cut text left open. */
static void finish(reader_t *reader)
{
    t2m_stack_t *stack = reader->stack;
    t2m_stack_php_place_t place;
    t2m_text_t before;

    if (!reader->exception) {
        stack->type = reader->level;
        stack->message = text_at_hand(reader);
    }
    else if (!reader->told) {
        tell(reader);
        reader->complete = t2m_stack_php_place(text_at_hand(reader), on_line, &place, &before) != 0;
    }
    if (reader->xdebug && !reader->frames && reader->place.file.size) {
        add_place(stack, &reader->place)->function = reader->function;
    }
    stack->truncated |= !reader->complete;
    if (reader->several) {
        t2m_stack_reverse(stack);
    }
}

/* The message that tells most: of an error that ends the program, else the first one. Of lines
 * that begin no message the first may. */
static int find_head(t2m_stack_php_lines_t *lines, t2m_stack_php_head_t *best)
{
    t2m_stack_php_lines_t ahead = *lines;
    t2m_text_t line;
    int first = 1;

    best->kind = T2M_STACK_PHP_NO;
    while (t2m_stack_php_next_line(&ahead, &line)) {
        t2m_stack_php_head_t head = t2m_stack_php_head(line);

        if (head.kind > best->kind
            && (first || ahead.starts || head.kind > T2M_STACK_PHP_BARE)) {
            *best = head;
            *lines = ahead;
        }
        first = first && !line.size;
    }
    return best->kind != T2M_STACK_PHP_NO;
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    t2m_stack_php_lines_t lines = t2m_stack_php_lines(text);
    t2m_stack_php_head_t head;
    reader_t reader;

    if (!find_head(&lines, &head)) {
        return 0;
    }
    memset(&reader, 0, sizeof(reader));
    t2m_stack_clear(stack);
    stack->innermost_first = 1;
    reader.stack = stack;
    reader.level = head.level;
    reader.start = head.rest.data;
    reader.end = head.rest.data + head.rest.size;
    reader.exception = head.kind == T2M_STACK_PHP_BARE;
    if (t2m_stack_text_starts(head.rest, uncaught)) {
        reader.exception = 1;
        reader.start += sizeof(uncaught) - 1;
    }
    if (!reader.exception) {
        (void)read_error_line(&reader, head.rest);
    }
    read_lines(&reader, &lines);
    finish(&reader);
    return head.kind >= T2M_STACK_PHP_LEVEL
        || (head.kind == T2M_STACK_PHP_PLAIN && stack->frame_count)
        || (head.kind == T2M_STACK_PHP_BARE && reader.frames);
}

/* ---- lines that come one by one ---- */

typedef enum {
    STAGE_GUESS = 1, /* after what looks like an exception */
    STAGE_MESSAGE,   /* before the place */
    STAGE_PLACED,    /* after it */
    STAGE_FRAMES,
    STAGE_XDEBUG
} stage_e;

/* Whether the first line of a message begins a trace, and the stage behind it. */
static t2m_stack_answer_e ask(t2m_text_t message, stage_e *stage)
{
    t2m_stack_php_head_t head = t2m_stack_php_head(message);
    t2m_stack_php_place_t place;
    t2m_text_t before;
    int placed = t2m_stack_php_place(head.rest, on_line, &place, &before);

    *stage = head.kind == T2M_STACK_PHP_BARE ? STAGE_GUESS : placed ? STAGE_PLACED : STAGE_MESSAGE;
    if (head.kind >= T2M_STACK_PHP_LEVEL
        || (head.kind == T2M_STACK_PHP_PLAIN && t2m_stack_text_starts(head.rest, uncaught))) {
        return T2M_STACK_YES;
    }
    return head.kind == T2M_STACK_PHP_BARE || (head.kind == T2M_STACK_PHP_PLAIN && placed)
               ? T2M_STACK_PERHAPS : T2M_STACK_NO;
}

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_php_lines_t lines = t2m_stack_php_lines(line);
    t2m_stack_answer_e best = T2M_STACK_NO;
    t2m_text_t message;

    while (t2m_stack_php_next_line(&lines, &message)) {
        stage_e own;
        t2m_stack_answer_e answer = ask(message, &own);

        if (answer != T2M_STACK_NO) {
            stage->stage = (unsigned char)own;
        }
        best = answer > best ? answer : best;
    }
    return best;
}

/* A further line of a message, unless it begins another one. */
static t2m_stack_answer_e continue_message(t2m_text_t line, t2m_stack_stage_t *stage)
{
    int guess = stage->stage == STAGE_GUESS;
    t2m_text_t before;
    t2m_stack_php_place_t place;

    if (t2m_stack_php_head(line).kind >= T2M_STACK_PHP_LEVEL
        || stage->count >= (guess ? GUESS_LINES_MAX : MESSAGE_LINES_MAX)) {
        return T2M_STACK_NO;
    }
    stage->count++;
    if (!guess && t2m_stack_php_place(line, on_line, &place, &before)) {
        stage->stage = STAGE_PLACED;
        return T2M_STACK_YES;
    }
    return T2M_STACK_PERHAPS;
}

static t2m_stack_answer_e continue_frames(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (is_thrown(line)) {
        stage->stage = STAGE_PLACED;
        return T2M_STACK_YES;
    }
    if (t2m_stack_text_starts(line, next_exception)) {
        stage->stage = STAGE_MESSAGE;
        stage->count = 0;
        return T2M_STACK_YES;
    }
    if (t2m_stack_php_numbered(line)) {
        return T2M_STACK_YES;
    }
    return line.size ? T2M_STACK_NO : T2M_STACK_PERHAPS;
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_text_t said = t2m_stack_php_without_date(line);
    t2m_stack_php_call_t call;

    if (stage->stage == STAGE_XDEBUG) {
        return t2m_stack_php_xdebug(said, &call) ? T2M_STACK_YES : T2M_STACK_NO;
    }
    if (t2m_stack_text_is(line, trace_follows)) {
        stage->stage = STAGE_FRAMES;
        return T2M_STACK_YES;
    }
    if (stage->stage >= STAGE_PLACED && t2m_stack_text_is(said, xdebug_follows)) {
        stage->stage = STAGE_XDEBUG;
        return T2M_STACK_YES;
    }
    return stage->stage == STAGE_FRAMES ? continue_frames(line, stage)
         : stage->stage == STAGE_PLACED ? T2M_STACK_NO : continue_message(line, stage);
}

const t2m_stack_language_t t2m_stack_php = { "php", begins, continues, parse };
