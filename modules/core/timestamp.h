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

/* RFC 3339 timestamps in UTC without a call into the C library's calendar. */
#ifndef T2M_CORE_TIMESTAMP_H
#define T2M_CORE_TIMESTAMP_H

#include <apr_time.h>

enum { T2M_TIMESTAMP_SIZE = 24 }; /* "2024-01-15T10:30:45.123Z" */

/**
 * Writes time (microseconds since 1970 UTC) with milliseconds, no NUL, into out, which has room
 * for T2M_TIMESTAMP_SIZE bytes. Times before 1970 are written as 1970, after 9999 as the last
 * millisecond of 9999. Truncates, never rounds up. RFC 3339 section 5.6.
 */
void t2m_timestamp_write(apr_time_t time, char *out);

#endif
