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

/* Which streams are no longer written when the file system is nearly full. Pure; any thread. */
#ifndef T2M_CORE_SHED_H
#define T2M_CORE_SHED_H

#include <apr.h>

#include "core/stream.h"

/**
 * The streams of which nothing is written, one bit each (1 << stream), when free bytes are left and
 * minimum must stay: performance below the minimum, access too below three quarters of it, app
 * below half, errors and security below an eighth. What is shed comes back with a tenth more than
 * it went with, so that it does not come and go. minimum 0: nothing is ever shed. before: the last
 * answer.
 */
apr_uint32_t t2m_shed(apr_uint64_t free, apr_uint64_t minimum, apr_uint32_t before);

#endif
