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

/* Tests modules/writer/verify_finding.c. */
#include "writer/verify_finding.h"

#include <stdlib.h>

#include "tap.h"

static const t2m_verify_place_t none = { NULL, 0, 0, "" };
static const t2m_verify_place_t first = { "/log/a.log.1", 7, 17, "2026-11-22T14:41:55.404Z" };
static const t2m_verify_place_t second = { "/log/a.log", 1, 20, "" };
static const t2m_verify_place_t bad = { "/log/a.log", 3, 0, "" };

static const struct {
    t2m_verify_finding_t finding;
    const char *text;
} texts[] = {
    { { T2M_VERIFY_LOST, 18, 19, { 0 }, { 0 }, NULL },
      "lost: seq 18 to 19, between /log/a.log.1 line 7 (seq 17, 2026-11-22T14:41:55.404Z) and "
      "/log/a.log line 1 (seq 20)" },
    { { T2M_VERIFY_DROPPED, 18, 18, { 0 }, { 0 }, NULL },
      "dropped: seq 18, between /log/a.log.1 line 7 (seq 17, 2026-11-22T14:41:55.404Z) and "
      "/log/a.log line 1 (seq 20)" },
    { { T2M_VERIFY_SWAPPED, 17, 20, { 0 }, { 0 }, NULL },
      "swapped: seq 17 to 20, /log/a.log.1 line 7 (seq 17, 2026-11-22T14:41:55.404Z) and "
      "/log/a.log line 1 (seq 20)" },
    { { T2M_VERIFY_CHANGED, 17, 17, { 0 }, { 0 }, "why" },
      "changed: /log/a.log.1 line 7 (seq 17, 2026-11-22T14:41:55.404Z): why" },
    { { T2M_VERIFY_DOUBLED, 17, 20, { 0 }, { 0 }, NULL },
      "doubled: seq 17 to 20, /log/a.log.1 line 7 (seq 17, 2026-11-22T14:41:55.404Z) to "
      "/log/a.log line 1 (seq 20)" },
};

static void check_texts(void)
{
    t2m_verify_finding_t finding = { T2M_VERIFY_MALFORMED, 0, 0, bad, none,
                                     "it is no JSON object" };
    char text[1000], small[20];
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        t2m_verify_finding_t one = texts[i].finding;

        one.at = first;
        one.to = second;
        t2m_verify_text(&one, text, sizeof(text));
        (void)is_bytes(text, strlen(text), texts[i].text, t2m_verify_kind_name(one.kind));
    }
    t2m_verify_text(&finding, text, sizeof(text));
    (void)is_bytes(text, strlen(text), "malformed: /log/a.log line 3: it is no JSON object",
                   "a line without a number");
    finding.first = finding.last = 9;
    t2m_verify_text(&finding, text, sizeof(text));
    (void)is_bytes(text, strlen(text), "malformed: seq 9, /log/a.log line 3: it is no JSON object",
                   "of which it is known");
    finding = (t2m_verify_finding_t) { T2M_VERIFY_CUT, 1, 5, none, none, "gone" };
    t2m_verify_text(&finding, text, sizeof(text));
    (void)is_bytes(text, strlen(text), "cut: seq 1 to 5, nothing: gone", "no line at all");
    t2m_verify_text(&finding, small, sizeof(small));
    is_number((long long)strlen(small), 19, "cut to the room there is");
}

static void check_json(void)
{
    t2m_verify_finding_t finding = { T2M_VERIFY_LOST, 18, 19, first, second, NULL };
    json_t *object = t2m_verify_json(&finding);
    char *text = json_dumps(object, JSON_COMPACT | JSON_SORT_KEYS);

    (void)is_bytes(text, strlen(text),
                   "{\"at\":{\"file\":\"/log/a.log.1\",\"line\":7,\"seq\":17,\"timestamp\":"
                   "\"2026-11-22T14:41:55.404Z\"},\"first_seq\":18,\"kind\":\"lost\","
                   "\"last_seq\":19,\"to\":{\"file\":\"/log/a.log\",\"line\":1,\"seq\":20}}",
                   "as JSON");
    free(text);
    json_decref(object);
    finding.at.file = "\xff";
    finding.to = none;
    object = t2m_verify_json(&finding);
    ok(json_object_get(object, "at") && !json_object_get(json_object_get(object, "at"), "file"),
       "a path that is no UTF-8 is left out");
    json_decref(object);
}

static void check_list(void)
{
    t2m_verify_findings_t findings;
    t2m_verify_place_t place = second;
    int i;

    ok(t2m_verify_findings_make(&findings), "a list");
    for (i = 0; i < T2M_VERIFY_FINDINGS + 5; i++) {
        place.seq = (apr_uint64_t)(T2M_VERIFY_FINDINGS - i);
        (void)t2m_verify_add(&findings, T2M_VERIFY_CHANGED, &place, NULL);
    }
    is_number(findings.count, T2M_VERIFY_FINDINGS, "is bounded");
    is_number((long long)findings.more, 5, "and counts the rest");
    t2m_verify_remove(&findings, &findings.list[1]);
    t2m_verify_remove(&findings, &findings.list[T2M_VERIFY_FINDINGS - 2]);
    is_number(findings.count, T2M_VERIFY_FINDINGS - 2, "without two");
    t2m_verify_add(&findings, T2M_VERIFY_MALFORMED, &bad, NULL);
    t2m_verify_sort(&findings);
    is_number((long long)findings.list[0].first, 2, "the smallest number first");
    is_number((long long)findings.list[findings.count - 2].first, T2M_VERIFY_FINDINGS,
              "the largest");
    is_number(findings.list[findings.count - 1].kind, T2M_VERIFY_MALFORMED, "then those without");
    t2m_verify_findings_free(&findings);
    ok(t2m_verify_is_place(&first, &first) && !t2m_verify_is_place(&first, &second)
       && !t2m_verify_is_place(&none, &none), "places");
}

int main(void)
{
    check_texts();
    check_json();
    check_list();
    return tap_done();
}
