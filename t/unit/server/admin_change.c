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

/* Tests of modules/server/admin_change.c: what a POST may say, and what each refusal says. */
#include "server/admin_change.h"

#include <stdlib.h>

#include "tap.h"

#define SECONDS(value) ((apr_int64_t)(value) * APR_USEC_PER_SEC)
#define X16 "xxxxxxxxxxxxxxxx"

static const apr_time_t now = SECONDS(1705314645) + 123456;

static t2m_group_state_t state;

/* In memory of its own size. */
static const char *read_exact(const char *body, size_t size)
{
    char *exact = malloc(size ? size : 1);
    const char *refused;

    memcpy(exact, body, size);
    memset(&state, 0xff, sizeof(state));
    refused = t2m_admin_change_read(t2m_text_of(exact, size), now, &state);
    free(exact);
    return refused;
}

static void taken(const char *body, t2m_group_state_e want, apr_int64_t until, long long count)
{
    const char *refused = read_exact(body, strlen(body));

    ok(!refused, "%s", body);
    is_number((long long)state.state, want, "  its state");
    is_number(state.since, now, "  from now on");
    is_number(state.until, until, "  until");
    is_number((long long)state.count, count, "  count");
}

static void test_taken(void)
{
    taken("{\"state\":\"resolved\"}", T2M_GROUP_RESOLVED, 0, 0);
    taken("{\"state\":\"ongoing\"}", T2M_GROUP_ONGOING, 0, 0);
    taken(" {\n\"state\" : \"ignored\" } \n", T2M_GROUP_IGNORED, 0, 0);
    taken("{\"state\":\"i\\u0067nored\"}", T2M_GROUP_IGNORED, 0, 0);
    taken("{\"state\":\"ignored\",\"until\":\"2h\"}", T2M_GROUP_IGNORED, now + SECONDS(7200), 0);
    taken("{\"state\":\"ignored\",\"until\":\"7d\"}", T2M_GROUP_IGNORED, now + SECONDS(604800), 0);
    taken("{\"until\":\"90s\",\"state\":\"ignored\"}", T2M_GROUP_IGNORED, now + SECONDS(90), 0);
    taken("{\"state\":\"ignored\",\"until\":\"15m\"}", T2M_GROUP_IGNORED, now + SECONDS(900), 0);
    taken("{\"state\":\"ignored\",\"until\":1705314646}", T2M_GROUP_IGNORED, SECONDS(1705314646),
          0);
    taken("{\"state\":\"ignored\",\"until\":1705314645.5}", T2M_GROUP_IGNORED,
          SECONDS(1705314645) + 500000, 0);
    taken("{\"state\":\"ignored\",\"until\":\"1705314646\"}", T2M_GROUP_IGNORED,
          SECONDS(1705314646), 0);
    taken("{\"state\":\"ignored\",\"until\":\"2024-01-15T12:00:00+01:00\"}", T2M_GROUP_IGNORED,
          SECONDS(1705316400), 0);
    taken("{\"state\":\"ignored\",\"until\":\"2024-01-15T11:00:00Z\"}", T2M_GROUP_IGNORED,
          SECONDS(1705316400), 0);
    taken("{\"state\":\"ignored\",\"count\":1}", T2M_GROUP_IGNORED, 0, 1);
    taken("{\"state\":\"ignored\",\"count\":1000000000}", T2M_GROUP_IGNORED, 0, 1000000000);
    taken("{\"state\":\"ignored\",\"count\":5,\"until\":\"1d\"}", T2M_GROUP_IGNORED,
          now + SECONDS(86400), 5);
}

static void refused(const char *body, const char *word)
{
    const char *said = read_exact(body, strlen(body));

    ok(said && !strncmp(said, word, strlen(word)), "refused: %s", body);
    ok(said && !strstr(said, "x" X16), "  and nothing of it comes back");
    if (said && strncmp(said, word, strlen(word)) != 0) {
        printf("# %s\n", said);
    }
}

static void test_form(void)
{
    static const char *const bodies[] = {
        "", "x" X16, "null", "1", "\"resolved\"", "[]", "[\"state\",\"resolved\"]",
        "{\"state\":\"resolved\"", "{\"state\":\"resolved\"}x", "{\"state\":\"resolved\"}{}",
        "{'state':'resolved'}", "{\"state\":\"resolved\",}", "state=resolved",
        "{\"state\":\"resolved\",\"state\":\"ongoing\"}", "{\"state\":\"\xff\"}",
        "{\"state\":\"resolved\\u0000\"}", "{\"state\":\"resolved\",\"x" X16 "\":1}",
        "{\"State\":\"resolved\"}", "{\"state\":\"resolved\",\"\":\"\"}",
        "{\"state\":\"ignored\",\"count\":99999999999999999999}"
    };
    char deep[T2M_ADMIN_CHANGE_MAX + 1];
    size_t i;

    for (i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
        refused(bodies[i], "The body has to be");
    }
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    ok(read_exact(deep, strlen(deep)) != NULL, "as deep as it can be");
    ok(read_exact("{\"state\":\"ongoing\"}\0", 20) != NULL, "a NUL behind it");
}

static void test_members(void)
{
    refused("{}", "state has");
    refused("{\"until\":\"2h\"}", "state has");
    refused("{\"state\":\"x" X16 "\"}", "state has");
    refused("{\"state\":\"new\"}", "state has");
    refused("{\"state\":\"open\"}", "state has");
    refused("{\"state\":\"regressed\"}", "state has");
    refused("{\"state\":\"Resolved\"}", "state has");
    refused("{\"state\":\"\"}", "state has");
    refused("{\"state\":null}", "state has");
    refused("{\"state\":2}", "state has");
    refused("{\"state\":[\"resolved\"]}", "state has");
    refused("{\"state\":\"resolved\",\"until\":\"2h\"}", "until and count");
    refused("{\"state\":\"ongoing\",\"count\":2}", "until and count");
    refused("{\"state\":\"ongoing\",\"count\":null}", "until and count");
}

static void test_until(void)
{
    static const char *const values[] = {
        "\"\"", "\"soon\"", "\"2w\"", "\"-2h\"", "\"+2h\"", "\"0s\"", "\"2h \"",
        "\"9999999999999h\"", "null", "true", "[]", "{}", "-1", "0", "1705314645",
        "1705314645.123456", "1e300", "253402300800", "9223372036854775807", "\"1705314645\"",
        "\"2024-01-15T10:00:00Z\"", "\"2024-01-15T12:00:00 01:00\"", "\"x" X16 "\""
    };
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char body[128];

        (void)snprintf(body, sizeof(body), "{\"state\":\"ignored\",\"until\":%s}", values[i]);
        refused(body, "until has");
    }
}

static void test_count(void)
{
    static const char *const values[] = { "0",    "-1",   "1000000001", "9223372036854775807",
                                          "1.0",  "1.5",  "\"1\"",      "null",
                                          "true", "[1]" };
    size_t i;

    for (i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        char body[128];

        (void)snprintf(body, sizeof(body), "{\"state\":\"ignored\",\"count\":%s}", values[i]);
        refused(body, "count has");
    }
}

static void test_types(void)
{
    static const char *const good[] = { "application/json", "Application/JSON",
                                        "application/json; charset=utf-8",
                                        "application/json;charset=\"UTF-8\"",
                                        "application/json ; x=y", "application/json " };
    static const char *const bad[] = { "", "text/plain", "application/jsonp",
                                       "application/json-patch+json", "application/json/x",
                                       "application/json, text/plain", "application/jso",
                                       " application/json", "application/x-www-form-urlencoded",
                                       "multipart/form-data", "text/json", "application/json x" };
    size_t i;

    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ok(t2m_admin_change_is_json(good[i]), "'%s' is JSON", good[i]);
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ok(!t2m_admin_change_is_json(bad[i]), "'%s' is not", bad[i]);
    }
    ok(!t2m_admin_change_is_json(NULL), "nothing is not");
}

int main(void)
{
    test_taken();
    test_form();
    test_members();
    test_until();
    test_count();
    test_types();
    return tap_done();
}
