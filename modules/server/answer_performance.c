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

/* The answer `performance`: the metrics, and the slow requests. */
#include "server/answer_records.h"

#include <stdlib.h>

/* Quantiles that are told. */
static const struct {
    const char *name;
    double q;
} quantiles[] = { { "p50_ms", 0.5 }, { "p90_ms", 0.9 }, { "p95_ms", 0.95 }, { "p99_ms", 0.99 } };

static void add_sums(t2m_metric_sums_t *sums, const t2m_metric_sums_t *more)
{
    sums->count += more->count;
    sums->errors += more->errors;
    sums->slow += more->slow;
    sums->sum += more->sum;
}

static void set_average(t2m_answer_t *answer, json_t *object, const t2m_metric_sums_t *sums)
{
    t2m_answer_set_duration(answer, object, "avg_ms",
                            sums->count ? (double)sums->sum / (double)sums->count : 0);
}

static void set_counts(t2m_answer_t *answer, json_t *object, const t2m_metric_sums_t *sums)
{
    t2m_answer_set_count(answer, object, "error_count", sums->errors);
    t2m_answer_set_count(answer, object, "slow_count", sums->slow);
}

static void set_quantiles(t2m_answer_t *answer, json_t *object, const t2m_metric_t *metric)
{
    apr_uint64_t count = t2m_histogram_count(&metric->histogram);
    apr_size_t i;

    for (i = 0; i < sizeof(quantiles) / sizeof(quantiles[0]); i++) {
        t2m_answer_set_duration(answer, object, quantiles[i].name,
                                t2m_histogram_quantile(&metric->histogram, count, quantiles[i].q,
                                                       (apr_int64_t)metric->min,
                                                       (apr_int64_t)metric->max));
    }
}

static json_t *describe(t2m_answer_t *answer, const t2m_metric_t *metric)
{
    json_t *object = json_object();

    set_average(answer, object, &metric->sums);
    t2m_answer_set_duration(answer, object, "max_ms", (double)metric->max);
    t2m_answer_set_duration(answer, object, "min_ms", (double)metric->min);
    t2m_answer_set_count(answer, object, "count", metric->sums.count);
    set_quantiles(answer, object, metric);
    set_counts(answer, object, &metric->sums);
    t2m_answer_set_moment(answer, object, "last_seen", metric->last);
    return object;
}

static json_t *describe_others(t2m_answer_t *answer, const t2m_metric_sums_t *sums)
{
    json_t *object = json_object();

    set_average(answer, object, sums);
    t2m_answer_set_count(answer, object, "count", sums->count);
    set_counts(answer, object, sums);
    t2m_answer_set_count(answer, object, "evicted_metrics",
                         answer->question->board->tables->evictions[0]);
    return object;
}

static int is_wanted(const t2m_answer_t *answer, const t2m_metric_t *metric, const char *name)
{
    const t2m_query_t *query = answer->question->query;
    t2m_text_t text = t2m_text(name);

    return (!query->since || metric->last >= query->since)
           && (query->endpoint.size == 0
               || (query->endpoint.size == text.size
                   && memcmp(query->endpoint.data, text.data, text.size) == 0))
           && (query->q.size == 0
               || memmem(text.data, text.size, query->q.data, query->q.size) != NULL);
}

/* A metric of the answer. */
typedef struct {
    const char *name;
    apr_uint64_t count;
    json_t *object;
} metric_t;

static int most_first(const void *left, const void *right)
{
    const metric_t *a = left, *b = right;

    if (a->count != b->count) {
        return a->count > b->count ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

/* Describes the metrics asked for in metrics; adds up in *others what has no row. */
static unsigned read_metrics(t2m_answer_t *answer, metric_t *metrics, t2m_metric_sums_t *others)
{
    const t2m_tables_t *tables = answer->question->board->tables;
    unsigned count = 0, i;

    for (i = 0; i < T2M_METRICS_MAX; i++) {
        t2m_metric_t row;
        const char *name;

        if (!t2m_answer_row(answer, &tables->metrics[i], &row, sizeof(row))) {
            continue;
        }
        add_sums(others, &row.evicted);
        name = t2m_answer_name(answer->pool, row.name, row.name_size);
        if (!name) {
            add_sums(others, &row.sums);
        }
        else if (is_wanted(answer, &row, name)) {
            metrics[count].name = name;
            metrics[count].count = row.sums.count;
            metrics[count++].object = describe(answer, &row);
        }
    }
    return count;
}

static void set_metrics(t2m_answer_t *answer)
{
    metric_t metrics[T2M_METRICS_MAX];
    t2m_metric_sums_t others = { 0 };
    unsigned count = read_metrics(answer, metrics, &others), i;
    json_t *object = json_object();

    qsort(metrics, count, sizeof(metrics[0]), most_first);
    for (i = 0; i < count; i++) {
        t2m_answer_set(answer, object, metrics[i].name, metrics[i].object);
    }
    t2m_answer_set(answer, answer->json, "performance_metrics", object);
    if (others.count) {
        t2m_answer_set(answer, answer->json, "other", describe_others(answer, &others));
    }
}

/* What of a record of performance is told of a slow request. */
static json_t *slow_request(t2m_answer_t *answer, json_t *record)
{
    static const char *const members[] = { "metric", "duration_ms", "timestamp", "request_id",
                                           "path", "status" };
    json_t *object = json_object();
    apr_size_t i;

    for (i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *member = t2m_answer_member(record, members[i]);

        if (member) {
            t2m_answer_set(answer, object, members[i], json_incref(member));
        }
    }
    json_decref(record);
    return object;
}

static json_t *slow_requests(t2m_answer_t *answer)
{
    unsigned limit = answer->question->query->limit;
    t2m_answer_record_t *found = apr_palloc(answer->pool, limit * sizeof(*found));
    unsigned count = t2m_answer_find(answer, T2M_RECENT_SLOW, found), i;
    json_t *array = json_array();

    for (i = 0; i < count; i++) {
        t2m_answer_append(answer, array, slow_request(answer, found[i].record));
    }
    return array;
}

json_t *t2m_answer_performance(const t2m_question_t *question)
{
    t2m_answer_t answer;

    t2m_answer_begin(&answer, question);
    set_metrics(&answer);
    t2m_answer_set(&answer, answer.json, "slow_requests", slow_requests(&answer));
    t2m_answer_set_count(&answer, answer.json, "matched", answer.matched);
    return t2m_answer_end(&answer);
}
