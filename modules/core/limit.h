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

/* A limit on disk space: so many bytes, a part of the file system, or none. Pure; any thread. */
#ifndef T2M_CORE_LIMIT_H
#define T2M_CORE_LIMIT_H

#include <apr.h>

typedef enum { T2M_LIMIT_NONE, T2M_LIMIT_BYTES, T2M_LIMIT_PERCENT } t2m_limit_unit_e;

typedef struct {
    unsigned char unit; /* t2m_limit_unit_e */
    apr_uint64_t value; /* bytes, or 1 to 100 */
} t2m_limit_t;

/**
 * Reads a whole number of bytes with an optional K, M, G or T, a whole number from 0 to 100 with
 * `%`, or, where allow_none says so, `none`; letters in either case. 0 and 0% are no limit. Returns
 * NULL, or a static text that says what is allowed; *limit is then left alone.
 */
const char *t2m_limit_parse(const char *text, int allow_none, t2m_limit_t *limit);

/** The limit in bytes on a file system of that size; 0: none, also of one whose size is 0. */
apr_uint64_t t2m_limit_bytes(const t2m_limit_t *limit, apr_uint64_t file_system_size);

#endif
