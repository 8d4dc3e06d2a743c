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

/* Any body, as an envelope and as an event alone: what is told keeps to its contract, texts lie in
 * memory that is there, and nothing is read outside of the body. */
#include "core/event.h"

#include <stdint.h>
#include <stdlib.h>

#include "event_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_envelope(t2m_text_t body, t2m_event_t *event, check_state_t *state)
{
    t2m_event_result_t result;

    t2m_event_sentry_envelope(body, event, check_take, state, &result);
    check_result(state, &result);
}

static void read_store(t2m_text_t body, t2m_event_t *event, check_state_t *state)
{
    t2m_event_result_t result;

    t2m_event_sentry_store(body, event, check_take, state, &result);
    check_result(state, &result);
    check(state->events + state->refusals <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_run(data, size, read_envelope);
    check_run(data, size, read_store);
    return 0;
}
