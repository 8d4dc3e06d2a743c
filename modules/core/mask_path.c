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

/* Secrets that are parts of paths: what follows /reset/ and its like, and segments that look
 * random.
 *
 * A segment is random when one of its parts between dots has 32 characters or more, digits and
 * letters, and changes between them often, as words, numbers and camelCase do not. UUIDs are
 * names, not secrets; so are hex digests in front of a file type (app.3f2a...js, app-3f2a...js),
 * while a bare digest may well be a token. In messages and queries, where file names abound,
 * capitals are asked for as well, and a file's name behind /token/ stays: stack traces need it.
 */
#include "core/mask_internal.h"

enum {
    RANDOM_MIN = 32,    /* characters; 24 random bytes in base64 */
    CHANGE_SHARE = 5,   /* a random text changes at least at each fifth character */
    MIXED_SHARE = 4,    /* and at each fourth when capitals are mixed in */
    DIGEST_MIN = 8,
    FILE_TYPE_MAX = 5,
    WORD_MIN = 5,       /* magic */
    WORD_MAX = 13       /* resetpassword */
};

static const char *const secret_words[] = { "reset", "token", "invite", "magic", "invites",
                                            "invitation", "passwordreset", "resetpassword",
                                            "magiclink", "magiclogin", NULL };

static int ends_segment(const t2m_mask_scan_t *scan, unsigned unit)
{
    if (unit == '/' || unit == ';') {
        return 1;
    }
    return !(scan->find & T2M_MASK_FIND_WHOLE_PATH)
           && !t2m_mask_is(unit, T2M_MASK_ALNUM | T2M_MASK_MARK)
           && (!unit || !strchr("~+=%@", (int)unit));
}

static apr_uint32_t segment_end(const t2m_mask_scan_t *scan, apr_uint32_t at)
{
    while (at < scan->view.end) {
        apr_uint32_t next;

        if (ends_segment(scan, t2m_mask_unit(&scan->view, at, &next))) {
            break;
        }
        at = next;
    }
    return at;
}

/* reset, Reset, password-reset, reset_password … */
static int is_secret_word(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t end)
{
    char word[WORD_MAX + 1];
    const char *const *secret;
    unsigned size = 0;

    while (at < end) {
        unsigned unit = t2m_mask_lower(t2m_mask_unit(view, at, &at));

        if ((unit == '-' || unit == '_') && size >= WORD_MIN) {
            continue;
        }
        if (size == WORD_MAX || !t2m_mask_is(unit, T2M_MASK_LOWER)) {
            return 0;
        }
        word[size++] = (char)unit;
    }
    word[size] = '\0';
    for (secret = secret_words; *secret; secret++) {
        if (!strcmp(*secret, word)) {
            return 1;
        }
    }
    return 0;
}

/* Where `.html` begins in [at, end), or end when there is no such ending. */
static apr_uint32_t file_type(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t end)
{
    apr_uint32_t type = end;
    unsigned size = 0, letters = 0;

    while (at < end) {
        apr_uint32_t position = at;
        unsigned unit = t2m_mask_unit(view, at, &at);

        if (unit == '.') {
            type = position;
            size = letters = 0;
        }
        else {
            size++;
            letters += t2m_mask_is(unit, T2M_MASK_ALNUM) != 0;
        }
    }
    return size > 0 && size <= FILE_TYPE_MAX && letters == size ? type : end;
}

/* What a part of a segment consists of. */
typedef struct {
    unsigned size, changes, capital_pairs, smalls, classes, previous;
    unsigned hex_tail; /* hex digits at the end, behind a `-` or `_` or from the beginning on */
    unsigned uuid;     /* characters that fit 8-4-4-4-12 so far */
    int not_hex, odd;  /* since that mark; a character that no token has */
} part_t;

static const part_t no_part;

static int is_hex(unsigned unit)
{
    unit = t2m_mask_lower(unit);
    return t2m_mask_is(unit, T2M_MASK_DIGIT) || (unit >= 'a' && unit <= 'f');
}

static void add_to_hex(part_t *part, unsigned unit)
{
    if (unit == '-' || unit == '_') {
        part->hex_tail = 0;
        part->not_hex = 0;
    }
    else {
        part->not_hex |= !is_hex(unit);
        part->hex_tail = part->not_hex ? 0 : part->hex_tail + 1;
    }
}

static void add_to_part(part_t *part, unsigned unit)
{
    static const char uuid[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    unsigned class = t2m_mask_is(unit, T2M_MASK_ALNUM);
    unsigned before = t2m_mask_is(part->previous, T2M_MASK_ALNUM);

    if (part->uuid == part->size && part->size < sizeof(uuid) - 1
        && (uuid[part->size] == '-' ? unit == '-' : is_hex(unit))) {
        part->uuid++;
    }
    add_to_hex(part, unit);
    part->size++;
    part->odd |= !class && (!unit || !strchr("-_=+~", (int)unit));
    part->classes |= class;
    part->smalls += class == T2M_MASK_LOWER;
    /* A capital in front of small letters is how words are written, so it does not count. */
    part->changes += class && before && class != before
                     && !(before == T2M_MASK_UPPER && class == T2M_MASK_LOWER);
    part->capital_pairs += class == T2M_MASK_UPPER && before == T2M_MASK_UPPER;
    part->previous = unit;
}

static int changes_often(const part_t *part)
{
    unsigned changes = part->changes;

    if (!(part->classes & T2M_MASK_UPPER)) {
        return changes * CHANGE_SHARE >= part->size;
    }
    if (part->smalls * CHANGE_SHARE >= part->size) { /* not WORDS_IN_CAPITALS */
        changes += part->capital_pairs;
    }
    return changes * MIXED_SHARE >= part->size;
}

static int is_random(const t2m_mask_scan_t *scan, const part_t *part, int before_type)
{
    if (part->size < RANDOM_MIN || part->odd || !(part->classes & T2M_MASK_DIGIT)
        || !changes_often(part) || (part->size == 36 && part->uuid == 36)) {
        return 0;
    }
    if (before_type && part->hex_tail >= DIGEST_MIN && part->size - part->hex_tail < RANDOM_MIN) {
        return 0;
    }
    return scan->find & T2M_MASK_FIND_WHOLE_PATH || part->classes == T2M_MASK_ALNUM;
}

static int has_random_part(const t2m_mask_scan_t *scan, apr_uint32_t at, apr_uint32_t end,
                           apr_uint32_t type)
{
    part_t part = no_part;

    while (at < type) {
        unsigned unit = t2m_mask_unit(&scan->view, at, &at);

        if (unit != '.') {
            add_to_part(&part, unit);
            continue;
        }
        if (is_random(scan, &part, type < end)) {
            return 1;
        }
        part = no_part;
    }
    return is_random(scan, &part, type < end);
}

/* The end of the text without the slashes there. */
static apr_uint32_t whole_rest(const t2m_mask_view_t *view, apr_uint32_t at)
{
    apr_uint32_t end = at;

    while (at < view->end) {
        if (t2m_mask_unit(view, at, &at) != '/') {
            end = at;
        }
    }
    return end;
}

/* The end of the path that goes on at `at` within other text, without the slashes there; its last
 * segment begins at *last, and what is no path at *behind. */
static apr_uint32_t path_end(const t2m_mask_scan_t *scan, apr_uint32_t at, apr_uint32_t *last,
                             apr_uint32_t *behind)
{
    apr_uint32_t end = at, segment = at, next;

    *last = at;
    for (;; segment = next) {
        *behind = segment_end(scan, segment);
        if (*behind > segment) {
            end = *behind;
            *last = segment;
        }
        if (t2m_mask_peek(&scan->view, *behind, &next) != '/') {
            return end;
        }
    }
}

/* Everything behind a secret word. */
static int find_behind(t2m_mask_scan_t *scan, apr_uint32_t at, t2m_mask_find_t *found)
{
    apr_uint32_t last, behind;

    found->start = at;
    if (scan->find & T2M_MASK_FIND_WHOLE_PATH) {
        found->end = found->resume = whole_rest(&scan->view, at);
        return found->end > at;
    }
    if (at < scan->file_path_before) {
        return 0;
    }
    found->end = found->resume = path_end(scan, at, &last, &behind);
    if (file_type(&scan->view, last, found->end) < found->end
        || t2m_mask_marker(scan->view.data, behind, scan->view.end)) {
        scan->file_path_before = found->end; /* a second word in the same path is no better */
        return 0;
    }
    return found->end > at;
}

int t2m_mask_path(t2m_mask_scan_t *scan, apr_uint32_t at, t2m_mask_find_t *found)
{
    apr_uint32_t end = segment_end(scan, at), next;

    found->rule = T2M_MASK_PATH_SECRET;
    if (t2m_mask_peek(&scan->view, end, &next) == '/' && is_secret_word(&scan->view, at, end)
        && find_behind(scan, next, found)) {
        return 1;
    }
    if (end - at < RANDOM_MIN || t2m_mask_marker(scan->view.data, end, scan->view.end)) {
        return 0; /* or it went on where the replacement stands */
    }
    next = file_type(&scan->view, at, end);
    found->start = at;
    found->end = found->resume = next;
    return has_random_part(scan, at, end, next);
}
