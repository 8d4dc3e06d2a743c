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

/* Python tracebacks, put together line by line.
 *
 * Frames stand in one buffer as the result shows them: the first ones (the head) stay, the
 * following ones (the tail) lose their oldest a quarter of the buffer at a time, so that each
 * byte is moved a bounded number of times. The ending is held apart, because only the next line
 * tells whether it is the last one of a chain.
 */
#include "core/traceback.h"

#include <stddef.h>
#include <string.h>

#include "core/json.h"
#include "core/record.h"

enum {
    ENDING_MAX = 4096,  /* `Type: message` */
    TYPE_MAX = 255,
    FRAMES_MAX = T2M_TRACEBACK_MAX - ENDING_MAX,
    ITEM_MAX = 2048,    /* one frame with its source lines */
    HEAD_MAX = 4096,
    DROP_MIN = 3072     /* more than an item: what is dropped makes room for any next one */
};

static const char left_out[] = "\x1e[frames left out]";
_Static_assert(DROP_MIN > ITEM_MAX + 1, "what is dropped makes room for an item");
_Static_assert(HEAD_MAX > ITEM_MAX, "the head holds a whole item");
_Static_assert(HEAD_MAX + sizeof(left_out) + DROP_MIN < FRAMES_MAX - 2 * (ITEM_MAX + 1),
               "dropping ends before the last item");

static const char plain_header[] = "Traceback (most recent call last):";
static const char group_header[] = "Exception Group Traceback (most recent call last):";

typedef enum {
    STATE_NONE,   /* nothing held */
    STATE_FRAMES, /* after the header */
    STATE_ENDED,  /* after `Type: message` */
    STATE_CHAINED /* after a sentence that announces another traceback */
} state_e;

struct t2m_traceback_t {
    state_e state;
    int group;             /* lines have the margin of an exception group */
    int truncated;
    apr_size_t frames_size;
    apr_size_t item_start; /* of the last item */
    apr_size_t tail_start; /* of the separator of the tail's first item; 0: nothing left out */
    apr_size_t ending_size;
    apr_size_t type_size;
    char ending[ENDING_MAX];
    char frames[FRAMES_MAX];
};

apr_size_t t2m_traceback_size(void)
{
    return sizeof(t2m_traceback_t);
}

void t2m_traceback_reset(t2m_traceback_t *traceback)
{
    memset(traceback, 0, offsetof(t2m_traceback_t, ending));
}

/* ---- texts ---- */

static int is_equal(t2m_text_t text, const char *string)
{
    return text.size == strlen(string) && memcmp(text.data, string, text.size) == 0;
}

static t2m_text_t skip(t2m_text_t text, apr_size_t count)
{
    return t2m_text_of(text.data + count, text.size - count);
}

static apr_size_t leading_spaces(t2m_text_t text)
{
    apr_size_t count = 0;

    while (count < text.size && text.data[count] == ' ') {
        count++;
    }
    return count;
}

static int consists_of(t2m_text_t text, const char *bytes)
{
    apr_size_t i;

    for (i = 0; i < text.size; i++) {
        if (text.data[i] == '\0' || !strchr(bytes, text.data[i])) {
            return 0;
        }
    }
    return 1;
}

static int is_blank(t2m_text_t text)
{
    return consists_of(text, " \t");
}

static int is_indented(t2m_text_t text)
{
    return text.size && (text.data[0] == ' ' || text.data[0] == '\t');
}

static int is_sentence(t2m_text_t line)
{
    return is_equal(line, "During handling of the above exception, another exception occurred:")
        || is_equal(line, "The above exception was the direct cause of the following exception:");
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
    static const char locals[] = "<locals>";
    apr_size_t size = 0;

    if (text.size >= sizeof(locals) - 1 && memcmp(text.data, locals, sizeof(locals) - 1) == 0) {
        return sizeof(locals) - 1;
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
        apr_size_t name = name_size(skip(line, size));

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
    if (line.data[size] == ':' && (size + 1 == line.size || line.data[size + 1] == ' ')) {
        return size;
    }
    return 0;
}

/* ---- what is held ---- */

/* Copies bytes behind size bytes of a buffer. LF and the separator mean something there, so
 * those that came in become blanks. */
static apr_size_t append(char *buffer, apr_size_t size, t2m_text_t text)
{
    apr_size_t i;

    for (i = 0; i < text.size; i++) {
        char byte = text.data[i];

        buffer[size + i] = byte == '\n' || byte == T2M_LINE_SEPARATOR ? ' ' : byte;
    }
    return size + text.size;
}

/* The part of text that fits, whole characters only. */
static t2m_text_t fitting(t2m_traceback_t *traceback, t2m_text_t text, apr_size_t room)
{
    if (text.size <= room) {
        return text;
    }
    traceback->truncated = 1;
    return t2m_text_of(text.data, t2m_utf8_boundary(text.data, text.size, room));
}

static apr_size_t separator_before(const t2m_traceback_t *traceback, apr_size_t position)
{
    while (traceback->frames[position] != T2M_LINE_SEPARATOR) {
        position--;
    }
    return position;
}

static apr_size_t separator_after(const t2m_traceback_t *traceback, apr_size_t position)
{
    while (traceback->frames[position] != T2M_LINE_SEPARATOR) {
        position++;
    }
    return position;
}

/* Drops whole items of the full buffer, at least DROP_MIN bytes. The head ends at HEAD_MAX or up to
 * an item before it, the last item begins behind FRAMES_MAX - 2 * (ITEM_MAX + 1): both separators
 * exist, and the last item stays. */
static void leave_out_middle(t2m_traceback_t *traceback)
{
    apr_size_t from;

    if (!traceback->tail_start) {
        apr_size_t head = separator_before(traceback, HEAD_MAX);

        from = separator_after(traceback, head + sizeof(left_out) - 1 + DROP_MIN);
        memcpy(traceback->frames + head, left_out, sizeof(left_out) - 1);
        traceback->tail_start = head + sizeof(left_out) - 1;
    }
    else {
        from = separator_after(traceback, traceback->tail_start + DROP_MIN);
    }
    memmove(traceback->frames + traceback->tail_start, traceback->frames + from,
            traceback->frames_size - from);
    traceback->frames_size -= from - traceback->tail_start;
    traceback->item_start -= from - traceback->tail_start;
    traceback->truncated = 1;
}

static void begin_item(t2m_traceback_t *traceback, apr_size_t size)
{
    if (traceback->frames_size + 1 + size > FRAMES_MAX) {
        leave_out_middle(traceback);
    }
    if (traceback->frames_size) {
        traceback->frames[traceback->frames_size++] = T2M_LINE_SEPARATOR;
    }
    traceback->item_start = traceback->frames_size;
}

static void add_item(t2m_traceback_t *traceback, t2m_text_t text)
{
    text = fitting(traceback, text, ITEM_MAX);
    begin_item(traceback, text.size);
    traceback->frames_size = append(traceback->frames, traceback->frames_size, text);
}

/* Adds a line to the last item. */
static void extend_item(t2m_traceback_t *traceback, t2m_text_t text)
{
    apr_size_t used = traceback->frames_size - traceback->item_start;

    if (!used) {
        add_item(traceback, text);
        return;
    }
    if (used + 1 >= ITEM_MAX) {
        traceback->truncated = 1;
        return;
    }
    text = fitting(traceback, text, ITEM_MAX - used - 1);
    if (traceback->frames_size + 1 + text.size > FRAMES_MAX) {
        leave_out_middle(traceback);
    }
    traceback->frames[traceback->frames_size++] = '\n';
    traceback->frames_size = append(traceback->frames, traceback->frames_size, text);
}

static void begin_ending(t2m_traceback_t *traceback, t2m_text_t line, apr_size_t size)
{
    line = fitting(traceback, line, ENDING_MAX);
    traceback->ending_size = append(traceback->ending, 0, line);
    traceback->type_size = size;
    traceback->state = STATE_ENDED;
}

static void extend_ending(t2m_traceback_t *traceback, t2m_text_t line)
{
    if (traceback->ending_size + 1 >= ENDING_MAX) {
        traceback->truncated = 1;
        return;
    }
    line = fitting(traceback, line, ENDING_MAX - traceback->ending_size - 1);
    traceback->ending[traceback->ending_size++] = '\n';
    traceback->ending_size = append(traceback->ending, traceback->ending_size, line);
}

/* The ending was not the last one: it becomes an item, and so does the sentence that says so. */
static void chain(t2m_traceback_t *traceback, t2m_text_t sentence)
{
    t2m_text_t ending = fitting(traceback,
                                t2m_text_of(traceback->ending, traceback->ending_size), ITEM_MAX);

    begin_item(traceback, ending.size);
    memcpy(traceback->frames + traceback->frames_size, ending.data, ending.size);
    traceback->frames_size += ending.size;
    add_item(traceback, sentence);
    traceback->ending_size = traceback->type_size = 0;
    traceback->group = 0;
    traceback->state = STATE_CHAINED;
}

/* ---- lines ---- */

/* An indented line among frames. Frames (and `[Previous line repeated …]`) are indented by two,
 * source lines by four. The marks under a source line are dropped: they point at columns, and
 * masking moves those. */
static void add_frame_line(t2m_traceback_t *traceback, t2m_text_t line)
{
    apr_size_t spaces = leading_spaces(line);

    if (consists_of(line, " ~^")) {
        return;
    }
    if (spaces == 2 && line.data[2] != '\t') {
        add_item(traceback, skip(line, 2));
    }
    else {
        extend_item(traceback, skip(line, spaces < 4 ? spaces : 4));
    }
}

/* A line without a group's margin, or with it taken off. */
static int take_body(t2m_traceback_t *traceback, t2m_text_t line)
{
    apr_size_t size;

    if (is_blank(line)) {
        return 1;
    }
    if (traceback->state == STATE_ENDED) {
        /* The margin proves that a line belongs to the message, whatever it looks like. */
        if (!is_indented(line) && !traceback->group) {
            return 0;
        }
        extend_ending(traceback, line);
        return 1;
    }
    if (is_indented(line)) {
        traceback->state = STATE_FRAMES;
        add_frame_line(traceback, line);
        return 1;
    }
    size = type_size(line);
    if (size) {
        begin_ending(traceback, line, size);
    }
    return size != 0;
}

/* A line of an exception inside a group: all of it becomes items. */
static void add_member_line(t2m_traceback_t *traceback, t2m_text_t line)
{
    if (is_blank(line) || is_equal(line, plain_header) || is_equal(line, group_header)) {
        return;
    }
    if (is_indented(line)) {
        add_frame_line(traceback, line);
    }
    else {
        add_item(traceback, line);
    }
}

/* `+-+---------------- 1 ----------------` begins a member of a group, dashes alone end it. */
static void add_ruler(t2m_traceback_t *traceback, t2m_text_t line)
{
    if (!consists_of(line, "+-")) {
        add_item(traceback, skip(line, line.data[2] == '+' ? 3 : 1));
    }
}

/* A line while an exception group is open: `  | ` is its own margin, deeper ones its members'. */
static int take_group_line(t2m_traceback_t *traceback, t2m_text_t line)
{
    apr_size_t margin = leading_spaces(line);
    t2m_text_t rest = skip(line, margin);

    if (is_blank(line)) {
        return 1;
    }
    if (margin < 2) {
        return 0;
    }
    if (rest.data[0] == '|') {
        rest = skip(rest, rest.size > 1 && rest.data[1] == ' ' ? 2 : 1);
        if (margin == 2) {
            return take_body(traceback, rest);
        }
        add_member_line(traceback, rest);
        return 1;
    }
    if (rest.size < 3 || rest.data[0] != '+' || rest.data[1] != '-') {
        return 0;
    }
    add_ruler(traceback, rest);
    return 1;
}

/* A header opens a traceback only where none is, or where a sentence announced it. */
static int take_header(t2m_traceback_t *traceback, int group)
{
    if (traceback->state == STATE_FRAMES || traceback->state == STATE_ENDED) {
        return 0;
    }
    traceback->state = STATE_FRAMES;
    traceback->group = group;
    return 1;
}

int t2m_traceback_line(t2m_traceback_t *traceback, t2m_text_t line)
{
    if (!line.size) {
        return traceback->state != STATE_NONE;
    }
    if (is_equal(line, plain_header)) {
        return take_header(traceback, 0);
    }
    if (line.size > 4 && memcmp(line.data, "  + ", 4) == 0
        && is_equal(skip(line, 4), group_header)) {
        return take_header(traceback, 1);
    }
    if (traceback->state == STATE_NONE) {
        return 0;
    }
    if (traceback->state == STATE_ENDED && is_sentence(line)) {
        chain(traceback, line);
        return 1;
    }
    return traceback->group ? take_group_line(traceback, line) : take_body(traceback, line);
}

int t2m_traceback_open(const t2m_traceback_t *traceback)
{
    return traceback->state != STATE_NONE;
}

void t2m_traceback_result(const t2m_traceback_t *traceback, t2m_traceback_result_t *result)
{
    t2m_text_t ending = t2m_text_of(traceback->ending, traceback->ending_size);
    apr_size_t colon = traceback->type_size;

    result->type = t2m_text_of(ending.data, colon);
    result->message = t2m_text_of(ending.data + ending.size, 0);
    if (colon < ending.size) {
        t2m_text_t message = skip(ending, colon + 1); /* the colon, or the LF of a next line */

        if (ending.data[colon] == ':' && message.size && message.data[0] == ' ') {
            message = skip(message, 1);
        }
        result->message = message;
    }
    result->frames = t2m_text_of(traceback->frames, traceback->frames_size);
    result->truncated = traceback->truncated;
}
