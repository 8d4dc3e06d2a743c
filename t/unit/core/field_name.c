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

/* Which names of fields are our own, which stay in every line, and which others may add. */
#include "core/field_name.h"

#include <stdlib.h>

#include "tap.h"

static const char *const fixed[] = {
    "timestamp", "level", "message", "request_id", "event", "seq", "stream", "truncated", "lossy",
    "extra_fields", "first_seq", "last_seq",
};

/* All others that the five streams have. */
static const char *const removable[] = {
    "app", "environment", "hostname", "process", "thread", "trace_id",
    "logger", "endpoint", "method", "path", "ip", "module", "file", "line", "code", "errno",
    "exception", "error_type", "error_id", "repeated",
    "query", "status", "duration_ms", "content_length", "user_agent", "vhost", "host", "protocol",
    "referer", "user", "ttfb_ms", "bytes_in", "bytes_out", "connection", "outcome",
    "severity", "attempts", "blocked", "detail",
    "metric", "function", "slow",
};

static void test_own(void)
{
    size_t i;

    for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        size_t size = strlen(fixed[i]);

        ok(t2m_field_name_is_own(fixed[i], size) && t2m_field_name_is_fixed(fixed[i], size)
           && !t2m_context_name_valid(fixed[i], size), "%s is ours and stays", fixed[i]);
    }
    for (i = 0; i < sizeof(removable) / sizeof(removable[0]); i++) {
        size_t size = strlen(removable[i]);

        ok(t2m_field_name_is_own(removable[i], size)
           && !t2m_field_name_is_fixed(removable[i], size)
           && !t2m_context_name_valid(removable[i], size), "%s is ours", removable[i]);
    }
}

static void test_others(void)
{
    static const char *const names[] = {
        "a", "_", "0", "user_id", "feature", "tenant", "reason", "count", "from", "to",
        "use", "user_", "user_agen", "user_agents", "request_i", "content_lengths", "aaa", "zzz",
        "abcdefghijklmnopqrstuvwxyz_0123456789_abcdefghijklmnopqrstuvwxyz",
    };
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        size_t size = strlen(names[i]);

        ok(t2m_context_name_valid(names[i], size) && !t2m_field_name_is_own(names[i], size)
           && !t2m_field_name_is_fixed(names[i], size), "%s may be added", names[i]);
    }
    ok(t2m_context_name_valid("username", 8) && !t2m_context_name_valid("username", 4),
       "the size counts, not the NUL");
}

static void test_bad(void)
{
    static const char *const names[] = {
        "", "User", "user id", "user-id", "user.id", "a\x7f", "a\xc3\xa9", "a\n", "-a", "a`", "a{",
        "a/", "a:", "a@", "a^",
        "abcdefghijklmnopqrstuvwxyz_0123456789_abcdefghijklmnopqrstuvwxyz0",
    };
    char *long_name = malloc(100000);
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        ok(!t2m_field_name_is_plain(names[i], strlen(names[i]))
           && !t2m_context_name_valid(names[i], strlen(names[i])), "bad name %d", (int)i);
    }
    ok(!t2m_context_name_valid("a\0b", 3), "a NUL within a name");
    ok(!t2m_field_name_is_own("user\0b", 6), "a NUL behind our own name");
    if (long_name) {
        memset(long_name, 'a', 100000);
        ok(!t2m_context_name_valid(long_name, 100000) && !t2m_field_name_is_own(long_name, 100000),
           "a very long name");
    }
    free(long_name);
}

int main(void)
{
    test_own();
    test_others();
    test_bad();
    return tap_done();
}
