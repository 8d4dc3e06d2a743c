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

/* The arguments of a sub-command: options anywhere, `--help` everywhere, one way of complaining. */
#ifndef T2M_WRITER_OPTIONS_H
#define T2M_WRITER_OPTIONS_H

#include <apr_getopt.h>

enum { T2M_WORDS_MAX = 3, T2M_OPTION_HELP = 'h', T2M_OPTION_DIR = 256, T2M_OPTION_OWN };

/* What every table of options ends with. */
#define T2M_OPTIONS_END                                \
    { "help", T2M_OPTION_HELP, 0, "prints this" },     \
    {                                                  \
        NULL, 0, 0, NULL                               \
    }
#define T2M_OPTION_OF_DIR                                                            \
    {                                                                                \
        "dir", T2M_OPTION_DIR, 1,                                                    \
            "the log directory (T2MLogDir); default: the environment's T2MLOG_DIR,"  \
            "\nelse the first that exists of /var/log/apache2/t2mlog,"               \
            "\n/var/log/httpd/t2mlog and /usr/local/apache2/logs/t2mlog"             \
    }

/* Exit codes of the command line, as grep has them: done; nothing was there (no line, no writer);
 * not done. NONE: go on. */
enum { T2M_EXIT_OK = 0, T2M_EXIT_NOTHING = 1, T2M_EXIT_TROUBLE = 2, T2M_EXIT_NONE = -1 };

typedef struct {
    const char *name;  /* "t2mlog tail" */
    const char *usage; /* what follows the name */
    const char *about; /* for --help, whole lines */
    const apr_getopt_option_t *options;
    /* Takes an option; returns T2M_EXIT_NONE or an exit code. */
    int (*take)(void *context, int option, const char *argument);
} t2m_command_t;

/* The arguments that are no options. */
typedef struct {
    const char *words[T2M_WORDS_MAX];
    int count;
} t2m_words_t;

/**
 * Reads the arguments behind argv[0]. Calls command->take with each option, whose argument lives as
 * long as argv. Returns T2M_EXIT_NONE to go on, else the exit code: after --help, or what take
 * returned, or T2M_EXIT_TROUBLE after a complaint. More than T2M_WORDS_MAX words are refused.
 */
int t2m_options_read(const t2m_command_t *command, int argc, char **argv, void *context,
                     t2m_words_t *words);

/** Prints the command's name and a message to standard error. */
void t2m_options_note(const t2m_command_t *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** The same, with the usage behind it. Returns T2M_EXIT_TROUBLE. */
int t2m_options_complain(const t2m_command_t *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
