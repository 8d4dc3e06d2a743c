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


/* Java's stack traces (Throwable.printStackTrace), as Kotlin, Scala, Groovy and Clojure print them
 * too, and as Logback, Log4j and Tomcat's JULI write them into a log.
 *
 * The exception is told first, its causes behind it; frames are innermost first. Each cause leaves
 * out the frames it shares with what it caused (`... 12 more`): they are said once, and nothing is
 * lost. Suppressed exceptions led to nothing: they are no causes, and stand in the text of the
 * frame before them. Logback's and Log4j's root cause first (`Wrapped by: `) is turned around.
 *
 * The type is the class's name with its package; empty when a toString of the class's own says
 * something else. A function's name is told without the class loader and module before it.
 */
#include "core/stack.h"

enum {
    MESSAGE_LINES_MAX = 64, /* of one message, when lines are joined */
    GUESS_LINES_MAX = 16,   /* the same where nothing has shown yet that it is an exception */
    NUMBER_MAX = 9          /* digits */
};

typedef enum {
    STAGE_GUESS = 1, /* after what looks like an exception's line */
    STAGE_CERTAIN,   /* after what must be one */
    STAGE_CAUSE,     /* after that of another one */
    STAGE_FRAMES
} stage_e;

typedef enum {
    LINE_OTHER,
    LINE_FRAME,
    LINE_ODD,       /* `at` and what is no place, or a mark of frames told before */
    LINE_CAUSE,
    LINE_WRAPPER,   /* another exception, which this one caused */
    LINE_SUPPRESSED,
    LINE_MORE,      /* frames that an exception shares with the one before it */
    LINE_LEFT_OUT   /* frames left out by a logger's filter */
} line_e;

/* How sure a line is that of an exception. */
typedef enum {
    HEAD_NO,
    HEAD_WITHIN, /* ends with one, as `ERROR [a.b] (main) failed: a.b.C: msg` of JBoss */
    HEAD_PERHAPS,
    HEAD_CERTAIN
} head_e;

static const char thread_head[] = "Exception in thread \"";
static const char handler_head[] = "Exception: ";
static const char handler_words[] = " thrown from the UncaughtExceptionHandler in thread ";

/* Packages that are not the site's own. */
static const char *const libraries[] = {
    "java.", "javax.", "jdk.", "sun.", "com.sun.", "jakarta.", "kotlin.", "kotlinx.", "scala.",
    "groovy.", "clojure.", "_COROUTINE.", "$Proxy", "org.codehaus.groovy.", "org.apache.",
    "org.springframework.", "org.eclipse.", "org.hibernate.", "org.jboss.", "org.wildfly.",
    "org.glassfish.", "org.aspectj.", "org.slf4j.", "org.postgresql.", "org.junit.", "org.mockito.",
    "org.gradle.", "junit.", "ch.qos.logback.", "com.fasterxml.", "com.google.common.",
    "com.google.gson.", "com.google.inject.", "com.mysql.", "com.zaxxer.", "io.netty.",
    "io.undertow.", "io.quarkus.", "io.micronaut.", "io.vertx.", "io.ktor.", "io.grpc.",
    "io.reactivex.", "io.smallrye.", "net.sf.cglib.", "net.bytebuddy.", "okhttp3.", "okio.",
    "oracle.", "reactor.", "akka.", "play.api.", "play.core.", "android.", "androidx.", NULL
};

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

static t2m_text_t without_margin(t2m_text_t text)
{
    apr_size_t count = 0;

    while (count < text.size && (text.data[count] == ' ' || text.data[count] == '\t')) {
        count++;
    }
    return count ? skip(text, count) : text;
}

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Java names may hold any letter: bytes of UTF-8 are taken as such. */
static int is_name_byte(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || is_digit(byte)
        || byte == '_' || byte == '$' || ((unsigned char)byte & 0x80);
}

/* ---- the exception's line ---- */

/* The size of the words with dots between them that text starts with; *last is where the last one
 * begins. A word does not begin with a digit. */
static apr_size_t name_size(t2m_text_t text, apr_size_t *last)
{
    apr_size_t at = 0, size = 0;

    for (*last = 0; at < text.size && is_name_byte(text.data[at]) && !is_digit(text.data[at]);) {
        for (*last = at; at < text.size && is_name_byte(text.data[at]); at++) {
        }
        size = at;
        if (at == text.size || text.data[at] != '.') {
            break;
        }
        at++;
    }
    return size;
}

/* Nonzero when name is called as exceptions are. */
static int is_called_so(t2m_text_t name)
{
    return ends_with(name, "Exception") || ends_with(name, "Throwable")
        || (ends_with(name, "Error") && name.size > sizeof("Error") - 1);
}

/* Reads `a.b.C`, `a.b.C: message`, or as SAXParseException has it, `a.b.C; message`. Classes
 * without a package count when they are called as exceptions are. */
static int read_type(t2m_text_t text, t2m_text_t *type, t2m_text_t *message)
{
    apr_size_t last, size = name_size(text, &last);
    t2m_text_t rest;

    if (!size || (text.data[last] >= 'a' && text.data[last] <= 'z')) {
        return 0;
    }
    *type = t2m_text_of(text.data, size);
    if (!last && !is_called_so(*type)) {
        return 0;
    }
    rest = skip(text, size);
    if (rest.size && !is_equal(rest, ":") && !starts_with(rest, ": ") && !starts_with(rest, "; ")) {
        return 0;
    }
    *message = skip(rest, rest.size < 2 ? rest.size : 2);
    return 1;
}

/* Reads what follows `Exception in thread "`. The thread's name may hold quotes. */
static int read_thread(t2m_text_t text, t2m_text_t *type, t2m_text_t *message)
{
    t2m_text_t rest = text, first = t2m_text(NULL);
    const char *quote;

    while ((quote = memchr(rest.data, '"', rest.size)) != NULL) {
        rest = skip(rest, (apr_size_t)(quote - rest.data) + 1);
        if (!starts_with(rest, " ")) {
            continue;
        }
        if (read_type(skip(rest, 1), type, message)) {
            return 1;
        }
        first = first.data ? first : skip(rest, 1);
    }
    *type = t2m_text_of(first.data, 0);
    *message = first;
    return first.size > 0;
}

/* `Exception: a.b.C thrown from the UncaughtExceptionHandler in thread "main"` */
static int read_handler(t2m_text_t text, t2m_text_t *type, t2m_text_t *message)
{
    apr_size_t last, size = name_size(text, &last);

    if (!size || !starts_with(skip(text, size), handler_words)) {
        return 0;
    }
    *type = t2m_text_of(text.data, size);
    *message = skip(text, size + 1);
    return 1;
}

/* Finds ` a.b.CException` in a log line, with its message or at the end. */
static int read_within(t2m_text_t line, t2m_text_t *type, t2m_text_t *message)
{
    const char *blank;

    while ((blank = memchr(line.data, ' ', line.size)) != NULL) {
        line = skip(line, (apr_size_t)(blank - line.data) + 1);
        if (read_type(line, type, message) && is_called_so(*type)
            && memchr(type->data, '.', type->size)) {
            return 1;
        }
    }
    return 0;
}

static head_e read_head(t2m_text_t line, t2m_text_t *type, t2m_text_t *message)
{
    t2m_text_t text = without_margin(line);

    if (starts_with(text, thread_head)) {
        return read_thread(skip(text, sizeof(thread_head) - 1), type, message) ? HEAD_CERTAIN
                                                                                : HEAD_NO;
    }
    if (starts_with(text, handler_head)
        && read_handler(skip(text, sizeof(handler_head) - 1), type, message)) {
        return HEAD_CERTAIN;
    }
    if (read_type(text, type, message)) {
        return HEAD_PERHAPS;
    }
    return text.size && read_within(text, type, message) ? HEAD_WITHIN : HEAD_NO;
}

/* ---- frames ---- */

/* Splits `File.java:12` at the colon. Returns 0 when no number ends text. */
static int read_line_number(t2m_text_t text, t2m_stack_frame_t *frame)
{
    apr_size_t at = text.size, i;
    apr_uint32_t line = 0;

    while (at && is_digit(text.data[at - 1])) {
        at--;
    }
    if (at < 2 || at == text.size || text.size - at > NUMBER_MAX || text.data[at - 1] != ':') {
        return 0;
    }
    for (i = at; i < text.size; i++) {
        line = line * 10 + (apr_uint32_t)(text.data[i] - '0');
    }
    frame->file = t2m_text_of(text.data, at - 1);
    frame->line = line;
    return 1;
}

/* Reads what stands between the brackets of a frame. */
static int read_place(t2m_text_t text, t2m_stack_frame_t *frame)
{
    frame->file = t2m_text(NULL);
    frame->line = 0;
    if (is_equal(text, "Native Method") || is_equal(text, "Unknown Source")
        || read_line_number(text, frame)) {
        return 1;
    }
    if (!text.size || memchr(text.data, ' ', text.size) || memchr(text.data, ',', text.size)) {
        return 0; /* parameters, as .NET shows them */
    }
    frame->file = text;
    return 1;
}

/* Takes `loader/module@1.2/` off. A class that the JVM made itself has a slash in its name, and a
 * digit behind it: `Main$$Lambda/0x00007f8a`. */
static t2m_text_t without_module(t2m_text_t name)
{
    apr_size_t i, start = 0;

    for (i = 0; i + 1 < name.size; i++) {
        if (name.data[i] == '/' && !is_digit(name.data[i + 1])) {
            start = i + 1;
        }
    }
    return skip(name, start);
}

static unsigned char is_in_app(const t2m_stack_frame_t *frame)
{
    apr_size_t i;

    for (i = 0; libraries[i]; i++) {
        if (starts_with(frame->function, libraries[i])) {
            return 0;
        }
    }
    /* Code that was made while the program ran. Scala writes classes with $$, but has files. */
    return !is_equal(frame->file, "<generated>")
        && (frame->file.size || !memmem(frame->function.data, frame->function.size, "$$", 2));
}

/* Reads `at a.b.C.method(C.java:12)` without its margin; all but frame's text and cause. */
static int read_frame(t2m_text_t text, t2m_stack_frame_t *frame)
{
    const char *open, *close;
    t2m_text_t name, place, rest;

    if (!starts_with(text, "at ")) {
        return 0;
    }
    text = skip(text, 3);
    open = memchr(text.data, '(', text.size);
    close = open ? memchr(open, ')', text.size - (apr_size_t)(open - text.data)) : NULL;
    if (!close || open == text.data || open[-1] == ' ') {
        return 0;
    }
    rest = skip(text, (apr_size_t)(close - text.data) + 1);
    if (rest.size && !starts_with(rest, " [") && !starts_with(rest, " ~[")) {
        return 0; /* Logback's ` ~[spring-core-5.3.jar:5.3]` and ` [2 skipped]` may stand there */
    }
    name = t2m_text_of(text.data, (apr_size_t)(open - text.data));
    place = t2m_text_of(open + 1, (apr_size_t)(close - open) - 1);
    if (!memchr(name.data, '.', name.size) || !read_place(place, frame)) {
        return 0;
    }
    frame->function = without_module(name);
    frame->in_app = is_in_app(frame);
    return 1;
}

/* ---- lines ---- */

/* What line is; *rest is what follows the words that tell. */
static line_e line_kind(t2m_text_t line, t2m_stack_frame_t *frame, t2m_text_t *rest)
{
    static const struct {
        const char *words;
        line_e kind;
    } captions[] = {
        { "Caused by: ", LINE_CAUSE }, { "Wrapped by: ", LINE_WRAPPER },
        { "Suppressed: ", LINE_SUPPRESSED }, { "[CIRCULAR REFERENCE:", LINE_ODD },
    };
    t2m_text_t text = without_margin(line);
    apr_size_t i;

    for (i = 0; i < sizeof(captions) / sizeof(captions[0]); i++) {
        if (starts_with(text, captions[i].words)) {
            *rest = skip(text, strlen(captions[i].words));
            return captions[i].kind;
        }
    }
    if (read_frame(text, frame)) {
        return LINE_FRAME;
    }
    if (starts_with(text, "... ")
        && (ends_with(text, " more") || ends_with(text, " common frames omitted"))) {
        return LINE_MORE;
    }
    return text.size == line.size ? LINE_OTHER /* a margin tells the others from anything */
         : starts_with(text, "at ") ? LINE_ODD
         : starts_with(text, "... ") ? LINE_LEFT_OUT : LINE_OTHER;
}

static int is_caption(line_e kind)
{
    return kind == LINE_CAUSE || kind == LINE_WRAPPER || kind == LINE_SUPPRESSED;
}

/* Nonzero when a line of this kind proves that an exception's line stands before it. */
static int is_proof(line_e kind, t2m_text_t rest)
{
    t2m_text_t type, message;

    return kind == LINE_FRAME || (is_caption(kind) && read_type(rest, &type, &message));
}

/* ---- lines that come one by one ---- */

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_text_t type, message;
    head_e head = read_head(line, &type, &message);

    if (head == HEAD_NO) {
        return T2M_STACK_NO;
    }
    stage->stage = head == HEAD_CERTAIN ? STAGE_CERTAIN : STAGE_GUESS;
    if (head != HEAD_CERTAIN && !memchr(type.data, '.', type.size)) {
        stage->count = GUESS_LINES_MAX; /* `TypeError: x` is JavaScript's too: a frame tells */
    }
    return head == HEAD_CERTAIN ? T2M_STACK_YES : T2M_STACK_PERHAPS;
}

/* A further line of a message, unless it begins another exception. */
static t2m_stack_answer_e continue_message(t2m_text_t line, t2m_stack_stage_t *stage)
{
    int guess = stage->stage == STAGE_GUESS;
    t2m_text_t type, message;
    head_e head = read_head(line, &type, &message);

    if (head == HEAD_CERTAIN || (guess && head == HEAD_PERHAPS)
        || stage->count >= (guess ? GUESS_LINES_MAX : MESSAGE_LINES_MAX)) {
        return T2M_STACK_NO;
    }
    stage->count++;
    return T2M_STACK_PERHAPS;
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_frame_t frame;
    t2m_text_t rest;
    line_e kind = line_kind(line, &frame, &rest);

    if (kind == LINE_OTHER || (stage->stage < STAGE_CAUSE && !is_proof(kind, rest))) {
        if (stage->stage != STAGE_FRAMES) {
            return continue_message(line, stage);
        }
        return without_margin(line).size ? T2M_STACK_NO : T2M_STACK_PERHAPS;
    }
    stage->stage = is_caption(kind) ? STAGE_CAUSE : STAGE_FRAMES;
    stage->count = 0;
    return T2M_STACK_YES;
}

/* ---- a whole trace ---- */

typedef struct {
    t2m_stack_t *stack;
    head_e head;
    apr_size_t margin;        /* of the exception's line */
    t2m_text_t *message;      /* what further lines add to; NULL: nothing */
    t2m_stack_frame_t *frame; /* the last one of the exception at hand */
    int proof;                /* a line tells that it is a trace */
    int wrapped;              /* the first cause came first */
    int suppressed;           /* in a suppressed exception, or in a cause without room */
} reader_t;

static void extend(t2m_text_t *text, t2m_text_t line)
{
    if (!text->size) {
        *text = line;
    }
    else {
        text->size = (apr_size_t)(line.data + line.size - text->data);
    }
}

/* A line that is no frame of its own: the text of the frame before it says it. */
static void add_to_frame(reader_t *reader, t2m_text_t line)
{
    if (reader->frame) {
        extend(&reader->frame->text, line);
    }
    else {
        reader->stack->truncated = 1;
    }
}

static void add_frame(reader_t *reader, t2m_text_t line, const t2m_stack_frame_t *read)
{
    if (reader->suppressed) {
        add_to_frame(reader, line);
        return;
    }
    reader->frame = t2m_stack_add_frame(reader->stack, without_margin(line));
    reader->frame->function = read->function;
    reader->frame->file = read->file;
    reader->frame->line = read->line;
    reader->frame->in_app = read->in_app;
}

static void add_cause(reader_t *reader, t2m_text_t text)
{
    t2m_text_t type, message;

    reader->frame = NULL;
    reader->suppressed = 0;
    reader->message = NULL;
    if (!read_type(text, &type, &message)) { /* a class may say of itself what it likes */
        type = t2m_text(NULL);
        message = text;
    }
    if (t2m_stack_add_cause(reader->stack, type, message)) {
        reader->message = &reader->stack->causes[reader->stack->cause_count - 1].message;
    }
    else {
        reader->suppressed = 1;
    }
}

/* A caption with an exception behind it. What is deeper than the exception belongs to a suppressed
 * one. */
static void read_caption(reader_t *reader, line_e kind, t2m_text_t line, t2m_text_t rest)
{
    int within = reader->suppressed && line.size - without_margin(line).size > reader->margin;

    int nameless = kind == LINE_SUPPRESSED || !rest.size; /* a toString may say nothing */

    if (nameless || within || starts_with(rest, "[CIRCULAR REFERENCE:")) {
        reader->suppressed |= nameless;
        reader->message = NULL;
        add_to_frame(reader, line);
        return;
    }
    reader->wrapped |= kind == LINE_WRAPPER;
    add_cause(reader, rest);
}

/* A line that no words mark: of a message, or behind the trace. */
static int read_other(reader_t *reader, t2m_text_t line)
{
    if (!without_margin(line).size) {
        return 1;
    }
    if (reader->message) {
        extend(reader->message, line);
        return 1;
    }
    if (reader->suppressed) { /* of the message of that one */
        add_to_frame(reader, line);
        return 1;
    }
    return 0;
}

/* Reads a line behind that of the exception. Returns 0 when it does not belong. */
static int read_line(reader_t *reader, t2m_text_t line)
{
    t2m_stack_frame_t frame;
    t2m_text_t rest;
    line_e kind = line_kind(line, &frame, &rest);

    if (kind == LINE_OTHER || (!reader->proof && !is_proof(kind, rest))) {
        return read_other(reader, line);
    }
    reader->proof = 1;
    if (is_caption(kind)) {
        read_caption(reader, kind, line, rest);
        return 1;
    }
    reader->message = NULL;
    if (kind == LINE_FRAME) {
        add_frame(reader, line, &frame);
    }
    else if (reader->frame || kind != LINE_MORE) {
        add_to_frame(reader, line);
    }
    reader->stack->truncated |= kind == LINE_LEFT_OUT;
    return 1;
}

/* Takes line as that of the exception when it looks more like one than that of before. */
static int read_exception(reader_t *reader, t2m_text_t line)
{
    t2m_text_t type, message;
    head_e head = read_head(line, &type, &message);

    if (head == HEAD_NO || head < reader->head || (reader->head && head == HEAD_WITHIN)) {
        return 0;
    }
    reader->head = head;
    reader->margin = line.size - without_margin(line).size;
    reader->stack->type = type;
    reader->stack->message = message;
    reader->message = &reader->stack->message;
    return 1;
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    reader_t reader = { .stack = stack };
    t2m_text_t line;

    t2m_stack_clear(stack);
    stack->innermost_first = 1;
    while (t2m_stack_next_line(&text, &line)) {
        if (!reader.proof && read_exception(&reader, line)) {
            continue;
        }
        if (reader.head && !read_line(&reader, line)) {
            break;
        }
    }
    if (!reader.proof && reader.head != HEAD_CERTAIN) {
        return 0;
    }
    if (reader.wrapped) {
        t2m_stack_reverse(stack);
    }
    return 1;
}

const t2m_stack_language_t t2m_stack_java = { "java", begins, continues, parse };
