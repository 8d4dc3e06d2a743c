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

enum { COMMON_LINE = 8192 }; /* the default of T2MLogMaxRecord */

static apr_status_t push(const t2m_record_t *record, t2m_ring_record_t *header, const char *line,
                         t2m_inflight_t *entry)
{
    const t2m_facts_t *facts = &record->facts;

    header->stream = (unsigned char)record->stream;
    header->level = (unsigned char)record->level;
    header->time = record->time;
    header->value = facts->value;
    header->status = facts->status;
    header->flags = facts->flags;
    return t2m_process_push(header, line, entry);
}

static unsigned char name_size(const t2m_record_t *record)
{
    const t2m_text_t *name = &record->facts.name;

    return (unsigned char)t2m_utf8_boundary(name->data, name->size, T2M_NAME_MAX);
}

/* line has room for limit and T2M_NAME_MAX bytes. */
static apr_status_t push_line(const t2m_record_t *record, const t2m_server_config_t *config,
                              t2m_inflight_t *entry, char *line, apr_size_t limit)
{
    t2m_ring_record_t header = { 0 };

    header.size = (apr_uint32_t)t2m_encode(record, line, limit);
    header.file = config->file_id[record->stream];
    header.name_size = name_size(record);
    if (header.name_size) {
        memcpy(line + header.size, record->facts.name.data, header.name_size);
    }
    return push(record, &header, line, entry);
}

apr_status_t t2m_emit_count(const t2m_record_t *record)
{
    t2m_ring_record_t header = { 0 };

    header.name_size = name_size(record);
    return header.name_size ? push(record, &header, record->facts.name.data, NULL) : APR_SUCCESS;
}

/* Two functions, neither inlined, so that the common limit does not take the longest's stack. */
static __attribute__((noinline)) apr_status_t push_common(const t2m_record_t *record,
                                                          const t2m_server_config_t *config,
                                                          t2m_inflight_t *entry, apr_size_t limit)
{
    char line[COMMON_LINE + T2M_NAME_MAX];

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

apr_status_t t2m_emit(t2m_record_t *record, const t2m_server_config_t *config,
                      t2m_inflight_t *entry)
{
    apr_size_t limit = config->global->max_record;

    if (!is_wanted(record, config)) {
        if (record->stream == T2M_STREAM_ACCESS) {
            t2m_process_end(entry);
        }
        return t2m_emit_count(record);
    }
    if (limit < T2M_LINE_MIN || limit > T2M_LINE_MAX) {
        limit = limit < T2M_LINE_MIN ? T2M_LINE_MIN : T2M_LINE_MAX;
    }
    finish(record, config);
    return limit <= COMMON_LINE ? push_common(record, config, entry, limit)
                                : push_long(record, config, entry, limit);
}
