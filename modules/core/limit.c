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

/* See limit.h. */
#include "core/limit.h"

#include <string.h>
#include <strings.h>

/* How far a unit's letter shifts a number; -1 for no such letter. */
static int shift_of(char letter)
{
    static const char letters[] = "kKmMgGtT";
    const char *at = letter ? strchr(letters, letter) : NULL;

    return at ? 10 * (int)((at - letters) / 2 + 1) : -1;
}

/* The digits at *text, which moves behind them. Returns 0 when there are none or too many. */
static int parse_number(const char **text, apr_uint64_t *value)
{
    const char *at;

    *value = 0;
    for (at = *text; *at >= '0' && *at <= '9'; at++) {
        unsigned digit = (unsigned)(*at - '0');

        if (*value > (APR_UINT64_MAX - digit) / 10) {
            return 0;
        }
        *value = *value * 10 + digit;
    }
    if (at == *text) {
        return 0;
    }
    *text = at;
    return 1;
}

static int parse(const char *text, t2m_limit_t *limit)
{
    apr_uint64_t value;
    int shift = 0;

    if (!parse_number(&text, &value)) {
        return 0;
    }
    limit->unit = T2M_LIMIT_BYTES;
    if (*text == '%') {
        limit->unit = T2M_LIMIT_PERCENT;
        text++;
    } else if (*text) {
        shift = shift_of(*text++);
    }
    if (shift < 0 || *text || value > APR_UINT64_MAX >> shift
        || (limit->unit == T2M_LIMIT_PERCENT && value > 100)) {
        return 0;
    }
    limit->value = value << shift;
    return 1;
}

const char *t2m_limit_parse(const char *text, int allow_none, t2m_limit_t *limit)
{
    t2m_limit_t found = { T2M_LIMIT_NONE, 0 };

    if (!(allow_none && strcasecmp(text, "none") == 0) && !parse(text, &found)) {
        return allow_none ? "allowed: a size (bytes, or with K, M, G or T), 0% to 100%, or none"
                          : "allowed: a size (bytes, or with K, M, G or T), or 0% to 100%; "
                            "0 is off";
    }
    if (found.value == 0) {
        found.unit = T2M_LIMIT_NONE;
    }
    *limit = found;
    return NULL;
}

apr_uint64_t t2m_limit_bytes(const t2m_limit_t *limit, apr_uint64_t file_system_size)
{
    switch (limit->unit) {
    case T2M_LIMIT_BYTES:
        return limit->value;
    case T2M_LIMIT_PERCENT: /* in two parts, since the product may not fit */
        return file_system_size / 100 * limit->value
             + file_system_size % 100 * limit->value / 100;
    default:
        return 0;
    }
}
