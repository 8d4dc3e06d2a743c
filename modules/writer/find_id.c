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

/* See find_id.h. */
#include "writer/find_id.h"

#include <string.h>

#include "core/id.h"
#include "core/member.h"

enum { VERSION_AT = 14, VARIANT_AT = 19, TIME_DIGITS = 12 };

static int digit_of(char byte)
{
    return byte >= '0' && byte <= '9' ? byte - '0' : byte >= 'a' && byte <= 'f' ? byte - 'a' + 10
                                                                                : -1;
}

static int is_dash_place(apr_size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

int t2m_find_id_time(t2m_text_t id, apr_time_t *time)
{
    apr_int64_t milliseconds = 0;
    apr_size_t i;
    int digits = 0;

    if (id.size != T2M_ID_SIZE || id.data[VERSION_AT] != '7'
        || (digit_of(id.data[VARIANT_AT]) & 0xc) != 0x8) {
        return 0;
    }
    for (i = 0; i < id.size; i++) {
        int digit = digit_of(id.data[i]);

        if (is_dash_place(i) ? id.data[i] != '-' : digit < 0) {
            return 0;
        }
        if (digit >= 0 && digits++ < TIME_DIGITS) {
            milliseconds = milliseconds << 4 | digit;
        }
    }
    *time = milliseconds * 1000;
    return 1;
}

/* The ids stand at the top of a record; T2MLogLayout may put some under extra_fields. */
static int has_id(t2m_text_t id, t2m_text_t object, t2m_text_t *nested)
{
    static const char *const names[] = { "request_id", "trace_id", "error_id", "extra_fields" };
    t2m_text_t values[4];
    t2m_member_e kinds[4];
    int i;

    (void)t2m_member_scan(object, names, 4, values, kinds);
    *nested = kinds[3] == T2M_MEMBER_OBJECT ? values[3] : t2m_text(NULL);
    for (i = 0; i < 3; i++) {
        if (kinds[i] == T2M_MEMBER_STRING && values[i].size == id.size
            && memcmp(values[i].data, id.data, id.size) == 0) {
            return 1;
        }
    }
    return 0;
}

int t2m_find_id_is_in(t2m_text_t id, t2m_text_t line)
{
    t2m_text_t nested;

    return has_id(id, line, &nested) || (nested.data && has_id(id, nested, &nested));
}

int t2m_find_id_is_end(t2m_text_t line)
{
    static const char *const names[] = { "message", "outcome" };
    static const char message[] = "request_complete";
    t2m_text_t values[2];

    return t2m_member_scan(line, names, 2, values, NULL) == 2
        && values[0].size == sizeof(message) - 1
        && memcmp(values[0].data, message, sizeof(message) - 1) == 0;
}
