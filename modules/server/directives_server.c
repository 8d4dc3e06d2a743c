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

/* What a server logs and how: names, levels, request ids, masking, layout, fields. */
#include "server/directives_internal.h"

#include <apr_lib.h>
#include <apr_network_io.h>
#include <apr_strings.h>

#include "core/field_name.h"
#include "server/field_list.h"
#include "server/paths.h"
#include "server/private.h"

enum { KIB = 1024, RECORD_MIN = 1 * KIB, RECORD_MAX = 64 * KIB, HEADER_NAME_MAX = 64 };

static const char *all_levels(const cmd_parms *cmd)
{
    const char *names = "";
    for (t2m_level_e level = 0; level < T2M_LEVEL_COUNT; level++) {
        names = apr_pstrcat(cmd->pool, names, *names ? ", " : "", t2m_level_name(level), NULL);
    }
    return names;
}

const char *t2m_set_level(cmd_parms *cmd, void *directory, const char *first,
                          const char *second)
{
    t2m_server_config_t *config = t2m_directive_server(cmd);
    const char *name = second ? second : first;
    t2m_level_e level = t2m_level_parse(name);
    t2m_stream_e stream = 0;
    const char *reason = second ? t2m_directive_stream(cmd, first, &stream) : NULL;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (level == T2M_LEVEL_COUNT) {
        return t2m_directive_refuse(cmd, "unknown level \"%s\"; allowed: %s", name,
                                    all_levels(cmd));
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
const char *t2m_set_name(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = t2m_config_refuse_name(name);
    (void)directory;
    if (reason) {
        return t2m_directive_refuse(cmd, "%s; allowed: 1 to %d bytes without control characters",
                                    reason, T2M_CONFIG_NAME_MAX);
    }
    return ap_set_string_slot(cmd, t2m_directive_server(cmd), name);
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
    t2m_server_config_t *config = t2m_directive_server(cmd);
    if (config->id_header) {
        return t2m_directive_refuse(cmd, "header= is given twice; allowed: once in a server");
    }
    if (!is_token(value)) {
        return t2m_directive_refuse(cmd, "\"%s\" is no header name; allowed: 1 to %d of the "
                                    "characters A-Z a-z 0-9 ! # $ %% & ' * + - . ^ _ ` | ~", value,
                                    HEADER_NAME_MAX);
    }
    config->id_header = value;
    return NULL;
}

static const char *set_id_trust(const cmd_parms *cmd, const char *value)
{
    t2m_server_config_t *config = t2m_directive_server(cmd);
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
        return t2m_directive_refuse(cmd, "trust=%s is no network; allowed: an IP address or a "
                                    "network such as 10.0.0.0/8 or fd00::/8", value);
    }
    APR_ARRAY_PUSH(config->id_trust, apr_ipsubnet_t *) = subnet;
    return NULL;
}

static const char *set_id_respond(const cmd_parms *cmd, const char *value)
{
    t2m_server_config_t *config = t2m_directive_server(cmd);
    int on = !ap_cstr_casecmp(value, "on");
    if (config->id_respond != T2M_UNSET) {
        return t2m_directive_refuse(cmd, "respond= is given twice; allowed: once in a server");
    }
    if (!on && ap_cstr_casecmp(value, "off")) {
        return t2m_directive_refuse(cmd, "respond=%s is unknown; allowed: respond=on, respond=off",
                                    value);
    }
    config->id_respond = on;
    return NULL;
}

#define ID_ALLOWED "allowed: header=NAME, trust=CIDR, respond=on|off"

const char *t2m_set_request_id(cmd_parms *cmd, void *directory, int count, char *const options[])
{
    static const struct {
        const char *prefix;
        const char *(*set)(const cmd_parms *cmd, const char *value);
    } table[] = {
        { "header=", set_id_header },
        { "trust=", set_id_trust },
        { "respond=", set_id_respond },
    };
    const char *reason = count ? NULL : t2m_directive_refuse(cmd, "no option; " ID_ALLOWED);
    (void)directory;
    for (int i = 0; i < count && !reason; i++) {
        size_t row = 0;
        while (row < 3 && ap_cstr_casecmpn(options[i], table[row].prefix,
                                           strlen(table[row].prefix))) {
            row++;
        }
        reason = row < 3 ? table[row].set(cmd, options[i] + strlen(table[row].prefix))
                         : t2m_directive_refuse(cmd, "unknown option \"%s\"; " ID_ALLOWED,
                                                options[i]);
    }
    return reason;
}

#define MASK_ALLOWED "allowed: key NAME..., header NAME..., off"
#define OFF_BESIDE "off beside key or header in one server; allowed: one of them"

static const char *set_mask_off(const cmd_parms *cmd, t2m_server_config_t *config, int count)
{
    if (count > 1) {
        return t2m_directive_refuse(cmd, "off takes no names; " MASK_ALLOWED);
    }
    if (config->mask_off == 0) {
        return t2m_directive_refuse(cmd, OFF_BESIDE);
    }
    config->mask_off = 1;
    config->mask = t2m_mask_create_off(cmd->pool);
    return NULL;
}

const char *t2m_set_mask(cmd_parms *cmd, void *directory, int count, char *const words[])
{
    t2m_server_config_t *config = t2m_directive_server(cmd);
    int is_key = count && !ap_cstr_casecmp(words[0], "key");
    const char *reason = NULL;
    (void)directory;
    if (count && t2m_paths_is_off(words[0])) {
        return set_mask_off(cmd, config, count);
    }
    if (count < 2 || (!is_key && ap_cstr_casecmp(words[0], "header"))) {
        return count > 1 ? t2m_directive_refuse(cmd, "unknown word \"%s\"; " MASK_ALLOWED, words[0])
                         : t2m_directive_refuse(cmd, "no name; " MASK_ALLOWED);
    }
    if (config->mask_off == 1) {
        return t2m_directive_refuse(cmd, OFF_BESIDE);
    }
    if (!config->mask) {
        config->mask = t2m_mask_create(cmd->pool);
        config->mask_off = 0;
    }
    for (int i = 1; i < count && !reason; i++) {
        reason = is_key ? t2m_mask_add_key(config->mask, words[i])
                        : t2m_mask_add_header(config->mask, words[i]);
        if (reason) {
            reason = t2m_directive_refuse(cmd, "%s name \"%s\": %s; allowed: 1 to 64 of A-Z a-z "
                                          "0-9 _ . -", is_key ? "key" : "header", words[i],
                                          reason);
        }
    }
    return reason;
}

const char *t2m_set_client_ip(cmd_parms *cmd, void *directory, const char *name)
{
    static const char *const modes[] = {
        [T2M_ADDRESS_FULL] = "full",
        [T2M_ADDRESS_TRUNCATE] = "truncate",
        [T2M_ADDRESS_HMAC] = "hmac",
        [T2M_ADDRESS_NONE] = "none",
        NULL
    };
    (void)directory;
    return t2m_directive_word(cmd, name, modes, &t2m_directive_server(cmd)->client_ip);
}

const char *t2m_set_layout(cmd_parms *cmd, void *directory, const char *name)
{
    static const char *const layouts[] = {
        [T2M_LAYOUT_FLAT] = "flat",
        [T2M_LAYOUT_NESTED] = "nested",
        [T2M_LAYOUT_BOTH] = "both",
        NULL
    };
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    (void)directory;
    return reason ? reason
                  : t2m_directive_word(cmd, name, layouts, &t2m_directive_global(cmd)->layout);
}

const char *t2m_set_max_record(cmd_parms *cmd, void *directory, const char *text)
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    apr_uint64_t size;
    (void)directory;
    if (reason) {
        return reason;
    }
    if (!t2m_directive_size(text, &size) || size < RECORD_MIN || size > RECORD_MAX) {
        return t2m_directive_refuse(cmd, "bad size \"%s\"; allowed: 1K to 64K (bytes, or with K)",
                                    text);
    }
    t2m_directive_global(cmd)->max_record = (apr_size_t)size;
    return NULL;
}

/* A vhost may leave out what the main server adds; the checks see whether that is so. */
static const char *refuse_removal(const cmd_parms *cmd, const char *name)
{
    apr_size_t size = strlen(name);
    if (t2m_field_name_is_fixed(name, size)) {
        return t2m_directive_refuse(cmd, "the field \"%s\" is in every line that can have it; "
                                    "allowed: to leave out any other field", name);
    }
    if (!t2m_field_name_is_own(name, size)
        && !(cmd->server->is_virtual && t2m_field_name_is_plain(name, size))) {
        return t2m_directive_refuse(cmd, "no line has a field \"%s\"; allowed: -NAME with the name "
                                    "of a field that is there without this directive", name);
    }
    return NULL;
}

static const char *add_field(const cmd_parms *cmd, const t2m_config_field_t *field)
{
    t2m_server_config_t *config = t2m_directive_server(cmd);
    config->fields = t2m_field_list_put(cmd->pool, config->fields, field);
    if (t2m_field_list_count(config->fields, field->stream) > T2M_CONFIG_FIELDS_MAX) {
        return t2m_directive_refuse(cmd, "more than %d fields for %s; allowed: %d for a stream",
                                    T2M_CONFIG_FIELDS_MAX, t2m_stream_name(field->stream),
                                    T2M_CONFIG_FIELDS_MAX);
    }
    return NULL;
}

const char *t2m_set_field(cmd_parms *cmd, void *directory, const char *stream, const char *name,
                          const char *expression)
{
    t2m_config_field_t field = { .name = name };
    const char *reason = t2m_directive_stream(cmd, stream, &field.stream);
    (void)directory;
    if (!reason && *name != '-') {
        reason = t2m_directive_field(cmd, name, expression, &field);
    } else if (!reason) {
        field.name = name + 1;
        reason = expression ? t2m_directive_refuse(cmd, "\"%s\" beside an expression; allowed: "
                                                   "STREAM NAME EXPR, STREAM -NAME", name)
                            : refuse_removal(cmd, field.name);
    }
    return reason ? reason : add_field(cmd, &field);
}
