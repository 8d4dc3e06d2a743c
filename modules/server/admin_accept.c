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

/* See admin_accept.h. */
#include "server/admin_accept.h"

#include <string.h>
#include <strings.h>

#include <apr_lib.h>

#include "core/text.h"

enum { FULL = 1000 }; /* a weight of 1 */

/* How exactly a range names a type. */
typedef enum { OTHER, ANY, FAMILY, EXACT } match_e;

/* A type, and what the ranges so far have said of it. */
typedef struct {
    const char *type;   /* "text/plain" */
    size_t family;      /* bytes up to its slash, which included */
    match_e match;
    int weight;         /* thousandths */
} wish_t;

static t2m_text_t trimmed(const char *start, const char *end)
{
    while (start < end && (*start == ' ' || *start == '\t')) {
        start++;
    }
    while (end > start && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    return t2m_text_of(start, (size_t)(end - start));
}

/* The end of the piece at start: a separator outside quotes, or the end of all. */
static const char *piece_end(const char *start, const char *end, char separator)
{
    int quoted = 0;

    for (; start < end && (quoted || *start != separator); start++) {
        if (quoted && *start == '\\' && start + 1 < end) {
            start++;
        } else if (*start == '"') {
            quoted = !quoted;
        }
    }
    return start;
}

/* `0`, `0.5`, `1.000` as thousandths; below 0 when it is none of these. */
static int weight_of(t2m_text_t text)
{
    int weight, scale = FULL / 10;

    if (!text.size || text.size > 5 || (text.data[0] != '0' && text.data[0] != '1')
        || (text.size > 1 && text.data[1] != '.')) {
        return -1;
    }
    weight = (text.data[0] - '0') * FULL;
    for (size_t i = 2; i < text.size; i++, scale /= 10) {
        if (!apr_isdigit(text.data[i])) {
            return -1;
        }
        weight += (text.data[i] - '0') * scale;
    }
    return weight <= FULL ? weight : -1;
}

/* The weight among a range's parameters; FULL when there is none, below 0 when it is wrong. */
static int find_weight(const char *start, const char *end)
{
    while (start < end) {
        const char *next = piece_end(start, end, ';');
        t2m_text_t parameter = trimmed(start, next);

        if (parameter.size >= 2 && !strncasecmp(parameter.data, "q=", 2)) {
            return weight_of(t2m_text_of(parameter.data + 2, parameter.size - 2));
        }
        start = next < end ? next + 1 : end;
    }
    return FULL;
}

static int is(t2m_text_t range, const char *type, size_t size)
{
    return range.size == size && !strncasecmp(range.data, type, size);
}

static match_e match_of(t2m_text_t range, const wish_t *wish)
{
    if (is(range, wish->type, strlen(wish->type))) {
        return EXACT;
    }
    if (range.size == wish->family + 1 && range.data[wish->family] == '*'
        && !strncasecmp(range.data, wish->type, wish->family)) {
        return FAMILY;
    }
    return is(range, "*/*", 3) ? ANY : OTHER;
}

static void take_range(wish_t *wish, t2m_text_t range, int weight)
{
    match_e match = match_of(range, wish);

    if (match > wish->match) {
        wish->match = match;
        wish->weight = weight;
    }
}

t2m_admin_format_e t2m_admin_accept(const char *accept)
{
    wish_t json = { .type = "application/json", .family = 12 };
    wish_t text = { .type = "text/plain", .family = 5 };
    const char *end = accept ? accept + strlen(accept) : NULL;

    while (accept && accept < end) {
        const char *next = piece_end(accept, end, ',');
        const char *parameters = piece_end(accept, next, ';');
        int weight = parameters < next ? find_weight(parameters + 1, next) : FULL;

        if (weight >= 0) {
            take_range(&json, trimmed(accept, parameters), weight);
            take_range(&text, trimmed(accept, parameters), weight);
        }
        accept = next < end ? next + 1 : end;
    }
    return text.weight > json.weight ? T2M_ADMIN_TEXT : T2M_ADMIN_JSON;
}
