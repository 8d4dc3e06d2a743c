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

/* Stack traces of Node.js, as it prints an error that nobody caught, and as console.error and
 * error.stack show one:
 *
 *     /srv/app/a.js:3              the head: where it was thrown; not of errors that are logged
 *         throw new TypeError('x');
 *         ^
 *
 *     TypeError [ERR_X]: x         the title, with further lines of the message
 *         at f (/srv/app/a.js:3:11) {
 *       code: 'ERR_X',             properties
 *       [cause]: Error: y
 *           at g (/srv/app/a.js:7:9)
 *     }
 *
 *     Node.js v20.20.2
 */
#include "core/stack_node_line.h"

enum {
    HEADED_LINES_MAX = 100, /* of a message, where the head proves that it is one */
    MESSAGE_LINES_MAX = 16, /* where it does not */
    BLANK_LINES_MAX = 3
};

/* ---- reading ---- */

typedef struct {
    t2m_stack_t *stack;
    t2m_text_t rest;
    apr_size_t list;   /* the indentation of the errors in a list of them; 0: in none */
    int without_frames; /* of a cause for which there was no room */
} reader_t;

static int is_thrown_at(t2m_text_t line)
{
    return t2m_stack_text_starts(line, "Thrown at:");
}

/* Nonzero for what Node says behind an error. */
static int is_closing(t2m_text_t line)
{
    return t2m_stack_text_starts(line, "Node.js v")
        || t2m_stack_text_starts(line, "(Use `node --trace");
}

/* Adds to a message its further lines, at most `most` and all before what ends one, and takes them
 * off. When no frames follow they are no lines of the message, unless all is set. Returns nonzero
 * when frames follow. */
static int read_message(t2m_text_t *rest, unsigned most, int all, t2m_text_t *message)
{
    t2m_text_t ahead = *rest, before = ahead, line;
    const char *end = NULL;
    int frames = 0;

    while (most-- && t2m_stack_next_line(&ahead, &line)) {
        frames = t2m_stack_node_line_is_frame(line) || is_thrown_at(line);
        if (frames || is_closing(line)) {
            break;
        }
        end = line.data + line.size;
        before = ahead;
    }
    if (end && (frames || all)) {
        *message = t2m_text_of(message->data, (apr_size_t)(end - message->data));
        *message = t2m_stack_text_trim(*message);
        *rest = before;
    }
    return frames;
}

/* The further lines of a title whose bracket is open, up to it. */
static void read_bracketed(t2m_text_t *rest, t2m_stack_node_title_t *title)
{
    t2m_text_t ahead = *rest, line;
    unsigned lines;

    for (lines = 0; lines < HEADED_LINES_MAX && t2m_stack_next_line(&ahead, &line); lines++) {
        t2m_text_t end = t2m_stack_text_chomp(line);

        title->properties = t2m_stack_text_ends(end, "] {");
        if (title->properties || t2m_stack_text_ends(end, "]")) {
            end.size -= title->properties ? 3 : 1;
            title->message.size = (apr_size_t)(end.data + end.size - title->message.data);
            *rest = ahead;
            return;
        }
    }
}

/* `[cause]: ` and an error, or any other value. */
static void read_cause(reader_t *reader, t2m_text_t text)
{
    t2m_stack_node_title_t title;

    text = t2m_stack_node_line_frame(text);
    if (!t2m_stack_node_line_read_title(text, 1, &title)) {
        title.type = t2m_text_of(text.data, 0);
        title.message = text;
        if (text.size > 2 && text.data[0] == '\'' && t2m_stack_text_ends(text, "'")) {
            title.message = t2m_text_of(text.data + 1, text.size - 2);
        }
    }
    else if (!title.bracketed) {
        read_message(&reader->rest, MESSAGE_LINES_MAX, 0, &title.message);
    }
    reader->without_frames = title.type.size + title.message.size
        && !t2m_stack_add_cause(reader->stack, title.type, title.message);
    if (reader->without_frames) {
        reader->stack->truncated = 1;
    }
}

/* A line that says more of the frame above it becomes part of its text. */
static void extend_frame(reader_t *reader, t2m_text_t line)
{
    t2m_stack_t *stack = reader->stack;
    t2m_stack_frame_t *frame;
    t2m_text_t mapped = t2m_stack_text_trim(line);

    if (!stack->frame_count || reader->without_frames) {
        return;
    }
    frame = &stack->frames[stack->frame_count - 1];
    frame->text.size = (apr_size_t)(mapped.data + mapped.size - frame->text.data);
    if (t2m_stack_text_starts(mapped, "-> ")) { /* where it was before it was compiled */
        t2m_stack_node_line_read_place(t2m_stack_text_skip(mapped, 3), frame);
    }
}

static int is_extension(t2m_text_t body)
{
    return t2m_stack_text_starts(body, "-> ") || t2m_stack_text_starts(body, "Emitted '")
        || (t2m_stack_text_starts(body, "... ")
            && t2m_stack_text_find(body, " matching cause stack trace"));
}

/* What follows the words before a cause, which are those of some libraries too; else size 0. */
static t2m_text_t cause_of(t2m_text_t body)
{
    static const char *const forms[] = { "[cause]: ", "Caused by: ", "caused by: ", "Caused By: " };
    apr_size_t i;

    for (i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (t2m_stack_text_starts(body, forms[i])) {
            return t2m_stack_text_skip(body, strlen(forms[i]));
        }
    }
    return t2m_text_of(NULL, 0);
}

/* A line below the title's. */
static void read_line(reader_t *reader, t2m_text_t line)
{
    apr_size_t indent = t2m_stack_node_line_indent(line);
    t2m_text_t body = t2m_stack_text_trim(line), cause = cause_of(body);

    if (t2m_stack_node_line_is_frame(line)) {
        if (!reader->without_frames) {
            t2m_text_t text = t2m_stack_node_line_frame(line);

            t2m_stack_node_line_read_frame(line, t2m_stack_add_frame(reader->stack, text));
        }
    }
    else if (is_extension(body)) {
        extend_frame(reader, line);
    }
    else if (cause.size) {
        read_cause(reader, cause);
    }
    else if (t2m_stack_text_is(body, "[errors]: [")) {
        reader->list = indent + 2;
    }
    else if (reader->list && body.size && indent < reader->list) {
        reader->list = 0;
    }
    else if (reader->list && indent == reader->list && body.size && body.data[0] != '}') {
        read_cause(reader, body);
    }
}

/* The head: its place in the program, as a frame. */
static void add_head(t2m_stack_t *stack, t2m_text_t head)
{
    t2m_stack_frame_t place, *frame;
    t2m_text_t first, rest = head;

    memset(&place, 0, sizeof(place));
    if (!t2m_stack_next_line(&rest, &first)) {
        return;
    }
    t2m_stack_node_line_read_place(first, &place);
    if (place.in_app) {
        frame = t2m_stack_add_frame(stack, head);
        frame->file = place.file;
        frame->line = place.line;
        frame->in_app = 1;
    }
}

/* Takes the head off, and the next line with something on it into *line. Returns 0 when there is
 * none; *blank: there were blank lines. */
static int read_head(reader_t *reader, t2m_text_t *head, t2m_text_t *line, int *blank)
{
    t2m_text_t first, source;
    int headed, lines;

    do {
        if (!t2m_stack_next_line(&reader->rest, &first)) {
            return 0;
        }
    } while (!t2m_stack_text_trim(first).size);
    *head = t2m_text_of(first.data, 0);
    *line = first;
    headed = t2m_stack_node_line_is_head(first);
    if (!headed) {
        return 1;
    }
    if (!t2m_stack_next_line(&reader->rest, &source) || !t2m_stack_next_line(&reader->rest, line)
        || !t2m_stack_node_line_is_marks(*line)) {
        return 0;
    }
    head->size = (apr_size_t)(line->data + line->size - head->data);
    for (lines = 0; t2m_stack_next_line(&reader->rest, line); lines++) {
        if (t2m_stack_text_trim(*line).size) {
            *blank = lines > 0;
            return 1;
        }
    }
    return 0;
}

/* Nonzero when the head may tell what no frame does. */
static int is_head_needed(t2m_text_t head, const t2m_stack_node_title_t *title, int frames)
{
    return head.size && (!frames || t2m_stack_text_is(title->type, "SyntaxError"));
}

/* Nonzero when a frame names the place of the head. */
static int is_head_repeated(t2m_text_t head, t2m_text_t rest)
{
    t2m_text_t line, ahead = head;

    if (!t2m_stack_next_line(&ahead, &line)) {
        return 0;
    }
    line = t2m_stack_text_chomp(line);
    return rest.size && memmem(rest.data, rest.size, line.data, line.size) != NULL;
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    reader_t reader = { stack, text, 0, 0 };
    t2m_text_t head, line;
    t2m_stack_node_title_t title;
    int blank = 0, frames = 0;

    t2m_stack_clear(stack);
    stack->innermost_first = 1;
    if (!read_head(&reader, &head, &line, &blank)) {
        return 0;
    }
    if (!t2m_stack_node_line_read_title(line, blank || !head.size, &title)) {
        if (!head.size) {
            return 0;
        }
        memset(&title, 0, sizeof(title)); /* what is thrown need not be an error */
        title.message = t2m_stack_text_trim(line);
    }
    if (title.bracketed && title.open) {
        read_bracketed(&reader.rest, &title);
    }
    else if (!title.bracketed) {
        frames = read_message(&reader.rest, HEADED_LINES_MAX, head.size != 0, &title.message);
    }
    if (!head.size && !frames && !title.properties) {
        return 0;
    }
    stack->type = title.type;
    stack->message = title.message;
    if (is_head_needed(head, &title, frames) && !is_head_repeated(head, reader.rest)) {
        add_head(stack, head);
    }
    while (t2m_stack_next_line(&reader.rest, &line) && !is_closing(line)) {
        read_line(&reader, line);
    }
    return 1;
}

/* ---- joining ---- */

typedef enum {
    STAGE_HEAD = 1,   /* the next line is source */
    STAGE_SOURCE,     /* the next line has the marks under it */
    STAGE_MARKS,      /* the next line is blank or the title */
    STAGE_MESSAGE,    /* below a title that has a head */
    STAGE_TITLE,      /* below one that has none */
    STAGE_FRAMES,
    STAGE_PROPERTIES,
    STAGE_AFTER,      /* only the version can follow */
    STAGE_END
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

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_node_title_t title;

    if (t2m_stack_node_line_is_head(line)) {
        return go_to(stage, STAGE_HEAD, T2M_STACK_PERHAPS);
    }
    if (!t2m_stack_node_line_read_title(line, 0, &title)
        || (title.bracketed && !title.properties)) {
        return T2M_STACK_NO;
    }
    return go_to(stage, title.properties ? STAGE_PROPERTIES : STAGE_TITLE, T2M_STACK_PERHAPS);
}

/* A frame, and what else stands among frames. */
static t2m_stack_answer_e continue_frames(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_text_t body = t2m_stack_text_trim(line);

    if (t2m_stack_node_line_is_frame(line)) {
        return go_to(stage, t2m_stack_text_ends(body, " {") ? STAGE_PROPERTIES : STAGE_FRAMES,
                     T2M_STACK_YES);
    }
    if (is_extension(body)) {
        return go_to(stage, STAGE_FRAMES, T2M_STACK_YES);
    }
    if (cause_of(body).size) {
        return go_to(stage, STAGE_TITLE, T2M_STACK_YES);
    }
    if (t2m_stack_text_is(body, "}")) {
        return go_to(stage, STAGE_AFTER, T2M_STACK_YES);
    }
    return T2M_STACK_NO;
}

static t2m_stack_answer_e continue_message(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (t2m_stack_node_line_is_frame(line)) {
        return continue_frames(line, stage);
    }
    if (stage->stage == STAGE_TITLE) { /* Java and Ruby have such titles too, and tabs below */
        return line.size && line.data[0] == '\t' ? T2M_STACK_NO
                                                 : wait_for(stage, MESSAGE_LINES_MAX);
    }
    if (is_thrown_at(line)) {
        return go_to(stage, STAGE_FRAMES, T2M_STACK_YES);
    }
    if (is_closing(line)) {
        return go_to(stage, STAGE_AFTER, T2M_STACK_YES);
    }
    if (t2m_stack_text_ends(t2m_stack_text_chomp(line), "] {")) {
        return go_to(stage, STAGE_PROPERTIES, T2M_STACK_YES);
    }
    return wait_for(stage, HEADED_LINES_MAX);
}

static t2m_stack_answer_e continue_head(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_node_title_t title;

    if (stage->stage == STAGE_HEAD) {
        return go_to(stage, STAGE_SOURCE, T2M_STACK_PERHAPS);
    }
    if (stage->stage == STAGE_SOURCE) {
        return t2m_stack_node_line_is_marks(line) ? go_to(stage, STAGE_MARKS, T2M_STACK_YES)
                                                  : T2M_STACK_NO;
    }
    if (!t2m_stack_text_trim(line).size) {
        return wait_for(stage, BLANK_LINES_MAX);
    }
    if (t2m_stack_node_line_read_title(line, 0, &title) && title.properties) {
        return go_to(stage, STAGE_PROPERTIES, T2M_STACK_YES);
    }
    return go_to(stage, STAGE_MESSAGE, T2M_STACK_YES);
}

/* Below the frames or their properties: blank lines, and the version at the end. */
static t2m_stack_answer_e continue_end(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (stage->stage == STAGE_END) {
        return T2M_STACK_NO;
    }
    if (t2m_stack_text_starts(line, "Node.js v")) {
        return go_to(stage, STAGE_END, T2M_STACK_YES);
    }
    return t2m_stack_text_trim(line).size ? T2M_STACK_NO : wait_for(stage, BLANK_LINES_MAX);
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    t2m_stack_answer_e answer = T2M_STACK_NO;

    if (stage->stage <= STAGE_MARKS) {
        return continue_head(line, stage);
    }
    if (stage->stage <= STAGE_TITLE) {
        return continue_message(line, stage);
    }
    if (stage->stage == STAGE_FRAMES) {
        answer = continue_frames(line, stage);
    }
    else if (stage->stage == STAGE_PROPERTIES && t2m_stack_text_trim(line).size) {
        if (t2m_stack_node_line_indent(line)) {
            answer = go_to(stage, STAGE_PROPERTIES, T2M_STACK_YES);
        }
        else if (line.data[0] == '}') {
            answer = go_to(stage, STAGE_AFTER, T2M_STACK_YES);
        }
    }
    return answer != T2M_STACK_NO ? answer : continue_end(line, stage);
}

const t2m_stack_language_t t2m_stack_node = { "node", begins, continues, parse };
