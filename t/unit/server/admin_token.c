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

/* Tests of server/admin_token.c. The hashes are those of sha256sum. */
#include "server/admin_token.h"

#include "tap.h"

static void put_token(t2m_tokens_t *tokens, const char *name, const char *hash)
{
    t2m_token_t *token = &tokens->tokens[tokens->count++];

    memset(token, 0, sizeof *token);
    memcpy(token->name, name, strlen(name));
    for (int i = 0; i < T2M_TOKEN_HASH_SIZE; i++) {
        unsigned byte;
        if (sscanf(hash + 2 * i, "%2x", &byte) != 1) {
            ok(0, "a hash of 64 digits");
            return;
        }
        token->hash[i] = (unsigned char)byte;
    }
}

/* printf %s correct-horse | sha256sum, and so on. */
static const char horse[] = "9dca666eb54730714630d1519264a7bf1eeaad00b8f2edc90d3ecbfad928d163";
static const char battery[] = "481fd32833966be5ea069e1ee38aab255d779d5510123c244d08de4194bbbee6";
static const char nothing[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
static const char longest[] = "471be6558b665e4f6dd49f1184814d1491b0315d466beea768c153cc5500c836";
static const char too_long[] = "02425c0f5b0dabf3d2b9115f3f7723a02ad8bcfb1534a0d231614fd42b8188f6";

static void is_whose(const t2m_tokens_t *tokens, const char *given, const char *name)
{
    const t2m_token_t *found = t2m_admin_token_find(tokens, t2m_text(given));

    ok(name ? found && !strcmp(found->name, name) : !found, "'%.40s' is %s", given,
       name ? name : "nobody's");
}

static void check_find(void)
{
    static t2m_tokens_t tokens;
    char many[T2M_ADMIN_TOKEN_MAX + 2];

    is_whose(&tokens, "correct-horse", NULL);
    put_token(&tokens, "first", horse);
    put_token(&tokens, "second", battery);
    put_token(&tokens, "empty", nothing);
    put_token(&tokens, "long", longest);
    put_token(&tokens, "too long", too_long);
    is_whose(&tokens, "correct-horse", "first");
    is_whose(&tokens, "battery-staple", "second");
    is_whose(&tokens, "correct-hors", NULL);
    is_whose(&tokens, "correct-horse ", NULL);
    is_whose(&tokens, "Correct-horse", NULL);
    is_whose(&tokens, "correct-horse, correct-horse", NULL);
    is_whose(&tokens, horse, NULL); /* the hash is not the token */
    is_whose(&tokens, "", NULL);    /* though the list has its hash */
    memset(many, 'a', sizeof many);
    many[T2M_ADMIN_TOKEN_MAX] = '\0';
    is_whose(&tokens, many, "long");
    many[T2M_ADMIN_TOKEN_MAX] = 'a';
    many[T2M_ADMIN_TOKEN_MAX + 1] = '\0';
    is_whose(&tokens, many, NULL);
}

static void check_full_list(void)
{
    static t2m_tokens_t tokens;

    while (tokens.count < T2M_TOKENS_MAX - 1) {
        put_token(&tokens, "other", battery);
    }
    put_token(&tokens, "last", horse);
    is_whose(&tokens, "correct-horse", "last");
    tokens.count = 0xffffffff; /* a list is not believed */
    is_whose(&tokens, "correct-horse", "last");
    is_whose(&tokens, "nobody-knows", NULL);
}

typedef struct {
    const char *header;
    const char *authorization;
    const char *want; /* NULL: none */
} given_t;

static const given_t givens[] = {
    { NULL, NULL, NULL },
    { "", NULL, NULL },
    { "abc", NULL, "abc" },
    { NULL, "Bearer abc", "abc" },
    { NULL, "bEARER   abc", "abc" },
    { "abc", "Bearer abc", "abc" },
    { "abc", "Bearer abd", NULL },
    { "abc", "Bearer abcd", NULL },
    { "abcd", "Bearer abc", NULL },
    { "abc", "Basic abc", "abc" },
    { "", "Bearer abc", "abc" },
    { "abc", "Bearer ", "abc" },
    { NULL, "Bearer", NULL },
    { NULL, "Bearer ", NULL },
    { NULL, "Bearer   ", NULL },
    { NULL, "Bearerabc", NULL },
    { NULL, "Basic YTpi", NULL },
    { NULL, "", NULL },
    { "abc, abc", NULL, "abc, abc" }, /* two headers: one text that is no token */
};

static void check_given(const given_t *c)
{
    t2m_text_t given;
    int found = t2m_admin_token_given(c->header, c->authorization, &given);

    ok(found == (c->want != NULL), "'%s' and '%s': %s", c->header ? c->header : "(none)",
       c->authorization ? c->authorization : "(none)", c->want ? "one" : "none");
    ok(given.size == (c->want ? strlen(c->want) : 0)
           && (!c->want || !memcmp(given.data, c->want, given.size)), "  the right one");
}

int main(void)
{
    check_find();
    check_full_list();
    for (unsigned i = 0; i < sizeof givens / sizeof *givens; i++) {
        check_given(&givens[i]);
    }
    return tap_done();
}
