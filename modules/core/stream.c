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

/* The names of the five streams and of their files. Pure; any thread. */
#include "core/stream.h"

#include <stddef.h>
#include <strings.h>

static const struct {
    const char *name;
    const char *file;
} streams[T2M_STREAM_COUNT] = {
    { "app", "talk2me.log" },
    { "errors", "errors.log" },
    { "access", "access.log" },
    { "security", "security.log" },
    { "performance", "performance.log" },
};

const char *t2m_stream_name(t2m_stream_e stream)
{
    return (unsigned)stream < T2M_STREAM_COUNT ? streams[stream].name : NULL;
}

t2m_stream_e t2m_stream_parse(const char *name)
{
    unsigned stream;

    for (stream = 0; name && stream < T2M_STREAM_COUNT; stream++) {
        if (strcasecmp(name, streams[stream].name) == 0) {
            return (t2m_stream_e)stream;
        }
    }
    return T2M_STREAM_COUNT;
}

const char *t2m_stream_file(t2m_stream_e stream)
{
    return (unsigned)stream < T2M_STREAM_COUNT ? streams[stream].file : NULL;
}

int t2m_stream_is_messages(t2m_stream_e stream)
{
    return stream == T2M_STREAM_APP || stream == T2M_STREAM_ERRORS
        || stream == T2M_STREAM_SECURITY;
}
