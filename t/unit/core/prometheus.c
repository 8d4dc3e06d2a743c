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

/* Exact bytes of whole answers, and what is left out because it would break one. */
#include "core/prometheus.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>

#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

typedef struct {
    char bytes[8192];
    size_t size;
} sink_t;

static sink_t sink;
static t2m_prometheus_t prometheus;

static void append(void *to, const char *bytes, apr_size_t size)
{
    sink_t *out = to;

    if (size <= sizeof(out->bytes) - out->size) {
        memcpy(out->bytes + out->size, bytes, size);
        out->size += size;
    }
}

static void begin(void)
{
    sink.size = 0;
    t2m_prometheus_begin(&prometheus, append, &sink);
}

static void is_answer(const char *want, const char *name)
{
    is_bytes(sink.bytes, sink.size, want, name);
}

static void test_answer(void)
{
    t2m_prometheus_label_t labels[] = { { "stream", t2m_text("access") },
                                        { "endpoint", t2m_text("GET /a/:n") } };

    begin();
    t2m_prometheus_family(&prometheus, "t2mlog_records_total", T2M_PROMETHEUS_COUNTER,
                          "Records written.");
    t2m_prometheus_unsigned(&prometheus, labels, 1, 0);
    t2m_prometheus_unsigned(&prometheus, labels, 2, APR_UINT64_MAX);
    t2m_prometheus_family(&prometheus, "t2mlog:lag_seconds", T2M_PROMETHEUS_GAUGE, "Lag.");
    t2m_prometheus_double(&prometheus, NULL, 0, 0.25);
    t2m_prometheus_seconds(&prometheus, NULL, 0, 1500000);
    is_answer("# HELP t2mlog_records_total Records written.\n"
              "# TYPE t2mlog_records_total counter\n"
              "t2mlog_records_total{stream=\"access\"} 0\n"
              "t2mlog_records_total{stream=\"access\",endpoint=\"GET /a/:n\"} "
              "18446744073709551615\n"
              "# HELP t2mlog:lag_seconds Lag.\n"
              "# TYPE t2mlog:lag_seconds gauge\n"
              "t2mlog:lag_seconds 0.25\n"
              "t2mlog:lag_seconds 1.5\n", "two families");
    is_number(prometheus.wrong, 0, "nothing wrong");
}

static void test_histogram(void)
{
    apr_uint64_t counts[T2M_CLASSIC_COUNTS] = { 1, 0, 2, [T2M_CLASSIC_BUCKETS] = 4 };
    t2m_prometheus_label_t label = { "endpoint", t2m_text("GET /") };

    begin();
    t2m_prometheus_family(&prometheus, "d", T2M_PROMETHEUS_HISTOGRAM, "");
    t2m_prometheus_histogram(&prometheus, &label, 1, counts, 123000001);
    is_answer("# HELP d \n# TYPE d histogram\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.001\"} 1\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.0025\"} 1\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.005\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.01\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.025\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.05\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.1\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.25\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"0.5\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"1\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"2.5\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"5\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"10\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"30\"} 3\n"
              "d_bucket{endpoint=\"GET /\",le=\"+Inf\"} 7\n"
              "d_sum{endpoint=\"GET /\"} 123.000001\n"
              "d_count{endpoint=\"GET /\"} 7\n", "a histogram with a label");
    sink.size = 0;
    t2m_prometheus_histogram(&prometheus, NULL, 0, counts, 0);
    ok(sink.size > 30 && !memcmp(sink.bytes, "d_bucket{le=\"0.001\"} 1\n", 23), "without a label");
    ok(!memcmp(sink.bytes + sink.size - 18, "d_sum 0\nd_count 7\n", 18), "to its end");
}

static void test_escapes(void)
{
    static const char hostile[] = "a\\b\"c\nd\0e\xff\xc3\xa9\xe2\x82";
    t2m_prometheus_label_t label = { "l", t2m_text_of(hostile, sizeof(hostile) - 1) };

    begin();
    t2m_prometheus_family(&prometheus, "f", T2M_PROMETHEUS_GAUGE, "a\\b\"c\nd\xff\xc3\xa9");
    t2m_prometheus_unsigned(&prometheus, &label, 1, 1);
    label.value = t2m_text(NULL);
    t2m_prometheus_unsigned(&prometheus, &label, 1, 2);
    is_answer("# HELP f a\\\\b\"c\\nd\xef\xbf\xbd\xc3\xa9\n# TYPE f gauge\n"
              "f{l=\"a\\\\b\\\"c\\nd\xef\xbf\xbd" "e\xef\xbf\xbd\xc3\xa9"
              "\xef\xbf\xbd\xef\xbf\xbd\"} 1\n"
              "f{l=\"\"} 2\n", "help and labels");
    is_number(prometheus.wrong, 0, "nothing wrong");
}

/* What a gauge's value is written as. */
static const char *written(double value)
{
    begin();
    t2m_prometheus_family(&prometheus, "f", T2M_PROMETHEUS_GAUGE, "");
    sink.size = 0;
    t2m_prometheus_double(&prometheus, NULL, 0, value);
    sink.bytes[sink.size > 0 ? sink.size - 1 : 0] = '\0';
    return sink.bytes + 2;
}

static void test_doubles(void)
{
    static const struct {
        double value;
        const char *want;
    } cases[] = {
        { 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { -1.5, "-1.5" }, { 0.1, "0.1" },
        { 1.0 / 3, "0.3333333333333333" }, { 2.0 / 3, "0.6666666666666666" },
        { 0.1 + 0.2, "0.30000000000000004" }, { 100, "100" }, { 123456789, "123456789" },
        { 12345.678, "12345.678" }, { 0.00001, "0.00001" }, { 0.000001, "1e-06" },
        { 0.0000012, "1.2e-06" }, { 1e20, "100000000000000000000" }, { 1e21, "1e+21" },
        { 1.25e25, "1.25e+25" }, { 5e-324, "5e-324" }, { 1.7976931348623157e308,
        "1.7976931348623157e+308" }, { 9007199254740993.0, "9007199254740992" },
        { (double)INFINITY, "+Inf" }, { -(double)INFINITY, "-Inf" }, { (double)NAN, "NaN" },
    };
    size_t i;
    int wrong = 0;

    for (i = 0; i < COUNT(cases); i++) {
        const char *got = written(cases[i].value);

        is_bytes(got, strlen(got), cases[i].want, cases[i].want);
    }
    srand(3);
    for (i = 0; i < 20000; i++) {
        double value = ldexp((double)rand() + (double)rand() / 65536, rand() % 200 - 130);

        wrong += fabs(strtod(written(value), NULL) - value) > 0;
    }
    is_number(wrong, 0, "read back as the same");
}

/* Where a comma separates decimals. Such a locale may not be installed. */
static void test_locale(void)
{
    static const char *const names[] = { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE" };
    size_t i = 0;

    while (i < COUNT(names) && !setlocale(LC_NUMERIC, names[i])) {
        i++;
    }
    is_bytes(written(0.1 + 0.2), strlen(written(0.1 + 0.2)), "0.30000000000000004",
             i < COUNT(names) ? names[i] : "a comma's locale # SKIP none is installed");
    setlocale(LC_NUMERIC, "C");
}

static void test_seconds(void)
{
    static const struct {
        apr_uint64_t value;
        const char *want;
    } cases[] = {
        { 0, "f 0\n" }, { 1, "f 0.000001\n" }, { 10, "f 0.00001\n" }, { 999999, "f 0.999999\n" },
        { 1000000, "f 1\n" }, { 1200000, "f 1.2\n" }, { 120000000, "f 120\n" },
        { APR_UINT64_MAX, "f 18446744073709.551615\n" },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        (void)written(0);
        sink.size = 0;
        t2m_prometheus_seconds(&prometheus, NULL, 0, cases[i].value);
        is_answer(cases[i].want, "seconds");
    }
}

/* Nothing was written, and the answer is wrong. */
static void is_refused(const char *name)
{
    ok(sink.size == 0 && prometheus.wrong, "left out: %s", name);
    begin();
    t2m_prometheus_family(&prometheus, "good", T2M_PROMETHEUS_COUNTER, "");
    sink.size = 0;
}

static void test_guards(void)
{
    static const char *const names[] = { "", "1a", "a-b", "a b", "a{", "\xc3\xa9", "a\n" };
    apr_uint64_t counts[T2M_CLASSIC_COUNTS] = { 0 };
    t2m_prometheus_label_t label = { "le", t2m_text("1") };
    size_t i;

    begin();
    t2m_prometheus_unsigned(&prometheus, NULL, 0, 1);
    is_refused("a sample before any family");
    t2m_prometheus_family(&prometheus, "good", T2M_PROMETHEUS_COUNTER, "");
    is_refused("a family a second time");
    t2m_prometheus_family(&prometheus, "other", (t2m_prometheus_type_e)7, "");
    is_refused("a type that is none");
    t2m_prometheus_family(&prometheus, "other", T2M_PROMETHEUS_NONE, "");
    t2m_prometheus_double(&prometheus, NULL, 0, 1);
    is_refused("a sample of a family that was refused");
    t2m_prometheus_histogram(&prometheus, NULL, 0, counts, 0);
    is_refused("a histogram of a counter");
    for (i = 0; i < COUNT(names); i++) {
        t2m_prometheus_family(&prometheus, names[i], T2M_PROMETHEUS_GAUGE, "");
        is_refused("a family's name");
        label.name = names[i];
        t2m_prometheus_seconds(&prometheus, &label, 1, 1);
        is_refused("a label's name");
    }
    label.name = "a:b";
    t2m_prometheus_unsigned(&prometheus, &label, 1, 1);
    is_refused("a label's colon");
    label.name = "le";
    t2m_prometheus_unsigned(&prometheus, &label, 1, 1);
    ok(sink.size > 0 && !prometheus.wrong, "le is a label like others in a counter");
    t2m_prometheus_family(&prometheus, "h", T2M_PROMETHEUS_HISTOGRAM, "");
    sink.size = 0;
    t2m_prometheus_histogram(&prometheus, &label, 1, counts, 0);
    is_refused("a histogram's own label");
    t2m_prometheus_family(&prometheus, "h", T2M_PROMETHEUS_HISTOGRAM, "");
    sink.size = 0;
    t2m_prometheus_unsigned(&prometheus, NULL, 0, 1);
    is_refused("a plain sample of a histogram");
}

static void test_families(void)
{
    static char names[T2M_PROMETHEUS_FAMILIES_MAX + 1][8];
    unsigned i;

    begin();
    for (i = 0; i <= T2M_PROMETHEUS_FAMILIES_MAX; i++) {
        snprintf(names[i], sizeof(names[i]), "f%u", i);
        sink.size = i < T2M_PROMETHEUS_FAMILIES_MAX ? 0 : sink.size;
        if (i == T2M_PROMETHEUS_FAMILIES_MAX) {
            is_number(prometheus.wrong, 0, "as many families as there is room for");
            sink.size = 0;
        }
        t2m_prometheus_family(&prometheus, names[i], T2M_PROMETHEUS_GAUGE, "");
    }
    is_refused("one more");
}

int main(void)
{
    test_answer();
    test_histogram();
    test_escapes();
    test_doubles();
    test_locale();
    test_seconds();
    test_guards();
    test_families();
    return tap_done();
}
