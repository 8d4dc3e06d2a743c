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

/* See stack_php_line.h. */
#include "core/stack_php_line.h"

#include "core/message_wrapper.h"
#include "core/stack_text.h"

enum { CLASS_MAX = 255 };

static t2m_text_t between(const char *start, const char *end)
{
    return t2m_text_of(start, (apr_size_t)(end - start));
}

/* Where string stands in text for the last time, NULL: nowhere. */
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

static apr_size_t count_digits(t2m_text_t text)
{
    apr_size_t count = 0;

    while (count < text.size && t2m_stack_text_digit(text.data[count])) {
        count++;
    }
    return count;
}

static apr_uint32_t number(t2m_text_t text)
{
    apr_uint32_t value = 0;
    apr_size_t i;

    for (i = 0; i < text.size && i < T2M_STACK_TEXT_DIGITS_MAX; i++) {
        value = value * 10 + (apr_uint32_t)(text.data[i] - '0');
    }
    return value;
}

/* ---- lines ---- */

/* Takes off what stands behind the last one of several lines. */
static t2m_text_t without_ending(t2m_text_t text)
{
    const char *lf = find_last(text, "\n"), *end;
    t2m_text_t last = t2m_stack_text_from(text, lf ? lf + 1 : text.data);

    end = t2m_stack_text_find(last, "', referer: ");
    if (!end && t2m_stack_text_ends(last, "'")) {
        end = last.data + last.size - 1;
    }
    return end ? t2m_stack_text_before(text, end) : text;
}

t2m_stack_php_lines_t t2m_stack_php_lines(t2m_text_t text)
{
    t2m_stack_php_lines_t lines = { text, { text.data, 0 }, 0 };
    t2m_text_t rest = text, line = text, inner;

    (void)t2m_stack_next_line(&rest, &line);
    inner = t2m_message_wrapper_take_off(line);
    if (!rest.size) {
        lines.rest = inner;
    }
    else if (inner.size) { /* the last line has what is behind, not the first */
        lines.rest = t2m_stack_text_from(text, inner.data);
        if (t2m_stack_text_find(t2m_stack_text_before(line, inner.data), "Got error '")) {
            lines.rest = without_ending(lines.rest);
        }
    }
    return lines;
}

int t2m_stack_php_next_line(t2m_stack_php_lines_t *lines, t2m_text_t *line)
{
    static const char separator[] = "; PHP message: ", start[] = "PHP message: ";
    const char *end;

    lines->starts = lines->held.size > 0;
    if (!lines->held.size) {
        if (!t2m_stack_next_line(&lines->rest, &lines->held)) {
            return 0;
        }
        if (t2m_stack_text_starts(lines->held, start)) {
            lines->starts = 1;
            lines->held = t2m_stack_text_skip(lines->held, sizeof(start) - 1);
        }
    }
    *line = lines->held;
    end = t2m_stack_text_find(*line, separator);
    lines->held.size = 0;
    if (end) {
        lines->held = t2m_stack_text_from(*line, end + sizeof(separator) - 1);
        *line = t2m_stack_text_before(*line, end);
    }
    return 1;
}

t2m_text_t t2m_stack_php_without_date(t2m_text_t line)
{
    const char *end;

    if (line.size < sizeof("[23-Nov-2026 ") || line.data[0] != '['
        || !t2m_stack_text_digit(line.data[1]) || line.data[3] != '-' || line.data[7] != '-') {
        return line;
    }
    end = t2m_stack_text_find(line, "] ");
    return end ? t2m_stack_text_from(line, end + 2) : line;
}

/* ---- places ---- */

/* Code that was made while the program ran, `/a.php(3) : eval()'d code`, is where that was done. */
static void set_place(t2m_stack_php_place_t *place, t2m_text_t file, t2m_text_t line)
{
    static const char *const made[] = { ") : eval()'d code", ") : runtime-created function" };
    apr_size_t i;

    place->file = file;
    place->line = number(line);
    for (i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
        const char *close = t2m_stack_text_find(file, made[i]), *open = close;

        while (open && open > file.data && t2m_stack_text_digit(open[-1])) {
            open--;
        }
        if (open < close && open - 1 > file.data && open[-1] == '(') {
            place->file = t2m_stack_text_before(file, open - 1);
            place->line = number(between(open, close));
            return;
        }
    }
}

/* Splits text at mark when nothing but a number follows it. */
static int split_number(t2m_text_t text, const char *mark, t2m_text_t *before, t2m_text_t *line)
{
    apr_size_t start = text.size;

    while (start && t2m_stack_text_digit(text.data[start - 1])) {
        start--;
    }
    *line = t2m_stack_text_skip(text, start);
    *before = t2m_text_of(text.data, start);
    if (!line->size || !t2m_stack_text_ends(*before, mark)) {
        return 0;
    }
    before->size -= strlen(mark);
    return 1;
}

int t2m_stack_php_place(t2m_text_t text, const char *mark, t2m_stack_php_place_t *place,
                        t2m_text_t *before)
{
    t2m_text_t head, line, file;
    const char *in;

    if (!split_number(text, mark, &head, &line)) {
        return 0;
    }
    file = t2m_stack_text_from(head, head.data + head.size);
    while (file.data > head.data && file.data[-1] != '\n') {
        file = t2m_stack_text_from(head, file.data - 1);
    }
    in = find_last(file, " in ");
    if (!in || in + 4 == head.data + head.size) {
        return 0;
    }
    file = t2m_stack_text_from(head, in + 4);
    place->text = t2m_stack_text_from(text, in + 1);
    set_place(place, file, line);
    if (t2m_stack_text_is(file, "Unknown") || t2m_stack_text_is(file, "[no active file]")) {
        place->file.size = 0;
    }
    *before = t2m_stack_text_before(text, in);
    return 1;
}

/* ---- the first line of a message ---- */

static const struct {
    const char *name;
    int fatal;
} levels[] = {
    { "Fatal error", 1 }, { "Parse error", 1 }, { "Recoverable fatal error", 1 },
    { "Catchable fatal error", 1 }, { "Warning", 0 }, { "Notice", 0 }, { "Deprecated", 0 },
    { "Strict Standards", 0 }, { "Unknown error", 0 },
};

/* `class@anonymous` is one. */
static int is_class_byte(char byte)
{
    return t2m_stack_text_name(byte) || byte == '\\' || byte == '@';
}

/* The size of the class that text starts with and that ends at `: `, or with the text; 0: none. */
static apr_size_t class_size(t2m_text_t text)
{
    apr_size_t size = 0;

    while (size < text.size && size <= CLASS_MAX && is_class_byte(text.data[size])) {
        size++;
    }
    if (!size || size > CLASS_MAX || t2m_stack_text_digit(text.data[0])) {
        return 0;
    }
    return size == text.size || t2m_stack_text_starts(t2m_stack_text_skip(text, size), ": ")
               ? size : 0;
}

/* Nonzero when text starts with a class that is called as exceptions are, or has a namespace. */
static int starts_exception(t2m_text_t text)
{
    t2m_text_t name = t2m_text_of(text.data, class_size(text));

    return t2m_stack_text_find(name, "\\") || t2m_stack_text_find(name, "Exception")
        || t2m_stack_text_find(name, "Error");
}

/* Finds the exception in the first line of one that was written into a log by hand. Words may
 * precede it where its place ends the line. The empty text: none. */
static t2m_text_t find_exception(t2m_text_t line)
{
    t2m_text_t before = line, rest;
    t2m_stack_php_place_t place;
    int placed = t2m_stack_php_place(line, ":", &place, &before);
    const char *blank;

    for (rest = before; !starts_exception(rest); rest = t2m_stack_text_from(rest, blank + 1)) {
        blank = placed ? t2m_stack_text_find(rest, " ") : NULL;
        if (!blank) {
            return t2m_text_of(line.data, 0);
        }
    }
    return t2m_stack_text_from(line, rest.data);
}

t2m_stack_php_head_t t2m_stack_php_head(t2m_text_t line)
{
    t2m_stack_php_head_t head = { T2M_STACK_PHP_NO, { line.data, 0 }, line };
    t2m_text_t text = t2m_stack_php_without_date(line), rest;
    int php = t2m_stack_text_starts(text, "PHP ");
    apr_size_t i, size;

    text = t2m_stack_text_skip(text, php ? 4 : 0);
    for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        size = strlen(levels[i].name);
        if (!t2m_stack_text_starts(text, levels[i].name)) {
            continue;
        }
        rest = t2m_stack_text_skip(text, size);
        if (t2m_stack_text_starts(rest, php ? ":  " : ": ")) {
            head.kind = !php ? T2M_STACK_PHP_PLAIN
                      : levels[i].fatal ? T2M_STACK_PHP_FATAL : T2M_STACK_PHP_LEVEL;
            head.level = t2m_text_of(text.data, size);
            head.rest = t2m_stack_text_skip(rest, php ? 3 : 2);
            return head;
        }
    }
    rest = find_exception(line);
    if (rest.size) {
        head.kind = T2M_STACK_PHP_BARE;
        head.rest = rest;
    }
    return head;
}

/* What follows `exception '`. */
static int read_old_exception(t2m_text_t text, t2m_stack_cause_t *exception)
{
    static const char with[] = "' with message '";
    apr_size_t most = text.size < CLASS_MAX + 1 ? text.size : CLASS_MAX + 1;
    const char *quote = t2m_stack_text_find(t2m_text_of(text.data, most), "'");
    t2m_text_t rest;

    if (!quote) {
        return 0;
    }
    rest = t2m_stack_text_from(text, quote);
    exception->type = t2m_stack_text_before(text, quote);
    exception->message = t2m_stack_text_skip(rest, rest.size);
    if (t2m_stack_text_starts(rest, with)) {
        exception->message = t2m_stack_text_skip(rest, sizeof(with) - 1);
        exception->message.size -= t2m_stack_text_ends(exception->message, "'") ? 1 : 0;
    }
    return 1;
}

t2m_stack_cause_t t2m_stack_php_exception(t2m_text_t text)
{
    static const char old[] = "exception '";
    apr_size_t size = class_size(text), colon = size && size < text.size ? 2 : 0;
    t2m_stack_cause_t exception = { { text.data, size }, t2m_stack_text_skip(text, size + colon) };

    if (t2m_stack_text_starts(text, old)) {
        (void)read_old_exception(t2m_stack_text_skip(text, sizeof(old) - 1), &exception);
    }
    return exception;
}

/* ---- calls ---- */

/* The function of `Class->method(args)`: up to the bracket, but `{closure:f():3}` has some within.
 * Empty: it was cut. */
static t2m_text_t function_of(t2m_text_t call)
{
    apr_size_t size;
    int depth = 0;

    for (size = 0; size < call.size; size++) {
        depth += call.data[size] == '{' ? 1 : call.data[size] == '}' ? -1 : 0;
        if (call.data[size] == '(' && depth <= 0) {
            return t2m_text_of(call.data, size);
        }
    }
    return t2m_text_of(call.data, 0);
}

/* What follows `#0 `; the empty text: line is no such. */
static t2m_text_t numbered(t2m_text_t line)
{
    apr_size_t count;

    if (!t2m_stack_text_starts(line, "#")) {
        return t2m_text_of(line.data, 0);
    }
    line = t2m_stack_text_skip(line, 1);
    count = count_digits(line);
    line = t2m_stack_text_skip(line, count);
    return count && t2m_stack_text_starts(line, " ") ? t2m_stack_text_skip(line, 1)
                                                     : t2m_text_of(line.data, 0);
}

int t2m_stack_php_numbered(t2m_text_t line)
{
    return numbered(line).size > 0;
}

int t2m_stack_php_main(t2m_text_t line, t2m_text_t *function)
{
    static const char name[] = "{main}";
    t2m_text_t text = numbered(line);

    *function = t2m_text_of(text.data, sizeof(name) - 1);
    return t2m_stack_text_starts(text, name);
}

int t2m_stack_php_call(t2m_text_t line, t2m_stack_php_call_t *call)
{
    static const char internal[] = "[internal function]: ";
    t2m_text_t text = numbered(line), rest = text;
    const char *close, *open;

    call->place.text = line;
    call->place.file = t2m_text_of(line.data, 0);
    call->place.line = 0;
    if (t2m_stack_text_starts(text, internal)) {
        call->function = function_of(t2m_stack_text_skip(text, sizeof(internal) - 1));
        return 1;
    }
    while ((close = t2m_stack_text_find(rest, "): ")) != NULL) {
        for (open = close; open > rest.data && t2m_stack_text_digit(open[-1]); open--) {
        }
        rest = t2m_stack_text_from(text, close + 3);
        if (open < close && open - 1 > text.data && open[-1] == '(') {
            set_place(&call->place, t2m_stack_text_before(text, open - 1), between(open, close));
            call->function = function_of(rest);
            return 1;
        }
    }
    return 0;
}

int t2m_stack_php_xdebug(t2m_text_t line, t2m_stack_php_call_t *call)
{
    t2m_text_t text = line, place_line;
    apr_size_t count;
    const char *close;

    if (!t2m_stack_text_starts(line, "PHP ")) {
        return 0;
    }
    text = t2m_stack_text_trim(t2m_stack_text_skip(line, 4));
    count = count_digits(text);
    text = t2m_stack_text_skip(text, count);
    if (!count || !t2m_stack_text_starts(text, ". ")
        || !split_number(t2m_stack_text_skip(text, 2), ":", &text, &place_line)) {
        return 0;
    }
    call->function = function_of(text);
    call->place.text = line;
    set_place(&call->place, text, place_line); /* takes `eval()'d code`, with a bracket, off */
    close = find_last(call->place.file, ") ");
    if (!close) {
        return 0;
    }
    call->place.file = t2m_stack_text_from(call->place.file, close + 2);
    return 1;
}
