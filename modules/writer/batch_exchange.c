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

/* An exchange of the ring becomes the lines that it stands for. Its bytes are copied first: what a
 * spoiled process makes of them meanwhile is not looked at. */
#include "core/block.h"
#include "writer/batch_internal.h"

_Static_assert((int)T2M_NAME_MAX <= (int)T2M_ROUTE_MAX, "a record's name is an endpoint");
_Static_assert(T2M_BATCH_PAIR_MAX + T2M_BATCH_PAIR * (T2M_LINE_MIN + 2 * T2M_LINE_TAIL)
                   <= T2M_BATCH_BYTES, "the longest pair fits into an empty batch");

static t2m_block_t specials_of(const char *bytes)
{
    t2m_block_t block = t2m_block_load(bytes);

    return t2m_block_either(t2m_block_outside(block, ' ', '~'),
                            t2m_block_either(t2m_block_equal(block, '"'),
                                             t2m_block_equal(block, '\\')));
}

/* Whether all of the bytes stand in a line as they are. Mostly they do, and one look at all texts
 * is a fraction of one at each. The last block begins early, so there must be a whole one. */
static unsigned char is_plain(const char *bytes, apr_size_t size)
{
    t2m_block_t specials;
    apr_size_t at;

    if (size < T2M_BLOCK_SIZE) {
        return 0;
    }
    specials = specials_of(bytes + size - T2M_BLOCK_SIZE);
    for (at = 0; at + T2M_BLOCK_SIZE < size; at += T2M_BLOCK_SIZE) {
        specials = t2m_block_either(specials, specials_of(bytes + at));
    }
    return t2m_block_bits(specials) == 0;
}

static int read_exchange(t2m_batch_t *batch, const t2m_slots_t *slots,
                         const t2m_merge_item_t *item, t2m_exchange_t *exchange,
                         apr_size_t *limit)
{
    const t2m_ring_record_t *record = &item->record;
    apr_uint64_t position = batch->targets[item->slot] + sizeof(*record);
    apr_size_t size = record->size + (apr_size_t)record->name_size;

    if (record->size > T2M_PACKED_EXCHANGE_MAX) {
        return 0;
    }
    t2m_slots_copy(slots, item->slot, position, batch->exchange, size);
    if (!t2m_packed_exchange_read(batch->exchange, record->size, exchange, limit)) {
        return 0;
    }
    exchange->time = record->time;
    exchange->duration = record->value < APR_INT64_MAX ? (apr_int64_t)record->value
                                                       : APR_INT64_MAX;
    exchange->status = record->status;
    exchange->plain = is_plain(batch->exchange + sizeof(t2m_packed_exchange_t),
                               size - sizeof(t2m_packed_exchange_t));
    exchange->slow = (record->flags & T2M_FACT_SLOW) != 0;
    exchange->endpoint = t2m_text_of(batch->exchange + record->size, record->name_size);
    return 1;
}

static void begin_record(t2m_ring_record_t *record, const t2m_ring_record_t *from,
                         t2m_stream_e stream)
{
    memset(record, 0, sizeof(*record));
    record->stream = (unsigned char)stream;
    record->time = from->time;
}

static void make_access(t2m_batch_t *batch, const t2m_ring_record_t *from,
                        const t2m_exchange_t *exchange, apr_size_t limit, t2m_batch_pair_t *pair)
{
    t2m_ring_record_t *record = &pair->records[0];

    begin_record(record, from, T2M_STREAM_ACCESS);
    record->file = from->file;
    record->level = (unsigned char)t2m_exchange_level(exchange->status);
    record->flags = from->flags & T2M_FACT_ASK;
    record->size = (apr_uint32_t)t2m_exchange_access_line(exchange, &batch->start, limit,
                                                          batch->made + batch->made_size);
    pair->positions[0] = batch->made_size;
}

/* Without a file for it, it has a name only, and counts. */
static void make_performance(t2m_batch_t *batch, const t2m_ring_record_t *from,
                             const t2m_exchange_t *exchange, apr_size_t limit,
                             t2m_batch_pair_t *pair)
{
    t2m_ring_record_t *record = &pair->records[1];
    char *out = batch->made + pair->positions[0] + pair->records[0].size;

    begin_record(record, from, T2M_STREAM_PERFORMANCE);
    record->file = from->also;
    record->level = T2M_LEVEL_INFO;
    record->value = from->value;
    record->status = from->status;
    record->flags = from->flags & (T2M_FACT_SLOW | T2M_FACT_FAILED);
    record->name_size = from->name_size;
    if (from->also != T2M_FILE_NONE) {
        record->size = (apr_uint32_t)t2m_exchange_performance_line(exchange, &batch->start, limit,
                                                                   out);
    }
    (void)t2m_text_copy(out + record->size, exchange->endpoint.data, exchange->endpoint.size);
    pair->positions[1] = (apr_uint64_t)(out - batch->made);
    pair->count++;
}

int t2m_batch_exchange(t2m_batch_t *batch, const t2m_slots_t *slots, const t2m_merge_item_t *item,
                       t2m_batch_pair_t *pair)
{
    t2m_exchange_t exchange;
    apr_size_t limit;

    if (!read_exchange(batch, slots, item, &exchange, &limit)) {
        return 0;
    }
    t2m_line_start(&batch->start, exchange.time);
    pair->count = 1;
    pair->made = 1;
    make_access(batch, &item->record, &exchange, limit, pair);
    if (item->record.name_size) { /* else there is nothing that was measured */
        make_performance(batch, &item->record, &exchange, limit, pair);
    }
    return 1;
}
