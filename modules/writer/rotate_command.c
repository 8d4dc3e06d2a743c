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

/* See rotate_command.h. */
#include "writer/rotate_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "writer/place.h"

static int take(void *context, int option, const char *argument)
{
    const char **directory = context;

    (void)option; /* there is one */
    *directory = argument;
    return T2M_EXIT_NONE;
}

static const apr_getopt_option_t options[] = { T2M_OPTION_OF_DIR, T2M_OPTIONS_END };

static const t2m_command_t command = {
    "t2mlog rotate", "STREAM|all [--dir DIR]",
    "Has the running writer rotate the files of a stream (app, errors, access, security,\n"
    "performance) or of all, now. When it returns, it is done; an empty file stays as it is.\n",
    options, take
};

static int ask(const char *directory, const char *stream)
{
    char line[64], *answer = NULL;
    t2m_place_t place;
    int code = t2m_place_open(&place, &command, directory);

    if (code == T2M_EXIT_NONE) {
        (void)snprintf(line, sizeof(line), "rotate %s", stream);
        code = t2m_place_ask(&place, line, &answer) == APR_SUCCESS ? T2M_EXIT_OK
                                                                   : T2M_EXIT_TROUBLE;
        free(answer);
        if (place.offline) {
            t2m_options_note(&command, "no writer runs in %s: nothing is rotated", place.path);
            code = T2M_EXIT_NOTHING;
        }
    }
    t2m_place_close(&place);
    return code;
}

int t2m_rotate_main(int argc, char **argv)
{
    const char *directory = NULL, *name;
    t2m_words_t words;
    t2m_stream_e stream;
    int code = t2m_options_read(&command, argc, argv, &directory, &words);

    if (code != T2M_EXIT_NONE) {
        return code;
    }
    if (words.count != 1) {
        return t2m_options_complain(&command, "name one stream, or all");
    }
    stream = t2m_stream_parse(words.words[0]);
    name = strcasecmp(words.words[0], "all") == 0 ? "all" : t2m_stream_name(stream);
    if (!name) {
        return t2m_options_complain(&command, "unknown stream \"%s\"; allowed: app, errors, "
                                              "access, security, performance, all",
                                    words.words[0]);
    }
    return ask(directory, name);
}
