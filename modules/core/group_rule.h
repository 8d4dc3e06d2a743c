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

/* Groups of errors that an administrator names by words of their messages: T2MLogErrorGroup. */
#ifndef T2M_CORE_GROUP_RULE_H
#define T2M_CORE_GROUP_RULE_H

#include "core/fingerprint.h"
#include "core/text.h"

enum { T2M_GROUP_RULE_MAX = 256 }; /* bytes of the words */

/**
 * Why words cannot be looked for: longer than T2M_GROUP_RULE_MAX, with a control character, or
 * nothing but blanks and `*`. NULL when they can.
 */
const char *t2m_group_rule_refuse(const char *words);

/**
 * Nonzero when the message has the words: each part between two `*` as it stands, in this order,
 * anywhere in it. Case counts. Linear in the message for each part. Any thread.
 */
int t2m_group_rule_matches(const char *words, t2m_text_t message);

/** Writes the group of that name: of the same name the same group, on every host. */
void t2m_group_rule_id(const char *name, char out[T2M_FINGERPRINT_SIZE]);

#endif
