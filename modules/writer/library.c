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

static int open_histories(t2m_library_t *library, const t2m_place_files_t *files)
{
    unsigned i;
    char text[128];

    library->histories = calloc(files->count, sizeof(*library->histories));
    for (i = 0; library->histories && i < files->count; i++) {
        apr_status_t status = t2m_history_open(files->files[i].path, report, library,
                                               &library->histories[i]);

        if (status != APR_SUCCESS) {
            t2m_options_note(library->command, "%s: %s", files->files[i].path,
                             status == EMFILE ? "has more rotated files than may be open at once: "
                                                "raise `ulimit -n`"
                                              : apr_strerror(status, text, sizeof(text)));
            return T2M_EXIT_TROUBLE;
        }
        library->count++;
    }
    return library->histories ? T2M_EXIT_NONE : T2M_EXIT_TROUBLE;
}

int t2m_library_open(t2m_library_t *library, const char *directory, t2m_stream_e stream, int argc,
                     char **argv)
{
    t2m_place_files_t files = { NULL, 0 };
    t2m_place_t place;
    int code = t2m_place_open(&place, library->command, directory);

    library->histories = NULL;
    library->count = 0;
    if (code == T2M_EXIT_NONE) {
        code = t2m_place_audit(&place, argc, argv);
    }
    if (code == T2M_EXIT_NONE) {
        code = t2m_place_files(&place, stream, &files);
    }
    if (code == T2M_EXIT_NONE) {
        code = open_histories(library, &files);
    }
    t2m_place_files_free(&files);
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
