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

/* Names of levels both ways, and every severity of httpd. */
#include "core/level.h"

#include <stddef.h>

#include "tap.h"

static void test_names(void)
{
    static const char *const names[] = { "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL" };
    unsigned level;

    for (level = 0; level < T2M_LEVEL_COUNT; level++) {
        ok(strcmp(t2m_level_name((t2m_level_e)level), names[level]) == 0, "%s", names[level]);
        is_number(t2m_level_parse(names[level]), level, "its name leads back to it");
    }
    ok(t2m_level_name(T2M_LEVEL_COUNT) == NULL, "no level, no name");
    is_number(t2m_level_parse("cRiTiCaL"), T2M_LEVEL_CRITICAL, "case does not matter");
    is_number(t2m_level_parse("warn"), T2M_LEVEL_COUNT, "part of a name is none");
    is_number(t2m_level_parse("INFO "), T2M_LEVEL_COUNT, "nor is more than a name");
    is_number(t2m_level_parse(""), T2M_LEVEL_COUNT, "nor the empty one");
    is_number(t2m_level_parse(NULL), T2M_LEVEL_COUNT, "nor NULL");
}

static void test_httpd(void)
{
    static const t2m_level_e want[] = {
        T2M_LEVEL_CRITICAL, T2M_LEVEL_CRITICAL, T2M_LEVEL_CRITICAL, T2M_LEVEL_ERROR,
        T2M_LEVEL_WARNING,  T2M_LEVEL_INFO,     T2M_LEVEL_INFO,     T2M_LEVEL_DEBUG,
    };
    int severity;

    for (severity = -1; severity <= 17; severity++) {
        char name[32];

        snprintf(name, sizeof(name), "severity %d", severity);
        is_number(t2m_level_of_httpd(severity),
                  severity < 0 || severity > 7 ? T2M_LEVEL_DEBUG : want[severity], name);
    }
}

int main(void)
{
    test_names();
    test_httpd();
    return tap_done();
}
