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

/* Tests of modules/server/answer_performance.c: the metrics' figures, and the slow requests. */
#include "answer_world.h"

static void fill(site_t *site)
{
    t2m_metric_t *metric = site_metric(site, 1, "GET /", 1000, 1001, 1000);

    metric->sums.errors = 3;
    metric->sums.slow = 2;
    metric = site_metric(site, 3, "transcribe \"a\"", 2000, 125000, 0);
    metric->last = NOW - apr_time_from_sec(3600);
    metric = site_metric(site, 4, "other", 1, 7, 0);
    metric->evicted.count = 4;
    metric->evicted.sum = 8000;
    metric->evicted.errors = 1;
    metric = site_metric(site, 0, "", 2, 1000, 0);
    metric->sums.slow = 2;
    (void)site_metric(site, 9, "\xff", 2, 2000, 0);
    site->board.tables->evictions[0] = 6;
}

static void test_metrics(site_t *site)
{
    json_t *json = site_ask(site, t2m_answer_performance, "");

    is_names(site, json, NULL, "performance_metrics other slow_requests matched", "the members");
    is_names(site, at(json, "performance_metrics"), NULL, "transcribe \"a\" GET / other",
             "the metrics, the most used first");
    is_names(site, at(json, "performance_metrics.GET /"), NULL,
             "avg_ms max_ms min_ms count p50_ms p90_ms p95_ms p99_ms error_count slow_count "
             "last_seen", "the members of a metric");
    is_at(json, "performance_metrics.GET /.avg_ms", "500.501", "the average");
    is_at(json, "performance_metrics.GET /.max_ms", "1000.001", "the longest");
    is_at(json, "performance_metrics.GET /.min_ms", "1.001", "the shortest");
    is_at(json, "performance_metrics.GET /.count", "1000", "how many");
    is_at(json, "performance_metrics.GET /.error_count", "3", "how many failed");
    is_at(json, "performance_metrics.GET /.slow_count", "2", "how many were slow");
    is_at(json, "performance_metrics.GET /.last_seen", "1705320000", "when last");
    is_at(json, "performance_metrics.transcribe \"a\".p99_ms", "125.0", "of equal durations");
    is_at(json, "performance_metrics.other.count", "1", "a metric of any name");
    is_at(json, "other.count", "8", "what has no row of its own");
    is_at(json, "other.avg_ms", "1.75", "its average");
    is_at(json, "other.error_count", "1", "its failures");
    is_at(json, "other.slow_count", "2", "its slow ones");
    is_at(json, "other.evicted_metrics", "6", "metrics that lost their place");
    json_decref(json);
}

/* Against the durations themselves: 1.001, 2.001 … 1000.001 ms. */
static void test_quantiles(site_t *site)
{
    static const struct {
        const char *path;
        double want;
    } cases[] = { { "performance_metrics.GET /.p50_ms", 500.001 },
                  { "performance_metrics.GET /.p90_ms", 900.001 },
                  { "performance_metrics.GET /.p95_ms", 950.001 },
                  { "performance_metrics.GET /.p99_ms", 990.001 } };
    json_t *json = site_ask(site, t2m_answer_performance, "");

    for (apr_size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        double got = json_real_value(at(json, cases[i].path));

        ok(got > cases[i].want * 0.978 && got < cases[i].want * 1.022, "%s is %f, about %f",
           cases[i].path, got, cases[i].want);
    }
    json_decref(json);
}

static void metrics(site_t *site, const char *query, const char *want)
{
    json_t *json = site_ask(site, t2m_answer_performance, query);

    is_names(site, at(json, "performance_metrics"), NULL, want, query);
    is_at(json, "other.count", "8", "the others do not depend on the query");
    json_decref(json);
}

static void test_slow(site_t *site)
{
    json_t *json;

    site_line(site, T2M_RECENT_SLOW, T2M_LEVEL_INFO, 3,
              "{\"timestamp\":\"1\",\"level\":\"INFO\",\"message\":\"m\",\"metric\":\"GET /\","
              "\"duration_ms\":2500.125,\"function\":\"f\",\"request_id\":\"request-1\","
              "\"endpoint\":\"GET /\",\"status\":200,\"slow\":true,\"path\":\"/caf\\u00e9\","
              "\"seq\":1}");
    site_line(site, T2M_RECENT_SLOW, T2M_LEVEL_INFO, 2,
              "{\"timestamp\":\"2\",\"extra_fields\":{\"metric\":\"step\",\"duration_ms\":3000,"
              "\"path\":\"/b\"},\"seq\":2}");
    site_line(site, T2M_RECENT_SLOW, T2M_LEVEL_INFO, 1, "{\"timestamp\":\"3\",\"metric\":\"x\"}");
    json = site_ask(site, t2m_answer_performance, "limit=2");
    is_names(site, at(json, "slow_requests"), "timestamp", "3 2", "newest first, two of them");
    is_at(json, "matched", "3", "of three");
    json_decref(json);
    json = site_ask(site, t2m_answer_performance, "");
    is_at(json, "slow_requests.2",
          "{\"metric\":\"GET /\",\"duration_ms\":2500.125,\"timestamp\":\"1\","
          "\"request_id\":\"request-1\",\"path\":\"/caf\xc3\xa9\",\"status\":200}",
          "a slow request");
    is_at(json, "slow_requests.1",
          "{\"metric\":\"step\",\"duration_ms\":3000,\"timestamp\":\"2\",\"path\":\"/b\"}",
          "one whose members are nested");
    json_decref(json);
    json = site_ask(site, t2m_answer_performance, "endpoint=step");
    is_names(site, at(json, "slow_requests"), "timestamp", "2", "one metric's");
    json_decref(json);
}

int main(void)
{
    site_t site;
    json_t *json;

    apr_initialize();
    site_make(&site);
    json = site_ask(&site, t2m_answer_performance, "");
    is_at(json, "", "{\"performance_metrics\":{},\"slow_requests\":[],\"matched\":0}",
          "an empty board");
    json_decref(json);
    fill(&site);
    test_metrics(&site);
    test_quantiles(&site);
    metrics(&site, "limit=1", "transcribe \"a\" GET / other");
    metrics(&site, "since=15m", "GET / other");
    metrics(&site, "endpoint=GET+/", "GET /");
    metrics(&site, "endpoint=GET", "");
    metrics(&site, "q=%22a%22", "transcribe \"a\"");
    test_slow(&site);
    site_busy(&site.board.tables->metrics[1]);
    json = site_ask(&site, t2m_answer_performance, "");
    is_names(&site, at(json, "performance_metrics"), NULL, "transcribe \"a\" other",
             "a metric that changes all the time is left out");
    json_decref(json);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
