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

/* Messages without what changes. One walk from token to token; for each the first rule
 * that knows it. */
#include "core/message_pattern.h"

#include "core/message_token.h"
#include "core/message_wrapper.h"
#include "core/program_place.h"

enum { KEY_MAX = 96, CODE_MIN = 4 };

/* ---- bytes ---- */

enum {
    BLANK = 1,  /* between tokens */
    DIGIT = 2,
    LETTER = 4, /* of a word; of what is not ASCII the characters of two bytes */
    LEAD = 8,   /* punctuation that belongs to the sentence when a token starts with it */
    TRAIL = 16, /* when it ends with it */
    OPENER = 32, /* a quote behind it opens */
    QUOTE = 64   /* a quote may begin with it */
};

static const unsigned char classes[256] = {
    [0x00 ... ' '] = BLANK, [0x7F] = BLANK,
    ['0' ... '9'] = DIGIT,
    ['A' ... 'Z'] = LETTER, ['a' ... 'z'] = LETTER, ['_'] = LETTER,
    [0x80 ... 0xC1] = LETTER, [0xC2] = LETTER | QUOTE, [0xC3 ... 0xDF] = LETTER,
    [0xE2] = QUOTE,
    ['('] = LEAD | OPENER, ['['] = LEAD | OPENER, ['{'] = LEAD | OPENER, ['<'] = LEAD | OPENER,
    [')'] = TRAIL, [']'] = TRAIL, ['}'] = TRAIL, ['>'] = TRAIL | OPENER,
    [','] = LEAD | TRAIL | OPENER, [';'] = LEAD | TRAIL | OPENER, [':'] = LEAD | TRAIL | OPENER,
    ['.'] = TRAIL, ['!'] = TRAIL, ['?'] = TRAIL,
    ['"'] = LEAD | TRAIL | QUOTE, ['\''] = LEAD | TRAIL | QUOTE, ['`'] = LEAD | TRAIL | QUOTE,
    ['='] = OPENER, ['@'] = OPENER, ['|'] = OPENER,
};

static int is_class(char byte, unsigned wanted)
{
    return (classes[(unsigned char)byte] & wanted) != 0;
}

/* The first byte of a character of three or four, which is a token of its own. */
static int is_wide(char byte)
{
    return (unsigned char)byte >= 0xE0;
}

static int starts_with(const char *at, const char *end, const char *word)
{
    apr_size_t size = strlen(word);

    return (apr_size_t)(end - at) >= size && memcmp(at, word, size) == 0;
}

static int is_among(t2m_text_t word, const char *const *words)
{
    for (; *words; words++) {
        if (strlen(*words) == word.size && memcmp(*words, word.data, word.size) == 0) {
            return 1;
        }
    }
    return 0;
}

/* ---- what is written ---- */

static const struct {
    const char *opens, *closes;
} quotes[] = {
    { "\"", "\"" },
    { "'", "'" },
    { "`", "'" }, /* GNU, Ruby; also `...` below */
    { "`", "`" },
    { "\xe2\x80\x98", "\xe2\x80\x99" },
    { "\xe2\x80\x9c", "\xe2\x80\x9d" },
    { "\xc2\xab", "\xc2\xbb" },
};

enum { QUOTES = sizeof(quotes) / sizeof(quotes[0]) };

typedef struct {
    const char *at, *end; /* of the message */
    const char *token;    /* where the last one began, behind a blank or a wide character */
    char *out;
    apr_size_t size;
    apr_size_t marked;    /* the size behind the last mark; 0: none yet */
    int blank;            /* a blank goes before the next token */
    int full;
    const char *closes[QUOTES]; /* the next closing quote of each kind, when it was sought */
} scan_t;

static const char *const date_words[] = {
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", "January", "February", "March", "April",
    "June", "July", "August", "September", "October", "November", "December", "Monday",
    "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", NULL,
};

static const char *const zones[] = {
    "UTC", "GMT", "CET", "CEST", "EET", "EEST", "WET", "BST", "MSK", "IST", "JST", "EST", "EDT",
    "CST", "CDT", "MST", "MDT", "PST", "PDT", "AM", "PM", "am", "pm", NULL,
};

/* Writes a text whole, or nothing from here on. */
static void put(scan_t *scan, t2m_text_t text)
{
    apr_size_t blank = scan->blank && scan->size ? 1 : 0;

    if (scan->full || scan->size + blank + text.size > T2M_MESSAGE_PATTERN_MAX) {
        scan->full = 1;
        return;
    }
    if (blank) {
        scan->out[scan->size++] = ' ';
    }
    scan->blank = 0;
    (void)t2m_text_copy(scan->out + scan->size, text.data, text.size);
    scan->size += text.size;
}

/* The word that ends where the output does, with a comma behind it or without; empty: none. */
static t2m_text_t last_word(const scan_t *scan)
{
    apr_size_t end = scan->size, start;

    if (end && scan->out[end - 1] == ',') {
        end--;
    }
    for (start = end; start && is_class(scan->out[start - 1], LETTER); start--) {
    }
    if (start && !is_class(scan->out[start - 1], BLANK | LEAD)) {
        start = end;
    }
    return t2m_text_of(scan->out + start, end - start);
}

/* `Sun, 22 Nov`: the names before a mark belong to it. */
static void take_back_dates(scan_t *scan)
{
    t2m_text_t word;

    while (scan->blank && is_among(word = last_word(scan), date_words)) {
        scan->size = (apr_size_t)(word.data - scan->out);
        scan->blank = scan->size && scan->out[scan->size - 1] == ' ';
        scan->size -= scan->blank ? 1 : 0;
    }
}

static int is_behind_mark(const scan_t *scan)
{
    return scan->marked && scan->marked == scan->size;
}

/* Marks in a row are one, but for the mark of a value: what follows it is not a part of it. */
static void put_mark(scan_t *scan)
{
    int alone;

    if (scan->full) {
        return;
    }
    take_back_dates(scan);
    alone = scan->marked < 2 || scan->out[scan->marked - 2] != '=';
    if (alone && scan->marked && scan->marked + 1 == scan->size
        && scan->out[scan->marked] == ',') {
        scan->size--;
    }
    if (alone && is_behind_mark(scan)) {
        scan->blank = 0;
        return;
    }
    put(scan, t2m_text_of("*", 1));
    if (!scan->full) {
        scan->marked = scan->size;
    }
}

/* ---- quotes ---- */

/* Quotes that stay, by the word before: a place in a program, and ModSecurity's rule. */
static const char *const kept[] = { "[file", "[line", "[id", NULL };

/* The next quote that closes, which is not inside a word and not escaped; end: none. */
static const char *closing(const char *at, const char *end, const char *mark)
{
    apr_size_t size = strlen(mark);

    for (; at < end && (at = memchr(at, mark[0], (apr_size_t)(end - at))) != NULL; at++) {
        if (starts_with(at, end, mark) && at[-1] != '\\'
            && (at + size == end || (!is_class(at[size], LETTER | DIGIT) && at[size] != '*'))) {
            return at;
        }
    }
    return end;
}

/* The end of the quote that opens at `at`, or NULL. Each closing quote is sought once, whatever
 * opens before it: that keeps the time linear. */
static const char *quote_end(scan_t *scan, const char *at)
{
    const char *found = NULL, *from;
    int i;

    if (!is_class(*at, QUOTE)
        || (at != scan->token && !is_class(at[-1], BLANK | OPENER) && !is_wide(*at))) {
        return NULL;
    }
    for (i = 0; i < QUOTES; i++) {
        if (!starts_with(at, scan->end, quotes[i].opens)) {
            continue;
        }
        from = at + strlen(quotes[i].opens);
        if (!scan->closes[i] || scan->closes[i] < from) {
            scan->closes[i] = closing(from, scan->end, quotes[i].closes);
        }
        from = scan->closes[i];
        if (from < scan->end && (!found || from + strlen(quotes[i].closes) < found)) {
            found = from + strlen(quotes[i].closes);
        }
    }
    return found;
}

/* Nonzero for what can be written as it is: blanks that are others than ' ' cannot. */
static int is_printable(const char *at, const char *end)
{
    while (at < end && (*at == ' ' || !is_class(*at, BLANK))) {
        at++;
    }
    return at == end;
}

static int is_last(const scan_t *scan, const char *word)
{
    apr_size_t size = strlen(word);

    return scan->blank && scan->size >= size
        && memcmp(scan->out + scan->size - size, word, size) == 0
        && (scan->size == size || scan->out[scan->size - size - 1] == ' ');
}

/* Writes a place: its file without what changes, and the rest as it is. */
static void put_place(scan_t *scan, const t2m_program_place_t *place)
{
    char text[2 * T2M_MESSAGE_PATTERN_MAX];
    apr_size_t size;

    if (place->file.size + place->rest.size > sizeof(text)) {
        scan->full = 1;
        return;
    }
    size = t2m_program_place_file(place->file, text);
    (void)t2m_text_copy(text + size, place->rest.data, place->rest.size);
    put(scan, t2m_text_of(text, size + place->rest.size));
}

/* Python's `File "/app/a.py", line 3`: takes it from its quote on, if the line follows end. */
static int take_quoted_place(scan_t *scan, const char *end)
{
    static const char between[] = ", line ";
    const char *last = end + sizeof(between) - 1;
    t2m_program_place_t place;

    if (!is_last(scan, "File") || *scan->at != '"' || !starts_with(end, scan->end, between)
        || !is_printable(scan->at, end)) {
        return 0;
    }
    while (last < scan->end && is_class(*last, DIGIT)) {
        last++;
    }
    if (!is_class(last[-1], DIGIT)) {
        return 0;
    }
    put(scan, t2m_text_of("\"", 1));
    place.file = t2m_text_of(scan->at + 1, (apr_size_t)(end - 1 - (scan->at + 1)));
    place.rest = t2m_text_of(end - 1, (apr_size_t)(last - (end - 1)));
    put_place(scan, &place);
    scan->at = last;
    return 1;
}

/* Nonzero for `[id "942100"]` and its like, with a blank behind. */
static int is_kept(const scan_t *scan, const char *end)
{
    const char *const *word;

    for (word = kept; *word && !is_last(scan, *word); word++) {
    }
    return *word && starts_with(end, scan->end, "]")
        && (end + 1 == scan->end || is_class(end[1], BLANK)) && is_printable(scan->at, end);
}

static void take_quoted(scan_t *scan, const char *end)
{
    if (take_quoted_place(scan, end)) {
        return;
    }
    if (is_kept(scan, end)) {
        put(scan, t2m_text_of(scan->at, (apr_size_t)(end - scan->at)));
    } else {
        put_mark(scan);
    }
    scan->at = end;
}

/* ---- tokens ---- */

static int has_digit(t2m_text_t text)
{
    apr_size_t i;

    for (i = 0; i < text.size && !is_class(text.data[i], DIGIT); i++) {
    }
    return i < text.size;
}

/* A number that names something: httpd's code of a message, and a system's error at the start. */
static int is_code(const scan_t *scan, t2m_text_t piece)
{
    const char *at = piece.data, *end = at + piece.size, *first;

    if (scan->size == 0 && *at == '(') {
        for (at++; at < end && is_class(*at, DIGIT); at++) {
        }
        return at > piece.data + 1 && at + 1 < end && *at == ')' && is_class(at[1], LETTER)
            && !has_digit(t2m_text_of(at + 1, (apr_size_t)(end - at - 1)));
    }
    at += starts_with(at, end, "AH") ? 2 : starts_with(at, end, "T2M") ? 3 : 0;
    for (first = at; at < end && is_class(*at, DIGIT); at++) {
    }
    return first > piece.data && at - first >= CODE_MIN && at + 1 == end && *at == ':'
        && (end == scan->end || is_class(*end, BLANK));
}

/* The size of `key=` at the start of core, else 0. */
static apr_size_t key_size(t2m_text_t core, const char *end)
{
    const char *sign = memchr(core.data, '=', core.size);
    apr_size_t size = sign ? (apr_size_t)(sign - core.data) : 0;

    if (!size || size > KEY_MAX || sign + 1 == end || strchr("=>~", sign[1])
        || strchr("!<>+-*/~.", sign[-1]) || has_digit(t2m_text_of(core.data, size))
        || memchr(core.data, '*', size)) {
        return 0;
    }
    return size + 1;
}

/* How many bytes at the end of core belong to the sentence. */
static apr_size_t trail_size(t2m_text_t core)
{
    apr_size_t size = core.size;

    while (size && is_class(core.data[size - 1], TRAIL)
           && (size < 2 || core.data[size - 2] != '\\')) {
        size--;
    }
    return core.size - size;
}

/* Takes `key=value`, the value with the quotes in it; returns 0 when there is none. */
static int take_value(scan_t *scan, t2m_text_t core)
{
    apr_size_t key = key_size(core, scan->end), trail;
    const char *at = core.data + key, *tail = at, *quote;

    if (!key || t2m_message_token_is_path(core)) {
        return 0;
    }
    while (at < scan->end && !is_class(*at, BLANK) && (!is_wide(*at) || quote_end(scan, at))) {
        quote = quote_end(scan, at);
        tail = quote ? quote : tail;
        at = quote ? quote : at + 1;
    }
    trail = trail_size(t2m_text_of(tail, (apr_size_t)(at - tail)));
    if (at - trail == core.data + key) {
        return 0;
    }
    put(scan, t2m_text_of(core.data, key));
    put_mark(scan);
    put(scan, t2m_text_of(at - trail, trail));
    scan->at = at;
    return 1;
}

/* Writes a piece behind its leading punctuation. */
static void put_core(scan_t *scan, t2m_text_t core)
{
    apr_size_t trail = trail_size(core);
    t2m_text_t end = t2m_text_of(core.data + core.size - trail, trail);

    core.size -= trail;
    if (is_behind_mark(scan) && scan->blank
        && (is_among(core, zones) || is_among(core, date_words))) {
        scan->blank = 0;
    } else if (t2m_message_token_is_variable(core)) {
        put_mark(scan);
    } else {
        put(scan, core);
    }
    put(scan, end);
}

/* Where the piece at scan->at ends: at a blank, a quote, a character that is a token itself, and
 * behind `name(`, which is a word; what is in the parentheses is not. */
static const char *piece_end(scan_t *scan)
{
    const char *at = scan->at;
    int path = *at == '/', name = is_class(*at, LETTER);

    for (at++; at < scan->end && !is_class(*at, BLANK); at++) {
        if (*at == '(' && name) {
            return at + 1;
        }
        name = name && !is_class(*at, DIGIT) && *at != '=' && *at != '/';
        if ((is_wide(*at) && !path) || (is_class(*at, QUOTE) && quote_end(scan, at))) {
            break;
        }
    }
    return at;
}

/* Nonzero where a place may begin: not behind a mark, which would hide it. */
static int is_free(const scan_t *scan)
{
    return scan->at == scan->token || scan->at[-1] == '(';
}

static void take_piece(scan_t *scan)
{
    const char *end = piece_end(scan), *at = scan->at;
    int may_be_place = is_free(scan);
    t2m_program_place_t place;

    if (is_code(scan, t2m_text_of(at, (apr_size_t)(end - at)))) {
        put(scan, t2m_text_of(at, (apr_size_t)(end - at)));
        scan->at = end;
        return;
    }
    while (at < end && is_class(*at, LEAD) && !starts_with(at, end, "::")) { /* ::1 */
        at++;
    }
    if (at > scan->at) {
        put(scan, t2m_text_of(scan->at, (apr_size_t)(at - scan->at)));
    }
    scan->at = at;
    if (at == end) {
        return;
    }
    if (may_be_place
        && t2m_program_place_find(t2m_text_of(at, (apr_size_t)(scan->end - at)), &place)) {
        put_place(scan, &place);
        scan->at += place.file.size + place.rest.size;
    } else if (!take_value(scan, t2m_text_of(at, (apr_size_t)(end - at)))) {
        put_core(scan, t2m_text_of(at, (apr_size_t)(end - at)));
        scan->at = end;
    }
}

/* A character of three or four bytes, or what there is of it. */
static void take_wide(scan_t *scan)
{
    const char *at = scan->at + 1;
    apr_size_t more = (unsigned char)*scan->at >= 0xF0 ? 3 : 2;

    while (more-- > 0 && at < scan->end && ((unsigned char)*at & 0xC0) == 0x80) {
        at++;
    }
    put(scan, t2m_text_of(scan->at, (apr_size_t)(at - scan->at)));
    scan->token = scan->at = at;
}

static void take_token(scan_t *scan)
{
    const char *next = t2m_message_wrapper_blanks(scan->at, scan->end), *end;

    if (next > scan->at) {
        scan->blank = 1;
        scan->token = scan->at = next;
        return;
    }
    end = quote_end(scan, scan->at);
    if (end) {
        take_quoted(scan, end);
    } else if (is_wide(*scan->at)) {
        take_wide(scan);
    } else {
        take_piece(scan);
    }
}

apr_size_t t2m_message_pattern(t2m_text_t message, char *out)
{
    scan_t scan;

    if (!message.size) {
        return 0;
    }
    memset(&scan, 0, sizeof(scan));
    message = t2m_message_wrapper_take_off(message);
    scan.token = scan.at = message.data;
    scan.end = message.data + message.size;
    scan.out = out;
    while (scan.at < scan.end && !scan.full) {
        take_token(&scan);
    }
    return scan.size;
}
