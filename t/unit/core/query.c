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

/* What a query may say, what each refusal says, and that none repeats a byte of the query. */
#include "core/query.h"

#include <stdlib.h>

#include "core/moment.h"
#include "tap.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define SECONDS(value) ((apr_int64_t)(value) * APR_USEC_PER_SEC)
#define X64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256 X64 X64 X64 X64

static const apr_time_t now = SECONDS(1705314645);
static const unsigned all = (1U << 12) - 1;

static const char text_allowed[] = "1 to 256 bytes of UTF-8 without control characters";
static const char limit_allowed[] = "a whole number from 1 to 1000";
static const char percent_allowed[] = "two hexadecimal digits behind each %";
static const char after_allowed[] = "a whole number from 0 to 9223372036854775807";
static const char level_allowed[] = "DEBUG, INFO, WARNING, ERROR or CRITICAL";
static const char id_allowed[] = "12 hexadecimal digits";
static const char names_allowed[] =
    "limit, since, until, level, endpoint, id, request_id, event, q, after, sort, state";
static const char sort_allowed[] = "new, rising or frequent";
static const char state_allowed[] =
    "all, or some of new, ongoing, resolved, ignored and regressed, separated by commas";

static t2m_query_t query;
static t2m_query_error_t error;

/* In memory of its own size, which is gone when it returns: the result may not point there. */
static int parse_exact(const char *text, size_t size, unsigned allowed)
{
    char *exact = malloc(size ? size : 1);
    int taken;

    memcpy(exact, text, size);
    error.parameter = "untouched";
    error.allowed = "untouched";
    taken = t2m_query_parse(t2m_text_of(exact, size), allowed, now, &query, &error);
    free(exact);
    return taken;
}

static int parse(const char *text)
{
    return parse_exact(text, strlen(text), all);
}

static void test_defaults(void)
{
    ok(parse(""), "nothing asked");
    is_number(query.given, 0, "nothing given");
    is_number(query.limit, 100, "a hundred records");
    is_number(query.since | query.until, 0, "of any time");
    is_number(query.level, T2M_LEVEL_COUNT, "of any level");
    is_number((long long)(query.endpoint.size + query.id.size + query.request_id.size
                          + query.event.size + query.q.size), 0, "about anything");
    is_number((long long)query.after, 0, "from the first on");
    is_number(query.sort, T2M_QUERY_SORT_LATEST, "the latest first");
    is_number(query.states, 0, "of no state in particular");
    ok(t2m_query_parse(t2m_text(NULL), 0, now, &query, &error), "no query");
    ok(strcmp(error.allowed, "untouched") == 0, "no error is written then");
}

static void test_all(void)
{
    ok(parse("limit=1000&since=2h&until=2024-01-15T11:30:45%2B01:00&level=warning"
             "&endpoint=GET+/a/:n&id=0123ABCDEF89&request_id=r-1%20.~&event=login%5Ffailed"
             "&q=a%2541%26b%3D%c3%a9+=?&after=9223372036854775807"
             "&sort=rising&state=new,resolved"), "all of them");
    is_number(query.given, all, "given");
    is_number(query.limit, 1000, "limit");
    is_number(query.since, now - SECONDS(7200), "since");
    is_number(query.until, now, "until");
    is_number(query.level, T2M_LEVEL_WARNING, "level");
    is_bytes(query.endpoint.data, query.endpoint.size, "GET /a/:n", "endpoint");
    is_bytes(query.id.data, query.id.size, "0123abcdef89", "id");
    is_bytes(query.request_id.data, query.request_id.size, "r-1 .~", "request_id");
    is_bytes(query.event.data, query.event.size, "login_failed", "event");
    is_bytes(query.q.data, query.q.size, "a%41&b=\xc3\xa9 =?", "q, decoded once");
    is_number((long long)query.after, APR_INT64_MAX, "after");
    is_number(query.sort, T2M_QUERY_SORT_RISING, "sort");
    is_number(query.states, 1 << T2M_GROUP_NEW | 1 << T2M_GROUP_RESOLVED, "states");
}

static void test_groups(void)
{
    static const struct {
        const char *name;
        t2m_group_state_e state;
    } states[] = { { "state=new", T2M_GROUP_NEW }, { "state=ongoing", T2M_GROUP_ONGOING },
                   { "state=resolved", T2M_GROUP_RESOLVED }, { "state=ignored", T2M_GROUP_IGNORED },
                   { "state=regressed", T2M_GROUP_REGRESSED } };
    size_t i;
    unsigned together = 0;

    for (i = 0; i < COUNT(states); i++) {
        ok(parse(states[i].name) && query.states == 1U << states[i].state, "%s", states[i].name);
        together |= query.states;
    }
    is_number(together, T2M_QUERY_STATES_ALL, "these are all");
    ok(parse("state=all") && query.states == T2M_QUERY_STATES_ALL, "which have a word");
    ok(parse("state=new%2Cnew,ignored")
           && query.states == (1 << T2M_GROUP_NEW | 1 << T2M_GROUP_IGNORED), "one may come twice");
    ok(parse("sort=new") && query.sort == T2M_QUERY_SORT_NEW, "sort=new");
    ok(parse("sort=frequent") && query.sort == T2M_QUERY_SORT_FREQUENT, "sort=frequent");
    ok(parse("q=x") && !query.states && !query.sort, "neither is left from before");
}

static void test_edges(void)
{
    ok(parse("limit=1") && query.limit == 1, "limit 1");
    ok(parse("limit=0999") && query.limit == 999, "leading zeros");
    ok(parse("after=0") && query.after == 0 && query.given == T2M_QUERY_AFTER, "after 0 is given");
    ok(parse("until=0") && query.until == 1, "until 1970 is not no until");
    ok(parse("since=1705314645&until=1705314645"), "since and until may be the same");
    ok(parse("until=15m&since=16m") && query.since < query.until, "in any order");
    ok(parse("level=dEBUG") && query.level == T2M_LEVEL_DEBUG, "the lowest level");
    ok(parse("q=" X256) && query.q.size == 256, "256 bytes");
    ok(parse("q=%25") && query.q.size == 1 && query.q.data[0] == '%', "a percent sign");
    ok(parse("q=\xc3\xa9"), "raw UTF-8");
    ok(parse_exact("q=x", 3, T2M_QUERY_Q), "allowed alone");
}

static void test_refused(void)
{
    static const struct {
        const char *text, *parameter, *allowed;
    } cases[] = {
        { "limit=", "limit", limit_allowed },
        { "limit", "limit", limit_allowed },
        { "limit=0", "limit", limit_allowed },
        { "limit=1001", "limit", limit_allowed },
        { "limit=-1", "limit", limit_allowed },
        { "limit=%2B1", "limit", limit_allowed },
        { "limit=+1", "limit", limit_allowed },
        { "limit=1+", "limit", limit_allowed },
        { "limit=1e3", "limit", limit_allowed },
        { "limit=0x10", "limit", limit_allowed },
        { "limit=NaN", "limit", limit_allowed },
        { "limit=1.0", "limit", limit_allowed },
        { "limit=9223372036854775808", "limit", limit_allowed },
        { "limit=18446744073709551617", "limit", limit_allowed },
        { "limit=4294967297", "limit", limit_allowed },
        { "limit=\xd9\xa1", "limit", limit_allowed },
        { "limit=" X256 "x", "limit", limit_allowed },
        { "limit=1&limit=1", "limit", "one value" },
        { "limit=1&q=x&limit=2", "limit", "one value" },
        { "after=9223372036854775808", "after", after_allowed },
        { "after=18446744073709551616", "after", after_allowed },
        { "after=-1", "after", after_allowed },
        { "after=", "after", after_allowed },
        { "since=yesterday", "since", T2M_MOMENT_ALLOWED },
        { "until=1e3", "until", T2M_MOMENT_ALLOWED },
        { "until=-5m", "until", T2M_MOMENT_ALLOWED },
        { "since=", "since", T2M_MOMENT_ALLOWED },
        { "since=2024-01-15T11:30:45+01:00", "since",
          "a time whose offset has its + written as %2B" },
        { "until=2024-01-15T11:30:45+01:00", "until",
          "a time whose offset has its + written as %2B" },
        { "q=2024-01-15T11:30:45+01:00&level=2024-01-15T11:30:45+01:00", "level", level_allowed },
        { "since=5m&until=10m", "since", "a time that is not after until" },
        { "since=1705314645.000001&until=1705314645", "since", "a time that is not after until" },
        { "level=warn", "level", level_allowed },
        { "level=CRITICAL1", "level", level_allowed },
        { "level=", "level", level_allowed },
        { "id=0123456789a", "id", id_allowed },
        { "id=0123456789abc", "id", id_allowed },
        { "id=0123456789ag", "id", id_allowed },
        { "q=", "q", text_allowed },
        { "q", "q", text_allowed },
        { "q=%00", "q", text_allowed },
        { "q=a%0ab", "q", text_allowed },
        { "q=a\nb", "q", text_allowed },
        { "q=%7f", "q", text_allowed },
        { "q=%ff", "q", text_allowed },
        { "q=%c3", "q", text_allowed },
        { "q=%ed%a0%80", "q", text_allowed },
        { "q=" X256 "x", "q", text_allowed },
        { "q=%", "q", percent_allowed },
        { "q=a%4", "q", percent_allowed },
        { "q=%g0", "q", percent_allowed },
        { "q=%0g", "q", percent_allowed },
        { "q=%%34", "q", percent_allowed },
        { "q=%-1", "q", percent_allowed },
        { "limit=%4", "limit", percent_allowed },
        { "sort=", "sort", sort_allowed },
        { "sort=latest", "sort", sort_allowed },
        { "sort=New", "sort", sort_allowed },
        { "sort=new,rising", "sort", sort_allowed },
        { "sort=new&sort=new", "sort", "one value" },
        { "state=", "state", state_allowed },
        { "state=open", "state", state_allowed },
        { "state=none", "state", state_allowed },
        { "state=NEW", "state", state_allowed },
        { "state=new,", "state", state_allowed },
        { "state=,new", "state", state_allowed },
        { "state=new,,ongoing", "state", state_allowed },
        { "state=new,all", "state", state_allowed },
        { "state=new+ongoing", "state", state_allowed },
        { "state=new&state=ongoing", "state", "one value" },
        { "unknown=1", NULL, names_allowed },
        { "Limit=1", NULL, names_allowed },
        { "%6cimit=1", NULL, names_allowed },
        { "limit%00=1", NULL, names_allowed },
        { "limi=1", NULL, names_allowed },
        { "limitt=1", NULL, names_allowed },
        { "=1", NULL, names_allowed },
        { "&", NULL, names_allowed },
        { "q=1&", NULL, names_allowed },
        { "&q=1", NULL, names_allowed },
        { "q=1&&limit=1", NULL, names_allowed },
        { "q=1;limit=1&x", NULL, names_allowed },
    };
    size_t i;

    for (i = 0; i < COUNT(cases); i++) {
        ok(!parse(cases[i].text), "refused: %s", cases[i].text);
        ok(cases[i].parameter ? error.parameter && !strcmp(error.parameter, cases[i].parameter)
                              : !error.parameter, "names the parameter");
        is_bytes(error.allowed, strlen(error.allowed), cases[i].allowed, "says what is allowed");
    }
}

static void test_allowed(void)
{
    ok(!parse_exact("level=ERROR", 11, T2M_QUERY_LIMIT | T2M_QUERY_Q), "not known here");
    is_bytes(error.allowed, strlen(error.allowed), "limit, q", "says which are");
    ok(!parse_exact("q=1", 3, 0), "none is known");
    is_bytes(error.allowed, strlen(error.allowed), "no parameters", "says so");
    ok(!parse_exact("q=1", 3, ~0U ^ T2M_QUERY_Q), "bits of no parameter do no harm");
}

static void test_sizes(void)
{
    static char text[5000];
    size_t i;

    memset(text, 'x', sizeof(text));
    memcpy(text, "q=", 2);
    ok(!parse_exact(text, 4096, all), "4096 bytes");
    ok(strcmp(error.parameter, "q") == 0, "are looked at");
    ok(!parse_exact(text, 4097, all), "4097 bytes");
    ok(!error.parameter && !strcmp(error.allowed, "at most 4096 bytes"), "are not");
    memset(text, '&', sizeof(text));
    ok(!parse_exact(text, 31, all), "32 parameters");
    ok(!strcmp(error.allowed, names_allowed), "are looked at");
    ok(!parse_exact(text, 32, all), "33 parameters");
    ok(!error.parameter && !strcmp(error.allowed, "at most 32 parameters"), "are not");
    for (i = 0; i + 3 < sizeof(text); i += 3) {
        memcpy(text + i, "%41", 3);
    }
    memcpy(text, "q=B", 3);
    ok(parse_exact(text, 3 + 255 * 3, all) && query.q.size == 256, "256 bytes when decoded");
    ok(!parse_exact(text, 3 + 256 * 3, all), "257 are too many");
}

int main(void)
{
    test_defaults();
    test_all();
    test_edges();
    test_groups();
    test_refused();
    test_allowed();
    test_sizes();
    return tap_done();
}
