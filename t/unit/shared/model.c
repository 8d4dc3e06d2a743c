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

/* The model: slot, in-flight table, intent and fold under kill -9 at every instant, without httpd.
 *
 * A producer and a writer go through all schedules of schedules.h. After each, whoever was killed
 * is replaced by a new one, and then: each published line stands in the file once, each request
 * that began has one access line, the numbers are 1..n, and the counts on the board are those of
 * the file.
 *
 * Shown to fail: without `position noted` in slot.c a request is logged twice; with heads advanced
 * before the write a line is lost; with `row.row.batch == batch` taken out of drain.c counts
 * double; without t2m_sink_rewind lines are torn or doubled; with `counting` stored before
 * `counting_tail`, and a kill in between, a record counts that nobody published; without
 * `counting_also`, or without its bit, a kill behind the tail loses the count of an exchange's
 * second line.
 */
#include "core/encode.h"
#include "shared/schedules.h"
#include "writer/last_seq.h"

static int published[T2M_STREAM_COUNT], request_begun;
static t2m_stream_e pushing;
static int exchanging; /* both lines go as one: */
static t2m_slot_exchange_t an_exchange;

static void see_step(const char *name)
{
    int is_tail = strcmp(name, "tail published") == 0;

    published[pushing] += is_tail;
    published[T2M_STREAM_PERFORMANCE] += is_tail && exchanging;
    request_begun += strcmp(name, "entry busy") == 0;
}

static void forget(void)
{
    memset(published, 0, sizeof(published));
    request_begun = 0;
    memset(drain.board.tables->metrics, 0, 2 * sizeof(t2m_metric_t));
    memset(drain.board.tables->recents, 0, sizeof(drain.board.tables->recents));
}

/* ---- what the producer does ----------------------------------------------------------------- */

static void push(t2m_stream_e stream, const char *line, t2m_inflight_t *entry)
{
    static const char name[] = "GET /";
    t2m_ring_record_t record = { .size = (apr_uint32_t)strlen(line),
                                 .stream = (unsigned char)stream, .level = T2M_LEVEL_INFO,
                                 .time = 1, .value = 1000 };
    char both[64];

    pushing = stream;
    if (stream == T2M_STREAM_PERFORMANCE) {
        record.name_size = sizeof(name) - 1;
    }
    (void)snprintf(both, sizeof(both), "%s%s", line, name);
    (void)t2m_slot_push(&slot, T2M_SLOT_WAIT, &record, both, entry);
}

static void make_exchange(void)
{
    t2m_exchange_t exchange = { .texts[T2M_EXCHANGE_ID] = t2m_text("request-one") };
    t2m_ring_record_t record = { .stream = T2M_STREAM_ACCESS, .level = T2M_LEVEL_INFO,
                                 .flags = T2M_FACT_EXCHANGE, .time = 1, .value = 1000,
                                 .name_size = 5 };

    record.size = (apr_uint32_t)t2m_packed_exchange_write(&exchange, NULL, ~0U, NULL,
                                                          T2M_LINE_MIN, an_exchange.packed);
    memcpy(an_exchange.packed + record.size, "GET /", record.name_size);
    an_exchange.record = record;
}

static void push_lines(t2m_inflight_t *entry)
{
    if (exchanging) {
        pushing = T2M_STREAM_ACCESS;
        (void)t2m_slot_push_exchange(&slot, &an_exchange, entry);
        return;
    }
    push(T2M_STREAM_ACCESS, "{\"access\":\"request-one\"", entry);
    push(T2M_STREAM_PERFORMANCE, "{\"app\":\"line\"", NULL);
}

static void produce(void)
{
    t2m_slot_request_t request = { .errors_file = T2M_FILE_NONE };
    t2m_inflight_t *entry;

    request.id = t2m_text("request-one");
    request.method = t2m_text("GET");
    request.path = t2m_text("/");
    entry = t2m_slot_begin(&slot, &request);
    push_lines(entry);
}

/* ---- what must hold ------------------------------------------------------------------------ */

typedef struct {
    int lines, torn, wrong_seq, access, died, app;
} found_t;

/* Whole, but for the number and what stands behind it. */
static int is_line(const char *line, const char *ordinary, const char *of_exchange)
{
    return exchanging ? strncmp(line, "{\"timestamp\":", 13) == 0 && strstr(line, of_exchange)
                      : strncmp(line, ordinary, strlen(ordinary)) == 0;
}

static void look_at(const char *line, size_t size, found_t *found)
{
    found->lines++;
    found->wrong_seq += t2m_seq_of_line(line, size) != (apr_uint64_t)found->lines;
    if (is_line(line, "{\"access\":\"request-one\",",
                "\"request_id\":\"request-one\",\"status\":0,\"duration_ms\":1.000,"
                "\"content_length\":0,\"endpoint\":\"GET /\",\"ttfb_ms\":0.000,")) {
        found->access++;
    } else if (size > 40 && strstr(line, "\"request_id\":\"request-one\"")
               && strstr(line, "\"outcome\":\"worker_died\"")) {
        found->died++;
    } else if (is_line(line, "{\"app\":\"line\",", "\"slow\":false,\"")) {
        found->app++;
    } else {
        found->torn++;
    }
}

static void read_log(found_t *found)
{
    char bytes[4096], *at = bytes, *end;

    read_bytes(bytes, sizeof(bytes));
    memset(found, 0, sizeof(*found));
    while (*at) {
        end = strchr(at, '\n');
        if (!end) {
            found->torn++;
            break;
        }
        *end = '\0';
        look_at(at, (size_t)(end - at), found);
        at = end + 1;
    }
}

/* The tables have each line once. */
static const char *judge_tables(const found_t *found)
{
    const t2m_tables_t *tables = drain.board.tables;
    const t2m_metric_t *metric = &tables->metrics[1];
    apr_uint64_t app = (apr_uint64_t)found->app;

    if (metric->sums.count != app || metric->sums.sum != 1000 * app
        || t2m_histogram_count(&metric->histogram) != app) {
        return "the metric is not what was published";
    }
    if (tables->recents[T2M_STREAM_PERFORMANCE].records != app
        || tables->recents[T2M_STREAM_ACCESS].records
               != (apr_uint64_t)(found->access + found->died)) {
        return "the recent records are not what is in the file";
    }
    return NULL;
}

/* What the slot has counted, whoever was killed: also a record whose owner had no time for it. */
static const char *judge_ledger(const found_t *found)
{
    t2m_slot_header_t header;

    t2m_slots_header(&drain.slots, 1, &header);
    if (header.accepted[T2M_STREAM_ACCESS] != (apr_uint64_t)found->access
        || header.accepted[T2M_STREAM_PERFORMANCE] != (apr_uint64_t)found->app) {
        return "what was accepted is not what is in the file";
    }
    if (header.begun != (apr_uint64_t)(found->access + found->died) || header.silenced) {
        return "a request begun has not ended once";
    }
    return NULL;
}

static const char *verdict(int producer_ended)
{
    found_t found;
    apr_uint64_t lines = 0;
    int stream;

    read_log(&found);
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        lines += drain.board.totals[stream].lines;
    }
    if (found.torn || found.wrong_seq) {
        return "a line is torn or misnumbered";
    }
    if (found.access + found.died != (request_begun != 0)) {
        return "a request has not exactly one access line";
    }
    if (found.access != published[T2M_STREAM_ACCESS]
        || found.app != published[T2M_STREAM_PERFORMANCE]) {
        return "a published line is missing or doubled";
    }
    if (producer_ended && (found.access != 1 || found.app != 1)) {
        return "a finished producer's lines are not all there once";
    }
    if (found.app > 1 || lines != (apr_uint64_t)found.lines) {
        return "the totals are not what is in the file";
    }
    if (drain.board.totals[T2M_STREAM_ACCESS].worker_died != (apr_uint64_t)found.died) {
        return "worker_died is miscounted";
    }
    if (t2m_slots_owner(&drain.slots, 1) != 0 || t2m_drain_waiting(&drain)) {
        return "the slot is not free at the end";
    }
    return judge_ledger(&found) ? judge_ledger(&found) : judge_tables(&found);
}

int main(void)
{
    if (!begin_schedules()) {
        return 1;
    }
    make_exchange();
    for (exchanging = 0; exchanging < 2; exchanging++) {
        every_schedule(exchanging ? "an exchange" : "two lines", schedule_limit(16));
    }
    (void)unlink(log_path);
    return tap_done();
}
