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

/* See shed.h. */
#include "core/shed.h"

static const struct {
    t2m_stream_e stream;
    unsigned eighths; /* of the minimum */
} thresholds[] = {
    { T2M_STREAM_PERFORMANCE, 8 },
    { T2M_STREAM_ACCESS, 6 },
    { T2M_STREAM_APP, 4 },
    { T2M_STREAM_ERRORS, 1 },
    { T2M_STREAM_SECURITY, 1 },
};

apr_uint32_t t2m_shed(apr_uint64_t free, apr_uint64_t minimum, apr_uint32_t before)
{
    apr_uint32_t shed = 0;
    unsigned i;

    for (i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
        apr_uint32_t bit = (apr_uint32_t)1 << thresholds[i].stream;
        apr_uint64_t threshold = minimum / 8 * thresholds[i].eighths;

        if (before & bit) {
            threshold += threshold / 10;
        }
        if (free < threshold) {
            shed |= bit;
        }
    }
    return shed;
}
