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

/* Tests core/message_token: which tokens change, which are words. */
#include "core/message_token.h"

#include <stdlib.h>

#include "tap.h"

static const struct {
    const char *token;
    int variable, path;
} rows[] = {
    { "", 0, 0 },
    { "word", 0, 0 },
    { "*", 1, 0 },
    { "**", 0, 0 },
    { "5", 1, 0 },
    { "a5b", 1, 0 },
    { "http://a", 1, 1 },
    { "http:/", 0, 0 },
    { "://", 1, 1 },
    { "a/*/c", 0, 0 },
    { "/", 0, 0 },
    { "/*", 0, 0 },
    { "/a", 1, 1 },
    { "./a", 1, 1 },
    { "../a", 1, 1 },
    { "~/a", 1, 1 },
    { "C:\\a", 1, 1 },
    { "C:\\", 0, 0 },
    { "a/b", 0, 0 },
    { "a/", 0, 0 },
    { "a/b/c", 1, 1 },
    { "a/b.c", 1, 1 },
    { "a.b/c", 0, 0 },
    { "a.b", 0, 0 },
    { "example.com", 1, 0 },
    { "my-db.example.local", 1, 0 },
    { "localhost", 1, 0 },
    { "localhosx", 0, 0 },
    { "com", 0, 0 },
    { ".com", 0, 0 },
    { "a..com", 0, 0 },
    { "a.com.", 0, 0 },
    { "a$.com", 0, 0 },
    { "ada@example", 1, 0 },
    { "ada@", 0, 0 },
    { "@ada", 0, 0 },
    { "abcdefab-abcd-abcd-abcd-abcdefabcdef", 1, 0 },
    { "abcdefabcabcd-abcd-abcd-abcdefabcdef", 0, 0 },
    { "abcdefab-abcd-abcd-abcd-abcdefabcdeg", 0, 0 },
};

static void test_rows(void)
{
    size_t i;

    for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        apr_size_t size = strlen(rows[i].token);
        char *copy = malloc(size ? size : 1); /* a byte too far is seen */

        memcpy(copy, rows[i].token, size);
        is_number(t2m_message_token_is_variable(t2m_text_of(copy, size)), rows[i].variable,
                  rows[i].token);
        is_number(t2m_message_token_is_path(t2m_text_of(copy, size)), rows[i].path, "a path");
        free(copy);
    }
}

static void test_long(void)
{
    char token[97];

    memset(token, 'x', sizeof(token));
    ok(!t2m_message_token_is_variable(t2m_text_of(token, 96)), "96 bytes can be a word");
    ok(t2m_message_token_is_variable(t2m_text_of(token, 97)), "97 cannot");
    token[50] = '*';
    ok(!t2m_message_token_is_variable(t2m_text_of(token, 97)), "but with a mark");
}

int main(void)
{
    test_rows();
    test_long();
    return tap_done();
}
