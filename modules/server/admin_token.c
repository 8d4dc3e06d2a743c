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

/* See admin_token.h. */
#include "server/admin_token.h"

#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

/* The credentials of the scheme Bearer; empty for another one. */
static t2m_text_t bearer(const char *authorization)
{
    static const char scheme[] = "Bearer ";

    if (!authorization || strncasecmp(authorization, scheme, sizeof scheme - 1)) {
        return t2m_text(NULL);
    }
    authorization += sizeof scheme - 1;
    return t2m_text(authorization + strspn(authorization, " "));
}

int t2m_admin_token_given(const char *header, const char *authorization, t2m_text_t *given)
{
    t2m_text_t first = t2m_text(header), second = bearer(authorization);

    *given = first.size ? first : second;
    if (first.size && second.size
        && (first.size != second.size || memcmp(first.data, second.data, first.size) != 0)) {
        *given = t2m_text(NULL);
    }
    return given->size > 0;
}

const t2m_token_t *t2m_admin_token_find(const t2m_tokens_t *tokens, t2m_text_t given)
{
    apr_uint32_t count = tokens->count < T2M_TOKENS_MAX ? tokens->count : T2M_TOKENS_MAX;
    unsigned char hash[T2M_TOKEN_HASH_SIZE];
    int usable = given.size > 0 && given.size <= T2M_ADMIN_TOKEN_MAX;
    const t2m_token_t *found = NULL;

    if (!EVP_Digest(usable ? given.data : "", usable ? given.size : 0, hash, NULL, EVP_sha256(),
                    NULL)) {
        return NULL;
    }
    for (apr_uint32_t i = 0; i < count; i++) {
        int differs = CRYPTO_memcmp(hash, tokens->tokens[i].hash, sizeof hash);

        found = differs == 0 ? &tokens->tokens[i] : found;
    }
    return usable ? found : NULL;
}
