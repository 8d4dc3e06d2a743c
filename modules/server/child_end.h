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

/* What httpd's parent says of a child that a signal ended, in its error log. */
#ifndef T2M_SERVER_CHILD_END_H
#define T2M_SERVER_CHILD_END_H

#include "core/text.h"

/**
 * Takes pid and signal out of httpd's lines AH00051 and AH00052, `child pid 12 exit signal NAME
 * (11)`, with or without more behind it. Returns 0 for any other line.
 */
int t2m_child_end_read(t2m_text_t line, int *pid, int *signal);

#endif
