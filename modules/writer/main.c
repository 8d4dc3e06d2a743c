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

/* The program t2mlog: one sub-command a file. */
#include <stdio.h>
#include <string.h>

#include <apr_general.h>

#include "writer/debug_token_command.h"
#include "writer/find.h"
#include "writer/group_command.h"
#include "writer/mask_test.h"
#include "writer/rotate_command.h"
#include "writer/status_command.h"
#include "writer/supervise.h"
#include "writer/tail.h"
#include "writer/token_command.h"
#include "writer/trace_command.h"
#include "writer/verify_command.h"
#include "writer/writer.h"

typedef struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* NULL: not for people */
    int plain;        /* it takes no arguments and does not know --help */
} command_t;

static int version_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("t2mlog %s\n", T2M_VERSION);
    return 0;
}

static int help_main(int argc, char **argv);

static const command_t commands[] = {
    { "status", t2m_status_main, "shows what the writer does, its files and the disk", 0 },
    { "tail", t2m_tail_main, "prints the last lines of a stream, -f: and those that come", 0 },
    { "find", t2m_find_main, "prints every line of a request, a trace or a group of errors", 0 },
    { "verify", t2m_verify_main, "proves that the files are whole, or says what is wrong", 0 },
    { "rotate", t2m_rotate_main, "rotates a stream's files now", 0 },
    { "token", t2m_token_main, "makes, lists and revokes tokens for the admin endpoints", 0 },
    { "debug-token", t2m_debug_token_main,
      "makes a value for X-T2M-Debug, by which one request is logged in full", 0 },
    { "group", t2m_group_main, "shows in which group of errors a message counts", 0 },
    { "trace", t2m_trace_main, "shows the exception that a stack trace tells of, as JSON", 0 },
    { "mask-test", t2m_mask_test_main, "shows what each masking rule does to a text", 0 },
    { "version", version_main, "prints the version", 1 },
    { "help", help_main, "prints this, or the help of a command", 0 },
    { "--help", help_main, NULL, 0 },
    { "-h", help_main, NULL, 0 },
    { "--version", version_main, NULL, 1 },
    { "supervise", t2m_supervise_main, NULL, 1 }, /* started by httpd */
    { "writer", t2m_writer_main, NULL, 1 },       /* started by supervise */
};

static const command_t *find_command(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return &commands[i];
        }
    }
    return NULL;
}

static int is_help(const char *word)
{
    return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

static int print_overview(void)
{
    size_t i;

    printf("usage: t2mlog COMMAND [ARGUMENT ...]\n\n");
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (commands[i].help) {
            printf("  %-11s  %s\n", commands[i].name, commands[i].help);
        }
    }
    printf("\n`t2mlog COMMAND --help` says more. "
           "httpd starts `t2mlog supervise` by itself when T2MLog is On.\n");
    return 0;
}

static int print_plain(const command_t *command)
{
    printf("usage: t2mlog %s\n\n%s\n", command->name,
           command->help ? command->help
           : command->run == version_main ? "prints the version"
                                          : "httpd starts it by itself; it is not for people");
    return 0;
}

static int complain_of(const char *name)
{
    (void)fprintf(stderr, "t2mlog: unknown command \"%s\"\n"
                          "usage: t2mlog COMMAND [ARGUMENT ...]; t2mlog help lists the commands\n",
                  name);
    return 2;
}

static int help_main(int argc, char **argv)
{
    static char option[] = "--help";
    const command_t *command = argc > 1 && !is_help(argv[1]) ? find_command(argv[1]) : NULL;
    char *arguments[] = { argc > 1 ? argv[1] : option, option, NULL };

    if (argc > 1 && !command && !is_help(argv[1])) {
        return complain_of(argv[1]);
    }
    if (command && command->run != help_main) {
        return command->plain ? print_plain(command) : command->run(2, arguments);
    }
    return print_overview();
}

static int run(int argc, char **argv)
{
    const command_t *command = argc > 1 ? find_command(argv[1]) : NULL;

    if (argc < 2) {
        (void)fprintf(stderr, "usage: t2mlog COMMAND [ARGUMENT ...]; "
                              "t2mlog help lists the commands\n");
        return 2;
    }
    if (!command) {
        return complain_of(argv[1]);
    }
    if (command->plain && argc > 2 && is_help(argv[2])) {
        return print_plain(command);
    }
    if (command->run == version_main && argc > 2) {
        (void)fprintf(stderr, "t2mlog version: \"%s\" is too much\nusage: t2mlog version\n",
                      argv[2]);
        return 2;
    }
    return command->run(argc - 1, argv + 1);
}

int main(int argc, char **argv)
{
    int code;

    if (apr_initialize() != APR_SUCCESS) {
        return 1;
    }
    code = run(argc, argv);
    apr_terminate();
    return code;
}
