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

/* Places in programs: one table says how programs write them, another which files are theirs. */
#include "core/program_place.h"

enum {
    ENDING_MAX = 5, /* of the name of a program's file, without the dot */
    LINE_DIGITS_MAX = 7,
    HEX_MIN = 8,
    UUID_SIZE = 36
};

/* What may stand between a file's name and its line. */
static const struct {
    const char *between;
    const char *behind; /* must follow the line; NULL: anything that does not go on with it */
    int ending;         /* the file's name has to end like a program's, else a slash will do */
} forms[] = {
    { ":", NULL, 1 },         /* Ruby, JavaScript, Go, Java, C: a.rb:3 */
    { "(", ")", 1 },          /* PHP's stack traces: a.php(3) */
    { " on line ", NULL, 0 }, /* PHP: in a.php on line 3 */
    { " line ", NULL, 0 },    /* Perl: at a.pl line 3. */
    { ": line ", ":", 0 },    /* bash: a.sh: line 3: */
    { ": ", ":", 1 },         /* dash: a.sh: 3: */
};

enum { FORMS = sizeof(forms) / sizeof(forms[0]) };

static const char *const endings[] = {
    "ads",  "asp",  "aspx", "c",    "cc",   "cfm",  "cgi",  "clj",  "cpp",  "cs",   "cxx", "erb",
    "erl",  "ex",   "exs",  "fcgi", "go",   "h",    "haml", "hpp",  "hs",   "inc",  "java", "jl",
    "js",   "jsp",  "jsx",  "kt",   "lua",  "m",    "mjs",  "cjs",  "ml",   "mod",  "phar", "php",
    "php5", "php7", "php8", "phtml", "pl",  "pm",   "psgi", "py",   "pyc",  "pyx",  "rake", "rb",
    "rs",   "ru",   "scala", "sh",  "slim", "swift", "t",   "tcl",  "tpl",  "ts",   "tsx",  "twig",
    "vb",   "vue",  "wsgi",
};

/* Endings that are domains too: without a slash `api.example.rs:80` is a host. */
static const char *const domains[] = { "cc", "ml", "pl", "pm", "py", "rs", "ru", "sh" };

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static int is_hex(char byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static int starts_with(const char *at, const char *end, const char *word)
{
    apr_size_t size = strlen(word);

    return (apr_size_t)(end - at) >= size && memcmp(at, word, size) == 0;
}

static int is_among(t2m_text_t word, const char *const *words, apr_size_t count)
{
    apr_size_t i;

    for (i = 0; i < count; i++) {
        if (strlen(words[i]) == word.size && memcmp(words[i], word.data, word.size) == 0) {
            return 1;
        }
    }
    return 0;
}

/* Nonzero for what could be a host: before the ending (with its dot) there is no slash but that of
 * a scheme, and a dot. */
static int is_host(const char *start, const char *end)
{
    const char *at, *name = start;

    for (at = start; at < end; at++) {
        if (*at == '/' || *at == '\\') {
            name = at + 1;
        }
    }
    return (name == start || (name - start >= 3 && name[-2] == '/' && name[-3] == ':'))
        && (name != start || memchr(name, '.', (apr_size_t)(end - name)));
}

/* Nonzero when name ends like that of a program's file. */
static int has_ending(t2m_text_t name)
{
    const char *end = name.data + name.size, *dot = end;
    t2m_text_t ending;

    while (dot > name.data && end - dot <= ENDING_MAX && dot[-1] != '.') {
        dot--;
    }
    if (dot - name.data < 2 || dot[-1] != '.') {
        return 0;
    }
    ending = t2m_text_of(dot, (apr_size_t)(end - dot));
    return is_among(ending, endings, sizeof(endings) / sizeof(endings[0]))
        && !(is_among(ending, domains, sizeof(domains) / sizeof(domains[0]))
             && is_host(name.data, dot - 1));
}

static int is_file(t2m_text_t name, int ending)
{
    if (has_ending(name)) {
        return 1;
    }
    return !ending && name.size > 1
        && (memchr(name.data, '/', name.size) || memchr(name.data, '\\', name.size)
            || (name.size == 2 && memcmp(name.data, "-e", 2) == 0));
}

/* The end of the line's number, with what must be behind it, when one stands at `at`, else NULL. */
static const char *line_end(const char *at, const char *end, const char *behind)
{
    const char *start = at;

    while (at < end && is_digit(*at) && at - start <= LINE_DIGITS_MAX) {
        at++;
    }
    if (at == start || at - start > LINE_DIGITS_MAX) {
        return NULL;
    }
    if (behind) {
        return starts_with(at, end, behind) ? at + strlen(behind) : NULL;
    }
    return at < end && (is_letter(*at) || *at == '_' || *at == '-' || (*at & 0x80)) ? NULL : at;
}

/* Nonzero when a place's name ends at `at` and its line follows. */
static int match(t2m_text_t text, const char *at, t2m_program_place_t *place)
{
    const char *end = text.data + text.size, *last;
    t2m_text_t name = t2m_text_of(text.data, (apr_size_t)(at - text.data));
    apr_size_t i;

    for (i = 0; i < FORMS; i++) {
        if (!starts_with(at, end, forms[i].between)) {
            continue;
        }
        last = line_end(at + strlen(forms[i].between), end, forms[i].behind);
        if (last && is_file(name, forms[i].ending)) {
            place->file = name;
            place->rest = t2m_text_of(at, (apr_size_t)(last - at));
            return 1;
        }
    }
    return 0;
}

/* Only these can follow a name: the others are not looked at closer. */
static int may_end(const char *at, const char *end)
{
    if (*at == ' ') {
        return 1;
    }
    return (*at == ':' || *at == '(') && at + 1 < end && (is_digit(at[1]) || at[1] == ' ');
}

apr_size_t t2m_program_place_find(t2m_text_t text, t2m_program_place_t *place)
{
    const char *at, *end = text.data + text.size;
    int colons = 0;

    for (at = text.data; at < end; at++) {
        if (may_end(at, end)) {
            if (match(text, at, place)) {
                return place->file.size + place->rest.size;
            }
            colons++;
        }
        /* Of a run such as 1:2:3:4 only the first ones can be a place: the search stays linear. */
        if ((unsigned char)*at <= ' ' || *at == 0x7F || *at == '"' || colons > 8) {
            break;
        }
    }
    return 0;
}

static int is_uuid(t2m_text_t text)
{
    apr_size_t i;

    for (i = 0; i < text.size; i++) {
        int dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (dash ? text.data[i] != '-' : !is_hex(text.data[i])) {
            return 0;
        }
    }
    return text.size == UUID_SIZE;
}

/* Numbers, dates and versions, or hex. */
static int is_variable(t2m_text_t text)
{
    apr_size_t i, digits = 0, hex = 0, marks = 0;

    for (i = 0; i < text.size; i++) {
        digits += is_digit(text.data[i]) ? 1 : 0;
        hex += is_hex(text.data[i]) ? 1 : 0;
        marks += text.data[i] && strchr("-_.:T", text.data[i]) ? 1 : 0;
    }
    return (digits && digits + marks == text.size)
        || (digits && hex == text.size && hex >= HEX_MIN) || is_uuid(text);
}

/* A segment without the ending of its name. */
static t2m_text_t stem(t2m_text_t segment)
{
    apr_size_t size = segment.size;

    while (size > 0 && segment.data[size - 1] != '.') {
        size--;
    }
    return t2m_text_of(segment.data, size > 1 ? size - 1 : segment.size);
}

static char *write_segment(t2m_text_t segment, char *out)
{
    t2m_text_t name = segment;

    if (!is_variable(name)) {
        name = stem(segment);
    }
    if (is_variable(name)) {
        *out++ = '*';
        segment = t2m_text_of(segment.data + name.size, segment.size - name.size);
    }
    return t2m_text_copy(out, segment.data, segment.size);
}

apr_size_t t2m_program_place_file(t2m_text_t file, char *out)
{
    const char *at = file.data, *end = file.data + file.size;
    char *next = out;

    while (at < end) {
        const char *start = at;

        while (at < end && *at != '/' && *at != '\\') {
            at++;
        }
        next = write_segment(t2m_text_of(start, (apr_size_t)(at - start)), next);
        if (at < end) {
            *next++ = *at++;
        }
    }
    return (apr_size_t)(next - out);
}
