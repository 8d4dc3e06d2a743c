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

/* Tests of modules/server/answer_security.c: the events and their counts. */
#include "answer_world.h"

static void fill(site_t *site)
{
    site_event(site, 1, "unauthorized_access", 3);
    site_event(site, 2, "rate_limit_exceeded", 25);
    site_event(site, 3, "high_error_rate", 3);
    site_event(site, 4, "\xff", 2);
    site->board.tables->events[0].count = 5;
    site_line(site, T2M_STREAM_SECURITY, T2M_LEVEL_WARNING, 2,
              "{\"event\":\"unauthorized_access\",\"ip\":\"192.0.2.1\"}");
    site_line(site, T2M_STREAM_SECURITY, T2M_LEVEL_INFO, 1, "{\"event\":\"admin_log_access\"}");
}

static void asks(site_t *site, const char *query, const char *events, const char *summary)
{
    json_t *json = site_ask(site, t2m_answer_security, query);

    is_names(site, at(json, "security_events"), "event", events, query);
    is_names(site, at(json, "event_summary"), NULL, summary, query);
    is_at(json, "total_events", "38", "the sum does not depend on the query");
    json_decref(json);
}

int main(void)
{
    site_t site;
    json_t *json;

    apr_initialize();
    site_make(&site);
    json = site_ask(&site, t2m_answer_security, "");
    is_at(json, "",
          "{\"security_events\":[],\"matched\":0,\"event_summary\":{},\"total_events\":0}",
          "an empty board");
    json_decref(json);
    fill(&site);
    json = site_ask(&site, t2m_answer_security, "");
    is_at(json, "event_summary",
          "{\"rate_limit_exceeded\":25,\"high_error_rate\":3,\"unauthorized_access\":3}",
          "the events, the most frequent first");
    is_at(json, "other.count", "7", "what has no row of its own");
    is_at(json, "total_events", "38", "all of them");
    is_at(json, "security_events.1", "{\"event\":\"unauthorized_access\",\"ip\":\"192.0.2.1\"}",
          "whole records");
    is_at(json, "matched", "2", "how many there are");
    json_decref(json);
    asks(&site, "event=unauthorized_access", "unauthorized_access", "unauthorized_access");
    asks(&site, "event=unauthorized", "", "");
    asks(&site, "limit=1", "admin_log_access",
         "rate_limit_exceeded high_error_rate unauthorized_access");
    asks(&site, "level=WARNING", "unauthorized_access",
         "rate_limit_exceeded high_error_rate unauthorized_access");
    site_busy(&site.board.tables->events[2]);
    json = site_ask(&site, t2m_answer_security, "");
    is_names(&site, at(json, "event_summary"), NULL, "high_error_rate unauthorized_access",
             "a row that changes all the time is left out");
    is_at(json, "skipped_rows", "1", "and told of");
    json_decref(json);
    memset(site.board.tables->events[3].name, 'a', sizeof(site.board.tables->events[3].name));
    site.board.tables->events[3].name_size = sizeof(site.board.tables->events[3].name) + 1;
    site.board.tables->events[3].count = 'b'; /* stands behind the name */
    json = site_ask(&site, t2m_answer_security, "");
    is_at(json, "other.count", "105", "a name that is longer than its row");
    json_decref(json);
    site_end(&site);
    apr_terminate();
    return tap_done();
}
