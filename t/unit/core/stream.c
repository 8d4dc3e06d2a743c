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

/* Names of streams both ways, and their files. */
#include "core/stream.h"

#include <stddef.h>

#include "tap.h"

int main(void)
{
    static const struct {
        t2m_stream_e stream;
        const char *name, *file;
    } cases[] = {
        { T2M_STREAM_APP, "app", "talk2me.log" },
        { T2M_STREAM_ERRORS, "errors", "errors.log" },
        { T2M_STREAM_ACCESS, "access", "access.log" },
        { T2M_STREAM_SECURITY, "security", "security.log" },
        { T2M_STREAM_PERFORMANCE, "performance", "performance.log" },
    };
    size_t i;

    is_number(sizeof(cases) / sizeof(cases[0]), T2M_STREAM_COUNT, "all streams are tested");
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        ok(strcmp(t2m_stream_name(cases[i].stream), cases[i].name) == 0, "%s", cases[i].name);
        ok(strcmp(t2m_stream_file(cases[i].stream), cases[i].file) == 0, "%s", cases[i].file);
        is_number(t2m_stream_parse(cases[i].name), cases[i].stream, "its name leads back to it");
    }
    ok(t2m_stream_name(T2M_STREAM_COUNT) == NULL, "no stream, no name");
    ok(t2m_stream_file(T2M_STREAM_COUNT) == NULL, "no stream, no file");
    is_number(t2m_stream_parse("Access"), T2M_STREAM_ACCESS, "case does not matter");
    is_number(t2m_stream_parse("acces"), T2M_STREAM_COUNT, "part of a name is none");
    is_number(t2m_stream_parse(""), T2M_STREAM_COUNT, "nor the empty one");
    is_number(t2m_stream_parse(NULL), T2M_STREAM_COUNT, "nor NULL");
    ok(t2m_stream_is_messages(T2M_STREAM_APP) && t2m_stream_is_messages(T2M_STREAM_ERRORS)
       && t2m_stream_is_messages(T2M_STREAM_SECURITY), "app, errors and security are messages");
    ok(!t2m_stream_is_messages(T2M_STREAM_ACCESS)
       && !t2m_stream_is_messages(T2M_STREAM_PERFORMANCE),
       "access and performance are requests");
    return tap_done();
}
