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

/* How errors are grouped, and how often one that repeats is written. */
#include "server/directives_internal.h"

#include <apr_lib.h>
#include <apr_strings.h>

#include "core/group_rule.h"
#include "server/paths.h"

enum { FIRST_MAX = 1000000 };
#define EVERY_MIN apr_time_from_sec(1)
#define EVERY_MAX apr_time_from_sec(24 * 60 * 60)

#define REPEAT_ALLOWED "allowed: off, or first=N (1 to 1000000) and every=DURATION (1s to 24h)"

static const char *set_first(const cmd_parms *cmd, const char *text, t2m_repeat_rule_t *rule)
{
    char *end = NULL;
    apr_int64_t first = apr_isdigit(*text) ? apr_strtoi64(text, &end, 10) : 0;

    if (first < 1 || first > FIRST_MAX || *end) {
        return t2m_directive_refuse(cmd, "first=%s is no number of lines; " REPEAT_ALLOWED, text);
    }
    rule->first = (apr_uint32_t)first;
    return NULL;
}

static const char *set_every(const cmd_parms *cmd, const char *text, t2m_repeat_rule_t *rule)
{
    apr_interval_time_t every;

    if (!t2m_directive_duration(text, &every) || every < EVERY_MIN || every > EVERY_MAX) {
        return t2m_directive_refuse(cmd, "every=%s is no such duration; " REPEAT_ALLOWED, text);
    }
    rule->every = every;
    return NULL;
}

static const char *set_option(const cmd_parms *cmd, const char *option, t2m_repeat_rule_t *rule)
{
    if (!ap_cstr_casecmpn(option, "first=", 6)) {
        return set_first(cmd, option + 6, rule);
    }
    if (!ap_cstr_casecmpn(option, "every=", 6)) {
        return set_every(cmd, option + 6, rule);
    }
    return t2m_directive_refuse(cmd, "unknown option \"%s\"; " REPEAT_ALLOWED, option);
}

const char *t2m_set_repeat(cmd_parms *cmd, void *directory, int count, char *const options[])
{
    const char *reason = ap_check_cmd_context(cmd, GLOBAL_ONLY);
    t2m_repeat_rule_t rule = { 0 };
    (void)directory;

    if (!reason && count == 0) {
        reason = t2m_directive_refuse(cmd, "no option; " REPEAT_ALLOWED);
    }
    rule.off = count == 1 && t2m_paths_is_off(options[0]);
    for (int i = 0; i < count && !reason && !rule.off; i++) {
        reason = set_option(cmd, options[i], &rule);
    }
    if (!reason) {
        t2m_directive_global(cmd)->repeat = rule;
    }
    return reason;
}

#define GROUP_ALLOWED "allowed: \"WORDS with *\" NAME"

const char *t2m_set_error_group(cmd_parms *cmd, void *directory, const char *words,
                                const char *name)
{
    t2m_server_config_t *config = t2m_directive_server(cmd);
    const char *reason = t2m_group_rule_refuse(words);
    t2m_config_group_t *rule;
    (void)directory;

    if (reason) {
        return t2m_directive_refuse(cmd, "\"%s\": %s; " GROUP_ALLOWED ", the words of 1 to %d "
                                    "bytes", words, reason, T2M_GROUP_RULE_MAX);
    }
    reason = t2m_config_refuse_name(name);
    if (reason) {
        return t2m_directive_refuse(cmd, "%s; " GROUP_ALLOWED ", the name of 1 to %d bytes without "
                                    "control characters", reason, T2M_CONFIG_NAME_MAX);
    }
    if (!config->error_groups) {
        config->error_groups = apr_array_make(cmd->pool, 4, sizeof *rule);
    }
    rule = apr_array_push(config->error_groups);
    rule->words = words;
    t2m_group_rule_id(name, rule->id);
    return NULL;
}
