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

/* See find.h. */
#include "writer/find.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/member.h"
#include "core/moment.h"
#include "writer/library.h"
#include "writer/terminal.h"
#include "writer/timeline.h"
#include "writer/window.h"

enum { OPTION_STREAM = T2M_OPTION_OWN, OPTION_SINCE, ID_MAX = 128 };

typedef struct {
    const char *id, *directory;
    apr_size_t id_size;
    t2m_stream_e stream;
    apr_time_t since; /* 0: from the beginning */
    int verbose, terminal;
    unsigned long found;
} find_t;

static int take(void *context, int option, const char *argument);

static const apr_getopt_option_t options[] = {
    { "stream", OPTION_STREAM, 1, "only this stream; default: all five" },
    { "since", OPTION_SINCE, 1, "only lines of this time or later:\n" T2M_MOMENT_ALLOWED },
    T2M_OPTION_OF_DIR,
    { "verbose", 'v', 0, "names each file on standard error as it is read" },
    T2M_OPTIONS_END
};

static const t2m_command_t command = {
    "t2mlog find", "ID [--stream STREAM] [--since TIME] [--dir DIR] [-v]",
    "Prints every line that carries the ID: a request id, a trace id or an error_id. Reads all\n"
    "streams, rotated and compressed files included, and prints in the order of time, one JSON\n"
    "object a line. The reading is itself recorded (admin_log_access).\n"
    "Exit code: 0 found, 1 nothing found, 2 not done or not all could be read.\n",
    options, take
};

static int take(void *context, int option, const char *argument)
{
    find_t *find = context;

    switch (option) {
    case OPTION_STREAM:
        find->stream = t2m_library_stream(&command, argument);
        return find->stream == T2M_STREAM_COUNT ? T2M_EXIT_TROUBLE : T2M_EXIT_NONE;
    case OPTION_SINCE:
        if (t2m_moment_parse(t2m_text(argument), apr_time_now(), &find->since) != T2M_MOMENT_OK) {
            return t2m_options_complain(&command, "--since: \"%s\" is none of: %s", argument,
                                        T2M_MOMENT_ALLOWED);
        }
        return T2M_EXIT_NONE;
    case T2M_OPTION_DIR:
        find->directory = argument;
        return T2M_EXIT_NONE;
    default:
        find->verbose = 1;
        return T2M_EXIT_NONE;
    }
}

static int set_id(find_t *find, const t2m_words_t *words)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                  "._~@:-";
    const char *id = words->count == 1 ? words->words[0] : NULL;

    if (!id) {
        return t2m_options_complain(&command, "name one ID");
    }
    find->id = id;
    find->id_size = strlen(id);
    if (find->id_size == 0 || find->id_size > ID_MAX || strspn(id, allowed) != find->id_size) {
        return t2m_options_complain(&command, "no id has 0 or more than 128 characters, or others "
                                              "than A-Z a-z 0-9 . _ ~ @ : -");
    }
    return T2M_EXIT_NONE;
}

/* The ids stand at the top of a record; T2MLogLayout may put some under extra_fields. */
static int has_id(const find_t *find, t2m_text_t object, t2m_text_t *nested)
{
    static const char *const names[] = { "request_id", "trace_id", "error_id", "extra_fields" };
    t2m_text_t values[4];
    t2m_member_e kinds[4];
    int i;

    (void)t2m_member_scan(object, names, 4, values, kinds);
    *nested = kinds[3] == T2M_MEMBER_OBJECT ? values[3] : t2m_text(NULL);
    for (i = 0; i < 3; i++) {
        if (kinds[i] == T2M_MEMBER_STRING && values[i].size == find->id_size
            && memcmp(values[i].data, find->id, find->id_size) == 0) {
            return 1;
        }
    }
    return 0;
}

static int is_wanted(const void *context, const t2m_timeline_line_t *line)
{
    const find_t *find = context;
    t2m_text_t record = t2m_text_of(line->line.bytes, line->line.size), nested;

    return line->time >= find->since
           && memmem(record.data, record.size, find->id, find->id_size)
           && (has_id(find, record, &nested) || (nested.data && has_id(find, nested, &nested)));
}

static void print(void *context, const char *bytes, apr_size_t size)
{
    find_t *find = context;

    t2m_terminal_line(bytes, size, find->terminal);
    find->found++;
}

static int search(find_t *find, t2m_library_t *library)
{
    t2m_window_t *window = t2m_window_make(print, find);
    t2m_timeline_t *timeline = t2m_timeline_make(library->histories, library->count, is_wanted,
                                                 find);
    t2m_timeline_line_t line;
    int going = window && timeline;

    library->trouble |= !going;
    while (going && t2m_timeline_next(timeline, &line)) {
        going = t2m_window_put(window, line.time, line.line.bytes, line.line.size);
        library->trouble |= !going;
    }
    t2m_timeline_free(timeline);
    t2m_window_end(window);
    if (!t2m_terminal_flush()) {
        t2m_options_note(&command, "standard output cannot be written");
        return T2M_EXIT_TROUBLE;
    }
    return library->trouble ? T2M_EXIT_TROUBLE : find->found ? T2M_EXIT_OK : T2M_EXIT_NOTHING;
}

int t2m_find_main(int argc, char **argv)
{
    find_t find = { .stream = T2M_STREAM_COUNT, .terminal = isatty(STDOUT_FILENO) };
    t2m_library_t library = { .command = &command };
    t2m_words_t words;
    unsigned i;
    int code = t2m_options_read(&command, argc, argv, &find, &words);

    if (code == T2M_EXIT_NONE) {
        code = set_id(&find, &words);
    }
    if (code != T2M_EXIT_NONE) {
        return code;
    }
    library.verbose = find.verbose;
    code = t2m_library_open(&library, find.directory, find.stream, argc, argv);
    for (i = 0; i < library.count; i++) {
        t2m_history_since(library.histories[i], find.since);
    }
    if (code == T2M_EXIT_NONE) {
        code = search(&find, &library);
    }
    t2m_library_close(&library);
    return code;
}
