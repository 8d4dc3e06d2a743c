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

/* See options.h. */
#include "writer/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <apr_pools.h>
#include <apr_strings.h>

enum { HELP_COLUMN = 18, MESSAGE_MAX = 8192 };

static void print_usage(FILE *out, const t2m_command_t *command)
{
    (void)fprintf(out, "usage: %s %s\n", command->name, command->usage);
}

__attribute__((format(printf, 2, 0))) static void say(const t2m_command_t *command,
                                                     const char *format, va_list arguments)
{
    char text[MESSAGE_MAX];

    (void)apr_vsnprintf(text, sizeof(text), format, arguments);
    (void)fprintf(stderr, "%s: %s\n", command->name, text);
}

void t2m_options_note(const t2m_command_t *command, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(command, format, arguments);
    va_end(arguments);
}

int t2m_options_complain(const t2m_command_t *command, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    say(command, format, arguments);
    va_end(arguments);
    print_usage(stderr, command);
    return T2M_EXIT_TROUBLE;
}

/* The lines of a description stand below each other. */
static void print_description(const char *text)
{
    for (; *text; text++) {
        putchar(*text);
        if (*text == '\n') {
            printf("%*s", HELP_COLUMN, "");
        }
    }
    putchar('\n');
}

static void print_help(const t2m_command_t *command)
{
    const apr_getopt_option_t *option;

    print_usage(stdout, command);
    printf("\n%s\n", command->about);
    for (option = command->options; option->name; option++) {
        if (option->optch < T2M_OPTION_DIR) {
            printf("  -%c, --%-*s", option->optch, HELP_COLUMN - 8, option->name);
        } else {
            printf("      --%-*s", HELP_COLUMN - 8, option->name);
        }
        print_description(option->description);
    }
}

__attribute__((format(printf, 2, 3))) static void complain_of(void *context, const char *format,
                                                              ...)
{
    char text[MESSAGE_MAX];
    va_list arguments;

    (void)context;
    va_start(arguments, format);
    (void)apr_vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    (void)fputs(text, stderr);
}

static int read_options(const t2m_command_t *command, apr_getopt_t *reader, void *context)
{
    const char *argument;
    apr_status_t status;
    int option, code;

    while ((status = apr_getopt_long(reader, command->options, &option, &argument))
           == APR_SUCCESS) {
        if (option == T2M_OPTION_HELP) {
            print_help(command);
            return T2M_EXIT_OK;
        }
        code = command->take(context, option, argument);
        if (code != T2M_EXIT_NONE) {
            return code;
        }
    }
    if (status != APR_EOF) { /* the reader has said what is wrong */
        print_usage(stderr, command);
        return T2M_EXIT_TROUBLE;
    }
    return T2M_EXIT_NONE;
}

static int take_words(const t2m_command_t *command, const apr_getopt_t *reader,
                      t2m_words_t *words)
{
    int i;

    for (i = reader->ind; i < reader->argc; i++) {
        if (words->count == T2M_WORDS_MAX) {
            return t2m_options_complain(command, "\"%s\" is too much", reader->argv[i]);
        }
        words->words[words->count++] = reader->argv[i];
    }
    return T2M_EXIT_NONE;
}

int t2m_options_read(const t2m_command_t *command, int argc, char **argv, void *context,
                     t2m_words_t *words)
{
    apr_getopt_t *reader;
    apr_pool_t *pool;
    int code = T2M_EXIT_TROUBLE;

    memset(words, 0, sizeof(*words));
    if (apr_pool_create(&pool, NULL) != APR_SUCCESS) {
        return code;
    }
    if (apr_getopt_init(&reader, pool, argc, (const char *const *)argv) == APR_SUCCESS) {
        reader->interleave = 1;
        reader->errfn = complain_of;
        reader->argv[0] = command->name;
        code = read_options(command, reader, context);
    }
    if (code == T2M_EXIT_NONE) {
        code = take_words(command, reader, words);
    }
    apr_pool_destroy(pool);
    return code;
}
