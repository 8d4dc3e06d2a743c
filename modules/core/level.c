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

/* The names of the five levels, and httpd's severities as levels. Pure; any thread. */
#include "core/level.h"

#include <stddef.h>
#include <strings.h>

static const char *const names[T2M_LEVEL_COUNT] = {
    "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"
};

const char *t2m_level_name(t2m_level_e level)
{
    return (unsigned)level < T2M_LEVEL_COUNT ? names[level] : NULL;
}

t2m_level_e t2m_level_parse(const char *name)
{
    unsigned level;

    for (level = 0; name && level < T2M_LEVEL_COUNT; level++) {
        if (strcasecmp(name, names[level]) == 0) {
            return (t2m_level_e)level;
        }
    }
    return T2M_LEVEL_COUNT;
}

t2m_level_e t2m_level_of_httpd(int severity)
{
    switch (severity) {
    case 0: /* emerg */
    case 1: /* alert */
    case 2: /* crit */
        return T2M_LEVEL_CRITICAL;
    case 3: /* error */
        return T2M_LEVEL_ERROR;
    case 4: /* warn */
        return T2M_LEVEL_WARNING;
    case 5: /* notice */
    case 6: /* info */
        return T2M_LEVEL_INFO;
    default:
        return T2M_LEVEL_DEBUG;
    }
}
