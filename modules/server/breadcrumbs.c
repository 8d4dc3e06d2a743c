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

/* See breadcrumbs.h. */
#include "server/breadcrumbs.h"

#include <apr_lib.h>
#include <apr_strings.h>
#include <http_protocol.h>

#include "core/json.h"
#include "core/rows.h"
#include "server/process.h"

enum {
    MODULE_MAX = 32,
    TARGET_MAX = 112, /* bytes of a path in a redirect's message: two, an arrow and a status */
    CELLS_MAX = 64 + MODULE_MAX, /* of a row, but its message */
    ROWS_SIZE = T2M_BREADCRUMBS_MAX * (T2M_BREADCRUMBS_MESSAGE + CELLS_MAX)
};

/* Behind the request's identity, before what other modules log of it. */
enum { BEHIND_IDENTITY = APR_HOOK_REALLY_FIRST + 1 };

typedef struct {
    apr_int64_t offset;       /* microseconds from the request's start */
    const request_rec *to;    /* a redirect led here; NULL: what it says is in message */
    const char *module;       /* NULL: unknown */
    t2m_level_e level;
    apr_uint16_t size;
    unsigned cut : 1;
    char message[T2M_BREADCRUMBS_MESSAGE]; /* masked */
} crumb_t;

struct t2m_breadcrumbs_t {
    unsigned count; /* of all so far; the newest take the places of the oldest */
    char *rows;     /* room for them as a text; NULL: nobody has asked for it */
    crumb_t *crumbs[T2M_BREADCRUMBS_MAX]; /* each made when it is first needed */
};

/* The newest, empty but for its moment. */
static crumb_t *next_crumb(t2m_request_t *state, apr_pool_t *pool)
{
    t2m_breadcrumbs_t *own = state->breadcrumbs;
    crumb_t **place;

    if (!own) {
        own = state->breadcrumbs = apr_pcalloc(pool, sizeof *own);
    }
    place = &own->crumbs[own->count++ % T2M_BREADCRUMBS_MAX];
    if (!*place) {
        *place = apr_palloc(pool, sizeof **place);
    }
    (*place)->offset = t2m_process_monotonic() - state->started_monotonic;
    (*place)->to = NULL;
    (*place)->size = 0;
    (*place)->cut = 0;
    return *place;
}

/* A secret that is cut may not look like one any more: it is masked before. */
static void keep_message(crumb_t *crumb, const t2m_mask_t *mask, t2m_text_t message)
{
    int cut = 0;

    if (!t2m_errorline_is_clean(mask, message)) {
        crumb->size = (apr_uint16_t)t2m_mask_copy(mask, T2M_CONTENT_MESSAGE, message,
                                                  crumb->message, T2M_BREADCRUMBS_MESSAGE, &cut);
        crumb->cut = cut != 0;
        return;
    }
    if (message.size > T2M_BREADCRUMBS_MESSAGE) {
        message.size = t2m_utf8_boundary(message.data, message.size, T2M_BREADCRUMBS_MESSAGE);
        crumb->cut = 1;
    }
    memcpy(crumb->message, message.data, message.size);
    crumb->size = (apr_uint16_t)message.size;
}

void t2m_breadcrumbs_add(const t2m_errorline_place_t *place, const t2m_errorline_t *line,
                         t2m_text_t message)
{
    crumb_t *crumb;

    if (place->state->logged) { /* its pool is being cleared, perhaps */
        return;
    }
    crumb = next_crumb(place->state, place->origin->pool);
    crumb->level = line->level;
    crumb->module = line->module;
    keep_message(crumb, place->config->mask, message);
    crumb->cut |= line->truncated;
}

static apr_size_t put_target(const t2m_mask_t *mask, const char *target, char *out, int *cut)
{
    return t2m_mask_copy(mask, T2M_CONTENT_URL, t2m_text(target), out, TARGET_MAX, cut);
}

/* `/from -> /to`, and the status that led there unless it is 200. */
static t2m_text_t write_redirect(const request_rec *to, const t2m_mask_t *mask,
                                 char out[T2M_BREADCRUMBS_MESSAGE], int *cut)
{
    const request_rec *from = to->prev;
    apr_size_t size = put_target(mask, from->unparsed_uri ? from->unparsed_uri : from->uri, out,
                                 cut);

    size = (apr_size_t)(t2m_text_copy(out + size, " -> ", 4) - out);
    size += put_target(mask, to->unparsed_uri ? to->unparsed_uri : to->uri, out + size, cut);
    if (from->status != HTTP_OK) {
        size += (apr_size_t)apr_snprintf(out + size, T2M_BREADCRUMBS_MESSAGE - size,
                                         " after status %d", from->status);
    }
    return t2m_text_of(out, size);
}

/* Its texts are httpd's and stay: they are looked at when somebody wants them. Those of a
 * subrequest go with it, before the request ends. */
static void add_redirect(t2m_request_t *state, const request_rec *to)
{
    crumb_t *crumb = next_crumb(state, t2m_request_origin(to)->pool);
    int cut = 0;

    crumb->level = T2M_LEVEL_INFO;
    crumb->module = "redirect";
    if (to->main) {
        crumb->size = (apr_uint16_t)write_redirect(to, state->config->mask, crumb->message,
                                                   &cut).size;
        crumb->cut = cut != 0;
    } else {
        crumb->to = to;
    }
}

static void add_row(t2m_rows_t *rows, const crumb_t *crumb, const t2m_mask_t *mask, int *cut)
{
    char message[T2M_BREADCRUMBS_MESSAGE];
    t2m_text_t name = t2m_text(crumb->module);

    t2m_rows_add_number(rows, crumb->offset > 0 ? crumb->offset : 0);
    t2m_rows_add(rows, t2m_text(t2m_level_name(crumb->level)));
    name.size = name.size < MODULE_MAX ? name.size : MODULE_MAX;
    t2m_rows_add(rows, name);
    t2m_rows_add(rows, crumb->to ? write_redirect(crumb->to, mask, message, cut)
                                 : t2m_text_of(crumb->message, crumb->size));
    t2m_rows_end(rows);
    *cut |= crumb->cut;
}

/* The crumbs, oldest first. */
static void add_rows(t2m_record_t *record, t2m_breadcrumbs_t *own, const t2m_mask_t *mask)
{
    static const t2m_column_t columns[] = { { "offset_ms", T2M_FIELD_MILLISECONDS },
                                            { "level", T2M_FIELD_TEXT },
                                            { "module", T2M_FIELD_TEXT },
                                            { "message", T2M_FIELD_TEXT },
                                            { NULL, T2M_FIELD_TEXT } };
    unsigned first = own->count > T2M_BREADCRUMBS_MAX ? own->count - T2M_BREADCRUMBS_MAX : 0;
    t2m_rows_t rows;
    int cut = 0;

    t2m_rows_begin(&rows, own->rows, ROWS_SIZE);
    for (unsigned i = first; i < own->count; i++) {
        add_row(&rows, own->crumbs[i % T2M_BREADCRUMBS_MAX], mask, &cut);
    }
    t2m_record_rows(record, "breadcrumbs", columns, t2m_rows_text(&rows));
    record->truncated |= cut != 0;
}

static void put_crumbs(t2m_line_t *line, const t2m_errorline_place_t *place)
{
    t2m_breadcrumbs_t *own = place->state->breadcrumbs;
    t2m_record_t *record = t2m_line_record(line);

    if (!own || !record) {
        return;
    }
    if (!own->rows) {
        own->rows = apr_palloc(place->origin->pool, ROWS_SIZE);
    }
    add_rows(record, own, place->config->mask);
}

/* Which of its redirects is told of: the one that is on its way, at the end the one that failed and
 * not its error document. */
static const request_rec *current(const t2m_errorline_place_t *place)
{
    const request_rec *request = place->origin;

    while (request->next && !(place->state->logged && ap_is_HTTP_ERROR(request->status))) {
        request = request->next;
    }
    return request;
}

static char *append(char *to, const char *end, t2m_text_t text)
{
    apr_size_t room = (apr_size_t)(end - to);

    return t2m_text_copy(to, text.data, text.size < room ? text.size : room);
}

/* `scheme://host:port` of a URL: no path, and nobody's name and password. */
static char *append_server(char *to, const char *end, const char *url)
{
    const char *host = strstr(url, "://");
    apr_size_t scheme = host ? (apr_size_t)(host - url) + 3 : 0, size;
    const char *at;

    host = url + scheme;
    size = strcspn(host, "/?#");
    at = memrchr(host, '@', size);
    to = append(to, end, t2m_text_of(url, scheme));
    return append(to, end, at ? t2m_text_of(at + 1, size - (apr_size_t)(at + 1 - host))
                              : t2m_text_of(host, size));
}

/* The worker that a balancer has chosen, else what the request was sent to. */
static t2m_text_t write_worker(const request_rec *request, char *out)
{
    const char *end = &out[T2M_BREADCRUMBS_WORKER_MAX - 1];
    const char *chosen = apr_table_get(request->subprocess_env, "BALANCER_WORKER_NAME");
    const char *socket = apr_table_get(request->notes, "uds_path");
    char *next = out;

    if (!chosen && request->filename && !strncmp(request->filename, "proxy:", 6)) {
        chosen = request->filename + 6;
    }
    if (chosen && socket) {
        next = append(append(append(next, end, t2m_text("unix:")), end, t2m_text(socket)), end,
                      t2m_text("|"));
    }
    if (chosen) {
        next = append_server(next, end, chosen);
    }
    return t2m_text_of(out, (apr_size_t)(next - out));
}

/* What mod_proxy_http keeps of the back end's own status line; 0: nothing. */
static int backend_status(const request_rec *request)
{
    const char *status = apr_table_get(request->notes, "proxy-status");

    if (!status || !apr_isdigit(status[0]) || !apr_isdigit(status[1]) || !apr_isdigit(status[2])) {
        return 0;
    }
    return 100 * (status[0] - '0') + 10 * (status[1] - '0') + (status[2] - '0');
}

static void put_proxy(t2m_line_t *line, const request_rec *request, char *worker)
{
    int status = backend_status(request);

    t2m_line_text(line, "proxy_worker", T2M_CONTENT_URL, write_worker(request, worker));
    if (status) {
        t2m_line_integer(line, "backend_status", status);
    }
}

void t2m_breadcrumbs_put(t2m_line_t *line, const t2m_errorline_place_t *place,
                         char worker[T2M_BREADCRUMBS_WORKER_MAX])
{
    const request_rec *request;

    if (!place->state) {
        return;
    }
    request = current(place);
    put_crumbs(line, place);
    t2m_line_string(line, "handler", T2M_CONTENT_NAME, request->handler);
    if (request->proxyreq) {
        put_proxy(line, request, worker);
    }
}

static int note_redirect(request_rec *request)
{
    t2m_request_t *state = request->prev ? t2m_request_get(request) : NULL;

    if (!state) {
        return DECLINED;
    }
    add_redirect(state, request);
    return OK;
}

void t2m_breadcrumbs_register(apr_pool_t *pool)
{
    (void)pool;
    ap_hook_post_read_request(note_redirect, NULL, NULL, BEHIND_IDENTITY);
}
