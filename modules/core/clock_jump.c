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

/* See clock_jump.h. The difference of the two clocks as it should be follows the one that is, at
 * the pace at which a clock may be slewed; what is left between them are jumps, also many small
 * ones, each of which alone would not be worth a word. */
#include "core/clock_jump.h"

#define TOLERANCE apr_time_from_sec(2)
#define TELL_INTERVAL apr_time_from_sec(60)

enum { SLEW_PART = 1000 };

static apr_time_t limited(apr_time_t value, apr_time_t limit)
{
    return value > limit ? limit : value < -limit ? -limit : value;
}

apr_time_t t2m_clock_jump_look(t2m_clock_jump_t *jump, apr_time_t now, apr_time_t monotonic)
{
    apr_time_t by, passed = monotonic - jump->looked;

    if (!jump->known || passed < 0) {
        jump->known = 1;
        jump->looked = monotonic;
        jump->difference = now - monotonic;
        return 0;
    }
    jump->looked = monotonic;
    jump->difference += limited(now - monotonic - jump->difference, passed / SLEW_PART);
    by = now - monotonic - jump->difference;
    if (by == limited(by, TOLERANCE)
        || (jump->known == 2 && monotonic - jump->told < TELL_INTERVAL)) {
        return 0;
    }
    jump->difference += by;
    jump->told = monotonic;
    jump->known = 2;
    return by;
}
