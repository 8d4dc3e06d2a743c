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


/* Go's lines. In each of them the words at the start or the end tell. */
#include "core/stack_go_line.h"

enum { NUMBER_MAX = 9 }; /* digits */

static const char panic_words[] = "panic: ";
static const char fatal_words[] = "fatal error: ";
static const char serving_words[] = "panic serving ";
static const char created_words[] = "created by ";
static const char goroutine_words[] = "goroutine ";

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

/* What stands before string in text; data NULL: it is not there. */
static t2m_text_t before(t2m_text_t text, const char *string)
{
    const char *at = text.size ? memmem(text.data, text.size, string, strlen(string)) : NULL;

    return at ? t2m_text_of(text.data, (apr_size_t)(at - text.data)) : t2m_text(NULL);
}

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

static t2m_text_t without_margin(t2m_text_t text)
{
    while (text.size && is_blank(text.data[0])) {
        text = skip(text, 1);
    }
    return text;
}

/* Takes the digits off the start of text. */
static int take_number(t2m_text_t *text, apr_uint32_t *number)
{
    apr_size_t size = 0;

    *number = 0;
    while (size < text->size && size < NUMBER_MAX && is_digit(text->data[size])) {
        *number = *number * 10 + (apr_uint32_t)(text->data[size++] - '0');
    }
    *text = skip(*text, size);
    return size > 0;
}

/* ---- lines of stacks ---- */

/* `goroutine 1 [running]:`, `goroutine 5 gp=0xc000004380 m=0 mp=0x5 [select, 2 minutes]:`.
 * Goroutine 0 is the scheduler. */
static t2m_stack_go_line_e goroutine_kind(t2m_text_t line)
{
    t2m_text_t rest;
    apr_uint32_t number;

    if (!starts_with(line, goroutine_words) || !ends_with(line, "]:")) {
        return T2M_STACK_GO_OTHER;
    }
    rest = skip(line, sizeof(goroutine_words) - 1);
    if (!take_number(&rest, &number) || !starts_with(rest, " ") || !before(rest, " [").data) {
        return T2M_STACK_GO_OTHER;
    }
    return number ? T2M_STACK_GO_GOROUTINE : T2M_STACK_GO_STACK;
}

int t2m_stack_go_line_place(t2m_text_t line, t2m_text_t *file, apr_uint32_t *number)
{
    t2m_text_t text = without_margin(line), rest = text;
    const char *colon;

    while (rest.size && (colon = memchr(rest.data, ':', rest.size)) != NULL) {
        rest = skip(rest, (apr_size_t)(colon - rest.data) + 1);
        if (colon > text.data && take_number(&rest, number)
            && (!rest.size || starts_with(rest, " +0x") || starts_with(rest, " fp=0x"))) {
            *file = t2m_text_of(text.data, (apr_size_t)(colon - text.data));
            return 1;
        }
    }
    return 0;
}

/* What stands before the brackets that a call ends with; a blank in it tells that it is none. */
static t2m_text_t called(t2m_text_t line)
{
    apr_size_t size = ends_with(line, ")") ? line.size - 1 : 0;

    while (size && line.data[size] != '(') {
        size--;
    }
    return size && !memchr(line.data, ' ', size) ? t2m_text_of(line.data, size) : t2m_text(NULL);
}

t2m_text_t t2m_stack_go_line_function(t2m_text_t line)
{
    t2m_text_t name, creator;

    if (!starts_with(line, created_words)) {
        return called(line);
    }
    name = skip(line, sizeof(created_words) - 1);
    creator = before(name, " in goroutine ");
    return creator.data ? creator : name;
}

/* Nonzero for a line of the register dump: `rax    0xca`. */
static int is_register(t2m_text_t line)
{
    apr_size_t size = 0;

    while (size < line.size
           && ((line.data[size] >= 'a' && line.data[size] <= 'z') || is_digit(line.data[size]))) {
        size++;
    }
    return size >= 2 && size <= 8 && size < line.size && line.data[size] == ' '
        && starts_with(without_margin(skip(line, size)), "0x");
}

/* What the runtime says among stacks. */
static int is_note(t2m_text_t line)
{
    static const char *const notes[] = {
        "signal arrived during cgo execution", "instruction bytes:", "runtime: ", "-----",
        "non-Go function", "pc=0x", "goroutine running on other thread; stack unavailable",
    };
    apr_size_t i;

    for (i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
        if (starts_with(line, notes[i])) {
            return 1;
        }
    }
    return is_register(line);
}

/* A line with a margin. */
static t2m_stack_go_line_e indented_kind(t2m_text_t text)
{
    t2m_text_t file;
    apr_uint32_t number;

    return !text.size ? T2M_STACK_GO_BLANK
         : starts_with(text, panic_words) ? T2M_STACK_GO_PANIC
         : t2m_stack_go_line_place(text, &file, &number) ? T2M_STACK_GO_PLACE
         : is_note(text) ? T2M_STACK_GO_NOTE : T2M_STACK_GO_OTHER;
}

t2m_stack_go_line_e t2m_stack_go_line(t2m_text_t line)
{
    static const struct {
        const char *words;
        t2m_stack_go_line_e kind;
    } kinds[] = {
        { "[signal ", T2M_STACK_GO_SIGNAL }, { "PC=0x", T2M_STACK_GO_COUNTER },
        { "runtime stack:", T2M_STACK_GO_STACK },
        { "[originating from goroutine ", T2M_STACK_GO_STACK },
        { created_words, T2M_STACK_GO_CREATED }, { "exit status ", T2M_STACK_GO_EXIT },
    };
    t2m_stack_go_line_e kind;
    apr_size_t i;

    if (!line.size || is_blank(line.data[0])) {
        return indented_kind(without_margin(line));
    }
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (starts_with(line, kinds[i].words)) {
            return kinds[i].kind;
        }
    }
    if (starts_with(line, "...") && ends_with(line, " frames elided...")) {
        return T2M_STACK_GO_ELIDED;
    }
    kind = goroutine_kind(line);
    return kind != T2M_STACK_GO_OTHER ? kind
         : is_note(line) ? T2M_STACK_GO_NOTE
         : called(line).size ? T2M_STACK_GO_CALL : T2M_STACK_GO_OTHER;
}

/* ---- the first line ---- */

/* Fills in panic: words before its message, of which the first ones are its type. */
static void fill(t2m_stack_cause_t *panic, t2m_text_t line, apr_size_t type, apr_size_t words)
{
    panic->type = t2m_text_of(line.data, type);
    panic->message = skip(line, words);
}

/* `2026/11/23 10:00:00 http: panic serving 127.0.0.1:1: value` */
static int read_served(t2m_text_t line, t2m_stack_cause_t *panic)
{
    t2m_text_t prefix = before(line, serving_words), rest, address;

    if (!prefix.data || !before(prefix, "http").data) {
        return 0;
    }
    rest = skip(line, prefix.size + sizeof(serving_words) - 1);
    address = before(rest, ": ");
    if (!address.data) {
        return 0;
    }
    fill(panic, rest, 0, address.size + 2);
    return 1;
}

/* `SIGQUIT: quit` */
static int read_signal(t2m_text_t line, t2m_stack_cause_t *panic)
{
    apr_size_t size = 3;

    if (!starts_with(line, "SIG")) {
        return 0;
    }
    while (size < line.size && line.data[size] >= 'A' && line.data[size] <= 'Z') {
        size++;
    }
    if (size == 3 || !starts_with(skip(line, size), ": ")) {
        return 0;
    }
    fill(panic, line, size, size + 2);
    return 1;
}

t2m_stack_answer_e t2m_stack_go_line_head(t2m_text_t line, t2m_stack_cause_t *panic)
{
    const apr_size_t fatal = sizeof(fatal_words) - 1;

    if (starts_with(line, panic_words)) {
        fill(panic, line, 0, sizeof(panic_words) - 1);
        return starts_with(panic->message, "runtime error: ") ? T2M_STACK_YES : T2M_STACK_PERHAPS;
    }
    if (starts_with(line, fatal_words)) {
        fill(panic, line, fatal - 2, fatal);
        return starts_with(panic->message, "all goroutines are asleep") ? T2M_STACK_YES
                                                                        : T2M_STACK_PERHAPS;
    }
    if (read_served(line, panic)) {
        return T2M_STACK_YES;
    }
    return read_signal(line, panic) ? T2M_STACK_PERHAPS : T2M_STACK_NO;
}
