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

/* See token_command.h. */
#include "writer/token_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "writer/options.h"
#include "writer/terminal.h"
#include "writer/token_file.h"

enum { OPTION_FILE = T2M_OPTION_OWN, HASH_SHOWN = 6 };

static int take(void *context, int option, const char *argument)
{
    const char **file = context;

    (void)option; /* there is one */
    *file = argument;
    return T2M_EXIT_NONE;
}

static const apr_getopt_option_t options[] = {
    { "file", OPTION_FILE, 1, "the file that T2MLogAdminTokenFile names" }, T2M_OPTIONS_END
};

static const t2m_command_t command = {
    "t2mlog token", "new NAME --file FILE | list --file FILE | revoke NAME --file FILE",
    "new     makes an admin token of 256 bits and prints it alone on standard output: this once,\n"
    "        since only its hash is added to FILE, which is made (0600) when it is missing\n"
    "list    prints each token's name and the first digits of its hash\n"
    "revoke  takes a token out of FILE\n\n"
    "A running server takes over what has changed within a second.\n",
    options, take
};

static int fail(const char *path, const char *why)
{
    t2m_options_note(&command, "%s: %s", path, why ? why : "cannot be used");
    return T2M_EXIT_TROUBLE;
}

/* A token that nobody has seen is taken back. */
static int show(const char *token, const char *name, const char *path)
{
    const char *why;

    printf("%s\n", token);
    if (!t2m_terminal_flush()) {
        (void)t2m_token_file_remove(path, name, &why);
        t2m_options_note(&command, "standard output cannot be written: no token was made");
        return T2M_EXIT_TROUBLE;
    }
    t2m_options_note(&command, "the hash of the token \"%s\" was added to %s; the token itself is "
                               "stored nowhere", name, path);
    return T2M_EXIT_OK;
}

static int make(const char *name, const char *path)
{
    char token[T2M_TOKEN_TEXT_MAX];
    unsigned char hash[T2M_TOKEN_HASH_SIZE];
    const char *why = NULL;
    int code;

    if (!t2m_token_name_valid(name)) {
        return t2m_options_complain(&command, "\"%s\" is no name for a token; allowed: 1 to 63 of "
                                              "A-Z a-z 0-9 . _ -, a letter or digit first", name);
    }
    if (t2m_token_make(token, hash) != APR_SUCCESS) {
        t2m_options_note(&command, "the system gives no random numbers");
        return T2M_EXIT_TROUBLE;
    }
    code = t2m_token_file_add(path, name, hash, &why) == APR_SUCCESS ? show(token, name, path)
                                                                     : fail(path, why);
    OPENSSL_cleanse(token, sizeof(token));
    return code;
}

static void print_token(const t2m_token_t *token)
{
    int i;

    printf("%-24s ", token->name);
    for (i = 0; i < HASH_SHOWN; i++) {
        printf("%02x", token->hash[i]);
    }
    putchar('\n');
}

static int list(const char *path)
{
    t2m_tokens_t *tokens = calloc(1, sizeof(*tokens));
    const char *why = "out of memory";
    int code = T2M_EXIT_TROUBLE;
    apr_uint32_t i;

    if (tokens && t2m_token_file_read(path, tokens, &why) == APR_SUCCESS) {
        for (i = 0; i < tokens->count; i++) {
            print_token(&tokens->tokens[i]);
        }
        if (tokens->count == 0) {
            t2m_options_note(&command, "%s: has no token", path);
        }
        code = t2m_terminal_flush() ? T2M_EXIT_OK : T2M_EXIT_TROUBLE;
    } else {
        (void)fail(path, why);
    }
    free(tokens);
    return code;
}

static int take_out(const char *name, const char *path)
{
    const char *why = NULL;

    if (t2m_token_file_remove(path, name, &why) != APR_SUCCESS) {
        return fail(path, why);
    }
    t2m_options_note(&command, "the token \"%s\" was taken out of %s", name, path);
    return T2M_EXIT_OK;
}

int t2m_token_main(int argc, char **argv)
{
    const char *file = NULL, *verb, *name;
    t2m_words_t words;
    int code = t2m_options_read(&command, argc, argv, &file, &words);

    if (code != T2M_EXIT_NONE) {
        return code;
    }
    verb = words.count > 0 ? words.words[0] : "";
    name = words.count == 2 ? words.words[1] : NULL;
    if (!((strcmp(verb, "list") == 0 && words.count == 1)
          || ((strcmp(verb, "new") == 0 || strcmp(verb, "revoke") == 0) && name))) {
        return t2m_options_complain(&command, "say: new NAME, list, or revoke NAME");
    }
    if (!file || !*file) {
        return t2m_options_complain(&command, "name the file with --file");
    }
    if (!name) {
        return list(file);
    }
    return *verb == 'n' ? make(name, file) : take_out(name, file);
}
