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

/* See debug_token_command.h. */
#include "writer/debug_token_command.h"

#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "core/debug_token.h"
#include "core/moment.h"
#include "core/timestamp.h"
#include "shared/debug_key.h"
#include "writer/options.h"
#include "writer/terminal.h"

enum { OPTION_KEY = T2M_OPTION_OWN, OPTION_FOR, OPTION_LABEL, OPTION_CREATE };

typedef struct {
    const char *key, *label;
    apr_interval_time_t life;
    int create;
} request_t;

static int take(void *context, int option, const char *argument);

static const apr_getopt_option_t options[] = {
    { "key", OPTION_KEY, 1, "the file that T2MLogDebugHeader names" },
    { "for", OPTION_FOR, 1, "how long the value is good: digits and one of s m h d, from 1s to\n"
                            "24h; default: 10m" },
    { "label", OPTION_LABEL, 1, "whose it is, 1 to 32 of A-Z a-z 0-9 _ -, for the event\n"
                                "debug_request; default: debug" },
    { "create", OPTION_CREATE, 0, "makes the key first: FILE must not be there yet; the server\n"
                                  "reads it at its next start or restart" },
    T2M_OPTIONS_END
};

static const t2m_command_t command = {
    "t2mlog debug-token", "--key FILE [--for TIME] [--label NAME] [--create]",
    "Prints a value for the header X-T2M-Debug, alone on standard output. A request that carries\n"
    "it is logged at level trace8, whatever LogLevel and T2MLogLevel say, and no other is:\n"
    "  curl -H \"X-T2M-Debug: $(t2mlog debug-token --key FILE)\" https://www.example.org/\n"
    "Whoever has the value can do so until it expires: nothing else takes it back but a new key\n"
    "and a restart of the server. --create --key FILE makes the key.\n",
    options, take
};

/* The span's length; 0 for what is none. */
static apr_interval_time_t read_span(const char *argument)
{
    const apr_time_t now = T2M_DEBUG_LIFE_MAX * 2;
    t2m_text_t text = t2m_text(argument);
    apr_time_t moment;

    if (text.size < 2 || !strchr("smhd", text.data[text.size - 1])
        || t2m_moment_parse(text, now, &moment) != T2M_MOMENT_OK) {
        return 0;
    }
    return now - moment;
}

static int take_life(request_t *request, const char *argument)
{
    request->life = read_span(argument);
    if (request->life < apr_time_from_sec(1) || request->life > T2M_DEBUG_LIFE_MAX) {
        return t2m_options_complain(&command, "--for: \"%s\" is no such time; allowed: digits and "
                                              "one of s m h d, from 1s to 24h", argument);
    }
    return T2M_EXIT_NONE;
}

static int take_label(request_t *request, const char *argument)
{
    request->label = argument;
    if (!t2m_debug_label_valid(t2m_text(argument))) {
        return t2m_options_complain(&command, "--label: \"%s\" is none; allowed: 1 to %d of "
                                              "A-Z a-z 0-9 _ -", argument, T2M_DEBUG_LABEL_MAX);
    }
    return T2M_EXIT_NONE;
}

static int take(void *context, int option, const char *argument)
{
    request_t *request = context;

    switch (option) {
    case OPTION_FOR:
        return take_life(request, argument);
    case OPTION_LABEL:
        return take_label(request, argument);
    case OPTION_CREATE:
        request->create = 1;
        return T2M_EXIT_NONE;
    default:
        request->key = argument;
        return T2M_EXIT_NONE;
    }
}

static int fail(const char *path, const char *why)
{
    t2m_options_note(&command, "%s: %s", path, why);
    return T2M_EXIT_TROUBLE;
}

static int print_value(const request_t *request, const t2m_debug_key_t *key)
{
    apr_time_t expiry = apr_time_now() + request->life;
    char value[T2M_DEBUG_TOKEN_MAX], timestamp[T2M_TIMESTAMP_SIZE];

    if (!t2m_debug_token_write(key, expiry, t2m_text(request->label), value)) {
        return fail(request->key, "libcrypto makes no HMAC-SHA-256 with it");
    }
    printf("%s\n", value);
    OPENSSL_cleanse(value, sizeof(value));
    if (!t2m_terminal_flush()) {
        t2m_options_note(&command, "standard output cannot be written");
        return T2M_EXIT_TROUBLE;
    }
    t2m_timestamp_write(apr_time_from_sec(apr_time_sec(expiry)), timestamp);
    t2m_options_note(&command, "good until %.*s; send it as: curl -H 'X-T2M-Debug: VALUE' URL",
                     (int)sizeof(timestamp), timestamp);
    return T2M_EXIT_OK;
}

static int make_key(const char *path)
{
    const char *why;

    if (t2m_debug_key_make(path, &why) != APR_SUCCESS) {
        return fail(path, why);
    }
    t2m_options_note(&command, "%s: a new key; the server takes it over when it is started or "
                               "restarted", path);
    return T2M_EXIT_NONE;
}

static int run(const request_t *request)
{
    int code = request->create ? make_key(request->key) : T2M_EXIT_NONE;
    t2m_debug_key_t key;
    const char *why;

    if (code != T2M_EXIT_NONE) {
        return code;
    }
    code = t2m_debug_key_read(request->key, &key, &why) == APR_SUCCESS
               ? print_value(request, &key)
               : fail(request->key, why);
    OPENSSL_cleanse(&key, sizeof(key));
    return code;
}

int t2m_debug_token_main(int argc, char **argv)
{
    request_t request = { .label = "debug", .life = apr_time_from_sec(600) };
    t2m_words_t words;
    int code = t2m_options_read(&command, argc, argv, &request, &words);

    if (code != T2M_EXIT_NONE) {
        return code;
    }
    if (words.count > 0) {
        return t2m_options_complain(&command, "\"%s\" is too much", words.words[0]);
    }
    if (!request.key || !*request.key) {
        return t2m_options_complain(&command, "name the key's file with --key");
    }
    return run(&request);
}
