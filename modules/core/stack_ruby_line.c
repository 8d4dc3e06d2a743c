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

#include "core/stack_ruby_line.h"

/* ---- tags ---- */

unsigned char t2m_stack_ruby_line_margin(t2m_text_t line)
{
    apr_size_t margin = 0;

    while (margin < line.size && line.data[margin] == '[') {
        t2m_text_t rest = t2m_stack_text_skip(line, margin);
        const char *end = t2m_stack_text_find(rest, "] ");

        if (!end || margin + (apr_size_t)(end - rest.data) + 2 > 255) {
            break;
        }
        margin += (apr_size_t)(end - rest.data) + 2;
    }
    return (unsigned char)margin;
}

t2m_text_t t2m_stack_ruby_line_body(t2m_text_t line, apr_size_t margin)
{
    if (!margin || line.size < margin || line.data[0] != '[' || line.data[margin - 1] != ' '
        || line.data[margin - 2] != ']') {
        return line;
    }
    return t2m_stack_text_skip(line, margin);
}

/* ---- places ---- */

/* Where the function stands in `FILE:LINE:in 'FUNCTION'`, or NULL. */
static const char *find_in(t2m_text_t text, t2m_stack_ruby_place_t *place)
{
    t2m_text_t rest = text;
    const char *at;

    while ((at = t2m_stack_text_find(rest, ":in ")) != NULL) {
        rest = t2m_stack_text_from(text, at + 4);
        place->file = t2m_stack_text_before(text, at);
        if (rest.size && (rest.data[0] == '`' || rest.data[0] == '\'')
            && t2m_stack_text_take_number(&place->file, &place->line)) {
            return rest.data + 1;
        }
    }
    return NULL;
}

/* `(eval at FILE:LINE)` names the place where the code was made. */
static void read_origin(t2m_stack_ruby_place_t *place)
{
    static const char start[] = "(eval at ";
    t2m_text_t origin = place->file;
    apr_uint32_t line;

    if (!t2m_stack_text_starts(origin, start) || !t2m_stack_text_ends(origin, ")")) {
        return;
    }
    origin = t2m_stack_text_skip(origin, sizeof(start) - 1);
    origin.size--;
    if (t2m_stack_text_take_number(&origin, &line)) {
        place->file = origin;
        place->line = line;
    }
}

/* Reads `FILE:LINE:in 'FUNCTION'`, with `: ` and anything behind it. */
static int read_place(t2m_text_t text, t2m_stack_ruby_place_t *place)
{
    const char *function, *end;
    t2m_text_t rest;

    memset(place, 0, sizeof(*place));
    function = find_in(text, place);
    if (!function) {
        return 0;
    }
    rest = t2m_stack_text_from(text, function);
    end = t2m_stack_text_find(rest, "': ");
    if (end) {
        place->behind = t2m_stack_text_trim(t2m_stack_text_from(text, end + 3));
    }
    else if (t2m_stack_text_ends(rest, "'")) {
        end = rest.data + rest.size - 1;
    }
    else {
        return 0;
    }
    place->function = t2m_stack_text_before(rest, end);
    place->text = t2m_stack_text_before(text, end + 1);
    read_origin(place);
    return 1;
}

/* Takes `    from `, or `    12: from `, off. */
static int take_from(t2m_text_t *text)
{
    t2m_text_t rest = t2m_stack_text_trim(*text);
    apr_size_t digits = 0;

    while (digits < rest.size && t2m_stack_text_digit(rest.data[digits])) {
        digits++;
    }
    if (digits && t2m_stack_text_starts(t2m_stack_text_skip(rest, digits), ": ")) {
        rest = t2m_stack_text_skip(rest, digits + 2);
    }
    if (rest.size == text->size || !t2m_stack_text_starts(rest, "from ")) {
        return 0;
    }
    *text = t2m_stack_text_skip(rest, 5);
    return 1;
}

int t2m_stack_ruby_line_frame(t2m_text_t line, t2m_stack_ruby_place_t *place)
{
    t2m_text_t text = line;

    if (take_from(&text)) {
        if (read_place(text, place)) {
            return 1;
        }
        place->file = text; /* outside of any method there is no more than that */
        place->text = text;
        return t2m_stack_text_take_number(&place->file, &place->line);
    }
    return read_place(t2m_stack_text_trim(line), place) && !place->behind.size;
}

int t2m_stack_ruby_line_position(t2m_text_t text, t2m_stack_ruby_place_t *place)
{
    t2m_text_t rest = text;
    const char *at;

    memset(place, 0, sizeof(*place));
    while ((at = t2m_stack_text_find(rest, ": ")) != NULL) {
        place->file = t2m_stack_text_before(text, at);
        if (t2m_stack_text_take_number(&place->file, &place->line)) {
            place->text = t2m_stack_text_before(text, at);
            place->behind = t2m_stack_text_trim(t2m_stack_text_from(text, at + 2));
            return 1;
        }
        rest = t2m_stack_text_from(text, at + 2);
    }
    return 0;
}

int t2m_stack_ruby_line_is_gap(t2m_text_t line)
{
    return t2m_stack_text_starts(line, "\t ... ") && t2m_stack_text_ends(line, " levels...");
}

int t2m_stack_ruby_line_is_marks(t2m_text_t line)
{
    apr_size_t i = 0;

    while (i < line.size && (t2m_stack_text_blank(line.data[i]) || line.data[i] == '|')) {
        i++;
    }
    return (i < line.size && line.data[i] == '^') || t2m_stack_text_starts(line, "Did you mean?");
}

int t2m_stack_ruby_line_is_thread(t2m_text_t line)
{
    return t2m_stack_text_starts(line, "#<Thread:")
        && t2m_stack_text_find(line, " terminated with exception (report_on_exception is true):");
}

int t2m_stack_ruby_line_is_reversed(t2m_text_t line)
{
    return t2m_stack_text_is(line, "Traceback (most recent call last):");
}

/* ---- errors ---- */

/* The size of the constant at the start of text, `Store::QueryError`, or 0. */
static apr_size_t constant_size(t2m_text_t text)
{
    apr_size_t size = 0;

    while (size < text.size && t2m_stack_text_upper(text.data[size])) {
        while (size < text.size && t2m_stack_text_name(text.data[size])) {
            size++;
        }
        if (!t2m_stack_text_starts(t2m_stack_text_skip(text, size), "::")
            || text.size - size < 3 || !t2m_stack_text_upper(text.data[size + 2])) {
            return size;
        }
        size += 2;
    }
    return size;
}

/* Nonzero when a name is surely that of an error. */
static int is_error_name(t2m_text_t name)
{
    return t2m_stack_text_ends(name, "Error") || t2m_stack_text_ends(name, "Exception")
        || t2m_stack_text_find(name, "::");
}

/* Parts `message (Type)`. */
static int read_type(t2m_text_t text, t2m_text_t *type, t2m_text_t *message)
{
    apr_size_t at = text.size;

    if (!t2m_stack_text_ends(text, ")")) {
        return 0;
    }
    while (at && text.data[at - 1] != '(') {
        at--;
    }
    if (at < 2 || text.data[at - 2] != ' ') {
        return 0;
    }
    *type = t2m_text_of(text.data + at, text.size - at - 1);
    *message = t2m_text_of(text.data, at - 2);
    return type->size && (constant_size(*type) == type->size || t2m_stack_text_is(*type, "fatal"));
}

int t2m_stack_ruby_line_type(t2m_text_t behind, t2m_text_t *type, t2m_text_t *message)
{
    if (read_type(behind, type, message)) {
        return 1;
    }
    *type = t2m_text_of(behind.data, 0);
    *message = behind;
    if (t2m_stack_text_is(behind, "unhandled exception")) {
        *type = t2m_text("RuntimeError"); /* without a message */
        message->size = 0;
    }
    else if (t2m_stack_text_starts(behind, "syntax error, ")) {
        *type = t2m_text("SyntaxError"); /* of the program itself */
    }
    else if (behind.size && constant_size(behind) == behind.size) {
        *type = behind;
        message->size = 0;
    }
    return type->size != 0;
}

int t2m_stack_ruby_line_raise(t2m_text_t line, t2m_stack_ruby_place_t *place)
{
    t2m_text_t type, message;

    if (!line.size || t2m_stack_text_blank(line.data[0])) {
        return 0;
    }
    if (read_place(line, place)) {
        return place->behind.size != 0;
    }
    if (t2m_stack_ruby_line_position(line, place)) {
        (void)t2m_stack_ruby_line_type(place->behind, &type, &message);
        return t2m_stack_text_is(type, "SyntaxError");
    }
    memset(place, 0, sizeof(*place));
    if (!t2m_stack_text_starts(line, "ruby: ")) {
        return 0;
    }
    place->behind = t2m_stack_text_skip(line, 6);
    return read_type(place->behind, &type, &message);
}

/* ---- titles ---- */

/* `Type (message):`, which Rails writes. The message may have further lines. */
static int read_rails(t2m_text_t text, t2m_text_t *type, t2m_text_t *message)
{
    apr_size_t size = constant_size(text);

    if (!size || !t2m_stack_text_starts(t2m_stack_text_skip(text, size), " (")) {
        return 0;
    }
    *type = t2m_text_of(text.data, size);
    *message = t2m_stack_text_skip(text, size + 2);
    if (t2m_stack_text_ends(*message, "):")) {
        message->size -= 2;
        return 1;
    }
    return is_error_name(*type);
}

/* `E, [time #1] ERROR -- program: message (Type)`, which Logger writes. */
static int read_logger(t2m_text_t text, t2m_text_t *type, t2m_text_t *message)
{
    const char *at = t2m_stack_text_find(text, " -- ");

    if (!at || !read_type(t2m_stack_text_from(text, at + 4), type, message)) {
        return 0;
    }
    at = t2m_stack_text_find(*message, ": ");
    if (at) {
        *message = t2m_stack_text_from(*message, at + 2);
    }
    return 1;
}

/* `*** Exception Type in Rack application object (message) (process 1, ...):`, of Passenger. */
static int read_passenger(t2m_text_t text, t2m_text_t *type, t2m_text_t *message)
{
    static const char start[] = "*** Exception ";
    const char *at = t2m_stack_text_find(text, start), *end;

    if (!at) {
        return 0;
    }
    text = t2m_stack_text_from(text, at + sizeof(start) - 1);
    *type = t2m_text_of(text.data, constant_size(text));
    at = t2m_stack_text_find(text, " (");
    end = t2m_stack_text_find(text, ") (process ");
    if (!type->size || !at || !end || end < at + 2) {
        return 0;
    }
    *message = t2m_stack_text_from(t2m_stack_text_before(text, end), at + 2);
    return 1;
}

/* The first word that names an error, with `: message`, or ` - message:`, as Sinatra has it. */
static int read_word(t2m_text_t text, t2m_text_t *type, t2m_text_t *message)
{
    apr_size_t i, size;

    for (i = 0; i < text.size; i += size + 1) {
        t2m_text_t rest = t2m_stack_text_skip(text, i);

        size = constant_size(rest);
        *type = t2m_text_of(rest.data, size);
        rest = t2m_stack_text_skip(rest, size);
        if (size && is_error_name(*type)) {
            if (t2m_stack_text_starts(rest, ": ")) {
                *message = t2m_stack_text_skip(rest, 2);
                return 1;
            }
            if (t2m_stack_text_starts(rest, " - ") && t2m_stack_text_ends(rest, ":")) {
                *message = t2m_text_of(rest.data + 3, rest.size - 4);
                return 1;
            }
        }
        while (i + size < text.size && text.data[i + size] != ' ') {
            size++;
        }
    }
    return 0;
}

int t2m_stack_ruby_line_title(t2m_text_t line, t2m_text_t *type, t2m_text_t *message)
{
    t2m_text_t text = t2m_stack_text_trim(line);

    return read_rails(text, type, message) || read_logger(text, type, message)
        || read_passenger(text, type, message) || read_word(text, type, message);
}

int t2m_stack_ruby_line_cause(t2m_text_t line, t2m_text_t *type, t2m_text_t *message)
{
    static const char start[] = "Information for cause: ";
    t2m_text_t text = t2m_stack_text_trim(line);

    return t2m_stack_text_starts(text, start)
        && read_rails(t2m_stack_text_skip(text, sizeof(start) - 1), type, message);
}
