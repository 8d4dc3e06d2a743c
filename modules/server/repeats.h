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

/* The first of the two stages in which repeated errors are thinned out: a process counts in its
 * slot what need not be written, so that a flood of one error does not fill its ring. The writer
 * decides over all processes: core/repeat.h. */
#ifndef T2M_SERVER_REPEATS_H
#define T2M_SERVER_REPEATS_H

#include "core/repeat.h"
#include "shared/suppressed.h"

/** To be called while the hooks are registered, before there are threads. */
void t2m_repeats_start(void);

/**
 * Counts an error of a group. Returns nonzero when it is not to be pushed: it is counted already.
 * Any thread; takes a lock of the process for some dozens of instructions.
 */
int t2m_repeats_hold(const t2m_repeat_rule_t *rule, const t2m_suppression_t *error);

#endif
