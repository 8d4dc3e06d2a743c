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

/* What holds for a part of a site. */
#include "server/directives_internal.h"

#include "server/field_list.h"
#include "server/private.h"

#define ALLOWED_HERE (NOT_IN_LIMIT | NOT_IN_HTACCESS)
#define SLOW_MIN apr_time_from_msec(1)
#define SLOW_MAX apr_time_from_sec(24 * 60 * 60)

const char *t2m_set_enabled(cmd_parms *cmd, void *directory, int on)
{
    const char *reason = ap_check_cmd_context(cmd, ALLOWED_HERE);
    if (reason) {
        return reason;
    }
    if (cmd->path) {
        ((t2m_directory_config_t *)directory)->enabled = on;
    } else {
        t2m_directive_server(cmd)->enabled = on;
    }
    return NULL;
}

const char *t2m_set_slow(cmd_parms *cmd, void *directory, const char *text)
{
    const char *reason = ap_check_cmd_context(cmd, ALLOWED_HERE);
    apr_interval_time_t slow;
    if (reason) {
        return reason;
    }
    if (!t2m_directive_duration(text, &slow) || slow < SLOW_MIN || slow > SLOW_MAX) {
        return t2m_directive_refuse(cmd, "bad duration \"%s\"; allowed: 1ms to 24h (a whole number "
                                    "with ms, s, min or h; seconds without)", text);
    }
    ((t2m_directory_config_t *)directory)->slow = slow;
    return NULL;
}

const char *t2m_set_performance(cmd_parms *cmd, void *directory, const char *name)
{
    static const char *const words[] = {
        [T2M_PERFORMANCE_ALL] = "all",
        [T2M_PERFORMANCE_SLOW] = "slow",
        NULL
    };
    const char *reason = ap_check_cmd_context(cmd, ALLOWED_HERE);
    t2m_directory_config_t *config = directory;
    return reason ? reason : t2m_directive_word(cmd, name, words, &config->performance);
}

const char *t2m_set_endpoint(cmd_parms *cmd, void *directory, const char *name)
{
    const char *reason = ap_check_cmd_context(cmd, ALLOWED_HERE);
    if (reason) {
        return reason;
    }
    reason = t2m_config_refuse_endpoint(name);
    if (reason) {
        return t2m_directive_refuse(cmd, "%s; allowed: 1 to %d bytes without control characters",
                                    reason, T2M_CONFIG_ENDPOINT_MAX);
    }
    ((t2m_directory_config_t *)directory)->endpoint = name;
    return NULL;
}

const char *t2m_set_context(cmd_parms *cmd, void *directory, const char *name,
                            const char *expression)
{
    const char *reason = ap_check_cmd_context(cmd, ALLOWED_HERE);
    t2m_directory_config_t *config = directory;
    t2m_config_field_t field = { .name = name }; /* one stream for all: they differ by name */
    if (!reason) {
        reason = t2m_directive_field(cmd, name, expression, &field);
    }
    if (reason) {
        return reason;
    }
    config->context = t2m_field_list_put(cmd->pool, config->context, &field);
    return config->context->nelts > T2M_CONFIG_FIELDS_MAX
               ? t2m_directive_refuse(cmd, "more than %d fields; allowed: %d in a section",
                                      T2M_CONFIG_FIELDS_MAX, T2M_CONFIG_FIELDS_MAX) : NULL;
}
