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

/* See field_name.h. One table, sorted by name for the search. */
#include "core/field_name.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    char name[15]; /* the longest and a NUL */
    char fixed;
} own_t;

static const own_t own[] = {
    { "app", 0 },
    { "attempts", 0 },
    { "backend_status", 0 },
    { "blocked", 0 },
    { "breadcrumbs", 0 },
    { "bytes_in", 0 },
    { "bytes_out", 0 },
    { "code", 0 },
    { "connection", 0 },
    { "content_length", 0 },
    { "detail", 0 },
    { "duration_ms", 0 },
    { "endpoint", 0 },
    { "environment", 0 },
    { "errno", 0 },
    { "error_id", 0 },
    { "error_type", 0 },
    { "event", 1 },
    { "exception", 0 },
    { "extra_fields", 1 },
    { "file", 0 },
    { "first_seq", 1 },
    { "function", 0 },
    { "handler", 0 },
    { "host", 0 },
    { "hostname", 0 },
    { "ip", 0 },
    { "last_seq", 1 },
    { "level", 1 },
    { "line", 0 },
    { "logger", 0 },
    { "lossy", 1 },
    { "message", 1 },
    { "method", 0 },
    { "metric", 0 },
    { "module", 0 },
    { "outcome", 0 },
    { "path", 0 },
    { "prev", 1 },
    { "process", 0 },
    { "protocol", 0 },
    { "proxy_worker", 0 },
    { "query", 0 },
    { "referer", 0 },
    { "release", 0 },
    { "repeated", 0 },
    { "request_id", 1 },
    { "seq", 1 },
    { "severity", 0 },
    { "slow", 0 },
    { "status", 0 },
    { "stream", 1 },
    { "thread", 0 },
    { "timestamp", 1 },
    { "trace_id", 0 },
    { "truncated", 1 },
    { "ttfb_ms", 0 },
    { "user", 0 },
    { "user_agent", 0 },
    { "vhost", 0 },
};

int t2m_field_name_is_plain(const char *name, apr_size_t size)
{
    apr_size_t i;

    for (i = 0; i < size && i < T2M_FIELD_NAME_MAX; i++) {
        char byte = name[i];

        if (!(byte >= 'a' && byte <= 'z') && !(byte >= '0' && byte <= '9') && byte != '_') {
            return 0;
        }
    }
    return size >= 1 && size <= T2M_FIELD_NAME_MAX;
}

static int compare(const void *key, const void *row)
{
    return memcmp(key, ((const own_t *)row)->name, sizeof(own[0].name));
}

/* The row of the name; NULL when it is not our own. */
static const own_t *find(const char *name, apr_size_t size)
{
    char key[sizeof(own[0].name)] = "";

    if (size >= sizeof(key)) {
        return NULL;
    }
    memcpy(key, name, size);
    return bsearch(key, own, sizeof(own) / sizeof(own[0]), sizeof(own[0]), compare);
}

int t2m_field_name_is_own(const char *name, apr_size_t size)
{
    return find(name, size) != NULL;
}

int t2m_field_name_is_fixed(const char *name, apr_size_t size)
{
    const own_t *row = find(name, size);

    return row && row->fixed;
}

int t2m_context_name_valid(const char *name, apr_size_t size)
{
    return t2m_field_name_is_plain(name, size) && !t2m_field_name_is_own(name, size);
}
