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

/* Tests modules/writer/gap.c. */
#include "writer/gap.h"

#include "core/encode.h"
#include "tap.h"

int main(void)
{
    t2m_gap_t gap = { T2M_STREAM_ACCESS, T2M_DROP_FULL, 3, 8, 1705314645123000, 1705314646000000 };
    char line[T2M_LINE_MIN];

    is_bytes(line, t2m_gap_line(&gap, line),
             "{\"timestamp\":\"2024-01-15T10:30:46.000Z\",\"level\":\"ERROR\",\"message\":\"gap\","
             "\"stream\":\"access\",\"count\":3,\"first_seq\":8,\"last_seq\":10,"
             "\"from\":\"2024-01-15T10:30:45.123Z\",\"to\":\"2024-01-15T10:30:46.000Z\","
             "\"reason\":\"memory_full\"", "names the numbers, the time and the reason");
    gap.from = 0;
    gap.count = 1;
    gap.reason = T2M_DROP_REENTRY;
    is_bytes(line, t2m_gap_line(&gap, line),
             "{\"timestamp\":\"2024-01-15T10:30:46.000Z\",\"level\":\"ERROR\",\"message\":\"gap\","
             "\"stream\":\"access\",\"count\":1,\"first_seq\":8,\"last_seq\":8,"
             "\"to\":\"2024-01-15T10:30:46.000Z\",\"reason\":\"interrupted\"",
             "an unknown start is left out");
    return tap_done();
}
