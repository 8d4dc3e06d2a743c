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

/* See tail.h. */
#include "writer/tail.h"

#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "writer/last_seq.h"
#include "writer/library.h"
#include "writer/terminal.h"
#include "writer/timeline.h"

enum { LINES = 10, LINES_MAX = 1000000000, PAUSE_MS = 100 };

typedef struct {
    t2m_library_t logs;
    const char *directory;
    t2m_stream_e stream;
    apr_uint64_t lines;
    int follow, terminal;
    apr_uint64_t *seqs; /* of each file: the number of its last line that was read; 0: unknown */
} tail_t;

static int take(void *context, int option, const char *argument);

static const apr_getopt_option_t options[] = {
    { "follow", 'f', 0, "goes on with the lines that come, over rotations, until it is ended" },
    { "lines", 'n', 1, "how many lines; default: 10" },
    T2M_OPTION_OF_DIR,
    T2M_OPTIONS_END
};

static const t2m_command_t command = {
    "t2mlog tail", "[-f] [-n N] [STREAM] [--dir DIR]",
    "Prints the last lines of a stream: app, errors (the default), access, security or\n"
    "performance; out of rotated and compressed files when the live one has not as many. A stream\n"
    "with several files (virtual hosts) is printed in the order of time. The reading is itself\n"
    "recorded (admin_log_access).\n",
    options, take
};

static int take(void *context, int option, const char *argument)
{
    tail_t *tail = context;
    char *end;
    long lines;

    switch (option) {
    case 'f':
        tail->follow = 1;
        return T2M_EXIT_NONE;
    case 'n':
        lines = strtol(argument, &end, 10);
        if (*argument < '0' || *argument > '9' || *end || lines > LINES_MAX) {
            return t2m_options_complain(&command, "-n: \"%s\" is no number of lines; allowed: 0 to "
                                                  "%d", argument, LINES_MAX);
        }
        tail->lines = (apr_uint64_t)lines;
        return T2M_EXIT_NONE;
    default:
        tail->directory = argument;
        return T2M_EXIT_NONE;
    }
}

static void remember(tail_t *tail, unsigned file, const t2m_log_line_t *line)
{
    apr_uint64_t seq = t2m_seq_of_line(line->bytes, line->size);

    if (seq) {
        tail->seqs[file] = seq;
    }
}

static int flush(void)
{
    if (!t2m_terminal_flush()) {
        t2m_options_note(&command, "standard output cannot be written");
        return 0;
    }
    return 1;
}

/* Of several files, each has given its last lines: of these the last. */
static int print_last(tail_t *tail)
{
    t2m_timeline_t *timeline = t2m_timeline_make(tail->logs.histories, tail->logs.count,
                                                 NULL, NULL);
    t2m_timeline_line_t line;
    apr_uint64_t count = 0;
    unsigned i;

    for (i = 0; i < tail->logs.count; i++) {
        count += t2m_history_last(tail->logs.histories[i], tail->lines);
    }
    for (; timeline && t2m_timeline_next(timeline, &line); count -= count > 0) {
        if (count <= tail->lines) {
            t2m_terminal_line(line.line.bytes, line.line.size, tail->terminal);
        }
        remember(tail, line.file, &line.line);
    }
    t2m_timeline_free(timeline);
    return timeline && flush();
}

static void follow_file(tail_t *tail, unsigned file)
{
    t2m_history_t *history = tail->logs.histories[file];
    t2m_log_line_t line;

    do {
        while (t2m_history_next(history, &line) == APR_SUCCESS) {
            t2m_terminal_line(line.bytes, line.size, tail->terminal);
            remember(tail, file, &line);
        }
    } while (t2m_history_again(history, tail->seqs[file]) == APR_SUCCESS);
}

/* Nonzero when whoever read standard output is gone. Takes its time. */
static int is_alone(void)
{
    struct pollfd out = { STDOUT_FILENO, 0, 0 };

    return poll(&out, 1, PAUSE_MS) > 0;
}

/* Until a signal ends it, or nobody reads it any more. */
static int follow(tail_t *tail)
{
    unsigned i;

    do {
        for (i = 0; i < tail->logs.count; i++) {
            follow_file(tail, i);
        }
        if (!flush()) {
            return T2M_EXIT_TROUBLE;
        }
    } while (!is_alone());
    return T2M_EXIT_OK;
}

static int run(tail_t *tail)
{
    int code = T2M_EXIT_TROUBLE;

    tail->seqs = calloc(tail->logs.count, sizeof(*tail->seqs));
    if (tail->seqs && print_last(tail)) {
        code = tail->logs.trouble ? T2M_EXIT_TROUBLE : T2M_EXIT_OK;
        code = tail->follow ? follow(tail) : code;
    }
    free(tail->seqs);
    return code;
}

int t2m_tail_main(int argc, char **argv)
{
    tail_t tail = { .logs = { .command = &command }, .stream = T2M_STREAM_ERRORS,
                    .lines = LINES, .terminal = isatty(STDOUT_FILENO) };
    t2m_words_t words;
    int code = t2m_options_read(&command, argc, argv, &tail, &words);

    if (code == T2M_EXIT_NONE && words.count > 1) {
        code = t2m_options_complain(&command, "name one stream");
    }
    if (code == T2M_EXIT_NONE && words.count == 1) {
        tail.stream = t2m_library_stream(&command, words.words[0]);
        code = tail.stream == T2M_STREAM_COUNT ? T2M_EXIT_TROUBLE : T2M_EXIT_NONE;
    }
    if (code != T2M_EXIT_NONE) {
        return code;
    }
    code = t2m_library_open(&tail.logs, tail.directory, tail.stream, argc, argv);
    if (code == T2M_EXIT_NONE) {
        code = run(&tail);
    }
    t2m_library_close(&tail.logs);
    return code;
}
