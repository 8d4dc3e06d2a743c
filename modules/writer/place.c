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

/* See place.h. */
#include "writer/place.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include "writer/control.h"

static const char *const usual[] = { "/var/log/apache2/t2mlog", "/var/log/httpd/t2mlog",
                                     "/usr/local/apache2/logs/t2mlog" };

static int exists(const char *path)
{
    struct stat information;

    return stat(path, &information) == 0 || errno == EACCES;
}

static const char *usual_path(void)
{
    const char *path = getenv("T2MLOG_DIR");
    size_t i;

    for (i = 0; i < sizeof(usual) / sizeof(usual[0]) && !(path && *path); i++) {
        path = exists(usual[i]) ? usual[i] : NULL;
    }
    return path && *path ? path : NULL;
}

/* Whom to be: the owner of what could not be opened. */
static void say_cure(const t2m_place_t *place, const char *what)
{
    char path[4096];
    struct stat information;
    const struct passwd *owner = NULL;

    (void)snprintf(path, sizeof(path), "%s%s%s", place->path, *what ? "/" : "", what);
    if (stat(path, &information) == 0 || stat(place->path, &information) == 0) {
        owner = getpwuid(information.st_uid);
    }
    t2m_options_note(place->command, "%s: this user may not; run it as the user that the writer "
                     "runs as: sudo -u %s %s ...", path, owner ? owner->pw_name : "root",
                     place->command->name);
}

/* A file has many backups, and each is kept open. */
static void raise_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int t2m_place_open(t2m_place_t *place, const t2m_command_t *command, const char *path)
{
    memset(place, 0, sizeof(*place));
    place->command = command;
    place->path = path ? path : usual_path();
    place->fd = -1;
    if (!place->path) {
        return t2m_options_complain(command, "no log directory is where it usually is; name it "
                                             "with --dir or in the environment's T2MLOG_DIR");
    }
    raise_limit();
    place->fd = open(place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->fd >= 0) {
        return T2M_EXIT_NONE;
    }
    if (errno == EACCES) {
        say_cure(place, "");
    } else {
        t2m_options_note(command, "%s: %s", place->path, strerror(errno));
    }
    return T2M_EXIT_TROUBLE;
}

void t2m_place_close(t2m_place_t *place)
{
    if (place->fd >= 0) {
        (void)close(place->fd);
    }
}

apr_status_t t2m_place_ask(t2m_place_t *place, const char *line, char **answer)
{
    apr_status_t status = t2m_control_ask(place->fd, line, answer);
    char text[128];

    place->offline = status == APR_ENOENT;
    if (status == APR_EACCES) {
        say_cure(place, T2M_CONTROL_SOCKET);
    } else if (status == APR_EGENERAL) {
        t2m_options_note(place->command, "the writer of %s says: %s", place->path, *answer);
        free(*answer);
        *answer = NULL;
    } else if (status != APR_SUCCESS && status != APR_ENOENT) {
        t2m_options_note(place->command, "the writer of %s cannot be asked: %s", place->path,
                         apr_strerror(status, text, sizeof(text)));
    }
    return status;
}

/* The arguments as one line; what is no plain character becomes a question mark. */
static void audit_line(char *line, size_t room, int argc, char **argv)
{
    size_t size = (size_t)snprintf(line, room, "audit t2mlog");
    const char *at;
    int i;

    for (i = 0; i < argc && size + 2 < room; i++) {
        line[size++] = ' ';
        for (at = argv[i]; *at && size + 1 < room; at++) {
            line[size++] = (unsigned char)*at < ' ' || *at == 0x7F ? '?' : *at;
        }
    }
    line[size] = '\0';
}

int t2m_place_audit(t2m_place_t *place, int argc, char **argv)
{
    char line[T2M_CONTROL_LINE_MAX - 1], *answer;
    apr_status_t status;

    audit_line(line, sizeof(line), argc, argv);
    status = t2m_place_ask(place, line, &answer);
    free(answer);
    if (status == APR_ENOENT) {
        t2m_options_note(place->command, "no writer runs in %s: this is not recorded, and the "
                         "files are looked for under their default names", place->path);
        return T2M_EXIT_NONE;
    }
    if (status != APR_SUCCESS) {
        t2m_options_note(place->command, "nothing is read unless it is recorded first");
        return T2M_EXIT_TROUBLE;
    }
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

/* Two streams may share a file; it is read once. */
static void take(t2m_place_files_t *files, t2m_stream_e stream, char *path)
{
    if (!path || files->count == T2M_PLACE_FILES_MAX || has_path(files, path)) {
        free(path);
        return;
    }
    files->files[files->count].stream = stream;
    files->files[files->count++].path = path;
}

static void take_defaults(const t2m_place_t *place, t2m_stream_e stream, t2m_place_files_t *files)
{
    int i;

    for (i = 0; i < T2M_STREAM_COUNT; i++) {
        char *path = NULL;

        if ((stream == T2M_STREAM_COUNT || (int)stream == i)
            && asprintf(&path, "%s/%s", place->path, t2m_stream_file((t2m_stream_e)i)) > 0) {
            take(files, (t2m_stream_e)i, path);
        }
    }
}

static void take_named(const json_t *state, t2m_stream_e stream, t2m_place_files_t *files)
{
    const json_t *list = json_object_get(state, "files"), *file;
    size_t i;

    for (i = 0; (file = json_array_get(list, i)) != NULL; i++) {
        const char *name = json_string_value(json_object_get(file, "stream"));
        const char *path = json_string_value(json_object_get(file, "path"));
        t2m_stream_e is = name ? t2m_stream_parse(name) : T2M_STREAM_COUNT;

        if (is != T2M_STREAM_COUNT && (stream == T2M_STREAM_COUNT || stream == is) && path
            && *path == '/' && strncmp(path, "/dev/", 5) != 0) {
            take(files, is, strdup(path));
        }
    }
}

int t2m_place_files(t2m_place_t *place, t2m_stream_e stream, t2m_place_files_t *files)
{
    char *answer = NULL;
    apr_status_t status = t2m_place_ask(place, "status", &answer);
    json_t *state = status == APR_SUCCESS ? json_loads(answer, 0, NULL) : NULL;

    free(answer);
    files->count = 0;
    files->files = calloc(T2M_PLACE_FILES_MAX, sizeof(*files->files));
    if (!files->files || (status != APR_SUCCESS && status != APR_ENOENT)) {
        json_decref(state);
        return T2M_EXIT_TROUBLE;
    }
    if (state) {
        take_named(state, stream, files);
        json_decref(state);
    } else {
        take_defaults(place, stream, files);
    }
    if (files->count == 0) {
        t2m_options_note(place->command, "the stream has no file");
        return T2M_EXIT_TROUBLE;
    }
    return T2M_EXIT_NONE;
}

void t2m_place_files_free(t2m_place_files_t *files)
{
    while (files->files && files->count > 0) {
        free(files->files[--files->count].path);
    }
    free(files->files);
    files->files = NULL;
}
