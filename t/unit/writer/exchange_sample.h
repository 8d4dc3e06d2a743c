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

/* Exchanges for the unit tests of writer/: packed, with the lines that they must become. */
#ifndef T2M_UNIT_EXCHANGE_SAMPLE_H
#define T2M_UNIT_EXCHANGE_SAMPLE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/encode.h"
#include "core/packed_exchange.h"
#include "shared/slot.h"

typedef struct {
    t2m_exchange_t exchange;
    apr_size_t limit;         /* of its lines */
    t2m_ring_record_t record; /* all but size and name_size */
    char id[32], path[64], endpoint[64];
    t2m_slot_exchange_t pushed; /* as sample_pack leaves it */
} sample_t;

/* The nth of a server with access lines in file 0 and performance lines in file 1, at that time. */
__attribute__((unused)) static void sample_make(sample_t *sample, int n, apr_time_t time)
{
    static const int statuses[] = { 200, 304, 404, 503 };
    t2m_exchange_t *exchange = &sample->exchange;

    memset(sample, 0, sizeof(*sample));
    sample->limit = 8192;
    (void)snprintf(sample->id, sizeof(sample->id), "sample-%d", n);
    (void)snprintf(sample->path, sizeof(sample->path),
                   n % 4 == 1 ? "/customers/%d/\"orders\"" : "/customers/%d/orders", n);
    (void)snprintf(sample->endpoint, sizeof(sample->endpoint), "GET /customers/:n/%d", n % 7);
    exchange->first_byte = n * 3;
    exchange->content_length = 1000 + n;
    exchange->bytes_in = n % 2 ? n : -1;
    exchange->bytes_out = n % 3 ? 2000 + n : -1;
    exchange->connection = n / 4;
    exchange->aborted = n % 5 == 4;
    exchange->texts[T2M_EXCHANGE_ID] = t2m_text(sample->id);
    exchange->texts[T2M_EXCHANGE_METHOD] = t2m_text("GET");
    exchange->texts[T2M_EXCHANGE_PATH] = t2m_text(sample->path);
    exchange->texts[T2M_EXCHANGE_FUNCTION] = t2m_text("default-handler");
    exchange->texts[T2M_EXCHANGE_ADDRESS] = t2m_text("192.0.2.1");
    exchange->texts[T2M_EXCHANGE_USER_AGENT] = t2m_text(n % 2 ? "sample/1.0\n" : "sample/2.0");
    exchange->endpoint = t2m_text(sample->endpoint);
    sample->record.stream = T2M_STREAM_ACCESS;
    sample->record.level = T2M_LEVEL_CRITICAL; /* which is not believed */
    sample->record.time = time;
    sample->record.value = (apr_uint64_t)n * 1234;
    sample->record.status = (apr_uint16_t)statuses[n % 4];
    sample->record.flags = T2M_FACT_EXCHANGE;
    sample->record.flags |= (unsigned char)(n % 6 == 5 ? T2M_FACT_SLOW : 0);
    sample->record.flags |= (unsigned char)(n % 4 == 3 ? T2M_FACT_FAILED : 0);
    sample->record.also = 1;
}

/* The record's sizes, and pushed. */
__attribute__((unused)) static void sample_pack(sample_t *sample)
{
    t2m_exchange_t *exchange = &sample->exchange;
    t2m_ring_record_t *record = &sample->record;

    exchange->time = record->time;
    exchange->duration = record->value < APR_INT64_MAX ? (apr_int64_t)record->value
                                                       : APR_INT64_MAX;
    exchange->status = record->status;
    exchange->slow = (record->flags & T2M_FACT_SLOW) != 0;
    record->size = (apr_uint32_t)t2m_packed_exchange_write(exchange, NULL, ~0U, NULL,
                                                           sample->limit, sample->pushed.packed);
    record->name_size = (unsigned char)exchange->endpoint.size;
    (void)t2m_text_copy(sample->pushed.packed + record->size, exchange->endpoint.data,
                        record->name_size);
    sample->pushed.record = *record;
}

/* Aborts when the ring does not take it. */
__attribute__((unused)) static void sample_push(t2m_slot_t *slot, sample_t *sample)
{
    sample_pack(sample);
    if (!t2m_slot_push_exchange(slot, &sample->pushed, NULL)) {
        abort();
    }
}

/* The line of that stream, with what the writer adds to it, behind out. */
__attribute__((unused)) static char *sample_line(const sample_t *sample, t2m_stream_e stream,
                                                 apr_uint64_t seq, char *out)
{
    t2m_line_start_t start = { .second = -1 };

    t2m_line_start(&start, sample->exchange.time);
    out += stream == T2M_STREAM_ACCESS
         ? t2m_exchange_access_line(&sample->exchange, &start, sample->limit, out)
         : t2m_exchange_performance_line(&sample->exchange, &start, sample->limit, out);
    return out + t2m_encode_tail(seq, out);
}

#endif
