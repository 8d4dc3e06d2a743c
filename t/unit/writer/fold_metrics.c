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

/* Tests modules/writer/fold_metrics.c. */
#include "writer/fold_internal.h"

#include "writer/fold_world.h"

static void push(const char *name, apr_uint64_t microseconds, int status, int flags)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_PERFORMANCE, .time = FOLD_START,
                                 .value = microseconds, .status = (apr_uint16_t)status,
                                 .flags = (unsigned char)flags };

    fold_push(record, NULL, name);
}

static const t2m_metric_t *row_of(const char *name)
{
    int i;

    for (i = 1; i < T2M_METRICS_MAX; i++) {
        const t2m_metric_t *row = &board.tables->metrics[i];

        if (t2m_text_of(row->name, row->name_size).size == strlen(name)
            && memcmp(row->name, name, strlen(name)) == 0) {
            return row;
        }
    }
    return NULL;
}

/* Over the whole table, also what gave its place away: nothing is ever lost. */
static t2m_metric_sums_t all_sums(void)
{
    t2m_metric_sums_t sums = { 0 };
    apr_size_t i, word;

    for (i = 0; i < T2M_METRICS_MAX; i++) {
        const apr_uint64_t *now = (const apr_uint64_t *)&board.tables->metrics[i].sums;
        const apr_uint64_t *gone = (const apr_uint64_t *)&board.tables->metrics[i].evicted;

        for (word = 0; word < sizeof(sums) / sizeof(*now); word++) {
            ((apr_uint64_t *)&sums)[word] += now[word] + gone[word];
        }
    }
    return sums;
}

static int used_rows(void)
{
    int i, used = 0;

    for (i = 1; i < T2M_METRICS_MAX; i++) {
        used += board.tables->metrics[i].name_size != 0;
    }
    return used;
}

static void counts(void)
{
    const t2m_metric_t *row;

    push("GET /a", 2000, 200, 0);
    push("GET /a", 1000, 503, T2M_FACT_FAILED);
    push("GET /b", 7, 0, 0);
    push("GET /a", 4000000, 301, T2M_FACT_SLOW);
    push("GET /a", 5, 777, 0);
    fold_all();
    row = row_of("GET /a");
    ok(row && row_of("GET /b") && !row_of("GET /c"), "a row for each name");
    if (!row) {
        return;
    }
    is_number((long)row->sums.count, 4, "count");
    is_number((long)row->sums.sum, 4003005, "sum");
    is_number((long)row->min, 5, "min");
    is_number((long)row->max, 4000000, "max");
    is_number((long)row->sums.errors, 1, "errors");
    is_number((long)row->sums.slow, 1, "slow");
    ok(row->sums.status[2] == 1 && row->sums.status[3] == 1 && row->sums.status[5] == 1
       && row->sums.status[0] == 1, "classes of status; one that is none");
    is_number((long)t2m_histogram_count(&row->histogram), 4, "histogram");
    is_number(row->last, FOLD_START, "last");
    push("GET /a", (apr_uint64_t)1 << 60, 200, 0);
    fold_all();
    ok(row->sums.sum == 4003005 && row->sums.count == 5, "a duration that cannot be counts as 0");
    is_number((long)row->min, 0, "everywhere");
}

static void no_name(void)
{
    t2m_ring_record_t record = { .stream = T2M_STREAM_PERFORMANCE, .value = 5 };
    apr_uint64_t before = all_sums().count;

    fold_push(record, "{\"no\":\"name\"", NULL);
    record.stream = T2M_STREAM_ACCESS;
    fold_push(record, "{\"other\":\"stream\"", "GET /a");
    fold_all();
    is_number((long)(all_sums().count - before), 0, "without a name, of another stream: nothing");
}

static apr_uint64_t want_count, want_sum;

static int sums_hold(void)
{
    t2m_metric_sums_t sums = all_sums();

    return sums.count == want_count && sums.sum == want_sum && sums.status[2] == want_count;
}

/* Many names, each twice, so many new ones in a batch. */
static void push_names(int from, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        char name[32];

        (void)snprintf(name, sizeof(name), "GET /%d", from + i % ((count + 1) / 2));
        push(name, (apr_uint64_t)i, 200, 0);
        want_count++;
        want_sum += (apr_uint64_t)i;
    }
}

static void begin_table(void)
{
    memset(board.tables->metrics, 0, sizeof(board.tables->metrics));
    board.tables->evictions[0] = 0;
    want_count = want_sum = 0;
}

static void floods(void)
{
    int i;

    begin_table();
    push_names(0, 200);
    fold_all();
    is_number(used_rows(), T2M_FOLD_NEW_ROWS, "so many new names in a batch and no more");
    is_number((long)board.tables->metrics[0].sums.count, 2 * (100 - T2M_FOLD_NEW_ROWS),
              "row 0 counts the others");
    is_number((long)board.tables->metrics[0].name_size, 0, "and has no name");
    ok(sums_hold(), "together they are all");
    for (i = 1; i < 20; i++) {
        push_names(i * 1000, 100);
        fold_all();
    }
    is_number(used_rows(), T2M_METRICS_MAX - 1, "a full table");
    is_number((long)board.tables->evictions[0], 20 * T2M_FOLD_NEW_ROWS - (T2M_METRICS_MAX - 1),
              "rows that gave their place away are counted");
    ok(sums_hold(), "and what they had counted stays");
}

/* What is heard of often keeps its row. */
static void keeps_the_useful(void)
{
    int i, batches;
    const t2m_metric_t *row;

    begin_table();
    for (i = 0; i < 50; i++) {
        push("GET /often", 1, 200, 0);
    }
    fold_all();
    for (batches = 0; batches < 30; batches++) {
        push_names(batches * 1000, 64);
        fold_all();
    }
    row = row_of("GET /often");
    ok(row && row->sums.count == 50 && row->evicted.count == 0, "the useful keep their place");
    for (i = 0, row = NULL; i < T2M_METRICS_MAX && !row; i++) {
        if (board.tables->metrics[i].evicted.count > board.tables->metrics[i].sums.count) {
            row = &board.tables->metrics[i];
        }
    }
    ok(row != NULL, "a place remembers all who had it");
}

static void killed(void)
{
    int bad, runs;

    begin_table();
    push_names(0, 500);
    fold_all();
    push_names(5000, 90);
    push_names(0, 30);
    bad = fold_killed_anywhere(sums_hold, &runs);
    ok(bad == 0 && runs > 300, "killed anywhere, twice: each counts once (%d ways)", runs);
    while (used_rows() < T2M_METRICS_MAX - 1) {
        push_names(used_rows() * 100 + 100000, 60);
        fold_all();
    }
    push_names(900000, 90);
    push_names(0, 30);
    bad = fold_killed_anywhere(sums_hold, &runs);
    ok(bad == 0 && runs > 300, "also where rows are taken from others (%d ways)", runs);
}

int main(void)
{
    fold_make();
    counts();
    no_name();
    floods();
    keeps_the_useful();
    killed();
    return tap_done();
}
