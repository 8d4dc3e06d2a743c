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

/* The token that a request shows, and whose it is. Pure but for libcrypto; any thread. */
#ifndef T2M_SERVER_ADMIN_TOKEN_H
#define T2M_SERVER_ADMIN_TOKEN_H

#include "core/text.h"
#include "shared/tables.h"

enum { T2M_ADMIN_TOKEN_MAX = 512 }; /* bytes of a token; a longer one is none */

/**
 * The token in the values of the headers X-Admin-Token and Authorization (`Bearer TOKEN`), each
 * NULL when it is not there. httpd joins headers of one name by a comma, and so no token of two is
 * taken for one. Returns 0, and an empty text, when there is none or the two are not the same.
 */
int t2m_admin_token_given(const char *header, const char *authorization, t2m_text_t *given);

/**
 * The token on the list with the SHA-256 hash of what was given; NULL when there is none, and when
 * libcrypto fails. Every one on the list is compared whatever comes before it, in a time that does
 * not depend on where they differ.
 */
const t2m_token_t *t2m_admin_token_find(const t2m_tokens_t *tokens, t2m_text_t given);

#endif
