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

#include "core/record.h"
#include "server/config.h"
#include "shared/layout.h"

/**
 * Nonzero when a record of that stream and level is written at all. For hooks that want to spare
 * themselves the gathering; t2m_emit asks it too.
 */
int t2m_emit_wants(const t2m_server_config_t *config, t2m_stream_e stream, t2m_level_e level);

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

#endif
