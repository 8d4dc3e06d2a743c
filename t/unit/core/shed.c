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

/* Tests modules/core/shed.c. */
#include "core/shed.h"

#include "tap.h"

enum { MINIMUM = 8000 };

static const struct {
    t2m_stream_e stream;
    apr_uint64_t goes, comes; /* shed below the first, written again from the second on */
    const char *name;
} edges[] = {
    { T2M_STREAM_PERFORMANCE, 8000, 8800, "performance" },
    { T2M_STREAM_ACCESS, 6000, 6600, "access" },
    { T2M_STREAM_APP, 4000, 4400, "app" },
    { T2M_STREAM_ERRORS, 1000, 1100, "errors" },
    { T2M_STREAM_SECURITY, 1000, 1100, "security" },
};

static int is_shed(apr_uint64_t free, apr_uint32_t before, t2m_stream_e stream)
{
    return t2m_shed(free, MINIMUM, before) >> stream & 1;
}

int main(void)
{
    const apr_uint32_t all = (1 << T2M_STREAM_COUNT) - 1;
    apr_uint32_t shed = 0, before;
    apr_size_t i;
    int changes = 0, first_changes;
    apr_uint64_t free;

    for (i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        t2m_stream_e stream = edges[i].stream;
        apr_uint32_t bit = (apr_uint32_t)1 << stream;

        ok(!is_shed(edges[i].goes, 0, stream) && is_shed(edges[i].goes - 1, 0, stream),
           "%s: goes below its part of the minimum", edges[i].name);
        ok(is_shed(edges[i].comes - 1, bit, stream) && !is_shed(edges[i].comes, bit, stream),
           "%s: comes back with a tenth more", edges[i].name);
        ok(!is_shed(edges[i].goes, all & ~bit, stream), "%s: whatever else is shed",
           edges[i].name);
    }
    is_number(t2m_shed(0, MINIMUM, 0), all, "nothing is left: nothing is written");
    is_number(t2m_shed(APR_UINT64_MAX, MINIMUM, all), 0, "all is left: all is written");
    is_number(t2m_shed(0, 0, all), 0, "no minimum: nothing is ever shed");
    is_number(t2m_shed(0, APR_UINT64_MAX, 0), all, "the largest minimum does not wrap");
    for (free = 10000; free-- > 0;) {
        before = shed;
        shed = t2m_shed(free, MINIMUM, before);
        changes += shed != before;
        if (before & ~shed) {
            ok(0, "less space brings nothing back: %d", (int)free);
        }
    }
    is_number(changes, 4, "going down: four steps");
    first_changes = changes;
    for (free = 0; free < 10000; free++) {
        before = shed;
        shed = t2m_shed(free, MINIMUM, before);
        changes += shed != before;
    }
    is_number(changes - first_changes, 4, "and up again");
    for (i = 0, changes = 0, shed = 0; i < 1000; i++) {
        before = shed;
        shed = t2m_shed(7990 + i % 2 * 400, MINIMUM, before);
        changes += shed != before;
    }
    is_number(changes, 1, "what swings round an edge does not flutter");
    return tap_done();
}
