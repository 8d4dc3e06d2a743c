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

/* What Perl says when it dies or warns: `MESSAGE at FILE line N.`, and behind it the calls that Carp
 * tells, each in a line that begins with a tab:
 *
 *     no such file at lib/Shop.pm line 12.
 *             Shop::load("a.txt") called at index.pl line 3
 *
 * A line with a place says where the function named before it was called: the function of a frame
 * is that of the line behind its place. An object that dies without a text of its own gives its
 * class as the type (`Shop::Error=HASH(0x55...)`); all others have none. */
#include "core/stack.h"
#include "core/stack_text.h"

typedef enum {
    STAGE_NONE,
    STAGE_MESSAGE,
    STAGE_CALLS
} stage_e;

static const char at_word[] = " at ", line_word[] = " line ", called[] = " called at ";

/* ` at FILE line N` somewhere in a line, and what is behind it. */
typedef struct {
    const char *start;   /* of the blank before `at` */
    t2m_text_t file, place;
    apr_uint32_t line;
    const char *end;     /* behind the number */
} place_t;

static apr_uint32_t read_number(const char **at, const char *end)
{
    apr_uint32_t number = 0;
    const char *start = *at;

    for (; *at < end && *at - start < T2M_STACK_TEXT_DIGITS_MAX && t2m_stack_text_digit(**at);
         (*at)++) {
        number = number * 10 + (apr_uint32_t)(**at - '0');
    }
    return number;
}

/* Nonzero when what is behind a place may be there: a full stop, `, <STDIN> line 5.`, `, near "x"`,
 * or the end. */
static int may_follow(const char *at, const char *end)
{
    return at == end || *at == '\n' || *at == '\r' || *at == '.'
           || (end - at > 2 && at[0] == ',' && at[1] == ' '
               && (at[2] == '<' || at[2] == 'n' || at[2] == 'a'));
}

/* The last place of a line that is all of a file's name and a number. */
static int find_place(t2m_text_t line, place_t *place)
{
    const char *end = line.data + line.size, *found, *at;
    int ok = 0;

    for (found = t2m_stack_text_find(line, at_word); found;
         found = t2m_stack_text_find(t2m_stack_text_from(line, found + 1), at_word)) {
        t2m_text_t rest = t2m_stack_text_from(line, found + sizeof(at_word) - 1);
        const char *number = t2m_stack_text_find(rest, line_word);

        if (!number || number == rest.data) {
            break;
        }
        at = number + sizeof(line_word) - 1;
        place->line = ok ? place->line : 0;
        if (at < end && t2m_stack_text_digit(*at)) {
            const char *digits = at;
            apr_uint32_t value = read_number(&at, end);

            if (at > digits && may_follow(at, end)) {
                place->start = found;
                place->file = t2m_text_of(rest.data, (apr_size_t)(number - rest.data));
                place->place = t2m_text_of(rest.data, (apr_size_t)(at - rest.data));
                place->line = value;
                place->end = at;
                ok = 1;
            }
        }
    }
    return ok;
}

/* ---- joining ---- */

static t2m_stack_answer_e begins(t2m_text_t line, t2m_stack_stage_t *stage)
{
    place_t place;

    if (!line.size || line.data[0] == '\t' || !find_place(line, &place)) {
        return T2M_STACK_NO;
    }
    stage->stage = STAGE_MESSAGE;
    return T2M_STACK_PERHAPS;
}

static int is_call(t2m_text_t line)
{
    return t2m_stack_text_starts(line, "\t") && t2m_stack_text_find(line, called);
}

/* Lines with which perl itself goes on, each with a place of its own. */
static int is_aftermath(t2m_text_t line)
{
    static const char *const starts[] = {
        "BEGIN failed--compilation aborted", "Compilation failed in require", "Execution of ",
        "\t...propagated at ", "\t(Might be", "\t(in cleanup)", "Callback called exit", NULL
    };

    for (const char *const *start = starts; *start; start++) {
        if (t2m_stack_text_starts(line, *start)) {
            return 1;
        }
    }
    return t2m_stack_text_ends(line, " had compilation errors.");
}

static t2m_stack_answer_e continues(t2m_text_t line, t2m_stack_stage_t *stage)
{
    if (is_call(line) || is_aftermath(line)) {
        stage->stage = STAGE_CALLS;
        return T2M_STACK_YES;
    }
    return T2M_STACK_NO;
}

/* ---- parsing ---- */

static int is_library(t2m_text_t file)
{
    static const char *const segments[] = {
        "/usr/share/perl", "/usr/local/share/perl", "/usr/local/lib/perl", "/usr/lib/perl",
        "/etc/perl", "perl-base", "perl5", NULL
    };

    return t2m_stack_path_has(file, segments) || t2m_stack_text_find(file, "/perl/5.");
}

static t2m_stack_frame_t *add_place(t2m_stack_t *stack, t2m_text_t text, const place_t *place)
{
    t2m_stack_frame_t *frame = t2m_stack_add_frame(stack, text);

    frame->file = place->file;
    frame->line = place->line;
    frame->in_app = !is_library(place->file);
    return frame;
}

/* The name before the arguments: "Shop::load(1)", "eval {...}", "require Shop.pm". */
static t2m_text_t function_of(t2m_text_t call)
{
    const char *end = t2m_stack_text_find(call, "(");

    return t2m_stack_text_trim(end ? t2m_stack_text_before(call, end) : call);
}

static t2m_stack_frame_t *read_call(t2m_stack_t *stack, t2m_stack_frame_t *frame, t2m_text_t line)
{
    const char *at = t2m_stack_text_find(line, called), *last = at;
    place_t place;

    while (last) { /* an argument may say so, too */
        at = last;
        last = t2m_stack_text_find(t2m_stack_text_from(line, last + 1), called);
    }
    if (!at || !find_place(line, &place)) {
        return frame;
    }
    if (frame) {
        frame->function = function_of(t2m_stack_text_before(line, at));
    }
    return add_place(stack, line, &place);
}

/* `Shop::Error=HASH(0x55d0)`, or with another kind. */
static t2m_text_t class_of(t2m_text_t message)
{
    static const char *const kinds[] = { "=HASH(0x", "=ARRAY(0x", "=SCALAR(0x", "=CODE(0x",
                                         "=OBJECT(0x", NULL };
    apr_size_t size = 0;

    while (size < message.size
           && (t2m_stack_text_name(message.data[size]) || message.data[size] == ':')) {
        size++;
    }
    for (const char *const *kind = kinds; size && *kind; kind++) {
        if (t2m_stack_text_starts(t2m_stack_text_skip(message, size), *kind)) {
            return t2m_text_of(message.data, size);
        }
    }
    return t2m_text_of(message.data, 0);
}

/* The first line of text that has a place; NULL in line.data: none. What is before it and the rest
 * of its line belong to the message. */
static int find_head(t2m_text_t text, t2m_text_t *line, place_t *place, t2m_text_t *rest)
{
    while (t2m_stack_next_line(&text, line)) {
        if (find_place(*line, place)) {
            *rest = text;
            return 1;
        }
    }
    return 0;
}

static int parse(t2m_text_t text, t2m_stack_t *stack)
{
    t2m_text_t line, rest;
    t2m_stack_frame_t *frame;
    place_t place;

    t2m_stack_clear(stack);
    stack->type = class_of(text);
    stack->message = t2m_stack_text_chomp(text);
    stack->innermost_first = 1;
    if (!text.size || text.data[0] == '\t' || !find_head(text, &line, &place, &rest)) {
        return stack->type.size > 0;
    }
    stack->message = t2m_stack_text_before(text, place.start);
    frame = add_place(stack, place.place, &place);
    while (t2m_stack_next_line(&rest, &line)) {
        if (is_call(line)) {
            frame = read_call(stack, frame, line);
        }
    }
    return 1;
}

const t2m_stack_language_t t2m_stack_perl = { "perl", begins, continues, parse };
