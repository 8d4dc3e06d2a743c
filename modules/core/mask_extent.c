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

/* How far the value of a sensitive key reaches: to the closing quote or bracket, or, when it is
 * written plainly, to a blank or to punctuation that begins the next key. A value that is not
 * closed takes the rest of the text: it was cut there.
 */
#include "core/mask_internal.h"

enum {
    BACKSLASHES_MAX = 15,  /* before an opening quote: JSON in JSON in JSON in JSON */
    KEY_AHEAD_MAX = 64,    /* letters looked at to see whether a key follows */
    SCHEME_BLANKS_MAX = 8  /* blanks between `Bearer` and what it bears */
};

typedef struct {
    apr_uint32_t inner; /* behind the quote */
    unsigned quote, backslashes;
} opening_t;

/* Also knows the prefix letters of b'…', u"…" and r'…'. */
static int opens_quote(const t2m_mask_view_t *view, apr_uint32_t at, opening_t *opening)
{
    apr_uint32_t next;
    unsigned unit = t2m_mask_peek(view, at, &next);

    if (unit && strchr("bBuUrR", (int)unit)
        && t2m_mask_is(t2m_mask_peek(view, next, NULL), T2M_MASK_QUOTE)) {
        unit = t2m_mask_peek(view, next, &next);
    }
    opening->backslashes = 0;
    while (unit == '\\' && opening->backslashes < BACKSLASHES_MAX) {
        opening->backslashes++;
        unit = t2m_mask_peek(view, next, &next);
    }
    opening->quote = unit;
    opening->inner = next;
    return t2m_mask_is(unit, T2M_MASK_QUOTE) != 0;
}

/* A quote opened behind n backslashes is closed behind n; each level of quoting within doubles
 * them: a run that is longer by a multiple of 2(n + 1) ends in backslashes of the value. */
static int closes(const opening_t *opening, unsigned run)
{
    return run < opening->backslashes
           || (run - opening->backslashes) % (2 * (opening->backslashes + 1)) == 0;
}

/* Where the closing quote, with its backslashes, begins; *after is behind it. */
static apr_uint32_t closing_quote(const t2m_mask_view_t *view, const opening_t *opening,
                                  apr_uint32_t *after)
{
    apr_uint32_t at = opening->inner, run_start = at;
    unsigned run = 0;

    while (at < view->end) {
        apr_uint32_t next;
        unsigned unit = t2m_mask_unit(view, at, &next);

        if (unit == '\\') {
            run_start = run++ ? run_start : at;
        }
        else {
            if (unit == opening->quote && closes(opening, run)) {
                *after = next;
                return run && run <= opening->backslashes ? run_start : at;
            }
            run = 0;
        }
        at = next;
    }
    *after = view->end;
    return view->end;
}

/* Behind the bracket that closes the one at `at`, whatever is nested in it. */
static apr_uint32_t closing_bracket(const t2m_mask_view_t *view, apr_uint32_t at)
{
    unsigned depth = 0;

    while (at < view->end) {
        opening_t opening;
        apr_uint32_t next;
        unsigned unit = t2m_mask_unit(view, at, &next);

        if (unit == '"' || unit == '\\') {
            if (opens_quote(view, at, &opening)) {
                (void)closing_quote(view, &opening, &next); /* only the end counts */
            }
        }
        else if (unit == '[' || unit == '{' || unit == '(') {
            depth++;
        }
        else if ((unit == ']' || unit == '}' || unit == ')') && --depth == 0) {
            return next;
        }
        at = next;
    }
    return view->end;
}

/* Nonzero when `name=`, `name:` or `name":` stands at `at`. */
static int key_ahead(const t2m_mask_view_t *view, apr_uint32_t at)
{
    t2m_mask_view_t decoded = *view;
    unsigned letters = 0, closers = 0, unit;

    decoded.decode |= T2M_MASK_PERCENT | T2M_MASK_ESCAPE;
    unit = t2m_mask_peek(&decoded, at, &at);
    while (t2m_mask_is(unit, T2M_MASK_ALNUM | T2M_MASK_MARK) && letters < KEY_AHEAD_MAX) {
        letters++;
        unit = t2m_mask_peek(&decoded, at, &at);
    }
    while ((unit == '\\' || unit == ']' || t2m_mask_is(unit, T2M_MASK_QUOTE))
           && closers < BACKSLASHES_MAX) {
        closers++;
        unit = t2m_mask_peek(&decoded, at, &at);
    }
    return letters > 0 && (unit == '=' || unit == ':');
}

/* Nonzero when what stands at `at`, behind punctuation, may still be of the value; a full stop
 * is that of the sentence. */
static int goes_on(const t2m_mask_view_t *view, apr_uint32_t at)
{
    apr_uint32_t next;
    unsigned unit = t2m_mask_peek(view, at, &next);

    if (t2m_mask_is(unit, T2M_MASK_ALNUM | T2M_MASK_HIGH)) {
        return 1;
    }
    if (unit == '.' || unit == '!' || unit == '?') {
        unit = t2m_mask_peek(view, next, NULL);
        return unit && !t2m_mask_is(unit, T2M_MASK_BLANK);
    }
    return unit && strchr("#$%*+-/@^_~", (int)unit);
}

/* Punctuation ends a plain value unless the value goes on right behind it. */
static int ends_plain(const t2m_mask_view_t *view, unsigned unit, apr_uint32_t next)
{
    if (t2m_mask_is(unit, T2M_MASK_BLANK) || unit == '&') {
        return 1;
    }
    if (unit == '\\') {
        return t2m_mask_is(t2m_mask_peek(view, next, NULL), T2M_MASK_QUOTE) != 0;
    }
    if (!strchr(",;|)]}>\"'`<", (int)unit)) {
        return 0;
    }
    return !goes_on(view, next) || key_ahead(view, next);
}

static apr_uint32_t plain_end(const t2m_mask_view_t *view, apr_uint32_t at)
{
    while (at < view->end) {
        apr_uint32_t next;
        unsigned unit = t2m_mask_unit(view, at, &next);

        if (ends_plain(view, unit, next)) {
            break;
        }
        at = next;
    }
    return at;
}

static apr_uint32_t skip_blanks(const t2m_mask_view_t *view, apr_uint32_t at)
{
    apr_uint32_t next;
    unsigned unit = t2m_mask_peek(view, at, &next);

    while (unit == ' ' || unit == '\t') {
        at = next;
        unit = t2m_mask_peek(view, at, &next);
    }
    return at;
}

static apr_uint32_t line_end(const t2m_mask_view_t *view, apr_uint32_t at)
{
    while (at < view->end) {
        apr_uint32_t next;
        unsigned unit = t2m_mask_unit(view, at, &next);

        if (unit == '\n' || unit == '\r') {
            break;
        }
        at = next;
    }
    return at;
}

/* In `authorization=Bearer x` the value is two words, of a Digest the rest of the line. */
static apr_uint32_t scheme_end(const t2m_mask_view_t *view, apr_uint32_t at, apr_uint32_t end)
{
    static const char *const schemes[] = { "bearer", "basic", "negotiate", "ntlm", "token", NULL };
    const char *const *scheme;
    apr_uint32_t credentials = skip_blanks(view, end);

    if (credentials == end || credentials - end > SCHEME_BLANKS_MAX * 3) {
        return end;
    }
    if (t2m_mask_match(view, at, "digest", 1) == end) {
        return line_end(view, credentials);
    }
    for (scheme = schemes; *scheme; scheme++) {
        if (t2m_mask_match(view, at, *scheme, 1) == end) {
            return plain_end(view, credentials);
        }
    }
    return end;
}

void t2m_mask_value(const t2m_mask_view_t *view, apr_uint32_t at, t2m_mask_find_t *found)
{
    opening_t opening;
    apr_uint32_t after;
    unsigned unit;

    at = skip_blanks(view, at);
    found->start = at;
    if (opens_quote(view, at, &opening)) {
        found->start = opening.inner;
        found->end = closing_quote(view, &opening, &found->resume);
        after = key_ahead(view, found->resume)
                        || t2m_mask_marker(view->data, found->resume, view->end)
                    ? 0 : plain_end(view, found->resume);
        if (after > found->resume) { /* "a"b is one word to a shell: no quote may stay alone */
            found->start = at;
            found->end = found->resume = after;
        }
        return;
    }
    unit = t2m_mask_peek(view, at, NULL);
    if (unit == '[' || unit == '{' || unit == '(') {
        found->end = plain_end(view, closing_bracket(view, at));
    }
    else {
        found->end = scheme_end(view, at, plain_end(view, at));
    }
    found->resume = found->end;
}

void t2m_mask_line(const t2m_mask_view_t *view, apr_uint32_t at, unsigned quote,
                   t2m_mask_find_t *found)
{
    apr_uint32_t after;

    found->start = skip_blanks(view, at);
    found->end = line_end(view, found->start);
    if (quote) {
        opening_t opening = { found->start, quote, 0 };
        t2m_mask_view_t line = *view;

        line.end = found->end;
        found->end = closing_quote(&line, &opening, &after);
    }
    found->resume = found->end;
}
