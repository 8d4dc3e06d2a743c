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

/* Wrappers: a table of what they look like, and one matcher. */
#include "core/message_wrapper.h"

typedef struct {
    const char *at, *end;
} range_t;

static int is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

static int is_letter(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static int is_blank(char byte)
{
    return (unsigned char)byte <= ' ' || byte == 0x7F;
}

const char *t2m_message_wrapper_blanks(const char *at, const char *end)
{
    while (at < end && is_blank(*at)) {
        int colour = *at++ == '\x1b' && at < end && *at == '[';

        if (colour) {
            for (at++; at < end && (is_digit(*at) || *at == ';'); at++) {
            }
            at += at < end && is_letter(*at) ? 1 : 0;
        }
    }
    return at;
}

/* What others put before a program's message. A blank is any run of blanks, `~` any text. */
static const char *const wrappers[] = {
    "AH01215: ",                 /* mod_cgi, mod_cgid */
    "stderr from ~: ",
    "AH01071: ",                 /* mod_proxy_fcgi */
    "Got error '",
    "PHP message: ",             /* PHP-FPM */
    "mod_fcgid: stderr: ",
    "FastCGI: server ~stderr: ", /* mod_fastcgi */
    NULL,
};

/* The columns of a line of httpd's error log, the first one its time. */
static const char *const columns[] = {
    "[Mon ~] ", "[Tue ~] ", "[Wed ~] ", "[Thu ~] ", "[Fri ~] ", "[Sat ~] ", "[Sun ~] ", NULL,
};
static const char *const more_columns[] = { "[pid ~] ", "[client ~] ", "[remote ~] ", NULL };

/* The end of what pattern says, up to `~` or its end, of the text at `at`; NULL: another text. */
static const char *match_plain(const char *at, const char *end, const char *pattern)
{
    for (; *pattern && *pattern != '~'; pattern++) {
        if (*pattern == ' ') {
            const char *next = t2m_message_wrapper_blanks(at, end);

            if (next == at) {
                return NULL;
            }
            at = next;
        } else if (at == end || *at++ != *pattern) {
            return NULL;
        }
    }
    return at;
}

/* The same of a pattern with one `~`, or none. */
static const char *match(const char *at, const char *end, const char *pattern)
{
    const char *any = strchr(pattern, '~'), *found = NULL;

    at = match_plain(at, end, pattern);
    if (!at || !any) {
        return at;
    }
    for (; at < end && !found; at++) {
        found = match_plain(at, end, any + 1);
    }
    return found;
}

static const char *match_any(const char *at, const char *end, const char *const *patterns)
{
    const char *found = NULL;

    for (; *patterns && !found; patterns++) {
        found = match(at, end, *patterns);
    }
    return found;
}

/* `[proxy:error] ` */
static const char *match_level(const char *at, const char *end)
{
    int colons = 0;

    if (at == end || *at++ != '[') {
        return NULL;
    }
    for (; at < end && ((is_letter(*at) || is_digit(*at) || *at == '_') || *at == ':'); at++) {
        colons += *at == ':' ? 1 : 0;
    }
    return colons == 1 ? match(at, end, "] ") : NULL;
}

static void skip_columns(range_t *range)
{
    const char *next = match_any(range->at, range->end, columns);

    while (next) {
        range->at = next;
        next = match_level(next, range->end);
        next = next ? next : match_any(range->at, range->end, more_columns);
    }
}

static void skip_wrappers(range_t *range)
{
    const char *next = range->at;

    for (; next; next = match_any(next, range->end, wrappers)) {
        if (next > range->at && next[-1] == '\'' && range->end[-1] == '\'' && next < range->end) {
            range->end--; /* of Got error '...' */
        }
        range->at = next;
    }
}

/* Takes off `, referer: http://...`, which not every client sends. */
static void cut_referer(range_t *range)
{
    const char *at = range->at;

    for (; at < range->end; at++) {
        at = memchr(at, ',', (apr_size_t)(range->end - at));
        if (!at) {
            return;
        }
        if (match(at, range->end, ", referer: ")) {
            range->end = at;
            return;
        }
    }
}

static void trim(range_t *range)
{
    while (range->end > range->at && is_blank(range->end[-1])) {
        range->end--;
    }
}

t2m_text_t t2m_message_wrapper_take_off(t2m_text_t message)
{
    range_t range = { message.data, message.data + message.size };
    const char *before;

    if (!message.size) {
        return message;
    }
    cut_referer(&range);
    do { /* one may stand in another */
        before = range.at;
        range.at = t2m_message_wrapper_blanks(range.at, range.end);
        trim(&range);
        skip_columns(&range);
        skip_wrappers(&range);
    } while (range.at > before);
    return t2m_text_of(range.at, (apr_size_t)(range.end - range.at));
}
