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


/* Fuzzes the compact form of an exchange and the lines that are made of it. Input: a byte that
 * chooses (its second bit: slow), eight of time, eight of duration, two of status, one of the size
 * of the endpoint, the endpoint; then, by the first bit,
 *
 *   0: a form as a hostile process leaves it. What is read lies within the bytes; its lines are
 *      objects of valid UTF-8 within the limit, and the same when they are made twice.
 *   1: numbers (5 x 8 bytes), a limit (2 and how far it is shifted), aborted, 13 pairs of a size
 *      and a repetition, then the bytes of the texts. What is packed gives the lines that a record
 *      of the same texts gives, or cut ones where that is cut; with common texts packed before,
 *      and without.
 *
 * Seen to fail: with the sizes of texts believed, with bytes left behind them, with a form that is
 * shorter than its numbers, without the ends of a limit's range, with a byte lost behind a secret,
 * without SPANS_MAX, without `failed`, with the metric or the endpoint copied as it is. It found
 * sizes that were put two places from where they belong. */
#include "core/packed_exchange.h"

#include <stdint.h>

#include <apr_general.h>
#include <apr_pools.h>

#include "exchange_ways.h"
#include "utf8_model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct {
    const uint8_t *next, *end;
} input_t;

static t2m_mask_t *policy;

static void require(int holds)
{
    if (!holds) {
        abort();
    }
}

static void begin(void)
{
    apr_pool_t *pool = NULL;

    require(apr_initialize() == APR_SUCCESS && apr_pool_create(&pool, NULL) == APR_SUCCESS);
    policy = t2m_mask_create(pool);
}

static unsigned take(input_t *input)
{
    return input->next < input->end ? *input->next++ : 0;
}

static apr_int64_t take_number(input_t *input)
{
    apr_uint64_t number = 0;
    int i;

    for (i = 0; i < 8; i++) {
        number |= (apr_uint64_t)take(input) << 8 * i;
    }
    return (apr_int64_t)number;
}

static t2m_text_t take_text(input_t *input, size_t size)
{
    size_t left = (size_t)(input->end - input->next);
    t2m_text_t text = t2m_text_of((const char *)input->next, size < left ? size : left);

    input->next += text.size;
    return text;
}

/* What stands in the record of the ring. */
static void take_facts(input_t *input, t2m_exchange_t *exchange)
{
    memset(exchange, 0, sizeof(*exchange));
    exchange->time = take_number(input);
    exchange->duration = take_number(input);
    exchange->status = (apr_uint16_t)(take(input) | take(input) << 8);
    exchange->endpoint = take_text(input, take(input) % (T2M_ROUTE_MAX + 1));
}

/* ---- any bytes ------------------------------------------------------------------------------- */

static void require_valid(const line_t *line, apr_size_t limit)
{
    json_t *object = parse(line);
    apr_size_t at = 0;

    require(line->size > 0 && line->size <= limit - T2M_LINE_TAIL);
    require(object && json_object_get(object, "message") && json_object_get(object, "level"));
    require(json_is_string(json_object_get(object, "timestamp")));
    json_decref(object);
    while (at < line->size) {
        const unsigned char *bytes = (const unsigned char *)line->bytes + at;
        int valid = 1;
        apr_size_t taken = *bytes >= 0x20 && *bytes < 0x7f
                               ? 1 : model_character(bytes, line->size - at, &valid);

        require(valid && (taken == 1 || !model_is_escaped(model_code_point(bytes, taken))));
        require(taken > 1 || (*bytes >= 0x20 && *bytes < 0x7f));
        at += taken;
    }
}

static void require_lines(const t2m_exchange_t *exchange, apr_size_t limit)
{
    int i;

    for (i = 0; i < STREAMS; i++) {
        line_t line = by_the_exchange(streams[i], exchange, limit);
        line_t again = by_the_exchange(streams[i], exchange, limit);

        require_valid(&line, limit);
        require(again.size == line.size && memcmp(again.bytes, line.bytes, line.size) == 0);
        free(line.bytes);
        free(again.bytes);
    }
}

static void read_any(input_t *input, t2m_exchange_t *exchange)
{
    size_t size = (size_t)(input->end - input->next), texts = 0;
    char *bytes = malloc(size ? size : 1); /* exactly as large, so that a read beyond is seen */
    apr_size_t limit = 0;
    int i;

    require(bytes != NULL);
    memcpy(bytes, input->next, size);
    if (t2m_packed_exchange_read(bytes, size, exchange, &limit)) {
        require(limit >= T2M_LINE_MIN && limit <= T2M_LINE_MAX);
        for (i = 0; i < T2M_EXCHANGE_TEXTS; i++) {
            require(exchange->texts[i].data == bytes + sizeof(t2m_packed_exchange_t) + texts);
            texts += exchange->texts[i].size;
        }
        require(texts == size - sizeof(t2m_packed_exchange_t));
        require_lines(exchange, limit);
    }
    free(bytes);
}

/* ---- texts ----------------------------------------------------------------------------------- */

static void take_numbers(input_t *input, t2m_exchange_t *exchange)
{
    exchange->first_byte = take_number(input);
    exchange->content_length = take_number(input);
    exchange->bytes_in = take_number(input);
    exchange->bytes_out = take_number(input);
    exchange->connection = take_number(input);
}

/* Small limits more often than large ones. */
static apr_size_t take_limit(input_t *input)
{
    apr_size_t above = (take(input) | take(input) << 8) % (T2M_LINE_MAX - T2M_LINE_MIN + 1);

    return T2M_LINE_MIN + (above >> take(input) % 8);
}

/* A piece of the input, repeated, so that short inputs make long texts. */
static void take_texts(input_t *input, t2m_exchange_t *exchange)
{
    unsigned sizes[T2M_EXCHANGE_TEXTS], times[T2M_EXCHANGE_TEXTS], i, j;

    for (i = 0; i < T2M_EXCHANGE_TEXTS; i++) {
        sizes[i] = take(input);
        times[i] = 1 + (take(input) & 31);
    }
    for (i = 0; i < T2M_EXCHANGE_TEXTS; i++) {
        t2m_text_t piece = take_text(input, sizes[i]);
        char *next = sample.texts[i];

        for (j = 0; j < times[i]; j++) {
            next = t2m_text_copy(next, piece.data, piece.size);
        }
        exchange->texts[i] = t2m_text_of(sample.texts[i], (apr_size_t)(next - sample.texts[i]));
    }
}

static void require_common(apr_size_t limit)
{
    t2m_packed_common_t *common = malloc(sizeof(*common));
    char *with = malloc(T2M_PACKED_EXCHANGE_MAX), *without = malloc(T2M_PACKED_EXCHANGE_MAX);
    apr_size_t size;

    require(common && with && without);
    if (t2m_packed_common_write(common, &sample.exchange, policy, 0)) {
        size = t2m_packed_exchange_write(&sample.exchange, policy, 0, NULL, limit, without);
        require(t2m_packed_exchange_write(&sample.exchange, policy, 0, common, limit, with)
                == size);
        require(memcmp(with, without, size) == 0);
    }
    free(common);
    free(with);
    free(without);
}

static void pack(input_t *input)
{
    apr_size_t limit;
    t2m_exchange_t got;
    char *block;

    take_numbers(input, &sample.exchange);
    limit = take_limit(input);
    sample.exchange.aborted = take(input) & 1;
    take_texts(input, &sample.exchange);
    require(agree(policy, 0, NULL, limit) != 0);
    require_common(limit);
    block = carry(policy, 0, NULL, limit, &got);
    if (block) {
        require_lines(&got, limit);
    }
    free(block);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    input_t input = { data, data + size };
    unsigned way = take(&input);

    if (!policy) {
        begin();
    }
    take_facts(&input, &sample.exchange);
    sample.exchange.slow = way >> 1 & 1;
    if (way & 1) {
        pack(&input);
    }
    else {
        read_any(&input, &sample.exchange);
    }
    return 0;
}
