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

/* Tests of modules/server/answer_metrics.c: every family, names that could collide, and sums that
 * do not go back. `promtool check metrics` reads the answer of a real server in t/36-answers.t. */
#include <unistd.h>

#include <apr_hash.h>

#include "answer_world.h"

static const char *answer(site_t *site)
{
    apr_size_t size;
    const char *text;

    site_query(site, "");
    text = t2m_answer_metrics(&site->question, &size);
    ok(size > 0 && text[size - 1] == '\n', "the answer ends in LF");
    return apr_pstrmemdup(site->pool, text, size);
}

/* The value of a sample, from the line that begins with it and a blank; NULL when there is none. */
static const char *value(site_t *site, const char *text, const char *sample)
{
    const char *line = apr_pstrcat(site->pool, "\n", sample, " ", NULL);
    const char *found = strstr(text, line);

    if (!found) {
        return "(none)";
    }
    found += strlen(line);
    return apr_pstrmemdup(site->pool, found, strcspn(found, "\n"));
}

static void is_sample(site_t *site, const char *text, const char *sample, const char *want)
{
    const char *got = value(site, text, sample);

    is_bytes(got, strlen(got), want, sample);
}

static void fill(site_t *site)
{
    t2m_board_header_t *header = site->board.header;
    t2m_metric_t *metric = site_metric(site, 1, "GET /", 10, 1500, 1000);

    metric->sums.errors = 2;
    metric->sums.slow = 3;
    metric->sums.status[2] = 8;
    metric->sums.status[5] = 2;
    metric = site_metric(site, 2, "other", 3, 1000, 0);
    metric->evicted.count = 4;
    metric->evicted.sum = 8000000;
    metric->evicted.status[4] = 4;
    metric->evicted.classic[9] = 4;
    (void)site_metric(site, 0, "", 5, 1000, 0);
    metric = site_metric(site, 3, "a\"\\\xe2\x80\xae", 1, 31000000, 0);
    metric->sums.status[2] = 0;
    metric->sums.status[0] = 1;
    (void)site_metric(site, 4, "\xff", 1, 1000, 0);
    (void)site_metric(site, 5, "\xfe", 1, 1000, 0);
    site_event(site, 1, "unauthorized_access", 3);
    site_event(site, 2, "other", 4);
    site->board.tables->events[0].count = 5;
    site->board.totals[T2M_STREAM_ACCESS].levels[T2M_LEVEL_INFO] = 41;
    site->board.totals[T2M_STREAM_ACCESS].bytes = 4100;
    site->board.totals[T2M_STREAM_ACCESS].worker_died = 1;
    site->board.totals[T2M_STREAM_APP].dropped[T2M_DROP_FULL] = 6;
    site->board.totals[T2M_STREAM_ERRORS].suppressed = 123;
    site->board.files[7].size = 777;
    site->board.files[7].rotations = 3;
    header->writers = 3;
    header->writer_pid = (apr_uint32_t)getpid();
    header->passes = 12;
    header->made = NOW;
    header->disk_size = 1000;
    header->disk_free = 500;
    header->logs_size = 20;
    header->corrupt = 1;
    header->quarantined = 3;
    site->board.tables->ledger.spilled[T2M_STREAM_APP] = 2;
    site->board.tables->evictions[2] = 9;
}

static void test_requests(site_t *site)
{
    const char *text = answer(site);

    is_sample(site, text, "t2mlog_requests_total{endpoint=\"GET /\",status=\"2xx\"}", "8");
    is_sample(site, text, "t2mlog_requests_total{endpoint=\"GET /\",status=\"5xx\"}", "2");
    is_sample(site, text, "t2mlog_requests_total{endpoint=\"GET /\",status=\"4xx\"}", "(none)");
    is_sample(site, text, "t2mlog_requests_total{endpoint=\"other\",status=\"2xx\"}", "10");
    is_sample(site, text, "t2mlog_requests_total{endpoint=\"other\",status=\"4xx\"}", "4");
    is_sample(site, text,
              "t2mlog_requests_total{endpoint=\"a\\\"\\\\\\\\\\\\u202e\",status=\"none\"}", "1");
    is_sample(site, text,
              "t2mlog_request_duration_seconds_bucket{endpoint=\"GET /\",le=\"0.001\"}", "0");
    is_sample(site, text,
              "t2mlog_request_duration_seconds_bucket{endpoint=\"GET /\",le=\"0.0025\"}", "2");
    is_sample(site, text,
              "t2mlog_request_duration_seconds_bucket{endpoint=\"GET /\",le=\"+Inf\"}", "10");
    is_sample(site, text, "t2mlog_request_duration_seconds_sum{endpoint=\"GET /\"}", "0.06");
    is_sample(site, text, "t2mlog_request_duration_seconds_count{endpoint=\"GET /\"}", "10");
    is_sample(site, text, "t2mlog_request_duration_seconds_count{endpoint=\"other\"}", "14");
    is_sample(site, text, "t2mlog_request_duration_seconds_sum{endpoint=\"other\"}", "8.01");
    is_sample(site, text, "t2mlog_request_errors_total{endpoint=\"GET /\"}", "2");
    is_sample(site, text, "t2mlog_request_errors_total{endpoint=\"other\"}", "0");
    is_sample(site, text, "t2mlog_slow_requests_total{endpoint=\"GET /\"}", "3");
}

static void test_rest(site_t *site)
{
    const char *text = answer(site);

    is_sample(site, text, "t2mlog_security_events_total{event=\"unauthorized_access\"}", "3");
    is_sample(site, text, "t2mlog_security_events_total{event=\"other\"}", "9");
    is_sample(site, text, "t2mlog_records_total{stream=\"access\",level=\"INFO\"}", "41");
    is_sample(site, text, "t2mlog_records_total{stream=\"app\",level=\"CRITICAL\"}", "0");
    is_sample(site, text, "t2mlog_written_bytes_total{stream=\"access\"}", "4100");
    is_sample(site, text, "t2mlog_dropped_records_total{stream=\"app\",reason=\"full\"}", "6");
    is_sample(site, text, "t2mlog_dropped_records_total{stream=\"app\",reason=\"shed\"}", "0");
    is_sample(site, text, "t2mlog_suppressed_lines_total{stream=\"errors\"}", "123");
    is_sample(site, text, "t2mlog_suppressed_lines_total{stream=\"app\"}", "0");
    is_sample(site, text, "t2mlog_worker_died_total", "1");
    is_sample(site, text,
              "t2mlog_file_size_bytes{stream=\"access\",file=\"shop\\\"\\\\u001b.log\"}", "777");
    is_sample(site, text,
              "t2mlog_file_rotations_total{stream=\"access\",file=\"shop\\\"\\\\u001b.log\"}", "3");
    is_sample(site, text, "t2mlog_disk_size_bytes", "1000");
    is_sample(site, text, "t2mlog_disk_free_bytes", "500");
    is_sample(site, text, "t2mlog_logs_bytes", "20");
    is_sample(site, text, "t2mlog_writer_up", "1");
    is_sample(site, text, "t2mlog_writer_passes_total", "12");
    is_sample(site, text, "t2mlog_writer_restarts_total", "2");
    is_sample(site, text, "t2mlog_build_info{version=\"" T2M_VERSION "\"}", "1");
    is_sample(site, text, "t2mlog_start_time_seconds", "1705320000");
    is_sample(site, text, "t2mlog_corrupt_records_total", "1");
    is_sample(site, text, "t2mlog_quarantined_total", "3");
    is_sample(site, text, "t2mlog_spilled_records{stream=\"app\"}", "2");
    is_sample(site, text, "t2mlog_evictions_total{table=\"events\"}", "9");
    is_sample(site, text, "t2mlog_skipped_rows", "0");
}

/* No series stands there twice, whatever names processes made up. */
static void test_unique(site_t *site)
{
    char *text = apr_pstrdup(site->pool, answer(site)), *line, *next, *last;
    apr_hash_t *seen = apr_hash_make(site->pool);
    int twice = 0, count = 0;

    for (line = text; *line; line = next) {
        next = line + strcspn(line, "\n");
        *next++ = '\0';
        last = strrchr(line, ' ');
        if (*line != '#' && last) {
            *last = '\0';
            twice += apr_hash_get(seen, line, APR_HASH_KEY_STRING) != NULL;
            apr_hash_set(seen, line, APR_HASH_KEY_STRING, line);
            count++;
        }
    }
    is_number(twice, 0, "no series stands there twice");
    ok(count > 100, "of %d", count);
}

static void test_groups(site_t *site)
{
    char id[T2M_FINGERPRINT_SIZE + 1];
    const char *text;
    int i;

    for (i = 1; i <= 101; i++) {
        apr_snprintf(id, sizeof(id), "%012d", i);
        (void)site_group(site, i, id, "message", (unsigned)i);
    }
    site->board.tables->groups[1].evicted = 7;
    site->board.tables->groups[0].total = 2;
    site->board.tables->groups[2].state.state = T2M_GROUP_IGNORED;
    site->board.tables->groups[3].state.state = T2M_GROUP_IGNORED;
    site->board.tables->groups[4].first = NOW - apr_time_from_sec(90000);
    text = answer(site);
    is_sample(site, text, "t2mlog_errors_total", "10311");
    is_sample(site, text, "t2mlog_error_groups{state=\"new\"}", "98");
    is_sample(site, text, "t2mlog_error_groups{state=\"ongoing\"}", "1");
    is_sample(site, text, "t2mlog_error_groups{state=\"ignored\"}", "2");
    is_sample(site, text, "t2mlog_error_groups{state=\"resolved\"}", "0");
    is_sample(site, text, "t2mlog_error_groups{state=\"open\"}", "(none)");
    is_sample(site, text, "t2mlog_error_group_errors_total{error_id=\"000000000101\"}", "202");
    is_sample(site, text, "t2mlog_error_group_errors_total{error_id=\"000000000002\"}", "4");
    is_sample(site, text, "t2mlog_error_group_errors_total{error_id=\"000000000001\"}", "(none)");
}

/* What a row adds to is left out for once, rather than going back. */
static void test_skipped(site_t *site)
{
    const char *text;

    site_busy(&site->board.tables->metrics[9]);
    site_busy(&site->board.tables->groups[200]);
    site_busy(&site->board.tables->events[9]);
    site_busy(&site->board.totals[T2M_STREAM_APP]);
    text = answer(site);
    is_sample(site, text, "t2mlog_skipped_rows", "4");
    is_sample(site, text, "t2mlog_request_errors_total{endpoint=\"GET /\"}", "2");
    is_sample(site, text, "t2mlog_request_errors_total{endpoint=\"other\"}", "(none)");
    is_sample(site, text, "t2mlog_errors_total", "(none)");
    is_sample(site, text, "t2mlog_error_groups{state=\"new\"}", "(none)");
    is_sample(site, text, "t2mlog_error_group_errors_total{error_id=\"000000000101\"}", "202");
    is_sample(site, text, "t2mlog_security_events_total{event=\"unauthorized_access\"}", "3");
    is_sample(site, text, "t2mlog_security_events_total{event=\"other\"}", "(none)");
    is_sample(site, text, "t2mlog_worker_died_total", "(none)");
}

static void test_full(site_t *site)
{
    const char *text;
    int i;

    for (i = 10; i < T2M_METRICS_MAX; i++) {
        (void)site_metric(site, i, apr_psprintf(site->pool, "GET /%d/%060d", i, i), 2, 1000, 0);
    }
    text = answer(site);
    ok(strlen(text) > 200000 && strlen(text) < 2000000, "a full table: %d bytes",
       (int)strlen(text));
}

int main(void)
{
    site_t site;

    apr_initialize();
    site_make(&site);
    ok(strstr(answer(&site), "disk_size") == NULL, "a disk that is not known is not told of");
    fill(&site);
    test_requests(&site);
    test_rest(&site);
    test_unique(&site);
    test_groups(&site);
    test_full(&site);
    test_skipped(&site);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
