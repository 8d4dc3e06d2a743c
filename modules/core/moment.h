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

/* Moments as people and scripts write them: for the queries of the admin endpoints and for the
 * command line. */
#ifndef T2M_CORE_MOMENT_H
#define T2M_CORE_MOMENT_H

#include <apr_time.h>

#include "core/text.h"

/* What is allowed, for messages. */
#define T2M_MOMENT_ALLOWED \
    "epoch seconds, an RFC 3339 time, or a span back from now such as 90s 15m 2h 7d"

typedef enum {
    T2M_MOMENT_OK,
    T2M_MOMENT_BAD,
    T2M_MOMENT_BLANK_OFFSET /* a blank stands where the + of an offset must have been */
} t2m_moment_e;

/**
 * Reads a moment between 1970 and 9999 (UTC), written as
 * - seconds since 1970, maybe with up to 9 decimals: `1705314645.123`;
 * - RFC 3339 with `Z` or an offset: `2024-01-15T11:30:45.5+01:00`, the year as written not before
 *   1970. A leap second counts as the first second of the next minute;
 * - a span back from now: digits and one of s m h d, `15m`.
 *
 * Parts below a microsecond are cut off. No signs, no blanks, no exponents, nothing before or
 * behind. now is in microseconds since 1970. moment is only written for T2M_MOMENT_OK.
 * T2M_MOMENT_BLANK_OFFSET says that the text would be one if that blank were a `+`, which the
 * decoding of a query makes of a `+` that was not written as %2B. Pure; any thread.
 */
t2m_moment_e t2m_moment_parse(t2m_text_t text, apr_time_t now, apr_time_t *moment);

#endif
