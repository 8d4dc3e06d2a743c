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

/* See directives.h: the table, and what the setters have in common. */
#include "server/directives.h"

#include <stddef.h>

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/field_name.h"
#include "server/directives_internal.h"
#include "server/private.h"

t2m_server_config_t *t2m_directive_server(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &t2mlog_module);
}

t2m_global_config_t *t2m_directive_global(const cmd_parms *cmd)
{
    return t2m_directive_server(cmd)->global;
}

const char *t2m_directive_refuse(const cmd_parms *cmd, const char *format, ...)
{
    va_list arguments;
    const char *reason;
    va_start(arguments, format);
    reason = apr_pvsprintf(cmd->pool, format, arguments);
    va_end(arguments);
    return apr_pstrcat(cmd->pool, cmd->cmd->name, ": ", reason, NULL);
}

static const char *all_streams(const cmd_parms *cmd)
{
    const char *names = "";
    for (t2m_stream_e stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        names = apr_pstrcat(cmd->pool, names, *names ? ", " : "", t2m_stream_name(stream), NULL);
    }
    return names;
}

const char *t2m_directive_stream(const cmd_parms *cmd, const char *name, t2m_stream_e *stream)
{
    *stream = t2m_stream_parse(name);
    return *stream == T2M_STREAM_COUNT
               ? t2m_directive_refuse(cmd, "unknown stream \"%s\"; allowed: %s", name,
                                      all_streams(cmd)) : NULL;
}

int t2m_directive_size(const char *text, apr_uint64_t *size)
{
    apr_uint64_t value = 0;
    unsigned shift = 0;
    const char *at = text;
    for (; apr_isdigit(*at); at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (value > (APR_UINT64_MAX - digit) / 10) {
            return 0;
        }
        value = value * 10 + digit;
    }
    switch (apr_toupper(*at)) {
    case 'K': shift = 10; break;
    case 'M': shift = 20; break;
    case 'G': shift = 30; break;
    }
    if (at == text || at[shift ? 1 : 0] || value > APR_UINT64_MAX >> shift) {
        return 0;
    }
    *size = value << shift;
    return 1;
}

/* httpd's parser looks at the first letters of the unit only. */
static int has_duration_unit(const char *text)
{
    static const char *const units[] = { "", "ms", "s", "mi", "min", "h" };
    size_t digits = strspn(text, "0123456789");
    for (size_t i = 0; digits && i < sizeof units / sizeof *units; i++) {
        if (!ap_cstr_casecmp(text + digits, units[i])) {
            return 1;
        }
    }
    return 0;
}

int t2m_directive_duration(const char *text, apr_interval_time_t *duration)
{
    return has_duration_unit(text)
           && ap_timeout_parameter_parse(text, duration, "s") == APR_SUCCESS;
}

const char *t2m_directive_word(const cmd_parms *cmd, const char *word, const char *const words[],
                               int *value)
{
    const char *allowed = "";
    for (int i = 0; words[i]; i++) {
        if (!ap_cstr_casecmp(word, words[i])) {
            *value = i;
            return NULL;
        }
        allowed = apr_pstrcat(cmd->pool, allowed, i ? ", " : "", words[i], NULL);
    }
    return t2m_directive_refuse(cmd, "unknown word \"%s\"; allowed: %s", word, allowed);
}

/* Logging must not change the response: DONT_VARY. */
const char *t2m_directive_field(const cmd_parms *cmd, const char *name, const char *expression,
                                t2m_config_field_t *field)
{
    const unsigned flags = AP_EXPR_FLAG_STRING_RESULT | AP_EXPR_FLAG_DONT_VARY;
    const char *reason = NULL;
    apr_size_t size = strlen(name);
    if (!t2m_field_name_is_plain(name, size)) {
        return t2m_directive_refuse(cmd, "bad field name \"%s\"; allowed: 1 to %d of the "
                                    "characters a-z 0-9 _", name, T2M_FIELD_NAME_MAX);
    }
    if (t2m_field_name_is_own(name, size)) {
        return t2m_directive_refuse(cmd, "the module itself writes a field \"%s\"; allowed: any "
                                    "other name", name);
    }
    if (!expression) {
        return t2m_directive_refuse(cmd, "no expression for \"%s\"; allowed: STREAM NAME EXPR, "
                                    "STREAM -NAME", name);
    }
    field->expression = ap_expr_parse_cmd(cmd, expression, flags, &reason, NULL);
    return field->expression ? NULL
           : t2m_directive_refuse(cmd, "bad expression \"%s\" for \"%s\": %s; allowed: text with "
                                  "%%{VARIABLE} and %%{function:argument}", expression, name,
                                  reason);
}

#define OFFSET(member) (void *)offsetof(t2m_server_config_t, member)

const command_rec t2m_directives[] = {
    AP_INIT_FLAG("T2MLog", t2m_set_enabled, NULL, RSRC_CONF | ACCESS_CONF,
                 "On or Off (default): log this server; Off in a directory silences access and "
                 "performance records there"),
    AP_INIT_TAKE1("T2MLogDir", t2m_set_directory, NULL, RSRC_CONF,
                  "directory of the log files, relative to ServerRoot; default: t2mlog beside "
                  "the main ErrorLog"),
    AP_INIT_TAKE2("T2MLogFile", t2m_set_file, NULL, RSRC_CONF,
                  "a stream (app, errors, access, security or performance) and its file relative "
                  "to T2MLogDir, /dev/stdout, /dev/stderr or off"),
    AP_INIT_TAKE_ARGV("T2MLogRotate", t2m_set_rotate, NULL, RSRC_CONF,
                      "a stream, then any of size=SIZE, daily or hourly, keep=N, age=DURATION, "
                      "compress=gzip|zstd|none, local: when its file rotates and how long rotated "
                      "files stay"),
    AP_INIT_TAKE12("T2MLogLevel", t2m_set_level, NULL, RSRC_CONF,
                   "optional stream (else app, errors and security), then DEBUG, INFO (default), "
                   "WARNING, ERROR or CRITICAL: the least level that is logged"),
    AP_INIT_TAKE1("T2MLogApp", t2m_set_name, OFFSET(app), RSRC_CONF,
                  "name of the application in the records; default: talk2me"),
    AP_INIT_TAKE1("T2MLogEnvironment", t2m_set_name, OFFSET(environment), RSRC_CONF,
                  "name of the environment in the records; default: production"),
    AP_INIT_TAKE1("T2MLogRelease", t2m_set_name, OFFSET(release), RSRC_CONF,
                  "name of the release that runs, in app and errors records; default: none"),
    AP_INIT_TAKE_ARGV("T2MLogRepeat", t2m_set_repeat, NULL, RSRC_CONF,
                      "first=N (default 5) and every=DURATION (default 60s): how many lines of one "
                      "error are written before the 10th, 20th, 40th, and then at most how often; "
                      "off: all are"),
    AP_INIT_TAKE2("T2MLogErrorGroup", t2m_set_error_group, NULL, RSRC_CONF,
                  "words of messages, * for what is between them, and the name of the group in "
                  "which such errors count"),
    AP_INIT_TAKE1("T2MLogLayout", t2m_set_layout, NULL, RSRC_CONF,
                  "where extra fields stand: flat (default) at the top, nested under extra_fields, "
                  "or both"),
    AP_INIT_TAKE23("T2MLogField", t2m_set_field, NULL, RSRC_CONF,
                   "a stream, then a name and an expression: one more field; or a stream and "
                   "-NAME: one less"),
    AP_INIT_TAKE1("T2MLogMaxRecord", t2m_set_max_record, NULL, RSRC_CONF,
                  "longest line of a log file, 1K to 64K; default: 8K"),
    AP_INIT_TAKE_ARGV("T2MLogRequestID", t2m_set_request_id, NULL, RSRC_CONF,
                      "any of header=NAME (default X-Request-ID), trust=CIDR (default none, may "
                      "be repeated), respond=on|off (default on)"),
    AP_INIT_TAKE1("T2MLogSlow", t2m_set_slow, NULL, RSRC_CONF | ACCESS_CONF,
                  "duration from which on a request is slow, 1ms to 24h; default: 2s"),
    AP_INIT_TAKE1("T2MLogPerformance", t2m_set_performance, NULL, RSRC_CONF | ACCESS_CONF,
                  "all (default): a performance record for each request; slow: only for slow and "
                  "failed ones"),
    AP_INIT_TAKE1("T2MLogEndpoint", t2m_set_endpoint, NULL, ACCESS_CONF,
                  "name of this part of the site in metrics and in the field endpoint; default: "
                  "the route"),
    AP_INIT_TAKE2("T2MLogContext", t2m_set_context, NULL, ACCESS_CONF,
                  "a name and an expression: one more field on every line of the request"),
    AP_INIT_TAKE_ARGV("T2MLogMask", t2m_set_mask, NULL, RSRC_CONF,
                      "key NAME... or header NAME...: more to mask than the built-in rules do; "
                      "off: no masking"),
    AP_INIT_TAKE1("T2MLogClientIP", t2m_set_client_ip, NULL, RSRC_CONF,
                  "how client addresses are logged: full (default), truncate, hmac or none"),
    AP_INIT_TAKE1("T2MLogAdminTokenFile", t2m_set_token_file, NULL, RSRC_CONF,
                  "file of the hashed tokens that open the admin endpoints, made with t2mlog "
                  "token; default: none"),
    AP_INIT_TAKE1("T2MLogAdminAuth", t2m_set_admin_auth, NULL, RSRC_CONF,
                  "what opens the admin endpoints: token (default), httpd (a user or certificate "
                  "that httpd authenticated) or either"),
    AP_INIT_TAKE1("T2MLogDebugHeader", t2m_set_debug_header, NULL, RSRC_CONF,
                  "file of the key, made with t2mlog debug-token --create, by which a signed "
                  "X-T2M-Debug has its request logged at level trace8; default: off"),
    AP_INIT_FLAG("T2MLogAdminInsecure", t2m_set_admin_insecure, NULL, RSRC_CONF,
                 "On or Off (default): answer admin requests that come neither over TLS nor from "
                 "this machine"),
    AP_INIT_TAKE1("T2MLogBuffer", t2m_set_buffer, NULL, RSRC_CONF,
                  "memory for records of one process, 64K to 1G, rounded up to a power of two; "
                  "default: 8M with threads, 256K with prefork"),
    AP_INIT_TAKE1("T2MLogOnFull", t2m_set_on_full, NULL, RSRC_CONF,
                  "drop (default): records that find no room in memory are counted and left out; "
                  "block: requests wait for the disk"),
    AP_INIT_TAKE2("T2MLogSync", t2m_set_sync, NULL, RSRC_CONF,
                  "a stream and none (default of access and performance), 1s (app and errors) or "
                  "batch (security): when its lines are brought to the disk itself"),
    AP_INIT_FLAG("T2MLogCrashTrace", t2m_set_crash_trace, NULL, RSRC_CONF,
                 "On or Off (default): the record of a crashed process has its native stack"),
    AP_INIT_FLAG("T2MLogConfine", t2m_set_confine, NULL, RSRC_CONF,
                 "On (default) or Off: the writer gives up what it does not need (capabilities, "
                 "system calls, directories)"),
    AP_INIT_TAKE1("T2MLogMaxTotal", t2m_set_max_total, NULL, RSRC_CONF,
                  "most that all log files take: a size, N% of the file system, or none; "
                  "default: 10%"),
    AP_INIT_TAKE1("T2MLogMinFree", t2m_set_min_free, NULL, RSRC_CONF,
                  "what stays free on the file system: a size, N%, or 0 for off; default: 5%"),
    AP_INIT_TAKE1("T2MLogProgram", t2m_set_program, NULL, RSRC_CONF,
                  "path of the t2mlog program; default: beside the module, else where it was "
                  "installed"),
    AP_INIT_TAKE1("T2MLogUser", t2m_set_user, NULL, RSRC_CONF,
                  "user the t2mlog program runs as; default: who starts httpd"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
