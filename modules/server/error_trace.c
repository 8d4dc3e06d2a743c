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

/* See error_trace.h. */
#include "server/error_trace.h"

#include <apr_strings.h>

#include "core/error_group.h"
#include "core/message_groups.h"
#include "core/message_wrapper.h"
#include "core/stack_join.h"
#include "server/exception.h"
#include "server/process.h"

/* Longer without a line: whatever is held is complete. */
#define PAUSE apr_time_from_sec(1)

/* Of one request, in its pool. */
struct t2m_request_trace_t {
    const request_rec *origin; /* not the subrequest that logged: it may be gone by now */
    t2m_errorline_t line;      /* the line that began it; its text is not kept */
    apr_time_t last;           /* of the newest line */
    t2m_text_t first;          /* all of the line that began it, in the request's pool */
    t2m_stack_join_t *join;
};

/* Words seen lately that begin no trace; they have no group here. What floods a log is mostly the
 * same, and to ask all languages takes longer than to count it. */
static __thread t2m_message_groups_t ordinary;

static int is_open(const t2m_request_t *state)
{
    return state->trace && t2m_stack_join_open(state->trace->join);
}

/* "Type: message", as a trace's own line mostly has it. */
static t2m_text_t final_line(const t2m_exception_t *exception, char *out, apr_size_t room)
{
    int both = exception->type.size && exception->message.size;

    return t2m_text_of(out, (apr_size_t)apr_snprintf(
        out, room, "%.*s%s%.*s", (int)exception->type.size,
        exception->type.size ? exception->type.data : "", both ? ": " : "",
        (int)exception->message.size, exception->message.size ? exception->message.data : ""));
}

static int is_one_line(t2m_text_t text)
{
    return !text.size || !memchr(text.data, '\n', text.size);
}

/* A trace as one event. Of a single line the words are the message, and what it is grouped by. */
static void write_exception(t2m_errorline_t *line, const t2m_errorline_place_t *place,
                            const t2m_stack_t *stack, t2m_text_t held, int truncated)
{
    t2m_text_t first = place->state->trace->first;
    t2m_exception_room_t *room = apr_palloc(place->origin->pool, sizeof *room);
    const t2m_server_config_t *config = place->config;
    char message[T2M_ERRORLINE_MAX];
    t2m_exception_t exception;
    t2m_text_t text;

    t2m_exception_tell(&exception, stack, config->mask, room);
    exception.truncated |= truncated;
    if (is_one_line(held)) {
        text = first;
        t2m_errorline_group(line, config, text);
    } else {
        text = final_line(&exception, message, sizeof message);
        t2m_errorline_group_stack(line, config, text, stack);
    }
    if (!exception.type.size) {
        exception.type = t2m_text(t2m_errorline_type(line));
    }
    (void)t2m_errorline_write_both(line, place, text, &exception);
}

static void write_held(t2m_request_t *state, const t2m_server_config_t *config)
{
    t2m_request_trace_t *trace = state->trace;
    t2m_errorline_t line = trace->line;
    t2m_errorline_place_t place;
    t2m_stack_t stack;
    int truncated;
    t2m_text_t text = t2m_stack_join_text(trace->join, &truncated);

    t2m_errorline_locate(&place, config, NULL, trace->origin);
    if (t2m_stack_parse(text, &stack)) {
        line.level = line.level > T2M_LEVEL_ERROR ? line.level : T2M_LEVEL_ERROR;
        write_exception(&line, &place, &stack, text, truncated);
    } else {
        text = is_one_line(text) ? trace->first : text;
        line.truncated |= truncated != 0;
        t2m_errorline_group(&line, config, text);
        (void)t2m_errorline_write_both(&line, &place, text, NULL);
    }
    t2m_stack_join_reset(trace->join);
}

/* For processes that serve requests and never run log_transaction: daemons of mod_wsgi. */
static apr_status_t end_with_pool(void *data)
{
    t2m_request_t *state = data;

    if (is_open(state) && t2m_process_ready()) {
        t2m_error_trace_end(state);
    }
    return APR_SUCCESS;
}

static void make_trace(t2m_request_t *state, const request_rec *origin)
{
    apr_pool_t *pool = origin->pool;

    state->trace = apr_pcalloc(pool, sizeof *state->trace);
    state->trace->origin = origin;
    state->trace->join = apr_palloc(pool, t2m_stack_join_size());
    t2m_stack_join_reset(state->trace->join);
    apr_pool_pre_cleanup_register(pool, state, end_with_pool);
}

static t2m_text_t without(t2m_text_t text, apr_size_t size)
{
    return t2m_text_of(text.data + size, text.size - size);
}

static int starts_with(t2m_text_t text, const char *words, apr_size_t size)
{
    return text.size >= size && !memcmp(text.data, words, size);
}

/* What the program wrote, its indentation included: mod_cgi puts `stderr from PATH: ` before it. */
static t2m_text_t own_words(const char *path, t2m_text_t message)
{
    static const char cgi[] = "stderr from ", fcgid[] = "mod_fcgid: stderr: ";
    static const char proxy[] = "Got error '";
    apr_size_t cgi_size = sizeof cgi - 1, size = path ? strlen(path) : 0;

    if (starts_with(message, proxy, sizeof proxy - 1)) {
        return t2m_message_wrapper_take_off(message);
    }
    if (starts_with(message, fcgid, sizeof fcgid - 1)) {
        return without(message, sizeof fcgid - 1);
    }
    if (size && starts_with(message, cgi, cgi_size)
        && starts_with(without(message, cgi_size), path, size)
        && starts_with(without(message, cgi_size + size), ": ", 2)) {
        return without(message, cgi_size + size + 2);
    }
    return message;
}

static t2m_stack_answer_e begins(t2m_text_t words)
{
    char none[T2M_ERROR_GROUP_SIZE] = "";
    t2m_stack_answer_e answer = T2M_STACK_NO;

    if (!t2m_message_groups_find(&ordinary, NULL, words, none)) {
        answer = t2m_stack_join_begins(words);
        if (answer == T2M_STACK_NO) {
            t2m_message_groups_keep(&ordinary, NULL, words, none);
        }
    }
    return answer;
}

/* Nonzero when the line may be taken: below ERROR only what surely is of a trace. */
static int is_wanted(const t2m_errorline_t *line, const t2m_request_t *state, t2m_text_t words)
{
    return is_open(state)
           || begins(words) >= (line->level >= T2M_LEVEL_ERROR ? T2M_STACK_PERHAPS : T2M_STACK_YES);
}

/* Nonzero when what is held takes no more lines. */
static int has_ended(const t2m_request_t *state, const t2m_errorline_t *line)
{
    apr_interval_time_t pause = line->time - state->trace->last;

    return pause > PAUSE || pause < -PAUSE;
}

static int begin(t2m_request_trace_t *trace, const t2m_errorline_t *line, t2m_text_t message,
                 t2m_text_t words)
{
    trace->line = *line;
    trace->last = line->time;
    trace->first = t2m_text_of(apr_pmemdup(trace->origin->pool, message.data, message.size),
                               message.size);
    return t2m_stack_join_line(trace->join, words);
}

int t2m_error_trace_take(const t2m_errorline_t *line, const t2m_errorline_place_t *place,
                         const ap_errorlog_info *info, t2m_text_t message)
{
    t2m_request_t *state = place->state;
    t2m_text_t words;

    if (!info->r || t2m_error_group_is_template(info->format ? info->format : "")) {
        return 0;
    }
    words = own_words(info->r->filename, message);
    if (!is_wanted(line, state, words)) {
        return 0;
    }
    if (!state->trace) {
        make_trace(state, place->origin);
    }
    if (is_open(state)) {
        if (!has_ended(state, line) && t2m_stack_join_line(state->trace->join, words)) {
            state->trace->last = line->time;
            return 1;
        }
        write_held(state, place->config);
    }
    return is_wanted(line, state, words) && begin(state->trace, line, message, words);
}

void t2m_error_trace_end(t2m_request_t *state)
{
    const t2m_server_config_t *config = is_open(state)
                                            ? t2m_config_server(state->trace->origin->server)
                                            : NULL;

    if (config) {
        write_held(state, config);
    }
}
