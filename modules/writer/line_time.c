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

/* See line_time.h. */
#include "writer/line_time.h"

#include "core/member.h"
#include "core/moment.h"

int t2m_line_time(const char *bytes, apr_size_t size, apr_time_t *time)
{
    t2m_text_t value;

    return t2m_member_find(t2m_text_of(bytes, size), "timestamp", &value) == T2M_MEMBER_STRING
        && t2m_moment_parse(value, 0, time) == T2M_MOMENT_OK;
}
