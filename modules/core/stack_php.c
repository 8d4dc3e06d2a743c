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
#include "core/message_wrapper.h"
#include "core/stack.h"

enum {
    MESSAGE_LINES_MAX = 64, /* of one message, when lines are joined */
    GUESS_LINES_MAX = 8,    /* the same where nothing has shown yet that it is an exception */
    NUMBER_MAX = 9          /* digits */
};

static const char separator[] = "PHP message: ";
static const char uncaught[] = "Uncaught ";
static const char thrown[] = "  thrown in ";
static const char next_exception[] = "Next ";
static const char main_function[] = "{main}";

/* What is not the site's own. */
static const char *const libraries[] = {
    "vendor", "wp-includes", "wp-admin", "/usr/share/php", "/usr/share/pear", "/usr/lib/php", NULL
};

/* ---- texts ---- */

static t2m_text_t skip(t2m_text_t text, apr_size_t count)
{
    return t2m_text_of(text.data + count, text.size - count);
}

static t2m_text_t between(const char *start, const char *end)
{
    return t2m_text_of(start, (apr_size_t)(end - start));
}

static int starts_with(t2m_text_t text, const char *string)
{
    apr_size_t size = strlen(string);

    return text.size >= size && memcmp(text.data, string, size) == 0;
}

static int is_equal(t2m_text_t text, const char *string)
{
    return text.size == strlen(string) && starts_with(text, string);
}

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Where string stands in text for the first time, NULL: nowhere. */
static const char *find(t2m_text_t text, const char *string)
{
    return text.size ? memmem(text.data, text.size, string, strlen(string)) : NULL;
}

/* The same for the last time. */
static const char *find_last(t2m_text_t text, const char *string)
{
    apr_size_t size = strlen(string), at;

    for (at = text.size; at >= size; at--) {
        if (memcmp(text.data + at - size, string, size) == 0) {
            return text.data + at - size;
        }
    }
    return NULL;
}

/* How many digits text starts with. */
static apr_size_t digits(t2m_text_t text)
{
    apr_size_t count = 0;

    while (count < text.size && is_digit(text.data[count])) {
        count++;
    }
    return count;
}

static apr_uint32_t number(t2m_text_t text)
{
    apr_uint32_t value = 0;
    apr_size_t i;

    for (i = 0; i < text.size && i < NUMBER_MAX; i++) {
        value = value * 10 + (apr_uint32_t)(text.data[i] - '0');
    }
    return value;
}

/* ---- places ---- */

typedef struct {
    t2m_text_t text, file;
    apr_uint32_t line;
} place_t;

/* Code that was made while the program ran, `/a.php(3) : eval()'d code`, is where that was done. */
static void set_place(place_t *place, t2m_text_t file, t2m_text_t line)
{
    static const char *const made[] = { ") : eval()'d code", ") : runtime-created function" };
    apr_size_t i, count;

    place->file = file;
    place->line = number(line);
    for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        const char *at = find(file, made[i]), *open = at;

        while (open && open > file.data && is_digit(open[-1])) {
            open--;
        }
        count = at ? (apr_size_t)(at - open) : 0;
        if (count && open > file.data && open[-1] == '(') {
            place->file = between(file.data, open - 1);
            place->line = number(t2m_text_of(open, count));
            return;
        }
    }
}

/* Splits text at mark when nothing but a number follows it. */
static int split_number(t2m_text_t text, const char *mark, t2m_text_t *before, t2m_text_t *line)
{
    apr_size_t start = text.size, size = strlen(mark);

    while (start && is_digit(text.data[start - 1])) {
        start--;
    }
    if (start == text.size || start <= size
        || memcmp(text.data + start - size, mark, size) != 0) {
        return 0;
    }
    *line = skip(text, start);
    *before = t2m_text_of(text.data, start - size);
    return 1;
}

/* Reads ` in FILE:LINE` or ` in FILE on line LINE`, as mark says, at the end of text, and what stands
 * before it. What is in no file has an empty one. */
static int read_place(t2m_text_t text, const char *mark, place_t *place, t2m_text_t *before)
{
    t2m_text_t head, line, file;
    const char *in;

    if (!split_number(text, mark, &head, &line)) {
        return 0;
    }
    in = find_last(head, " in ");
    if (!in || in + 4 == head.data + head.size) {
        return 0;
    }
    file = between(in + 4, head.data + head.size);
    place->text = between(in + 1, text.data + text.size);
    set_place(place, file, line);
    if (is_equal(file, "Unknown") || is_equal(file, "[no active file]")) {
        place->file.size = 0;
    }
    *before = between(text.data, in);
    return 1;
}

/* ---- lines ---- */

/* Lines of a text, and the messages that PHP-FPM put into one. */
typedef struct {
    t2m_text_t rest;
    int starts; /* the line begins a message */
} lines_t;

/* Where PHP-FPM's next message begins, behind the `; ` before it; NULL: nowhere in line. */
static const char *find_separator(t2m_text_t line)
{
    const char *at = find(line, "; PHP message: ");

    return at ? at + 2 : NULL;
}

static int next_line(lines_t *lines, t2m_text_t *line)
{
    t2m_text_t before = lines->rest;
    const char *next;

    if (!t2m_stack_next_line(&lines->rest, line)) {
        return 0;
    }
    next = find_separator(*line);
    if (next) {
        lines->rest = between(next, before.data + before.size);
        *line = between(line->data, next - 2);
    }
    lines->starts = starts_with(*line, separator);
    if (lines->starts) {
        *line = skip(*line, sizeof(separator) - 1);
    }
    return 1;
}

/* Without `[23-Nov-2026 04:52:55 UTC] `, which PHP puts before what it writes into its own log. */
static t2m_text_t without_date(t2m_text_t line)
{
    const char *end;

    if (line.size < 13 || line.data[0] != '[' || !is_digit(line.data[1]) || line.data[3] != '-'
        || line.data[7] != '-') {
        return line;
    }
    end = find(line, "] ");
    return end ? between(end + 2, line.data + line.size) : line;
}

/* ---- the first line of a message ---- */

typedef enum {
    HEAD_NO,
    HEAD_BARE,  /* an exception, with nothing before it */
    HEAD_PLAIN, /* `Warning: `, as display_errors shows it */
    HEAD_LEVEL, /* `PHP Warning:  ` */
    HEAD_FATAL  /* the same of an error that ends the program */
} head_e;

typedef struct {
    head_e kind;
    t2m_text_t level; /* "Warning" */
    t2m_text_t rest;  /* behind it */
} head_t;

static const struct {
    const char *name;
    int fatal;
} levels[] = {
    { "Fatal error", 1 }, { "Parse error", 1 }, { "Recoverable fatal error", 1 },
    { "Catchable fatal error", 1 }, { "Warning", 0 }, { "Notice", 0 }, { "Deprecated", 0 },
    { "Strict Standards", 0 }, { "Unknown error", 0 },
};

static int is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || is_digit(byte)
        || byte == '_' || byte == '\\' || byte == '@' || ((unsigned char)byte & 0x80);
}

/* The size of the class that text starts with and that ends at `: `, or with the text; 0: none. */
static apr_size_t class_size(t2m_text_t text)
{
    apr_size_t size = 0;

    while (size < text.size && is_name_byte(text.data[size])) {
        size++;
    }
    if (!size || is_digit(text.data[0])) {
        return 0;
    }
    return size == text.size || starts_with(skip(text, size), ": ") ? size : 0;
}

/* Nonzero when a line may be the first one of an exception written into a log by hand: classes that
 * are called so, or that have a namespace. */
static int is_bare(t2m_text_t line)
{
    apr_size_t size;
    t2m_text_t name, before;
    place_t place;

    if (read_place(line, ":", &place, &before)) {
        line = before;
    }
    size = class_size(line);
    name = t2m_text_of(line.data, size);
    return size && (find(name, "\\") || find(name, "Exception") || find(name, "Error"));
}

static head_t read_head(t2m_text_t line)
{
    head_t head = { HEAD_NO, { NULL, 0 }, { NULL, 0 } };
    t2m_text_t text = without_date(line), rest;
    int php = starts_with(text, "PHP ");
    apr_size_t i;

    head.rest = line;
    text = php ? skip(text, 4) : text;
    for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        apr_size_t size = strlen(levels[i].name);

        if (!starts_with(text, levels[i].name)) {
            continue;
        }
        rest = skip(text, size);
        if (starts_with(rest, php ? ":  " : ": ")) {
            head.kind = levels[i].fatal && php ? HEAD_FATAL : php ? HEAD_LEVEL : HEAD_PLAIN;
            head.level = t2m_text_of(text.data, size);
            head.rest = skip(rest, php ? 3 : 2);
            return head;
        }
    }
    head.kind = is_bare(line) ? HEAD_BARE : HEAD_NO;
    return head;
}

/* The bytes that PHP said, of text with what others put around it. Of several lines the first has
 * all that is before, and the last what is behind: `', referer: http://...`. */
static t2m_text_t without_wrapper(t2m_text_t text)
{
    t2m_text_t rest = text, line = text, inner, last;
    const char *lf, *end = text.data + text.size, *quote;

    (void)t2m_stack_next_line(&rest, &line);
    inner = t2m_message_wrapper_take_off(line);
    if (!rest.size) {
        return inner;
    }
    line = between(line.data, inner.data);
    text = between(inner.data, end);
    lf = find_last(text, "\n");
    if (lf && find(line, "Got error '")) {
        last = between(lf + 1, end);
        quote = find(last, "', referer: ");
        quote = quote ? quote : end > lf + 1 && end[-1] == '\'' ? end - 1 : end;
        text = between(text.data, quote);
    }
    return text;
}

/* ---- frames ---- */

/* The function of `Class->method(args)`: up to the bracket, but `{closure:f():3}` has some within.
 * 0: it was cut. */
static apr_size_t function_size(t2m_text_t call)
{
    apr_size_t size;
    int depth = 0;

    for (size = 0; size < call.size; size++) {
        depth += call.data[size] == '{' ? 1 : call.data[size] == '}' ? -1 : 0;
        if (call.data[size] == '(' && depth <= 0) {
            return size;
        }
    }
    return 0;
}

/* Reads `FILE(LINE): call` or `[internal function]: call`. */
static int read_call(t2m_text_t text, place_t *place, t2m_text_t *call)
{
    static const char internal[] = "[internal function]: ";
    t2m_text_t rest = text;
    const char *close, *open;

    place->file = t2m_text_of(text.data, 0);
    place->line = 0;
    if (starts_with(text, internal)) {
        *call = skip(text, sizeof(internal) - 1);
        return 1;
    }
    while ((close = find(rest, "): ")) != NULL) {
        for (open = close; open > rest.data && is_digit(open[-1]); open--) {
        }
        if (open < close && open - 1 > text.data && open[-1] == '(') {
            set_place(place, between(text.data, open - 1), between(open, close));
            *call = between(close + 3, text.data + text.size);
            return 1;
        }
        rest = between(close + 3, text.data + text.size);
    }
    return 0;
}

static void add_place(t2m_stack_t *stack, const place_t *place)
{
    t2m_stack_frame_t *frame = t2m_stack_add_frame(stack, place->text);

    frame->file = place->file;
    frame->line = place->line;
    frame->in_app = place->file.size && !t2m_stack_path_has(place->file, libraries);
}

/* The last frame, whose function the next line tells; NULL: none of the exception at hand. */
static t2m_stack_frame_t *last_frame(t2m_stack_t *stack)
{
    t2m_stack_frame_t *frame = &stack->frames[stack->frame_count ? stack->frame_count - 1 : 0];

    return stack->frame_count && frame->cause == stack->cause_count ? frame : NULL;
}

/* ---- a whole trace ---- */

typedef struct {
    t2m_stack_t *stack;
    t2m_text_t level;     /* "Fatal error" */
    t2m_text_t function;  /* Xdebug's: of the frame whose place comes in the next line */
    const char *start;    /* of the exception at hand, behind `Uncaught ` or `Next ` */
    const char *end;      /* of the last line that may belong to its message */
    place_t place;        /* of an error that is no exception */
    int exception;        /* the message is an exception */
    int several;          /* `Next` was there */
    int told;             /* the exception at hand has been added */
    int frames;           /* behind `Stack trace:` */
    int complete;         /* `{main}` or the line behind it was there */
    int xdebug;           /* Xdebug's frames are being read */
} reader_t;

/* Reads `TYPE: message`, or as PHP 5 has it `exception 'TYPE' with message 'message'`. */
static void read_type(t2m_text_t text, t2m_stack_cause_t *told)
{
    static const char old[] = "exception '", with[] = "' with message '";
    apr_size_t size = class_size(text);

    told->type = t2m_text_of(text.data, size);
    told->message = size + 2 <= text.size ? skip(text, size ? size + 2 : 0)
                                          : t2m_text_of(text.data + text.size, 0);
    if (starts_with(text, old)) {
        t2m_text_t name = skip(text, sizeof(old) - 1);
        const char *quote = find(name, "'"), *end = text.data + text.size;

        if (quote) {
            told->type = between(name.data, quote);
            name = between(quote, end);
            told->message = starts_with(name, with) && end > quote + sizeof(with) - 1
                                ? between(quote + sizeof(with) - 1, end - 1)
                                : t2m_text_of(end, 0);
        }
    }
}

/* The newest one takes the place of the one before: it is the one that ended the program. */
static void replace_cause(t2m_stack_t *stack, const t2m_stack_cause_t *told)
{
    while (last_frame(stack)) {
        stack->frame_count--;
    }
    stack->causes[stack->cause_count - 1] = *told;
}

/* Adds the exception whose message ends at `end`. An exception's class may say what it likes of
 * itself: it has no type then. */
static void tell(reader_t *reader, const char *end)
{
    t2m_stack_t *stack = reader->stack;
    t2m_text_t text = between(reader->start, end), before;
    t2m_stack_cause_t told;
    place_t place;
    int placed = read_place(text, ":", &place, &before)
              || read_place(text, " on line ", &place, &before);

    read_type(placed ? before : text, &told);
    if (!reader->several) {
        if (!told.type.size) {
            told.type = reader->level;
        }
        stack->type = told.type;
        stack->message = told.message;
    }
    else if (!reader->told && !t2m_stack_add_cause(stack, told.type, told.message)) {
        replace_cause(stack, &told);
    }
    else {
        stack->causes[stack->cause_count - 1] = told;
    }
    reader->told = 1;
    if (placed && place.file.size) {
        add_place(stack, &place);
    }
}

/* `Stack trace:`. Where it comes again, the first one was quoted in the exception's message. */
static void begin_frames(reader_t *reader)
{
    t2m_text_t before;
    place_t place;

    if (reader->exception && reader->frames) {
        if (!read_place(between(reader->start, reader->end), ":", &place, &before)) {
            return;
        }
        while (last_frame(reader->stack)) {
            reader->stack->frame_count--;
        }
    }
    if (reader->exception) {
        tell(reader, reader->end);
    }
    reader->frames = 1;
    reader->complete = 0;
}

/* `#0 FILE(LINE): call` */
static void read_frame(reader_t *reader, t2m_text_t line)
{
    t2m_text_t text = skip(line, 1), call;
    t2m_stack_frame_t *before = last_frame(reader->stack);
    apr_size_t size;
    place_t place;

    text = skip(text, digits(text) + 1);
    reader->complete = starts_with(text, main_function);
    if (reader->complete) {
        if (before) {
            before->function = t2m_text_of(text.data, sizeof(main_function) - 1);
        }
        return;
    }
    if (!read_call(text, &place, &call)) {
        return;
    }
    size = function_size(call);
    if (before) {
        before->function = t2m_text_of(call.data, size);
    }
    place.text = line;
    add_place(reader->stack, &place);
}

/* `PHP   2. f($a = 1) FILE:LINE`: where f was called. */
static int read_xdebug(reader_t *reader, t2m_text_t line)
{
    t2m_text_t call, text, place_line;
    const char *close;
    place_t place;
    apr_size_t size = 3;

    while (size < line.size && line.data[size] == ' ') {
        size++;
    }
    size += digits(skip(line, size));
    call = skip(line, size);
    if (!starts_with(call, ". ") || !is_digit(line.data[size - 1])
        || !split_number(skip(call, 2), ":", &text, &place_line)) {
        return 0;
    }
    set_place(&place, text, place_line);
    close = find_last(place.file, ") ");
    if (!close) {
        return 0;
    }
    if (reader->xdebug > 1) {
        place.file = between(close + 2, place.file.data + place.file.size);
        place.text = line;
        add_place(reader->stack, &place);
        last_frame(reader->stack)->function = reader->function;
    }
    reader->function = t2m_text_of(text.data, function_size(text));
    reader->xdebug = 2;
    return 1;
}

/* Xdebug's lines, which are messages of their own. What the exception has told already does not
 * count. */
static int read_xdebug_line(reader_t *reader, t2m_text_t line)
{
    if (!starts_with(line, "PHP ")) {
        return 0;
    }
    if (is_equal(line, "PHP Stack trace:")) {
        if (!reader->frames) {
            reader->xdebug = 1;
            reader->stack->frame_count = 0;
            reader->stack->innermost_first = 0;
        }
        return 1;
    }
    return reader->frames || (reader->xdebug && read_xdebug(reader, line));
}

/* A line of an exception. Returns 0 when it ends there. */
static int read_exception_line(reader_t *reader, t2m_text_t line)
{
    place_t place;
    t2m_text_t before;

    if (starts_with(line, thrown)) {
        if (!reader->told) {
            tell(reader, reader->end);
        }
        if (!last_frame(reader->stack)
            && read_place(skip(line, sizeof("  thrown") - 1), " on line ", &place, &before)
            && place.file.size) {
            add_place(reader->stack, &place);
        }
        reader->frames = reader->complete = 1;
        return 1;
    }
    if (reader->frames && starts_with(line, next_exception)) {
        reader->start = line.data + sizeof(next_exception) - 1;
        reader->several = 1;
        reader->told = reader->frames = reader->complete = 0;
    }
    reader->end = line.data + line.size;
    return 1;
}

/* A line of an error that is no exception, up to its place. */
static int read_error_line(reader_t *reader, t2m_text_t line)
{
    t2m_text_t before;

    if (reader->complete) {
        return 0;
    }
    reader->end = line.data + line.size;
    if (read_place(line, " on line ", &reader->place, &before)) {
        reader->end = before.data + before.size;
        reader->complete = 1;
        if (reader->place.file.size) {
            add_place(reader->stack, &reader->place);
        }
    }
    return 1;
}

static int read_line(reader_t *reader, t2m_text_t line)
{
    if (is_equal(line, "Stack trace:")) {
        begin_frames(reader);
        return 1;
    }
    if (reader->frames && line.size > 1 && line.data[0] == '#' && is_digit(line.data[1])
        && digits(skip(line, 1)) + 1 < line.size) {
        read_frame(reader, line);
        reader->end = line.data + line.size;
        return 1;
    }
    return reader->exception ? read_exception_line(reader, line) : read_error_line(reader, line);
}

static void read_lines(reader_t *reader, lines_t *lines)
{
    t2m_text_t line;

    while (next_line(lines, &line)) {
        t2m_text_t said = without_date(line);

        if (read_xdebug_line(reader, said)) {
            continue;
        }
        if (lines->starts || reader->xdebug || read_head(line).kind >= HEAD_LEVEL
            || !read_line(reader, line)) {
            return;
        }
    }
}

/* Ends what a cut text left open. */
static void finish(reader_t *reader)
{
    t2m_stack_t *stack = reader->stack;

    if (reader->exception && !reader->told) {
        tell(reader, reader->end);
        reader->complete = last_frame(stack) != NULL;
    }
    if (!reader->exception) {
        stack->type = reader->level;
        stack->message = between(reader->start, reader->end);
    }
    if (reader->xdebug && reader->place.file.size) {
        add_place(stack, &reader->place);
        last_frame(stack)->function = reader->function;
    }
    stack->truncated |= !reader->complete;
    if (reader->several) {
        t2m_stack_reverse(stack);
    }
}

/* The message that tells most: of an error that ends the program, else the first one. Of lines that
 * begin no message the first may. */
static head_e find_head(t2m_text_t text, head_t *best, lines_t *behind)
{
    lines_t lines = { text, 0 };
    t2m_text_t line;
    int first = 1;

    best->kind = HEAD_NO;
    while (next_line(&lines, &line)) {
        head_t head = read_head(line);

        if (head.kind > best->kind && (first || lines.starts || head.kind > HEAD_BARE)) {
            *best = head;
            *behind = lines;
        }
        first = first && !line.size;
    }
    return best->kind;
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    reader_t reader;
    lines_t lines;
    head_t head;

    memset(&reader, 0, sizeof(reader));
    if (find_head(without_wrapper(text), &head, &lines) == HEAD_NO) {
        return 0;
    }
    t2m_stack_clear(stack);
    stack->innermost_first = 1;
    reader.stack = stack;
    reader.level = head.level;
    reader.exception = head.kind == HEAD_BARE || starts_with(head.rest, uncaught);
    reader.start = head.rest.data;
    reader.end = head.rest.data + head.rest.size;
    if (!reader.exception) {
        (void)read_error_line(&reader, head.rest);
    }
    else if (head.kind != HEAD_BARE) {
        reader.start += sizeof(uncaught) - 1;
    }
    read_lines(&reader, &lines);
    finish(&reader);
    return head.kind >= HEAD_LEVEL || (head.kind == HEAD_PLAIN && stack->frame_count)
        || (head.kind == HEAD_BARE && reader.frames);
}

/* ---- lines that come one by one ---- */

typedef enum {
    STAGE_GUESS = 1, /* after what looks like an exception */
    STAGE_MESSAGE,   /* before the place */
    STAGE_PLACED,    /* after it */
    STAGE_FRAMES,
    STAGE_XDEBUG
} stage_e;

/* The stage after the first line of a message. */
static stage_e stage_of(const head_t *head)
{
    t2m_text_t before;
    place_t place;

    return head->kind == HEAD_BARE ? STAGE_GUESS
         : read_place(head->rest, " on line ", &place, &before) ? STAGE_PLACED : STAGE_MESSAGE;
}

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    lines_t lines = { without_wrapper(line), 0 };
    t2m_stack_answer_e best = T2M_STACK_NO;
    t2m_text_t message;

    while (next_line(&lines, &message)) {
        head_t head = read_head(message);
        stage_e own = stage_of(&head);
        t2m_stack_answer_e answer =
            head.kind == HEAD_NO ? T2M_STACK_NO
            : head.kind >= HEAD_LEVEL || starts_with(head.rest, uncaught) ? T2M_STACK_YES
            : head.kind == HEAD_PLAIN && own == STAGE_MESSAGE ? T2M_STACK_NO : T2M_STACK_PERHAPS;

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
    place_t place;

    if (read_head(line).kind >= HEAD_LEVEL
        || stage->count >= (guess ? GUESS_LINES_MAX : MESSAGE_LINES_MAX)) {
        return T2M_STACK_NO;
    }
    stage->count++;
    if (!guess && read_place(line, " on line ", &place, &before)) {
        stage->stage = STAGE_PLACED;
        return T2M_STACK_YES;
    }
    return T2M_STACK_PERHAPS;
}

static t2m_stack_answer_e continue_frames(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (starts_with(line, next_exception)) {
        stage->stage = STAGE_MESSAGE;
        stage->count = 0;
        return T2M_STACK_YES;
    }
    if (line.size > 1 && line.data[0] == '#' && is_digit(line.data[1])) {
        return T2M_STACK_YES;
    }
    return line.size ? T2M_STACK_NO : T2M_STACK_PERHAPS;
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_text_t said = without_date(line);
    reader_t reader;

    if (is_equal(line, "Stack trace:") && stage->stage != STAGE_XDEBUG) {
        stage->stage = STAGE_FRAMES;
        return T2M_STACK_YES;
    }
    if (stage->stage == STAGE_FRAMES && starts_with(line, thrown)) {
        stage->stage = STAGE_PLACED;
        return T2M_STACK_YES;
    }
    if (stage->stage >= STAGE_PLACED && is_equal(said, "PHP Stack trace:")) {
        stage->stage = STAGE_XDEBUG;
        return T2M_STACK_YES;
    }
    if (stage->stage == STAGE_XDEBUG) {
        memset(&reader, 0, sizeof(reader));
        return starts_with(said, "PHP ") && read_xdebug(&reader, said) ? T2M_STACK_YES
                                                                       : T2M_STACK_NO;
    }
    return stage->stage == STAGE_FRAMES ? continue_frames(line, stage)
         : stage->stage == STAGE_PLACED ? T2M_STACK_NO : continue_message(line, stage);
}

const t2m_stack_language_t t2m_stack_php = { "php", begins, continues, parse };
