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

/* Where the lines go: the directory, the files and when they rotate, the program that writes. */
#include "server/directives_internal.h"

#include <apr_strings.h>

#include "server/paths.h"
#include "server/private.h"

enum { KIB = 1024 };
#define BUFFER_MIN ((apr_uint64_t)64 * KIB)
#define BUFFER_MAX ((apr_uint64_t)KIB * KIB * KIB)

const char *t2m_set_directory(cmd_parms *cmd, void *directory, const char *name)
{
    t2m_global_config_t *global = t2m_directive_global(cmd);
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *path;
    (void)directory;
    if (reason) {
        return reason;
    }
    path = ap_server_root_relative(cmd->pool, name);
    path = path ? t2m_paths_join(cmd->pool, "/", path) : NULL;
    if (!path || !path[1] || *name == '|') {
        return t2m_directive_refuse(cmd, "\"%s\" cannot be a log directory; allowed: the path of a "
                                    "directory of its own, absolute or relative to ServerRoot",
                                    name);
    }
    global->directory = path;
    global->directory_from = apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename,
                                          cmd->directive->line_num);
    return NULL;
}

const char *t2m_set_file(cmd_parms *cmd, void *directory, const char *name, const char *file)
{
    t2m_stream_e stream;
    const char *reason = t2m_directive_stream(cmd, name, &stream);
    (void)directory;
    if (reason) {
        return reason;
    }
    reason = t2m_paths_refuse_file(cmd->pool, file);
    if (reason) {
        return t2m_directive_refuse(cmd, "\"%s\": %s", file, reason);
    }
    t2m_directive_server(cmd)->file[stream] = file;
    return NULL;
}

const char *t2m_set_rotate(cmd_parms *cmd, void *directory, int count, char *const words[])
{
    t2m_rotation_t *policy = apr_palloc(cmd->pool, sizeof *policy);
    t2m_stream_e stream = T2M_STREAM_COUNT;
    unsigned given = 0;
    const char *reason = count ? t2m_directive_stream(cmd, words[0], &stream)
                               : t2m_directive_refuse(cmd, "no stream; allowed: a stream, then its "
                                                      "options");
    (void)directory;
    if (reason) {
        return reason;
    }
    t2m_rotation_clear(policy);
    for (int i = 1; i < count; i++) {
        reason = t2m_rotation_option(policy, &given, words[i]);
        if (reason) {
            return t2m_directive_refuse(cmd, "\"%s\": %s", words[i], reason);
        }
    }
    reason = t2m_rotation_refuse(policy);
    if (reason) {
        return t2m_directive_refuse(cmd, "%s: %s", words[0], reason);
    }
    t2m_directive_server(cmd)->rotation[stream] = policy;
    return NULL;
}

static const char *set_limit(cmd_parms *cmd, const char *text, int allow_none, t2m_limit_t *limit)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    if (reason) {
        return reason;
    }
    reason = t2m_limit_parse(text, allow_none, limit);
    return reason ? t2m_directive_refuse(cmd, "bad limit \"%s\"; %s", text, reason) : NULL;
}

const char *t2m_set_max_total(cmd_parms *cmd, void *directory, const char *text)
{
    (void)directory;
    return set_limit(cmd, text, 1, &t2m_directive_global(cmd)->max_total);
}

const char *t2m_set_min_free(cmd_parms *cmd, void *directory, const char *text)
{
    (void)directory;
    return set_limit(cmd, text, 0, &t2m_directive_global(cmd)->min_free);
}

const char *t2m_set_buffer(cmd_parms *cmd, void *directory, const char *text)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_uint64_t size;
    apr_uint64_t power = BUFFER_MIN;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (!t2m_directive_size(text, &size) || size < BUFFER_MIN || size > BUFFER_MAX) {
        return t2m_directive_refuse(cmd, "bad size \"%s\"; allowed: 64K to 1G (bytes, or with K, M "
                                    "or G; rounded up to a power of two)", text);
    }
    while (power < size) {
        power <<= 1;
    }
    t2m_directive_global(cmd)->buffer = (apr_size_t)power;
    return NULL;
}

const char *t2m_set_program(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *path = *name != '|' ? ap_server_root_relative(cmd->pool, name) : NULL;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (!path) {
        return t2m_directive_refuse(cmd, "\"%s\" is no program; allowed: the path of the t2mlog "
                                    "program, absolute or relative to ServerRoot", name);
    }
    t2m_directive_global(cmd)->program = path;
    return NULL;
}

const char *t2m_set_user(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    (void)directory;
    if (reason) {
        return reason;
    }
    if (*name == '#') {
        return t2m_directive_refuse(cmd, "\"%s\" is no user name; allowed: the name of a user of "
                                    "this system", name);
    }
    t2m_directive_global(cmd)->user = name;
    return NULL;
}

const char *t2m_set_on_full(cmd_parms *cmd, void *directory, const char *word)
{
    static const char *const words[] = { "drop", "block", NULL }; /* t2m_on_full_e */
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    (void)directory;
    return reason ? reason
                  : t2m_directive_word(cmd, word, words, &t2m_directive_global(cmd)->on_full);
}

const char *t2m_set_sync(cmd_parms *cmd, void *directory, const char *name, const char *word)
{
    static const char *const words[] = { "none", "1s", "batch", NULL }; /* t2m_sync_e */
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    t2m_stream_e stream;
    (void)directory;
    if (!reason) {
        reason = t2m_directive_stream(cmd, name, &stream);
    }
    return reason ? reason
                  : t2m_directive_word(cmd, word, words,
                                       &t2m_directive_global(cmd)->sync[stream]);
}

static const char *set_flag(cmd_parms *cmd, int *flag, int on)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    if (!reason) {
        *flag = on;
    }
    return reason;
}

const char *t2m_set_crash_trace(cmd_parms *cmd, void *directory, int on)
{
    (void)directory;
    return set_flag(cmd, &t2m_directive_global(cmd)->crash_trace, on);
}

const char *t2m_set_confine(cmd_parms *cmd, void *directory, int on)
{
    (void)directory;
    return set_flag(cmd, &t2m_directive_global(cmd)->confine, on);
}
