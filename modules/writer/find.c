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

#include "core/moment.h"
#include "writer/find_id.h"
#include "writer/library.h"
#include "writer/terminal.h"
#include "writer/timeline.h"
#include "writer/window.h"

enum { OPTION_STREAM = T2M_OPTION_OWN, OPTION_SINCE, OPTION_UNTIL, OPTION_ALL, ID_MAX = 128 };

/* How far lines may stand from where their time says, and clocks from each other. */
static const apr_time_t slack = APR_TIME_C(10000000);

typedef struct {
    t2m_text_t id;
    const char *directory;
    t2m_stream_e stream;
    apr_time_t since; /* 0: from the beginning */
    apr_time_t until;
    int all, verbose, terminal;
    int timed;           /* the id says when its request began: start */
    apr_time_t start;
    int ended;           /* the request's last line was seen */
    unsigned long found; /* of the streams that are wanted */
    unsigned long seen;  /* of all that are read */
    apr_uint64_t taken, size; /* bytes read, out of how many */
    unsigned long files, searched;
} find_t;

static int take(void *context, int option, const char *argument);

static const apr_getopt_option_t options[] = {
    { "stream", OPTION_STREAM, 1, "only this stream; default: all five" },
    { "since", OPTION_SINCE, 1, "only lines of this time or later:\n" T2M_MOMENT_ALLOWED },
    { "until", OPTION_UNTIL, 1, "only lines of this time or earlier" },
    { "all", OPTION_ALL, 0, "reads all, whatever time the ID has in it" },
    T2M_OPTION_OF_DIR,
    { "verbose", 'v', 0, "names on standard error each file that is searched, and how much\n"
                         "of it was read" },
    T2M_OPTIONS_END
};

static const t2m_command_t command = {
    "t2mlog find", "ID [--stream STREAM] [--since TIME] [--until TIME] [--all] [--dir DIR] [-v]",
    "Prints every line that carries the ID: a request id, a trace id or an error_id, out of all\n"
    "streams, rotated and compressed files included, in the order of time, one JSON object a\n"
    "line. An id that the module made has the time in it at which its request began: only what\n"
    "was written from then until its access line is read. When there is nothing, all is read.\n"
    "The reading is itself recorded (admin_log_access).\n"
    "Exit code: 0 found, 1 nothing found, 2 not done or not all could be read.\n",
    options, take
};

static int take_time(const char *option, const char *argument, apr_time_t *time)
{
    if (t2m_moment_parse(t2m_text(argument), apr_time_now(), time) != T2M_MOMENT_OK) {
        return t2m_options_complain(&command, "%s: \"%s\" is none of: %s", option, argument,
                                    T2M_MOMENT_ALLOWED);
    }
    return T2M_EXIT_NONE;
}

static int take(void *context, int option, const char *argument)
{
    find_t *find = context;

    switch (option) {
    case OPTION_STREAM:
        find->stream = t2m_library_stream(&command, argument);
        return find->stream == T2M_STREAM_COUNT ? T2M_EXIT_TROUBLE : T2M_EXIT_NONE;
    case OPTION_SINCE:
        return take_time("--since", argument, &find->since);
    case OPTION_UNTIL:
        return take_time("--until", argument, &find->until);
    case OPTION_ALL:
        find->all = 1;
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
    find->id = t2m_text(id);
    if (find->id.size == 0 || find->id.size > ID_MAX || strspn(id, allowed) != find->id.size) {
        return t2m_options_complain(&command, "no id has 0 or more than 128 characters, or others "
                                              "than A-Z a-z 0-9 . _ ~ @ : -");
    }
    find->timed = !find->all && t2m_find_id_time(find->id, &find->start);
    return T2M_EXIT_NONE;
}

static int is_wanted(const void *context, const t2m_timeline_line_t *line)
{
    const find_t *find = context;

    return line->time >= find->since && line->time <= find->until
        && t2m_find_id_is_in(find->id, t2m_text_of(line->line.bytes, line->line.size));
}

static void print(void *context, const char *bytes, apr_size_t size)
{
    find_t *find = context;

    t2m_terminal_line(bytes, size, find->terminal);
    find->found++;
}

/* A moment as far before time as lines may be out of order. */
static apr_time_t before(apr_time_t time)
{
    return time > slack ? time - slack : 0;
}

static apr_time_t after(apr_time_t time)
{
    return time < APR_INT64_MAX - slack ? time + slack : APR_INT64_MAX;
}

/* The request's last line ends the search in all files. The line may stand behind later ones,
 * because the clock was set back: then the others may do so, too, and the latest of them counts. */
static void see(find_t *find, const t2m_library_t *library, t2m_timeline_t *timeline,
                const t2m_timeline_line_t *line)
{
    apr_time_t until = after(t2m_history_latest(library->histories[line->file]));

    find->seen++;
    if (find->timed && !find->ended
        && t2m_find_id_is_end(t2m_text_of(line->line.bytes, line->line.size))) {
        find->ended = 1;
        until = until > after(line->time) ? until : after(line->time);
        t2m_timeline_until(timeline, until < after(find->until) ? until : after(find->until));
    }
}

static void search(find_t *find, t2m_library_t *library)
{
    t2m_window_t *window = t2m_window_make(print, find);
    t2m_timeline_t *timeline = t2m_timeline_make(library->histories, library->count, is_wanted,
                                                 find);
    t2m_timeline_line_t line;
    int going = window && timeline;

    library->trouble |= !going;
    if (going) {
        t2m_timeline_search(timeline, find->id.data, find->id.size);
        t2m_timeline_until(timeline, after(find->until));
    }
    while (going && t2m_timeline_next(timeline, &line)) {
        see(find, library, timeline, &line);
        if (line.file < library->wanted) {
            going = t2m_window_put(window, line.time, line.line.bytes, line.line.size);
            library->trouble |= !going;
        }
    }
    t2m_timeline_free(timeline);
    t2m_window_end(window);
}

/* Returns nonzero when anything is left out. */
static int begin_at(const find_t *find, t2m_library_t *library)
{
    apr_time_t since = find->timed && find->start > find->since ? find->start : find->since;
    int left_out = 0;
    unsigned i;

    for (i = 0; i < library->count && (find->timed || since > 0 || find->until < APR_INT64_MAX);
         i++) {
        left_out |= t2m_history_since(library->histories[i], before(since));
    }
    return left_out;
}

/* The ID may be somebody else's, which only looks like ours. */
static void search_all(find_t *find, t2m_library_t *library)
{
    unsigned i;

    if (find->verbose) {
        t2m_options_note(&command, "nothing was written from the time in the ID on; reading all");
    }
    find->timed = 0;
    for (i = 0; i < library->count; i++) {
        t2m_history_rewind(library->histories[i]);
    }
    search(find, library);
}

static void say_cost(void *context, const char *path, apr_uint64_t taken, apr_uint64_t size,
                     int searched)
{
    find_t *find = context;

    find->taken += taken;
    find->size += size;
    find->files++;
    find->searched += searched != 0;
    if (searched) {
        t2m_options_note(&command, "%" APR_UINT64_T_FMT " of %" APR_UINT64_T_FMT " bytes of %s",
                         taken, size, path);
    }
}

static void say_costs(find_t *find, const t2m_library_t *library)
{
    unsigned i;

    for (i = 0; i < library->count; i++) {
        t2m_history_costs(library->histories[i], say_cost, find);
    }
    t2m_options_note(&command, "%" APR_UINT64_T_FMT " of %" APR_UINT64_T_FMT " bytes read, %lu of "
                     "%lu files searched", find->taken, find->size, find->searched, find->files);
}

static int run(find_t *find, t2m_library_t *library)
{
    int left_out = begin_at(find, library);

    search(find, library);
    if (find->timed && left_out && find->seen == 0) {
        search_all(find, library);
    }
    if (find->verbose) {
        say_costs(find, library);
    }
    if (!t2m_terminal_flush()) {
        t2m_options_note(&command, "standard output cannot be written");
        return T2M_EXIT_TROUBLE;
    }
    return library->trouble ? T2M_EXIT_TROUBLE : find->found ? T2M_EXIT_OK : T2M_EXIT_NOTHING;
}

int t2m_find_main(int argc, char **argv)
{
    find_t find = { .stream = T2M_STREAM_COUNT, .until = APR_INT64_MAX,
                    .terminal = isatty(STDOUT_FILENO) };
    t2m_library_t library = { .command = &command };
    t2m_words_t words;
    int code = t2m_options_read(&command, argc, argv, &find, &words);

    if (code == T2M_EXIT_NONE) {
        code = set_id(&find, &words);
    }
    if (code != T2M_EXIT_NONE) {
        return code;
    }
    library.verbose = find.verbose;
    library.with_access = find.timed; /* its line says when the request ended */
    code = t2m_library_open(&library, find.directory, find.stream, argc, argv);
    if (code == T2M_EXIT_NONE) {
        code = run(&find, &library);
    }
    t2m_library_close(&library);
    return code;
}
