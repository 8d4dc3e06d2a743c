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

/* The file of the key for X-T2M-Debug, which httpd's parent and `t2mlog debug-token` read: any
 * T2M_DEBUG_KEY_MIN to T2M_DEBUG_KEY_MAX bytes, an LF at their end not counted. */
#ifndef T2M_SHARED_DEBUG_KEY_H
#define T2M_SHARED_DEBUG_KEY_H

#include <apr_errno.h>

#include "core/debug_token.h"

/**
 * Reads the key. Refuses, with *why a static text for the administrator that names the cure, a file
 * that is missing, a symbolic link or no regular file, that group or others may read or write, and
 * one too short or too long; key->size is then 0. Returns APR_ENOENT for one that is missing,
 * APR_EACCES when this user may not read it, else another error.
 */
apr_status_t t2m_debug_key_read(const char *path, t2m_debug_key_t *key, const char **why);

/**
 * Makes the file, 0400 whatever the umask, with a new key of 256 random bits in hex digits.
 * Refuses, as t2m_debug_key_read does, when there is a file of that name already (APR_EEXIST).
 */
apr_status_t t2m_debug_key_make(const char *path, const char **why);

#endif
