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

/* See directives.h. Every setter returns NULL or what is wrong together with what is allowed;
 * httpd puts the file and line in front. */
#include "server/directives.h"

#include <stddef.h>

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>

#include "server/config.h"
#include "server/paths.h"
#include "server/private.h"

enum { KIB = 1024, RECORD_MIN = 1 * KIB, RECORD_MAX = 64 * KIB, HEADER_NAME_MAX = 64 };
#define BUFFER_MIN ((apr_uint64_t)64 * KIB)
#define BUFFER_MAX ((apr_uint64_t)KIB * KIB * KIB)
#define SLOW_MIN apr_time_from_msec(1)
#define SLOW_MAX apr_time_from_sec(24 * 60 * 60)

static t2m_server_config_t *server_config(const cmd_parms *cmd)
{
    return ap_get_module_config(cmd->server->module_config, &t2mlog_module);
}

static t2m_global_config_t *global_config(const cmd_parms *cmd)
{
    return server_config(cmd)->global;
}

static const char *refuse(const cmd_parms *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static const char *refuse(const cmd_parms *cmd, const char *format, ...)
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

static const char *all_levels(const cmd_parms *cmd)
{
    const char *names = "";
    for (t2m_level_e level = 0; level < T2M_LEVEL_COUNT; level++) {
        names = apr_pstrcat(cmd->pool, names, *names ? ", " : "", t2m_level_name(level), NULL);
    }
    return names;
}

static const char *read_stream(const cmd_parms *cmd, const char *name, t2m_stream_e *stream)
{
    *stream = t2m_stream_parse(name);
    return *stream == T2M_STREAM_COUNT
               ? refuse(cmd, "unknown stream \"%s\"; allowed: %s", name, all_streams(cmd)) : NULL;
}

/* A number of bytes with an optional K, M or G. Returns 0 for anything else, also what does not
 * fit; *size is then left alone. */
static int parse_size(const char *text, apr_uint64_t *size)
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

static const char *set_enabled(cmd_parms *cmd, void *directory, int on)
{
    const char *reason = ap_check_cmd_context(cmd, NOT_IN_LIMIT | NOT_IN_HTACCESS);
    if (reason) {
        return reason;
    }
    if (cmd->path) {
        ((t2m_directory_config_t *)directory)->enabled = on;
    } else {
        server_config(cmd)->enabled = on;
    }
    return NULL;
}

static const char *set_directory(cmd_parms *cmd, void *directory, const char *name)
{
    t2m_global_config_t *global = global_config(cmd);
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *path;
    (void)directory;
    if (reason) {
        return reason;
    }
    path = ap_server_root_relative(cmd->pool, name);
    path = path ? t2m_paths_join(cmd->pool, "/", path) : NULL;
    if (!path || !path[1] || *name == '|') {
        return refuse(cmd, "\"%s\" cannot be a log directory; allowed: the path of a directory "
                      "of its own, absolute or relative to ServerRoot", name);
    }
    global->directory = path;
    global->directory_from = apr_psprintf(cmd->pool, "%s:%d", cmd->directive->filename,
                                          cmd->directive->line_num);
    return NULL;
}

static const char *set_file(cmd_parms *cmd, void *directory, const char *name, const char *file)
{
    t2m_stream_e stream;
    const char *reason = read_stream(cmd, name, &stream);
    (void)directory;
    if (reason) {
        return reason;
    }
    reason = t2m_paths_refuse_file(cmd->pool, file);
    if (reason) {
        return refuse(cmd, "\"%s\": %s", file, reason);
    }
    server_config(cmd)->file[stream] = file;
    return NULL;
}

static const char *set_level(cmd_parms *cmd, void *directory, const char *first,
                             const char *second)
{
    t2m_server_config_t *config = server_config(cmd);
    const char *name = second ? second : first;
    t2m_level_e level = t2m_level_parse(name);
    t2m_stream_e stream = 0;
    const char *reason = second ? read_stream(cmd, first, &stream) : NULL;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (level == T2M_LEVEL_COUNT) {
        return refuse(cmd, "unknown level \"%s\"; allowed: %s", name, all_levels(cmd));
    }
    if (second) {
        config->level[stream] = (int)level;
        return NULL;
    }
    for (; stream < T2M_STREAM_COUNT; stream++) {
        if (t2m_stream_is_messages(stream)) {
            config->level[stream] = (int)level;
        }
    }
    return NULL;
}

/* T2MLogApp and T2MLogEnvironment; cmd->info is the member's offset. */
static const char *set_name(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = t2m_config_refuse_name(name);
    (void)directory;
    if (reason) {
        return refuse(cmd, "%s; allowed: 1 to %d bytes without control characters",
                      reason, T2M_CONFIG_NAME_MAX);
    }
    return ap_set_string_slot(cmd, server_config(cmd), name);
}

static const char *set_max_record(cmd_parms *cmd, void *directory, const char *text)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_uint64_t size;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (!parse_size(text, &size) || size < RECORD_MIN || size > RECORD_MAX) {
        return refuse(cmd, "bad size \"%s\"; allowed: 1K to 64K (bytes, or with K)", text);
    }
    global_config(cmd)->max_record = (apr_size_t)size;
    return NULL;
}

static const char *set_buffer(cmd_parms *cmd, void *directory, const char *text)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_uint64_t size;
    apr_uint64_t power = BUFFER_MIN;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (!parse_size(text, &size) || size < BUFFER_MIN || size > BUFFER_MAX) {
        return refuse(cmd, "bad size \"%s\"; allowed: 64K to 1G (bytes, or with K, M or G; "
                      "rounded up to a power of two)", text);
    }
    while (power < size) {
        power <<= 1;
    }
    global_config(cmd)->buffer = (apr_size_t)power;
    return NULL;
}

/* RFC 9110 section 5.6.2. */
static int is_token(const char *text)
{
    const char *at = text;
    for (; *at; at++) {
        if (!apr_isalnum(*at) && !strchr("!#$%&'*+-.^_`|~", *at)) {
            return 0;
        }
    }
    return at != text && at - text <= HEADER_NAME_MAX;
}

static const char *set_id_header(const cmd_parms *cmd, const char *value)
{
    t2m_server_config_t *config = server_config(cmd);
    if (config->id_header) {
        return refuse(cmd, "header= is given twice; allowed: once in a server");
    }
    if (!is_token(value)) {
        return refuse(cmd, "\"%s\" is no header name; allowed: 1 to %d of the characters A-Z a-z "
                      "0-9 ! # $ %% & ' * + - . ^ _ ` | ~", value, HEADER_NAME_MAX);
    }
    config->id_header = value;
    return NULL;
}

static const char *set_id_trust(const cmd_parms *cmd, const char *value)
{
    t2m_server_config_t *config = server_config(cmd);
    char *address = apr_pstrdup(cmd->pool, value);
    char *mask = strchr(address, '/');
    apr_ipsubnet_t *subnet;

    if (!config->id_trust) {
        config->id_trust = apr_array_make(cmd->pool, 4, sizeof subnet);
    }
    if (mask) {
        *mask++ = '\0';
    }
    if (!*address || (mask && !apr_isdigit(*mask))
        || apr_ipsubnet_create(&subnet, address, mask, cmd->pool) != APR_SUCCESS) {
        return refuse(cmd, "trust=%s is no network; allowed: an IP address or a network such as "
                      "10.0.0.0/8 or fd00::/8", value);
    }
    APR_ARRAY_PUSH(config->id_trust, apr_ipsubnet_t *) = subnet;
    return NULL;
}

static const char *set_id_respond(const cmd_parms *cmd, const char *value)
{
    t2m_server_config_t *config = server_config(cmd);
    int on = !ap_cstr_casecmp(value, "on");
    if (config->id_respond != T2M_UNSET) {
        return refuse(cmd, "respond= is given twice; allowed: once in a server");
    }
    if (!on && ap_cstr_casecmp(value, "off")) {
        return refuse(cmd, "respond=%s is unknown; allowed: respond=on, respond=off", value);
    }
    config->id_respond = on;
    return NULL;
}

static const char *set_request_id(cmd_parms *cmd, void *directory, int count, char *const options[])
{
    static const struct {
        const char *prefix;
        const char *(*set)(const cmd_parms *cmd, const char *value);
    } table[] = {
        { "header=", set_id_header },
        { "trust=", set_id_trust },
        { "respond=", set_id_respond },
    };
    const char *reason = count ? NULL : refuse(cmd, "no option; allowed: header=NAME, trust=CIDR, "
                                               "respond=on|off");
    (void)directory;
    for (int i = 0; i < count && !reason; i++) {
        size_t row = 0;
        while (row < 3 && ap_cstr_casecmpn(options[i], table[row].prefix,
                                           strlen(table[row].prefix))) {
            row++;
        }
        reason = row < 3 ? table[row].set(cmd, options[i] + strlen(table[row].prefix))
                         : refuse(cmd, "unknown option \"%s\"; allowed: header=NAME, trust=CIDR, "
                                  "respond=on|off", options[i]);
    }
    return reason;
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

static const char *set_slow(cmd_parms *cmd, void *directory, const char *text)
{
    const char *reason = ap_check_cmd_context(cmd, NOT_IN_LIMIT | NOT_IN_HTACCESS);
    apr_interval_time_t slow;
    if (reason) {
        return reason;
    }
    if (!has_duration_unit(text) || ap_timeout_parameter_parse(text, &slow, "s") != APR_SUCCESS
        || slow < SLOW_MIN || slow > SLOW_MAX) {
        return refuse(cmd, "bad duration \"%s\"; allowed: 1ms to 24h (a whole number with ms, s, "
                      "min or h; seconds without)", text);
    }
    ((t2m_directory_config_t *)directory)->slow = slow;
    return NULL;
}

#define MASK_ALLOWED "allowed: key NAME..., header NAME..., off"

static const char *set_mask_off(const cmd_parms *cmd, t2m_server_config_t *config, int count)
{
    if (count > 1) {
        return refuse(cmd, "off takes no names; " MASK_ALLOWED);
    }
    if (config->mask_off == 0) {
        return refuse(cmd, "off beside key or header in one server; allowed: one of them");
    }
    config->mask_off = 1;
    config->mask = t2m_mask_create_off(cmd->pool);
    return NULL;
}

static const char *set_mask(cmd_parms *cmd, void *directory, int count, char *const words[])
{
    t2m_server_config_t *config = server_config(cmd);
    int is_key = count && !ap_cstr_casecmp(words[0], "key");
    const char *reason = NULL;
    (void)directory;
    if (count && t2m_paths_is_off(words[0])) {
        return set_mask_off(cmd, config, count);
    }
    if (count < 2 || (!is_key && ap_cstr_casecmp(words[0], "header"))) {
        return refuse(cmd, "%s%s%s; " MASK_ALLOWED, count > 1 ? "unknown word \"" : "no name",
                      count > 1 ? words[0] : "", count > 1 ? "\"" : "");
    }
    if (config->mask_off == 1) {
        return refuse(cmd, "off beside key or header in one server; allowed: one of them");
    }
    if (!config->mask) {
        config->mask = t2m_mask_create(cmd->pool);
        config->mask_off = 0;
    }
    for (int i = 1; i < count && !reason; i++) {
        reason = is_key ? t2m_mask_add_key(config->mask, words[i])
                        : t2m_mask_add_header(config->mask, words[i]);
        if (reason) {
            reason = refuse(cmd, "%s name \"%s\": %s; allowed: 1 to 64 of A-Z a-z 0-9 _ . -",
                            is_key ? "key" : "header", words[i], reason);
        }
    }
    return reason;
}

static const char *set_client_ip(cmd_parms *cmd, void *directory, const char *name)
{
    static const char *const modes[] = {
        [T2M_ADDRESS_FULL] = "full",
        [T2M_ADDRESS_TRUNCATE] = "truncate",
        [T2M_ADDRESS_HMAC] = "hmac",
        [T2M_ADDRESS_NONE] = "none",
    };
    (void)directory;
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (!ap_cstr_casecmp(name, modes[i])) {
            server_config(cmd)->client_ip = (int)i;
            return NULL;
        }
    }
    return refuse(cmd, "unknown word \"%s\"; allowed: full, truncate, hmac, none", name);
}

static const char *set_program(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    const char *path = *name != '|' ? ap_server_root_relative(cmd->pool, name) : NULL;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (!path) {
        return refuse(cmd, "\"%s\" is no program; allowed: the path of the t2mlog program, "
                      "absolute or relative to ServerRoot", name);
    }
    global_config(cmd)->program = path;
    return NULL;
}

static const char *set_user(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    (void)directory;
    if (reason) {
        return reason;
    }
    if (*name == '#') {
        return refuse(cmd, "\"%s\" is no user name; allowed: the name of a user of this system",
                      name);
    }
    global_config(cmd)->user = name;
    return NULL;
}

#define OFFSET(member) (void *)offsetof(t2m_server_config_t, member)

const command_rec t2m_directives[] = {
    AP_INIT_FLAG("T2MLog", set_enabled, NULL, RSRC_CONF | ACCESS_CONF,
                 "On or Off (default): log this server; Off in a directory silences access and "
                 "performance records there"),
    AP_INIT_TAKE1("T2MLogDir", set_directory, NULL, RSRC_CONF,
                  "directory of the log files, relative to ServerRoot; default: t2mlog beside "
                  "the main ErrorLog"),
    AP_INIT_TAKE2("T2MLogFile", set_file, NULL, RSRC_CONF,
                  "a stream (app, errors, access, security or performance) and its file relative "
                  "to T2MLogDir, /dev/stdout, /dev/stderr or off"),
    AP_INIT_TAKE12("T2MLogLevel", set_level, NULL, RSRC_CONF,
                   "optional stream (else app, errors and security), then DEBUG, INFO (default), "
                   "WARNING, ERROR or CRITICAL: the least level that is logged"),
    AP_INIT_TAKE1("T2MLogApp", set_name, OFFSET(app), RSRC_CONF,
                  "name of the application in the records; default: talk2me"),
    AP_INIT_TAKE1("T2MLogEnvironment", set_name, OFFSET(environment), RSRC_CONF,
                  "name of the environment in the records; default: production"),
    AP_INIT_TAKE1("T2MLogMaxRecord", set_max_record, NULL, RSRC_CONF,
                  "longest line of a log file, 1K to 64K; default: 8K"),
    AP_INIT_TAKE_ARGV("T2MLogRequestID", set_request_id, NULL, RSRC_CONF,
                      "any of header=NAME (default X-Request-ID), trust=CIDR (default none, may "
                      "be repeated), respond=on|off (default on)"),
    AP_INIT_TAKE1("T2MLogSlow", set_slow, NULL, RSRC_CONF | ACCESS_CONF,
                  "duration from which on a request is slow, 1ms to 24h; default: 2s"),
    AP_INIT_TAKE_ARGV("T2MLogMask", set_mask, NULL, RSRC_CONF,
                      "key NAME... or header NAME...: more to mask than the built-in rules do; "
                      "off: no masking"),
    AP_INIT_TAKE1("T2MLogClientIP", set_client_ip, NULL, RSRC_CONF,
                  "how client addresses are logged: full (default), truncate, hmac or none"),
    AP_INIT_TAKE1("T2MLogBuffer", set_buffer, NULL, RSRC_CONF,
                  "memory for records of one process, 64K to 1G, rounded up to a power of two; "
                  "default: 8M with threads, 256K with prefork"),
    AP_INIT_TAKE1("T2MLogProgram", set_program, NULL, RSRC_CONF,
                  "path of the t2mlog program; default: beside the module, else where it was "
                  "installed"),
    AP_INIT_TAKE1("T2MLogUser", set_user, NULL, RSRC_CONF,
                  "user the t2mlog program runs as; default: who starts httpd"),
    { NULL, { NULL }, NULL, 0, RAW_ARGS, NULL }
};
