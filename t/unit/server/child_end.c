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

/* Tests modules/server/child_end.c. */
#include "server/child_end.h"

#include "tap.h"

static int reads(const char *line)
{
    int pid = -1, signal = -1;

    return t2m_child_end_read(t2m_text(line), &pid, &signal) ? pid * 1000 + signal : 0;
}

int main(void)
{
    static const char *const others[] = {
        "", "AH00052", "AH00052: child pid ", "AH00052: child pid x exit signal A (1)",
        "AH00052: child pid 0 exit signal A (1)", "AH00052: child pid -5 exit signal A (1)",
        "AH00052: child pid 99999999999999999999 exit signal A (1)",
        "AH00052: child pid 12 exit status 0 (1)", "AH00052: child pid 12 exit signal Killed",
        "AH00052: child pid 12 exit signal Killed (", "AH00052: child pid 12 exit signal Killed (9",
        "AH00052: child pid 12 exit signal Killed ()", "AH00052: child pid 12 exit signal K (128)",
        "AH00052: child pid 12 exit signal K (-9)", "AH00053: child pid 12 exit signal Killed (9)",
        "xAH00052: child pid 12 exit signal Killed (9)", "ah00052: child pid 12 exit signal K (9)",
        "AH00052: child pid 12 exit signal K (9223372036854775807)"
    };
    size_t i;

    is_number(reads("AH00052: child pid 1234 exit signal Segmentation fault (11)"), 1234011,
              "as httpd writes it");
    is_number(reads("AH00051: child pid 7 exit signal Aborted (6), possible coredump in /tmp (x)"),
              7006, "with a core dump");
    is_number(reads("AH00052: child pid 7 exit signal Gespr\xc3\xa4""ch beendet (64)"), 7064,
              "in another language");
    for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        is_number(reads(others[i]), 0, others[i]);
    }
    return tap_done();
}
