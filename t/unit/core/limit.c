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

/* Tests core/limit. */
#include "core/limit.h"

#include "tap.h"

static void reads(const char *text, unsigned unit, apr_uint64_t value)
{
    t2m_limit_t limit = { 99, 99 };

    ok(t2m_limit_parse(text, 1, &limit) == NULL && limit.unit == unit && limit.value == value,
       "\"%s\"", text);
}

static void refuses(const char *text, int allow_none)
{
    t2m_limit_t limit = { 99, 99 };
    const char *reason = t2m_limit_parse(text, allow_none, &limit);

    ok(reason && strncmp(reason, "allowed: ", 9) == 0 && limit.unit == 99 && limit.value == 99,
       "refused: %.*s", (int)strcspn(text, "\n"), text);
}

static void parsing(void)
{
    reads("1", T2M_LIMIT_BYTES, 1);
    reads("2k", T2M_LIMIT_BYTES, 2048);
    reads("3M", T2M_LIMIT_BYTES, 3 << 20);
    reads("4g", T2M_LIMIT_BYTES, APR_UINT64_C(4) << 30);
    reads("5T", T2M_LIMIT_BYTES, APR_UINT64_C(5) << 40);
    reads("18446744073709551615", T2M_LIMIT_BYTES, APR_UINT64_MAX);
    reads("16777215T", T2M_LIMIT_BYTES, APR_UINT64_C(16777215) << 40);
    reads("1%", T2M_LIMIT_PERCENT, 1);
    reads("100%", T2M_LIMIT_PERCENT, 100);
    reads("none", T2M_LIMIT_NONE, 0);
    reads("NONE", T2M_LIMIT_NONE, 0);
    reads("0", T2M_LIMIT_NONE, 0);
    reads("0%", T2M_LIMIT_NONE, 0);
    reads("0G", T2M_LIMIT_NONE, 0);
}

static void refusing(void)
{
    static const char *const wrong[] = {
        "", "K", "%", "-1", "+1", " 1", "1 ", "1KB", "1KK", "1P", "1.5G", "101%", "1%%", "1K%",
        "18446744073709551616", "16777216T", "99999999999999999999", "none1", "0x10", "1\n",
    };
    size_t i;

    for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        refuses(wrong[i], 1);
    }
    refuses("none", 0);
    refuses("off", 0);
}

static void bytes(void)
{
    t2m_limit_t limit = { T2M_LIMIT_BYTES, 4096 };

    is_number((long long)t2m_limit_bytes(&limit, 10), 4096, "bytes are bytes");
    limit.unit = T2M_LIMIT_PERCENT;
    limit.value = 10;
    is_number((long long)t2m_limit_bytes(&limit, 12345), 1234, "10% of 12345");
    limit.value = 100;
    ok(t2m_limit_bytes(&limit, APR_UINT64_MAX) == APR_UINT64_MAX, "all of everything");
    is_number((long long)t2m_limit_bytes(&limit, 0), 0, "of an unknown size: none");
    limit.unit = T2M_LIMIT_NONE;
    is_number((long long)t2m_limit_bytes(&limit, 12345), 0, "none");
}

int main(void)
{
    parsing();
    refusing();
    bytes();
    return tap_done();
}
