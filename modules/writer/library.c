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

/* See library.h. */
#include "writer/library.h"

#include <stdlib.h>
#include <string.h>

/* What is wrong with a file, as history.h and compressed.h say it. */
static void report(void *context, const char *path, apr_status_t status)
{
    t2m_library_t *library = context;
    char text[128];

    if (status == APR_SUCCESS) {
        if (library->verbose) {
            t2m_options_note(library->command, "reading %s", path);
        }
        return;
    }
    library->trouble = 1;
    if (status == APR_INCOMPLETE || status == APR_EGENERAL) {
        t2m_options_note(library->command, "%s: %s; the lines before that were read", path,
                         status == APR_INCOMPLETE ? "ends too early" : "is damaged");
    } else if (status == APR_ENOTIMPL) {
        t2m_options_note(library->command, "%s: this program was built without zstd", path);
    } else {
        t2m_options_note(library->command, "%s: %s", path,
                         apr_strerror(status, text, sizeof(text)));
    }
}

static int open_history(t2m_library_t *library, const char *path)
{
    char text[128];
    apr_status_t status = t2m_history_open(path, report, library,
                                           &library->histories[library->count]);

    if (status != APR_SUCCESS) {
        t2m_options_note(library->command, "%s: %s", path,
                         status == EMFILE ? "has more rotated files than may be open at once: "
                                            "raise `ulimit -n`"
                                          : apr_strerror(status, text, sizeof(text)));
        return T2M_EXIT_TROUBLE;
    }
    library->count++;
    return T2M_EXIT_NONE;
}

static int has_path(const t2m_place_files_t *files, const char *path)
{
    unsigned i;

    for (i = 0; i < files->count; i++) {
        if (strcmp(files->files[i].path, path) == 0) {
            return 1;
        }
    }
    return 0;
}

static int open_histories(t2m_library_t *library, const t2m_place_files_t *files,
                          const t2m_place_files_t *beside)
{
    int code = T2M_EXIT_NONE;
    unsigned i;

    library->histories = calloc(files->count + beside->count, sizeof(*library->histories));
    if (!library->histories) {
        return T2M_EXIT_TROUBLE;
    }
    for (i = 0; i < files->count && code == T2M_EXIT_NONE; i++) {
        code = open_history(library, files->files[i].path);
    }
    library->wanted = library->count;
    for (i = 0; i < beside->count && code == T2M_EXIT_NONE; i++) {
        if (beside->files[i].stream == T2M_STREAM_ACCESS
            && !has_path(files, beside->files[i].path)) {
            code = open_history(library, beside->files[i].path);
        }
    }
    return code;
}

int t2m_library_open(t2m_library_t *library, const char *directory, t2m_stream_e stream, int argc,
                     char **argv)
{
    t2m_place_files_t files = { NULL, 0 }, beside = { NULL, 0 };
    t2m_place_t place;
    int code = t2m_place_open(&place, library->command, directory);

    library->histories = NULL;
    library->count = library->wanted = 0;
    if (code == T2M_EXIT_NONE) {
        code = t2m_place_audit(&place, argc, argv);
    }
    if (code == T2M_EXIT_NONE) {
        code = t2m_place_files(&place, stream, &files);
    }
    if (code == T2M_EXIT_NONE && library->with_access && stream != T2M_STREAM_COUNT) {
        code = t2m_place_files(&place, T2M_STREAM_COUNT, &beside); /* access may have none */
    }
    if (code == T2M_EXIT_NONE) {
        code = open_histories(library, &files, &beside);
    }
    t2m_place_files_free(&files);
    t2m_place_files_free(&beside);
    t2m_place_close(&place);
    return code;
}

void t2m_library_close(t2m_library_t *library)
{
    while (library->count > 0) {
        t2m_history_close(library->histories[--library->count]);
    }
    free(library->histories);
    library->histories = NULL;
}

t2m_stream_e t2m_library_stream(const t2m_command_t *command, const char *name)
{
    t2m_stream_e stream = t2m_stream_parse(name);

    if (stream == T2M_STREAM_COUNT) {
        (void)t2m_options_complain(command, "unknown stream \"%s\"; allowed: app, errors, access, "
                                            "security, performance", name);
    }
    return stream;
}
