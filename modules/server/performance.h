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

/* A record of the stream performance: how long something took. */
#ifndef T2M_SERVER_PERFORMANCE_H
#define T2M_SERVER_PERFORMANCE_H

#include "core/measurement.h"
#include "server/context.h"
#include "server/emit.h"

typedef struct {
    const t2m_server_config_t *config;
    t2m_request_t *state;         /* NULL: no request */
    const request_rec *origin;    /* NULL with state */
    const t2m_context_t *context; /* NULL: is gathered when needed */
    apr_time_t time;
    t2m_measurement_t measurement; /* without `slow`, which is found out */
    int failed;
    const t2m_field_t *fields;    /* more, of the C API */
    int field_count;
} t2m_performance_t;

/**
 * Writes the record, or only has it counted: when T2MLogPerformance is `slow` and it neither took
 * longer than T2MLogSlow nor failed, or when nothing is written of the stream. Returns as t2m_emit.
 * Any thread.
 */
apr_status_t t2m_performance_write(t2m_performance_t *performance);

#endif
