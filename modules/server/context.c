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

/* See context.h. */
#include "server/context.h"

#include <ap_expr.h>
#include <apr_strings.h>

#include "core/field_name.h"

enum { SMALLEST_TEXT = 64 };

static const char prefix[] = "t2mlog."; /* of notes and variables that are fields */

/* The values of a list of directives. */
typedef struct {
    const apr_array_header_t *list; /* NULL: none is known */
    const char **values;            /* NULL: empty, or not evaluated yet */
    int room;
    int logged;                     /* evaluated when the response was complete */
} evaluated_t;

/* A field that was pushed, and its memory. */
typedef struct {
    t2m_field_t field;
    char name[T2M_FIELD_NAME_MAX + 1];
    char *text;
    apr_size_t room;
    int cut;
} pushed_t;

struct t2m_request_context_t {
    evaluated_t directory, server;
    pushed_t *pushed;
    int pushed_count, set_count;
    int sets[T2M_CONTEXT_MAX]; /* fields below each push */
    int busy;                  /* an expression is being evaluated: it may log */
};

static t2m_request_context_t *kept_of(t2m_request_t *state, const request_rec *origin)
{
    if (!state->context) {
        state->context = apr_pcalloc(origin->pool, sizeof *state->context);
    }
    return state->context;
}

static int has_field(const t2m_context_t *context, const char *name)
{
    int i = 0;

    while (i < context->count && strcmp(context->fields[i].name, name)) {
        i++;
    }
    return i < context->count;
}

static void put(t2m_context_t *context, t2m_field_t field)
{
    if ((field.kind == T2M_FIELD_TEXT && !field.text.size) || has_field(context, field.name)) {
        return;
    }
    if (context->count == T2M_CONTEXT_MAX) {
        context->truncated = 1;
        return;
    }
    context->fields[context->count++] = field;
}

static void put_pushed(t2m_context_t *context, const t2m_request_context_t *kept)
{
    for (int i = kept->pushed_count - 1; i >= 0; i--) {
        put(context, kept->pushed[i].field);
        context->truncated |= kept->pushed[i].cut;
    }
}

static void put_table(t2m_context_t *context, const apr_table_t *table)
{
    const apr_array_header_t *elements = table ? apr_table_elts(table) : NULL;

    for (int i = 0; elements && i < elements->nelts; i++) {
        const apr_table_entry_t *entry = &APR_ARRAY_IDX(elements, i, apr_table_entry_t);
        const char *name;

        if (strncmp(entry->key, prefix, sizeof prefix - 1)) {
            continue;
        }
        name = entry->key + sizeof prefix - 1;
        if (t2m_context_name_valid(name, strlen(name))) {
            put(context, t2m_field_text(name, t2m_text(entry->val)));
        }
    }
}

/* httpd's functions take a request that may be changed; expressions change none. */
static request_rec *last_of(const request_rec *origin)
{
    while (origin->next) {
        origin = origin->next;
    }
    return (request_rec *)(apr_uintptr_t)origin;
}

/* Some modules make up request_recs that lack what expressions look at. */
static int can_evaluate(const request_rec *request)
{
    return request->headers_in && request->headers_out && request->subprocess_env
           && request->notes && request->connection && request->server;
}

static void begin_list(evaluated_t *evaluated, const apr_array_header_t *list,
                       const t2m_request_t *state, const request_rec *origin)
{
    if (evaluated->list == list && evaluated->logged == state->logged) {
        return;
    }
    if (evaluated->room < list->nelts) {
        evaluated->values = apr_palloc(origin->pool,
                                       (apr_size_t)list->nelts * sizeof *evaluated->values);
        evaluated->room = list->nelts;
    }
    memset(evaluated->values, 0, (apr_size_t)list->nelts * sizeof *evaluated->values);
    evaluated->list = list;
    evaluated->logged = state->logged;
}

static const char *evaluate(request_rec *request, const ap_expr_info_t *expression)
{
    const char *error = NULL;
    const char *value = ap_expr_str_exec(request, expression, &error);

    return value && !error && *value ? value : NULL;
}

/* The fields of the list with their values; stream: T2M_STREAM_COUNT for all. */
static void put_list(t2m_context_t *context, evaluated_t *evaluated,
                     const apr_array_header_t *list, t2m_stream_e stream, t2m_request_t *state,
                     const request_rec *origin)
{
    request_rec *request = last_of(origin);

    if (state->context->busy || !can_evaluate(request)) {
        return;
    }
    begin_list(evaluated, list, state, origin);
    state->context->busy = 1;
    for (int i = 0; i < list->nelts; i++) {
        const t2m_config_field_t *field = &APR_ARRAY_IDX(list, i, t2m_config_field_t);

        if (!field->expression || (stream != T2M_STREAM_COUNT && field->stream != stream)
            || has_field(context, field->name)) {
            continue;
        }
        if (!evaluated->values[i]) {
            evaluated->values[i] = evaluate(request, field->expression);
        }
        put(context, t2m_field_text(field->name, t2m_text(evaluated->values[i])));
    }
    state->context->busy = 0;
}

static void put_directory(t2m_context_t *context, t2m_request_t *state, const request_rec *origin)
{
    const apr_array_header_t *list = t2m_config_context(origin);

    if (list) {
        put_list(context, &kept_of(state, origin)->directory, list, T2M_STREAM_COUNT, state,
                 origin);
    }
}

void t2m_context_collect(t2m_context_t *context, t2m_request_t *state, const request_rec *origin)
{
    const request_rec *last = last_of(origin);

    context->count = 0;
    context->truncated = 0;
    if (state->context) {
        put_pushed(context, state->context);
    }
    put_table(context, last->notes);
    if (last != origin) {
        put_table(context, origin->notes);
    }
    put_table(context, last->subprocess_env);
    if (last != origin) {
        put_table(context, origin->subprocess_env);
    }
    put_directory(context, state, origin);
}

static inline int has_name(const apr_table_t *table)
{
    const apr_array_header_t *elements = table ? apr_table_elts(table) : NULL;

    for (int i = 0; elements && i < elements->nelts; i++) {
        const char *key = APR_ARRAY_IDX(elements, i, apr_table_entry_t).key;

        if (key[0] == prefix[0] && !strncmp(key, prefix, sizeof prefix - 1)) {
            return 1;
        }
    }
    return 0;
}

int t2m_context_has_any(const t2m_request_t *state, const request_rec *origin)
{
    const request_rec *last = last_of(origin);

    return (state->context && state->context->pushed_count) || t2m_config_context(origin)
           || has_name(last->notes) || has_name(last->subprocess_env)
           || (last != origin && (has_name(origin->notes) || has_name(origin->subprocess_env)));
}

static void add_all(t2m_record_t *record, const t2m_context_t *context)
{
    for (int i = 0; i < context->count; i++) {
        t2m_record_foreign(record, &context->fields[i]);
    }
    record->truncated |= context->truncated != 0;
}

void t2m_context_add(t2m_record_t *record, const t2m_server_config_t *config,
                     const t2m_context_t *context, t2m_request_t *state,
                     const request_rec *origin)
{
    t2m_context_t more;

    if (!state) {
        return;
    }
    if (!context) {
        t2m_context_collect(&more, state, origin);
        context = &more;
    }
    add_all(record, context);
    if (config->fields) {
        more.count = more.truncated = 0;
        put_list(&more, &kept_of(state, origin)->server, config->fields, record->stream, state,
                 origin);
        add_all(record, &more);
    }
}

void t2m_context_add_line(t2m_line_t *line, const t2m_server_config_t *config,
                          const t2m_context_t *context, t2m_request_t *state,
                          const request_rec *origin)
{
    t2m_record_t *record = t2m_line_record(line);

    if (record) {
        t2m_context_add(record, config, context, state, origin);
    }
}

/* Keeps a masked copy of the text, which may replace one that was popped. */
static void copy_text(pushed_t *pushed, t2m_text_t text, const t2m_mask_t *mask, apr_pool_t *pool)
{
    char masked[T2M_FOREIGN_TEXT_MAX];
    apr_size_t size = t2m_mask_copy(mask, T2M_CONTENT_MESSAGE, text, masked, sizeof masked,
                                    &pushed->cut);

    if (pushed->room < size) {
        pushed->room = SMALLEST_TEXT;
        while (pushed->room < size) {
            pushed->room *= 2;
        }
        pushed->text = apr_palloc(pool, pushed->room);
    }
    if (size) {
        memcpy(pushed->text, masked, size);
    }
    pushed->field.text = t2m_text_of(pushed->text, size);
}

static void copy_field(pushed_t *pushed, const t2m_field_t *field, const request_rec *origin)
{
    pushed->field = *field;
    pushed->cut = 0;
    apr_cpystrn(pushed->name, field->name, sizeof pushed->name);
    pushed->field.name = pushed->name;
    if (field->kind == T2M_FIELD_TEXT) {
        copy_text(pushed, field->text, t2m_config_server(origin->server)->mask, origin->pool);
    }
}

apr_status_t t2m_context_push(t2m_request_t *state, const request_rec *origin,
                              const t2m_field_t *fields, int count)
{
    t2m_request_context_t *kept = kept_of(state, origin);

    if (kept->set_count == T2M_CONTEXT_MAX || count > T2M_CONTEXT_MAX - kept->pushed_count) {
        return APR_ENOSPC;
    }
    if (!kept->pushed) {
        kept->pushed = apr_pcalloc(origin->pool, T2M_CONTEXT_MAX * sizeof *kept->pushed);
    }
    kept->sets[kept->set_count++] = kept->pushed_count;
    for (int i = 0; i < count; i++) {
        copy_field(&kept->pushed[kept->pushed_count++], &fields[i], origin);
    }
    return APR_SUCCESS;
}

apr_status_t t2m_context_pop(t2m_request_t *state)
{
    t2m_request_context_t *kept = state->context;

    if (!kept || kept->set_count == 0) {
        return APR_EINVAL;
    }
    kept->pushed_count = kept->sets[--kept->set_count];
    return APR_SUCCESS;
}
