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

/* The last steps of a record's way through the server: leave out, mask, arrange, encode, push. */
#ifndef T2M_SERVER_EMIT_H
#define T2M_SERVER_EMIT_H

#include "core/line.h"
#include "core/record.h"
#include "server/config.h"
#include "shared/slot.h"

/**
 * Nonzero when a record of that stream and level is written at all. For hooks that want to spare
 * themselves the gathering; t2m_emit asks it too.
 */
int t2m_emit_wants(const t2m_server_config_t *config, t2m_stream_e stream, t2m_level_e level);

/** T2MLogMaxRecord, as t2m_encode takes it. */
apr_size_t t2m_emit_limit(const t2m_server_config_t *config);

/**
 * Leaves out of record what T2MLogField takes from its stream, masks it by config's policy,
 * arranges it as T2MLogLayout says, encodes it within T2MLogMaxRecord and pushes it into the
 * process's slot for the file of its stream. An access record ends a request, in any case: entry is
 * what t2m_process_begin returned for it, or NULL; NULL for all other records. Returns APR_SUCCESS
 * also when the stream has no file or its level is below T2MLogLevel: then the record is only
 * counted, see t2m_emit_count, and the request as silenced; else as t2m_process_push. Any thread;
 * stack use T2MLogMaxRecord plus a few KiB; allocates nothing.
 */
apr_status_t t2m_emit(t2m_record_t *record, const t2m_server_config_t *config,
                      t2m_inflight_t *entry);

/**
 * Pushes the record's facts alone: the writer counts it and writes no line. Without a name there is
 * nothing to count. Returns as t2m_process_push.
 */
apr_status_t t2m_emit_count(const t2m_record_t *record);

/* Where a record comes from that can go the quick way, see core/line.h. */
typedef struct {
    t2m_stream_e stream;
    t2m_level_e level;
    t2m_facts_t facts;
    int quick; /* it has no fields of others */
    int audit; /* written whatever T2MLogLevel says */
    void (*gather)(t2m_line_t *line, const void *data); /* may be called twice */
    const void *data;
    t2m_inflight_t *entry; /* as for t2m_emit */
} t2m_emit_source_t;

enum {
    T2M_EMIT_RECORDS = 2,
    T2M_EMIT_LINE = 8192 /* bytes of the longest quick line: the default of T2MLogMaxRecord */
};

/* The records that belong to one moment of a request: made one by one, pushed together. On the
 * stack; private to emit.c. */
typedef struct {
    const t2m_server_config_t *config;
    t2m_line_start_t *start;
    t2m_line_start_t own_start;
    apr_size_t limit; /* of a line */
    apr_size_t room; /* of a quick line; 0: none goes that way */
    apr_size_t count;
    apr_status_t status; /* the first error of what was pushed by itself */
    int twin; /* the two lines are of app and errors, of one error */
    t2m_slot_item_t items[T2M_EMIT_RECORDS];
    char *next;
    char lines[T2M_EMIT_RECORDS * (T2M_EMIT_LINE + T2M_NAME_MAX)];
} t2m_emit_t;

/**
 * Begins the records of a moment, by this configuration. start: where the beginning of lines is
 * kept from one moment to the next, of the calling thread alone; or NULL.
 */
void t2m_emit_begin(t2m_emit_t *emit, const t2m_server_config_t *config, apr_time_t time,
                    t2m_line_start_t *start);

/** Adds a record; at most T2M_EMIT_RECORDS. What becomes of it is counted in the slot. */
void t2m_emit_add(t2m_emit_t *emit, const t2m_emit_source_t *source);

/** Adds one of which only the facts are counted, see t2m_emit_count. */
void t2m_emit_add_count(t2m_emit_t *emit, const t2m_emit_source_t *source);

/**
 * The records to come are an app line and an errors line of one error: if both are lines, of
 * T2M_EMIT_LINE bytes at most, they go as one (T2M_FACT_TWIN). After t2m_emit_begin.
 */
void t2m_emit_twin(t2m_emit_t *emit);

/**
 * Pushes all that was added. Returns APR_SUCCESS, or the first error of a record that was pushed by
 * itself, as t2m_process_push.
 */
apr_status_t t2m_emit_end(t2m_emit_t *emit);

/** A record alone, which does not go the quick way. Returns as t2m_emit. */
apr_status_t t2m_emit_source(const t2m_emit_source_t *source, const t2m_server_config_t *config,
                             apr_time_t time);

/** As t2m_emit_count. */
apr_status_t t2m_emit_source_count(const t2m_emit_source_t *source, apr_time_t time);

#endif
