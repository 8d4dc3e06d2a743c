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

/* See request.h. */
#include "server/request.h"

#include <stddef.h>

#include <apr_network_io.h>
#include <apr_strings.h>
#include <http_core.h>
#include <http_protocol.h>

#include "server/bytes.h"
#include "server/private.h"
#include "server/process.h"

enum {
    MASKED_PATH_MAX = 512, /* more than a route can show */
    METHOD_BIT = 1u << T2M_EXCHANGE_METHOD,
    OWN_TEXTS = 1u << T2M_EXCHANGE_ID | 1u << T2M_EXCHANGE_TRACE_ID | 1u << T2M_EXCHANGE_ADDRESS
};

const request_rec *t2m_request_origin(const request_rec *request)
{
    while (request->main || request->prev) {
        request = request->main ? request->main : request->prev;
    }
    return request;
}

/* Longer than the headers of a request are on their way: the clock was set meanwhile. */
#define HEADERS_MAX apr_time_from_sec(300)

/* The start on the monotonic clock, so that a step of the wall clock spoils no duration. */
static void set_start(t2m_request_t *state, const request_rec *origin)
{
    apr_time_t now = apr_time_now();
    apr_time_t started = origin->request_time;

    if (started <= 0 || started > now || now - started > HEADERS_MAX) {
        started = now;
    }
    state->started = started;
    state->started_monotonic = t2m_process_monotonic() - (now - started);
}

/* A daemon of mod_wsgi serves a request that another process read: the id came in the
 * environment, which no client can set. */
static int inherit_id(t2m_request_t *state, const request_rec *origin)
{
    const char *id = NULL, *trace_id = NULL;

    if (origin->subprocess_env && !apr_is_empty_table(origin->subprocess_env)) {
        id = apr_table_get(origin->subprocess_env, "T2M_REQUEST_ID");
        trace_id = apr_table_get(origin->subprocess_env, "T2M_TRACE_ID");
    }
    if (!id || !t2m_id_valid(id, strlen(id))) {
        return 0;
    }
    state->id = id;
    state->id_size = strlen(id);
    if (trace_id) {
        apr_cpystrn(state->trace_id, trace_id, sizeof state->trace_id);
    }
    return 1;
}

/* What an id and a trace are taken over from, and whether a header may tell of a body. */
typedef struct {
    const char *id, *traceparent; /* NULL: there is none */
    int body;
} inbound_t;

/* The headers of a request, from *first up to what is returned; NULL: it has none. */
static const apr_table_entry_t *headers_of(const request_rec *origin,
                                           const apr_table_entry_t **first)
{
    const apr_array_header_t *headers = origin->headers_in ? apr_table_elts(origin->headers_in)
                                                           : NULL;

    *first = headers ? (const apr_table_entry_t *)(const void *)headers->elts : NULL;
    return headers ? *first + headers->nelts : NULL;
}

/* Of equal names the first counts, as for apr_table_get. */
static void keep_value(const apr_table_entry_t *entry, const char *name, const char **value)
{
    if (!*value && !strcasecmp(entry->key, name)) {
        *value = entry->val;
    }
}

/* Whether a name begins with these four letters, which are lower case. */
static int begins(const char *name, const char *letters)
{
    int i = 0;

    while (i < 4 && (name[i] | 0x20) == letters[i]) {
        i++;
    }
    return i == 4;
}

/* id_header: what the inbound id is called. */
static inbound_t read_inbound(const request_rec *origin, const char *id_header)
{
    const apr_table_entry_t *entry, *end = headers_of(origin, &entry);
    inbound_t inbound = { NULL, NULL, 0 };
    char initial = id_header[0] | 0x20;

    for (; entry < end; entry++) {
        char first = entry->key[0] | 0x20;

        if (first == initial) {
            keep_value(entry, id_header, &inbound.id);
        }
        if (first == 't') {
            keep_value(entry, "traceparent", &inbound.traceparent);
            inbound.body |= begins(entry->key, "tran"); /* Transfer-Encoding */
        } else if (first == 'c') {
            inbound.body |= begins(entry->key, "cont"); /* Content-Length */
        }
    }
    return inbound;
}

/* One walk for all texts that come from headers. They are C strings: their sizes are found out when
 * it is known whether they are those of the request before. */
static void read_texts(t2m_text_t *texts, const request_rec *origin)
{
    const apr_table_entry_t *entry, *end = headers_of(origin, &entry);

    for (; entry < end; entry++) {
        switch (entry->key[0] | 0x20) {
        case 'u':
            keep_value(entry, "User-Agent", &texts[T2M_EXCHANGE_USER_AGENT].data);
            break;
        case 'h':
            keep_value(entry, "Host", &texts[T2M_EXCHANGE_HOST].data);
            break;
        case 'r':
            keep_value(entry, "Referer", &texts[T2M_EXCHANGE_REFERER].data);
            break;
        default:
            break;
        }
    }
}

static __attribute__((noinline)) t2m_request_t *make_state(const request_rec *origin)
{
    t2m_request_t *state = apr_palloc(origin->pool, sizeof *state);

    memset(state, 0, offsetof(t2m_request_t, own_id));
    state->own_id[T2M_ID_SIZE] = '\0';
    state->trace_id[0] = state->trace_id[T2M_TRACE_ID_SIZE] = '\0';
    state->traceparent[0] = state->traceparent[T2M_TRACEPARENT_SIZE] = '\0';
    state->config = t2m_config_server(origin->server);
    state->first_byte = -1;
    set_start(state, origin);
    if (!inherit_id(state, origin)) {
        t2m_id_make(t2m_process_ids(), state->started, state->own_id);
        state->id = state->own_id;
        state->id_size = T2M_ID_SIZE;
    }
    ap_set_module_config(origin->request_config, &t2mlog_module, state);
    return state;
}

static t2m_request_t *state_of(const request_rec *origin)
{
    return origin->request_config ? ap_get_module_config(origin->request_config, &t2mlog_module)
                                  : NULL;
}

t2m_request_t *t2m_request_get_any(const request_rec *request)
{
    const request_rec *origin = t2m_request_origin(request);
    t2m_request_t *state = state_of(origin);

    if (state) {
        return state;
    }
    return origin->request_config && t2m_config_enabled(origin->server) ? make_state(origin)
                                                                        : NULL;
}

/* A table that is empty is not searched for what is to be replaced. */
static void set_variable(apr_table_t *table, const char *name, const char *value)
{
    if (apr_is_empty_table(table)) {
        apr_table_addn(table, name, value);
    } else {
        apr_table_setn(table, name, value);
    }
}

static void publish(const t2m_request_t *state, request_rec *request)
{
    request->log_id = state->id;
    set_variable(request->subprocess_env, "T2M_REQUEST_ID", state->id);
    if (state->trace_id[0]) {
        apr_table_setn(request->subprocess_env, "T2M_TRACE_ID", state->trace_id);
    }
}

void t2m_request_settle(t2m_request_t *state, request_rec *request, request_rec *last)
{
    if (!state->read) {
        state->config = t2m_config_server(request->server);
        set_start(state, request);
        publish(state, request);
    }
    if (last != request && last->log_id != state->id) {
        publish(state, last);
    }
}

/* The second word of the request line: all there is when httpd refused the line for its length. */
static t2m_text_t second_word(const char *line)
{
    const char *word = line ? strchr(line, ' ') : NULL;

    if (!word) {
        return t2m_text(NULL);
    }
    word += strspn(word, " ");
    return t2m_text_of(word, strcspn(word, " "));
}

/* A daemon of mod_wsgi has method and target in the environment alone. */
static const char *variable(const request_rec *origin, const char *name)
{
    return origin->the_request || !origin->subprocess_env
               ? NULL : apr_table_get(origin->subprocess_env, name);
}

const char *t2m_request_method(const request_rec *origin)
{
    return origin->method ? origin->method : variable(origin, "REQUEST_METHOD");
}

static t2m_text_t raw_target(const request_rec *origin)
{
    if (origin->unparsed_uri) {
        return t2m_text(origin->unparsed_uri);
    }
    return origin->the_request ? second_word(origin->the_request)
                               : t2m_text(variable(origin, "REQUEST_URI"));
}

/* mod_http2 writes a missing target as printf does. */
static t2m_text_t request_target(const request_rec *origin)
{
    t2m_text_t target = raw_target(origin);

    if (target.size == 6 && !memcmp(target.data, "(null)", 6)) {
        target.size = 0;
    }
    return target;
}

static t2m_text_t without(t2m_text_t text, apr_size_t size)
{
    return t2m_text_of(text.data + size, text.size - size);
}

/* Takes `scheme://authority` off an absolute target. */
static t2m_text_t without_authority(t2m_text_t target)
{
    const char *slashes = memmem(target.data, target.size, "://", 3);
    const char *query = memchr(target.data, '?', target.size);
    apr_size_t size;

    if (!slashes || (query && query < slashes)) {
        return target;
    }
    size = (apr_size_t)(slashes - target.data) + 3;
    while (size < target.size && target.data[size] != '/' && target.data[size] != '?') {
        size++;
    }
    return without(target, size);
}

void t2m_request_target(const request_rec *origin, t2m_text_t *path, t2m_text_t *query)
{
    t2m_text_t target = request_target(origin);
    const char *mark;

    if (target.size && target.data[0] != '/') {
        t2m_text_t local = without_authority(target);
        int absolute = local.size < target.size;
        target = local.size || !absolute ? local : t2m_text("/");
    }
    *path = target;
    *query = t2m_text(NULL);
    mark = target.size ? memchr(target.data, '?', target.size) : NULL;
    if (mark) {
        path->size = (apr_size_t)(mark - target.data);
        *query = without(target, path->size + 1);
    }
    if (!path->size && mark) {
        *path = t2m_text("/"); /* http://host?query */
    }
}

t2m_content_e t2m_request_path_content(t2m_text_t path)
{
    return path.size && path.data[0] == '/' ? T2M_CONTENT_PATH : T2M_CONTENT_URL;
}

/* As its line says it, whatever a handler has made of it since. */
static t2m_text_t method_of(const t2m_request_t *state, const request_rec *origin)
{
    t2m_text_t method = state->exchange.texts[T2M_EXCHANGE_METHOD];

    return method.size ? method : t2m_text(t2m_request_method(origin));
}

static apr_size_t write_route(const t2m_request_t *state, const request_rec *origin,
                              const t2m_server_config_t *config, char *out)
{
    char masked[MASKED_PATH_MAX];
    t2m_text_t path, query;
    int cut = 0;

    if (t2m_request_is_clean(state, T2M_EXCHANGE_PATH)) {
        path = state->exchange.texts[T2M_EXCHANGE_PATH];
    } else {
        t2m_request_target(origin, &path, &query);
        path.size = t2m_mask_copy(config->mask, t2m_request_path_content(path), path, masked,
                                  sizeof masked, &cut);
        path.data = masked;
    }
    if (!path.size && !t2m_request_method(origin)) {
        out[0] = '*'; /* as for a method without a path; a lone dash is no value */
        return 1;
    }
    return t2m_route_write(method_of(state, origin), path, out);
}

/* Kept once httpd has read method and target; a line may be logged before. */
t2m_text_t t2m_request_route(t2m_request_t *state, const request_rec *origin,
                             const t2m_server_config_t *config)
{
    const char *endpoint = t2m_config_endpoint(origin);
    apr_size_t size = state->route_size;

    if (endpoint) {
        return t2m_text(endpoint);
    }
    if (!size) {
        size = write_route(state, origin, config, state->route);
        state->route_size = origin->unparsed_uri ? (apr_uint16_t)size : 0;
    }
    return t2m_text_of(state->route, size);
}

t2m_text_t t2m_request_address(const t2m_request_t *state, const request_rec *origin,
                               const t2m_server_config_t *config, char *out)
{
    const char *address = origin->useragent_ip;

    if (!address && origin->connection) {
        address = origin->connection->client_ip;
    }
    return t2m_text_of(out, t2m_address_write((t2m_address_mode_e)config->client_ip,
                                              t2m_process_address_key(), state->started, address,
                                              out));
}

/* The address as httpd has it is shown as it is, mostly. A C string. */
static const char *shown_address(t2m_request_t *state, const request_rec *origin,
                                 const t2m_server_config_t *config)
{
    state->exchange_ip = origin->useragent_ip;
    if (config->client_ip == T2M_ADDRESS_FULL && origin->useragent_ip) {
        return origin->useragent_ip;
    }
    state->address[t2m_request_address(state, origin, config, state->address).size] = '\0';
    return state->address;
}

static t2m_text_t shown_address_text(t2m_request_t *state, const request_rec *origin,
                                     const t2m_server_config_t *config)
{
    t2m_text_t address = t2m_text(shown_address(state, origin, config));

    return address.size <= T2M_ADDRESS_MAX
               ? address : t2m_request_address(state, origin, config, state->address);
}

/* Three bytes behind the slash are no secret; nor is a method that httpd knows. */
static unsigned clean_of(const request_rec *origin, t2m_text_t protocol)
{
    unsigned clean = OWN_TEXTS;

    if (protocol.size == 8 && !memcmp(protocol.data, "HTTP/", 5)) {
        clean |= 1u << T2M_EXCHANGE_PROTOCOL;
    }
    if (origin->method_number != M_INVALID) {
        clean |= METHOD_BIT;
    }
    return clean;
}

/* The texts that are no C strings any more, but texts. */
static void size_texts(t2m_request_t *state, const request_rec *origin,
                       const t2m_server_config_t *config)
{
    t2m_text_t *texts = state->exchange.texts;

    texts[T2M_EXCHANGE_ADDRESS] = shown_address_text(state, origin, config);
    texts[T2M_EXCHANGE_USER_AGENT] = t2m_text(texts[T2M_EXCHANGE_USER_AGENT].data);
    texts[T2M_EXCHANGE_VHOST] = t2m_text(origin->server->server_hostname);
    texts[T2M_EXCHANGE_HOST] = t2m_text(texts[T2M_EXCHANGE_HOST].data);
    texts[T2M_EXCHANGE_PROTOCOL] = t2m_text(texts[T2M_EXCHANGE_PROTOCOL].data);
    state->clean |= clean_of(origin, texts[T2M_EXCHANGE_PROTOCOL]);
}

/* What was found clean for the request before is the same for this one. */
static int find_common(t2m_request_t *state, const request_rec *origin,
                       const t2m_server_config_t *config)
{
    static const unsigned common = (1u << T2M_EXCHANGE_COMMON_END) - (1u << T2M_EXCHANGE_COMMON);
    t2m_text_t *texts = state->exchange.texts;

    texts[T2M_EXCHANGE_ADDRESS].data = shown_address(state, origin, config);
    texts[T2M_EXCHANGE_PROTOCOL].data = origin->protocol;
    state->common = t2m_connection_find(origin, config->mask, texts);
    if (!state->common) {
        return 0;
    }
    state->common_stamp = state->common->stamp;
    state->clean |= common | OWN_TEXTS | (origin->method_number != M_INVALID ? METHOD_BIT : 0);
    return 1;
}

static void look_up(t2m_request_t *state, const request_rec *origin,
                    const t2m_server_config_t *config)
{
    t2m_text_t *texts = state->exchange.texts;

    state->known = 1;
    read_texts(texts, origin);
    t2m_request_target(origin, &texts[T2M_EXCHANGE_PATH], &texts[T2M_EXCHANGE_QUERY]);
    texts[T2M_EXCHANGE_METHOD] = t2m_text(origin->method);
    texts[T2M_EXCHANGE_REFERER] = t2m_text(texts[T2M_EXCHANGE_REFERER].data);
    if (!find_common(state, origin, config)) {
        size_texts(state, origin, config);
    }
}

t2m_exchange_t *t2m_request_exchange(t2m_request_t *state, const request_rec *origin,
                                     const t2m_server_config_t *config)
{
    if (!state->known) {
        look_up(state, origin, config);
    } else if (state->exchange_ip != origin->useragent_ip) {
        /* A module that is not mod_remoteip has found out who the client is. */
        state->common = NULL;
        state->exchange.texts[T2M_EXCHANGE_ADDRESS] = shown_address_text(state, origin, config);
    }
    return &state->exchange;
}

static int generate_log_id(const conn_rec *connection, const request_rec *request, const char **id)
{
    if (request) {
        const t2m_request_t *state = t2m_request_get(request);
        if (!state) {
            return DECLINED;
        }
        *id = state->id;
        return OK;
    }
    if (connection && t2m_config_enabled(connection->base_server)) {
        char *fresh = apr_pcalloc(connection->pool, T2M_ID_SIZE + 1);
        t2m_id_make(t2m_process_ids(), apr_time_now(), fresh);
        *id = fresh;
        return OK;
    }
    return DECLINED;
}

/* By the peer's own address: what a header says of the client proves nothing. */
static int is_trusted(const t2m_server_config_t *config, const conn_rec *connection)
{
    apr_ipsubnet_t **subnets = (apr_ipsubnet_t **)config->id_trust->elts;

    for (int i = 0; connection->client_addr && i < config->id_trust->nelts; i++) {
        if (apr_ipsubnet_test(subnets[i], connection->client_addr)) {
            return 1;
        }
    }
    return 0;
}

static void adopt_id(t2m_request_t *state, request_rec *request,
                     const t2m_server_config_t *config, const char *id)
{
    if (!id) {
        apr_table_addn(request->headers_in, config->id_header, state->id);
        return;
    }
    if (t2m_id_valid(id, strlen(id)) && is_trusted(config, request->connection)) {
        state->id = id;
        state->id_size = strlen(id);
    }
    apr_table_setn(request->headers_in, config->id_header, state->id);
}

/* Without a traceparent there is no trace; one that cannot be read starts a new one, and then the
 * tracestate beside it belongs to nobody. */
static __attribute__((noinline)) void adopt_trace(t2m_request_t *state, request_rec *request,
                                                   const char *header)
{
    unsigned char random[32];
    t2m_trace_t trace;

    t2m_id_random(t2m_process_ids(), random);
    if (t2m_trace_parse(t2m_text(header), &trace)) {
        t2m_trace_next_span(&trace, random);
    } else {
        t2m_id_random(t2m_process_ids(), random + 16);
        t2m_trace_start(&trace, random);
        apr_table_unset(request->headers_in, "tracestate");
    }
    memcpy(state->trace_id, trace.trace_id, T2M_TRACE_ID_SIZE);
    t2m_trace_write(&trace, state->traceparent);
    apr_table_setn(request->headers_in, "traceparent", state->traceparent);
}

static void read_request(t2m_request_t *state, request_rec *request)
{
    inbound_t inbound = read_inbound(request, state->config->id_header);

    state->read = 1;
    /* A stream of HTTP/2 has a body that no header need tell of. */
    state->bodiless = !inbound.body && !request->connection->master;
    if (request->connection->master) {
        state->master_out = t2m_bytes_out(request->connection->master);
    }
    adopt_id(state, request, state->config, inbound.id);
    if (inbound.traceparent) {
        adopt_trace(state, request, inbound.traceparent);
    }
}

/* Before all others: what they log belongs to the request. An internal redirect comes here again
 * with its own environment. */
static int identify(request_rec *request)
{
    t2m_request_t *early = state_of(request);
    t2m_request_t *state = early ? early : t2m_request_get_any(request);

    if (!state) {
        return DECLINED;
    }
    if (early && !early->read) { /* made before httpd knew all of it */
        early->config = t2m_config_server(request->server);
        set_start(early, request);
    }
    if (!state->read && !request->prev && !request->main) {
        read_request(state, request);
    }
    publish(state, request);
    return OK;
}

void t2m_request_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_generate_log_id(generate_log_id, NULL, NULL, APR_HOOK_FIRST);
    ap_hook_post_read_request(identify, NULL, NULL, APR_HOOK_REALLY_FIRST);
}
