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

#include "writer/mask_test.h"
#include "writer/supervise.h"
#include "writer/writer.h"

static int version_main(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    printf("t2mlog %s\n", T2M_VERSION);
    return 0;
}

static int help_main(int argc, char **argv);

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* NULL: not for people */
} commands[] = {
    { "mask-test", t2m_mask_test_main, "reads text and shows what each masking rule does to it" },
    { "version", version_main, "prints the version" },
    { "help", help_main, "prints this" },
    { "--help", help_main, NULL },
    { "--version", version_main, NULL },
    { "supervise", t2m_supervise_main, NULL }, /* started by httpd */
    { "writer", t2m_writer_main, NULL },       /* started by supervise */
};

static int help_main(int argc, char **argv)
{
    size_t i;

    (void)argc;
    (void)argv;
    printf("usage: t2mlog COMMAND [ARGUMENT ...]\n\n");
    for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (commands[i].help) {
            printf("  %-10s  %s\n", commands[i].name, commands[i].help);
        }
    }
    printf("\nhttpd starts `t2mlog supervise` by itself when T2MLog is On.\n");
    return 0;
}

int main(int argc, char **argv)
{
    size_t i;
    int code = 2;

    if (apr_initialize() != APR_SUCCESS) {
        return 1;
    }
    for (i = 0; argc > 1 && i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            code = commands[i].run(argc - 1, argv + 1);
            apr_terminate();
            return code;
        }
    }
    if (argc > 1) {
        (void)fprintf(stderr, "t2mlog: unknown command \"%s\"\n", argv[1]);
    }
    (void)fprintf(stderr, "usage: t2mlog COMMAND [ARGUMENT ...]; t2mlog help lists the commands\n");
    apr_terminate();
    return code;
}
