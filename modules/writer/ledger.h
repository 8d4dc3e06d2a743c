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

/* The ledger of a moment, for whoever asked with T2M_FACT_ASK: what the processes put in, what
 * still waits, which requests have just ended. Read from the slots, which are not believed: wrong
 * numbers are all that a corrupted process can bring about. Writer's thread. */
#ifndef T2M_WRITER_LEDGER_H
#define T2M_WRITER_LEDGER_H

#include "writer/drain.h"

/** Puts the ledger of now on the board. */
void t2m_ledger_publish(t2m_drain_t *drain, apr_time_t now, apr_int64_t monotonic);

#endif
