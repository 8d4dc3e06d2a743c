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

/* Tests modules/writer/line_time.c. */
#include "writer/line_time.h"

#include "tap.h"

static void is_time(const char *line, apr_time_t want)
{
    apr_time_t time = 7;

    ok(t2m_line_time(line, strlen(line), &time) == (want != 7) && time == want, "%s", line);
}

int main(void)
{
    is_time("{\"timestamp\":\"1970-01-01T00:00:01.250Z\",\"m\":1}", 1250000);
    is_time("{\"m\":1,\"timestamp\":\"1970-01-01T00:00:01.250Z\"}", 1250000);
    is_time("{\"timestamp\":\"1970-01-01T00:00:01.250Z\",\"m\":\"cut", 1250000);
    is_time("{\"timestamp\":\"1970-01-01T00:00:01.2", 7);
    is_time("{\"timestamp\":\"yesterday\"}", 7);
    is_time("{\"timestamp\":1}", 7);
    is_time("no JSON", 7);
    is_time("", 7);
    return tap_done();
}
