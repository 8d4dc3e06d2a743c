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

/* See stack_python_line.h. */
#include "core/stack_python_line.h"

#include "core/stack_text.h"

enum {
    TYPE_MAX = 255,
    LINE_NUMBER_MAX = 100000000
};

static const char group_header[] = "Exception Group Traceback (most recent call last):";

static apr_size_t leading_spaces(t2m_text_t text)
{
    apr_size_t count = 0;

    while (count < text.size && text.data[count] == ' ') {
        count++;
    }
    return count;
}

/* ---- what a line is ---- */

static int is_sentence(t2m_text_t line)
{
    static const char during[] = "During handling of the above exception, another exception "
                                 "occurred:";
    static const char cause[] = "The above exception was the direct cause of the following "
                                "exception:";

    return t2m_stack_text_is(line, during) || t2m_stack_text_is(line, cause);
}

t2m_stack_python_line_e t2m_stack_python_line(t2m_text_t line)
{
    if (t2m_stack_text_trim(line).size == 0) {
        return T2M_STACK_PYTHON_BLANK;
    }
    if (t2m_stack_text_starts(line, "  + ")
        && t2m_stack_text_is(t2m_stack_text_skip(line, 4), group_header)) {
        return T2M_STACK_PYTHON_GROUP;
    }
    if (line.data[0] == ' ' || line.data[0] == '\t') {
        return T2M_STACK_PYTHON_INDENTED;
    }
    if (t2m_stack_text_is(line, "Traceback (most recent call last):")
        || t2m_stack_text_is(line, group_header)) {
        return T2M_STACK_PYTHON_HEADER;
    }
    if (t2m_stack_text_is(line, "\"\"\"")) {
        return T2M_STACK_PYTHON_QUOTES;
    }
    if (is_sentence(line)) {
        return T2M_STACK_PYTHON_SENTENCE;
    }
    return t2m_stack_python_type(line) ? T2M_STACK_PYTHON_ENDING : T2M_STACK_PYTHON_OTHER;
}

/* The size of the name at the start of text, or of what stands for a function around a class.
 * Names may hold any letter: bytes of UTF-8 are taken as such. */
static apr_size_t name_size(t2m_text_t text)
{
    static const char *const functions[] = { "<locals>", "<lambda>", "<listcomp>", "<genexpr>" };
    apr_size_t size = 0;

    for (unsigned i = 0; i < sizeof(functions) / sizeof(*functions); i++) {
        if (t2m_stack_text_starts(text, functions[i])) {
            return strlen(functions[i]);
        }
    }
    while (size < text.size && size <= TYPE_MAX && t2m_stack_text_name(text.data[size])
           && !(size == 0 && t2m_stack_text_digit(text.data[0]))) {
        size++;
    }
    return size;
}

apr_size_t t2m_stack_python_type(t2m_text_t line)
{
    apr_size_t size = 0;

    for (;;) {
        apr_size_t name = name_size(t2m_stack_text_skip(line, size));

        size += name;
        if (name == 0 || size > TYPE_MAX) {
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

int t2m_stack_python_is_syntax_error(t2m_text_t line)
{
    t2m_text_t type = t2m_text_of(line.data, t2m_stack_python_type(line));

    return t2m_stack_text_is(type, "SyntaxError") || t2m_stack_text_is(type, "IndentationError")
           || t2m_stack_text_is(type, "TabError");
}

int t2m_stack_python_is_remote(t2m_text_t line)
{
    apr_size_t size = t2m_stack_python_type(line);

    return t2m_stack_text_ends(t2m_text_of(line.data, size), "RemoteTraceback")
           && t2m_stack_text_trim(t2m_stack_text_skip(line, size)).size == 1; /* the colon */
}

/* ---- places ---- */

/* Nonzero for code of the site: not of Python's own library, not of packages. */
static int is_in_app(t2m_text_t file)
{
    static const char *const packages[] = { "site-packages", "dist-packages", NULL };
    static const char library[] = "/lib/python";
    const char *at = t2m_stack_text_find(file, library);

    while (at) {
        t2m_text_t rest = t2m_stack_text_skip(t2m_stack_text_from(file, at), sizeof(library) - 1);

        if (rest.size && t2m_stack_text_digit(rest.data[0])) {
            return 0;
        }
        at = t2m_stack_text_find(rest, library);
    }
    return !t2m_stack_text_starts(file, "<frozen ") && !t2m_stack_path_has(file, packages);
}

/* Digits at the start of *text, which are taken off. */
static apr_uint32_t read_number(t2m_text_t *text)
{
    apr_uint32_t number = 0;

    while (text->size && t2m_stack_text_digit(text->data[0])) {
        if (number < LINE_NUMBER_MAX) {
            number = number * 10 + (apr_uint32_t)(text->data[0] - '0');
        }
        *text = t2m_stack_text_skip(*text, 1);
    }
    return number;
}

/* Where `", line ` follows a file's name, which may hold anything: the last one counts. */
static const char *end_of_file(t2m_text_t text)
{
    static const char end[] = "\", line ";
    const char *found = NULL, *at = t2m_stack_text_find(text, end);

    while (at) {
        found = at;
        at = t2m_stack_text_find(t2m_stack_text_from(text, at + 1), end);
    }
    return found;
}

int t2m_stack_python_place(t2m_text_t text, t2m_stack_frame_t *frame)
{
    static const char before[] = "File \"", between[] = "\", line ";
    const char *end;
    t2m_text_t rest;

    if (!t2m_stack_text_starts(text, before)) {
        return 0;
    }
    text = t2m_stack_text_skip(text, sizeof(before) - 1);
    end = end_of_file(text);
    if (!end) {
        return 0;
    }
    rest = t2m_stack_text_from(text, end + sizeof(between) - 1);
    frame->line = read_number(&rest);
    if (t2m_stack_text_starts(rest, ", in ")) {
        frame->function = t2m_stack_text_chomp(t2m_stack_text_skip(rest, 5));
    }
    frame->file = t2m_stack_text_before(text, end);
    frame->in_app = (unsigned char)is_in_app(frame->file);
    return 1;
}

int t2m_stack_python_is_bare_place(t2m_text_t line)
{
    t2m_stack_frame_t place = { .line = 0 };

    return t2m_stack_text_starts(line, "  File")
           && t2m_stack_python_place(t2m_stack_text_skip(line, 2), &place) && place.line > 0
           && t2m_stack_text_digit(line.data[line.size - 1]) && !place.function.size;
}

/* ---- groups ---- */

/* A ruler between members: `  +-+---- 1 ----`, `    +---- 2 ----`, `    +---- ... ----` or dashes
 * alone. Returns the column that its members' margin has; 0: it is none. */
static apr_size_t ruler(t2m_text_t line, t2m_stack_python_place_e *kind)
{
    apr_size_t column = leading_spaces(line);
    t2m_text_t rest = t2m_stack_text_skip(line, column);

    if (t2m_stack_text_starts(rest, "+-+")) {
        column += 2;
        rest = t2m_stack_text_skip(rest, 2);
    }
    if (!t2m_stack_text_starts(rest, "+---")) {
        return 0;
    }
    rest = t2m_stack_text_skip(rest, 1);
    while (rest.size && rest.data[0] == '-') {
        rest = t2m_stack_text_skip(rest, 1);
    }
    *kind = rest.size == 0                         ? T2M_STACK_PYTHON_END
            : t2m_stack_text_starts(rest, " ... ") ? T2M_STACK_PYTHON_MORE
                                                   : T2M_STACK_PYTHON_MEMBER;
    return column;
}

int t2m_stack_python_ends_group(t2m_text_t line)
{
    t2m_stack_python_place_e kind = T2M_STACK_PYTHON_OWN;

    return ruler(line, &kind) && kind == T2M_STACK_PYTHON_END;
}

static t2m_stack_python_place_e by_column(apr_size_t column, apr_size_t margin)
{
    return column == margin  ? T2M_STACK_PYTHON_OWN
           : column > margin ? T2M_STACK_PYTHON_WITHIN
                             : T2M_STACK_PYTHON_FOREIGN;
}

t2m_stack_python_place_e t2m_stack_python_within(t2m_text_t line, apr_size_t margin,
                                                 t2m_text_t *body)
{
    apr_size_t spaces = leading_spaces(line), column;
    t2m_stack_python_place_e kind = T2M_STACK_PYTHON_OWN;

    *body = line;
    if (margin == 0) {
        return T2M_STACK_PYTHON_OWN;
    }
    column = ruler(line, &kind);
    if (column) {
        return column == margin + 2 ? kind
               : column > margin    ? T2M_STACK_PYTHON_WITHIN
                                    : T2M_STACK_PYTHON_FOREIGN;
    }
    if (spaces == line.size || line.data[spaces] != '|') {
        return T2M_STACK_PYTHON_FOREIGN;
    }
    *body = t2m_stack_text_skip(line, spaces + 1);
    if (body->size && body->data[0] == ' ') {
        *body = t2m_stack_text_skip(*body, 1);
    }
    return by_column(spaces, margin);
}
