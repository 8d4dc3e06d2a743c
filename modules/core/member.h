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

/* Finds members in one line of JSON without building a tree of it: what the admin endpoints and the
 * command line need of a record. Made for lines of core/encode.h, right for any JSON object.
 *
 * Linear in the line's size, no recursion, no allocation, never reads outside, whatever the bytes
 * are: a line may come out of a worker that was taken over. What is wrong ends the walk; members
 * before it are found. The closing brace may be missing, as in what t2m_encode leaves. When a name
 * is there twice, the first counts. Pure; any thread. */
#ifndef T2M_CORE_MEMBER_H
#define T2M_CORE_MEMBER_H

#include "core/text.h"

typedef enum {
    T2M_MEMBER_NONE, /* not found */
    T2M_MEMBER_STRING,
    T2M_MEMBER_NUMBER,
    T2M_MEMBER_LITERAL, /* true, false or null */
    T2M_MEMBER_OBJECT,
    T2M_MEMBER_ARRAY
} t2m_member_e;

/**
 * Finds the member of that name at the top of the object in line. raw becomes its value as it
 * stands there: a string without its quotes but still escaped, an object or array with its
 * brackets (an object can be searched again), anything else as written. It borrows from line.
 * Returns what it is; T2M_MEMBER_NONE, which is 0, leaves raw empty with data NULL.
 */
t2m_member_e t2m_member_find(t2m_text_t line, const char *name, t2m_text_t *raw);

/**
 * Finds several names in one walk, which ends when it has them all. values[i] becomes as raw above,
 * data NULL when names[i] is not there; kinds[i], where kinds is not NULL, what it is. Returns how
 * many were found.
 */
unsigned t2m_member_scan(t2m_text_t line, const char *const names[], unsigned count,
                         t2m_text_t values[], t2m_member_e kinds[]);

/**
 * Decodes a string's raw value into out: at most room bytes, no NUL, whole characters only, so that
 * a value that does not fit is cut. Always valid UTF-8: surrogate halves and ill-formed bytes
 * become U+FFFD; a backslash that begins no escape is copied. Room for raw.size bytes is enough
 * unless there are ill-formed bytes, which take three. Returns the bytes written.
 */
apr_size_t t2m_member_unescape(t2m_text_t raw, char *out, apr_size_t room);

#endif
