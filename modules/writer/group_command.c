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

/* See group_command.h. */
#include "writer/group_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/error_group.h"
#include "core/group_rule.h"
#include "writer/options.h"
#include "writer/terminal.h"

enum { OPTION_RULE = T2M_OPTION_OWN, RULES_MAX = 64 };

typedef struct {
    char *words;
    char id[T2M_FINGERPRINT_SIZE];
} rule_t;

typedef struct {
    rule_t rules[RULES_MAX];
    int count;
} rules_t;

static int take(void *context, int option, const char *argument);

static const apr_getopt_option_t options[] = {
    { "rule", OPTION_RULE, 1, "WORDS=NAME: as T2MLogErrorGroup \"WORDS\" NAME; may be repeated,\n"
                              "the first that fits counts" },
    T2M_OPTIONS_END
};

static const t2m_command_t command = {
    "t2mlog group", "[--rule WORDS=NAME ...] [< FILE]",
    "Reads messages from the standard input, one a line, and prints for each the group of errors\n"
    "(error_id) in which it counts, a tab, and its normalised form: `*` stands for what changes\n"
    "from one time to the next. Lines of httpd's error log will do; there a code such as AH00957\n"
    "stands for the message's template, so that the group is another than that of the log.\n",
    options, take
};

static int add_rule(rules_t *rules, const char *argument)
{
    const char *name = strrchr(argument, '=');
    rule_t *rule = &rules->rules[rules->count];
    const char *reason = NULL;

    if (!name || name == argument || !name[1]) {
        return t2m_options_complain(&command, "--rule: \"%s\" is not WORDS=NAME", argument);
    }
    if (rules->count == RULES_MAX) {
        return t2m_options_complain(&command, "--rule: more than %d rules", RULES_MAX);
    }
    rule->words = strndup(argument, (size_t)(name - argument));
    reason = rule->words ? t2m_group_rule_refuse(rule->words) : "no memory";
    if (reason) {
        return t2m_options_complain(&command, "--rule: \"%s\": %s", argument, reason);
    }
    t2m_group_rule_id(name + 1, rule->id);
    rules->count++;
    return T2M_EXIT_NONE;
}

static int take(void *context, int option, const char *argument)
{
    return option == OPTION_RULE ? add_rule(context, argument) : T2M_EXIT_NONE;
}

static void group_of(const rules_t *rules, t2m_text_t message, t2m_text_t pattern,
                     char out[T2M_ERROR_GROUP_SIZE])
{
    int i;

    for (i = 0; i < rules->count; i++) {
        if (t2m_group_rule_matches(rules->rules[i].words, message)) {
            memcpy(out, rules->rules[i].id, T2M_ERROR_GROUP_SIZE);
            return;
        }
    }
    t2m_error_group_pattern(pattern, out);
}

static void show(const rules_t *rules, const char *message, apr_size_t size, int terminal)
{
    char pattern[T2M_MESSAGE_PATTERN_MAX], group[T2M_ERROR_GROUP_SIZE];
    apr_size_t pattern_size = t2m_message_pattern(t2m_text_of(message, size), pattern);

    group_of(rules, t2m_text_of(message, size), t2m_text_of(pattern, pattern_size), group);
    printf("%.*s\t", T2M_ERROR_GROUP_SIZE, group);
    t2m_terminal_line(pattern, pattern_size, terminal);
}

/* Returns the exit code. */
static int show_lines(const rules_t *rules, FILE *in, int terminal)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t size;
    int code = T2M_EXIT_NOTHING;

    while ((size = getline(&line, &room, in)) >= 0) {
        show(rules, line, (apr_size_t)size, terminal); /* the line's end is a blank */
        code = T2M_EXIT_OK;
    }
    if (!feof(in)) {
        t2m_options_note(&command, "the standard input cannot be read: %s", strerror(errno));
        code = T2M_EXIT_TROUBLE;
    }
    free(line);
    return code;
}

int t2m_group_main(int argc, char **argv)
{
    static rules_t rules;
    t2m_words_t words;
    int code = t2m_options_read(&command, argc, argv, &rules, &words);

    if (code != T2M_EXIT_NONE) {
        return code;
    }
    if (words.count) {
        return t2m_options_complain(&command, "\"%s\" is too much: messages are read from the "
                                              "standard input", words.words[0]);
    }
    code = show_lines(&rules, stdin, isatty(STDOUT_FILENO));
    if (!t2m_terminal_flush()) {
        t2m_options_note(&command, "the output cannot be written");
        code = T2M_EXIT_TROUBLE;
    }
    return code;
}
