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

/* See stack_perl_line.h. */
#include "core/stack_perl_line.h"

#include "core/stack_text.h"

static const char at_word[] = " at ";
static const char line_word[] = " line ";

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

/* Takes string off the end of *text. Returns 0 when it is not there. */
static int take_end(t2m_text_t *text, const char *string)
{
    if (!t2m_stack_text_ends(*text, string)) {
        return 0;
    }
    text->size -= strlen(string);
    return 1;
}

/* Takes a word and a number off the end of *text. */
static int take_number(t2m_text_t *text, const char *word, apr_uint32_t *number)
{
    t2m_text_t rest = *text;
    apr_size_t i;

    while (rest.size && t2m_stack_text_digit(rest.data[rest.size - 1])) {
        rest.size--;
    }
    if (rest.size == text->size || text->size - rest.size > T2M_STACK_TEXT_DIGITS_MAX) {
        return 0;
    }
    for (*number = 0, i = rest.size; i < text->size; i++) {
        *number = *number * 10 + (apr_uint32_t)(text->data[i] - '0');
    }
    if (!take_end(&rest, word)) {
        return 0;
    }
    *text = rest;
    return 1;
}

/* Takes `, <STDIN> line 5` off: what was read last. */
static void take_input(t2m_text_t *text)
{
    t2m_text_t rest = *text;
    const char *open;
    apr_uint32_t number;

    if ((take_number(&rest, line_word, &number) || take_number(&rest, " chunk ", &number))
        && take_end(&rest, ">")) {
        open = find_last(rest, ", <");
        if (open) {
            *text = t2m_stack_text_before(rest, open);
        }
    }
}

/* Takes off what perl says behind the place of what it could not compile. */
static void take_near(t2m_text_t *text)
{
    static const char *const words[] = { ", near \"", ", at EOF", ", at end of line", ", within " };
    apr_size_t i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        const char *at = t2m_stack_text_find(*text, words[i]);
        t2m_text_t before = t2m_stack_text_before(*text, at ? at : text->data), rest = before;
        apr_uint32_t number;

        if (take_number(&rest, line_word, &number)) {
            *text = before;
            return;
        }
    }
}

/* Reads ` at FILE line N` at the end of line, or before what perl says behind it; *before is what
 * precedes it. */
static int read_place(t2m_text_t line, t2m_stack_perl_place_t *place, t2m_text_t *before)
{
    t2m_text_t rest = line, all;
    const char *at;

    take_near(&rest);
    (void)take_end(&rest, ".");
    (void)take_end(&rest, " during global destruction");
    all = rest;
    take_input(&rest);
    if (!take_number(&rest, line_word, &place->line)) {
        return 0;
    }
    at = find_last(rest, at_word);
    if (!at || at + sizeof(at_word) - 1 == rest.data + rest.size) {
        return 0;
    }
    *before = t2m_stack_text_before(line, at);
    place->file = t2m_stack_text_from(rest, at + sizeof(at_word) - 1);
    place->text = t2m_stack_text_from(all, at + 1);
    return 1;
}

/* ---- stamps ---- */

static int is_stamp(t2m_text_t line)
{
    static const char *const days[] = { "[Mon ", "[Tue ", "[Wed ", "[Thu ", "[Fri ", "[Sat ",
                                        "[Sun " };
    apr_size_t i;

    for (i = 0; i < sizeof(days) / sizeof(days[0]); i++) {
        if (t2m_stack_text_starts(line, days[i])) {
            return 1;
        }
    }
    return line.size > 5 && line.data[0] == '[' && line.data[5] == '-'
        && t2m_stack_text_digit(line.data[1]) && t2m_stack_text_digit(line.data[4]);
}

/* Without `a.pl: `, which CGI::Carp writes behind its time. */
static t2m_text_t without_program(t2m_text_t line)
{
    const char *blank = t2m_stack_text_find(line, " ");

    if (blank && blank > line.data + 1 && blank[-1] == ':' && blank[-2] != ':') {
        return t2m_stack_text_from(line, blank + 1);
    }
    return line;
}

t2m_text_t t2m_stack_perl_without_stamp(t2m_text_t line)
{
    t2m_text_t rest = line;
    int stamped = is_stamp(line), days = stamped && !t2m_stack_text_digit(line.data[1]);

    while (stamped && t2m_stack_text_starts(rest, "[")) {
        const char *end = t2m_stack_text_find(rest, "] ");

        if (!end) {
            break;
        }
        rest = t2m_stack_text_from(rest, end + 2);
    }
    return days && rest.size < line.size ? without_program(rest) : rest;
}

/* ---- messages ---- */

static int is_class_byte(char byte)
{
    return t2m_stack_text_name(byte) || byte == ':';
}

/* The size of the class that text starts with; 0: none. */
static apr_size_t class_size(t2m_text_t text)
{
    apr_size_t size = 0;

    while (size < text.size && is_class_byte(text.data[size])) {
        size++;
    }
    return size && !t2m_stack_text_digit(text.data[0]) && text.data[0] != ':' ? size : 0;
}

/* Reads `Shop::Error=HASH(0x55d0)`, `HASH(0x55d0)`: a reference, blessed or not. Returns its size,
 * 0 when text starts with none. */
static apr_size_t read_object(t2m_text_t text, t2m_text_t *type)
{
    static const char *const kinds[] = { "HASH(0x", "ARRAY(0x", "SCALAR(0x", "CODE(0x", "REF(0x",
                                         "GLOB(0x", "OBJECT(0x", "Regexp(0x" };
    apr_size_t class = class_size(text), i;
    t2m_text_t rest = t2m_stack_text_skip(text, class);
    const char *close;

    *type = t2m_text_of(text.data, class);
    if (!class || !t2m_stack_text_starts(rest, "=")) {
        type->size = 0;
        rest = text;
    }
    else {
        rest = t2m_stack_text_skip(rest, 1);
    }
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        close = t2m_stack_text_starts(rest, kinds[i]) ? t2m_stack_text_find(rest, ")") : NULL;
        if (close) {
            return (apr_size_t)(close + 1 - text.data);
        }
    }
    return 0;
}

/* The class that a message names: of an object, or before `: ` when it is called as exceptions
 * are. */
static t2m_text_t type_of(t2m_text_t message)
{
    t2m_text_t type, name;
    apr_size_t size;

    if (read_object(message, &type)) {
        return type;
    }
    size = class_size(message);
    name = t2m_text_of(message.data, size);
    if (!take_end(&name, ":") || t2m_stack_text_ends(name, ":") || size == message.size
        || message.data[size] != ' ' || !t2m_stack_text_find(name, "::")) {
        return t2m_text_of(message.data, 0);
    }
    if (!t2m_stack_text_find(name, "Exception") && !t2m_stack_text_find(name, "Error")
        && !t2m_stack_text_find(name, "::X::") && !t2m_stack_text_starts(name, "X::")) {
        name.size = 0; /* a module's name, as IO::Socket::INET says it of itself */
    }
    return name;
}

/* Nonzero when perl could not compile what it says so of. */
static int is_compile_error(t2m_text_t message)
{
    static const char *const starts[] = {
        "syntax error", "Global symbol ", "Bareword ", "Missing right ", "Unmatched right ",
        "Can't find string terminator ", "Unrecognized character ", "Semicolon seems to be missing",
        "Not enough arguments for ", "Too many arguments for ", "Type of arg ", "Can't redeclare ",
        "No such class ", "Number found where ", "String found where ", "Scalar found where ",
        "Array found where ", "Bareword found where ", "Operator found where ",
        "Search pattern not terminated", "Substitution pattern not terminated"
    };
    apr_size_t i;

    for (i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
        if (t2m_stack_text_starts(message, starts[i])) {
            return 1;
        }
    }
    return 0;
}

/* ---- lines ---- */

/* A call without its arguments: "main::f", "eval {...}", "require Shop.pm". */
static t2m_text_t function_of(t2m_text_t call)
{
    const char *open = t2m_stack_text_find(call, "("), *quote = t2m_stack_text_find(call, " '");

    if (quote && (!open || quote < open)) {
        open = quote; /* eval '...' */
    }
    return t2m_stack_text_trim(open ? t2m_stack_text_before(call, open) : call);
}

/* `  File "FILE", line N, in "main::f"` */
static int read_mojo_call(t2m_stack_perl_line_t *line)
{
    static const char start[] = "  File \"", middle[] = "\", line", in[] = ", in \"";
    t2m_text_t rest = line->text, place;
    const char *at = find_last(rest, in);

    if (!t2m_stack_text_starts(rest, start) || !at) {
        return 0;
    }
    line->function = t2m_stack_text_from(rest, at + sizeof(in) - 1);
    (void)take_end(&line->function, "\"");
    place = t2m_stack_text_skip(t2m_stack_text_before(rest, at), sizeof(start) - 1);
    if (!take_number(&place, " ", &line->place.line) || !take_end(&place, middle)) {
        return 0;
    }
    line->place.file = place;
    line->place.text = rest;
    return 1;
}

/* The kind of a line that has a place, and what precedes that in text. */
static t2m_stack_perl_line_e kind_of_placed(t2m_stack_perl_line_t *line)
{
    static const char failed[] = "Compilation failed in require";
    static const char aborted[] = "BEGIN failed--compilation aborted";
    t2m_text_t call = line->text;
    int tab = t2m_stack_text_starts(call, "\t");

    if (!call.size) {
        return T2M_STACK_PERL_AGAIN;
    }
    if (t2m_stack_text_is(call, failed)) {
        line->function = t2m_stack_text_skip(call, sizeof(failed) - sizeof("require"));
        return T2M_STACK_PERL_REQUIRE;
    }
    if (t2m_stack_text_is(call, aborted)) {
        line->function = t2m_text_of(call.data, sizeof("BEGIN") - 1);
        return T2M_STACK_PERL_BEGIN;
    }
    if (t2m_stack_text_is(call, "Trace begun")) {
        return T2M_STACK_PERL_TRACE;
    }
    if (t2m_stack_text_starts(call, "\t...")) {
        return T2M_STACK_PERL_ON_ITS_WAY;
    }
    if (t2m_stack_text_starts(call, "\t(in cleanup) ")) {
        return T2M_STACK_PERL_MESSAGE;
    }
    if (take_end(&call, " called") || tab) {
        line->function = function_of(call);
        return line->function.size ? T2M_STACK_PERL_CALL : T2M_STACK_PERL_OTHER;
    }
    return is_compile_error(call) ? T2M_STACK_PERL_COMPILE : T2M_STACK_PERL_MESSAGE;
}

static t2m_stack_perl_line_e kind_of(t2m_stack_perl_line_t *line)
{
    t2m_text_t text = t2m_stack_text_trim(line->text), type;

    if (!text.size) {
        return T2M_STACK_PERL_BLANK;
    }
    if (read_object(text, &type) == text.size) {
        line->type = type;
        return T2M_STACK_PERL_OBJECT;
    }
    if (t2m_stack_text_is(text, "Traceback (most recent call first):")) {
        return T2M_STACK_PERL_MOJO;
    }
    return t2m_stack_text_ends(text, " aborted due to compilation errors.")
                || t2m_stack_text_ends(text, " had compilation errors.")
                || t2m_stack_text_ends(text, " had too many errors.")
               ? T2M_STACK_PERL_VERDICT : T2M_STACK_PERL_OTHER;
}

t2m_stack_perl_line_t t2m_stack_perl_line(t2m_text_t text)
{
    t2m_text_t none = t2m_text_of(text.data, 0), before;
    t2m_stack_perl_line_t line = { T2M_STACK_PERL_OTHER, text, none, none, { none, none, 0 } };

    if (read_mojo_call(&line)) {
        line.kind = T2M_STACK_PERL_MOJO_CALL;
    }
    else if (read_place(text, &line.place, &before)) {
        line.text = before;
        line.kind = kind_of_placed(&line);
        line.type = line.kind == T2M_STACK_PERL_MESSAGE ? type_of(before) : none;
        if (line.type.size && before.data[line.type.size] == ':') {
            line.text = t2m_stack_text_skip(before, line.type.size + sizeof(": ") - 1);
        }
    }
    else {
        line.kind = kind_of(&line);
    }
    return line;
}
