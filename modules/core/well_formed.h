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

/* Whether a text is one JSON object (RFC 8259, UTF-8), without making anything of it: `t2mlog
 * verify` asks this of each line of gigabytes. */
#ifndef T2M_CORE_WELL_FORMED_H
#define T2M_CORE_WELL_FORMED_H

#include "core/text.h"

enum { T2M_WELL_FORMED_DEPTH = 64 }; /* brackets within brackets; more is refused */

/**
 * Nonzero for one object and nothing behind it but blanks: strict, no name need be of its own.
 * Linear in the size, no recursion, no allocation, never reads outside. Pure; any thread.
 */
int t2m_well_formed(t2m_text_t text);

#endif
