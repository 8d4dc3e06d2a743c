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

/* Tests modules/writer/signal_name.c. */
#include "writer/signal_name.h"

#include <signal.h>

#include "tap.h"

int main(void)
{
    ok(strcmp(t2m_signal_name(SIGSEGV), "SIGSEGV") == 0, "the first that comes to mind");
    ok(strcmp(t2m_signal_name(SIGKILL), "SIGKILL") == 0, "one that nobody can catch");
    ok(strcmp(t2m_signal_name(0), "unknown") == 0, "none");
    ok(strcmp(t2m_signal_name(63), "unknown") == 0, "one without a name");
    ok(strcmp(t2m_signal_name(-1), "unknown") == 0, "no signal at all");
    return tap_done();
}
