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

/* Walks once over a free text: tries the known forms where words begin, and at each `=` and `:`
 * looks at the word before it. The walk never goes back; what a find covers is jumped over.
 */
#include "core/mask_internal.h"

typedef enum { WORD_NONE, WORD_OPEN, WORD_CLOSED } word_state_e;

typedef struct {
    t2m_mask_scan_t *scan;
    apr_uint32_t at, next;       /* the unit at hand, and the one after it */
    unsigned unit, previous, earlier;
    apr_uint32_t word, word_end; /* the last word, which is a key if a separator follows */
    unsigned word_before;        /* the unit in front of it */
    word_state_e word_state;     /* closed: only quotes, brackets and blanks came since */
    int word_quoted;             /* a quote was among them */
    apr_uint32_t local;          /* where what may be the local part of an address begins */
    int in_local;
} walk_t;

static const char local_marks[] = "+~%"; /* of an address: more would take in what stands before */

static void jump(walk_t *walk, apr_uint32_t to)
{
    walk->next = to;
    walk->unit = ']'; /* as if the replacement stood there: masking twice changes nothing */
    walk->previous = 0;
    walk->word_state = WORD_NONE;
    walk->in_local = 0;
}

static int take(walk_t *walk, const t2m_mask_find_t *found)
{
    t2m_mask_emit(walk->scan, found);
    jump(walk, found->resume > walk->at ? found->resume : walk->next);
    return 1;
}

/* In code and scopes a word stands right behind the colon: `token:write`, `session:started`. A
 * replacement there needs no other. */
static int is_plain_word(const t2m_mask_view_t *view, apr_uint32_t at)
{
    apr_uint32_t end = t2m_mask_run(view, at, T2M_MASK_LOWER, "");

    return t2m_mask_marker(view->data, at, view->end)
           || (end > at && !t2m_mask_is(t2m_mask_peek(view, end, NULL), T2M_MASK_ALNUM));
}

/* An escape like `\t` in front of the word may be none: in App\token the t belongs to it. */
static unsigned key_kinds(const walk_t *walk)
{
    const t2m_mask_scan_t *scan = walk->scan;
    unsigned kinds = t2m_mask_key(scan->mask, &scan->view, walk->word, walk->word_end);

    if (walk->word >= 2 && scan->view.data[walk->word - 2] == '\\'
        && (walk->word_before == '\n' || walk->word_before == '\t')) {
        kinds |= t2m_mask_key(scan->mask, &scan->view, walk->word - 1, walk->word_end);
    }
    return kinds;
}

static int is_parameter(const walk_t *walk)
{
    return !walk->word_before || strchr("?&;#", (int)walk->word_before);
}

static int is_key(const walk_t *walk, unsigned kinds)
{
    if (!(kinds & T2M_MASK_KEY_ANY)) {
        return 0;
    }
    if (kinds & (T2M_MASK_KEY_CODE | T2M_MASK_KEY_VERSION)) {
        return is_parameter(walk) && walk->unit == '='
               && !t2m_mask_lacks_companion(walk->scan, kinds);
    }
    if (walk->unit == '=') {
        return 1;
    }
    if (kinds & T2M_MASK_KEY_SOURCE && !walk->word_quoted) {
        return 0;
    }
    return kinds & (T2M_MASK_KEY_STRONG | T2M_MASK_KEY_ADDED) || walk->word_quoted
           || !is_plain_word(&walk->scan->view, walk->next);
}

/* Behind the separator, which may be = == := => or a colon, and the blanks after it. */
static apr_uint32_t behind_separator(const walk_t *walk)
{
    const t2m_mask_view_t *view = &walk->scan->view;
    apr_uint32_t at = walk->next, next;
    unsigned unit = t2m_mask_peek(view, at, &next);

    while (unit == '=') {
        at = next;
        unit = t2m_mask_peek(view, at, &next);
    }
    if (unit == '>' && walk->unit == '=') {
        at = next;
        unit = t2m_mask_peek(view, at, &next);
    }
    while (unit == ' ' || unit == '\t') {
        at = next;
        unit = t2m_mask_peek(view, at, &next);
    }
    return at;
}

/* Values are read as they stand, so that an encoded blank does not end them; unless what frames
 * them is encoded, too. */
static unsigned value_decoding(const walk_t *walk, apr_uint32_t at)
{
    const t2m_mask_view_t *view = &walk->scan->view;
    const unsigned percent = T2M_MASK_PERCENT | T2M_MASK_PLUS;

    if (walk->next - walk->at > 1) {
        return view->decode & (view->data[walk->at] == '%' ? percent : T2M_MASK_DECODE_ALL);
    }
    if (at < view->end
        && ((view->data[at] == '%' && t2m_mask_is(t2m_mask_peek(view, at, NULL), T2M_MASK_QUOTE))
            || t2m_mask_marker(view->data, at, view->end))) {
        return view->decode & percent; /* a replacement may stand for an encoded quote, too */
    }
    return 0;
}

/* MySQL's `(using password: YES)` tells whether there is one. */
static int is_using_password(const t2m_mask_view_t *view, const t2m_mask_find_t *found)
{
    return found->resume < view->end && view->data[found->resume] == ')'
           && (t2m_mask_match(view, found->start, "YES", 0) == found->end
               || t2m_mask_match(view, found->start, "NO", 0) == found->end);
}

static int take_line(walk_t *walk, apr_uint32_t at)
{
    unsigned quote = t2m_mask_is(walk->word_before, T2M_MASK_QUOTE) ? walk->word_before : 0;
    t2m_mask_view_t view = walk->scan->view;
    t2m_mask_find_t found;

    view.decode = value_decoding(walk, at);
    t2m_mask_line(&view, at, quote, &found);
    found.rule = T2M_MASK_HEADER;
    return take(walk, &found);
}

static int take_value(walk_t *walk, apr_uint32_t at, t2m_mask_rule_e rule)
{
    t2m_mask_view_t view = walk->scan->view;
    t2m_mask_find_t found;

    view.decode = value_decoding(walk, at);
    t2m_mask_value(&view, at, &found);
    if (is_using_password(&view, &found)) {
        jump(walk, found.resume);
        return 1;
    }
    found.rule = rule;
    return take(walk, &found);
}

/* The unit at hand is `=` or `:` behind a word. */
static int try_key(walk_t *walk)
{
    const t2m_mask_scan_t *scan = walk->scan;
    unsigned second;
    apr_uint32_t at;
    int header;

    if (!(scan->find & T2M_MASK_FIND_KEYS) || walk->word_state == WORD_NONE) {
        return 0;
    }
    second = t2m_mask_peek(&scan->view, walk->next, NULL);
    if (walk->unit == ':'
        && (walk->word_before == '/' || walk->word_before == '@' || second == ':')) {
        return 0; /* for "/token": Password Mismatch; //token:8080; Session::start */
    }
    header = walk->unit == '=' && scan->view.decode & T2M_MASK_PLUS
                 ? T2M_MASK_HEADER_NO /* the parameter of a query: cookie=accepted */
                 : t2m_mask_header(scan->mask, &scan->view, walk->word, walk->word_end);
    at = behind_separator(walk);
    if (header && !walk->word_quoted
        && (header == T2M_MASK_HEADER_COOKIE || walk->unit == ':')) {
        return take_line(walk, at);
    }
    if (header || is_key(walk, key_kinds(walk))) {
        return take_value(walk, at, header ? T2M_MASK_HEADER : T2M_MASK_KEY);
    }
    return 0;
}

static int try_colon(walk_t *walk)
{
    const t2m_mask_view_t *view = &walk->scan->view;
    apr_uint32_t authority = t2m_mask_match(view, walk->next, "//", 0);
    t2m_mask_find_t found;

    if (!authority) {
        return try_key(walk);
    }
    return t2m_mask_userinfo(view, authority, &found) && take(walk, &found);
}

static int try_path(walk_t *walk, apr_uint32_t segment)
{
    t2m_mask_find_t found;

    return t2m_mask_path(walk->scan, segment, &found) && take(walk, &found);
}

/* Behind `://` stands a host, which is no part of the path. */
static int is_host_next(const walk_t *walk)
{
    return walk->previous == '/' && walk->earlier == ':';
}

/* Nonzero when the walk goes on behind something that was found at the unit at hand. */
static int try_finds(walk_t *walk)
{
    t2m_mask_scan_t *scan = walk->scan;
    apr_uint32_t marker;
    t2m_mask_find_t found;

    switch (walk->unit) {
    case '[':
        marker = t2m_mask_marker(scan->view.data, walk->at, scan->view.end);
        if (marker) {
            jump(walk, marker);
            return 1;
        }
        return 0;
    case '=':
        return try_key(walk);
    case ':':
        return try_colon(walk);
    case '/':
        return scan->find & T2M_MASK_FIND_PATH_WORDS && !is_host_next(walk)
               && try_path(walk, walk->next);
    case '@':
        return scan->find & T2M_MASK_FIND_EMAIL && walk->in_local
               && t2m_mask_email(&scan->view, walk->local, walk->at, &found)
               && take(walk, &found);
    default:
        return t2m_mask_is(walk->unit, T2M_MASK_ALNUM | T2M_MASK_MARK)
               && !t2m_mask_is(walk->previous, T2M_MASK_ALNUM)
               && t2m_mask_form(scan, walk->at, walk->previous, walk->earlier, &found)
               && take(walk, &found);
    }
}

static void note_word(walk_t *walk)
{
    unsigned unit = walk->unit;

    if (t2m_mask_is(unit, T2M_MASK_ALNUM | T2M_MASK_MARK)) {
        if (walk->word_state != WORD_OPEN) {
            walk->word_state = WORD_OPEN;
            walk->word = walk->at;
            walk->word_before = walk->previous;
            walk->word_quoted = 0;
        }
        walk->word_end = walk->next;
    }
    else if (walk->word_state == WORD_OPEN && (unit == '[' || unit == ']')) {
        walk->word_end = walk->next;
    }
    else if (walk->word_state != WORD_NONE
             && (unit == ' ' || unit == '\t' || unit == '\\' || unit == ']'
                 || t2m_mask_is(unit, T2M_MASK_QUOTE))) {
        walk->word_state = WORD_CLOSED;
        walk->word_quoted |= t2m_mask_is(unit, T2M_MASK_QUOTE) != 0;
    }
    else {
        walk->word_state = WORD_NONE;
    }
}

static void note_local(walk_t *walk)
{
    int part = t2m_mask_is(walk->unit, T2M_MASK_ALNUM | T2M_MASK_MARK | T2M_MASK_HIGH)
               || (walk->unit && walk->in_local && strchr(local_marks, (int)walk->unit));

    if (part && !walk->in_local) {
        walk->local = walk->at;
    }
    walk->in_local = part;
}

void t2m_mask_scan_text(t2m_mask_scan_t *scan, apr_uint32_t from)
{
    walk_t walk;

    memset(&walk, 0, sizeof(walk));
    walk.scan = scan;
    walk.at = walk.next = from;
    if (scan->find & T2M_MASK_FIND_WHOLE_PATH && from < scan->view.end
        && scan->view.data[from] != '/') {
        (void)try_path(&walk, from); /* a first segment without a slash before it */
    }
    while (walk.next < scan->view.end && !scan->full) {
        walk.earlier = walk.previous;
        walk.previous = walk.unit;
        walk.at = walk.next;
        walk.unit = t2m_mask_unit(&scan->view, walk.at, &walk.next);
        if (!try_finds(&walk)) {
            note_word(&walk);
            note_local(&walk);
        }
    }
}
