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

/* The file of admin tokens: one `NAME:HASH` a line, HASH being the SHA-256 of the whole token in
 * lower-case hex; `#` begins a comment line, and a line may be empty. No token stands in it. */
#ifndef T2M_WRITER_TOKEN_FILE_H
#define T2M_WRITER_TOKEN_FILE_H

#include <apr_errno.h>

#include "shared/tables.h"

enum { T2M_TOKEN_BYTES = 32, T2M_TOKEN_TEXT_MAX = 64, T2M_TOKEN_FILE_MAX = 65536 };

/**
 * Nonzero for a name of 1 to 63 characters of A-Z a-z 0-9 . _ - that begins with a letter or digit.
 */
int t2m_token_name_valid(const char *name);

/**
 * Reads the file into tokens->tokens and tokens->count. Refuses, with *why a static text for the
 * administrator: a file that is missing, no regular file, readable or writable by group or others,
 * over T2M_TOKEN_FILE_MAX bytes, with more than T2M_TOKENS_MAX tokens or a line that is neither;
 * tokens->refused is then 1 and count 0.
 */
apr_status_t t2m_token_file_read(const char *path, t2m_tokens_t *tokens, const char **why);

/**
 * Makes a token (T2M_TOKEN_BYTES random bytes, base64url behind `t2m_`) with a NUL, and its hash.
 */
apr_status_t t2m_token_make(char token[T2M_TOKEN_TEXT_MAX],
                            unsigned char hash[T2M_TOKEN_HASH_SIZE]);

/**
 * Adds a token's line to the file, which is made 0600 when it is missing, whatever the umask; else
 * it is replaced by rename, and the new one has the owner of the old. Refuses as
 * t2m_token_file_read does, and APR_EEXIST when the name is there, APR_ENOSPC when the file has
 * T2M_TOKENS_MAX.
 */
apr_status_t t2m_token_file_add(const char *path, const char *name,
                                const unsigned char hash[T2M_TOKEN_HASH_SIZE], const char **why);

/** Takes a token's line out (the file is replaced by rename). APR_ENOENT: no such name. */
apr_status_t t2m_token_file_remove(const char *path, const char *name, const char **why);

#endif
