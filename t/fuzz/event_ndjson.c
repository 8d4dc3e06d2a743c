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

/* Any body: what is told keeps to its contract, no more of it than there are lines, and nothing is
 * read outside of the body. */
#include "core/event.h"

#include <stdint.h>
#include <stdlib.h>

#include "event_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_lines(t2m_text_t body, t2m_event_t *event, check_state_t *state)
{
    t2m_event_result_t result;
    unsigned lines = 1;
    apr_size_t i;

    for (i = 0; i < body.size; i++) {
        lines += body.data[i] == '\n';
    }
    t2m_event_ndjson(body, event, check_take, state, &result);
    check_result(state, &result);
    check(state->events + state->refusals <= lines);
    check(result.unsupported == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_run(data, size, read_lines);
    return 0;
}
