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

/* Names of fields: which are our own in some stream, and which others may add. Pure; any thread. */
#ifndef T2M_CORE_FIELD_NAME_H
#define T2M_CORE_FIELD_NAME_H

#include <apr.h>

enum { T2M_FIELD_NAME_MAX = 64 };

/** Nonzero for 1 to T2M_FIELD_NAME_MAX of the characters a-z 0-9 _. */
int t2m_field_name_is_plain(const char *name, apr_size_t size);

/**
 * Nonzero for the name of a top-level field that a line of ours has, in any stream. The words that
 * only a gap line has (`count`, `from`, `to`, `reason`) are none: nothing is added to such a line.
 */
int t2m_field_name_is_own(const char *name, apr_size_t size);

/**
 * Nonzero for a field of ours that is never left out: what finds a line again (`timestamp`,
 * `level`, `message`, `request_id`, `event`) and what tells how it was written.
 */
int t2m_field_name_is_fixed(const char *name, apr_size_t size);

/**
 * Nonzero when a field of that name can be added to our lines: plain and not our own. For names of
 * directives, of the C API and of scripts; name needs no NUL.
 */
int t2m_context_name_valid(const char *name, apr_size_t size);

#endif
