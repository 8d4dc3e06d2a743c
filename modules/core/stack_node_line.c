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

#include "core/stack_node_line.h"

enum { CODE_MAX = 64 }; /* of "[ERR_X]" */

apr_size_t t2m_stack_node_line_indent(t2m_text_t line)
{
    apr_size_t count = 0;

    while (count < line.size && line.data[count] == ' ') {
        count++;
    }
    return count;
}

/* ---- places and frames ---- */

static t2m_text_t path_of(t2m_text_t url)
{
    if (!t2m_stack_text_starts(url, "file:///")) {
        return url;
    }
    /* Windows: file:///C:/a.js */
    return t2m_stack_text_skip(url, url.size > 9 && url.data[9] == ':' ? 8 : 7);
}

static int has_slash(t2m_text_t file)
{
    return t2m_stack_text_find(file, "/") || t2m_stack_text_find(file, "\\");
}

/* Code of the site: not Node's own modules, which have names and no path, and no package. */
static int is_in_app(t2m_text_t file)
{
    static const char *const packages[] = {
        "node_modules", "bower_components", ".yarn", "/usr/share/nodejs", "/usr/lib/nodejs", NULL
    };

    if (t2m_stack_text_starts(file, "node:") || t2m_stack_text_starts(file, "internal/")) {
        return 0;
    }
    if (t2m_stack_text_is(file, "[eval]") || t2m_stack_text_is(file, "[stdin]")
        || t2m_stack_text_starts(file, "evalmachine.")) {
        return 1;
    }
    return has_slash(file) && !t2m_stack_path_has(file, packages);
}

void t2m_stack_node_line_read_place(t2m_text_t place, t2m_stack_frame_t *frame)
{
    apr_uint32_t number;

    if (t2m_stack_text_is(place, "<anonymous>") || t2m_stack_text_is(place, "native")
        || t2m_stack_text_starts(place, "index ")) {
        return;
    }
    if (t2m_stack_text_take_number(&place, &number)) {
        frame->line = number;
        if (t2m_stack_text_take_number(&place, &number)) {
            frame->line = number; /* the first one was the column */
        }
    }
    frame->file = path_of(place);
    frame->in_app = is_in_app(frame->file) ? 1 : 0;
}

/* Where code made from text was made: `eval at f (eval at g (FILE:3:5), <anonymous>:1:1), ...`. */
static t2m_text_t origin_of(t2m_text_t place)
{
    const char *at;
    int made = 0;

    while (t2m_stack_text_starts(place, "eval at ")
           && (at = t2m_stack_text_find(place, " (")) != NULL) {
        place = t2m_stack_text_from(place, at + 2);
        made = 1;
    }
    at = made ? t2m_stack_text_find(place, "), ") : NULL;
    return at ? t2m_stack_text_before(place, at) : place;
}

t2m_text_t t2m_stack_node_line_frame(t2m_text_t line)
{
    line = t2m_stack_text_trim(line);
    if (t2m_stack_text_ends(line, " {")) {
        line.size -= 2;
    }
    else if (t2m_stack_text_ends(line, ",")) {
        line.size--;
    }
    return line;
}

int t2m_stack_node_line_is_frame(t2m_text_t line)
{
    apr_size_t indent = t2m_stack_node_line_indent(line);
    apr_uint32_t number;
    t2m_text_t frame;

    if (!indent || !t2m_stack_text_starts(t2m_stack_text_skip(line, indent), "at ")) {
        return 0;
    }
    frame = t2m_stack_node_line_frame(line);
    if (t2m_stack_text_ends(frame, ")")) {
        return t2m_stack_text_find(frame, " (") != NULL;
    }
    return t2m_stack_text_is(frame, "at <anonymous>") || t2m_stack_text_is(frame, "at native")
        || t2m_stack_text_take_number(&frame, &number);
}

void t2m_stack_node_line_read_frame(t2m_text_t line, t2m_stack_frame_t *frame)
{
    t2m_text_t call = t2m_stack_text_skip(t2m_stack_node_line_frame(line), 3);
    const char *at;

    if (t2m_stack_text_starts(call, "async ")) {
        call = t2m_stack_text_skip(call, 6);
    }
    at = t2m_stack_text_ends(call, ")") ? t2m_stack_text_find(call, " (") : NULL;
    if (at) {
        t2m_text_t place = t2m_stack_text_from(call, at + 2);

        frame->function = t2m_stack_text_before(call, at);
        place.size--;
        t2m_stack_node_line_read_place(origin_of(place), frame);
    }
    else if (t2m_stack_text_is(call, "<anonymous>")) {
        frame->function = call;
    }
    else {
        t2m_stack_node_line_read_place(call, frame);
    }
}

/* ---- the head ---- */

/* Nonzero for a file that is no path, as a head names it. */
static int is_nameless(t2m_text_t file)
{
    return file.data[0] == '[' || file.data[0] == '<' || t2m_stack_text_is(file, "undefined")
        || t2m_stack_text_starts(file, "node:") || t2m_stack_text_starts(file, "evalmachine.")
        || t2m_stack_text_ends(file, ".js");
}

int t2m_stack_node_line_is_head(t2m_text_t line)
{
    t2m_text_t file = line;
    apr_uint32_t number;

    if (!t2m_stack_text_take_number(&file, &number) || file.data[0] == ' ') {
        return 0;
    }
    if (file.data[0] == '/' || t2m_stack_text_starts(file, "file:///")) {
        return !t2m_stack_text_find(file, ": ");
    }
    return !t2m_stack_text_find(file, " ") && !t2m_stack_text_find(file, "://")
        && (has_slash(file) || is_nameless(file));
}

int t2m_stack_node_line_is_marks(t2m_text_t line)
{
    apr_size_t i = 0, marks;

    while (i < line.size && (line.data[i] == ' ' || line.data[i] == '\t')) {
        i++;
    }
    marks = i;
    while (i < line.size && line.data[i] == '^') {
        i++;
    }
    return i > marks && i == line.size;
}

/* ---- titles ---- */

static int is_name_byte(char byte)
{
    return t2m_stack_text_name(byte) || byte == '$';
}

/* Nonzero when a name, as a word in a line, is the type of an error. Behind it a class that gave
 * itself no name has `[Error]`. */
static int is_error(const t2m_stack_node_title_t *title)
{
    static const char *const endings[] = {
        "Error", "Exception", "Failure", "Rejection", "Warning"
    };
    apr_size_t i;

    for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        if (t2m_stack_text_ends(title->type, endings[i])) {
            return 1;
        }
    }
    return t2m_stack_text_is(title->type, "Trace") || t2m_stack_text_ends(title->code, "Error]")
        || t2m_stack_text_starts(title->code, " [ERR_");
}

/* ` [CODE]` that text starts with, or nothing. */
static t2m_text_t code_of(t2m_text_t text)
{
    const char *end = NULL;

    if (t2m_stack_text_starts(text, " [")) {
        end = memchr(text.data, ']', text.size < CODE_MAX ? text.size : CODE_MAX);
    }
    return t2m_stack_text_before(text, end ? end + 1 : text.data);
}

/* Reads `Name: message`, `Name [CODE]: message` or `Name` that text starts with; `Name]` as well
 * when it is bracketed. */
static int read_name(t2m_text_t text, int bracketed, t2m_stack_node_title_t *title)
{
    apr_size_t size = 0;
    t2m_text_t rest;

    while (size < text.size && is_name_byte(text.data[size])) {
        size++;
    }
    if (!size || t2m_stack_text_digit(text.data[0])) {
        return 0;
    }
    title->bracketed = bracketed;
    title->type = t2m_text_of(text.data, size);
    rest = t2m_stack_text_skip(text, size);
    title->code = code_of(rest);
    rest = t2m_stack_text_skip(rest, title->code.size);
    if (t2m_stack_text_starts(rest, ": ") || t2m_stack_text_is(rest, ":")) {
        title->message = t2m_stack_text_trim(t2m_stack_text_skip(rest, 1));
        return 1;
    }
    title->message = rest;
    return !rest.size || (bracketed && rest.data[0] == ']');
}

/* Nonzero when a title may stand in line at `at`: at its start, behind a colon, else as a word,
 * which then must have a message. */
static int may_stand(t2m_text_t line, apr_size_t at, const t2m_stack_node_title_t *title)
{
    apr_size_t start = title->bracketed ? at - 1 : at;

    return start == 0 || (start > 1 && line.data[start - 2] == ':')
        || (!title->bracketed && title->message.size);
}

/* Finds the first word of line that names an error. */
static int find_error(t2m_text_t line, t2m_stack_node_title_t *title)
{
    apr_size_t i;

    for (i = 0; i < line.size; i++) {
        char before = i ? line.data[i - 1] : ' ';

        if ((before == ' ' || before == '(' || before == '[')
            && read_name(t2m_stack_text_skip(line, i), before == '[', title)
            && is_error(title) && may_stand(line, i, title)) {
            return 1;
        }
    }
    return 0;
}

/* Ends a bracketed title at its bracket, if that is in its line. */
static void close_bracket(t2m_stack_node_title_t *title)
{
    const char *end = t2m_stack_text_find(title->message, "] {");

    if (!end && title->message.size) {
        end = memrchr(title->message.data, ']', title->message.size);
    }
    title->open = !end;
    if (end) {
        title->message.size = (apr_size_t)(end - title->message.data);
    }
}

int t2m_stack_node_line_read_title(t2m_text_t line, int anything, t2m_stack_node_title_t *title)
{
    t2m_text_t text = t2m_stack_text_trim(line), name;
    int found, bracketed;

    memset(title, 0, sizeof(*title));
    found = find_error(text, title);
    if (found && t2m_stack_text_is(title->type, "UnhandledPromiseRejectionWarning")) {
        t2m_text_t reason = title->message;

        found = find_error(reason, title);
    }
    if (!found && anything) {
        bracketed = t2m_stack_text_starts(text, "[");
        name = bracketed ? t2m_stack_text_skip(text, 1) : text;
        found = name.size && t2m_stack_text_upper(name.data[0])
            && read_name(name, bracketed, title);
    }
    if (found && title->bracketed) {
        title->properties = t2m_stack_text_ends(text, " {");
        close_bracket(title);
    }
    return found;
}

