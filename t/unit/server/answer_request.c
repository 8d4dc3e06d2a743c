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

/* Tests of modules/server/answer_request.c: all of one request, in the order of time. */
#include "answer_world.h"

static void fill(site_t *site)
{
    site_line(site, T2M_STREAM_PERFORMANCE, T2M_LEVEL_INFO, 1,
              "{\"message\":\"p\",\"request_id\":\"request-1\"}");
    site_line(site, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, 1,
              "{\"message\":\"a\",\"request_id\":\"request-1\",\"stream\":\"forged\"}");
    site_line(site, T2M_STREAM_ACCESS, T2M_LEVEL_INFO, 1,
              "{\"message\":\"x\",\"request_id\":\"request-2\"}");
    site_line(site, T2M_STREAM_ERRORS, T2M_LEVEL_ERROR, 3,
              "{\"message\":\"e\",\"request_id\":\"request-1\"}");
    site_line(site, T2M_STREAM_APP, T2M_LEVEL_ERROR, 3,
              "{\"message\":\"l\",\"request_id\":\"request-1\"}");
    site_line(site, T2M_STREAM_SECURITY, T2M_LEVEL_WARNING, 2,
              "{\"message\":\"s\",\"request_id\":\"request-1\"}");
    site_line(site, T2M_RECENT_SLOW, T2M_LEVEL_INFO, 1,
              "{\"message\":\"once more\",\"request_id\":\"request-1\"}");
}

static void asks(site_t *site, const char *query, const char *streams, const char *messages)
{
    json_t *json = site_ask(site, t2m_answer_request, query);

    is_names(site, at(json, "records"), "stream", streams, query);
    is_names(site, at(json, "records"), "message", messages, query);
    json_decref(json);
}

int main(void)
{
    site_t site;
    json_t *json;

    apr_initialize();
    site_make(&site);
    fill(&site);
    site.question.id = "request-1";
    asks(&site, "", "app errors security access performance", "l e s a p");
    asks(&site, "limit=2", "app errors", "l e");
    asks(&site, "level=WARNING", "app errors security", "l e s");
    asks(&site, "q=%22s%22", "security", "s");
    json = site_ask(&site, t2m_answer_request, "limit=2");
    is_names(&site, json, NULL, "request_id records matched", "the members");
    is_at(json, "matched", "5", "how many there are");
    is_at(json, "records.0", "{\"stream\":\"app\",\"message\":\"l\",\"request_id\":\"request-1\"}",
          "a record, its stream first");
    json_decref(json);

    site.question.id = "unknown-\xff";
    json = site_ask(&site, t2m_answer_request, "");
    is_at(json, "request_id", "\"unknown-\xef\xbf\xbd\"", "an id that nothing has");
    is_at(json, "records", "[]", "no records");
    ok(strstr(json_string_value(at(json, "hint")), "t2mlog find") != NULL, "but a hint");
    json_decref(json);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
