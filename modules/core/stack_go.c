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


/* Go's panics and fatal errors (runtime/panic.go, traceback.go), net/http's `http: panic serving`,
 * and what runtime/debug.PrintStack writes.
 *
 * The type is
 *   the panic's own one where the runtime names it: `main.Code(5)`, `(*main.T) 0xc000012345`,
 *       `main.T{…}` (the rest is then the message);
 *   "runtime error" for those of the runtime, whether they begin with these words or not;
 *   the signal ("SIGQUIT", "SIGSEGV") where one ended the program without a panic, and for fatal
 *       errors that a signal raised; "fatal error" for the other ones;
 *   "panic" for all other values, which are texts: Go forgets the type of an error it prints;
 *   empty for a bare stack, whose message is its goroutine's line, if no panic is among its calls.
 *
 * Of several goroutines the first counts, which is the one that panicked; goroutine 0 and the
 * `runtime stack` are the scheduler's own. `created by` is its outermost frame. Of panics in
 * deferred functions the last one ended the program, those before it are its causes; one that was
 * recovered and raised again is one. Frames are innermost first.
 */
#include "core/stack_go_line.h"

enum {
    MESSAGE_LINES_MAX = 64, /* of one message, when lines are joined */
    GUESS_LINES_MAX = 16,   /* the same where nothing has shown yet that it is a panic */
    PANICS_MAX = T2M_STACK_CAUSES_MAX + 1
};

typedef enum {
    STAGE_NOTES = 1, /* after what the runtime says before a fatal error */
    STAGE_GUESS,     /* after what looks like a panic */
    STAGE_MESSAGE,   /* after what must be one */
    STAGE_CALLS,     /* after the first goroutine's line */
    STAGE_END
} stage_e;

static const char runtime_error[] = "runtime error";

/* First elements of the paths of Go's own packages. */
static const char *const standard[] = {
    "archive", "bufio", "bytes", "cmp", "compress", "container", "context", "crypto", "database",
    "debug", "embed", "encoding", "errors", "expvar", "flag", "fmt", "go", "hash", "html", "image",
    "index", "internal", "io", "iter", "log", "maps", "math", "mime", "net", "os", "path", "plugin",
    "reflect", "regexp", "runtime", "slices", "sort", "strconv", "strings", "structs", "sync",
    "syscall", "testing", "text", "time", "unicode", "unique", "unsafe", "vendor", "weak", NULL
};

static const char *const libraries[] = { "pkg/mod", "vendor", NULL };

/* ---- texts ---- */

static t2m_text_t skip(t2m_text_t text, apr_size_t count)
{
    return t2m_text_of(text.data + count, text.size - count);
}

static int starts_with(t2m_text_t text, const char *string)
{
    apr_size_t size = strlen(string);

    return text.size >= size && memcmp(text.data, string, size) == 0;
}

static int ends_with(t2m_text_t text, const char *string)
{
    apr_size_t size = strlen(string);

    return text.size >= size && memcmp(text.data + text.size - size, string, size) == 0;
}

static int is_equal(t2m_text_t text, const char *string)
{
    return text.size == strlen(string) && starts_with(text, string);
}

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static t2m_text_t without_blanks(t2m_text_t text)
{
    while (text.size && is_blank(text.data[0])) {
        text = skip(text, 1);
    }
    while (text.size && (is_blank(text.data[text.size - 1]) || text.data[text.size - 1] == '\n')) {
        text.size--;
    }
    return text;
}

/* ---- the value of a panic ---- */

/* Errors of the runtime that do not say so. */
static int is_plain_runtime_error(t2m_text_t value)
{
    return starts_with(value, "interface conversion: ")
        || is_equal(value, "assignment to entry in nil map")
        || is_equal(value, "send on closed channel") || is_equal(value, "close of closed channel")
        || is_equal(value, "close of nil channel");
}

/* The size of a type's name (`main.Code`, `*shop/cart.Full[int]`) at the start of value. */
static apr_size_t type_size(t2m_text_t value)
{
    apr_size_t size = 0;
    int dot = 0;

    while (size < value.size && (unsigned char)value.data[size] > ' '
           && !strchr("(){}\":,;", value.data[size])) {
        dot |= value.data[size] == '.' && size > 0;
        size++;
    }
    return dot && value.data[size - 1] != '.' ? size : 0;
}

/* Nonzero for what stands in the brackets behind a type: a text in quotes, a number, a truth. */
static int is_literal(t2m_text_t text)
{
    apr_size_t i;

    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"') {
        return 1;
    }
    for (i = 0; i < text.size; i++) {
        if (!is_digit(text.data[i]) && !memchr("+-.eiINaNnf", text.data[i], 11)) {
            return is_equal(text, "true") || is_equal(text, "false");
        }
    }
    return text.size > 0;
}

/* `main.Code(5)` and `main.T{…}` */
static int read_typed(t2m_text_t value, t2m_stack_cause_t *panic)
{
    apr_size_t size = type_size(value);
    t2m_text_t rest = skip(value, size);

    if (!size || rest.size < 2) {
        return 0;
    }
    if (rest.data[0] == '(' && ends_with(rest, ")")
        && is_literal(t2m_text_of(rest.data + 1, rest.size - 2))) {
        rest = t2m_text_of(rest.data + 1, rest.size - 2);
        if (rest.data[0] == '"') {
            rest = t2m_text_of(rest.data + 1, rest.size - 2);
        }
    }
    else if (rest.data[0] != '{' || !ends_with(rest, "}")) {
        return 0;
    }
    panic->type = t2m_text_of(value.data, size);
    panic->message = rest;
    return 1;
}

/* `(*main.T) 0xc000012345`, `(main.T) {…}` */
static int read_address(t2m_text_t value, t2m_stack_cause_t *panic)
{
    const char *end = starts_with(value, "(") ? memmem(value.data, value.size, ") ", 2) : NULL;
    t2m_text_t rest;

    if (!end || end == value.data + 1) {
        return 0;
    }
    rest = skip(value, (apr_size_t)(end - value.data) + 2);
    if (!starts_with(rest, "0x") && !starts_with(rest, "{") && !starts_with(rest, "(0x")) {
        return 0;
    }
    panic->type = t2m_text_of(value.data + 1, (apr_size_t)(end - value.data) - 1);
    panic->message = rest;
    return 1;
}

/* Takes ` [recovered]` or ` [recovered, repanicked]` off the end. */
static t2m_text_t without_recovered(t2m_text_t value)
{
    static const char *const marks[] = { " [recovered]", " [recovered, repanicked]" };
    apr_size_t i;

    value = without_blanks(value);
    for (i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (ends_with(value, marks[i])) {
            return without_blanks(t2m_text_of(value.data, value.size - strlen(marks[i])));
        }
    }
    return value;
}

static void read_value(t2m_text_t value, t2m_stack_cause_t *panic)
{
    value = without_recovered(value);
    if (starts_with(value, "runtime error: ")) {
        panic->type = t2m_text_of(value.data, sizeof(runtime_error) - 1);
        panic->message = skip(value, sizeof(runtime_error) + 1);
    }
    else if (!read_typed(value, panic) && !read_address(value, panic)) {
        panic->type = t2m_text(is_plain_runtime_error(value) ? runtime_error : "panic");
        panic->message = value;
    }
}

/* ---- lines that come one by one ---- */

/* Nonzero for lines that tell that those before them were of a panic or of the like. */
static int is_proof(t2m_stack_go_line_e kind)
{
    return kind == T2M_STACK_GO_GOROUTINE || kind == T2M_STACK_GO_STACK
        || kind == T2M_STACK_GO_SIGNAL || kind == T2M_STACK_GO_PANIC
        || kind == T2M_STACK_GO_COUNTER || kind == T2M_STACK_GO_EXIT;
}

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_cause_t panic;
    t2m_stack_answer_e answer = t2m_stack_go_line_head(line, &panic);

    if (answer != T2M_STACK_NO) {
        stage->stage = answer == T2M_STACK_YES ? STAGE_MESSAGE : STAGE_GUESS;
        return answer;
    }
    if (starts_with(line, "runtime: ") || starts_with(line, "unexpected fault address 0x")) {
        stage->stage = STAGE_NOTES;
        return T2M_STACK_PERHAPS;
    }
    if (t2m_stack_go_line(line) == T2M_STACK_GO_GOROUTINE) {
        stage->stage = STAGE_CALLS;
        return T2M_STACK_YES;
    }
    return T2M_STACK_NO;
}

/* After `runtime: goroutine stack exceeds 1000000000-byte limit` and the like. */
static t2m_stack_answer_e continue_notes(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_cause_t panic;

    if (t2m_stack_go_line_head(line, &panic) != T2M_STACK_NO) {
        stage->stage = STAGE_MESSAGE;
        stage->count = 0;
        return T2M_STACK_YES;
    }
    if (stage->count >= GUESS_LINES_MAX
        || (!starts_with(line, "runtime: ") && !starts_with(line, "\t"))) {
        return T2M_STACK_NO;
    }
    stage->count++;
    return T2M_STACK_PERHAPS;
}

static t2m_stack_answer_e continue_message(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_go_line_e kind = t2m_stack_go_line(line);
    t2m_stack_cause_t panic;

    if (is_proof(kind)) {
        stage->stage = kind == T2M_STACK_GO_PANIC || kind == T2M_STACK_GO_SIGNAL ? STAGE_MESSAGE
                     : kind == T2M_STACK_GO_EXIT ? STAGE_END : STAGE_CALLS;
        stage->count = 0;
        return T2M_STACK_YES;
    }
    if (t2m_stack_go_line_head(line, &panic) != T2M_STACK_NO
        || stage->count >= (stage->stage == STAGE_GUESS ? GUESS_LINES_MAX : MESSAGE_LINES_MAX)) {
        return T2M_STACK_NO;
    }
    stage->count++;
    return T2M_STACK_PERHAPS;
}

static t2m_stack_answer_e continue_calls(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_go_line_e kind = t2m_stack_go_line(line);

    if (kind == T2M_STACK_GO_OTHER || kind == T2M_STACK_GO_PANIC) {
        return T2M_STACK_NO;
    }
    if (kind == T2M_STACK_GO_EXIT) {
        stage->stage = STAGE_END;
    }
    return kind == T2M_STACK_GO_BLANK ? T2M_STACK_PERHAPS : T2M_STACK_YES;
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    switch (stage->stage) {
    case STAGE_NOTES:
        return continue_notes(line, stage);
    case STAGE_CALLS:
        return continue_calls(line, stage);
    case STAGE_END:
        return T2M_STACK_NO;
    default:
        return continue_message(line, stage);
    }
}

/* ---- a whole trace ---- */

typedef struct {
    t2m_stack_t *stack;
    t2m_stack_cause_t panics[PANICS_MAX]; /* their values, as messages; of some a type too */
    int panic_count;
    t2m_text_t signal;        /* empty: none */
    t2m_text_t goroutine;     /* the line of the one that counts */
    t2m_stack_frame_t *frame; /* the last one */
    int proof;                /* it is a trace */
    int told;                 /* the message has ended */
    int calls;                /* in the stack that counts */
    int panicked;             /* a call of panic is among the frames */
} reader_t;

static void add_panic(reader_t *reader, const t2m_stack_cause_t *panic)
{
    if (reader->panic_count == PANICS_MAX) {
        reader->stack->truncated = 1;
        reader->panic_count--;
        memmove(reader->panics, reader->panics + 1, sizeof(reader->panics[0]) * (PANICS_MAX - 1));
    }
    reader->panics[reader->panic_count++] = *panic;
}

/* `[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x45]` */
static void read_signal(reader_t *reader, t2m_text_t line)
{
    t2m_text_t rest = skip(line, sizeof("[signal ") - 1);
    apr_size_t size = 0;

    while (size < rest.size && rest.data[size] != ':' && rest.data[size] != ' ') {
        size++;
    }
    reader->signal = t2m_text_of(rest.data, size);
}

static unsigned char is_in_app(const t2m_stack_frame_t *frame)
{
    t2m_text_t name = frame->function;
    apr_size_t size = 0, i;

    while (size < name.size && name.data[size] != '.' && name.data[size] != '/') {
        size++;
    }
    if (size == name.size) { /* panic, and functions of C */
        return 0;
    }
    /* A first element with a dot is a host's name: net.example/x is no package of Go's. */
    if (name.data[size] == '/' || !memchr(name.data, '/', name.size)) {
        for (i = 0; standard[i]; i++) {
            if (is_equal(t2m_text_of(name.data, size), standard[i])) {
                return 0;
            }
        }
    }
    return !t2m_stack_path_has(frame->file, libraries);
}

static void add_call(reader_t *reader, t2m_text_t line)
{
    t2m_stack_frame_t *frame = t2m_stack_add_frame(reader->stack, line);

    frame->function = t2m_stack_go_line_function(line);
    frame->in_app = is_in_app(frame);
    reader->panicked |= is_equal(frame->function, "panic");
    reader->frame = frame;
}

/* Adds a line to what frame's text says. */
static void add_to_frame(t2m_stack_frame_t *frame, t2m_text_t line)
{
    frame->text.size = (apr_size_t)(line.data + line.size - frame->text.data);
}

static void read_place(reader_t *reader, t2m_text_t line)
{
    t2m_stack_frame_t *frame = reader->frame;

    if (frame && !frame->file.size) {
        t2m_stack_go_line_place(line, &frame->file, &frame->line);
        frame->in_app = is_in_app(frame);
        add_to_frame(frame, line);
    }
}

/* Reads a line of the stack that counts. */
static void read_call(reader_t *reader, t2m_stack_go_line_e kind, t2m_text_t line)
{
    switch (kind) {
    case T2M_STACK_GO_CALL:
    case T2M_STACK_GO_CREATED:
        add_call(reader, line);
        break;
    case T2M_STACK_GO_PLACE:
        read_place(reader, line);
        break;
    case T2M_STACK_GO_ELIDED:
        reader->stack->truncated = 1;
        if (reader->frame) {
            add_to_frame(reader->frame, line);
        }
        break;
    case T2M_STACK_GO_BLANK:
        reader->calls = 0;
        break;
    default:
        break;
    }
}

/* A line between the panic's and the first stack. */
static void read_message(reader_t *reader, t2m_stack_go_line_e kind, t2m_text_t line)
{
    t2m_stack_cause_t panic;
    t2m_text_t *message;

    if (kind == T2M_STACK_GO_PANIC) {
        while (is_blank(line.data[0])) {
            line = skip(line, 1);
        }
        t2m_stack_go_line_head(line, &panic);
        add_panic(reader, &panic);
        return;
    }
    if (kind == T2M_STACK_GO_SIGNAL) {
        read_signal(reader, line);
    }
    reader->told |= is_proof(kind);
    if (kind != T2M_STACK_GO_BLANK && !reader->told) {
        message = &reader->panics[reader->panic_count - 1].message;
        message->size = (apr_size_t)(line.data + line.size - message->data);
    }
}

/* Reads a line behind the first one, or before it. */
static void read_line(reader_t *reader, t2m_text_t line)
{
    t2m_stack_go_line_e kind = t2m_stack_go_line(line);

    if (kind == T2M_STACK_GO_GOROUTINE || kind == T2M_STACK_GO_STACK) {
        /* The first goroutine's stack counts, and none behind it. */
        reader->calls = kind == T2M_STACK_GO_GOROUTINE && !reader->goroutine.size;
        if (reader->calls) {
            reader->goroutine = t2m_text_of(line.data, line.size - 1);
        }
        reader->told = 1;
    }
    else if (reader->calls) {
        read_call(reader, kind, line);
    }
    else if (reader->panic_count && !reader->goroutine.size) {
        read_message(reader, kind, line);
    }
    reader->proof |= is_proof(kind) && (reader->panic_count || reader->goroutine.size);
}

static int is_same(const t2m_stack_cause_t *one, const t2m_stack_cause_t *other)
{
    return one->type.size == other->type.size && one->message.size == other->message.size
        && memcmp(one->type.data, other->type.data, one->type.size) == 0
        && memcmp(one->message.data, other->message.data, one->message.size) == 0;
}

/* Fills in what ended the program, and the panics before it. */
static void finish(reader_t *reader)
{
    t2m_stack_t *stack = reader->stack;
    t2m_stack_cause_t panic, after = { .type = { NULL, 0 } };
    int i;

    for (i = reader->panic_count - 1; i >= 0; i--) {
        panic = reader->panics[i];
        if (!panic.type.size) {
            read_value(panic.message, &panic);
        }
        else if (reader->signal.size) {
            panic.type = reader->signal;
        }
        if (i == reader->panic_count - 1) {
            stack->type = panic.type;
            stack->message = panic.message;
        }
        else if (!is_same(&panic, &after)) {
            t2m_stack_add_cause(stack, panic.type, panic.message);
        }
        after = panic;
    }
    if (!reader->panic_count) {
        stack->type = t2m_text(reader->panicked ? "panic" : NULL);
        stack->message = reader->goroutine;
    }
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    reader_t reader = { .stack = stack };
    t2m_stack_cause_t panic;
    t2m_stack_answer_e answer;
    t2m_text_t line;

    t2m_stack_clear(stack);
    stack->innermost_first = 1;
    while (t2m_stack_next_line(&text, &line)) {
        answer = reader.panic_count || reader.goroutine.size
               ? T2M_STACK_NO : t2m_stack_go_line_head(line, &panic);
        if (answer == T2M_STACK_NO) {
            read_line(&reader, line);
            continue;
        }
        add_panic(&reader, &panic);
        reader.proof |= answer == T2M_STACK_YES;
    }
    finish(&reader);
    return reader.proof;
}

const t2m_stack_language_t t2m_stack_go = { "go", begins, continues, parse };
