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

/* See backup_name.h. */
#include "core/backup_name.h"

#include <stdio.h>
#include <string.h>

enum { COMPRESSIONS = T2M_COMPRESSION_ZSTD + 1 };

static const char *const endings[COMPRESSIONS] = { "", ".gz", ".zst" };
static const char temporary[] = ".tmp";

/* What follows `base.N`; NULL when entry does not begin so. */
static const char *after_number(const char *base, const char *entry, apr_uint32_t *number)
{
    size_t size = strlen(base);
    apr_uint32_t value = 0;
    const char *at;

    if (size == 0 || strncmp(entry, base, size) != 0 || entry[size] != '.'
        || entry[size + 1] < '1' || entry[size + 1] > '9') {
        return NULL;
    }
    for (at = entry + size + 1; *at >= '0' && *at <= '9'; at++) {
        value = value * 10 + (apr_uint32_t)(*at - '0');
        if (value > T2M_BACKUP_NUMBER_MAX) {
            return NULL;
        }
    }
    *number = value;
    return at;
}

/* Which compression the ending stands for; COMPRESSIONS for none. */
static unsigned ending_of(const char *text, size_t size)
{
    unsigned i;

    for (i = 0; i < COMPRESSIONS; i++) {
        if (strlen(endings[i]) == size && memcmp(endings[i], text, size) == 0) {
            break;
        }
    }
    return i;
}

int t2m_backup_name_parse(const char *base, const char *entry, apr_uint32_t *number,
                          t2m_compression_e *compression)
{
    apr_uint32_t found = 0;
    const char *rest = after_number(base, entry, &found);
    unsigned ending = rest ? ending_of(rest, strlen(rest)) : COMPRESSIONS;

    if (ending == COMPRESSIONS) {
        return 0;
    }
    *number = found;
    *compression = (t2m_compression_e)ending;
    return 1;
}

int t2m_backup_name_parse_temporary(const char *base, const char *entry, apr_uint32_t *number,
                                    t2m_compression_e *compression)
{
    const size_t tail = sizeof(temporary) - 1;
    apr_uint32_t found = 0;
    const char *rest = after_number(base, entry, &found);
    size_t size = rest ? strlen(rest) : 0;
    unsigned ending;

    if (size < tail || strcmp(rest + size - tail, temporary) != 0) {
        return 0;
    }
    ending = ending_of(rest, size - tail);
    if (ending == COMPRESSIONS || ending == T2M_COMPRESSION_NONE) {
        return 0;
    }
    *number = found;
    *compression = (t2m_compression_e)ending;
    return 1;
}

static apr_size_t write_name(char *out, apr_size_t size, const char *base, apr_uint32_t number,
                             t2m_compression_e compression, const char *end)
{
    int length = -1;

    if (*base && number >= 1 && number <= T2M_BACKUP_NUMBER_MAX
        && (unsigned)compression < COMPRESSIONS) {
        length = snprintf(out, size, "%s.%u%s%s", base, number, endings[compression], end);
    }
    if (length < 0 || (apr_size_t)length >= size) {
        if (size > 0) {
            *out = '\0';
        }
        return 0;
    }
    return (apr_size_t)length;
}

apr_size_t t2m_backup_name_write(char *out, apr_size_t size, const char *base, apr_uint32_t number,
                                 t2m_compression_e compression)
{
    return write_name(out, size, base, number, compression, "");
}

apr_size_t t2m_backup_name_write_temporary(char *out, apr_size_t size, const char *base,
                                           apr_uint32_t number, t2m_compression_e compression)
{
    if (compression == T2M_COMPRESSION_NONE) {
        base = "";
    }
    return write_name(out, size, base, number, compression, temporary);
}
