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

/* See errorline.h: from what httpd says to a line. */
#include "server/errorline.h"

#include <apr_lib.h>

#include "core/error_group.h"
#include "core/group_rule.h"
#include "core/json.h"
#include "core/message_groups.h"
#include "core/stack_group.h"
#include "core/unescape.h"
#include "server/process.h"

enum {
    PREFIX_MAX = 384, /* time, module, pid, error text and address before a message */
    GROUPED_MAX = 2048 /* bytes of a message by which it is grouped, at most */
};

/* What a thread keeps from one line for the next. */
static __thread t2m_fingerprints_t groups;
static __thread t2m_message_groups_t by_message;
static __thread unsigned by_message_generation;

/* The size of a code with its `: ` at the start of text: `AH` or `T2M` and 4 or more digits. */
static apr_size_t code_size(t2m_text_t text)
{
    apr_size_t digits, size = 0;

    if (text.size > 2 && !memcmp(text.data, "AH", 2)) {
        size = 2;
    } else if (text.size > 3 && !memcmp(text.data, "T2M", 3)) {
        size = 3;
    }
    if (!size) {
        return 0;
    }
    for (digits = 0; size < text.size && apr_isdigit(text.data[size]); size++) {
        digits++;
    }
    if (digits < 4 || size >= T2M_CODE_SIZE || size + 2 > text.size
        || text.data[size] != ':' || text.data[size + 1] != ' ') {
        return 0;
    }
    return size + 2;
}

/* Whether httpd itself put the code there: what a script prints must not pass for one. */
static int has_code(const char *format)
{
    return code_size(t2m_text(format)) > 0 || (!strncmp(format, "%s", 2) && format[2]);
}

static void take_code(t2m_errorline_t *line, const char *format)
{
    apr_size_t size = has_code(format) ? code_size(line->text) : 0;

    line->code[0] = '\0';
    if (size) {
        memcpy(line->code, line->text.data, size - 2);
        line->code[size - 2] = '\0';
        line->text.data += size;
        line->text.size -= size;
    }
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? slash + 1 : path;
}

/* Only what goes to the stream errors has a group. */
static void set_group(t2m_errorline_t *line, const char *format)
{
    if (line->level < T2M_LEVEL_ERROR || !t2m_error_group_is_template(format)) {
        memset(line->error_id, 0, sizeof line->error_id);
        return;
    }
    t2m_error_group_template(&groups, (unsigned)line->line, t2m_text(line->module),
                             t2m_text(line->file), t2m_text(format), line->status,
                             line->error_id);
}

/* The pattern of what a message says without its secrets, in out. */
static t2m_text_t pattern_of(const t2m_mask_t *mask, t2m_text_t message, char *out)
{
    char masked[GROUPED_MAX];
    int cut = 0;

    if (mask) {
        message = t2m_text_of(masked, t2m_mask_copy(mask, T2M_CONTENT_MESSAGE, message, masked,
                                                    sizeof masked, &cut));
    } else if (message.size > sizeof masked) {
        message.size = t2m_utf8_boundary(message.data, message.size, sizeof masked);
    }
    return t2m_text_of(out, t2m_message_pattern(message, out));
}

/* The first rule that fits counts. */
static int group_by_rule(t2m_errorline_t *line, const t2m_server_config_t *config,
                         t2m_text_t message)
{
    const apr_array_header_t *rules = config ? config->error_groups : NULL;

    for (int i = 0; rules && i < rules->nelts; i++) {
        const t2m_config_group_t *rule = &APR_ARRAY_IDX(rules, i, t2m_config_group_t);

        if (t2m_group_rule_matches(rule->words, message)) {
            memcpy(line->error_id, rule->id, sizeof line->error_id);
            return 1;
        }
    }
    return 0;
}

static t2m_message_groups_t *groups_by_message(void)
{
    if (by_message_generation != t2m_errorline_generation()) {
        memset(&by_message, 0, sizeof by_message);
        by_message_generation = t2m_errorline_generation();
    }
    return &by_message;
}

/* Apart, so that the pattern takes no stack where the message is known. */
static __attribute__((noinline)) void group_by_words(t2m_errorline_t *line,
                                                     const t2m_server_config_t *config,
                                                     t2m_text_t message)
{
    char pattern[T2M_MESSAGE_PATTERN_MAX];

    if (!group_by_rule(line, config, message)) {
        t2m_error_group_pattern(pattern_of(config ? config->mask : NULL, message, pattern),
                                line->error_id);
    }
}

void t2m_errorline_group(t2m_errorline_t *line, const t2m_server_config_t *config,
                         t2m_text_t message)
{
    t2m_message_groups_t *known;

    if (line->level < T2M_LEVEL_ERROR) {
        return;
    }
    if (line->error_id[0]) {
        (void)group_by_rule(line, config, message);
        return;
    }
    known = groups_by_message();
    if (!t2m_message_groups_find(known, config, message, line->error_id)) {
        group_by_words(line, config, message);
        t2m_message_groups_keep(known, config, message, line->error_id);
    }
}

void t2m_errorline_group_exception(t2m_errorline_t *line, const t2m_server_config_t *config,
                                   t2m_text_t message, const t2m_exception_t *exception)
{
    char pattern[T2M_MESSAGE_PATTERN_MAX], lines[T2M_EXCEPTION_LINES];
    apr_size_t size;
    int cut = 0;

    if (group_by_rule(line, config, message)) {
        return;
    }
    size = t2m_mask_copy(config->mask, T2M_CONTENT_MESSAGE, exception->lines, lines,
                         sizeof lines, &cut);
    t2m_error_group_exception(exception->type, t2m_text_of(lines, size),
                              pattern_of(config->mask, exception->message, pattern),
                              line->error_id);
}

void t2m_errorline_group_stack(t2m_errorline_t *line, const t2m_server_config_t *config,
                               t2m_text_t message, const t2m_stack_t *stack)
{
    char pattern[T2M_MESSAGE_PATTERN_MAX];

    if (!group_by_rule(line, config, message)) {
        t2m_stack_group(stack, pattern_of(config->mask, stack->message, pattern), line->error_id);
    }
}

void t2m_errorline_read(const ap_errorlog_info *info, const char *text, t2m_errorline_t *line)
{
    const char *format = info->format ? info->format : "";

    line->time = apr_time_now();
    line->level = t2m_level_of_httpd(info->level);
    line->module = info->module_index >= 0 ? ap_find_module_short_name(info->module_index) : NULL;
    line->file = base_name(info->file);
    line->line = info->line;
    line->status = info->status;
    line->text = t2m_text(text);
    line->fields = NULL;
    line->field_count = 0;
    line->truncated = line->text.size > T2M_ERRORLINE_MAX - PREFIX_MAX;
    take_code(line, format);
    set_group(line, format);
}

t2m_text_t t2m_errorline_message(const t2m_errorline_t *line, char *decoded)
{
    t2m_text_t text = line->text;

    if (text.size > T2M_ERRORLINE_MAX) {
        text.size = T2M_ERRORLINE_MAX;
    }
    if (!text.size || !memchr(text.data, '\\', text.size)) {
        return text;
    }
    return t2m_text_of(decoded, t2m_unescape(text, decoded));
}

void t2m_errorline_locate(t2m_errorline_place_t *place, const t2m_server_config_t *config,
                          const conn_rec *connection, const request_rec *request)
{
    place->config = config;
    place->state = request ? t2m_request_get(request) : NULL;
    place->origin = place->state ? t2m_request_origin(request) : NULL;
    place->ip = t2m_text(NULL);
    if (place->state && place->state->known) {
        place->ip = place->state->exchange.texts[T2M_EXCHANGE_ADDRESS];
    } else if (place->state) {
        place->ip = t2m_request_address(place->state, place->origin, config, place->address);
    } else if (connection && connection->sbh) { /* a client's, not a back end's */
        place->ip = t2m_text_of(place->address,
                                t2m_address_write((t2m_address_mode_e)config->client_ip,
                                                  t2m_process_address_key(), apr_time_now(),
                                                  connection->client_ip, place->address));
    }
}

const char *t2m_errorline_type(const t2m_errorline_t *line)
{
    if (line->code[0]) {
        return line->code;
    }
    return line->module ? line->module : "httpd";
}
