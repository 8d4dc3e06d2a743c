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

/* See emit.h. */
#include "server/emit.h"

#include "core/encode.h"
#include "core/extra.h"
#include "core/json.h"
#include "server/process.h"

static unsigned char name_size(t2m_text_t name)
{
    return (unsigned char)(name.size <= T2M_NAME_MAX
                               ? name.size : t2m_utf8_boundary(name.data, name.size, T2M_NAME_MAX));
}

/* All but the line's size and its file. */
static inline void fill_header(t2m_ring_record_t *header, t2m_stream_e stream, t2m_level_e level,
                               apr_time_t time, const t2m_facts_t *facts)
{
    header->size = 0;
    header->file = 0;
    header->stream = (unsigned char)stream;
    header->level = (unsigned char)level;
    header->time = time;
    header->value = facts->value;
    header->status = facts->status;
    header->flags = facts->flags;
    header->name_size = name_size(facts->name);
    header->also = 0;
    header->split = 0;
}

static void fill_header_by_record(t2m_ring_record_t *header, const t2m_record_t *record)
{
    fill_header(header, record->stream, record->level, record->time, &record->facts);
}

static apr_status_t push_count(const t2m_ring_record_t *header, const t2m_facts_t *facts)
{
    return header->name_size ? t2m_process_push(header, facts->name.data, NULL) : APR_SUCCESS;
}

/* line has room for limit and T2M_NAME_MAX bytes. */
static apr_status_t push_line(const t2m_record_t *record, const t2m_server_config_t *config,
                              t2m_inflight_t *entry, char *line, apr_size_t limit)
{
    t2m_ring_record_t header;

    fill_header_by_record(&header, record);
    header.size = (apr_uint32_t)t2m_encode(record, line, limit);
    header.file = config->file_id[record->stream];
    if (header.name_size) {
        memcpy(line + header.size, record->facts.name.data, header.name_size);
    }
    return t2m_process_push(&header, line, entry);
}

apr_status_t t2m_emit_count(const t2m_record_t *record)
{
    t2m_ring_record_t header;

    fill_header_by_record(&header, record);
    return push_count(&header, &record->facts);
}

/* Two functions, neither inlined, so that the common limit does not take the longest's stack. */
static __attribute__((noinline)) apr_status_t push_common(const t2m_record_t *record,
                                                          const t2m_server_config_t *config,
                                                          t2m_inflight_t *entry, apr_size_t limit)
{
    char line[T2M_EMIT_LINE + T2M_NAME_MAX];

    return push_line(record, config, entry, line, limit);
}

static __attribute__((noinline)) apr_status_t push_long(const t2m_record_t *record,
                                                        const t2m_server_config_t *config,
                                                        t2m_inflight_t *entry, apr_size_t limit)
{
    char line[T2M_LINE_MAX + T2M_NAME_MAX];

    return push_line(record, config, entry, line, limit);
}

int t2m_emit_wants(const t2m_server_config_t *config, t2m_stream_e stream, t2m_level_e level)
{
    return config->file_id[stream] != T2M_FILE_NONE && (int)level >= config->level[stream];
}

static int is_wanted(const t2m_record_t *record, const t2m_server_config_t *config)
{
    return t2m_emit_wants(config, record->stream,
                          record->audit ? T2M_LEVEL_CRITICAL : record->level);
}

static void leave_out(t2m_record_t *record, const apr_array_header_t *fields)
{
    for (int i = 0; i < fields->nelts; i++) {
        const t2m_config_field_t *field = &APR_ARRAY_IDX(fields, i, t2m_config_field_t);

        if (field->stream == record->stream && !field->expression) {
            t2m_record_remove(record, field->name);
        }
    }
}

/* The record as it is to be shown. */
static void finish(t2m_record_t *record, const t2m_server_config_t *config)
{
    if (config->fields) {
        leave_out(record, config->fields);
    }
    t2m_record_mask(record, config->mask);
    t2m_extra_arrange(record, (t2m_layout_e)config->global->layout);
}

apr_size_t t2m_emit_limit(const t2m_server_config_t *config)
{
    apr_size_t limit = config->global->max_record;

    if (limit < T2M_LINE_MIN) {
        return T2M_LINE_MIN;
    }
    return limit < T2M_LINE_MAX ? limit : T2M_LINE_MAX;
}

apr_status_t t2m_emit(t2m_record_t *record, const t2m_server_config_t *config,
                      t2m_inflight_t *entry)
{
    apr_size_t limit = t2m_emit_limit(config);

    if (!is_wanted(record, config)) {
        if (record->stream == T2M_STREAM_ACCESS) {
            t2m_process_end(entry);
        }
        return t2m_emit_count(record);
    }
    finish(record, config);
    return limit <= T2M_EMIT_LINE ? push_common(record, config, entry, limit)
                                : push_long(record, config, entry, limit);
}

/* A stream's fields may be taken out, added to and rearranged only while they are a record. */
static apr_size_t quick_room(const t2m_server_config_t *config)
{
    apr_size_t room = t2m_emit_limit(config) - T2M_LINE_TAIL;

    if (config->fields || config->global->layout != T2M_LAYOUT_FLAT) {
        return 0;
    }
    return room < T2M_EMIT_LINE ? room : T2M_EMIT_LINE;
}

void t2m_emit_begin(t2m_emit_t *emit, const t2m_server_config_t *config, apr_time_t time,
                    t2m_line_start_t *start)
{
    emit->config = config;
    emit->limit = t2m_emit_limit(config);
    emit->room = quick_room(config);
    emit->count = 0;
    emit->status = APR_SUCCESS;
    emit->twin = 0;
    emit->next = emit->lines;
    emit->own_start.second = -1;
    emit->start = start ? start : &emit->own_start;
    t2m_line_start(emit->start, time);
}

void t2m_emit_twin(t2m_emit_t *emit)
{
    emit->twin = 1;
}

/* Both stand one behind the other already, the name behind them. Returns 0 when they cannot be one
 * record. */
static int make_twin(const t2m_emit_t *emit, t2m_ring_record_t *record)
{
    const t2m_ring_record_t *app = &emit->items[0].record, *errors = &emit->items[1].record;

    if (emit->count != 2 || app->size == 0 || errors->size == 0 || app->name_size
        || errors->name_size < T2M_FINGERPRINT_SIZE || app->size > APR_UINT16_MAX
        || app->size + errors->size > T2M_LINE_MAX) {
        return 0;
    }
    *record = *errors;
    record->stream = app->stream;
    record->file = app->file;
    record->also = errors->file;
    record->size = app->size + errors->size;
    record->split = (apr_uint16_t)app->size;
    record->flags |= T2M_FACT_TWIN;
    return 1;
}

/* One record also when it has to wait for room, or is dropped. */
static apr_status_t push_twin(const t2m_emit_t *emit, const t2m_ring_record_t *record)
{
    const char *lines = emit->items[0].line;

    return t2m_process_push_twin(record, lines) ? APR_SUCCESS
                                                : t2m_process_push(record, lines, NULL);
}

apr_status_t t2m_emit_end(t2m_emit_t *emit)
{
    t2m_ring_record_t twin;
    apr_status_t status = APR_SUCCESS;

    if (emit->twin && make_twin(emit, &twin)) {
        status = push_twin(emit, &twin);
    } else if (emit->count > 0) {
        status = t2m_process_push_all(emit->items, emit->count);
    }
    emit->status = emit->status != APR_SUCCESS ? emit->status : status;
    emit->count = 0;
    emit->next = emit->lines;
    return emit->status;
}

/* What stands at next, size bytes of a line, is an item with its name behind it. */
static void queue(t2m_emit_t *emit, const t2m_emit_source_t *source, apr_size_t size)
{
    t2m_slot_item_t *item = &emit->items[emit->count++];

    fill_header(&item->record, source->stream, source->level, emit->start->time, &source->facts);
    item->record.size = (apr_uint32_t)size;
    item->record.file = emit->config->file_id[source->stream];
    item->line = emit->next;
    item->entry = source->entry;
    emit->next += size;
    emit->next = t2m_text_copy(emit->next, source->facts.name.data, item->record.name_size);
}

void t2m_emit_add_count(t2m_emit_t *emit, const t2m_emit_source_t *source)
{
    if (source->stream == T2M_STREAM_ACCESS) {
        t2m_process_end(source->entry);
    }
    if (source->facts.name.size) {
        queue(emit, source, 0);
    }
}

apr_status_t t2m_emit_source(const t2m_emit_source_t *source, const t2m_server_config_t *config,
                             apr_time_t time)
{
    t2m_record_t record;
    t2m_line_t line;

    t2m_record_begin(&record, source->stream, source->level, time);
    record.facts = source->facts;
    record.audit = source->audit != 0;
    t2m_line_gather(&line, &record);
    source->gather(&line, source->data);
    return t2m_emit(&record, config, source->entry);
}

apr_status_t t2m_emit_source_count(const t2m_emit_source_t *source, apr_time_t time)
{
    t2m_ring_record_t header;

    fill_header(&header, source->stream, source->level, time, &source->facts);
    return push_count(&header, &source->facts);
}

/* The size of the line; 0 when it must be a record. */
static apr_size_t render(t2m_emit_t *emit, const t2m_emit_source_t *source)
{
    t2m_line_t line;

    if (!emit->room || !source->quick) {
        return 0;
    }
    t2m_line_begin(&line, emit->start, source->level, emit->config->mask, emit->next,
                   emit->room);
    source->gather(&line, source->data);
    return t2m_line_end(&line);
}

/* As render, through a record. Apart, so that quick lines take no stack for one. Of a limit above
 * T2M_EMIT_LINE only what is not cut for it. */
static __attribute__((noinline)) apr_size_t encode(t2m_emit_t *emit,
                                                   const t2m_emit_source_t *source)
{
    t2m_record_t record;
    t2m_line_t line;

    t2m_record_begin(&record, source->stream, source->level, emit->start->time);
    t2m_line_gather(&line, &record);
    source->gather(&line, source->data);
    finish(&record, emit->config);
    return emit->limit <= T2M_EMIT_LINE
               ? t2m_encode(&record, emit->next, emit->limit)
               : t2m_encode_whole(&record, emit->next, T2M_EMIT_LINE);
}

void t2m_emit_add(t2m_emit_t *emit, const t2m_emit_source_t *source)
{
    apr_status_t status;
    apr_size_t size;

    if (!t2m_emit_wants(emit->config, source->stream,
                        source->audit ? T2M_LEVEL_CRITICAL : source->level)) {
        t2m_emit_add_count(emit, source);
        return;
    }
    size = render(emit, source);
    if (size == 0) {
        size = encode(emit, source);
    }
    if (size > 0) {
        queue(emit, source, size);
        return;
    }
    (void)t2m_emit_end(emit);
    status = t2m_emit_source(source, emit->config, emit->start->time);
    emit->status = emit->status != APR_SUCCESS ? emit->status : status;
}
