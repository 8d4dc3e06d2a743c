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

/* The answer `metrics`: Prometheus text 0.0.4. Labels have as many values as the board has rows,
 * and no sum goes back when a row gives its place away; what lacks a row that could not be read is
 * left out for once. */
#include "server/answer_state.h"

#include <stdlib.h>

#include <apr_strings.h>

#include "core/prometheus.h"
#include "server/answer_group.h"

enum { GROUPS_TOLD = 100, FIRST_ROOM = 65536 };

#define OTHER "other"

/* The answer's bytes. */
typedef struct {
    apr_pool_t *pool;
    char *bytes;
    apr_size_t size;
    apr_size_t room;
} text_t;

/* A metric as the families need it; the first is of all that has no name of its own. */
typedef struct {
    t2m_text_t name;
    t2m_metric_sums_t sums;
} metric_t;

typedef struct {
    t2m_answer_t answer;
    t2m_prometheus_t prometheus;
    text_t text;
    t2m_answer_ledger_t ledger;
    metric_t *metrics;
    unsigned metric_count;
    unsigned first_metric; /* 1: that of the others would go back, a row could not be read */
} metrics_t;

static void append(void *sink, const char *bytes, apr_size_t size)
{
    text_t *text = sink;

    if (text->size + size > text->room) {
        apr_size_t room = (text->size + size) * 2;
        char *more = apr_palloc(text->pool, room);

        memcpy(more, text->bytes, text->size);
        text->bytes = more;
        text->room = room;
    }
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
}

static t2m_prometheus_label_t label(const char *name, const char *value)
{
    t2m_prometheus_label_t made = { name, t2m_text(value) };

    return made;
}

static void counter(metrics_t *metrics, const char *name, const char *help)
{
    t2m_prometheus_family(&metrics->prometheus, name, T2M_PROMETHEUS_COUNTER, help);
}

static void gauge(metrics_t *metrics, const char *name, const char *help)
{
    t2m_prometheus_family(&metrics->prometheus, name, T2M_PROMETHEUS_GAUGE, help);
}

static void sample(metrics_t *metrics, const t2m_prometheus_label_t *labels, unsigned count,
                   apr_uint64_t value)
{
    t2m_prometheus_unsigned(&metrics->prometheus, labels, count, value);
}

static void single_counter(metrics_t *metrics, const char *name, const char *help,
                           apr_uint64_t value)
{
    counter(metrics, name, help);
    sample(metrics, NULL, 0, value);
}

static void single_gauge(metrics_t *metrics, const char *name, const char *help,
                         apr_uint64_t value)
{
    gauge(metrics, name, help);
    sample(metrics, NULL, 0, value);
}

static void add_sums(t2m_metric_sums_t *sums, const t2m_metric_sums_t *more)
{
    int i;

    sums->count += more->count;
    sums->errors += more->errors;
    sums->slow += more->slow;
    sums->sum += more->sum;
    for (i = 0; i < T2M_STATUS_CLASSES; i++) {
        sums->status[i] += more->status[i];
    }
    for (i = 0; i < T2M_CLASSIC_COUNTS; i++) {
        sums->classic[i] += more->classic[i];
    }
}

/* A name that a label may have beside OTHER; NULL: it is counted there. */
static const char *label_name(apr_pool_t *pool, const char *name, apr_size_t size)
{
    const char *found = t2m_answer_name(pool, name, size);

    return found && strcmp(found, OTHER) != 0 ? t2m_answer_shown(pool, t2m_text(found)) : NULL;
}

static void read_metrics(metrics_t *metrics)
{
    const t2m_tables_t *tables = metrics->answer.question->board->tables;
    apr_uint64_t skipped = metrics->answer.skipped_rows;
    metric_t *others;
    unsigned i;

    metrics->metrics = apr_pcalloc(metrics->answer.pool, T2M_METRICS_MAX * sizeof(metric_t));
    others = &metrics->metrics[0];
    others->name = t2m_text(OTHER);
    metrics->metric_count = 1;
    for (i = 0; i < T2M_METRICS_MAX; i++) {
        t2m_metric_t row;
        const char *name;

        if (!t2m_answer_row(&metrics->answer, &tables->metrics[i], &row, sizeof(row))) {
            continue;
        }
        add_sums(&others->sums, &row.evicted);
        name = label_name(metrics->answer.pool, row.name, row.name_size);
        if (name) {
            metrics->metrics[metrics->metric_count].name = t2m_text(name);
            metrics->metrics[metrics->metric_count++].sums = row.sums;
        }
        else {
            add_sums(&others->sums, &row.sums);
        }
    }
    metrics->first_metric = metrics->answer.skipped_rows > skipped;
}

static void write_requests(metrics_t *metrics)
{
    static const char *const classes[T2M_STATUS_CLASSES] = { "none", "1xx", "2xx",
                                                             "3xx", "4xx", "5xx" };
    unsigned i, class;

    counter(metrics, "t2mlog_requests_total",
            "Requests by endpoint and class of status; \"none\": a duration that is no request's.");
    for (i = metrics->first_metric; i < metrics->metric_count; i++) {
        for (class = 0; class < T2M_STATUS_CLASSES; class++) {
            t2m_prometheus_label_t labels[2] = { { "endpoint", metrics->metrics[i].name },
                                                 label("status", classes[class]) };

            if (metrics->metrics[i].sums.status[class]) {
                sample(metrics, labels, 2, metrics->metrics[i].sums.status[class]);
            }
        }
    }
}

static void write_durations(metrics_t *metrics)
{
    unsigned i;

    t2m_prometheus_family(&metrics->prometheus, "t2mlog_request_duration_seconds",
                          T2M_PROMETHEUS_HISTOGRAM, "Durations by endpoint.");
    for (i = metrics->first_metric; i < metrics->metric_count; i++) {
        const metric_t *metric = &metrics->metrics[i];
        t2m_prometheus_label_t endpoint = { "endpoint", metric->name };

        t2m_prometheus_histogram(&metrics->prometheus, &endpoint, 1, metric->sums.classic,
                                 metric->sums.sum);
    }
}

static void write_failures(metrics_t *metrics)
{
    unsigned i;

    counter(metrics, "t2mlog_request_errors_total", "Requests that failed (5xx) by endpoint.");
    for (i = metrics->first_metric; i < metrics->metric_count; i++) {
        t2m_prometheus_label_t endpoint = { "endpoint", metrics->metrics[i].name };

        sample(metrics, &endpoint, 1, metrics->metrics[i].sums.errors);
    }
    counter(metrics, "t2mlog_slow_requests_total", "Requests slower than T2MLogSlow by endpoint.");
    for (i = metrics->first_metric; i < metrics->metric_count; i++) {
        t2m_prometheus_label_t endpoint = { "endpoint", metrics->metrics[i].name };

        sample(metrics, &endpoint, 1, metrics->metrics[i].sums.slow);
    }
}

/* A group of errors as its family needs it. */
typedef struct {
    char id[T2M_FINGERPRINT_SIZE];
    apr_uint64_t total;
} group_t;

static int most_first(const void *left, const void *right)
{
    const group_t *a = left, *b = right;

    if (a->total != b->total) {
        return a->total > b->total ? -1 : 1;
    }
    return memcmp(a->id, b->id, sizeof(a->id));
}

/* What the groups come to: all errors, and the groups by what is shown of them. */
typedef struct {
    apr_uint64_t total;
    apr_uint64_t states[T2M_GROUP_NEW + 1];
} group_sums_t;

static unsigned read_groups(metrics_t *metrics, group_t *groups, group_sums_t *sums)
{
    const t2m_tables_t *tables = metrics->answer.question->board->tables;
    unsigned count = 0, i;

    memset(sums, 0, sizeof(*sums));
    for (i = 0; i < T2M_GROUPS_MAX; i++) {
        t2m_group_t row;

        if (!t2m_answer_row(&metrics->answer, &tables->groups[i], &row, sizeof(row))) {
            continue;
        }
        sums->total += row.total + row.evicted;
        if (i > 0 && row.used) {
            sums->states[t2m_answer_group_state(&metrics->answer, &row)]++;
            memcpy(groups[count].id, row.id, sizeof(row.id));
            groups[count++].total = row.total;
        }
    }
    return count;
}

static void write_states(metrics_t *metrics, const group_sums_t *sums)
{
    int state;

    gauge(metrics, "t2mlog_error_groups", "Groups of errors by state.");
    for (state = T2M_GROUP_ONGOING; state <= T2M_GROUP_NEW; state++) {
        t2m_prometheus_label_t of = label("state", t2m_group_state_name((t2m_group_state_e)state));

        sample(metrics, &of, 1, sums->states[state]);
    }
}

/* The sum stands alone: a series of what is not among the first hundred would go back whenever
 * a group comes in among them. */
static void write_errors(metrics_t *metrics)
{
    group_t *groups = apr_palloc(metrics->answer.pool, T2M_GROUPS_MAX * sizeof(*groups));
    apr_uint64_t skipped = metrics->answer.skipped_rows;
    group_sums_t sums;
    unsigned count = read_groups(metrics, groups, &sums), i;

    qsort(groups, count, sizeof(*groups), most_first);
    if (metrics->answer.skipped_rows == skipped) {
        single_counter(metrics, "t2mlog_errors_total",
                       "Errors in all groups, those that were counted and not written too.",
                       sums.total);
        write_states(metrics, &sums);
    }
    counter(metrics, "t2mlog_error_group_errors_total",
            "Errors by group, for the hundred largest groups.");
    for (i = 0; i < count && i < GROUPS_TOLD; i++) {
        t2m_prometheus_label_t id = { "error_id",
                                      t2m_text_of(groups[i].id, sizeof(groups[i].id)) };

        sample(metrics, &id, 1, groups[i].total);
    }
}

static void write_events(metrics_t *metrics)
{
    const t2m_tables_t *tables = metrics->answer.question->board->tables;
    t2m_prometheus_label_t event = label("event", OTHER);
    apr_uint64_t skipped = metrics->answer.skipped_rows, others = 0;
    unsigned i;

    counter(metrics, "t2mlog_security_events_total", "Security events by event.");
    for (i = 0; i < T2M_EVENTS_MAX; i++) {
        t2m_event_t row;
        const char *name;

        if (!t2m_answer_row(&metrics->answer, &tables->events[i], &row, sizeof(row))) {
            continue;
        }
        name = row.name_size <= sizeof(row.name)
                   ? label_name(metrics->answer.pool, row.name, row.name_size)
                   : NULL;
        if (name) {
            t2m_prometheus_label_t own = label("event", name);

            sample(metrics, &own, 1, row.count);
        }
        else {
            others += row.count;
        }
    }
    if (metrics->answer.skipped_rows == skipped) {
        sample(metrics, &event, 1, others);
    }
}

static t2m_prometheus_label_t stream_label(int stream)
{
    return label("stream", t2m_stream_name((t2m_stream_e)stream));
}

static void write_records(metrics_t *metrics)
{
    int stream, level;

    counter(metrics, "t2mlog_records_total", "Lines written by stream and level.");
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        for (level = 0; level < T2M_LEVEL_COUNT; level++) {
            t2m_prometheus_label_t labels[2] = {
                stream_label(stream), label("level", t2m_level_name((t2m_level_e)level))
            };

            sample(metrics, labels, 2, metrics->ledger.totals[stream].levels[level]);
        }
    }
}

static void write_drops(metrics_t *metrics)
{
    int stream, reason;

    counter(metrics, "t2mlog_dropped_records_total", "Records lost by stream and reason.");
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        for (reason = 0; reason < T2M_DROP_COUNT; reason++) {
            t2m_prometheus_label_t labels[2] = { stream_label(stream),
                                                 label("reason", t2m_answer_drop_name(reason)) };

            sample(metrics, labels, 2, metrics->ledger.totals[stream].dropped[reason]);
        }
    }
}

static void write_suppressed(metrics_t *metrics)
{
    int stream;

    counter(metrics, "t2mlog_suppressed_lines_total",
            "Lines counted and not written, as repeats of others, by stream.");
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        t2m_prometheus_label_t of = stream_label(stream);

        sample(metrics, &of, 1, t2m_answer_suppressed(&metrics->ledger, stream));
    }
}

static void write_streams(metrics_t *metrics)
{
    int stream;

    write_records(metrics);
    counter(metrics, "t2mlog_written_bytes_total", "Bytes of the lines written by stream.");
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        t2m_prometheus_label_t of = stream_label(stream);

        sample(metrics, &of, 1, metrics->ledger.totals[stream].bytes);
    }
    gauge(metrics, "t2mlog_spilled_records",
          "Lines that wait for a file which refuses to be written, by stream.");
    for (stream = 0; stream < T2M_STREAM_COUNT; stream++) {
        t2m_prometheus_label_t of = stream_label(stream);

        sample(metrics, &of, 1, metrics->ledger.ledger.spilled[stream]);
    }
    write_suppressed(metrics);
    write_drops(metrics);
    single_counter(metrics, "t2mlog_worker_died_total",
                   "Requests whose process died before it had logged them.",
                   metrics->ledger.totals[T2M_STREAM_ACCESS].worker_died);
}

static void write_files(metrics_t *metrics)
{
    const apr_array_header_t *files = t2m_answer_files(metrics->answer.pool);
    const t2m_board_file_t *rows = metrics->answer.question->board->files;
    int rotations, i;

    for (rotations = 0; rotations < 2; rotations++) {
        if (rotations) {
            counter(metrics, "t2mlog_file_rotations_total", "Rotations by file.");
        }
        else {
            gauge(metrics, "t2mlog_file_size_bytes", "Size of each log file that is written to.");
        }
        for (i = 0; i < files->nelts; i++) {
            const t2m_answer_file_t *file = &APR_ARRAY_IDX(files, i, t2m_answer_file_t);
            t2m_prometheus_label_t labels[2] = {
                stream_label((int)file->stream),
                label("file", t2m_answer_shown(metrics->answer.pool, t2m_text(file->path)))
            };

            sample(metrics, labels, 2,
                   rotations ? rows[file->number].rotations : rows[file->number].size);
        }
    }
}

static void write_disk(metrics_t *metrics)
{
    const t2m_board_header_t *header = metrics->answer.question->board->header;

    if (header->disk_size) {
        single_gauge(metrics, "t2mlog_disk_size_bytes", "Size of the logs' file system.",
                     header->disk_size);
        single_gauge(metrics, "t2mlog_disk_free_bytes", "Free space of the logs' file system.",
                     header->disk_free);
    }
    single_gauge(metrics, "t2mlog_logs_bytes", "Size of all log files, rotated ones too.",
                 header->logs_size);
    single_counter(metrics, "t2mlog_deleted_files_total", "Rotated files deleted by retention.",
                   header->deleted);
    single_counter(metrics, "t2mlog_compressed_files_total", "Rotated files compressed.",
                   header->compressed);
}

static void write_writer(metrics_t *metrics)
{
    const t2m_board_t *board = metrics->answer.question->board;
    const t2m_board_header_t *header = board->header;
    t2m_prometheus_label_t version = label("version", T2M_VERSION);

    single_gauge(metrics, "t2mlog_writer_up", "Whether the writer's process is there.",
                 t2m_answer_writer_up(board) != 0);
    single_counter(metrics, "t2mlog_writer_passes_total", "Looks of the writer at the memory.",
                   header->passes);
    single_counter(metrics, "t2mlog_writer_restarts_total", "Writers started after the first.",
                   header->writers ? header->writers - 1 : 0);
    gauge(metrics, "t2mlog_build_info", "The module's version.");
    sample(metrics, &version, 1, 1);
    single_gauge(metrics, "t2mlog_start_time_seconds", "When counting began, since 1970.",
                 (apr_uint64_t)apr_time_sec(header->made));
}

static void write_memory(metrics_t *metrics)
{
    static const char *const tables[] = { "metrics", "groups", "events" };
    const t2m_board_t *board = metrics->answer.question->board;
    int i;

    single_counter(metrics, "t2mlog_corrupt_records_total",
                   "Records passed over because a process had spoiled its memory.",
                   board->header->corrupt);
    single_counter(metrics, "t2mlog_quarantined_total",
                   "Processes that were not read any more as they had spoiled their memory.",
                   board->header->quarantined);
    single_counter(metrics, "t2mlog_no_slot_total", "Processes that found no slot, at each try.",
                   metrics->ledger.ledger.no_slot);
    counter(metrics, "t2mlog_evictions_total", "Rows that gave their place to another by table.");
    for (i = 0; i < 3; i++) {
        t2m_prometheus_label_t table = label("table", tables[i]);

        sample(metrics, &table, 1, board->tables->evictions[i]);
    }
    single_gauge(metrics, "t2mlog_skipped_rows",
                 "Rows left out of this answer because they changed all the time.",
                 metrics->answer.skipped_rows);
}

static void write_all(metrics_t *metrics)
{
    read_metrics(metrics);
    write_requests(metrics);
    write_durations(metrics);
    write_failures(metrics);
    write_errors(metrics);
    write_events(metrics);
    if (metrics->ledger.whole) {
        write_streams(metrics);
    }
    write_files(metrics);
    write_disk(metrics);
    write_writer(metrics);
    write_memory(metrics);
}

const char *t2m_answer_metrics(const t2m_question_t *question, apr_size_t *size)
{
    metrics_t metrics = { .answer = { .question = question, .pool = question->request->pool } };

    metrics.text.pool = metrics.answer.pool;
    metrics.text.bytes = apr_palloc(metrics.answer.pool, FIRST_ROOM);
    metrics.text.room = FIRST_ROOM;
    t2m_prometheus_begin(&metrics.prometheus, append, &metrics.text);
    t2m_answer_ledger(&metrics.answer, &metrics.ledger);
    write_all(&metrics);
    *size = metrics.text.size;
    return metrics.text.bytes;
}
