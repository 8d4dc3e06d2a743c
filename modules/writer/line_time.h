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

/* When the record of a log line was made. For the command line. Pure; any thread. */
#ifndef T2M_WRITER_LINE_TIME_H
#define T2M_WRITER_LINE_TIME_H

#include <apr_time.h>

/**
 * Reads the line's `timestamp`, in microseconds since 1970. Returns 0, and leaves *time, where
 * there is none. The line may be cut behind it.
 */
int t2m_line_time(const char *bytes, apr_size_t size, apr_time_t *time);

#endif
