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

/* Groups. Each kind begins with parts of its own, so that no two kinds give one id. */
#include "core/error_group.h"

#include "core/program_place.h"
#include "core/record.h"

/* Of exceptions and texts; another one gives each of them another id. That of templates stands in
 * the published key of the fingerprint. */
#define VERSION "1"

enum {
    STATUS_DIGITS = 11,
    PREFIX_MAX = STATUS_DIGITS + 1 + T2M_ERROR_GROUP_MODULE_MAX,
    CODE_SEEK_MAX = 160, /* bytes before a code in a line of an error log */
    FRAME_MAX = T2M_MESSAGE_PATTERN_MAX,
    CODE_MIN = 4
};

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* ---- templates ---- */

/* How templates begin that have words of their own, but pass on what others say. */
static const char *const carriers[] = {
    "%sstderr from %s: %s", "AH01215: ",    "AH01071: ", "mod_fcgid: stderr: ",
    "FastCGI: server \"%s\" stderr", "PHP message: ",
};

/* strncmp, but within the caller: nearly all templates differ in their first bytes. */
static inline int begins(const char *text, const char *start)
{
    for (; *start; text++, start++) {
        if (*text != *start) {
            return 0;
        }
    }
    return 1;
}

int t2m_error_group_is_template(const char *template)
{
    const char *at = template;
    apr_size_t i;

    for (; *at; at++) { /* "%s", "%s: %s" and the like say nothing */
        if (*at == '%' && (at[1] == 's' || begins(at + 1, ".*s"))) {
            at += at[1] == 's' ? 1 : 3;
        } else if ((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') || *at == '%') {
            break;
        }
    }
    if (!*at) {
        return 0;
    }
    for (i = 0; i < sizeof(carriers) / sizeof(carriers[0]); i++) {
        if (begins(template, carriers[i])) {
            return 0;
        }
    }
    return 1;
}

static char *write_number(apr_status_t number, char *out)
{
    char digits[STATUS_DIGITS];
    unsigned value = number < 0 ? 0U - (unsigned)number : (unsigned)number;
    int count = 0;

    if (number < 0) {
        *out++ = '-';
    }
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    while (count > 0) {
        *out++ = digits[--count];
    }
    return out;
}

void t2m_error_group_template(t2m_fingerprints_t *known, unsigned hint, t2m_text_t module,
                              t2m_text_t file, t2m_text_t template, apr_status_t status,
                              char out[T2M_ERROR_GROUP_SIZE])
{
    char prefix[PREFIX_MAX], *next;
    t2m_text_t parts[T2M_FINGERPRINT_PARTS];

    if (module.size > T2M_ERROR_GROUP_MODULE_MAX) {
        module.size = T2M_ERROR_GROUP_MODULE_MAX;
    }
    parts[0] = module;
    if (status) { /* most have none, and need no copy */
        next = write_number(status, prefix);
        *next++ = ':';
        next = t2m_text_copy(next, module.data, module.size);
        parts[0] = t2m_text_of(prefix, (apr_size_t)(next - prefix));
    }
    parts[1] = file;
    parts[2] = template;
    t2m_fingerprint_known(known, hint + (unsigned)status, parts, out);
}

/* ---- exceptions ---- */

/* In the names of files that are not the application's. */
static const char *const libraries[] = {
    "/site-packages/", "/dist-packages/", "/lib/python", "<frozen ", "/node_modules/", "node:",
    "/vendor/", "/gems/", "/lib/ruby/", "/share/perl", "/lib/x86_64-linux-gnu/perl",
};

static int holds(t2m_text_t text, const char *word)
{
    apr_size_t size = strlen(word);
    const char *at = text.data, *end = text.data + text.size;

    while ((apr_size_t)(end - at) >= size) {
        at = memchr(at, word[0], (apr_size_t)(end - at) - size + 1);
        if (!at) {
            return 0;
        }
        if (memcmp(at, word, size) == 0) {
            return 1;
        }
        at++;
    }
    return 0;
}

static t2m_text_t first_line(t2m_text_t item)
{
    const char *end = item.size ? memchr(item.data, '\n', item.size) : NULL;

    return end ? t2m_text_of(item.data, (apr_size_t)(end - item.data)) : item;
}

static int is_library(t2m_text_t item)
{
    t2m_text_t line = first_line(item);
    apr_size_t i;

    for (i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        if (holds(line, libraries[i])) {
            return 1;
        }
    }
    return 0;
}

/* The item before the byte that left ends at, and left without it. */
static t2m_text_t last_item(t2m_text_t *left)
{
    apr_size_t start = left->size;
    t2m_text_t item;

    while (start > 0 && left->data[start - 1] != T2M_LINE_SEPARATOR) {
        start--;
    }
    item = t2m_text_of(left->data + start, left->size - start);
    left->size = start > 0 ? start - 1 : 0;
    return item;
}

/* Writes what counts of `File "/app/a.py", line 3, in call` LF `source`, or of another frame. */
static t2m_text_t describe(t2m_text_t item, char out[FRAME_MAX])
{
    static const char head[] = "File \"", between[] = "\", line ";
    t2m_text_t line = first_line(item);
    const char *at, *end = line.data + line.size, *file = line.data + sizeof(head) - 1;
    apr_size_t size, rest;

    if (line.size < sizeof(head) || memcmp(line.data, head, sizeof(head) - 1) != 0
        || !(at = memchr(file, '"', (apr_size_t)(end - file))) || (at - file) > FRAME_MAX / 2
        || (apr_size_t)(end - at) < sizeof(between)
        || memcmp(at, between, sizeof(between) - 1) != 0) {
        return t2m_text_of(out, t2m_message_pattern(item, out));
    }
    size = t2m_program_place_file(t2m_text_of(file, (apr_size_t)(at - file)), out);
    if (item.size > line.size) { /* the source tells more than its line's number */
        for (at += sizeof(between) - 1; at < end && is_digit(*at); at++) {
        }
    }
    rest = (apr_size_t)(item.data + item.size - at);
    rest = rest < FRAME_MAX - size ? rest : FRAME_MAX - size;
    (void)t2m_text_copy(out + size, at, rest);
    return t2m_text_of(out, size + rest);
}

static int is_same(t2m_text_t one, t2m_text_t other)
{
    return one.size == other.size && one.size && memcmp(one.data, other.data, one.size) == 0;
}

/* Fills parts with frames, the innermost first; returns how many there are. */
static apr_size_t pick(t2m_text_t frames, int library, t2m_text_t *parts,
                       char room[][FRAME_MAX])
{
    apr_size_t count = 0;

    while (frames.size && count < T2M_ERROR_GROUP_FRAMES) {
        t2m_text_t item = last_item(&frames);

        if (!item.size || is_library(item) != library || item.data[0] == '[') {
            continue; /* "[Previous line repeated 9 more times]" is no frame */
        }
        parts[count] = describe(item, room[count]);
        if (!count || !is_same(parts[count], parts[count - 1])) {
            count++;
        }
    }
    return count;
}

void t2m_error_group_exception(t2m_text_t type, t2m_text_t frames, t2m_text_t pattern,
                               char out[T2M_ERROR_GROUP_SIZE])
{
    t2m_text_t parts[3 + T2M_ERROR_GROUP_FRAMES];
    char room[T2M_ERROR_GROUP_FRAMES][FRAME_MAX];
    apr_size_t count;

    parts[0] = t2m_text(VERSION);
    parts[1] = t2m_text("exception");
    parts[2] = type;
    count = pick(frames, 0, parts + 3, room);
    if (!count) {
        count = pick(frames, 1, parts + 3, room);
    }
    if (!count) {
        parts[1] = t2m_text("message of");
        parts[3] = pattern;
        count = 1;
    }
    t2m_fingerprint(parts, 3 + count, out);
}

/* ---- texts ---- */

/* The number in `(111)Connection refused: ` at the start. */
static t2m_text_t status_of(t2m_text_t pattern)
{
    apr_size_t size = 1;

    if (!pattern.size || pattern.data[0] != '(') {
        return t2m_text_of(pattern.data, 0);
    }
    while (size < pattern.size && is_digit(pattern.data[size])) {
        size++;
    }
    return t2m_text_of(pattern.data + 1, size < pattern.size && pattern.data[size] == ')' ? size - 1
                                                                                       : 0);
}

/* The code at `at`, without its colon; empty: none. */
static t2m_text_t code_at(t2m_text_t pattern, apr_size_t at)
{
    apr_size_t size = at + 2;

    if (pattern.size - at < 2 + CODE_MIN || memcmp(pattern.data + at, "AH", 2) != 0) {
        return t2m_text_of(pattern.data, 0);
    }
    while (size < pattern.size && is_digit(pattern.data[size])) {
        size++;
    }
    if (size - at < 2 + CODE_MIN || size == pattern.size || pattern.data[size] != ':') {
        return t2m_text_of(pattern.data, 0);
    }
    return t2m_text_of(pattern.data + at, size - at);
}

/* The code at the start, or behind `(111)Connection refused: ` and `[client *] `. */
static t2m_text_t find_code(t2m_text_t pattern, t2m_text_t status)
{
    t2m_text_t code = code_at(pattern, 0);
    apr_size_t at;

    for (at = 2; !code.size && status.size && at < pattern.size && at < CODE_SEEK_MAX; at++) {
        if (pattern.data[at - 1] == ' '
            && (pattern.data[at - 2] == ':' || pattern.data[at - 2] == ']')) {
            code = code_at(pattern, at);
        }
    }
    return code;
}

void t2m_error_group_pattern(t2m_text_t pattern, char out[T2M_ERROR_GROUP_SIZE])
{
    t2m_text_t parts[4], status = status_of(pattern), code = find_code(pattern, status);

    parts[0] = t2m_text(VERSION);
    parts[1] = t2m_text(code.size ? "code" : "text");
    parts[2] = code.size ? code : pattern;
    parts[3] = status;
    t2m_fingerprint(parts, code.size ? 4 : 3, out);
}
