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

/* See security.h: the record. */
#include "server/security.h"

#include <arpa/inet.h>

#include <apr_lib.h>
#include <apr_siphash.h>
#include <apr_strings.h>

#include "server/context.h"
#include "server/emit.h"
#include "server/errorline.h"
#include "server/process.h"
#include "shared/attempts.h"

enum {
    NETWORK_MAX = 64, /* an address that is none is taken as it is */
    KEYED_MAX = 256,
    IPV4_NETWORK = 3, /* bytes: /24 */
    IPV6_NETWORK = 8  /* /64 */
};

/* An event and what is found out about it. */
typedef struct {
    const t2m_security_event_t *event;
    const t2m_server_config_t *config;
    t2m_request_t *state;       /* NULL: no request, or one of a server with the module off */
    const request_rec *origin;  /* NULL: no request */
    apr_time_t now;
    apr_uint64_t key, attempts;
    unsigned char flags;
} occurrence_t;

apr_uint64_t t2m_security_key_of(const char *bytes, apr_size_t size)
{
    apr_uint64_t key = apr_siphash24(bytes, size, t2m_process_address_key());

    return key ? key : 1;
}

/* Writes the network of a client's address. */
static apr_size_t network_of(const char *address, char *out)
{
    apr_size_t size = strcspn(address, "%"); /* a zone follows */
    struct in6_addr six;
    struct in_addr four;

    apr_cpystrn(out, address, size < NETWORK_MAX ? size + 1 : NETWORK_MAX);
    if (inet_pton(AF_INET, out, &four) == 1) {
        memcpy(out, &four, IPV4_NETWORK);
        return IPV4_NETWORK;
    }
    if (inet_pton(AF_INET6, out, &six) != 1) {
        return strlen(out);
    }
    if (IN6_IS_ADDR_V4MAPPED(&six)) {
        memcpy(out, (const char *)&six + 12, IPV4_NETWORK);
        return IPV4_NETWORK;
    }
    memcpy(out, &six, IPV6_NETWORK);
    return IPV6_NETWORK;
}

/* The words first: they hold no NUL, so that nothing else reads the same. */
static apr_uint64_t key_of_client(const char *address, const char *what)
{
    char bytes[KEYED_MAX];
    apr_size_t size;

    apr_cpystrn(bytes, what, KEYED_MAX - NETWORK_MAX);
    size = strlen(bytes) + 1;
    return t2m_security_key_of(bytes, size + network_of(address ? address : "", bytes + size));
}

static const char *address_of(const request_rec *origin)
{
    return origin->useragent_ip || !origin->connection ? origin->useragent_ip
                                                       : origin->connection->client_ip;
}

apr_uint64_t t2m_security_key(const request_rec *request, const char *what)
{
    return key_of_client(address_of(t2m_request_origin(request)), what);
}

static const char *client_of(const occurrence_t *occurrence)
{
    if (occurrence->event->ip) {
        return occurrence->event->ip;
    }
    return occurrence->origin ? address_of(occurrence->origin) : NULL;
}

/* How often it was tried, this one included, unless the caller knows. */
static void count_attempts(occurrence_t *occurrence)
{
    const t2m_security_event_t *event = occurrence->event;
    const t2m_board_t *board = t2m_process_board();
    t2m_attempt_t attempt;

    occurrence->key = event->key ? event->key : key_of_client(client_of(occurrence), event->event);
    occurrence->attempts = event->attempts ? event->attempts : 1;
    occurrence->flags = event->flags;
    if (!event->attempts) {
        occurrence->flags |= T2M_FACT_ATTEMPT;
        if (board) {
            t2m_attempts_read(board, occurrence->key, &attempt);
            occurrence->attempts = t2m_attempts_next(&attempt, occurrence->now);
        }
    }
}

static void look_at(occurrence_t *occurrence, const t2m_server_config_t *config,
                    const t2m_security_event_t *event)
{
    occurrence->event = event;
    occurrence->config = config;
    occurrence->state = event->request ? t2m_request_get(event->request) : NULL;
    occurrence->origin = event->request ? t2m_request_origin(event->request) : NULL;
    occurrence->now = apr_time_now();
    count_attempts(occurrence);
}

/* "Security event: X". */
static t2m_text_t write_message(const char *event, char *out, apr_size_t room)
{
    return t2m_text_of(out, (apr_size_t)apr_snprintf(out, room, "Security event: %s", event));
}

static const char *write_severity(t2m_level_e level, char *out, apr_size_t room)
{
    const char *name = t2m_level_name(level);

    apr_cpystrn(out, name ? name : "", room);
    for (char *at = out; *at; at++) {
        *at = (char)apr_tolower(*at);
    }
    return out;
}

static t2m_text_t show_client(const occurrence_t *occurrence, char *out)
{
    if (occurrence->state && !occurrence->event->ip) {
        return t2m_request_address(occurrence->state, occurrence->origin, occurrence->config, out);
    }
    return t2m_text_of(out, t2m_address_write((t2m_address_mode_e)occurrence->config->client_ip,
                                              t2m_process_address_key(), occurrence->now,
                                              client_of(occurrence), out));
}

static void add_client(t2m_record_t *record, const occurrence_t *occurrence, char *address)
{
    t2m_record_text(record, "ip", T2M_CONTENT_SAFE, show_client(occurrence, address));
    if (occurrence->state) {
        t2m_record_text(record, "endpoint", T2M_CONTENT_SAFE,
                        t2m_request_route(occurrence->state, occurrence->origin,
                                          occurrence->config));
    }
    t2m_record_integer(record, "attempts", (apr_int64_t)occurrence->attempts);
    t2m_record_boolean(record, "blocked", occurrence->event->blocked);
}

static void add_text(t2m_record_t *record, const char *name, t2m_content_e content,
                     t2m_text_t text, int is_clean)
{
    if (is_clean) {
        t2m_record_clean(record, name, content, text);
    } else {
        t2m_record_text(record, name, content, text);
    }
}

/* Nonzero for the very text that was found clean when the request began. */
static int is_clean(const t2m_request_t *state, t2m_exchange_text_e which, t2m_text_t text)
{
    const t2m_text_t *searched = state ? &state->exchange.texts[which] : NULL;

    return searched && t2m_request_is_clean(state, which) && searched->data == text.data
           && searched->size == text.size;
}

static void add_request(t2m_record_t *record, const occurrence_t *occurrence)
{
    const request_rec *origin = occurrence->origin;
    const t2m_request_t *state = occurrence->state;
    t2m_text_t path, query, agent;

    if (!origin) {
        return;
    }
    agent = t2m_text(apr_table_get(origin->headers_in, "User-Agent"));
    t2m_request_target(origin, &path, &query);
    t2m_record_string(record, "request_id", T2M_CONTENT_SAFE, state ? state->id : NULL);
    add_text(record, "path", t2m_request_path_content(path), path,
             is_clean(state, T2M_EXCHANGE_PATH, path));
    t2m_record_string(record, "method", T2M_CONTENT_NAME, t2m_request_method(origin));
    add_text(record, "user_agent", T2M_CONTENT_NAME, agent,
             is_clean(state, T2M_EXCHANGE_USER_AGENT, agent));
}

static void add_detail(t2m_record_t *record, const occurrence_t *occurrence)
{
    t2m_text_t detail = t2m_text(occurrence->event->detail);

    add_text(record, "detail", T2M_CONTENT_MESSAGE, detail,
             t2m_errorline_is_clean(occurrence->config->mask, detail));
}

static void add_rest(t2m_record_t *record, const occurrence_t *occurrence)
{
    const t2m_security_event_t *event = occurrence->event;

    add_detail(record, occurrence);
    t2m_record_string(record, "trace_id", T2M_CONTENT_SAFE,
                      occurrence->state ? occurrence->state->trace_id : NULL);
    for (int i = 0; i < event->more_count; i++) {
        const t2m_security_more_t *more = &event->more[i];

        if (more->text.size) {
            t2m_record_text(record, more->name, more->content, more->text);
        } else {
            t2m_record_integer(record, more->name, more->number);
        }
    }
    for (int i = 0; i < event->field_count; i++) {
        t2m_record_foreign(record, &event->fields[i]);
    }
}

static void note_facts(t2m_facts_t *facts, const occurrence_t *occurrence)
{
    facts->value = occurrence->key;
    facts->name = t2m_text(occurrence->event->event);
    facts->flags = occurrence->flags;
}

static apr_status_t write_line(const occurrence_t *occurrence)
{
    const t2m_security_event_t *event = occurrence->event;
    char message[32 + T2M_SECURITY_EVENT_MAX], severity[16], address[T2M_ADDRESS_MAX];
    t2m_record_t record;

    t2m_record_begin(&record, T2M_STREAM_SECURITY, event->level, occurrence->now);
    record.audit = event->audit != 0;
    note_facts(&record.facts, occurrence);
    t2m_record_text(&record, "message", T2M_CONTENT_SAFE,
                    write_message(event->event, message, sizeof message));
    t2m_record_string(&record, "event", T2M_CONTENT_SAFE, event->event);
    t2m_record_string(&record, "severity", T2M_CONTENT_SAFE,
                      write_severity(event->level, severity, sizeof severity));
    add_client(&record, occurrence, address);
    add_request(&record, occurrence);
    add_rest(&record, occurrence);
    t2m_context_add(&record, occurrence->config, NULL, occurrence->state, occurrence->origin);
    return t2m_emit(&record, occurrence->config, NULL);
}

static apr_status_t only_count(const occurrence_t *occurrence)
{
    t2m_record_t record;

    t2m_record_begin(&record, T2M_STREAM_SECURITY, occurrence->event->level, occurrence->now);
    note_facts(&record.facts, occurrence);
    return t2m_emit_count(&record);
}

static const t2m_server_config_t *config_for(const server_rec *server)
{
    const t2m_server_config_t *config = t2m_config_server(server);

    return config && config->enabled == 1 && t2m_process_ready() ? config : NULL;
}

apr_status_t t2m_security_write(const server_rec *server, const t2m_security_event_t *event)
{
    const t2m_server_config_t *config = config_for(server);
    occurrence_t occurrence;

    if (!config) {
        return APR_SUCCESS;
    }
    look_at(&occurrence, config, event);
    return t2m_emit_wants(config, T2M_STREAM_SECURITY,
                          event->audit ? T2M_LEVEL_CRITICAL : event->level)
               ? write_line(&occurrence) : only_count(&occurrence);
}

apr_status_t t2m_security_count(const server_rec *server, const t2m_security_event_t *event)
{
    const t2m_server_config_t *config = config_for(server);
    occurrence_t occurrence;

    if (!config) {
        return APR_SUCCESS;
    }
    look_at(&occurrence, config, event);
    return only_count(&occurrence);
}

static t2m_security_more_t *next_more(t2m_security_event_t *event, const char *name)
{
    t2m_security_more_t *more = NULL;

    if (event->more_count < T2M_SECURITY_MORE_MAX) {
        more = &event->more[event->more_count++];
        more->name = name;
        more->content = T2M_CONTENT_SAFE;
        more->text = t2m_text(NULL);
    }
    return more;
}

void t2m_security_add(t2m_security_event_t *event, const char *name, t2m_content_e content,
                      const char *string)
{
    t2m_security_more_t *more = string && *string ? next_more(event, name) : NULL;

    if (more) {
        more->content = content;
        more->text = t2m_text(string);
    }
}

void t2m_security_add_number(t2m_security_event_t *event, const char *name, apr_int64_t number)
{
    t2m_security_more_t *more = next_more(event, name);

    if (more) {
        more->number = number;
    }
}
