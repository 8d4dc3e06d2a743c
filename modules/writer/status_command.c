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

/* See status_command.h. */
#include "writer/status_command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_strings.h>
#include <apr_time.h>
#include <jansson.h>

#include "writer/history.h"
#include "writer/place.h"
#include "writer/terminal.h"

enum { OPTION_JSON = T2M_OPTION_OWN };

typedef struct {
    const char *directory;
    int json;
} status_t;

static int take(void *context, int option, const char *argument)
{
    status_t *status = context;

    if (option == OPTION_JSON) {
        status->json = 1;
    } else {
        status->directory = argument;
    }
    return T2M_EXIT_NONE;
}

static const apr_getopt_option_t options[] = {
    T2M_OPTION_OF_DIR,
    { "json", OPTION_JSON, 0, "prints one JSON object" },
    T2M_OPTIONS_END
};

static const t2m_command_t command = {
    "t2mlog status", "[--dir DIR] [--json]",
    "Prints what the running writer says of itself, of its files and of the disk. When none runs,\n"
    "prints the sizes of the files that have the default names, and the exit code is 1.\n",
    options, take
};

static json_int_t number(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static const char *text(const json_t *object, const char *name)
{
    const char *value = json_string_value(json_object_get(object, name));

    return value ? value : "-";
}

/* As people read sizes: `512`, `12K`, ` 48M`. */
static const char *size_text(json_int_t size, char buffer[5])
{
    return apr_strfsize(size, buffer);
}

static void print_shed(const json_t *state)
{
    const json_t *list = json_object_get(state, "shed");
    size_t i;

    if (json_array_size(list) == 0) {
        return;
    }
    printf("SHED      the disk is short: nothing is written of");
    for (i = 0; i < json_array_size(list); i++) {
        printf("%s %s", i ? "," : "", json_string_value(json_array_get(list, i)));
    }
    printf("\n");
}

static void print_head(const t2m_place_t *place, const json_t *state)
{
    const json_t *disk = json_object_get(state, "disk");
    char free_text[5], size[5], logs[5];
    apr_time_t seconds = apr_time_sec(apr_time_now()) - number(state, "made");

    printf("directory %s\n", place->path);
    printf("writer    process %lld, with what it knows from %lld h %lld min ago, "
           "settings %lld\n", (long long)number(state, "writer_pid"), (long long)(seconds / 3600),
           (long long)(seconds / 60 % 60), (long long)number(state, "settings"));
    printf("disk      %s of %s free, logs %s; %lld files deleted, %lld compressed\n",
           size_text(number(disk, "free"), free_text), size_text(number(disk, "size"), size),
           size_text(number(disk, "logs"), logs), (long long)number(state, "deleted"),
           (long long)number(state, "compressed"));
    print_shed(state);
}

static void print_file(const json_t *file)
{
    char size[5];
    const char *path = text(file, "path");

    printf("%-12s %5s %12lld %12lld %9lld  %-5s ", text(file, "stream"),
           size_text(number(file, "size"), size), (long long)number(file, "seq"),
           (long long)number(file, "lines"), (long long)number(file, "rotations"),
           json_is_true(json_object_get(file, "open")) ? "yes" : "no");
    t2m_terminal_line(path, strlen(path), 1);
}

static void print_running(const t2m_place_t *place, const json_t *state)
{
    const json_t *files = json_object_get(state, "files");
    size_t i;

    print_head(place, state);
    printf("\n%-12s %5s %12s %12s %9s  %-5s %s\n", "STREAM", "SIZE", "SEQ", "LINES", "ROTATIONS",
           "OPEN", "FILE");
    for (i = 0; i < json_array_size(files); i++) {
        print_file(json_array_get(files, i));
    }
}

/* What can be known of a file without the writer. */
static json_t *look_at(const t2m_place_file_t *file)
{
    t2m_history_sum_t sum = { 0, 0, 0, 0 };
    t2m_history_t *history;

    if (t2m_history_open(file->path, NULL, NULL, &history) == APR_SUCCESS) {
        t2m_history_sum(history, &sum);
    }
    t2m_history_close(history);
    return json_pack("{s:s, s:s, s:b, s:I, s:I, s:I}", "stream", t2m_stream_name(file->stream),
                     "path", file->path, "exists", sum.live, "size", (json_int_t)sum.live_size,
                     "rotated", (json_int_t)sum.rotated, "rotated_size",
                     (json_int_t)sum.rotated_size);
}

static json_t *look(const t2m_place_files_t *files)
{
    json_t *list = json_array();
    unsigned i;

    for (i = 0; i < files->count; i++) {
        (void)json_array_append_new(list, look_at(&files->files[i]));
    }
    return json_pack("{s:o}", "files", list);
}

static void print_offline(const t2m_place_t *place, const json_t *state)
{
    const json_t *files = json_object_get(state, "files"), *file;
    char size[5], rotated[5];
    size_t i;

    printf("directory %s\nwriter    none runs\n\n%-12s %5s %8s %12s  %s\n", place->path, "STREAM",
           "SIZE", "ROTATED", "ROTATED SIZE", "FILE");
    for (i = 0; (file = json_array_get(files, i)) != NULL; i++) {
        const char *path = text(file, "path");

        printf("%-12s %5s %8lld %12s  ", text(file, "stream"),
               json_is_true(json_object_get(file, "exists"))
                   ? size_text(number(file, "size"), size) : "none",
               (long long)number(file, "rotated"),
               size_text(number(file, "rotated_size"), rotated));
        t2m_terminal_line(path, strlen(path), 1);
    }
}

static void print(const status_t *status, const t2m_place_t *place, const json_t *state)
{
    if (status->json) {
        (void)json_dumpf(state, stdout, JSON_COMPACT);
        putchar('\n');
    } else if (place->offline) {
        print_offline(place, state);
    } else {
        print_running(place, state);
    }
}

static json_t *offline_state(t2m_place_t *place)
{
    t2m_place_files_t files = { NULL, 0 };
    json_t *state = NULL;

    if (t2m_place_files(place, T2M_STREAM_COUNT, &files) == T2M_EXIT_NONE && place->offline) {
        state = look(&files);
    }
    t2m_place_files_free(&files);
    return state;
}

static int run(const status_t *status, t2m_place_t *place)
{
    char *answer = NULL;
    apr_status_t asked = t2m_place_ask(place, "status", &answer);
    json_t *state = NULL;
    int code = T2M_EXIT_TROUBLE;

    if (asked == APR_SUCCESS) {
        state = json_loads(answer, 0, NULL);
    } else if (asked == APR_ENOENT) {
        state = offline_state(place);
    }
    free(answer);
    if (state) {
        print(status, place, state);
        code = !t2m_terminal_flush() ? T2M_EXIT_TROUBLE
             : place->offline ? T2M_EXIT_NOTHING : T2M_EXIT_OK;
    } else if (asked == APR_SUCCESS || asked == APR_ENOENT) {
        t2m_options_note(&command, "the writer of %s gave no answer that can be read", place->path);
    }
    json_decref(state);
    return code;
}

int t2m_status_main(int argc, char **argv)
{
    status_t status = { NULL, 0 };
    t2m_place_t place;
    t2m_words_t words;
    int code = t2m_options_read(&command, argc, argv, &status, &words);

    if (code == T2M_EXIT_NONE && words.count > 0) {
        code = t2m_options_complain(&command, "\"%s\" is too much", words.words[0]);
    }
    if (code != T2M_EXIT_NONE) {
        return code;
    }
    code = t2m_place_open(&place, &command, status.directory);
    if (code == T2M_EXIT_NONE) {
        code = run(&status, &place);
    }
    t2m_place_close(&place);
    return code;
}
